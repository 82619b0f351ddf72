//! Checks a zip by its own bytes.

use crate::kinds::site::archive::{Limits, check_whole, directory};
use windlass_domain::finding::Finding;
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
    let limits = Limits {
        total: UNZIPPED,
        ..Limits::default()
    };
    match directory(named, bytes) {
        Ok(entries) => check_whole(named, &entries, &limits).into_iter().collect(),
        Err(finding) => vec![finding],
    }
}
