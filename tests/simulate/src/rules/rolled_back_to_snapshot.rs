use crate::outcome::Outcome;
use crate::rules::{changed_outside, found_changed};
use crate::targets::{COMPONENTS, TASK, is_shown, now, shows, visible};
use std::rc::Rc;
use windlass_domain::deployment::step::Step;
use windlass_domain::deployment::{Deployment, Ended};
use windlass_domain::environment::Snapshot;
use windlass_domain::release::action::ActionName;
use windlass_domain::release::ending::Ending;

/// "Every component has a way back, also its first release: to what was found before it" (rule 8), and "an answer says
/// what the targets show now" (rule 1): this is checked if the last deployment that ended well is a rollback. Callers
/// of every component that Windlass ever changed get what its snapshot says of it, or what there was before its first
/// change.
///
/// Safety: undo: After a rollback callers of each component get what its snapshot says, or what there was before its
/// first change.
pub fn rolled_back_to_snapshot(outcome: &Outcome<'_>) -> Result<(), String> {
    let Some((record, number)) = last_rollback(outcome) else {
        return Ok(());
    };
    let snapshots: Vec<Rc<Snapshot>> = outcome.all("env#shop/prod", "snapshot#");
    let goal = snapshots.iter().find(|snapshot| snapshot.number == number);
    let goal = goal.ok_or(format!("there is no snapshot {number}"))?;
    for component in COMPONENTS {
        // A rollback runs no task.
        if component == TASK || !was_changed(outcome, component) || changed_outside(outcome, component) {
            continue;
        }
        let mut named = goal.components.iter();
        let named = named.find(|(name, _)| now(name.as_str()) == component);
        let holds = match named.map(|(_, running)| (&running.artifact, &running.state)) {
            Some((Some(artifact), _)) => shows(outcome.world, component, artifact),
            Some((None, state)) => is_shown(outcome.world, component, state).unwrap_or(true),
            // `targets_as_recorded` compares what was found then.
            None if found_changed(outcome, component) => true,
            None => outcome.pristine.get(component) == Some(&visible(outcome.world, component)),
        };
        if !holds {
            return Err(format!(
                "rollback {} went back to snapshot {number}, and {component} shows {}",
                record.id,
                visible(outcome.world, component)
            ));
        }
    }
    Ok(())
}

/// Returns the rollback that ended well after everything else that did, with the snapshot that it went to. `None` while
/// another deployment is stuck.
fn last_rollback(outcome: &Outcome<'_>) -> Option<(Rc<Deployment>, u64)> {
    if outcome.lock().held.is_some() {
        return None;
    }
    let records = outcome.records().into_iter();
    let ended = records.filter_map(|record| {
        let at = record.ending.as_ref().filter(|ended| changes(ended))?.at;
        Some((at, record))
    });
    let (_, last) = ended.max_by_key(|(at, record)| (*at, record.accepted))?;
    let number = last.snapshot?;
    (last.action == ActionName::Rollback).then_some((last, number))
}

/// Returns whether callers may get something else since this ending.
fn changes(ended: &Ended) -> bool {
    match ended.ending {
        // An operator may have accepted what there was.
        Ending::Succeeded | Ending::NeedsOperator => true,
        Ending::NothingToDo => matches!(ended.cause_name.as_str(), "AlreadyThere" | "NothingChanged"),
        Ending::Rejected | Ending::RolledBack => false,
    }
}

fn was_changed(outcome: &Outcome<'_>, component: &str) -> bool {
    outcome.records().iter().any(|record| {
        let steps: Vec<Rc<Step>> = outcome.all(&format!("deployment#{}", record.id), "step#");
        let mut steps = steps.iter();
        steps.any(|step| step.component.as_str() == component && step.has_switched())
    })
}
