//! Looks at the folder of a release as it is. Anybody who may write to the bucket may write over its files.

use super::state::Goal;
use crate::kinds::site::calls::list_all;
use crate::kinds::site::lists::Lists;
use crate::kinds::site::ports::SitePorts;
use crate::kinds::site::target::folder_of;
use crate::ports::Result;
use std::collections::BTreeMap;
use windlass_domain::count::{agree, count};

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
