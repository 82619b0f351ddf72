//! A look at a component's target for an operator's `accept`, as the component's step keeps it.

use crate::text::fault::Fault;
use crate::text::finding::Finding;
use crate::text::time::Time;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A look at a component's target, made because an operator accepts what is there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AcceptLook {
    /// The time at which the look began.
    pub at: Time,
    /// The lock's token under which the look was made. Changes under a later token may have come after it.
    pub token: u64,
    /// The observation.
    pub saw: Live,
}

/// The observation of a target.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Live {
    /// The target is there.
    There {
        /// The state that callers get, as the kind writes it.
        state: Value,
        /// The state in words, such as `40 at 100 %`.
        shown: String,
        /// True if callers notice no difference from what ran before the deployment.
        #[serde(default)]
        as_before: bool,
        /// True if callers notice no difference from what is recorded as running; where nothing is recorded, from what
        /// ran before the deployment.
        #[serde(default)]
        as_recorded: bool,
    },
    /// Something that is declared is not there, for this reason.
    Gone(String),
    /// The state that callers get is not final, as this finding says: AWS still moves them.
    Moving(Finding),
    /// It could not be looked at.
    Unknown(Fault),
}
