use super::Result;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use windlass_domain::declaration::appspec::TaskSetShape;
use windlass_domain::text::time::Time;

/// The members that ECS answers with a task definition and does not take back (Amazon ECS API Reference:
/// RegisterTaskDefinition has no such request members).
pub const ANSWERED_ONLY: [&str; 9] = [
    "taskDefinitionArn",
    "revision",
    "status",
    "requiresAttributes",
    "compatibilities",
    "registeredAt",
    "registeredBy",
    "deregisteredAt",
    "deleteRequestedAt",
];

/// The answer of ECS to a deployment that fails (Amazon ECS API Reference, `DeploymentCircuitBreaker` and
/// `DeploymentAlarms`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnFailure {
    /// It goes on.
    GoesOn,
    /// It stops the deployment.
    Stops,
    /// It stops the deployment and goes back to the last one that was completed.
    RollsBack,
}

impl OnFailure {
    /// Reads the two members `enable` and `rollback`.
    pub fn of(enable: bool, rollback: bool) -> Self {
        match (enable, rollback) {
            (false, _) => Self::GoesOn,
            (true, false) => Self::Stops,
            (true, true) => Self::RollsBack,
        }
    }
}

/// A service as ECS describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// Its ARN.
    pub arn: String,
    /// `ACTIVE`, `DRAINING` or `INACTIVE`.
    pub status: String,
    /// The task definition that the service is set to, by ARN.
    pub task_definition: String,
    /// The number of tasks that are wanted.
    pub desired: u32,
    /// The number of tasks that run.
    pub running: u32,
    /// The capacity that its tasks run on: the launch type (`FARGATE`, `EC2`, `EXTERNAL`), or the capacity providers of
    /// its strategy, such as `FARGATE_SPOT`; none if the cluster's default decides.
    pub capacity: Vec<String>,
    /// `ECS`, `CODE_DEPLOY` or `EXTERNAL`.
    pub controller: String,
    /// The way in which ECS's own controller replaces tasks: `ROLLING`, `BLUE_GREEN`, `LINEAR` or `CANARY`.
    pub strategy: String,
    /// `minimumHealthyPercent` and `maximumPercent`: the percent of the wanted tasks that must run, and that may run.
    pub percents: (u32, u32),
    /// True if it has early success criteria, by which ECS calls a rollout complete before all wanted tasks run (Amazon
    /// ECS Developer Guide, "Complete Amazon ECS rolling deployments early with early success criteria").
    pub completes_early: bool,
    /// The action of its deployment circuit breaker.
    pub breaker: OnFailure,
    /// The action of its deployment alarms.
    pub alarms: OnFailure,
    /// The lifecycle hooks of its deployment configuration.
    pub hooks: Vec<ServiceHook>,
    /// The way in which it shifts traffic; it counts only if the service does not roll.
    pub shifting: Shifting,
    /// Its deployments, as ECS lists them.
    pub deployments: Vec<ServiceDeployment>,
    /// Its task sets, if ECS's own controller does not deploy it.
    pub task_sets: Vec<TaskSet>,
    /// Its newest events, newest first.
    pub events: Vec<ServiceEvent>,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
}

impl Service {
    /// Returns the task definition that callers get. If ECS's own controller does not deploy the service, it is that of
    /// the task set with the production traffic.
    pub fn runs(&self) -> &str {
        let primary = self.task_sets.iter().find(|one| one.status == "PRIMARY");
        primary.map_or(&self.task_definition, |one| &one.task_definition)
    }
}

/// An event in which ECS says what it did with a service, or could not do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceEvent {
    /// The time of the event.
    pub at: Time,
    /// The text, such as `(service agent) was unable to place a task because …`.
    pub message: String,
}

/// A deployment of a service, as ECS lists it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceDeployment {
    /// Its id, such as `ecs-svc/1234567890123456789`.
    pub id: String,
    /// `PRIMARY`, `ACTIVE` or `INACTIVE`.
    pub status: String,
    /// The task definition by ARN.
    pub task_definition: String,
    /// `IN_PROGRESS`, `COMPLETED` or `FAILED`; empty behind a Classic Load Balancer.
    pub rollout: String,
    /// The reason, as ECS gives it.
    pub reason: String,
    /// The number of tasks that are wanted.
    pub desired: u32,
    /// The number of tasks that run.
    pub running: u32,
    /// The number of tasks that wait.
    pub pending: u32,
    /// The number of tasks that failed to start.
    pub failed: u32,
}

