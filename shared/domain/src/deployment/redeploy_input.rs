//! The input that a person starts to have what a deployment brought. Admission is asked, so that it is not refused.
//! Pure.

use crate::deployment::Deployment;
use crate::deployment::admission::{AdmissionFacts, Candidate, stuck, wishes};
use crate::deployment::refusal::{deploy, operators_first};
use crate::environment::Lock;
use crate::prose;
use crate::release::action::ActionName;
use crate::release::call::operators;
use crate::release::identity::EnvironmentId;
use crate::text::prose::Prose;

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

#[cfg(test)]
#[path = "redeploy_input_tests.rs"]
mod tests;
