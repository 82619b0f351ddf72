//! Functions that are called once per release: their calls succeed, fail, are taken back, lost, repeated, and
//! throttled.

use super::basics::FUNCTION;
use super::people::{as_made, rings};
use crate::deed::Deed;
use crate::scenario::{Scenario, after, next, when_in};
use windlass_world::World;

/// A call before a function, and the undo call that takes it back.
const CALL: &str = gated!(call!("function: {name: shop-jobs, of: api}"), api!("after: [migrate]"));

/// The same with a function that may be called again.
const REPEATABLE: &str =
    gated!(call!("function: {name: shop-jobs, of: api, repeatable: true}"), api!("after: [migrate]"));

fn nobody(_: &World) {}

fn fails(world: &World) {
    world.lambda_invoke().fails.insert("shop-jobs/forward".into());
}

fn lasts_longer_than_its_limit(world: &World) {
    let mut state = world.lambda_invoke();
    state.lasts_s.insert("shop-jobs/forward".into(), 150);
}

fn is_throttled(world: &World) {
    world.lambda_invoke().throttled = 3;
}

fn is_throttled_for_long(world: &World) {
    world.lambda_invoke().throttled = 100;
}

fn is_throttled_for_a_while(world: &World) {
    world.lambda_invoke().throttled = 30;
}

/// The endings if a runner dies: nobody knows what its call did.
const UNKNOWN: &[&str] = &["1.1.0 NeedsOperator (ChangeFailed)", "1.1.0 NeedsOperator (GateFailed)"];

/// Each event comes twice.
fn twice(world: &World) {
    as_made(world);
    world.lambda_invoke().is_twice = true;
}

pub(super) const CALLED: Scenario = Scenario {
    name: "call",
    declaration: CALL,
    out_of_band: nobody,
    // If its runner dies, nobody knows what the call did.
    may: &["1.1.0 NeedsOperator (ChangeFailed)"],
    steady: false,
    ..FUNCTION
};

/// The event that asks for the call comes twice.
pub(super) const TWICE: Scenario = Scenario { name: "call_asked_twice", scene: twice, ..CALLED };

pub(super) const FAILS: Scenario = Scenario {
    name: "call_fails",
    acts: &[next(Deed::Ail("the call fails", fails)), next(Deed::Deploy("1.1.0", &["api"]))],
    ends: &["1.0.0 Succeeded", "1.1.0 RolledBack (ChangeFailed)"],
    ..CALLED
};

/// The answer of the call comes too late, so nobody knows what it did.
pub(super) const LOST: Scenario = Scenario {
    name: "call_lost",
    acts: &[
        next(Deed::Ail("the call takes too long", lasts_longer_than_its_limit)),
        next(Deed::Deploy("1.1.0", &["api"])),
    ],
    ends: &["1.0.0 Succeeded", "1.1.0 NeedsOperator (ChangeFailed)"],
    ..CALLED
};

pub(super) const REPEATED: Scenario = Scenario {
    name: "call_repeated",
    declaration: REPEATABLE,
    ends: &["1.0.0 Succeeded", "1.1.0 Succeeded"],
    ..CALLED
};

/// The call is lost each time, and then taken back.
pub(super) const REPEATED_LOST: Scenario = Scenario {
    name: "call_repeated_lost",
    declaration: REPEATABLE,
    ends: &["1.0.0 Succeeded", "1.1.0 RolledBack (ChangeFailed)"],
    ..LOST
};

/// Lambda runs the call only after a while.
pub(super) const THROTTLED: Scenario = Scenario {
    name: "call_throttled",
    acts: &[next(Deed::Change("Lambda throttles", is_throttled)), next(Deed::Deploy("1.1.0", &["api"]))],
    ..CALLED
};

/// Lambda does not run the call at all, so there is nothing to take back.
pub(super) const NOT_BEGUN: Scenario = Scenario {
    name: "call_not_begun",
    acts: &[next(Deed::Ail("Lambda throttles for long", is_throttled_for_long)), next(Deed::Deploy("1.1.0", &["api"]))],
    ends: &["1.0.0 Succeeded", "1.1.0 RolledBack (ChangeFailed)"],
    ..CALLED
};

/// A gate fails long after the call has succeeded.
pub(super) const UNDONE: Scenario = Scenario {
    name: "call_undone",
    acts: &[next(Deed::Deploy("1.1.0", &["api"])), when_in("Bake", Deed::Ail("the alarm rings", rings))],
    ends: &["1.0.0 Succeeded", "1.1.0 RolledBack (GateFailed)"],
    may: UNKNOWN,
    ..CALLED
};

/// The undo call is throttled, and made all the same.
pub(super) const UNDO_THROTTLED: Scenario = Scenario {
    name: "call_undo_throttled",
    acts: &[
        next(Deed::Deploy("1.1.0", &["api"])),
        when_in("Bake", Deed::Ail("the alarm rings", rings)),
        when_in("Bake", Deed::Ail("Lambda throttles for a while", is_throttled_for_a_while)),
    ],
    ..UNDONE
};

/// An operator cancels while the call runs. Its end is waited for, and then it is taken back.
pub(super) const CANCELLED: Scenario = Scenario {
    name: "call_cancelled",
    acts: &[next(Deed::Deploy("1.1.0", &["api"])), after(8, Deed::Cancel)],
    ends: &["1.0.0 Succeeded", "1.1.0 RolledBack (CancelledByOperator)"],
    may: &["1.1.0 Succeeded", "1.1.0 NeedsOperator (CancelledByOperator)", "1.1.0 NeedsOperator (ChangeFailed)"],
    ..CALLED
};
