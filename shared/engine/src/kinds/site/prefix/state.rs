//! The target of a site with a folder per release, its goal, and the state that is recorded of it.

use crate::kinds::Noticed;
use crate::kinds::site::target::{self, files_in_words};
use serde::{Deserialize, Serialize};
use serde_json::json;
use windlass_domain::digest::Digest;

/// The target of such a site, as the step item keeps it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Target {
    /// The target as every site has it.
    #[serde(flatten)]
    pub site: target::Target,
    /// The id of the distribution whose origin path is switched.
    pub distribution: String,
    /// The id of the distribution's origin that is the bucket.
    pub origin: String,
}

/// The goal of such a site, and the state that is recorded of it to come back to.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(tag = "mode", rename = "prefix")]
pub struct Goal {
    /// The release in the folder; `None` for a folder that Windlass did not fill.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub release: Option<Digest>,
    /// The origin path: the folder with a leading and no trailing slash, or empty.
    pub origin_path: String,
    /// True if all edges have it.
    pub deployed: bool,
}

impl Goal {
    /// Returns the name of the folder: the last part of its path.
    pub fn folder_name(&self) -> &str {
        let path = self.origin_path.trim_end_matches('/');
        path.rsplit('/').next().unwrap_or_default()
    }

    /// Returns what visitors get.
    pub(super) fn noticed(&self) -> Noticed {
        let files = files_in_words(self.release.as_ref());
        Noticed { value: json!({"origin_path": self.origin_path}), shown: format!("{files} at `{}`", self.origin_path) }
    }
}
