//! The verbs at the wheel: the real program against an API that answers.

#![allow(clippy::unwrap_used)]

use crate::records::{ID, watched};
use crate::standin::{Call, Reply, StandIn, code, err, folder, out, reply};
use serde_json::{Value, json};

const NOON: u64 = 1_763_640_000_000;

fn turn() -> Value {
    json!({"action": "pause", "wave": 0, "at": NOON + 20_000, "by": "ann", "reason": "to look",
        "pause": {"until": NOON + 3_620_000, "pace_s": 60, "then": "continue"}})
}

/// An API where the execution of an action has this outcome, and the environment is paused or is not.
fn coming_to(came: Value, paused: &Value) -> StandIn {
    let held = json!({"deployment": ID, "action": "deploy", "execution": "arn", "since": 0, "state": "running"});
    let environment = json!({"app": "shop", "environment": "prod", "snapshot": 1, "running": {},
        "lock": {"token": 1, "held": held}, "waiting": [], "paused": paused});
    StandIn::new(move |call: &Call| -> Reply {
        match (call.method.as_str(), call.path.as_str()) {
            ("GET", "/stage/apps/shop/environments/prod") => reply(200, &environment),
            ("GET", path) if path.contains("?execution=") => reply(200, &came),
            _ => reply(202, &json!({"execution": "arn:one"})),
        }
    })
}

fn done() -> Value {
    json!({"deployment": null, "refusal": null, "done": {"cause": "It is done."},
        "execution": {"status": "SUCCEEDED", "error": null, "cause": null}})
}

#[test]
fn each_verb_sends_what_it_says_and_shows_how_it_is_now() {
    let table: [(&[&str], &str, Value, Value, i32); 5] = [
        (&["pause", "--for", "2h"], "pause", json!({"reason": "r", "for": "2h"}), turn(), 0),
        (&["pause"], "pause", json!({"reason": "r"}), Value::Null, 8),
        (&["continue"], "continue", json!({"reason": "r"}), Value::Null, 0),
        (&["continue", "--deployment", ID], "continue", json!({"reason": "r", "deployment": ID}), turn(), 8),
        (&["skip-bake"], "skip-bake", json!({"reason": "r"}), Value::Null, 0),
    ];
    for (words, path, body, paused, status) in table {
        let is_paused = paused.is_object();
        let api = coming_to(done(), &paused);
        let (verb, rest) = words.split_first().unwrap();
        let common = ["shop", "prod", "--reason", "r", "--every", "1ms"];
        let arguments = [&[*verb][..], &common, rest].concat();
        let output = api.windlass(&folder("steers"), &arguments);
        assert_eq!(code(&output), status, "{words:?}: {}", err(&output));
        let first = &api.calls()[0];
        assert_eq!(first.method, "POST");
        assert_eq!(first.path, format!("/stage/apps/shop/environments/prod/{path}"));
        assert_eq!(first.json(), body);
        let said = out(&output);
        assert!(said.contains("It is done."), "{said}");
        let line = "paused: wave 1 is paused until 2025-11-20T13:00:20Z by ann: \"to look\".";
        assert_eq!(said.contains(line), is_paused, "{said}");
        assert_eq!(said.contains("`windlass continue shop prod"), is_paused, "{said}");
        let shown = out(&api.windlass(&folder("steers"), &["status", "shop", "prod"]));
        let line = format!("  {line} Its gates are judged meanwhile; then it goes on.");
        assert_eq!(shown.lines().any(|shown| shown == line), is_paused, "{shown}");
    }
}

#[test]
fn what_was_refused_says_why() {
    let refusal = json!({"app": "shop", "environment": "prod", "about": "pause",
        "requester": {"route": "api"}, "execution": "arn:one", "at": 0,
        "findings": [{"name": "TimedByAws", "path": "components.agent", "reason": "ECS goes on.", "remedy": "Wait."}]});
    let api = coming_to(json!({"deployment": null, "refusal": refusal}), &Value::Null);
    let arguments = ["pause", "shop", "prod", "--reason", "r", "--every", "1ms"];
    let output = api.windlass(&folder("steers-refused"), &arguments);
    assert_eq!(code(&output), 3);
    assert!(err(&output).contains("TimedByAws"), "{}", err(&output));
}

#[test]
fn a_pause_without_a_time_or_a_reason_is_not_understood() {
    for arguments in [
        &["pause", "shop", "prod"][..],
        &["pause", "shop", "prod", "--reason", "r", "--for", "soon"],
        &["skip-bake", "shop", "prod", "--reason", " "],
    ] {
        let api = StandIn::new(|call: &Call| panic!("{}", call.path));
        let output = api.windlass(&folder("steers-not"), arguments);
        assert_eq!(code(&output), 2, "{}", err(&output));
    }
}

#[test]
fn who_watches_sees_who_paused_it_until_when() {
    let mut record = watched();
    record["deployment"]["wheel"] = json!([turn()]);
    let api = StandIn::new(move |_: &Call| reply(200, &record));
    let arguments = ["watch", "shop", ID, "--every", "1ms", "--timeout", "20ms"];
    let output = api.windlass(&folder("steers-watched"), &arguments);
    let said = format!("{}{}", out(&output), err(&output));
    let line = "12:00 wave 1 is paused until 2025-11-20T13:00:20Z by ann: \"to look\".";
    assert!(said.contains(line), "{said}");
}
