//! The lists of a site: what a release holds, and what is at each key.

use super::in_place::plan::Wants;
use crate::ports::{Part, Upload, Written};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use windlass_domain::digest::Digest;

/// A file of a release: what must be served at its path. Two are equal if visitors get the same.
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
    /// The CRC-32 of the same bytes, by which an archive's directory names them; absent where the
    /// bytes did not come from an archive.
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

/// What is at a key, as it was seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Object {
    /// Its ETag.
    pub etag: String,
    /// Its size.
    pub bytes: u64,
    /// Its version id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version_id: Option<String>,
    /// What Windlass knows that it is; absent where somebody else wrote it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<File>,
    /// Whether the path belongs to the site: Windlass wrote it once, so it may overwrite and
    /// delete it. Foreign objects are left alone unless a release has a file of that path.
    pub ours: bool,
    /// The ETag of the recorded object of which it is a copy. S3 may give a copy another ETag, and
    /// nothing else tells what somebody else's object is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub copy_of: Option<String>,
}

/// What is at each path.
pub type Objects = BTreeMap<String, Object>;

/// What is wanted at a path.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Want<'a> {
    /// The content; absent for what somebody else wrote.
    pub file: Option<&'a File>,
    /// The object that was recorded there; absent where a release is brought for the first time.
    pub object: Option<&'a Object>,
}

impl<'a> Want<'a> {
    fn of_release(file: &'a File) -> Self {
        Self {
            file: Some(file),
            object: None,
        }
    }

    fn recorded(object: &'a Object) -> Self {
        Self {
            file: object.file.as_ref(),
            object: Some(object),
        }
    }

    /// Whether its path is the site's own.
    pub fn owns(self) -> bool {
        self.object.is_none_or(|object| object.ours)
    }
}

/// A state of a site to go to, path by path.
#[derive(Debug, Clone, PartialEq)]
pub enum Goal {
    /// The files of a release, from its archive.
    Release(Files),
    /// What was recorded, from the versions in the bucket.
    Recorded(Objects),
}

impl Goal {
    /// What is wanted at a path; nothing if absent.
    pub fn want(&self, path: &str) -> Option<Want<'_>> {
        match self {
            Self::Release(files) => files.get(path).map(Want::of_release),
            Self::Recorded(objects) => objects.get(path).map(Want::recorded),
        }
    }

    /// What is wanted, in order of the paths.
    pub fn wants(&self) -> Wants<'_> {
        match self {
            Self::Release(files) => {
                Box::new(files.iter().map(|(path, it)| (path, Want::of_release(it))))
            }
            Self::Recorded(objects) => {
                Box::new(objects.iter().map(|(path, it)| (path, Want::recorded(it))))
            }
        }
    }

    /// What was recorded; nothing of a release from its archive.
    pub fn recorded(&self) -> &Objects {
        static NONE: Objects = Objects::new();
        match self {
            Self::Recorded(objects) => objects,
            Self::Release(_) => &NONE,
        }
    }

    /// Whether a path is the site's own according to this goal.
    pub fn owns(&self, path: &str) -> bool {
        self.want(path).is_some_and(Want::owns)
    }

    /// All paths, in order.
    pub fn paths(&self) -> impl Iterator<Item = &String> {
        self.wants().map(|(path, _)| path)
    }
}

/// What a deployment did with one path: what it read from the archive, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Handled {
    /// The path.
    pub path: String,
    /// The file of the release; absent where a recorded object was restored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<File>,
    /// The recorded object that was restored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restored: Option<Object>,
    /// The object that was written; absent where the file was only read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub etag: Option<String>,
    /// The version that was written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version_id: Option<String>,
    /// The upload whose completion writes the object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub staged: Option<Staged>,
}

/// An upload in parts that lacks nothing but its completion, which visitors notice.
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

    /// A file that is uploaded but for the completion.
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

    /// The object that is there now.
    pub fn object(&self) -> Option<Object> {
        let etag = self.etag.clone()?;
        let version_id = self.version_id.clone();
        if let Some(restored) = &self.restored {
            // Of our own files their content tells what they are.
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

/// How large a file is uploaded in one piece at most, in bytes.
const IN_ONE_PIECE: u64 = 8 * 1024 * 1024;

/// How large a part is, in bytes: 5 GB are 597 of them.
pub const PART: usize = 8 * 1024 * 1024;

/// How many parts are uploaded at the same time.
pub const AT_A_TIME: usize = 4;

/// Whether a file is uploaded in parts.
pub fn is_large(bytes: u64) -> bool {
    bytes > IN_ONE_PIECE
}
