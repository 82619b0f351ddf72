use crate::Aws;
use crate::clock::{count, time_of};
use crate::document::{AnswerBody, send_instead};
use crate::error::{OrFault, code, each_page, fault, message};
use crate::service_rollouts::{self, capacity, hooks, shifting, switching, task_set_of};
use aws_sdk_ecs::operation::list_tasks::builders::ListTasksFluentBuilder;
use aws_sdk_ecs::types as ecs;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_domain::text::time::Time;
use windlass_engine::ports::{
    ANSWERED_ONLY, EcsApi, OnFailure, Result, Service, ServiceDeployment, ServiceEvent, ServiceRollout, ServiceTask,
    Shifting, TaskContainer, TaskDefinition,
};

/// DescribeTasks takes 100 tasks at most.
const TASKS_AT_ONCE: usize = 100;

impl EcsApi for Aws {
    async fn service(&self, cluster: &str, service: &str) -> Result<Service> {
        let named = format!("{cluster}/{service}");
        let request = self.clients.ecs().describe_services().cluster(cluster);
        let sent = request.services(service).include(ecs::ServiceField::Tags).send().await;
        let answer = sent.or_fault("DescribeServices", &named)?;
        let found = answer.services.unwrap_or_default().into_iter().next();
        found.filter(|service| service.status() != Some("INACTIVE")).map(service_of).ok_or_else(|| {
            let why = answer.failures.unwrap_or_default();
            let why = why.first().and_then(ecs::Failure::reason).unwrap_or("INACTIVE").to_owned();
            Fault::new(FaultName::NotFound, format!("DescribeServices {named}: {why}"))
        })
    }

    async fn task_definition(&self, name: &str) -> Result<TaskDefinition> {
        let answer = AnswerBody::default();
        let request = self.clients.ecs().describe_task_definition();
        let sent = request
            .task_definition(name)
            .include(ecs::TaskDefinitionField::Tags)
            .customize()
            .interceptor(answer.clone())
            .send()
            .await;
        match sent {
            Ok(_) => definition_of(&answer.json()?),
            // ECS has no code of its own for a task definition that is not there.
            Err(error)
                if code(&error) == Some("ClientException")
                    && message(&error).contains("Unable to describe task definition") =>
            {
                Err(Fault::new(FaultName::NotFound, format!("DescribeTaskDefinition {name}: there is none")))
            }
            Err(error) => Err(fault(&error, "DescribeTaskDefinition", name)),
        }
    }

    async fn task_definitions(&self, family: &str, limit: u32) -> Result<Vec<String>> {
        let mut arns = Vec::new();
        let mut next = None;
        // The operation takes a prefix of a family's name, so other families come along.
        let of_family = |arn: &String| family_of(arn) == Some(family);
        loop {
            let request = self.clients.ecs().list_task_definitions();
            let sent = request
                .family_prefix(family)
                .status(ecs::TaskDefinitionStatus::Active)
                .sort(ecs::SortOrder::Desc)
                .set_next_token(next)
                .send()
                .await;
            let answer = sent.or_fault("ListTaskDefinitions", family)?;
            arns.extend(answer.task_definition_arns.unwrap_or_default().into_iter().filter(of_family));
            next = answer.next_token;
            if next.is_none() || arns.len() >= limit as usize {
                arns.truncate(limit as usize);
                return Ok(arns);
            }
        }
    }

    async fn register(&self, document: &Value, tags: &BTreeMap<String, String>) -> Result<TaskDefinition> {
        let body = registration(document, tags)?;
        let family = document["family"].as_str().unwrap_or_default().to_owned();
        let answer = AnswerBody::default();
        let request = self.clients.ecs().register_task_definition().family(&family);
        let sent = request
            .customize()
            .mutate_request(move |request| send_instead(request, &body))
            .interceptor(answer.clone())
            .send()
            .await;
        sent.or_fault("RegisterTaskDefinition", &family)?;
        definition_of(&answer.json()?)
    }

    async fn update_service(&self, cluster: &str, service: &str, task_definition: &str) -> Result<String> {
        let named = format!("{cluster}/{service}");
        let request = self.clients.ecs().update_service().cluster(cluster);
        let sent = request
            .service(service)
            .task_definition(task_definition)
            .customize()
            .config_override(switching())
            .send()
            .await;
        let answer = sent.or_fault("UpdateService", &named)?;
        let deployments = answer.service.and_then(|service| service.deployments);
        let mut deployments = deployments.unwrap_or_default().into_iter();
        let primary = deployments.find(|deployment| deployment.status() == Some("PRIMARY"));
        primary.and_then(|deployment| deployment.id).ok_or_else(|| {
            Fault::new(FaultName::Unavailable, format!("UpdateService {named}: the answer names no primary deployment"))
        })
    }

