//! Reads what a request wants to deploy, by each route, before anything is pinned.

use super::{artifact, recorded};
use crate::config::Configured;
use crate::ledger;
use crate::ports::{Clock, DynamoDbApi, EcrApi, ObjectHead, Result, S3Api};
use crate::trouble::Unread;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use windlass_domain::declaration::Declaration;
use windlass_domain::document::git::Git;
use windlass_domain::document::partial_document::PartialDocument;
use windlass_domain::document::shape::unknown_name;
use windlass_domain::environment::{PromotedFrom, Together};
use windlass_domain::release::artifact::{Artifact, repository_name};
use windlass_domain::release::identity::EnvironmentId;
use windlass_domain::release::manifest::{ArtifactRef, Manifest};
use windlass_domain::release::request::{ArtifactObject, ImagePush, ObjectRef, Request};
use windlass_domain::release::{PinnedRelease, version_of_push};
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_domain::text::name::{AppName, ComponentName, EnvironmentName};

/// The ports that pinning needs.
pub trait Ports: DynamoDbApi + S3Api + EcrApi + Clock + Configured {}
impl<P: DynamoDbApi + S3Api + EcrApi + Clock + Configured> Ports for P {}

/// The largest manifest, in bytes: 500 components of 200 bytes each, and room.
const LARGEST_MANIFEST: u64 = 256 * 1024;

/// The members of a manifest, each with the name of the metadata that give it.
const SAID_BY: [(&str, &str); 4] =
    [("version", "version"), ("git.ref", "git-ref"), ("git.commit", "git-commit"), ("git.time", "git-time")];

/// A release before it is pinned.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct UnpinnedRelease {
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
    /// The snapshot that it is promoted from.
    pub promoted_from: Option<PromotedFrom>,
}

type Read = Result<UnpinnedRelease, Unread<UnpinnedRelease>>;

/// Reads what the request names, exactly one of its six sources, or as much of that as can be read. Of what its way in
/// has pinned nothing is read again but the record of a release.
pub async fn read(ports: &impl Ports, request: &Request, declaration: &Declaration) -> Read {
    if let Some(pinned) = &request.pinned {
        return handed_over(ports, request, pinned).await;
    }
    if let Some(from) = &request.from {
        return of_environment(ports, request, from).await;
    }
    match (&request.manifest, &request.manifest_object, &request.artifact_object, &request.image_push, &request.version)
    {
        (Some(manifest), None, None, None, None) => Ok(of_manifest(manifest.clone())),
        (None, Some(object), None, None, None) => manifest_object(ports, &request.app, object).await,
        (None, None, Some(object), None, None) => artifact_object(ports, &request.app, object).await,
        (None, None, None, Some(push), None) => image_push(push, declaration).map_err(Unread::whole),
        (None, None, None, None, Some(version)) => promotion(ports, request, version).await,
        _ => Err(Unread::whole(Finding::bad_value(
            "manifest",
            "a deployment needs exactly one of `manifest`, `manifest_object`, `artifact_object`, \
             `image_push`, `version` and `from`.",
            "Write one of them.",
        ))),
    }
}

fn of_manifest(manifest: Manifest) -> UnpinnedRelease {
    UnpinnedRelease {
        version: manifest.version,
        git: manifest.git,
        sequence: manifest.sequence,
        declaration: manifest.declaration,
        named: manifest.components,
        ..UnpinnedRelease::default()
    }
}

fn of_part(read: Result<Manifest, PartialDocument<Manifest>>) -> Read {
    let read = read.map(of_manifest);
    read.map_err(|part| part.map(of_manifest).into())
}

