//! A function, a service, a site, together and one by one.

use super::declarations;
use super::people::{
    as_made, edges_are_slow, has_no_capacity, has_no_data, is_provisioned, is_quiet_again, may_not_shift,
    may_shift_again, person_at_api, person_at_distribution, person_at_service, person_at_web, rings, without_alias,
};
use crate::deed::Deed;
use crate::scenario::{Scenario, after, next, quiet, when_in};
use windlass_machine::shop::{ALL_KINDS, FUNCTIONS, ONE_FUNCTION};

pub(super) const BOTH: &[&str] = &["api", "jobs"];
pub(super) const ALL: &[&str] = &["agent", "api", "web"];

pub(super) const LIVE: &[crate::scenario::Act] = &[quiet(Deed::Deploy("1.0.0", BOTH))];

/// The base of all scenarios: a person brings the next release of one function, and it succeeds. Another scenario
/// states only what is different from this one, or from another one that has this base.
pub(super) const FUNCTION: Scenario = Scenario {
    name: "function",
    declaration: ONE_FUNCTION,
    access: None,
    scene: as_made,
    freeze: None,
    before: &[quiet(Deed::Deploy("1.0.0", &["api"]))],
    acts: &[next(Deed::Deploy("1.1.0", &["api"]))],
    out_of_band: person_at_api,
    ends: &["1.0.0 Succeeded", "1.1.0 Succeeded"],
    may: &[],
    steady: true,
};

pub(super) const FIRST: Scenario = Scenario {
    name: "first",
    before: &[],
    acts: &[next(Deed::Deploy("1.0.0", &["api"]))],
    ends: &["1.0.0 Succeeded"],
    ..FUNCTION
};

pub(super) const CODE: Scenario =
    Scenario { name: "code", declaration: declarations::WITHOUT_ALIAS, scene: without_alias, ..FUNCTION };

pub(super) const CANARY: Scenario = Scenario {
    name: "canary",
    declaration: FUNCTIONS,
    before: LIVE,
    acts: &[next(Deed::Deploy("1.1.0", BOTH))],
    ..FUNCTION
};

pub(super) const SERVICE: Scenario = Scenario {
    name: "service",
    declaration: declarations::SERVICE,
    before: &[quiet(Deed::Deploy("1.0.0", &["agent"]))],
    acts: &[next(Deed::Deploy("1.1.0", &["agent"]))],
    out_of_band: person_at_service,
    ..FUNCTION
};

pub(super) const SITE: Scenario = Scenario {
    name: "site",
    declaration: declarations::SITE,
    before: &[quiet(Deed::Deploy("1.0.0", &["web"]))],
    acts: &[next(Deed::Deploy("1.1.0", &["web"]))],
    out_of_band: person_at_web,
    ..FUNCTION
};

pub(super) const FOLDER: Scenario =
    Scenario { name: "folder", declaration: declarations::SITE_BY_FOLDER, out_of_band: person_at_distribution, ..SITE };

pub(super) const AFTER_SITE: Scenario = Scenario {
    name: "after_site",
    declaration: declarations::SITE_THEN_FUNCTION,
    scene: edges_are_slow,
    before: &[quiet(Deed::Deploy("1.0.0", &["api", "web"]))],
    acts: &[next(Deed::Deploy("1.1.0", &["api", "web"]))],
    steady: false,
    ..FOLDER
};

pub(super) const REFUSED: Scenario = Scenario {
    name: "refused",
    acts: &[
        quiet(Deed::Change("the alias cannot be moved", may_not_shift)),
        next(Deed::Deploy("1.1.0", &["api", "web"])),
        after(345, Deed::Change("the alias can be moved", may_shift_again)),
    ],
    ends: &["1.0.0 Succeeded", "1.1.0 RolledBack (AccessDenied)"],
    may: &["1.1.0 Succeeded"],
    steady: true,
    ..AFTER_SITE
};

pub(super) const KINDS: Scenario = Scenario {
    name: "kinds",
    declaration: ALL_KINDS,
    before: &[quiet(Deed::Deploy("1.0.0", ALL))],
    acts: &[next(Deed::Deploy("1.1.0", ALL))],
    out_of_band: person_at_web,
    ..FUNCTION
};

pub(super) const SIDE_BY_SIDE: Scenario = Scenario {
    name: "side_by_side",
    declaration: declarations::SIDE_BY_SIDE,
    scene: is_provisioned,
    before: &[quiet(Deed::Deploy("1.0.0", &["agent", "api", "jobs"]))],
    acts: &[next(Deed::Deploy("1.1.0", &["agent", "api", "jobs"]))],
    ..FUNCTION
};

