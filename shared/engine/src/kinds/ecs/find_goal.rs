//! Decides what a service must run: what a release brings, what is recorded, or, for a check, what is there.

use super::check::{container_at, platform, repository_at};
use super::images::{self, Images};
use super::register::{BASE_TAG, read_document};
use super::wanted::own;
use crate::config::Configured;
use crate::kinds::ecs::document::{self, no_container, of_another, unreadable_document};
use crate::kinds::ecs::images::OwnImage;
use crate::kinds::ecs::state::PinnedBase;
use crate::kinds::ecs::wanted::{WantedService, base, forward, kept_images, lacking, way_back};
use crate::kinds::ecs::{foreign, wording};
use crate::kinds::{PrepareInput, from_value};
use crate::ports::{EcrApi, EcsApi, Image, S3Api, TaskDefinition};
use crate::trouble::{Checked, Trouble, collected};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use windlass_domain::declaration::kinds::ecs::{Base as BaseRule, Ecs as Spec};
use windlass_domain::document::shape::unknown_name;
use windlass_domain::release::artifact::{Artifact, Image as Pinned, is_same_repository, split_image};
use windlass_domain::text::digest::Digest;
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_domain::text::finding::{Finding, FindingName};

/// Returns the goal of a service, or the findings that are in the way.
pub(super) async fn find_goal<P, H>(
    ports: &P,
    home: &H,
    input: &PrepareInput<'_>,
    spec: &Spec,
    current: &TaskDefinition,
) -> Checked<WantedService>
where
    P: EcsApi,
    H: EcrApi + S3Api + Configured,
{
    if let Some(recorded) = input.goal_state {
        let recorded = from_value("recorded state", recorded)?;
        return way_back(ports, home, input, spec, current, recorded).await;
    }
    if input.is_check {
        return check_plan(ports, input, spec, current).await;
    }
    match (&spec.base, input.artifact) {
        (BaseRule::Artifact, Some(Artifact::Object { key, version_id, sha256, .. })) => {
            by_document(home, input, spec, current, (key, version_id, sha256)).await
        }
        (BaseRule::Artifact, _) => Err(wrong_artifact(
            input,
            "`base: artifact` needs a task definition as artifact",
            "name it with `key` in the manifest, or choose another `base`",
        )
        .into()),
        (_, Some(artifact @ (Artifact::Image { .. } | Artifact::Images { .. }))) => {
            let named = named(input, spec, artifact)?;
            by_images(ports, home, input, spec, current, &named).await
        }
        (_, _) => Err(wrong_artifact(
            input,
            "an ECS service needs an image",
            "name it with `image` in the manifest, or write `base: artifact` to bring a task definition",
        )
        .into()),
    }
}

fn wrong_artifact(input: &PrepareInput<'_>, reason: &str, remedy: &str) -> Finding {
    wording::finding(FindingName::BadValue, input.path("base"), reason, remedy)
}

/// Returns the images of a release by container, or findings if the release does not fit the declared containers.
fn named(input: &PrepareInput<'_>, spec: &Spec, artifact: &Artifact) -> Result<BTreeMap<String, Pinned>, Vec<Finding>> {
    let named = match artifact.clone().fitted(&spec.containers) {
        Artifact::Images { containers } => containers,
        Artifact::Image { repository, digest } if spec.containers.len() == 1 => {
            let image = Pinned { repository, digest };
            let name = spec.containers.keys().cloned();
            name.map(|name| (name, image.clone())).collect()
        }
        other => {
            let finding = wording::finding(
                FindingName::BadValue,
                input.path("containers"),
                format!("the release has {other}, and does not say for which container"),
                "release it again, with `images` in the manifest",
            );
            return Err(vec![finding]);
        }
    };
    let otherwise = if spec.containers.is_empty() { "Declare it in `containers`." } else { "" };
    let strange = named.keys().filter(|name| !spec.containers.contains_key(*name));
    let findings: Vec<Finding> = strange
        .map(|name| {
            let reason = format!("The release has an image for container `{name}`, and none of this name is declared.");
            unknown_name(input.path("containers"), reason, name, spec.containers.keys(), otherwise)
        })
        .collect();
    if findings.is_empty() { Ok(named) } else { Err(findings) }
}

/// The release is images: they go into a registered base, beside what the other containers run.
async fn by_images(
    ports: &impl EcsApi,
    home: &impl EcrApi,
    input: &PrepareInput<'_>,
    spec: &Spec,
    current: &TaskDefinition,
    named: &BTreeMap<String, Pinned>,
) -> Checked<WantedService> {
    let base = base(ports, input, spec, current).await?;
    let mut findings = lacking(input, spec, &base, current);
    let mut images = Images::new();
    for (container, Pinned { repository, digest }) in named {
        let reference = format!("sha256:{digest}");
        let Some(found) = home.image(repository, &reference).await? else {
            // `Prepare` itself reports bytes that are gone.
            return Err(Fault::new(
                FaultName::NotFound,
                format!("there is no image {reference} in repository {repository}"),
            )
            .into());
        };
        findings.extend(platform(input, spec, &base.document, (container, &found)));
        images.insert(container.clone(), own(&found));
    }
    let mut runs: Vec<String> = Vec::new();
    for (container, own) in &images {
        runs.extend(runs_already(spec, current, container, &own.digests));
    }
    let kept = kept_images(ports, home, input, spec, current, named).await;
    let kept = collected(kept, &mut findings)?;
    let Some(kept) = kept.filter(|_| findings.is_empty()) else { return Err(findings.into()) };
    let others = kept.keys().cloned().collect();
    images.extend(kept);
    let containers = spec.containers.keys();
    let is_same = document::same_shape(&base.document, &current.document, containers);
    let is_there = is_same && runs.len() == named.len();
    Ok(WantedService {
        artifact: images::artifact(&images),
        kept: others,
        unchanged: is_there.then(|| runs.join(", ")),
        ..WantedService::of(forward(images), &base.family, PinnedBase::Registered(base.arn))
    })
}

