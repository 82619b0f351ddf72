//! Releases that overtake: they stop the one before them, or go first after it has failed.

use super::basics::{BOTH, CANARY};
use super::people::{is_quiet_again, may_not_shift, may_shift_again, rings};
use crate::deed::Deed;
use crate::scenario::{Scenario, next, quiet, when_in};

/// Two functions, and a newer release first undoes an older one.
const UNDO_FIRST: &str = gated!(functions!(); prod: prod!("supersede: undo_first"));

const STOPPED: &str = "1.1.0 RolledBack (PreemptedByDeploy)";

/// A person has a fix, and the release before it is still watched.
pub(super) const OVERTAKES: Scenario = Scenario {
    name: "overtakes",
    acts: &[next(Deed::Deploy("1.1.0", BOTH)), when_in("Bake", Deed::Preempt("1.2.0", BOTH))],
    ends: &["1.0.0 Succeeded", STOPPED, "1.2.0 Succeeded"],
    may: &["1.1.0 Succeeded"],
    steady: false,
    ..CANARY
};

/// The fix comes while the targets are looked at. In the next two scenarios it comes while a target is changed, and
/// while the good release is settled.
pub(super) const OVERTAKES_PREPARE: Scenario = Scenario {
    name: "overtakes_prepare",
    acts: &[next(Deed::Deploy("1.1.0", BOTH)), when_in("Prepare", Deed::Preempt("1.2.0", BOTH))],
    ..OVERTAKES
};

pub(super) const OVERTAKES_CHANGE: Scenario = Scenario {
    name: "overtakes_change",
    acts: &[next(Deed::Deploy("1.1.0", BOTH)), when_in("Change", Deed::Preempt("1.2.0", BOTH))],
    ..OVERTAKES
};

pub(super) const OVERTAKES_SETTLE: Scenario = Scenario {
    name: "overtakes_settle",
    acts: &[next(Deed::Deploy("1.1.0", BOTH)), when_in("Settle", Deed::Preempt("1.2.0", BOTH))],
    ends: &["1.0.0 Succeeded", "1.1.0 Succeeded", "1.2.0 Succeeded"],
    may: &[STOPPED],
    ..OVERTAKES
};

/// The release is being undone already. Nobody stops that, and the next one waits.
pub(super) const OVERTAKES_UNDO: Scenario = Scenario {
    name: "overtakes_undo",
    acts: &[
        next(Deed::Deploy("1.1.0", BOTH)),
        when_in("Bake", Deed::Ail("the alarm rings", rings)),
        when_in("Undo", Deed::Preempt("1.2.0", BOTH)),
        next(Deed::Change("the alarm is quiet", is_quiet_again)),
    ],
    ends: &["1.0.0 Succeeded", "1.1.0 RolledBack (GateFailed)", "1.2.0 Succeeded"],
    may: &[STOPPED, "1.1.0 Succeeded", "1.2.0 RolledBack (GateFailed)", "1.2.0 Rejected (GateAlreadyRed)"],
    ..OVERTAKES
};

/// Two overtaking releases, one after the other, of one component each: the one that asked first goes first.
pub(super) const OVERTAKE_BOTH: Scenario = Scenario {
    name: "overtake_both",
    acts: &[
        next(Deed::Deploy("1.1.0", BOTH)),
        when_in("Bake", Deed::Preempt("1.2.0", &["api"])),
        next(Deed::Preempt("1.3.0", &["jobs"])),
        next(Deed::Arrive("1.4.0", &["jobs"])),
    ],
    ends: &["1.0.0 Succeeded", STOPPED, "1.2.0 Succeeded", "1.3.0 NothingToDo (Superseded)", "1.4.0 Succeeded"],
    may: &[
        "1.1.0 Succeeded",
        "1.2.0 RolledBack (PreemptedByDeploy)",
        "1.3.0 Succeeded",
        // A release whose `Admit` is tried again is accepted later.
        "1.4.0 NothingToDo (Superseded)",
        // A person stops even a newer release that brings nothing of the same. And 1.2.0 comes late if its `Admit`
        // hangs.
        "1.4.0 RolledBack (PreemptedByDeploy)",
    ],
    ..OVERTAKES
};