    async fn service_rollouts(&self, cluster: &str, service: &str, since: Time) -> Result<Vec<ServiceRollout>> {
        service_rollouts::read(self.clients.ecs(), cluster, service, since).await
    }

    async fn stop_service_rollout(&self, arn: &str) -> Result<()> {
        service_rollouts::stop(self.clients.ecs(), arn).await
    }

    async fn answer_service_pause(&self, arn: &str, hook: &str, goes_on: bool) -> Result<()> {
        service_rollouts::answer(self.clients.ecs(), arn, hook, goes_on).await
    }

    async fn tasks(&self, cluster: &str, service: &str, stopped: bool) -> Result<Vec<ServiceTask>> {
        let named = format!("{cluster}/{service}");
        let status = if stopped { ecs::DesiredStatus::Stopped } else { ecs::DesiredStatus::Running };
        let request = self.clients.ecs().list_tasks().cluster(cluster);
        let arns = listed_tasks(request.service_name(service).desired_status(status), &named).await?;
        self.described_tasks(cluster, &named, &arns, task_of).await
    }
}

/// Returns the ARNs of the tasks that a request lists, over all pages. `named` says of what they are.
pub(crate) async fn listed_tasks(request: ListTasksFluentBuilder, named: &str) -> Result<Vec<String>> {
    let mut arns = Vec::new();
    each_page!(request, "ListTasks", named, |answer| arns.extend(answer.task_arns.unwrap_or_default()));
    Ok(arns)
}

impl Aws {
    /// Returns tasks of a cluster, as `read` makes them of what ECS describes.
    pub(crate) async fn described_tasks<T>(
        &self,
        cluster: &str,
        named: &str,
        arns: &[String],
        read: fn(ecs::Task) -> T,
    ) -> Result<Vec<T>> {
        let mut tasks = Vec::new();
        for some in arns.chunks(TASKS_AT_ONCE) {
            let sent = self.clients.ecs().describe_tasks().cluster(cluster).set_tasks(Some(some.to_vec())).send().await;
            let answer = sent.or_fault("DescribeTasks", named)?;
            tasks.extend(answer.tasks.unwrap_or_default().into_iter().map(read));
        }
        Ok(tasks)
    }
}

/// Reads `family` of `arn:aws:ecs:…:task-definition/family:7`.
fn family_of(arn: &str) -> Option<&str> {
    let (_, name) = arn.rsplit_once('/')?;
    Some(name.rsplit_once(':')?.0)
}

/// Returns the document as ECS takes it, with members that this build does not know.
fn registration(document: &Value, tags: &BTreeMap<String, String>) -> Result<String> {
    let mut document = document.clone();
    let Some(members) = document.as_object_mut() else {
        return Err(Fault::internal("a task definition must be a JSON object"));
    };
    for name in ANSWERED_ONLY {
        members.remove(name);
    }
    let tags: Vec<Value> = tags.iter().map(|(key, value)| json!({"key": key, "value": value})).collect();
    // ECS refuses an empty list.
    if !tags.is_empty() {
        members.insert("tags".into(), Value::Array(tags));
    }
    Ok(document.to_string())
}

fn definition_of(answer: &Value) -> Result<TaskDefinition> {
    let document = &answer["taskDefinition"];
    let word = |name: &str| document[name].as_str().map(str::to_owned);
    let (Some(arn), Some(family)) = (word("taskDefinitionArn"), word("family")) else {
        return Err(Fault::new(FaultName::Unavailable, "ECS's answer about a task definition names no ARN and family"));
    };
    let tags = answer["tags"].as_array().into_iter().flatten();
    let tag = |tag: &Value| {
        let word = |name: &str| tag[name].as_str().unwrap_or_default().to_owned();
        (word("key"), word("value"))
    };
    Ok(TaskDefinition { arn, family, document: document.clone(), tags: tags.map(tag).collect() })
}

