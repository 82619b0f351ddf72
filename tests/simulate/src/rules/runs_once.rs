use super::called_once::{called_once, is_unknown_call};
use crate::outcome::Outcome;
use crate::targets::TASK;
use std::collections::BTreeMap;
use windlass_domain::deployment::Deployment;
use windlass_domain::deployment::step::{Step, StepFailure};
use windlass_domain::release::action::ActionName;
use windlass_domain::release::ending::Ending;
use windlass_domain::text::time::Time;
use windlass_world::ecs_tasks::{LiveRun, State};

/// "Once by client token, else `NeedsOperator`, never twice" (Kinds): each deployment runs its task at most once, and
/// its undo task at most once, whatever went wrong meanwhile. It runs the undo task only if the task had begun and was
/// over. If a deployment succeeded, its task did. If one was undone, nothing of it runs, and what has to be taken back
/// is taken back. A task that has succeeded is not run again unasked, and a rollback runs nothing.
///
/// Safety: tasks: A deployment runs its task, and the one that takes it back, at most once.
pub fn runs_once(outcome: &Outcome<'_>) -> Result<(), String> {
    called_once(outcome)?;
    if outcome.scenario.declaration.contains("kind: task, function:") {
        return Ok(());
    }
    let now = outcome.world.true_time();
    let runs = outcome.world.ecs_tasks();
    let mut by: BTreeMap<&str, &LiveRun> = BTreeMap::new();
    for live in &runs.live {
        if by.insert(&live.asked.started_by, live).is_some() {
            return Err(format!("{} ran twice", live.asked.started_by));
        }
    }
    for record in outcome.records() {
        let own = |direction: &str| {
            let by_whom = format!("windlass/{}/{TASK}/{direction}", record.id);
            by.get(by_whom.as_str()).copied()
        };
        let (forward, undo) = (own("forward"), own("undo"));
        let wrong = |why: &str| Err(format!("deployment {}: {why}", record.id));
        if record.action == ActionName::Rollback && forward.is_some() {
            return wrong("a rollback has run a task");
        }
        if let Some(undo) = undo {
            match forward {
                None => return wrong("what was never run was taken back"),
                Some(forward) if !forward.began(undo.created) => {
                    return wrong("what had never begun was taken back");
                }
                Some(forward) if forward.lives(undo.created) => {
                    return wrong("what still ran was taken back");
                }
                Some(_) => {}
            }
        }
        if let Some(forward) = forward
            && is_repeated(outcome, &runs, &record, forward)
        {
            return wrong("what had succeeded was run again");
        }
        let Some(ended) = &record.ending else {
            continue;
        };
        let steps = outcome.all::<Step>(&format!("deployment#{}", record.id), "step#migrate");
        let is_planned = !steps.is_empty();
        match ended.ending {
            Ending::Succeeded if is_planned && !forward.is_some_and(|it| it.succeeded(ended.at)) => {
                return wrong("it succeeded, and its task did not");
            }
            Ending::RolledBack => {
                if [forward, undo].into_iter().flatten().any(|it| it.lives(ended.at)) {
                    return wrong("it is undone, and its task still runs");
                }
                let is_due = forward.is_some_and(|it| it.began(now)) && has_undo(outcome);
                if is_due && !undo.is_some_and(|it| it.succeeded(ended.at)) {
                    return wrong("it is undone, and its task is not taken back");
                }
            }
            _ => {}
        }
    }
    Ok(())
}

fn has_undo(outcome: &Outcome<'_>) -> bool {
    outcome.scenario.declaration.contains("undo: {command:")
}

/// Returns whether the task of the deployment that succeeded last before was the same, and nobody asked for it again.
fn is_repeated(outcome: &Outcome<'_>, runs: &State, record: &Deployment, forward: &LiveRun) -> bool {
    let succeeded = |live: &&LiveRun| {
        let id = live.asked.started_by.split('/').nth(1);
        let records = outcome.records();
        let by = records.iter().find(|one| Some(one.id.as_str()) == id);
        let ended = by.and_then(|one| one.ending.as_ref());
        let is_forward = live.asked.started_by.ends_with("/forward");
        is_forward && live.created < forward.created && ended.is_some_and(|ended| ended.ending == Ending::Succeeded)
    };
    let last = runs.live.iter().rfind(succeeded);
    let is_same = last.is_some_and(|last| last.image == forward.image && last.asked.command == forward.asked.command);
    is_same && !record.again
}

/// Returns whether only a person could find out then what became of a task of this step: it was asked for so long
/// before that ECS may have forgotten it, its end is not recorded, and ECS did not show it.
pub fn is_unknown(outcome: &Outcome<'_>, step: &Step, then: Time) -> bool {
    const KNOWN_MS: u64 = 50 * 60 * 1000;
    let is_said = matches!(
        &step.undo_failure,
        Some(StepFailure::Finding(finding)) if finding.reason.written().contains("is not known")
    );
    let runs = outcome.world.ecs_tasks();
    let is_forgotten = |direction: &str| {
        let of = |member: &str| {
            let mut changes = step.changes.iter();
            changes.find(|change| change.change[member] == direction)
        };
        let by = format!("windlass/{}/{TASK}/{direction}", step.deployment);
        let mut live = runs.live.iter().filter(|live| live.asked.started_by == by);
        of("run").is_some_and(|asked| then.ms_since(asked.at) >= KNOWN_MS)
            && of("ended").is_none()
            && !live.any(|live| live.is_shown(then))
    };
    let is_any_forgotten = ["forward", "undo"].iter().any(|direction| is_forgotten(direction));
    let is_known_by_nobody = is_any_forgotten || is_unknown_call(outcome, step, then);
    step.component.as_str() == TASK && is_said && is_known_by_nobody
}
