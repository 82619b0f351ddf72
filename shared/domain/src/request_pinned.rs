//! The release of a request, as its way in hands it over: pinned, in the place of the manifest or beside what names it.

use crate::artifact::Artifact;
use crate::artifact_place::pinned_of_another;
use crate::digest::Digest;
use crate::finding::Finding;
use crate::git_rule::version_of_tag;
use crate::key::{Upload, manifest_key, upload};
use crate::manifest::Manifest;
use crate::name::EnvironmentName;
use crate::pinned::{PinnedRelease, not_as_pinned};
use crate::release::{Release, version_of_push};
use crate::request::{ArtifactObject, ImagePush, Request};

impl Request {
    /// Returns the request with its release pinned, in the place of the manifest or beside what else names it.
    #[must_use]
    pub fn with_pinned(
        &self,
        environment: EnvironmentName,
        declaration: Option<semver::Version>,
        release: Release,
    ) -> Self {
        let pinned =
            PinnedRelease { environment, declaration, manifest: self.manifest.as_ref().map(digest_of), release };
        Self { manifest: None, pinned: Some(Box::new(pinned)), ..self.clone() }
    }

    /// Returns the digest of the manifest that the request has, or had before its release was pinned.
    pub(crate) fn manifest_digest(&self) -> Option<Digest> {
        let pinned = || self.pinned.as_ref()?.manifest.clone();
        self.manifest.as_ref().map(digest_of).or_else(pinned)
    }

    /// Returns what is wrong with its pinned release by itself: it may be nothing that the request could not have asked
    /// for, and it is what the request names.
    pub(crate) fn pinned_findings(&self) -> Vec<Finding> {
        let Some(pinned) = &self.pinned else {
            return Vec::new();
        };
        let release = &pinned.release;
        let mut findings = Vec::new();
        if !self.is_named_by(release) {
            findings.push(not_as_pinned("pinned.release", "it is not the release that the request names."));
        }
        let git = release.git.as_ref();
        findings.extend(git.and_then(|git| git.findings("pinned.release.git")));
        for (name, artifact) in &release.components {
            if let Artifact::Object { key, .. } = artifact {
                let path = format!("pinned.release.components.{name}.key");
                findings.extend(pinned_of_another(&self.app, self.plan, key, &path));
            }
        }
        findings
    }

    /// Returns whether the request names this release, as far as it tells itself.
    fn is_named_by(&self, release: &Release) -> bool {
        let by_object = self.manifest_object.as_ref().is_none_or(|object| {
            let upload = upload(&object.key);
            let environment = upload.as_ref().and_then(Upload::environment);
            let version = environment.and_then(|name| {
                let before = manifest_key(&self.app, name, "");
                let (before, end) = before.split_at(before.len() - ".json".len());
                object.key.strip_prefix(before)?.strip_suffix(end)
            });
            !release.image_push && version.is_some_and(|version| release.may_be_of(version))
        });
        let by_artifact = self
            .artifact_object
            .as_ref()
            .is_none_or(|artifact| !release.image_push && is_of_artifact(release, artifact));
        let by_push = self.image_push.as_ref().is_none_or(|push| is_of_push(release, push));
        let by_version = self.version.as_ref().is_none_or(|version| is_of_version(release, version));
        let is_push = !release.image_push || self.image_push.is_some() || self.version.is_some();
        self.manifest.is_none()
            && release.app == self.app
            && by_object
            && by_artifact
            && by_push
            && by_version
            && is_push
    }
}

fn digest_of(manifest: &Manifest) -> Digest {
    // A manifest has no map whose keys are not text, so it can be written.
    let text = serde_json::to_string(manifest).unwrap_or_default();
    Digest::of(text.as_bytes())
}

fn is_of_artifact(release: &Release, named: &ArtifactObject) -> bool {
    let object = &named.object;
    match release.components.get(&named.component) {
        Some(artifact @ Artifact::Object { key, version_id, .. }) => {
            // The others are components that take it, too.
            let mut all = release.components.values();
            *key == object.key
                && object.version_id.as_ref().is_none_or(|it| it == version_id)
                && all.all(|one| one == artifact)
        }
        _ => false,
    }
}

fn is_of_push(release: &Release, push: &ImagePush) -> bool {
    let mut artifacts = release.components.values();
    let is_pushed = |artifact: &Artifact| match artifact {
        Artifact::Object { .. } => false,
        Artifact::Image { digest, .. } => *digest == push.digest,
        Artifact::Images { containers } => containers.values().all(|image| image.digest == push.digest),
    };
    release.image_push && release.version == version_of_push(&push.tag, &push.digest) && artifacts.all(is_pushed)
}

/// Returns whether a release is meant by this version: its own, or the tag of its push.
fn is_of_version(release: &Release, version: &str) -> bool {
    let tagged = release.version.split_once('+');
    let by_tag = tagged.is_some_and(|(tag, _)| tag == version && version_of_tag(tag).is_none());
    release.may_be_of(version) || (release.image_push && by_tag)
}

#[cfg(test)]
#[path = "request_pinned_tests.rs"]
mod tests;
