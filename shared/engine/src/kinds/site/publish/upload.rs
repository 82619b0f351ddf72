//! Brings the files of an archive: small ones in batches, large ones in parts.

// A large file is uploaded in parts while publishing, and its completion is the switch. Under another key it would
// be copied over within an open call, for as long as it is large.

use super::{Publisher, UploadedFiles, in_the_way};
use crate::kinds::Checkpoint;
use crate::kinds::archive::{Entry, Unpacker};
use crate::kinds::site::calls::{self, CallPatience, SitePorts};
use crate::kinds::site::files::{AT_A_TIME, File, Handled, PART, Staged, batches, file_of, put_options};
use crate::kinds::site::types::TextCheck;
use crate::ports::{ObjectId, Replaces, Result, Upload, UploadPart, WrittenObject};
use crate::trouble::{Trouble, or_findings};
use bytes::Bytes;
use futures::future::join;
use sha2::{Digest as _, Sha256};
use windlass_domain::text::digest::Digest;
use windlass_domain::text::fault::FaultName;
use windlass_domain::text::finding::Finding;

/// The most files of a batch.
const BATCH_FILES: usize = 512;
/// The most bytes of a batch. One batch is uploaded while the next is read, so twice as much is in memory.
const BATCH_BYTES: u64 = 16 * 1024 * 1024;

/// A file that was read.
struct Read {
    path: String,
    crc32: u32,
    bytes: Bytes,
}

impl<P: SitePorts> Publisher<'_, P> {
    /// Reads entries, batch by batch, and handles each. Returns whether it came to the end.
    pub(super) async fn upload_small(
        &self,
        unpacker: &mut Unpacker<'_, P>,
        left: &[Entry],
        uploaded: &mut UploadedFiles,
        checkpoint: &mut impl Checkpoint,
    ) -> Result<bool, Trouble> {
        let mut batches = batches(left, (BATCH_FILES, BATCH_BYTES), |entry| entry.bytes).into_iter();
        let mut next = read(unpacker, batches.next()).await?;
        while !next.is_empty() {
            if !checkpoint.has_time() {
                return Ok(false);
            }
            let batch = std::mem::take(&mut next);
            // The next batch is unpacked while the ledger and S3 answer.
            let handled = async {
                self.pass(checkpoint).await?;
                self.handle_all(&batch).await
            };
            let (done, following) = join(handled, read(unpacker, batches.next())).await;
            self.take(uploaded, done?);
            next = following?;
        }
        Ok(true)
    }

    /// Handles a file. Findings are part of the answer, so that they stop the other files as little as a fault does.
    async fn handle_one(&self, read: &Read) -> Result<Result<Handled, Vec<Finding>>> {
        or_findings(self.handle(&read.path, read.bytes.clone(), Some(read.crc32)).await)
    }

    /// Handles a batch and notes it, even if a file of it fails.
    async fn handle_all(&self, batch: &[Read]) -> Result<Vec<Handled>, Trouble> {
        let mut wrong = None;
        let (answers, fault) =
            calls::all(self.at, &self.pace, CallPatience::Long, batch, |read| self.handle_one(read)).await;
        let mut done = Vec::with_capacity(answers.len());
        for answer in answers {
            match answer {
                Ok(one) => done.push(one),
                Err(findings) => wrong = Some(findings),
            }
        }
        let noted = self.note(&done).await;
        match (fault, wrong) {
            (Some(fault), _) => Err(fault.into()),
            (None, Some(findings)) => Err(findings.into()),
            (None, None) => noted.map(|()| done).map_err(Trouble::from),
        }
    }
}

async fn read(unpacker: &mut Unpacker<'_, impl SitePorts>, batch: Option<&[Entry]>) -> Result<Vec<Read>, Trouble> {
    let batch = batch.unwrap_or_default();
    let mut files = Vec::with_capacity(batch.len());
    for entry in batch {
        files.push(Read { path: entry.name.clone(), crc32: entry.crc32, bytes: unpacker.unpack(entry).await? });
    }
    Ok(files)
}

