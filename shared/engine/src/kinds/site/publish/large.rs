use super::{Brought, Fence, Published, Publisher, in_the_way};
use crate::kinds::site::SitePorts;
use crate::kinds::site::archive::{Entry, Unpacker};
use crate::kinds::site::files::File;
use crate::kinds::site::handled::{Handled, Staged};
use crate::kinds::site::in_place::put_options;
use crate::kinds::site::lists::Lists;
use crate::kinds::site::many::{self, Patience};
use crate::kinds::site::parts::{AT_A_TIME, PART};
use crate::kinds::site::rules::content_type;
use crate::kinds::site::trouble::Trouble;
use crate::ports::{Answered, Part, Replaces, Upload};
use bytes::Bytes;
use sha2::{Digest as _, Sha256};
use windlass_domain::digest::Digest;
use windlass_domain::fault::FaultName;

/// How much is hashed at a time, in bytes.
const PIECE: usize = 8 * 1024 * 1024;

impl<P: SitePorts> Publisher<'_, P> {
    /// Handles files that are too large to be held in memory, one after the other: each is read
    /// once for its SHA-256, which says whether it must be written and goes into its metadata, and
    /// once more to be uploaded in parts.
    pub(super) async fn bring_large(
        &self,
        unpacker: &mut Unpacker<'_, P>,
        left: &[Entry],
        brought: &mut Brought,
        fence: &mut impl Fence,
    ) -> Result<Published, Trouble> {
        for entry in left {
            let Some(file) = self.hashed(unpacker, entry, fence).await? else {
                return Ok(Published::Some);
            };
            let Some(done) = self.bring_one(unpacker, entry, file, fence).await? else {
                return Ok(Published::Some);
            };
            let lists = Lists::of(self.home, self.target);
            let noted = std::slice::from_ref(&done);
            lists.note_handled(self.deployment, noted).await?;
            if let Some(file) = &done.file {
                self.tally.borrow_mut().done(file);
            }
            brought.take([done]);
        }
        Ok(Published::All)
    }

    /// What a file is; nothing where there is no time left to find out.
    async fn hashed(
        &self,
        unpacker: &mut Unpacker<'_, P>,
        entry: &Entry,
        fence: &mut impl Fence,
    ) -> Result<Option<File>, Trouble> {
        self.pass(fence).await?;
        let mut reading = unpacker.open(entry);
        let (mut sum, mut bytes) = (Sha256::new(), 0);
        loop {
            if !fence.has_time() {
                return Ok(None);
            }
            let piece = reading.next(PIECE).await?;
            if piece.is_empty() {
                break;
            }
            bytes += piece.len() as u64;
            sum.update(&piece);
        }
        Ok(Some(File {
            sha256: Digest::from_bytes(&sum.finalize()),
            bytes,
            content_type: content_type(&entry.name),
            cache_control: self.known.rules.cache_control(&entry.name).to_owned(),
            crc32: Some(entry.crc32),
        }))
    }

    /// Uploads a file, up to the completion where visitors would notice that; nothing where there
    /// is no time left.
    async fn bring_one(
        &self,
        unpacker: &mut Unpacker<'_, P>,
        entry: &Entry,
        file: File,
        fence: &mut impl Fence,
    ) -> Result<Option<Handled>, Trouble> {
        let path = &entry.name;
        let before = self.known.before.1.want(path);
        if before.is_some_and(|want| want.file == Some(&file)) {
            return Ok(Some(Handled::read(path, file)));
        }
        let object = self.object(&self.folder(), path);
        if self.is_additive(path)
            && let Some(there) = self.found(&object, &file).await?
        {
            return Ok(Some(Handled::written(path, file, there)));
        }
        let options = put_options(&file, self.deployment);
        let upload = self.at.create_upload(&object.bucket, &object.key, &options);
        let upload = upload.await?;
        let parts = self.upload_parts(&upload, unpacker, entry, fence).await;
        let Ok(Some(parts)) = parts else {
            // What was uploaded is of no use; a bucket's lifecycle may also throw it away.
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
        fence: &mut impl Fence,
    ) -> Result<Option<Vec<Part>>, Trouble> {
        let mut reading = unpacker.open(entry);
        let mut parts: Vec<Part> = Vec::new();
        loop {
            if !fence.has_time() {
                return Ok(None);
            }
            self.pass(fence).await?;
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

    async fn upload_pieces(&self, upload: &Upload, pieces: &[(u16, Bytes)]) -> Answered<Vec<Part>> {
        let (mut parts, fault) = many::all(
            self.at,
            &self.pace,
            Patience::Long,
            pieces,
            |(number, bytes)| self.at.upload_part(upload, *number, bytes.clone()),
        )
        .await;
        parts.sort_by_key(|part| part.number);
        fault.map_or(Ok(parts), Err)
    }
}
