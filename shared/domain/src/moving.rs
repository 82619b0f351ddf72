//! Moves the record of a component, or of all of an environment, to another owner: another name, environment or
//! application. Pure.
//!
//! No target is changed, and there is no moment at which nobody has it. The new owner goes on from what runs, and has
//! the way back to what was found before the first release. History, snapshots and vetoes stay where they are.

use crate::declaration::kinds::KindName;
use crate::declaration::tenancy::{Claim, ResourceClaims};
use crate::document::shape::unknown_name;
use crate::environment::kept::Irreversible;
use crate::environment::{BEFORE_WINDLASS, EnvironmentState, FormerState, Proof, Running, Snapshot};
use crate::moving::removal::{RemovalFacts, RetainedRecord};
use crate::moving::scope::{MovingScope, Side, taken};
use crate::prose;
use crate::release::Part;
use crate::release::action::ActionName;
use crate::release::call::input;
use crate::text::count::count;
use crate::text::finding::{Finding, FindingName};
use crate::text::name::{ComponentName, EnvironmentName};
use crate::text::time::Time;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

pub mod application;
mod messages;
pub mod removal;
mod request_check;
pub mod scope;

/// The most claims that are moved: a transaction takes them all, or none (AWS DynamoDB Developer Guide,
/// "Transactions").
pub const MOST_CLAIMS: usize = 90;

/// A move that is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Moving<'a> {
    /// The former owner, and the component by its former name.
    pub from: MovingScope<'a>,
    /// The new owner, and the component by its name from then on.
    pub to: MovingScope<'a>,
}

/// The two environments as the ledger knows them.
#[derive(Debug, Clone)]
pub struct MovingFacts<'a> {
    /// The former owner.
    pub from: RemovalFacts<'a>,
    /// The kinds of its components, as far as they are known.
    pub kinds: &'a BTreeMap<ComponentName, KindName>,
    /// The new owner.
    pub to: Side<'a>,
    /// The components that its declaration in force has there; the findings if there is no declaration.
    pub declared: Result<&'a BTreeMap<ComponentName, KindName>, &'a [Finding]>,
}

/// The things that are moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MovedItems {
    /// The components, with the names that they have from then on.
    pub components: BTreeMap<ComponentName, ComponentName>,
    /// Their claims.
    pub claims: Vec<Claim>,
    /// The parts of the former owner's record that stay with it.
    pub kept: RetainedRecord,
    /// The components that are recorded at the former owner, have an irreversible run, and are not moved: the new owner
    /// does not know of it.
    pub behind: BTreeSet<ComponentName>,
}

/// The record of a component on its way.
#[derive(Debug, Clone, PartialEq)]
pub struct MovedRecord {
    was: ComponentName,
    name: ComponentName,
    record: EnvironmentState,
}

