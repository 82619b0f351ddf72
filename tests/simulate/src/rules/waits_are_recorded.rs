use crate::happening::Event;
use crate::outcome::Outcome;
use crate::schedule::What;
use crate::service_waits::ServiceWait;
use std::collections::BTreeMap;
use windlass_domain::deployment::step::Step;
use windlass_domain::text::prose::Prose;

/// "What is waited for and how long is said": if a deployer goes forward and finds its target waiting for somebody
/// else, its next write says for what, and that it is a person's decision. A look that is behind need not show the
/// wait, and a refused look shows nothing.
///
/// Safety: reporting: Where a target waits for somebody, the record says for what.
pub fn waits_are_recorded(outcome: &Outcome<'_>) -> Result<(), String> {
    let mut mishaps = outcome.schedule.mishaps.iter();
    let is_no_look = |what| matches!(what, What::LooksLate | What::Denied | What::DeniedLong);
    if mishaps.any(|one| is_no_look(one.what)) {
        return Ok(());
    }
    // The wait that each invocation has seen at its last look.
    let mut held: BTreeMap<u64, Option<&str>> = BTreeMap::new();
    for happening in &outcome.happened {
        match &happening.what {
            Event::ServiceWait(who, what) => {
                let waits = match what {
                    ServiceWait::Waits(what) => Some(what.as_str()),
                    ServiceWait::Free => None,
                };
                held.insert(who.number, waits);
            }
            Event::Wrote(who, change) => {
                let Some(what) = held.get(&who.number).copied().flatten() else {
                    continue;
                };
                let step = outcome.read::<Step>(change.after.as_ref(), "step#");
                let said = step.as_ref().map(|step| step.waits_for.as_ref().filter(|_| step.asks_people.is_some()));
                let is_said = |words: &Prose| words.written().contains(what);
                if said.is_some_and(|words| !words.is_some_and(is_said)) {
                    return Err(format!("it waits for {what}, and the step says {said:?}"));
                }
            }
            _ => {}
        }
    }
    Ok(())
}
