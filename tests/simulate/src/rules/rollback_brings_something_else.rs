use crate::happening::{Event, Happening};
use crate::outcome::Outcome;
use std::rc::Rc;
use windlass_domain::deployment::Deployment;
use windlass_domain::deployment::step::Step;
use windlass_domain::environment::{EnvironmentState, Snapshot};
use windlass_domain::release::action::ActionName;
use windlass_domain::release::ending::Ending;
use windlass_domain::shown::release_status::{ALREADY_THERE, NOTHING_CHANGED};

/// "An operator's rollback goes to the newest verified-good snapshot older than the present one" (rule 8), and that is
/// something else than what runs: one that names no snapshot and stops nothing goes to none that the ledger has as what
/// runs. If a rollback then finds its goal in place, because somebody has put it there, it says that it changed nothing,
/// and none says that it is back that may have changed nothing and stopped nothing (rule 1).
///
/// Safety: undo: A rollback that names no snapshot brings something else than what runs, or says that nothing was
/// changed.
pub fn rollback_brings_something_else(outcome: &Outcome<'_>) -> Result<(), String> {
    let snapshots: Vec<Rc<Snapshot>> = outcome.all("env#shop/prod", "snapshot#");
    for (at, happening) in outcome.happened.iter().enumerate() {
        let Event::Wrote(_, change) = &happening.what else {
            continue;
        };
        let after = outcome.read::<Deployment>(change.after.as_ref(), "record");
        let Some(record) = after.filter(|record| record.action == ActionName::Rollback) else {
            continue;
        };
        says_what_it_did(outcome, &record)?;
        let before = outcome.read::<Deployment>(change.before.as_ref(), "record");
        let was_chosen = before.is_some_and(|before| before.snapshot.is_none());
        let goal = snapshots.iter().find(|snapshot| Some(snapshot.number) == record.snapshot);
        let Some(goal) = goal.filter(|_| was_chosen && record.stops.is_none()) else {
            continue;
        };
        let state = state_at(outcome, &outcome.happened[at..]);
        if Snapshot::clone(goal).with_found(&state).runs(&state) {
            return Err(format!("rollback {} goes to snapshot {}, which is what runs", record.id, goal.number));
        }
    }
    Ok(())
}

/// Returns the state of the environment before these events: what the first of them that writes it has found.
fn state_at(outcome: &Outcome<'_>, from: &[Happening]) -> Rc<EnvironmentState> {
    let found = from.iter().find_map(|happening| match &happening.what {
        Event::Wrote(_, change) => outcome.read::<EnvironmentState>(change.before.as_ref(), "state"),
        _ => None,
    });
    found.unwrap_or_else(|| outcome.environment())
}

/// Checks what the cause of one that has ended claims: that nothing was changed where it found its goal in place, and
/// that it is back only where it may have changed something, or has stopped what had.
fn says_what_it_did(outcome: &Outcome<'_>, record: &Deployment) -> Result<(), String> {
    let Some(ended) = &record.ending else {
        return Ok(());
    };
    let (name, said) = (&ended.cause_name, ended.cause.written());
    let says_nothing = said.starts_with("Nothing was changed");
    let is_so = match ended.ending {
        Ending::NothingToDo if name == ALREADY_THERE => false,
        Ending::NothingToDo if name == NOTHING_CHANGED => says_nothing,
        Ending::Succeeded => says_nothing || record.stops.is_some() || may_have_changed(outcome, record),
        _ => true,
    };
    if is_so {
        return Ok(());
    }
    Err(format!("rollback {} changed nothing, and ended so: {name}: {said}", record.id))
}

/// Returns whether a step of it may have changed its target.
fn may_have_changed(outcome: &Outcome<'_>, record: &Deployment) -> bool {
    let steps: Vec<Rc<Step>> = outcome.all(&format!("deployment#{}", record.id), "step#");
    steps.iter().any(|step| step.status.may_have_changed())
}
