//! A release asks for approval: it is approved, or not, and what moves until its turn is asked for anew.

use super::basics::FUNCTION;
use super::people::{as_made, person_at_api};
use crate::access::{Approvers, WhoMay};
use crate::deed::Deed;
use crate::scenario::{Act, Scenario, after, next, quiet, when_asked, when_in};
use windlass_domain::text::time::Time;
use windlass_world::World;

/// One of two leads approves.
const ONE: WhoMay = WhoMay {
    version: 1,
    read: None,
    release: &["developers", "leads"],
    record: &[],
    roll_back: Some(&["developers", "console"]),
    operate: Some(&["leads"]),
    approve: Some(Approvers { by: &["lead-1", "lead-2"], count: 1, days: 1 }),
    from: None,
};

/// Both approve.
const TWO: WhoMay = WhoMay { approve: Some(Approvers { by: &["lead-1", "lead-2"], count: 2, days: 1 }), ..ONE };

/// The first of them approves no more, and another one does.
const TWO_OTHERS: WhoMay =
    WhoMay { version: 2, approve: Some(Approvers { by: &["lead-2", "lead-3"], count: 2, days: 1 }), ..ONE };

/// One of them approves within the three days for which a release may wait in all.
const ONE_IN_THREE_DAYS: WhoMay =
    WhoMay { approve: Some(Approvers { by: &["lead-1", "lead-2"], count: 1, days: 3 }), ..ONE };

/// Nobody has to approve any more.
const NOBODY: WhoMay = WhoMay { version: 2, approve: None, ..ONE };

const ASKED: Act = next(Deed::PostBy("shop-dev", "1.1.0", &["api"]));

/// The first approval comes twice.
pub(super) const APPROVED: Scenario = Scenario {
    name: "approved",
    access: Some(&TWO),
    acts: &[
        ASKED,
        when_asked(Deed::ApproveBy("shop-lead")),
        next(Deed::ApproveBy("shop-lead")),
        next(Deed::ApproveBy("shop-owner")),
    ],
    // An approval may come to nothing, and nobody gives it once more.
    may: &["1.1.0 Rejected (ApprovalExpired)"],
    ..FUNCTION
};

/// Who has asked approves, and does not count.
pub(super) const APPROVED_BY_ONESELF: Scenario = Scenario {
    name: "approved_by_oneself",
    access: Some(&ONE),
    acts: &[
        next(Deed::PostBy("shop-lead", "1.1.0", &["api"])),
        when_asked(Deed::ApproveBy("shop-lead")),
        after(60, Deed::ApproveBy("shop-owner")),
    ],
    ..APPROVED
};

/// Lets time pass until so many milliseconds before what asks for approval has waited for too long.
fn ends_in(world: &World, ms: u64) {
    let until = {
        let ledger = world.dynamodb();
        let waiting = ledger.items.values().filter(|item| item.key.sk.starts_with("waiting#"));
        waiting.filter_map(|item| item.body.get("until")?.as_u64()).max()
    };
    let mut clock = world.clock();
    clock.now = clock.now.max(Time(until.unwrap_or_default().saturating_sub(ms)));
}

/// One of two has approved when the time is over. It passes when nothing is left to recover.
pub(super) const APPROVAL_EXPIRED: Scenario = Scenario {
    name: "approval_expired",
    acts: &[
        ASKED,
        when_asked(Deed::ApproveBy("shop-lead")),
        after(1_220, Deed::Change("the approval expires in ten minutes", |world| ends_in(world, 600_000))),
    ],
    ends: &["1.0.0 Succeeded", "1.1.0 Rejected (ApprovalExpired)"],
    ..APPROVED
};

/// The approval comes as the time is over: what is slow finds it expired, and so does whose clock is ahead.
pub(super) const APPROVED_AT_LAST: Scenario = Scenario {
    name: "approved_at_last",
    access: Some(&ONE),
    acts: &[
        ASKED,
        after(1_230, Deed::Change("the approval expires in a good second", |world| ends_in(world, 1_250))),
        after(0, Deed::ApproveBy("shop-owner")),
    ],
    steady: false,
    ..APPROVED
};

/// It is decided on just after that, and only whose clock is behind takes it.
pub(super) const APPROVED_TOO_LATE: Scenario = Scenario {
    name: "approved_too_late",
    acts: &[
        ASKED,
        after(1_230, Deed::Change("the approval expires in a moment", |world| ends_in(world, 400))),
        after(0, Deed::ApproveBy("shop-owner")),
    ],
    ends: &["1.0.0 Succeeded", "1.1.0 Rejected (ApprovalExpired)"],
    may: &["1.1.0 Succeeded"],
    ..APPROVED_AT_LAST
};

/// The same at the end of the three days for which a release may wait in all.
pub(super) const APPROVED_AT_LAST_IN_THREE_DAYS: Scenario =
    Scenario { name: "approved_at_last_in_three_days", access: Some(&ONE_IN_THREE_DAYS), ..APPROVED_AT_LAST };

/// Just after that only whose clock is behind takes it.
pub(super) const APPROVED_TOO_LATE_IN_THREE_DAYS: Scenario =
    Scenario { name: "approved_too_late_in_three_days", access: Some(&ONE_IN_THREE_DAYS), ..APPROVED_TOO_LATE };