/// Tasks of a service that ECS's own controller does not deploy (Amazon ECS API Reference, `TaskSet`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TaskSet {
    /// Its id, such as `ecs-svc/1234567890123456789`.
    pub id: String,
    /// `PRIMARY` if it gets the production traffic, `ACTIVE` if it does not or gets a part of it, `DRAINING` if its
    /// tasks are ended.
    pub status: String,
    /// The task definition by ARN.
    pub task_definition: String,
    /// `STEADY_STATE` or `STABILIZING`.
    pub stability: String,
    /// The number of tasks that are wanted.
    pub desired: u32,
    /// The number of tasks that run.
    pub running: u32,
    /// The number of tasks that wait.
    pub pending: u32,
    /// Its settings beside its task definition.
    pub shape: TaskSetShape,
}

/// The way in which a service shifts traffic if it does not roll (Amazon ECS API Reference, DeploymentConfiguration).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Shifting {
    /// `bakeTimeInMinutes`: the minutes that the former tasks stay once all traffic has been shifted.
    pub bake_min: u32,
    /// `canaryPercent` or `stepPercent`, in tenths of a percent; 1000 if all is shifted at once.
    pub step_tenths: u32,
    /// `canaryBakeTimeInMinutes` or `stepBakeTimeInMinutes`: the minutes that ECS waits after such a step.
    pub step_min: u32,
}

/// A lifecycle hook that a service's deployments are to have (Amazon ECS API Reference, DeploymentLifecycleHook).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceHook {
    /// `PAUSE`, or `AWS_LAMBDA`.
    pub kind: String,
    /// The stages at which it runs.
    pub stages: Vec<String>,
    /// The minutes that ECS waits for it.
    pub timeout_min: u32,
    /// The action that ECS takes then: `CONTINUE` or `ROLLBACK`.
    pub then: String,
}

impl ServiceHook {
    /// Returns whether it pauses a deployment at this stage.
    pub fn pauses_at(&self, stage: &str) -> bool {
        self.kind == "PAUSE" && self.stages.iter().any(|one| one == stage)
    }
}

/// A service deployment, which an UpdateService makes; ECS's own rollback is part of it (Amazon ECS API Reference,
/// ServiceDeployment).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceRollout {
    /// Its ARN.
    pub arn: String,
    /// The time at which it was created.
    pub created: Time,
    /// The time at which it was over; absent while it is under way.
    pub finished: Option<Time>,
    /// `PENDING`, `IN_PROGRESS`, `SUCCESSFUL`, `STOPPED`, `ROLLBACK_IN_PROGRESS`,
    /// `ROLLBACK_SUCCESSFUL`, …
    pub status: String,
    /// The reason, as ECS gives it; empty if it gives none.
    pub reason: String,
    /// Its lifecycle stage, such as `POST_SCALE_UP`; empty if ECS names none.
    pub stage: String,
    /// The task definition of the service revision that it is to bring, by ARN; empty if ECS names none.
    pub task_definition: String,
    /// The production traffic that this revision gets, in tenths of a percent; absent if ECS gives none.
    pub traffic_tenths: Option<u32>,
    /// Its lifecycle hooks.
    pub hooks: Vec<LifecycleHook>,
    /// The target groups that get the service's traffic; absent if it goes through no Application Load Balancer.
    pub target_groups: Option<ShiftedTargetGroups>,
}

/// A load balancer and the target groups between which ECS shifts its traffic, as CloudWatch names them in its
/// dimensions (Amazon ECS API Reference, ServiceRevision, `resolvedConfiguration`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ShiftedTargetGroups {
    /// The load balancer, such as `app/shop/50dc6c495c0c9188`.
    pub balancer: String,
    /// The target group of the new tasks, such as `targetgroup/shop-green/73e2d6bc24d8a067`.
    pub new: String,
    /// The target group of the former tasks.
    pub former: String,
}

/// A lifecycle hook of a service deployment (Amazon ECS API Reference, DeploymentLifecycleHookDetail).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LifecycleHook {
    /// Its id, with which a paused deployment is continued.
    pub id: String,
    /// `PAUSE`, or `AWS_LAMBDA`.
    pub kind: String,
    /// The function's ARN; empty for a pause.
    pub target: String,
    /// `AWAITING_ACTION`, `IN_PROGRESS`, `SUCCEEDED`, `FAILED` or `TIMED_OUT`.
    pub status: String,
    /// The time at which ECS goes on without it.
    pub expires: Option<Time>,
    /// The action that ECS takes then: `CONTINUE` or `ROLLBACK`.
    pub then: String,
}

