use crate::by_codedeploy::{taken_back, taken_back_last};
use crate::happening::{Event, Happening};
use crate::outcome::Outcome;
use crate::rules::moves_whole::was_not_renamed;
use crate::rules::shown_as_drifted;
use crate::targets::{COMPONENTS, TASK, is_shown, shows, visible};
use std::collections::BTreeSet;
use std::rc::Rc;
use windlass_domain::deployment::step::{Step, StepStatus};
use windlass_domain::environment::{EnvironmentState, HeldState};
use windlass_domain::release::ending::Ending;
use windlass_domain::release::identity::DeploymentId;

/// "the record says what is where" and "everything that it changed is restored and seen to be" (rule 1): each target is
/// what the ledger says that it runs. In `NeedsOperator` this holds at least for the components that are said to be
/// untouched or back.
///
/// Safety: truth: Each target is what the record says.
pub fn targets_as_recorded(outcome: &Outcome<'_>) -> Result<(), String> {
    // A component that was handed over is recorded in its new environment.
    let states = ["env#shop/prod", "env#bank/prod"]
        .map(|environment| outcome.all::<EnvironmentState>(environment, "state"))
        .concat();
    for component in COMPONENTS {
        if changed_outside(outcome, component) || recorded_as_stuck(outcome, component) {
            continue;
        }
        if taken_back_since(outcome, component) {
            continue;
        }
        // A call that AWS held beyond all assumptions is found, not prevented.
        if outcome.schedule.is_beyond() && shown_as_drifted(outcome, component) {
            continue;
        }
        let shown = visible(outcome.world, component);
        let mut recorded = states.iter().flat_map(|state| &state.running);
        let running = recorded.find(|(name, _)| name.as_str() == component);
        let artifact = running.and_then(|(_, running)| running.artifact.as_ref());
        let holds = match (running, artifact) {
            (_, Some(artifact)) => shows(outcome.world, component, artifact),
            // A task that ran stays run: `runs_once` says whether it may.
            _ if component == TASK => true,
            (Some((_, running)), None) if running.version() == "accepted" => {
                is_shown(outcome.world, component, &running.state).unwrap_or(true)
            }
            (Some((_, running)), None) if found_changed(outcome, component) => {
                is_shown(outcome.world, component, &running.state).unwrap_or(true)
            }
            (Some(_), None) if was_not_renamed(outcome, component) => outcome.began.get(component) == Some(&shown),
            (Some(_), None) => outcome.pristine.get(component) == Some(&shown),
            (None, _) => outcome.began.get(component) == Some(&shown) || is_as_made(outcome, component),
        };
        if !holds {
            let recorded = running.map_or("as it was", |(_, running)| running.version());
            return Err(format!("{component} is recorded as {recorded} ({artifact:?}) and shows {shown}"));
        }
    }
    Ok(())
}

/// Returns whether a component's target is as the stack that gives it has made it. Nothing is recorded of the component
/// then: no deployment has changed it, or each has brought it back. The stack is there by its
/// own record, or is said not to be back.
fn is_as_made(outcome: &Outcome<'_>, component: &str) -> bool {
    let begin = format!("{component}:");
    let mut lines = outcome.scenario.declaration.lines();
    let is_given = lines.any(|line| line.trim_start().starts_with(&begin) && line.contains("${infra."));
    let state = outcome.environment();
    let is_recorded = state.running.keys().any(|name| name.as_str() == "infra");
    let is_stuck = recorded_as_stuck(outcome, "infra");
    let records = outcome.records();
    let steps = records.iter().flat_map(|record| outcome.all::<Step>(&format!("deployment#{}", record.id), "step#"));
    let mut changed = steps.filter(|step| step.component.as_str() == component && step.has_switched());
    let is_before = |step: Rc<Step>| is_shown(outcome.world, component, &step.before) == Some(true);
    is_given && (is_recorded || is_stuck) && changed.all(is_before)
}

/// Returns whether CodeDeploy has taken back by itself what a release brought that had succeeded long before. As long
/// as it keeps the former tasks, an alarm of its group brings them back. Then the target has drifted from its record.
fn taken_back_since(outcome: &Outcome<'_>, component: &str) -> bool {
    taken_back_last(outcome.world, component).is_some_and(|began| had_succeeded(outcome, &began))
}

/// Returns whether CodeDeploy has taken back by itself what any release brought that had succeeded.
pub fn taken_back_after_success(outcome: &Outcome<'_>, component: &str) -> bool {
    let mut began = taken_back(outcome.world, component).into_iter();
    began.any(|began| had_succeeded(outcome, &began))
}

fn had_succeeded(outcome: &Outcome<'_>, began: &str) -> bool {
    outcome.records().iter().any(|record| {
        let ending = record.ending.as_ref().map(|ended| ended.ending);
        ending == Some(Ending::Succeeded) && began.contains(record.id.as_str())
    })
}

/// Returns whether somebody outside has changed it, and since then only deployments that were undone, which brought it
/// back to what they had found.
pub fn changed_outside(outcome: &Outcome<'_>, component: &str) -> bool {
    let by_other = |one: &Happening| matches!(one.what, Event::ChangedByOther(of) if of == component);
    let records = outcome.records();
    let is_undone = |id: &DeploymentId| {
        let record = records.iter().find(|record| record.id == *id);
        let ended = record.and_then(|record| record.ending.as_ref());
        let steps = outcome.all::<Step>(&format!("deployment#{id}"), "step#");
        let mut steps = steps.iter().filter(|step| step.component.as_str() == component);
        ended.is_some_and(|ended| ended.ending == Ending::RolledBack)
            || steps.any(|step| step.status == StepStatus::Undone)
    };
    let happened = outcome.happened.iter().enumerate();
    let mut changes = happened.filter(|(_, one)| by_other(one));
    changes.any(|(at, _)| {
        let (before, since) = outcome.happened.split_at(at);
        let known: BTreeSet<&DeploymentId> = switched_by(before, component).collect();
        switched_by(since, component).all(|id| !known.contains(id) && is_undone(id))
    })
}

/// Returns whether somebody outside has changed it before any deployment did: what the first one found, and what a
/// rollback brings back, is not what there was at the beginning.
pub fn found_changed(outcome: &Outcome<'_>, component: &str) -> bool {
    let by_other = |one: &Happening| matches!(one.what, Event::ChangedByOther(of) if of == component);
    let first = outcome.happened.iter().position(by_other);
    first.is_some_and(|at| switched_by(&outcome.happened[..at], component).next().is_none())
}

/// Returns the deployments that have changed a component.
fn switched_by<'a>(happened: &'a [Happening], component: &str) -> impl Iterator<Item = &'a DeploymentId> {
    happened.iter().filter_map(move |one| match &one.what {
        Event::Switched { who, component: of, .. } if *of == component => Some(&who.work.as_ref()?.deployment),
        _ => None,
    })
}

/// Returns whether the deployment that holds the lock in `NeedsOperator` says that the component is not back.
fn recorded_as_stuck(outcome: &Outcome<'_>, component: &str) -> bool {
    let lock = outcome.lock();
    let held = lock.held.as_ref();
    let Some(held) = held.filter(|held| held.state == HeldState::NeedsOperator) else {
        return false;
    };
    let steps: Vec<Rc<Step>> = outcome.all(&format!("deployment#{}", held.deployment), "step#");
    steps.iter().any(|step| step.component.as_str() == component && step.status.may_have_changed())
}
