//! `windlass watch` as CI runs it: the real program against an API that answers.

#![allow(clippy::unwrap_used)]

use crate::records::{ID, accepted, ended, rolled_back, watched};
use crate::standin::{Call, StandIn, code, err, folder, out, reply};
use serde_json::{Value, json};

/// An API that answers these records, one a look, the last for ever.
fn showing(mut records: Vec<Value>) -> StandIn {
    records.reverse();
    StandIn::new(move |call: &Call| {
        if call.path.starts_with("/stage/apps/shop/environments/prod") {
            return reply(200, &elsewhere());
        }
        assert_eq!(call.path, format!("/stage/apps/shop/deployments/{ID}"));
        let next = records.pop().unwrap();
        if records.is_empty() {
            records.push(next.clone());
        }
        reply(200, &next)
    })
}

fn watch(api: &StandIn, more: &[&str]) -> std::process::Output {
    let mut arguments = vec!["watch", "shop", ID, "--every", "1ms"];
    arguments.extend(more);
    api.windlass(&folder("watch"), &arguments)
}

#[test]
fn a_deployment_is_watched_until_it_has_ended_and_its_ending_is_the_status() {
    let endings = [
        ("Succeeded", "Because", 0),
        ("NothingToDo", "AlreadyThere", 0),
        ("NothingToDo", "Superseded", 8),
        ("NothingToDo", "Recorded", 10),
        ("NothingToDo", "NothingChanged", 13),
        ("Rejected", "Because", 3),
        ("Rejected", "Held", 9),
        ("RolledBack", "Because", 4),
        ("NeedsOperator", "Because", 5),
    ];
    for (ending, cause, status) in endings {
        let mut last = ended(watched(), ending, cause);
        if cause == "Held" {
            let finding = json!({"name": "Held", "path": "p", "reason": "r", "remedy": "m"});
            last["deployment"]["ending"]["findings"] = json!([finding]);
        }
        let api = showing(vec![accepted(), watched(), last]);
        let output = watch(&api, &[]);
        assert_eq!(code(&output), status, "{}", err(&output));
        assert!(out(&output).contains(&format!("{ending} ({cause})")));
        let looks = api.calls().into_iter();
        assert_eq!(looks.filter(|call| call.path.ends_with(ID)).count(), 3);
    }
}

#[test]
fn one_that_was_accepted_a_moment_ago_is_waited_for() {
    let unrecorded = json!({"plan": null, "steps": [], "judgements": [], "deployment": {"id": ID,
        "app": "shop", "environment": null, "status": "accepted", "accepted": 0,
        "executions": ["arn:one"], "ending": null}});
    let api = showing(vec![unrecorded.clone(), unrecorded, rolled_back()]);
    let output = watch(&api, &[]);
    assert_eq!(code(&output), 4, "{}", err(&output));
    assert_eq!(api.calls().len(), 3);
}

#[test]
fn calls_are_signed_for_the_api() {
    let api = showing(vec![rolled_back()]);
    watch(&api, &[]);
    let authorization = api.calls()[0].headers["authorization"].clone();
    assert!(authorization.starts_with("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/"));
    assert!(authorization.contains("/eu-west-1/execute-api/aws4_request"));
}

#[test]
fn json_is_one_document_the_record() {
    let api = showing(vec![watched(), rolled_back()]);
    let output = watch(&api, &["--json"]);
    assert_eq!(code(&output), 4);
    let record: Value = serde_json::from_str(&out(&output)).unwrap();
    assert_eq!(record, rolled_back());
}

#[test]
fn a_deployment_that_goes_on_is_not_a_success() {
    let output = watch(&showing(vec![watched()]), &["--timeout", "50ms"]);
    assert_eq!(code(&output), 7);
    assert!(err(&output).contains("is still under way"));
    let output = watch(&showing(vec![watched()]), &["--timeout", "50ms", "--json"]);
    let mut document: Value = serde_json::from_str(&out(&output)).unwrap();
    let steps = document.as_object_mut().unwrap().remove("next_steps").unwrap();
    assert_eq!((steps.as_array().unwrap().len(), document), (2, watched()), "watch and cancel: {steps}");
    let output = watch(&showing(vec![accepted()]), &["--timeout", "50ms"]);
    assert_eq!(code(&output), 11);
    assert!(err(&output).contains("still waits for its turn"));
}

/// A deployment of `api` that has succeeded.
fn succeeded() -> Value {
    let mut record = ended(watched(), "Succeeded", "");
    let api = json!({"type": "image", "repository": "r", "digest": "a".repeat(64)});
    record["deployment"]["release"]["components"] = json!({ "api": api });
    record
}