impl<P: SitePorts> Publisher<'_, P> {
    /// Handles one file: determines its content, and writes it if that is additive.
    pub(super) async fn handle(&self, path: &str, bytes: Bytes, crc32: Option<u32>) -> Result<Handled, Trouble> {
        self.refuse_key(path, &bytes)?;
        let file = self.file(path, (Digest::of(&bytes), bytes.len() as u64), crc32, &TextCheck::of(&bytes));
        if self.is_additive(path) {
            let written = self.upload(path, &file, bytes).await?;
            return Ok(Handled::written(path, file, written));
        }
        Ok(Handled::read(path, file))
    }

    /// Returns a file with its headers.
    fn file(&self, path: &str, (sha256, bytes): (Digest, u64), crc32: Option<u32>, text: &TextCheck) -> File {
        let build = self.build.borrow();
        let (content_type, content_encoding) = self.rules.content(path, text, &build.packed);
        let cache_control = self.rules.cache_control(path, &build.hashed).to_owned();
        File { sha256, bytes, content_type, cache_control, content_encoding, crc32 }
    }

    /// Returns whether it is additive to write a file. In a folder of its own every file is; in place, a new file that
    /// is no document.
    fn is_additive(&self, path: &str) -> bool {
        match self.destination.live {
            Some(live) => {
                let new = live.want(path).is_none();
                new && self.rules.outlives(path)
            }
            None => true,
        }
    }

    async fn upload(&self, path: &str, file: &File, bytes: Bytes) -> Result<WrittenObject, Trouble> {
        let object = self.object(&self.destination.folder, path);
        let mut options = put_options(file, &self.step.deployment);
        options.replaces = Replaces::Nothing;
        let put = self.at.put(&object.bucket, &object.key, bytes, &options);
        match put.await {
            Ok(written) => Ok(written),
            Err(fault) if fault.name == FaultName::Conflict => {
                self.found(&object, file).await?.ok_or_else(|| in_the_way(self.target, &object.key))
            }
            Err(fault) => Err(fault.into()),
        }
    }

    /// Returns the object that is there, if it is this file.
    pub(in crate::kinds::site) async fn found(&self, object: &ObjectId, file: &File) -> Result<Option<WrittenObject>> {
        let same = self.at.head(object).await?.filter(|head| file_of(head).as_ref() == Some(file));
        Ok(same.map(|head| WrittenObject { etag: head.etag, version_id: head.version_id }))
    }
}

/// The bytes that are hashed at a time.
const PIECE: usize = 8 * 1024 * 1024;

