//! Pure: the images of the owned containers, and what the running tasks show of them.

use crate::ports::ServiceTask;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use windlass_domain::release::artifact::{Artifact, Image, split_image};
use windlass_domain::text::digest::Digest;

/// The image of a container.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnImage {
    /// The image in the task definition.
    pub image: String,
    /// The digests that the running tasks show, or may show (an index and its platforms). If it is empty, any digest
    /// fits.
    #[serde(default)]
    pub digests: BTreeSet<String>,
}

/// Images by container.
pub type Images = BTreeMap<String, OwnImage>;

/// Returns the images as they stand in a task definition, by container.
pub(super) fn texts(images: &Images) -> BTreeMap<String, String> {
    images.iter().map(|(name, own)| (name.clone(), own.image.clone())).collect()
}

/// Names the images in words: one by itself, several each with its container.
pub(super) fn in_words(images: &BTreeMap<String, String>) -> String {
    match images.values().next() {
        Some(image) if images.len() == 1 => image.clone(),
        _ => images.iter().map(|(name, image)| format!("{name} {image}")).collect::<Vec<String>>().join(", "),
    }
}

/// Returns all images as one artifact; `None` if there is only one, or if one is named by tag.
pub(super) fn artifact(images: &Images) -> Option<Artifact> {
    let pinned = |(name, own): (&String, &OwnImage)| {
        let (repository, reference) = split_image(&own.image);
        let image = Image { repository: repository.to_owned(), digest: Digest::parse(reference).ok()? };
        Some((name.clone(), image))
    };
    let containers: Option<BTreeMap<String, Image>> = images.iter().map(pinned).collect();
    let containers = containers.filter(|containers| containers.len() > 1)?;
    Some(Artifact::Images { containers })
}

/// Returns the digests that the running tasks of a task definition show in a container, and the number of tasks that
/// show none.
pub(super) fn digests(tasks: &[ServiceTask], task_definition: &str, container: &str) -> (BTreeSet<String>, u32) {
    let mut known = BTreeSet::new();
    let mut unknown = 0;
    let running = tasks.iter().filter(|task| task.last_status == "RUNNING" && task.task_definition == task_definition);
    for task in running {
        let own = task.containers.iter().find(|c| c.name == container);
        match own.and_then(|c| c.image_digest.clone()) {
            Some(digest) => {
                known.insert(digest);
            }
            None => unknown += 1,
        }
    }
    (known, unknown)
}
