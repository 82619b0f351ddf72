//! Publishes into a folder of its own. The whole folder is written, and files that are no documents are copied both
//! ways, because edges switch over minutes.
//!
//! This module also notes the folders that Windlass made, so that they can be pruned: a note is written before the
//! first file of a folder, and deleted after the last.

use super::Prefix;
use super::copies::{BATCH, ReplacedFiles};
use super::state::{Goal, Target};
use crate::kinds::site::calls::{self, CallPatience, SitePorts, list_all};
use crate::kinds::site::files::{File, Handled};
use crate::kinds::site::lists::Lists;
use crate::kinds::site::publish::{Delivery, Publisher, ReleaseDestination};
use crate::kinds::site::target::folder_of;
use crate::kinds::{Checkpoint, Publication, Publishes, from_value};
use crate::ports::{CopySource, Replaces, Result};
use crate::trouble::Trouble;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use windlass_domain::deployment::step::Step;
use windlass_domain::text::digest::Digest;
use windlass_domain::text::fault::FaultName;
use windlass_domain::text::time::Time;

/// A file of the folder of before that is to be copied.
struct Copy {
    path: String,
    file: File,
    etag: String,
}

impl<P: SitePorts> Publishes for Prefix<P> {
    /// A recorded goal has nothing to publish but the copies.
    async fn publish(&self, step: &Step, checkpoint: &mut impl Checkpoint) -> Result<Publication, Trouble> {
        let Target { site, .. } = from_value("target", &step.target)?;
        let (from, to) = (folder_of(&self.before.origin_path), folder_of(&self.forward.origin_path));
        let destination = ReleaseDestination { folder: to.clone(), live: None };
        let ports = (&self.at, &self.home);
        let publisher = Publisher::new(ports, step, &site, &self.rules, destination);
        let mut warnings = Vec::new();
        if let (Some(archive), Some(release)) = (&site.archive, &self.forward.release) {
            let lists = publisher.lists();
            lists.note_folder(&site.site.bucket, &self.forward).await?;
            let mut delivery = publisher.open(archive).await?;
            if !self.copy_unchanged(&publisher, &mut delivery, (&from, &to), checkpoint).await? {
                return Ok(Publication::Part);
            }
            let Some(uploaded) = publisher.upload_archive(delivery, release, checkpoint).await? else {
                return Ok(Publication::Part);
            };
            lists.keep_folder(&self.forward, &uploaded.etags).await?;
            warnings.extend(publisher.without_charset(&uploaded.files));
        }
        if from != to {
            match self.copy_assets(&publisher, (&from, &to), checkpoint).await? {
                Some(uncopied) => warnings.extend(uncopied),
                None => return Ok(Publication::Part),
            }
        }
        publisher.finish(warnings, checkpoint).await
    }
}

impl<P: SitePorts> Prefix<P> {
    /// Returns the files that can be copied from the folder of before, because our own list says that they are
    /// unchanged.
    async fn copies(&self, publisher: &Publisher<'_, P>, delivery: &Delivery) -> Result<Vec<Copy>> {
        let lists = publisher.lists();
        let Some(release) = &self.before.release else { return Ok(vec![]) };
        let Some(mut files) = lists.release(release).await? else { return Ok(vec![]) };
        let mut etags = lists.folder(&self.before).await?;
        let wanted =
            publisher.files(&delivery.entries).filter(|entry| !delivery.uploaded.files.contains_key(&entry.name));
        let copies = wanted.filter_map(|entry| {
            let file = files.remove(&entry.name)?;
            let etag = etags.remove(&entry.name)?;
            publisher.is_unchanged(entry, &file).then(|| Copy { path: entry.name.clone(), file, etag })
        });
        Ok(copies.collect())
    }

    /// Copies the files that did not change from the folder of before. Returns whether it came to the end.
    async fn copy_unchanged(
        &self,
        publisher: &Publisher<'_, P>,
        delivery: &mut Delivery,
        (from, to): (&str, &str),
        checkpoint: &mut impl Checkpoint,
    ) -> Result<bool, Trouble> {
        if from == to {
            return Ok(true);
        }
        for batch in self.copies(publisher, delivery).await?.chunks(BATCH) {
            if !checkpoint.has_time() {
                return Ok(false);
            }
            publisher.pass(checkpoint).await?;
            let (done, fault) = calls::all(&self.at, &publisher.pace, CallPatience::Long, batch, |copy| {
                self.copy_former(publisher, (from, to), copy)
            })
            .await;
            let done: Vec<Handled> = done.into_iter().flatten().collect();
            publisher.note(&done).await?;
            fault.map_or(Ok(()), Err)?;
            publisher.take(&mut delivery.uploaded, done);
        }
        Ok(true)
    }

