//! The snapshot to which a rollback or a drill goes: the newest that is verified good, else the newest that passed; and
//! why it goes nowhere.

use crate::access::promotion::is_vetoed;
use crate::conductor::environment::snapshot_walk::{MOST_LOOKED_AT, Sought, newest_other, snapshot};
use crate::conductor::environment::view::AdmissionView;
use crate::conductor::request::Ports;
use crate::ports::{DynamoDbApi, Result};
use crate::trouble::Checked;
use std::collections::BTreeSet;
use windlass_domain::deployment::Deployment;
use windlass_domain::deployment::drill::SnapshotVersion;
use windlass_domain::document::shape::unknown_name;
use windlass_domain::environment::kept::{Irreversible, in_words};
use windlass_domain::environment::{EnvironmentState, Snapshot, irreversible};
use windlass_domain::prose;
use windlass_domain::release::call;
use windlass_domain::release::identity::EnvironmentId;
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_domain::text::name::ComponentName;
use windlass_domain::text::prose::Prose;

/// The number of the snapshot that has what was found before the first release.
pub const FOUND_FIRST: u64 = 1;

/// Chooses the snapshot to go back to, when it is the deployment's turn: the present one for what goes there; the named
/// one; or [`newest_other`]. Of the snapshot it takes the one component that is named, if one is. What was found of a
/// component belongs to the snapshots that are older than its first change.
pub async fn choose(ports: &impl Ports, view: &AdmissionView, record: &mut Deployment) -> Checked<()> {
    let at = record.environment_id();
    let is_to_the_present = record.action.is_to_the_present();
    let present = view.present_to_go_back_from();
    let state = &view.state.value;
    if let Some(missing) = not_there(view, record) {
        return Err(missing.into());
    }
    let sought = Sought { state, component: record.component.as_ref() };
    let number = if is_to_the_present { view.present() } else { record.snapshot };
    let snapshot = match number {
        Some(number) => snapshot(ports, at, number).await?,
        None if is_to_the_present => return Err(nothing_recorded(at).into()),
        None => newest_other(ports, present, at, &sought).await?,
    };
    let Some(snapshot) = snapshot else { return Err(no_rollback_goal(ports, view, record).await?.into()) };
    let snapshot = snapshot.with_found(&view.state.value);
    let barred = bars(view, record, &snapshot);
    if !barred.is_empty() {
        return Err(barred.into());
    }
    record.snapshot = Some(snapshot.number);
    // A snapshot has the name of the release that made it, and a component may have come with another one.
    let of_one = record.component.as_ref().and_then(|name| snapshot.components.get(name));
    record.release.version = of_one.map_or_else(|| snapshot.version.clone(), |ran| ran.version().to_owned());
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

/// Returns the finding that the component that is named does not run, or was run once; `None` if it can go back, or
/// none is named.
fn not_there(view: &AdmissionView, record: &Deployment) -> Option<Finding> {
    let (named, running) = (named(record)?, &view.state.value.running);
    match running.get(named) {
        Some(ran) if ran.once => {
            return Some(Finding::not_supported(
                "component",
                format!("`{named}` was run once, and nothing of that is taken back."),
                "Name another component; or deploy a fix.",
            ));
        }
        Some(_) => return None,
        None => {}
    }
    let reason = format!("no `{named}` that Windlass brought runs in this environment.");
    let going_back = running.iter().filter(|(_, ran)| !ran.once).map(|(name, _)| name);
    let is_empty = !running.values().any(|ran| !ran.once);
    let otherwise = if is_empty { "Deploy a release: nothing that can go back runs there." } else { "" };
    Some(unknown_name("component", reason, named.as_str(), going_back, otherwise))
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
fn bars(view: &AdmissionView, record: &Deployment, goal: &Snapshot) -> Vec<Finding> {
    let crossed = irreversible::crossed(goal, &view.state.value);
    let at = record.environment_id();
    let of = (at, record.component.as_ref(), &record.may_lose);
    irreversible::refusals(of, goal, &crossed, &record.across)
}

/// Returns why a rollback goes nowhere. It goes to the snapshot that it names, or else to the present one: somebody who
/// stops a deployment that is under way wants the present one back. If this returns findings, nothing is stopped.
pub async fn goes_nowhere(ports: &impl Ports, view: &AdmissionView, record: &Deployment) -> Result<Vec<Finding>> {
    let at = record.environment_id();
    if let Some(missing) = not_there(view, record) {
        return Ok(vec![missing]);
    }
    let named = record.snapshot;
    let goal = match named.or_else(|| undone_to(view, record)) {
        Some(number) => snapshot(ports, at, number).await?,
        None if is_elsewhere(view, record) => {
            let sought = Sought { state: &view.state.value, component: record.component.as_ref() };
            newest_other(ports, view.present_to_go_back_from(), at, &sought).await?
        }
        None => None,
    };
    match goal {
        Some(goal) => Ok(bars(view, record, &goal.with_found(&view.state.value))),
        None if named.is_some() || is_elsewhere(view, record) => no_rollback_goal(ports, view, record).await,
        None => Ok(unasked_for(record)),
    }
}

/// Returns the snapshot that a rollback which names none wants where it stops the deployment under way: the present
/// one, which the undo brings back. Where the rollback is of one component, and the deployment brings others, that says
/// nothing of the component, which then goes back as if nothing were stopped.
pub fn undone_to(view: &AdmissionView, record: &Deployment) -> Option<u64> {
    view.present().filter(|_| !is_elsewhere(view, record))
}

/// Returns whether the deployment under way does not bring the one component that goes back.
fn is_elsewhere(view: &AdmissionView, record: &Deployment) -> bool {
    let brings = |name: &ComponentName| {
        view.under_way.iter().flat_map(|other| &other.components).any(|part| part.component == *name)
    };
    record.component.as_ref().is_some_and(|name| !brings(name))
}

/// Returns the finding that there is nothing to go back to, and those on what the request names beside.
async fn no_rollback_goal(ports: &impl Ports, view: &AdmissionView, record: &Deployment) -> Result<Vec<Finding>> {
    let mut findings = vec![nothing_to_go_back_to(ports, view, record).await?];
    findings.extend(unasked_for(record));
    Ok(findings)
}

/// Returns the findings on the irreversible runs that the request names, where there is nothing to go back to and so
/// none is crossed.
fn unasked_for(record: &Deployment) -> Vec<Finding> {
    irreversible::not_crossed(None, &Irreversible::new(), &record.across)
}

async fn nothing_to_go_back_to(ports: &impl DynamoDbApi, view: &AdmissionView, record: &Deployment) -> Result<Finding> {
    let (of, state) = (record.environment_id(), &view.state.value);
    let component = record.component.as_ref();
    let to_good = to_a_good_one(&good_ones(ports, view, of, component).await?, state, of, component);
    let reason = match record.snapshot {
        Some(number) => format!("there is no snapshot {number}."),
        None if to_good.is_some() => {
            "the present snapshot replaced no other release that passed and is not vetoed. A rollback that names none \
             goes only to what the present one replaced."
                .into()
        }
        None => "the present snapshot replaced no other release that passed.".into(),
    };
    let first = snapshot(ports, of, FOUND_FIRST).await?;
    let crossed = first.as_ref().map(|first| crossed_to(first, state)).unwrap_or_default();
    let start = across_to(of, FOUND_FIRST, component, &crossed);
    let to_found = prose!("To go back to what was found before the first release, start {}.", start);
    let list = call::snapshots(of);
    let others = prose!(
        "Others are listed by {}, and named by their numbers in the same way; or deploy a release.",
        list.clone()
    );
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

/// The most snapshots that a finding names.
const MOST_NAMED: usize = 4;

/// Returns the newest snapshots that passed, newest first, to which a rollback can go by their numbers, wherever they
/// stand to the present one: their releases are not vetoed, and something else runs now, of the component if one is
/// named.
pub async fn good_ones(
    ports: &impl DynamoDbApi,
    view: &AdmissionView,
    at: EnvironmentId<'_>,
    component: Option<&ComponentName>,
) -> Result<Vec<Snapshot>> {
    let state = &view.state.value;
    let sought = Sought { state, component };
    let mut good = Vec::new();
    for number in (1..=state.last_snapshot).rev().take(MOST_LOOKED_AT) {
        let one = snapshot(ports, at, number).await?;
        let Some(one) = one.filter(|one| number != state.snapshot && one.release.is_some()) else { continue };
        let is_vetoed = is_vetoed(ports, &one, at).await?;
        let is_there = sought.of(one.clone()).runs(state);
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

/// Returns the runs that going back to a snapshot crosses, by the names that their components have now.
fn crossed_to(one: &Snapshot, state: &EnvironmentState) -> Irreversible {
    irreversible::crossed(&one.clone().with_found(state), state)
}

/// Returns the same step, and says that something irreversible is on its way, which the step names: a person decides
/// about that.
fn across_to(of: EnvironmentId<'_>, number: u64, component: Option<&ComponentName>, crossed: &Irreversible) -> Prose {
    let start = irreversible::back_to((of, component, &BTreeSet::new()), number, crossed);
    if crossed.is_empty() {
        return start.into();
    }
    prose!("{}, which goes back across what is irreversible", start)
}

/// Returns the step to the best of these snapshots, with the numbers of the others; `None` if there is none. The best
/// has nothing irreversible on its way, and then is verified good; of several, it is the first.
fn to_a_good_one(
    good: &[Snapshot],
    state: &EnvironmentState,
    of: EnvironmentId<'_>,
    component: Option<&ComponentName>,
) -> Option<Prose> {
    let best = good.iter().min_by_key(|one| (!crossed_to(one, state).is_empty(), !one.is_verified_good()))?;
    let first = best.number;
    let named = good.iter().map(|one| {
        let doubts = if one.is_verified_good() { "" } else { ", not verified good" };
        format!("{} ({}{doubts})", one.number, one.version)
    });
    let named: Vec<String> = named.collect();
    let start = across_to(of, first, component, &crossed_to(best, state));
    let good = format!("Passed, and not what runs: {}. To go to snapshot {first}, start ", named.join(", "));
    Some(prose!("{}{}.", good, start))
}

/// Chooses where the way there goes: where a rollback which names no snapshot goes, but across nothing irreversible.
/// The drill notes both ends.
pub async fn choose_for_drill(
    ports: &impl Ports,
    view: &mut AdmissionView,
    record: &Deployment,
) -> Checked<Option<u64>> {
    let at = record.environment_id();
    let state = &view.state.value;
    let goal = newest_other(ports, state.snapshot, at, &Sought { state, component: None }).await?;
    let goal = goal.map(|goal| goal.with_found(state));
    let present = snapshot(ports, at, state.snapshot).await?;
    let (Some(goal), Some(present)) = (goal, present) else {
        let good = good_ones(ports, view, at, None).await?;
        return Err(no_version_before(record, &good, state).into());
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

fn no_version_before(record: &Deployment, good: &[Snapshot], state: &EnvironmentState) -> Finding {
    let to_good = to_a_good_one(good, state, record.environment_id(), None);
    let (reason, remedy) = match to_good {
        Some(to_good) => (
            "the present snapshot replaced none that passed, is not vetoed, and is something else. A drill goes only \
             to what the present one replaced.",
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
