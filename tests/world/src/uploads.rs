//! Uploads in parts, in memory: nobody sees them before they are completed.

use crate::World;
use crate::s3::Version;
use bytes::{Bytes, BytesMut};
use std::collections::BTreeMap;
use windlass_domain::text::digest::Digest;
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_engine::ports::{PutOptions, Replaces, Result, Upload, UploadPart, WrittenObject};

/// The smallest part that is not the last one.
const SMALLEST: usize = 5 * 1024 * 1024;

/// An upload that was begun.
#[derive(Debug, Clone)]
pub struct Pending {
    /// Its bucket, its key, and the id that S3 gave it.
    pub upload: Upload,
    /// The options with which the object is written.
    pub options: PutOptions,
    /// Its parts by number.
    pub parts: BTreeMap<u16, (UploadPart, Bytes)>,
}

fn no_upload(upload: &Upload) -> Fault {
    let text = format!("S3 404 NoSuchUpload: {} of {}", upload.id, upload.key);
    Fault::new(FaultName::NotFound, text)
}

fn refused(code: &str) -> Fault {
    Fault::new(FaultName::Refused, format!("S3 400 {code}"))
}

/// The effects, without the hook for mishaps.
impl World {
    pub(crate) fn upload_create(&self, bucket: &str, key: &str, options: &PutOptions) -> Result<Upload> {
        let mut state = self.s3();
        state.known(bucket)?;
        state.writes += 1;
        let upload =
            Upload { bucket: bucket.to_owned(), key: key.to_owned(), id: format!("upload-{:06}", state.writes) };
        let pending = Pending { upload: upload.clone(), options: options.clone(), parts: BTreeMap::new() };
        state.uploads.insert(upload.id.clone(), pending);
        Ok(upload)
    }

    pub(crate) fn upload_part_of(&self, upload: &Upload, number: u16, bytes: Bytes) -> Result<UploadPart> {
        let mut state = self.s3();
        let pending = state.uploads.get_mut(&upload.id);
        let pending = pending.ok_or_else(|| no_upload(upload))?;
        let sha256 = Digest::of(&bytes);
        let part = UploadPart { number, etag: format!("\"{}\"", &sha256.as_str()[..32]), sha256 };
        pending.parts.insert(number, (part.clone(), bytes));
        Ok(part)
    }

    pub(crate) fn upload_complete(
        &self,
        upload: &Upload,
        parts: &[UploadPart],
        replaces: &Replaces,
    ) -> Result<WrittenObject> {
        let mut state = self.s3();
        let pending = state.uploads.get(&upload.id).cloned();
        let pending = pending.ok_or_else(|| no_upload(upload))?;
        state.known(&upload.bucket)?.check(&upload.key, replaces)?;
        let mut bytes = BytesMut::new();
        for (index, part) in parts.iter().enumerate() {
            let found = pending.parts.get(&part.number);
            let found = found.filter(|(found, _)| found == part);
            let (_, found) = found.ok_or_else(|| refused("InvalidPart"))?;
            if index + 1 < parts.len() && found.len() < SMALLEST {
                return Err(refused("EntityTooSmall"));
            }
            bytes.extend_from_slice(found);
        }
        let version = Version {
            bytes: bytes.freeze(),
            parts: parts.len(),
            metadata: pending.options.metadata,
            content_type: pending.options.content_type,
            cache_control: pending.options.cache_control,
            content_encoding: pending.options.content_encoding,
            ..Version::default()
        };
        let version = state.add(&upload.bucket, &upload.key, version);
        state.uploads.remove(&upload.id);
        Ok(WrittenObject { etag: version.etag, version_id: version.id })
    }

    pub(crate) fn upload_abort(&self, upload: &Upload) -> Result<()> {
        let gone = self.s3().uploads.remove(&upload.id);
        gone.map(drop).ok_or_else(|| no_upload(upload))
    }
}
