//! The restores of the last day, which an environment keeps: so that it is known when too many of them came.

use crate::identity::DeploymentId;
use crate::name::ComponentName;
use crate::time::Time;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The time for which a restore counts, in milliseconds.
const DAY_MS: u64 = 24 * 60 * 60 * 1000;

/// A restore that has ended. It is noted in the transaction of its ending, so that each counts once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Restored {
    /// The deployment.
    pub deployment: DeploymentId,
    /// The time at which it ended.
    pub at: Time,
    /// The components that it was for.
    pub components: BTreeSet<ComponentName>,
    /// True if it was refused before anything was changed, such as by a gate that is red.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub refused: bool,
}

impl Restored {
    /// Notes it among the restores of the last day. A restore that is noted already is noted only once.
    pub fn note(self, all: &mut Vec<Self>) {
        let now = self.at;
        all.retain(|one| one.deployment != self.deployment && one.counts(now));
        all.push(self);
    }

    /// Returns whether it was within the last day.
    pub(super) fn counts(&self, now: Time) -> bool {
        now.ms_since(self.at) < DAY_MS
    }
}