impl<P: SitePorts> Publisher<'_, P> {
    /// Handles files that are too large to be held in memory, one after the other. Each file is read once for its
    /// SHA-256, which shows whether it must be written and goes into its metadata, and once more to be uploaded in
    /// parts. Returns whether it came to the end.
    pub(super) async fn upload_large(
        &self,
        unpacker: &mut Unpacker<'_, P>,
        left: &[Entry],
        uploaded: &mut UploadedFiles,
        checkpoint: &mut impl Checkpoint,
    ) -> Result<bool, Trouble> {
        for entry in left {
            let Some(file) = self.hashed(unpacker, entry, checkpoint).await? else { return Ok(false) };
            let Some(done) = self.upload_one(unpacker, entry, file, checkpoint).await? else { return Ok(false) };
            self.note(std::slice::from_ref(&done)).await?;
            self.take(uploaded, vec![done]);
        }
        Ok(true)
    }

    /// Returns the file with its SHA-256, or `None` if there is no time left.
    async fn hashed(
        &self,
        unpacker: &mut Unpacker<'_, P>,
        entry: &Entry,
        checkpoint: &mut impl Checkpoint,
    ) -> Result<Option<File>, Trouble> {
        self.pass(checkpoint).await?;
        let mut reading = unpacker.open(entry);
        let (mut sum, mut text, mut bytes) = (Sha256::new(), TextCheck::default(), 0);
        loop {
            if !checkpoint.has_time() {
                return Ok(None);
            }
            let piece = reading.next(PIECE).await?;
            if piece.is_empty() {
                break;
            }
            if bytes == 0 {
                self.refuse_key(&entry.name, &piece)?;
            }
            bytes += piece.len() as u64;
            sum.update(&piece);
            text.add(&piece);
        }
        let content = (Digest::from_bytes(&sum.finalize()), bytes);
        Ok(Some(self.file(&entry.name, content, Some(entry.crc32), &text)))
    }

    /// Uploads a file. If visitors would notice its completion, the upload is not completed. Returns `None` if there is
    /// no time left.
    async fn upload_one(
        &self,
        unpacker: &mut Unpacker<'_, P>,
        entry: &Entry,
        file: File,
        checkpoint: &mut impl Checkpoint,
    ) -> Result<Option<Handled>, Trouble> {
        let path = &entry.name;
        let before = self.destination.live.and_then(|live| live.want(path));
        if before.is_some_and(|want| want.file == Some(&file)) {
            return Ok(Some(Handled::read(path, file)));
        }
        let object = self.object(&self.destination.folder, path);
        if self.is_additive(path)
            && let Some(there) = self.found(&object, &file).await?
        {
            return Ok(Some(Handled::written(path, file, there)));
        }
        let options = put_options(&file, &self.step.deployment);
        let upload = self.at.create_upload(&object.bucket, &object.key, &options);
        let upload = upload.await?;
        let parts = self.upload_parts(&upload, unpacker, entry, checkpoint).await;
        let Ok(Some(parts)) = parts else {
            // The uploaded parts are of no use. A bucket's lifecycle may also throw them away.
            let _ = self.at.abort_upload(&upload).await;
            return parts.map(|_| None);
        };
        if !self.is_additive(path) {
            let staged = Staged { upload, parts };
            return Ok(Some(Handled::staged(path, file, staged)));
        }
        let made = self.at.complete_upload(&upload, &parts, &Replaces::Nothing);
        match made.await {
            Ok(written) => Ok(Some(Handled::written(path, file, written))),
            Err(fault) if matches!(fault.name, FaultName::Conflict | FaultName::NotFound) => {
                let there = self.found(&object, &file).await?;
                let there = there.ok_or_else(|| in_the_way(self.target, &object.key))?;
                Ok(Some(Handled::written(path, file, there)))
            }
            Err(fault) => Err(fault.into()),
        }
    }

    async fn upload_parts(
        &self,
        upload: &Upload,
        unpacker: &mut Unpacker<'_, P>,
        entry: &Entry,
        checkpoint: &mut impl Checkpoint,
    ) -> Result<Option<Vec<UploadPart>>, Trouble> {
        let mut reading = unpacker.open(entry);
        let mut parts: Vec<UploadPart> = Vec::new();
        loop {
            if !checkpoint.has_time() {
                return Ok(None);
            }
            self.pass(checkpoint).await?;
            let mut pieces: Vec<(u16, Bytes)> = Vec::new();
            while pieces.len() < AT_A_TIME {
                let piece = reading.next(PART).await?;
                if piece.is_empty() {
                    break;
                }
                let number = parts.len() + pieces.len() + 1;
                pieces.push((u16::try_from(number).unwrap_or(u16::MAX), piece));
            }
            if pieces.is_empty() {
                return Ok(Some(parts));
            }
            parts.extend(self.upload_pieces(upload, &pieces).await?);
        }
    }

    async fn upload_pieces(&self, upload: &Upload, pieces: &[(u16, Bytes)]) -> Result<Vec<UploadPart>> {
        let (mut parts, fault) = calls::all(self.at, &self.pace, CallPatience::Long, pieces, |(number, bytes)| {
            self.at.upload_part(upload, *number, bytes.clone())
        })
        .await;
        parts.sort_by_key(|part| part.number);
        fault.map_or(Ok(parts), Err)
    }
}
