//! The lists of a site: the files of a release, and the objects at the keys. They are kept in the artifacts bucket.

use super::calls::{self, Patience, list_all};
use super::rows::{Names, Rows};
use super::target::Target;
use crate::config::Configured;
use crate::kinds::{Kept, digest_of, to_json};
use crate::ports::{
    Answered, Clock, Listed, ObjectId, Objects as ObjectStore, Part, PutOptions, Replaces, Upload,
    Written,
};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::cell::Cell;
use std::collections::BTreeMap;
use windlass_domain::digest::Digest;
use windlass_domain::fault::{Fault, FaultName};
use windlass_domain::identity::DeploymentId;

/// A file of a release, which is served at its path. Two files are equal if visitors get the same.
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
    /// The CRC-32 of the same bytes, as an archive's directory tells it; `None` if the bytes did not come from an
    /// archive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crc32: Option<u32>,
}

impl PartialEq for File {
    fn eq(&self, other: &Self) -> bool {
        self.sha256 == other.sha256
            && self.bytes == other.bytes
            && self.content_type == other.content_type
            && self.cache_control == other.cache_control
    }
}

/// The files of a release by path.
pub type Files = BTreeMap<String, File>;

/// The object at a key, as it was seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Object {
    /// Its ETag.
    pub etag: String,
    /// Its size.
    pub bytes: u64,
    /// Its version id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version_id: Option<String>,
    /// The content, as far as Windlass knows it; `None` if somebody else wrote the object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<File>,
    /// True if the path belongs to the site: Windlass wrote it once, so it may overwrite and delete it. Foreign objects
    /// are left alone unless a release has a file of that path.
    pub ours: bool,
    /// The ETag of the recorded object of which it is a copy. S3 may give a copy another ETag, and nothing else tells
    /// what somebody else's object is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub copy_of: Option<String>,
}

/// The objects by path.
pub type Objects = BTreeMap<String, Object>;

/// A note on one path: what a deployment read from the archive, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Handled {
    /// The path.
    pub path: String,
    /// The file of the release; `None` if a recorded object was restored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<File>,
    /// The recorded object that was restored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restored: Option<Object>,
    /// The ETag of the object that was written; `None` if the file was only read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub etag: Option<String>,
    /// The version that was written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version_id: Option<String>,
    /// The upload whose completion writes the object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub staged: Option<Staged>,
}

/// An upload in parts that lacks only its completion. Visitors notice the completion.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Staged {
    /// The upload.
    pub upload: Upload,
    /// All its parts.
    pub parts: Vec<Part>,
}

impl Handled {
    /// A file that was only read.
    pub fn read(path: &str, file: File) -> Self {
        Self {
            path: path.to_owned(),
            file: Some(file),
            restored: None,
            etag: None,
            version_id: None,
            staged: None,
        }
    }

    /// A file as it was written.
    pub fn written(path: &str, file: File, written: Written) -> Self {
        Self {
            etag: Some(written.etag),
            version_id: written.version_id,
            ..Self::read(path, file)
        }
    }

    /// A file that is uploaded, except for the completion.
    pub fn staged(path: &str, file: File, staged: Staged) -> Self {
        Self {
            staged: Some(staged),
            ..Self::read(path, file)
        }
    }

    /// A recorded object as it was restored.
    pub fn restored(path: &str, object: Object, written: Written) -> Self {
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
        Some(Object {
            etag,
            bytes: file.bytes,
            version_id,
            file: Some(file),
            ours: true,
            copy_of: None,
        })
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

/// The largest list that is read, in bytes: it has a million files.
const LONGEST: u64 = 512 * 1024 * 1024;

/// The lists of one site. Lists that are named by the digest of their content are kept as in every kind ([`Kept`]). The
/// others are named by a release, a deployment or a folder.
pub struct Lists<'a, P> {
    pub(super) home: &'a P,
    pub(super) folder: String,
    /// The lists that are named by the digest of their content.
    pub(super) kept: Kept<'a, P>,
}

impl<'a, P: ObjectStore + Clock + Configured> Lists<'a, P> {
    /// The lists of a site; `home` are the ports at the deployer's own place.
    pub fn of(home: &'a P, target: &Target) -> Self {
        let owner = target.folder();
        Self {
            home,
            folder: format!("windlass/sites/{owner}/"),
            kept: Kept::of(home, "sites", &owner),
        }
    }

