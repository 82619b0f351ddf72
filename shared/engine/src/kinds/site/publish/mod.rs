//! Publishes everything of a release that visitors cannot notice yet. This is additive, and goes on in a further
//! invocation if it does not fit in one. Files that are unchanged by our own list are neither read nor uploaded.

mod prune;
mod upload;

use super::calls::Pace;
use super::files::{File, Files, Handled, is_large};
use super::in_place::content::Content;
use super::lists::Lists;
use super::rules::{Build, SiteRules};
use super::target::{Target, config_bytes, files_of, room};
use super::types::is_text;
use crate::kinds::archive::{Archive, Entry, Unpacker, read_directory, refusals, select};
use crate::kinds::site::calls::SitePorts;
use crate::kinds::{Checkpoint, Publication, whose};
use crate::ports::{ObjectId, Result};
use crate::trouble::Trouble;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use windlass_domain::declaration::folder::Sorting;
use windlass_domain::deployment::step::{Progress, Step};
use windlass_domain::prose;
use windlass_domain::text::count::{agree, count};
use windlass_domain::text::digest::Digest;
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_domain::text::next_step::Redeploy;
use windlass_domain::text::time::Time;

/// The destination of a release.
pub struct ReleaseDestination<'a> {
    /// The folder of the bucket, empty or with a slash at its end.
    pub folder: String,
    /// The content that visitors get from there; `None` for a folder that nobody looks into yet.
    pub live: Option<&'a Content>,
}

/// One publish.
pub struct Publisher<'a, P> {
    /// The ports at the target's place.
    at: &'a P,
    /// The ports at the deployer's own place.
    home: &'a P,
    /// The deployment's step.
    step: &'a Step,
    /// The target.
    pub(super) target: &'a Target,
    rules: &'a SiteRules,
    /// What the files of the archive show of each other.
    build: RefCell<Build>,
    destination: ReleaseDestination<'a>,
    /// The number of calls to S3 that are under way at once.
    pub(super) pace: Cell<Pace>,
    /// The progress so far.
    tally: RefCell<Tally>,
    /// The progress that was reported last.
    reported: Cell<Option<Progress>>,
}

/// An archive whose files are being uploaded.
pub(super) struct Delivery {
    object: ObjectId,
    bytes: u64,
    /// The archive's entries, in the order in which they lie there.
    pub entries: Vec<Entry>,
    /// The files that are uploaded already.
    pub uploaded: UploadedFiles,
}

impl<'a, P: SitePorts> Publisher<'a, P> {
    /// A publish of a step; `at` are the ports at the target's place, `home` those at the deployer's own.
    pub fn new(
        (at, home): (&'a P, &'a P),
        step: &'a Step,
        target: &'a Target,
        rules: &'a SiteRules,
        destination: ReleaseDestination<'a>,
    ) -> Self {
        Self {
            tally: RefCell::new(Tally::new(at.now())),
            pace: Cell::default(),
            reported: Cell::default(),
            build: RefCell::default(),
            at,
            home,
            step,
            target,
            rules,
            destination,
        }
    }

