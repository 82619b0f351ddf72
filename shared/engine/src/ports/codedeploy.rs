use super::Result;
use windlass_domain::text::time::Time;

/// A deployment group (AWS CodeDeploy API Reference, `DeploymentGroupInfo`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeploymentGroup {
    /// `Lambda`, `ECS` or `Server`.
    pub platform: String,
    /// The name of its deployment configuration, which says in which steps callers are moved.
    pub configuration: String,
    /// The revision that it deployed last; absent if it has deployed none, or CodeDeploy does not name it.
    pub revision: Option<Revision>,
    /// The ids of the last deployment that was attempted, and of the last one that succeeded.
    pub last: Vec<String>,
    /// The services of Amazon ECS that it deploys, by cluster and name.
    pub services: Vec<(String, String)>,
    /// The minutes that a deployment waits to be continued before it moves callers; after that it is stopped. Absent if
    /// it waits for nobody (`DeploymentReadyOption`).
    pub ready_min: Option<u64>,
    /// The minutes that the former tasks of a service stay once all callers are moved
    /// (`BlueInstanceTerminationOption`); absent if they stay for good.
    pub ends_min: Option<u64>,
}

/// The revision that a deployment deploys: where its text is (AWS CodeDeploy API Reference, `RevisionLocation`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Revision {
    /// A text that CodeDeploy keeps, by its SHA-256.
    Kept {
        /// `AppSpecContent`, or the older `String`.
        kind: String,
        /// The SHA-256 of the text.
        sha256: String,
    },
    /// It is kept elsewhere, such as `S3`.
    Elsewhere(String),
}

/// The steps in which a deployment configuration moves callers (AWS CodeDeploy API Reference,
/// `TrafficRoutingConfig`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Routing {
    /// All callers at once.
    AllAtOnce,
    /// This many percent at first, and all after this many minutes.
    Canary(u64, u64),
    /// This many percent every so many minutes.
    Linear(u64, u64),
    /// A way that this build does not know, by its name.
    Other(String),
}

/// A deployment (AWS CodeDeploy API Reference, `DeploymentInfo`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Deployed {
    /// Its id, such as `d-ABCDEF123`.
    pub id: String,
    /// `Created`, `Queued`, `InProgress`, `Baking`, `Ready`, `Succeeded`, `Failed` or `Stopped`.
    pub status: String,
    /// The text that its creator wrote.
    pub description: String,
    /// `user`, `codeDeployRollback`, `CloudFormation`, …
    pub creator: String,
    /// The time at which it was created.
    pub created: Option<Time>,
    /// The time at which it ended.
    pub completed: Option<Time>,
    /// The code of its error, such as `ALARM_ACTIVE`, and the error's text; absent if it has none.
    pub error: Option<(String, String)>,
    /// True if CodeDeploy rolls it back by itself when it fails, or is stopped.
    pub rolls_back: bool,
    /// The deployment that takes it back, once there is one.
    pub rolled_back_by: Option<String>,
    /// The deployment that it takes back.
    pub rollback_of: Option<String>,
    /// CodeDeploy's text on its rollback; empty if there is none.
    pub rollback_words: String,
    /// Its revision.
    pub revision: Option<Revision>,
    /// True if CodeDeploy says that it only waits until it ends the former tasks. For a service CodeDeploy need not say
    /// so.
    pub ends: bool,
}

/// The wait of a deployment that a call can end (AWS CodeDeploy API Reference, `ContinueDeployment`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeploymentWait {
    /// It waits for leave to move callers (`READY_WAIT`).
    Ready,
    /// It waits until it ends the former tasks (`TERMINATION_WAIT`).
    Termination,
}

/// The progress of a deployment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lifecycle {
    /// The lifecycle events of its function or service, in their order; none before it has begun.
    pub events: Vec<LifecycleEvent>,
    /// The task sets of its service.
    pub task_sets: Vec<Share>,
}

/// The traffic of a task set (AWS CodeDeploy API Reference, `ECSTaskSet`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Share {
    /// The task set's id, such as `ecs-svc/1234567890123456789`.
    pub id: String,
    /// The percent of the traffic that it gets; absent if CodeDeploy does not give it.
    pub percent: Option<u64>,
}

/// A lifecycle event of a deployment (AWS CodeDeploy API Reference, `LifecycleEvent`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LifecycleEvent {
    /// `BeforeAllowTraffic`, `AllowTraffic`, `AfterAllowTraffic`, …
    pub name: String,
    /// `Pending`, `InProgress`, `Succeeded`, `Failed`, `Skipped` or `Unknown`.
    pub status: String,
    /// The reason why it failed; empty if CodeDeploy gives none.
    pub words: String,
    /// The time at which it ended.
    pub ended: Option<Time>,
}

/// The deployments of a group that are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListedDeployments {
    /// Those that are not over.
    Active,
    /// Those that were created between these times.
    Created(Time, Time),
}

/// A deployment to be created.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewDeployed {
    /// The application.
    pub application: String,
    /// The deployment group.
    pub group: String,
    /// A text for a person, by which the deployment is also known again.
    pub description: String,
    /// The `AppSpec`, as JSON.
    pub content: String,
    /// The deployment configuration, if it is another than the group's.
    pub configuration: Option<String>,
}

/// AWS CodeDeploy. Applications and groups are named by their names.
pub trait CodeDeployApi {
    /// Reads a deployment group; `NotFound` if it or its application does not exist.
    async fn deployment_group(&self, application: &str, group: &str) -> Result<DeploymentGroup>;

    /// Reads the steps of a deployment configuration.
    async fn routing(&self, configuration: &str) -> Result<Routing>;

    /// Reads the text of a revision that CodeDeploy keeps. `GetDeployment` and `GetDeploymentGroup` name only its
    /// SHA-256.
    async fn revision(&self, application: &str, kind: &str, sha256: &str) -> Result<String>;

    /// Lists the ids of a group's deployments, in no order: a page, with the token of the next one. The list may be
    /// some seconds behind.
    async fn deployments(
        &self,
        application: &str,
        group: &str,
        listed: ListedDeployments,
        next: Option<&str>,
    ) -> Result<(Vec<String>, Option<String>)>;

    /// Reads one deployment; `NotFound` if there is none.
    async fn deployed(&self, id: &str) -> Result<Deployed>;

    /// Reads the progress of a deployment.
    async fn lifecycle_events(&self, id: &str) -> Result<Lifecycle>;

    /// Creates a deployment and returns its id. CodeDeploy takes no client token. `Conflict` if the group has an active
    /// one. The alias must point to the `CurrentVersion` of the deployment's `AppSpec` and have no weights. CodeDeploy
    /// checks that when the deployment begins, and else the deployment fails.
    async fn create_deployment(&self, new: &NewDeployed) -> Result<String>;

    /// Stops a deployment and lets CodeDeploy take it back by a deployment of its own. `Conflict` if it is over.
    async fn stop_deployment(&self, id: &str) -> Result<()>;

    /// Ends the wait of a deployment. Sent once. `Conflict` if it does not wait for that, or is over.
    async fn continue_deployment(&self, id: &str, waiting: DeploymentWait) -> Result<()>;
}
