//! What is known of a release while it is published, and its files that are those of before.

use crate::kinds::site::archive::Entry;
use crate::kinds::site::calls::Patience;
use crate::kinds::site::files::{File, Files, Goal, Handled};
use crate::kinds::site::lists::Lists;
use crate::kinds::site::publish::{Fence, Published, Publisher};
use crate::kinds::site::rules::{Rules, content_type};
use crate::kinds::site::state::{Prefix, State};
use crate::kinds::site::{SitePorts, Trouble, calls};
use crate::ports::{Answered, CopySource, Replaces};
use std::collections::BTreeMap;
use windlass_domain::fault::FaultName;

/// How many copies a batch has: the ledger and a list answer between two batches.
const BATCH: usize = 2048;

/// A file of the folder of before, to be copied.
struct Copy {
    path: String,
    file: File,
    etag: String,
}

impl<P: SitePorts> Publisher<'_, P> {
    /// Brings the files that our own list says to be those of before: in place they are there, with
    /// a prefix S3 copies them from the folder of before.
    pub(super) async fn bring_unchanged(
        &self,
        entries: &[Entry],
        brought: &mut Brought,
        fence: &mut impl Fence,
    ) -> Result<Published, Trouble> {
        match (&self.known.before.0, &self.known.before.1) {
            (State::InPlace(_), Goal::Recorded(objects)) => {
                for entry in entries.iter().filter(|entry| self.is_file(entry)) {
                    let object = objects.get(&entry.name);
                    let file = object.and_then(|object| object.file.as_ref());
                    if let Some(file) = file.filter(|it| is_unchanged(entry, it, &self.known.rules))
                        && !brought.files.contains_key(&entry.name)
                    {
                        self.tally.borrow_mut().unchanged(file);
                        brought.files.insert(entry.name.clone(), file.clone());
                    }
                }
                Ok(Published::All)
            }
            (State::Prefix(before), _) => {
                let copies = self.copies(before, entries, brought).await?;
                self.copy_unchanged(&copies, brought, fence).await
            }
            (State::InPlace(_), Goal::Release(_)) => Ok(Published::All),
        }
    }

    /// What can be copied from the folder of before.
    async fn copies(
        &self,
        before: &Prefix,
        entries: &[Entry],
        brought: &Brought,
    ) -> Answered<Vec<Copy>> {
        let lists = Lists::of(self.home, self.target);
        let (Some(release), Some(_)) = (&before.release, self.folders()) else {
            return Ok(vec![]);
        };
        let Some(mut files): Option<Files> = lists.release(release).await? else {
            return Ok(vec![]);
        };
        let mut etags: BTreeMap<String, String> = lists.folder(before).await?;
        let wanted = entries.iter().filter(|entry| self.is_file(entry));
        let wanted = wanted.filter(|entry| !brought.files.contains_key(&entry.name));
        let copies = wanted.filter_map(|entry| {
            let file = files.remove(&entry.name)?;
            let etag = etags.remove(&entry.name)?;
            is_unchanged(entry, &file, &self.known.rules).then(|| Copy {
                path: entry.name.clone(),
                file,
                etag,
            })
        });
        Ok(copies.collect())
    }

    async fn copy_unchanged(
        &self,
        copies: &[Copy],
        brought: &mut Brought,
        fence: &mut impl Fence,
    ) -> Result<Published, Trouble> {
        let Some((from, to)) = self.folders() else {
            return Ok(Published::All);
        };
        let (from, to) = (from.as_str(), to.as_str());
        let lists = Lists::of(self.home, self.target);
        for batch in copies.chunks(BATCH) {
            if !fence.has_time() {
                return Ok(Published::Some);
            }
            self.pass(fence).await?;
            let (done, fault) = calls::all(self.at, &self.pace, Patience::Long, batch, |copy| {
                self.copy_former(from, to, copy)
            })
            .await;
            let done: Vec<Handled> = done.into_iter().flatten().collect();
            lists.note_handled(self.deployment, &done).await?;
            fault.map_or(Ok(()), Err)?;
            for one in done.iter().filter_map(|one| one.file.as_ref()) {
                self.tally.borrow_mut().done(one);
            }
            brought.take(done);
        }
        Ok(Published::All)
    }

    /// Copies a file on the condition that it is the object that was noted. Nothing where it is not,
    /// or something else is there already: then it is read from the archive and judged.
    async fn copy_former(&self, from: &str, to: &str, copy: &Copy) -> Answered<Option<Handled>> {
        let source = CopySource {
            object: self.object(from, &copy.path),
            etag: Some(copy.etag.clone()),
        };
        let goal = self.object(to, &copy.path);
        let copied = self
            .at
            .copy(&source, &goal.bucket, &goal.key, &Replaces::Nothing)
            .await;
        let written = match copied {
            Ok(written) => Some(written),
            Err(fault) if matches!(fault.name, FaultName::Conflict | FaultName::NotFound) => {
                self.found(&goal, &copy.file).await?
            }
            Err(fault) => return Err(fault),
        };
        Ok(written.map(|written| Handled::written(&copy.path, copy.file.clone(), written)))
    }
}

/// Pure: whether an entry is the file of before, by what the archive's directory declares of it and
/// our own list knows. A directory without a CRC-32 declares nothing.
pub(in crate::kinds::site) fn is_unchanged(entry: &Entry, former: &File, rules: &Rules) -> bool {
    let declared = entry.crc32 != 0 || entry.bytes == 0;
    declared
        && former.crc32 == Some(entry.crc32)
        && former.bytes == entry.bytes
        && former.cache_control == rules.cache_control(&entry.name)
        && former.content_type == content_type(&entry.name)
}

/// What is known of a release while it is published.
pub(super) struct Brought {
    /// The files that are handled.
    pub files: Files,
    /// The ETags of the objects in the release's folder.
    pub etags: BTreeMap<String, String>,
    has_folder: bool,
}

impl Brought {
    /// Nothing yet; `has_folder` where the release has a folder of its own.
    pub fn new(has_folder: bool) -> Self {
        Self {
            files: Files::new(),
            etags: BTreeMap::new(),
            has_folder,
        }
    }

    /// Adds what was handled.
    pub fn take(&mut self, all: impl IntoIterator<Item = Handled>) {
        for done in all {
            let Some(file) = done.file else {
                continue;
            };
            if let Some(etag) = done.etag.filter(|_| self.has_folder) {
                self.etags.insert(done.path.clone(), etag);
            }
            self.files.insert(done.path, file);
        }
    }
}
