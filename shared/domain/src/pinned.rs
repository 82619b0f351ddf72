//! Releases that are pinned on their way in. The way in hands them over in the request, and `Admit` verifies them. Pure.

use crate::artifact::Artifact;
use crate::count::count;
use crate::digest::Digest;
use crate::finding::{Finding, FindingName};
use crate::manifest::ArtifactRef;
use crate::name::{ComponentName, EnvironmentName};
use crate::release::Release;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The largest pinned release, in bytes. A state's input has at most 256 KiB (AWS Step Functions Developer Guide,
/// "Service quotas"), and beside the release are a reason, a key and who asks.
const LARGEST: usize = 224 * 1024;

/// A release as its way in has pinned it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PinnedRelease {
    /// The environment that it goes to.
    pub environment: EnvironmentName,
    /// The version of the declaration that the release names, if it names one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub declaration: Option<semver::Version>,
    /// The digest of the manifest, if the request had one in itself. The release stands in its place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manifest: Option<Digest>,
    /// The release.
    pub release: Release,
}

impl PinnedRelease {
    /// Returns the finding that it was pinned for another environment than the one to which it goes now.
    pub fn elsewhere(&self, environment: &EnvironmentName) -> Option<Finding> {
        (self.environment != *environment).then(|| {
            let reason = format!(
                "it was pinned for `{}`, and goes to `{environment}` by the declaration in force.",
                self.environment
            );
            not_as_pinned("environment", &reason)
        })
    }

    /// Returns everything in which it differs from the release that the declaration and the ledger make of it now.
    pub fn differences(&self, now: &Release) -> Vec<Finding> {
        let was = &self.release;
        let names: BTreeSet<&ComponentName> = was.components.keys().chain(now.components.keys()).collect();
        let differ = |name: &&ComponentName| was.components.get(name) != now.components.get(name);
        let mut findings: Vec<Finding> = names
            .into_iter()
            .filter(differ)
            .map(|name| {
                let told = |release: &Release| {
                    let artifact = release.components.get(name);
                    artifact.map_or_else(|| "nothing".to_owned(), |one| format!("`{one}`"))
                };
                let reason = format!("{} was pinned, and it is {} now.", told(was), told(now));
                not_as_pinned(&format!("components.{name}"), &reason)
            })
            .collect();
        let bare = |release: &Release| Release { components: [].into(), ..release.clone() };
        if bare(was) != bare(now) {
            let reason = format!(
                "version {} is recorded with another place in Git, or as another sort of release, than was pinned.",
                was.version
            );
            findings.push(not_as_pinned("version", &reason));
        }
        findings
    }
}

/// Returns the finding that a release has more components than an execution can be told.
pub fn too_large(release: &Release) -> Option<Finding> {
    let bytes = serde_json::to_string(release).map_or(0, |text| text.len());
    (bytes > LARGEST).then(|| {
        Finding::new(
            FindingName::TooLarge,
            "components",
            format!("pinned, they are {}, and an execution takes {LARGEST} of them.", count(bytes as u64, "byte")),
            "Release them in several parts, each with a version of its own.",
        )
    })
}

/// Makes the finding that a pinned release is not what it should be.
pub(crate) fn not_as_pinned(path: &str, reason: &str) -> Finding {
    Finding::new(
        FindingName::NotAsPinned,
        path,
        reason,
        "Send the request again, or upload it again: then it is pinned anew. At the console, leave `pinned` out.",
    )
}

/// The artifact as a manifest pins it.
impl From<&Artifact> for ArtifactRef {
    fn from(artifact: &Artifact) -> Self {
        match artifact {
            Artifact::Object { key, version_id, sha256, .. } => Self {
                key: Some(key.clone()),
                version_id: Some(version_id.clone()),
                sha256: Some(sha256.clone()),
                ..Self::default()
            },
            Artifact::Image { .. } => Self { image: Some(artifact.to_string()), ..Self::default() },
            Artifact::Images { containers } => Self {
                images: Some(containers.iter().map(|(name, image)| (name.clone(), image.to_string())).collect()),
                ..Self::default()
            },
        }
    }
}

#[cfg(test)]
#[path = "pinned_tests.rs"]
mod tests;
