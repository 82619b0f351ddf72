//! What arrives by itself, of which events tell, or do not.

use super::people::{as_made, person_at_api};
use crate::scenario::{Deed, Scenario, next, quiet};
use windlass_machine::shop::ONE_FUNCTION;

pub(super) const UPLOADED: Scenario = Scenario {
    name: "uploaded",
    declaration: ONE_FUNCTION,
    scene: as_made,
    before: &[quiet(Deed::Deploy("1.0.0", &["api"]))],
    acts: &[next(Deed::Upload("1.1.0", &["api"]))],
    stranger: Some(person_at_api),
    ends: &["1.0.0 Succeeded", "1.1.0 Succeeded"],
    steady: true,
};

pub(super) const OVERTAKEN: Scenario = Scenario {
    name: "overtaken",
    declaration: ONE_FUNCTION,
    scene: as_made,
    before: &[quiet(Deed::Deploy("1.0.0", &["api"]))],
    acts: &[
        next(Deed::Upload("1.1.0", &["api"])),
        next(Deed::Upload("1.2.0", &["api"])),
    ],
    stranger: None,
    ends: &["1.0.0 Succeeded", "1.1.0 Succeeded", "1.2.0 Succeeded"],
    steady: false,
};