/// A task definition as the JSON document that ECS answers, with fields that this build does not
/// know, and its tags.
#[derive(Debug, Clone, PartialEq)]
pub struct TaskDefinition {
    /// Its ARN.
    pub arn: String,
    /// Its family.
    pub family: String,
    /// The whole document under `taskDefinition`.
    pub document: Value,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
}

/// Each status of a task definition, and whether it is deregistered, so that no service may be set to it (Amazon ECS
/// Developer Guide, "Amazon ECS task definition states").
pub const TASK_DEFINITION_STATUSES: [(&str, bool); 3] =
    [("ACTIVE", false), ("INACTIVE", true), ("DELETE_IN_PROGRESS", true)];

impl TaskDefinition {
    /// Returns whether no service may be set to it. ECS refuses what this build does not know.
    pub fn is_deregistered(&self) -> bool {
        let status = &self.document["status"];
        TASK_DEFINITION_STATUSES.iter().any(|(word, is_deregistered)| *is_deregistered && status == word)
    }
}

/// A task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceTask {
    /// Its ARN.
    pub arn: String,
    /// Its task definition by ARN.
    pub task_definition: String,
    /// `PROVISIONING` … `RUNNING` … `STOPPED`.
    pub last_status: String,
    /// `HEALTHY`, `UNHEALTHY` or `UNKNOWN`.
    pub health: String,
    /// `EssentialContainerExited`, `TaskFailedToStart`, …
    pub stop_code: String,
    /// The reason why it stopped, as ECS gives it.
    pub stopped_reason: String,
    /// The time at which it stopped.
    pub stopped_at: Option<Time>,
    /// Its containers, each with name, image digest, exit code and reason.
    pub containers: Vec<TaskContainer>,
}

/// A container of a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskContainer {
    /// Its name.
    pub name: String,
    /// The digest of the image that runs, `sha256:…`.
    pub image_digest: Option<String>,
    /// Its exit code.
    pub exit_code: Option<i32>,
    /// The reason why it stopped, such as `CannotPullContainerError: …`.
    pub reason: String,
}

/// Amazon ECS.
pub trait EcsApi {
    /// Reads a service; `NotFound` if there is none or it is inactive.
    async fn service(&self, cluster: &str, service: &str) -> Result<Service>;

    /// Reads a task definition by ARN, or the newest active one of a family.
    async fn task_definition(&self, name: &str) -> Result<TaskDefinition>;

    /// Lists the ARNs of a family's active task definitions, newest first, at most `limit`.
    async fn task_definitions(&self, family: &str, limit: u32) -> Result<Vec<String>>;

    /// Registers a task definition from a document, which is sent as it is, and tags.
    async fn register(&self, document: &Value, tags: &BTreeMap<String, String>) -> Result<TaskDefinition>;

    /// Sets a service's task definition and nothing else (never `desiredCount`), and returns the deployment's id. ECS
    /// offers no condition: describe just before.
    async fn update_service(&self, cluster: &str, service: &str, task_definition: &str) -> Result<String>;

    /// Lists a service's deployments that were created since then, newest first, at most 20, with their lifecycle hooks
    /// and the task definitions that they bring (ListServiceDeployments, DescribeServiceDeployments,
    /// DescribeServiceRevisions). ECS's own rollback is part of the deployment that it rolls back, and no newer one.
    async fn service_rollouts(&self, cluster: &str, service: &str, since: Time) -> Result<Vec<ServiceRollout>>;

    /// Stops a service deployment that is under way, so that ECS goes back to what ran before it (StopServiceDeployment
    /// with `ROLLBACK`). Sent once. `Conflict` if it is not under way.
    async fn stop_service_rollout(&self, arn: &str) -> Result<()>;

    /// Answers a pause hook of a service deployment, so that the deployment goes on to its next stage, or back to what
    /// ran before it (ContinueServiceDeployment with `CONTINUE` or `ROLLBACK`). Sent once. `Refused` if the hook does
    /// not wait for an action, or the deployment is not under way.
    async fn answer_service_pause(&self, arn: &str, hook: &str, goes_on: bool) -> Result<()>;

    /// Lists the tasks of a service: running ones, or those that stopped in about the last hour.
    async fn tasks(&self, cluster: &str, service: &str, stopped: bool) -> Result<Vec<ServiceTask>>;
}
