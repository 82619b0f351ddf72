//! S3 in memory: buckets, versions, delete markers, ETags, conditions, pages.

use crate::World;
pub use crate::bucket::{Bucket, Version};
pub use crate::uploads::Pending;
use bytes::Bytes;
use std::collections::BTreeMap;
use windlass_domain::text::digest::Digest;
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_domain::text::time::Time;
use windlass_engine::ports::{
    CopySource, LifecycleRule, Listing, ObjectHead, ObjectId, PutOptions, PutToSign, Replaces, Result, S3Api,
    SignedPut, Upload, UploadPart, WrittenObject,
};

/// The buckets.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// The buckets by name.
    pub buckets: BTreeMap<String, Bucket>,
    /// The number of objects that a page of a listing has; S3's 1000 if 0.
    pub page: usize,
    /// The time at which the state was borrowed.
    pub now: Time,
    /// The number of objects that were ever written; version ids and KMS ETags are made from it.
    pub writes: u64,
    /// The uploads in parts that were begun and neither completed nor aborted, by id.
    pub uploads: BTreeMap<String, Pending>,
    /// The writes that were to be sent once, by key, with the milliseconds after which each was to be
    /// given up.
    pub sent_once: Vec<(String, u64)>,
}

impl State {
    /// Makes a bucket, or returns the one that is there.
    pub fn bucket(&mut self, name: &str, versioned: bool) -> &mut Bucket {
        let bucket = self.buckets.entry(name.to_owned()).or_default();
        bucket.versioned = versioned;
        bucket
    }

    /// Returns the bucket's present keys with their content as text; empty where there is no bucket.
    pub fn texts(&self, bucket: &str) -> BTreeMap<String, String> {
        self.buckets.get(bucket).map(Bucket::texts).unwrap_or_default()
    }

    /// Writes an object as somebody else would: without checksum, metadata or condition.
    pub fn upload(&mut self, bucket: &str, key: &str, bytes: impl Into<Bytes>) -> Version {
        let version = Version { bytes: bytes.into(), ..Version::default() };
        self.bucket_or_new(bucket);
        self.add(bucket, key, version)
    }

    fn bucket_or_new(&mut self, name: &str) {
        self.buckets.entry(name.to_owned()).or_insert(Bucket { versioned: true, ..Bucket::default() });
    }

    pub(crate) fn add(&mut self, bucket: &str, key: &str, mut version: Version) -> Version {
        self.writes += 1;
        version.modified = self.now;
        let number = self.writes;
        let bucket = self.buckets.entry(bucket.to_owned()).or_default();
        version.id = bucket.versioned.then(|| format!("version-{number:06}"));
        let known = version.sha256.clone();
        let sum = known.unwrap_or_else(|| Digest::of(&version.bytes));
        let sum = &sum.as_str()[..32];
        version.etag = match version.parts {
            _ if bucket.kms => format!("\"kms-{number:028}\""),
            0 => format!("\"{sum}\""),
            parts => format!("\"{sum}-{parts}\""),
        };
        if !version.bytes.is_empty() {
            version.size = version.bytes.len() as u64;
        }
        if bucket.forgetful {
            version.bytes = Bytes::new();
        }
        let versions = bucket.keys.entry(key.to_owned()).or_default();
        if !bucket.versioned {
            versions.clear();
        }
        versions.push(version.clone());
        version
    }

    pub(crate) fn known(&self, bucket: &str) -> Result<&Bucket> {
        self.buckets.get(bucket).ok_or_else(|| {
            let text = format!("S3 404 NoSuchBucket: {bucket}");
            Fault::new(FaultName::NotFound, text)
        })
    }

    fn find(&self, object: &ObjectId) -> Option<&Version> {
        let bucket = self.buckets.get(&object.bucket)?;
        match &object.version_id {
            None => bucket.current(&object.key),
            Some(id) => {
                bucket.keys.get(&object.key)?.iter().find(|version| version.id.as_ref() == Some(id) && !version.marker)
            }
        }
    }

    fn require(&self, object: &ObjectId) -> Result<&Version> {
        self.find(object).ok_or_else(|| {
            let text = format!("S3 404 NoSuchKey: {}/{}", object.bucket, object.key);
            Fault::new(FaultName::NotFound, text)
        })
    }
}

