//! A service's deployments in ECS, with their lifecycle hooks, their revisions, the task sets that CodeDeploy deploys,
//! and the places where tasks run.

use crate::clock::{count, date_time, time_of};
use crate::error::{OrFault, code, each_page, message};
use crate::limits;
use aws_sdk_ecs::config::Builder;
use aws_sdk_ecs::{Client, types as ecs};
use std::collections::BTreeMap;
use windlass_domain::declaration::appspec::{TaskSetNetwork, TaskSetShape};
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_domain::text::time::Time;
use windlass_engine::ports::{
    LifecycleHook, Result, ServiceHook, ServiceRollout, ShiftedTargetGroups, Shifting, TaskSet,
};

/// DescribeServiceDeployments and DescribeServiceRevisions take 20 ARNs at most.
const AT_ONCE: usize = 20;

/// Lists the deployments that were created since then, and describes the newest of them with their revisions.
pub(crate) async fn read(client: &Client, cluster: &str, service: &str, since: Time) -> Result<Vec<ServiceRollout>> {
    let named = format!("{cluster}/{service}");
    let newest = list(client, (cluster, service), since, &named).await?;
    if newest.is_empty() {
        return Ok(vec![]);
    }
    let sent = client.describe_service_deployments().set_service_deployment_arns(Some(newest)).send().await;
    let found = sent.or_fault("DescribeServiceDeployments", &named)?.service_deployments.unwrap_or_default();
    let revisions = revisions(client, &found, &named).await?;
    let found = found.into_iter().map(|one| rollout_of(one, &revisions));
    let mut found: Vec<ServiceRollout> = found.collect();
    found.sort_by_key(|one| std::cmp::Reverse(one.created));
    Ok(found)
}

/// Returns the ARNs of the newest deployments that were created since then.
async fn list(client: &Client, (cluster, service): (&str, &str), since: Time, named: &str) -> Result<Vec<String>> {
    let created = ecs::CreatedAt::builder().after(date_time(since)).build();
    let request = client.list_service_deployments().cluster(cluster).service(service);
    let mut listed: Vec<ecs::ServiceDeploymentBrief> = Vec::new();
    each_page!(request.created_at(created).max_results(100), "ListServiceDeployments", named, |answer| {
        listed.extend(answer.service_deployments.unwrap_or_default());
    });
    listed.sort_by_key(|one| std::cmp::Reverse(one.created_at));
    Ok(listed.into_iter().filter_map(|one| one.service_deployment_arn).take(AT_ONCE).collect())
}

/// A revision of a service: its task definition, and the load balancer with the target group that it is behind.
#[derive(Default)]
struct Revision {
    task_definition: String,
    behind: Option<(String, String)>,
}

/// Returns the revisions that the deployments bring and come from, by ARN.
async fn revisions(
    client: &Client,
    found: &[ecs::ServiceDeployment],
    named: &str,
) -> Result<BTreeMap<String, Revision>> {
    let arn = |one: &ecs::ServiceRevisionSummary| one.arn.clone();
    let named_by = |one: &ecs::ServiceDeployment| {
        let source = one.source_service_revisions().iter();
        one.target_service_revision().into_iter().chain(source).filter_map(arn).collect::<Vec<_>>()
    };
    let mut arns: Vec<String> = found.iter().flat_map(named_by).collect();
    arns.sort();
    arns.dedup();
    let mut known = BTreeMap::new();
    for some in arns.chunks(AT_ONCE) {
        let sent = client.describe_service_revisions().set_service_revision_arns(Some(some.to_vec())).send().await;
        let revisions =
            sent.or_fault("DescribeServiceRevisions", named)?.service_revisions.unwrap_or_default().into_iter();
        known.extend(revisions.filter_map(|one| {
            let behind = behind(&one);
            let task_definition = one.task_definition?;
            Some((one.service_revision_arn?, Revision { task_definition, behind }))
        }));
    }
    Ok(known)
}

/// Returns the Application Load Balancer and the target group of a revision, as CloudWatch names them (User Guide for
/// Application Load Balancers, "CloudWatch metrics for your Application Load Balancer", metric dimensions): the end of
/// an ARN. `None` where there is not exactly one.
fn behind(revision: &ecs::ServiceRevision) -> Option<(String, String)> {
    let [only] = revision.resolved_configuration()?.load_balancers() else { return None };
    let (_, group) = only.target_group_arn()?.rsplit_once(':')?;
    let (_, rule) = only.production_listener_rule()?.rsplit_once(':')?;
    // `listener-rule/app/name/id/…`, or `listener/app/name/id/…`.
    let mut parts = rule.split('/').skip(1);
    let (sort, name, id) = (parts.next()?, parts.next()?, parts.next()?);
    (sort == "app").then(|| (format!("{sort}/{name}/{id}"), group.to_owned()))
}

