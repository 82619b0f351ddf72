//! An environment goes to the version before and comes back.

use super::basics::{BOTH, CANARY};
use super::people::{as_made, is_quiet_again, person_at_service, rings};
use crate::deed::Deed;
use crate::scenario::{Act, Scenario, after, next, quiet, when_in};
use windlass_machine::shop::SERVICE_AND_FUNCTION;
use windlass_world::World;

/// Lets time pass between two acts until the way there is settled.
const IS_THERE: Act = when_in("Settle", Deed::Change("the way there is gone", settles));

fn settles(_: &World) {}

const DRILL: Deed = Deed::Operate("drill");

const BEFORE: &[Act] = &[quiet(Deed::Deploy("1.0.0", BOTH)), quiet(Deed::Deploy("1.1.0", BOTH))];

/// The drill goes both ways. A rollback afterwards goes where it would have gone without the drill.
pub(super) const DRILLED: Scenario = Scenario {
    name: "drilled",
    before: BEFORE,
    acts: &[next(DRILL), quiet(Deed::Operate("rollback"))],
    ends: &["1.0.0 Succeeded", "1.1.0 Succeeded", "1.0.0 Succeeded", "1.1.0 Succeeded", "1.0.0 Succeeded"],
    // If the way back failed three times, the version before that is there already.
    may: &["rollback Rejected (NothingToGoBackTo)"],
    ..CANARY
};

/// The same with a service, whose calls have no condition.
pub(super) const DRILLED_SERVICE: Scenario = Scenario {
    name: "drilled_service",
    declaration: SERVICE_AND_FUNCTION,
    before: &[quiet(Deed::Deploy("1.0.0", &["agent", "api"])), quiet(Deed::Deploy("1.1.0", &["agent", "api"]))],
    acts: &[next(DRILL)],
    out_of_band: person_at_service,
    ends: &["1.0.0 Succeeded", "1.1.0 Succeeded", "1.0.0 Succeeded", "1.1.0 Succeeded"],
    ..DRILLED
};

/// The version before is not healthy any more.
pub(super) const DRILLED_RED: Scenario = Scenario {
    name: "drilled_red",
    acts: &[
        next(DRILL),
        when_in("Bake", Deed::Ail("the alarm rings", rings)),
        quiet(Deed::Change("the alarm is quiet", is_quiet_again)),
    ],
    ends: &["1.0.0 Succeeded", "1.1.0 Succeeded", "1.0.0 RolledBack (GateFailed)"],
    may: &[],
    steady: false,
    ..DRILLED
};

/// A gate that is red on the way back undoes nothing, because then the version before would stay live.
pub(super) const DRILLED_RED_BACK: Scenario = Scenario {
    name: "drilled_red_back",
    acts: &[
        next(DRILL),
        IS_THERE,
        when_in("Bake", Deed::Ail("the alarm rings", rings)),
        quiet(Deed::Change("the alarm is quiet", is_quiet_again)),
    ],
    ends: DRILLED_SERVICE.ends,
    may: &["1.0.0 RolledBack (GateFailed)"],
    steady: false,
    ..DRILLED
};

/// A release does not wait for the way there, which is stopped and undone.
pub(super) const DRILL_OVERTAKEN: Scenario = Scenario {
    name: "drill_overtaken",
    acts: &[next(DRILL), when_in("Bake", Deed::Deploy("1.2.0", &["api"]))],
    ends: &["1.0.0 Succeeded", "1.1.0 Succeeded", "1.0.0 RolledBack (PreemptedByDeploy)", "1.2.0 Succeeded"],
    may: &["1.0.0 Succeeded", "1.1.0 Succeeded"],
    steady: false,
    ..DRILLED
};

