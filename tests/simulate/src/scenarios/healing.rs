//! Targets that somebody changes between deployments, and that Windlass brings back by itself.

use super::drift::DRIFTED;
use super::people::person_at_api;
use crate::deed::Deed;
use crate::scenario::{Scenario, next, quiet, when_in};

/// The declaration of both functions, of which one is restored.
const RESTORED: &str = gated!(
    api!("heal: restore"), jobs!();
    prod: prod!(lines: "notify:", r#"  - {topic: "arn:aws:sns:eu-west-1:111111111111:shop", of: [drift]}"#)
);

const MOVED: Deed = Deed::Drift("a person moves the alias of api", person_at_api);

/// A person moves an alias, and Windlass moves it back.
pub(super) const HEALED: Scenario = Scenario {
    name: "healed",
    declaration: RESTORED,
    acts: &[next(MOVED)],
    ends: &["1.0.0 Succeeded", "1.0.0 Succeeded"],
    // An execution that died before it was recorded, and is redriven after another one, ends so.
    may: &["restore NothingToDo (NotRestored)"],
    ..DRIFTED
};

/// Nothing is restored while deployments are held.
pub(super) const HEALED_HELD: Scenario = Scenario {
    name: "healed_held",
    acts: &[next(Deed::Operate("hold")), quiet(MOVED)],
    ends: &["1.0.0 Succeeded"],
    ..HEALED
};

/// A release that comes during a restoring waits for its turn.
pub(super) const HEALED_OVER: Scenario = Scenario {
    name: "healed_over",
    acts: &[next(MOVED), when_in("Bake", Deed::Deploy("1.1.0", &["api", "jobs"]))],
    ends: &["1.0.0 Succeeded", "1.0.0 Succeeded", "1.1.0 Succeeded"],
    steady: false,
    ..HEALED
};

/// A target that is set back again and again is held at the fourth time.
pub(super) const HEALED_TOO_OFTEN: Scenario = Scenario {
    name: "healed_too_often",
    acts: &[next(MOVED), quiet(MOVED), quiet(MOVED), quiet(MOVED)],
    ends: &[
        "1.0.0 Succeeded",
        "1.0.0 Succeeded",
        "1.0.0 Succeeded",
        "1.0.0 Succeeded",
        "restore NothingToDo (KeepsDrifting)",
    ],
    steady: false,
    ..HEALED
};
