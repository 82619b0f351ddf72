use super::needs_operator_is_earned::is_left;
use crate::deed::Deed;
use crate::happening::{Event, Happening};
use crate::outcome::Outcome;
use std::rc::Rc;
use windlass_domain::deployment::Deployment;
use windlass_domain::deployment::event_name::EventName;
use windlass_domain::deployment::hourly_look::HourlyLook;
use windlass_domain::release::action::ActionName;
use windlass_domain::release::ending::Ending;
use windlass_domain::shown::event::of_hourly_look;

/// The items that a looking function may write: looks, and that what was due to be promoted is started.
const LOOKS: [&str; 4] = ["second_look", "hourly_look", "promotion", "promotion_to_come"];

/// An hourly look never waits for a deployment, nor stops one: the looking function writes nothing but looks, and the
/// note of what it starts, so it takes no lock, and it changes no target. A person's change between deployments is
/// reported: once for each change if nothing goes wrong, and never as gone before it is. Nobody looks at an environment
/// that needs an operator, so what is changed from then on is not reported.
///
/// Safety: drift: What a person changed between deployments is reported, once where nothing goes wrong, and who looks
/// changes nothing.
pub fn drift_is_reported(outcome: &Outcome<'_>) -> Result<(), String> {
    for happening in &outcome.happened {
        match &happening.what {
            Event::Wrote(who, change) if &*who.function == "Recovery" => {
                let item = change.after.as_ref().or(change.before.as_ref());
                let sk = item.map_or("", |item| item.key.sk.as_str());
                let is_note = item.is_some_and(|item| item.key.pk.starts_with("asked#"));
                if !LOOKS.contains(&sk) && !is_note {
                    return Err(format!("who looks has written {sk}"));
                }
            }
            Event::Switched { who, call, .. } if &*who.function == "Recovery" => {
                return Err(format!("who looks has called {call}"));
            }
            _ => {}
        }
    }
    reported_once(outcome)
}

fn reported_once(outcome: &Outcome<'_>) -> Result<(), String> {
    let looked_at = outcome.happened.iter();
    let looked_at = looked_at.take_while(|one| !needs_operator(outcome, &one.what));
    let looked_at = &outcome.happened[..looked_at.count()];
    let drifts = acted(outcome, looked_at, |deed| matches!(deed, Deed::Drift(..)));
    let (found, gone) = (reported(outcome, "DriftFound", "  "), reported(outcome, "DriftGone", ""));
    let all = &outcome.happened;
    let mends = acted(outcome, all, |deed| matches!(deed, Deed::Mend(..)));
    let deployed = acted(outcome, all, |deed| matches!(deed, Deed::Deploy(..)));
    let restored = restored(outcome);
    // A restoring ends the drift, so a deployment after it does not.
    let ends = mends + if restored > 0 { restored } else { deployed };
    let mishaps = &outcome.schedule.mishaps;
    if drifts == 0 {
        return Ok(());
    }
    let is_plain = mishaps.is_empty();
    if is_plain && found != drifts {
        return Err(format!("{drifts} changes by hand are reported {found} times"));
    }
    let unsent = unsent(outcome, EventName::DriftFound).map(|cause| lines(&cause, "  ")).sum::<usize>();
    if found + unsent < drifts {
        return Err(format!("{drifts} changes by hand are reported {found} times, and {unsent} are unsent"));
    }
    if is_plain && gone != ends {
        return Err(format!("{ends} ends of drift are reported {gone} times"));
    }
    if gone > 0 && ends == 0 {
        return Err("what is still there is reported as gone".to_owned());
    }
    Ok(())
}

/// Returns the number of restorings that have ended well.
fn restored(outcome: &Outcome<'_>) -> usize {
    let records = outcome.records();
    let is_restored = |record: &&Rc<Deployment>| {
        let ended = record.ending.as_ref().map(|ended| ended.ending);
        record.action == ActionName::Restore && ended == Some(Ending::Succeeded)
    };
    records.iter().filter(is_restored).count()
}

/// Returns whether a deployment ended by this event so that it needs an operator.
fn needs_operator(outcome: &Outcome<'_>, what: &Event) -> bool {
    let Event::Wrote(_, change) = what else {
        return false;
    };
    let record = outcome.read::<Deployment>(change.after.as_ref(), "record");
    record.is_some_and(|record| is_left(&record))
}

/// Returns the number of acts of a sort that were done.
pub(super) fn acted(outcome: &Outcome<'_>, happened: &[Happening], is_meant: impl Fn(&Deed) -> bool) -> usize {
    let acts = happened.iter().filter_map(|one| match one.what {
        Event::Acted(n) => outcome.scenario.acts.get(n),
        _ => None,
    });
    acts.filter(|act| is_meant(&act.deed)).count()
}

/// Returns the number of components that the events of this name list. Each is a line that begins with this text.
fn reported(outcome: &Outcome<'_>, name: &str, begins: &str) -> usize {
    let events = outcome.world.eventbridge();
    let put = events.put.iter().filter(|(called, _)| called == name);
    put.filter_map(|(_, detail)| Some(lines(detail["cause"].as_str()?, begins))).sum()
}

fn lines(cause: &str, begins: &str) -> usize {
    let is_line = |line: &&str| match begins {
        "" => line.contains("drift of "),
        begins => line.starts_with(begins) && !line.contains("next: "),
    };
    cause.lines().filter(is_line).count()
}

/// Returns the causes of the events of hourly looks that have this name and lie in the queue of unsent events.
pub(super) fn unsent<'a>(outcome: &'a Outcome<'_>, name: EventName) -> impl Iterator<Item = String> + 'a {
    let batches = outcome.happened.iter().filter_map(|one| match &one.what {
        Event::Unsent(batch) => Some(batch),
        _ => None,
    });
    let events = batches.flat_map(|batch| batch.iter()).flat_map(|write| {
        let before = outcome.read::<HourlyLook>(write.before.as_ref(), "hourly_look");
        let after = outcome.read::<HourlyLook>(write.after.as_ref(), "hourly_look");
        after.map(|after| of_hourly_look(before.as_deref(), &after)).unwrap_or_default()
    });
    events.filter(move |event| event.name == name).filter_map(|event| event.detail.cause)
}
