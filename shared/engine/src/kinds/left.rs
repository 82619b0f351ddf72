//! Whether a target is seen as it was left.

use super::ecs::Ecs;
use super::lambda::LambdaKind;
use super::site::Site;
use super::{Kind, KindPorts, Prepared, from_value};
use crate::ports::Answered;
use serde_json::Value;
use windlass_domain::plan::KindName;
use windlass_domain::step::Step;

/// Whether callers of a target get what they got when it was left, or AWS promises that what was seen
/// is not behind. Both are states as the kind writes them.
pub fn is_as_left<P: KindPorts>(kind: KindName, seen: &Value, left: &Value) -> Answered<bool> {
    match kind {
        KindName::Lambda => of::<LambdaKind<P>>(seen, left),
        KindName::Ecs => of::<Ecs<P>>(seen, left),
        KindName::StaticSite => of::<Site<P>>(seen, left),
    }
}

fn of<K: Kind>(seen: &Value, left: &Value) -> Answered<bool> {
    let (seen, left): (K::State, K::State) =
        (from_value("state", seen)?, from_value("state", left)?);
    Ok(K::is_consistent(&seen) || K::same(&seen, &left))
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