    /// Returns the files of a release, once they are known.
    pub async fn release(&self, release: &Digest) -> Answered<Option<Files>> {
        let files: Option<Rows<Files>> = self.read(&self.release_key(release)).await?;
        Ok(files.map(|files| files.0))
    }

    /// Returns the paths of a release's files, once they are known. The rest of the list is skipped.
    pub async fn release_paths(&self, release: &Digest) -> Answered<Option<Vec<String>>> {
        let files: Option<Names> = self.read(&self.release_key(release)).await?;
        Ok(files.map(|files| files.0.into_keys().collect()))
    }

    /// Keeps the files of a release. The same release always has the same files.
    pub async fn keep_release(&self, release: &Digest, files: &Files) -> Answered<()> {
        self.keep(&self.release_key(release), &Rows(files)).await
    }

    /// Returns the notes of what this deployment has handled so far.
    pub async fn handled(&self, deployment: &DeploymentId) -> Answered<Vec<Handled>> {
        let folder = format!("{}handled/{deployment}/", self.folder);
        let bucket = &self.home.config().artifacts_bucket;
        let notes = list_all(self.home, bucket, &folder, &[]).await?;
        self.handled_in(&notes).await
    }

    pub(super) async fn handled_in(&self, notes: &[Listed]) -> Answered<Vec<Handled>> {
        let pace = Cell::default();
        let (parts, fault) = calls::all(self.home, &pace, Patience::Long, notes, |note| {
            self.read::<Vec<Handled>>(&note.key)
        })
        .await;
        let parts = parts.into_iter().flatten().flatten();
        fault.map_or_else(|| Ok(parts.collect()), Err)
    }

    /// Notes what was handled, so that a later invocation need not look again.
    pub async fn note_handled(
        &self,
        deployment: &DeploymentId,
        handled: &[Handled],
    ) -> Answered<()> {
        if handled.is_empty() {
            return Ok(());
        }
        let name = digest_of(&handled)?;
        let key = format!("{}handled/{deployment}/{}.json", self.folder, name.short());
        self.keep(&key, &handled).await
    }

    fn release_key(&self, release: &Digest) -> String {
        format!("{}release-{release}.json", self.folder)
    }

    pub(super) async fn read<T: DeserializeOwned>(&self, key: &str) -> Answered<Option<T>> {
        let object = ObjectId {
            bucket: self.home.config().artifacts_bucket.clone(),
            key: key.to_owned(),
            version_id: None,
        };
        let bytes = match self.home.get(&object, LONGEST).await {
            Ok(bytes) => bytes,
            Err(fault) if fault.name == FaultName::NotFound => return Ok(None),
            Err(fault) => return Err(fault),
        };
        let read = serde_json::from_slice(&bytes);
        read.map(Some)
            .map_err(|error| Fault::internal(format!("the list {key} cannot be read: {error}")))
    }

    /// Writes a list whose name tells its content: one that is there already is the same.
    pub(super) async fn keep(&self, key: &str, list: &impl Serialize) -> Answered<()> {
        match self.write(key, list, Replaces::Nothing).await {
            Err(fault) if fault.name == FaultName::Conflict => Ok(()),
            answer => answer,
        }
    }

    pub(super) async fn write(
        &self,
        key: &str,
        list: &impl Serialize,
        replaces: Replaces,
    ) -> Answered<()> {
        let options = PutOptions {
            content_type: Some("application/json".into()),
            replaces,
            ..PutOptions::default()
        };
        let bucket = &self.home.config().artifacts_bucket;
        let written = self.home.put(bucket, key, to_json(list)?, &options).await;
        written.map(drop)
    }
}
