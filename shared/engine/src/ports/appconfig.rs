use super::Result;
use bytes::Bytes;
use std::collections::BTreeMap;
use windlass_domain::text::time::Time;

/// An application, environment, profile or strategy in a list of AppConfig's. Names need not be unique.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// Its id, such as `abc1234`.
    pub id: String,
    /// Its name.
    pub name: String,
}

/// A configuration profile (AWS AppConfig API Reference, ConfigurationProfileSummary).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// Its id and name.
    pub named: Named,
    /// The place where its configuration is kept: `hosted`, or the address of another store.
    pub location: String,
    /// `AWS.AppConfig.FeatureFlags`, or `AWS.Freeform`.
    pub kind: String,
}

/// A deployment strategy (AWS AppConfig API Reference, DeploymentStrategy).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigurationStrategy {
    /// Its id and name.
    pub named: Named,
    /// The minutes in which it grows to all callers, and the minutes that AppConfig watches its alarms after that.
    pub minutes: (u64, u64),
}

/// A version in AppConfig's own store. Its content never changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostedVersion {
    /// Its number, from 1.
    pub number: u32,
    /// Its label; absent if it has none.
    pub label: Option<String>,
}

/// A version to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewVersion {
    /// Its content.
    pub content: Bytes,
    /// The content's MIME type.
    pub content_type: String,
    /// Its label, of at most 64 characters: no two versions of a profile have the same.
    pub label: String,
    /// A text for a person.
    pub description: String,
    /// The number that the newest version must have; `None` if there must be none.
    pub newest: Option<u32>,
}

/// A deployment of a profile's configuration in an environment, as AppConfig lists it (AWS AppConfig API
/// Reference, DeploymentSummary).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigurationRollout {
    /// Its number: they are counted from 1 for each environment, over all profiles.
    pub number: u32,
    /// The id of its profile.
    pub profile: String,
    /// The version that is deployed.
    pub version: String,
    /// The label of that version; absent if it has none.
    pub label: Option<String>,
    /// `VALIDATING`, `DEPLOYING`, `BAKING`, `COMPLETE`, `ROLLING_BACK`, `ROLLED_BACK` or `REVERTED`.
    pub state: String,
    /// The share of callers who get it, from 0 to 100.
    pub percent: u32,
    /// The minutes in which it grows, and the minutes that AppConfig watches its alarms after that.
    pub minutes: (u64, u64),
    /// The time at which it began.
    pub started: Option<Time>,
    /// The time at which it was complete.
    pub completed: Option<Time>,
}

/// A deployment as AppConfig describes it alone (AWS AppConfig API Reference, GetDeployment).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RolloutDetail {
    /// The deployment.
    pub rollout: ConfigurationRollout,
    /// The text that its starter wrote.
    pub description: String,
    /// The events, newest first.
    pub events: Vec<RolloutEvent>,
}

/// Something that happened in a deployment (AWS AppConfig API Reference, DeploymentEvent).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RolloutEvent {
    /// `DEPLOYMENT_STARTED`, `PERCENTAGE_UPDATED`, `BAKE_TIME_STARTED`, `ROLLBACK_STARTED`, …
    pub what: String,
    /// `USER`, `APPCONFIG`, `CLOUDWATCH_ALARM` or `INTERNAL_ERROR`.
    pub by: String,
    /// A text, such as the ARN of the alarm that asked for a rollback.
    pub words: String,
}

/// A deployment to be begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRollout {
    /// The profile's id.
    pub profile: String,
    /// The version.
    pub version: String,
    /// The strategy's id.
    pub strategy: String,
    /// A text for a person, by which the deployment is also known again.
    pub description: String,
    /// The number of the environment's newest deployment; `None` if there must be none.
    pub newest: Option<u32>,
}

/// AWS AppConfig. Applications, environments, profiles and strategies are named by their ids.
pub trait AppConfigApi {
    /// Lists all applications.
    async fn applications(&self) -> Result<Vec<Named>>;

    /// Lists all environments of an application.
    async fn environments(&self, application: &str) -> Result<Vec<Named>>;

    /// Lists all profiles of an application.
    async fn profiles(&self, application: &str) -> Result<Vec<Profile>>;

    /// Lists all strategies, AppConfig's own included.
    async fn strategies(&self) -> Result<Vec<ConfigurationStrategy>>;

    /// Reads the tags of an environment.
    async fn environment_tags(&self, application: &str, environment: &str) -> Result<BTreeMap<String, String>>;

    /// Lists all versions of a profile in AppConfig's own store, in no order.
    async fn versions(&self, application: &str, profile: &str) -> Result<Vec<HostedVersion>>;

    /// Reads a version's content; `NotFound` if there is none. It comes back byte for byte as it was stored. Only to
    /// feature flags AppConfig adds when each was made and changed.
    async fn content(&self, application: &str, profile: &str, version: u32) -> Result<Bytes>;

    /// Makes a version and returns its number. `Conflict` if the newest is another one; `Refused` if a validator of the
    /// profile refuses it.
    async fn create_version(&self, application: &str, profile: &str, version: &NewVersion) -> Result<u32>;

    /// Lists an environment's deployments of all profiles: a page of at most 50, with the token of the next page. AWS
    /// promises the newest first.
    async fn rollouts(
        &self,
        application: &str,
        environment: &str,
        next: Option<&str>,
    ) -> Result<(Vec<ConfigurationRollout>, Option<String>)>;

    /// Reads one deployment; `NotFound` if there is none.
    async fn rollout(&self, application: &str, environment: &str, number: u32) -> Result<RolloutDetail>;

    /// Begins a deployment and returns its number. `Conflict` if the newest is another one, or if one is under way in
    /// the environment, of whichever profile.
    async fn start_rollout(&self, application: &str, environment: &str, rollout: &NewRollout) -> Result<u32>;

    /// Stops a deployment that is under way, or reverts one that was complete for less than 72 hours: its callers get
    /// what was deployed before it. `Refused` if it is neither.
    async fn stop_rollout(&self, application: &str, environment: &str, number: u32) -> Result<()>;
}
