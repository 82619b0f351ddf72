//! Runs that forbid that anything which came before them runs again.
//!
//! The environment has the last run of each component, and a snapshot those that had been run when it was made. A rollback
//! to a snapshot that lacks one goes back across it.

use crate::environment::{EnvironmentState, Snapshot};
use crate::finding::{Finding, FindingName};
use crate::identity::DeploymentId;
use crate::input::input;
use crate::name::{AppName, ComponentName, EnvironmentName};
use crate::request::ActionName;
use crate::time::Time;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

/// The last runs, by component.
pub type Irreversible = BTreeMap<ComponentName, Ran>;

/// A run after which nothing that came before may run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Ran {
    /// The deployment that ran it.
    pub deployment: DeploymentId,
    /// The version of its release.
    pub version: String,
    /// When that was recorded.
    pub at: Time,
}

/// The runs that going back to a snapshot crosses; none where it is what runs now.
pub fn crossed(goal: &Snapshot, state: &EnvironmentState) -> Irreversible {
    if goal.number == state.snapshot {
        return Irreversible::new();
    }
    let is_known = |name: &ComponentName, ran: &Ran| {
        let then = goal.irreversible.get(name);
        then.is_some_and(|then| then.deployment == ran.deployment)
    };
    let runs = state.irreversible.iter();
    let runs = runs.filter(|(name, ran)| !is_known(name, ran));
    runs.map(|(name, ran)| (name.clone(), ran.clone()))
        .collect()
}

/// A rollback to a snapshot is refused where it crosses a run that it does not name.
pub fn refusal(
    (app, environment): (&AppName, &EnvironmentName),
    goal: &Snapshot,
    crossed: &Irreversible,
    across: &BTreeSet<ComponentName>,
) -> Option<Finding> {
    if crossed.keys().all(|name| across.contains(name)) {
        return None;
    }
    let members = [
        ("across", json!(crossed.keys().collect::<Vec<_>>())),
        ("reason", "…".into()),
        ("snapshot", goal.number.into()),
    ];
    let again = input(ActionName::Rollback, app, environment, &members);
    Some(Finding::new(
        FindingName::Irreversible,
        "across",
        format!(
            "going back to snapshot {} ({}) crosses what is irreversible: {}. What came before must not run after it.",
            goal.number,
            goal.version,
            in_words(crossed)
        ),
        format!("Deploy a fix forward. Where you know that it may run after it, start {again}."),
    ))
}

/// The runs, for people.
pub fn in_words(crossed: &Irreversible) -> String {
    let runs = crossed.iter().map(|(name, ran)| {
        let Ran {
            deployment,
            version,
            at,
        } = ran;
        format!("{name} of {version}, run by deployment {deployment} ({at})")
    });
    runs.collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
#[path = "irreversible_tests.rs"]
mod tests;
