//! Whether a target is seen as it was left.

use super::ecs::Ecs;
use super::lambda::LambdaKind;
use super::site::Site;
use super::{Kind, KindPorts, from_value};
use crate::ports::Answered;
use serde_json::Value;
use windlass_domain::plan::KindName;

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