/// A release that comes after the way there waits for the way back, and goes on from what ran before the drill.
pub(super) const DRILL_AWAITED: Scenario = Scenario {
    name: "drill_awaited",
    acts: &[next(DRILL), IS_THERE, next(Deed::Deploy("1.2.0", &["api"]))],
    ends: &["1.0.0 Succeeded", "1.1.0 Succeeded", "1.0.0 Succeeded", "1.1.0 Succeeded", "1.2.0 Succeeded"],
    may: &["1.0.0 RolledBack (PreemptedByDeploy)"],
    steady: false,
    ..DRILLED
};

/// An operator's rollback stops the way back, and what it brings stays.
pub(super) const DRILL_ROLLED_BACK: Scenario = Scenario {
    name: "drill_rolled_back",
    before: &[
        quiet(Deed::Deploy("1.0.0", BOTH)),
        quiet(Deed::Deploy("1.1.0", BOTH)),
        quiet(Deed::Deploy("1.2.0", BOTH)),
    ],
    acts: &[next(DRILL), IS_THERE, when_in("Bake", Deed::Operate("rollback"))],
    ends: &[
        "1.0.0 Succeeded",
        "1.1.0 Succeeded",
        "1.2.0 Succeeded",
        "1.1.0 Succeeded",
        "1.2.0 RolledBack (PreemptedByOperator)",
        "1.1.0 Succeeded",
    ],
    may: &[],
    steady: false,
    ..DRILLED
};

/// A rollback to a snapshot comes while the way back is to be tried again. No drill takes it back.
pub(super) const DRILL_ROLLED_BACK_LATER: Scenario = Scenario {
    name: "drill_rolled_back_later",
    before: DRILL_ROLLED_BACK.before,
    acts: &[next(DRILL), IS_THERE, after(150, Deed::RollBackTo(2))],
    ends: &[
        "1.0.0 Succeeded",
        "1.1.0 Succeeded",
        "1.2.0 Succeeded",
        "1.1.0 Succeeded",
        "1.2.0 Succeeded",
        "1.0.0 Succeeded",
    ],
    may: &["1.2.0 RolledBack (PreemptedByOperator)", "drill NothingToDo (Superseded)"],
    steady: false,
    ..DRILLED
};

/// While deployments are held, no drill begins.
pub(super) const DRILL_HELD: Scenario = Scenario {
    name: "drill_held",
    acts: &[next(Deed::Operate("hold")), quiet(DRILL)],
    ends: &["1.0.0 Succeeded", "1.1.0 Succeeded", "drill Rejected (Held)"],
    may: &[],
    steady: true,
    ..DRILLED
};

/// Of two drills that are asked for at once, one is made.
pub(super) const DRILLED_TWICE: Scenario = Scenario {
    name: "drilled_twice",
    acts: &[next(DRILL), next(DRILL)],
    ends: DRILLED_SERVICE.ends,
    may: &[],
    steady: false,
    ..DRILLED
};

const WEEKLY: &str =
    gated!(functions!(); version: "1.1.0"; prod: prod!("drill: {every: 7d, production: true}"); bake: "2m");

const DECLARED: Deed = Deed::Put("apps/shop/app.yaml", WEEKLY);

/// Waits for the next hourly look.
const A_LOOK: Act = quiet(Deed::Mend("an hour passes", as_made));

/// A drill that is due by the declaration begins by itself, once.
pub(super) const DRILLED_WHEN_DUE: Scenario = Scenario {
    name: "drilled_when_due",
    // It begins an hour after the deployment. Two hours after that another one would begin.
    acts: &[next(DECLARED), A_LOOK, A_LOOK, A_LOOK, A_LOOK, A_LOOK],
    ends: DRILLED_SERVICE.ends,
    ..DRILLED
};

/// A drill is put off while deployments are held.
pub(super) const DRILL_PUT_OFF: Scenario = Scenario {
    name: "drill_put_off",
    acts: &[next(Deed::Operate("hold")), next(DECLARED), A_LOOK, A_LOOK, A_LOOK],
    ends: &["1.0.0 Succeeded", "1.1.0 Succeeded"],
    ..DRILLED
};
