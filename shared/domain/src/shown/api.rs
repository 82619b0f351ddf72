//! The answers of the HTTP API. Each is one type: the API writes it, a client reads it, and its schema is in
//! `docs/openapi.json`. Here are the answers to what starts something, with the plan and what a removal or a move would
//! do, and the problem, which any call may be answered with.

use crate::release::identity::DeploymentId;
use crate::shown::planned::Planned;
use crate::text::finding::Finding;
use crate::text::foreign;
use crate::text::name::{ComponentName, EnvironmentName};
use crate::text::prose::Prose;
use crate::text::time::Time;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

pub mod answers;
pub mod deployments;
pub mod environments;
pub mod recorded;

/// A page of a list.
pub trait PageOfList: DeserializeOwned {
    /// The type of what it lists.
    type Item;

    /// Returns the items, and the place at which the next page begins; `None` on the last one.
    fn into_parts(self) -> (Vec<Self::Item>, Option<String>);
}

macro_rules! pages {
    ($($page:ty { $member:ident: $item:ty })+) => {$(
        impl PageOfList for $page {
            type Item = $item;

            fn into_parts(self) -> (Vec<Self::Item>, Option<String>) {
                (self.$member, self.next)
            }
        }
    )+};
}

pages! {
    environments::Apps { apps: environments::AppOverview }
    deployments::Deployments { deployments: deployments::HistoryEntry }
    recorded::Snapshots { snapshots: recorded::ListedSnapshot }
    recorded::Refusals { refusals: recorded::ListedRefusal }
    recorded::AllStats { apps: recorded::AppStats }
}

/// The answer to a call that is refused or went wrong, as `application/problem+json` (RFC 9457).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Problem {
    /// The page that explains it, relative to Windlass's repository.
    #[serde(rename = "type", deserialize_with = "foreign::one")]
    pub page: String,
    /// The name of the first finding, or of the fault.
    #[serde(deserialize_with = "foreign::one")]
    pub title: String,
    /// The status of the answer.
    pub status: u16,
    /// The first finding in one line, or the text of the fault.
    pub detail: Prose,
    /// All findings; none of a fault.
    pub findings: Vec<Finding>,
}

/// A deployment that was started.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DeploymentStarted {
    /// Its id.
    pub id: DeploymentId,
    /// The name under which its release is recorded, listed and promoted.
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

/// Artifacts that may be uploaded now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SignedUploads {
    /// The uploads, in the order of the body.
    pub uploads: Vec<SignedUpload>,
    /// The time until which they may begin.
    pub expires: Time,
}

/// An artifact that may be uploaded now, by a PUT that needs no other right.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SignedUpload {
    /// The component.
    pub component: ComponentName,
    /// Its key in the artifacts bucket, which a manifest names.
    #[serde(deserialize_with = "foreign::one")]
    pub key: String,
    /// The address of the PUT. Whoever has it may upload these bytes.
    #[serde(deserialize_with = "foreign::one")]
    pub url: String,
    /// The headers that the PUT must have, by name.
    pub headers: BTreeMap<String, String>,
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

/// The things that would be let go of, of a component, of all of an environment, or of a whole application.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LetGo {
    /// The version of the declaration of a whole application, which would be withdrawn; else null.
    pub declaration: Option<semver::Version>,
    /// The image repositories of a whole application.
    pub repositories: Vec<String>,
    /// The environments that would let go of anything.
    pub environments: BTreeMap<EnvironmentName, RemovedFrom>,
    /// The sentence that says what stays.
    pub leaves: Prose,
}

/// The components and targets that one environment would let go of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RemovedFrom {
    /// The components; none where only places are let go of that a component has left.
    pub components: BTreeSet<ComponentName>,
    /// The targets that another component may have then.
    pub frees: Vec<String>,
}

/// The things that a move would take with it, of a component, of all of an environment, or of a whole application.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Moves {
    /// The version of the declaration of a whole application, which would be withdrawn; else null.
    pub declaration: Option<semver::Version>,
    /// The environments from which anything would be moved.
    pub environments: BTreeMap<EnvironmentName, MovedEnvironment>,
    /// The image repositories of a whole application.
    pub repositories: Vec<String>,
    /// The image repositories that nobody has from then on.
    pub frees: Vec<String>,
    /// The sentence that says what stays.
    pub stays: Prose,
    /// The sentence that says what to do next, if anything is.
    pub next: Option<Prose>,
}

/// The part of a move that is of one environment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MovedEnvironment {
    /// The components, each with its name from then on.
    pub components: BTreeMap<ComponentName, ComponentName>,
    /// Their targets.
    pub targets: Vec<String>,
}
