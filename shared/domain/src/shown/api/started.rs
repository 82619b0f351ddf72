//! The answers to what starts something: a deployment, an action, the drawing of a plan; the plan itself; and what a
//! removal or a move would do.

use crate::release::identity::DeploymentId;
use crate::shown::planned::Planned;
use crate::text::foreign;
use crate::text::name::{ComponentName, EnvironmentName};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A deployment that was started.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DeploymentStarted {
    /// Its id.
    pub id: DeploymentId,
    /// The name under which its release is recorded.
    #[serde(deserialize_with = "foreign::one")]
    pub version: String,
    /// Its execution.
    #[serde(deserialize_with = "foreign::one")]
    pub execution: String,
    /// The address that answers how it stands.
    #[serde(deserialize_with = "foreign::one")]
    pub status: String,
}

/// An action that was started. Whether it could be done is seen by how its execution ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ActionStarted {
    /// Its execution.
    #[serde(deserialize_with = "foreign::one")]
    pub execution: String,
}

/// A deployment that is being undone before its time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CancellationStarted {
    /// The deployment.
    pub id: DeploymentId,
    /// The execution of its recovery.
    #[serde(deserialize_with = "foreign::one")]
    pub execution: String,
}

/// The drawing of a plan that was started.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PlanStarted {
    /// The plan's id.
    pub id: DeploymentId,
    /// The execution that draws it.
    #[serde(deserialize_with = "foreign::one")]
    pub execution: String,
    /// The address that answers the plan.
    #[serde(deserialize_with = "foreign::one")]
    pub status: String,
}

/// A plan. `drawn` is absent until the targets were looked at.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PlanAnswer {
    /// The plan's id.
    pub id: DeploymentId,
    /// The plan.
    #[serde(flatten)]
    pub planned: Planned,
    /// The reason why it could not be drawn; else null.
    #[serde(default, deserialize_with = "foreign::maybe")]
    pub failed: Option<String>,
    /// By component, the commits between what runs and what would run, where both are known: `9f2c…..3d4e…`.
    #[serde(default)]
    pub commits: BTreeMap<ComponentName, String>,
}

/// What an environment would let go of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LetGo {
    /// What it is.
    #[serde(flatten)]
    pub goes: RemovedFrom,
    /// The sentence that says what stays.
    #[serde(deserialize_with = "foreign::one")]
    pub leaves: String,
}

/// What would be let go of in one environment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RemovedFrom {
    /// The components; none where only places are let go of that a component has left.
    pub components: BTreeSet<ComponentName>,
    /// The targets that another component may have then.
    pub frees: Vec<String>,
}

/// What a whole application would let go of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AppLetGo {
    /// The version of its declaration, which would be withdrawn.
    pub declaration: Option<semver::Version>,
    /// Its image repositories.
    pub repositories: Vec<String>,
    /// Its environments.
    pub environments: BTreeMap<EnvironmentName, RemovedFrom>,
    /// The sentence that says what stays.
    #[serde(deserialize_with = "foreign::one")]
    pub leaves: String,
}

/// What a move would take with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Moves {
    /// The components, each with its name from then on.
    pub components: BTreeMap<ComponentName, ComponentName>,
    /// Their targets.
    pub targets: Vec<String>,
    /// The sentence that says what stays.
    #[serde(deserialize_with = "foreign::one")]
    pub stays: String,
    /// The sentence that says what to do next, if anything is.
    #[serde(default, deserialize_with = "foreign::maybe")]
    pub next: Option<String>,
}

/// What another name of a whole application would take with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AppMoves {
    /// The version of the declaration that was in force.
    pub declaration: Option<semver::Version>,
    /// Its environments.
    pub environments: BTreeMap<EnvironmentName, MovedEnvironment>,
    /// Its image repositories.
    pub repositories: Vec<String>,
    /// The image repositories that nobody has from then on.
    pub frees: Vec<String>,
    /// The sentence that says what stays.
    #[serde(deserialize_with = "foreign::one")]
    pub stays: String,
    /// The sentence that says what to do next, if anything is.
    #[serde(default, deserialize_with = "foreign::maybe")]
    pub next: Option<String>,
}

/// What would be moved of an environment of a whole application. Its components keep their names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MovedEnvironment {
    /// The components.
    pub components: Vec<ComponentName>,
    /// Their targets.
    pub targets: Vec<String>,
}