fn service_of(service: ecs::Service) -> Service {
    let configuration = service.deployment_configuration.as_ref();
    let controller = service.deployment_controller.as_ref().map(ecs::DeploymentController::r#type);
    let deployments = service.deployments.unwrap_or_default().into_iter();
    let task_sets = service.task_sets.unwrap_or_default().into_iter();
    let events = service.events.unwrap_or_default().into_iter();
    let tags = service.tags.unwrap_or_default().into_iter();
    Service {
        arn: service.service_arn.unwrap_or_default(),
        status: service.status.unwrap_or_default(),
        task_definition: service.task_definition.unwrap_or_default(),
        desired: count(service.desired_count),
        running: count(service.running_count),
        capacity: capacity(service.launch_type.as_ref(), service.capacity_provider_strategy.unwrap_or_default()),
        // A service made without naming a controller has ECS's own, and rolls.
        controller: controller.map_or_else(|| "ECS".to_owned(), |kind| kind.as_str().to_owned()),
        strategy: configuration
            .and_then(ecs::DeploymentConfiguration::strategy)
            .map_or_else(|| "ROLLING".to_owned(), |strategy| strategy.as_str().to_owned()),
        percents: percents(configuration),
        completes_early: configuration
            .and_then(ecs::DeploymentConfiguration::early_success_criteria)
            .is_some_and(ecs::DeploymentEarlySuccessCriteria::enable),
        breaker: configuration
            .and_then(ecs::DeploymentConfiguration::deployment_circuit_breaker)
            .map_or(OnFailure::GoesOn, |breaker| OnFailure::of(breaker.enable, breaker.rollback)),
        alarms: configuration
            .and_then(ecs::DeploymentConfiguration::alarms)
            .map_or(OnFailure::GoesOn, |alarms| OnFailure::of(alarms.enable, alarms.rollback)),
        hooks: configuration.map_or_else(Vec::new, hooks),
        shifting: configuration.map_or_else(Shifting::default, shifting),
        deployments: deployments.map(deployment_of).collect(),
        task_sets: task_sets.map(task_set_of).collect(),
        events: events.filter_map(event_of).collect(),
        tags: tags.filter_map(|tag| Some((tag.key?, tag.value.unwrap_or_default()))).collect(),
    }
}

/// Returns `minimumHealthyPercent` and `maximumPercent`; 100 and 200 where ECS gives none (Amazon ECS API Reference,
/// DeploymentConfiguration).
fn percents(configuration: Option<&ecs::DeploymentConfiguration>) -> (u32, u32) {
    let least = configuration.and_then(ecs::DeploymentConfiguration::minimum_healthy_percent);
    let most = configuration.and_then(ecs::DeploymentConfiguration::maximum_percent);
    (least.map_or(100, count), most.map_or(200, count))
}

fn event_of(event: ecs::ServiceEvent) -> Option<ServiceEvent> {
    Some(ServiceEvent { at: time_of(event.created_at.as_ref()?), message: event.message? })
}

fn deployment_of(deployment: ecs::Deployment) -> ServiceDeployment {
    ServiceDeployment {
        id: deployment.id.unwrap_or_default(),
        status: deployment.status.unwrap_or_default(),
        task_definition: deployment.task_definition.unwrap_or_default(),
        rollout: deployment.rollout_state.map(|state| state.as_str().to_owned()).unwrap_or_default(),
        reason: deployment.rollout_state_reason.unwrap_or_default(),
        desired: count(deployment.desired_count),
        running: count(deployment.running_count),
        pending: count(deployment.pending_count),
        failed: count(deployment.failed_tasks),
    }
}

fn task_of(task: ecs::Task) -> ServiceTask {
    ServiceTask {
        arn: task.task_arn.unwrap_or_default(),
        task_definition: task.task_definition_arn.unwrap_or_default(),
        last_status: task.last_status.unwrap_or_default(),
        health: task.health_status.map(|health| health.as_str().to_owned()).unwrap_or_default(),
        stop_code: task.stop_code.map(|code| code.as_str().to_owned()).unwrap_or_default(),
        stopped_reason: task.stopped_reason.unwrap_or_default(),
        stopped_at: task.stopped_at.as_ref().map(time_of),
        containers: task.containers.unwrap_or_default().into_iter().map(container_of).collect(),
    }
}

fn container_of(container: ecs::Container) -> TaskContainer {
    TaskContainer {
        name: container.name.unwrap_or_default(),
        image_digest: container.image_digest,
        exit_code: container.exit_code,
        reason: container.reason.unwrap_or_default(),
    }
}
