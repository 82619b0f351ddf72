//! Rollbacks with components that came at different times, stay as they are, are no longer declared, or have no alias;
//! and past a snapshot that has what runs.

use super::basics::{CANARY, CODE, FUNCTION};
use super::declarations::{FUNCTION_BESIDE_SERVICE, WITHOUT_JOBS};
use super::people::{image_expires, person_at_service};
use crate::deed::Deed;
use crate::scenario::{Act, Scenario, next, quiet};
use windlass_world::World;

const API: &[&str] = &["api"];
const JOBS: &[&str] = &["jobs"];

/// A function, then another one.
const ONE_LATER: &[Act] = &[quiet(Deed::Deploy("1.0.0", API)), quiet(Deed::Deploy("1.1.0", JOBS))];

/// The first release of a component is taken back, and the next rollback finds no snapshot that a gate judged.
pub(super) const LATER: Scenario = Scenario {
    name: "later",
    before: ONE_LATER,
    acts: &[next(Deed::Operate("rollback")), quiet(Deed::Operate("rollback"))],
    ends: &["1.0.0 Succeeded", "1.1.0 Succeeded", "1.0.0 Succeeded", "rollback Rejected (NothingToGoBackTo)"],
    ..CANARY
};

/// Two rollbacks at once; then a release.
pub(super) const LATER_TWICE: Scenario = Scenario {
    name: "later_twice",
    before: &[quiet(Deed::Deploy("1.0.0", API)), quiet(Deed::Deploy("1.1.0", JOBS)), quiet(Deed::Deploy("1.2.0", API))],
    acts: &[next(Deed::Operate("rollback")), next(Deed::Operate("rollback")), quiet(Deed::Deploy("1.3.0", JOBS))],
    ends: &[
        "1.0.0 Succeeded",
        "1.1.0 Succeeded",
        "1.2.0 Succeeded",
        "1.1.0 Succeeded",
        "1.0.0 Succeeded",
        "1.3.0 Succeeded",
    ],
    steady: false,
    ..CANARY
};

/// A rollback to what was found before the first release of all.
pub(super) const TO_FOUND: Scenario = Scenario {
    name: "to_found",
    before: ONE_LATER,
    acts: &[next(Deed::RollBackTo(1))],
    ends: &["1.0.0 Succeeded", "1.1.0 Succeeded", "before-windlass Succeeded"],
    ..CANARY
};

/// A component that nobody declares any more would have to be taken back, so the rollback takes nothing back.
pub(super) const UNDECLARED: Scenario = Scenario {
    name: "undeclared",
    before: &[
        quiet(Deed::Deploy("1.0.0", API)),
        quiet(Deed::Deploy("1.1.0", JOBS)),
        quiet(Deed::Deploy("1.2.0", API)),
        quiet(Deed::Put("apps/shop/app.yaml", WITHOUT_JOBS)),
    ],
    acts: &[next(Deed::RollBackTo(2))],
    // After somebody else's change of `api` the release would be asked for again, and has no declaration any more.
    out_of_band: person_at_service,
    ends: &["1.0.0 Succeeded", "1.1.0 Succeeded", "1.2.0 Succeeded", "1.0.0 Rejected (NoWayBack)"],
    ..CANARY
};

/// The bytes that run are released under another version.
pub(super) const RENAMED: Scenario = Scenario {
    name: "renamed",
    before: &[quiet(Deed::Deploy("1.0.0", API)), quiet(Deed::Deploy("1.1.0", API))],
    acts: &[next(Deed::DeployAs("1.2.0", API, "1.1.0"))],
    ends: &["1.0.0 Succeeded", "1.1.0 Succeeded", "1.2.0 NothingToDo (AlreadyThere)"],
    // After somebody else's change the bytes are brought once more.
    may: &["1.2.0 Succeeded"],
    ..CANARY
};

