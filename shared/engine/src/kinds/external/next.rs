//! Pure: decides what to do next so that the outside comes to a state, by what a function of the user's says.
//!
//! Its word is not believed alone. That a change was sent is no success: the goal is reached once two looks have shown
//! it ready, so far apart that no single answer of the outside can be both. Where nobody knows whether a change was
//! made, the next look decides.

use super::state::{Change, Goal, Seen, TRIES, Target, Way, digest};
use super::wording;
use crate::kinds::Next;
use windlass_domain::declaration::execution_history::OFTEN_S;
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_domain::text::time::Time;

/// The seconds between the two looks that must show the goal ready.
const APART_S: u64 = 15;

/// The seconds between two looks while it is not ready.
const POLL_S: u64 = 10;

/// Decides what to do next; see [`crate::kinds::Kind::next`].
pub(super) fn next(target: &Target, seen: &Seen, goal: &Goal) -> Next<Change> {
    if seen.look.owns != target.owns {
        return Next::Failed(wording::other_thing(target, seen));
    }
    if seen.state == goal.state { reached(target, seen) } else { towards(target, seen, goal) }
}

/// Decides what to do when the state is the wanted one. Where somebody only looks, one look is all there is.
fn reached(target: &Target, seen: &Seen) -> Next<Change> {
    if seen.look.failed.is_some() {
        return Next::Failed(wording::given_up(target, seen));
    }
    let way = &seen.way;
    let note = |ready| Next::Do(Change::Note { of: seen.state.clone(), ready, nth: way.counts.0 + 1 });
    match (seen.look.ready, way.noted) {
        (true, _) if !way.is_driven => Next::Done,
        (true, Some((at, true))) => match (APART_S * 1000).saturating_sub(seen.now.ms_since(at)) {
            0 => Next::Done,
            left_ms => Next::Wait(left_ms.div_ceil(1000)),
        },
        (true, _) => note(true),
        (false, Some((_, true))) if !seen.waited(target).1 => note(false),
        (false, _) => wait(target, seen),
    }
}

/// Waits until it must be ready.
fn wait(target: &Target, seen: &Seen) -> Next<Change> {
    match seen.waited(target) {
        (_, true) => Next::Failed(wording::late(target, seen)),
        (waited_ms, false) => Next::wait_on(waited_ms, POLL_S),
    }
}

fn towards(target: &Target, seen: &Seen, goal: &Goal) -> Next<Change> {
    let way = &seen.way;
    match &way.sent {
        Some((upon, true)) if *upon == seen.state && way.noted.is_none() => match seen.look.failed {
            Some(_) => Next::Failed(wording::given_up(target, seen)),
            None => wait(target, seen),
        },
        // It was made, by its answer or a look, and is as it was before; or it is what nobody here has sent.
        Some((upon, is_answered)) if *is_answered || way.noted.is_some() || *upon != seen.state => {
            Next::Theirs(wording::changed(target, seen))
        }
        None if is_unexpected(seen) => Next::Theirs(wording::changed(target, seen)),
        _ => send(target, seen, goal),
    }
}

/// Returns whether an undo finds neither the state before nor the one to which the release went. An operator who asks
/// for it once more has looked.
fn is_unexpected(seen: &Seen) -> bool {
    let way = &seen.way;
    let forward = way.forward.as_ref().filter(|_| way.is_back && !way.goes_over);
    forward.is_some_and(|forward| *forward != digest(&seen.state))
}

/// Makes the change, once everything is prepared. On the way back there is nothing to prepare it of.
fn send(target: &Target, seen: &Seen, goal: &Goal) -> Next<Change> {
    let (way, timeout_s) = (&seen.way, target.function.timeout_s);
    if way.refused >= TRIES {
        return Next::Failed(wording::refused(target));
    }
    let is_to_prepare = !way.is_back && target.release.is_some();
    if is_to_prepare && !seen.look.prepared && !way.is_prepared {
        return match seen.waited(target) {
            (_, true) => Next::Failed(wording::late(target, seen)),
            _ => Next::Do(Change::Prepare { goal: goal.state.clone(), nth: way.counts.1 + 1, timeout_s }),
        };
    }
    let (goal, mark, is_back) = (goal.state.clone(), seen.look.mark.clone(), way.is_back);
    Next::Do(Change::Send { goal, mark, is_back, timeout_s })
}

/// Returns the fault of a look that shows nothing, as a deployment takes it: it is waited for, because what is unknown
/// is not healthy, until it must be ready. An undo waits longer, as no look has shown that it did not come back.
pub(super) fn unseen(target: &Target, way: &Way, now: Time, fault: Fault) -> Fault {
    let waited_ms = way.since.map_or(0, |since| now.ms_since(since));
    let name = match waited_ms {
        _ if !fault.name.is_transient() => fault.name,
        ms if !way.is_back && ms > target.within_s * 1000 => FaultName::Refused,
        ms if ms > OFTEN_S * 1000 => FaultName::TakesHours,
        _ => FaultName::StillInProgress,
    };
    Fault::new(name, fault.message)
}

#[cfg(test)]
#[path = "next_tests.rs"]
mod tests;
