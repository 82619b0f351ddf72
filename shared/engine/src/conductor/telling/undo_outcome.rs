//! The outcome of each component when a deployment was undone.

use crate::ledger::Stored;
use std::cmp::Reverse;
use windlass_domain::message::Undone;
use windlass_domain::step::{ChangeRecord, Failure, Step, StepStatus};

/// Returns the wave with which a component is brought back: the first one that it took part in.
pub fn first_wave(step: &Step) -> Option<u32> {
    step.goals.keys().next().copied()
}

/// Returns the name and the text of a failure.
pub fn in_words(failure: &Failure) -> (String, String) {
    match failure {
        Failure::Finding(finding) => (finding.name.to_string(), finding.in_words()),
        Failure::Fault(fault) => (fault.name.to_string(), fault.to_string()),
    }
}

/// Returns whether the undo stopped at an irreversible step.
fn is_barred<'s>(mut steps: impl Iterator<Item = &'s Step>) -> bool {
    steps.any(|step| step.irreversible && step.status.may_have_changed())
}

/// Tells of each component what became of it, in the order in which they were undone.
pub fn outcome(steps: &[Stored<Step>]) -> Undone {
    let mut outcome = Undone::default();
    let mut steps: Vec<&Step> = steps.iter().map(|step| &step.value).collect();
    steps.sort_by_key(|step| Reverse(first_wave(step)));
    let is_barred = is_barred(steps.iter().copied());
    for step in steps {
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
                let seen = seen.filter(|_| step.status == StepStatus::Changed);
                let stays = seen.unwrap_or_else(|| made(step));
                outcome.stays.push(format!("{name} ({stays})"));
            }
            _ => {
                outcome.failed.push(format!("{name}: {}", not_back(step)));
            }
        }
    }
    outcome
}

/// Tells why a component is not known to be back. Without a failure its function died, or asked for more time until
/// nobody gave it any.
fn not_back(step: &Step) -> String {
    match (&step.undo_failure, &step.waits_for) {
        (Some(failure), _) => of_an_undo(&in_words(failure).1),
        (None, Some(held)) => format!("it was not seen to be back; the last look told: {held}"),
        (None, None) => "it was not seen to be back, and the log of its function tells more".to_owned(),
    }
}

/// Returns the words on a failure of an undo. What failed is told as on the way forward, where the next step is another
/// deployment; the environment is locked now, and refuses one.
fn of_an_undo(told: &str) -> String {
    ["deploy a fixed release", "deploy again"]
        .iter()
        .fold(told.to_owned(), |told, step| told.replace(step, "go on as the next step says"))
}

/// Tells what was made for a component without its callers noticing: an undo leaves it there. Of many only three are
/// told, because the text is an execution's Cause.
fn made(step: &Step) -> String {
    const TOLD: usize = 3;
    let unanswered = |change: &ChangeRecord| {
        if change.answered { "" } else { ", which was not answered" }
    };
    let what = |change: &ChangeRecord| format!("{}{}", change.what, unanswered(change));
    let mut told: Vec<String> = step.changes.iter().take(TOLD).map(what).collect();
    let more = step.changes.len().saturating_sub(TOLD);
    if more > 0 {
        told.push(format!("and {more} more"));
    }
    told.join(", ")
}

/// Returns the last change of the undo that callers could notice; only bookkeeping may follow it.
fn last_undo(step: &Step) -> Option<&ChangeRecord> {
    let mut undos = step.changes.iter().rev().filter(|change| change.undo);
    undos.clone().find(|change| change.switching).or_else(|| undos.next())
}
