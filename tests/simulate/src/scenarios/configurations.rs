//! Feature flags in AWS AppConfig, which grow by themselves while gates watch: deployed, undone, and taken back by
//! AppConfig itself.

use super::basics::FUNCTION;
use super::declarations::{CONFIGURATION, POINTING};
use super::people::{document_is_lost, flags_are_watched, flags_ring, person_at_flags, rings};
use crate::deed::Deed;
use crate::scenario::{Scenario, next, quiet, when_in};

pub(super) const FLAGS: Scenario = Scenario {
    name: "flags",
    declaration: CONFIGURATION,
    before: &[quiet(Deed::Deploy("1.0.0", &["flags"]))],
    acts: &[next(Deed::Deploy("1.1.0", &["flags"]))],
    out_of_band: person_at_flags,
    ..FUNCTION
};

/// A gate fails while the deployment of AppConfig grows.
pub(super) const FLAGS_UNDONE: Scenario = Scenario {
    name: "flags_undone",
    acts: &[next(Deed::Deploy("1.1.0", &["flags"])), when_in("Bake", Deed::Ail("the alarm rings", rings))],
    ends: &["1.0.0 Succeeded", "1.1.0 RolledBack (GateFailed)"],
    ..FLAGS
};

/// An alarm of AppConfig's own rings, which no gate looks at.
pub(super) const FLAGS_TAKEN_BACK: Scenario = Scenario {
    name: "flags_taken_back",
    scene: flags_are_watched,
    acts: &[
        next(Deed::Deploy("1.1.0", &["flags"])),
        when_in("Bake", Deed::Change("an alarm of AppConfig's own rings", flags_ring)),
    ],
    ends: &["1.0.0 Succeeded", "1.1.0 RolledBack (ChangeFailed)"],
    // AppConfig does not look at its alarms any more after its deployment is complete.
    may: &["1.1.0 Succeeded"],
    ..FLAGS
};

/// A deployment of AppConfig that is complete is reverted.
pub(super) const FLAGS_ROLLBACK: Scenario = Scenario {
    name: "flags_rollback",
    before: &[quiet(Deed::Deploy("1.0.0", &["flags"])), quiet(Deed::Deploy("1.1.0", &["flags"]))],
    acts: &[next(Deed::Operate("rollback"))],
    ends: &["1.0.0 Succeeded", "1.1.0 Succeeded", "1.0.0 Succeeded"],
    ..FLAGS
};

const POINTED_AT: &[&str] = &["api", "flags"];

/// Flags name the version of a function that the same release publishes.
pub(super) const POINTED: Scenario = Scenario {
    name: "pointed",
    declaration: POINTING,
    before: &[quiet(Deed::Deploy("1.0.0", POINTED_AT))],
    acts: &[next(Deed::Deploy("1.1.0", POINTED_AT))],
    steady: false,
    ..FLAGS
};

/// A gate fails before the flags are planned.
pub(super) const POINTED_UNDONE: Scenario = Scenario {
    name: "pointed_undone",
    acts: &[next(Deed::Deploy("1.1.0", POINTED_AT)), when_in("Bake", Deed::Ail("the alarm rings", rings))],
    ends: &["1.0.0 Succeeded", "1.1.0 RolledBack (GateFailed)"],
    ..POINTED
};

/// The document of the flags is gone when they are to be planned.
pub(super) const POINTED_LOST: Scenario = Scenario {
    name: "pointed_lost",
    acts: &[
        next(Deed::Deploy("1.1.0", POINTED_AT)),
        when_in("Bake", Deed::Change("somebody deletes the document", document_is_lost)).by_somebody_else(),
    ],
    ends: &["1.0.0 Succeeded", "1.1.0 RolledBack (ArtifactMissing)"],
    ..POINTED
};

/// After a rollback callers get what the flags named before, as they do of the function.
pub(super) const POINTED_ROLLBACK: Scenario = Scenario {
    name: "pointed_rollback",
    before: &[quiet(Deed::Deploy("1.0.0", POINTED_AT)), quiet(Deed::Deploy("1.1.0", POINTED_AT))],
    acts: &[next(Deed::Operate("rollback"))],
    ends: &["1.0.0 Succeeded", "1.1.0 Succeeded", "1.0.0 Succeeded"],
    ..POINTED
};
