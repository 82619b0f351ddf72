//! Components get another name, or another owner; and a whole application gets another name.
//!
//! The component `work` lives in the function of `jobs`, which is its name after the rename.

use super::basics::{BOTH, CANARY};
use super::declarations::WITHOUT_JOBS;
use super::people::person_at_service;
use crate::deed::Deed;
use crate::scenario::{Act, Scenario, after, next, quiet, when_in};
use windlass_machine::shop::FUNCTIONS;

const WITH_WORK: &str = gated!(
    named!("work": "kind: lambda", "function: shop-jobs", "alias: live"),
    api!("after: [work]", "rollout: {canary: [50], every: 1m}");
    bake: "2m"
);

const WITH_JOBS: &str = gated!(functions!(); version: "1.1.0"; bake: "2m");

const API: &[&str] = &["api"];
const WORK: &[&str] = &["api", "work"];

const DECLARED_ANEW: &[Act] = &[
    quiet(Deed::Deploy("1.0.0", WORK)),
    quiet(Deed::Deploy("1.1.0", WORK)),
    quiet(Deed::Put("apps/shop/app.yaml", WITH_JOBS)),
    quiet(Deed::Deploy("1.1.1", API)),
];

/// The component is renamed, and a second rename finds nothing. A release brings it by its new name, and a rollback
/// goes back to what ran under the old name.
pub(super) const RENAMED: Scenario = Scenario {
    name: "called_otherwise",
    declaration: WITH_WORK,
    before: DECLARED_ANEW,
    acts: &[
        next(Deed::Rename("work", "jobs")),
        quiet(Deed::Rename("work", "jobs")),
        quiet(Deed::Deploy("1.2.0", BOTH)),
        quiet(Deed::Operate("rollback")),
    ],
    out_of_band: person_at_service,
    ends: &["1.0.0 Succeeded", "1.1.0 Succeeded", "1.1.1 Succeeded", "1.2.0 Succeeded", "1.1.1 Succeeded"],
    ..CANARY
};

/// Nothing is renamed while a release is under way. A declared component is not renamed, and none gets a name that
/// nobody declares.
pub(super) const RENAMED_TOO_EARLY: Scenario = Scenario {
    name: "called_otherwise_too_early",
    acts: &[
        next(Deed::Rename("api", "gone")),
        quiet(Deed::Deploy("1.2.0", API)),
        when_in("Change", Deed::Rename("work", "jobs")),
    ],
    ends: &["1.0.0 Succeeded", "1.1.0 Succeeded", "1.1.1 Succeeded", "1.2.0 Succeeded"],
    ..RENAMED
};

/// A release of the other component arrives at the moment of the rename.
pub(super) const RENAMED_BESIDE: Scenario = Scenario {
    name: "called_otherwise_beside",
    acts: &[next(Deed::Rename("work", "jobs")), next(Deed::Deploy("1.2.0", API))],
    ends: &["1.0.0 Succeeded", "1.1.0 Succeeded", "1.1.1 Succeeded", "1.2.0 Succeeded"],
    ..RENAMED
};

/// Nothing is renamed while a drill has not come back, even if nobody has the lock. The drill comes back by the
/// declaration by which it went.
pub(super) const RENAMED_BETWEEN: Scenario = Scenario {
    name: "called_otherwise_between",
    before: &[
        quiet(Deed::Deploy("1.0.0", WORK)),
        quiet(Deed::Deploy("1.1.0", WORK)),
        quiet(Deed::Deploy("1.1.1", API)),
    ],
    acts: &[
        next(Deed::Operate("drill")),
        when_in("Settle", Deed::Put("apps/shop/app.yaml", WITH_JOBS)),
        after(20, Deed::Rename("work", "jobs")),
    ],
    ends: &["1.0.0 Succeeded", "1.1.0 Succeeded", "1.1.1 Succeeded", "1.1.0 Succeeded", "1.1.1 Succeeded"],
    ..RENAMED
};

const OF_THE_BANK: &str = declared!(jobs!(); app: "bank");

const GIVEN_UP: &[Act] = &[
    quiet(Deed::Deploy("1.0.0", WORK)),
    quiet(Deed::Put("apps/shop/app.yaml", WITHOUT_JOBS)),
    quiet(Deed::Put("apps/bank/app.yaml", OF_THE_BANK)),
    quiet(Deed::Deploy("1.1.0", API)),
];

/// The component is handed over to another application. A release of the other component, and a rollback of that
/// release, leave it alone. The rollback passes over 1.1.0, of which no gate has measured anything.
pub(super) const HANDED_OVER: Scenario = Scenario {
    name: "handed_over",
    before: GIVEN_UP,
    acts: &[next(Deed::HandOver("work", "jobs")), quiet(Deed::Deploy("1.2.0", API)), quiet(Deed::Operate("rollback"))],
    ends: &["1.0.0 Succeeded", "1.1.0 Succeeded", "1.2.0 Succeeded", "1.0.0 Succeeded"],
    ..RENAMED
};

/// A release of the other component arrives at the moment of the hand-over.
pub(super) const HANDED_OVER_BESIDE: Scenario = Scenario {
    name: "handed_over_beside",
    acts: &[next(Deed::HandOver("work", "jobs")), next(Deed::Deploy("1.2.0", API))],
    ends: &["1.0.0 Succeeded", "1.1.0 Succeeded", "1.2.0 Succeeded"],
    ..HANDED_OVER
};

const THE_BANK: &str = declared!(jobs!(), api!("after: [jobs]"); app: "bank"; formerly: "shop");

const TO_BE_THE_BANK: &[Act] = &[
    quiet(Deed::Deploy("1.0.0", BOTH)),
    quiet(Deed::Deploy("1.1.0", BOTH)),
    quiet(Deed::Put("apps/bank/app.yaml", THE_BANK)),
];

/// The whole application is renamed, and a second rename finds nothing. Nothing is deployed by its former name.
pub(super) const ALL_RENAMED: Scenario = Scenario {
    name: "all_called_otherwise",
    declaration: FUNCTIONS,
    before: TO_BE_THE_BANK,
    acts: &[next(Deed::RenameAll), quiet(Deed::RenameAll), quiet(Deed::Deploy("1.2.0", API))],
    ends: &["1.0.0 Succeeded", "1.1.0 Succeeded"],
    may: &["1.2.0 Succeeded", "1.2.0 Rejected (NoDeclaration)"],
    steady: false,
    ..RENAMED
};

/// A release arrives at the moment at which the application is renamed: it has its turn before, or is refused.
pub(super) const ALL_RENAMED_BESIDE: Scenario = Scenario {
    name: "all_called_otherwise_beside",
    acts: &[next(Deed::RenameAll), next(Deed::Deploy("1.2.0", API)), quiet(Deed::RenameAll)],
    ..ALL_RENAMED
};

/// The application keeps its name while a release is under way.
pub(super) const ALL_RENAMED_BUSY: Scenario = Scenario {
    name: "all_called_otherwise_busy",
    acts: &[quiet(Deed::Deploy("1.2.0", API)), when_in("Change", Deed::RenameAll)],
    ends: &["1.0.0 Succeeded", "1.1.0 Succeeded", "1.2.0 Succeeded"],
    ..ALL_RENAMED
};
