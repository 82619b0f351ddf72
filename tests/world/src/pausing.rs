//! Pauses of a service's deployment: it waits at a stage until somebody answers, or the time of its hook is over
//! (Amazon ECS Developer Guide, "Pause hooks for Amazon ECS service deployments").

use crate::rollout::LiveService;
pub use crate::rollout::{Answered, Pausing};
use windlass_domain::text::time::Time;
use windlass_engine::ports::LifecycleHook;

const WAITS: &str = "AWAITING_ACTION";

impl LiveService {
    /// Notes that the newest deployment was begun by a call of the port.
    pub(crate) fn note_called(&mut self, id: &str) {
        let own = self.rollouts.first().filter(|one| one.arn.ends_with(id));
        self.called.extend(own.map(|own| own.arn.clone()));
    }

    /// Takes the newest deployment to a stage: each pause of the service's configuration at it waits, with an id of its
    /// own.
    pub(crate) fn pause(&mut self, stage: &str, now: Time) {
        let pauses = self.service.hooks.iter().filter(|hook| hook.pauses_at(stage));
        let Some(newest) = self.rollouts.first_mut() else {
            return;
        };
        for hook in pauses {
            let id = format!("{}-pause-{}", newest.arn, newest.hooks.len());
            newest.hooks.push(LifecycleHook {
                id,
                kind: "PAUSE".into(),
                target: String::new(),
                status: WAITS.into(),
                expires: Some(now.plus_s(u64::from(hook.timeout_min) * 60)),
                then: hook.then.clone(),
            });
        }
    }

    /// Returns whether the newest deployment waits. A pause that nobody has answered in time ends as its hook says.
    pub(crate) fn is_paused(&mut self, now: Time) -> bool {
        let Some(newest) = self.rollouts.first_mut() else {
            return false;
        };
        let mut waiting = newest.hooks.iter_mut().filter(|hook| hook.status == WAITS);
        let over = waiting.find(|hook| hook.expires.is_some_and(|at| at <= now));
        if let Some(over) = over {
            over.status = "TIMED_OUT".into();
            if over.then == "ROLLBACK" {
                self.end_shifting(true, "Service deployment rolled back because a pause hook timed out.", now);
                return true;
            }
        }
        let hooks = self.rollouts.first().map(|newest| newest.hooks.iter());
        hooks.is_some_and(|mut hooks| hooks.any(|hook| hook.status == WAITS))
    }

    /// Ends the pauses of a deployment that is over: they wait for nothing more.
    pub(crate) fn leave_pauses(&mut self) {
        let hooks = self.rollouts.first_mut().map(|newest| newest.hooks.iter_mut());
        for hook in hooks.into_iter().flatten() {
            if hook.status == WAITS {
                hook.status = "FAILED".into();
            }
        }
    }

    /// Answers a pause. Returns whether it was waiting.
    pub(crate) fn answer_pause(&mut self, hook: &str, by: Pausing, now: Time) -> bool {
        let under_way = self.rollouts.first_mut().filter(|it| it.status == "IN_PROGRESS");
        let Some(newest) = under_way else {
            return false;
        };
        let mut waiting = newest.hooks.iter_mut().filter(|hook| hook.status == WAITS);
        let Some(waits) = waiting.find(|it| it.id == hook) else {
            return false;
        };
        waits.status = "SUCCEEDED".into();
        let answered =
            Answered { at: now, rollout: newest.arn.clone(), stage: newest.stage.clone(), hook: hook.to_owned(), by };
        self.pauses.push(answered);
        let (Pausing::Called { goes_on } | Pausing::ByHand { goes_on }) = by;
        if !goes_on {
            self.end_shifting(true, "Service deployment rolled back by request.", now);
            // A call has taken effect when it is answered: the service is set back at once, and its tasks follow.
            if matches!(by, Pausing::Called { .. }) {
                self.go_back(now);
            }
        }
        true
    }
}
