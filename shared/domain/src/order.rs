//! Which of two releases is the newer one.

use crate::identity::DeploymentId;
use crate::time::Time;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;

/// Where a release stands in the order of its environment. Compare with [`Order::compare`].
///
/// Rule 6: semantic version where the environment's rule is a tag rule; else the manifest's
/// `sequence` where both have one; else the time of acceptance; ties by id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Order {
    /// The semantic version, present only where the environment's rule is a tag rule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub version: Option<semver::Version>,
    /// The manifest's `sequence`: a CI run number or a commit time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sequence: Option<u64>,
    /// When Windlass accepted the release; when it had arrived, where it was found later.
    pub accepted: Time,
    /// The deployment, for ties.
    pub id: DeploymentId,
}

impl Order {
    /// Compares by the first measure that both have.
    pub fn compare(&self, other: &Self) -> Ordering {
        if let (Some(a), Some(b)) = (&self.version, &other.version)
            && a.cmp_precedence(b) != Ordering::Equal
        {
            return a.cmp_precedence(b);
        }
        if let (Some(a), Some(b)) = (self.sequence, other.sequence)
            && a != b
        {
            return a.cmp(&b);
        }
        self.accepted
            .cmp(&other.accepted)
            .then_with(|| self.id.cmp(&other.id))
    }

    /// Whether this release is newer than `other`.
    pub fn is_newer_than(&self, other: &Self) -> bool {
        self.compare(other) == Ordering::Greater
    }
}