/// Returns the two target groups, if the former revision and the new one are behind the same load balancer.
fn sides(deployment: &ecs::ServiceDeployment, revisions: &BTreeMap<String, Revision>) -> Option<ShiftedTargetGroups> {
    let of = |arn: Option<&str>| revisions.get(arn?)?.behind.as_ref();
    let [source] = deployment.source_service_revisions() else { return None };
    let (balancer, new) = of(deployment.target_service_revision()?.arn())?;
    let (its, former) = of(source.arn())?;
    (balancer == its && new != former).then(|| ShiftedTargetGroups {
        balancer: balancer.clone(),
        new: new.clone(),
        former: former.clone(),
    })
}

/// Returns a configuration by which a switching change is sent once, for ten seconds.
pub(crate) fn switching() -> Builder {
    Builder::new().retry_config(limits::one_attempt()).timeout_config(limits::switching())
}

/// Stops a deployment, so that ECS goes back. Of the stop types that the model knows, only `ROLLBACK` is valid (Amazon
/// ECS API Reference, StopServiceDeployment).
pub(crate) async fn stop(client: &Client, arn: &str) -> Result<()> {
    let request = client.stop_service_deployment().service_deployment_arn(arn);
    let sent = request
        .stop_type(ecs::StopServiceDeploymentStopType::Rollback)
        .customize()
        .config_override(switching())
        .send()
        .await;
    match sent {
        // ECS answers 400 with this code (Amazon ECS API Reference, StopServiceDeployment).
        Err(error) if code(&error) == Some("ConflictException") => {
            Err(Fault::new(FaultName::Conflict, format!("StopServiceDeployment {arn}: {}", message(&error))))
        }
        sent => sent.or_fault("StopServiceDeployment", arn).map(drop),
    }
}

/// Answers a pause hook. ECS has no code of its own for one that does not wait (Amazon ECS API Reference,
/// ContinueServiceDeployment): it refuses with a `ClientException` or an `InvalidParameterException`.
pub(crate) async fn answer(client: &Client, arn: &str, hook: &str, goes_on: bool) -> Result<()> {
    let request = client.continue_service_deployment().service_deployment_arn(arn);
    let action = if goes_on {
        ecs::DeploymentLifecycleHookAction::Continue
    } else {
        ecs::DeploymentLifecycleHookAction::Rollback
    };
    let sent = request.hook_id(hook).action(action).customize().config_override(switching()).send().await;
    let named = format!("{arn} {hook}");
    sent.or_fault("ContinueServiceDeployment", &named).map(drop)
}

/// Returns the hooks of a service's deployment configuration. ECS names the defaults of their timeouts, or they are
/// these (Amazon ECS API Reference, DeploymentLifecycleHookTimeoutConfiguration).
pub(crate) fn hooks(configuration: &ecs::DeploymentConfiguration) -> Vec<ServiceHook> {
    let of = |hook: &ecs::DeploymentLifecycleHook| {
        let timeout = hook.timeout_configuration();
        let minutes = timeout.and_then(ecs::DeploymentLifecycleHookTimeoutConfiguration::timeout_in_minutes);
        let then = timeout.and_then(ecs::DeploymentLifecycleHookTimeoutConfiguration::action);
        let stages = hook.lifecycle_stages().iter();
        ServiceHook {
            kind: kind_of(hook.target_type()),
            stages: stages.map(|stage| stage.as_str().to_owned()).collect(),
            timeout_min: count(minutes.unwrap_or(1_440)),
            then: then.map_or("ROLLBACK", ecs::DeploymentLifecycleHookAction::as_str).to_owned(),
        }
    };
    configuration.lifecycle_hooks().iter().map(of).collect()
}

/// Returns the sort of a hook. Where ECS leaves it out it is the default (Amazon ECS API Reference,
/// DeploymentLifecycleHook, `targetType`).
fn kind_of(sort: Option<&ecs::DeploymentLifecycleHookTargetType>) -> String {
    let sort = sort.map(ecs::DeploymentLifecycleHookTargetType::as_str);
    sort.unwrap_or("AWS_LAMBDA").to_owned()
}

fn rollout_of(deployment: ecs::ServiceDeployment, revisions: &BTreeMap<String, Revision>) -> ServiceRollout {
    let target_groups = sides(&deployment, revisions);
    let hooks = deployment.lifecycle_hook_details.unwrap_or_default();
    let stage = deployment.lifecycle_stage.as_ref();
    let status = deployment.status.as_ref();
    let target = deployment.target_service_revision.as_ref();
    let arn = target.and_then(|target| target.arn.as_ref());
    ServiceRollout {
        arn: deployment.service_deployment_arn.unwrap_or_default(),
        created: deployment.created_at.as_ref().map_or(Time::default(), time_of),
        finished: deployment.finished_at.as_ref().map(time_of),
        status: status.map_or_else(String::new, |status| status.as_str().to_owned()),
        reason: deployment.status_reason.unwrap_or_default(),
        // PRE_PRODUCTION_TRAFFIC_SHIFT is missing from the SDK's list: it is read as the word that ECS sent.
        stage: stage.map_or_else(String::new, |stage| stage.as_str().to_owned()),
        task_definition: arn
            .and_then(|arn| revisions.get(arn))
            .map(|revision| revision.task_definition.clone())
            .unwrap_or_default(),
        traffic_tenths: target.and_then(ecs::ServiceRevisionSummary::requested_production_traffic_weight).map(tenths),
        hooks: hooks.into_iter().map(hook_of).collect(),
        target_groups,
    }
}

