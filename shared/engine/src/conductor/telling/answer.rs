//! The answers of the conductor.

use crate::payload::{Answer, EndTransition};
use windlass_domain::deployment::{Deployment, Ended};
use windlass_domain::ending::Ending;
use windlass_domain::identity::DeploymentId;

/// The longest error name and cause that a Fail state takes (AWS Step Functions Developer Guide,
/// "Fail workflow state").
const LONGEST_ERROR: usize = 256;
pub const LONGEST_CAUSE: usize = 32_000;

/// Returns the answer with which an execution ends.
pub fn ended(deployment: &DeploymentId, ending: Ending, name: &str, cause: &str) -> Answer<EndTransition> {
    Answer {
        error: name.chars().take(LONGEST_ERROR).collect(),
        cause: cause.chars().take(LONGEST_CAUSE).collect(),
        ..Answer::of(ending.into(), deployment, 0)
    }
}

/// Returns the answer with which the execution of an ended deployment ends.
pub fn of_record(record: &Deployment, ended_as: &Ended) -> Answer<EndTransition> {
    ended(&record.id, ended_as.ending, &ended_as.cause_name, &ended_as.cause)
}
