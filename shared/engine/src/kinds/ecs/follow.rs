//! Finds the service deployment that one of our own changes has begun.

use super::stage::ServiceDeploymentState;
use super::state::{FollowedRollout, Goal, Pausing, SentUpdate, Target, Update};
use crate::kinds::LookContext;
use crate::kinds::ecs::change::Ecs;
use crate::ports::{Clock, EcsApi, Result, ServiceRollout};
use serde::Deserialize;
use windlass_domain::deployment::step::ChangeRecord;
use windlass_domain::text::time::Time;

/// The time before the last send in which the deployment may already have been created, in milliseconds. A send whose
/// answer was lost is recorded anew when it is sent again.
const EARLIER_MS: u64 = 60_000;

/// The same on the way forward, in milliseconds. Only this deployment deploys the task definition that it sends, so the
/// time may be long; but not where it sends the same once more, behind others that touch the service.
const EARLIER_OWN_MS: u64 = 6 * 3_600_000;

/// A sent update whose deployment is looked for.
struct Look {
    update: Update,
    at: Time,
}

impl Look {
    fn of(record: &ChangeRecord) -> Option<Self> {
        Some(Self { update: Update::deserialize(&record.change).ok()?, at: record.at })
    }
}

impl SentUpdate {
    /// Reads it from the ledger. `None` if the last change is of another sort, unless it lets the deployment of an
    /// update go on.
    pub(super) fn of(way: &LookContext<'_, Goal>) -> Option<Self> {
        let upon = &way.sent.as_ref()?.upon;
        let Look { update, at } = self::sent(way)?;
        Some(Self { update, at, completed: upon.completed.clone() })
    }
}

impl<P: EcsApi + Clock> Ecs<P> {
    /// Returns the deployment that the last update has begun. `None` if no update was sent, or if the service rolls.
    pub(super) async fn followed(
        &self,
        target: &Target,
        way: &LookContext<'_, Goal>,
    ) -> Result<Option<FollowedRollout>> {
        let look = sent(way).or_else(|| begun(way));
        let Some(look) = look.filter(|_| !target.strategy.is_rolling()) else { return Ok(None) };
        let is_own = way.behind.is_none() && way.goal.is_some_and(|goal| goal.task_definition.is_none());
        let earlier_ms = if is_own { EARLIER_OWN_MS } else { EARLIER_MS };
        let since_ms = self.at.now().ms_since(look.at);
        // ECS may return whole seconds.
        let since = Time(look.at.0.saturating_sub(earlier_ms) / 1000 * 1000);
        let (cluster, service) = (&target.cluster, &target.service);
        let rollouts = self.at.service_rollouts(cluster, service, since).await?;
        let goal = way.goal.and_then(|goal| goal.task_definition.as_deref());
        let found = find(&rollouts, look.update.to, goal, since_ms);
        let answers = found.rollout.as_ref().map(|own| answers(way, &own.arn));
        Ok(Some(FollowedRollout { answers: answers.unwrap_or_default(), ..found }))
    }
}

/// Returns the update whose deployment the last sent change is about: the change itself, or the update before the pause
/// that it answers. `None` if the change only takes a deployment back, because it has begun none.
fn sent(way: &LookContext<'_, Goal>) -> Option<Look> {
    let last = way.sent.as_ref()?;
    let known = way.changes.iter().rfind(|one| one.change == last.change);
    if let Ok(update) = Update::deserialize(&last.change) {
        return Some(Look { update, at: last.at });
    }
    let known = known?;
    let answer = Pausing::deserialize(&last.change).ok()?;
    let same = |one: &&ChangeRecord| one.undo == known.undo && one.token == known.token;
    let mut updates = way.changes.iter().filter(same).filter_map(Look::of);
    updates.next_back().filter(|_| answer.goes_on)
}

/// Returns the last update that was sent forward, under whichever token of the lock. Behind others that touch the
/// service, what was sent before that does not count.
fn begun(way: &LookContext<'_, Goal>) -> Option<Look> {
    let counts = |one: &&ChangeRecord| !one.undo && way.behind.is_none_or(|wave| one.wave == Some(wave));
    way.changes.iter().filter(counts).filter_map(Look::of).next_back()
}

/// Returns what this deployment has answered to the rollout's pauses, each with whether ECS has taken the answer.
fn answers(way: &LookContext<'_, Goal>, rollout: &str) -> Vec<(Pausing, bool)> {
    way.changes
        .iter()
        .filter_map(|one| {
            let answer = Pausing::deserialize(&one.change).ok()?;
            (answer.rollout == rollout).then_some((answer, one.answered))
        })
        .collect()
}

/// Picks the deployment that is followed. It is the oldest one of the task definition that was sent: a later one of the
/// same is somebody else's. But a deployment back to the goal that is under way comes first: an earlier owner of the
/// lock has begun it.
fn find(rollouts: &[ServiceRollout], to: String, goal: Option<&str>, since_ms: u64) -> FollowedRollout {
    let is_under_way = |one: &&ServiceRollout| !ServiceDeploymentState::of(one).is_over();
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
    let newer = rollouts.iter().take_while(|one| own.is_none_or(|own| own.arn != one.arn));
    let other = newer.into_iter().find(is_under_way);
    FollowedRollout { to, rollout: own.cloned(), other: other.cloned(), since_ms, answers: vec![] }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rollout(arn: &str, to: &str, status: &str) -> ServiceRollout {
        ServiceRollout {
            arn: arn.into(),
            created: Time(0),
            finished: None,
            status: status.into(),
            reason: String::new(),
            stage: String::new(),
            task_definition: to.into(),
            traffic_tenths: None,
            hooks: vec![],
            target_groups: None,
        }
    }

    #[test]
    fn behind_others_only_what_is_sent_there_is_followed() {
        let sent = |wave: u32| {
            let record = serde_json::json!({
                "at": wave, "change": {"from": "t:1", "to": "t:2"}, "what": "", "answered": true, "wave": wave,
                "undo": false, "switching": true,
            });
            serde_json::from_value::<ChangeRecord>(record).unwrap()
        };
        // The waves in which it was sent, the wave behind others, and when what is followed was sent.
        for (waves, behind, followed) in [(&[0][..], None, Some(0)), (&[0], Some(2), None), (&[0, 2], Some(2), Some(2))]
        {
            let changes: Vec<ChangeRecord> = waves.iter().map(|wave| sent(*wave)).collect();
            let way = LookContext { changes: &changes, behind, ..LookContext::default() };
            assert_eq!(begun(&way).map(|look| look.at), followed.map(Time), "{waves:?} {behind:?}");
        }
    }

    #[test]
    fn whose_a_deployment_is() {
        let under_way = |arn, to| rollout(arn, to, "IN_PROGRESS");
        let over = |arn, to| rollout(arn, to, "SUCCESSFUL");
        // The list is newest first, and `t:2` was sent. Expected: the deployment that is followed, the task definition
        // that it brings, and somebody else's deployment.
        let table = [
            ("none is listed yet", vec![], None, (None, "t:2", None)),
            ("ours", vec![under_way("a", "t:2")], None, (Some("a"), "t:2", None)),
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
            ("a person's, and ours is not listed", vec![under_way("b", "t:9")], None, (None, "t:2", Some("b"))),
            (
                "it is gone back from, and an earlier owner has begun that",
                vec![under_way("b", "t:1"), over("a", "t:2")],
                Some("t:1"),
                (Some("b"), "t:1", None),
            ),
            ("it was gone back from", vec![over("b", "t:1"), over("a", "t:2")], Some("t:1"), (Some("a"), "t:2", None)),
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
