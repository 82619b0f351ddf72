//! The newest of a service's deployments in ECS, with its lifecycle hooks.

use crate::clock::{date_time, time_of};
use crate::error::OrFault;
use aws_sdk_ecs::Client;
use aws_sdk_ecs::types as ecs;
use windlass_domain::time::Time;
use windlass_engine::ports::{Answered, LifecycleHook, NewestDeployment};

/// Lists those that were made since then, and describes the newest of them.
pub(crate) async fn read(
    client: &Client,
    cluster: &str,
    service: &str,
    since: Time,
) -> Answered<Option<NewestDeployment>> {
    let named = format!("{cluster}/{service}");
    let request = client.list_service_deployments();
    let sent = request
        .cluster(cluster)
        .service(service)
        .created_at(ecs::CreatedAt::builder().after(date_time(since)).build())
        .send()
        .await;
    let told = sent.or_fault("ListServiceDeployments", &named)?;
    let listed = told.service_deployments.unwrap_or_default();
    let newest = listed.into_iter().max_by_key(|one| one.created_at);
    let Some(arn) = newest.and_then(|one| one.service_deployment_arn) else {
        return Ok(None);
    };
    let request = client.describe_service_deployments();
    let sent = request.service_deployment_arns(&arn).send().await;
    let told = sent.or_fault("DescribeServiceDeployments", &named)?;
    let found = told.service_deployments.unwrap_or_default();
    Ok(found.into_iter().next().map(newest_of))
}

fn newest_of(deployment: ecs::ServiceDeployment) -> NewestDeployment {
    let hooks = deployment.lifecycle_hook_details.unwrap_or_default();
    let stage = deployment.lifecycle_stage.as_ref();
    let status = deployment.status.as_ref();
    NewestDeployment {
        arn: deployment.service_deployment_arn.unwrap_or_default(),
        status: status.map_or_else(String::new, |status| status.as_str().to_owned()),
        reason: deployment.status_reason.unwrap_or_default(),
        stage: stage.map_or_else(String::new, |stage| stage.as_str().to_owned()),
        hooks: hooks.into_iter().map(hook_of).collect(),
    }
}

fn hook_of(hook: ecs::DeploymentLifecycleHookDetail) -> LifecycleHook {
    let status = hook.status.as_ref();
    let then = hook.timeout_action.as_ref();
    LifecycleHook {
        id: hook.hook_id.unwrap_or_default(),
        // The default (Amazon ECS API Reference, DeploymentLifecycleHook, `targetType`).
        kind: hook
            .target_type
            .map_or_else(|| "AWS_LAMBDA".to_owned(), |kind| kind.as_str().to_owned()),
        target: hook.target_arn.unwrap_or_default(),
        status: status.map_or_else(String::new, |status| status.as_str().to_owned()),
        expires: hook.expires_at.as_ref().map(time_of),
        then: then.map_or_else(String::new, |then| then.as_str().to_owned()),
    }
}
