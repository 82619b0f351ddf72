//! Releases: pinned artifacts with a version.

use crate::artifact::Artifact;
use crate::digest::Digest;
use crate::git::Git;
use crate::name::{AppName, ComponentName};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A release: everything is pinned.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Release {
    /// The application.
    pub app: AppName,
    /// The version as text; for an image push, the tag.
    pub version: String,
    /// Where in Git it comes from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub git: Option<Git>,
    /// The manifest's `sequence`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sequence: Option<u64>,
    /// The artifacts by component.
    pub components: BTreeMap<ComponentName, Artifact>,
    /// Whether it is an image push: then its identity is its digest alone, because several tags of
    /// one digest are one deployment.
    #[serde(default)]
    pub image_push: bool,
}

impl Release {
    /// The digest that identifies the release: its contents, and its version and commit (so that
    /// a Git revert, which has old bytes, is a release of its own).
    pub fn digest(&self) -> Digest {
        let mut text = String::new();
        if !self.image_push {
            text.push_str(&format!("version {}\n", self.version));
            if let Some(commit) = self.git.as_ref().and_then(|git| git.commit.as_ref()) {
                text.push_str(&format!("commit {commit}\n"));
            }
        }
        for (component, artifact) in &self.components {
            text.push_str(&format!("{component} {}\n", artifact.digest()));
        }
        Digest::of(text.as_bytes())
    }

    /// Under what it is recorded, and so what a person names to start it. A tag such as `main`
    /// moves by nature, so an image push is recorded by its digest, as `sha256-<12 digits>`.
    pub fn recorded_as(&self) -> String {
        match self.components.values().next() {
            Some(artifact) if self.image_push => format!("sha256-{}", artifact.digest().short()),
            _ => self.version.clone(),
        }
    }
}

/// What is recorded of a version text, so that it can never mean other bytes (rule 5) and so that
/// any recorded release can be started by a person (promotion).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RecordedRelease {
    /// The release with every component that was ever recorded under this version.
    pub release: Release,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn release(version: &str, commit: &str, bytes: &[u8], image_push: bool) -> Release {
        let image = Artifact::Image {
            repository: "shop/agent".into(),
            digest: Digest::of(bytes),
        };
        Release {
            app: AppName::new("shop").unwrap(),
            version: version.into(),
            git: Some(Git {
                reference: "refs/heads/main".into(),
                commit: Some(commit.into()),
            }),
            sequence: None,
            components: [(ComponentName::new("agent").unwrap(), image)].into(),
            image_push,
        }
    }

    #[test]
    fn a_revert_is_a_release_of_its_own_and_another_tag_of_an_image_is_not() {
        let one = release("1.0.0", "a", b"1", false).digest();
        assert_eq!(one, release("1.0.0", "a", b"1", false).digest());
        assert_ne!(one, release("1.0.1", "a", b"1", false).digest());
        assert_ne!(one, release("1.0.0", "b", b"1", false).digest());
        assert_ne!(one, release("1.0.0", "a", b"2", false).digest());
        let pushed = release("main", "a", b"1", true).digest();
        assert_ne!(one, pushed);
        assert_eq!(pushed, release("latest", "b", b"1", true).digest());
    }

    #[test]
    fn a_moving_tag_is_recorded_by_its_digest() {
        let recorded = release("main", "a", b"1", true).recorded_as();
        assert_eq!(recorded, format!("sha256-{}", Digest::of(b"1").short()));
        assert_eq!(release("1.0.0", "a", b"1", false).recorded_as(), "1.0.0");
    }
}
