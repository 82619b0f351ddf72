//! Pure: finds the pauses that are Windlass's, and decides which of them may be answered.
//!
//! A hook of a service deployment shows its id and its sort, but neither its stage nor whose it is (Amazon ECS API
//! Reference, DeploymentLifecycleHookDetail). A pause is Windlass's if our own UpdateService began the deployment, the
//! stage is declared, and no other pause waits there. `Prepare` sees that the service has one there.

use super::hook::HookState;
use super::stage::{POST_PRODUCTION, PRE_PRODUCTION, SHIFT, rank};
use super::state::{FollowedRollout, Pausing, Until};
use crate::ports::{LifecycleHook, ServiceRollout};
use std::collections::BTreeSet;
use windlass_domain::declaration::kinds::ecs::Pause;

/// Returns the pause that a deployment has reached, if it is ours.
pub(super) fn own<'r>(rollout: &'r ServiceRollout, pauses: &BTreeSet<Pause>) -> Option<(Pause, &'r LifecycleHook)> {
    let at = pauses.iter().find(|at| at.as_str() == rollout.stage)?;
    let waits = |hook: &&LifecycleHook| hook.kind == "PAUSE" && HookState::of(hook) == Some(HookState::Waits);
    let mut waiting = rollout.hooks.iter().filter(waits);
    let hook = waiting.next()?;
    waiting.next().is_none().then_some((*at, hook))
}

/// Returns whether a deployment that is under way has come to this pause, or past it. Somebody may have answered it.
pub(super) fn has_come(rollout: &ServiceRollout, at: Pause, tenths: u32) -> bool {
    let Some(is) = rank(&rollout.stage) else { return false };
    let is_at = rollout.stage == at.as_str() && own(rollout, &[at].into()).is_some();
    let has = rollout.traffic_tenths;
    if at != Pause::PreProductionTrafficShift {
        return is_at || rank(at.as_str()).is_some_and(|wanted| is > wanted);
    }
    // The pause comes before each step, and the traffic that ECS reports shows before which one.
    let is_past = match tenths {
        0 => is > PRE_PRODUCTION || has.is_some_and(|has| has > 0),
        _ => is >= POST_PRODUCTION || has.is_some_and(|has| has > tenths),
    };
    is_past || (is_at && has.unwrap_or_default() >= tenths)
}

/// Returns whether this pause comes before the goal, as far as ECS says. Only then may it go on.
fn is_before(rollout: &ServiceRollout, until: Until, is_first: bool) -> bool {
    let (goal, tenths) = match until {
        Until::Complete => return true,
        Until::Shifted => (Some(POST_PRODUCTION), None),
        Until::Shifting { tenths } => (Some(SHIFT), Some(tenths)),
        Until::Paused { at, tenths } => {
            let tenths = (at == Pause::PreProductionTrafficShift).then_some(tenths);
            (rank(at.as_str()), tenths)
        }
    };
    let is = rank(&rollout.stage);
    if let (Some(PRE_PRODUCTION), Some(tenths)) = (is, tenths) {
        // If ECS does not report the traffic, the first pause is at 0 %.
        return match rollout.traffic_tenths {
            Some(has) => has < tenths,
            None => is_first && tenths > 0,
        };
    }
    is.zip(goal).is_some_and(|(is, goal)| is < goal)
}

/// The thing to do at the pause of a deployment that is under way.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum PauseAction {
    /// The pause is answered: the deployment goes on, or back.
    Answer(Pausing),
    /// The pause was answered already, and the look is older than the answer.
    Answered,
}

/// Returns what to do on the way to a goal: a pause before the goal goes on. `None` if there is nothing to do.
pub(super) fn on(followed: &FollowedRollout, pauses: &BTreeSet<Pause>, until: Until) -> Option<PauseAction> {
    let rollout = followed.rollout.as_ref()?;
    let (at, hook) = own(rollout, pauses)?;
    let is_first = !followed.answers.iter().any(|(answer, _)| answer.at == at);
    let is_answered = is_answered(followed, hook, true);
    let may = is_answered || is_before(rollout, until, is_first);
    may.then(|| due(rollout, (at, hook), is_answered, true))
}

