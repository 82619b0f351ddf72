//! The permissions that a release of a service needs (Service Authorization Reference, Amazon ECS), and whether the
//! roles of its task definition may be passed on to Amazon ECS.
//!
//! Registering a task definition passes its roles on (Amazon ECS Developer Guide, "IAM roles for Amazon ECS"). Only the
//! name of a role decides, because the right to pass one on knows no tags.

use crate::config::Config;
use crate::kinds::ecs::foreign::{ROLES, full_arn};
use crate::kinds::ecs::wording;
use crate::kinds::needs::{DeployerRole, Needed};
use crate::kinds::{PrepareInput, codedeploy};
use crate::ports::{EcsApi, Result, Service, TaskDefinition};
use globset::Glob;
use serde_json::Value;
use windlass_domain::declaration::kinds::ecs::Ecs as Spec;
use windlass_domain::text::finding::{Finding, FindingName};

/// Finds what is wrong with the roles of a task definition from which another one is made. The member `path` of the
/// declaration names it. A rollback is not checked, because it registers nothing. Nor is an environment with a role of
/// its own (`role_arn`), because this installation does not know the rights of that role.
pub(in crate::kinds) fn findings(
    config: &Config,
    input: &PrepareInput<'_>,
    path: &str,
    current: &TaskDefinition,
) -> Vec<Finding> {
    if config.task_roles.is_empty() || input.goal_state.is_some() || input.place.role.is_some() {
        return vec![];
    }
    ROLES
        .into_iter()
        .filter_map(|member| {
            let role = full_arn(&current.document[member], &current.arn);
            let role = role.as_str().filter(|role| !role.is_empty())?;
            let may = config.task_roles.iter().any(|known| fits(known, role));
            (!may).then(|| not_passed(config, input.path(path), current, (member, role)))
        })
        .collect()
}

/// Returns whether a role fits a known ARN. An asterisk stands for any text, slashes included (IAM User Guide, "IAM
/// JSON policy elements: Resource").
fn fits(known: &str, role: &str) -> bool {
    Glob::new(known).is_ok_and(|glob| glob.compile_matcher().is_match(role))
}

fn not_passed(config: &Config, path: String, current: &TaskDefinition, (member, role): (&str, &str)) -> Finding {
    let known = config.task_roles.join("`, `");
    wording::finding(
        FindingName::NoPermission,
        path,
        format!(
            "the `{member}` of {} is {role}, and the roles that Windlass may pass on to ECS are `{known}`",
            wording::short(&current.arn)
        ),
        format!(
            "add it to a parameter of Windlass's stack: deploy that again with `TaskRoleArns={},{role}` (docs/install.md, \"Later\"); or give the environment a role of its own (`role_arn`), or the tasks a role of such a name",
            config.task_roles.join(",")
        ),
    )
}

/// The calls of a release; see [`crate::kinds::needs`].
pub async fn needs(
    there: &impl EcsApi,
    _: &PrepareInput<'_>,
    by: &DeployerRole<'_>,
    spec: &Spec,
) -> Result<Vec<Needed>> {
    let service = there.service(&spec.cluster, &spec.service).await?;
    let current = there.task_definition(service.runs()).await?;
    Ok(of(by, spec, &service, &current))
}

/// Pure: returns these calls. `iam:PassRole` is asked only of an environment's own role. For Windlass's own roles, the
/// names of the tasks' roles decide (`passed`).
fn of(by: &DeployerRole<'_>, spec: &Spec, service: &Service, current: &TaskDefinition) -> Vec<Needed> {
    let on = |resource: String, action| Needed::on("service", resource, &[action]);
    let mut needs = vec![
        on(current.arn.clone(), "ecs:RegisterTaskDefinition"),
        on(current.arn.clone(), "ecs:TagResource").with("ecs:CreateAction", "RegisterTaskDefinition"),
    ];
    needs.extend(passes_on("service", by, current));
    if let Some(group) = &spec.codedeploy {
        needs.extend(codedeploy::needs(group, &service.arn));
        return needs;
    }
    needs.push(on(service.arn.clone(), "ecs:UpdateService").tagged(&service.tags));
    if !spec.rollout.is_rolling() {
        let mut actions = vec!["ecs:StopServiceDeployment"];
        if !spec.pause.is_empty() {
            actions.push("ecs:ContinueServiceDeployment");
        }
        needs.extend(on_a_rollout(service, &actions));
    }
    needs
}

