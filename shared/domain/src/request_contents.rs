//! Checks the members with which a request names the thing to deploy.

use crate::finding::{Finding, FindingName, repeated};
use crate::manifest::key_finding;
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

    /// Returns what is wrong with the keys of the upload that it names.
    pub(crate) fn key_findings(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        if let Some(artifact) = &self.artifact_object {
            let (component, key) = (&artifact.component, &artifact.object.key);
            findings.extend(key_finding(
                &self.app,
                component,
                key,
                "artifact_object.object.key",
            ));
        }
        if let Some(object) = &self.manifest_object {
            let folder = format!("releases/{}/", self.app);
            let named = object.key.strip_prefix(&folder);
            if !named.is_some_and(|name| {
                name.strip_suffix(".json")
                    .is_some_and(|v| !v.is_empty() && !v.contains('/'))
            }) {
                findings.push(Finding::new(
                    FindingName::BadValue,
                    "manifest_object.key",
                    format!(
                        "`{}` is not the key of a manifest of `{}`.",
                        repeated(&object.key),
                        self.app
                    ),
                    format!("Upload it as `{folder}<version>.json` and write that key."),
                ));
            }
        }
        findings
    }
}
