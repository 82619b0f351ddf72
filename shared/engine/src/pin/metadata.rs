//! Reads the release that the metadata of a single artifact describes.

use crate::ports::ObjectHead;
use serde_json::{Value, json};
use windlass_domain::document::partial_document::PartialDocument;
use windlass_domain::release::manifest::Manifest;
use windlass_domain::release::request::{ArtifactObject, Request};
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_domain::text::name::AppName;

/// The members of a manifest, each with the name of the metadata that give it.
const SAID_BY: [(&str, &str); 4] =
    [("version", "version"), ("git.ref", "git-ref"), ("git.commit", "git-commit"), ("git.time", "git-time")];

/// Returns the manifest of a release of this artifact alone, from its metadata `version`, `git-ref`, `git-commit` and
/// `git-time`. It is checked as every manifest is.
///
/// # Errors Everything that is wrong with the metadata. Each finding has the object's key and the metadata's name as
/// its path.
pub fn manifest(
    app: &AppName,
    artifact: &ArtifactObject,
    head: &ObjectHead,
) -> Result<Manifest, PartialDocument<Manifest>> {
    let key = &artifact.object.key;
    let said = |name: &str| head.metadata.get(name).map(String::as_str);
    let mut reference = json!({ "key": key });
    let pinned = artifact.object.version_id.as_ref();
    if let Some(version_id) = pinned.or(head.version_id.as_ref()) {
        reference["version_id"] = json!(version_id);
    }
    let mut document = json!({ "components": { artifact.component.as_str(): reference } });
    if let Some(version) = said("version") {
        document["version"] = version.into();
    }
    if let Some(git) = git(said("git-ref"), said("git-commit"), said("git-time")) {
        document["git"] = git;
    }
    let read = Manifest::from_value(app, &document);
    read.map_err(|part| part.in_words(|finding| of_metadata(key, finding)))
}

fn git(reference: Option<&str>, commit: Option<&str>, time: Option<&str>) -> Option<Value> {
    let mut git = json!({ "ref": reference? });
    if let Some(commit) = commit {
        git["commit"] = json!(commit);
    }
    if let Some(time) = time {
        git["time"] = json!(time);
    }
    Some(git)
}

/// Returns the path of a metadata name, if the request is about a single artifact.
pub fn path(request: &Request, name: &str) -> Option<String> {
    let artifact = request.artifact_object.as_ref()?;
    Some(format!("{}: metadata.{name}", artifact.object.key))
}

/// Returns the finding with the metadata's name as its path, if the metadata gave the value.
fn of_metadata(key: &str, finding: Finding) -> Finding {
    if (finding.name, finding.path.as_str()) == (FindingName::MissingField, "version") {
        return Finding::new(
            FindingName::MissingField,
            format!("{key}: metadata.version"),
            "the artifact is a release of its own, but its metadata names no version.",
            "Upload it with the metadata `version`, `git-ref` and `git-commit`.",
        );
    }
    let said_by = SAID_BY.iter().find(|(path, _)| *path == finding.path);
    let path = match said_by {
        Some((_, name)) => format!("{key}: metadata.{name}"),
        None => finding.path,
    };
    Finding::new(finding.name, path, finding.reason, finding.remedy)
}
