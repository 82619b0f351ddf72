//! Checks that the pinned bytes are still there (rule 5).

use super::scene::Ports;
use crate::ports::{ObjectHead, ObjectId, Result};
use std::fmt;
use windlass_domain::artifact::Artifact;
use windlass_domain::count::count;
use windlass_domain::digest::Digest;
use windlass_domain::fault::FaultName;
use windlass_domain::finding::{Finding, FindingName};
use windlass_domain::image::is_same_repository;
use windlass_domain::name::ComponentName;

/// Looks for the bytes, and tells what is wrong with them.
pub async fn check(
    ports: &impl Ports,
    component: &ComponentName,
    artifact: &Artifact,
) -> Result<Option<Finding>> {
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
        Artifact::Object {
            key, version_id, ..
        } => {
            let object = ObjectId {
                bucket: ports.config().artifacts_bucket.clone(),
                key: key.clone(),
                version_id: Some(version_id.clone()),
            };
            Ok(match ports.head(&object).await? {
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
    let Artifact::Object { sha256, bytes, .. } = artifact else {
        return None;
    };
    let other_digest = head.sha256.as_ref().is_some_and(|found| found != sha256);
    if !other_digest && head.bytes == *bytes {
        return None;
    }
    let found = head.sha256.as_ref().map_or("unknown", |sha| sha.as_str());
    Some(Finding::new(
        FindingName::DigestMismatch,
        path,
        format!(
            "{artifact} was pinned with {}, and now has {} and SHA-256 {found}.",
            count(*bytes, "byte"),
            count(head.bytes, "byte")
        ),
        "Release the bytes under a new version.",
    ))
}
