//! Runs after which nothing that came before may run again.
//!
//! The environment has the last run of each component. A snapshot has the runs until it was made. A rollback to a
//! snapshot that lacks a run goes back across it.

use crate::document::shape::unknown_name;
pub use crate::environment::kept::in_words;
use crate::environment::kept::{Irreversible, IrreversibleRun};
use crate::environment::{EnvironmentState, Snapshot};
use crate::prose;
use crate::release::action::ActionName;
use crate::release::call::input;
use crate::release::identity::EnvironmentId;
use crate::release::may_lose::ResourceOf;
use crate::text::finding::{Finding, FindingName};
use crate::text::name::ComponentName;
use crate::text::next_step::NextStep;
use serde_json::json;
use std::collections::BTreeSet;

/// Returns the runs that going back to a snapshot crosses; none if the snapshot is what runs now.
pub fn crossed(goal: &Snapshot, state: &EnvironmentState) -> Irreversible {
    if goal.number == state.snapshot {
        return Irreversible::new();
    }
    crossed_later(goal, state)
}

/// The runs that going back to a snapshot crosses once something else runs, also where it is what runs now.
pub fn crossed_later(goal: &Snapshot, state: &EnvironmentState) -> Irreversible {
    let is_known = |name: &ComponentName, ran: &IrreversibleRun| {
        let then = goal.irreversible.get(name);
        then.is_some_and(|then| then.deployment == ran.deployment)
    };
    state
        .irreversible
        .iter()
        .filter(|(name, ran)| !is_known(name, ran))
        .map(|(name, ran)| (name.clone(), ran.clone()))
        .collect()
}

/// Returns the runs that came before what a release leaves. These are the runs of the present snapshot, and those of
/// the environment that are the release's own, `is_own`. A run that the present snapshot lacks was gone back across. A
/// release that brings something else does not bring it back.
pub fn kept(
    present: Option<&Snapshot>,
    state: &EnvironmentState,
    is_own: impl Fn(&ComponentName, &IrreversibleRun) -> bool,
) -> Irreversible {
    let mut kept = present.map_or_else(Irreversible::new, |present| present.irreversible.clone());
    let own = state.irreversible.iter().filter(|(name, ran)| is_own(name, ran));
    kept.extend(own.map(|(name, ran)| (name.clone(), ran.clone())));
    kept
}

/// The environment of a rollback, the one component that goes back, if one is named, and what the request allows to
/// lose.
pub type RollbackPlace<'a> = (EnvironmentId<'a>, Option<&'a ComponentName>, &'a BTreeSet<ResourceOf>);

/// Returns why a rollback to a snapshot is refused: it crosses a run that it does not name, or names one that it does
/// not cross.
pub fn refusals(
    of: RollbackPlace<'_>,
    goal: &Snapshot,
    crossed: &Irreversible,
    across: &BTreeSet<ComponentName>,
) -> Vec<Finding> {
    let unasked = crossed.keys().any(|name| !across.contains(name));
    let mut findings = not_crossed(Some(goal), crossed, across);
    findings.extend(unasked.then(|| unnamed(of, goal, crossed)));
    findings
}

/// Returns a finding for each name of a run that a rollback would not cross: its author means something else than what
/// comes.
pub fn not_crossed(goal: Option<&Snapshot>, crossed: &Irreversible, across: &BTreeSet<ComponentName>) -> Vec<Finding> {
    let to = goal.map_or_else(String::new, |goal| format!(" to snapshot {} ({})", goal.number, goal.version));
    let surplus = across.iter().filter(|name| !crossed.contains_key(*name));
    let finding = |name: &ComponentName| {
        let reason = format!("going back{to} crosses no irreversible run of `{name}`.");
        let nothing = format!("Leave out `{name}`: nothing that is irreversible is crossed.");
        let otherwise = if crossed.is_empty() { nothing } else { String::new() };
        unknown_name("across", reason, name.as_str(), crossed.keys(), otherwise)
    };
    surplus.map(finding).collect()
}

/// Returns the finding that going back from a release crosses an irreversible run, listed before the release begins
/// (rule 8).
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

/// Returns the step that starts a rollback to a snapshot, across these runs.
pub fn back_to((of, component, may_lose): RollbackPlace<'_>, number: u64, crossed: &Irreversible) -> NextStep {
    let mut members = vec![("snapshot", number.into()), ("reason", "…".into())];
    members.extend(component.map(|component| ("component", component.as_str().into())));
    members.extend((!crossed.is_empty()).then(|| ("across", json!(crossed.keys().collect::<Vec<_>>()))));
    members.extend((!may_lose.is_empty()).then(|| ("may_lose", json!(may_lose))));
    input(ActionName::Rollback, of, &members)
}

fn unnamed(of: RollbackPlace<'_>, goal: &Snapshot, crossed: &Irreversible) -> Finding {
    let again = back_to(of, goal.number, crossed);
    Finding::new(
        FindingName::Irreversible,
        "across",
        format!(
            "going back to snapshot {} ({}) crosses what is irreversible: {}. What came before must not run after it.",
            goal.number,
            goal.version,
            in_words(crossed)
        ),
        prose!("Deploy a fix forward. Where you know that it may run after it, start {}.", again),
    )
}

#[cfg(test)]
#[path = "irreversible_tests.rs"]
mod tests;
