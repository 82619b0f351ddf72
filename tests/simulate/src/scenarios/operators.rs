//! Operators roll back, hold, recover and accept.

use super::basics::{BOTH, CANARY, FUNCTION};
use super::declarations::SITE_THAT_IS_PRUNED;
use super::people::{
    hours_pass, is_quiet_again, may_not_shift, may_shift_again, person_at_api, person_at_distribution, rings,
};
use crate::deed::Deed;
use crate::scenario::{Scenario, next, quiet, when_in};

pub(super) const ROLLBACK: Scenario = Scenario {
    name: "rollback",
    before: &[
        quiet(Deed::Deploy("1.0.0", BOTH)),
        quiet(Deed::Deploy("1.1.0", BOTH)),
        quiet(Deed::Deploy("1.2.0", BOTH)),
    ],
    acts: &[next(Deed::Operate("rollback")), quiet(Deed::Operate("rollback"))],
    ends: &["1.0.0 Succeeded", "1.1.0 Succeeded", "1.2.0 Succeeded", "1.1.0 Succeeded", "1.0.0 Succeeded"],
    ..CANARY
};

pub(super) const PRUNED: Scenario = Scenario {
    name: "pruned",
    declaration: SITE_THAT_IS_PRUNED,
    before: &[
        quiet(Deed::Deploy("0.9.0", &["web"])),
        quiet(Deed::Deploy("1.0.0", &["web"])),
        quiet(Deed::Deploy("1.1.0", &["web"])),
        quiet(Deed::Deploy("1.2.0", &["web"])),
        quiet(Deed::Change("two hours pass", hours_pass)),
    ],
    acts: &[
        next(Deed::Deploy("1.3.0", &["web"])),
        when_in("Bake", Deed::Ail("the alarm rings", rings)),
        quiet(Deed::Change("the alarm is quiet", is_quiet_again)),
        quiet(Deed::Operate("rollback")),
        quiet(Deed::Operate("rollback")),
    ],
    out_of_band: person_at_distribution,
    ends: &[
        "0.9.0 Succeeded",
        "1.0.0 Succeeded",
        "1.1.0 Succeeded",
        "1.2.0 Succeeded",
        "1.3.0 RolledBack (GateFailed)",
        "1.1.0 Succeeded",
        "1.0.0 Succeeded",
    ],
    ..FUNCTION
};

pub(super) const PREEMPT: Scenario = Scenario {
    name: "preempt",
    before: &[quiet(Deed::Deploy("1.0.0", BOTH)), quiet(Deed::Deploy("1.1.0", BOTH))],
    acts: &[next(Deed::Deploy("1.2.0", BOTH)), when_in("Bake", Deed::Operate("rollback"))],
    ends: &["1.0.0 Succeeded", "1.1.0 Succeeded", "1.2.0 RolledBack (PreemptedByOperator)", "1.1.0 Succeeded"],
    may: &["1.2.0 Succeeded"],
    steady: false,
    ..CANARY
};

pub(super) const PREEMPT_CHANGE: Scenario = Scenario {
    name: "preempt_change",
    acts: &[
        next(Deed::Deploy("1.2.0", BOTH)),
        // The first snapshot is what was found.
        when_in("Change", Deed::RollBackTo(2)),
    ],
    ends: &["1.0.0 Succeeded", "1.1.0 Succeeded", "1.2.0 RolledBack (PreemptedByOperator)", "1.0.0 Succeeded"],
    ..PREEMPT
};

pub(super) const BEHIND_UNDONE: Scenario = Scenario {
    name: "behind_undone",
    acts: &[
        next(Deed::Deploy("1.1.0", BOTH)),
        next(Deed::Arrive("1.2.0", BOTH)),
        when_in("Bake", Deed::Ail("the alarm rings", rings)),
        when_in("Undo", Deed::Change("the alarm is quiet", is_quiet_again)),
    ],
    ends: &["1.0.0 Succeeded", "1.1.0 RolledBack (GateFailed)", "1.2.0 Succeeded"],
    may: &["1.1.0 Succeeded", "1.2.0 RolledBack (GateFailed)"],
    steady: false,
    ..CANARY
};

