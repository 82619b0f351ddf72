use crate::happening::Event;
use crate::outcome::Outcome;
use crate::times::SKEW_MS;
use windlass_domain::deployment::Deployment;
use windlass_domain::release::action::ActionName;

/// The time between the decision of an invocation and its write, in milliseconds: that of a function that is as slow as
/// it may be.
const DECIDED_MS: u64 = 60_000;

/// "The conductor's clock decides, at the start only": no release gets the lock in a freeze, unless somebody lets it go
/// through. A clock may be wrong, and what was decided before the freeze may be written in it.
///
/// Safety: windows: No release starts in a freeze, by whatever clock, unless somebody lets it go through.
pub fn no_start_in_a_freeze(outcome: &Outcome<'_>) -> Result<(), String> {
    let Some(freeze) = outcome.scenario.freeze else {
        return Ok(());
    };
    let from = freeze.from.plus_ms(SKEW_MS + DECIDED_MS);
    for happening in &outcome.happened {
        let Event::Wrote(_, change) = &happening.what else {
            continue;
        };
        let is_within = happening.at >= from && happening.at.plus_ms(SKEW_MS) < freeze.until;
        let Some(record) = outcome.read::<Deployment>(change.after.as_ref(), "record").filter(|_| is_within) else {
            continue;
        };
        let before = outcome.read::<Deployment>(change.before.as_ref(), "record");
        let starts = record.started.is_some() && before.is_none_or(|before| before.started.is_none());
        if starts && record.action == ActionName::Deploy && !record.through_hold {
            let at = happening.at;
            return Err(format!("deployment {} started at {at}, in the freeze until {}", record.id, freeze.until));
        }
    }
    Ok(())
}