/// The second overtaking release stops the first, which has begun.
pub(super) const OVERTAKE_TWICE: Scenario = Scenario {
    name: "overtake_twice",
    acts: &[
        next(Deed::Deploy("1.1.0", BOTH)),
        when_in("Bake", Deed::Preempt("1.2.0", BOTH)),
        when_in("Prepare", Deed::Preempt("1.3.0", BOTH)),
    ],
    ends: &["1.0.0 Succeeded", STOPPED, "1.2.0 RolledBack (PreemptedByDeploy)", "1.3.0 Succeeded"],
    may: &["1.1.0 Succeeded", "1.2.0 Succeeded", "1.2.0 NothingToDo (Superseded)"],
    ..OVERTAKES
};

/// The release under way has the higher number of CI.
pub(super) const OVERTAKES_NEWER: Scenario = Scenario {
    name: "overtakes_newer",
    acts: &[next(Deed::ArriveAs("1.2.0", BOTH, 12)), when_in("Bake", Deed::PreemptAs("1.1.0", BOTH, 11))],
    ends: &["1.0.0 Succeeded", "1.2.0 Succeeded", "1.1.0 Rejected (Older)"],
    may: &["1.1.0 Succeeded", "1.2.0 RolledBack (PreemptedByDeploy)"],
    ..OVERTAKES
};

/// No release stops a rollback.
pub(super) const OVERTAKES_ROLLBACK: Scenario = Scenario {
    name: "overtakes_rollback",
    before: &[quiet(Deed::Deploy("1.0.0", BOTH)), quiet(Deed::Deploy("1.1.0", BOTH))],
    acts: &[next(Deed::Operate("rollback")), when_in("Change", Deed::Preempt("1.2.0", BOTH))],
    ends: &["1.0.0 Succeeded", "1.1.0 Succeeded", "1.0.0 Succeeded", "1.2.0 Rejected (RollbackUnderWay)"],
    // The release comes before the rollback if that is not admitted for long.
    may: &["1.2.0 Rejected (Held)", "1.2.0 Succeeded"],
    ..OVERTAKES
};

/// No release stops a rollback, not even one that goes through its hold.
pub(super) const OVERTAKES_ROLLBACK_THROUGH: Scenario = Scenario {
    name: "overtakes_rollback_through",
    acts: &[next(Deed::Operate("rollback")), when_in("Change", Deed::PreemptThrough("1.2.0", BOTH))],
    may: &["1.2.0 Succeeded"],
    ..OVERTAKES_ROLLBACK
};

/// A rollback may come between, because it is an operator's.
pub(super) const OVERTAKES_BESIDE_ROLLBACK: Scenario = Scenario {
    name: "overtakes_beside_rollback",
    before: &[quiet(Deed::Deploy("1.0.0", BOTH)), quiet(Deed::Deploy("1.0.1", BOTH))],
    acts: &[
        next(Deed::Deploy("1.1.0", BOTH)),
        when_in("Bake", Deed::Preempt("1.2.0", BOTH)),
        next(Deed::Operate("rollback")),
    ],
    ends: &["1.0.0 Succeeded", "1.0.1 Succeeded", STOPPED, "1.2.0 Rejected (Held)", "1.0.0 Succeeded"],
    may: &[
        "1.1.0 Succeeded",
        "1.2.0 Succeeded",
        "1.0.1 Succeeded",
        "1.2.0 Rejected (RollbackUnderWay)",
        "1.2.0 RolledBack (PreemptedByOperator)",
        // This ending comes if the rollback is faster.
        "1.1.0 RolledBack (PreemptedByOperator)",
    ],
    ..OVERTAKES
};

/// Deployments are held, and nobody asked to go through the hold.
pub(super) const OVERTAKES_HELD: Scenario = Scenario {
    name: "overtakes_held",
    acts: &[
        next(Deed::Deploy("1.1.0", BOTH)),
        when_in("Change", Deed::Operate("hold")),
        when_in("Bake", Deed::Preempt("1.2.0", BOTH)),
    ],
    ends: &["1.0.0 Succeeded", "1.1.0 Succeeded", "1.2.0 Rejected (Held)"],
    may: &[STOPPED, "1.2.0 Succeeded"],
    ..OVERTAKES
};

