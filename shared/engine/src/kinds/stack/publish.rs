//! Publishes the files that a stack's template names: each under its key in the declared bucket, before the stack is
//! changed. Nothing is overwritten, and nothing is deleted: a former template names its files by the same keys.

use super::Stack;
use super::package::OpenPackage;
use super::state::{Goal, Target};
use super::template::kept;
use crate::config::Configured;
use crate::kinds::archive::{Archive, Entry, Unpacker, bad_archive, directory, unpacked};
use crate::kinds::{Checkpoint, Publication, Publishes, SHA256, from_value, known_sum, sum_of};
use crate::ports::{Clock, ObjectHead, ObjectId, PutOptions, Replaces, Result, S3Api, Upload, UploadPart};
use crate::trouble::{Checked, Trouble};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use windlass_domain::declaration::kinds::stack::package::StackAsset;
use windlass_domain::deployment::step::{Progress, Step};
use windlass_domain::prose;
use windlass_domain::text::digest::Digest;
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_domain::text::name::ComponentName;
use windlass_domain::text::next_step::Redeploy;

/// The bytes of a part, and the most that are sent in one call.
const PART: usize = 16 * 1024 * 1024;

/// The most bytes of an archive that is held in memory, to be compared with another one.
const COMPARED: u64 = 64 * 1024 * 1024;

/// The most bytes of all files of an archive that is compared.
const UNPACKED: u64 = 256 * 1024 * 1024;

/// The number of snapshots back up to which templates are kept: a site keeps as many.
const KEPT: u32 = 10;

impl<P: S3Api + Clock + Configured> Publishes for Stack<P> {
    async fn publish(&self, step: &Step, checkpoint: &mut impl Checkpoint) -> Result<Publication, Trouble> {
        let target: Target = from_value("target", &step.target)?;
        // A way back brings nothing: the former files are still there.
        let Some(archive) = &target.package else { return Ok(Publication::Whole(vec![])) };
        let brought = match &target.assets {
            Some(bucket) => self.bring_all(&step.component, archive, bucket, checkpoint).await?,
            None => Some(Progress::default()),
        };
        let Some(progress) = brought else { return Ok(Publication::Part) };
        let warning = self.prune((step, &target.owner), progress, checkpoint).await?;
        Ok(Publication::Whole(warning.into_iter().collect()))
    }
}

impl<P: S3Api + Clock + Configured> Stack<P> {
    /// Brings all files of an archive. Returns `None` if there was no time for all.
    async fn bring_all(
        &self,
        component: &ComponentName,
        archive: &Archive,
        bucket: &str,
        checkpoint: &mut impl Checkpoint,
    ) -> Result<Option<Progress>, Trouble> {
        // Prepare has found the one that it takes.
        let open = OpenPackage::read(&self.home, archive.clone(), (component, false)).await?;
        let mut wanted: Vec<(&StackAsset, &Entry)> =
            open.package.assets.iter().filter_map(|asset| Some((asset, open.entry(&asset.file)?))).collect();
        wanted.sort_by_key(|(_, entry)| entry.offset);
        let mut progress = Progress {
            files_total: wanted.len() as u64,
            bytes_total: wanted.iter().map(|(_, entry)| entry.bytes).sum(),
            ..Progress::default()
        };
        let entries: Vec<Entry> = wanted.iter().map(|(_, entry)| (*entry).clone()).collect();
        let mut publishing =
            Publishing { there: &self.at, bucket, archive: open.key(), unpacker: open.unpacker(&self.home, &entries) };
        for (asset, entry) in wanted {
            checkpoint.pass(progress).await?;
            if !checkpoint.has_time() || !publishing.bring(asset, entry, &*checkpoint).await? {
                return Ok(None);
            }
            progress.files_done += 1;
            progress.bytes_done += entry.bytes;
        }
        checkpoint.pass(progress).await?;
        Ok(Some(progress))
    }

    /// Deletes the templates that no rollback needs any more. Returns a warning if that could not be done, which stops
    /// no deployment.
    async fn prune(
        &self,
        (step, owner): (&Step, &str),
        progress: Progress,
        checkpoint: &mut impl Checkpoint,
    ) -> Result<Option<String>> {
        let past = checkpoint.past(KEPT).await?;
        let goals = past.states(step).filter_map(|goal| Goal::deserialize(goal).ok());
        let needed: BTreeSet<Digest> = goals.filter_map(|goal| goal.template).collect();
        let templates = kept(&self.home, owner);
        let may = async || {
            if !checkpoint.has_time() {
                return Err(Fault::new(FaultName::StillInProgress, "there was no time left"));
            }
            checkpoint.pass(progress).await
        };
        match templates.prune(&needed, may).await {
            Ok(()) => Ok(None),
            Err(fault) if matches!(fault.name, FaultName::StaleToken | FaultName::AttemptSuperseded) => Err(fault),
            Err(fault) => Ok(Some(format!(
                "templates of former releases could not be deleted, the next release tries again: {}",
                fault.message
            ))),
        }
    }
}

/// The parts of a file, and its SHA-256.
type Parts = (Vec<UploadPart>, Digest);

/// The files of one archive, on their way to their bucket.
struct Publishing<'a, P> {
    there: &'a P,
    bucket: &'a str,
    archive: &'a str,
    unpacker: Unpacker<'a, P>,
}

