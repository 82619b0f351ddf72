use crate::by_codedeploy::gave_up;
use crate::happening::Event;
use crate::outcome::Outcome;
use crate::targets::is_shown;
use serde_json::Value;
use std::rc::Rc;
use windlass_domain::deployment::step::Step;
use windlass_domain::environment::HeldState;

/// "the record says what is where" (rule 1), even in `NeedsOperator`: this is checked for each component that is not
/// back, and that nobody else has changed. Its callers get what was confirmed last, or seen last, or what an unanswered
/// change makes.
///
/// Safety: endings: What the record says of a component that is not back is so.
pub fn stuck_as_recorded(outcome: &Outcome<'_>) -> Result<(), String> {
    let lock = outcome.lock();
    let held = lock.held.as_ref();
    let Some(held) = held.filter(|held| held.state == HeldState::NeedsOperator) else {
        return Ok(());
    };
    let steps: Vec<Rc<Step>> = outcome.all(&format!("deployment#{}", held.deployment), "step#");
    let stuck = steps.iter().filter(|step| step.status.may_have_changed());
    for step in stuck.filter(|step| !is_changed_by_other(outcome, step.component.as_str())) {
        let component = step.component.as_str();
        let Some(last) = last_known(step) else {
            continue;
        };
        let mut recorded = std::iter::once(last).chain(&step.unanswered);
        // A state that cannot be compared does not count as wrong.
        let is_so = recorded.any(|state| is_shown(outcome.world, component, state).unwrap_or(true));
        // CodeDeploy took back by itself what the record says that it moves.
        let given_up = || gave_up(outcome.world, component);
        let is_before = || is_shown(outcome.world, component, &step.before) == Some(true);
        let may_be_so = is_so || (given_up() && is_before());
        if !may_be_so {
            return Err(format!("{component} is recorded as {last:?}, or as {:?}, and is neither", step.unanswered));
        }
    }
    Ok(())
}

/// Returns the state that was confirmed last, or else the one that was seen last. It returns no seen state if a change
/// was answered since: nobody knows what callers get by that change before somebody looks, as `accept` does
/// (`accept_records_what_runs`).
fn last_known(step: &Step) -> Option<&Value> {
    let mut switches = step.changes.iter().filter(|change| change.switching);
    let seen = || step.seen.as_ref().filter(|_| !switches.any(|change| change.answered));
    step.confirmed.as_ref().or_else(seen)
}

fn is_changed_by_other(outcome: &Outcome<'_>, component: &str) -> bool {
    let mut happened = outcome.happened.iter();
    happened.any(|one| matches!(one.what, Event::ChangedByOther(of) if of == component))
}
