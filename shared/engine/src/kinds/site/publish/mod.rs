//! Publishing: everything of a release that visitors cannot notice yet. Additive, and it goes on
//! in a further invocation where it does not fit in one.
//!
//! In place, new keys that are no documents are written, and every other file is read as well: so the
//! list of the release's files is known, and no document is written of an archive of which something
//! is not as declared. With a prefix, the whole folder is written, and files that are no documents are
//! copied both ways, because edges switch over minutes. Files that our own list says to be those of
//! before are neither read nor uploaded.

mod bring;
mod prune;
mod unchanged;

use super::archive::{Entry, Limits, Unpacker, check as check_entries, read_directory};
use super::calls::Pace;
use super::files::{File, Files, is_large};
use super::lists::Lists;
pub use super::prefix::copies::Carried;
use super::prepare::room;
use super::state::State;
use super::target::{Archive, Target, config_bytes, folder_of};
use super::{Knowledge, SitePorts, Trouble, files_of};
pub use crate::kinds::Fence;
use crate::kinds::whose;
use crate::ports::{Answered, ObjectId};
use std::cell::{Cell, RefCell};
use unchanged::Brought;
pub(in crate::kinds::site) use unchanged::is_unchanged;
use windlass_domain::digest::Digest;
use windlass_domain::finding::{Finding, FindingName};
use windlass_domain::identity::DeploymentId;
use windlass_domain::step::Progress;
use windlass_domain::time::Time;

/// How a publish ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Published {
    /// Everything is there.
    All,
    /// It must go on in a further invocation.
    Some,
}

/// One publish.
pub struct Publisher<'a, P> {
    /// The ports at the target's place.
    pub(in crate::kinds::site) at: &'a P,
    /// The ports at the deployer's own place.
    pub(in crate::kinds::site) home: &'a P,
    /// The target.
    pub(in crate::kinds::site) target: &'a Target,
    /// The states before and after.
    pub(in crate::kinds::site) known: &'a Knowledge,
    /// The deployment.
    pub(in crate::kinds::site) deployment: &'a DeploymentId,
    /// How many calls to S3 are under way at once.
    pub(in crate::kinds::site) pace: Cell<Pace>,
    /// How far it is.
    pub(in crate::kinds::site) tally: RefCell<Tally>,
    /// How far it was said to be.
    pub(in crate::kinds::site) told: Cell<Option<Progress>>,
    /// Why files that were found are not in the folder of the release.
    pub(in crate::kinds::site) uncopied: RefCell<Vec<String>>,
    /// How many files of older releases are too many to be kept in the folder of the release.
    pub(in crate::kinds::site) cut: Cell<usize>,
}

impl<'a, P: SitePorts> Publisher<'a, P> {
    /// A publish; `at` are the ports at the target's place, `home` those at the deployer's own.
    pub fn new(
        at: &'a P,
        home: &'a P,
        target: &'a Target,
        known: &'a Knowledge,
        deployment: &'a DeploymentId,
    ) -> Self {
        Self {
            tally: RefCell::new(Tally::new(at.now())),
            pace: Cell::default(),
            told: Cell::default(),
            uncopied: RefCell::default(),
            cut: Cell::default(),
            at,
            home,
            target,
            known,
            deployment,
        }
    }

    /// Publishes what is left to publish. A recorded goal has nothing to publish but the copies.
    pub async fn publish(&self, fence: &mut impl Fence) -> Result<Published, Trouble> {
        if let (State::Prefix(goal), Some(_)) = (&self.known.forward.0, &self.target.archive) {
            let lists = Lists::of(self.home, self.target);
            lists.note_folder(&self.target.site.bucket, goal).await?;
        }
        if let (Some(archive), Some(release)) = (&self.target.archive, self.release())
            && self.bring(archive, release, fence).await? == Published::Some
        {
            return Ok(Published::Some);
        }
        if let Some((from, to)) = self.folders()
            && self.copy_assets(&from, &to, fence).await? == Published::Some
        {
            return Ok(Published::Some);
        }
        // What is told in the end is the end.
        if self.told.get().is_some_and(|told| !told.is_all()) {
            self.pass(fence).await?;
        }
        Ok(Published::All)
    }

    fn release(&self) -> Option<&Digest> {
        match &self.known.forward.0 {
            State::InPlace(goal) if goal.objects.is_none() => goal.release.as_ref(),
            State::InPlace(_) => None,
            State::Prefix(goal) => goal.release.as_ref(),
        }
    }

    /// With a prefix: the folder of before and the folder of the goal, where they differ.
    pub(in crate::kinds::site) fn folders(&self) -> Option<(String, String)> {
        match (&self.known.before.0, &self.known.forward.0) {
            (State::Prefix(before), State::Prefix(goal)) => {
                let (from, to) = (folder_of(&before.origin_path), folder_of(&goal.origin_path));
                (from != to).then_some((from, to))
            }
            _ => None,
        }
    }

    /// Brings what an archive holds, and keeps the list of its files.
    async fn bring(
        &self,
        archive: &Archive,
        release: &Digest,
        fence: &mut impl Fence,
    ) -> Result<Published, Trouble> {
        let object = archive.object(&self.home.config().artifacts_bucket);
        let entries = self.entries(archive, &object).await?;
        let lists = Lists::of(self.home, self.target);
        let mut brought = Brought::new(matches!(self.known.forward.0, State::Prefix(_)));
        brought.take(lists.handled(self.deployment).await?);
        let files = || entries.iter().filter(|entry| self.is_file(entry));
        self.tally.borrow_mut().expect(files(), &brought.files);
        if self.bring_unchanged(&entries, &mut brought, fence).await? == Published::Some {
            return Ok(Published::Some);
        }
        let mut left = self.left(&entries, &brought);
        let mut unpacker = Unpacker::new(self.home, object, archive.bytes, &entries, &left);
        drop(entries);
        let (large, small) = split(&mut left);
        if self
            .bring_large(&mut unpacker, large, &mut brought, fence)
            .await?
            == Published::Some
            || self
                .bring_small(&mut unpacker, small, &mut brought, fence)
                .await?
                == Published::Some
        {
            return Ok(Published::Some);
        }
        // The list is written next, as large as these.
        drop((unpacker, left));
        self.bring_config(&mut brought).await?;
        self.pass(fence).await?;
        lists.keep_release(release, &brought.files).await?;
        if let State::Prefix(goal) = &self.known.forward.0 {
            lists.keep_folder(goal, &brought.etags).await?;
        }
        Ok(Published::All)
    }