impl<P: S3Api> Publishing<'_, P> {
    /// Brings one file. Returns false if there was no time for it.
    async fn bring(&mut self, asset: &StackAsset, entry: &Entry, checkpoint: &impl Checkpoint) -> Checked<bool> {
        let object = ObjectId { bucket: self.bucket.to_owned(), key: asset.key.clone(), version_id: None };
        let head = match self.there.head(&object).await? {
            Some(head) => head,
            None => match self.write(asset, entry, checkpoint).await {
                // Another invocation of this publication, or another deployment with the same file, was faster. Or the
                // answer was lost, and the upload is not there any more.
                Err(Trouble::Fault(fault)) if matches!(fault.name, FaultName::Conflict | FaultName::NotFound) => {
                    self.there.head(&object).await?.ok_or(fault)?
                }
                done => return done,
            },
        };
        self.compare(&object, &head, (asset, entry)).await.map(|()| true)
    }

    async fn write(&mut self, asset: &StackAsset, entry: &Entry, checkpoint: &impl Checkpoint) -> Checked<bool> {
        if entry.bytes > PART as u64 {
            return self.in_parts(asset, entry, checkpoint).await;
        }
        let bytes = self.unpacker.unpack(entry).await?;
        self.is_pinned(asset, &Digest::of(&bytes))?;
        self.there.put(self.bucket, &asset.key, bytes, &options(asset)).await?;
        Ok(true)
    }

    /// Brings a file that is too large for one call. It is there only once all of its bytes are known to be right.
    async fn in_parts(&mut self, asset: &StackAsset, entry: &Entry, checkpoint: &impl Checkpoint) -> Checked<bool> {
        let there = self.there;
        let upload = there.create_upload(self.bucket, &asset.key, &options(asset)).await?;
        let sent = match self.send(&upload, entry, checkpoint).await {
            Ok(Some((parts, sum))) => self.is_pinned(asset, &sum).map(|()| Some(parts)),
            other => other.map(|_| None),
        };
        let Ok(Some(parts)) = sent else {
            // The uploaded parts are of no use. A bucket's lifecycle may also throw them away.
            let _ = there.abort_upload(&upload).await;
            return sent.map(|_| false);
        };
        there.complete_upload(&upload, &parts, &Replaces::Nothing).await?;
        Ok(true)
    }

    /// Sends the parts of a file, and returns them with its SHA-256; `None` if there was no time for all.
    async fn send(&mut self, upload: &Upload, entry: &Entry, checkpoint: &impl Checkpoint) -> Checked<Option<Parts>> {
        let (mut parts, mut sum) = (Vec::new(), Sha256::new());
        let there = self.there;
        let mut reading = self.unpacker.open(entry);
        loop {
            let piece = reading.next(PART).await?;
            if piece.is_empty() {
                return Ok(Some((parts, Digest::from_bytes(&sum.finalize()))));
            }
            if !checkpoint.has_time() {
                return Ok(None);
            }
            sum.update(&piece);
            let number = u16::try_from(parts.len() + 1).unwrap_or(u16::MAX);
            parts.push(there.upload_part(upload, number, piece).await?);
        }
    }

    fn is_pinned(&self, asset: &StackAsset, is: &Digest) -> Checked<()> {
        if *is == asset.sha256 {
            return Ok(());
        }
        let reason = format!("its bytes have the SHA-256 {is}, and {} was packed", asset.sha256);
        Err(bad_archive(self.archive, &asset.file, reason).into())
    }

    /// Compares the object that is there with the file that belongs there. AWS CDK names a zip by the files in it, and
    /// packs them in its own way: so an archive with the same files is the same.
    ///
    /// # Errors
    /// A finding if it is another one.
    async fn compare(&mut self, object: &ObjectId, head: &ObjectHead, file: (&StackAsset, &Entry)) -> Checked<()> {
        let (asset, entry) = file;
        let there = ObjectId { version_id: head.version_id.clone(), ..object.clone() };
        let is = match known_sum(head) {
            Some(is) => is,
            None => sum_of(self.there, &there, head.bytes).await?,
        };
        if is == asset.sha256 {
            return Ok(());
        }
        if head.bytes <= COMPARED && entry.bytes <= COMPARED {
            let ours = files_of(&self.unpacker.unpack(entry).await?);
            if ours.is_some() && ours == files_of(&self.there.get(&there, COMPARED).await?) {
                return Ok(());
            }
        }
        Err(in_the_way(object, &is, &asset.sha256).into())
    }
}

fn options(asset: &StackAsset) -> PutOptions {
    let metadata = [(SHA256.to_owned(), asset.sha256.to_string())].into();
    PutOptions { replaces: Replaces::Nothing, sha256: Some(asset.sha256.clone()), metadata, ..PutOptions::default() }
}

/// Pure: the files of a zip by their names, each with whether it is a link and the digest of its bytes. `None` if it is
/// none, or cannot be compared.
fn files_of(archive: &[u8]) -> Option<BTreeMap<String, (bool, Digest)>> {
    let entries = directory("", archive).ok()?;
    let total = entries.iter().fold(0_u64, |sum, entry| sum.saturating_add(entry.bytes));
    if total > UNPACKED {
        return None;
    }
    let mut files = BTreeMap::new();
    for entry in entries.iter().filter(|entry| !entry.folder) {
        let size = usize::try_from(entry.bytes).ok()?;
        let bytes = unpacked(entry, archive, size);
        let twice = files.insert(entry.name.clone(), (entry.is_link(), Digest::of(&bytes)));
        if bytes.len() != size || twice.is_some() {
            return None;
        }
    }
    Some(files)
}

/// The finding for an object that is another one than the template was packed with.
fn in_the_way(object: &ObjectId, is: &Digest, wanted: &Digest) -> Finding {
    let path = format!("s3://{}/{}", object.bucket, object.key);
    let reason =
        "another file is there under the key that the template names, and it was not overwritten: what runs may use it";
    let remedy = prose!("find out who wrote it (CloudTrail); if nothing uses it, delete it, then {}", Redeploy::Again);
    Finding::new(FindingName::DigestMismatch, path, reason, remedy).seen(is, wanted)
}
