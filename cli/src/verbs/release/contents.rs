//! The components' bytes and images, found where the command names them.

use crate::ground::arguments::{BytesPlace, ComponentArgument};
use crate::ground::failure::Failure;
use crate::ground::machine::{self, shown};
use crate::ground::packing::{self, FolderFiles};
use crate::ground::trouble::TroubleName;
use crate::stack::images::StackImage;
use crate::stack::{self, PackedStack};
use crate::verbs::release::manifest;
use crate::verbs::release::upload::LoadedArtifact;
use bytes::Bytes;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use windlass_domain::declaration::folder::{Folder, FolderRules};
use windlass_domain::declaration::resolved::ResolvedEnvironment;
use windlass_domain::release::Part;
use windlass_domain::release::manifest::ArtifactRef;
use windlass_domain::text::digest::Digest;
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_domain::text::name::{AppName, ComponentName, EnvironmentName};
use windlass_engine::kinds::archive::{directory, sort};

/// The parts of a release.
#[derive(Debug, Default)]
pub struct ReleaseContents {
    /// The artifacts that have to be in the bucket.
    pub artifacts: Vec<LoadedArtifact>,
    /// Images, as the manifest names them.
    pub images: BTreeMap<ComponentName, ArtifactRef>,
    /// The folders that were packed, by component.
    folders: BTreeMap<ComponentName, PackedFolder>,
    /// The stacks that were packed, by component; each archive is an artifact.
    stacks: BTreeMap<ComponentName, PackedStack>,
    /// The environment whose stacks were packed; `None` without stacks.
    packed_for: Option<EnvironmentName>,
    /// Lines that name each link and the place that it leads to.
    links: Vec<String>,
}

/// A folder that was packed.
#[derive(Debug)]
struct PackedFolder {
    path: PathBuf,
    /// Its files, as they were packed.
    files: FolderFiles,
}

