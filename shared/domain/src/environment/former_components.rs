//! The former names and states of components that were moved. Older snapshots need them, because they are never written
//! anew.

use super::Running;
use crate::environment::kept::IrreversibleRun;
use crate::text::name::ComponentName;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The former state of a component, in snapshots up to a number.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FormerState {
    /// The component had this name here.
    Called(ComponentName),
    /// The component was another environment's, and this ran when it was handed over. A rollback to an older snapshot
    /// goes back to this. The snapshot from before the first release has what was found of it.
    Ran {
        /// The bytes and names that ran.
        running: Box<Running>,
        /// Its irreversible run before that.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after: Option<IrreversibleRun>,
        /// True if it was measured there, and ran.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        proven: bool,
    },
}

/// The former state of each component, in snapshots that are older than a number.
pub type Former = BTreeMap<ComponentName, BTreeMap<u64, FormerState>>;
