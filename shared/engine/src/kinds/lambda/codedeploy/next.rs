//! Pure: decides the next step so that the alias's callers get what they must get.
//!
//! Forward, a version is published and CodeDeploy moves the alias to it. Back, whatever CodeDeploy still does is
//! stopped and followed to its end. If the alias is then not as before, Windlass moves the alias itself.

use super::state::{Change, Goal, Seen};
use super::wording::{self, WORDS};
use crate::kinds::Next;
use crate::kinds::codedeploy::{Followed, Moved, POLL_S, Replacement, again, wording as codedeploy};
use crate::kinds::lambda::alias::Traffic;
use crate::kinds::lambda::next::next as next_of_function;
use crate::kinds::lambda::state::{self as lambda, Target};
use crate::ports::Deployed;
use std::collections::BTreeMap;
use windlass_domain::text::time::Time;

/// The time that a deployment may take longer than its configuration says, in seconds: two hooks of an hour each (AWS
/// CodeDeploy User Guide, "`AppSpec` 'hooks' section"), and half an hour.
const LATE_S: u64 = (2 * 60 + 30) * 60;

/// Returns what to do next; see [`crate::kinds::Kind::next`].
pub(super) fn next(target: &Target, seen: &Seen, goal: &Goal) -> Next<Change> {
    let on_function = next_of_function(&target.function, &seen.of, &goal.of);
    match &goal.of {
        lambda::Goal::Release(wanted) if wanted.is_ahead() => on_function.map(Change::Of),
        lambda::Goal::Wake(_) => on_function.map(Change::Of),
        lambda::Goal::Release(_) => forward(target, seen, goal, on_function),
        lambda::Goal::Back(_) => back(target, seen, on_function),
    }
}

fn forward(target: &Target, seen: &Seen, goal: &Goal, on_function: Next<lambda::Change>) -> Next<Change> {
    let left = match on_function {
        Next::Done => None,
        Next::Do(lambda::Change::Shift { from, to, .. }) => Some((from, to.version)),
        other => return other.map(Change::Of),
    };
    let Some(ours) = &seen.followed else { return begin(target, seen, left) };
    let story = || wording::story(target, seen, ours);
    if ours.is.is_gone() {
        if seen.is_returning() {
            return wait(seen, ours.is.completed);
        }
        if seen.is_elsewhere() {
            return Next::Theirs(story().moved_since());
        }
        return Next::TakenBack(story().taken_back(""));
    }
    if ours.is.is_over() {
        return match left {
            None => Next::Done,
            // Others have touched the alias since.
            Some(_) if !ours.is_own => begin(target, seen, left),
            Some(_) => Next::Theirs(story().moved_since()),
        };
    }
    let moves = left.is_none_or(|(from, to)| from.weights.iter().any(|(it, _)| *it == to));
    if goal.moved == Moved::Some && moves { Next::Done } else { in_time(target, seen, ours) }
}

/// Decides if no deployment of ours can be seen. `left` is what the alias is and where it must go; `None` if it is
/// there.
fn begin(target: &Target, seen: &Seen, left: Option<(Traffic, String)>) -> Next<Change> {
    if let Some(other) = &seen.other {
        return beside(target, other, false);
    }
    match left {
        // It was asked for, and its deployment cannot be seen yet: nobody knows what the deployment does after the
        // move.
        None if seen.asked.is_some() => Next::Wait(POLL_S),
        None => Next::Done,
        Some((from, _)) if !from.weights.is_empty() => Next::Failed(wording::shared(target, &from)),
        Some((Traffic { version: from, .. }, to)) => {
            let way = Replacement { from, to, images: BTreeMap::new() };
            Next::Do(Change::Begin { way, after: None, at_once: false })
        }
    }
}

fn beside(target: &Target, other: &Deployed, is_since: bool) -> Next<Change> {
    codedeploy::beside((&WORDS, &wording::place(target), target.codedeploy.as_ref()), other, is_since)
}

fn back(target: &Target, seen: &Seen, on_function: Next<lambda::Change>) -> Next<Change> {
    if let Some(ours) = &seen.followed {
        if !ours.is.is_over() {
            return stop(target, seen, ours);
        }
        if seen.is_returning() {
            return wait(seen, ours.is.completed);
        }
    }
    match &seen.other {
        Some(other) => beside(target, other, seen.asked.is_some()),
        None => on_function.map(Change::Of),
    }
}

fn stop(target: &Target, seen: &Seen, ours: &Followed) -> Next<Change> {
    match again(ours.stops, seen.now) {
        None => in_time(target, seen, ours),
        Some(again) => Next::Do(Change::Stop { deployment: ours.is.id.clone(), way: None, again }),
    }
}

fn in_time(target: &Target, seen: &Seen, ours: &Followed) -> Next<Change> {
    let minutes = target.codedeploy.as_ref().map_or(0, |group| group.minutes);
    let moved = ours.is.created.map(|created| created.plus_s(minutes * 60));
    let stopped = ours.stops.map(|sent| sent.last);
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
