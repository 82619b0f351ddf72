//! The answers of the conductor.

use crate::payload::{Answer, Word};
use windlass_domain::deployment::{Deployment, Ended};
use windlass_domain::ending::Ending;
use windlass_domain::identity::DeploymentId;

/// The longest error name and cause that a Fail state takes (AWS Step Functions Developer Guide,
/// "Fail workflow state").
const LONGEST_ERROR: usize = 256;
pub const LONGEST_CAUSE: usize = 32_000;

/// Returns an answer with nothing but a word.
pub fn plain(verdict: Word, deployment: &DeploymentId, token: u64) -> Answer {
    Answer {
        verdict,
        deployment: deployment.clone(),
        token,
        wave: 0,
        items: Vec::new(),
        seconds: 0,
        error: String::new(),
        cause: String::new(),
    }
}

/// Returns the answer with which an execution ends.
pub fn ended(deployment: &DeploymentId, ending: Ending, name: &str, cause: &str) -> Answer {
    Answer {
        error: name.chars().take(LONGEST_ERROR).collect(),
        cause: cause.chars().take(LONGEST_CAUSE).collect(),
        ..plain(word_of(ending), deployment, 0)
    }
}

/// Returns the answer with which the execution of an ended deployment ends.
pub fn of_record(record: &Deployment, ended_as: &Ended) -> Answer {
    ended(
        &record.id,
        ended_as.ending,
        &ended_as.cause_name,
        &ended_as.cause,
    )
}

fn word_of(ending: Ending) -> Word {
    match ending {
        Ending::Succeeded => Word::Succeeded,
        Ending::NothingToDo => Word::NothingToDo,
        Ending::Rejected => Word::Rejected,
        Ending::RolledBack => Word::RolledBack,
        Ending::NeedsOperator => Word::NeedsOperator,
    }
}