pub(super) const NO_CAPACITY: Scenario = Scenario {
    name: "no_capacity",
    acts: &[
        next(Deed::Change("there is no capacity for another version", has_no_capacity)),
        next(Deed::Deploy("1.1.0", &["agent", "api", "jobs"])),
    ],
    ends: &["1.0.0 Succeeded", "1.1.0 RolledBack (TargetNotReady)"],
    ..SIDE_BY_SIDE
};

pub(super) const UNDO: Scenario = Scenario {
    name: "undo",
    acts: &[
        next(Deed::Deploy("1.1.0", BOTH)),
        when_in("Bake", Deed::Ail("the alarm rings", rings)),
        quiet(Deed::Change("the alarm is quiet", is_quiet_again)),
        quiet(Deed::Arrive("1.1.0", BOTH)),
        quiet(Deed::Older("1.1.0", BOTH)),
        quiet(Deed::Again("1.1.0", BOTH)),
    ],
    ends: &[
        "1.0.0 Succeeded",
        "1.1.0 RolledBack (GateFailed)",
        "1.1.0 Rejected (Vetoed)",
        "1.1.0 Rejected (Vetoed)",
        "1.1.0 Succeeded",
    ],
    may: &["1.1.0 NothingToDo (AlreadyThere)"],
    ..CANARY
};

pub(super) const UNDO_KINDS: Scenario = Scenario {
    name: "undo_kinds",
    acts: &[next(Deed::Deploy("1.1.0", ALL)), when_in("Bake", Deed::Ail("the alarm rings", rings))],
    ends: &["1.0.0 Succeeded", "1.1.0 RolledBack (GateFailed)"],
    ..KINDS
};

pub(super) const FIRST_UNDO: Scenario = Scenario {
    name: "first_undo",
    before: &[],
    acts: &[next(Deed::Deploy("1.0.0", BOTH)), when_in("Bake", Deed::Ail("the alarm rings", rings))],
    ends: &["1.0.0 RolledBack (GateFailed)"],
    ..CANARY
};

pub(super) const QUEUE: Scenario = Scenario {
    name: "queue",
    acts: &[next(Deed::Deploy("1.1.0", BOTH)), next(Deed::Deploy("1.2.0", BOTH)), next(Deed::Arrive("1.3.0", BOTH))],
    ends: &["1.0.0 Succeeded", "1.1.0 Succeeded", "1.2.0 NothingToDo (Superseded)", "1.3.0 Succeeded"],
    may: &["1.1.0 NothingToDo (Superseded)", "1.2.0 Succeeded", "1.3.0 NothingToDo (Superseded)"],
    steady: false,
    ..CANARY
};

pub(super) const TWO_APART: Scenario = Scenario {
    name: "two_apart",
    acts: &[next(Deed::Deploy("1.1.0", &["api"])), next(Deed::Deploy("1.2.0", &["jobs"]))],
    ends: &["1.0.0 Succeeded", "1.1.0 Succeeded", "1.2.0 Succeeded"],
    steady: false,
    ..CANARY
};

pub(super) const UNKNOWN: Scenario = Scenario {
    name: "unknown",
    acts: &[next(Deed::Deploy("1.1.0", &["api"])), when_in("Bake", Deed::Ail("the alarm has no data", has_no_data))],
    ends: &["1.0.0 Succeeded", "1.1.0 RolledBack (GateFailed)"],
    ..FUNCTION
};

pub(super) const LATE_ARRIVAL: Scenario = Scenario {
    name: "late_arrival",
    acts: &[next(Deed::ArriveAs("1.2.0", BOTH, 12)), quiet(Deed::ArriveAs("1.1.0", BOTH, 11))],
    ends: &["1.0.0 Succeeded", "1.2.0 Succeeded", "1.1.0 NothingToDo (Superseded)"],
    may: &["1.1.0 Succeeded"],
    ..CANARY
};

pub(super) const SAME_TWICE: Scenario = Scenario {
    name: "same_twice",
    acts: &[
        next(Deed::Arrive("1.1.0", &["api"])),
        next(Deed::Arrive("1.1.0", &["api"])),
        quiet(Deed::Arrive("1.0.0", &["api"])),
    ],
    ends: &["1.0.0 Succeeded", "1.1.0 Succeeded", "1.0.0 NothingToDo (Superseded)"],
    may: &["1.1.0 NothingToDo (AlreadyThere)", "1.0.0 NothingToDo (AlreadyThere)"],
    steady: false,
    ..FUNCTION
};