impl ReleaseContents {
    /// Reads all of them. `declared` says which files of a folder go.
    ///
    /// # Errors
    /// All components that are given twice, and all that cannot be read.
    pub fn of(
        app: &AppName,
        arguments: &[ComponentArgument],
        declared: Option<&ResolvedEnvironment>,
    ) -> Result<Self, Failure> {
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
                BytesPlace::Image(image) => {
                    let named = found.images.entry(name.clone()).or_default();
                    match &part.container {
                        None => named.image = Some(image.clone()),
                        Some(container) => {
                            named.images.get_or_insert_default().insert(container.clone(), image.clone());
                        }
                    }
                }
                BytesPlace::Path(path) => {
                    if let Err(why) = found.take(app, name, path, declared) {
                        wrong.push(format!("`{name}`: {why}"));
                    }
                }
            }
        }
        if wrong.is_empty() {
            return Ok(found);
        }
        Err(Failure::of(TroubleName::FileNotRead, format!("{}. Nothing was uploaded.", wrong.join("\n  "))))
    }

    /// Reads a file, or packs a folder.
    fn take(
        &mut self,
        app: &AppName,
        name: &ComponentName,
        path: &Path,
        declared: Option<&ResolvedEnvironment>,
    ) -> Result<(), String> {
        let given = format!("{name}={}", shown(path));
        let link = leads_to(path);
        let link = link.map(|to| format!("  {given}: by a link, from {}", shown(&to)));
        self.links.extend(link);
        let bytes = if let Some(mut packed) = stack::pack(path, &given, name, declared)? {
            self.packed_for = declared.map(|declared| declared.environment.clone());
            let bytes = std::mem::take(&mut packed.bytes);
            self.stacks.insert(name.clone(), packed);
            bytes
        } else if path.is_dir() {
            let packed = packing::archive_of(path, &rules_of(name, declared)?)?;
            let folder = PackedFolder { path: path.to_owned(), files: packed.files };
            self.folders.insert(name.clone(), folder);
            packed.bytes
        } else {
            machine::bytes(path, machine::LARGEST_ARTIFACT)?
        };
        let sha256 = Digest::of(&bytes);
        self.artifacts.push(LoadedArtifact {
            key: manifest::artifact_key(app, None, name, &sha256),
            component: name.clone(),
            given,
            bytes: Bytes::from(bytes),
            sha256,
        });
        Ok(())
    }

    /// Returns the artifacts to be sent, below the prefix of the environment, or of plans.
    pub fn placed(&self, app: &AppName, environment: Option<&EnvironmentName>) -> Vec<LoadedArtifact> {
        let placed = self.artifacts.iter().map(|artifact| LoadedArtifact {
            key: manifest::artifact_key(app, environment, &artifact.component, &artifact.sha256),
            ..artifact.clone()
        });
        placed.collect()
    }

    /// Returns whether it matters for the bytes what is declared: a folder was packed, or a file may be a template.
    pub fn has_packed(&self) -> bool {
        !self.folders.is_empty() || self.artifacts.iter().any(|artifact| stack::may_be_template(&artifact.bytes))
    }

    /// Packs the folders and stacks anew where the declaration says otherwise than was known when they were packed.
    ///
    /// # Errors
    /// As [`ReleaseContents::of`].
    pub fn by_declaration(
        self,
        app: &AppName,
        arguments: &[ComponentArgument],
        declared: &ResolvedEnvironment,
    ) -> Result<Self, Failure> {
        let is_same = self.folders.iter().all(|(name, folder)| {
            let rules = rules_of(name, Some(declared));
            let files = rules.and_then(|rules| FolderFiles::of(&folder.path, &rules));
            files.is_ok_and(|files| files == folder.files)
        });
        if is_same && !self.artifacts.iter().any(|it| stack::names(&it.component, declared).is_some()) {
            return Ok(self);
        }
        Self::of(app, arguments, Some(declared))
    }

    /// Checks that its stacks were packed for an environment: another one may have others.
    ///
    /// # Errors
    /// They were packed for another one, because it was not known by then where the release goes.
    pub fn fits(&self, environment: &EnvironmentName) -> Result<(), Failure> {
        match self.packed_for.as_ref().filter(|packed_for| *packed_for != environment) {
            None => Ok(()),
            Some(other) => Err(Failure::usage(format!(
                "the stacks were packed for {other}, and the release goes to {environment}. Nothing was uploaded. \
                 Name the environment: `--environment {environment}`"
            ))),
        }
    }

    /// Returns the images that templates of its stacks name.
    pub fn images_of_stacks(&self) -> Vec<StackImage> {
        self.stacks.values().flat_map(|packed| packed.images.iter().cloned()).collect()
    }

    /// Returns the artifacts whose bytes can be looked at: all but folders in place of a file, and stacks of which no
    /// archive was made.
    pub fn readable(&self, declared: Option<&ResolvedEnvironment>) -> Vec<LoadedArtifact> {
        let is_misplaced = |name: &ComponentName| {
            let is_folder = self.folders.contains_key(name) && takes_a_file(name, declared);
            is_folder || self.stacks.get(name).is_some_and(|packed| !packed.findings.is_empty())
        };
        self.artifacts.iter().filter(|artifact| !is_misplaced(&artifact.component)).cloned().collect()
    }

    /// Returns the findings on folders in place of a file, and on files of others that are refused or cannot be packed.
    /// They are not packed.
    pub fn findings(&self, declared: Option<&ResolvedEnvironment>) -> Vec<Finding> {
        let findings = self.folders.iter().filter_map(|(name, folder)| {
            let given = format!("{name}={}", shown(&folder.path));
            if takes_a_file(name, declared) {
                let reason = format!("`{given}` is a folder, and `{name}` takes one file.");
                let path = format!("components.{name}");
                return Some(vec![Finding::new(FindingName::BadValue, path, reason, "Name the file within it.")]);
            }
            let rules = rules_of(name, declared).ok()?;
            Some(folder.files.findings(&given, &rules))
        });
        let of_stacks = self.stacks.values().flat_map(|packed| packed.findings.iter().cloned());
        findings.flatten().chain(of_stacks).collect()
    }

    /// Returns where links lead, and the files that are left out of each component, in words.
    pub fn notes(&self, declared: Option<&ResolvedEnvironment>) -> Vec<String> {
        let notes = self.artifacts.iter().flat_map(|artifact| {
            let Ok(rules) = rules_of(&artifact.component, declared) else { return vec![] };
            let given = &artifact.given;
            let sorting = match self.folders.get(&artifact.component) {
                Some(folder) => Some(folder.files.sorting.clone()),
                // An archive that cannot be read as one has a finding.
                None if rules.takes_out() => {
                    directory(given, &artifact.bytes).ok().map(|mut entries| sort(&mut entries, &rules))
                }
                None => None,
            };
            let left_out = sorting.and_then(|sorting| sorting.left_out_in_words());
            left_out.map(|files| format!("  {given} goes without {files}")).into_iter().collect()
        });
        self.links.iter().cloned().chain(notes).collect()
    }

    /// Returns all components as the manifest will name them, except for their places and versions, which only an
    /// upload shows.
    pub fn components(&self) -> BTreeMap<ComponentName, ArtifactRef> {
        let artifacts = self.artifacts.iter().map(|artifact| {
            let named = manifest::object(artifact.key.clone(), artifact.sha256.clone(), None);
            (artifact.component.clone(), named)
        });
        artifacts.chain(self.images.clone()).collect()
    }
}

/// Returns where a path leads that is a link, or goes through one below the present folder. Builds lay such links
/// (`result`, `bazel-bin`), so it is shown and not refused.
fn leads_to(path: &Path) -> Option<PathBuf> {
    // With a slash at its end the link itself would not be seen.
    let path: PathBuf = path.components().collect();
    let most = if path.is_absolute() { 1 } else { usize::MAX };
    let is_link = |at: &Path| at.symlink_metadata().is_ok_and(|it| it.is_symlink());
    let goes_by_one = path.ancestors().take(most).any(is_link);
    goes_by_one.then(|| path.canonicalize().ok()).flatten()
}

/// Returns whether the artifact of a component is one document, where that is known.
fn takes_a_file(name: &ComponentName, declared: Option<&ResolvedEnvironment>) -> bool {
    let component = declared.and_then(|declared| declared.components.get(name));
    component.is_some_and(|component| component.spec.as_kind().folder().is_none())
}

/// Returns the rules for the files of a component's folder. Where nobody knows what it is, only what every folder
/// refuses is refused.
fn rules_of(name: &ComponentName, declared: Option<&ResolvedEnvironment>) -> Result<FolderRules, String> {
    let component = declared.and_then(|declared| declared.components.get(name));
    let folder = component.and_then(|component| component.spec.as_kind().folder());
    FolderRules::new(folder.unwrap_or(Folder::UNKNOWN))
}
