//! Pure: decides what to do next so that a stack is as it must be.
//!
//! Forward, exactly the change set is executed that was planned. Back, an update in progress is cancelled; one that is
//! complete is taken back by a change set to the former template and parameters, and only if that touches nothing but
//! what the way forward has touched, and loses no data. A stack that this deployment has made is deleted. What somebody
//! else has changed since is left to them.

use super::state::{Change, EXECUTING, Goal, NOT_MADE, Seen, Standing, TAKEN_BACK, Target, UNMADE};
use super::wording;
use crate::kinds::Next;
use crate::ports::ChangeSet;

/// The seconds between two looks at a stack that changes.
const POLL_S: u64 = 10;

/// Decides what to do next; see [`crate::kinds::Kind::next`].
pub(super) fn next(target: &Target, seen: &Seen, goal: &Goal) -> Next<Change> {
    match (&goal.change_set, &goal.template) {
        (Some(_), _) => forward(target, seen, goal),
        (None, Some(_)) => back(target, seen, goal),
        (None, None) if goal.id.is_none() => away(target, seen),
        // It was seen while it moved, so that nobody knows its template.
        (None, None) => Next::Failed(wording::stuck(target, seen)),
    }
}

fn forward(target: &Target, seen: &Seen, goal: &Goal) -> Next<Change> {
    let open = seen.set.as_ref().filter(|set| set.can_be_executed());
    if let Some(open) = open {
        return match seen.standing() {
            Standing::Still | Standing::Review => Next::Do(Change::Execute(open.id.clone())),
            Standing::Unknown => Next::Wait(POLL_S),
            _ => Next::Theirs(wording::in_the_way(target, seen)),
        };
    }
    if seen.is_behind() {
        return Next::Wait(POLL_S);
    }
    if seen.is_as(goal) {
        let missing = wording::missing_outputs(target, seen);
        return missing.map_or(Next::Done, Next::Failed);
    }
    if seen.is_ours {
        return forward_on(target, seen);
    }
    match &seen.set {
        // The look at the stack may be behind.
        Some(set) if set.execution == EXECUTING || set.is_being_made() => Next::Wait(POLL_S),
        Some(set) if set.has_begun() => Next::Theirs(wording::overtaken(target, seen)),
        _ => Next::Theirs(wording::obsolete(target, seen)),
    }
}

/// Decides what to do while CloudFormation executes the change set, or after it.
fn forward_on(target: &Target, seen: &Seen) -> Next<Change> {
    let is_back = seen.stack.as_ref().is_some_and(|stack| [TAKEN_BACK, NOT_MADE].contains(&stack.status.as_str()));
    match seen.standing() {
        Standing::Still | Standing::Unmade if is_back => Next::TakenBack(wording::taken_back(target, seen)),
        Standing::Still => Next::Failed(wording::otherwise(target, seen)),
        Standing::Unmade | Standing::Stuck | Standing::StuckBack => Next::Failed(wording::stuck(target, seen)),
        Standing::Deleting | Standing::Undeleted | Standing::Gone => Next::Theirs(wording::deleted(target, seen)),
        Standing::Creating | Standing::Updating | Standing::Moving if is_late(target, seen) => {
            Next::Failed(wording::late(target, seen))
        }
        Standing::Creating | Standing::Updating | Standing::Moving => wait(seen),
        Standing::Review | Standing::Unknown => Next::Wait(POLL_S),
    }
}

/// Returns whether a change of the stack takes longer than it may.
fn is_late(target: &Target, seen: &Seen) -> bool {
    seen.waited_ms() > target.within_s.saturating_mul(1000)
}

fn wait(seen: &Seen) -> Next<Change> {
    Next::wait_on(seen.waited_ms(), POLL_S)
}

