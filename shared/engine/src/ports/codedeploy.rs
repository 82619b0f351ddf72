use super::Answered;
use windlass_domain::time::Time;

/// A deployment group (AWS CodeDeploy API Reference, `DeploymentGroupInfo`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeploymentGroup {
    /// `Lambda`, `ECS` or `Server`.
    pub platform: String,
    /// The name of its deployment configuration, which says in which steps callers are moved.
    pub configuration: String,
    /// The revision that it deployed last; absent where it has deployed none, or CodeDeploy does not tell it.
    pub revision: Option<Revision>,
    /// The ids of the last deployment that was attempted, and of the last one that succeeded.
    pub last: Vec<String>,
}

/// What a deployment deploys, and where its text is (AWS CodeDeploy API Reference, `RevisionLocation`).
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
    /// So many percent at first, and all after so many minutes.
    Canary(u64, u64),
    /// So many percent every so many minutes.
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
    /// When it was created.
    pub created: Option<Time>,
    /// When it ended.
    pub completed: Option<Time>,
    /// The code of its error, such as `ALARM_ACTIVE`, and its words; absent where it has none.
    pub error: Option<(String, String)>,
    /// True where CodeDeploy rolls it back by itself where it fails, or is stopped.
    pub rolls_back: bool,
    /// The deployment that takes it back, once there is one.
    pub rolled_back_by: Option<String>,
    /// The deployment that it takes back.
    pub rollback_of: Option<String>,
    /// How CodeDeploy tells of its rollback; empty where it does not.
    pub rollback_words: String,
    /// Its revision.
    pub revision: Option<Revision>,
}

/// A lifecycle event of a deployment (AWS CodeDeploy API Reference, `LifecycleEvent`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LifecycleEvent {
    /// `BeforeAllowTraffic`, `AllowTraffic`, `AfterAllowTraffic`, …
    pub name: String,
    /// `Pending`, `InProgress`, `Succeeded`, `Failed`, `Skipped` or `Unknown`.
    pub status: String,
    /// Why it failed, in words; empty where nothing is told.
    pub words: String,
}

/// The deployments of a group that are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListedDeployments {
    /// Those that are not over.
    Active,
    /// Those that were created between these times.
    Created(Time, Time),
}

/// A deployment of a Lambda function to be created.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDeployed {
    /// The application.
    pub application: String,
    /// The deployment group.
    pub group: String,
    /// For a person, and to know it again.
    pub description: String,
    /// The `AppSpec`, as JSON.
    pub content: String,
}

/// AWS CodeDeploy. Applications and groups are named by their names.
pub trait CodeDeploy {
    /// A deployment group; `NotFound` where it or its application is not there.
    async fn deployment_group(&self, application: &str, group: &str) -> Answered<DeploymentGroup>;

    /// The steps of a deployment configuration.
    async fn routing(&self, configuration: &str) -> Answered<Routing>;

    /// The text of a revision that CodeDeploy keeps: `GetDeployment` and `GetDeploymentGroup` tell its SHA-256 alone.
    async fn revision(&self, application: &str, kind: &str, sha256: &str) -> Answered<String>;

    /// The ids of a group's deployments, in no order, a page with the token of the next one. They may be some seconds
    /// behind.
    async fn deployments(
        &self,
        application: &str,
        group: &str,
        listed: ListedDeployments,
        next: Option<&str>,
    ) -> Answered<(Vec<String>, Option<String>)>;

    /// One deployment; `NotFound` where there is none.
    async fn deployed(&self, id: &str) -> Answered<Deployed>;

    /// The lifecycle events of a deployment's function, in their order; none before it has begun.
    async fn lifecycle_events(&self, id: &str) -> Answered<Vec<LifecycleEvent>>;

    /// Creates a deployment; answers its id. CodeDeploy takes no client token. `Conflict` where the group has an
    /// active one. That the alias points to the `CurrentVersion` of its `AppSpec`, and has no weights, is compared when
    /// it begins: else it fails.
    async fn create_deployment(&self, new: &NewDeployed) -> Answered<String>;

    /// Stops a deployment and lets CodeDeploy take it back by one of its own. `Conflict` where it is over.
    async fn stop_deployment(&self, id: &str) -> Answered<()>;
}