    /// Copies a file on the condition that it is the object that was noted. Returns `None` if it is another object, or
    /// if something else is at the destination: then the file is read from the archive and checked.
    async fn copy_former(
        &self,
        publisher: &Publisher<'_, P>,
        (from, to): (&str, &str),
        copy: &Copy,
    ) -> Result<Option<Handled>> {
        let source = CopySource { object: publisher.object(from, &copy.path), etag: Some(copy.etag.clone()) };
        let goal = publisher.object(to, &copy.path);
        let copied = self.at.copy(&source, &goal.bucket, &goal.key, &Replaces::Nothing).await;
        let written = match copied {
            Ok(written) => Some(written),
            Err(fault) if matches!(fault.name, FaultName::Conflict | FaultName::NotFound) => {
                publisher.found(&goal, &copy.file).await?
            }
            Err(fault) => return Err(fault),
        };
        Ok(written.map(|written| Handled::written(&copy.path, copy.file.clone(), written)))
    }
}

/// A folder that Windlass made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MadeFolder {
    /// The prefix of its keys: it ends in the folder's name and a slash.
    pub under: String,
    /// The time at which a deployment filled it last.
    pub filled: Time,
    /// True if its files are being deleted: nothing may go back to it any more.
    #[serde(default)]
    pub pruning: bool,
}

/// The note of a folder, as it is listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// Its key in the artifacts bucket.
    pub key: String,
    /// The folder's name.
    pub name: String,
    /// The release in the folder.
    pub release: Digest,
}

impl<P: SitePorts> Lists<'_, P> {
    /// Notes a folder of the site's bucket that is about to be filled.
    pub async fn note_folder(&self, bucket: &str, goal: &Goal) -> Result<()> {
        let Some(release) = &goal.release else { return Ok(()) };
        let key = self.note_key(bucket, goal.folder_name(), release);
        let folder = MadeFolder { under: folder_of(&goal.origin_path), filled: self.home.now(), pruning: false };
        self.write(&key, &folder, Replaces::Anything).await
    }

    /// Returns the notes of a bucket's folders.
    pub async fn folder_notes(&self, bucket: &str) -> Result<Vec<Note>> {
        let under = format!("{}folders/{bucket}/", self.folder);
        let home = &self.home.config().artifacts_bucket;
        let listed = list_all(self.home, home, &under, &[]).await?;
        let notes = listed.into_iter().filter_map(|listed| {
            let (name, release) = listed.key.strip_prefix(&under)?.strip_suffix(".json")?.split_once('-')?;
            Some(Note { name: name.to_owned(), release: Digest::parse(release).ok()?, key: listed.key })
        });
        Ok(notes.collect())
    }

    /// Returns whether a folder is being deleted.
    pub async fn is_pruned(&self, bucket: &str, goal: &Goal) -> Result<bool> {
        let Some(release) = &goal.release else { return Ok(false) };
        let key = self.note_key(bucket, goal.folder_name(), release);
        let folder: Option<MadeFolder> = self.read(&key).await?;
        Ok(folder.is_some_and(|folder| folder.pruning))
    }

    fn note_key(&self, bucket: &str, name: &str, release: &Digest) -> String {
        format!("{}folders/{bucket}/{name}-{release}.json", self.folder)
    }

    /// Returns the ETags of the objects in a release's folder; empty if they are not known.
    pub(super) async fn folder(&self, folder: &Goal) -> Result<BTreeMap<String, String>> {
        Ok(self.read(&self.folder_key(folder.folder_name())).await?.unwrap_or_default())
    }

    /// Keeps the ETags of the objects in a release's folder. The next release can copy unchanged files from there.
    pub(super) async fn keep_folder(&self, folder: &Goal, etags: &BTreeMap<String, String>) -> Result<()> {
        self.keep(&self.folder_key(folder.folder_name()), etags).await
    }

    /// Returns the files that a release's folder holds for documents of former releases.
    pub(super) async fn carried(&self, folder: &Goal) -> Result<ReplacedFiles> {
        Ok(self.read(&self.carried_key(folder.folder_name())).await?.unwrap_or_default())
    }

    /// Notes the files that a release's folder holds for documents of former releases.
    pub(super) async fn note_carried(&self, folder: &Goal, carried: &ReplacedFiles) -> Result<()> {
        let key = self.carried_key(folder.folder_name());
        self.write(&key, carried, Replaces::Anything).await
    }

    /// Returns the keys of the lists of a folder, by its name.
    pub(in crate::kinds::site) fn lists_of_folder(&self, name: &str) -> [String; 2] {
        [self.folder_key(name), self.carried_key(name)]
    }

    fn folder_key(&self, name: &str) -> String {
        format!("{}folder-{name}.json", self.folder)
    }

    fn carried_key(&self, name: &str) -> String {
        format!("{}carried-{name}.json", self.folder)
    }
}
