//! Checks a zip by its own bytes, and by its directory in the artifacts bucket.

use crate::config::Configured;
use crate::kinds::PrepareInput;
use crate::kinds::site::archive::{
    Entry, Limits, check_whole, directory, not_taken_out, read_directory, refusals, sort, unreleased,
};
use crate::ports::{ObjectId, Result, S3Api};
use crate::trouble::found;
use windlass_domain::artifact::Artifact;
use windlass_domain::finding::Finding;
use windlass_domain::folder::FolderRules;
use windlass_domain::kinds::Kind as _;
use windlass_domain::kinds::lambda::Lambda;
use windlass_domain::name::ComponentName;

/// The most that a function's files may have together, in bytes (AWS Lambda Developer Guide, "Lambda quotas":
/// 250 MB unzipped, with all layers).
const UNZIPPED: u64 = 250 << 20;

/// Finds what is wrong with the zip, as far as its bytes and the declaration tell; see [`crate::kinds::brought`].
/// Lambda itself judges names and packing.
pub fn check_artifact(_: &ComponentName, spec: &Lambda, named: &str, bytes: &[u8]) -> Vec<Finding> {
    // A function of a repository takes images, which is told of the manifest.
    if spec.repository.is_some() {
        return vec![];
    }
    let limits = Limits { total: UNZIPPED, ..Limits::default() };
    match directory(named, bytes) {
        Ok(entries) => {
            let whole = check_whole(named, &entries, &limits);
            let refused = judged(named, entries, spec).refused.into_iter();
            let refused = refused.map(unreleased);
            whole.into_iter().chain(refused).collect()
        }
        Err(finding) => vec![finding],
    }
}

/// The files of a zip, judged by the rules for a function's folder.
#[derive(Default)]
pub(super) struct JudgedFiles {
    /// The findings on files that may not be in it.
    pub refused: Vec<Finding>,
    /// The warnings, which stop nothing.
    pub warnings: Vec<Finding>,
}

/// Judges the files of a release's zip. A zip whose directory cannot be read is Lambda's to judge.
pub(super) async fn judge_files(
    home: &(impl S3Api + Configured),
    input: &PrepareInput<'_>,
    spec: &Lambda,
) -> Result<JudgedFiles> {
    let (Some(artifact), None) = (input.artifact, input.goal_state) else {
        return Ok(JudgedFiles::default());
    };
    let Artifact::Object { key, version_id, bytes, .. } = artifact else {
        return Ok(JudgedFiles::default());
    };
    let object = ObjectId {
        bucket: home.config().artifacts_bucket.clone(),
        key: key.clone(),
        version_id: Some(version_id.clone()),
    };
    let entries = found(read_directory(home, &object, *bytes).await)?;
    Ok(entries.map_or_else(JudgedFiles::default, |entries| judged(key, entries, spec)))
}

fn judged(archive: &str, mut entries: Vec<Entry>, spec: &Lambda) -> JudgedFiles {
    // A declaration with a pattern that is none is refused when it is uploaded.
    let Some(Ok(rules)) = spec.folder().map(FolderRules::new) else {
        return JudgedFiles::default();
    };
    let sorting = sort(&mut entries, &rules);
    let mut refused = refusals(archive, &sorting, &rules);
    refused.extend(not_taken_out(archive, &sorting));
    JudgedFiles { refused, warnings: sorting.idle(archive, &rules) }
}
