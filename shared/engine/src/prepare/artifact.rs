//! Checks that the pinned bytes are still there (rule 5), and warns where a tag may come to mean others before it is
//! pinned.

use super::scene::{Ports, WantedComponent};
use crate::ports::{ObjectHead, Result, TAG_MUTABILITIES};
use std::fmt;
use windlass_domain::release::artifact::{Artifact, is_same_repository, repository_name};
use windlass_domain::text::count::count;
use windlass_domain::text::digest::Digest;
use windlass_domain::text::fault::FaultName;
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_domain::text::name::ComponentName;
use windlass_domain::{prose, run};

/// Looks for the bytes, and returns what is wrong with them.
pub async fn check(ports: &impl Ports, component: &ComponentName, artifact: &Artifact) -> Result<Option<Finding>> {
    let path = format!("components.{component}");
    match look(ports, &path, artifact).await {
        Ok(finding) => Ok(finding),
        Err(fault) if fault.name == FaultName::NotFound => Ok(Some(missing(&path, artifact))),
        Err(fault) if fault.name == FaultName::AccessDenied => Ok(Some(Finding::new(
            FindingName::NoPermission,
            path,
            format!("{artifact} may not be read: {}.", fault.message),
            "Let the planner's role read it.",
        ))),
        Err(fault) => Err(fault.while_doing(format!("looking for {artifact}"))),
    }
}

async fn look(ports: &impl Ports, path: &str, artifact: &Artifact) -> Result<Option<Finding>> {
    match artifact {
        Artifact::Object { key, version_id, .. } => {
            Ok(match ports.head(&ports.artifact(key, Some(version_id))).await? {
                Some(head) => differs(path, artifact, &head),
                None => Some(missing(path, artifact)),
            })
        }
        Artifact::Image { repository, digest } => {
            let is_there = is_there(ports, repository, digest).await?;
            Ok((!is_there).then(|| missing(path, artifact)))
        }
        Artifact::Images { containers } => {
            for (container, image) in containers {
                if !is_there(ports, &image.repository, &image.digest).await? {
                    return Ok(Some(missing(&format!("{path}.images.{container}"), image)));
                }
            }
            Ok(None)
        }
    }
}

/// Returns whether the registry that images are taken from has the image, and is the one that the release names.
async fn is_there(ports: &impl Ports, repository: &str, digest: &Digest) -> Result<bool> {
    let image = ports.image(repository, &format!("sha256:{digest}")).await?;
    Ok(image.is_some_and(|image| is_same_repository(repository, &image.repository_uri)))
}

fn missing(path: &str, artifact: &impl fmt::Display) -> Finding {
    Finding::new(
        FindingName::ArtifactMissing,
        path,
        format!("{artifact} is no longer there."),
        "Upload it under a new version, and keep artifacts as long as they may be deployed.",
    )
}

fn differs(path: &str, artifact: &Artifact, head: &ObjectHead) -> Option<Finding> {
    let Artifact::Object { sha256, bytes, .. } = artifact else { return None };
    let other_digest = head.sha256.as_ref().is_some_and(|found| found != sha256);
    if !other_digest && head.bytes == *bytes {
        return None;
    }
    let found = head.sha256.as_ref().map_or("unknown", |sha| sha.as_str());
    let bytes_differ = (head.bytes.to_string(), bytes.to_string());
    let (now, wanted) = if other_digest { (found.to_owned(), sha256.to_string()) } else { bytes_differ };
    Some(
        Finding::new(
            FindingName::DigestMismatch,
            path,
            format!(
                "{artifact} was pinned with {}, and now has {} and SHA-256 {found}.",
                count(*bytes, "byte"),
                count(head.bytes, "byte")
            ),
            "Release the bytes under a new version.",
        )
        .seen(now, wanted),
    )
}

/// Returns a warning for each repository of the component whose tags may be moved: a release pins its image when it is
/// accepted, and until then a tag means what whoever may push there puts under it. What may not be read, or is not
/// there, warns of nothing here: a release of an image says so.
pub async fn movable_tags(ports: &impl Ports, wanted: &WantedComponent<'_>) -> Result<Vec<Finding>> {
    let mut warnings = Vec::new();
    for repository in wanted.component.spec.as_kind().repositories() {
        let name = repository_name(repository);
        match ports.tag_mutability(name).await {
            Ok(Some(tags)) if !TAG_MUTABILITIES.iter().any(|(word, stays)| *stays && *word == tags) => {
                warnings.push(may_move(wanted, name));
            }
            Ok(_) => {}
            Err(fault) if fault.name == FaultName::AccessDenied => {}
            Err(fault) => return Err(fault),
        }
    }
    Ok(warnings)
}

fn may_move(wanted: &WantedComponent<'_>, repository: &str) -> Finding {
    Finding::new(
        FindingName::MayMove,
        format!("components.{}", wanted.name),
        format!(
            "A tag of repository {repository} may be moved, so that whoever may push there chooses what a release of the tag is until that has pinned it."
        ),
        prose!(
            "Release `{}@sha256:…`, the digest that the push returned; or keep the tags where they are: {}.",
            repository,
            run!("aws ecr put-image-tag-mutability --repository-name {repository} --image-tag-mutability IMMUTABLE")
        ),
    )
}
