//! Requests that their way in has pinned, and what becomes of them when they are admitted.

use super::declarations::SERVICE;
use super::people::{as_made, person_at_service};
use crate::deed::Deed;
use crate::scenario::{Scenario, next, quiet, when_in};

/// A manifest names an image by its tag, and somebody moves the tag before the release is admitted.
pub(super) const TAG_MOVED: Scenario = Scenario {
    name: "tag_moved",
    declaration: SERVICE,
    scene: as_made,
    before: &[quiet(Deed::Deploy("1.0.0", &["agent"]))],
    acts: &[next(Deed::Upload("1.1.0", &["agent"])), when_in("Admit", Deed::MoveTag("1.1.0"))],
    out_of_band: person_at_service,
    ends: &["1.0.0 Succeeded", "1.1.0 Succeeded"],
    may: &[],
    steady: false,
};

/// An operator writes a pinned release by hand, with the image of another repository.
pub(super) const WRITTEN_BY_HAND: Scenario = Scenario {
    name: "written_by_hand",
    declaration: SERVICE,
    scene: as_made,
    before: &[quiet(Deed::Deploy("1.0.0", &["agent"]))],
    acts: &[next(Deed::PinByHand("1.1.0", "bank/agent"))],
    out_of_band: person_at_service,
    ends: &["1.0.0 Succeeded"],
    may: &[],
    steady: true,
};
