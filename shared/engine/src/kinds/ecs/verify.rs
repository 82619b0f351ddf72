//! Pure: asks of every rollout of a service the same questions: do the running tasks show the wanted bytes, do they
//! fail again and again, and does it take too long?

// Only running tasks count: a failed deployment may stay listed as `ACTIVE` with nothing running. Tasks that stopped
// before the change say nothing of it.

use super::wording;
use crate::kinds::Next;
use crate::kinds::ecs::images::OwnImage;
use crate::kinds::ecs::state::{Change, Goal, Seen, Target};
use crate::ports::ServiceDeployment;
use std::cmp::max;
use windlass_domain::text::finding::Finding;

/// The time between two looks at a rollout, in seconds.
pub(super) const POLL_S: u64 = 5;

/// Checks the bytes once ECS has come as far as it must: do the running tasks show the digests that are wanted?
pub(super) fn verify(target: &Target, seen: &Seen, wanted: &Goal) -> Next<Change> {
    let none = OwnImage::default();
    let checked = wanted.images.iter().filter(|(_, own)| !own.digests.is_empty());
    let checked = checked.map(|(name, own)| {
        let shown = seen.images.get(name).unwrap_or(&none);
        (name, &own.digests, &shown.digests)
    });
    for (container, wanted, shown) in checked.clone() {
        if !shown.is_subset(wanted) {
            let finding = wording::other_bytes(target, seen, container, [shown, wanted]);
            return Next::Failed(finding);
        }
    }
    for (container, _, shown) in checked {
        let unknown = seen.unknown_digests.get(container).copied().unwrap_or(0);
        if unknown > 0 || shown.is_empty() {
            return wait_unless_overdue(seen, || wording::unknown_bytes(target, seen, container, unknown));
        }
    }
    Next::Done
}

/// Finds tasks that fail again and again: without a circuit breaker ECS starts tasks for ever. The measure is the
/// breaker's own: half of the wanted tasks, at least 3, at most 200 (Amazon ECS Developer Guide, "How the Amazon ECS
/// deployment circuit breaker detects failures").
pub(super) fn keeps_failing(target: &Target, seen: &Seen, primary: &ServiceDeployment) -> Option<Finding> {
    fails_again(target, seen, &primary.task_definition, primary.failed)
}

/// Does the same for the tasks of a task definition. ECS says that `failed` of them have failed.
pub(super) fn fails_again(target: &Target, seen: &Seen, task_definition: &str, failed: u32) -> Option<Finding> {
    let stopped = seen.troubles.get(task_definition);
    let failures = max(failed, stopped.map_or(0, |trouble| trouble.tasks));
    let threshold = seen.desired.div_ceil(2).clamp(3, 200);
    (!seen.breaker && failures >= threshold).then(|| wording::keeps_failing(target, seen, failures))
}

/// Waits for the rollout, or has failed by the finding once it is overdue.
pub(super) fn wait_unless_overdue(seen: &Seen, finding: impl FnOnce() -> Finding) -> Next<Change> {
    if seen.overdue { Next::Failed(finding()) } else { Next::wait_on(seen.waited_ms, POLL_S) }
}
