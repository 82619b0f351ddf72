//! Pure: decides the next step so that the alias's callers get what they must get.
//!
//! Forward, a version is published and CodeDeploy moves the alias to it. Back, whatever CodeDeploy still does is
//! stopped and followed to its end. If the alias is then not as before, Windlass moves the alias itself.

use super::state::{Change, Goal, Seen};
use super::wording;
use crate::kinds::Next;
use crate::kinds::codedeploy::{POLL_S, again};
use crate::kinds::lambda::next::next as next_of_function;
use crate::kinds::lambda::state::{self as lambda, Target, Traffic};
use crate::ports::Deployed;
use windlass_domain::text::time::Time;

/// The time that a deployment may take longer than its configuration says, in seconds: two hooks of an hour each (AWS
/// CodeDeploy User Guide, "`AppSpec` 'hooks' section"), and half an hour.
const LATE_S: u64 = (2 * 60 + 30) * 60;

/// Returns what to do next; see [`crate::kinds::Kind::next`].
pub(super) fn next(target: &Target, seen: &Seen, goal: &Goal) -> Next<Change> {
    let on_function = next_of_function(&seen.function, &goal.of);
    match &goal.of {
        lambda::Goal::Release(wanted) if wanted.is_ahead() => lift(on_function),
        lambda::Goal::Release(_) => forward(target, seen, goal, on_function),
        lambda::Goal::Back(_) => back(target, seen, on_function),
    }
}

/// Lifts the next step of the function, which needs no CodeDeploy, into this kind.
fn lift(next: Next<lambda::Change>) -> Next<Change> {
    next.map(Change::Function)
}

fn forward(target: &Target, seen: &Seen, goal: &Goal, on_function: Next<lambda::Change>) -> Next<Change> {
    let left = match on_function {
        Next::Done => None,
        Next::Do(lambda::Change::Shift { from, to, .. }) => Some((from, to.version)),
        other => return lift(other),
    };
    let Some(ours) = &seen.ours else {
        return begin(target, seen, left);
    };
    if ours.is_gone() {
        if seen.is_returning() {
            return wait(seen, ours.completed);
        }
        if seen.is_elsewhere() {
            return Next::Theirs(wording::moved_since(target, seen, ours));
        }
        return Next::TakenBack(wording::taken_back(target, seen, ours));
    }
    if ours.is_over() {
        return match left {
            None => Next::Done,
            Some(_) => Next::Theirs(wording::moved_since(target, seen, ours)),
        };
    }
    let moves = left.is_none_or(|(from, to)| from.weights.iter().any(|(it, _)| *it == to));
    if goal.moves && moves { Next::Done } else { in_time(target, seen, ours) }
}

/// Decides if no deployment of ours can be seen. `left` is what the alias is and where it must go; `None` if it is
/// there.
fn begin(target: &Target, seen: &Seen, left: Option<(Traffic, String)>) -> Next<Change> {
    if let Some(other) = &seen.other {
        return Next::Failed(wording::busy(target, other));
    }
    match left {
        // It was asked for, and its deployment cannot be seen yet: nobody knows what the deployment does after the
        // move.
        None if seen.begun.is_some() => Next::Wait(POLL_S),
        None => Next::Done,
        Some((from, _)) if !from.weights.is_empty() => Next::Failed(wording::shared(target, &from)),
        Some((from, to)) => Next::Do(Change::Begin { from: from.version, to }),
    }
}

fn back(target: &Target, seen: &Seen, on_function: Next<lambda::Change>) -> Next<Change> {
    if let Some(ours) = &seen.ours {
        if !ours.is_over() {
            return stop(target, seen, ours);
        }
        if seen.is_returning() {
            return wait(seen, ours.completed);
        }
    }
    match &seen.other {
        Some(other) if seen.begun.is_some() => Next::Theirs(wording::replaced(target, other)),
        Some(other) => Next::Failed(wording::busy(target, other)),
        None => lift(on_function),
    }
}

fn stop(target: &Target, seen: &Seen, ours: &Deployed) -> Next<Change> {
    match again(seen.stops, seen.now) {
        None => in_time(target, seen, ours),
        Some(again) => Next::Do(Change::Stop { deployment: ours.id.clone(), again }),
    }
}

fn in_time(target: &Target, seen: &Seen, ours: &Deployed) -> Next<Change> {
    let minutes = target.codedeploy.as_ref().map_or(0, |group| group.minutes);
    let moved = ours.created.map(|created| created.plus_s(minutes * 60));
    let stopped = seen.stops.map(|sent| sent.last);
    if moved.max(stopped).is_some_and(|by| seen.now > by.plus_s(LATE_S)) {
        return Next::Failed(wording::late(target, seen, ours, minutes));
    }
    wait(seen, stopped.or(moved))
}

/// Waits for CodeDeploy: often at first, and rarely once it takes long.
fn wait(seen: &Seen, since: Option<Time>) -> Next<Change> {
    Next::wait_on(since.map_or(0, |since| seen.now.ms_since(since)), POLL_S)
}

#[cfg(test)]
#[path = "next_tests.rs"]
pub(crate) mod tests;
