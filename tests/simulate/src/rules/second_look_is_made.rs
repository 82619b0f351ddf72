use crate::happening::Event;
use crate::outcome::Outcome;
use std::rc::Rc;
use windlass_domain::deployment::second_look::{SecondLook, SecondLookResult};
use windlass_domain::deployment::step::Step;
use windlass_domain::environment::EnvironmentState;
use windlass_domain::environment::drift::Drift;
use windlass_domain::release::ending::Ending;

/// "Recovery observes again after its last change, and the reconciler once more 15 minutes later" (Safety): if a
/// deployment was recovered and has changed something, its targets were looked at again in the end. If the look shows
/// a change, somebody made that change, and deployments were held for it.
///
/// Safety: second look: What a recovery left is looked at again, and nothing is said to have changed that nobody
/// changed.
pub fn second_look_is_made(outcome: &Outcome<'_>) -> Result<(), String> {
    for record in outcome.records() {
        let partition = format!("deployment#{}", record.id);
        let steps: Vec<Rc<Step>> = outcome.all(&partition, "step#");
        let mut changes = steps.iter().flat_map(|step| &step.changes);
        let ending = record.ending.as_ref().map(|ended| ended.ending);
        let is_left = matches!(ending, Some(Ending::Succeeded | Ending::RolledBack));
        let is_recovered = record.executions.len() > 1;
        if !is_left || !is_recovered || !changes.any(|change| change.switching) {
            continue;
        }
        let look = outcome.all::<SecondLook>(&partition, "second_look").pop();
        let Some((look, looked)) = look.and_then(|look| Some((Rc::clone(&look), look.looked.clone()?))) else {
            return Err(format!("nobody looked again at deployment {}", record.id));
        };
        if looked.saw == SecondLookResult::Changed && !(look.held && were_held(outcome)) {
            return Err(format!("nothing is held after: {}", looked.told.written()));
        }
        for (component, compared) in &looked.components {
            let is_shown = compared.drift == Drift::Changed;
            if is_shown && !is_to_blame(outcome, component.as_str()) {
                return Err(format!("nobody changed {component}: {}", looked.told.written()));
            }
        }
    }
    Ok(())
}

/// Returns whether automatic deployments were ever held.
fn were_held(outcome: &Outcome<'_>) -> bool {
    outcome.happened.iter().any(|happening| {
        let Event::Wrote(_, change) = &happening.what else {
            return false;
        };
        let state = outcome.read::<EnvironmentState>(change.after.as_ref(), "state");
        state.is_some_and(|state| state.hold.is_some())
    })
}

/// Returns whether somebody outside, or a call that AWS held beyond all assumptions, has changed it.
fn is_to_blame(outcome: &Outcome<'_>, component: &str) -> bool {
    let by_other = |what: &Event| matches!(what, Event::ChangedByOther(of) if *of == component);
    let mut happened = outcome.happened.iter();
    outcome.schedule.is_beyond() || happened.any(|happening| by_other(&happening.what))
}

/// Returns whether the second look says that a component is not as it was left.
pub fn shown_as_drifted(outcome: &Outcome<'_>, component: &str) -> bool {
    outcome.records().iter().any(|record| {
        let partition = format!("deployment#{}", record.id);
        let looks: Vec<Rc<SecondLook>> = outcome.all(&partition, "second_look");
        let looked = looks.iter().filter_map(|look| look.looked.as_ref());
        let looked = looked.filter(|looked| looked.saw == SecondLookResult::Changed);
        let mut compared = looked.flat_map(|looked| &looked.components);
        compared.any(|(name, one)| name.as_str() == component && one.drift == Drift::Changed)
    })
}
