//! The snapshot to which a rollback or a drill goes: the newest that is verified good, else the newest that passed; and
//! why it goes nowhere.

use crate::conductor::environment::view::View;
use crate::conductor::request::Ports;
use crate::ledger;
use crate::ports::{DynamoDbApi, Result};
use crate::trouble::Checked;
use std::collections::BTreeSet;
use windlass_domain::deployment::Deployment;
use windlass_domain::deployment::drill::SnapshotVersion;
use windlass_domain::environment::kept::{Irreversible, in_words};
use windlass_domain::environment::{EnvironmentState, Snapshot, irreversible};
use windlass_domain::prose;
use windlass_domain::release::action::ActionName;
use windlass_domain::release::call::{self, input};
use windlass_domain::release::identity::EnvironmentId;
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_domain::text::name::ComponentName;
use windlass_domain::text::prose::Prose;

/// The number of the snapshot that has what was found before the first release.
pub const FOUND_FIRST: u64 = 1;

/// Chooses the snapshot to go back to, when it is the deployment's turn: the present one for what goes there; the named
/// one; or [`newest_other`]. Of the snapshot it takes the one component that is named, if one is. What was found of a
/// component belongs to the snapshots that are older than its first change.
pub async fn choose(ports: &impl Ports, view: &View, record: &mut Deployment) -> Checked<()> {
    let at = record.environment_id();
    let is_to_the_present = record.action.is_to_the_present();
    let present = view.present_to_go_back_from();
    let state = &view.state.value;
    if let Some(missing) = not_there(view, record) {
        return Err(missing.into());
    }
    let number = if is_to_the_present { view.present() } else { record.snapshot };
    let snapshot = match number {
        Some(number) => snapshot(ports, at, number).await?,
        None if is_to_the_present => return Err(nothing_recorded(at).into()),
        None => newest_other(ports, present, at, state, record.component.as_ref()).await?,
    };
    let Some(snapshot) = snapshot else {
        return Err(no_rollback_goal(ports, view, record).await?.into());
    };
    let snapshot = snapshot.with_found(&view.state.value);
    let barred = bars(view, record, &snapshot);
    if !barred.is_empty() {
        return Err(barred.into());
    }
    record.snapshot = Some(snapshot.number);
    record.release.version.clone_from(&snapshot.version);
    record.release.components.clear();
    record.found.clear();
    for (name, running) in snapshot.components {
        match running.artifact {
            Some(artifact) => {
                record.release.components.insert(name, artifact);
            }
            None => record.found.push(name),
        }
    }
    if let Some(named) = named(record).cloned() {
        narrow(record, &[named].into());
    }
    Ok(())
}

/// Leaves only these components in it.
pub fn narrow(record: &mut Deployment, names: &BTreeSet<ComponentName>) {
    record.release.components.retain(|name, _| names.contains(name));
    record.found.retain(|name| names.contains(name));
}

/// Returns the component that is named, if one is.
fn named(record: &Deployment) -> Option<&ComponentName> {
    let withdrawn = record.withdrawal.as_ref().map(|of| &of.component);
    withdrawn.or(record.component.as_ref())
}

/// Returns the finding that the component that is named does not run; `None` if it does, or none is named.
fn not_there(view: &View, record: &Deployment) -> Option<Finding> {
    let (named, running) = (named(record)?, &view.state.value.running);
    if running.contains_key(named) {
        return None;
    }
    let runs: Vec<String> = running.keys().map(|name| format!("`{name}`")).collect();
    let runs = if runs.is_empty() { "nothing".to_owned() } else { runs.join(", ") };
    Some(Finding::new(
        FindingName::UnknownName,
        "component",
        format!("no `{named}` that Windlass brought runs in this environment; {runs} runs there."),
        "Write the name of the component as the declaration has it.",
    ))
}

fn nothing_recorded(of: EnvironmentId<'_>) -> Finding {
    Finding::new(
        FindingName::NothingToGoBackTo,
        format!("environments.{}", of.environment()),
        "nothing was deployed here yet, so nothing is recorded that could be restored.",
        "Deploy a release.",
    )
}

/// Returns why a rollback must not go there: it crosses an irreversible run unasked, or names one that it does not
/// cross.
fn bars(view: &View, record: &Deployment, goal: &Snapshot) -> Vec<Finding> {
    let crossed = irreversible::crossed(goal, &view.state.value);
    let at = record.environment_id();
    irreversible::refusals(at, goal, &crossed, &record.across)
}

/// Returns why a rollback goes nowhere. It goes to the snapshot that it names, or else to the present one: somebody who
/// stops a deployment that is under way wants the present one back. If this returns findings, nothing is stopped.
pub async fn goes_nowhere(ports: &impl Ports, view: &View, record: &Deployment) -> Result<Vec<Finding>> {
    let at = record.environment_id();
    if let Some(missing) = not_there(view, record) {
        return Ok(vec![missing]);
    }
    let named = record.snapshot;
    let goal = match named.or(view.present()) {
        Some(number) => snapshot(ports, at, number).await?,
        None => None,
    };
    match goal {
        Some(goal) => Ok(bars(view, record, &goal.with_found(&view.state.value))),
        None if named.is_some() => no_rollback_goal(ports, view, record).await,
        None => Ok(unasked_for(record)),
    }
}

