//! The text of the ending of an undo or of a rollback: what became of each component, to what the environment went
//! back, and what became of the deployment that was stopped.

use crate::conductor::request::Ports;
use crate::ledger::{self, Stored};
use crate::ports::Result;
use std::cmp::Reverse;
use windlass_domain::declaration::plan::Plan;
use windlass_domain::deployment::Deployment;
use windlass_domain::deployment::held_back::held_by;
use windlass_domain::deployment::step::{ChangeRecord, Step, StepFailure, StepStatus};
use windlass_domain::environment::{BEFORE_WINDLASS, EnvironmentState, Running, Snapshot};
use windlass_domain::prose;
use windlass_domain::release::action::ActionName;
use windlass_domain::release::ending::Ending;
use windlass_domain::shown::message::Undone;
use windlass_domain::text::finding::FindingName;
use windlass_domain::text::name::ComponentName;
use windlass_domain::text::prose::Prose;

/// The end of the deployment that a rollback, or a release that overtakes, stopped, where it was undone: that is what
/// the rollback has done, also where nothing else is left to do. None where it stopped none, or where that one had
/// ended otherwise.
pub async fn undone(ports: &impl Ports, record: &Deployment) -> Result<Option<String>> {
    let Some(id) = &record.stops else { return Ok(None) };
    let stopped = ledger::load(ports, &ledger::deployment(id)).await?;
    let Some(stopped) = stopped.map(|stopped| stopped.value) else { return Ok(None) };
    let ended = stopped.ending.as_ref();
    let Some(ended) = ended.filter(|ended| ended.ending == Ending::RolledBack) else { return Ok(None) };
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

/// Says that the first release was stopped and undone, so that everything is as it was found.
pub fn as_found(record: &Deployment, undone: &str) -> String {
    let (app, env) = (&record.app, &record.environment);
    format!("{app} {env} is as it was found before the first release: {undone}.")
}

/// Says of each component what the rollback has done or found. `changed` are the components that it has changed.
pub fn parts(goal: &Snapshot, plan: &Plan, changed: &[String], before: &EnvironmentState) -> Vec<Prose> {
    let mut parts = Vec::new();
    if !changed.is_empty() {
        parts.push(format!("{} changed", changed.join(", ")).into());
    }
    let in_place = plan.unchanged.iter();
    parts.extend(in_place.map(|one| {
        let name = renamed(&one.component, goal, before).filter(|_| !one.stays);
        format!("{} {}{}", one.component, one.in_words(), name.unwrap_or_default()).into()
    }));
    let left = plan.warnings.iter().filter(|warning| warning.name == FindingName::LeftAlone);
    parts.extend(left.map(|warning| warning.reason.clone().bare()));
    parts
}

/// Returns the former name of a component that ran the bytes of the snapshot under another name.
fn renamed(name: &ComponentName, goal: &Snapshot, before: &EnvironmentState) -> Option<String> {
    let back = goal.components.get(name)?;
    let ran = before.running.get(name)?;
    let is_renamed = ran.is_there(back) && ran.version() != back.version();
    is_renamed.then(|| format!(", called {} until now", ran.version()))
}

/// Says that every component is what the snapshot says, and first of all whether nothing was changed for it.
pub fn went_back(
    record: &Deployment,
    goal: &Snapshot,
    undone: Option<String>,
    changed: &[String],
    parts: Vec<Prose>,
) -> Prose {
    let (app, env, number) = (&record.app, &record.environment, goal.number);
    let of_one = record.component.as_ref().and_then(|name| goal.components.get(name));
    let version = match of_one.map_or(goal.version.as_str(), Running::version) {
        BEFORE_WINDLASS => "what was found before the first release",
        version => version,
    };
    let is_same = undone.is_none() && changed.is_empty();
    let parts = Prose::join(undone.map(Prose::from).into_iter().chain(parts), "; ");
    let parts = if parts.is_empty() { "nothing had to be changed".into() } else { parts };
    let of = record.component.as_ref().map_or_else(String::new, |name| format!("{name} of "));
    let at = format!("{of}{app} {env} is");
    let at = match (record.action, is_same) {
        (ActionName::Restore, true) => format!("{at} as recorded already (snapshot {number})"),
        (ActionName::Restore, false) => format!("{at} as recorded again (snapshot {number})"),
        (_, true) => format!("{at} at {version} (snapshot {number}) already"),
        (_, false) => format!("{at} back at {version} (snapshot {number})"),
    };
    let begins = if is_same { "Nothing was changed: " } else { "" };
    prose!("{}{}: {}.", begins, at, parts)
}

/// Returns the wave with which a component is brought back: the first one that it took part in.
pub fn first_wave(step: &Step) -> Option<u32> {
    step.goals.keys().next().copied()
}

/// Returns the name and the text of a failure.
pub fn in_words(failure: &StepFailure) -> (String, Prose) {
    match failure {
        StepFailure::Finding(finding) => (finding.name.to_string(), finding.in_words()),
        StepFailure::Fault(fault) => (fault.name.to_string(), fault.to_string().into()),
    }
}

/// Returns whether the undo stopped at an irreversible step.
fn is_barred<'s>(mut steps: impl Iterator<Item = &'s Step>) -> bool {
    steps.any(|step| step.irreversible && step.status.may_have_changed())
}

