//! Releases that do not wait for the one before them. This module decides whether that one is stopped, and who goes
//! first once the lock is free. Pure.

pub use crate::declaration::document::Supersede;
pub use crate::deployment::PREEMPTED_BY_DEPLOY;
use crate::deployment::admission::{AdmissionFacts, Candidate, Obstacle};
pub use crate::deployment::admission::{Overtakes, RunningDeployment};
use crate::deployment::drill::gives_way;
use crate::environment::{Failed, HeldState, Lock, LockHolder, Waiting};
use crate::release::Part;
use crate::release::action::ActionName;
use crate::release::identity::Order;

/// Returns the rollback under way, which a person wants to overtake. A candidate that waits already waits on.
pub fn rollback<'a>(candidate: &Candidate, facts: &AdmissionFacts<'a>) -> Option<Obstacle<'a>> {
    let held = facts.lock.held.as_ref()?;
    let goes_back = held.action == ActionName::Rollback && held.state != HeldState::NeedsOperator;
    let asks = candidate.preempt && !facts.waits(candidate);
    (goes_back && asks).then_some(Obstacle::RollbackUnderWay(held))
}

/// Returns the release under way that a person or a rollback wants to stop, if it has begun an irreversible run:
/// everything would stay as it is, and the person would meet an environment that needs an operator.
pub fn irreversible<'a>(candidate: &Candidate, facts: &AdmissionFacts<'a>) -> Option<Obstacle<'a>> {
    let held = facts.lock.held.as_ref()?;
    let deploys = held.action == ActionName::Deploy && held.state == HeldState::Running;
    let begun = facts.under_way.filter(|one| !one.undoing)?;
    let asks = candidate.action == ActionName::Rollback || (candidate.preempt && !facts.waits(candidate));
    (deploys && asks && !begun.irreversible.is_empty()).then_some(Obstacle::Irreversible(held, &begun.irreversible))
}

/// Decides whether a release overtakes. A person's request stops whatever is older. The declaration's rule stops only
/// an older release of which the newer one brings every part, because nobody asked for the rest to be taken away. It
/// never stops the same release: that is on its way already, and once stopped it would be refused to the one that came.
/// Nothing stops a rollback, and nothing stops an undo or a recovery: they would begin once more. A candidate that
/// waits for others already stops only the deployment that it has stopped before; one that has waited for its approval,
/// or for a window, has stopped none yet.
pub fn overtakes(candidate: &Candidate, held: &LockHolder, facts: &AdmissionFacts<'_>) -> Overtakes {
    if held.action == ActionName::Drill {
        return gives_way(held, facts);
    }
    let is_stoppable = matches!(held.action, ActionName::Deploy | ActionName::Restore);
    let runs = held.state == HeldState::Running && is_stoppable;
    if candidate.stops.as_ref() == Some(&held.deployment) {
        let stops = facts.under_way.is_none_or(RunningDeployment::may_be_stopped);
        return if runs && stops { Overtakes::Stops } else { Overtakes::Waits };
    }
    let asked = candidate.preempt || candidate.supersede == Supersede::UndoFirst;
    if !asked || !facts.may_stop(candidate) || candidate.action != ActionName::Deploy {
        return Overtakes::Waits;
    }
    let Some(under_way) = facts.under_way else { return Overtakes::Waits };
    let is_newer = candidate.order.is_newer_than(&under_way.order);
    let mine = &candidate.components;
    if candidate.preempt {
        let is_older = !is_newer && !candidate.allow_older;
        if is_older && share(mine, &under_way.components) {
            return Overtakes::Older;
        }
    } else if under_way.same_release || !is_newer || !cover(mine, &under_way.components) {
        return Overtakes::Waits;
    }
    if runs && under_way.may_be_stopped() { Overtakes::Stops } else { Overtakes::Waits }
}

/// The place of one that waits, best last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum QueuePlace {
    /// Any other.
    Queued,
    /// It is newer than the release that failed last, and brings something of it anew.
    Fix,
    /// It has stopped the deployment under way, or a person asked for that.
    Overtaking,
    /// An operator's rollback.
    Operator,
}

fn place(operator: bool, first: bool, fixes: bool) -> QueuePlace {
    match (operator, first, fixes) {
        (true, ..) => QueuePlace::Operator,
        (false, true, _) => QueuePlace::Overtaking,
        (false, false, true) => QueuePlace::Fix,
        (false, false, false) => QueuePlace::Queued,
    }
}

/// Returns whether another one that waits has its turn before a candidate. If both have the same place: among
/// operators, and among those that overtake, the one that asked first goes, so that nothing comes between an undo and
/// the one that asked for it; else the last that arrived. It is not the newest by rule 6, which compares numbers only
/// if both have one: of three, each could be newer than the next, and nobody would go. The components that two have in
/// common decide which release wins.
pub fn goes_before(other: &Waiting, candidate: &Candidate, lock: &Lock) -> bool {
    let fixes = |order: &Order, parts: &[Part]| {
        let failed = lock.failed.as_ref();
        failed.is_some_and(|failed| is_fix(order, parts, failed))
    };
    let theirs = place(other.operator, other.first, fixes(&other.order, &other.components));
    let mine = place(
        candidate.action == ActionName::Rollback,
        candidate.goes_first(),
        fixes(&candidate.order, &candidate.components),
    );
    if theirs != mine {
        return theirs > mine;
    }
    match mine {
        QueuePlace::Operator | QueuePlace::Overtaking => candidate.order.arrived_after(&other.order),
        QueuePlace::Fix | QueuePlace::Queued => other.order.arrived_after(&candidate.order),
    }
}

fn is_fix(order: &Order, parts: &[Part], failed: &Failed) -> bool {
    order.is_newer_than(&failed.order) && share(parts, &failed.components)
}

/// Returns whether the first bring all that the second do.
fn cover(mine: &[Part], theirs: &[Part]) -> bool {
    theirs.iter().all(|their| mine.iter().any(|my| my.covers(their)))
}

/// Returns whether they have a part in common.
fn share(mine: &[Part], theirs: &[Part]) -> bool {
    let meets = |my: &Part, their: &Part| my.covers(their) || their.covers(my);
    mine.iter().any(|my| theirs.iter().any(|it| meets(my, it)))
}

#[cfg(test)]
#[path = "overtaking_tests.rs"]
mod tests;
