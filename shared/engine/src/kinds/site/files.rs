//! The files of a release, the objects at the keys with the metadata by which they are known again, and the notes of
//! what a deployment did with them.

use crate::kinds::{SHA256, known_sum};
use crate::ports::{ObjectHead, PutOptions, Upload, UploadPart, WrittenObject};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use windlass_domain::release::identity::DeploymentId;
use windlass_domain::text::digest::Digest;

/// A file of a release, which is served at its path. Two files are equal if visitors get the same.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, Eq, Serialize, Deserialize)]
pub struct File {
    /// The SHA-256 of its bytes.
    pub sha256: Digest,
    /// Its size.
    pub bytes: u64,
    /// Its content type.
    pub content_type: String,
    /// Its cache header.
    pub cache_control: String,
    /// The packing that browsers undo.
    pub content_encoding: Option<String>,
    /// The CRC-32 of the same bytes, as an archive's directory has it; `None` if the bytes did not come from an
    /// archive.
    pub crc32: Option<u32>,
}

impl PartialEq for File {
    fn eq(&self, other: &Self) -> bool {
        self.sha256 == other.sha256
            && self.bytes == other.bytes
            && self.content_type == other.content_type
            && self.cache_control == other.cache_control
            && self.content_encoding == other.content_encoding
    }
}

/// The files of a release by path.
pub type Files = BTreeMap<String, File>;

/// The object at a key, as it was seen.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Object {
    /// Its ETag.
    pub etag: String,
    /// Its size.
    pub bytes: u64,
    /// Its version id.
    pub version_id: Option<String>,
    /// The content, as far as Windlass knows it; `None` if somebody else wrote the object.
    pub file: Option<File>,
    /// True if the path belongs to the site: Windlass wrote it once, so it may overwrite and delete it. Foreign objects
    /// are left alone unless a release has a file of that path.
    pub ours: bool,
    /// The ETag of the recorded object of which it is a copy. S3 may give a copy another ETag, and nothing else shows
    /// what somebody else's object is.
    pub copy_of: Option<String>,
}

/// The objects by path.
pub type Objects = BTreeMap<String, Object>;

/// A note on one path: what a deployment read from the archive, and what became of it.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Handled {
    /// The path.
    pub path: String,
    /// The file of the release; `None` if a recorded object was restored.
    pub file: Option<File>,
    /// The recorded object that was restored.
    pub restored: Option<Object>,
    /// The ETag of the object that was written; `None` if the file was only read.
    pub etag: Option<String>,
    /// The version that was written.
    pub version_id: Option<String>,
    /// The upload whose completion writes the object.
    pub staged: Option<Staged>,
}

/// An upload in parts that lacks only its completion. Visitors notice the completion.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Staged {
    /// The upload.
    pub upload: Upload,
    /// All its parts.
    pub parts: Vec<UploadPart>,
}

impl Handled {
    /// A file that was only read.
    pub fn read(path: &str, file: File) -> Self {
        Self { path: path.to_owned(), file: Some(file), restored: None, etag: None, version_id: None, staged: None }
    }

    /// A file as it was written.
    pub fn written(path: &str, file: File, written: WrittenObject) -> Self {
        Self { etag: Some(written.etag), version_id: written.version_id, ..Self::read(path, file) }
    }

    /// A file that is uploaded, except for the completion.
    pub fn staged(path: &str, file: File, staged: Staged) -> Self {
        Self { staged: Some(staged), ..Self::read(path, file) }
    }

    /// A recorded object as it was restored.
    pub fn restored(path: &str, object: Object, written: WrittenObject) -> Self {
        Self {
            path: path.to_owned(),
            file: None,
            restored: Some(object),
            etag: Some(written.etag),
            version_id: written.version_id,
            staged: None,
        }
    }

    /// Returns the object that was written; `None` if the file was only read or uploaded.
    pub fn object(&self) -> Option<Object> {
        let etag = self.etag.clone()?;
        let version_id = self.version_id.clone();
        if let Some(restored) = &self.restored {
            // An object of ours is known by its content, and needs no note of the copy.
            let foreign = restored.file.is_none();
            return Some(Object {
                etag,
                version_id,
                copy_of: foreign.then(|| restored.etag.clone()),
                ..restored.clone()
            });
        }
        let file = self.file.clone()?;
        Some(Object { etag, bytes: file.bytes, version_id, file: Some(file), ours: true, copy_of: None })
    }
}

/// The largest file that is uploaded in one piece, in bytes.
const IN_ONE_PIECE: u64 = 8 * 1024 * 1024;

/// The size of a part, in bytes: 5 GB are 597 parts.
pub const PART: usize = 8 * 1024 * 1024;

/// The number of parts that are uploaded at the same time.
pub const AT_A_TIME: usize = 4;

/// Returns whether a file is uploaded in parts.
pub fn is_large(bytes: u64) -> bool {
    bytes > IN_ONE_PIECE
}

/// Pure: cuts items into batches of at most so many, with at most so many bytes. One that has more is a batch alone.
pub fn batches<I>(items: &[I], (most, most_bytes): (usize, u64), bytes_of: impl Fn(&I) -> u64) -> Vec<&[I]> {
    let mut batches = Vec::new();
    let (mut start, mut bytes) = (0, 0_u64);
    for (index, item) in items.iter().enumerate() {
        let is_full = index - start >= most || bytes.saturating_add(bytes_of(item)) > most_bytes;
        if index > start && is_full {
            batches.push(&items[start..index]);
            (start, bytes) = (index, 0);
        }
        bytes = bytes.saturating_add(bytes_of(item));
    }
    if start < items.len() {
        batches.push(&items[start..]);
    }
    batches
}

/// The metadata that names the deployment that wrote an object.
pub const DEPLOYMENT: &str = "windlass-deployment";

/// Returns the options with which a file is written.
pub fn put_options(file: &File, deployment: &DeploymentId) -> PutOptions {
    PutOptions {
        content_type: Some(file.content_type.clone()),
        cache_control: Some(file.cache_control.clone()),
        content_encoding: file.content_encoding.clone(),
        metadata: [(SHA256.to_owned(), file.sha256.to_string()), (DEPLOYMENT.to_owned(), deployment.to_string())]
            .into(),
        sha256: Some(file.sha256.clone()),
        ..PutOptions::default()
    }
}

/// Returns the content of an object, if S3 knows its SHA-256.
pub fn file_of(head: &ObjectHead) -> Option<File> {
    Some(File {
        sha256: known_sum(head)?,
        bytes: head.bytes,
        content_type: head.content_type.clone()?,
        cache_control: head.cache_control.clone()?,
        content_encoding: head.content_encoding.clone(),
        crc32: None,
    })
}
