//! ECS in memory: families of task definitions, services, and rollouts that take time.
//!
//! `stepping.rs` lets time pass for them; [`crate::rollout`] is how one of them moves.

use crate::World;
use crate::pausing::Pausing;
use crate::rollout::{LiveService, LiveTask};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_domain::text::time::Time;
use windlass_engine::ports::{
    EcsApi, OnFailure, Result, Service, ServiceDeployment, ServiceRollout, ServiceTask, Shifting, TaskDefinition,
};

const ARN: &str = "arn:aws:ecs:eu-west-1:111111111111";

/// The services and task definitions.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// Task definitions by ARN.
    pub task_definitions: BTreeMap<String, TaskDefinition>,
    /// Services by cluster and name.
    pub services: BTreeMap<(String, String), LiveService>,
    /// Digests (`sha256:…`) whose containers exit with code 1 one second after they run.
    pub crash: BTreeSet<String>,
    /// Digests (`sha256:…`) that cannot be pulled.
    pub no_pull: BTreeSet<String>,
    /// True if tasks show no image digests, as with old container agents.
    pub hide_digests: bool,
    /// True if new tasks find no room in the cluster and stay `PROVISIONING`.
    pub no_room: bool,
    /// The number of deployments so far, for their ids.
    pub deployments: u64,
    /// The number of tasks so far, for their ARNs.
    pub tasks: u64,
}

impl State {
    /// Registers a task definition.
    pub fn put_task_definition(&mut self, document: &Value, tags: &BTreeMap<String, String>) -> TaskDefinition {
        let family = document["family"].as_str().unwrap_or_default().to_owned();
        let known = self.task_definitions.values();
        let revision = 1 + known.filter(|td| td.family == family).count();
        let arn = format!("{ARN}:task-definition/{family}:{revision}");
        let mut document = document.clone();
        for (name, value) in [
            ("taskDefinitionArn", json!(arn)),
            ("revision", json!(revision)),
            ("status", json!("ACTIVE")),
            ("registeredAt", json!(1_795_183_200.0)),
            ("compatibilities", json!(["EC2", "FARGATE"])),
        ] {
            document[name] = value;
        }
        let made = TaskDefinition { arn: arn.clone(), family, document, tags: tags.clone() };
        self.task_definitions.insert(arn, made.clone());
        made
    }

    /// Creates a service that is steady, with breaker and rollback on.
    pub fn put_service(
        &mut self,
        cluster: &str,
        name: &str,
        task_definition: &str,
        desired: u32,
        digest: &str,
        now: Time,
    ) {
        self.deployments += 1;
        let id = format!("ecs-svc/{}", self.deployments);
        let mut live = LiveService::new(
            Service {
                arn: format!("{ARN}:service/{cluster}/{name}"),
                status: "ACTIVE".into(),
                task_definition: task_definition.to_owned(),
                desired,
                running: desired,
                capacity: vec!["EC2".into()],
                controller: "ECS".into(),
                strategy: "ROLLING".into(),
                percents: (100, 200),
                completes_early: false,
                breaker: OnFailure::RollsBack,
                alarms: OnFailure::GoesOn,
                hooks: vec![],
                shifting: Shifting::default(),
                deployments: vec![ServiceDeployment {
                    id: id.clone(),
                    status: "PRIMARY".into(),
                    task_definition: task_definition.to_owned(),
                    rollout: "COMPLETED".into(),
                    reason: format!("ECS deployment {id} completed."),
                    desired,
                    running: desired,
                    pending: 0,
                    failed: 0,
                }],
                task_sets: vec![],
                events: vec![],
                tags: BTreeMap::new(),
            },
            now,
        );
        for _ in 0..desired {
            self.tasks += 1;
            let containers = self.containers_of(task_definition);
            live.tasks.push(LiveTask::running(self.tasks, &id, task_definition, &containers, digest, now));
        }
        self.services.insert((cluster.to_owned(), name.to_owned()), live);
    }

