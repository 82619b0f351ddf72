//! Releases that arrive by themselves, with or without their events, and releases that CI posts to the API.

use super::basics::{FUNCTION, SERVICE};
use super::declarations::{FUNCTION_AND_SERVICE, SERVICE_AGAIN};
use super::people::{has_another_repository, may_not_shift, may_shift_again, person_at_api};
use crate::deed::Deed;
use crate::scenario::{Scenario, after, next, quiet};

/// The manifest of a release whose code is not there yet.
const TOO_SOON: &str = concat!(
    r#"{
  "version": "1.1.0",
  "git": {"ref": "refs/heads/main"},
  "components": {"api": {"key": "artifacts/shop/prod/api/1.1.0.zip", "#,
    r#""sha256": "1917e543b4d3347d8bb9078c67834e677cff91e8d211a02f001d5a5798389a3b"}}
}"#
);

pub(super) const UPLOADED: Scenario =
    Scenario { name: "uploaded", acts: &[next(Deed::Upload("1.1.0", &["api"]))], ..FUNCTION };

pub(super) const OVERTAKEN: Scenario = Scenario {
    name: "overtaken",
    acts: &[next(Deed::Upload("1.1.0", &["api"])), next(Deed::Upload("1.2.0", &["api"]))],
    ends: &["1.0.0 Succeeded", "1.1.0 Succeeded", "1.2.0 Succeeded"],
    may: &["1.1.0 NothingToDo (Superseded)"],
    steady: false,
    ..FUNCTION
};

/// Seven uploads at once: `intake` sends them back into its queue.
pub(super) const FLOODED: Scenario = Scenario {
    name: "flooded",
    acts: &[
        next(Deed::Put("artifacts/shop/prod/api/1.zip", "code 1")),
        after(0, Deed::Put("artifacts/shop/prod/api/2.zip", "code 2")),
        after(0, Deed::Upload("1.1.0", &["api"])),
        after(0, Deed::Put("artifacts/shop/prod/api/3.zip", "code 3")),
        after(0, Deed::Put("artifacts/shop/prod/api/4.zip", "code 4")),
        after(0, Deed::Put("artifacts/shop/prod/api/5.zip", "code 5")),
    ],
    ..UPLOADED
};

pub(super) const PUSHED: Scenario = Scenario {
    name: "pushed",
    before: &[quiet(Deed::Put("apps/shop/app.yaml", SERVICE_AGAIN)), quiet(Deed::Deploy("1.0.0", &["agent"]))],
    acts: &[next(Deed::Push("main-42"))],
    ends: &["1.0.0 Succeeded", "main-42+2496dec45328 Succeeded"],
    ..SERVICE
};

pub(super) const TURNED_AWAY: Scenario = Scenario {
    name: "turned_away",
    before: &[quiet(Deed::Deploy("1.0.0", &["api"])), quiet(Deed::Operate("hold"))],
    acts: &[next(Deed::Upload("1.1.0", &["api"])), after(60, Deed::Operate("release_hold"))],
    ends: &["1.0.0 Succeeded", "1.1.0 Rejected (Held)"],
    may: &["1.1.0 Succeeded"],
    steady: false,
    ..FUNCTION
};

pub(super) const TOO_EARLY: Scenario = Scenario {
    name: "too_early",
    acts: &[
        next(Deed::Put("releases/shop/prod/1.1.0.json", TOO_SOON)),
        after(30, Deed::Put("artifacts/shop/prod/api/1.1.0.zip", "api 1.1.0")),
    ],
    ends: &["1.0.0 Succeeded"],
    may: &["1.1.0 Succeeded", "1.1.0 RolledBack (ArtifactMissing)"],
    steady: false,
    ..FUNCTION
};

pub(super) const DECLARED: Scenario = Scenario {
    name: "declared",
    scene: has_another_repository,
    acts: &[next(Deed::Put("apps/shop/app.yaml", FUNCTION_AND_SERVICE))],
    ends: &["1.0.0 Succeeded"],
    ..FUNCTION
};

pub(super) const POSTED: Scenario = Scenario {
    name: "posted",
    acts: &[
        next(Deed::Post("1.1.0", &["api"])),
        next(Deed::Post("1.1.0", &["api"])),
        quiet(Deed::Post("1.1.0", &["api"])),
        quiet(Deed::Hold),
        quiet(Deed::Arrive("1.2.0", &["api"])),
    ],
    ends: &["1.0.0 Succeeded", "1.1.0 Succeeded", "1.1.0 NothingToDo (AlreadyThere)", "1.2.0 Rejected (Held)"],
    may: &["1.2.0 Succeeded"],
    ..FUNCTION
};

/// The same release by each way, after a rollback and after a person brought it back.
pub(super) const RELEASED_AGAIN: Scenario = Scenario {
    name: "released_again",
    before: &[
        quiet(Deed::Arrive("1.0.0", &["api"])),
        quiet(Deed::Arrive("1.1.0", &["api"])),
        quiet(Deed::Arrive("1.2.0", &["api"])),
    ],
    acts: &[
        next(Deed::Operate("rollback")),
        quiet(Deed::Operate("release_hold")),
        quiet(Deed::Arrive("1.2.0", &["api"])),
        quiet(Deed::Post("1.2.0", &["api"])),
        quiet(Deed::Arrive("1.1.0", &["api"])),
        quiet(Deed::Deploy("1.2.0", &["api"])),
        quiet(Deed::Arrive("1.2.0", &["api"])),
        quiet(Deed::Deploy("1.2.0", &["api"])),
        quiet(Deed::Arrive("1.1.0", &["api"])),
    ],
    ends: &[
        "1.0.0 Succeeded",
        "1.1.0 Succeeded",
        "1.2.0 Succeeded",
        "1.1.0 Succeeded",
        "1.2.0 NothingToDo (Superseded)",
        "1.2.0 NothingToDo (Superseded)",
        "1.1.0 NothingToDo (AlreadyThere)",
        "1.2.0 Succeeded",
        "1.2.0 NothingToDo (AlreadyThere)",
        "1.2.0 NothingToDo (AlreadyThere)",
        "1.1.0 NothingToDo (Superseded)",
    ],
    // These endings come if nothing could be measured for long, or if the hold was not released.
    may: &["1.2.0 Rejected (Vetoed)", "1.2.0 Rejected (Held)", "1.1.0 Rejected (Held)"],
    ..FUNCTION
};

/// CI uploads the same release once more: it is shown what runs, and the upload leaves a line of its own.
pub(super) const UPLOADED_AGAIN: Scenario = Scenario {
    name: "uploaded_again",
    acts: &[next(Deed::Upload("1.1.0", &["api"])), quiet(Deed::Upload("1.1.0", &["api"]))],
    ends: &["1.0.0 Succeeded", "1.1.0 Succeeded", "1.1.0 NothingToDo (AlreadyThere)"],
    // This ending comes if nothing could be measured for long.
    may: &["1.1.0 Rejected (Vetoed)"],
    steady: false,
    ..FUNCTION
};

/// Somebody moved the target of what runs by the ledger. The same arrival is brought again.
pub(super) const MOVED_BY_HAND: Scenario = Scenario {
    name: "moved_by_hand",
    before: &[quiet(Deed::Deploy("1.0.0", &["api"])), quiet(Deed::Arrive("1.1.0", &["api"]))],
    acts: &[
        next(Deed::Change("a person puts other code in place", person_at_api)).by_somebody_else(),
        quiet(Deed::Arrive("1.1.0", &["api"])),
    ],
    ends: &["1.0.0 Succeeded", "1.1.0 Succeeded", "1.1.0 Succeeded"],
    ..FUNCTION
};

/// The target failed a release, and is mended. The same arrival brings it then.
pub(super) const MENDED: Scenario = Scenario {
    name: "mended",
    acts: &[
        next(Deed::Change("the alias cannot be moved", may_not_shift)),
        next(Deed::Arrive("1.1.0", &["api"])),
        quiet(Deed::Change("the alias can be moved", may_shift_again)),
        quiet(Deed::Arrive("1.1.0", &["api"])),
    ],
    ends: &["1.0.0 Succeeded", "1.1.0 RolledBack (AccessDenied)", "1.1.0 Succeeded"],
    may: &["1.1.0 NeedsOperator (AccessDenied)", "1.1.0 Rejected (NeedsOperator)"],
    ..FUNCTION
};
