//! Reads what a request wants to deploy, by each route, before anything is pinned.

use super::{metadata, recorded};
use crate::config::Configured;
use crate::ports::{DynamoDbApi, EcrApi, ObjectId, Result, S3Api};
use crate::trouble::Unread;
use std::collections::BTreeMap;
use windlass_domain::declaration::Declaration;
use windlass_domain::document::git::Git;
use windlass_domain::document::partial_document::PartialDocument;
use windlass_domain::release::artifact::{Artifact, repository_name};
use windlass_domain::release::manifest::{ArtifactRef, Manifest};
use windlass_domain::release::request::{ArtifactObject, ImagePush, ObjectRef, Request};
use windlass_domain::release::{PinnedRelease, version_of_push};
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_domain::text::name::{AppName, ComponentName};

/// The ports that pinning needs.
pub trait Ports: DynamoDbApi + S3Api + EcrApi + Configured {}
impl<P: DynamoDbApi + S3Api + EcrApi + Configured> Ports for P {}

/// The largest manifest, in bytes: 500 components of 200 bytes each, and room.
const LARGEST_MANIFEST: u64 = 256 * 1024;

/// A release before it is pinned.
#[derive(Debug, Clone, PartialEq)]
pub struct Source {
    pub version: String,
    pub git: Option<Git>,
    pub sequence: Option<u64>,
    pub declaration: Option<semver::Version>,
    /// The components that are still to be pinned.
    pub named: BTreeMap<ComponentName, ArtifactRef>,
    /// The components that the way in has pinned, which are still to be held to the declaration.
    pub handed_over: BTreeMap<ComponentName, Artifact>,
    /// The components of a recorded release, which are pinned already.
    pub pinned: BTreeMap<ComponentName, Artifact>,
    /// The tag of an image push, which chooses the environment.
    pub image_tag: Option<String>,
    /// True if it is an image push, now or when it was recorded.
    pub image_push: bool,
}

type Read = Result<Source, Unread<Source>>;

/// Reads what the request names, exactly one of its five sources, or as much of that as can be read. Of what its way in
/// has pinned nothing is read again but the record of a release.
pub async fn read(ports: &impl Ports, request: &Request, declaration: &Declaration) -> Read {
    if let Some(pinned) = &request.pinned {
        return handed_over(ports, request, pinned).await;
    }
    match (&request.manifest, &request.manifest_object, &request.artifact_object, &request.image_push, &request.version)
    {
        (Some(manifest), None, None, None, None) => Ok(of_manifest(manifest.clone())),
        (None, Some(object), None, None, None) => manifest_object(ports, &request.app, object).await,
        (None, None, Some(object), None, None) => artifact_object(ports, &request.app, object).await,
        (None, None, None, Some(push), None) => image_push(push, declaration).map_err(Unread::whole),
        (None, None, None, None, Some(version)) => promotion(ports, request, version).await,
        _ => Err(Unread::whole(Finding::new(
            FindingName::BadValue,
            "manifest",
            "a deployment needs exactly one of `manifest`, `manifest_object`, `artifact_object`, \
             `image_push` and `version`.",
            "Write one of them.",
        ))),
    }
}

fn of_manifest(manifest: Manifest) -> Source {
    Source {
        version: manifest.version,
        git: manifest.git,
        sequence: manifest.sequence,
        declaration: manifest.declaration,
        named: manifest.components,
        handed_over: BTreeMap::new(),
        pinned: BTreeMap::new(),
        image_tag: None,
        image_push: false,
    }
}

fn of_part(read: Result<Manifest, PartialDocument<Manifest>>) -> Read {
    let read = read.map(of_manifest);
    read.map_err(|part| part.map(of_manifest).into())
}

