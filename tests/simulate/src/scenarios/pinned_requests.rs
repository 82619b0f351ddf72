//! Requests that their way in has pinned, and what becomes of them when they are admitted.

use super::basics::SERVICE;
use crate::deed::Deed;
use crate::scenario::{Scenario, next, when_in};

/// A manifest names an image by its tag, and somebody moves the tag before the release is admitted.
pub(super) const TAG_MOVED: Scenario = Scenario {
    name: "tag_moved",
    acts: &[next(Deed::Upload("1.1.0", &["agent"])), when_in("Admit", Deed::MoveTag("1.1.0"))],
    steady: false,
    ..SERVICE
};

/// An operator writes a pinned release by hand, with the image of another repository.
pub(super) const WRITTEN_BY_HAND: Scenario = Scenario {
    name: "written_by_hand",
    acts: &[next(Deed::PinByHand("1.1.0", "bank/agent"))],
    ends: &["1.0.0 Succeeded"],
    ..SERVICE
};
