//! The five endings of a deployment.

use crate::request::Requester;
use crate::time::Time;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// How a deployment ended. A deployment has exactly one ending.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum Ending {
    /// The release is live, judged, and recorded as a snapshot.
    Succeeded,
    /// Nothing had to be changed: already there, superseded, or only recorded.
    NothingToDo,
    /// Refused before anything changed.
    Rejected,
    /// Everything that was changed is restored, and was seen to be.
    RolledBack,
    /// Restoring failed. The environment stays locked until `recover` or `accept`.
    NeedsOperator,
}

impl Ending {
    /// Whether the execution ends SUCCEEDED in Step Functions.
    pub fn is_success(self) -> bool {
        matches!(self, Self::Succeeded | Self::NothingToDo)
    }
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// That an operator took what a deployment had left which could not be undone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Resolved {
    /// When.
    pub at: Time,
    /// Who accepted it.
    pub by: Requester,
    /// Why.
    pub reason: String,
}

impl fmt::Display for Resolved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { at, by, reason } = self;
        write!(f, "accepted at {at} by {by}: {reason}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_endings_are_a_success() {
        use Ending::{NeedsOperator, NothingToDo, Rejected, RolledBack, Succeeded};
        let all = [Succeeded, NothingToDo, Rejected, RolledBack, NeedsOperator];
        assert_eq!(
            all.map(Ending::is_success),
            [true, true, false, false, false]
        );
        assert_eq!(NeedsOperator.to_string(), "NeedsOperator");
    }
}
