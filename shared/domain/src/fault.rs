//! Faults: something wrong while doing. Their names are the error names that the state machine sees.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// What went wrong, by name: the error name in Step Functions, and the page under `docs/faults/`.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
pub enum FaultName {
    /// Not ready yet: the state machine's Retry asks again. Nothing is wrong.
    StillInProgress,
    /// AWS asked to slow down. The state machine's Retry asks again, later.
    Throttled,
    /// AWS did not answer, or answered with an error of its own; what was asked may have been done.
    Unavailable,
    /// AWS refuses the call to this role.
    AccessDenied,
    /// What the call names does not exist.
    NotFound,
    /// A condition on the call did not hold: someone else changed it in between.
    Conflict,
    /// The lock's token is no longer the one that this execution holds: another execution took
    /// over. It changes nothing any more.
    StaleToken,
    /// A newer attempt of the same step has begun. This one changes nothing any more.
    AttemptSuperseded,
    /// The target was changed by someone else in the middle of the deployment.
    TargetChangedByOther,
    /// AWS refuses the call as invalid; asking again would not help.
    Refused,
    /// The input does not have the form that the function expects.
    BadInput,
    /// Something that cannot be, was: a bug in Windlass, or a ledger edited by hand.
    Internal,
}

impl FaultName {
    /// Whether asking again, later, may help.
    pub fn is_transient(self) -> bool {
        matches!(
            self,
            Self::StillInProgress | Self::Throttled | Self::Unavailable
        )
    }
}

impl fmt::Display for FaultName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// Something went wrong while doing: a name for the machine, and a sentence for a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{name}: {message}")]
pub struct Fault {
    /// What went wrong, by name.
    pub name: FaultName,
    /// What was being done, what happened, and what to do, in a sentence. Never holds a secret.
    pub message: String,
}

impl Fault {
    /// Puts a fault together.
    pub fn new(name: FaultName, message: impl Into<String>) -> Self {
        Self {
            name,
            message: message.into(),
        }
    }

    /// A fault that cannot be; see [`FaultName::Internal`].
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(FaultName::Internal, message)
    }

    /// The same fault, with what was being done put before its message.
    #[must_use]
    pub fn while_doing(mut self, what: impl fmt::Display) -> Self {
        self.message = format!("{what}: {}", self.message);
        self
    }
}
