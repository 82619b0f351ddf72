//! Pure: checks the pauses of a service that are declared to be Windlass's. Git owns the hooks: Windlass compares them
//! and never sets them.

use super::messages;
use crate::kinds::PrepareInput;
use crate::ports::{Service, ServiceHook};
use windlass_domain::count::count;
use windlass_domain::finding::{Finding, FindingName};
use windlass_domain::kinds::ecs::{Ecs as Spec, Pause};

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
        |(reason, remedy): (String, String)| messages::finding(FindingName::BadValue, path.clone(), reason, &remedy);
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
                "{name} has {} at {stage}, so that Windlass cannot tell which of them is its own",
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
            let told = found.as_ref().map(|(reason, _)| reason.as_str());
            match wanted {
                None => assert_eq!(told, None),
                Some(wanted) => assert!(told.unwrap_or_default().contains(wanted), "{told:?}"),
            }
        }
    }
}
