//! Plans and checks: before the first release, while another one is watched, and of a rollback.

use super::basics::{BOTH, CANARY};
use crate::deed::Deed;
use crate::scenario::{Scenario, next, quiet, when_in};

pub(super) const PLANNED: Scenario = Scenario {
    name: "planned",
    before: &[],
    acts: &[
        next(Deed::Plan("1.0.0", BOTH)),
        quiet(Deed::Deploy("1.0.0", BOTH)),
        when_in("Bake", Deed::Plan("1.1.0", BOTH)),
        next(Deed::PlanBack),
    ],
    ends: &["1.0.0 Succeeded"],
    ..CANARY
};

pub(super) const CHECKED: Scenario = Scenario {
    name: "checked",
    acts: &[next(Deed::Check), quiet(Deed::Deploy("1.0.0", BOTH)), when_in("Bake", Deed::Check), quiet(Deed::Check)],
    ..PLANNED
};
