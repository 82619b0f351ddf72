//! S3 in memory: buckets, versions, delete markers, ETags, conditions, pages.

pub use crate::bucket::{Bucket, Version};

use crate::World;
use bytes::Bytes;
use std::collections::BTreeMap;
use windlass_domain::digest::Digest;
use windlass_domain::fault::{Fault, FaultName};
use windlass_engine::ports::{
    Answered, Listed, Listing, ObjectHead, ObjectId, Objects, PutOptions, Replaces, Written,
};

/// The buckets.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// The buckets by name.
    pub buckets: BTreeMap<String, Bucket>,
    /// How many objects a page of a listing has; S3's 1000 if 0.
    pub page: usize,
    /// How many objects were ever written; version ids and KMS ETags are made from it.
    pub writes: u64,
}

impl State {
    /// Makes a bucket, or answers the one that is there.
    pub fn bucket(&mut self, name: &str, versioned: bool) -> &mut Bucket {
        let bucket = self.buckets.entry(name.to_owned()).or_default();
        bucket.versioned = versioned;
        bucket
    }

    /// The bucket's present keys with their content as text; empty where there is no bucket.
    pub fn texts(&self, bucket: &str) -> BTreeMap<String, String> {
        self.buckets
            .get(bucket)
            .map(Bucket::texts)
            .unwrap_or_default()
    }

    /// Writes an object as somebody else would: without checksum, metadata or condition.
    pub fn upload(&mut self, bucket: &str, key: &str, bytes: impl Into<Bytes>) -> Version {
        let version = Version {
            bytes: bytes.into(),
            ..Version::default()
        };
        self.bucket_or_new(bucket);
        self.add(bucket, key, version)
    }

    fn bucket_or_new(&mut self, name: &str) {
        self.buckets.entry(name.to_owned()).or_insert(Bucket {
            versioned: true,
            ..Bucket::default()
        });
    }

    fn add(&mut self, bucket: &str, key: &str, mut version: Version) -> Version {
        self.writes += 1;
        let number = self.writes;
        let bucket = self.buckets.entry(bucket.to_owned()).or_default();
        version.id = bucket.versioned.then(|| format!("version-{number:06}"));
        version.etag = if bucket.kms {
            format!("\"kms-{number:028}\"")
        } else {
            format!("\"{}\"", &Digest::of(&version.bytes).as_str()[..32])
        };
        let versions = bucket.keys.entry(key.to_owned()).or_default();
        if !bucket.versioned {
            versions.clear();
        }
        versions.push(version.clone());
        version
    }

    fn known(&self, bucket: &str) -> Answered<&Bucket> {
        self.buckets.get(bucket).ok_or_else(|| {
            let text = format!("S3 404 NoSuchBucket: {bucket}");
            Fault::new(FaultName::NotFound, text)
        })
    }

    fn find(&self, object: &ObjectId) -> Option<&Version> {
        let bucket = self.buckets.get(&object.bucket)?;
        match &object.version_id {
            None => bucket.current(&object.key),
            Some(id) => bucket
                .keys
                .get(&object.key)?
                .iter()
                .find(|version| version.id.as_ref() == Some(id) && !version.marker),
        }
    }

    fn require(&self, object: &ObjectId) -> Answered<&Version> {
        self.find(object).ok_or_else(|| {
            let text = format!("S3 404 NoSuchKey: {}/{}", object.bucket, object.key);
            Fault::new(FaultName::NotFound, text)
        })
    }

    fn page_of(&self, all: Vec<Listed>, after: Option<String>) -> Listing {
        let page = if self.page == 0 { 1000 } else { self.page };
        let start: usize = after.and_then(|after| after.parse().ok()).unwrap_or(0);
        let next = (all.len() > start + page).then(|| (start + page).to_string());
        Listing {
            objects: all.into_iter().skip(start).take(page).collect(),
            next,
        }
    }
}

fn listed(key: &str, version: &Version, latest: bool) -> Listed {
    Listed {
        key: key.to_owned(),
        etag: version.etag.clone(),
        bytes: version.bytes.len() as u64,
        version_id: version.id.clone(),
        latest,
        deleted: version.marker,
    }
}

/// The effects, without the hook for mishaps.
impl World {
    fn object_get(&self, object: &ObjectId, limit: u64) -> Answered<Bytes> {
        let bytes = self.objects().require(object)?.bytes.clone();
        if bytes.len() as u64 > limit {
            let text = format!("{} is larger than {limit} bytes", object.key);
            return Err(Fault::new(FaultName::Refused, text));
        }
        Ok(bytes)
    }

    fn object_get_range(&self, object: &ObjectId, start: u64, length: u64) -> Answered<Bytes> {
        let bytes = self.objects().require(object)?.bytes.clone();
        let all = bytes.len();
        let from = usize::try_from(start).unwrap_or(all);
        if from >= all {
            let text = format!("S3 416 InvalidRange: {start} of {all} bytes");
            return Err(Fault::new(FaultName::Refused, text));
        }
        let length = usize::try_from(length).unwrap_or(all);
        Ok(bytes.slice(from..all.min(from.saturating_add(length))))
    }