async fn manifest_object(ports: &impl Ports, app: &AppName, object: &ObjectRef) -> Read {
    let place = ports.artifact(&object.key, object.version_id.as_deref());
    let bytes = match S3Api::get(ports, &place, LARGEST_MANIFEST).await {
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
    let (_, head) = artifact::head(ports, &artifact.object).await?;
    of_part(described(app, artifact, &head))
}

/// Reads the manifest of a release of this artifact alone, from its metadata `version`, `git-ref`, `git-commit` and
/// `git-time`. It is checked as every manifest is. Each finding has the object's key and the metadata's name as its
/// path.
fn described(
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

/// Returns the finding with the metadata's name as its path, if the metadata gave the value.
fn of_metadata(key: &str, finding: Finding) -> Finding {
    if (finding.name, finding.path.as_str()) == (FindingName::MissingField, "version") {
        return Finding::missing_field(
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
    Finding {
        seen: finding.seen,
        meant: finding.meant,
        ..Finding::new(finding.name, path, finding.reason, finding.remedy)
    }
}

/// Reads an image push, which is a release of all components, and containers of them, that live in its repository.
fn image_push(push: &ImagePush, declaration: &Declaration) -> Result<UnpinnedRelease, Finding> {
    let repositories = declaration.repositories();
    let name = repository_name(&push.repository);
    let Some(components) = repositories.get(name) else {
        let reason = format!("no component of the application lives in the repository `{name}`.");
        let otherwise = "Declare the repository, or push elsewhere.";
        return Err(unknown_name("image_push.repository", reason, name, repositories.keys(), otherwise));
    };
    let image = format!("{}@sha256:{}", push.repository, push.digest);
    let reference = ArtifactRef { image: Some(image), ..ArtifactRef::default() };
    Ok(UnpinnedRelease {
        version: version_of_push(&push.tag, &push.digest),
        named: components.iter().map(|name| (name.clone(), reference.clone())).collect(),
        image_tag: Some(push.tag.clone()),
        image_push: true,
        ..UnpinnedRelease::default()
    })
}

/// A release that the way in has pinned. One that is recorded already counts as it is recorded, with the components
/// that were pinned.
async fn handed_over(ports: &impl Ports, request: &Request, pinned: &PinnedRelease) -> Read {
    let release = &pinned.release;
    if request.version.is_some() || request.from.is_some() {
        let mut source = match &request.from {
            Some(from) => of_environment(ports, request, from).await?,
            None => promotion(ports, request, &release.version).await?,
        };
        source.pinned.retain(|name, _| release.components.contains_key(name));
        return Ok(source);
    }
    Ok(UnpinnedRelease {
        version: release.version.clone(),
        git: release.git.clone(),
        sequence: release.sequence,
        declaration: pinned.declaration.clone(),
        handed_over: release.components.clone(),
        image_tag: request.image_push.as_ref().map(|push| push.tag.clone()),
        image_push: release.image_push,
        ..UnpinnedRelease::default()
    })
}

/// All that runs in another environment, as it is recorded in its present snapshot or in the one that is named. It is
/// one release, or several that become one of its own.
async fn of_environment(ports: &impl Ports, request: &Request, from: &EnvironmentName) -> Read {
    let there = EnvironmentId::new(&request.app, from);
    let state = ledger::load_or_default(ports, &ledger::state(there)).await?.value;
    let number = request.snapshot.unwrap_or(state.snapshot);
    let snapshot = ledger::load(ports, &ledger::snapshot(there, number)).await?;
    let Some(together) = snapshot.and_then(|known| Together::of(known.value.with_found(&state), from)) else {
        return Err(Unread::whole(nothing_there(from, request.snapshot)));
    };
    let newest = ledger::load(ports, &ledger::release(&request.app, &together.newest)).await?;
    let newest = newest.map(|newest| newest.value.release);
    let sequence = newest.as_ref().and_then(|newest| newest.sequence);
    let one = newest.filter(|_| together.is_one());
    Ok(UnpinnedRelease {
        git: one.as_ref().and_then(|one| one.git.clone()),
        image_push: one.is_some_and(|one| one.image_push),
        sequence,
        version: together.version,
        pinned: together.components,
        promoted_from: Some(PromotedFrom { environment: from.clone(), snapshot: number }),
        ..UnpinnedRelease::default()
    })
}

fn nothing_there(from: &EnvironmentName, number: Option<u64>) -> Finding {
    let snapshot = number.map_or_else(String::new, |number| format!(" in snapshot {number}"));
    Finding::new(
        FindingName::UnknownName,
        "from",
        format!("nothing that was released runs in `{from}`{snapshot}."),
        "Correct the name; or release it there first.",
    )
}

/// A recorded release, or one component of it: promotion.
async fn promotion(ports: &impl Ports, request: &Request, version: &str) -> Read {
    let mut release = recorded::release(ports, &request.app, version).await?.release;
    if let Some(component) = &request.component {
        if !release.components.contains_key(component) {
            let reason = format!("{version} was recorded without a component `{component}`.");
            let known = release.components.keys();
            return Err(Unread::whole(unknown_name("component", reason, component.as_str(), known, "")));
        }
        release.components.retain(|name, _| name == component);
    }
    Ok(UnpinnedRelease {
        version: release.version,
        git: release.git,
        sequence: release.sequence,
        pinned: release.components,
        image_push: release.image_push,
        ..UnpinnedRelease::default()
    })
}