/// The undo of the first release leaves nothing to go back from. A deployment that waits behind the operator's rollback
/// has its turn then.
pub(super) const NOTHING_TO_GO_BACK_TO: Scenario = Scenario {
    name: "nothing_to_go_back_to",
    before: &[],
    acts: &[
        next(Deed::Deploy("1.0.0", &["api"])),
        when_in("Bake", Deed::Operate("rollback")),
        next(Deed::Deploy("1.1.0", &["api"])),
    ],
    ends: &["1.0.0 RolledBack (PreemptedByOperator)", "rollback Succeeded", "1.1.0 Succeeded"],
    // These endings come if the rollback is so late that 1.0.0 has ended.
    may: &["1.0.0 Succeeded", "rollback Rejected (NothingToGoBackTo)", "1.1.0 RolledBack (PreemptedByOperator)"],
    steady: false,
    ..FUNCTION
};

pub(super) const HOLD: Scenario = Scenario {
    name: "hold",
    acts: &[
        next(Deed::Arrive("1.1.0", BOTH)),
        next(Deed::Arrive("1.2.0", BOTH)),
        when_in("AwaitTurn", Deed::Operate("hold")),
        quiet(Deed::Arrive("1.3.0", BOTH)),
        quiet(Deed::Operate("release_hold")),
        quiet(Deed::Arrive("1.4.0", BOTH)),
    ],
    ends: &["1.0.0 Succeeded", "1.1.0 Succeeded", "1.2.0 Rejected (Held)", "1.3.0 Rejected (Held)", "1.4.0 Succeeded"],
    may: &["1.1.0 Rejected (Held)", "1.2.0 Succeeded", "1.3.0 Succeeded", "1.4.0 Rejected (Held)"],
    steady: false,
    ..CANARY
};

pub(super) const HELD_AT_ONCE: Scenario = Scenario {
    name: "held_at_once",
    acts: &[next(Deed::Arrive("1.1.0", &["api"])), next(Deed::Operate("hold")), quiet(Deed::Arrive("1.2.0", &["api"]))],
    ends: &["1.0.0 Succeeded", "1.1.0 Succeeded", "1.2.0 Rejected (Held)"],
    may: &["1.1.0 Rejected (Held)", "1.2.0 Succeeded"],
    steady: false,
    ..FUNCTION
};

pub(super) const STUCK: Scenario = Scenario {
    name: "stuck",
    acts: &[
        next(Deed::Deploy("1.1.0", BOTH)),
        when_in(
            "Bake",
            Deed::Ail("the alarm rings and the alias cannot be moved", |world| {
                rings(world);
                may_not_shift(world);
            }),
        ),
        quiet(Deed::Arrive("1.2.0", BOTH)),
        quiet(Deed::Change("the alias can be moved", may_shift_again)),
        quiet(Deed::Operate("recover")),
    ],
    ends: &["1.0.0 Succeeded", "1.1.0 RolledBack (GateFailed)", "1.2.0 Rejected (NeedsOperator)"],
    may: &["1.2.0 Rejected (GateAlreadyRed)"],
    steady: false,
    ..CANARY
};

pub(super) const TOUCHED: Scenario = Scenario {
    name: "touched",
    acts: &[
        next(Deed::Deploy("1.1.0", BOTH)),
        when_in(
            "Bake",
            Deed::Ail("the alarm rings, and a person is at the function", |world| {
                rings(world);
                person_at_api(world);
            }),
        )
        .by_somebody_else(),
        quiet(Deed::Operate("recover")),
    ],
    ends: &["1.0.0 Succeeded", "1.1.0 RolledBack (GateFailed)"],
    steady: false,
    ..CANARY
};

pub(super) const ACCEPT: Scenario = Scenario {
    name: "accept",
    acts: &[
        next(Deed::Deploy("1.1.0", BOTH)),
        when_in(
            "Bake",
            Deed::Ail("the alarm rings and the alias cannot be moved", |world| {
                rings(world);
                may_not_shift(world);
            }),
        ),
        quiet(Deed::Change("the alias can be moved", |world| {
            may_shift_again(world);
            is_quiet_again(world);
        })),
        quiet(Deed::Operate("accept")),
        quiet(Deed::Deploy("1.2.0", BOTH)),
    ],
    ends: &["1.0.0 Succeeded", "1.1.0 NeedsOperator (GateFailed)", "1.2.0 Succeeded"],
    steady: false,
    ..CANARY
};

pub(super) const ROLLBACK_TWICE: Scenario = Scenario {
    name: "rollback_twice",
    acts: &[next(Deed::Operate("rollback")), next(Deed::Operate("rollback"))],
    steady: false,
    ..ROLLBACK
};