    fn object_put(
        &self,
        bucket: &str,
        key: &str,
        bytes: Bytes,
        options: &PutOptions,
    ) -> Answered<Written> {
        let mut state = self.objects();
        state.known(bucket)?.check(key, &options.replaces)?;
        let version = Version {
            sha256: Some(Digest::of(&bytes)),
            bytes,
            metadata: options.metadata.clone(),
            content_type: options.content_type.clone(),
            cache_control: options.cache_control.clone(),
            ..Version::default()
        };
        let version = state.add(bucket, key, version);
        Ok(Written {
            etag: version.etag,
            version_id: version.id,
        })
    }

    fn object_copy(
        &self,
        from: &ObjectId,
        bucket: &str,
        key: &str,
        replaces: &Replaces,
    ) -> Answered<Written> {
        let mut state = self.objects();
        state.known(bucket)?.check(key, replaces)?;
        let version = state.require(from)?.clone();
        let version = state.add(bucket, key, version);
        Ok(Written {
            etag: version.etag,
            version_id: version.id,
        })
    }

    fn object_delete(&self, bucket: &str, key: &str, replaces: &Replaces) -> Answered<()> {
        let mut state = self.objects();
        let versioned = {
            let known = state.known(bucket)?;
            known.check(key, replaces)?;
            known.versioned
        };
        let marker = Version {
            marker: true,
            ..Version::default()
        };
        state.add(bucket, key, marker);
        if !versioned && let Some(bucket) = state.buckets.get_mut(bucket) {
            bucket.keys.remove(key);
        }
        Ok(())
    }

    fn object_list(&self, bucket: &str, prefix: &str, after: Option<String>) -> Answered<Listing> {
        let state = self.objects();
        let known = state.known(bucket)?;
        let all = known
            .keys
            .keys()
            .filter(|key| key.starts_with(prefix))
            .filter_map(|key| Some((key, known.current(key)?)))
            .map(|(key, version)| Listed {
                version_id: None,
                ..listed(key, version, true)
            })
            .collect();
        Ok(state.page_of(all, after))
    }

    fn object_list_versions(
        &self,
        bucket: &str,
        prefix: &str,
        after: Option<String>,
    ) -> Answered<Listing> {
        let state = self.objects();
        let known = state.known(bucket)?;
        let mut all = Vec::new();
        for (key, versions) in &known.keys {
            if key.starts_with(prefix) {
                let newest_first = versions.iter().rev().enumerate();
                all.extend(newest_first.map(|(index, version)| listed(key, version, index == 0)));
            }
        }
        Ok(state.page_of(all, after))
    }

    fn object_keeps_versions(&self, bucket: &str) -> Answered<bool> {
        Ok(self.objects().known(bucket)?.versioned)
    }

    fn object_bucket_tags(&self, bucket: &str) -> Answered<BTreeMap<String, String>> {
        Ok(self.objects().known(bucket)?.tags.clone())
    }
}

impl Objects for World {
    async fn head(&self, object: &ObjectId) -> Answered<Option<ObjectHead>> {
        let call = self.call("objects.head").await?;
        let answer = self.objects().find(object).map(Version::head);
        call.answer(answer).await
    }

    async fn get(&self, object: &ObjectId, limit: u64) -> Answered<Bytes> {
        let call = self.call("objects.get").await?;
        let answer = self.object_get(object, limit)?;
        call.answer(answer).await
    }

    async fn get_range(&self, object: &ObjectId, start: u64, length: u64) -> Answered<Bytes> {
        let call = self.call("objects.get_range").await?;
        let answer = self.object_get_range(object, start, length)?;
        call.answer(answer).await
    }

    async fn put(
        &self,
        bucket: &str,
        key: &str,
        bytes: Bytes,
        options: &PutOptions,
    ) -> Answered<Written> {
        let call = self.call("objects.put").await?;
        let answer = self.object_put(bucket, key, bytes, options)?;
        call.answer(answer).await
    }

    async fn copy(
        &self,
        from: &ObjectId,
        bucket: &str,
        key: &str,
        replaces: &Replaces,
    ) -> Answered<Written> {
        let call = self.call("objects.copy").await?;
        let answer = self.object_copy(from, bucket, key, replaces)?;
        call.answer(answer).await
    }

    async fn delete(&self, bucket: &str, key: &str, replaces: &Replaces) -> Answered<()> {
        let call = self.call("objects.delete").await?;
        self.object_delete(bucket, key, replaces)?;
        call.answer(()).await
    }

    async fn list(&self, bucket: &str, prefix: &str, after: Option<String>) -> Answered<Listing> {
        let call = self.call("objects.list").await?;
        let answer = self.object_list(bucket, prefix, after)?;
        call.answer(answer).await
    }

    async fn list_versions(
        &self,
        bucket: &str,
        prefix: &str,
        after: Option<String>,
    ) -> Answered<Listing> {
        let call = self.call("objects.list_versions").await?;
        let answer = self.object_list_versions(bucket, prefix, after)?;
        call.answer(answer).await
    }

    async fn keeps_versions(&self, bucket: &str) -> Answered<bool> {
        let call = self.call("objects.keeps_versions").await?;
        let answer = self.object_keeps_versions(bucket)?;
        call.answer(answer).await
    }

    async fn bucket_tags(&self, bucket: &str) -> Answered<BTreeMap<String, String>> {
        let call = self.call("objects.bucket_tags").await?;
        let answer = self.object_bucket_tags(bucket)?;
        call.answer(answer).await
    }
}
