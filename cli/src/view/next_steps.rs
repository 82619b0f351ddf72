//! The steps that can be taken next in an environment, also by a look at its targets, and with a deployment, as values.
//! The terminal writes each as a command, and a page as a button. Pure.

use crate::ground::interrupt::cancelled;
use crate::ground::output::text;
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;
use windlass_domain::deployment::{Deployment, Status};
use windlass_domain::environment::drift::{Compared, Drift};
use windlass_domain::environment::{HeldState, LockHolder};
use windlass_domain::prose;
use windlass_domain::release::action::ActionName;
use windlass_domain::release::call::{cancel, input, observed, operators, watch};
use windlass_domain::release::identity::{DeploymentId, EnvironmentId};
use windlass_domain::shown::api::environments::Situation;
use windlass_domain::text::name::ComponentName;
use windlass_domain::text::next_step::NextStep;
use windlass_domain::text::prose::Prose;

/// An answer of the API, or an object in one, with what the command line adds to it for programs.
#[derive(Debug, Default, Serialize)]
pub struct Added<'a> {
    /// The answer.
    #[serde(flatten)]
    pub answer: Value,
    /// The explanation, line by line, each with what it is about; `None` where nothing is explained.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub explained: Option<Vec<Explained>>,
    /// The targets of an environment as a look just now found them; `None` where there was none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed: Option<&'a BTreeMap<ComponentName, Compared>>,
    /// The reason why they could not be looked at; `None` where they were, or should not be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unobserved: Option<&'a str>,
    /// The steps that can be taken next; `None` where it is not said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_steps: Option<Vec<NextStep>>,
}

/// A line of an explanation.
#[derive(Debug, Serialize)]
pub struct Explained {
    /// The thing that it is about.
    pub about: Explains,
    /// The line, without colours.
    pub text: String,
}

/// A thing that an explanation is about.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Explains {
    /// The ending, with who asked.
    Ending,
    /// The person or program that asked.
    Request,
    /// The wait for a turn, or for people.
    Wait,
    /// The work that goes on.
    Progress,
    /// The environment as it is now.
    Present,
}

impl Added<'_> {
    /// Makes the answer with these steps.
    pub fn steps(answer: Value, next_steps: Vec<NextStep>) -> Self {
        Self { answer, next_steps: Some(next_steps), ..Self::default() }
    }
}

/// A step that can be taken next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PossibleStep {
    /// The step.
    pub step: NextStep,
    /// The verb of the command line, which is the name of a page's act as well.
    pub verb: String,
    /// The deployment that it is taken with; `None` where it is taken in the environment.
    pub deployment: Option<DeploymentId>,
    /// The effect of the step, as the end of a sentence that begins with the step.
    pub does: &'static str,
}

/// Returns the steps in an environment, those that its lock waits for first, then those that its releases wait for. A
/// pause is known only of an environment that is looked at by itself.
pub fn of_environment(of: EnvironmentId<'_>, now: &Situation, is_paused: bool) -> Vec<PossibleStep> {
    let locked = now.lock.held.iter().flat_map(|held| of_holder(of, held));
    let paused = is_paused.then(|| act(of, ActionName::Continue, "ends the pause"));
    let hold = now.hold.as_ref().map(|_| act(of, ActionName::ReleaseHold, "lets automatic deployments go on"));
    let asks = now.waiting.iter().filter(|one| one.asks).map(|one| approve(of, &one.deployment));
    locked.chain(paused).chain(asks).chain(hold).collect()
}

/// Returns the steps with the deployment that holds the lock.
pub fn of_holder(of: EnvironmentId<'_>, held: &LockHolder) -> Vec<PossibleStep> {
    match held.state {
        HeldState::Running => under_way(of, &held.deployment, held.action),
        HeldState::Recovering => recovering(of, &held.deployment),
        HeldState::NeedsOperator => {
            vec![act(of, ActionName::Recover, "undoes it again"), act(of, ActionName::Accept, "takes what is there")]
        }
    }
}

