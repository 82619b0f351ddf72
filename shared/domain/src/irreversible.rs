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
use crate::shape::{nearest, suggest};
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
    crossed_later(goal, state)
}

/// The runs that going back to a snapshot crosses once something else runs, also where it is what runs now.
pub fn crossed_later(goal: &Snapshot, state: &EnvironmentState) -> Irreversible {
    let is_known = |name: &ComponentName, ran: &Ran| {
        let then = goal.irreversible.get(name);
        then.is_some_and(|then| then.deployment == ran.deployment)
    };
    let runs = state.irreversible.iter();
    let runs = runs.filter(|(name, ran)| !is_known(name, ran));
    runs.map(|(name, ran)| (name.clone(), ran.clone()))
        .collect()
}

/// The runs that what a release leaves comes after: those of the present snapshot, and of the environment's those that are
/// its own, `is_own`. What the present one lacks was gone back across, and a release that brings something else does not
/// bring what belongs to it.
pub fn kept(
    present: Option<&Snapshot>,
    state: &EnvironmentState,
    is_own: impl Fn(&ComponentName, &Ran) -> bool,
) -> Irreversible {
    let mut kept = present.map_or_else(Irreversible::new, |present| present.irreversible.clone());
    let own = state.irreversible.iter();
    let own = own.filter(|(name, ran)| is_own(name, ran));
    kept.extend(own.map(|(name, ran)| (name.clone(), ran.clone())));
    kept
}

/// Why a rollback to a snapshot is refused: it crosses a run that it does not name, or names one that it does not cross.
pub fn refusals(
    at: (&AppName, &EnvironmentName),
    goal: &Snapshot,
    crossed: &Irreversible,
    across: &BTreeSet<ComponentName>,
) -> Vec<Finding> {
    let unasked = crossed.keys().any(|name| !across.contains(name));
    let mut findings = not_crossed(Some(goal), crossed, across);
    findings.extend(unasked.then(|| unnamed(at, goal, crossed)));
    findings
}

/// The names of runs that a rollback would not cross: who wrote them means something else than what comes.
pub fn not_crossed(
    goal: Option<&Snapshot>,
    crossed: &Irreversible,
    across: &BTreeSet<ComponentName>,
) -> Vec<Finding> {
    let to = goal.map_or_else(String::new, |goal| {
        format!(" to snapshot {} ({})", goal.number, goal.version)
    });
    let known: Vec<String> = crossed.keys().map(ToString::to_string).collect();
    let surplus = across.iter().filter(|name| !crossed.contains_key(*name));
    let finding = |name: &ComponentName| {
        let remedy = match known.as_slice() {
            [] => format!("Leave out `{name}`: nothing that is irreversible is crossed."),
            known => suggest(nearest(name.as_str(), known), known),
        };
        Finding::new(
            FindingName::UnknownName,
            "across",
            format!("going back{to} crosses no irreversible run of `{name}`."),
            remedy,
        )
    };
    surplus.map(finding).collect()
}

/// That going back from a release crosses what was run before it, told before the release begins (rule 8).
pub fn foreseen(goal: &Snapshot, crossed: &Irreversible) -> Option<Finding> {
    let (number, version) = (goal.number, &goal.version);
    let names: Vec<String> = crossed.keys().map(ToString::to_string).collect();
    (!names.is_empty()).then(|| {
        Finding::new(
            FindingName::Irreversible,
            "across",
            format!(
                "going back from this release to snapshot {number} ({version}) crosses what is irreversible: {}. What \
                 came before must not run after it.",
                in_words(crossed)
            ),
            format!(
                "Nothing has to be done now. Later a rollback needs `across: [{}]` and a reason; or deploy a fix forward.",
                names.join(", ")
            ),
        )
    })
}

fn unnamed(
    (app, environment): (&AppName, &EnvironmentName),
    goal: &Snapshot,
    crossed: &Irreversible,
) -> Finding {
    let members = [
        ("across", json!(crossed.keys().collect::<Vec<_>>())),
        ("reason", "…".into()),
        ("snapshot", goal.number.into()),
    ];
    let again = input(ActionName::Rollback, app, environment, &members);
    Finding::new(
        FindingName::Irreversible,
        "across",
        format!(
            "going back to snapshot {} ({}) crosses what is irreversible: {}. What came before must not run after it.",
            goal.number,
            goal.version,
            in_words(crossed)
        ),
        format!("Deploy a fix forward. Where you know that it may run after it, start {again}."),
    )
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
