//! Further rollouts and sorts of code, and all kinds at once, in a first release or in a rollback.

use super::basics::{ALL, FUNCTION, KINDS, SERVICE};
use super::declarations::{FROM_IMAGE, FROM_IMAGE_WITHOUT_ALIAS, LINEAR_STEPS};
use super::people::{
    completes_early, from_image, from_image_without_alias, gives_nothing_up, has_no_data, is_quiet_again,
    person_at_image, person_at_weights, rings, tasks_crash,
};
use crate::deed::Deed;
use crate::scenario::{Scenario, after, next, quiet, when_in};

pub(super) const LINEAR: Scenario = Scenario {
    name: "linear",
    declaration: LINEAR_STEPS,
    acts: &[next(Deed::Deploy("1.1.0", &["api"])), when_in("Bake", Deed::Change("the alarm has no data", has_no_data))],
    out_of_band: person_at_weights,
    ..FUNCTION
};

pub(super) const IMAGE: Scenario =
    Scenario { name: "image", declaration: FROM_IMAGE, scene: from_image, out_of_band: person_at_image, ..FUNCTION };

pub(super) const IMAGE_AT_ONCE: Scenario = Scenario {
    name: "image_at_once",
    declaration: FROM_IMAGE_WITHOUT_ALIAS,
    scene: from_image_without_alias,
    acts: &[
        next(Deed::Deploy("1.1.0", &["api"])),
        when_in("Bake", Deed::Ail("the alarm has no data", has_no_data)),
        // A deployment that holds on unknown would see it.
        after(180, Deed::Change("the alarm is quiet", is_quiet_again)),
    ],
    out_of_band: person_at_image,
    ends: &["1.0.0 Succeeded", "1.1.0 RolledBack (GateFailed)"],
    ..FUNCTION
};

pub(super) const CRASHES: Scenario = Scenario {
    name: "crashes",
    acts: &[next(Deed::Ail("the tasks of the release crash", tasks_crash)), next(Deed::Deploy("1.1.0", &["agent"]))],
    ends: &["1.0.0 Succeeded", "1.1.0 RolledBack (ChangeFailed)"],
    ..SERVICE
};

pub(super) const CRASHES_ON: Scenario = Scenario { name: "crashes_on", scene: gives_nothing_up, ..CRASHES };

/// A task of the release dies once ECS has called it complete early. Another one runs in its place half a minute later.
pub(super) const DIES_EARLY: Scenario = Scenario {
    name: "dies_early",
    acts: &[
        next(Deed::Change("the service completes early, and a task dies after that", completes_early)),
        next(Deed::Deploy("1.1.0", &["agent"])),
    ],
    // Where ECS refuses to list its deployments, the rollout goes on.
    may: &["1.1.0 Succeeded"],
    ..CRASHES
};

pub(super) const FIRST_KINDS: Scenario = Scenario {
    name: "first_kinds",
    before: &[],
    acts: &[
        next(Deed::Deploy("1.0.0", ALL)),
        when_in("Bake", Deed::Ail("the alarm rings", rings)),
        quiet(Deed::Change("the alarm is quiet", is_quiet_again)),
        quiet(Deed::Deploy("1.1.0", ALL)),
    ],
    ends: &["1.0.0 RolledBack (GateFailed)", "1.1.0 Succeeded"],
    ..KINDS
};

pub(super) const ROLLBACK_KINDS: Scenario = Scenario {
    name: "rollback_kinds",
    before: &[quiet(Deed::Deploy("1.0.0", ALL)), quiet(Deed::Deploy("1.1.0", ALL))],
    acts: &[next(Deed::Operate("rollback"))],
    ends: &["1.0.0 Succeeded", "1.1.0 Succeeded", "1.0.0 Succeeded"],
    ..KINDS
};