/// Then an operator goes back: to what ran before both versions, and to the snapshot of the former version.
pub(super) const RENAMED_BACK: Scenario = Scenario {
    name: "renamed_back",
    before: &[
        quiet(Deed::Deploy("1.0.0", API)),
        quiet(Deed::Deploy("1.1.0", API)),
        quiet(Deed::DeployAs("1.2.0", API, "1.1.0")),
    ],
    acts: &[
        next(Deed::Operate("rollback")),
        // The first snapshot is what was found.
        quiet(Deed::RollBackTo(3)),
    ],
    ends: &[
        "1.0.0 Succeeded",
        "1.1.0 Succeeded",
        "1.2.0 NothingToDo (AlreadyThere)",
        "1.0.0 Succeeded",
        "1.1.0 Succeeded",
    ],
    // If the first rollback could not go, the second one finds the bytes under the later version.
    may: &["1.1.0 NothingToDo (NothingChanged)"],
    ..RENAMED
};

/// Callers use `$LATEST`, so a rollback needs the version that keeps the former code.
pub(super) const ROLLBACK_CODE: Scenario = Scenario {
    name: "rollback_code",
    before: &[quiet(Deed::Deploy("1.0.0", API)), quiet(Deed::Deploy("1.1.0", API))],
    acts: &[next(Deed::Operate("rollback"))],
    ends: &["1.0.0 Succeeded", "1.1.0 Succeeded", "1.0.0 Succeeded"],
    ..CODE
};

/// The image is gone of a service that stays as it is. The way back of the function beside it does not need it.
pub(super) const STAYS: Scenario = Scenario {
    name: "stays",
    declaration: FUNCTION_BESIDE_SERVICE,
    before: &[quiet(Deed::Deploy("1.0.0", &["agent", "api"])), quiet(Deed::Deploy("1.1.0", API))],
    acts: &[next(Deed::Change("the image of the service expires", image_expires)), quiet(Deed::Operate("rollback"))],
    ends: &["1.0.0 Succeeded", "1.1.0 Succeeded", "1.0.0 Succeeded"],
    ..FUNCTION
};

/// A person has moved the alias, and the same release is deployed once more, which mends that. A rollback passes by the
/// snapshot of the first time.
pub(super) const MENDED_BACK: Scenario = Scenario {
    name: "mended_back",
    before: &[
        quiet(Deed::Deploy("1.0.0", API)),
        quiet(Deed::Deploy("1.1.0", API)),
        quiet(Deed::Change("a person moves the alias to the version before", person_moves_back)).by_somebody_else(),
        quiet(Deed::Again("1.1.0", API)),
    ],
    acts: &[next(Deed::Operate("rollback"))],
    ends: &["1.0.0 Succeeded", "1.1.0 Succeeded", "1.1.0 Succeeded", "1.0.0 Succeeded"],
    ..FUNCTION
};

/// A person has moved the alias, and a rollback finds there what it goes to.
pub(super) const PUT_BACK: Scenario = Scenario {
    name: "put_back",
    before: &[quiet(Deed::Deploy("1.0.0", API)), quiet(Deed::Deploy("1.1.0", API))],
    acts: &[
        next(Deed::Change("a person moves the alias to the version before", person_moves_back)).by_somebody_else(),
        quiet(Deed::Operate("rollback")),
    ],
    ends: &["1.0.0 Succeeded", "1.1.0 Succeeded", "1.0.0 NothingToDo (NothingChanged)"],
    // After somebody else's change once more it is brought.
    may: &["1.0.0 Succeeded"],
    ..FUNCTION
};

/// Moves the alias to the version of 1.0.0: the first one is what was found.
fn person_moves_back(world: &World) {
    let mut functions = world.lambda();
    if let Some(function) = functions.functions.get_mut("shop-api")
        && let Some(alias) = function.aliases.get_mut("live")
    {
        "2".clone_into(&mut alias.version);
        alias.revision += 1;
    }
}