    /// The site's lists.
    pub(super) fn lists(&self) -> Lists<'a, P> {
        Lists::of(self.home, self.target)
    }

    /// Reports that everything is there, and prunes what is not needed any more. A rollback prunes nothing.
    pub(super) async fn finish(
        &self,
        mut warnings: Vec<String>,
        checkpoint: &mut impl Checkpoint,
    ) -> Result<Publication, Trouble> {
        // The last progress that is reported is the end.
        if self.reported.get().is_some_and(|last| !last.is_all()) {
            self.pass(checkpoint).await?;
        }
        if self.target.archive.is_some() {
            let past = checkpoint.past(self.target.site.keep).await?;
            warnings.extend(self.prune(&past, checkpoint).await?);
        }
        Ok(Publication::Whole(warnings))
    }

    /// Begins to upload the files of an archive. Former invocations of this deployment may have brought some already.
    pub(super) async fn open(&self, archive: &Archive) -> Result<Delivery, Trouble> {
        let object = archive.object(&self.home.config().artifacts_bucket);
        let entries = self.entries(archive, &object).await?;
        let mut uploaded = UploadedFiles::default();
        let handled = self.lists().handled(&self.step.deployment).await?;
        uploaded.take(handled, self.has_folder());
        let files = self.files(&entries);
        let build = Build::read(self.home, (object.clone(), archive.bytes), &entries, self.rules).await?;
        self.build.replace(build);
        self.tally.borrow_mut().expect(files, &uploaded.files);
        Ok(Delivery { object, bytes: archive.bytes, entries, uploaded })
    }

    /// Uploads what is left of an archive, and keeps the list of its files. Returns `None` if it must go on in a
    /// further invocation.
    pub(super) async fn upload_archive(
        &self,
        delivery: Delivery,
        release: &Digest,
        checkpoint: &mut impl Checkpoint,
    ) -> Result<Option<UploadedFiles>, Trouble> {
        let Delivery { object, bytes, entries, mut uploaded } = delivery;
        let mut left = self.left(&entries, &uploaded);
        let mut unpacker = Unpacker::new(self.home, object, bytes, &entries, &left);
        drop(entries);
        let (large, small) = split(&mut left);
        let large = self.upload_large(&mut unpacker, large, &mut uploaded, checkpoint);
        if !large.await? {
            return Ok(None);
        }
        let small = self.upload_small(&mut unpacker, small, &mut uploaded, checkpoint);
        if !small.await? {
            return Ok(None);
        }
        // The list is written next. It is as large as these, so they are dropped first.
        drop((unpacker, left));
        self.upload_config(&mut uploaded).await?;
        self.pass(checkpoint).await?;
        self.lists().keep_release(release, &uploaded.files).await?;
        Ok(Some(uploaded))
    }

    /// Returns whether an entry of the archive is the file of before, with the headers that it has.
    pub(super) fn is_unchanged(&self, entry: &Entry, former: &File) -> bool {
        is_unchanged(entry, former, self.rules, &self.build.borrow())
    }

    /// Returns a warning if text of a release says no character set, with the first of these files.
    pub(super) fn without_charset(&self, files: &Files) -> Option<String> {
        let lacks = |path: &str, file: &File| {
            let is_ours = file.content_encoding.is_none() && self.rules.declared_type(path).is_none();
            is_ours && is_text(&file.content_type)
        };
        let texts: Vec<&str> =
            files.iter().filter(|(path, file)| lacks(path, file)).map(|(path, _)| path.as_str()).collect();
        let first = texts.iter().take(3).copied().collect::<Vec<_>>().join("`, `");
        (!texts.is_empty()).then(|| {
            format!(
                "{} of text {} without a character set, because the bytes are no UTF-8 or the page names another: \
                 `{first}`. Browsers go by what a page says itself (`<meta charset>`), and guess where it says nothing",
                count(texts.len(), "file"),
                agree(texts.len(), "is served", "are served")
            )
        })
    }

    /// Returns whether the release is uploaded into a folder of its own.
    fn has_folder(&self) -> bool {
        self.destination.live.is_none()
    }

    /// Counts a file as uploaded that is there already.
    pub(super) fn leave(&self, uploaded: &mut UploadedFiles, path: &str, file: &File) {
        if !uploaded.files.contains_key(path) {
            self.tally.borrow_mut().unchanged(file);
            uploaded.files.insert(path.to_owned(), file.clone());
        }
    }

    /// Counts what was handled as uploaded.
    pub(super) fn take(&self, uploaded: &mut UploadedFiles, done: Vec<Handled>) {
        for file in done.iter().filter_map(|one| one.file.as_ref()) {
            self.tally.borrow_mut().done(file);
        }
        uploaded.take(done, self.has_folder());
    }

    /// Notes what was handled, so that a later invocation need not look again.
    pub(super) async fn note(&self, done: &[Handled]) -> Result<()> {
        self.lists().note_handled(&self.step.deployment, done).await
    }

    /// Expects so many copies.
    pub(super) fn expect_copies(&self, files: usize) {
        self.tally.borrow_mut().progress.files_total += files as u64;
    }

    /// Counts so many files as copied.
    pub(super) fn copied(&self, files: usize) {
        self.tally.borrow_mut().progress.files_done += files as u64;
    }

    /// Brings the configuration file, which is in no archive.
    async fn upload_config(&self, uploaded: &mut UploadedFiles) -> Result<(), Trouble> {
        let Some(config) = &self.target.site.config else { return Ok(()) };
        if uploaded.files.contains_key(&config.path) {
            return Ok(());
        }
        let bytes = config_bytes(config);
        let done = self.handle(&config.path, bytes, None).await?;
        self.note(std::slice::from_ref(&done)).await?;
        uploaded.take([done], self.has_folder());
        Ok(())
    }

    /// Returns the checked entries of the archive that are published, in the order in which they lie there.
    async fn entries(&self, archive: &Archive, object: &ObjectId) -> Result<Vec<Entry>, Trouble> {
        let entries = read_directory(self.home, object, archive.bytes).await?;
        let (room, folder) = (room(&self.target.site), &self.rules.folder);
        let accepted =
            select(&archive.key, entries, archive.bytes, room, folder).and_then(|selection| selection.accepted(vec![]));
        let mut entries = accepted.map_err(Trouble::Findings)?.entries;
        entries.sort_by_key(|entry| entry.offset);
        Ok(entries)
    }

    /// Returns the entries that must be read.
    fn left(&self, entries: &[Entry], uploaded: &UploadedFiles) -> Vec<Entry> {
        self.files(entries).filter(|entry| !uploaded.files.contains_key(&entry.name)).cloned().collect()
    }

    /// Returns the entries that are files. The configuration file takes the place of an entry with its path.
    pub(super) fn files<'e>(&self, entries: &'e [Entry]) -> impl Iterator<Item = &'e Entry> {
        let config = self.target.site.config.as_ref();
        let config = config.map(|config| config.path.clone());
        entries.iter().filter(move |entry| !entry.folder && config.as_ref() != Some(&entry.name))
    }

    /// Refuses a private key, by the first bytes of a file. `Prepare` has looked into small files alone.
    pub(super) fn refuse_key(&self, path: &str, begin: &[u8]) -> Result<(), Trouble> {
        let folder = &self.rules.folder;
        let mut sorting = Sorting::default();
        sorting.add(folder.fate_by_content(path, begin));
        let archive = self.target.archive.as_ref().map_or("", |archive| &archive.key);
        match refusals(archive, &sorting, folder) {
            refused if refused.is_empty() => Ok(()),
            refused => Err(refused.into()),
        }
    }

    /// Goes on only while this invocation may act, and says how far it is.
    pub(super) async fn pass(&self, checkpoint: &mut impl Checkpoint) -> Result<()> {
        let progress = self.tally.borrow().progress(self.at.now());
        self.reported.set(Some(progress));
        checkpoint.pass(progress).await
    }

    pub(super) fn object(&self, folder: &str, path: &str) -> ObjectId {
        ObjectId { bucket: self.target.site.bucket.clone(), key: format!("{folder}{path}"), version_id: None }
    }
}

