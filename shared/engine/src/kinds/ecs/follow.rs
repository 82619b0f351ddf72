//! Finding the service deployment that a change of ours has begun.

use super::Ecs;
use super::stage::Standing;
use super::state::{Followed, Goal, Pausing, Target, Update};
use crate::kinds::Way;
use crate::ports::{Answered, Clock, ServiceRollout, Services};
use serde::Deserialize;
use windlass_domain::step::ChangeRecord;
use windlass_domain::time::Time;

/// How much earlier than its last send a deployment may have been created, in milliseconds: a send whose answer was lost
/// is recorded anew when it is sent again.
const EARLIER_MS: u64 = 60_000;

/// The same forward, where nobody else's deployment is of the task definition that is sent.
const EARLIER_OWN_MS: u64 = 6 * 3_600_000;

/// An update that was sent, whose deployment is looked for.
pub(super) struct Look {
    pub(super) update: Update,
    pub(super) at: Time,
}

impl Look {
    fn of(record: &ChangeRecord) -> Option<Self> {
        Some(Self {
            update: Update::deserialize(&record.change).ok()?,
            at: record.at,
        })
    }
}

impl<P: Services + Clock> Ecs<P> {
    /// The deployment that the last update has begun; nothing where none was sent, or the service rolls.
    pub(super) async fn followed(
        &self,
        target: &Target,
        way: &Way<'_, Goal>,
    ) -> Answered<Option<Followed>> {
        let look = sent(way).or_else(|| begun(way));
        let Some(look) = look.filter(|_| !target.strategy.is_rolling()) else {
            return Ok(None);
        };
        let is_own = way.goal.is_some_and(|goal| goal.task_definition.is_none());
        let earlier_ms = if is_own { EARLIER_OWN_MS } else { EARLIER_MS };
        // ECS may tell whole seconds.
        let since = Time(look.at.0.saturating_sub(earlier_ms) / 1000 * 1000);
        let (cluster, service) = (&target.cluster, &target.service);
        let rollouts = self.at.service_rollouts(cluster, service, since).await?;
        let goal = way.goal.and_then(|goal| goal.task_definition.as_deref());
        let since_ms = self.at.now().ms_since(look.at);
        let found = find(&rollouts, look.update.to, goal, since_ms);
        let answers = found.rollout.as_ref().map(|own| answers(way, &own.arn));
        Ok(Some(Followed {
            answers: answers.unwrap_or_default(),
            ..found
        }))
    }
}

/// The update whose deployment the last change that was sent is about: itself, or one before the pause that it answers.
/// What only takes a deployment back is about none that it has begun.
pub(super) fn sent(way: &Way<'_, Goal>) -> Option<Look> {
    let last = way.sent.as_ref()?;
    let known = way.changes.iter().rfind(|one| one.change == last.change);
    if let Ok(update) = Update::deserialize(&last.change) {
        return Some(Look {
            update,
            at: last.at,
        });
    }
    let known = known?;
    let answer = Pausing::deserialize(&last.change).ok()?;
    let same = |one: &&ChangeRecord| one.undo == known.undo && one.token == known.token;
    let mut updates = way.changes.iter().filter(same).filter_map(Look::of);
    updates.next_back().filter(|_| answer.goes_on)
}

/// The last update that was sent forward, under whichever token.
fn begun(way: &Way<'_, Goal>) -> Option<Look> {
    let forward = way.changes.iter().filter(|one| !one.undo);
    forward.filter_map(Look::of).next_back()
}

/// What was answered of this deployment's pauses, and whether ECS has taken it.
fn answers(way: &Way<'_, Goal>, rollout: &str) -> Vec<(Pausing, bool)> {
    let answers = way.changes.iter().filter_map(|one| {
        let answer = Pausing::deserialize(&one.change).ok()?;
        (answer.rollout == rollout).then_some((answer, one.answered))
    });
    answers.collect()
}

/// The oldest one of what was sent: a later one of the same is somebody else's. But one of what is gone for that is under
/// way is followed first: an earlier owner of the lock has begun it.
fn find(rollouts: &[ServiceRollout], to: String, goal: Option<&str>, since_ms: u64) -> Followed {
    let is_under_way = |one: &&ServiceRollout| !Standing::of(one).is_over();
    let of = |to: &str| {
        let mut oldest_first = rollouts.iter().rev();
        oldest_first.find(|one| one.task_definition == to)
    };
    let back = goal.filter(|goal| *goal != to);
    let back = back.and_then(|goal| of(goal).filter(is_under_way).map(|one| (goal, one)));
    let (to, own) = if let Some((goal, one)) = back {
        (goal.to_owned(), Some(one))
    } else {
        let own = of(&to);
        (to, own)
    };
    let newer = rollouts
        .iter()
        .take_while(|one| own.is_none_or(|own| own.arn != one.arn));
    let other = newer.into_iter().find(is_under_way);
    Followed {
        to,
        rollout: own.cloned(),
        other: other.cloned(),
        since_ms,
        answers: vec![],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rollout(arn: &str, to: &str, status: &str) -> ServiceRollout {
        ServiceRollout {
            arn: arn.into(),
            created: Time(0),
            status: status.into(),
            reason: String::new(),
            stage: String::new(),
            task_definition: to.into(),
            traffic_tenths: None,
            hooks: vec![],
            behind: None,
        }
    }

    #[test]
    fn whose_a_deployment_is() {
        let under_way = |arn, to| rollout(arn, to, "IN_PROGRESS");
        let over = |arn, to| rollout(arn, to, "SUCCESSFUL");
        // Newest first; what was sent is t:2. Which is followed, to what, and which is somebody else's.
        let table = [
            ("none is listed yet", vec![], None, (None, "t:2", None)),
            (
                "ours",
                vec![under_way("a", "t:2")],
                None,
                (Some("a"), "t:2", None),
            ),
            (
                "a person has begun another one since",
                vec![under_way("b", "t:9"), rollout("a", "t:2", "STOPPED")],
                None,
                (Some("a"), "t:2", Some("b")),
            ),
            (
                "a person has let the same be deployed again",
                vec![under_way("b", "t:2"), rollout("a", "t:2", "STOPPED")],
                None,
                (Some("a"), "t:2", Some("b")),
            ),
            (
                "a person's, and ours is not listed",
                vec![under_way("b", "t:9")],
                None,
                (None, "t:2", Some("b")),
            ),
            (
                "it is gone back from, and an earlier owner has begun that",
                vec![under_way("b", "t:1"), over("a", "t:2")],
                Some("t:1"),
                (Some("b"), "t:1", None),
            ),
            (
                "it was gone back from",
                vec![over("b", "t:1"), over("a", "t:2")],
                Some("t:1"),
                (Some("a"), "t:2", None),
            ),
        ];
        for (name, rollouts, goal, (own, to, other)) in table {
            let found = find(&rollouts, "t:2".into(), goal, 0);
            let arn = |one: &Option<ServiceRollout>| one.as_ref().map(|one| one.arn.clone());
            assert_eq!(arn(&found.rollout).as_deref(), own, "{name}");
            assert_eq!(found.to, to, "{name}");
            assert_eq!(arn(&found.other).as_deref(), other, "{name}");
        }
    }
}
