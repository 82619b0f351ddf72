//! A person pauses a wave while ECS waits for Windlass in a pause that is Windlass's.

use super::people::{is_shifted_in_two_parts_with_pauses, pauses_run_out, rings};
use super::shifts::{BLUE_GREEN, SHIFTED};
use crate::deed::Deed;
use crate::scenario::{Scenario, after, next, quiet, when_in};

/// A service in two parts, each of which waits for half an hour at most, with pauses of five minutes.
const HELD: &str = gated!(agent_in_parts!(), api!("after: [agent]"); gates: "pause: {for: 5m}");

/// The same with pauses for which ECS does not wait.
const HELD_TOO_LONG: &str = gated!(agent_in_parts!(), api!("after: [agent]"); gates: "pause: {for: 40m}");

const PAUSE: Deed = Deed::Operate("pause");

/// The wave is paused while ECS waits, and a person lets it go on.
pub(super) const WHEEL_HELD: Scenario = Scenario {
    name: "wheel_held",
    declaration: HELD,
    scene: is_shifted_in_two_parts_with_pauses,
    before: &[quiet(Deed::Deploy("1.0.0", SHIFTED))],
    acts: &[next(Deed::Deploy("1.1.0", SHIFTED)), when_in("Bake", PAUSE), after(120, Deed::Operate("continue"))],
    ..BLUE_GREEN
};

/// Nobody ends the pause, and ECS still waits when it is over.
pub(super) const WHEEL_HELD_TO_ITS_BOUND: Scenario = Scenario {
    name: "wheel_held_to_its_bound",
    acts: &[next(Deed::Deploy("1.1.0", SHIFTED)), when_in("Bake", PAUSE)],
    ..WHEEL_HELD
};

/// A pause for which ECS does not wait is refused, and the release goes on.
pub(super) const WHEEL_HELD_TOO_LONG: Scenario =
    Scenario { name: "wheel_held_too_long", declaration: HELD_TOO_LONG, ..WHEEL_HELD_TO_ITS_BOUND };

/// A red gate undoes the release while both pause.
pub(super) const WHEEL_HELD_RED: Scenario = Scenario {
    name: "wheel_held_red",
    acts: &[
        next(Deed::Deploy("1.1.0", SHIFTED)),
        when_in("Bake", PAUSE),
        after(90, Deed::Ail("the alarm rings", rings)),
    ],
    ends: &["1.0.0 Succeeded", "1.1.0 RolledBack (GateFailed)"],
    may: &["1.1.0 Succeeded"],
    steady: false,
    ..WHEEL_HELD
};

/// The wait of ECS ends before the person's pause. Where the person's pause is refused ECS waits no more by then, and
/// the release is healthy.
pub(super) const WHEEL_HELD_RUNS_OUT: Scenario = Scenario {
    name: "wheel_held_runs_out",
    acts: &[
        next(Deed::Deploy("1.1.0", SHIFTED)),
        when_in("Bake", PAUSE),
        after(90, Deed::Change("the pause's time is over", pauses_run_out)),
    ],
    ends: &["1.0.0 Succeeded", "1.1.0 RolledBack (ChangeFailed)"],
    may: &["1.1.0 Succeeded"],
    steady: false,
    ..WHEEL_HELD
};