/// Says of each component what became of it, in the order in which they were undone.
pub fn outcome(steps: &[Stored<Step>]) -> Undone {
    let mut outcome = Undone::default();
    let mut steps: Vec<&Step> = steps.iter().map(|step| &step.value).collect();
    steps.sort_by_key(|step| Reverse(first_wave(step)));
    let is_barred = is_barred(steps.iter().copied());
    for step in steps.iter().copied() {
        let name = &step.component;
        match step.status {
            StepStatus::Planned => outcome.untouched.push(name.to_string()),
            StepStatus::Undone => {
                // A component that was only published is not looked at again: its callers noticed nothing.
                let switched = step.has_switched();
                if let Some(shown) = step.shown.as_ref().filter(|_| switched) {
                    outcome.seen.push(format!("{name} {shown}"));
                }
                match last_undo(step) {
                    Some(change) => outcome.undone.push(format!("{name} ({})", change.what)),
                    None if switched => outcome.undone.push(format!("{name} (seen as it was before)")),
                    None if step.changes.is_empty() => outcome.untouched.push(name.to_string()),
                    None => outcome.stays.push(format!("{name} ({})", made(step))),
                }
            }
            _ if is_barred && !step.irreversible && step.undo_failure.is_none() => {
                // The state that was seen is still there only if nothing was sent since.
                let seen = step.shown.clone();
                let stays = seen.filter(|_| step.status == StepStatus::Changed).unwrap_or_else(|| made(step));
                outcome.stays.push(format!("{name} ({stays})"));
            }
            _ => {
                let held = held_by(step, steps.iter().copied());
                let held = held.map(|by| prose!("it stays, because {} stands on it and is not back", by));
                outcome.failed.push(prose!("{}: {}", name, held.unwrap_or_else(|| not_back(step))));
            }
        }
    }
    outcome
}

/// Says why a component is not known to be back. Without a failure its function died, or asked for more time until
/// nobody gave it any.
fn not_back(step: &Step) -> Prose {
    match (&step.undo_failure, &step.waits_for) {
        (Some(failure), _) => in_words(failure).1,
        (None, Some(held)) => prose!("it was not seen to be back; the last look showed: {}", held),
        (None, None) => "it was not seen to be back, and the log of its function has more".into(),
    }
}

/// Lists what was made for a component without its callers noticing: an undo leaves it there. Of many only three are
/// named, because the text is an execution's Cause.
fn made(step: &Step) -> String {
    const NAMED: usize = 3;
    let unanswered = |change: &ChangeRecord| {
        if change.answered { "" } else { ", which was not answered" }
    };
    let what = |change: &ChangeRecord| format!("{}{}", change.what, unanswered(change));
    let mut named: Vec<String> = step.changes.iter().take(NAMED).map(what).collect();
    let more = step.changes.len().saturating_sub(NAMED);
    if more > 0 {
        named.push(format!("and {more} more"));
    }
    named.join(", ")
}

/// Returns the last change of the undo that callers could notice; only bookkeeping may follow it.
fn last_undo(step: &Step) -> Option<&ChangeRecord> {
    let mut undos = step.changes.iter().rev().filter(|change| change.undo);
    undos.clone().find(|change| change.switching).or_else(|| undos.next())
}
