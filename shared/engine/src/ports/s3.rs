use super::Result;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use windlass_domain::text::digest::Digest;
use windlass_domain::text::time::Time;

/// An object as S3 describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectHead {
    /// Its size.
    pub bytes: u64,
    /// Its ETag, with quotes as S3 writes it.
    pub etag: String,
    /// Its version id; absent or `null` in a bucket without versioning.
    pub version_id: Option<String>,
    /// The SHA-256 of the whole object, if it was uploaded with that checksum.
    pub sha256: Option<Digest>,
    /// The user's metadata (`x-amz-meta-…`), lower-case names.
    pub metadata: BTreeMap<String, String>,
    /// Its content type.
    pub content_type: Option<String>,
    /// Its cache header.
    pub cache_control: Option<String>,
    /// Its packing.
    pub content_encoding: Option<String>,
}

/// A condition on the object that a write replaces.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Replaces {
    /// Whatever is there.
    #[default]
    Anything,
    /// Nothing is there (`If-None-Match: *`).
    Nothing,
    /// The object with this ETag is there (`If-Match`).
    ETag(String),
}

/// The options of a write.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PutOptions {
    /// The content type.
    pub content_type: Option<String>,
    /// The cache header.
    pub cache_control: Option<String>,
    /// The packing that whoever gets the object undoes before using it (`Content-Encoding`).
    pub content_encoding: Option<String>,
    /// The user's metadata.
    pub metadata: BTreeMap<String, String>,
    /// The condition. If it does not hold, the fault is `Conflict`.
    pub replaces: Replaces,
    /// The SHA-256 of the bytes, if it is known already. S3 refuses bytes that have another one (Amazon S3 User Guide,
    /// "Checking object integrity").
    pub sha256: Option<Digest>,
}

/// A put that somebody else makes, with the right of whoever signs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PutToSign {
    /// The SHA-256 of the bytes. S3 takes no others.
    pub sha256: Digest,
    /// The number of bytes.
    pub bytes: u64,
    /// The seconds for which the signature counts.
    pub valid_s: u64,
}

/// A signed put.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedPut {
    /// The address.
    pub url: String,
    /// The headers that are signed, and that the put must have.
    pub headers: BTreeMap<String, String>,
}

/// The object that a write made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrittenObject {
    /// The new ETag.
    pub etag: String,
    /// The new version id.
    pub version_id: Option<String>,
}

/// One object, or one version of it, in a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The key.
    pub key: String,
    /// The ETag.
    pub etag: String,
    /// The size.
    pub bytes: u64,
    /// The time at which it was written.
    pub modified: Time,
    /// The version id, in a listing of versions.
    pub version_id: Option<String>,
    /// True if it is the current one.
    pub latest: bool,
    /// True if it is a delete marker.
    pub deleted: bool,
}

/// One page of a listing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listing {
    /// The objects, by key.
    pub objects: Vec<Listed>,
    /// The place after which the next page begins: for current objects the last key of this one; opaque for versions.
    pub next: Option<String>,
}

/// One object, or one version of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectId {
    /// The bucket.
    pub bucket: String,
    /// The key.
    pub key: String,
    /// The version; the current one if absent.
    pub version_id: Option<String>,
}

/// The source of a copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopySource {
    /// The object.
    pub object: ObjectId,
    /// The ETag that it must have (`x-amz-copy-source-if-match`); any if absent.
    pub etag: Option<String>,
}

/// An upload in parts that was begun (a multipart upload). Nobody sees its parts before it is completed, and they are
/// paid for until it is completed or aborted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Upload {
    /// The bucket.
    pub bucket: String,
    /// The key.
    pub key: String,
    /// The id that S3 gave it.
    pub id: String,
}

/// A part of an upload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UploadPart {
    /// Its number, from 1. At most 10,000, and all but the last have at least 5 MiB (Amazon S3 User
    /// Guide, "Amazon S3 multipart upload limits").
    pub number: u16,
    /// The ETag that S3 gave it.
    pub etag: String,
    /// The SHA-256 of its bytes.
    pub sha256: Digest,
}

/// A rule of a bucket's lifecycle, as far as it deletes (Amazon S3 User Guide, "Lifecycle
/// configuration elements").
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LifecycleRule {
    /// Its id; empty if it has none.
    pub id: String,
    /// True if it is enabled.
    pub enabled: bool,
    /// The prefix of the keys that it is about.
    pub prefix: String,
    /// True if it is only about objects with certain tags.
    pub by_tag: bool,
    /// The days after which current objects expire; 0 if it names a date.
    pub current_days: Option<u32>,
    /// The days after which a version expires that is not the current one any more.
    pub noncurrent_days: Option<u32>,
    /// The number of noncurrent versions that are kept whatever their age.
    pub noncurrent_kept: u32,
}

