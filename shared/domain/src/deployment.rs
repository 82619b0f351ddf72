//! Deployments: the record that answers who, what, when, and how it ended.

use crate::digest::Digest;
use crate::ending::Ending;
use crate::finding::Finding;
use crate::identity::DeploymentId;
use crate::name::{AppName, EnvironmentName};
use crate::order::Order;
use crate::release::Release;
use crate::request::{ActionName, Requester};
use crate::time::Time;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A deployment's record. Written by the conductor alone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Deployment {
    /// Its id.
    pub id: DeploymentId,
    /// The application.
    pub app: AppName,
    /// The environment.
    pub environment: EnvironmentName,
    /// What was asked for: `deploy` or `rollback`.
    pub action: ActionName,
    /// 1 unless asked `again`.
    pub attempt: u32,
    /// The release, with only the components that are to be changed by it.
    pub release: Release,
    /// The release's digest.
    pub release_digest: Digest,
    /// `rollback`: the snapshot that it goes back to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshot: Option<u64>,
    /// The declaration it is deployed under.
    #[schemars(with = "String")]
    pub declaration: semver::Version,
    /// Who asked.
    pub requester: Requester,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Where it stands in the order.
    pub order: Order,
    /// Whether an older release may be deployed.
    pub allow_older: bool,
    /// Whether red gates are accepted.
    pub accept_red: bool,
    /// When it was accepted.
    pub accepted: Time,
    /// The executions that worked for it: the first one, then recoveries.
    pub executions: Vec<String>,
    /// When it got the lock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started: Option<Time>,
    /// How it stands.
    pub status: Status,
    /// Its ending.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ending: Option<Ended>,
}

/// How a deployment stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// It waits for its turn.
    Waiting,
    /// It holds the lock and works.
    Running,
    /// A recovery works for it.
    Recovering,
    /// It has ended.
    Ended,
}

/// A deployment's ending.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Ended {
    /// Which ending.
    pub ending: Ending,
    /// A short name for why, such as `GateFailed`, `Superseded`, `PreemptedByOperator`.
    pub cause_name: String,
    /// The sentence that the notification and the execution's Cause carry; may have many lines.
    pub cause: String,
    /// What was wrong.
    #[serde(default)]
    pub findings: Vec<Finding>,
    /// When.
    pub at: Time,
    /// An estimate of what it cost, from counted transitions and measured milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<Cost>,
}

/// An estimate of a deployment's cost.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Cost {
    /// State transitions.
    pub transitions: u64,
    /// Milliseconds that functions worked.
    pub worked_ms: u64,
    /// US dollars at the list prices named in the function that computes it.
    pub dollars: f64,
}
