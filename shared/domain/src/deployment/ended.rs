//! The endings of deployments: the reason, what a person has to know, and what it cost.

use crate::access::AllowedBy;
use crate::release::ending::Ending;
use crate::release::request::Requester;
use crate::release::stays_reachable::StaysReachable;
use crate::text::finding::Finding;
use crate::text::foreign::{self, Foreign};
use crate::text::prose::Prose;
use crate::text::time::Time;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The reason why something ended or is being undone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Why {
    /// A short name, such as `GateFailed`, `PreemptedByOperator` or `PreemptedByDeploy`.
    pub name: String,
    /// A sentence for a person.
    pub text: Prose,
}

/// The causes that blame the release: a gate that it failed, a component that it broke or that never became steady with
/// it, or bytes that are not what they should be.
const OF_THE_RELEASE: &str =
    "GateFailed ChangeFailed StillInProgress TakesHours MoreToDo DigestMismatch BadArchive FileRefused";

impl Why {
    /// Returns whether the reason blames the release, which is then vetoed (rule 8). Any other reason, such as a call
    /// that was refused, a target that somebody else changed, or an execution that died, blames the target or AWS. Once
    /// that is mended, the next arrival brings the same release.
    pub fn is_of_the_release(&self) -> bool {
        OF_THE_RELEASE.split(' ').any(|cause| cause == self.name)
    }
}

/// A deployment's ending.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Ended {
    /// The ending.
    pub ending: Ending,
    /// A short name of the cause, such as `GateFailed`, `Superseded`, `PreemptedByOperator`.
    pub cause_name: String,
    /// The sentence in the notification and in the execution's Cause. It may have many lines.
    pub cause: Prose,
    /// The findings: what was wrong. Where there are any, the cause is a line for each, and the pages that explain
    /// them.
    #[serde(default)]
    pub findings: Vec<Finding>,
    /// The lines that stand in the cause right after its first line, the newest first: what else a person has to know.
    /// In the cause of a rollback that was refused they stand before its first line.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub added: Vec<Prose>,
    /// The files of sites that stay reachable although no site has them now, per component.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stays_reachable: Vec<StaysReachable>,
    /// The time at which it ended.
    pub at: Time,
    /// The `accept` with which an operator resolved `NeedsOperator`, if there was one.
    pub resolved: Option<Resolved>,
    /// An estimate of what it cost, from counted transitions and measured milliseconds.
    pub cost: Option<Cost>,
}

/// `RolledBack (GateFailed)`; without a name of a cause only the ending.
impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.cause_name.as_str() {
            "" => write!(f, "{}", self.ending),
            name => write!(f, "{} ({name})", self.ending),
        }
    }
}

/// What an operator asked for, to resolve what a deployment had left: an `accept`, or a `recover`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Resolved {
    /// The time at which it was taken in.
    pub at: Time,
    /// The person who asked for it.
    pub by: Requester,
    /// What let the person in; absent where no rules of operators were in force.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allowed_by: Option<AllowedBy>,
    /// The reason that was given.
    #[serde(deserialize_with = "foreign::one")]
    pub reason: String,
}

impl Resolved {
    /// Says who asked for it, with the person and the rule, and why.
    pub fn by_whom(&self) -> String {
        format!("{}{}: {}", self.by, AllowedBy::behind(self.allowed_by.as_ref()), Foreign(&self.reason))
    }
}

/// `accepted at 12:41 by console: repaired by hand`.
impl fmt::Display for Resolved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "accepted at {} by {}", self.at, self.by_whom())
    }
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
