//! Writes, restores and deletes the files of a site in place.

// The first batch is read from the archive before the open call is recorded: a slow read between record and write
// sent documents after the time for which the call counts as open.
//
// A call has one sort of writes: one large file among thousands made each call one that takes 20 s longer. A
// function that switches ends within 60 s, because whoever takes over waits for it.

use super::knowledge::{Contents, InPlace};
use super::next::{SENDING_MS, within_ms};
use super::plan::{Operation, OperationKind};
use crate::kinds::archive::{Archive, Entry, Unpacker, read_directory};
use crate::kinds::site::calls::{self, CallPatience, SitePorts};
use crate::kinds::site::files::{self, File, Handled, Object, Staged, file_of, is_large, put_options};
use crate::kinds::site::lists::Lists;
use crate::kinds::site::target::{Target, config_bytes};
use crate::ports::{CopySource, ObjectId, Result, WrittenObject};
use crate::trouble::Trouble;
use bytes::Bytes;
use std::cell::Cell;
use std::collections::BTreeMap;
use windlass_domain::release::identity::DeploymentId;
use windlass_domain::text::digest::Digest;
use windlass_domain::text::fault::{Fault, FaultName};

/// The most files of a batch.
const BATCH_FILES: usize = 256;
/// The most bytes of a batch.
const BATCH_BYTES: u64 = 32 * 1024 * 1024;

/// A path whose op is done, and what was written there.
type WriteResult = (String, Option<Handled>);

impl<P: SitePorts> InPlace<P> {
    /// Does as many of the ops, in order, as fit in the time of an open call. The next observation sees what is left.
    /// Each op is conditional, and to do it twice is the same as to do it once.
    ///
    /// A refusal is returned only if nothing was done: it means that the change was not made, and an undo then has
    /// nothing to bring back. If a part was done, the refusal comes again, alone, when the rest is sent.
    pub(super) async fn write(&self, target: &Target, ops: &[Operation], deployment: &DeploymentId) -> Result<()> {
        let done = Cell::new(0);
        match self.write_in_batches(target, ops, deployment, &done).await {
            Err(fault) if done.get() > 0 && fault.name != FaultName::Unavailable => {
                tracing::info!(done = done.get(), %fault, "a part of the files is written");
                Ok(())
            }
            answer => answer,
        }
    }

    async fn write_in_batches(
        &self,
        target: &Target,
        ops: &[Operation],
        deployment: &DeploymentId,
        made: &Cell<usize>,
    ) -> Result<()> {
        let last = self.at.now().plus_ms(SENDING_MS);
        for (n, batch) in batches(ops).into_iter().enumerate() {
            let is_late = || n > 0 && self.at.now() > last;
            if is_late() {
                break;
            }
            let contents = match self.take_fetched(batch) {
                Some(contents) => contents,
                None => self.contents(target, batch).await?,
            };
            // It may have taken long to read them.
            if is_late() {
                break;
            }
            let patience = CallPatience::Until(last);
            let (done, fault) = calls::all(&self.at, &self.pace, patience, batch, |op| {
                self.write_one(target, op, contents.get(&op.path), deployment)
            })
            .await;
            made.set(made.get() + done.len());
            let written = self.take_in(done, fault.is_none());
            let noted = Lists::of(&self.home, target).note_handled(deployment, &written).await;
            fault.map_or(noted, Err)?;
        }
        Ok(())
    }

    /// Remembers what was done, and returns what was written. If a call was refused or not answered, only a look shows
    /// what is there.
    fn take_in(&self, done: Vec<WriteResult>, is_whole: bool) -> Vec<Handled> {
        let now: Vec<(String, Option<Object>)> =
            done.iter().map(|(path, handled)| (path.clone(), handled.as_ref().and_then(Handled::object))).collect();
        for (path, object) in &now {
            if let Some(object) = object {
                self.remember(path, object);
            }
        }
        if is_whole {
            self.go_on_from(|looked| now.into_iter().for_each(|(path, it)| looked.put(&path, it)));
        } else {
            self.looked.take();
        }
        done.into_iter().filter_map(|(_, handled)| handled).collect()
    }