/// Returns what to do on the way back: any pause of ours is answered so that ECS goes back.
pub(super) fn back(followed: &FollowedRollout, pauses: &BTreeSet<Pause>) -> Option<PauseAction> {
    let rollout = followed.rollout.as_ref()?;
    let (at, hook) = own(rollout, pauses)?;
    let is_answered = is_answered(followed, hook, false);
    Some(due(rollout, (at, hook), is_answered, false))
}

fn is_answered(followed: &FollowedRollout, hook: &LifecycleHook, goes_on: bool) -> bool {
    let same = |(answer, is_taken): &(Pausing, bool)| *is_taken && answer.hook == hook.id && answer.goes_on == goes_on;
    followed.answers.iter().any(same)
}

fn due(rollout: &ServiceRollout, (at, hook): (Pause, &LifecycleHook), is_answered: bool, goes_on: bool) -> PauseAction {
    if is_answered {
        return PauseAction::Answered;
    }
    PauseAction::Answer(Pausing {
        rollout: rollout.arn.clone(),
        hook: hook.id.clone(),
        at,
        tenths: rollout.traffic_tenths,
        goes_on,
        created: rollout.created,
        of: rollout.task_definition.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::ecs::shift;
    use windlass_domain::text::time::Time;

    const TEST: &str = "POST_TEST_TRAFFIC_SHIFT";
    const BEFORE: &str = "PRE_PRODUCTION_TRAFFIC_SHIFT";
    const AFTER: &str = "POST_PRODUCTION_TRAFFIC_SHIFT";

    fn hook(id: &str, kind: &str, status: &str) -> LifecycleHook {
        LifecycleHook {
            id: id.into(),
            kind: kind.into(),
            target: String::new(),
            status: status.into(),
            expires: None,
            then: "ROLLBACK".into(),
        }
    }

    fn rollout(stage: &str, tenths: Option<u32>, hooks: Vec<LifecycleHook>) -> ServiceRollout {
        ServiceRollout {
            arn: "arn/d".into(),
            created: Time(0),
            finished: None,
            task_definition: "t:2".into(),
            traffic_tenths: tenths,
            target_groups: None,
            status: "IN_PROGRESS".into(),
            reason: String::new(),
            stage: stage.into(),
            hooks,
        }
    }

    fn waits() -> Vec<LifecycleHook> {
        vec![hook("h", "PAUSE", "AWAITING_ACTION")]
    }

    fn followed(rollout: ServiceRollout) -> FollowedRollout {
        FollowedRollout { to: "t:2".into(), rollout: Some(rollout), other: None, since_ms: 0, answers: vec![] }
    }

    fn all() -> BTreeSet<Pause> {
        Pause::ALL.into()
    }

    #[test]
    fn whose_a_pause_is() {
        let team = || hook("t", "AWS_LAMBDA", "IN_PROGRESS");
        let two = vec![hook("h", "PAUSE", "AWAITING_ACTION"), hook("i", "PAUSE", "AWAITING_ACTION")];
        let table = [
            ("it waits at a stage of ours", rollout(TEST, None, waits()), Some("h")),
            ("beside a hook of the team's", rollout(TEST, None, [vec![team()], waits()].concat()), Some("h")),
            ("two wait there", rollout(TEST, None, two), None),
            ("it waits at a stage that is the team's", rollout("POST_SCALE_UP", None, waits()), None),
            ("a stage that nobody knows", rollout("SHADOW", None, waits()), None),
            ("it was answered", rollout(TEST, None, vec![hook("h", "PAUSE", "SUCCEEDED")]), None),
            ("only a hook of the team's runs", rollout(TEST, None, vec![team()]), None),
        ];
        for (name, rollout, wanted) in table {
            let own = own(&rollout, &all()).map(|(_, hook)| hook.id.as_str());
            assert_eq!(own, wanted, "{name}");
        }
    }

    /// The table says what happens with a deployment that has paused for Windlass: the goal is reached (`there`), it
    /// `goes on`, or it `waits`.
    #[test]
    fn a_pause_goes_on_only_where_it_comes_before_what_is_gone_for() {
        let test = Until::Paused { at: Pause::PostTestTrafficShift, tenths: 0 };
        let before = |tenths| Until::Paused { at: Pause::PreProductionTrafficShift, tenths };
        let after = Until::Paused { at: Pause::PostProductionTrafficShift, tenths: 1000 };
        let look = Until::Shifting { tenths: 100 };
        let table = [
            (TEST, Some(0), test, "there"),
            (TEST, Some(0), before(0), "goes on"),
            (TEST, Some(0), look, "goes on"),
            (TEST, None, Until::Shifted, "goes on"),
            (TEST, Some(0), Until::Complete, "goes on"),
            // Somebody has answered the one before.
            (BEFORE, Some(0), test, "there"),
            (BEFORE, Some(0), before(0), "there"),
            (BEFORE, Some(0), before(100), "goes on"),
            (BEFORE, Some(0), look, "goes on"),
            (BEFORE, Some(100), look, "there"),
            (BEFORE, Some(100), before(0), "there"),
            (BEFORE, Some(100), before(100), "there"),
            (BEFORE, Some(100), before(500), "goes on"),
            (BEFORE, Some(500), before(100), "there"),
            (BEFORE, Some(100), after, "goes on"),
            (BEFORE, Some(100), Until::Complete, "goes on"),
            // If ECS does not report the traffic, the first one is at 0 %.
            (BEFORE, None, before(0), "there"),
            (BEFORE, None, before(100), "goes on"),
            (AFTER, Some(1000), before(500), "there"),
            (AFTER, Some(1000), after, "there"),
            (AFTER, Some(1000), Until::Shifted, "there"),
            (AFTER, Some(1000), Until::Complete, "goes on"),
            // All traffic, and ECS says that none is: that is unknown.
            (AFTER, Some(0), Until::Shifted, "waits"),
        ];
        for (stage, tenths, until, wanted) in table {
            let is = rollout(stage, tenths, waits());
            let done = if shift::has_come(&is, until) {
                "there"
            } else {
                match on(&followed(is), &all(), until) {
                    Some(PauseAction::Answer(answer)) if answer.goes_on => "goes on",
                    _ => "waits",
                }
            };
            assert_eq!(done, wanted, "{stage} {tenths:?} {until:?}");
        }
    }

    #[test]
    fn what_was_answered_is_not_answered_again_and_an_unknown_step_waits() {
        let until = Until::Paused { at: Pause::PreProductionTrafficShift, tenths: 500 };
        let is = followed(rollout(BEFORE, Some(100), waits()));
        let Some(PauseAction::Answer(answer)) = on(&is, &all(), until) else {
            panic!("it goes on");
        };
        let with =
            |answer: &Pausing, is_taken| FollowedRollout { answers: vec![(answer.clone(), is_taken)], ..is.clone() };
        assert_eq!(on(&with(&answer, true), &all(), until), Some(PauseAction::Answered));
        // An answer whose own answer was lost may not have come: it is asked for again.
        assert!(matches!(on(&with(&answer, false), &all(), until), Some(PauseAction::Answer(_))));
        // It was let go on, and is gone back from now.
        assert!(matches!(back(&with(&answer, true), &all()), Some(PauseAction::Answer(back)) if !back.goes_on));
        // A later pause of the same stage. ECS does not say at which step it is.
        let unknown_step = FollowedRollout {
            rollout: Some(rollout(BEFORE, None, vec![hook("h2", "PAUSE", "AWAITING_ACTION")])),
            ..with(&answer, true)
        };
        assert_eq!(on(&unknown_step, &all(), until), None);
    }
}