/// Nothing to go back to, and what it names beside.
async fn no_rollback_goal(ports: &impl Ports, view: &View, record: &Deployment) -> Result<Vec<Finding>> {
    let mut findings = vec![nothing_to_go_back_to(ports, view, record).await?];
    findings.extend(unasked_for(record));
    Ok(findings)
}

/// Returns the findings on the irreversible runs that the request names, where there is nothing to go back to and so
/// none is crossed.
fn unasked_for(record: &Deployment) -> Vec<Finding> {
    irreversible::not_crossed(None, &Irreversible::new(), &record.across)
}

async fn nothing_to_go_back_to(ports: &impl DynamoDbApi, view: &View, record: &Deployment) -> Result<Finding> {
    let (of, state) = (record.environment_id(), &view.state.value);
    let to_good = to_a_good_one(&good_ones(ports, view, of).await?, of);
    let reason = match record.snapshot {
        Some(number) => format!("there is no snapshot {number}."),
        None if to_good.is_some() => {
            "the present snapshot replaced no other release that passed and is not vetoed. A rollback that names none \
             goes only to what the present one replaced."
                .into()
        }
        None => "the present snapshot replaced no other release that passed.".into(),
    };
    let members = |number: u64| [("snapshot", number.into()), ("reason", "…".into())];
    let start = input(ActionName::Rollback, of, &members(FOUND_FIRST));
    let to_found = prose!("To go back to what was found before the first release, start {}.", start);
    let list = call::snapshots(of);
    let others = prose!(
        "Others are listed by {}, and named by their numbers in the same way; or deploy a release.",
        list.clone()
    );
    let first = snapshot(ports, of, FOUND_FIRST).await?;
    let first_runs = first.map(|first| first.with_found(state).runs(state));
    let remedy = match (to_good, first_runs) {
        (Some(to_good), Some(false)) => prose!("{} {} {}", to_found, to_good, others),
        (Some(to_good), _) => prose!("{} {}", to_good, others),
        (None, None) => "Nothing was deployed here yet, so nothing has to be taken back.".into(),
        (None, Some(true)) => prose!(
            "What was found before the first release is what runs. Snapshots are listed by {}, and named by their \
             numbers; or deploy a release.",
            list
        ),
        (None, Some(false)) => prose!("{} {}", to_found, others),
    };
    Ok(Finding::new(FindingName::NothingToGoBackTo, format!("environments.{}", of.environment()), reason, remedy))
}

/// A snapshot of an environment.
pub async fn snapshot(ports: &impl DynamoDbApi, of: EnvironmentId<'_>, number: u64) -> Result<Option<Snapshot>> {
    let found = ledger::load(ports, &ledger::snapshot(of, number)).await?;
    Ok(found.map(|found| found.value))
}

/// The snapshot that a rollback which names none goes to, out of those that the present one replaced and that are
/// something else than what runs, of a component if one is named.
pub async fn newest_other(
    ports: &impl DynamoDbApi,
    present: u64,
    at: EnvironmentId<'_>,
    state: &EnvironmentState,
    component: Option<&ComponentName>,
) -> Result<Option<Snapshot>> {
    let present = snapshot(ports, at, present).await?;
    let weigh = |goal: Snapshot| {
        let mut goal = goal.with_found(state);
        goal.components.retain(|name, _| component.is_none_or(|component| component == name));
        (!goal.runs(state)).then(|| goal.is_proven(|name, ran| !state.runs_as(name, ran)))
    };
    newest_of(ports, present.map_or(0, |present| present.replaced), at, weigh).await
}

/// The newest of a snapshot and those that it replaced that passed, whose release is not vetoed, and that is proven. If
/// none is among the next 25, it is the newest that only passed. `weigh` says whether one is proven; `None` passes over
/// it.
pub async fn newest_of(
    ports: &impl DynamoDbApi,
    mut number: u64,
    at: EnvironmentId<'_>,
    weigh: impl Fn(Snapshot) -> Option<bool>,
) -> Result<Option<Snapshot>> {
    let (mut passed, mut looked_on) = (None, 0);
    while number > 0 && looked_on < MOST_LOOKED_AT {
        let Some(one) = snapshot(ports, at, number).await? else {
            break;
        };
        number = one.replaced;
        looked_on += usize::from(passed.is_some());
        let weighed = weigh(one.clone()).filter(|_| one.release.is_some());
        let Some(is_proven) = weighed.filter(|is_proven| *is_proven || passed.is_none()) else {
            continue;
        };
        if is_vetoed(ports, &one, at).await? {
            continue;
        }
        if is_proven {
            return Ok(Some(one));
        }
        passed = Some(one);
    }
    Ok(passed)
}

