//! Plans: waves of changes.

use crate::finding::Finding;
use crate::name::ComponentName;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A kind of component, by name.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum KindName {
    /// Files in S3, usually behind CloudFront.
    StaticSite,
    /// An AWS Lambda function.
    Lambda,
    /// A service in Amazon ECS.
    Ecs,
}

impl fmt::Display for KindName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::StaticSite => "static_site",
            Self::Lambda => "lambda",
            Self::Ecs => "ecs",
        })
    }
}

/// What a deployment will do, wave by wave.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Plan {
    /// The waves, in order.
    pub waves: Vec<Wave>,
    /// Components that are not changed, each with its reason.
    pub unchanged: Vec<Unchanged>,
    /// What is noted without stopping the deployment.
    pub warnings: Vec<Finding>,
}

/// Components that are changed together, then judged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Wave {
    /// The changes, all made in parallel.
    pub changes: Vec<PlannedChange>,
    /// How long it is watched before it is judged as passed, in seconds.
    pub bake_s: u64,
}

/// One component's change within a wave.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PlannedChange {
    /// The component.
    pub component: ComponentName,
    /// Its kind.
    pub kind: KindName,
    /// What is done, for a person, such as `alias live to 10 % of sha256:ab12…`.
    pub what: String,
}

/// A component that is not changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Unchanged {
    /// The component.
    pub component: ComponentName,
    /// Why, for a person: it runs the wanted bytes already, or the release does not name it.
    pub reason: String,
}
