//! Pure: compares the declared deployment strategy with the one that the service has. Git owns the strategy, its
//! percentages and its times: Windlass compares them and never sets them.

use super::messages;
use crate::kinds::PrepareInput;
use crate::ports::{Service, Shifting};
use windlass_domain::execution_history::LONGEST_WAIT;
use windlass_domain::finding::{Finding, FindingName};
use windlass_domain::kinds::ecs::{Ecs as Spec, Strategy};
use windlass_domain::time::Span;

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
        return Some(messages::finding(
            FindingName::NotSupported,
            path,
            format!(
                "{name} has the deployment strategy {}, which this version of Windlass does not know",
                service.strategy
            ),
            &to_have(declared),
        ));
    };
    if found != declared {
        return Some(messages::finding(
            FindingName::BadValue,
            path,
            format!("`rollout` is `{}`, and {name} has the deployment strategy {}", declared.as_str(), found.in_ecs()),
            &format!("write `rollout: {}`; or {}", found.as_str(), to_have(declared)),
        ));
    }
    let bakes = Span::seconds(bakes_s(found, &service.shifting));
    let takes = Span::seconds(bakes.as_s() + spec.steady_within.as_s());
    (!found.is_rolling() && takes > LONGEST_WAIT).then(|| {
        messages::finding(
            FindingName::TooLarge,
            input.path("steady_within"),
            format!(
                "the strategy of {name} bakes for {bakes} in all, which with `steady_within` is {takes}, and a change is waited for at most {LONGEST_WAIT}"
            ),
            "give the service's deployment configuration shorter bake times, or fewer steps",
        )
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
}
