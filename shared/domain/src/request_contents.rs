//! Checks the members with which a request names the thing to deploy.

use crate::artifact_place::ArtifactPlace;
use crate::finding::{Finding, FindingName, repeated};
use crate::key::{Upload, upload};
use crate::name::EnvironmentName;
use crate::request::{ActionName, Request};

impl Request {
    /// Returns the members with which the request names the thing to deploy.
    pub(crate) fn contents(&self) -> Vec<&'static str> {
        let ways = [
            ("manifest", self.manifest.is_some()),
            ("manifest_object", self.manifest_object.is_some()),
            ("artifact_object", self.artifact_object.is_some()),
            ("image_push", self.image_push.is_some()),
            ("version", self.version.is_some()),
            ("pinned", self.is_pinned_manifest()),
        ];
        let used = ways.into_iter().filter(|(_, used)| *used);
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
        let remedy = "Write one of `manifest`, `manifest_object`, `artifact_object`, `image_push`, \
                      or the `version` of a recorded release.";
        match self.contents().as_slice() {
            [_] => None,
            [] => Some(Finding::new(
                FindingName::MissingField,
                "manifest",
                "`deploy` does not say what to deploy.",
                remedy,
            )),
            several => Some(Finding::new(
                FindingName::Duplicate,
                several[1],
                format!("What to deploy is said twice: `{}`.", several.join("`, `")),
                remedy,
            )),
        }
    }

    /// Returns the finding that its ref sends the upload that it names to another environment than the one of its prefix:
    /// it releases there and nowhere else.
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
        Finding::new(
            FindingName::BadValue,
            "manifest_object.key",
            format!("`{seen}` is not the key of a manifest of `{app}`."),
            format!("Upload it as `releases/{app}/<environment>/<version>.json` and write that key."),
        )
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
