//! A person steers a deployment while it watches: pauses, continues, skips the bake, and is refused.

use super::basics::{BOTH, CANARY};
use super::pauses::PAUSED;
use super::people::{is_quiet_again, rings};
use super::shifts::SERVICE_CANARY_THEN_FUNCTION;
use crate::deed::Deed;
use crate::scenario::{Scenario, after, next, quiet, when_in};

/// Two functions, with pauses of ten minutes.
const STEERED: &str = gated!(functions!(); bake: "2m"; gates: "pause: {for: 10m}");

/// The same, but a pause that nobody ends undoes the release.
const STEERED_BACK: &str = gated!(functions!(); bake: "2m"; gates: "pause: {for: 10m, then: undo}");

/// Each wave is watched for five minutes.
const WATCHED_LONG: &str = gated!(jobs!(), api!("after: [jobs]"); bake: "5m"; between_waves: "5m");

const PAUSE: Deed = Deed::Operate("pause");
const CONTINUE: Deed = Deed::Operate("continue");
const SKIP: Deed = Deed::Operate("skip_bake");

pub(super) const WHEEL: Scenario = Scenario {
    name: "wheel",
    declaration: STEERED,
    acts: &[next(Deed::Deploy("1.1.0", BOTH)), when_in("Bake", PAUSE), after(300, CONTINUE)],
    ..CANARY
};

/// Nobody ends the pause.
pub(super) const WHEEL_TO_ITS_BOUND: Scenario = Scenario {
    name: "wheel_to_its_bound",
    acts: &[next(Deed::Deploy("1.1.0", BOTH)), when_in("Bake", PAUSE)],
    ..WHEEL
};

/// Nobody ends the pause, and the declaration says that the release is undone then. No veto stands in its way later.
pub(super) const WHEEL_RUNS_OUT: Scenario = Scenario {
    name: "wheel_runs_out",
    declaration: STEERED_BACK,
    acts: &[next(Deed::Deploy("1.1.0", BOTH)), when_in("Bake", PAUSE), quiet(Deed::Deploy("1.2.0", BOTH))],
    ends: &["1.0.0 Succeeded", "1.1.0 RolledBack (PauseRanOut)", "1.2.0 Succeeded"],
    may: &["1.1.0 Succeeded"],
    steady: false,
    ..WHEEL
};

/// A red gate undoes the release, paused or not.
pub(super) const WHEEL_RED: Scenario = Scenario {
    name: "wheel_red",
    acts: &[next(Deed::Deploy("1.1.0", BOTH)), when_in("Bake", PAUSE), after(120, Deed::Ail("the alarm rings", rings))],
    ends: &["1.0.0 Succeeded", "1.1.0 RolledBack (GateFailed)"],
    may: &["1.1.0 Succeeded"],
    steady: false,
    ..WHEEL
};

/// A red moment ends a paused release, even if all is quiet again before the pause is over.
pub(super) const WHEEL_RED_FOR_A_MOMENT: Scenario = Scenario {
    name: "wheel_red_for_a_moment",
    acts: &[
        next(Deed::Deploy("1.1.0", BOTH)),
        when_in("Bake", PAUSE),
        after(120, Deed::Change("the alarm rings", rings)),
        after(180, Deed::Change("the alarm is quiet", is_quiet_again)),
    ],
    ..WHEEL_RED
};

/// A pause for a moment skips nothing: the rest of the bake is watched.
pub(super) const WHEEL_BRIEFLY: Scenario = Scenario {
    name: "wheel_briefly",
    declaration: WATCHED_LONG,
    acts: &[next(Deed::Deploy("1.1.0", BOTH)), after(90, PAUSE), after(30, CONTINUE)],
    ..WHEEL
};

pub(super) const WHEEL_SKIPPED: Scenario = Scenario {
    name: "wheel_skipped",
    acts: &[next(Deed::Deploy("1.1.0", BOTH)), when_in("Bake", SKIP), when_in("Bake", SKIP)],
    ..WHEEL
};

/// A pause, and then a skipped bake, which ends it.
pub(super) const WHEEL_SKIPPED_ON: Scenario = Scenario {
    name: "wheel_skipped_on",
    acts: &[next(Deed::Deploy("1.1.0", BOTH)), when_in("Bake", PAUSE), after(200, SKIP)],
    ..WHEEL
};

/// The gate turns red before the bake is skipped, or between the skip and the look.
pub(super) const WHEEL_SKIPPED_RED: Scenario = Scenario {
    name: "wheel_skipped_red",
    acts: &[
        next(Deed::Deploy("1.1.0", BOTH)),
        when_in("Bake", Deed::Ail("the alarm rings", rings)),
        next(SKIP),
        after(90, SKIP),
    ],
    ends: &["1.0.0 Succeeded", "1.1.0 RolledBack (GateFailed)"],
    may: &["1.1.0 Succeeded"],
    steady: false,
    ..WHEEL
};

/// Windlass cannot pause a wave that ECS times.
pub(super) const WHEEL_TIMED_BY_AWS: Scenario = Scenario {
    name: "wheel_timed_by_aws",
    acts: &[next(Deed::Deploy("1.1.0", &["agent", "api"])), when_in("Bake", PAUSE), after(60, SKIP)],
    ..SERVICE_CANARY_THEN_FUNCTION
};

/// ECS waits at a hook for Windlass meanwhile, and goes on after a person has ended the pause.
pub(super) const WHEEL_AT_A_HOOK: Scenario = Scenario {
    name: "wheel_at_a_hook",
    acts: &[next(Deed::Deploy("1.1.0", &["agent"])), when_in("Bake", PAUSE), after(300, CONTINUE)],
    ..PAUSED
};

/// ECS waits at a hook for Windlass, and goes on as soon as a person has ended the bake.
pub(super) const WHEEL_SKIPPED_AT_A_HOOK: Scenario = Scenario {
    name: "wheel_skipped_at_a_hook",
    acts: &[next(Deed::Deploy("1.1.0", &["agent"])), when_in("Bake", SKIP)],
    ..PAUSED
};

/// A person asks for the same twice, and then too late.
pub(super) const WHEEL_TWICE_AND_LATE: Scenario = Scenario {
    name: "wheel_twice_and_late",
    acts: &[
        next(PAUSE),
        next(Deed::Deploy("1.1.0", BOTH)),
        when_in("Bake", PAUSE),
        next(PAUSE),
        after(100, CONTINUE),
        next(CONTINUE),
        quiet(SKIP),
        next(PAUSE),
    ],
    ..WHEEL
};

/// An operator's rollback does not wait for a pause.
pub(super) const WHEEL_PREEMPTED: Scenario = Scenario {
    name: "wheel_preempted",
    before: &[quiet(Deed::Deploy("1.0.0", BOTH)), quiet(Deed::Deploy("1.1.0", BOTH))],
    acts: &[next(Deed::Deploy("1.2.0", BOTH)), when_in("Bake", PAUSE), after(100, Deed::Operate("rollback"))],
    ends: &["1.0.0 Succeeded", "1.1.0 Succeeded", "1.2.0 RolledBack (PreemptedByOperator)", "1.1.0 Succeeded"],
    may: &["1.2.0 Succeeded"],
    steady: false,
    ..WHEEL
};
