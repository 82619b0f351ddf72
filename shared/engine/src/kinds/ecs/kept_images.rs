//! Finds the images of the containers that a release does not name: they keep what they run, by digest.

use super::check::container_at;
use super::images::{Images, OwnImage, digests};
use super::wanted::own;
use super::way_back::is_ours;
use super::{document, messages};
use crate::kinds::PrepareInput;
use crate::ports::{EcrApi, EcsApi, Result, ServiceTask, TaskDefinition};
use crate::trouble::Checked;
use std::collections::BTreeMap;
use windlass_domain::artifact::Image as Pinned;
use windlass_domain::finding::FindingName;
use windlass_domain::image::split_image;
use windlass_domain::kinds::ecs::Ecs as Spec;

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
        // A container that the task definition lacks is told already.
        let Some(image) = document::image(&current.document, name) else {
            continue;
        };
        let (finding, why) = match keep(home, spec, current, name, image, &running).await? {
            Kept::Image(own) => {
                images.insert(name.clone(), own);
                continue;
            }
            Kept::Unknown => (FindingName::TargetNotReady, "is named by tag, and its tasks do not show one digest"),
            Kept::Gone => (FindingName::ArtifactMissing, "is no longer in its repository"),
        };
        findings.push(messages::finding(
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
        let Some(found) = home.image(repository, kept).await? else {
            return Ok(Kept::Gone);
        };
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
