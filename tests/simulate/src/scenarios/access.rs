//! An access file is in force: some are named, some are not, and Windlass itself brings back whoever is named.

use super::arrivals::PUSHED;
use super::basics::{BOTH, CANARY, FUNCTION};
use super::drift::WAY_BACK_LOST;
use super::drills::DRILLED_WHEN_DUE;
use super::healing::HEALED;
use super::operators::{PREEMPT, ROLLBACK};
use crate::access::WhoMay;
use crate::deed::Deed;
use crate::scenario::{Scenario, next, quiet, when_in};

/// The file of all scenarios here, if they do not say otherwise.
const FILE: WhoMay = WhoMay {
    version: 1,
    read: Some(&["leads"]),
    release: &["ci", "leads"],
    record: &["ecr"],
    roll_back: Some(&["developers", "console"]),
    operate: Some(&["leads"]),
    approve: None,
    from: None,
};

const WITH_DRILLS: WhoMay = WhoMay { operate: Some(&["leads", "windlass"]), ..FILE };

const WITHOUT_CI: WhoMay = WhoMay { version: 2, release: &["leads"], ..FILE };

const WITH_CI_AGAIN: WhoMay = WhoMay { version: 3, ..FILE };

/// Of two that post a release, one is named.
pub(super) const RELEASED_BY_CI: Scenario = Scenario {
    name: "released_by_ci",
    access: Some(&FILE),
    acts: &[next(Deed::PostBy("shop-ci", "1.1.0", &["api"])), quiet(Deed::PostBy("shop-dev", "1.2.0", &["api"]))],
    ..FUNCTION
};

/// A pushed image is only recorded, and somebody who may release starts it.
pub(super) const PUSHED_AND_STARTED: Scenario = Scenario {
    name: "pushed_and_started",
    access: Some(&FILE),
    acts: &[next(Deed::Push("main-42")), quiet(Deed::StartBy("shop-lead", "main-42+2496dec45328"))],
    ends: &["1.0.0 Succeeded", "main-42+2496dec45328 NothingToDo (Recorded)", "main-42+2496dec45328 Succeeded"],
    ..PUSHED
};

/// Whoever is named goes back, at the console and by the API. The console may not release the hold.
pub(super) const ROLLED_BACK_BY_THE_FILE: Scenario = Scenario {
    name: "rolled_back_by_the_file",
    access: Some(&FILE),
    acts: &[next(Deed::Operate("rollback")), quiet(Deed::RollBackBy("shop-dev")), quiet(Deed::Operate("release_hold"))],
    ..ROLLBACK
};

/// A rollback stops a release, which a recovery undoes. Nobody is named for that.
pub(super) const PREEMPTED_BY_THE_FILE: Scenario = Scenario {
    name: "preempted_by_the_file",
    access: Some(&FILE),
    acts: &[next(Deed::PostBy("shop-lead", "1.2.0", BOTH)), when_in("Bake", Deed::Operate("rollback"))],
    // A client that got no answer asks again when the rollback holds deployments.
    may: &["1.2.0 Succeeded", "1.2.0 Rejected (Held)"],
    ..PREEMPT
};

/// What has drifted is restored, although nobody is named for that.
pub(super) const HEALED_BY_THE_FILE: Scenario = Scenario { name: "healed_by_the_file", access: Some(&FILE), ..HEALED };

/// The way back is looked for every day, whoever may see the environment.
pub(super) const LOOKED_AT_BY_THE_FILE: Scenario =
    Scenario { name: "looked_at_by_the_file", access: Some(&FILE), ..WAY_BACK_LOST };

/// A drill that is due begins where the file names Windlass.
pub(super) const DRILLED_BY_THE_FILE: Scenario =
    Scenario { name: "drilled_by_the_file", access: Some(&WITH_DRILLS), ..DRILLED_WHEN_DUE };

/// Where the file does not, none begins.
pub(super) const DRILL_FORBIDDEN: Scenario = Scenario {
    name: "drill_forbidden",
    access: Some(&FILE),
    ends: &["1.0.0 Succeeded", "1.1.0 Succeeded"],
    ..DRILLED_WHEN_DUE
};

/// The file is replaced while a release waits, and refuses it at its turn. Who is named once more later has to ask
/// again.
pub(super) const REPLACED_WHILE_WAITING: Scenario = Scenario {
    name: "replaced_while_waiting",
    access: Some(&FILE),
    acts: &[
        next(Deed::PostBy("shop-lead", "1.1.0", BOTH)),
        next(Deed::PostBy("shop-ci", "1.2.0", BOTH)),
        when_in("AwaitTurn", Deed::ReplaceAccess(&WITHOUT_CI)),
        quiet(Deed::ReplaceAccess(&WITH_CI_AGAIN)),
        quiet(Deed::PostBy("shop-ci", "1.3.0", BOTH)),
    ],
    ends: &["1.0.0 Succeeded", "1.1.0 Succeeded", "1.2.0 Rejected (NotAllowed)", "1.3.0 Succeeded"],
    // The two releases may come in the other order, and the file when nobody waits any more.
    may: &["1.1.0 NothingToDo (Superseded)", "1.2.0 Succeeded"],
    steady: false,
    ..CANARY
};
