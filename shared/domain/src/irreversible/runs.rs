//! The runs after which nothing that came before may run again, as an environment and its snapshots keep them.

use crate::identity::DeploymentId;
use crate::name::ComponentName;
use crate::time::Time;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

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
    let runs = crossed.iter().map(|(name, ran)| {
        let IrreversibleRun { deployment, version, at } = ran;
        format!("{name} of {version}, run by deployment {deployment} ({at})")
    });
    runs.collect::<Vec<_>>().join("; ")
}
