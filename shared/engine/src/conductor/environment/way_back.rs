//! The snapshot to which a rollback goes, and why it goes nowhere.

use crate::conductor::environment::good_snapshots::{good_ones, newest_good, snapshot, to_a_good_one};
use crate::conductor::environment::view::View;
use crate::conductor::ports::Ports;
use crate::ports::{DynamoDbApi, Result};
use crate::trouble::Checked;
use windlass_domain::call;
use windlass_domain::deployment::Deployment;
use windlass_domain::environment::Snapshot;
use windlass_domain::finding::{Finding, FindingName};
use windlass_domain::input::input;
use windlass_domain::irreversible::{self, Irreversible};
use windlass_domain::request::ActionName;

/// The number of the snapshot that has what was found before the first release.
pub const FOUND_FIRST: u64 = 1;

/// Chooses the snapshot to go back to, when it is the rollback's turn: the named one, or the
/// newest verified-good one that the present one replaced and whose release is not vetoed. What was found of a
/// component belongs to the snapshots that are older than its first change.
pub async fn choose(ports: &impl Ports, view: &View, record: &mut Deployment) -> Checked<()> {
    let at = record.environment_id();
    let present = view.present_to_go_back_from();
    let snapshot = match record.snapshot {
        Some(number) => snapshot(ports, at, number).await?,
        None => newest_good(ports, present, at).await?,
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
    Ok(())
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
        None if to_good.is_some() => "the present snapshot replaced none that was verified good and is not vetoed. A \
             rollback that names none goes only to what the present one replaced."
            .into(),
        None => "the present snapshot replaced none that was verified good.".into(),
    };
    let members = |number: u64| [("snapshot", number.into()), ("reason", "…".into())];
    let back_to = |number| input(ActionName::Rollback, of, &members(number));
    let list = call::snapshots(of);
    let first = snapshot(ports, of, FOUND_FIRST).await?;
    let first_runs = first.map(|first| first.with_found(state).runs(state));
    let remedy = match (to_good, first_runs) {
        (Some(to_good), Some(false)) => format!(
            "To go back to what was found before the first release, start {}. {to_good} Others are listed by {list}, \
             and named by their numbers in the same way; or deploy a release.",
            back_to(FOUND_FIRST)
        ),
        (Some(to_good), _) => {
            format!(
                "{to_good} Others are listed by {list}, and named by their numbers in the same way; or deploy a \
                 release."
            )
        }
        (None, None) => "Nothing was deployed here yet, so nothing has to be taken back.".to_owned(),
        (None, Some(true)) => format!(
            "What was found before the first release is what runs. Snapshots are listed by {list}, and named by \
             their numbers; or deploy a release."
        ),
        (None, Some(false)) => format!(
            "To go back to what was found before the first release, start {}. Others are listed by {list}, and \
             named by their numbers in the same way; or deploy a release.",
            back_to(FOUND_FIRST)
        ),
    };
    Ok(Finding::new(FindingName::NothingToGoBackTo, format!("environments.{}", of.environment), reason, remedy))
}