/// A rollback begins while a release asks. The release was to leave from what the rollback has taken away, so its plan
/// is another one at its turn, and is asked for anew.
pub(super) const APPROVED_AGAIN: Scenario = Scenario {
    name: "approved_again",
    access: Some(&ONE),
    before: &[quiet(Deed::Deploy("1.0.0", &["api"])), quiet(Deed::Deploy("1.1.0", &["api"]))],
    acts: &[
        next(Deed::PostThrough("shop-lead", "1.2.0", &["api"])),
        when_asked(Deed::Operate("rollback")),
        after(300, Deed::ApproveBy("shop-owner")),
        when_in("GiveBack", Deed::Change("the turn is given back", as_made)),
        when_asked(Deed::ApproveBy("shop-owner")),
    ],
    ends: &["1.0.0 Succeeded", "1.1.0 Succeeded", "1.2.0 Succeeded", "1.0.0 Succeeded"],
    // The rollback may come so late that it stops the release, or goes back from it.
    may: &["1.2.0 Rejected (ApprovalExpired)", "1.2.0 RolledBack (PreemptedByOperator)"],
    steady: false,
    ..FUNCTION
};

/// Somebody moves the alias by hand between the plan and its turn. The plan is another one then: both are asked anew,
/// and nothing that they have approved before counts.
pub(super) const APPROVED_BEFORE_A_CHANGE: Scenario = Scenario {
    name: "approved_before_a_change",
    acts: &[
        ASKED,
        when_asked(Deed::ApproveBy("shop-lead")),
        next(Deed::Change("a person moves the alias of api", person_at_api)).by_somebody_else(),
        after(10, Deed::ApproveBy("shop-owner")),
        when_in("GiveBack", Deed::Change("the turn is given back", as_made)),
        when_asked(Deed::ApproveBy("shop-owner")),
        after(60, Deed::ApproveBy("shop-lead")),
    ],
    // A look that is behind shows the alias where it was: the change sees it, and changes nothing.
    may: &["1.1.0 Rejected (ApprovalExpired)", "1.1.0 RolledBack (TargetChangedByOther)"],
    steady: false,
    ..APPROVED
};

/// One of them approves the former plan once more while its turn is given back, which voids that approval.
pub(super) const APPROVED_AS_IT_IS_VOIDED: Scenario = Scenario {
    name: "approved_as_it_is_voided",
    acts: &[
        ASKED,
        when_asked(Deed::ApproveBy("shop-lead")),
        next(Deed::Change("a person moves the alias of api", person_at_api)).by_somebody_else(),
        after(10, Deed::ApproveBy("shop-owner")),
        when_in("GiveBack", Deed::ApproveFormer("shop-lead")),
        when_asked(Deed::ApproveBy("shop-owner")),
        after(60, Deed::ApproveBy("shop-lead")),
    ],
    ..APPROVED_BEFORE_A_CHANGE
};

/// A newer release supersedes one that asks.
pub(super) const ASKED_BY_A_NEWER: Scenario = Scenario {
    name: "asked_by_a_newer",
    access: Some(&ONE),
    acts: &[ASKED, when_asked(Deed::PostBy("shop-dev", "1.2.0", &["api"])), after(60, Deed::ApproveBy("shop-owner"))],
    ends: &["1.0.0 Succeeded", "1.1.0 NothingToDo (Superseded)", "1.2.0 Succeeded"],
    // The newer one may come when the older one is approved.
    may: &["1.1.0 Succeeded", "1.1.0 Rejected (ApprovalExpired)", "1.2.0 Rejected (ApprovalExpired)"],
    steady: false,
    ..FUNCTION
};

/// What asks is cancelled.
pub(super) const ASKED_AND_CANCELLED: Scenario = Scenario {
    name: "asked_and_cancelled",
    access: Some(&ONE),
    acts: &[ASKED, when_asked(Deed::CancelAsked("shop-dev"))],
    ends: &["1.0.0 Succeeded", "1.1.0 Rejected (CancelledByOperator)"],
    // A client that got no answer asks again when it is stopped already.
    may: &["1.1.0 Rejected (ApprovalExpired)", "1.1.0 Rejected (Stopped)"],
    steady: false,
    ..FUNCTION
};

/// The file changes while a release asks, and who has approved does not count any more.
pub(super) const APPROVED_BY_OTHERS: Scenario = Scenario {
    name: "approved_by_others",
    acts: &[
        ASKED,
        when_asked(Deed::ApproveBy("shop-lead")),
        after(10, Deed::ReplaceAccess(&TWO_OTHERS)),
        next(Deed::ApproveBy("shop-owner")),
        after(90, Deed::ApproveBy("shop-other")),
    ],
    ..APPROVED
};

/// The file changes while a release asks, and asks for no approval any more.
pub(super) const APPROVAL_DROPPED: Scenario = Scenario {
    name: "approval_dropped",
    access: Some(&ONE),
    acts: &[ASKED, when_asked(Deed::ReplaceAccess(&NOBODY))],
    ..FUNCTION
};

/// Somebody who may start executions claims to be another one, and is refused.
pub(super) const FORGED: Scenario = Scenario {
    name: "forged",
    access: Some(&ONE),
    acts: &[
        next(Deed::Forge("shop-lead", "1.2.0", &["api"])),
        quiet(Deed::PostBy("shop-dev", "1.1.0", &["api"])),
        when_asked(Deed::ApproveBy("shop-owner")),
    ],
    ..APPROVED
};