impl MovingFacts<'_> {
    /// Decides on one environment of the former owner; `None` if nothing is recorded of it and the whole application is
    /// asked for.
    ///
    /// # Errors
    /// Something is under way on one of the sides; the former owner still declares the component; the new owner does
    /// not declare it, or has one of that name already; or nothing is recorded of it.
    pub fn decide(&self, asked: Moving<'_>) -> Result<Option<MovedItems>, Vec<Finding>> {
        let from = &self.from;
        let moving = asked.part_in(from.side.at.environment());
        let recorded = from.recorded(asked.from);
        let mut findings: Vec<Finding> = from.side.busy().into_iter().collect();
        if recorded.components.is_empty() && asked.from.is_whole() {
            return if findings.is_empty() { Ok(None) } else { Err(findings) };
        }
        if !moving.is_within() {
            findings.extend(self.to.busy());
        }
        findings.extend(from.declared(asked.from));
        if recorded.components.is_empty() {
            findings.push(moving.from.nothing(&from.recorded_at_all(asked.from)));
        }
        let components: BTreeMap<ComponentName, ComponentName> =
            recorded.components.iter().map(|was| (was.clone(), moving.name_of(was).clone())).collect();
        match self.declared {
            Err(why) => findings.extend(why.iter().cloned()),
            Ok(declared) => findings.extend(components.iter().filter_map(|pair| self.unlike(pair, declared))),
        }
        let taken = components.values().filter(|name| self.to.state.has(name));
        findings.extend(taken.map(|name| self.taken(moving, name)));
        findings.extend(self.too_many(recorded.claims.len()));
        if !findings.is_empty() {
            return Err(findings);
        }
        let state = from.side.state;
        let is_behind = |name: &&ComponentName| state.has(name) && !components.contains_key(*name);
        Ok(Some(MovedItems {
            behind: state.irreversible.keys().filter(is_behind).cloned().collect(),
            kept: RetainedRecord::of(state, |name| components.contains_key(name)),
            components,
            claims: recorded.claims,
        }))
    }

    /// Returns a finding if the new owner does not declare the component, or declares one of another kind.
    fn unlike(
        &self,
        (was, name): (&ComponentName, &ComponentName),
        declared: &BTreeMap<ComponentName, KindName>,
    ) -> Option<Finding> {
        let (app, environment) = (self.to.at.app(), self.to.at.environment());
        let path = format!("components.{name}");
        let Some(kind) = declared.get(name) else {
            return Some(unknown_name(
                path,
                format!(
                    "the declaration of {app} has no component `{name}` in {environment}, which is to have what `{was}` has."
                ),
                name.as_str(),
                declared.keys(),
                "Declare it there with the same target, and upload that; then ask again. What nobody is to have is let go of before (`remove`).",
            ));
        };
        let ran = self.kinds.get(was).filter(|ran| *ran != kind)?;
        Some(Finding::bad_value(
            path,
            format!("`{name}` of {app} is declared as `{kind}`, and `{was}` was deployed as `{ran}`."),
            format!("Declare it as `{ran}`, with the same target; then ask again."),
        ))
    }

    /// Returns the finding that the new owner has such a component already.
    fn taken(&self, moving: Moving<'_>, name: &ComponentName) -> Finding {
        let members = [("component", json!(name)), ("reason", json!("…"))];
        let remove = input(ActionName::Remove, self.to.at, &members);
        let otherwise = if moving.from.component.is_some() { "Write another name in `to_component`. " } else { "" };
        Finding::new(
            FindingName::AlreadyRuns,
            format!("components.{name}"),
            format!("a component `{name}` is recorded in {} already, with what ran and was found of it.", moving.to),
            prose!(
                "{}Where that record is not wanted, take `{}` out of the declaration, start {}, declare it again, \
                 and ask again.",
                otherwise,
                name,
                remove
            ),
        )
    }

    fn too_many(&self, claims: usize) -> Option<Finding> {
        let environment = self.from.side.at.environment();
        (claims > MOST_CLAIMS).then(|| {
            Finding::too_large(
                format!("environments.{environment}"),
                format!("{} are to be moved at once, and {MOST_CLAIMS} at most.", count(claims, "resource")),
                "Move its components one by one, by `component`.",
            )
            .seen(claims, MOST_CLAIMS)
        })
    }
}

impl EnvironmentState {
    /// Returns whether anything of a component is recorded here.
    fn has(&self, name: &ComponentName) -> bool {
        self.running.contains_key(name) || self.found.contains_key(name)
    }
}

impl<'a> Moving<'a> {
    /// Returns the part of it that concerns an environment of the former owner.
    #[must_use]
    pub fn part_in(self, environment: &'a EnvironmentName) -> Self {
        Self { from: self.from.part_in(environment), to: self.to.part_in(environment) }
    }

    /// Returns whether both owners are in one environment.
    pub fn is_within(self) -> bool {
        (self.from.app, self.from.environment) == (self.to.app, self.to.environment)
    }

    fn name_of(self, was: &'a ComponentName) -> &'a ComponentName {
        self.to.component.unwrap_or(was)
    }
}

impl MovedItems {
    /// Gives the claims of a resource to their new owner. Returns whether there was one.
    pub fn hand_on(&self, moving: Moving<'_>, claims: &mut ResourceClaims) -> bool {
        let mut is_changed = false;
        for held in &mut claims.held {
            let name = self.components.get(&held.owner.component);
            let is_moved = moving.from.is_of(&held.owner) && self.claims.contains(&held.claim);
            let Some(name) = name.filter(|_| is_moved) else { continue };
            held.owner.app = moving.to.app.clone();
            held.owner.environment = moving.to.at(&held.owner.environment).environment().clone();
            held.owner.component = name.clone();
            is_changed = true;
        }
        // The new owner may have claimed it already, say for a release that was undone. Then the claim is its own only
        // once.
        let mut known = Vec::new();
        claims.held.retain(|held| {
            let ours = (held.owner.clone(), held.claim.clone());
            let is_new = !known.contains(&ours);
            known.push(ours);
            is_new
        });
        is_changed
    }