    /// Reads first the contents that will be written. So nothing slow stands between the record of the open call and
    /// its first send.
    pub(super) async fn fetch(&self, target: &Target, ops: &[Operation]) -> Result<()> {
        if let Some(batch) = batches(ops).first() {
            let contents = self.contents(target, batch).await?;
            *self.fetched.borrow_mut() = Some((batch.to_vec(), contents));
        }
        Ok(())
    }

    fn take_fetched(&self, batch: &[Operation]) -> Option<Contents> {
        let fetched = self.fetched.borrow_mut().take();
        fetched.filter(|(of, _)| of == batch).map(|(_, contents)| contents)
    }

    async fn write_one(
        &self,
        target: &Target,
        op: &Operation,
        content: Option<&Bytes>,
        deployment: &DeploymentId,
    ) -> Result<WriteResult> {
        let (bucket, key) = (&target.site.bucket, target.key(&op.path));
        // A second send could arrive after somebody else's decision.
        let at = self.at.sent_once(within_ms(op));
        let answer = match &op.what {
            OperationKind::Put(file) if is_large(file.bytes) => {
                let staged = self.staged(&op.path, file)?;
                let (upload, parts) = (&staged.upload, &staged.parts);
                at.complete_upload(upload, parts, &op.replaces).await.map(Some)
            }
            OperationKind::Put(file) => {
                let bytes = content.ok_or_else(|| no_bytes(&op.path))?.clone();
                let mut options = put_options(file, deployment);
                options.replaces = op.replaces.clone();
                at.put(bucket, &key, bytes, &options).await.map(Some)
            }
            OperationKind::Restore(object) => {
                let from = CopySource { object: target.object(&op.path, object.version_id.clone()), etag: None };
                at.copy(&from, bucket, &key, &op.replaces).await.map(Some)
            }
            OperationKind::Delete => at.delete(bucket, &key, &op.replaces).await.map(|()| None),
        };
        let done = match answer {
            Ok(None) => None,
            Ok(Some(written)) => handled(op, written),
            // An upload that no longer exists was completed or thrown away.
            Err(fault) if matches!(fault.name, FaultName::Conflict | FaultName::NotFound) => {
                self.settle(target, op, fault).await?
            }
            Err(fault) => return Err(fault),
        };
        Ok((op.path.clone(), done))
    }

    /// Returns the upload of a large file. Publishing has made it, except for its completion.
    fn staged(&self, path: &str, file: &File) -> Result<&Staged> {
        let staged = self.known.staged.get(path).filter(|(of, _)| of == file);
        staged.map(|(_, staged)| staged).ok_or_else(|| no_bytes(path))
    }

    /// A condition that did not hold is no conflict if the op was done before.
    async fn settle(&self, target: &Target, op: &Operation, fault: Fault) -> Result<Option<Handled>> {
        let found = self.at.head(&target.object(&op.path, None)).await?;
        let done = match (&op.what, &found) {
            (OperationKind::Delete, found) => found.is_none(),
            (_, None) => false,
            (OperationKind::Put(file), Some(head)) => file_of(head).as_ref() == Some(file),
            (OperationKind::Restore(object), Some(head)) => {
                head.etag == object.etag
                    || (object.file.is_some() && file_of(head) == object.file)
                    || self.is_copy(target, &op.path, head, object).await?
            }
        };
        match found {
            _ if !done => Err(fault),
            None => Ok(None),
            Some(head) => Ok(handled(op, WrittenObject { etag: head.etag, version_id: head.version_id })),
        }
    }

