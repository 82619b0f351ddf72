//! Releases that come at the edges of a freeze, also by clocks that are wrong, and one that waits for its end.

use super::basics::FUNCTION;
use crate::deed::Deed;
use crate::scenario::{Freeze, Scenario, after, next, quiet};
use windlass_domain::access::WAITS_MS;
use windlass_domain::text::time::Time;
use windlass_world::World;

/// From six to eight o'clock in the evening of the day on which the world begins.
const FREEZE: Freeze =
    Freeze { from: Time(1_795_197_600_000), until: Time(1_795_204_800_000), waits: false, by_windows: false };

/// Lets time pass until then, if it is not later.
fn at_last(world: &World, at: u64) {
    let mut clock = world.clock();
    clock.now = clock.now.max(Time(at));
}

fn begins_in_a_good_second(world: &World) {
    at_last(world, FREEZE.from.0 - 1_200);
}

fn begins_in_a_moment(world: &World) {
    at_last(world, FREEZE.from.0 - 400);
}

fn ends_in(world: &World, ms: u64) {
    at_last(world, FREEZE.until.0 - ms);
}

fn ends_in_a_good_second(world: &World) {
    ends_in(world, 1_200);
}

fn ends_in_a_minute(world: &World) {
    ends_in(world, 60_000);
}

/// Whose clock is wrong by 0.9 s decides otherwise at each edge.
pub(super) const FROZEN: Scenario = Scenario {
    name: "frozen",
    freeze: Some(FREEZE),
    acts: &[
        next(Deed::Change("the freeze begins in a moment", begins_in_a_moment)),
        next(Deed::Arrive("1.1.0", &["api"])),
        next(Deed::Deploy("1.2.0", &["api"])),
        quiet(Deed::Change("the freeze ends in a good second", ends_in_a_good_second)),
        next(Deed::Arrive("1.3.0", &["api"])),
        after(1, Deed::Arrive("1.4.0", &["api"])),
    ],
    ends: &["1.0.0 Succeeded", "1.1.0 Rejected (Held)", "1.2.0 Succeeded", "1.3.0 Rejected (Held)", "1.4.0 Succeeded"],
    may: &[
        "1.1.0 Succeeded",
        "1.3.0 Succeeded",
        "1.4.0 Rejected (Held)",
        // One that a mishap holds up until the freeze is over comes after the newer one.
        "1.3.0 NothingToDo (Superseded)",
    ],
    steady: false,
    ..FUNCTION
};

/// A release has its turn just before the freeze. Whose clock is ahead finds it begun.
pub(super) const FROZEN_SOON: Scenario = Scenario {
    name: "frozen_soon",
    freeze: Some(FREEZE),
    acts: &[
        quiet(Deed::Change("the freeze begins in a good second", begins_in_a_good_second)),
        next(Deed::Arrive("1.1.0", &["api"])),
    ],
    may: &["1.1.0 Rejected (Held)"],
    steady: false,
    ..FUNCTION
};

pub(super) const FROZEN_WAITED: Scenario = Scenario {
    name: "frozen_waited",
    freeze: Some(Freeze { waits: true, ..FREEZE }),
    acts: &[
        next(Deed::Change("the freeze ends in a minute", ends_in_a_minute)),
        next(Deed::Preempt("1.1.0", &["api"])),
    ],
    ..FUNCTION
};

/// It waits so that the second run of the schedule after that comes a second before the end. Whose clock is ahead wakes
/// it then, and it waits on.
pub(super) const FROZEN_WAITED_EARLY: Scenario = Scenario {
    name: "frozen_waited_early",
    acts: &[
        quiet(Deed::Change("the freeze ends in ten minutes and a second", |world| ends_in(world, 601_000))),
        next(Deed::Preempt("1.1.0", &["api"])),
    ],
    ..FROZEN_WAITED
};

/// That run of the schedule comes at the end. Whose clock is behind leaves it, or lets it wait on.
pub(super) const FROZEN_WAITED_AT_LAST: Scenario = Scenario {
    name: "frozen_waited_at_last",
    acts: &[
        quiet(Deed::Change("the freeze ends in ten minutes", |world| ends_in(world, 600_000))),
        next(Deed::Preempt("1.1.0", &["api"])),
    ],
    ..FROZEN_WAITED
};

/// It ends three days and eight hours later.
const LONG: Freeze = Freeze { until: Time(FREEZE.from.0 + 80 * 3_600_000), waits: true, ..FREEZE };

/// Releases come three days before the end of a freeze, for which they may wait at most: one in a moment and one just
/// after that. Whose clock is wrong by 0.9 s decides otherwise on each. Who waits goes at the end.
pub(super) const FROZEN_FOR_THREE_DAYS: Scenario = Scenario {
    name: "frozen_for_three_days",
    freeze: Some(LONG),
    acts: &[
        next(Deed::Change("the freeze ends in three days and a moment", |world| {
            at_last(world, LONG.until.0 - WAITS_MS - 700);
        })),
        next(Deed::Preempt("1.1.0", &["api"])),
        next(Deed::Preempt("1.2.0", &["api"])),
        after(1_230, Deed::Change("the freeze ends in ten minutes", |world| at_last(world, LONG.until.0 - 600_000))),
    ],
    ends: &["1.0.0 Succeeded", "1.1.0 Rejected (Held)", "1.2.0 Succeeded"],
    // Where both wait, the one that was recorded later takes the other's place.
    may: &[
        "1.1.0 NothingToDo (Superseded)",
        "1.1.0 Succeeded",
        "1.2.0 NothingToDo (Superseded)",
        "1.2.0 Rejected (Held)",
    ],
    steady: false,
    ..FUNCTION
};

/// Releases come at the edges of two windows of one day. The API vouches for those who ask.
pub(super) const SHUT: Scenario = Scenario {
    name: "shut",
    freeze: Some(Freeze { by_windows: true, ..FREEZE }),
    acts: &[
        next(Deed::Change("the window closes in a moment", begins_in_a_moment)),
        next(Deed::PostBy("shop-ci", "1.1.0", &["api"])),
        next(Deed::Deploy("1.2.0", &["api"])),
        quiet(Deed::Change("a window opens in a good second", ends_in_a_good_second)),
        next(Deed::PostBy("shop-ci", "1.3.0", &["api"])),
        after(1, Deed::PostBy("shop-ci", "1.4.0", &["api"])),
    ],
    ..FROZEN
};

/// A release has its turn just before the window closes.
pub(super) const SHUT_SOON: Scenario = Scenario {
    name: "shut_soon",
    freeze: SHUT.freeze,
    acts: &[
        quiet(Deed::Change("the window closes in a good second", begins_in_a_good_second)),
        next(Deed::PostBy("shop-ci", "1.1.0", &["api"])),
    ],
    ..FROZEN_SOON
};

/// A freeze stops no rollback.
pub(super) const FROZEN_BACK: Scenario = Scenario {
    name: "frozen_back",
    freeze: Some(FREEZE),
    before: &[quiet(Deed::Deploy("1.0.0", &["api"])), quiet(Deed::Deploy("1.1.0", &["api"]))],
    acts: &[next(Deed::Change("the freeze ends in a minute", ends_in_a_minute)), next(Deed::Operate("rollback"))],
    ends: &["1.0.0 Succeeded", "1.1.0 Succeeded", "1.0.0 Succeeded"],
    ..FUNCTION
};
