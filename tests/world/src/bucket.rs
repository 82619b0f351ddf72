//! A bucket in memory: the versions of each key, and conditions on the current one.

use crate::World;
use bytes::Bytes;
use std::collections::BTreeMap;
use windlass_domain::text::digest::Digest;
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_domain::text::time::Time;
use windlass_engine::ports::{LifecycleRule, ObjectHead, Replaces, Result};

/// A bucket.
#[derive(Debug, Clone, Default)]
pub struct Bucket {
    /// True if it keeps versions.
    pub versioned: bool,
    /// True if its ETags say nothing of the content, as with SSE-KMS.
    pub kms: bool,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// True if it keeps everything of an object but its bytes, for sites that do not fit in memory.
    pub forgetful: bool,
    /// The rules of its lifecycle. They are returned to callers, but nothing follows them.
    pub lifecycle: Vec<LifecycleRule>,
    /// True if its policy lets in no role of another account.
    pub closed: bool,
    /// True if Windlass's roles may neither read nor write the tags of its objects.
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
    /// The time at which it was written.
    pub modified: Time,
    /// Its size in bytes.
    pub size: u64,
    /// The number of parts in which it was uploaded; 0 if in one piece.
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
    /// Its packing.
    pub content_encoding: Option<String>,
    /// True if it is a delete marker.
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
            content_encoding: self.content_encoding.clone(),
        }
    }
}

impl World {
    /// Refuses with `AccessDenied` where the bucket is closed and this handle uses another account's role, which would
    /// need the bucket's policy to let it read.
    pub(crate) fn let_in(&self, bucket: &str) -> Result<()> {
        let closed = self.s3().buckets.get(bucket).is_some_and(|b| b.closed);
        if closed && self.place().role.is_some() {
            let text = format!("the bucket {bucket} lets this role not read");
            return Err(Fault::new(FaultName::AccessDenied, text));
        }
        Ok(())
    }
}

impl Bucket {
    /// Refuses with `AccessDenied` where the role may not read and write the tags of the object at a key. A copy needs
    /// them too (Amazon S3 API Reference, `CopyObject`: its tags go along).
    pub(crate) fn shows_tags(&self, key: &str) -> Result<()> {
        if self.hides_tags {
            let text = format!("S3 403 AccessDenied: s3:GetObjectTagging on {key}");
            return Err(Fault::new(FaultName::AccessDenied, text));
        }
        Ok(())
    }

    /// Returns the current version of a key; `None` where there is none or it is deleted.
    pub fn current(&self, key: &str) -> Option<&Version> {
        self.keys.get(key).and_then(|versions| versions.last()).filter(|version| !version.marker)
    }

    /// Returns the keys that exist now with their content as text, for a test to compare.
    pub fn texts(&self) -> BTreeMap<String, String> {
        self.keys
            .keys()
            .filter_map(|key| Some((key.clone(), self.current(key)?)))
            .map(|(key, version)| (key, String::from_utf8_lossy(&version.bytes).into_owned()))
            .collect()
    }

    pub(crate) fn check(&self, key: &str, replaces: &Replaces) -> Result<()> {
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