/// The environment needs an operator, so the release waits for one.
pub(super) const OVERTAKES_STUCK: Scenario = Scenario {
    name: "overtakes_stuck",
    acts: &[
        next(Deed::Deploy("1.1.0", BOTH)),
        when_in(
            "Bake",
            Deed::Ail("the alarm rings and the alias cannot be moved", |world| {
                rings(world);
                may_not_shift(world);
            }),
        ),
        quiet(Deed::Preempt("1.2.0", BOTH)),
        quiet(Deed::Change("the alias can be moved", may_shift_again)),
        quiet(Deed::Operate("recover")),
    ],
    ends: &["1.0.0 Succeeded", "1.1.0 RolledBack (GateFailed)", "1.2.0 Rejected (NeedsOperator)"],
    may: &["1.2.0 Rejected (GateAlreadyRed)"],
    ..OVERTAKES
};

/// CI brings the next release, and the declaration says that it need not wait.
pub(super) const UNDONE_FIRST: Scenario = Scenario {
    name: "undone_first",
    declaration: UNDO_FIRST,
    acts: &[next(Deed::Arrive("1.1.0", BOTH)), when_in("Bake", Deed::Arrive("1.2.0", BOTH))],
    ..OVERTAKES
};

/// A release of only a part of the components waits, and takes nothing away.
pub(super) const UNDONE_FIRST_IN_PART: Scenario = Scenario {
    name: "undone_first_in_part",
    declaration: UNDO_FIRST,
    acts: &[next(Deed::Arrive("1.1.0", BOTH)), when_in("Bake", Deed::Arrive("1.2.0", &["api"]))],
    ends: &["1.0.0 Succeeded", "1.1.0 Succeeded", "1.2.0 Succeeded"],
    may: &[],
    ..OVERTAKES
};

/// The release that undid the other first fails in its turn, and what ran before both runs again.
pub(super) const UNDONE_FIRST_AND_FAILED: Scenario = Scenario {
    name: "undone_first_and_failed",
    declaration: UNDO_FIRST,
    acts: &[
        next(Deed::Arrive("1.1.0", BOTH)),
        when_in("Bake", Deed::Arrive("1.2.0", BOTH)),
        when_in("Undo", Deed::Change("time passes", |_| {})),
        when_in("Bake", Deed::Ail("the alarm rings", rings)),
    ],
    ends: &["1.0.0 Succeeded", STOPPED, "1.2.0 RolledBack (GateFailed)"],
    may: &["1.1.0 Succeeded", "1.1.0 RolledBack (GateFailed)", "1.2.0 Succeeded", "1.2.0 Rejected (GateAlreadyRed)"],
    ..OVERTAKES
};

/// A fix goes before a later release that mends nothing.
pub(super) const FIX_GOES_FIRST: Scenario = Scenario {
    name: "fix_goes_first",
    acts: &[
        next(Deed::Deploy("1.1.0", &["api"])),
        when_in("Bake", Deed::Ail("the alarm rings", rings)),
        when_in("Undo", Deed::Arrive("1.2.0", &["api"])),
        next(Deed::Arrive("1.3.0", &["jobs"])),
        next(Deed::Change("the alarm is quiet", is_quiet_again)),
    ],
    ends: &["1.0.0 Succeeded", "1.1.0 RolledBack (GateFailed)", "1.2.0 Succeeded", "1.3.0 Succeeded"],
    may: &[
        "1.1.0 Succeeded",
        "1.2.0 RolledBack (GateFailed)",
        "1.2.0 Rejected (GateAlreadyRed)",
        "1.3.0 RolledBack (GateFailed)",
        "1.3.0 Rejected (GateAlreadyRed)",
    ],
    ..OVERTAKES
};

/// The fix waited before anybody knew of the failure.
pub(super) const FIX_WAITED: Scenario = Scenario {
    name: "fix_waited",
    acts: &[
        next(Deed::Deploy("1.1.0", &["api"])),
        next(Deed::Arrive("1.2.0", &["api"])),
        next(Deed::Arrive("1.3.0", &["jobs"])),
        when_in("Bake", Deed::Ail("the alarm rings", rings)),
        when_in("Undo", Deed::Change("the alarm is quiet", is_quiet_again)),
    ],
    ..FIX_GOES_FIRST
};
