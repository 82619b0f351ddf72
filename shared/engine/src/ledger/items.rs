//! The content of items that only the engine reads. Everything else in the ledger is a type of the domain.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use windlass_domain::arrival_sweep::ArrivalSweep;
use windlass_domain::fault::Fault;
use windlass_domain::identity::DeploymentId;
use windlass_domain::name::{AppName, EnvironmentName};
use windlass_domain::time::Time;

/// The deployment that an execution works for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Execution {
    /// The deployment.
    pub deployment: DeploymentId,
}

/// The record of what an execution has done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExecutionRecord {
    /// The deployment that it was about; `none` if about none.
    pub deployment: DeploymentId,
    /// The text of the answer.
    pub cause: String,
    /// The name of why there was nothing to do; empty where something was done.
    #[serde(default)]
    pub nothing: String,
    /// The owner that has let go of something: an event tells that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub removed: Option<Removed>,
    /// The sides between which it has moved something: an event tells that of each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub moved: Vec<Owner>,
}

/// The former owner of something that was moved, or the new one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// The application.
    pub app: AppName,
    /// The environment.
    pub environment: EnvironmentName,
}

/// The environment, or the application, that has let go of something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Removed {
    /// The application.
    pub app: AppName,
    /// The environment; absent where it was the whole application.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<EnvironmentName>,
}

/// The things that an execution has let go of so far, in parts: what is let go of is not found any more.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// Those that are told in sentences.
    pub told: Vec<String>,
    /// The number of targets that each environment has let go of beside these.
    #[serde(default)]
    pub parts: BTreeMap<EnvironmentName, usize>,
}

/// The fault that a state failed with last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastFault {
    /// The state.
    pub state: String,
    /// Its fault.
    pub fault: Fault,
    /// The time of the fault.
    pub at: Time,
}

/// The execution that was started for an arrival.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Started {
    /// The application.
    pub app: AppName,
    /// The execution.
    pub execution: String,
}

/// The note that an arrival was served.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Served {
    /// The time at which its serving began.
    #[serde(default)]
    pub at: Time,
    /// The execution that was started for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started: Option<Started>,
}

/// The progress of the search, over the bucket and over the repositories.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SearchProgress {
    /// The round over the uploads.
    pub uploads: ArrivalSweep,
    /// The round over the image repositories.
    pub images: Images,
}

/// The progress of the search over the repositories.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Images {
    #[serde(flatten)]
    /// The round over all of them.
    pub round: ArrivalSweep,
    /// The place where the next run goes on, in a repository that has more than a run looks at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<RepositoryPlace>,
}

/// A place in a repository.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RepositoryPlace {
    /// The repository's name, without registry.
    pub repository: String,
    /// The page, as the registry names it; the first if absent.
    pub page: Option<String>,
    /// The last tag of the page that was looked at, in their order; none of them if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

/// The application that an image repository belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RepositoryOwner {
    /// The repository's name, without registry.
    pub repository: String,
    /// The application.
    pub app: AppName,
}