/// The effects, without the hook for mishaps.
impl World {
    fn object_get(&self, object: &ObjectId, limit: u64) -> Result<Bytes> {
        let bytes = self.s3().require(object)?.bytes.clone();
        if bytes.len() as u64 > limit {
            let text = format!("{} is larger than {limit} bytes", object.key);
            return Err(Fault::new(FaultName::Refused, text));
        }
        Ok(bytes)
    }

    fn object_get_range(&self, object: &ObjectId, start: u64, length: u64) -> Result<Bytes> {
        let bytes = self.s3().require(object)?.bytes.clone();
        let all = bytes.len();
        let from = usize::try_from(start).unwrap_or(all);
        if from >= all {
            let text = format!("S3 416 InvalidRange: {start} of {all} bytes");
            return Err(Fault::new(FaultName::Refused, text));
        }
        let length = usize::try_from(length).unwrap_or(all);
        Ok(bytes.slice(from..all.min(from.saturating_add(length))))
    }

    fn object_put(&self, bucket: &str, key: &str, bytes: Bytes, options: &PutOptions) -> Result<WrittenObject> {
        // Amazon S3 User Guide, "Naming Amazon S3 objects".
        if key.len() > 1024 {
            let text = "S3 400 KeyTooLongError: Your key is too long";
            return Err(Fault::new(FaultName::Refused, text));
        }
        let mut state = self.s3();
        state.known(bucket)?.check(key, &options.replaces)?;
        let sha256 = Digest::of(&bytes);
        if options.sha256.as_ref().is_some_and(|it| *it != sha256) {
            let text = format!("S3 400 BadDigest: {key} is not what its checksum says");
            return Err(Fault::new(FaultName::Refused, text));
        }
        let version = Version {
            sha256: Some(sha256),
            bytes,
            metadata: options.metadata.clone(),
            content_type: options.content_type.clone(),
            cache_control: options.cache_control.clone(),
            content_encoding: options.content_encoding.clone(),
            ..Version::default()
        };
        let version = state.add(bucket, key, version);
        Ok(WrittenObject { etag: version.etag, version_id: version.id })
    }

    fn object_copy(&self, from: &CopySource, bucket: &str, key: &str, replaces: &Replaces) -> Result<WrittenObject> {
        let mut state = self.s3();
        state.known(bucket)?.check(key, replaces)?;
        let source = state.require(&from.object)?.clone();
        if from.etag.as_ref().is_some_and(|etag| *etag != source.etag) {
            let text = format!("S3 412 PreconditionFailed: {} is not {from:?}", source.etag);
            return Err(Fault::new(FaultName::Conflict, text));
        }
        if !source.tags.is_empty() {
            state.known(bucket)?.shows_tags(key)?;
        }
        let version = Version { parts: 0, ..source };
        let version = state.add(bucket, key, version);
        Ok(WrittenObject { etag: version.etag, version_id: version.id })
    }

    fn object_tags_of(&self, object: &ObjectId) -> Result<BTreeMap<String, String>> {
        let state = self.s3();
        state.known(&object.bucket)?.shows_tags(&object.key)?;
        Ok(state.require(object)?.tags.clone())
    }

    fn object_keeps_versions(&self, bucket: &str) -> Result<bool> {
        Ok(self.s3().known(bucket)?.versioned)
    }

    fn object_bucket_tags(&self, bucket: &str) -> Result<BTreeMap<String, String>> {
        Ok(self.s3().known(bucket)?.tags.clone())
    }
}

impl World {
    fn note_if_once(&self, key: &str) {
        if let Some(ms) = self.once_ms {
            self.s3().sent_once.push((key.to_owned(), ms));
        }
    }
}

impl S3Api for World {
    fn sent_once(&self, within_ms: u64) -> Self {
        Self { once_ms: Some(within_ms), ..self.clone() }
    }

    async fn head(&self, object: &ObjectId) -> Result<Option<ObjectHead>> {
        let call = self.call("s3.head").await?;
        self.let_in(&object.bucket)?;
        let answer = self.s3().find(object).map(Version::head);
        call.answer(answer).await
    }

    async fn get(&self, object: &ObjectId, limit: u64) -> Result<Bytes> {
        let call = self.call("s3.get").await?;
        let answer = self.object_get(object, limit)?;
        call.answer(answer).await
    }

    async fn get_range(&self, object: &ObjectId, start: u64, length: u64) -> Result<Bytes> {
        let call = self.call("s3.get_range").await?;
        let answer = self.object_get_range(object, start, length)?;
        call.answer(answer).await
    }

