//! Pure: compares the deployment strategy and the pauses that are declared with those that the service has. Git owns
//! the strategy, its percentages, its times and its hooks: Windlass compares them and never sets them. A service that
//! shifts traffic is not taken for one that rolls: its rollout would look steady while visitors still get the former
//! release.

use crate::kinds::PrepareInput;
use crate::kinds::ecs::wording;
use crate::ports::{Service, ServiceHook, Shifting};
use windlass_domain::declaration::execution_history::LONGEST_WAIT;
use windlass_domain::declaration::kinds::ecs::{Ecs as Spec, Pause, Strategy};
use windlass_domain::text::count::count;
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_domain::text::time::Span;

/// The seconds in a minute.
pub(super) const MINUTE_S: u64 = 60;

/// Returns the minutes that ECS waits in all between the steps in which it shifts traffic. After the last step its bake
/// time begins (Amazon ECS API Reference, LinearConfiguration, `stepBakeTimeInMinutes`).
fn shifts_min(shifting: &Shifting) -> u64 {
    let steps = match shifting.step_tenths {
        0 => 0,
        tenths => 1000_u32.div_ceil(tenths),
    };
    let waits = steps.saturating_sub(1);
    u64::from(waits) * u64::from(shifting.step_min)
}

/// Returns the minutes that ECS waits until it has shifted all traffic. A canary has one step before that.
pub(super) fn waits_min(strategy: Strategy, shifting: &Shifting) -> u64 {
    match strategy {
        Strategy::Rolling | Strategy::BlueGreen => 0,
        Strategy::Canary if shifting.step_tenths >= 1000 => 0,
        Strategy::Canary => u64::from(shifting.step_min),
        Strategy::Linear => shifts_min(shifting),
    }
}

/// Returns the seconds for which the service's strategy bakes in all.
pub(super) fn bakes_s(strategy: Strategy, shifting: &Shifting) -> u64 {
    if strategy.is_rolling() {
        return 0;
    }
    (waits_min(strategy, shifting) + u64::from(shifting.bake_min)) * MINUTE_S
}

/// Finds a strategy of the service that is unknown, is not the declared one, or bakes too long.
pub(super) fn findings(input: &PrepareInput<'_>, spec: &Spec, service: &Service) -> Option<Finding> {
    if service.controller != "ECS" {
        return None;
    }
    let name = format!("service {}/{}", spec.cluster, spec.service);
    let path = input.path("rollout");
    let declared = spec.rollout;
    let Some(found) = Strategy::of_ecs(&service.strategy) else {
        return Some(wording::finding(
            FindingName::NotSupported,
            path,
            format!(
                "{name} has the deployment strategy {}, which this version of Windlass does not know",
                service.strategy
            ),
            to_have(declared),
        ));
    };
    if found != declared {
        return Some(
            wording::finding(
                FindingName::BadValue,
                path,
                format!(
                    "`rollout` is `{}`, and {name} has the deployment strategy {}",
                    declared.as_str(),
                    found.in_ecs()
                ),
                format!("write `rollout: {}`; or {}", found.as_str(), to_have(declared)),
            )
            .seen(declared.as_str(), found.as_str()),
        );
    }
    let bakes = Span::seconds(bakes_s(found, &service.shifting));
    let takes = Span::seconds(bakes.as_s() + spec.steady_within.as_s());
    (!found.is_rolling() && takes > LONGEST_WAIT).then(|| {
        wording::finding(
            FindingName::TooLarge,
            input.path("steady_within"),
            format!(
                "the strategy of {name} bakes for {bakes} in all, which with `steady_within` is {takes}, and a change is waited for at most {LONGEST_WAIT}"
            ),
            "give the service's deployment configuration shorter bake times, or fewer steps",
        )
        .seen(takes, LONGEST_WAIT)
    })
}

/// Says how to give a service a strategy, in three sorts of infrastructure code (Terraform AWS provider,
/// `aws_ecs_service`; AWS CDK API Reference, aws-ecs, `BaseServiceOptions`; AWS CloudFormation User Guide,
/// AWS::ECS::Service DeploymentConfiguration).
fn to_have(strategy: Strategy) -> String {
    let word = strategy.in_ecs();
    let (terraform, cdk, cloudformation) = match strategy {
        Strategy::Rolling => ("", "", ""),
        Strategy::BlueGreen => {
            (", `bake_time_in_minutes = 10`", ", bakeTime: Duration.minutes(10)", ", BakeTimeInMinutes: 10")
        }
        Strategy::Canary => (
            ", `bake_time_in_minutes = 10` and `canary_configuration` with `canary_percent = 10`, `canary_bake_time_in_minutes = 10`",
            ", bakeTime: Duration.minutes(10), canaryConfiguration: {stepPercent: 10, stepBakeTime: Duration.minutes(10)}",
            ", BakeTimeInMinutes: 10, CanaryConfiguration: {CanaryPercent: 10, CanaryBakeTimeInMinutes: 10}",
        ),
        Strategy::Linear => (
            ", `bake_time_in_minutes = 10` and `linear_configuration` with `step_percent = 25`, `step_bake_time_in_minutes = 5`",
            ", bakeTime: Duration.minutes(10), linearConfiguration: {stepPercent: 25, stepBakeTime: Duration.minutes(5)}",
            ", BakeTimeInMinutes: 10, LinearConfiguration: {StepPercent: 25, StepBakeTimeInMinutes: 5}",
        ),
    };
    format!(
        "set the service to {word}: Terraform `strategy = \"{word}\"`{terraform} in `deployment_configuration`, CDK `deploymentStrategy: DeploymentStrategy.{word}{cdk}`, CloudFormation `DeploymentConfiguration: {{Strategy: {word}{cloudformation}}}`"
    )
}

