//! The steps that can be taken next in an environment, and with a deployment, as values. The terminal writes each as a
//! command, and a page as a button. Pure.

use crate::ground::interrupt::cancelled;
use crate::ground::output::text;
use serde_json::Value;
use windlass_domain::deployment::{Deployment, Status};
use windlass_domain::environment::{HeldState, LockHolder};
use windlass_domain::prose;
use windlass_domain::release::action::ActionName;
use windlass_domain::release::call::{cancel, input, operators, watch};
use windlass_domain::release::identity::{DeploymentId, EnvironmentId};
use windlass_domain::shown::api::environments::Situation;
use windlass_domain::text::next_step::NextStep;
use windlass_domain::text::prose::Prose;

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
pub fn in_words(steps: &[PossibleStep]) -> Option<Prose> {
    let each = steps.iter().map(|one| prose!("{} {}", one.step.clone(), one.does));
    (!steps.is_empty()).then(|| Prose::join(each, "; "))
}

/// Returns the steps as the end of a line, with other steps before them; `None` where there is none.
pub fn in_line(first: Option<&str>, steps: &[PossibleStep]) -> Option<String> {
    let steps = in_words(steps).map(|steps| text(&steps));
    let all: Vec<&str> = first.into_iter().chain(steps.as_deref()).collect();
    (!all.is_empty()).then(|| all.join("; "))
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
        in_words(&steps).map(|words| text(&words)).unwrap_or_default()
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
        assert_eq!(in_words(&steps).map(|words| text(&words)).as_deref(), Some(wanted));
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
