//! The reach of the snapshots that passed. A look at what each of them needs says whether a rollback can still go
//! there, before anybody needs the way back. Pure.

use crate::prose;
use crate::release::action::ActionName;
use crate::release::call::input;
use crate::release::identity::EnvironmentId;
use crate::text::finding::{Finding, FindingName};
use crate::text::foreign;
use crate::text::prose::Prose;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A snapshot that passed, and whether a rollback can go to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SnapshotReach {
    /// Its number.
    pub snapshot: u64,
    /// The version of the release that made it.
    #[serde(deserialize_with = "foreign::one")]
    pub version: String,
    /// True for the snapshot to which a rollback goes that names none.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub next: bool,
    /// The result in a word.
    pub reach: Reach,
    /// The findings that stand in the way, or what could not be looked at.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<Finding>,
}

/// The answer to whether a rollback can go to a snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Reach {
    /// Nothing stands in the way.
    Open,
    /// Something that the way back needs is gone, so that no rollback can go there.
    Gone,
    /// A rollback would be refused now, and nothing that it needs is gone, such as where a target is busy, or where it
    /// crosses what is irreversible, which has to be named.
    Refused,
    /// It could not be looked at.
    Unknown,
}

impl Reach {
    /// Returns the result of a look by its findings.
    pub fn of(findings: &[Finding]) -> Self {
        let is_gone = |one: &Finding| matches!(one.name, FindingName::ArtifactMissing | FindingName::NoWayBack);
        let is_unknown = |one: &Finding| {
            one.not_checked || matches!(one.name, FindingName::NoPermission | FindingName::CouldNotPrepare)
        };
        match findings {
            [] => Self::Open,
            some if some.iter().any(is_gone) => Self::Gone,
            some if some.iter().any(is_unknown) => Self::Unknown,
            _ => Self::Refused,
        }
    }
}

impl SnapshotReach {
    /// Makes the result of a look at a snapshot. `next` says whether a rollback that names none goes there.
    pub fn new((snapshot, version): (u64, String), next: bool, findings: Vec<Finding>) -> Self {
        Self { snapshot, version, next, reach: Reach::of(&findings), findings }
    }

    /// Says in a line whether it can be reached, such as `Snapshot 7 (1.3.0) can no longer be reached.`
    pub fn line(&self) -> String {
        let Self { snapshot, version, .. } = self;
        let next = if self.next { ", to which a rollback goes that names none," } else { "" };
        let reach = match self.reach {
            Reach::Open => "can be reached",
            Reach::Gone => "can no longer be reached",
            Reach::Refused => "cannot be reached now",
            Reach::Unknown => "could not be looked at",
        };
        format!("Snapshot {snapshot} ({version}){next} {reach}.")
    }
}

/// Returns where a rollback can go in place of the snapshot to which it goes if it names none, or that no other of
/// these is known to be reachable; `None` unless that one is gone.
pub fn instead(of: EnvironmentId<'_>, all: &[SnapshotReach]) -> Option<Prose> {
    all.iter().find(|one| one.next && one.reach == Reach::Gone)?;
    let open = all.iter().filter(|one| one.reach == Reach::Open).max_by_key(|one| one.snapshot);
    let Some(open) = open else {
        return Some(
            "No other snapshot that passed and was looked at is known to be reachable: deploy a release.".into(),
        );
    };
    let start = input(ActionName::Rollback, of, &[("snapshot", open.snapshot.into()), ("reason", "…".into())]);
    Some(prose!("{} To go there, start {}.", open.line(), start))
}

#[cfg(test)]
#[path = "reach_tests.rs"]
mod tests;
