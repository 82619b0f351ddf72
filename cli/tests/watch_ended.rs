//! The last words of `windlass watch` are true of now, also for a deployment that has ended long ago.

#![allow(clippy::unwrap_used)]

use crate::records::{ID, ended, watched};
use crate::standin::{Call, StandIn, code, err, folder, out, reply};
use serde_json::{Value, json};

const OTHER: &str = "fedcba9876543210";

/// A deployment of `api` that has ended.
fn past(ending: &str, cause: &str) -> Value {
    let mut record = ended(watched(), ending, cause);
    let api = json!({"type": "image", "repository": "r", "digest": "a".repeat(64)});
    record["deployment"]["release"]["components"] = json!({ "api": api });
    record["deployment"]["ending"]["cause"] = "deployments are held, and another one holds the lock".into();
    record
}

/// The environment now: these bytes run, nothing is held, and this is the lock.
fn now(letter: &str, lock: &Value, waiting: &Value) -> Value {
    let api = json!({"type": "image", "repository": "r", "digest": letter.repeat(64)});
    json!({"app": "shop", "environment": "prod", "snapshot": 2, "lock": lock, "waiting": waiting,
        "running": {"api": {"artifact": api, "version": "1.3.0", "deployment": OTHER,
            "since": 1_763_640_000_000_u64,
            "brought": {"version": "1.3.0", "deployment": OTHER, "since": 1_763_640_000_000_u64}, "state": {}}}})
}

fn watch(record: Value, environment: Option<Value>) -> (i32, String, Value) {
    let api = StandIn::new(move |call: &Call| match &environment {
        Some(now) if call.path.contains("/environments/prod") => reply(200, now),
        None if call.path.contains("/environments/prod") => reply(403, &json!({"message": "Forbidden"})),
        _ if call.path.ends_with(OTHER) => {
            let mut other = record.clone();
            other["deployment"]["id"] = OTHER.into();
            other["deployment"]["release_digest"] = "b".repeat(64).into();
            reply(200, &other)
        }
        _ => reply(200, &record),
    });
    let output = api.windlass(&folder("past"), &["watch", "shop", ID, "--every", "1ms"]);
    let json = api.windlass(&folder("past"), &["watch", "shop", ID, "--every", "1ms", "--json"]);
    let document = serde_json::from_str(&out(&json)).unwrap();
    (code(&output), out(&output), document)
}

#[test]
fn what_a_past_ending_said_is_shown_as_past_and_what_is_so_now_comes_last() {
    let free = || json!({"token": 1});
    let held = |by: &str| {
        json!({"token": 1, "held": {"deployment": by, "action": "deploy", "execution": "arn",
            "since": 0, "state": "needs_operator"}})
    };
    let table = [
        ("Succeeded", "", "a", free(), 0),
        ("Succeeded", "", "b", free(), 8),
        ("NothingToDo", "NothingChanged", "a", free(), 13),
        ("NothingToDo", "NothingChanged", "b", free(), 8),
        ("NothingToDo", "Superseded", "a", free(), 0),
        ("NothingToDo", "Superseded", "b", free(), 8),
        ("NothingToDo", "Superseded", "b", held(OTHER), 8),
        ("NothingToDo", "Recorded", "a", free(), 0),
        ("NothingToDo", "Recorded", "b", free(), 10),
        ("Rejected", "NeedsOperator", "a", free(), 3),
        ("RolledBack", "GateFailed", "b", free(), 4),
        ("NeedsOperator", "GateFailed", "a", held(ID), 5),
        ("NeedsOperator", "GateFailed", "a", free(), 0),
        ("NeedsOperator", "GateFailed", "b", free(), 8),
        ("NeedsOperator", "GateFailed", "b", held(OTHER), 8),
    ];
    for (ending, cause, letter, lock, status) in table {
        let is_locked = lock["held"].is_object();
        let environment = now(letter, &lock, &json!([]));
        let (code, said, document) = watch(past(ending, cause), Some(environment));
        assert_eq!(code, status, "{ending} {cause} {letter}: {said}");
        let (then, now) = said.split_once("\nnow: ").unwrap();
        assert!(then.contains("and this was so at that time: deployments are held"), "{then}");
        assert!(now.contains("hold: none"), "{now}");
        assert_eq!(now.contains("lock: free"), !is_locked, "{now}");
        assert_eq!(document["now"]["runs"] == true, matches!(status, 0 | 13), "{document}");
    }
}

#[test]
fn where_now_cannot_be_seen_no_past_ending_is_taken_for_now() {
    let mut accepted = past("NeedsOperator", "GateFailed");
    accepted["deployment"]["ending"]["resolved"] =
        json!({"at": 0, "by": {"route": "console", "principal": "ann"}, "reason": "it is as wanted"});
    let table = [
        (past("Succeeded", ""), 12),
        (past("NothingToDo", "NothingChanged"), 12),
        (accepted, 12),
        (past("NeedsOperator", "GateFailed"), 5),
        (past("Rejected", "Held"), 3),
        (past("NothingToDo", "Superseded"), 8),
    ];
    for (record, status) in table {
        let (code, said, _) = watch(record, None);
        assert_eq!(code, status, "{said}");
        assert!(said.contains("now: NOT known"), "{said}");
    }
}

#[test]
fn what_made_way_for_the_same_release_is_followed_by_that() {
    let waits = json!([{"deployment": OTHER, "components": [], "operator": false, "since": 0}]);
    let environment = now("b", &json!({"token": 1}), &waits);
    let made_way = past("NothingToDo", "Superseded");
    let mut other = past("RolledBack", "GateFailed");
    other["deployment"]["id"] = OTHER.into();
    let api = StandIn::new(move |call: &Call| match call.path.as_str() {
        path if path.contains("/environments/prod") => reply(200, &environment),
        path if path.ends_with(OTHER) => reply(200, &other),
        _ => reply(200, &made_way),
    });
    let output = api.windlass(&folder("made-way"), &["watch", "shop", ID, "--every", "1ms"]);
    assert_eq!(code(&output), 4, "{}{}", out(&output), err(&output));
    let line = format!("deployment {OTHER} has the same release and is watched in its place");
    assert!(out(&output).contains(&line), "{}", out(&output));
}

/// The message says what is looked for, and for how long.
#[test]
fn an_upload_that_may_become_a_deployment_later_was_not_refused() {
    let upload = json!({"app": "shop", "version": "1.4.0", "recorded": null, "uploads": {"prod": {"key": "k", "version_id": "v", "findings": null}}});
    let api = StandIn::new(move |call: &Call| {
        if call.path.contains("/deployments?") {
            return reply(200, &json!({"deployments": [], "next": null}));
        }
        reply(200, &upload)
    });
    let arguments = ["watch", "shop", "prod", "1.4.0", "--every", "100ms", "--timeout", "1s"];
    let output = api.windlass(&folder("later"), &arguments);
    assert_eq!(code(&output), 7, "{}", err(&output));
    let said = err(&output);
    assert!(said.contains("it is looked for at most 1 second\n"), "{said}");
    assert!(said.contains("found within 1 second; it may come yet"), "{said}");
    assert!(!said.contains("was not deployed:"), "{said}");
    assert!(!said.contains(".;"), "{said}");
}
