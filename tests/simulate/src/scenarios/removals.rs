//! A component that is not declared any more is let go of, and so is a whole application.

use super::basics::{BOTH, CANARY};
use super::declarations::WITHOUT_JOBS;
use super::people::person_at_service;
use crate::deed::Deed;
use crate::scenario::{Act, Scenario, next, quiet, when_in};

const API: &[&str] = &["api"];

const LEFT: &[Act] = &[
    quiet(Deed::Deploy("1.0.0", BOTH)),
    quiet(Deed::Put("apps/shop/app.yaml", WITHOUT_JOBS)),
    quiet(Deed::Deploy("1.1.0", API)),
];

/// The component is let go of. A rollback leaves it alone then, and a second removal finds nothing.
pub(super) const REMOVED: Scenario = Scenario {
    name: "removed",
    before: LEFT,
    acts: &[next(Deed::Remove("jobs")), quiet(Deed::Remove("jobs")), quiet(Deed::Deploy("1.2.0", API))],
    out_of_band: person_at_service,
    ends: &["1.0.0 Succeeded", "1.1.0 Succeeded", "1.2.0 Succeeded"],
    ..CANARY
};

/// A declared component is not let go of, and none is while a release is under way.
pub(super) const REMOVED_TOO_EARLY: Scenario = Scenario {
    name: "removed_too_early",
    acts: &[next(Deed::Remove("api")), quiet(Deed::Deploy("1.2.0", API)), when_in("Change", Deed::Remove("jobs"))],
    ..REMOVED
};

/// A release arrives at the moment of the removal.
pub(super) const REMOVED_BESIDE: Scenario = Scenario {
    name: "removed_beside",
    acts: &[next(Deed::Remove("jobs")), next(Deed::Deploy("1.2.0", API))],
    ..REMOVED
};

const ANEW: &str = declared!(api!("after: [jobs]"), jobs!(); version: "1.1.0");

/// The whole application is let go of while it is declared. Nothing is deployed until it is declared anew, with a
/// version that it had before.
pub(super) const REMOVED_ALL: Scenario = Scenario {
    name: "removed_all",
    acts: &[
        next(Deed::RemoveAll),
        quiet(Deed::Deploy("1.2.0", API)),
        quiet(Deed::Put("apps/shop/app.yaml", ANEW)),
        quiet(Deed::Deploy("1.3.0", API)),
    ],
    ends: &["1.0.0 Succeeded", "1.1.0 Succeeded", "1.3.0 Succeeded"],
    may: &["1.2.0 Succeeded", "1.2.0 Rejected (NoDeclaration)"],
    steady: false,
    ..REMOVED
};

/// A release arrives at the moment at which the application is let go of: it has its turn before, or is refused.
pub(super) const REMOVED_ALL_BESIDE: Scenario = Scenario {
    name: "removed_all_beside",
    acts: &[
        next(Deed::RemoveAll),
        next(Deed::Deploy("1.2.0", API)),
        quiet(Deed::Put("apps/shop/app.yaml", ANEW)),
        quiet(Deed::Deploy("1.3.0", API)),
    ],
    ..REMOVED_ALL
};

/// Nothing of the application is let go of while a release is under way.
pub(super) const REMOVED_ALL_BUSY: Scenario = Scenario {
    name: "removed_all_busy",
    acts: &[
        quiet(Deed::Deploy("1.2.0", API)),
        when_in("Change", Deed::RemoveAll),
        quiet(Deed::Put("apps/shop/app.yaml", ANEW)),
        quiet(Deed::Deploy("1.3.0", API)),
    ],
    ends: &["1.0.0 Succeeded", "1.1.0 Succeeded", "1.2.0 Succeeded", "1.3.0 Succeeded"],
    ..REMOVED_ALL
};