    /// The configuration file, which is in no archive.
    async fn bring_config(&self, brought: &mut Brought) -> Result<(), Trouble> {
        let Some(config) = &self.target.site.config else {
            return Ok(());
        };
        if brought.files.contains_key(&config.path) {
            return Ok(());
        }
        let bytes = config_bytes(config);
        let done = self.handle(&config.path, bytes, None).await?;
        let lists = Lists::of(self.home, self.target);
        let noted = std::slice::from_ref(&done);
        lists.note_handled(self.deployment, noted).await?;
        brought.take([done]);
        Ok(())
    }

    /// The files of the archive, in the order in which they lie there. The configuration file
    /// takes the place of one with its path.
    async fn entries(&self, archive: &Archive, object: &ObjectId) -> Result<Vec<Entry>, Trouble> {
        let mut entries = read_directory(self.home, object, archive.bytes).await?;
        let room = room(&self.target.site);
        let limits = Limits::default();
        let findings = check_entries(&archive.key, &entries, archive.bytes, room, &limits);
        if !findings.is_empty() {
            return Err(Trouble::Findings(findings));
        }
        entries.sort_by_key(|entry| entry.offset);
        Ok(entries)
    }

    /// The entries that must be read.
    fn left(&self, entries: &[Entry], brought: &Brought) -> Vec<Entry> {
        let files = entries.iter().filter(|entry| self.is_file(entry));
        let left = files.filter(|entry| !brought.files.contains_key(&entry.name));
        left.cloned().collect()
    }

    /// The configuration file takes the place of an entry with its path.
    fn is_file(&self, entry: &Entry) -> bool {
        let config = self.target.site.config.as_ref();
        !entry.folder && config.is_none_or(|config| config.path != entry.name)
    }

    /// Goes on only while this invocation may act, and says how far it is.
    pub(in crate::kinds::site) async fn pass(&self, fence: &mut impl Fence) -> Answered<()> {
        let progress = self.tally.borrow().progress(self.at.now());
        self.told.set(Some(progress));
        fence.pass(progress).await
    }

    /// The folder that files are written to.
    fn folder(&self) -> String {
        match &self.known.forward.0 {
            State::InPlace(_) => self.target.site.prefix.clone(),
            State::Prefix(goal) => folder_of(&goal.origin_path),
        }
    }

    pub(in crate::kinds::site) fn object(&self, folder: &str, path: &str) -> ObjectId {
        ObjectId {
            bucket: self.target.site.bucket.clone(),
            key: format!("{folder}{path}"),
            version_id: None,
        }
    }
}

/// The large ones before the others.
fn split(entries: &mut [Entry]) -> (&[Entry], &[Entry]) {
    // Stable: each of the two stays in the order in which they lie in the archive.
    entries.sort_by_key(|entry| !is_large(entry.bytes));
    let large = entries.partition_point(|entry| is_large(entry.bytes));
    entries.split_at(large)
}

/// A file that is neither ours nor what is wanted stands where a new one must go.
fn in_the_way(target: &Target, key: &str) -> Trouble {
    Finding::new(
        FindingName::TargetChangedByOther,
        key,
        format!(
            "somebody else wrote another object there since the deployment was prepared. {}",
            whose(&files_of(target))
        ),
        "find out who wrote it (CloudTrail), delete it, then deploy again",
    )
    .into()
}

/// How far a publish is, and since when this invocation works on it.
pub(in crate::kinds::site) struct Tally {
    progress: Progress,
    /// Where it stood when work began.
    began: Progress,
    since: Time,
}

impl Tally {
    /// Nothing is known yet.
    pub fn new(since: Time) -> Self {
        Self {
            progress: Progress::default(),
            began: Progress::default(),
            since,
        }
    }

    /// Expects the files of an archive, some of which are there already.
    pub fn expect<'e>(&mut self, entries: impl Iterator<Item = &'e Entry>, there: &Files) {
        for entry in entries {
            self.progress.files_total += 1;
            self.progress.bytes_total += entry.bytes;
            if there.contains_key(&entry.name) {
                self.progress.files_done += 1;
                self.progress.bytes_done += entry.bytes;
            }
        }
        self.began = self.progress;
    }

    /// Expects more files, whose size does not matter.
    pub fn expect_copies(&mut self, files: usize) {
        self.progress.files_total += files as u64;
    }

    /// A file is done that nothing had to be done for.
    pub fn unchanged(&mut self, file: &File) {
        self.done(file);
        self.began.files_done += 1;
        self.began.bytes_done += file.bytes;
    }

    /// A file is done.
    pub fn done(&mut self, file: &File) {
        self.progress.files_done += 1;
        self.progress.bytes_done += file.bytes;
    }

    /// So many files are copied.
    pub fn copied(&mut self, files: usize) {
        self.progress.files_done += files as u64;
    }

    /// The progress, with the time that is left.
    pub fn progress(&self, now: Time) -> Progress {
        self.progress
            .with_time_left(self.began, now.ms_since(self.since))
    }
}
