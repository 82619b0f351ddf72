//! The contents of the store: buckets, and in each bucket the versions of its objects.

use bytes::Bytes;
use s3s::dto::{ETag, ETagCondition, Metadata, ObjectVersionId, Tag, Timestamp};
use s3s::{S3Result, s3_error};
use std::collections::{BTreeMap, HashMap};

/// The whole contents of the store.
#[derive(Default)]
pub struct Contents {
    pub buckets: HashMap<String, Bucket>,
    pub uploads: HashMap<String, Upload>,
    versions: u64,
}

#[derive(Default)]
pub struct Bucket {
    pub keeps_versions: bool,
    pub tags: Vec<Tag>,
    /// The versions of each key, oldest first. Without versioning there is one.
    pub objects: BTreeMap<String, Vec<Version>>,
}

/// An upload in parts.
pub struct Upload {
    pub meta: Meta,
    pub parts: BTreeMap<i32, Bytes>,
}

#[derive(Clone)]
pub struct Version {
    pub id: Option<ObjectVersionId>,
    pub bytes: Bytes,
    pub etag: String,
    pub meta: Meta,
    pub modified: Timestamp,
    /// True for a delete marker.
    pub deleted: bool,
}

#[derive(Clone, Default)]
pub struct Meta {
    pub content_type: Option<String>,
    pub cache_control: Option<String>,
    pub user: Option<Metadata>,
    pub sha256: Option<String>,
}

impl Contents {
    pub fn bucket(&mut self, name: &str) -> S3Result<&mut Bucket> {
        self.buckets
            .get_mut(name)
            .ok_or_else(|| s3_error!(NoSuchBucket))
    }

    /// Finds an object that is not deleted: the current version, or the one that is asked for.
    pub fn find(&mut self, bucket: &str, key: &str, version: Option<&str>) -> S3Result<Version> {
        let versions = self.bucket(bucket)?.objects.get(key);
        let mut versions = versions.into_iter().flatten();
        let found = match version {
            None => versions.next_back(),
            Some(id) => versions.find(|version| version.id.as_deref().unwrap_or("null") == id),
        };
        match found {
            Some(version) if !version.deleted => Ok(version.clone()),
            _ => Err(s3_error!(NoSuchKey)),
        }
    }

    /// Writes a version under the conditions that a request may carry.
    pub fn write(
        &mut self,
        bucket: &str,
        key: &str,
        mut version: Version,
        conditions: Conditions,
    ) -> S3Result<Option<ObjectVersionId>> {
        self.versions += 1;
        let number = self.versions;
        let bucket = self.bucket(bucket)?;
        let keeps_versions = bucket.keeps_versions;
        let versions = bucket.objects.entry(key.to_owned()).or_default();
        conditions.check(versions.last().filter(|version| !version.deleted))?;
        if keeps_versions {
            version.id = Some(format!("v{number:012}"));
        } else {
            versions.clear();
        }
        let id = version.id.clone();
        if keeps_versions || !version.deleted {
            versions.push(version);
        } else {
            bucket.objects.remove(key);
        }
        Ok(id)
    }
}

/// `If-Match` and `If-None-Match`.
#[derive(Default)]
pub struct Conditions {
    pub matches: Option<ETagCondition>,
    pub matches_none: Option<ETagCondition>,
}

impl Conditions {
    fn check(&self, current: Option<&Version>) -> S3Result<()> {
        let is = |condition: &ETagCondition| match condition {
            ETagCondition::Any => current.is_some(),
            ETagCondition::ETag(etag) => {
                current.is_some_and(|current| etag.value() == current.etag)
            }
        };
        if self
            .matches
            .as_ref()
            .is_some_and(|condition| !is(condition))
            || self.matches_none.as_ref().is_some_and(is)
        {
            return Err(s3_error!(PreconditionFailed));
        }
        Ok(())
    }
}

impl Version {
    pub fn new(bytes: Bytes, etag: String, meta: Meta) -> Self {
        let modified = std::time::SystemTime::now().into();
        Self {
            id: None,
            bytes,
            etag,
            meta,
            modified,
            deleted: false,
        }
    }

    /// A delete marker.
    pub fn marker() -> Self {
        Self {
            deleted: true,
            ..Self::new(Bytes::new(), String::new(), Meta::default())
        }
    }

    pub fn etag(&self) -> Option<ETag> {
        Some(ETag::Strong(self.etag.clone()))
    }

    pub fn size(&self) -> Option<i64> {
        i64::try_from(self.bytes.len()).ok()
    }
}
