//! Manifests: what a release consists of, as CI writes it.

use crate::digest::Digest;
use crate::git::Git;
use crate::name::ComponentName;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The document that CI uploads last, as `releases/<app>/<version>.json`, or POSTs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The release's version: any text of up to 64 letters, digits, `.`, `-`, `_`, `+`; a semantic
    /// version where the environment's rule is a tag rule.
    pub version: String,
    /// Where in Git it comes from; chooses the environment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub git: Option<Git>,
    /// Order among releases of one environment: a CI run number or a commit time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sequence: Option<u64>,
    /// The declaration's version to deploy under; the one in force if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub declaration: Option<semver::Version>,
    /// The artifacts by component. Components that are not named keep what runs.
    pub components: BTreeMap<ComponentName, ArtifactRef>,
}

/// An artifact as a manifest names it: either `key` or `image`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ArtifactRef {
    /// The key in the artifacts bucket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Pins the object's version; else the current version is pinned when it is accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version_id: Option<String>,
    /// Pins the object's bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<Digest>,
    /// The image as `repository:tag` or `repository@sha256:…`; the repository by name or full URI.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
}
