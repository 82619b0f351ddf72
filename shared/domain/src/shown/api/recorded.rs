//! The answers on what is recorded beside deployments: snapshots and drills, releases and declarations, refusals, and
//! figures.

use crate::deployment::drill::Drill;
use crate::environment::Doubts;
use crate::environment::kept::Irreversible;
use crate::release::Release;
use crate::release::artifact::Artifact;
use crate::release::identity::DeploymentId;
use crate::release::request::Requester;
use crate::shown::api::deployments::Provenance;
use crate::shown::api::environments::RunningNames;
use crate::shown::figures::{Figures, MonthlyCost};
use crate::text::digest::Digest;
use crate::text::finding::Finding;
use crate::text::foreign;
use crate::text::name::{AppName, ComponentName, EnvironmentName};
use crate::text::time::Time;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A page of the snapshots of an environment, the newest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Snapshots {
    /// The snapshots.
    pub snapshots: Vec<ListedSnapshot>,
    /// The `after` of the next page; null on the last one.
    #[serde(default, deserialize_with = "foreign::maybe")]
    pub next: Option<String>,
}

/// A snapshot as it is listed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ListedSnapshot {
    /// The number by which a rollback names it.
    pub number: u64,
    /// The version of the release that made it, or `before-windlass`.
    #[serde(deserialize_with = "foreign::one")]
    pub version: String,
    /// The deployment that made it.
    pub deployment: DeploymentId,
    /// The time at which it was made.
    pub made: Time,
    /// The number of the snapshot that it replaced; 0 for the first.
    pub replaced: u64,
    /// True if it is what runs now.
    pub present: bool,
    /// True if its deployment was judged good, every component of it was measured, and all of them ran. To another one a
    /// rollback goes by itself only if it passed, and none that is verified good is there.
    pub verified_good: bool,
    /// The reasons why it is not verified good although it passed. Without any it is, or nobody judged it.
    #[serde(flatten)]
    pub doubts: Doubts,
    /// True if its release was undone here later. A rollback goes there only if it names it.
    pub vetoed: bool,
    /// The irreversible runs that going back to it crosses. A rollback must name them in `across`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub crosses: Irreversible,
    /// The components that Windlass ever changed here.
    pub components: BTreeMap<ComponentName, ListedComponent>,
    /// The deployment that made it, in short.
    pub asked: Option<Provenance>,
}

/// A component in a snapshot. For one that came later it is what was found of the component before its first change. A
/// rollback to the snapshot brings that back. The observed state stays in the ledger: it may be long, and only the
/// component's kind can read it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ListedComponent {
    /// The bytes; null if Windlass did not bring them.
    pub artifact: Option<Artifact>,
    /// Its names.
    #[serde(flatten)]
    pub running: RunningNames,
}

/// The drills of an environment: the one that is under way, and a page of those that have ended, the newest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DrillsPage {
    /// The application.
    pub app: AppName,
    /// The environment.
    pub environment: EnvironmentName,
    /// The drill that is under way, if there is one.
    pub under_way: Option<Drill>,
    /// The drills that have ended.
    pub drills: Vec<Drill>,
    /// The `after` of the next page; null on the last one.
    #[serde(default, deserialize_with = "foreign::maybe")]
    pub next: Option<String>,
}

/// The record of a version, and its manifests in the artifacts bucket.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ApplicationVersion {
    /// The application.
    pub app: AppName,
    /// The version.
    #[serde(deserialize_with = "foreign::one")]
    pub version: String,
    /// The release with its pinned artifacts; null where nothing is recorded.
    pub recorded: Option<Release>,
    /// The person or service that recorded it first. Whoever promotes the release trusts them.
    pub recorded_by: Option<Requester>,
    /// The environment whose releases it is of.
    pub recorded_into: Option<EnvironmentName>,
    /// True if every deployment of it had its turn at once, and was refused then: other bytes may come under it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub given_back: bool,
    /// Its manifests in the artifacts bucket, by environment.
    pub uploads: BTreeMap<EnvironmentName, UploadedManifest>,
}

/// A manifest that lies in the artifacts bucket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct UploadedManifest {
    /// Its key.
    #[serde(deserialize_with = "foreign::one")]
    pub key: String,
    /// Its present version in the bucket.
    #[serde(default, deserialize_with = "foreign::maybe")]
    pub version_id: Option<String>,
    /// The findings that lie beside that very version of it; null while there are none.
    pub findings: Option<Vec<Finding>>,
}

/// The declaration in force of an application.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DeclarationInForce {
    /// The application.
    pub app: AppName,
    /// The version.
    pub version: semver::Version,
    /// The digest of the text.
    pub digest: Digest,
    /// The time at which it was accepted.
    pub accepted: Time,
    /// The text.
    pub text: String,
    /// True if an access file decides who may release, and `sources` and `start` say nothing.
    #[serde(default)]
    pub ruled_by_access_file: bool,
}

/// A page of what was refused before it could become a deployment, or arrived and was not taken, the newest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Refusals {
    /// The refusals.
    pub refusals: Vec<ListedRefusal>,
    /// The `after` of the next page; null on the last one.
    #[serde(default, deserialize_with = "foreign::maybe")]
    pub next: Option<String>,
}

/// A request that was refused, or an arrival that was not taken. A refusal is listed for 90 days, an arrival that was
/// not taken for 30. A repository that nobody declares has one line, the newest.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ListedRefusal {
    /// The application that it seems meant for, declared or not; absent if it names none.
    pub app: Option<AppName>,
    /// The environment, if it could be made out.
    pub environment: Option<EnvironmentName>,
    /// The subject, for a person: a key, an image, a version.
    #[serde(deserialize_with = "foreign::one")]
    pub about: String,
    /// The person or service that asked for it.
    pub requester: Requester,
    /// False if nobody is known to vouch for the requester; absent if true.
    #[serde(default = "crate::access::yes", skip_serializing_if = "Clone::clone")]
    pub vouched: bool,
    /// The execution that was refused, or whose input could not be read.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "foreign::maybe")]
    pub execution: Option<String>,
    /// The findings: what was wrong, and what to do.
    pub findings: Vec<Finding>,
    /// The time.
    pub at: Time,
}

/// A page of the figures of all applications, by their names.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AllStats {
    /// The applications.
    pub apps: Vec<AppStats>,
    /// The `after` of the next page; null on the last one.
    #[serde(default, deserialize_with = "foreign::maybe")]
    pub next: Option<String>,
}

/// The figures of an application.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AppStats {
    /// The application.
    pub app: AppName,
    /// Its environments, in their order.
    pub environments: Vec<EnvironmentStats>,
    /// The cost of all of them, by the month (UTC) of acceptance, such as `2026-11`.
    pub cost_by_month: BTreeMap<String, MonthlyCost>,
}

/// The figures of an environment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EnvironmentStats {
    /// The environment.
    pub environment: EnvironmentName,
    /// The time at which the window begins.
    pub from: Time,
    /// The time at which it ends.
    pub to: Time,
    /// True if the window begins later than was asked for, because there is too much to read. At most 1,000 deployments
    /// of an environment are read. In an answer with more than three environments the most is lower, but never below
    /// 100.
    pub cut: bool,
    /// The figures.
    pub figures: Figures,
}
