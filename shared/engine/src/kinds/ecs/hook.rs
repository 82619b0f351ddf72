//! Pure: describes the team's own lifecycle hook that holds a rollout. If a person has kept the decision for
//! themselves, Windlass neither continues nor rolls back (Amazon ECS API Reference, ContinueServiceDeployment).

// ECS's own rollback is asked for only where the service differs or has hooks: two calls at each look otherwise. To
// take every change for ECS's would hide the person who mends it.

use super::state::HoldingHook;
use crate::ports::{LifecycleHook, ServiceRollout};
use windlass_domain::declaration::kinds::ecs::Pause;
use windlass_domain::text::fault::Fault;
use windlass_domain::text::prose::Prose;
use windlass_domain::{prose, run};

/// The state of a lifecycle hook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum HookState {
    /// It waits for somebody's answer.
    Waits,
    /// It runs.
    Runs,
    /// It holds nothing any more.
    Over,
}

/// Each status of a lifecycle hook, and its state (Amazon ECS API Reference, DeploymentLifecycleHookDetail, `status`).
pub(super) const HOOK_STATUSES: [(&str, HookState); 5] = [
    ("AWAITING_ACTION", HookState::Waits),
    ("IN_PROGRESS", HookState::Runs),
    ("SUCCEEDED", HookState::Over),
    ("FAILED", HookState::Over),
    ("TIMED_OUT", HookState::Over),
];

impl HookState {
    /// Returns the state of a hook; `None` where this build does not know the status.
    pub(super) fn of(hook: &LifecycleHook) -> Option<Self> {
        HOOK_STATUSES.iter().find(|(word, _)| *word == hook.status).map(|(_, state)| *state)
    }
}

/// Returns the team's hook that a deployment waits for, if it waits for one. `own` is Windlass's own pause, which does
/// not count.
pub(super) fn held(newest: &ServiceRollout, own: Option<(Pause, &LifecycleHook)>) -> Option<HoldingHook> {
    let is_own = |hook: &LifecycleHook| own.is_some_and(|(_, own)| own.id == hook.id);
    let theirs = || newest.hooks.iter().filter(|hook| !is_own(hook));
    let in_state = |state: HookState| theirs().find(|hook| HookState::of(hook) == Some(state));
    let hook = in_state(HookState::Waits).or_else(|| in_state(HookState::Runs))?;
    Some(HoldingHook {
        by: format!("{}{}{}", what(hook), at(&newest.stage), until(hook)),
        remedy: remedy(newest, hook),
        pause: (hook.kind == "PAUSE").then(|| hook.id.clone()),
    })
}

/// Describes hooks that may not be read: one of them may hold the rollout.
pub(super) fn unread(fault: &Fault) -> HoldingHook {
    HoldingHook {
        by: format!(
            "perhaps one of its lifecycle hooks, which cannot be read ({})",
            fault.message
        ),
        remedy: "look at the service's deployment in the console of Amazon ECS, and allow `ecs:ListServiceDeployments` and `ecs:DescribeServiceDeployments`".into(),
        pause: None,
    }
}

fn what(hook: &LifecycleHook) -> String {
    match hook.kind.as_str() {
        "PAUSE" => format!("its own pause hook {}", hook.id),
        _ => format!("its own lifecycle hook {}, which runs {}", hook.id, hook.target),
    }
}

fn at(stage: &str) -> String {
    match stage {
        "" => String::new(),
        stage => format!(" at {stage}"),
    }
}

/// Says until when ECS waits for the hook, and what it does then.
pub(super) fn until(hook: &LifecycleHook) -> String {
    let Some(at) = hook.expires else { return String::new() };
    let then = match hook.then.as_str() {
        "CONTINUE" => "goes on",
        "ROLLBACK" => "rolls back",
        _ => "ends it",
    };
    format!(" until {at}, when ECS {then}")
}

fn remedy(newest: &ServiceRollout, hook: &LifecycleHook) -> Prose {
    match hook.kind.as_str() {
        "PAUSE" => prose!(
            "let it go on: {}",
            run!(
                "aws ecs continue-service-deployment --service-deployment-arn {} --hook-id {} --action CONTINUE",
                newest.arn,
                hook.id
            )
        ),
        _ => prose!("look at the log of {}", &hook.target),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use windlass_domain::text::time::Time;

    fn hook(kind: &str, status: &str, then: &str) -> LifecycleHook {
        LifecycleHook {
            id: format!("{kind}-{status}"),
            kind: kind.into(),
            target: "arn/f".into(),
            status: status.into(),
            expires: (!then.is_empty()).then_some(Time(1_795_183_200_000)),
            then: then.into(),
        }
    }

    #[test]
    fn what_a_deployment_waits_for() {
        let table = [
            (vec![], None),
            (vec![hook("PAUSE", "SUCCEEDED", "ROLLBACK")], None),
            (vec![hook("PAUSE", "TIMED_OUT", "ROLLBACK"), hook("PAUSE", "RESTING", "ROLLBACK")], None),
            (
                vec![hook("AWS_LAMBDA", "IN_PROGRESS", ""), hook("PAUSE", "AWAITING_ACTION", "ROLLBACK")],
                Some(
                    "its own pause hook PAUSE-AWAITING_ACTION at POST_SCALE_UP until 2026-11-20T14:00:00Z, when ECS rolls back",
                ),
            ),
            (
                vec![hook("PAUSE", "AWAITING_ACTION", "CONTINUE")],
                Some(
                    "its own pause hook PAUSE-AWAITING_ACTION at POST_SCALE_UP until 2026-11-20T14:00:00Z, when ECS goes on",
                ),
            ),
            (
                vec![hook("AWS_LAMBDA", "IN_PROGRESS", "")],
                Some("its own lifecycle hook AWS_LAMBDA-IN_PROGRESS, which runs arn/f at POST_SCALE_UP"),
            ),
        ];
        for (hooks, wanted) in table {
            let newest = ServiceRollout {
                arn: "arn/d".into(),
                created: Time(0),
                finished: None,
                task_definition: "t:2".into(),
                traffic_tenths: None,
                status: "IN_PROGRESS".into(),
                reason: String::new(),
                stage: "POST_SCALE_UP".into(),
                hooks,
                target_groups: None,
            };
            let held = held(&newest, None);
            let pause = held.as_ref().and_then(|held| held.pause.as_deref());
            let is_pause = wanted.is_some_and(|words| words.contains("pause"));
            assert_eq!(pause, is_pause.then_some("PAUSE-AWAITING_ACTION"), "{newest:?}");
            assert_eq!(held.map(|held| held.by).as_deref(), wanted, "{newest:?}");
        }
    }
}