/// The most snapshots that a finding names, and the most that are looked at for them, or for one that is proven.
const MOST_NAMED: usize = 4;

const MOST_LOOKED_AT: usize = 25;

/// Returns the newest snapshots that passed, newest first, to which a rollback can go by their numbers, wherever they
/// stand to the present one: their releases are not vetoed, and something else runs now.
pub async fn good_ones(ports: &impl DynamoDbApi, view: &View, at: EnvironmentId<'_>) -> Result<Vec<Snapshot>> {
    let state = &view.state.value;
    let mut good = Vec::new();
    for number in (1..=state.last_snapshot).rev().take(MOST_LOOKED_AT) {
        let one = snapshot(ports, at, number).await?;
        let Some(one) = one.filter(|one| number != state.snapshot && one.release.is_some()) else {
            continue;
        };
        let is_vetoed = is_vetoed(ports, &one, at).await?;
        let is_there = one.clone().with_found(state).runs(state);
        let is_known = |other: &Snapshot| other.release == one.release;
        if !is_vetoed && !is_there && !good.iter().any(is_known) {
            good.push(one);
        }
        if good.len() == MOST_NAMED {
            break;
        }
    }
    Ok(good)
}

async fn is_vetoed(ports: &impl DynamoDbApi, snapshot: &Snapshot, at: EnvironmentId<'_>) -> Result<bool> {
    let Some(release) = &snapshot.release else {
        return Ok(false);
    };
    Ok(ledger::load(ports, &ledger::veto(at, release)).await?.is_some())
}

/// Returns the step to the first of these snapshots that is verified good, or else to the first, with the numbers of the
/// others; `None` if there is none.
pub fn to_a_good_one(good: &[Snapshot], of: EnvironmentId<'_>) -> Option<Prose> {
    let first = good.iter().find(|one| one.is_verified_good()).or_else(|| good.first())?.number;
    let named = good.iter().map(|one| {
        let doubts = if one.is_verified_good() { "" } else { ", not verified good" };
        format!("{} ({}{doubts})", one.number, one.version)
    });
    let named: Vec<String> = named.collect();
    let members = [("snapshot", first.into()), ("reason", "…".into())];
    let start = input(ActionName::Rollback, of, &members);
    let good = format!("Passed, and not what runs: {}. To go to snapshot {first}, start ", named.join(", "));
    Some(prose!("{}{}.", good, start))
}

/// Chooses where the way there goes: where a rollback which names no snapshot goes, but across nothing irreversible. The
/// drill notes both ends.
pub async fn choose_for_drill(ports: &impl Ports, view: &mut View, record: &Deployment) -> Checked<Option<u64>> {
    let at = record.environment_id();
    let state = &view.state.value;
    let goal = newest_other(ports, state.snapshot, at, state, None).await?;
    let goal = goal.map(|goal| goal.with_found(state));
    let present = snapshot(ports, at, state.snapshot).await?;
    let (Some(goal), Some(present)) = (goal, present) else {
        let good = good_ones(ports, view, at).await?;
        return Err(no_version_before(record, &good).into());
    };
    let crossed = irreversible::crossed(&goal, state);
    if !crossed.is_empty() {
        return Err(goes_across(record, &goal, &in_words(&crossed)).into());
    }
    if let Some(drill) = view.drills.value.under_way.as_mut().filter(|drill| drill.id == record.id) {
        drill.from = Some(SnapshotVersion::of(&present));
        drill.to = Some(SnapshotVersion::of(&goal));
    }
    Ok(Some(goal.number))
}

fn no_version_before(record: &Deployment, good: &[Snapshot]) -> Finding {
    let to_good = to_a_good_one(good, record.environment_id());
    let (reason, remedy) = match to_good {
        Some(to_good) => (
            "the present snapshot replaced none that passed, is not vetoed, and is something else. A drill goes only to \
             what the present one replaced.",
            prose!("{} Or deploy a release: then there is a version before, and a drill can go there.", to_good),
        ),
        None => (
            "no other release that passed, and is not vetoed, ran before the present one.",
            "Deploy a second release: then there is a version before, and a drill can go there.".into(),
        ),
    };
    let at = format!("environments.{}", record.environment);
    Finding::new(FindingName::NothingToGoBackTo, at, reason, remedy)
}

fn goes_across(record: &Deployment, goal: &Snapshot, crossed: &str) -> Finding {
    Finding::new(
        FindingName::Irreversible,
        format!("environments.{}", record.environment),
        format!(
            "going back to snapshot {} ({}) crosses what is irreversible: {crossed}. A drill goes across nothing.",
            goal.number, goal.version
        ),
        "Nothing has to be done. After one more release without such a run there is a version before to go to.",
    )
}