/// An API that gives these answers one a look, the last for ever, with this as the environment now.
fn answering(mut answers: Vec<(u16, Value)>, environment: Value) -> StandIn {
    answers.reverse();
    StandIn::new(move |call: &Call| {
        if call.path == "/stage/apps/shop/environments/prod?observe=true" {
            return reply(200, &environment);
        }
        let (status, body) = answers.pop().unwrap();
        if answers.is_empty() {
            answers.push((status, body.clone()));
        }
        reply(status, &body)
    })
}

/// An API where a deployment has succeeded, with this as the environment now.
fn long_ago(environment: Value) -> StandIn {
    answering(vec![(200, succeeded())], environment)
}

/// An environment where something else runs than the deployment brought.
fn elsewhere() -> Value {
    let api = json!({"type": "image", "repository": "r", "digest": "b".repeat(64)});
    json!({"app": "shop", "environment": "prod", "snapshot": 2, "lock": {"token": 1}, "waiting": [],
        "running": {"api": {"artifact": api, "version": "1.3.0", "deployment": "fedcba9876543210",
            "since": 1_763_640_000_000_u64,
            "brought": {"version": "1.3.0", "deployment": "fedcba9876543210", "since": 1_763_640_000_000_u64}, "state": {}}}})
}

#[test]
fn an_ending_that_nobody_saw_is_compared_with_what_runs() {
    let throttled = || (503, json!({"detail": "Throttled", "findings": []}));
    let under_way = || (200, watched());
    let table = [
        (vec![], 8),
        (vec![under_way()], 0),
        (vec![throttled()], 8),
        (vec![under_way(), throttled()], 8),
        (vec![throttled(), under_way()], 0),
        (vec![(200, accepted()), throttled(), throttled()], 8),
    ];
    for (mut answers, status) in table {
        let row = format!("{:?}", answers.iter().map(|it| it.0).collect::<Vec<_>>());
        answers.push((200, succeeded()));
        let output = watch(&answering(answers, elsewhere()), &[]);
        assert_eq!(code(&output), status, "{row}: {}", out(&output));
        assert_eq!(out(&output).contains("NOT run any more"), status == 8);
    }
}

/// The server knows whether the same release would be refused now, so its command is shown.
#[test]
fn how_to_have_what_runs_no_more_is_what_windlass_says() {
    let mut record = succeeded();
    let next = "start `windlass deploy shop prod 1.4.0 --allow-older --through-hold --reason '…'` to deploy 1.4.0";
    record["now"] = json!({"runs": false, "text": "t", "next": next});
    let api = answering(vec![(200, record)], elsewhere());
    let output = watch(&api, &[]);
    assert_eq!(code(&output), 8);
    let line = format!("next: {next}");
    assert!(out(&output).contains(&line), "{}", out(&output));
    let whole: Value = serde_json::from_str(&out(&watch(&api, &["--json"]))).unwrap();
    assert_eq!(whole["now"]["next"], next);
}

#[test]
fn what_was_live_once_is_compared_with_what_runs_now() {
    let environment = |letter: &str, drift: &str| {
        let api = json!({"type": "image", "repository": "r", "digest": letter.repeat(64)});
        json!({"app": "shop", "environment": "prod", "snapshot": 2, "lock": {"token": 1}, "waiting": [],
            "running": {"api": {"artifact": api, "version": "1.3.0", "deployment": "fedcba9876543210",
                "since": 1_763_640_000_000_u64,
            "brought": {"version": "1.3.0", "deployment": "fedcba9876543210", "since": 1_763_640_000_000_u64}, "state": {}}},
            "observed": {"api": {"drift": drift, "seen": "40", "recorded": "41"}},
            "deployments": {"fedcba9876543210": {"action": "rollback", "version": "1.3.0", "accepted": 0,
                "requester": {"route": "api", "principal": "ann"}, "reason": "checkout is broken"}}})
    };
    let table = [
        ("a", "none", 0, "now: it runs now"),
        ("a", "changed", 8, "NOT run any more"),
        ("a", "unknown", 12, "now: NOT known"),
        ("b", "none", 8, "by deployment fedcba9876543210 (rollback, asked by ann: checkout is broken)"),
    ];
    for (letter, drift, status, words) in table {
        let api = long_ago(environment(letter, drift));
        let output = watch(&api, &[]);
        assert_eq!(code(&output), status, "{letter} {drift}: {}", out(&output));
        let said = out(&output);
        assert!(said.contains(words), "{letter} {drift}: {said}");
        let last = said.split("now: ").last().unwrap();
        assert_eq!(last.contains("`windlass deploy shop prod 1.4.0`"), status == 8, "{said}");
        let output = watch(&api, &["--json"]);
        let whole: Value = serde_json::from_str(&out(&output)).unwrap();
        let runs = [Some(true), Some(false), None][usize::from(status == 8) + 2 * usize::from(status == 12)];
        assert_eq!(whole["now"]["runs"], json!(runs));
    }
}