/// Decides what to do so that a stack that this deployment has made is gone.
fn away(target: &Target, seen: &Seen) -> Next<Change> {
    // Without an id it was never made, and one of its name is somebody else's.
    if target.id.is_none() {
        return Next::Done;
    }
    match seen.standing() {
        // A place of change sets has made nothing, and whoever makes the stack takes it over.
        Standing::Gone | Standing::Review => Next::Done,
        Standing::Undeleted => match &seen.sent {
            Some(Change::Delete(retain)) if retain.is_empty() && seen.shows_too_little() && !is_late(target, seen) => {
                Next::Wait(POLL_S)
            }
            Some(Change::Delete(retain)) if !retain.is_empty() || seen.stuck.is_empty() => {
                Next::Failed(wording::undeleted(target, seen))
            }
            _ => Next::Do(Change::Delete(seen.stuck.clone())),
        },
        // Whoever deletes the stack does what is wanted.
        is if !seen.is_ours && !matches!(is, Standing::Deleting | Standing::Unknown) => {
            Next::Theirs(wording::overtaken(target, seen))
        }
        Standing::Updating | Standing::Moving | Standing::Deleting => wait(seen),
        Standing::Unknown => Next::Wait(POLL_S),
        _ if seen.stack.as_ref().is_some_and(|stack| stack.is_protected) => Next::Failed(wording::protected(target)),
        Standing::Creating | Standing::Still | Standing::Unmade | Standing::Stuck | Standing::StuckBack => {
            Next::Do(Change::Delete(vec![]))
        }
    }
}

/// Decides what to do so that a stack has its former template and parameters.
fn back(target: &Target, seen: &Seen, goal: &Goal) -> Next<Change> {
    let stack = seen.made().filter(|stack| goal.id.as_deref() == Some(stack.id.as_str()));
    let Some(stack) = stack else { return Next::Theirs(wording::deleted(target, seen)) };
    let has_begun = seen.set.as_ref().is_some_and(ChangeSet::has_begun);
    let has_executed = matches!(seen.sent, Some(Change::Execute(_)));
    match seen.standing() {
        _ if seen.is_behind() => Next::Wait(POLL_S),
        Standing::Still if seen.is_as(goal) => Next::Done,
        Standing::Still if !seen.is_ours => Next::Theirs(wording::overtaken(target, seen)),
        Standing::Still if has_begun && stack.status == TAKEN_BACK && has_executed => {
            Next::TakenBack(wording::not_taken_back(target, seen))
        }
        Standing::Still if target.irreversible => Next::Failed(wording::irreversible(target)),
        Standing::Still => towards(target, seen, goal),
        Standing::Updating if !seen.is_ours => Next::Theirs(wording::in_the_way(target, seen)),
        Standing::Updating if seen.executed.is_some() || seen.sent == Some(Change::Cancel) => wait(seen),
        Standing::Updating => Next::Do(Change::Cancel),
        Standing::Moving => wait(seen),
        Standing::StuckBack if seen.sent == Some(Change::Continue) => Next::Failed(wording::stuck(target, seen)),
        Standing::StuckBack => Next::Do(Change::Continue),
        Standing::Stuck | Standing::Unmade => Next::Failed(wording::stuck(target, seen)),
        Standing::Creating => Next::Theirs(wording::in_the_way(target, seen)),
        Standing::Deleting | Standing::Undeleted => Next::Theirs(wording::deleted(target, seen)),
        Standing::Review | Standing::Gone | Standing::Unknown => Next::Wait(POLL_S),
    }
}

/// Decides what to do with the change set that leads back, while the stack stands still.
fn towards(target: &Target, seen: &Seen, goal: &Goal) -> Next<Change> {
    match &seen.set {
        None => Next::Do(Change::Make(goal.clone())),
        Some(set) if set.is_being_made() => Next::Wait(POLL_S),
        // Only the text of the template differs.
        Some(set) if set.is_empty() => Next::Done,
        Some(set) if set.status == UNMADE => Next::Failed(wording::no_change_set(target, set)),
        Some(set) if set.can_be_executed() => execute_back(target, seen, set),
        // The look at the stack may be behind.
        Some(set) if set.has_begun() && matches!(seen.sent, Some(Change::Execute(_))) => Next::Wait(POLL_S),
        // The name is free again once it is executed.
        Some(set) if set.has_begun() => Next::Do(Change::Make(goal.clone())),
        Some(set) => Next::Do(Change::Discard(set.id.clone())),
    }
}

fn execute_back(target: &Target, seen: &Seen, set: &ChangeSet) -> Next<Change> {
    if !seen.loses.is_empty() {
        return Next::Failed(wording::loses_data(target, seen));
    }
    if !seen.beside.is_empty() {
        return Next::Failed(wording::touches_more(target, seen));
    }
    Next::Do(Change::Execute(set.id.clone()))
}

#[cfg(test)]
#[path = "next_tests.rs"]
mod tests;
