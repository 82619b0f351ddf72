use super::files::Objects;
use super::lists::to_json;
use super::plan::Op;
use super::rows::Rows;
use crate::kinds::Noticed;
use crate::ports::Answered;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::sync::Arc;
use windlass_domain::digest::Digest;

/// What is wanted of a site, and what is recorded of it to come back to. It is small, whatever the site's size: lists
/// are objects of their own in the artifacts bucket (`lists.rs`), named here by their digest.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "mode")]
pub enum State {
    /// Files are written over the live ones.
    InPlace(InPlace),
    /// A folder per release.
    Prefix(Prefix),
}

/// A site that is changed in place.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct InPlace {
    /// The release whose files are all there; absent for what Windlass did not bring.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub release: Option<Digest>,
    /// The list of what is at each key. Where it is wanted, the recorded versions are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub objects: Option<Digest>,
    /// The list of what former releases left (`left.rs`); absent where nothing is known of that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left: Option<Digest>,
}

impl InPlace {
    /// Which state is wanted: a recorded one, or a release.
    pub fn id(&self) -> String {
        let named = self.objects.as_ref().or(self.release.as_ref());
        named.map(ToString::to_string).unwrap_or_default()
    }

    /// What visitors get, where this is the digest of what they can notice: equal if nobody changed it.
    pub fn noticed(&self, digest: &Digest) -> Noticed {
        Noticed {
            value: json!({"files": digest}),
            shown: files_of(self.release.as_ref()),
        }
    }
}

/// A list of what is at each key, to be kept under its digest.
#[derive(Debug, Clone, PartialEq)]
pub struct Kept {
    /// The digest of its content.
    pub digest: Digest,
    /// Its content.
    pub bytes: Bytes,
    /// How many files it tells of.
    pub files: usize,
}

impl Kept {
    /// Writes a list down.
    pub fn of(objects: &Objects) -> Answered<Self> {
        let bytes = to_json(&Rows(objects))?;
        Ok(Self {
            digest: Digest::of(&bytes),
            bytes,
            files: objects.len(),
        })
    }
}

/// A site with a folder per release.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Prefix {
    /// The release in the folder; absent for what Windlass did not bring.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub release: Option<Digest>,
    /// The origin path: the folder with a leading and no trailing slash, or empty.
    pub origin_path: String,
    /// Whether all edges have it.
    pub deployed: bool,
}

impl Prefix {
    /// The name of the folder: the last part of its path.
    pub fn folder_name(&self) -> &str {
        let path = self.origin_path.trim_end_matches('/');
        path.rsplit('/').next().unwrap_or_default()
    }

    /// What visitors get.
    pub fn noticed(&self) -> Noticed {
        Noticed {
            value: json!({"origin_path": self.origin_path}),
            shown: format!(
                "{} at `{}`",
                files_of(self.release.as_ref()),
                self.origin_path
            ),
        }
    }
}

/// The files that visitors get, in words.
fn files_of(release: Option<&Digest>) -> String {
    release.map_or_else(
        || "the files that Windlass found".to_owned(),
        |release| format!("the files of {}", release.short()),
    )
}

/// One change of a site.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// Writes, restores and deletes files, as many as fit in its time.
    Write(Arc<Vec<Op>>),
    /// Keeps the list of what is at each key.
    Record(Arc<Kept>),
    /// Switches the distribution's origin path.
    Switch {
        /// The ETag of the configuration that was seen.
        etag: String,
        /// The path that was seen.
        from: String,
        /// The path that is wanted.
        to: String,
    },
}