/// Objects in Amazon S3.
pub trait S3Api {
    /// Returns the same port for writes of a switching change: each put, copy, deletion and completion is sent once,
    /// without a retry of the adapter's own, and given up after this many milliseconds.
    #[must_use]
    fn sent_once(&self, within_ms: u64) -> Self
    where
        Self: Sized;

    /// Reads an object's head; `None` if there is no such object.
    async fn head(&self, object: &ObjectId) -> Result<Option<ObjectHead>>;

    /// Reads a whole object of at most `limit` bytes; `NotFound` if there is none, `Refused` if it is larger.
    async fn get(&self, object: &ObjectId, limit: u64) -> Result<Bytes>;

    /// Reads `length` bytes from `start`, fewer at the end. The adapter checks `Content-Range`, because some S3 servers
    /// answer the whole object.
    async fn get_range(&self, object: &ObjectId, start: u64, length: u64) -> Result<Bytes>;

    /// Writes an object with its SHA-256 as checksum. The fault is `Refused` if the options name
    /// another one.
    async fn put(&self, bucket: &str, key: &str, bytes: Bytes, options: &PutOptions) -> Result<WrittenObject>;

    /// Signs a put that somebody else makes, of these bytes and no others. Nothing is sent (Amazon S3 User Guide,
    /// "Download and upload objects with presigned URLs").
    async fn presign_put(&self, bucket: &str, key: &str, put: &PutToSign) -> Result<SignedPut>;

    /// Begins an upload in parts, for an object that is larger than what is held in memory. The condition in `options`
    /// does not count here; the completion has its own.
    async fn create_upload(&self, bucket: &str, key: &str, options: &PutOptions) -> Result<Upload>;

    /// Uploads a part with its SHA-256 as checksum. The same number again replaces it. The fault is `NotFound` if the
    /// upload was completed or aborted.
    async fn upload_part(&self, upload: &Upload, number: u16, bytes: Bytes) -> Result<UploadPart>;

    /// Makes the object of its parts. The faults are `Conflict` if `replaces` does not hold, and `NotFound` if the
    /// upload was completed or aborted.
    async fn complete_upload(
        &self,
        upload: &Upload,
        parts: &[UploadPart],
        replaces: &Replaces,
    ) -> Result<WrittenObject>;

    /// Throws the parts away. The fault is `NotFound` if the upload was completed or aborted.
    async fn abort_upload(&self, upload: &Upload) -> Result<()>;

    /// Reads the tags of an object, or of one version of it; `NotFound` if there is none.
    async fn object_tags(&self, object: &ObjectId) -> Result<BTreeMap<String, String>>;

    /// Copies within S3, headers, metadata and tags included. S3 refuses to copy an object that has tags if the caller
    /// may not read and write tags. The new ETag may differ from that of the copied object: after an upload in parts,
    /// and if the bucket is encrypted with a key of KMS (Amazon S3 API Reference, "Object"). The fault is `Conflict` if
    /// `replaces` does not hold for the destination, or the source has another ETag.
    async fn copy(&self, from: &CopySource, bucket: &str, key: &str, replaces: &Replaces) -> Result<WrittenObject>;

    /// Deletes the current object (leaves a delete marker in a bucket with versioning).
    async fn delete(&self, bucket: &str, key: &str, replaces: &Replaces) -> Result<()>;

    /// Deletes the current objects of at most 1000 keys (leaves delete markers in a bucket with versioning). A key
    /// without an object is no fault. If some could not be deleted, the fault names the first.
    async fn delete_all(&self, bucket: &str, keys: &[String]) -> Result<()>;

    /// Lists current objects by key, beginning after a key.
    async fn list(&self, bucket: &str, prefix: &str, after: Option<String>) -> Result<Listing>;

    /// Lists all versions and delete markers by key.
    async fn list_versions(&self, bucket: &str, prefix: &str, after: Option<String>) -> Result<Listing>;

    /// Returns whether the bucket keeps versions; `NotFound` if there is no bucket.
    async fn keeps_versions(&self, bucket: &str) -> Result<bool>;

    /// Reads the rules of the bucket's lifecycle; none if it has none.
    async fn lifecycle(&self, bucket: &str) -> Result<Vec<LifecycleRule>>;

    /// Reads the bucket's tags.
    async fn bucket_tags(&self, bucket: &str) -> Result<BTreeMap<String, String>>;
}
