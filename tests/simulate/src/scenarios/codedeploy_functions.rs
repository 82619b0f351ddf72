//! A function whose alias CodeDeploy moves while gates watch: deployed, undone, rolled back, and taken back by
//! CodeDeploy itself.

use super::basics::FUNCTION;
use super::declarations::MOVED as DECLARATION;
use super::people::{group_rings, is_moved_by_codedeploy, person_at_group, rings};
use crate::deed::Deed;
use crate::scenario::{Scenario, next, quiet, when_in};

pub(super) const MOVED: Scenario = Scenario {
    name: "moved",
    declaration: DECLARATION,
    scene: is_moved_by_codedeploy,
    out_of_band: person_at_group,
    ..FUNCTION
};

/// A gate fails while CodeDeploy moves the alias.
pub(super) const MOVED_UNDONE: Scenario = Scenario {
    name: "moved_undone",
    acts: &[next(Deed::Deploy("1.1.0", &["api"])), when_in("Bake", Deed::Ail("the alarm rings", rings))],
    ends: &["1.0.0 Succeeded", "1.1.0 RolledBack (GateFailed)"],
    ..MOVED
};

/// An alarm of the group's own rings, which no gate looks at.
pub(super) const MOVED_TAKEN_BACK: Scenario = Scenario {
    name: "moved_taken_back",
    acts: &[
        next(Deed::Deploy("1.1.0", &["api"])),
        when_in("Bake", Deed::Change("an alarm of the group rings", group_rings)),
    ],
    ends: &["1.0.0 Succeeded", "1.1.0 RolledBack (ChangeFailed)"],
    // CodeDeploy does not look at its alarms any more after it is through.
    may: &["1.1.0 Succeeded"],
    ..MOVED
};

/// A rollback of a release that has succeeded is made by the alias itself.
pub(super) const MOVED_ROLLBACK: Scenario = Scenario {
    name: "moved_rollback",
    before: &[quiet(Deed::Deploy("1.0.0", &["api"])), quiet(Deed::Deploy("1.1.0", &["api"]))],
    acts: &[next(Deed::Operate("rollback"))],
    ends: &["1.0.0 Succeeded", "1.1.0 Succeeded", "1.0.0 Succeeded"],
    ..MOVED
};
