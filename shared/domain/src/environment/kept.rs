//! An environment keeps these beside its snapshots: the runs after which nothing that came before may run again, the
//! restores of the last day, so that it is known when too many of them came, and the former names and states of
//! components that were moved. Older snapshots need the last, because they are never written anew.

use super::Running;
use crate::release::identity::DeploymentId;
use crate::text::name::ComponentName;
use crate::text::time::Time;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The last runs, by component.
pub type Irreversible = BTreeMap<ComponentName, IrreversibleRun>;

/// A run after which nothing that came before may run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct IrreversibleRun {
    /// The deployment that ran it.
    pub deployment: DeploymentId,
    /// The version of its release.
    pub version: String,
    /// The time at which that was recorded.
    pub at: Time,
}

/// Lists the runs, for people.
pub fn in_words(crossed: &Irreversible) -> String {
    crossed
        .iter()
        .map(|(name, ran)| {
            let IrreversibleRun { deployment, version, at } = ran;
            format!("{name} of {version}, run by deployment {deployment} ({at})")
        })
        .collect::<Vec<_>>()
        .join("; ")
}

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
    pub(crate) fn counts(&self, now: Time) -> bool {
        now.ms_since(self.at) < DAY_MS
    }
}

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
pub type FormerStates = BTreeMap<ComponentName, BTreeMap<u64, FormerState>>;
