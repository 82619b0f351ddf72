use super::drift_is_reported::{acted, unsent};
use crate::deed::Deed;
use crate::happening::Event;
use crate::outcome::Outcome;
use crate::schedule::What;
use windlass_domain::deployment::event_name::EventName;
use windlass_domain::deployment::hourly_look::HourlyLook;

/// A lost way back is looked for every day: that it is lost is reported once, however many checks find
/// it gone, and once that it is there again. What a mishap keeps from being seen is found by the check of the next day,
/// so a loss is reported also then, unless the event of it cannot be sent. Nothing is recorded as lost while it is
/// there, nor as found while it is gone.
///
/// Safety: drift: A lost way back is reported once, its return once, and neither where it is not so.
pub fn way_back_is_reported(outcome: &Outcome<'_>) -> Result<(), String> {
    let mishaps = &outcome.schedule.mishaps;
    let losses = acted(outcome, &outcome.happened, |deed| matches!(deed, Deed::Lose(..)));
    // Where somebody has changed the target, a rollback may go elsewhere.
    if losses == 0 || mishaps.iter().any(|one| one.what == What::OutOfBand) {
        return Ok(());
    }
    is_so(outcome)?;
    let regains = acted(outcome, &outcome.happened, |deed| matches!(deed, Deed::Regain(..)));
    for (name, wanted) in [("WayBackLost", losses), ("WayBackFound", regains)] {
        let events = outcome.world.eventbridge();
        let reported = events.put.iter().filter(|(called, _)| called == name).count();
        if mishaps.is_empty() && reported != wanted {
            return Err(format!("{name} is reported {reported} times, and was so {wanted} times"));
        }
    }
    let is_unsent = unsent(outcome, EventName::WayBackLost).next().is_some();
    let is_reported = outcome.world.eventbridge().put.iter().any(|(called, _)| called == "WayBackLost");
    match mishaps.as_slice() {
        [_] if !is_reported && !is_unsent => Err("that the way back is lost is never reported".to_owned()),
        _ => Ok(()),
    }
}

/// Checks that the looks record a loss only while the way back is lost, and that it is found only once it is there.
fn is_so(outcome: &Outcome<'_>) -> Result<(), String> {
    let mut is_gone = false;
    for happening in &outcome.happened {
        match &happening.what {
            Event::Acted(n) => match outcome.scenario.acts.get(*n).map(|act| act.deed) {
                Some(Deed::Lose(..)) => is_gone = true,
                Some(Deed::Regain(..)) => is_gone = false,
                _ => {}
            },
            Event::Wrote(_, change) => {
                let [before, after] = [&change.before, &change.after].map(|item| {
                    let look = outcome.read::<HourlyLook>(item.as_ref(), "hourly_look");
                    look.is_some_and(|look| look.way_back.as_ref().is_some_and(|known| known.lost.is_some()))
                });
                if before != after && after != is_gone {
                    let at = happening.at;
                    return Err(format!("at {at} the way back is recorded as lost ({after}), which is not so"));
                }
            }
            _ => {}
        }
    }
    Ok(())
}
