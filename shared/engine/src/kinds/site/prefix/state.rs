//! The target of a site with a folder per release, its goal, the state that is recorded of it, and a look at its
//! folder. Anybody who may write to the bucket may write over the files of a folder.

// A live folder is compared file by file where somebody looks. One that is not whole is published again into a
// folder of its own: to write into the live one would be a switch without order, conditions and undo.

use crate::kinds::Noticed;
use crate::kinds::site::calls::{SitePorts, list_all};
use crate::kinds::site::lists::Lists;
use crate::kinds::site::target::{self, files_in_words, folder_of};
use crate::ports::Result;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;
use windlass_domain::text::count::{agree, count};
use windlass_domain::text::digest::Digest;

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
        self.origin_path.trim_end_matches('/').rsplit('/').next().unwrap_or_default()
    }

    /// Returns what visitors get.
    pub(super) fn noticed(&self) -> Noticed {
        let files = files_in_words(self.release.as_ref());
        Noticed { value: json!({"origin_path": self.origin_path}), shown: format!("{files} at `{}`", self.origin_path) }
    }
}

/// The most files that are named.
const NAMED: usize = 5;

/// Returns the files of a release's folder that are missing or not as they were published, by the ETags that were noted
/// then, and how many files were listed. A folder that Windlass did not fill has no such files.
pub(super) async fn amiss<P: SitePorts>(
    at: &P,
    lists: &Lists<'_, P>,
    bucket: &str,
    goal: &Goal,
) -> Result<(Vec<String>, usize)> {
    if goal.release.is_none() {
        return Ok((vec![], 0));
    }
    let published = lists.folder(goal).await?;
    let folder = folder_of(&goal.origin_path);
    let known: Vec<&str> = published.keys().map(String::as_str).collect();
    let found = list_all(at, bucket, &folder, &known).await?;
    let found: BTreeMap<&str, &str> = found.iter().map(|it| (&it.key[folder.len()..], it.etag.as_str())).collect();
    let amiss = published.iter().filter(|(path, etag)| found.get(path.as_str()) != Some(&etag.as_str()));
    Ok((amiss.map(|(path, _)| path.clone()).collect(), found.len()))
}

/// Returns the first of them.
pub(super) fn some(amiss: &[String]) -> &[String] {
    &amiss[..amiss.len().min(NAMED)]
}

/// Returns the same for the end of a sentence about the folder.
pub(super) fn in_words(amiss: &[String]) -> String {
    format!(
        "of which {} {}: {}",
        count(amiss.len(), "file"),
        agree(amiss.len(), "is not there, or not as it was published", "are not there, or not as they were published"),
        some(amiss).join(", ")
    )
}
