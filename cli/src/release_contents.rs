//! The components' bytes and images, found where the command names them.

use crate::archive;
use crate::component::{ComponentArgument, Source};
use crate::failure::Failure;
use crate::files;
use crate::manifest;
use crate::trouble::Trouble;
use crate::upload::Artifact;
use bytes::Bytes;
use std::collections::BTreeMap;
use std::path::Path;
use windlass_domain::digest::Digest;
use windlass_domain::manifest::ArtifactRef;
use windlass_domain::name::{AppName, ComponentName};
use windlass_domain::part::Part;

/// The parts of a release.
#[derive(Debug, Default)]
pub struct ReleaseContents {
    /// The artifacts that have to be in the bucket.
    pub artifacts: Vec<Artifact>,
    /// Images, as the manifest names them.
    pub images: BTreeMap<ComponentName, ArtifactRef>,
}

impl ReleaseContents {
    /// Reads all of them.
    ///
    /// # Errors
    /// All components that are given twice, and all that cannot be read.
    pub fn of(app: &AppName, arguments: &[ComponentArgument]) -> Result<Self, Failure> {
        let mut found = Self::default();
        let (mut seen, mut wrong): (Vec<&Part>, Vec<String>) = (Vec::new(), Vec::new());
        for argument in arguments {
            let (name, part) = (&argument.part.component, &argument.part);
            let covers = |other: &&Part| part.covers(other) || other.covers(part);
            if let Some(known) = seen.iter().find(|known| covers(known)) {
                let twice = if *known == part {
                    format!("`{part}` is given twice")
                } else {
                    format!("`{part}` is given beside `{known}`")
                };
                wrong.push(twice);
                continue;
            }
            seen.push(part);
            match &argument.source {
                Source::Image(image) => {
                    let named = found.images.entry(name.clone()).or_default();
                    match &part.container {
                        None => named.image = Some(image.clone()),
                        Some(container) => {
                            let images = named.images.get_or_insert_default();
                            images.insert(container.clone(), image.clone());
                        }
                    }
                }
                Source::Path(path) => match artifact(app, name, path) {
                    Ok(artifact) => found.artifacts.push(artifact),
                    Err(why) => wrong.push(format!("`{name}`: {why}")),
                },
            }
        }
        if wrong.is_empty() {
            return Ok(found);
        }
        Err(Failure::of(
            Trouble::FileNotRead,
            format!("{}. Nothing was uploaded.", wrong.join("\n  ")),
        ))
    }

    /// Returns all components as the manifest will name them, except for versions that only an upload tells.
    pub fn components(&self) -> BTreeMap<ComponentName, ArtifactRef> {
        let artifacts = self.artifacts.iter().map(|artifact| {
            let named = manifest::object(artifact.key.clone(), artifact.sha256.clone(), None);
            (artifact.component.clone(), named)
        });
        artifacts.chain(self.images.clone()).collect()
    }
}

fn artifact(app: &AppName, name: &ComponentName, path: &Path) -> Result<Artifact, String> {
    let bytes = read(path)?;
    let sha256 = Digest::of(&bytes);
    Ok(Artifact {
        key: manifest::artifact_key(app, name, &sha256),
        component: name.clone(),
        given: format!("{name}={}", path.display()),
        bytes: Bytes::from(bytes),
        sha256,
    })
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    if path.is_dir() {
        return archive::of_folder(path);
    }
    files::bytes(path, files::LARGEST_ARTIFACT)
}