/// Pure: returns the calls on a rollout that is under way. They need permission for its deployment and for the service
/// (Service Authorization Reference, Amazon ECS: both resource types are required).
fn on_a_rollout(service: &Service, actions: &[&'static str]) -> [Needed; 2] {
    // A deployment's ARN is the service's with its id.
    let deployment = service.arn.replacen(":service/", ":service-deployment/", 1) + "/any";
    [
        Needed::on("service", deployment, actions),
        Needed::on("service", service.arn.clone(), actions).tagged(&service.tags),
    ]
}

/// Pure: returns the calls by which an environment's own role passes on the roles of a task definition.
pub fn passes_on(member: &'static str, by: &DeployerRole<'_>, of: &TaskDefinition) -> Vec<Needed> {
    let roles = ROLES.map(|role| full_arn(&of.document[role], &of.arn));
    let roles = roles.iter().filter_map(Value::as_str).filter(|role| by.is_own && !role.is_empty());
    let pass = |role: &str| Needed::on(member, role.to_owned(), &["iam:PassRole"]);
    roles.map(|role| pass(role).with("iam:PassedToService", "ecs-tasks.amazonaws.com")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::{OnFailure, Shifting};
    use serde_json::json;
    use std::collections::BTreeMap;

    #[test]
    fn a_role_is_known_by_its_arn_with_wildcards() {
        let table = [
            ("arn:*:iam::*:role/windlass-task-*", true),
            ("arn:aws:iam::111111111111:role/windlass-task-shop", true),
            ("*", true),
            ("arn:aws:iam::1111111111??:role/windlass-*", true),
            ("arn:aws:iam::222222222222:role/windlass-task-*", false),
            ("arn:aws:iam::*:role/windlass-task", false),
            ("arn:aws:iam::*:role/[", false),
        ];
        for (known, fits_it) in table {
            let role = "arn:aws:iam::111111111111:role/windlass-task-shop";
            assert_eq!(fits(known, role), fits_it, "{known}");
        }
        let task_definition = "arn:aws:ecs:eu-west-1:1:task-definition/agent:1";
        for (role, whole) in [("task", "arn:aws:iam::1:role/task"), ("", "")] {
            assert_eq!(full_arn(&role.into(), task_definition), whole, "{role}");
        }
        assert!(fits("arn:aws:iam::*:role/*", "arn:aws:iam::1:role/teams/shop/task"));
    }

    fn service() -> Service {
        Service {
            arn: "arn:aws:ecs:eu-west-1:111111111111:service/shop/agent".to_owned(),
            status: "ACTIVE".to_owned(),
            task_definition: "arn:aws:ecs:eu-west-1:111111111111:task-definition/agent:1".to_owned(),
            desired: 1,
            running: 1,
            capacity: vec![],
            controller: "ECS".to_owned(),
            strategy: "CANARY".to_owned(),
            percents: (100, 200),
            completes_early: false,
            breaker: OnFailure::RollsBack,
            alarms: OnFailure::GoesOn,
            hooks: vec![],
            shifting: Shifting::default(),
            deployments: vec![],
            task_sets: vec![],
            events: vec![],
            tags: BTreeMap::from([("windlass:app".to_owned(), "shop".to_owned())]),
        }
    }

    fn spec(rollout: &str, pause: &[&str]) -> Spec {
        serde_json::from_value(json!({
            "cluster": "shop", "service": "agent", "containers": {"agent": "shop/agent"}, "base": "running",
            "rollout": rollout, "pause": pause, "steady_within": "15m",
        }))
        .unwrap()
    }

    /// The calls on a rollout, in short: the action, the kind of the resource, and whether its tags are given.
    fn on_rollouts(spec: &Spec) -> Vec<(&'static str, String, bool)> {
        let by = DeployerRole {
            role: "arn:aws:iam::111111111111:role/windlass-deploy-ecs",
            is_own: false,
            region: "eu-west-1",
        };
        let service = service();
        let current = TaskDefinition {
            arn: service.task_definition.clone(),
            family: "agent".to_owned(),
            document: json!({}),
            tags: BTreeMap::new(),
        };
        let mut found = vec![];
        for needed in of(&by, spec, &service, &current) {
            let sort = needed.resource.split([':', '/']).nth(5).unwrap_or_default().to_owned();
            let is_tagged = needed.context.contains_key("aws:ResourceTag/windlass:app");
            let of_rollout = needed.actions.iter().filter(|action| action.ends_with("ServiceDeployment"));
            found.extend(of_rollout.map(|action| (*action, sort.clone(), is_tagged)));
        }
        found
    }

    /// The rollout, its pauses, and the calls on it.
    type Row<'a> = (&'a str, &'a [&'a str], &'a [(&'a str, &'a str, bool)]);

    #[test]
    fn a_rollout_is_stopped_with_permission_for_the_service_too() {
        let (stop, go_on) = ("ecs:StopServiceDeployment", "ecs:ContinueServiceDeployment");
        let table: [Row<'_>; 3] = [
            ("rolling", &[], &[]),
            ("canary", &[], &[(stop, "service-deployment", false), (stop, "service", true)]),
            (
                "canary",
                &["POST_TEST_TRAFFIC_SHIFT"],
                &[
                    (stop, "service-deployment", false),
                    (go_on, "service-deployment", false),
                    (stop, "service", true),
                    (go_on, "service", true),
                ],
            ),
        ];
        for (rollout, pause, expected) in table {
            let found = on_rollouts(&spec(rollout, pause));
            let found: Vec<_> = found.iter().map(|(action, sort, tagged)| (*action, sort.as_str(), *tagged)).collect();
            assert_eq!(found, expected, "{rollout} {pause:?}");
        }
    }
}
