//! The next step on a way back, and with what AWS gives to an alias.

use super::tests::{NEW, OLD, goal, in_words, is, latest, ready};
use super::*;
use crate::ports::Provisioned;

#[test]
fn back_to_what_was_found() {
    let was = |latest, texts: &[&str], traffic| Goal::Back(is(latest, texts, traffic));
    let shared = was(ready("old"), &[OLD, "3:x:c1::"], Some("1+3@0.333"));
    let table: Vec<(&str, Observed, Goal, &str)> = vec![
        (
            "version and weights",
            is(ready("new"), &[OLD, NEW], Some("1+2@0.1")),
            shared.clone(),
            "alias live 1 with 2 at 10 % → 1 with 3 at 33.3 %",
        ),
        ("there", is(ready("new"), &[OLD], Some("1+3@0.333")), shared.clone(), "done"),
        (
            "a function that was made anew",
            is(ready("new"), &["1:y:c1::"], Some("2")),
            was(ready("old"), &[OLD], Some("1")),
            "failed: Version 1 holds other code than before: the function was made anew.",
        ),
        (
            "the code from its kept version",
            is(ready("new"), &[OLD], None),
            was(ready("old"), &[], None),
            "code of $LATEST sha256:new → sha256:old, live at once",
        ),
        (
            "no kept version",
            is(ready("new"), &[], None),
            was(ready("old"), &[], None),
            "failed: No published version holds the former code old.",
        ),
        (
            "a version that Lambda makes ready",
            is(ready("new"), &["1:old:c1::Pending", NEW], Some("2")),
            was(ready("old"), &[OLD], Some("1")),
            "wait 2",
        ),
        (
            "a share of callers for one that Lambda makes ready",
            is(ready("new"), &[OLD, NEW, "3:x:c1::Pending"], Some("2")),
            shared,
            "wait 2",
        ),
        (
            "an idle version that nothing has invoked",
            is(ready("new"), &["1:old:c1::Inactive", NEW], Some("2")),
            was(ready("old"), &[OLD], Some("1")),
            "alias live 2 → 1",
        ),
        (
            "a version in a state that is not known",
            is(ready("new"), &["1:old:c1::Hibernating", NEW], Some("2")),
            was(ready("old"), &[OLD], Some("1")),
            "alias live 2 → 1",
        ),
        (
            "callers have it already",
            is(ready("new"), &["1:old:c1::Pending", NEW], Some("1")),
            was(ready("old"), &[OLD], Some("1")),
            "done",
        ),
        (
            "an idle version that gates invoke first",
            is(ready("new"), &[NEW], Some("2")),
            Goal::Wake("1".into()),
            "done",
        ),
        ("the code is back", is(ready("old"), &[], None), was(ready("old"), &[], None), "done"),
        (
            "the alias is gone from the declaration",
            is(ready("new"), &[], None),
            was(ready("old"), &[], Some("1")),
            "failed: The alias was declared or removed since this state was recorded.",
        ),
    ];
    for (case, is, was, expected) in table {
        assert_eq!(in_words(&is, &was), expected, "{case}");
    }
}

/// An undo whose update failed is tried again by each recovery, which has sent nothing yet.
#[test]
fn an_update_back_that_had_failed_before_is_made_anew() {
    let failed = "failed: The update of the code failed: why";
    let anew = "code of $LATEST sha256:old → sha256:old, live at once";
    for (last_update, sent_upon, versions, expected) in [
        ("Failed", None, &[OLD][..], anew),
        // Its answer was lost, and it did not come to Lambda.
        ("Failed", Some("r1"), &[OLD], anew),
        ("Failed", Some("r0"), &[OLD], failed),
        ("Failed", None, &[], failed),
        ("Successful", None, &[OLD], "done"),
        ("InProgress", Some("r0"), &[OLD], "wait 2"),
    ] {
        let mut seen = is(latest("old", "Active", last_update), versions, None);
        seen.sent_upon = sent_upon.map(str::to_owned);
        let was = |before| Goal::Back(is(latest("old", "Active", before), &[], None));
        assert_eq!(in_words(&seen, &was("Successful")), expected, "{last_update} {sent_upon:?} {versions:?}");
        let as_found = if last_update == "Failed" { "done" } else { expected };
        assert_eq!(in_words(&seen, &was("Failed")), as_found, "{last_update} as it was found");
        seen.has_other_sent = true;
        assert_eq!(in_words(&seen, &was("Failed")), expected, "{last_update} {sent_upon:?}, and other code was sent");
    }
}

