//! The task definition that a service must run: a new one and what it is made from, or on the way back the recorded
//! one, if it and its bytes still exist. Containers that a release does not name keep the image that they run, by
//! digest.

use super::state::Until;
use crate::kinds::PrepareInput;
use crate::kinds::ecs::check::container_at;
use crate::kinds::ecs::document::{self, no_container};
use crate::kinds::ecs::images::{Images, OwnImage, digests};
use crate::kinds::ecs::state::{Goal, PinnedBase};
use crate::kinds::ecs::{foreign, wording};
use crate::ports::{EcrApi, EcsApi, Image, Result, ServiceTask, TaskDefinition};
use crate::trouble::Checked;
use std::collections::{BTreeMap, BTreeSet};
use windlass_domain::declaration::kinds::ecs::{Base as BaseRule, Ecs as Spec};
use windlass_domain::release::artifact::{Artifact, Image as Pinned, is_same_repository, split_image};
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_domain::text::finding::{Finding, FindingName};

/// The goal of a service, and how its new task definition is made.
pub(super) struct WantedService {
    pub goal: Goal,
    pub family: String,
    pub base: PinnedBase,
    /// The containers that the release does not name. They keep what they run.
    pub kept: BTreeSet<String>,
    /// All images as one artifact, the kept ones included. `None` if there is only one, if one is not pinned by digest,
    /// or if the release brings no images.
    pub artifact: Option<Artifact>,
    /// The reason why there is nothing to change; `None` if there is something.
    pub unchanged: Option<String>,
}

impl WantedService {
    /// A goal that brings no artifact and keeps no container's image, and that there may be something to change for.
    pub fn of(goal: Goal, family: &str, base: PinnedBase) -> Self {
        Self { goal, family: family.to_owned(), base, kept: BTreeSet::new(), artifact: None, unchanged: None }
    }
}

/// The task definition that the declaration has the images go into. The finding is that it is somebody else's.
pub(super) async fn base(
    ports: &impl EcsApi,
    input: &PrepareInput<'_>,
    spec: &Spec,
    current: &TaskDefinition,
) -> Checked<TaskDefinition> {
    let base = match &spec.base {
        BaseRule::FamilyLatest => ports.task_definition(&current.family).await?,
        _ => current.clone(),
    };
    match foreign::newest(input, &base, current) {
        Some(finding) => Err(finding.into()),
        None => Ok(base),
    }
}

/// Finds the containers that the base lacks. If the base is the running task definition, they are reported already.
pub(super) fn lacking(
    input: &PrepareInput<'_>,
    spec: &Spec,
    base: &TaskDefinition,
    current: &TaskDefinition,
) -> Vec<Finding> {
    let is_other = base.arn != current.arn;
    let lacks = |name: &&String| is_other && document::image(&base.document, name).is_none();
    let lacking = spec.containers.keys().filter(lacks);
    lacking
        .map(|name| {
            let at = container_at(input, spec, name);
            no_container(at, name, wording::short(&base.arn), &base.document)
        })
        .collect()
}

/// Returns the image by digest, in the repository as its registry names it.
pub(super) fn own(image: &Image) -> OwnImage {
    OwnImage { image: format!("{}@sha256:{}", image.repository_uri, image.digest), digests: image.digests() }
}

/// Returns the goal to run these images in a task definition that is yet to be registered.
pub(super) fn forward(images: Images) -> Goal {
    Goal { task_definition: None, images, completed: BTreeSet::new(), until: Until::default() }
}

/// A rollback: to exactly the task definition that is recorded, if it and its bytes still exist.
pub(super) async fn way_back(
    ports: &impl EcsApi,
    home: &impl EcrApi,
    input: &PrepareInput<'_>,
    spec: &Spec,
    current: &TaskDefinition,
    mut goal: Goal,
) -> Checked<WantedService> {
    let Some(arn) = goal.task_definition.clone() else {
        return Err(Fault::internal("a recorded state names no task definition").into());
    };
    let gone = |what: &str| {
        Err(wording::finding(FindingName::ArtifactMissing, input.path("service"), what, input.to_another_snapshot())
            .into())
    };
    let short = wording::short(&arn);
    match ports.task_definition(&arn).await {
        Ok(found) if found.is_deregistered() => {
            return gone(&format!("the task definition {short} that ran then is deregistered"));
        }
        Ok(_) => {}
        Err(fault) if fault.name == FaultName::NotFound => {
            return gone(&format!("the task definition {short} that ran then does not exist any more"));
        }
        Err(fault) => return Err(fault.into()),
    }
    for (container, OwnImage { image, .. }) in &goal.images {
        let (repository, reference) = split_image(image);
        if is_ours(spec, container, repository) && home.image(repository, reference).await?.is_none() {
            return gone(&format!("the image {image} that ran then is no longer in its repository"));
        }
    }
    widen(home, spec, &mut goal).await?;
    goal.completed.clear();
    let unchanged =
        (current.arn == arn).then(|| format!("service {} is set to {} already", spec.service, wording::short(&arn)));
    let base = PinnedBase::Registered(current.arn.clone());
    Ok(WantedService { unchanged, ..WantedService::of(goal, &current.family, base) })
}

