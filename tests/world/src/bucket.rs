//! A bucket in memory: the versions of each key, and conditions on the current one.

use crate::World;
use bytes::Bytes;
use std::collections::BTreeMap;
use windlass_domain::digest::Digest;
use windlass_domain::fault::{Fault, FaultName};
use windlass_domain::time::Time;
use windlass_engine::ports::{Answered, LifecycleRule, ObjectHead, Replaces};

/// A bucket.
#[derive(Debug, Clone, Default)]
pub struct Bucket {
    /// Whether it keeps versions.
    pub versioned: bool,
    /// Whether its ETags say nothing of the content, as with SSE-KMS.
    pub kms: bool,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// Whether it keeps of an object everything but its bytes, for sites that do not fit in memory.
    pub forgetful: bool,
    /// The rules of its lifecycle; they are told and not followed.
    pub lifecycle: Vec<LifecycleRule>,
    /// Whether its policy lets in no role of another account.
    pub closed: bool,
    /// Whether Windlass's roles may neither read nor write the tags of its objects.
    pub hides_tags: bool,
    /// The versions of each key, oldest first.
    pub keys: BTreeMap<String, Vec<Version>>,
}

/// One version of an object, or a delete marker.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Version {
    /// Its id; absent in a bucket without versioning.
    pub id: Option<String>,
    /// Its ETag with quotes.
    pub etag: String,
    /// Its bytes.
    pub bytes: Bytes,
    /// When it was written.
    pub modified: Time,
    /// How many bytes it has.
    pub size: u64,
    /// In how many parts it was uploaded; 0 in one piece.
    pub parts: usize,
    /// Its SHA-256, where it was uploaded with that checksum.
    pub sha256: Option<Digest>,
    /// The user's metadata.
    pub metadata: BTreeMap<String, String>,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// Its content type.
    pub content_type: Option<String>,
    /// Its cache header.
    pub cache_control: Option<String>,
    /// Whether it is a delete marker.
    pub marker: bool,
}

impl Version {
    pub(crate) fn head(&self) -> ObjectHead {
        ObjectHead {
            bytes: self.size,
            etag: self.etag.clone(),
            version_id: self.id.clone(),
            sha256: self.sha256.clone(),
            metadata: self.metadata.clone(),
            content_type: self.content_type.clone(),
            cache_control: self.cache_control.clone(),
        }
    }
}

impl World {
    /// Whether the bucket's policy lets this handle's role read: another account's role needs that.
    pub(crate) fn let_in(&self, bucket: &str) -> Answered<()> {
        let closed = self.objects().buckets.get(bucket).is_some_and(|b| b.closed);
        if closed && self.place().role.is_some() {
            let text = format!("the bucket {bucket} lets this role not read");
            return Err(Fault::new(FaultName::AccessDenied, text));
        }
        Ok(())
    }
}

impl Bucket {
    /// Whether the role may read and write the tags of the object at a key (Amazon S3 API Reference,
    /// `CopyObject`: its tags go along).
    pub(crate) fn shows_tags(&self, key: &str) -> Answered<()> {
        if self.hides_tags {
            let text = format!("S3 403 AccessDenied: s3:GetObjectTagging on {key}");
            return Err(Fault::new(FaultName::AccessDenied, text));
        }
        Ok(())
    }

    /// The current version of a key; `None` where there is none or it is deleted.
    pub fn current(&self, key: &str) -> Option<&Version> {
        self.keys
            .get(key)
            .and_then(|versions| versions.last())
            .filter(|version| !version.marker)
    }

    /// The keys that exist now with their content as text, for a test to compare.
    pub fn texts(&self) -> BTreeMap<String, String> {
        self.keys
            .keys()
            .filter_map(|key| Some((key.clone(), self.current(key)?)))
            .map(|(key, version)| (key, String::from_utf8_lossy(&version.bytes).into_owned()))
            .collect()
    }

    pub(crate) fn check(&self, key: &str, replaces: &Replaces) -> Answered<()> {
        let holds = match (replaces, self.current(key)) {
            (Replaces::Anything, _) | (Replaces::Nothing, None) => true,
            (Replaces::Nothing, Some(_)) | (Replaces::ETag(_), None) => false,
            (Replaces::ETag(etag), Some(version)) => version.etag == *etag,
        };
        if holds {
            Ok(())
        } else {
            let text = format!("S3 412 PreconditionFailed: {key} does not match {replaces:?}");
            Err(Fault::new(FaultName::Conflict, text))
        }
    }
}
