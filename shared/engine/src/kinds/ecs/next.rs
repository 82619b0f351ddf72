//! Pure: decides the next step to get a service from what it runs to what it must run.
//!
//! A rollout is judged by what ECS says of it (Amazon ECS API Reference, Deployment: `rolloutState`), and then by the
//! same questions as every rollout (`verify.rs`).

use super::state::{FAILED, GIVEN_UP, Update};
use super::{images, shift};
use crate::kinds::Next;
use crate::kinds::ecs::state::{Change, Goal, Seen, Target};
use crate::kinds::ecs::verify::{keeps_failing, verify, wait_unless_overdue};
use crate::kinds::ecs::wording;
use crate::ports::ServiceDeployment;

/// Returns what to do next; see [`crate::kinds::Kind::next`].
pub(super) fn next(target: &Target, seen: &Seen, wanted: &Goal) -> Next<Change> {
    let Some(goal) = goal(seen, wanted) else {
        return Next::Do(Change::Register { images: images::texts(&wanted.images) });
    };
    if let Some(followed) = &seen.followed {
        return shift::next(target, seen, wanted, goal, followed);
    }
    let set_to = &seen.task_definition;
    if set_to == goal {
        return rollout(target, seen, wanted);
    }
    if rolled_back_by_ecs(seen, goal, set_to) {
        return rolled_back(target, seen, goal);
    }
    if is_replaced(seen, goal, set_to) {
        return Next::Failed(wording::replaced(target, seen, goal));
    }
    Next::Do(Change::Update(Update { from: set_to.clone(), to: goal.to_owned() }))
}

/// Returns the task definition to reach, if it exists already. Two invocations at once may have registered one each:
/// the one to reach is then the one that was sent.
pub(super) fn goal<'a>(seen: &'a Seen, wanted: &'a Goal) -> Option<&'a str> {
    wanted.task_definition.as_deref().or_else(|| {
        let registered = seen.registered.as_ref();
        let registered = registered.filter(|it| it.images == images::texts(&wanted.images))?;
        let sent = seen.sent.as_ref().map(|sent| sent.update.to.as_str());
        Some(sent.unwrap_or(&registered.arn))
    })
}

/// Decides if the service is set to the goal: is it steady, on its way, or has it failed?
fn rollout(target: &Target, seen: &Seen, wanted: &Goal) -> Next<Change> {
    let goal = &seen.task_definition;
    let Some(primary) = seen.primary().filter(|p| p.task_definition == *goal) else {
        return wait_unless_overdue(seen, || wording::no_primary(target, seen));
    };
    if primary.rollout == FAILED {
        return failed_by_ecs(target, seen, primary);
    }
    if seen.desired == 0 {
        return Next::Done;
    }
    if has_died_since(seen, wanted) {
        return Next::Failed(wording::died_since(target, seen));
    }
    if seen.is_steady() {
        return verify(target, seen, wanted);
    }
    if let Some(finding) = keeps_failing(target, seen, primary) {
        return Next::Failed(finding);
    }
    wait_unless_overdue(seen, || wording::not_steady(target, seen, primary))
}

/// Returns whether a task that this deployment brings has died since ECS called the rollout complete, of a service with
/// early success criteria ([`Seen::finished`]). By these ECS does so before all wanted tasks run, and starts the others
/// afterwards (Amazon ECS Developer Guide, "Complete Amazon ECS rolling deployments early with early success
/// criteria"). No circuit breaker counts then. On a way back ECS may start such a task again: nothing else is left to
/// go back to.
fn has_died_since(seen: &Seen, wanted: &Goal) -> bool {
    let is_brought = wanted.task_definition.is_none();
    let died = seen.troubles.get(&seen.task_definition).and_then(|trouble| trouble.last);
    is_brought && seen.finished.zip(died).is_some_and(|(finished, died)| died > finished)
}

/// Decides if ECS has given the rollout up. If ECS rolls back by itself, that is about to begin, and Windlass watches
/// it.
fn failed_by_ecs(target: &Target, seen: &Seen, primary: &ServiceDeployment) -> Next<Change> {
    let finding = || wording::given_up(target, seen, &primary.task_definition, false);
    if seen.rolls_back { wait_unless_overdue(seen, finding) } else { Next::Failed(finding()) }
}

/// Returns whether a change to the goal was sent on this way, whatever the service was set to before.
fn was_sent(seen: &Seen, goal: &str) -> bool {
    let sent = seen.sent.as_ref();
    sent.is_some_and(|sent| sent.update.to == goal)
}

/// Returns whether the service is set to something that is neither the goal nor what it was changed from. If it is set
/// to what it was changed from, the observation may be older than the change. Then the change is asked for again, and
/// `converge` has the patience that this needs.
fn is_replaced(seen: &Seen, goal: &str, set_to: &str) -> bool {
    let sent = seen.sent.as_ref();
    was_sent(seen, goal) && sent.is_some_and(|sent| sent.update.from != set_to)
}

/// Returns whether a rollout of this task definition was complete when the change was sent. ECS goes back to the last
/// one that was (Amazon ECS Developer Guide, "How the Amazon ECS deployment circuit breaker detects failures"). If the
/// one that the service was changed from had failed, that is another one.
fn was_completed(seen: &Seen, task_definition: &str) -> bool {
    let sent = seen.sent.as_ref();
    sent.is_some_and(|sent| sent.completed.contains(task_definition))
}

/// Returns whether the service was set to the goal and is not any more because ECS gave the rollout up. It is so if ECS
/// says that what runs now is the rollback. Otherwise it can be so only if the service is set to what it was changed
/// from, or to what was complete then. Where ECS has forgotten the state of the deployment and the reason of the one
/// that replaced it, the service's events since the change still show it.
fn rolled_back_by_ecs(seen: &Seen, goal: &str, set_to: &str) -> bool {
    if !was_sent(seen, goal) {
        return false;
    }
    if seen.rolled_back.is_some() {
        return true;
    }
    let failed = |d: &ServiceDeployment| d.task_definition == goal && d.rollout == FAILED;
    // ECS says `ECS deployment circuit breaker: rolling back to deploymentId ecs-svc/…`.
    let says_so = |d: &ServiceDeployment| d.reason.contains("rolling back") || d.reason.contains("rollback");
    let gives_up = |event: &String| event.contains(GIVEN_UP);
    let is_given_up = || {
        seen.deployments.iter().any(failed)
            || seen.events.iter().any(gives_up)
            || (seen.rolls_back && seen.troubles.get(goal).is_some_and(|t| t.tasks > 0))
    };
    let is_theirs = is_replaced(seen, goal, set_to) && !was_completed(seen, set_to);
    seen.primary().is_some_and(says_so) || (!is_theirs && is_given_up())
}

/// Watches a rollback by ECS that is under way, and does not race it.
fn rolled_back(target: &Target, seen: &Seen, goal: &str) -> Next<Change> {
    let finding = || wording::given_up(target, seen, goal, true);
    if seen.is_steady() { Next::Failed(finding()) } else { wait_unless_overdue(seen, finding) }
}
