//! A component that is not declared any more is let go of.

use super::basics::BOTH;
use super::people::{as_made, person_at_service};
use crate::scenario::{Act, Deed, Scenario, next, quiet, when_in};
use windlass_machine::shop::FUNCTIONS;

const WITHOUT_JOBS: &str = "
app: shop
version: 1.1.0
environments:
  prod: {deploy: {branch: main}}
components:
  api: {kind: lambda, function: shop-api, alias: live}
";

const API: &[&str] = &["api"];

const LEFT: &[Act] = &[
    quiet(Deed::Deploy("1.0.0", BOTH)),
    quiet(Deed::Put("apps/shop/app.yaml", WITHOUT_JOBS)),
    quiet(Deed::Deploy("1.1.0", API)),
];

/// It is let go of, a rollback leaves it alone then, and to let go of it once more finds nothing.
pub(super) const REMOVED: Scenario = Scenario {
    name: "removed",
    declaration: FUNCTIONS,
    scene: as_made,
    before: LEFT,
    acts: &[
        next(Deed::Remove("jobs")),
        quiet(Deed::Remove("jobs")),
        quiet(Deed::Deploy("1.2.0", API)),
    ],
    stranger: person_at_service,
    ends: &["1.0.0 Succeeded", "1.1.0 Succeeded", "1.2.0 Succeeded"],
    may: &[],
    steady: true,
};

/// Nothing is let go of that is declared, or while a release is under way.
pub(super) const REMOVED_TOO_EARLY: Scenario = Scenario {
    name: "removed_too_early",
    acts: &[
        next(Deed::Remove("api")),
        quiet(Deed::Deploy("1.2.0", API)),
        when_in("Change", Deed::Remove("jobs")),
    ],
    ..REMOVED
};

/// A release arrives at the moment at which it is let go of.
pub(super) const REMOVED_BESIDE: Scenario = Scenario {
    name: "removed_beside",
    acts: &[next(Deed::Remove("jobs")), next(Deed::Deploy("1.2.0", API))],
    ..REMOVED
};
