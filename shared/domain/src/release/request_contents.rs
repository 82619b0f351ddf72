//! The members with which a request names the thing to deploy, and the pinned release that a way in hands over in the
//! place of the manifest, or beside what names it.

use crate::document::git_rule::version_of_tag;
use crate::release::action::ActionName;
use crate::release::artifact::Artifact;
use crate::release::key::{ArtifactPlace, Upload, manifest_key, pinned_of_another, upload};
use crate::release::manifest::Manifest;
use crate::release::request::{ArtifactObject, ImagePush, Request};
use crate::release::{PinnedRelease, Release, not_as_pinned, version_of_push};
use crate::text::digest::Digest;
use crate::text::finding::{Finding, FindingName, repeated};
use crate::text::name::EnvironmentName;

/// The members each of which can name the thing to deploy.
const WAYS: [&str; 7] = ["manifest", "manifest_object", "artifact_object", "image_push", "version", "from", "pinned"];

impl Request {
    /// Returns the members with which the request names the thing to deploy.
    pub(crate) fn contents(&self) -> Vec<&'static str> {
        let is_used = [
            self.manifest.is_some(),
            self.manifest_object.is_some(),
            self.artifact_object.is_some(),
            self.image_push.is_some(),
            self.version.is_some(),
            self.from.is_some(),
            self.is_pinned_manifest(),
        ];
        let used = WAYS.into_iter().zip(is_used).filter(|(_, used)| *used);
        used.map(|(name, _)| name).collect()
    }

    /// Returns whether it had a manifest in itself, in whose place its pinned release stands.
    pub(crate) fn is_pinned_manifest(&self) -> bool {
        let pinned = self.pinned.as_ref();
        pinned.is_some_and(|pinned| pinned.manifest.is_some())
    }

    pub(crate) fn content_finding(&self) -> Option<Finding> {
        if self.action != ActionName::Deploy {
            return None;
        }
        let contents = self.contents();
        if contents.is_empty() && self.refused.is_some() {
            return None;
        }
        let remedy = "Write one of `manifest`, `manifest_object`, `artifact_object`, `image_push`, \
                      the `version` of a recorded release, or `from`, an environment.";
        match contents.as_slice() {
            [_] => None,
            [] => Some(
                Finding::missing_field("manifest", "`deploy` does not say what to deploy.", remedy)
                    .resting_on(WAYS.into_iter().skip(1)),
            ),
            several => Some(Finding::new(
                FindingName::Duplicate,
                several[1],
                format!("What to deploy is said twice: `{}`.", several.join("`, `")),
                remedy,
            )),
        }
    }

    /// Returns the path of a metadata name, if the request is about a single artifact.
    pub fn metadata_path(&self, name: &str) -> Option<String> {
        let artifact = self.artifact_object.as_ref()?;
        Some(format!("{}: metadata.{name}", artifact.object.key))
    }

    /// Returns the finding that its ref sends the upload that it names to another environment than the one of its
    /// prefix: it releases there and nowhere else.
    pub fn sent_elsewhere(&self, path: &str, reference: &str, chosen: &EnvironmentName) -> Option<Finding> {
        let key = &self.upload()?.key;
        let upload = upload(key)?;
        let below = upload.environment().filter(|below| *below != chosen)?;
        let meant = format!("`{}` goes to `{chosen}`", repeated(reference));
        Some(other_prefix(path, key, below, &meant))
    }

    /// Returns what is wrong with the keys of the upload that it names.
    pub(crate) fn key_findings(&self) -> Vec<Finding> {
        let named = self.environment.as_ref();
        let mut findings = Vec::new();
        if let Some(artifact) = &self.artifact_object {
            let place =
                ArtifactPlace { app: &self.app, environment: named, component: &artifact.component, planned: false };
            findings.extend(place.finding(&artifact.object.key, "artifact_object.object.key"));
        }
        if let Some(object) = &self.manifest_object {
            let (path, app) = ("manifest_object.key", &self.app);
            match upload(&object.key) {
                Some(Upload::Manifest(of, there)) if of == *app => {
                    let other = named.filter(|named| **named != there);
                    findings.extend(
                        other.map(|named| {
                            other_prefix(path, &object.key, &there, &format!("the request names `{named}`"))
                        }),
                    );
                }
                _ => findings.push(self.not_a_manifest(&object.key)),
            }
        }
        findings
    }

    fn not_a_manifest(&self, key: &str) -> Finding {
        let (app, seen) = (&self.app, repeated(key));
        Finding::bad_value(
            "manifest_object.key",
            format!("`{seen}` is not the key of a manifest of `{app}`."),
            format!("Upload it as `releases/{app}/<environment>/<version>.json` and write that key."),
        )
        .resting_on(["app"])
    }
}

/// Makes the finding that an upload lies below the prefix of an environment, and is meant for another one.
fn other_prefix(path: &str, key: &str, below: &EnvironmentName, meant: &str) -> Finding {
    Finding::new(
        FindingName::OtherPrefix,
        path,
        format!("`{}` lies below the prefix of `{below}`, and {meant}.", repeated(key)),
        "Upload it below the prefix of the environment that is meant: what lies there releases into that one alone.",
    )
}

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
        let Some(pinned) = &self.pinned else { return Vec::new() };
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

    /// Returns whether the request names this release, as far as it says itself.
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
        let is_recorded = self.version.is_some() || self.from.is_some();
        let is_push = !release.image_push || self.image_push.is_some() || is_recorded;
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