#[test]
fn a_component_that_has_left_the_declaration_is_shown_as_that() {
    let api = long_ago(json!({"app": "shop", "environment": "prod", "snapshot": 2, "running": {},
        "no_longer_declared": {"api": {"version": "1.4.0", "deployment": ID, "since": 0,
            "brought": {"version": "1.4.0", "deployment": ID, "since": 0},
            "left": {"declaration": "1.3.0", "at": 1_763_640_000_000_u64}}},
        "lock": {"token": 1}, "waiting": [], "observed": {}}));
    let output = watch(&api, &[]);
    assert_eq!(code(&output), 12, "{}", out(&output));
    let line = "api: no longer declared since version 1.3.0 of the declaration (2025-11-20T12:00:00Z)";
    assert!(out(&output).contains(line), "{}", out(&output));
    assert!(!out(&output).contains("NOT run"), "{}", out(&output));
}

#[test]
fn an_answer_that_does_not_come_is_asked_for_again() {
    let mut asked = 0;
    let api = StandIn::new(move |_: &Call| {
        asked += 1;
        match asked {
            1 | 2 => reply(503, &json!({"detail": "Throttled", "findings": []})),
            _ => reply(200, &rolled_back()),
        }
    });
    let output = watch(&api, &[]);
    assert_eq!(code(&output), 4);
    assert_eq!(err(&output).matches("looking again").count(), 1);
}

/// The deployment was accepted, and then the API's function was overwritten: nothing that is seen says that it goes on.
#[test]
fn a_dead_api_ends_the_watching_with_what_was_seen() {
    for (status, body) in [
        (502, json!({"message": "Bad Gateway"})),
        (502, json!({})),
        (503, json!({"message": "Service Unavailable"})),
        (500, json!({"message": "Internal Server Error"})),
        (200, json!({"hello": "shop"})),
    ] {
        let row = format!("{status} {body}");
        let mut asked = 0;
        let api = StandIn::new(move |_: &Call| {
            asked += 1;
            match asked {
                1 => reply(200, &accepted()),
                _ => reply(status, &body),
            }
        });
        let output = watch(&api, &[]);
        assert_ne!(code(&output), 0, "{row}");
        let said = err(&output);
        if status != 200 {
            assert!(said.contains(&status.to_string()), "{row}: {said}");
        }
        assert!(said.contains("`windlass doctor`"), "{row}: {said}");
    }
}

#[test]
fn who_is_not_let_in_learns_so_at_once() {
    let api = StandIn::new(|_: &Call| reply(403, &json!({"message": "Forbidden"})));
    let output = watch(&api, &[]);
    assert_eq!(code(&output), 6);
    assert!(err(&output).contains("did not let the caller in (403: Forbidden)"));
    assert_eq!(api.calls().len(), 1);
}

#[test]
fn an_unknown_deployment_is_rejected_with_its_finding() {
    let step = json!({"call": {"history": {"app": "shop", "environment": "prod"}}});
    let finding =
        json!({"name": "UnknownName", "path": "id", "reason": "No such.", "remedy": "Look.", "next_steps": [step]});
    let problem = json!({"title": "UnknownName", "detail": "d", "findings": [finding]});
    let api = StandIn::new(move |_: &Call| reply(404, &problem));
    let output = watch(&api, &["--json"]);
    assert_eq!(code(&output), 3);
    let document: Value = serde_json::from_str(&out(&output)).unwrap();
    assert_eq!(document["findings"][0]["remedy"], "Look.");
    assert_eq!(document["findings"][0]["next_steps"], json!([step]));
    assert_eq!(document["exit"], 3);
}

#[test]
fn nobody_there_is_unreachable() {
    let api = showing(vec![rolled_back()]);
    let arguments = ["watch", "shop", ID, "--endpoint", "http://127.0.0.1:9", "--timeout", "20ms", "--every", "1ms"];
    let output = api.windlass(&folder("nobody"), &arguments);
    assert_eq!(code(&output), 6, "{}", err(&output));
    let status = ["status", "shop", "prod", "--endpoint", "http://127.0.0.1:9"];
    assert_eq!(code(&api.windlass(&folder("nobody"), &status)), 6);
}
