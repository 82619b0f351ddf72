//! Pure: decides the next step with a service that does not roll. ECS shifts its traffic, and Windlass follows the
//! deployment that its own change has begun.
//!
//! Forward, a wave is reached when ECS has come as far as its goal says. The last wave is reached only when ECS says
//! that the deployment is successful. If the deployment pauses for Windlass before that, it goes on. Back, a deployment
//! under way is stopped, or its pause is answered so. ECS then goes back: the former tasks still stand, so that it
//! starts none. A deployment that is over is gone back from by a new one.

use super::pause::PauseAction;
use super::stage::ServiceDeploymentState;
use super::state::{Change, FollowedRollout, Goal, Seen, Stop, Target, Update};
use super::{shift_in_words, wording};
use crate::kinds::Next;
use crate::kinds::ecs::pause;
use crate::kinds::ecs::stage::{POST_PRODUCTION, PRE_PRODUCTION, SHIFT, rank};
use crate::kinds::ecs::state::Until;
use crate::kinds::ecs::verify::{POLL_S, keeps_failing, verify, wait_unless_overdue};
use crate::ports::ServiceRollout;

/// The time after the send in which ECS need not list a deployment yet, in milliseconds.
const LISTED_MS: u64 = 60_000;

/// Returns what to do next to get to this task definition; see [`crate::kinds::Kind::next`].
pub(super) fn next(
    target: &Target,
    seen: &Seen,
    wanted: &Goal,
    goal: &str,
    followed: &FollowedRollout,
) -> Next<Change> {
    let way = NextChange { target, seen, wanted, goal, followed };
    let is_towards = followed.to == goal;
    match &followed.rollout {
        None => way.unlisted(is_towards),
        Some(rollout) if is_towards => way.towards(rollout),
        Some(rollout) => way.away(rollout),
    }
}

struct NextChange<'a> {
    target: &'a Target,
    seen: &'a Seen,
    wanted: &'a Goal,
    goal: &'a str,
    followed: &'a FollowedRollout,
}