    /// Returns the names and images of the containers.
    pub(crate) fn containers_of(&self, task_definition: &str) -> Vec<(String, String)> {
        let found = self.task_definitions.get(task_definition);
        let containers = found.and_then(|td| td.document["containerDefinitions"].as_array());
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let containers = containers.into_iter().flatten();
        containers.map(|one| (text(&one["name"]), text(&one["image"]))).collect()
    }

    /// Returns a service, to set a scene.
    ///
    /// # Panics
    /// If there is none.
    pub fn service_mut(&mut self, cluster: &str, name: &str) -> &mut LiveService {
        let key = (cluster.to_owned(), name.to_owned());
        match self.services.get_mut(&key) {
            Some(found) => found,
            None => panic!("there is no service {cluster}/{name}"),
        }
    }

    /// Sets a service's task definition as anyone may. Returns the deployment's id.
    pub fn update(&mut self, cluster: &str, name: &str, to: &str, now: Time) -> Result<String> {
        let known = self.task_definitions.get(to);
        let active = known.is_some_and(|td| td.document["status"] == "ACTIVE");
        if !active {
            return Err(refused(&format!("TaskDefinition is inactive: {to}")));
        }
        let id = format!("ecs-svc/{}", self.deployments + 1);
        let key = (cluster.to_owned(), name.to_owned());
        let live = self.services.get_mut(&key).ok_or_else(|| missing(name))?;
        if live.service.controller != "ECS" {
            return Err(refused("the deployment controller is not ECS"));
        }
        if live.service.task_definition == to {
            return Ok(live.primary().map(|p| p.id.clone()).unwrap_or_default());
        }
        live.begin(&id, to, &format!("ECS deployment {id} in progress."), now);
        live.note_rollout(&id, to, now);
        self.deployments += 1;
        Ok(id)
    }
}

impl State {
    fn stop_rollout(&mut self, arn: &str, now: Time) -> Result<()> {
        let newest = |live: &&mut LiveService| live.rollouts.first().is_some_and(|it| it.arn == arn);
        let live = self.services.values_mut().find(newest);
        match live.map(|live| live.stop_rollout(now)) {
            Some(true) => Ok(()),
            _ => Err(Fault::new(FaultName::Conflict, format!("{arn} is not under way"))),
        }
    }
}

impl State {
    /// Answers a pause as ContinueServiceDeployment does, whoever calls it.
    ///
    /// # Errors
    /// If no such hook waits.
    pub fn answer_pause(&mut self, arn: &str, hook: &str, by: Pausing, now: Time) -> Result<()> {
        let newest = |live: &&mut LiveService| live.rollouts.first().is_some_and(|it| it.arn == arn);
        let live = self.services.values_mut().find(newest);
        if live.is_some_and(|live| live.answer_pause(hook, by, now)) {
            return Ok(());
        }
        Err(refused(&format!("hook {hook} of {arn} does not wait")))
    }
}

fn missing(what: &str) -> Fault {
    Fault::new(FaultName::NotFound, format!("{what} does not exist"))
}

fn refused(why: &str) -> Fault {
    Fault::new(FaultName::Refused, format!("ClientException: {why}"))
}

/// Reads the revision in an ARN.
fn revision(arn: &str) -> u64 {
    let text = arn.rsplit(':').next().unwrap_or_default();
    text.parse().unwrap_or_default()
}

impl World {
    /// Looks once at a service after time has passed for it.
    fn live<T>(&self, cluster: &str, service: &str, look: impl FnOnce(&LiveService) -> T) -> Result<T> {
        self.roll();
        let state = self.ecs();
        let key = (cluster.to_owned(), service.to_owned());
        let live = state.services.get(&key).ok_or_else(|| missing(service))?;
        if live.service.status == "INACTIVE" {
            return Err(missing(service));
        }
        Ok(look(live))
    }
}

