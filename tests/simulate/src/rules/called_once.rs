//! Calls of functions by tasks: the part of [`super::runs_once`] that is about them.

use crate::outcome::Outcome;
use crate::targets::TASK;
use windlass_domain::declaration::kinds::task::{CallOutcome, Called};
use windlass_domain::deployment::Deployment;
use windlass_domain::deployment::step::Step;
use windlass_domain::release::action::ActionName;
use windlass_domain::release::ending::Ending;
use windlass_domain::text::time::Time;
use windlass_world::lambda_invoke::{LiveCall, State};

/// Each call is made once. Only a function that is repeatable is called again, when the call before is over, with the
/// same key and in the same version. The undo call is made only after the call is over, and only if the call may have
/// begun.
///
/// Safety: tasks: A function that a task is is called once, or again only where it bears that, when the call before is
/// over.
pub(super) fn called_once(outcome: &Outcome<'_>) -> Result<(), String> {
    let state = outcome.world.lambda_invoke();
    let is_repeatable = outcome.scenario.declaration.contains("repeatable: true");
    for (nth, live) in state.live.iter().enumerate() {
        let mut earlier = state.live[..nth].iter();
        let Some(before) = earlier.rfind(|one| one.key() == live.key()) else {
            continue;
        };
        let wrong = |why: &str| Err(format!("{} {why}", live.key()));
        if !is_repeatable {
            return wrong("was called twice");
        }
        if before.lives(live.began) {
            return wrong("was called while it ran");
        }
        if before.succeeded(live.began) && is_recorded(outcome, before) {
            return wrong("was called again although it had succeeded");
        }
        let same = |one: &LiveCall| (one.asked.version.clone(), one.asked.payload.clone());
        if same(before) != same(live) {
            return wrong("was called again otherwise");
        }
    }
    for record in outcome.records() {
        of_record(outcome, &state, &record).map_err(|why| format!("deployment {}: {why}", record.id))?;
    }
    Ok(())
}

/// Returns whether the ledger has the success of a call.
fn is_recorded(outcome: &Outcome<'_>, live: &LiveCall) -> bool {
    let mut parts = live.key().split('/').skip(1);
    let (Some(id), Some(_), Some(direction)) = (parts.next(), parts.next(), parts.next()) else {
        return false;
    };
    let called = called(outcome, id, direction);
    let end = called.and_then(|called| called.end);
    end.is_some_and(|end| end.at <= live.ends && end.outcome == CallOutcome::Succeeded)
}

/// Returns the ledger's item of a call.
fn called(outcome: &Outcome<'_>, id: &str, direction: &str) -> Option<Called> {
    let found = outcome.all::<Called>(&format!("deployment#{id}"), &format!("call#{TASK}#{direction}"));
    found.first().map(|called| Called::clone(called))
}

fn of_record(outcome: &Outcome<'_>, state: &State, record: &Deployment) -> Result<(), String> {
    let wrong = |why: &str| Err(why.to_owned());
    let own = |direction: &str| {
        let key = format!("windlass/{}/{TASK}/{direction}", record.id);
        state.live.iter().filter(move |live| live.key() == key)
    };
    let (forward, undo) = (own("forward"), own("undo"));
    let forward: Vec<&LiveCall> = forward.collect();
    let undo: Vec<&LiveCall> = undo.collect();
    if record.action == ActionName::Rollback && !forward.is_empty() {
        return wrong("a rollback has called a function");
    }
    if let Some(undo) = undo.first() {
        if forward.is_empty() && !is_lost(outcome, record) {
            return wrong("what was never called was taken back");
        }
        if forward.iter().any(|one| one.ends > undo.began) {
            return wrong("what still ran was taken back");
        }
    }
    if forward.iter().any(|one| is_repeated(outcome, state, record, one)) {
        return wrong("what had succeeded was called again");
    }
    let Some(ended) = &record.ending else {
        return Ok(());
    };
    let is_function = outcome.scenario.declaration.contains("kind: task, function:");
    let steps = outcome.all::<Step>(&format!("deployment#{}", record.id), &format!("step#{TASK}"));
    match ended.ending {
        Ending::Succeeded if is_function && !steps.is_empty() && !forward.iter().any(|one| one.succeeded(ended.at)) => {
            wrong("it succeeded, and its call did not")
        }
        Ending::RolledBack if forward.iter().chain(&undo).any(|one| one.ends > ended.at) => {
            wrong("it is undone, and its call still runs or begins")
        }
        Ending::RolledBack
            if !forward.is_empty()
                && outcome.scenario.declaration.contains("undo: {payload:")
                && !undo.iter().any(|one| one.succeeded(ended.at)) =>
        {
            wrong("it is undone, and its call is not taken back")
        }
        _ => Ok(()),
    }
}

/// Returns whether a call was begun, by the ledger.
fn is_lost(outcome: &Outcome<'_>, record: &Deployment) -> bool {
    let called = called(outcome, record.id.as_str(), "forward");
    called.is_some_and(|called| called.begun.is_some())
}

/// Returns whether the call of the deployment that succeeded last before was the same, and nobody asked for it again.
fn is_repeated(outcome: &Outcome<'_>, state: &State, record: &Deployment, forward: &LiveCall) -> bool {
    let succeeded = |live: &&LiveCall| {
        let id = live.key().split('/').nth(1);
        let records = outcome.records();
        let by = records.iter().find(|one| Some(one.id.as_str()) == id);
        let ended = by.and_then(|one| one.ending.as_ref());
        live.key().ends_with("/forward")
            && by.is_some_and(|by| by.id != record.id)
            && live.began < forward.began
            && ended.is_some_and(|ended| ended.ending == Ending::Succeeded)
    };
    let last = state.live.iter().rfind(succeeded);
    let sha256 = |live: &LiveCall| live.asked.payload["release"]["sha256"].clone();
    last.is_some_and(|last| sha256(last) == sha256(forward)) && !record.again
}

/// Returns whether only a person could find out then what a call of this step did: it was begun, and no answer is in
/// the ledger.
pub(super) fn is_unknown_call(outcome: &Outcome<'_>, step: &Step, then: Time) -> bool {
    ["forward", "undo"].iter().any(|direction| {
        let called = called(outcome, step.deployment.as_str(), direction);
        called.is_some_and(|called| {
            let outcome = called.end.as_ref().map(|end| end.outcome);
            let is_lost = called.begun.is_some() && then >= called.over && outcome.is_none();
            is_lost || outcome == Some(CallOutcome::Unknown)
        })
    })
}

/// Returns whether Lambda has not run the undo call of this step.
pub fn is_unbegun_call(outcome: &Outcome<'_>, step: &Step) -> bool {
    let undo = called(outcome, step.deployment.as_str(), "undo");
    step.component.as_str() == TASK && undo.is_none_or(|undo| undo.begun.is_none() || undo.never_began())
}
