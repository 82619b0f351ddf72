//! Feature flags in AWS AppConfig, which grow by themselves while gates watch: there, back, and what AppConfig does.

use super::declarations::CONFIGURATION;
use super::people::{as_made, flags_are_watched, flags_ring, person_at_flags, rings};
use crate::scenario::{Deed, Scenario, next, quiet, when_in};

pub(super) const FLAGS: Scenario = Scenario {
    name: "flags",
    declaration: CONFIGURATION,
    scene: as_made,
    before: &[quiet(Deed::Deploy("1.0.0", &["flags"]))],
    acts: &[next(Deed::Deploy("1.1.0", &["flags"]))],
    stranger: person_at_flags,
    ends: &["1.0.0 Succeeded", "1.1.0 Succeeded"],
    may: &[],
    steady: true,
};

/// A gate fails while it grows.
pub(super) const FLAGS_UNDONE: Scenario = Scenario {
    name: "flags_undone",
    acts: &[
        next(Deed::Deploy("1.1.0", &["flags"])),
        when_in("Bake", Deed::Ail("the alarm rings", rings)),
    ],
    ends: &["1.0.0 Succeeded", "1.1.0 RolledBack (GateFailed)"],
    ..FLAGS
};

/// An alarm of AppConfig's own rings, which no gate looks at.
pub(super) const FLAGS_TAKEN_BACK: Scenario = Scenario {
    name: "flags_taken_back",
    scene: flags_are_watched,
    acts: &[
        next(Deed::Deploy("1.1.0", &["flags"])),
        when_in(
            "Bake",
            Deed::Ail("an alarm of AppConfig's own rings", flags_ring),
        ),
    ],
    ends: &["1.0.0 Succeeded", "1.1.0 RolledBack (ChangeFailed)"],
    ..FLAGS
};

/// What is complete is reverted.
pub(super) const FLAGS_ROLLBACK: Scenario = Scenario {
    name: "flags_rollback",
    before: &[
        quiet(Deed::Deploy("1.0.0", &["flags"])),
        quiet(Deed::Deploy("1.1.0", &["flags"])),
    ],
    acts: &[next(Deed::Operate("rollback"))],
    ends: &["1.0.0 Succeeded", "1.1.0 Succeeded", "1.0.0 Succeeded"],
    ..FLAGS
};