/// Returns the steps with a deployment. There is none with one that has ended: its cause names what is next then.
pub fn of_deployment(deployment: &Deployment) -> Vec<PossibleStep> {
    let (of, id) = (deployment.environment_id(), &deployment.id);
    match deployment.status {
        Status::Waiting => {
            let asks = to_approve(deployment);
            let others = [
                with(id, "watch", watch(of, id), "waits with it"),
                with(id, "cancel", cancel(of, id), "takes it out of the queue"),
                act(of, ActionName::Rollback, "waits for nobody"),
            ];
            asks.into_iter().chain(others).collect()
        }
        Status::Running => under_way(of, id, deployment.action),
        Status::Recovering => recovering(of, id),
        Status::Ended => Vec::new(),
    }
}

fn under_way(of: EnvironmentId<'_>, id: &DeploymentId, action: ActionName) -> Vec<PossibleStep> {
    vec![with(id, "watch", watch(of, id), "shows it"), with(id, "cancel", cancel(of, id), cancelled(action))]
}

fn recovering(of: EnvironmentId<'_>, id: &DeploymentId) -> Vec<PossibleStep> {
    vec![with(id, "watch", watch(of, id), "shows it")]
}

/// Returns the step of those who approve the plan of a deployment; `None` where it does not ask for that.
pub fn to_approve(deployment: &Deployment) -> Option<PossibleStep> {
    deployment.asks().then(|| approve(deployment.environment_id(), &deployment.id))
}

/// Returns the step of those who approve. It names no hash: they see the plan before they approve it.
fn approve(of: EnvironmentId<'_>, id: &DeploymentId) -> PossibleStep {
    let members: [(&str, Value); 2] = [("deployment", id.to_string().into()), ("reason", "…".into())];
    with(id, "approve", input(ActionName::Approve, of, &members), "shows its plan, to be approved")
}

fn with(id: &DeploymentId, verb: &str, step: NextStep, does: &'static str) -> PossibleStep {
    PossibleStep { step, verb: verb.to_owned(), deployment: Some(id.clone()), does }
}

fn act(of: EnvironmentId<'_>, action: ActionName, does: &'static str) -> PossibleStep {
    let verb = action.to_string().replace('_', "-");
    PossibleStep { step: operators(action, of), verb, deployment: None, does }
}

/// Returns the steps as people read them, each with what it does; `None` where there is none.
pub fn in_words(steps: &[PossibleStep]) -> Option<String> {
    let each = steps.iter().map(|one| prose!("{} {}", one.step.clone(), one.does));
    (!steps.is_empty()).then(|| text(&Prose::join(each, "; ")))
}

/// Returns the steps as the end of a line, with other steps before them; `None` where there is none.
pub fn in_line(first: Option<&str>, steps: &[PossibleStep]) -> Option<String> {
    let steps = in_words(steps);
    let all: Vec<&str> = first.into_iter().chain(steps.as_deref()).collect();
    (!all.is_empty()).then(|| all.join("; "))
}

/// All steps that can be taken next in an environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnvironmentSteps {
    /// The step that brings back what is recorded; `None` where no target is seen to be changed, or while the lock is
    /// held, whose steps come first.
    back: Option<NextStep>,
    /// True if a target is gone.
    is_gone: bool,
    /// The step that looks again; `None` where no target was looked at and not seen, or while the lock is held.
    again: Option<NextStep>,
    /// The steps that the environment has whatever a look shows.
    pub others: Vec<PossibleStep>,
    /// True if a target differs from what is recorded; or if one could not be seen while nobody works there. `None`
    /// where no target was looked at.
    pub differs: Option<bool>,
}

impl EnvironmentSteps {
    /// Returns the steps in an environment where a look has found this of its targets, as far as there was one.
    pub fn of(
        of: EnvironmentId<'_>,
        now: &Situation,
        seen: &BTreeMap<ComponentName, Compared>,
        is_paused: bool,
    ) -> Self {
        let is_free = now.lock.held.is_none();
        let is = |drift| seen.values().any(|one| one.drift == drift);
        let again = (is_free && is(Drift::Unknown)).then(|| observed(of));
        Self {
            back: (is_free && is(Drift::Changed)).then(|| operators(ActionName::Restore, of)),
            is_gone: seen.values().any(|one| one.drift == Drift::Changed && one.both.seen.is_none()),
            others: of_environment(of, now, is_paused),
            differs: (!seen.is_empty()).then(|| is(Drift::Changed) || again.is_some()),
            again,
        }
    }