/// The release is a task definition: it names the image itself.
async fn by_document(
    home: &(impl EcrApi + S3Api + Configured),
    input: &PrepareInput<'_>,
    spec: &Spec,
    current: &TaskDefinition,
    (key, version_id, sha256): (&str, &str, &Digest),
) -> Checked<WantedService> {
    let base = read_document(home, key, version_id, sha256).await.map_err(|fault| unreadable(input, fault))?;
    let mut wrong = foreign::of_document(input, key, &base.document, current);
    let mut images = Images::new();
    let mut runs: Vec<String> = Vec::new();
    for (container, declared) in &spec.containers {
        let at = (container.as_str(), declared.as_str());
        let found = image_of(home, input, spec, (key, &base.document), at).await;
        if let Some(found) = collected(found, &mut wrong)? {
            wrong.extend(platform(input, spec, &base.document, (container, &found)));
            let own = own(&found);
            runs.extend(runs_already(spec, current, container, &own.digests));
            images.insert(container.clone(), own);
        }
    }
    if !wrong.is_empty() {
        return Err(wrong.into());
    }
    let same_base = current.tags.get(BASE_TAG).map(String::as_str) == Some(sha256.as_str());
    let is_there = same_base && runs.len() == images.len();
    let base = PinnedBase::Document { key: key.to_owned(), version_id: version_id.to_owned(), sha256: sha256.clone() };
    let unchanged = is_there.then(|| runs.join(", "));
    Ok(WantedService { unchanged, ..WantedService::of(forward(images), &current.family, base) })
}

/// The image that a document brings in an owned container.
async fn image_of(
    home: &impl EcrApi,
    input: &PrepareInput<'_>,
    spec: &Spec,
    (key, document): (&str, &Value),
    (container, declared): (&str, &str),
) -> Checked<Image> {
    let Some(image) = document::image(document, container) else {
        let at = container_at(input, spec, container);
        return Err(no_container(at, container, key, document).into());
    };
    let (repository, reference) = split_image(image);
    let other = |than: &str| {
        let path = input.path("base");
        Err(of_another(path, container, key, image, than).into())
    };
    if !is_same_repository(repository, declared) {
        return other(&format!("declared repository `{declared}`"));
    }
    match home.image(repository, reference).await? {
        None => {
            let at = repository_at(input, spec, container);
            Err(no_image(at, repository, reference).into())
        }
        Some(found) if !is_same_repository(repository, &found.repository_uri) => {
            other(&format!("repository `{}`", found.repository_uri))
        }
        Some(found) => Ok(found),
    }
}

/// Returns a sentence if the service is already set to these bytes in this container, pinned by digest.
fn runs_already(spec: &Spec, current: &TaskDefinition, container: &str, wanted: &BTreeSet<String>) -> Option<String> {
    let image = document::image(&current.document, container)?;
    let (_, reference) = split_image(image);
    let within = match spec.containers.len() {
        1 => String::new(),
        _ => format!(" in container {container}"),
    };
    wanted.contains(reference).then(|| {
        format!("service {} runs {reference} already{within} ({})", spec.service, wording::short(&current.arn))
    })
}

fn no_image(at: String, repository: &str, reference: &str) -> Finding {
    wording::finding(
        FindingName::ArtifactMissing,
        at,
        format!("there is no image {reference} in repository {repository}"),
        "push the image first, and keep it as long as a rollback may need it (lifecycle policy)",
    )
}

fn unreadable(input: &PrepareInput<'_>, fault: Fault) -> Trouble {
    let name = match fault.name {
        FaultName::NotFound => FindingName::ArtifactMissing,
        FaultName::Refused => FindingName::BadValue,
        _ => return fault.into(),
    };
    unreadable_document(name, input.path("base"), &fault.message).into()
}

/// The images that are there, as if a release brought them into the declared base.
pub(super) async fn check_plan(
    ports: &impl EcsApi,
    input: &PrepareInput<'_>,
    spec: &Spec,
    current: &TaskDefinition,
) -> Checked<WantedService> {
    let base = base(ports, input, spec, current).await?;
    let findings = lacking(input, spec, &base, current);
    if !findings.is_empty() {
        return Err(findings.into());
    }
    let images = spec.containers.keys().map(|container| {
        let image = document::image(&current.document, container);
        let own = OwnImage { image: image.unwrap_or_default().to_owned(), digests: BTreeSet::new() };
        (container.clone(), own)
    });
    Ok(WantedService::of(forward(images.collect()), &base.family, PinnedBase::Registered(base.arn)))
}