impl EcsApi for World {
    async fn service(&self, cluster: &str, service: &str) -> Result<Service> {
        let call = self.call("ecs.service").await?;
        let found = call.seen().live(cluster, service, LiveService::described)?;
        call.answer(found).await
    }

    async fn task_definition(&self, name: &str) -> Result<TaskDefinition> {
        let call = self.call("ecs.task_definition").await?;
        let found = {
            let seen = call.seen();
            let state = seen.ecs();
            let by_arn = state.task_definitions.get(name).cloned();
            let of_family = state.task_definitions.values();
            let newest = of_family
                .filter(|td| td.family == name && td.document["status"] == "ACTIVE")
                .max_by_key(|td| revision(&td.arn))
                .cloned();
            by_arn.or(newest).ok_or_else(|| missing(name))?
        };
        call.answer(found).await
    }

    async fn task_definitions(&self, family: &str, limit: u32) -> Result<Vec<String>> {
        let call = self.call("ecs.task_definitions").await?;
        let arns = {
            let seen = call.seen();
            let state = seen.ecs();
            let mut arns: Vec<String> = state
                .task_definitions
                .values()
                .filter(|td| td.family == family && td.document["status"] == "ACTIVE")
                .map(|td| td.arn.clone())
                .collect();
            arns.sort_by_key(|arn| std::cmp::Reverse(revision(arn)));
            arns.truncate(limit as usize);
            arns
        };
        call.answer(arns).await
    }

    async fn register(&self, document: &Value, tags: &BTreeMap<String, String>) -> Result<TaskDefinition> {
        let call = self.call("ecs.register").await?;
        let answered_only = ["taskDefinitionArn", "revision", "status", "registeredAt"];
        if answered_only.iter().any(|name| !document[*name].is_null()) {
            return Err(refused("the document has members that ECS only answers"));
        }
        if !document["family"].is_string() || !document["containerDefinitions"].is_array() {
            return Err(refused("family and containerDefinitions are required"));
        }
        let made = self.ecs().put_task_definition(document, tags);
        call.answer(made).await
    }

    async fn update_service(&self, cluster: &str, service: &str, task_definition: &str) -> Result<String> {
        let call = self.call("ecs.update_service").await?;
        self.roll();
        let now = self.clock().now;
        let id = self.ecs().update(cluster, service, task_definition, now)?;
        self.ecs().service_mut(cluster, service).note_called(&id);
        call.answer(id).await
    }

    async fn service_rollouts(&self, cluster: &str, service: &str, since: Time) -> Result<Vec<ServiceRollout>> {
        let call = self.call("ecs.service_rollouts").await?;
        let found = call.seen().live(cluster, service, |live| live.rollouts_since(since))?;
        call.answer(found).await
    }

    async fn stop_service_rollout(&self, arn: &str) -> Result<()> {
        let call = self.call("ecs.stop_service_rollout").await?;
        self.roll();
        let now = self.clock().now;
        self.ecs().stop_rollout(arn, now)?;
        call.answer(()).await
    }

    async fn answer_service_pause(&self, arn: &str, hook: &str, goes_on: bool) -> Result<()> {
        let call = self.call("ecs.answer_service_pause").await?;
        self.roll();
        let now = self.clock().now;
        let by = Pausing::Called { goes_on };
        self.ecs().answer_pause(arn, hook, by, now)?;
        call.answer(()).await
    }

    async fn tasks(&self, cluster: &str, service: &str, stopped: bool) -> Result<Vec<ServiceTask>> {
        let call = self.call("ecs.tasks").await?;
        let found = call.seen().live(cluster, service, |live| {
            let tasks = live.tasks.iter().map(|task| &task.task);
            tasks.filter(|task| (task.last_status == "STOPPED") == stopped).cloned().collect()
        })?;
        call.answer(found).await
    }
}

impl World {
    /// Lets the time that has passed since the last look happen to every service.
    pub fn roll(&self) {
        let now = self.true_time();
        let registry = self.ecr().clone();
        self.ecs().roll(&registry, now);
    }
}
