use crate::end_of_run::Rest;
use crate::happening::Event;
use crate::outcome::Outcome;
use std::collections::BTreeSet;
use std::rc::Rc;
use windlass_domain::deployment::Deployment;
use windlass_domain::deployment::hourly_look::HourlyLook;
use windlass_domain::environment::{EnvironmentState, Lock, Waiting};
use windlass_domain::release::action::ActionName;
use windlass_domain::release::ending::Ending;
use windlass_domain::release::identity::DeploymentId;
use windlass_domain::text::name::ComponentName;
use windlass_domain::text::time::Time;

/// The largest number of restorings within a day.
const A_DAY: usize = 3;

/// "Restoring is a deployment like any other, never while held, waiting or running, at most three a day, then a hold
/// with words": a restoring begins while nothing is held and nobody waits, and counts once, with its ending. In the end
/// nothing differs that is to be restored, or deployments are held.
///
/// Safety: restoring: A restoring begins where nothing is held and nobody waits, and counts once; in the end nothing
/// differs, or deployments are held.
pub fn healed_as_declared(outcome: &Outcome<'_>) -> Result<(), String> {
    let mut held = outcome.held_before;
    let mut waiting: BTreeSet<String> = BTreeSet::new();
    let mut counted: Vec<(DeploymentId, Time)> = Vec::new();
    for happening in &outcome.happened {
        let Event::Wrote(_, change) = &happening.what else {
            continue;
        };
        if let Some(state) = outcome.read::<EnvironmentState>(change.after.as_ref(), "state") {
            if held && state.hold.is_none() {
                counted.clear();
            }
            held = state.hold.is_some();
        }
        if let Some(one) = outcome.read::<Waiting>(change.before.as_ref(), "waiting#") {
            waiting.remove(one.deployment.as_str());
        }
        if let Some(one) = outcome.read::<Waiting>(change.after.as_ref(), "waiting#") {
            waiting.insert(one.deployment.to_string());
        }
        let Some(record) = outcome.read::<Deployment>(change.after.as_ref(), "record") else {
            continue;
        };
        // What a person asks for is nothing that Windlass does by itself.
        if record.action != ActionName::Restore || record.by_person {
            continue;
        }
        let before: Option<Rc<Deployment>> = outcome.read(change.before.as_ref(), "record");
        let id = &record.id;
        if let Some(other) = record.components().find(|name| !is_to_restore(outcome, name)) {
            return Err(format!("{id} restores {other}, which is not declared so"));
        }
        let starts = record.started.is_some() && before.is_some_and(|b| b.started.is_none());
        if starts && held {
            return Err(format!("{id} restores while deployments are held"));
        }
        if starts && !waiting.is_empty() {
            return Err(format!("{id} restores while {waiting:?} wait"));
        }
        if starts && counted.len() >= A_DAY {
            return Err(format!("{id} restores after {counted:?} within a day"));
        }
        if counts(&record) && !counted.iter().any(|(known, _)| known == id) {
            counted.push((id.clone(), happening.at));
        }
    }
    noted(outcome, &counted)?;
    left(outcome)
}

/// Returns whether a restoring counts: it had a turn and has ended, was not stopped, and had something to do. One that
/// needs an operator has not ended for good.
fn counts(record: &Deployment) -> bool {
    let ended = record.ending.as_ref();
    let is_done = ended.is_some_and(|ended| !matches!(ended.ending, Ending::NothingToDo | Ending::NeedsOperator));
    is_done && record.started.is_some() && !record.stopped
}

/// Returns whether the declaration says that a component is restored.
fn is_to_restore(outcome: &Outcome<'_>, name: &ComponentName) -> bool {
    let lines = outcome.scenario.declaration.lines();
    let mut own = lines.filter(|line| line.trim_start().starts_with(&format!("{name}:")));
    own.any(|line| line.contains("heal: restore"))
}

/// Checks that each restoring which counts is noted once.
fn noted(outcome: &Outcome<'_>, counted: &[(DeploymentId, Time)]) -> Result<(), String> {
    let state = outcome.all::<EnvironmentState>("env#shop/prod", "state").pop();
    let noted: Vec<DeploymentId> = state.map_or_else(Vec::new, |state| {
        let restored = state.restored.iter();
        restored.map(|one| one.deployment.clone()).collect()
    });
    let wanted: Vec<&DeploymentId> = counted.iter().map(|(id, _)| id).collect();
    if noted.iter().collect::<Vec<_>>() != wanted {
        return Err(format!("{noted:?} are noted as restored, and were {wanted:?}"));
    }
    Ok(())
}

/// Checks that everything that is to be restored was restored, if nothing stands in the way.
fn left(outcome: &Outcome<'_>) -> Result<(), String> {
    let looked = outcome.all::<HourlyLook>("look#shop/prod", "hourly_look").pop();
    let state = outcome.all::<EnvironmentState>("env#shop/prod", "state").pop();
    let lock = outcome.all::<Lock>("env#shop/prod", "lock").pop();
    let (Some(looked), Some(state), Some(lock)) = (looked, state, lock) else {
        return Ok(());
    };
    let left: Vec<&str> = looked.to_restore().map(|(name, _)| name.as_str()).collect();
    let is_tried = state.restored.len() >= A_DAY;
    let is_excused = state.hold.is_some() || lock.stuck().is_some() || is_tried;
    if outcome.rest == Rest::Quiet && !left.is_empty() && !is_excused {
        return Err(format!("{left:?} differ, and are not restored"));
    }
    Ok(())
}
