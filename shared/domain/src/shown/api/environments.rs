//! The answers on environments: all applications with what runs in theirs, one environment with all that is known of
//! it, and the environment that a Git ref or an image tag chooses.

use crate::access::Closed;
use crate::deployment::drill::{Drills, NextDrill};
use crate::deployment::hourly_look::LookResult;
use crate::deployment::steering::SteeringRecord;
use crate::environment::drift::Compared;
use crate::environment::kept::Irreversible;
use crate::environment::{Doubts, Hold, Lock, Running, VersionNames, Waiting};
use crate::release::Part;
use crate::release::identity::DeploymentId;
use crate::shown::api::deployments::Provenance;
use crate::text::foreign;
use crate::text::name::{AppName, ComponentName, EnvironmentName};
use crate::text::time::Time;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A page of all applications with a declaration in force, by their names.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Apps {
    /// The applications.
    pub apps: Vec<AppOverview>,
    /// The `after` of the next page; null on the last one.
    #[serde(default, deserialize_with = "foreign::maybe")]
    pub next: Option<String>,
}

/// An application with its environments.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AppOverview {
    /// Its name.
    pub app: AppName,
    /// The declaration in force.
    pub declaration: DeclarationVersion,
    /// Its environments: the declared ones in their order, then others in which something was deployed.
    pub environments: Vec<EnvironmentOverview>,
}

/// A version of a declaration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DeclarationVersion {
    /// The version.
    pub version: semver::Version,
    /// The time at which it was accepted.
    pub accepted: Time,
}

/// An environment in short.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EnvironmentOverview {
    /// Its name.
    pub environment: EnvironmentName,
    /// True if the declaration in force has it. Another one is listed while the ledger knows it.
    pub declared: bool,
    /// The names of what runs, by component.
    pub running: BTreeMap<ComponentName, RunningNames>,
    /// Its situation.
    #[serde(flatten)]
    pub situation: Situation,
}

/// The situation of an environment: how good what runs there is, and what is going on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Situation {
    /// The number of the present snapshot; 0 before the first.
    pub snapshot: u64,
    /// True if the present snapshot passed, every component of it was measured, and all of them ran.
    #[serde(default)]
    pub verified_good: bool,
    /// The reasons why it is not verified good although it passed. Without any it is, or nobody judged it.
    #[serde(flatten)]
    pub doubts: Doubts,
    /// The hold on automatic deployments: since when, why and by whom, and what others said who held it as well. Null
    /// where nothing is held.
    pub hold: Option<Hold>,
    /// The hold by the clock: a freeze, or a time outside of the windows of the access file, with its end. Absent where
    /// releases may start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed: Option<Closed>,
    /// The lock, with the deployment and the execution that hold it.
    pub lock: Lock,
    /// The deployments that wait for their turn.
    pub waiting: Vec<WaitingDeployment>,
    /// The finding of the last hourly look at the targets. Nothing is looked at for it. Null before the schedule knows the
    /// environment.
    pub drift: Option<LookResult>,
    /// The deployments that brought what runs, that hold the lock or that wait, by id.
    #[serde(default)]
    pub deployments: BTreeMap<DeploymentId, Provenance>,
    /// The drills: how the environment proved its way back.
    #[serde(default)]
    pub drills: Drills,
    /// The state of the next drill by the declared schedule; null where no schedule is declared.
    pub next_drill: Option<NextDrill>,
}

/// The names of what runs of a component.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RunningNames {
    /// Its present name, and the name that its bytes had when they came.
    #[serde(flatten)]
    pub names: VersionNames,
    /// The names of each of several images, by container.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub containers: BTreeMap<String, VersionNames>,
}

impl From<Running> for RunningNames {
    fn from(running: Running) -> Self {
        Self { names: running.names, containers: running.containers }
    }
}

/// A deployment that waits for its turn.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WaitingDeployment {
    /// Its id.
    pub deployment: DeploymentId,
    /// The parts that it is for.
    #[serde(default)]
    pub components: Vec<Part>,
    /// True if an operator asked for it.
    #[serde(default)]
    pub operator: bool,
    /// True if it goes before other releases, because it overtakes.
    #[serde(default)]
    pub first: bool,
    /// True if it waits until people have approved its plan, which has the deployment's own id.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub asks: bool,
    /// The number of people who must approve its plan, by the rule in force; absent where it does not ask for that.
    pub needs: Option<u32>,
    /// The time since which it waits.
    pub since: Time,
    /// The moment that it waits for, such as the end of the time for its approval; absent where it waits for other
    /// deployments.
    pub until: Option<Time>,
}

/// Leaves out the task tokens: whoever has one could answer in the deployment's place. The rules have what it needs.
impl From<&Waiting> for WaitingDeployment {
    fn from(waiting: &Waiting) -> Self {
        Self {
            deployment: waiting.deployment.clone(),
            components: waiting.components.clone(),
            operator: waiting.operator,
            first: waiting.first,
            asks: waiting.asks,
            needs: None,
            since: waiting.since,
            until: waiting.until,
        }
    }
}

/// An environment, with all that is known of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Environment {
    /// The application.
    pub app: AppName,
    /// The environment's name.
    #[serde(rename = "environment")]
    pub name: EnvironmentName,
    /// The components that are declared and that Windlass brought, as the ledger has them.
    pub running: BTreeMap<ComponentName, Running>,
    /// The components that Windlass brought and the declaration does not have any more. They stay as they are, and are
    /// deployed and looked at no more.
    #[serde(default)]
    pub no_longer_declared: BTreeMap<ComponentName, Undeclared>,
    /// Its situation.
    #[serde(flatten)]
    pub situation: Situation,
    /// The pause of what is watched here; null where nothing is paused.
    pub paused: Option<SteeringRecord>,
    /// The irreversible runs that a rollback would go back across; absent where nothing irreversible was ever run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crosses: Option<Irreversible>,
    /// The target of each running component beside its record; absent unless `observe=true` asks for it. While a
    /// deployment is under way all of it is unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed: Option<BTreeMap<ComponentName, Compared>>,
}

/// A component that Windlass has brought and does not deploy any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Undeclared {
    /// Its names.
    #[serde(flatten)]
    pub running: RunningNames,
    /// The first version of the declaration without it, if that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left: Option<UndeclaredSince>,
}

/// The version of the declaration with which a component left it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct UndeclaredSince {
    /// The version.
    pub declaration: semver::Version,
    /// The time at which it was accepted.
    pub at: Time,
}

/// The environments of an application.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Environments {
    /// The application.
    pub app: AppName,
    /// The version of the declaration in force.
    pub declaration: semver::Version,
    /// The names of the declared environments, in their order.
    pub environments: Vec<EnvironmentName>,
    /// The environment that the Git ref or the image tag of the query chooses; absent where none was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chosen: Option<EnvironmentName>,
}