    /// Returns all steps, in their order.
    pub fn all(&self) -> Vec<NextStep> {
        let others = self.others.iter().map(|one| &one.step);
        self.back.iter().chain(&self.again).chain(others).cloned().collect()
    }

    /// Returns the words for the steps that the look asks for; `None` where there is none.
    fn of_the_look(&self) -> Option<String> {
        let changed = self.back.as_ref().map(|back| {
            let first = if self.is_gone { "make anew what is gone, then bring" } else { "bring" };
            format!(
                "{first} back what is recorded by {}; or, where a target is right as it is, release what it has, \
                 because the next release takes that away",
                text(&back.clone().into())
            )
        });
        let unseen = self.again.as_ref().map(|again| {
            format!("mend what kept a target from being seen, and look again by {}", text(&again.clone().into()))
        });
        let all: Vec<String> = changed.into_iter().chain(unseen).collect();
        (!all.is_empty()).then(|| all.join("; "))
    }

    /// Returns the words for all steps, or that nothing is to be done where a look found all as recorded.
    pub fn in_words(&self) -> Option<String> {
        let words = in_line(self.of_the_look().as_deref(), &self.others);
        let nothing = || "nothing is to be done, because the targets are as recorded".to_owned();
        words.or_else(|| (self.differs == Some(false)).then(nothing))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use windlass_domain::text::name::{AppName, EnvironmentName};

    /// Returns the words for an environment whose lock is in this state, with a hold and a pause or without them.
    fn words(state: Option<&str>, is_held: bool, is_paused: bool) -> String {
        let holder = state.map(|state| {
            json!({"deployment": "1f", "action": "withdraw", "execution": "arn:one", "since": 0, "state": state})
        });
        let hold = is_held.then(|| json!({"since": 0, "reason": "a sale", "by": "ann"}));
        let now = json!({"snapshot": 1, "hold": hold, "lock": {"token": 1, "held": holder}, "waiting": []});
        let now: Situation = serde_json::from_value(now).unwrap();
        let (app, prod) = (AppName::new("shop").unwrap(), EnvironmentName::new("prod").unwrap());
        let steps = of_environment(EnvironmentId::new(&app, &prod), &now, is_paused);
        in_words(&steps).unwrap_or_default()
    }

    #[test]
    fn what_is_added_stands_beside_the_members_of_an_answer_and_in_place_of_its_own() {
        let added = Added::steps(json!({"app": "shop", "next_steps": ["of the answer"]}), Vec::new());
        assert_eq!(json!(added), json!({"app": "shop", "next_steps": []}));
    }

    #[test]
    fn what_asks_for_approval_has_the_step_that_shows_its_plan() {
        let now = json!({"snapshot": 1, "hold": null, "lock": {"token": 1}, "waiting": [
            {"deployment": "0123456789abcdef", "since": 0, "asks": true}, {"deployment": "1f", "since": 0}]});
        let now: Situation = serde_json::from_value(now).unwrap();
        let (app, prod) = (AppName::new("shop").unwrap(), EnvironmentName::new("prod").unwrap());
        let steps = of_environment(EnvironmentId::new(&app, &prod), &now, false);
        let wanted = "`windlass approve shop prod --deployment 0123456789abcdef --reason '…'` shows its plan, to be \
                      approved";
        assert_eq!(in_words(&steps).as_deref(), Some(wanted));
    }

    #[test]
    fn each_situation_has_the_steps_that_lead_out_of_it() {
        let watch = "`windlass watch shop 1f` shows it";
        let stopped = "`windlass cancel shop 1f --reason '…'` stops it, and what is deleted stays deleted";
        let stuck = "`windlass recover shop prod --reason '…'` undoes it again; `windlass accept shop prod --reason \
                     '…'` takes what is there";
        let paused = "`windlass continue shop prod --reason '…'` ends the pause";
        let held = "`windlass release-hold shop prod --reason '…'` lets automatic deployments go on";
        let table = [
            (words(None, false, false), String::new()),
            (words(None, true, false), held.to_owned()),
            (words(Some("running"), false, true), format!("{watch}; {stopped}; {paused}")),
            (words(Some("recovering"), false, false), watch.to_owned()),
            (words(Some("needs_operator"), true, false), format!("{stuck}; {held}")),
        ];
        for (words, wanted) in table {
            assert_eq!(words, wanted);
        }
    }
}
