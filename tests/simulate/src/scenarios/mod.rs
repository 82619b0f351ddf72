//! All scenarios.

mod arrivals;
mod declarations;
mod gates;
mod operators;
mod people;
mod rollouts;

use crate::scenario::{Deed, Scenario, after, next, quiet, when_in};
use declarations::{
    SERVICE, SIDE_BY_SIDE, SITE, SITE_BY_FOLDER, SITE_THEN_FUNCTION, WITHOUT_ALIAS,
};
use people::{
    as_made, edges_are_slow, has_no_data, is_quiet_again, may_not_shift, may_shift_again,
    person_at_api, person_at_distribution, person_at_service, person_at_web, rings, without_alias,
};
use windlass_machine::shop::{ALL_KINDS, FUNCTIONS, ONE_FUNCTION};

const BOTH: &[&str] = &["api", "jobs"];
const ALL: &[&str] = &["agent", "api", "web"];

const LIVE: &[crate::scenario::Act] = &[quiet(Deed::Deploy("1.0.0", BOTH))];

/// All scenarios.
pub static SCENARIOS: [Scenario; 48] = [
    Scenario {
        name: "function",
        declaration: ONE_FUNCTION,
        scene: as_made,
        before: &[quiet(Deed::Deploy("1.0.0", &["api"]))],
        acts: &[next(Deed::Deploy("1.1.0", &["api"]))],
        stranger: person_at_api,
        ends: &["1.0.0 Succeeded", "1.1.0 Succeeded"],
        may: &[],
        steady: true,
    },
    Scenario {
        name: "first",
        declaration: ONE_FUNCTION,
        scene: as_made,
        before: &[],
        acts: &[next(Deed::Deploy("1.0.0", &["api"]))],
        stranger: person_at_api,
        ends: &["1.0.0 Succeeded"],
        may: &[],
        steady: true,
    },
    Scenario {
        name: "code",
        declaration: WITHOUT_ALIAS,
        scene: without_alias,
        before: &[quiet(Deed::Deploy("1.0.0", &["api"]))],
        acts: &[next(Deed::Deploy("1.1.0", &["api"]))],
        stranger: person_at_api,
        ends: &["1.0.0 Succeeded", "1.1.0 Succeeded"],
        may: &[],
        steady: true,
    },
    Scenario {
        name: "canary",
        declaration: FUNCTIONS,
        scene: as_made,
        before: LIVE,
        acts: &[next(Deed::Deploy("1.1.0", BOTH))],
        stranger: person_at_api,
        ends: &["1.0.0 Succeeded", "1.1.0 Succeeded"],
        may: &[],
        steady: true,
    },
    Scenario {
        name: "service",
        declaration: SERVICE,
        scene: as_made,
        before: &[quiet(Deed::Deploy("1.0.0", &["agent"]))],
        acts: &[next(Deed::Deploy("1.1.0", &["agent"]))],
        stranger: person_at_service,
        ends: &["1.0.0 Succeeded", "1.1.0 Succeeded"],
        may: &[],
        steady: true,
    },
    Scenario {
        name: "site",
        declaration: SITE,
        scene: as_made,
        before: &[quiet(Deed::Deploy("1.0.0", &["web"]))],
        acts: &[next(Deed::Deploy("1.1.0", &["web"]))],
        stranger: person_at_web,
        ends: &["1.0.0 Succeeded", "1.1.0 Succeeded"],
        may: &[],
        steady: true,
    },
    Scenario {
        name: "folder",
        declaration: SITE_BY_FOLDER,
        scene: as_made,
        before: &[quiet(Deed::Deploy("1.0.0", &["web"]))],
        acts: &[next(Deed::Deploy("1.1.0", &["web"]))],
        stranger: person_at_distribution,
        ends: &["1.0.0 Succeeded", "1.1.0 Succeeded"],
        may: &[],
        steady: true,
    },
    Scenario {
        name: "after_site",
        declaration: SITE_THEN_FUNCTION,
        scene: edges_are_slow,
        before: &[quiet(Deed::Deploy("1.0.0", &["api", "web"]))],
        acts: &[next(Deed::Deploy("1.1.0", &["api", "web"]))],
        stranger: person_at_distribution,
        ends: &["1.0.0 Succeeded", "1.1.0 Succeeded"],
        may: &[],
        steady: false,
    },
    Scenario {
        name: "refused",
        declaration: SITE_THEN_FUNCTION,
        scene: edges_are_slow,
        before: &[quiet(Deed::Deploy("1.0.0", &["api", "web"]))],
        acts: &[
            quiet(Deed::Change("the alias cannot be moved", may_not_shift)),
            next(Deed::Deploy("1.1.0", &["api", "web"])),
            after(345, Deed::Change("the alias can be moved", may_shift_again)),
        ],
        stranger: person_at_distribution,
        ends: &["1.0.0 Succeeded", "1.1.0 RolledBack (AccessDenied)"],
        may: &["1.1.0 Succeeded"],
        steady: true,
    },
    Scenario {
        name: "kinds",
        declaration: ALL_KINDS,
        scene: as_made,
        before: &[quiet(Deed::Deploy("1.0.0", ALL))],
        acts: &[next(Deed::Deploy("1.1.0", ALL))],
        stranger: person_at_web,
        ends: &["1.0.0 Succeeded", "1.1.0 Succeeded"],
        may: &[],
        steady: true,
    },
    Scenario {
        name: "side_by_side",
        declaration: SIDE_BY_SIDE,
        scene: as_made,
        before: &[quiet(Deed::Deploy("1.0.0", &["agent", "api", "jobs"]))],
        acts: &[next(Deed::Deploy("1.1.0", &["agent", "api", "jobs"]))],
        stranger: person_at_api,
        ends: &["1.0.0 Succeeded", "1.1.0 Succeeded"],
        may: &[],
        steady: true,
    },
    Scenario {
        name: "undo",
        declaration: FUNCTIONS,
        scene: as_made,
        before: LIVE,
        acts: &[
            next(Deed::Deploy("1.1.0", BOTH)),
            when_in("Bake", Deed::Ail("the alarm rings", rings)),
            quiet(Deed::Change("the alarm is quiet", is_quiet_again)),
            quiet(Deed::Arrive("1.1.0", BOTH)),
            quiet(Deed::Older("1.1.0", BOTH)),
            quiet(Deed::Again("1.1.0", BOTH)),
        ],
        stranger: person_at_api,
        ends: &[
            "1.0.0 Succeeded",
            "1.1.0 RolledBack (GateFailed)",
            "1.1.0 Rejected (Vetoed)",
            "1.1.0 Succeeded",
        ],
        may: &["1.1.0 NothingToDo (AlreadyThere)"],
        steady: true,
    },
    Scenario {
        name: "undo_kinds",
        declaration: ALL_KINDS,
        scene: as_made,
        before: &[quiet(Deed::Deploy("1.0.0", ALL))],
        acts: &[
            next(Deed::Deploy("1.1.0", ALL)),
            when_in("Bake", Deed::Ail("the alarm rings", rings)),
        ],
        stranger: person_at_web,
        ends: &["1.0.0 Succeeded", "1.1.0 RolledBack (GateFailed)"],
        may: &[],
        steady: true,
    },
    Scenario {
        name: "first_undo",
        declaration: FUNCTIONS,
        scene: as_made,
        before: &[],
        acts: &[
            next(Deed::Deploy("1.0.0", BOTH)),
            when_in("Bake", Deed::Ail("the alarm rings", rings)),
        ],
        stranger: person_at_api,
        ends: &["1.0.0 RolledBack (GateFailed)"],
        may: &[],
        steady: true,
    },
    operators::ROLLBACK,
    operators::PRUNED,
    operators::PREEMPT,
    operators::PREEMPT_CHANGE,
    operators::BEHIND_UNDONE,
    operators::NOTHING_TO_GO_BACK_TO,
    Scenario {
        name: "queue",
        declaration: FUNCTIONS,
        scene: as_made,
        before: LIVE,
        acts: &[
            next(Deed::Deploy("1.1.0", BOTH)),
            next(Deed::Deploy("1.2.0", BOTH)),
            next(Deed::Arrive("1.3.0", BOTH)),
        ],
        stranger: person_at_api,
        ends: &[
            "1.0.0 Succeeded",
            "1.1.0 Succeeded",
            "1.2.0 NothingToDo (Superseded)",
            "1.3.0 Succeeded",
        ],
        may: &[
            "1.1.0 NothingToDo (Superseded)",
            "1.2.0 Succeeded",
            "1.3.0 NothingToDo (Superseded)",
        ],
        steady: false,
    },
    operators::HOLD,
    operators::HELD_AT_ONCE,
    operators::STUCK,
    operators::TOUCHED,
    operators::ACCEPT,
    Scenario {
        name: "two_apart",
        declaration: FUNCTIONS,
        scene: as_made,
        before: LIVE,
        acts: &[
            next(Deed::Deploy("1.1.0", &["api"])),
            next(Deed::Deploy("1.2.0", &["jobs"])),
        ],
        stranger: person_at_api,
        ends: &["1.0.0 Succeeded", "1.1.0 Succeeded", "1.2.0 Succeeded"],
        may: &[],
        steady: false,
    },
    Scenario {
        name: "unknown",
        declaration: ONE_FUNCTION,
        scene: as_made,
        before: &[quiet(Deed::Deploy("1.0.0", &["api"]))],
        acts: &[
            next(Deed::Deploy("1.1.0", &["api"])),
            when_in("Bake", Deed::Ail("the alarm has no data", has_no_data)),
        ],
        stranger: person_at_api,
        ends: &["1.0.0 Succeeded", "1.1.0 RolledBack (GateFailed)"],
        may: &[],
        steady: true,
    },
    Scenario {
        name: "late_arrival",
        declaration: FUNCTIONS,
        scene: as_made,
        before: LIVE,
        acts: &[
            next(Deed::ArriveAs("1.2.0", BOTH, 12)),
            quiet(Deed::ArriveAs("1.1.0", BOTH, 11)),
        ],
        stranger: person_at_api,
        ends: &[
            "1.0.0 Succeeded",
            "1.2.0 Succeeded",
            "1.1.0 NothingToDo (Superseded)",
        ],
        may: &["1.1.0 Succeeded"],
        steady: true,
    },
    operators::ROLLBACK_TWICE,
    Scenario {
        name: "same_twice",
        declaration: ONE_FUNCTION,
        scene: as_made,
        before: &[quiet(Deed::Deploy("1.0.0", &["api"]))],
        acts: &[
            next(Deed::Arrive("1.1.0", &["api"])),
            next(Deed::Arrive("1.1.0", &["api"])),
            quiet(Deed::Arrive("1.0.0", &["api"])),
        ],
        stranger: person_at_api,
        ends: &["1.0.0 Succeeded", "1.1.0 Succeeded"],
        may: &[],
        steady: false,
    },
    arrivals::UPLOADED,
    arrivals::OVERTAKEN,
    arrivals::PUSHED,
    arrivals::TURNED_AWAY,
    arrivals::TOO_EARLY,
    arrivals::DECLARED,
    arrivals::POSTED,
    rollouts::LINEAR,
    rollouts::IMAGE,
    rollouts::IMAGE_AT_ONCE,
    rollouts::CRASHES,
    rollouts::CRASHES_ON,
    rollouts::FIRST_KINDS,
    rollouts::ROLLBACK_KINDS,
    gates::GATES,
    gates::IS_SILENT,
    gates::RED_ROLLBACK,
];

/// Scenarios that differ from others only in the gate that is not healthy: of these, tests play a sample, and
/// the whole campaign plays none.
pub static SAMPLED: [Scenario; 4] = [
    gates::ANSWERS_WRONGLY,
    gates::ERRS,
    gates::IS_DOWN,
    gates::FLICKERS,
];

/// The scenario of that name.
pub fn named(name: &str) -> Option<&'static Scenario> {
    let mut all = SCENARIOS.iter().chain(&SAMPLED);
    all.find(|scenario| scenario.name == name)
}
