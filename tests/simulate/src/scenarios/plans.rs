//! Plans and checks: before the first release, while another one is watched, and of a rollback.

use super::basics::BOTH;
use super::people::{as_made, person_at_api};
use crate::deed::Deed;
use crate::scenario::{Scenario, next, quiet, when_in};
use windlass_machine::shop::FUNCTIONS;

pub(super) const PLANNED: Scenario = Scenario {
    name: "planned",
    declaration: FUNCTIONS,
    scene: as_made,
    before: &[],
    acts: &[
        next(Deed::Plan("1.0.0", BOTH)),
        quiet(Deed::Deploy("1.0.0", BOTH)),
        when_in("Bake", Deed::Plan("1.1.0", BOTH)),
        next(Deed::PlanBack),
    ],
    out_of_band: person_at_api,
    ends: &["1.0.0 Succeeded"],
    may: &[],
    steady: true,
};

pub(super) const CHECKED: Scenario = Scenario {
    name: "checked",
    declaration: FUNCTIONS,
    scene: as_made,
    before: &[],
    acts: &[next(Deed::Check), quiet(Deed::Deploy("1.0.0", BOTH)), when_in("Bake", Deed::Check), quiet(Deed::Check)],
    out_of_band: person_at_api,
    ends: &["1.0.0 Succeeded"],
    may: &[],
    steady: true,
};