/// The gates ahead of the way back invoke the version that is to be woken, and not the one that callers have.
#[test]
fn what_is_woken_is_the_version_that_is_gone_back_to() {
    let seen = is(ready("new"), &[NEW], Some("2"));
    let was = is(ready("old"), &[OLD], Some("1"));
    let shown = [Goal::Wake("1".into()), Goal::Back(was)].map(|goal| brought(&seen, &goal));
    assert_eq!(shown, [Some("1".to_owned()), Some("2".to_owned())]);
}

#[test]
fn provisioned_concurrency_must_be_there() {
    let with = |traffic: &str, status: &str, kept_at: Option<&str>| {
        let mut observed = is(ready("new"), &[OLD, NEW], Some(traffic));
        let alias = observed.alias.as_mut().unwrap();
        alias.provisioned = Some(Provisioned { status: status.into(), reason: "no capacity".into() });
        alias.kept_at = kept_at.map(str::to_owned);
        observed
    };
    let forward = goal("new", 100);
    let back = |status: &str| Goal::Back(with("1", status, None));
    let lacks = "failed: Alias live is at 2: its provisioned concurrency cannot be had: no capacity";
    let keeps = "failed: Alias live is at 2 (Lambda still sends all callers to 1): its provisioned concurrency cannot be had: no capacity";
    let lacks_former = "failed: Alias live is at 1: its provisioned concurrency cannot be had: no capacity";
    for (traffic, status, kept_at, wanted, expected) in [
        ("2", "IN_PROGRESS", None, &forward, "wait 5"),
        ("2", "READY", None, &forward, "done"),
        ("2", "Resting", None, &forward, "wait 5"),
        ("2", "FAILED", None, &forward, lacks),
        // Lambda itself still sends all callers to the former version, which is nobody's change.
        ("2", "IN_PROGRESS", Some("1"), &forward, "wait 5"),
        ("2", "READY", Some("1"), &forward, "wait 5"),
        ("2", "FAILED", Some("1"), &forward, keeps),
        ("2", "IN_PROGRESS", Some("1"), &back("READY"), "alias live 2 → 1"),
        ("2", "FAILED", Some("1"), &back("READY"), "alias live 2 → 1"),
        ("1", "IN_PROGRESS", None, &back("READY"), "wait 5"),
        ("1", "FAILED", None, &back("READY"), lacks_former),
        // It was not there before either.
        ("1", "FAILED", None, &back("FAILED"), "done"),
    ] {
        let observed = with(traffic, status, kept_at);
        assert_eq!(in_words(&observed, wanted), expected, "{traffic} {status} {kept_at:?}");
    }
    // Only a version that cannot be initialised says something of the release.
    for (reason, name) in [
        ("no capacity", FindingName::TargetNotReady),
        ("", FindingName::TargetNotReady),
        ("FUNCTION_ERROR_INIT_FAILURE", FindingName::ChangeFailed),
    ] {
        let mut observed = with("2", "FAILED", None);
        observed.alias.as_mut().unwrap().provisioned.as_mut().unwrap().reason = reason.into();
        let Next::Failed(finding) = next("shop-api", &observed, &forward) else { panic!("{reason}") };
        assert_eq!(finding.name, name, "{reason}");
    }
}
