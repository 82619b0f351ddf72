//! Whether a target is seen as it was left.

use super::{Prepared, Recorded};
use windlass_domain::step::Step;

/// Whether callers of a target get what they got when it was left, or AWS promises that what was seen
/// is not behind.
pub fn is_as_left(seen: &Recorded, left: &Recorded) -> bool {
    seen.is_sure || seen.noticed.is_same(&left.noticed)
}

/// Whether a component's target is another one now than at an earlier step. A site may move within its bucket:
/// its releases are found there wherever they are.
pub fn has_moved(was: &Step, now: &Prepared) -> bool {
    match &now.folder {
        Some(folder) => {
            let bucket = was.target["site"]["bucket"].as_str();
            bucket.is_some_and(|bucket| bucket != folder.bucket)
        }
        None => !was.identity.is_empty() && was.identity != now.identity,
    }
}