impl NextChange<'_> {
    /// Decides if ECS lists no deployment of what was sent. The look may be behind, or the change was never made.
    fn unlisted(&self, is_towards: bool) -> Next<Change> {
        let Self { target, seen, .. } = self;
        if seen.task_definition != self.goal {
            return if is_towards || self.followed.since_ms > LISTED_MS { self.update() } else { Next::Wait(POLL_S) };
        }
        // ECS begins no deployment if the service is already set to the former one, because ECS has gone back there.
        let is_back = self.wanted.task_definition.is_some();
        let is_none = is_back && self.followed.since_ms > LISTED_MS && self.followed.other.is_none();
        if is_towards && !is_none {
            return wait_unless_overdue(seen, || shift_in_words::unlisted(target, seen));
        }
        self.settled()
    }

    /// Decides for a deployment of what is wanted.
    fn towards(&self, rollout: &ServiceRollout) -> Next<Change> {
        let Self { target, seen, .. } = self;
        let finding = || shift_in_words::not_there(target, seen, rollout);
        match ServiceDeploymentState::of(rollout) {
            ServiceDeploymentState::UnderWay => self.under_way(rollout),
            ServiceDeploymentState::GoingBack | ServiceDeploymentState::Unknown => wait_unless_overdue(seen, finding),
            ServiceDeploymentState::Successful if seen.task_definition == self.goal => self.settled(),
            ServiceDeploymentState::WentBack if self.is_theirs() => {
                Next::Failed(wording::replaced(target, seen, self.goal))
            }
            ServiceDeploymentState::WentBack => Next::TakenBack(shift_in_words::taken_back(target, seen, rollout)),
            ServiceDeploymentState::Stuck => Next::Failed(shift_in_words::taken_back(target, seen, rollout)),
            ServiceDeploymentState::Successful | ServiceDeploymentState::Stopped => {
                if seen.task_definition == self.goal && self.followed.other.is_none() {
                    Next::Failed(shift_in_words::taken_back(target, seen, rollout))
                } else {
                    Next::Failed(wording::replaced(target, seen, self.goal))
                }
            }
        }
    }

    fn under_way(&self, rollout: &ServiceRollout) -> Next<Change> {
        let Self { target, seen, wanted, .. } = self;
        if has_come(rollout, wanted.until) {
            return verify(target, seen, wanted);
        }
        let is_ours = self.followed.other.is_none();
        let due = pause::on(self.followed, &target.pauses, wanted.until);
        if let Some(PauseAction::Answer(answer)) = due.filter(|_| is_ours) {
            return Next::Do(Change::Answer(answer));
        }
        let own = seen.deployments.iter();
        let own = own.into_iter().find(|d| d.task_definition == self.goal);
        if let Some(finding) = own.and_then(|own| keeps_failing(target, seen, own)) {
            return Next::Failed(finding);
        }
        wait_unless_overdue(seen, || shift_in_words::not_there(target, seen, rollout))
    }

    /// Decides for a deployment of something else that this one has begun, and that is gone back from.
    fn away(&self, rollout: &ServiceRollout) -> Next<Change> {
        let Self { target, seen, .. } = self;
        match ServiceDeploymentState::of(rollout) {
            ServiceDeploymentState::UnderWay if self.followed.other.is_none() => {
                match pause::back(self.followed, &target.pauses) {
                    Some(PauseAction::Answer(answer)) => Next::Do(Change::Answer(answer)),
                    Some(PauseAction::Answered) => {
                        wait_unless_overdue(seen, || shift_in_words::not_there(target, seen, rollout))
                    }
                    None => Next::Do(Change::Stop(Stop {
                        rollout: rollout.arn.clone(),
                        created: rollout.created,
                        of: rollout.task_definition.clone(),
                    })),
                }
            }
            ServiceDeploymentState::UnderWay | ServiceDeploymentState::GoingBack | ServiceDeploymentState::Unknown => {
                wait_unless_overdue(seen, || shift_in_words::not_there(target, seen, rollout))
            }
            _ if seen.task_definition == self.goal => self.settled(),
            _ => self.update(),
        }
    }

    /// Decides if the deployment is over and the service is set to the goal.
    fn settled(&self) -> Next<Change> {
        let Self { target, seen, wanted, goal, .. } = self;
        if seen.desired == 0 {
            return Next::Done;
        }
        if seen.is_settled(goal) {
            return verify(target, seen, wanted);
        }
        wait_unless_overdue(seen, || shift_in_words::not_settled(target, seen))
    }

    /// Returns whether somebody else has begun a deployment, or has set the service to something that ECS did not go
    /// back to: neither the goal, nor what it was changed from, nor what was complete then.
    fn is_theirs(&self) -> bool {
        let set_to = &self.seen.task_definition;
        let sent = self.seen.sent.as_ref();
        let is_known = sent.is_none_or(|it| it.update.from == *set_to || it.completed.contains(set_to));
        self.followed.other.is_some() || (!is_known && set_to != self.goal)
    }

    fn update(&self) -> Next<Change> {
        Next::Do(Change::Update(Update { from: self.seen.task_definition.clone(), to: self.goal.to_owned() }))
    }
}

/// Returns whether a deployment that is under way has come this far.
pub(super) fn has_come(rollout: &ServiceRollout, until: Until) -> bool {
    let has = rollout.traffic_tenths;
    let is_from = |stage| rank(&rollout.stage).is_some_and(|is| is >= stage);
    match until {
        Until::Complete => false,
        Until::Shifted => is_from(POST_PRODUCTION) && has != Some(0),
        // Before each step but the first ECS is at the stage before the shift once more.
        Until::Shifting { tenths } => match has {
            Some(has) => is_from(PRE_PRODUCTION) && has >= tenths,
            None => is_from(SHIFT),
        },
        Until::Paused { at, tenths } => pause::has_come(rollout, at, tenths),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use windlass_domain::text::time::Time;

    fn rollout(stage: &str) -> ServiceRollout {
        ServiceRollout {
            arn: "arn/d".into(),
            created: Time(0),
            finished: None,
            status: "IN_PROGRESS".into(),
            reason: String::new(),
            stage: stage.into(),
            task_definition: "t:2".into(),
            traffic_tenths: None,
            hooks: vec![],
            target_groups: None,
        }
    }

    #[test]
    fn production_traffic_is_not_shifted_while_ecs_says_that_none_is() {
        for (tenths, has) in [(None, true), (Some(0), false), (Some(1), true)] {
            let is = ServiceRollout { traffic_tenths: tenths, ..rollout("PRODUCTION_TRAFFIC_SHIFT") };
            assert_eq!(has_come(&is, Until::Shifting { tenths: 1 }), has, "{tenths:?}");
        }
    }
}
