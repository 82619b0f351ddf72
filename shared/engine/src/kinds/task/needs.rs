//! The permissions that a release of a task needs for the role that runs it (Service Authorization Reference, Amazon
//! ECS).

use super::call::{self, CallPorts};
use super::log::Log;
use super::once::family;
use super::prepare::{FoundNeeds, find};
use crate::kinds::ecs::permissions::passes_on;
use crate::kinds::needs::{DeployerRole, Needed};
use crate::kinds::{APP_TAG, ENVIRONMENT_TAG, PrepareInput};
use crate::ports::{EcsApi, EcsTasksApi, Result};
use crate::trouble::found;
use windlass_domain::declaration::kinds::task::Task as Spec;
use windlass_domain::release::identity::EnvironmentId;

/// The calls of a release; see [`crate::kinds::needs`]. `prepare` reports what is not there.
pub async fn needs(
    there: &(impl EcsApi + EcsTasksApi + CallPorts),
    input: &PrepareInput<'_>,
    by: &DeployerRole<'_>,
    spec: &Spec,
) -> Result<Vec<Needed>> {
    if let Some(function) = &spec.function {
        return call::needs(there, by, function).await;
    }
    let found = found(find(there, input, spec).await)?;
    Ok(found.map_or_else(Vec::new, |found| of(by, input, &found, spec)))
}

/// Pure: the calls. Only for an environment's own role they have the roles of the tasks: the names of these roles show
/// whether Windlass's own roles may pass them on.
fn of(by: &DeployerRole<'_>, input: &PrepareInput<'_>, found: &FoundNeeds, spec: &Spec) -> Vec<Needed> {
    let family = family(EnvironmentId::new(input.app, input.environment), input.component);
    let definition = by.arn("ecs", &format!("task-definition/{family}:1"));
    let task = by.arn("ecs", &format!("task/{}/any", found.cluster));
    let cluster = by.arn("ecs", &format!("cluster/{}", found.cluster));
    let on = |resource: &str, action| Needed::on("ecs", resource.to_owned(), &[action]);
    let tag = [(super::TASK_TAG.to_owned(), input.component.to_string())];
    let mut needs = vec![
        on(&definition, "ecs:RegisterTaskDefinition"),
        on(&definition, "ecs:TagResource").with("ecs:CreateAction", "RegisterTaskDefinition"),
        on(&definition, "ecs:RunTask").with("ecs:cluster", &cluster),
        on(&task, "ecs:TagResource").with("ecs:CreateAction", "RunTask"),
        on(&task, "ecs:StopTask").tagged(&tag.into()),
    ];
    let log = Log::of(&found.base.document, &found.container);
    if let Some(log) = log.filter(|_| spec.show_log) {
        let group = by.arn("logs", &format!("log-group:{}", log.group));
        let tags = [(APP_TAG, input.app.as_str()), (ENVIRONMENT_TAG, input.environment.as_str())];
        let tags = tags.map(|(name, value)| (name.to_owned(), value.to_owned()));
        needs.push(on(&group, "logs:FilterLogEvents").tagged(&tags.into()));
    }
    needs.extend(passes_on("ecs", by, &found.base));
    needs
}
