//! The permissions that a release of a service needs of the role that changes it (Service Authorization Reference,
//! Amazon ECS).

use super::foreign::{ROLES, full_arn};
use crate::kinds::PrepareInput;
use crate::kinds::codedeploy;
use crate::kinds::needs::{DeployerRole, Needed};
use crate::ports::{EcsApi, Result, Service, TaskDefinition};
use windlass_domain::kinds::ecs::Ecs as Spec;

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
    if by.is_own {
        let roles = ROLES.map(|member| full_arn(&current.document[member], &current.arn));
        let roles = roles.iter().filter_map(|role| role.as_str());
        let roles = roles.filter(|role| !role.is_empty());
        needs
            .extend(roles.map(|role| {
                on(role.to_owned(), "iam:PassRole").with("iam:PassedToService", "ecs-tasks.amazonaws.com")
            }));
    }
    if let Some(group) = &spec.codedeploy {
        needs.extend(codedeploy::needs(group, &service.arn));
        return needs;
    }
    needs.push(on(service.arn.clone(), "ecs:UpdateService").tagged(&service.tags));
    if !spec.rollout.is_rolling() {
        // A deployment's ARN is the service's with its id.
        let deployment = service.arn.replacen(":service/", ":service-deployment/", 1) + "/any";
        let mut actions = vec!["ecs:StopServiceDeployment"];
        if !spec.pause.is_empty() {
            actions.push("ecs:ContinueServiceDeployment");
        }
        needs.push(Needed::on("service", deployment, &actions));
    }
    needs
}