/// Tasks that start later may show another digest of the same image: the index's or a platform's.
/// Nothing is added where no task shows a digest, or where the image is named by tag.
pub(super) async fn widen(home: &impl EcrApi, spec: &Spec, goal: &mut Goal) -> Result<()> {
    for (container, own) in &mut goal.images {
        let (repository, reference) = split_image(&own.image);
        let is_pinned = reference.starts_with("sha256:") && is_ours(spec, container, repository);
        if own.digests.is_empty() || !is_pinned {
            continue;
        }
        if let Some(found) = home.image(repository, reference).await? {
            own.digests.extend(found.digests());
        }
    }
    Ok(())
}

/// Returns whether an image in a container is of the repository that is declared for it.
pub(super) fn is_ours(spec: &Spec, container: &str, repository: &str) -> bool {
    let declared = spec.containers.get(container);
    declared.is_some_and(|declared| is_same_repository(repository, declared))
}

/// The images of the containers that are not named, as the running task definition and its tasks have them.
pub(super) async fn kept_images(
    ports: &impl EcsApi,
    home: &impl EcrApi,
    input: &PrepareInput<'_>,
    spec: &Spec,
    current: &TaskDefinition,
    named: &BTreeMap<String, Pinned>,
) -> Checked<Images> {
    let is_kept = |name: &&String| !named.contains_key(*name);
    let left: Vec<&String> = spec.containers.keys().filter(is_kept).collect();
    if left.is_empty() {
        return Ok(Images::new());
    }
    let running = ports.tasks(&spec.cluster, &spec.service, false).await?;
    let (mut images, mut findings) = (Images::new(), Vec::new());
    for name in left {
        // A container that the task definition lacks is reported already.
        let Some(image) = document::image(&current.document, name) else { continue };
        let (finding, why) = match keep(home, spec, current, name, image, &running).await? {
            Kept::Image(own) => {
                images.insert(name.clone(), own);
                continue;
            }
            Kept::Unknown => (FindingName::TargetNotReady, "is named by tag, and its tasks do not show one digest"),
            Kept::Gone => (FindingName::ArtifactMissing, "is no longer in its repository"),
        };
        findings.push(wording::finding(
            finding,
            container_at(input, spec, name),
            format!(
                "the release does not name container `{name}`, whose image `{image}` {why}, so that it cannot keep what it runs"
            ),
            "name an image for it in the release as well (`images`)",
        ));
    }
    if findings.is_empty() { Ok(images) } else { Err(findings.into()) }
}

/// The image that a container keeps, or the reason why it cannot keep what it runs.
enum Kept {
    /// The image by digest.
    Image(OwnImage),
    /// Its tasks do not show one digest.
    Unknown,
    /// Its image is gone, so that no task could be started with it.
    Gone,
}

/// The image by digest: as the task definition names it, else as all running tasks show it, else, where none runs, as
/// its tag says now.
async fn keep(
    home: &impl EcrApi,
    spec: &Spec,
    current: &TaskDefinition,
    name: &str,
    image: &str,
    running: &[ServiceTask],
) -> Result<Kept> {
    let (repository, reference) = split_image(image);
    let (shown, silent) = digests(running, &current.arn, name);
    let is_ours = is_ours(spec, name, repository);
    let is_pinned = reference.starts_with("sha256:");
    let kept = match shown.first() {
        _ if is_pinned => reference,
        Some(digest) if shown.len() == 1 && silent == 0 => digest,
        None if silent == 0 && is_ours => reference,
        _ => return Ok(Kept::Unknown),
    };
    if is_ours {
        let Some(found) = home.image(repository, kept).await? else { return Ok(Kept::Gone) };
        let mut own = own(&found);
        own.digests.extend(shown);
        return Ok(Kept::Image(own));
    }
    // For an image of another repository, only the digests that tasks show are known.
    let mut digests = shown.clone();
    if !digests.is_empty() {
        digests.insert(kept.to_owned());
    }
    let image = format!("{repository}@{kept}");
    Ok(Kept::Image(OwnImage { image, digests }))
}
