//! What the metadata of a single artifact say that it is.

use crate::ports::ObjectHead;
use serde_json::{Value, json};
use windlass_domain::finding::{Finding, FindingName};
use windlass_domain::manifest::Manifest;
use windlass_domain::name::AppName;
use windlass_domain::request::ArtifactObject;

/// What a manifest has, and the metadata that say it.
const SAID_BY: [(&str, &str); 3] = [
    ("version", "version"),
    ("git.ref", "git-ref"),
    ("git.commit", "git-commit"),
];

/// The manifest of a release of this artifact alone, of its metadata `version`, `git-ref` and
/// `git-commit`. It is held to what every manifest is held to.
///
/// # Errors
/// Everything that is wrong with the metadata, each with the object's key and its name as path.
pub fn manifest(
    app: &AppName,
    artifact: &ArtifactObject,
    head: &ObjectHead,
) -> Result<Manifest, Vec<Finding>> {
    let key = &artifact.object.key;
    let said = |name: &str| head.metadata.get(name).map(String::as_str);
    let Some(version) = said("version") else {
        return Err(vec![Finding::new(
            FindingName::MissingField,
            format!("{key}: metadata.version"),
            "the artifact is a release of its own, but its metadata names no version.",
            "Upload it with the metadata `version`, `git-ref` and `git-commit`.",
        )]);
    };
    let mut reference = json!({ "key": key });
    let pinned = artifact.object.version_id.as_ref();
    if let Some(version_id) = pinned.or(head.version_id.as_ref()) {
        reference["version_id"] = json!(version_id);
    }
    let mut document = json!({
        "version": version,
        "components": { artifact.component.as_str(): reference },
    });
    if let Some(git) = git(said("git-ref"), said("git-commit")) {
        document["git"] = git;
    }
    Manifest::from_value(app, &document).map_err(|findings| {
        let findings = findings.into_iter();
        findings.map(|finding| of_metadata(key, finding)).collect()
    })
}

fn git(reference: Option<&str>, commit: Option<&str>) -> Option<Value> {
    let mut git = json!({ "ref": reference? });
    if let Some(commit) = commit {
        git["commit"] = json!(commit);
    }
    Some(git)
}

/// The finding with the metadata's name as its path, where they said it.
fn of_metadata(key: &str, finding: Finding) -> Finding {
    let said_by = SAID_BY.iter().find(|(path, _)| *path == finding.path);
    let path = match said_by {
        Some((_, name)) => format!("{key}: metadata.{name}"),
        None => finding.path,
    };
    Finding::new(finding.name, path, finding.reason, finding.remedy)
}
