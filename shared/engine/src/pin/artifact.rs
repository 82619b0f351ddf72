//! Pins one artifact by version id, hash and digest (rule 5).

use crate::config::Configured;
use crate::kinds::sum_of;
use crate::ports::{EcrApi, ObjectHead, ObjectId, S3Api};
use crate::trouble::{Checked, collected};
use std::collections::BTreeMap;
use windlass_domain::release::artifact::{Artifact, Image, is_same_repository, split_image};
use windlass_domain::release::manifest::ArtifactRef;
use windlass_domain::release::request::ObjectRef;
use windlass_domain::text::count::count;
use windlass_domain::text::digest::Digest;
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_domain::text::name::ComponentName;
use windlass_domain::{prose, run};

/// The most bytes that are hashed for one release. The function with the least time that pins is `api`, with 29 s and
/// 256 MB of memory, which is a seventh of a processor (AWS Lambda Developer Guide, "Configure Lambda function
/// memory"). Half of its time is enough if S3 is read and hashed with 35 MB/s.
pub const MOST_HASHED: u64 = 512 * 1024 * 1024;

/// Pins one artifact. `declared` has the component's repositories by container, and `left` the bytes that may still be
/// hashed for the release.
pub async fn pin(
    ports: &(impl S3Api + EcrApi + Configured),
    name: &ComponentName,
    reference: &ArtifactRef,
    declared: &BTreeMap<&str, &str>,
    left: &mut u64,
) -> Checked<Artifact> {
    match (&reference.key, &reference.image, &reference.images) {
        (Some(key), None, None) => pin_object(ports, name, key, reference, left).await,
        (None, Some(image), None) => {
            let repository = declared.values().next().copied();
            let Image { repository, digest } = pin_image(ports, name, "image", image, repository).await?;
            Ok(Artifact::Image { repository, digest })
        }
        (None, None, Some(images)) => pin_images(ports, name, images, declared).await,
        _ => Err(Finding::bad_value(
            format!("components.{name}"),
            "an artifact has either a `key`, an `image` or `images`.",
            "Write one of them.",
        )
        .into()),
    }
}

async fn pin_object(
    ports: &(impl S3Api + Configured),
    name: &ComponentName,
    key: &str,
    reference: &ArtifactRef,
    left: &mut u64,
) -> Checked<Artifact> {
    let object = ObjectRef { key: key.to_owned(), version_id: reference.version_id.clone() };
    let (mut id, head) = head(ports, &object).await?;
    let named = reference.version_id.clone();
    let Some(version_id) = named.or_else(|| head.version_id.clone()) else { return Err(no_versions(key).into()) };
    id.version_id = Some(version_id.clone());
    let sha256 = match (&head.sha256, left.checked_sub(head.bytes)) {
        (Some(sha256), _) => sha256.clone(),
        (None, None) => return Err(too_large(name, head.bytes).into()),
        (None, Some(rest)) => {
            *left = rest;
            sum_of(ports, &id, head.bytes).await?
        }
    };
    if let Some(wanted) = &reference.sha256
        && *wanted != sha256
    {
        return Err(other_bytes(name, wanted, &sha256).into());
    }
    Ok(Artifact::Object { key: key.to_owned(), version_id, sha256, bytes: head.bytes })
}

/// Looks at an object in the artifacts bucket.
///
/// # Errors
/// The finding that it is not there.
pub async fn head(ports: &(impl S3Api + Configured), object: &ObjectRef) -> Checked<(ObjectId, ObjectHead)> {
    let id = ports.artifact(&object.key, object.version_id.as_deref());
    match ports.head(&id).await? {
        Some(head) => Ok((id, head)),
        None => Err(missing(&id.key).into()),
    }
}

fn missing(key: &str) -> Finding {
    Finding::new(
        FindingName::ArtifactMissing,
        key,
        "there is no such object, or no such version of it, in the artifacts bucket.",
        "Upload the artifact before the manifest.",
    )
}

fn no_versions(key: &str) -> Finding {
    Finding::new(
        FindingName::TargetNotReady,
        key,
        "the artifacts bucket keeps no versions, so the artifact cannot be pinned.",
        "Turn on versioning of the artifacts bucket and upload the artifact again.",
    )
}

fn other_bytes(name: &ComponentName, wanted: &Digest, sha256: &Digest) -> Finding {
    Finding::new(
        FindingName::DigestMismatch,
        format!("components.{name}.sha256"),
        format!("the manifest pins {wanted}, but the object's bytes have {sha256}."),
        "Upload the artifact that the manifest was written for.",
    )
    .seen(sha256, wanted)
}

fn too_large(name: &ComponentName, bytes: u64) -> Finding {
    Finding::new(
        FindingName::TooLarge,
        format!("components.{name}.key"),
        format!(
            "S3 knows no SHA-256 of the whole object, and it has {}, too many to be read for it: \
             for one release Windlass reads at most {MOST_HASHED} bytes.",
            count(bytes, "byte")
        ),
        prose!(
            "Upload it in one piece with that checksum: {}. Of an upload in parts S3 keeps only a checksum of the parts' \
             checksums.",
            run!("aws s3api put-object --checksum-algorithm SHA256")
        ),
    )
    .seen(bytes, MOST_HASHED)
}

async fn pin_image(
    ports: &impl EcrApi,
    name: &ComponentName,
    member: &str,
    image: &str,
    declared: Option<&str>,
) -> Checked<Image> {
    let (repository, reference) = split_image(image);
    let Some(found) = ports.image(repository, reference).await? else {
        return Err(Finding::new(
            FindingName::ArtifactMissing,
            format!("components.{name}.{member}"),
            format!("there is no image {image} in the registry."),
            "Push the image before the manifest.",
        )
        .into());
    };
    let uri = found.repository_uri;
    for (path, named) in [(member, Some(repository)), ("repository", declared)] {
        if named.is_some_and(|named| !is_same_repository(named, &uri)) {
            return Err(other_registry(name, path, &uri).into());
        }
    }
    Ok(Image { repository: uri, digest: found.digest })
}

async fn pin_images(
    ports: &impl EcrApi,
    name: &ComponentName,
    images: &BTreeMap<String, String>,
    declared: &BTreeMap<&str, &str>,
) -> Checked<Artifact> {
    let (mut containers, mut findings) = (BTreeMap::new(), Vec::new());
    for (container, image) in images {
        let repository = declared.get(container.as_str()).copied();
        let member = format!("images.{container}");
        let image = pin_image(ports, name, &member, image, repository).await;
        if let Some(image) = collected(image, &mut findings)? {
            containers.insert(container.clone(), image);
        }
    }
    if !findings.is_empty() {
        return Err(findings.into());
    }
    Ok(Artifact::Images { containers })
}

fn other_registry(name: &ComponentName, path: &str, uri: &str) -> Finding {
    Finding::bad_value(
        format!("components.{name}.{path}"),
        format!("it names another registry than the one that images are taken from, {uri}."),
        format!("Write the repository by its name alone, or as {uri}."),
    )
}
