use super::*;
use crate::text::prose::Prose;

#[test]
fn an_ending_names_its_cause_if_it_has_one() {
    let ended = |cause_name: &str| Ended {
        ending: Ending::Succeeded,
        cause_name: cause_name.into(),
        cause: "".into(),
        findings: vec![],
        added: vec![],
        stays_reachable: vec![],
        at: Time(0),
        resolved: None,
        cost: None,
    };
    assert_eq!(ended("").to_string(), "Succeeded");
    assert_eq!(ended("Superseded").to_string(), "Succeeded (Superseded)");
}

#[test]
fn only_what_says_something_of_the_release_vetoes_it() {
    use crate::text::fault::FaultName;
    use crate::text::finding::FindingName;
    let of_release = |name: String| Why { name, text: Prose::default() }.is_of_the_release();
    for name in [
        "GateFailed".to_owned(),
        FindingName::ChangeFailed.to_string(),
        FindingName::DigestMismatch.to_string(),
        FindingName::BadArchive.to_string(),
        FaultName::StillInProgress.to_string(),
        FaultName::TakesHours.to_string(),
    ] {
        assert!(of_release(name.clone()), "{name}");
    }
    for name in [
        FindingName::TargetChangedByOther.to_string(),
        FindingName::TargetMissing.to_string(),
        FindingName::NoPermission.to_string(),
        FaultName::AccessDenied.to_string(),
        FaultName::Throttled.to_string(),
        FaultName::Internal.to_string(),
        "ExecutionStopped".to_owned(),
        "States.Timeout".to_owned(),
    ] {
        assert!(!of_release(name.clone()), "{name}");
    }
}

/// A record as the ledger has it.
fn record(action: ActionName, snapshot: Option<u64>) -> Deployment {
    let record = serde_json::json!({
        "id": "1f0c2d9a4b5e6f70", "app": "shop", "environment": "prod", "action": action,
        "attempt": 1, "release": {"app": "shop", "version": "1.1.0", "components": {}},
        "release_digest": "a".repeat(64), "snapshot": snapshot, "declaration": "1.0.0",
        "requester": {"route": "console"}, "order": {"accepted": 0, "id": "1f0c2d9a4b5e6f70"},
        "allow_older": false, "accept_red": false, "again": false, "by_person": true,
        "accepted": 0, "executions": [], "status": "running",
    });
    serde_json::from_value(record).unwrap()
}

#[test]
fn a_requester_is_believed_unless_the_record_says_otherwise() {
    let mut record = record(ActionName::Deploy, None);
    assert!(record.vouched, "an older Windlass recorded it");
    for vouched in [true, false] {
        record.vouched = vouched;
        let read: Deployment = serde_json::from_value(serde_json::to_value(&record).unwrap()).unwrap();
        assert_eq!(read.vouched, vouched);
    }
}

#[test]
fn recoveries_are_counted_from_the_execution_that_somebody_asked_for_last() {
    for (executions, asked_for, recoveries) in [(0, 0, 0), (1, 0, 0), (4, 0, 3), (4, 3, 0), (7, 3, 3)] {
        let mut record = record(ActionName::Deploy, None);
        record.executions = vec![String::new(); executions];
        record.asked_for = asked_for;
        assert_eq!(record.recoveries(), recoveries, "{executions} {asked_for}");
    }
}

#[test]
fn a_wish_asks_for_a_right_of_its_own_in_a_release_alone() {
    use crate::access::AccessRight::{Operate, Release, RollBack};
    for (action, rights) in [
        (ActionName::Deploy, &[Release, Operate][..]),
        (ActionName::Rollback, &[RollBack]),
        (ActionName::Restore, &[RollBack]),
        (ActionName::Withdraw, &[Operate]),
    ] {
        let plain = record(action, None);
        let record = Deployment { allow_older: true, accept_red: true, through_hold: true, ..plain };
        let asked = record.asked();
        assert!(asked.rights.iter().eq(rights), "{action}: {:?}", asked.rights);
    }
}

#[test]
fn what_may_be_lost_is_a_wish_and_is_asked_for_again() {
    use crate::access::AccessRight::{Operate, Release, RollBack};
    let may_lose: BTreeSet<_> = ["infra.Messages".parse().unwrap()].into();
    let back = Deployment { may_lose: may_lose.clone(), ..record(ActionName::Rollback, None) };
    assert!(back.asked().rights.iter().eq(&[RollBack, Operate]));
    let wanted =
        r#"{"action":"rollback","app":"shop","environment":"prod","may_lose":["infra.Messages"],"reason":"…"}"#;
    assert_eq!(Prose::from(back.input()).written(), wanted);
    let losing = Deployment { may_lose, ..record(ActionName::Deploy, None) };
    assert!(losing.asked().rights.iter().eq(&[Release, Operate]));
    let wanted = r#"{"action":"deploy","app":"shop","environment":"prod","may_lose":["infra.Messages"],"reason":"…","version":"1.1.0"}"#;
    assert_eq!(Prose::from(losing.input()).written(), wanted);
    let read: Deployment = serde_json::from_value(serde_json::to_value(&losing).unwrap()).unwrap();
    assert_eq!(read, losing);
}

#[test]
fn what_was_asked_for_can_be_asked_for_again() {
    let deploy = record(ActionName::Deploy, None);
    assert_eq!(
        Prose::from(deploy.input()).written(),
        r#"{"action":"deploy","app":"shop","environment":"prod","version":"1.1.0"}"#
    );
    assert_eq!(
        Prose::from(deploy.input_accepting_red()).written(),
        r#"{"action":"deploy","accept_red":true,"app":"shop","environment":"prod","reason":"…","version":"1.1.0"}"#
    );
    let mut passed = record(ActionName::Deploy, None);
    (passed.again, passed.through_hold) = (true, true);
    assert_eq!(
        Prose::from(passed.input()).written(),
        r#"{"action":"deploy","again":true,"app":"shop","environment":"prod","reason":"…","through_hold":true,"version":"1.1.0"}"#
    );
    assert_eq!(
        Prose::from(record(ActionName::Rollback, Some(3)).input()).written(),
        r#"{"action":"rollback","app":"shop","environment":"prod","reason":"…","snapshot":3}"#
    );
    assert_eq!(
        Prose::from(record(ActionName::Rollback, None).input()).written(),
        r#"{"action":"rollback","app":"shop","environment":"prod","reason":"…"}"#
    );
}