    /// Returns the bytes of the files of a batch.
    async fn contents(&self, target: &Target, batch: &[Operation]) -> Result<Contents> {
        let puts: BTreeMap<&str, &File> = batch
            .iter()
            .filter_map(|op| match &op.what {
                OperationKind::Put(file) if !is_large(file.bytes) => Some((op.path.as_str(), file)),
                _ => None,
            })
            .collect();
        let mut contents = Contents::new();
        if puts.is_empty() {
            return Ok(contents);
        }
        if let Some(config) = &target.site.config
            && let Some((path, _)) = puts.get_key_value(config.path.as_str())
        {
            contents.insert((*path).to_owned(), config_bytes(config));
        }
        let Some(archive) = &target.archive else { return Ok(contents) };
        let object = archive.object(&self.home.config().artifacts_bucket);
        let entries = self.directory(archive, &object).await?;
        let mut wanted: Vec<Entry> = entries
            .iter()
            .filter(|entry| puts.contains_key(entry.name.as_str()))
            .filter(|entry| !contents.contains_key(&entry.name))
            .cloned()
            .collect();
        wanted.sort_by_key(|entry| entry.offset);
        let mut unpacker = Unpacker::new(&self.home, object, archive.bytes, entries, &wanted);
        for entry in &wanted {
            let bytes = unpacker.unpack(entry).await.map_err(fault)?;
            if let Some((path, file)) = puts.get_key_value(entry.name.as_str())
                && Digest::of(&bytes) == file.sha256
            {
                contents.insert((*path).to_owned(), bytes);
            }
        }
        Ok(contents)
    }

    async fn directory(&self, archive: &Archive, object: &ObjectId) -> Result<&Vec<Entry>> {
        if let Some(entries) = self.directory.get() {
            return Ok(entries);
        }
        let entries = read_directory(&self.home, object, archive.bytes).await;
        let entries = entries.map_err(fault)?;
        Ok(self.directory.get_or_init(|| entries))
    }
}

/// Returns the note of what was written.
fn handled(op: &Operation, written: WrittenObject) -> Option<Handled> {
    match &op.what {
        OperationKind::Put(file) => Some(Handled::written(&op.path, file.clone(), written)),
        OperationKind::Restore(object) => Some(Handled::restored(&op.path, object.clone(), written)),
        OperationKind::Delete => None,
    }
}

/// The fault for a file whose bytes, which publishing read, are no longer there.
fn no_bytes(path: &str) -> Fault {
    Fault::internal(format!("{path} is to be written, and neither the archive nor an upload has its bytes"))
}

/// The archive was checked and read once already, so a finding in it now becomes a fault.
fn fault(trouble: Trouble) -> Fault {
    match trouble {
        Trouble::Fault(fault) => fault,
        Trouble::Findings(findings) => Fault::of_findings(FaultName::Refused, &findings),
    }
}

/// Cuts the ops into batches: of one stage each, not too many, not too large.
fn batches(ops: &[Operation]) -> Vec<&[Operation]> {
    let bytes = |op: &Operation| match &op.what {
        OperationKind::Put(file) if !is_large(file.bytes) => file.bytes,
        _ => 0,
    };
    let stages = ops.chunk_by(|one, next| one.stage == next.stage);
    stages.flat_map(|stage| files::batches(stage, (BATCH_FILES, BATCH_BYTES), bytes)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::Replaces;

    fn op(stage: u8, bytes: u64) -> Operation {
        Operation {
            path: String::new(),
            what: OperationKind::Put(File {
                sha256: Digest::of(b""),
                bytes,
                content_type: String::new(),
                cache_control: String::new(),
                content_encoding: None,
                crc32: None,
            }),
            replaces: Replaces::Nothing,
            additive: false,
            stage,
        }
    }

    #[test]
    fn a_batch_has_one_stage_and_is_bounded() {
        let sizes = |ops: &[Operation]| batches(ops).iter().map(|it| it.len()).collect::<Vec<_>>();
        assert_eq!(sizes(&[]), [0; 0]);
        assert_eq!(sizes(&[op(1, 1), op(1, 1), op(2, 1)]), [2, 1]);
        let quarter = op(1, BATCH_BYTES / 4);
        let four = [quarter.clone(), quarter.clone(), quarter.clone(), quarter];
        let mut five = four.to_vec();
        five.push(op(1, 1));
        assert_eq!(sizes(&five), [4, 1]);
        let staged = op(1, BATCH_BYTES);
        assert_eq!(sizes(&[four.to_vec(), vec![staged]].concat()), [5]);
        assert_eq!(sizes(&vec![op(1, 0); BATCH_FILES + 1]), [BATCH_FILES, 1]);
    }
}