async fn manifest_object(ports: &impl Ports, app: &AppName, object: &ObjectRef) -> Read {
    let id = ObjectId {
        bucket: ports.config().artifacts_bucket.clone(),
        key: object.key.clone(),
        version_id: object.version_id.clone(),
    };
    let bytes = match S3Api::get(ports, &id, LARGEST_MANIFEST).await {
        Ok(bytes) => bytes,
        Err(fault) => return Err(Unread::whole(not_readable(&object.key, fault)?)),
    };
    let text = String::from_utf8_lossy(&bytes);
    of_part(Manifest::read_upload(app, &object.key, &text))
}

fn not_readable(key: &str, fault: Fault) -> Result<Finding> {
    let (name, remedy) = match fault.name {
        FaultName::NotFound => (FindingName::ArtifactMissing, "Upload it there, or correct the key."),
        FaultName::Refused => (FindingName::BadValue, "Write a smaller manifest."),
        _ => return Err(fault),
    };
    Ok(Finding::new(name, key, fault.message, remedy))
}

/// A single artifact is a release of its own; its metadata says which.
async fn artifact_object(ports: &impl Ports, app: &AppName, artifact: &ArtifactObject) -> Read {
    let object = &artifact.object;
    let id = ObjectId {
        bucket: ports.config().artifacts_bucket.clone(),
        key: object.key.clone(),
        version_id: object.version_id.clone(),
    };
    let Some(head) = ports.head(&id).await? else {
        return Err(Unread::whole(missing(&object.key)));
    };
    of_part(metadata::manifest(app, artifact, &head))
}

/// Reads an image push, which is a release of all components, and containers of them, that live in its repository.
fn image_push(push: &ImagePush, declaration: &Declaration) -> Result<Source, Finding> {
    let repositories = declaration.repositories();
    let name = repository_name(&push.repository);
    let Some(components) = repositories.get(name) else {
        return Err(Finding::new(
            FindingName::UnknownName,
            "image_push.repository",
            format!("no component of the application lives in the repository `{name}`."),
            "Declare the repository, or push elsewhere.",
        ));
    };
    let image = format!("{}@sha256:{}", push.repository, push.digest);
    let reference = ArtifactRef { image: Some(image), ..ArtifactRef::default() };
    Ok(Source {
        version: version_of_push(&push.tag, &push.digest),
        git: None,
        sequence: None,
        declaration: None,
        named: components.iter().map(|name| (name.clone(), reference.clone())).collect(),
        handed_over: BTreeMap::new(),
        pinned: BTreeMap::new(),
        image_tag: Some(push.tag.clone()),
        image_push: true,
    })
}

/// A release that the way in has pinned. One that is recorded already counts as it is recorded, with the components
/// that were pinned.
async fn handed_over(ports: &impl Ports, request: &Request, pinned: &PinnedRelease) -> Read {
    let release = &pinned.release;
    if request.version.is_some() {
        let mut source = promotion(ports, request, &release.version).await?;
        source.pinned.retain(|name, _| release.components.contains_key(name));
        return Ok(source);
    }
    Ok(Source {
        version: release.version.clone(),
        git: release.git.clone(),
        sequence: release.sequence,
        declaration: pinned.declaration.clone(),
        named: BTreeMap::new(),
        handed_over: release.components.clone(),
        pinned: BTreeMap::new(),
        image_tag: request.image_push.as_ref().map(|push| push.tag.clone()),
        image_push: release.image_push,
    })
}

/// A recorded release: promotion.
async fn promotion(ports: &impl Ports, request: &Request, version: &str) -> Read {
    let release = recorded::release(ports, &request.app, version).await?.release;
    Ok(Source {
        version: release.version,
        git: release.git,
        sequence: release.sequence,
        declaration: None,
        named: BTreeMap::new(),
        handed_over: BTreeMap::new(),
        pinned: release.components,
        image_tag: None,
        image_push: release.image_push,
    })
}

/// Returns the finding that an object is not there.
pub fn missing(key: &str) -> Finding {
    Finding::new(
        FindingName::ArtifactMissing,
        key,
        "there is no such object, or no such version of it, in the artifacts bucket.",
        "Upload the artifact before the manifest.",
    )
}
