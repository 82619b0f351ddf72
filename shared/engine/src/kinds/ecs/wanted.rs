//! The task definition that a service must run, and what a new one is made from.

use super::artifact_check::no_container;
use super::check::container_at;
use super::images::{Images, OwnImage};
use super::state::{Goal, PinnedBase, Until};
use super::{document, messages};
use crate::kinds::PrepareInput;
use crate::ports::{EcsApi, Image, Result, TaskDefinition};
use std::collections::BTreeSet;
use windlass_domain::artifact::Artifact;
use windlass_domain::finding::Finding;
use windlass_domain::kinds::ecs::{Base as BaseRule, Ecs as Spec};

/// The goal of a service, and how its new task definition is made.
pub(super) struct Wanted {
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

/// The task definition that the declaration has the images go into.
pub(super) async fn base(ports: &impl EcsApi, spec: &Spec, current: &TaskDefinition) -> Result<TaskDefinition> {
    match &spec.base {
        BaseRule::FamilyLatest => ports.task_definition(&current.family).await,
        _ => Ok(current.clone()),
    }
}

/// Finds the containers that the base lacks. If the base is the running task definition, they are told already.
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
            no_container(at, name, messages::short(&base.arn), &base.document)
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
