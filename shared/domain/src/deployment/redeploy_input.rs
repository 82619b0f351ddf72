//! The input that a person starts to have what a deployment brought, or to go where it went. Admission is asked, so
//! that it is not refused. A step has the members that the request needs, and no other: whoever starts it as it stands
//! is let in. Pure.

// The next step asks admission, with one wish more for each refusal that a wish passes. Wishes by rules of their own
// beside the sentence missed two of three, and a new refusal was forgotten in them.
//
// Only wishes that admission needs are named: a list that the caller knows better said `again` where nobody needed
// it.

use crate::deployment::Deployment;
use crate::deployment::admission::{AdmissionFacts, Candidate, stuck, wishes};
use crate::deployment::refusal::{deploy, operators_first};
use crate::environment::Lock;
use crate::prose;
use crate::release::action::ActionName;
use crate::release::call::{self, input, operators};
use crate::release::identity::EnvironmentId;
use crate::text::next_step::NextStep;
use crate::text::prose::Prose;
use serde_json::json;

/// Returns the next step as a sentence. It is the input to start, with exactly the wishes without which it would be
/// refused now, or would end superseded. If the environment needs an operator, it is the step before that.
pub fn redeploy_input(record: &Deployment, facts: &AdmissionFacts<'_>) -> Prose {
    // The deployment that it stopped is gone: the input stops nobody.
    let candidate = Candidate { preempt: false, ..Candidate::of(record).of_a_person() };
    if stuck(&candidate, facts).is_some() {
        return operators_first(candidate.environment_id());
    }
    if record.withdrawal.is_some() {
        return prose!("start {} to withdraw it again", record.input());
    }
    if record.action.is_to_a_snapshot() {
        let to = record.snapshot.map_or_else(String::new, |number| format!(" to snapshot {number}"));
        return prose!("start {} to go back{}", record.rollback_input(), to);
    }
    let wishes = wishes(&candidate, facts);
    let version = &record.release.version;
    prose!("start {} to deploy {}", deploy(&candidate, wishes), version)
}

/// Says how to go back from what runs in an environment: the input to start, in sentences. If the environment needs an
/// operator, it says the step before that. If there is nothing to go back from, it says so. `snapshot` is the number of
/// the present one.
pub fn rollback_input(of: EnvironmentId<'_>, lock: &Lock, snapshot: u64) -> Prose {
    let start = |action| operators(action, of);
    if let Some(held) = lock.stuck() {
        return prose!(
            "The environment needs an operator: start {} to undo deployment {} again, or {} to take what is there \
             now.",
            start(ActionName::Recover),
            &held.deployment,
            start(ActionName::Accept)
        );
    }
    if snapshot == 0 {
        return "Nothing has to be done: nothing that was deployed here runs.".into();
    }
    let back = start(ActionName::Rollback);
    prose!("Start {} to go back from what runs now.", back)
}

impl Deployment {
    /// Returns the step with which a person asks for the same once more.
    pub fn input(&self) -> NextStep {
        if self.action == ActionName::Deploy {
            return self.deploy_input(self.accept_red);
        }
        let mut members = vec![];
        if self.action != ActionName::Check {
            members.push(("reason", "…".into()));
        }
        let component = self.component.iter().chain(self.withdrawal.iter().map(|of| &of.component));
        members.extend(component.map(|component| ("component", json!(component))));
        members.extend(self.withdrawal.iter().map(|of| ("pattern", json!(of.pattern))));
        let named = self.snapshot.filter(|_| self.action == ActionName::Rollback);
        members.extend(named.map(|number| ("snapshot", number.into())));
        if !self.across.is_empty() {
            members.push(("across", json!(self.across)));
        }
        if !self.may_lose.is_empty() {
            members.push(("may_lose", json!(self.may_lose)));
        }
        input(self.action, self.environment_id(), &members)
    }

    /// Returns the step with which a person goes where this deployment went, and stays there. A drill would come back,
    /// and what is recorded may be something else by then.
    pub fn rollback_input(&self) -> NextStep {
        let asked = Self { action: ActionName::Rollback, ..self.clone() };
        asked.input()
    }

    /// Returns the step that starts the same deployment, past gates that are red before anything has changed.
    pub fn input_accepting_red(&self) -> NextStep {
        self.deploy_input(true)
    }

    /// Returns the step with the permissions that the deployment had, because the obstacles are still there.
    fn deploy_input(&self, accept_red: bool) -> NextStep {
        let wishes = [
            ("again", self.again),
            ("allow_older", self.allow_older),
            ("accept_red", accept_red),
            ("through_hold", self.through_hold),
        ];
        let what = (self.release.version.as_str(), self.component.as_ref());
        call::deploy(self.environment_id(), (&wishes, &self.may_lose), what)
    }
}

#[cfg(test)]
#[path = "redeploy_input_tests.rs"]
mod tests;
