use super::files::{File, Object};
use crate::ports::{Part, Upload, Written};
use serde::{Deserialize, Serialize};

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