/// The time that the hook in the snippet waits, in minutes.
const USUAL_MIN: u32 = 60;

/// Returns everything that is wrong with them. A rollback needs no pause, because no gate decides it.
pub(super) fn pause_findings(input: &PrepareInput<'_>, spec: &Spec, service: &Service) -> Vec<Finding> {
    if input.goal_state.is_some() {
        return vec![];
    }
    let name = format!("service {}/{}", spec.cluster, spec.service);
    let wrong = spec.pause.iter().filter_map(|at| wrong(*at, &name, &service.hooks));
    let path = input.path("pause");
    let of =
        |(reason, remedy): (String, String)| wording::finding(FindingName::BadValue, path.clone(), reason, &remedy);
    wrong.map(of).collect()
}

/// Returns what is wrong at this stage, and what to do.
fn wrong(at: Pause, name: &str, hooks: &[ServiceHook]) -> Option<(String, String)> {
    let own = |hook: &&ServiceHook| hook.pauses_at(at.as_str());
    let hooks: Vec<&ServiceHook> = hooks.iter().filter(own).collect();
    let stage = at.as_str();
    match hooks.as_slice() {
        [hook] if hook.then == "ROLLBACK" => None,
        [hook] => Some((
            format!(
                "where nobody answers the PAUSE hook of {name} at {stage}, ECS does {}: it would go on before the gates are judged",
                hook.then
            ),
            format!("give it the timeout action ROLLBACK: {}", snippet(at, hook.timeout_min)),
        )),
        [] => Some((
            format!("`pause` names {stage}, and {name} has no PAUSE hook there"),
            format!("leave {stage} out of `pause`; or give the service one: {}", snippet(at, USUAL_MIN)),
        )),
        several => Some((
            format!(
                "{name} has {} at {stage}, so that Windlass cannot know which of them is its own",
                count(several.len() as u64, "PAUSE hook")
            ),
            format!("leave one of them there, or leave {stage} out of `pause`: then all are yours to answer"),
        )),
    }
}

/// Says how to give a service a pause, in three sorts of infrastructure code (AWS CloudFormation Template Reference,
/// AWS::ECS::Service DeploymentLifecycleHook; AWS CDK Developer Guide, "Escape hatches"). Not every version of the CDK
/// and of Terraform's provider has words of its own for it.
fn snippet(at: Pause, minutes: u32) -> String {
    format!(
        "CloudFormation `LifecycleHooks: [{{TargetType: PAUSE, LifecycleStages: [{}], TimeoutConfiguration: {{TimeoutInMinutes: {minutes}, Action: ROLLBACK}}}}]` in `DeploymentConfiguration`; CDK the same by `addPropertyOverride` of its `CfnService`; Terraform a `lifecycle_hook` of the same sort in `deployment_configuration`, where your provider's version has it",
        at.as_str()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_long_a_strategy_bakes() {
        use Strategy::{BlueGreen, Canary, Linear, Rolling};
        // Bake minutes, step in tenths of a percent, minutes of a step. Expected: the seconds in all, and the minutes
        // of waits.
        let table = [
            (Rolling, (10, 100, 5), 0, 0),
            (BlueGreen, (10, 1000, 0), 600, 0),
            (Canary, (10, 50, 60), 4200, 60),
            (Canary, (10, 1000, 60), 600, 0),
            (Linear, (10, 250, 5), 600 + 900, 15),
            (Linear, (0, 333, 5), 900, 15),
            (Linear, (0, 1000, 5), 0, 0),
            (Linear, (0, 0, 5), 0, 0),
        ];
        for (strategy, (bake_min, step_tenths, step_min), seconds, minutes) in table {
            let shifting = Shifting { bake_min, step_tenths, step_min };
            assert_eq!(bakes_s(strategy, &shifting), seconds, "{strategy:?} {shifting:?}");
            assert_eq!(waits_min(strategy, &shifting), minutes, "{strategy:?} {shifting:?}");
        }
    }

    fn hook(kind: &str, stages: &[&str], timeout_min: u32, then: &str) -> ServiceHook {
        ServiceHook {
            kind: kind.into(),
            stages: stages.iter().map(|stage| (*stage).to_owned()).collect(),
            timeout_min,
            then: then.into(),
        }
    }

    #[test]
    fn a_stage_has_exactly_one_pause_that_rolls_back() {
        let at = Pause::PostTestTrafficShift;
        let stage = at.as_str();
        let table = [
            (vec![hook("PAUSE", &["POST_SCALE_UP", stage], 60, "ROLLBACK")], None),
            (vec![], Some("has no PAUSE hook there")),
            (vec![hook("AWS_LAMBDA", &[stage], 60, "ROLLBACK")], Some("has no PAUSE hook there")),
            (vec![hook("PAUSE", &["POST_SCALE_UP"], 60, "ROLLBACK")], Some("has no PAUSE hook there")),
            (vec![hook("PAUSE", &[stage], 60, "CONTINUE")], Some("ECS does CONTINUE")),
            (
                vec![hook("PAUSE", &[stage], 60, "ROLLBACK"), hook("PAUSE", &[stage, "PRE_SCALE_UP"], 60, "ROLLBACK")],
                Some("has 2 PAUSE hooks at POST_TEST_TRAFFIC_SHIFT"),
            ),
        ];
        for (hooks, wanted) in table {
            let found = wrong(at, "service shop/agent", &hooks);
            let reason = found.as_ref().map(|(reason, _)| reason.as_str());
            match wanted {
                None => assert_eq!(reason, None),
                Some(wanted) => assert!(reason.unwrap_or_default().contains(wanted), "{reason:?}"),
            }
        }
    }
}
