use super::Answered;
use bytes::Bytes;
use std::collections::BTreeMap;
use windlass_domain::digest::Digest;

/// What S3 tells of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectHead {
    /// Its size.
    pub bytes: u64,
    /// Its ETag, with quotes as S3 writes it.
    pub etag: String,
    /// Its version id; absent or `null` in a bucket without versioning.
    pub version_id: Option<String>,
    /// The SHA-256 of the whole object, where it was uploaded with that checksum.
    pub sha256: Option<Digest>,
    /// The user's metadata (`x-amz-meta-…`), lower-case names.
    pub metadata: BTreeMap<String, String>,
    /// Its content type.
    pub content_type: Option<String>,
    /// Its cache header.
    pub cache_control: Option<String>,
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

/// How an object is written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PutOptions {
    /// The content type.
    pub content_type: Option<String>,
    /// The cache header.
    pub cache_control: Option<String>,
    /// The user's metadata.
    pub metadata: BTreeMap<String, String>,
    /// The condition. If it does not hold the fault is `Conflict`.
    pub replaces: Replaces,
}

/// What a write made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
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
    /// The version id, in a listing of versions.
    pub version_id: Option<String>,
    /// Whether it is the current one.
    pub latest: bool,
    /// Whether it is a delete marker.
    pub deleted: bool,
}

/// One page of a listing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listing {
    /// The objects, by key.
    pub objects: Vec<Listed>,
    /// Where the next page begins; opaque.
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

/// Objects in Amazon S3.
pub trait Objects {
    /// What S3 tells of an object; `None` where there is none.
    async fn head(&self, object: &ObjectId) -> Answered<Option<ObjectHead>>;

    /// A whole object of at most `limit` bytes; `NotFound` where there is none, `Refused` where it
    /// is larger.
    async fn get(&self, object: &ObjectId, limit: u64) -> Answered<Bytes>;

    /// `length` bytes from `start`, fewer at the end. The adapter checks `Content-Range`, because
    /// some S3 servers answer the whole object.
    async fn get_range(&self, object: &ObjectId, start: u64, length: u64) -> Answered<Bytes>;

    /// Writes an object with its SHA-256 as checksum.
    async fn put(
        &self,
        bucket: &str,
        key: &str,
        bytes: Bytes,
        options: &PutOptions,
    ) -> Answered<Written>;

    /// Copies within S3, headers and metadata included. The fault is `Conflict` if `replaces` does
    /// not hold for the destination.
    async fn copy(
        &self,
        from: &ObjectId,
        bucket: &str,
        key: &str,
        replaces: &Replaces,
    ) -> Answered<Written>;

    /// Deletes the current object (leaves a delete marker in a bucket with versioning).
    async fn delete(&self, bucket: &str, key: &str, replaces: &Replaces) -> Answered<()>;

    /// Lists current objects by key.
    async fn list(&self, bucket: &str, prefix: &str, after: Option<String>) -> Answered<Listing>;

    /// Lists all versions and delete markers by key.
    async fn list_versions(
        &self,
        bucket: &str,
        prefix: &str,
        after: Option<String>,
    ) -> Answered<Listing>;

    /// Whether the bucket keeps versions; `NotFound` where there is no bucket.
    async fn keeps_versions(&self, bucket: &str) -> Answered<bool>;

    /// The bucket's tags.
    async fn bucket_tags(&self, bucket: &str) -> Answered<BTreeMap<String, String>>;
}