    async fn put(&self, bucket: &str, key: &str, bytes: Bytes, options: &PutOptions) -> Result<WrittenObject> {
        let call = self.call("s3.put").await?;
        self.note_if_once(key);
        let answer = self.object_put(bucket, key, bytes, options)?;
        call.answer(answer).await
    }

    async fn presign_put(&self, bucket: &str, key: &str, put: &PutToSign) -> Result<SignedPut> {
        // A signature is made without a call.
        self.s3().known(bucket)?;
        let headers = [
            ("content-length".to_owned(), put.bytes.to_string()),
            ("x-amz-checksum-sha256".to_owned(), put.sha256.as_str().to_owned()),
        ];
        let url = format!("https://{bucket}.s3.example/{key}?X-Amz-Expires={}", put.valid_s);
        Ok(SignedPut { url, headers: headers.into() })
    }

    async fn create_upload(&self, bucket: &str, key: &str, options: &PutOptions) -> Result<Upload> {
        let call = self.call("s3.create_upload").await?;
        let answer = self.upload_create(bucket, key, options)?;
        call.answer(answer).await
    }

    async fn upload_part(&self, upload: &Upload, number: u16, bytes: Bytes) -> Result<UploadPart> {
        let call = self.call("s3.upload_part").await?;
        let answer = self.upload_part_of(upload, number, bytes)?;
        call.answer(answer).await
    }

    async fn complete_upload(
        &self,
        upload: &Upload,
        parts: &[UploadPart],
        replaces: &Replaces,
    ) -> Result<WrittenObject> {
        let call = self.call("s3.complete_upload").await?;
        self.note_if_once(&upload.key);
        let answer = self.upload_complete(upload, parts, replaces)?;
        call.answer(answer).await
    }

    async fn abort_upload(&self, upload: &Upload) -> Result<()> {
        let call = self.call("s3.abort_upload").await?;
        self.upload_abort(upload)?;
        call.answer(()).await
    }

    async fn lifecycle(&self, bucket: &str) -> Result<Vec<LifecycleRule>> {
        let call = self.call("s3.lifecycle").await?;
        let answer = self.s3().known(bucket)?.lifecycle.clone();
        call.answer(answer).await
    }

    async fn object_tags(&self, object: &ObjectId) -> Result<BTreeMap<String, String>> {
        let call = self.call("s3.object_tags").await?;
        let answer = self.object_tags_of(object)?;
        call.answer(answer).await
    }

    async fn copy(&self, from: &CopySource, bucket: &str, key: &str, replaces: &Replaces) -> Result<WrittenObject> {
        let call = self.call("s3.copy").await?;
        self.note_if_once(key);
        let answer = self.object_copy(from, bucket, key, replaces)?;
        call.answer(answer).await
    }

    async fn delete(&self, bucket: &str, key: &str, replaces: &Replaces) -> Result<()> {
        let call = self.call("s3.delete").await?;
        self.note_if_once(key);
        self.object_delete(bucket, key, replaces)?;
        call.answer(()).await
    }

    async fn delete_all(&self, bucket: &str, keys: &[String]) -> Result<()> {
        let call = self.call("s3.delete_all").await?;
        self.object_delete_all(bucket, keys)?;
        call.answer(()).await
    }

    async fn list(&self, bucket: &str, prefix: &str, after: Option<String>) -> Result<Listing> {
        let call = self.call("s3.list").await?;
        let answer = self.object_list(bucket, prefix, after.as_deref())?;
        call.answer(answer).await
    }

    async fn list_versions(&self, bucket: &str, prefix: &str, after: Option<String>) -> Result<Listing> {
        let call = self.call("s3.list_versions").await?;
        let answer = self.object_list_versions(bucket, prefix, after)?;
        call.answer(answer).await
    }

    async fn keeps_versions(&self, bucket: &str) -> Result<bool> {
        let call = self.call("s3.keeps_versions").await?;
        let answer = self.object_keeps_versions(bucket)?;
        call.answer(answer).await
    }

    async fn bucket_tags(&self, bucket: &str) -> Result<BTreeMap<String, String>> {
        let call = self.call("s3.bucket_tags").await?;
        let answer = self.object_bucket_tags(bucket)?;
        call.answer(answer).await
    }
}
