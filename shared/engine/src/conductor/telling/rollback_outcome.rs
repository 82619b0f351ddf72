//! Writes what the ending of a rollback tells: to what the environment went back, and what became of the deployment
//! that the rollback stopped.

use crate::conductor::environment::way_back::FOUND_FIRST;
use crate::conductor::ports::Ports;
use crate::conductor::telling::undo_outcome::outcome;
use crate::ledger;
use crate::ports::Result;
use windlass_domain::deployment::Deployment;
use windlass_domain::ending::Ending;
use windlass_domain::environment::{EnvironmentState, Snapshot};
use windlass_domain::finding::FindingName;
use windlass_domain::name::ComponentName;
use windlass_domain::plan::Plan;
use windlass_domain::request::ActionName;

/// The end of the deployment that a rollback, or a release that overtakes, stopped, where it was undone: that is what
/// the rollback has done, also where nothing else is left to do. None where it stopped none, or where that one had ended
/// otherwise.
pub async fn undone(ports: &impl Ports, record: &Deployment) -> Result<Option<String>> {
    let Some(id) = &record.stops else {
        return Ok(None);
    };
    let stopped = ledger::load(ports, &ledger::deployment(id)).await?;
    let Some(stopped) = stopped.map(|stopped| stopped.value) else {
        return Ok(None);
    };
    let ended = stopped.ending.as_ref();
    let Some(ended) = ended.filter(|ended| ended.ending == Ending::RolledBack) else {
        return Ok(None);
    };
    let steps = ledger::load_all(ports, &ledger::steps(id)).await?;
    let outcome = outcome(&steps);
    let undone = match outcome.undone.as_slice() {
        [] if outcome.stays.is_empty() => "before it had changed anything".to_owned(),
        [] => "before it had moved any traffic".to_owned(),
        undone => format!("and its changes were undone: {}", undone.join(", ")),
    };
    let this = match record.action {
        ActionName::Rollback => "this rollback",
        _ => "this one",
    };
    Ok(Some(format!("deployment {id} of {}, which {this} stopped, ended {ended}, {undone}", stopped.release.version)))
}

/// Tells that the first release was stopped and undone, so that everything is as it was found.
pub fn as_found(record: &Deployment, undone: &str) -> String {
    let (app, env) = (&record.app, &record.environment);
    format!("{app} {env} is as it was found before the first release: {undone}.")
}

/// Tells of each component what the rollback has done or found. `changed` are the components that it has changed.
pub fn parts(goal: &Snapshot, plan: &Plan, changed: &[String], before: &EnvironmentState) -> Vec<String> {
    let mut parts = Vec::new();
    if !changed.is_empty() {
        parts.push(format!("{} changed", changed.join(", ")));
    }
    let in_place = plan.unchanged.iter();
    parts.extend(in_place.map(|one| {
        let name = renamed(&one.component, goal, before).filter(|_| !one.stays);
        format!("{} {}{}", one.component, one.reason, name.unwrap_or_default())
    }));
    let left = plan.warnings.iter();
    let left = left.filter(|warning| warning.name == FindingName::LeftAlone);
    parts.extend(left.map(|warning| warning.reason.trim_end_matches('.').to_owned()));
    parts
}

/// Tells the former name of a component that ran the bytes of the snapshot under another name.
fn renamed(name: &ComponentName, goal: &Snapshot, before: &EnvironmentState) -> Option<String> {
    let back = goal.components.get(name)?;
    let ran = before.running.get(name)?;
    let is_renamed = ran.is_there(back) && ran.version() != back.version();
    is_renamed.then(|| format!(", called {} until now", ran.version()))
}

/// Tells that every component is what the snapshot says.
pub fn went_back(record: &Deployment, goal: &Snapshot, undone: Option<String>, parts: Vec<String>) -> String {
    let (app, env, number) = (&record.app, &record.environment, goal.number);
    let version = match number {
        FOUND_FIRST => "what was found before the first release",
        _ => &goal.version,
    };
    let parts: Vec<String> = undone.into_iter().chain(parts).collect();
    let parts = if parts.is_empty() { "nothing had to be changed".to_owned() } else { parts.join("; ") };
    format!("{app} {env} is back at {version} (snapshot {number}): {parts}.")
}
