use crate::release::ending::Ending::{NeedsOperator, NothingToDo, Rejected, RolledBack, Succeeded};
use crate::shown::outcome::*;
use serde_json::json;

#[test]
fn an_action_and_its_ending_come_to_an_outcome() {
    use ActionName::{Deploy, Recover, Rollback};
    use ChangeOutcome::{Failed, Live, NotTakenBack, Nothing, TakenBack};
    // Ended without and with somebody who stopped it; changes and failed ones of the former.
    for (action, ending, wanted, stopped, changes, failed) in [
        (Deploy, Succeeded, Live, Live, 1, 0),
        (Deploy, RolledBack, Failed, Nothing, 1, 1),
        (Deploy, NeedsOperator, Failed, Failed, 1, 1),
        (Deploy, NothingToDo, Nothing, Nothing, 0, 0),
        (Deploy, Rejected, Nothing, Nothing, 0, 0),
        (Rollback, Succeeded, TakenBack, TakenBack, 0, 1),
        (Rollback, RolledBack, NotTakenBack, Nothing, 0, 0),
        (Rollback, NeedsOperator, NotTakenBack, NotTakenBack, 0, 0),
        (Rollback, NothingToDo, Nothing, Nothing, 0, 0),
        (Recover, RolledBack, Nothing, Nothing, 0, 0),
    ] {
        let got = ChangeOutcome::of(action, ending, false);
        assert_eq!(got, wanted, "{action:?} {ending}");
        assert_eq!(ChangeOutcome::of(action, ending, true), stopped, "{action:?} {ending}");
        assert_eq!((got.changes(), got.failed()), (changes, failed), "{action:?} {ending}");
    }
}

/// A deployment that was accepted at second 10, had its turn at 30 and ended at 90, of a commit of second 4.
fn ended(ending: Ending) -> Deployment {
    let record = json!({
        "id": "3f9a", "app": "shop", "environment": "prod", "action": "deploy", "attempt": 1,
        "release": {"app": "shop", "version": "1.0.0", "components": {},
            "git": {"ref": "refs/heads/main", "time": Time(4_000).to_string()}},
        "release_digest": "0".repeat(64), "declaration": "1.0.0", "requester": {"route": "api"},
        "order": {"accepted": 10_000, "id": "3f9a"}, "allow_older": false, "accept_red": false, "again": false,
        "by_person": false, "accepted": 10_000, "started": 30_000, "executions": [], "status": "ended",
        "ending": {"ending": ending, "cause_name": "", "cause": "", "at": 90_000,
            "cost": {"transitions": 40, "worked_ms": 0, "dollars": 0.25}},
    });
    serde_json::from_value(record).unwrap()
}

#[test]
fn an_ending_is_counted_when_it_is_new() {
    let mut running = ended(Succeeded);
    running.ending = None;
    let stuck = ended(NeedsOperator);
    let taken_up_again = |mut one: Deployment| {
        one.taken_up_again = true;
        one
    };
    let recovering = taken_up_again(running.clone());
    let recovered = taken_up_again(ended(RolledBack));
    for (before, after, is_counted) in [
        (None, &running, false),
        (Some(&running), &running, false),
        (None, &stuck, true),
        (Some(&running), &stuck, true),
        (Some(&stuck), &stuck, false),
        (Some(&stuck), &ended(RolledBack), false),
        (Some(&stuck), &recovering, false),
        (Some(&recovering), &recovered, false),
    ] {
        assert_eq!(CountedDeployment::of(before, after).is_some(), is_counted, "{before:?} {after:?}");
    }
}

#[test]
fn an_ending_has_its_time_its_lead_time_and_its_cost_where_they_are_known() {
    let of = |change: &dyn Fn(&mut Deployment)| {
        let mut one = ended(Succeeded);
        change(&mut one);
        let got = CountedDeployment::of(None, &one).unwrap();
        (got.seconds, got.lead_time_ms, got.dollars)
    };
    let whole = (Some(60), Some(86_000), Some(0.25));
    assert_eq!(of(&|_| ()), whole);
    // A deployment that never had a turn only waited.
    assert_eq!(of(&|one| one.started = None), (None, whole.1, whole.2));
    let unknown = (Some(60), None, whole.2);
    assert_eq!(of(&|one| one.release.git = None), unknown);
    let later = Time(91_000).to_string();
    let from_the_future = |one: &mut Deployment| {
        one.release.git.as_mut().unwrap().time = Some(later.clone());
    };
    assert_eq!(of(&from_the_future), unknown);
    // An undone change, and a rollback, is never a change that went live.
    let undone = |one: &mut Deployment| one.ending.as_mut().unwrap().ending = RolledBack;
    assert_eq!(of(&undone), unknown);
    assert_eq!(of(&|one| one.action = ActionName::Rollback), unknown);
    let no_cost = |one: &mut Deployment| one.ending.as_mut().unwrap().cost = None;
    assert_eq!(of(&no_cost), (Some(60), whole.1, None));
}

/// An ending of an action, accepted by an operator at second 200 where that is said.
fn of_action(action: ActionName, ending: Ending, is_accepted: bool) -> Deployment {
    let mut one = ended(ending);
    one.action = action;
    if is_accepted {
        let resolved = json!({"at": 200_000, "by": {"route": "console"}, "reason": "seen to"});
        one.ending.as_mut().unwrap().resolved = Some(serde_json::from_value(resolved).unwrap());
    }
    one
}

#[test]
fn a_record_shows_how_long_a_failure_lasted() {
    use ActionName::{Deploy, Drill, Restore, Rollback};
    // Without and with the acceptance of an operator: seconds from second 30, the turn, or 10, the request.
    for (action, ending, of_itself, accepted) in [
        (Deploy, Succeeded, None, None),
        (Deploy, NothingToDo, None, None),
        (Deploy, RolledBack, Some(60), Some(170)),
        (Deploy, NeedsOperator, None, Some(170)),
        (Rollback, Succeeded, Some(80), Some(80)),
        // The change that it was to take back stands, and only a later deployment shows when it is well again.
        (Rollback, RolledBack, None, Some(190)),
        (Rollback, NeedsOperator, None, Some(190)),
        (Drill, RolledBack, None, None),
        (Restore, NeedsOperator, None, None),
    ] {
        for (is_accepted, wanted) in [(false, of_itself), (true, accepted)] {
            let one = of_action(action, ending, is_accepted);
            let got = CountedRestore::of(None, &one).map(|it| it.seconds);
            assert_eq!(got, wanted, "{action:?} {ending} {is_accepted}");
            assert_eq!(CountedRestore::of(Some(&one), &one), None, "it is known already");
        }
    }
    let mut stopped = ended(RolledBack);
    stopped.stopped = true;
    assert_eq!(CountedRestore::of(None, &stopped), None);
}

#[test]
fn what_needed_an_operator_is_restored_later_and_once() {
    let stuck = ended(NeedsOperator);
    let accepted = of_action(ActionName::Deploy, NeedsOperator, true);
    let mut recovering = ended(NeedsOperator);
    recovering.ending = None;
    recovering.taken_up_again = true;
    let mut recovered = ended(RolledBack);
    recovered.taken_up_again = true;
    for (before, after, seconds) in [
        (None, &stuck, None),
        (Some(&stuck), &accepted, Some(170)),
        (Some(&accepted), &accepted, None),
        (Some(&stuck), &recovering, None),
        (Some(&recovering), &recovered, Some(60)),
        (Some(&recovered), &recovered, None),
    ] {
        assert_eq!(CountedRestore::of(before, after).map(|it| it.seconds), seconds, "{before:?} {after:?}");
    }
}
