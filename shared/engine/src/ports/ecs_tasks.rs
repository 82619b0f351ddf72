use super::Result;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use windlass_domain::text::time::Time;

/// The way in which tasks are launched: the members of a service that RunTask takes as well (Amazon ECS API Reference,
/// Service and RunTask).
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Launch {
    /// `FARGATE`, `EC2` or `EXTERNAL`; absent if capacity providers decide.
    pub launch_type: Option<String>,
    /// The strategy of capacity providers: name, weight and base of each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub providers: Vec<(String, i32, i32)>,
    /// The platform version of AWS Fargate, such as `1.4.0`.
    pub platform: Option<String>,
    /// The network, for tasks that have one of their own (`awsvpc`).
    pub network: Option<Network>,
}

/// A task's own network (Amazon ECS API Reference, AwsVpcConfiguration).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Network {
    /// The subnets, by id.
    pub subnets: Vec<String>,
    /// The security groups, by id.
    pub security_groups: Vec<String>,
    /// True if it gets a public address.
    pub public_ip: bool,
}

/// A task that is to be run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRun {
    /// The cluster's name.
    pub cluster: String,
    /// The task definition by ARN.
    pub task_definition: String,
    /// The container whose command is replaced.
    pub container: String,
    /// Its command.
    pub command: Vec<String>,
    /// The way in which it is launched.
    pub launch: Launch,
    /// The text that says who starts it: up to 128 letters, digits, hyphens, slashes and underscores.
    pub started_by: String,
    /// The client token: up to 64 characters. ECS keeps it for 24 hours, or for as long as the task lives and an hour,
    /// whichever is shorter, within the cluster (Amazon ECS API Reference, "Ensuring idempotency").
    pub token: String,
    /// Tags of the task.
    pub tags: Vec<(String, String)>,
}

/// A task as ECS describes it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Run {
    /// Its ARN.
    pub arn: String,
    /// The text that says who started it.
    pub started_by: String,
    /// `PROVISIONING`, `PENDING`, `ACTIVATING`, `RUNNING`, `DEACTIVATING`, `STOPPING`, `DEPROVISIONING`, `STOPPED`.
    pub last_status: String,
    /// The time at which it was created; absent if ECS does not give it.
    pub created: Option<Time>,
    /// The time at which its containers had started; absent if they never did.
    pub started: Option<Time>,
    /// The time at which it stopped.
    pub stopped: Option<Time>,
    /// One of [`STOP_CODES`]; empty if ECS gives none.
    pub stop_code: String,
    /// The reason why it stopped, as ECS gives it.
    pub stopped_reason: String,
    /// Its containers, each with name, exit code, and why it stopped.
    pub containers: Vec<RunContainer>,
}

/// The end of a task, by who or what has brought it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoppedBy {
    /// An essential container of its own, which has ended.
    Itself,
    /// Its start, which has failed.
    Start,
    /// The scheduler of its service.
    Scheduler,
    /// A person, or what the task runs on.
    Others,
}

/// Each stop code of a task (Amazon ECS API Reference, Task, `stopCode`).
pub const STOP_CODES: [(&str, StoppedBy); 7] = [
    ("EssentialContainerExited", StoppedBy::Itself),
    ("TaskFailedToStart", StoppedBy::Start),
    ("ServiceSchedulerInitiated", StoppedBy::Scheduler),
    ("InfrastructureHealth", StoppedBy::Others),
    ("SpotInterruption", StoppedBy::Others),
    ("TerminationNotice", StoppedBy::Others),
    ("UserInitiated", StoppedBy::Others),
];

impl StoppedBy {
    /// Returns it by the stop code of a task; `None` if ECS gives none, or one that this build does not know.
    pub fn of(stop_code: &str) -> Option<Self> {
        STOP_CODES.iter().find(|(word, _)| *word == stop_code).map(|(_, by)| *by)
    }
}

/// A container of such a task.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RunContainer {
    /// Its name.
    pub name: String,
    /// Its exit code; absent if it never ran.
    pub exit_code: Option<i32>,
    /// The reason why it stopped, such as `CannotPullContainerError: …`.
    pub reason: String,
}

/// A cluster, with what shows whose it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cluster {
    /// Its ARN.
    pub arn: String,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
}

/// Tasks of Amazon ECS that no service keeps running.
pub trait EcsTasksApi {
    /// Reads the way in which a service's tasks are launched (DescribeServices); `NotFound` if there is none.
    async fn launch(&self, cluster: &str, service: &str) -> Result<Launch>;

    /// Reads a cluster with its tags (DescribeClusters); `NotFound` if there is none or it is inactive.
    async fn cluster(&self, name: &str) -> Result<Cluster>;

    /// Runs a task and returns its ARN. Sent once. The same token with the same parameters returns the task that it has
    /// started; with other parameters `Conflict`. `Refused` if ECS starts none, such as for want of room.
    async fn run_task(&self, run: &NewRun) -> Result<String>;

    /// Stops a task. One that has stopped is left as it is.
    async fn stop_task(&self, cluster: &str, task: &str, reason: &str) -> Result<()>;

    /// Lists the tasks of a family of task definitions that run, those that stopped in about the last hour (ListTasks
    /// by family and desired status, DescribeTasks), and the `known` ones, by ARN. A task that stops between the two
    /// lists may be in neither. The list is not consistent: a task that was just started may be missing.
    async fn runs(&self, cluster: &str, family: &str, known: &[String]) -> Result<Vec<Run>>;
}