    /// Takes the components out of the record of their former owner. A new component with a former name there begins a
    /// folder of its own, if its kind keeps data beside the ledger.
    pub fn take_out(&self, moving: Moving<'_>, state: &mut EnvironmentState, now: Time) -> Vec<MovedRecord> {
        let from = moving.from;
        let moved_records = self.components.iter().map(|(was, name)| {
            let mut record = taken(state, was);
            record.irreversible.extend(state.irreversible.get(was).map(|run| (was.clone(), run.clone())));
            // What stays in another environment, such as the service beside a task, still comes after the run.
            if moving.is_within() {
                state.irreversible.remove(was);
            }
            let home = state.homes.insert(was.clone(), format!("{from}/{was}.{}", now.0));
            record.homes.insert(was.clone(), home.unwrap_or_else(|| format!("{from}/{was}")));
            MovedRecord { was: was.clone(), name: name.clone(), record }
        });
        moved_records.collect()
    }
}

/// Takes components in. Their older snapshots say of each its former name, or what ran when it came from another
/// environment. If there was no snapshot yet, what was found and what runs become the first two. Returns these.
pub fn arrive(
    moving: Moving<'_>,
    moved_records: Vec<MovedRecord>,
    state: &mut EnvironmentState,
    left: Option<&Snapshot>,
    now: Time,
) -> Vec<Snapshot> {
    let number = state.last_snapshot + 1;
    for moved in moved_records {
        take_in(moving, moved, state, number, left);
    }
    if number == 1 { first(state, left, now) } else { Vec::new() }
}

fn take_in(moving: Moving<'_>, moved: MovedRecord, state: &mut EnvironmentState, number: u64, left: Option<&Snapshot>) {
    let MovedRecord { was, name, mut record } = moved;
    let called = |ran: Running| if was == name { ran } else { ran.called(&was) };
    let running = record.running.remove(&was).map(called);
    let run = record.irreversible.remove(&was);
    let before = if moving.is_within() {
        Some(FormerState::Called(was.clone()))
    } else {
        // It came after that run only if what runs did.
        let after = left.and_then(|left| left.irreversible.get(&was)).cloned();
        let after = after.filter(|after| run.as_ref() == Some(after));
        let proven = left.is_some_and(|left| left.proof.holds(&was));
        let running = running.clone().map(Box::new);
        running.map(|running| FormerState::Ran { running, after, proven })
    };
    // The name in the former environment's snapshots says nothing about the snapshots here.
    let kept = record.before.remove(&was).filter(|_| moving.is_within());
    let history = state.before.entry(name.clone()).or_default();
    history.extend(kept.into_iter().flatten());
    if let Some(before) = before {
        history.entry(number).or_insert(before);
    }
    let marks = record.marks.into_iter();
    state.marks.extend(marks.map(|(part, mark)| (Part { component: name.clone(), ..part }, mark)));
    state.found.extend(record.found.remove(&was).map(|found| (name.clone(), called(found))));
    state.irreversible.extend(run.map(|run| (name.clone(), run)));
    state.homes.extend(record.homes.remove(&was).map(|home| (name.clone(), home)));
    state.withdrawn.extend(record.withdrawn.remove(&was).map(|files| (name.clone(), files)));
    state.running.extend(running.map(|running| (name, running)));
}

/// Makes the first snapshots of an environment: what was found, and what runs, which is as good as it was where it came
/// from.
fn first(state: &mut EnvironmentState, left: Option<&Snapshot>, now: Time) -> Vec<Snapshot> {
    let newest = state.running.values().max_by_key(|it| it.names.now.since);
    let Some(newest) = newest.map(|newest| newest.names.now.clone()) else { return Vec::new() };
    let found = Snapshot {
        number: 1,
        version: BEFORE_WINDLASS.into(),
        release: None,
        deployment: newest.deployment.clone(),
        made: now,
        replaced: 0,
        components: state.found.clone(),
        irreversible: Irreversible::new(),
        proof: Proof::default(),
        partly: None,
    };
    let (mut came_after, mut proof) = (Irreversible::new(), Proof::default());
    for (name, before) in &state.before {
        if let Some(FormerState::Ran { after, proven, .. }) = before.values().next_back() {
            came_after.extend(after.clone().map(|after| (name.clone(), after)));
            proof.measured.extend(proven.then(|| name.clone()));
        }
    }
    let runs = Snapshot {
        number: 2,
        version: newest.version,
        release: left.and_then(|left| left.release.clone()),
        replaced: 1,
        components: state.running.clone(),
        irreversible: came_after,
        proof,
        ..found.clone()
    };
    (state.snapshot, state.last_snapshot) = (2, 2);
    vec![found, runs]
}

#[cfg(test)]
#[path = "moving_tests.rs"]
mod tests;