/// Splits the entries into the large ones and the others.
fn split(entries: &mut [Entry]) -> (&[Entry], &[Entry]) {
    // The sort is stable: each of the two stays in the order of the archive.
    entries.sort_by_key(|entry| !is_large(entry.bytes));
    let large = entries.partition_point(|entry| is_large(entry.bytes));
    entries.split_at(large)
}

/// The finding for a file that is neither ours nor wanted, and stands where a new one must go.
fn in_the_way(target: &Target, key: &str) -> Trouble {
    Finding::new(
        FindingName::TargetChangedByOther,
        key,
        format!(
            "somebody else wrote another object there since the deployment was prepared. {}",
            whose(&files_of(target))
        ),
        prose!("find out who wrote it (CloudTrail), delete it, then {}", Redeploy::Again),
    )
    .into()
}

/// The progress of a publish, and the time since which this invocation works on it.
struct Tally {
    progress: Progress,
    /// The progress at the beginning of this invocation.
    began: Progress,
    since: Time,
}

impl Tally {
    /// A tally before anything is known.
    fn new(since: Time) -> Self {
        Self { progress: Progress::default(), began: Progress::default(), since }
    }

    /// Expects the files of an archive, some of which are there already.
    fn expect<'e>(&mut self, entries: impl Iterator<Item = &'e Entry>, there: &Files) {
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

    /// Counts a file as done that needed no work.
    fn unchanged(&mut self, file: &File) {
        self.done(file);
        self.began.files_done += 1;
        self.began.bytes_done += file.bytes;
    }

    /// Counts a file as done.
    fn done(&mut self, file: &File) {
        self.progress.files_done += 1;
        self.progress.bytes_done += file.bytes;
    }

    /// Returns the progress, with the time that is left.
    fn progress(&self, now: Time) -> Progress {
        self.progress.with_time_left(self.began, now.ms_since(self.since))
    }
}

/// Pure: whether an entry is the file of before. It compares what the archive's directory declares with what our own
/// list knows. A directory without a CRC-32 declares nothing.
pub(super) fn is_unchanged(entry: &Entry, former: &File, rules: &SiteRules, build: &Build) -> bool {
    let declared = entry.crc32 != 0 || entry.bytes == 0;
    declared
        && former.crc32 == Some(entry.crc32)
        && former.bytes == entry.bytes
        && rules.keeps_headers(&entry.name, former, build)
}

/// The knowledge of a release while it is published.
#[derive(Default)]
pub(super) struct UploadedFiles {
    /// The files that are handled.
    pub files: Files,
    /// The ETags of the objects in the release's folder, if it has one of its own.
    pub etags: BTreeMap<String, String>,
}

impl UploadedFiles {
    fn take(&mut self, all: impl IntoIterator<Item = Handled>, has_folder: bool) {
        for done in all {
            let Some(file) = done.file else { continue };
            if let Some(etag) = done.etag.filter(|_| has_folder) {
                self.etags.insert(done.path.clone(), etag);
            }
            self.files.insert(done.path, file);
        }
    }
}
