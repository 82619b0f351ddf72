use crate::outcome::Outcome;
use crate::schedule::What;

/// "Every change is repeatable" (rule 3): a call that fails once is made again, so a deployment ends as it would have
/// without the failure. If nothing goes wrong it ends as the scenario says. A client without a key that asks again,
/// because no answer came, may have arrived once more: then it reads twice that there is nothing to do. If its first
/// call is so late that the second one has gone live, the first one finds that there.
///
/// Safety: fence: What fails once is asked again, and the deployment ends as it would have without.
pub fn ends_as_written(outcome: &Outcome<'_>) -> Result<(), String> {
    let mishaps = &outcome.schedule.mishaps;
    let is_overcome = match mishaps.as_slice() {
        [] => true,
        [one] => outcome.scenario.steady && is_asked_again(one.what),
        _ => false,
    };
    if !is_overcome {
        return Ok(());
    }
    let ends = outcome.endings();
    let written = outcome.scenario.ends.iter().map(ToString::to_string);
    let (mut seen, mut wanted): (Vec<String>, Vec<String>) = (ends.clone(), written.collect());
    // By a wrong clock, the later one of two that came at once may be listed first.
    if mishaps.iter().any(|one| is_of_a_clock(one.what)) {
        seen.sort();
        wanted.sort();
    }
    if mishaps.iter().any(|one| one.what == What::InvokedLate) {
        seen.dedup_by(|one, former| is_there_since(one, former));
        wanted.dedup_by(|one, former| is_there_since(one, former));
    }
    if without_repeats(seen) == without_repeats(wanted) {
        return Ok(());
    }
    Err(format!("{ends:?} instead of {:?}", outcome.scenario.ends))
}

fn without_repeats(mut ends: Vec<String>) -> Vec<String> {
    ends.dedup_by(|one, former| one == former && one.contains(" NothingToDo ("));
    ends
}

/// Returns whether one ending finds in place what the former one brought.
fn is_there_since(one: &str, former: &str) -> bool {
    let there = one.strip_suffix(" NothingToDo (AlreadyThere)");
    there.is_some_and(|version| former.strip_suffix(" Succeeded") == Some(version))
}

fn is_of_a_clock(what: What) -> bool {
    matches!(what, What::ClockAhead | What::ClockBehind)
}

fn is_asked_again(what: What) -> bool {
    matches!(
        what,
        What::FailsBefore
            | What::FailsAfter
            | What::Throttled
            | What::HangsBefore
            | What::HangsAfter
            | What::KilledBefore
            | What::KilledAfter
            | What::Late
            | What::Slow
            | What::Twin
            | What::NotInvoked
            | What::InvokedLate
            | What::AnswerLost
            | What::EventLost
            | What::EventDoubled
            | What::IndexLate
            | What::LooksLate
            | What::Conflict
            | What::ConflictLasts
            | What::ClockAhead
            | What::ClockBehind
    )
}
