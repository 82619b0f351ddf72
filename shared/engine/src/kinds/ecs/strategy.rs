//! Pure: the deployment strategy that is declared and the one that the service has, and the waves that come of it. Git
//! owns the strategy, its percentages and its times: they are compared and never set.

use super::state::{Goal, Target, Until};
use super::tell;
use crate::kinds::{Closing, PrepareInput, Stage, to_value};
use crate::ports::{Answered, Service, Shifting};
use windlass_domain::execution_history::LONGEST_WAIT;
use windlass_domain::finding::{Finding, FindingName};
use windlass_domain::kinds::ecs::{Ecs as Spec, Strategy};
use windlass_domain::time::Span;

/// How many minutes of the shifting are watched before it is looked whether ECS has gone back by itself.
const LOOK_MIN: u64 = 5;

/// How often that is looked at most: each look is a wave.
const LOOKS: u64 = 6;

/// The seconds in a minute.
const MINUTE_S: u64 = 60;

/// For how many minutes ECS waits between the steps in which it shifts traffic. After the last one its bake time begins
/// (Amazon ECS API Reference, LinearConfiguration, `stepBakeTimeInMinutes`).
fn shifts_min(shifting: &Shifting) -> u64 {
    let steps = match shifting.step_tenths {
        0 => 0,
        tenths => 1000_u32.div_ceil(tenths),
    };
    let waits = steps.saturating_sub(1);
    u64::from(waits) * u64::from(shifting.step_min)
}

/// A canary has one step before all.
fn waits_min(strategy: Strategy, shifting: &Shifting) -> u64 {
    match strategy {
        Strategy::Rolling | Strategy::BlueGreen => 0,
        Strategy::Canary if shifting.step_tenths >= 1000 => 0,
        Strategy::Canary => u64::from(shifting.step_min),
        Strategy::Linear => shifts_min(shifting),
    }
}

/// For how many seconds the service's strategy bakes in all.
pub(super) fn bakes_s(strategy: Strategy, shifting: &Shifting) -> u64 {
    if strategy.is_rolling() {
        return 0;
    }
    (waits_min(strategy, shifting) + u64::from(shifting.bake_min)) * MINUTE_S
}

/// What is wrong with the service's strategy.
pub(super) fn findings(
    input: &PrepareInput<'_>,
    spec: &Spec,
    service: &Service,
) -> Option<Finding> {
    if service.controller != "ECS" {
        return None;
    }
    let name = format!("service {}/{}", spec.cluster, spec.service);
    let path = input.path("rollout");
    let declared = spec.rollout;
    let Some(found) = Strategy::of_ecs(&service.strategy) else {
        return Some(tell::finding(
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
        return Some(tell::finding(
            FindingName::BadValue,
            path,
            format!(
                "`rollout` is `{}`, and {name} has the deployment strategy {}",
                declared.as_str(),
                found.in_ecs()
            ),
            &format!(
                "write `rollout: {}`; or {}",
                found.as_str(),
                to_have(declared)
            ),
        ));
    }
    let bakes = Span::seconds(bakes_s(found, &service.shifting));
    let takes = Span::seconds(bakes.as_s() + spec.steady_within.as_s());
    (!found.is_rolling() && takes > LONGEST_WAIT).then(|| {
        tell::finding(
            FindingName::TooLarge,
            input.path("steady_within"),
            format!(
                "the strategy of {name} bakes for {bakes} in all, which with `steady_within` is {takes}, and a change is waited for at most {LONGEST_WAIT}"
            ),
            "give the service's deployment configuration shorter bake times, or fewer steps",
        )
    })
}

/// How a service gets a strategy, in three sorts of infrastructure code (Terraform AWS provider, `aws_ecs_service`; AWS CDK
/// API Reference, aws-ecs, `BaseServiceOptions`; AWS CloudFormation User Guide, AWS::ECS::Service
/// DeploymentConfiguration).
fn to_have(strategy: Strategy) -> String {
    let word = strategy.in_ecs();
    let (terraform, cdk, cloudformation) = match strategy {
        Strategy::Rolling => ("", "", ""),
        Strategy::BlueGreen => (
            ", `bake_time_in_minutes = 10`",
            ", bakeTime: Duration.minutes(10)",
            ", BakeTimeInMinutes: 10",
        ),
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

/// The waves of a release. What rolls is one; and so is a rollback, which no gate decides. Else ECS shifts by itself: that
/// is looked at while gates watch, until all traffic is shifted; and last its end is waited for.
pub(super) fn stages(
    target: &Target,
    goal: &Goal,
    what: &str,
    shifting: &Shifting,
    is_rollback: bool,
) -> Answered<Vec<Stage>> {
    if target.strategy.is_rolling() || is_rollback {
        return Ok(vec![Stage::new(to_value(goal)?, what)]);
    }
    let until = |until| {
        let goal = goal.clone();
        to_value(&Goal { until, ..goal })
    };
    let named = format!("service {}", target.service);
    let waits_min = waits_min(target.strategy, shifting);
    let looks = match waits_min {
        0 => 0,
        minutes => (minutes / LOOK_MIN).clamp(1, LOOKS),
    };
    let mut stages = vec![];
    for look in 1..=looks {
        stages.push(Stage {
            bake_s: Some(waits_min * MINUTE_S / looks),
            ..Stage::new(
                until(Until::Shifting)?,
                format!("{named}: ECS shifts traffic, look {look} of {looks}"),
            )
        });
    }
    let all = format!("{named}: all traffic");
    stages.push(Stage::new(until(Until::Shifted)?, all));
    if let Some(first) = stages.first_mut() {
        first.what = format!("{what}, by {}", target.strategy.as_str());
    }
    stages.push(Stage {
        closing: Some(Closing {
            keeps_s: u64::from(shifting.bake_min) * MINUTE_S,
            kept: format!("the former tasks of {named}"),
            longer: format!("raise the bake time of {named} (`bakeTimeInMinutes` of its deployment configuration) to at least"),
        }),
        ..Stage::new(until(Until::Complete)?, format!("{named}: ended by ECS"))
    });
    Ok(stages)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_long_a_strategy_bakes() {
        use Strategy::{BlueGreen, Canary, Linear, Rolling};
        // Bake time, step in tenths of a percent, minutes of a step: seconds of all, and of the steps.
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
            let shifting = Shifting {
                bake_min,
                step_tenths,
                step_min,
            };
            assert_eq!(
                bakes_s(strategy, &shifting),
                seconds,
                "{strategy:?} {shifting:?}"
            );
            assert_eq!(
                waits_min(strategy, &shifting),
                minutes,
                "{strategy:?} {shifting:?}"
            );
        }
    }
}