/// Returns the steps of a shift. ECS names the defaults of a canary and of linear steps, or they are these (Amazon ECS
/// API Reference, CanaryConfiguration and LinearConfiguration).
pub(crate) fn shifting(configuration: &ecs::DeploymentConfiguration) -> Shifting {
    let canary = configuration.canary_configuration();
    let linear = configuration.linear_configuration();
    let (percent, minutes) = match configuration.strategy() {
        Some(ecs::DeploymentStrategy::Canary) => (
            canary.map_or(5.0, |it| it.canary_percent.unwrap_or(5.0)),
            canary.map_or(10, |it| it.canary_bake_time_in_minutes.unwrap_or(10)),
        ),
        Some(ecs::DeploymentStrategy::Linear) => (
            linear.map_or(10.0, |it| it.step_percent.unwrap_or(10.0)),
            linear.map_or(6, |it| it.step_bake_time_in_minutes.unwrap_or(6)),
        ),
        _ => (100.0, 0),
    };
    Shifting {
        bake_min: configuration.bake_time_in_minutes().map_or(0, count),
        step_tenths: tenths(percent),
        step_min: count(minutes),
    }
}

/// Returns a percentage, of which ECS takes tenths, in tenths.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is clamped")]
fn tenths(percent: f64) -> u32 {
    (percent * 10.0).round().clamp(0.0, 1000.0) as u32
}

fn hook_of(hook: ecs::DeploymentLifecycleHookDetail) -> LifecycleHook {
    let status = hook.status.as_ref();
    let then = hook.timeout_action.as_ref();
    LifecycleHook {
        id: hook.hook_id.unwrap_or_default(),
        kind: kind_of(hook.target_type.as_ref()),
        target: hook.target_arn.unwrap_or_default(),
        status: status.map_or_else(String::new, |status| status.as_str().to_owned()),
        expires: hook.expires_at.as_ref().map(time_of),
        then: then.map_or_else(String::new, |then| then.as_str().to_owned()),
    }
}

pub(crate) fn task_set_of(task_set: ecs::TaskSet) -> TaskSet {
    TaskSet {
        shape: shape_of(&task_set),
        id: task_set.id.unwrap_or_default(),
        status: task_set.status.unwrap_or_default(),
        task_definition: task_set.task_definition.unwrap_or_default(),
        stability: task_set.stability_status.map(|status| status.as_str().to_owned()).unwrap_or_default(),
        desired: count(task_set.computed_desired_count),
        running: count(task_set.running_count),
        pending: count(task_set.pending_count),
    }
}

fn shape_of(task_set: &ecs::TaskSet) -> TaskSetShape {
    let mut containers = task_set.load_balancers().iter().filter_map(|one| {
        let port = u32::try_from(one.container_port?).ok()?;
        Some((one.container_name.clone()?, port))
    });
    let providers = task_set.capacity_provider_strategy().iter();
    let network = task_set.network_configuration();
    TaskSetShape {
        container: containers.next(),
        platform_version: task_set.platform_version.clone(),
        network: network.and_then(|network| network.awsvpc_configuration()).and_then(network_of),
        providers: providers.map(|one| (one.capacity_provider.clone(), one.base, one.weight)).collect(),
    }
}

/// Returns the network; `None` where a member is missing. CodeDeploy takes all of a network's members, or the service's
/// own network.
fn network_of(network: &ecs::AwsVpcConfiguration) -> Option<TaskSetNetwork> {
    let security_groups = network.security_groups().to_vec();
    let public_ip = network.assign_public_ip()?.as_str().to_owned();
    (!security_groups.is_empty()).then(|| TaskSetNetwork {
        subnets: network.subnets().to_vec(),
        security_groups,
        public_ip,
    })
}

/// Returns the capacity of a service, which has a launch type or a strategy of capacity providers (Amazon ECS API
/// Reference, Service).
pub(crate) fn capacity(
    launch: Option<&ecs::LaunchType>,
    strategy: Vec<ecs::CapacityProviderStrategyItem>,
) -> Vec<String> {
    let launch = launch.into_iter().map(|launch| launch.as_str().to_owned());
    let providers = strategy.into_iter().map(|one| one.capacity_provider);
    launch.chain(providers).collect()
}
