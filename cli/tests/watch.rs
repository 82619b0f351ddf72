//! `windlass watch` and its like as CI runs them: the real program against an API that answers.

#![allow(clippy::unwrap_used)]

mod records;
mod standin;

use records::{ID, accepted, ended, rolled_back, watched};
use serde_json::{Value, json};
use standin::{Call, Reply, StandIn, code, err, folder, out, reply};

/// An API that answers these records, one a look, the last for ever.
fn telling(mut records: Vec<Value>) -> StandIn {
    records.reverse();
    StandIn::new(move |call: &Call| {
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
        ("Succeeded", 0),
        ("NothingToDo", 0),
        ("Rejected", 3),
        ("RolledBack", 4),
        ("NeedsOperator", 5),
    ];
    for (ending, status) in endings {
        let last = ended(watched(), ending, "Because");
        let api = telling(vec![accepted(), watched(), last]);
        let output = watch(&api, &[]);
        assert_eq!(code(&output), status, "{}", err(&output));
        assert!(out(&output).contains(&format!("{ending} (Because)")));
        assert_eq!(api.calls().len(), 3);
    }
}

#[test]
fn one_that_was_accepted_a_moment_ago_is_waited_for() {
    let unrecorded = json!({"plan": null, "steps": [], "judgements": [], "deployment": {"id": ID,
        "app": "shop", "environment": null, "status": "accepted", "accepted": 0,
        "executions": ["arn:one"], "ending": null}});
    let api = telling(vec![unrecorded.clone(), unrecorded, rolled_back()]);
    let output = watch(&api, &[]);
    assert_eq!(code(&output), 4, "{}", err(&output));
    assert_eq!(api.calls().len(), 3);
}

#[test]
fn calls_are_signed_for_the_api() {
    let api = telling(vec![rolled_back()]);
    watch(&api, &[]);
    let authorization = api.calls()[0].headers["authorization"].clone();
    assert!(authorization.starts_with("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/"));
    assert!(authorization.contains("/eu-west-1/execute-api/aws4_request"));
}

#[test]
fn json_is_one_document_the_record() {
    let api = telling(vec![watched(), rolled_back()]);
    let output = watch(&api, &["--json"]);
    assert_eq!(code(&output), 4);
    let record: Value = serde_json::from_str(&out(&output)).unwrap();
    assert_eq!(record, rolled_back());
}

#[test]
fn a_deployment_that_goes_on_is_not_a_success() {
    let output = watch(&telling(vec![watched()]), &["--timeout", "50ms"]);
    assert_eq!(code(&output), 7);
    assert!(err(&output).contains("is still under way"));
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

#[test]
fn who_is_not_let_in_learns_so_at_once() {
    let api = StandIn::new(|_: &Call| reply(403, &json!({"message": "Forbidden"})));
    let output = watch(&api, &[]);
    assert_eq!(code(&output), 6);
    assert!(err(&output).contains("Windlass answered 403: Forbidden"));
    assert_eq!(api.calls().len(), 1);
}

#[test]
fn an_unknown_deployment_is_rejected_with_its_finding() {
    let finding =
        json!({"name": "UnknownName", "path": "id", "reason": "No such.", "remedy": "Look."});
    let problem = json!({"title": "UnknownName", "detail": "d", "findings": [finding]});
    let api = StandIn::new(move |_: &Call| reply(404, &problem));
    let output = watch(&api, &["--json"]);
    assert_eq!(code(&output), 3);
    let told: Value = serde_json::from_str(&out(&output)).unwrap();
    assert_eq!(told["findings"][0]["remedy"], "Look.");
    assert_eq!(told["exit"], 3);
}

#[test]
fn nobody_there_is_unreachable() {
    let api = telling(vec![rolled_back()]);
    let arguments = [
        "watch",
        "shop",
        ID,
        "--endpoint",
        "http://127.0.0.1:9",
        "--timeout",
        "20ms",
        "--every",
        "1ms",
    ];
    let output = api.windlass(&folder("nobody"), &arguments);
    assert_eq!(code(&output), 7, "{}", err(&output));
    let status = ["status", "shop", "prod", "--endpoint", "http://127.0.0.1:9"];
    assert_eq!(code(&api.windlass(&folder("nobody"), &status)), 6);
}

#[test]
fn a_version_in_an_environment_is_found_in_the_history() {
    let mut looks = 0;
    let api = StandIn::new(move |call: &Call| {
        if call.path.starts_with("/stage/apps/shop/deployments?") {
            looks += 1;
            return reply(200, &history(looks > 1));
        }
        assert!(call.path.ends_with(ID), "{}", call.path);
        reply(200, &rolled_back())
    });
    let arguments = ["watch", "shop", "prod", "1.4.0", "--every", "1ms"];
    assert_eq!(code(&api.windlass(&folder("version"), &arguments)), 4);
    assert!(api.calls()[0].path.contains("environment=prod"));
}

/// A history in which version 1.4.0 is, or is not yet.
fn history(there: bool) -> Value {
    let one = |id: &str, version: &str| {
        json!({"id": id, "environment": "prod", "action": "deploy", "status": "running",
            "accepted": 1_763_640_000_000_u64, "requester": {"route": "s3"}, "version": version})
    };
    let mut deployments = vec![one("fedcba9876543210", "1.3.0")];
    if there {
        deployments.insert(0, one(ID, "1.4.0"));
    }
    json!({"deployments": deployments, "next": null})
}

#[test]
fn history_is_a_table() {
    let api = StandIn::new(|_: &Call| reply(200, &history(true)));
    let output = api.windlass(&folder("history"), &["history", "shop", "prod"]);
    assert_eq!(code(&output), 0, "{}", err(&output));
    insta::assert_snapshot!(out(&output));
}

#[test]
fn status_tells_what_runs_who_holds_and_who_waits() {
    let environment = json!({
        "app": "shop", "environment": "prod", "snapshot": 7,
        "running": {"api": {"version": "1.4.0", "deployment": ID, "since": 1_763_640_000_000_u64, "state": {}}},
        "hold": {"since": 1_763_640_000_000_u64, "reason": "checkout is broken", "by": "ann"},
        "lock": {"token": 9, "held": {"deployment": ID, "action": "deploy", "execution": "arn:one",
            "since": 1_763_640_000_000_u64, "state": "needs_operator"}},
        "waiting": [{"deployment": "fedcba9876543210", "components": ["api"], "operator": false,
            "since": 1_763_640_000_000_u64}],
        "observed": {"api": {"drift": "changed", "recorded": "41 at 100 %", "seen": "40 at 100 %"}},
    });
    let api = StandIn::new(move |_: &Call| reply(200, &environment));
    let output = api.windlass(&folder("status"), &["status", "shop", "prod", "--observe"]);
    assert_eq!(code(&output), 0, "{}", err(&output));
    insta::assert_snapshot!(out(&output));
    assert_eq!(
        api.calls()[0].path,
        "/stage/apps/shop/environments/prod?observe=true"
    );
}

/// An API where an action's execution comes to this, at the second look.
fn coming_to(outcome: Value) -> StandIn {
    let mut looks = 0;
    StandIn::new(move |call: &Call| -> Reply {
        let path = call.path.trim_start_matches("/stage/apps/shop/");
        match (call.method.as_str(), path) {
            ("GET", "environments/prod") => reply(
                200,
                &json!({"app": "shop", "environment": "prod", "snapshot": 1, "running": {},
                    "lock": {"token": 1}, "waiting": []}),
            ),
            ("GET", path) if path.starts_with("deployments?execution=arn%3Aone") => {
                looks += 1;
                let nothing = json!({"deployment": null, "refusal": null});
                reply(200, if looks > 1 { &outcome } else { &nothing })
            }
            ("GET", _) => reply(200, &rolled_back()),
            _ => reply(202, &json!({"execution": "arn:one"})),
        }
    })
}

#[test]
fn snapshots_are_a_table_and_all_pages_of_it() {
    let snapshot = |number: u64, version: &str, present: bool, good: bool, vetoed: bool| {
        json!({"number": number, "version": version, "deployment": ID, "made": 0, "present": present,
            "replaced": number - 1, "verified_good": good, "vetoed": vetoed, "components": {}})
    };
    let pages = [
        json!({"next": "p2", "snapshots": [snapshot(3, "1.1.0", true, true, false),
            snapshot(2, "1.0.0", false, true, true)]}),
        json!({"next": null, "snapshots": [snapshot(1, "before-windlass", false, false, false)]}),
    ];
    let api = StandIn::new(move |call: &Call| {
        let path = "/stage/apps/shop/environments/prod/snapshots?limit=";
        assert!(call.path.starts_with(path), "{}", call.path);
        reply(200, &pages[usize::from(call.path.ends_with("&after=p2"))])
    });
    let arguments = ["snapshots", "shop", "prod"];
    let output = api.windlass(&folder("snapshots"), &arguments);
    assert_eq!(code(&output), 0, "{}", err(&output));
    let rows = [
        "     3  1970-01-01T00:00:00Z  1.1.0             runs now",
        "     2  1970-01-01T00:00:00Z  1.0.0             vetoed",
        "     1  1970-01-01T00:00:00Z  before-windlass   judged by nobody",
    ];
    assert_eq!(out(&output).trim_end(), rows.join("\n"));
    let output = api.windlass(
        &folder("snapshots"),
        &[&arguments[..], &["--json"]].concat(),
    );
    let told: Value = serde_json::from_str(&out(&output)).unwrap();
    assert_eq!(told["snapshots"][0]["replaced"], 2, "nothing is lost");
}

#[test]
fn a_rollback_is_started_and_watched() {
    let api = coming_to(json!({"deployment": ID, "refusal": null}));
    let arguments = [
        "rollback",
        "shop",
        "prod",
        "--reason",
        "checkout is broken",
        "--snapshot",
        "3",
        "--every",
        "1ms",
    ];
    let output = api.windlass(&folder("rollback"), &arguments);
    assert_eq!(code(&output), 4, "{}", err(&output));
    let first = &api.calls()[0];
    assert_eq!(first.method, "POST");
    assert_eq!(first.path, "/stage/apps/shop/environments/prod/rollbacks");
    assert_eq!(
        first.json(),
        json!({"reason": "checkout is broken", "snapshot": 3})
    );
}

#[test]
fn a_rollback_that_was_refused_says_why() {
    let refusal = json!({"app": "shop", "environment": "prod", "about": "a rollback",
        "requester": {"route": "api"}, "execution": "arn:one", "at": 0,
        "findings": [{"name": "NothingToGoBackTo", "path": "", "reason": "No snapshot.", "remedy": "Deploy."}]});
    let api = coming_to(json!({"deployment": null, "refusal": refusal}));
    let arguments = [
        "rollback", "shop", "prod", "--reason", "r", "--every", "1ms",
    ];
    let output = api.windlass(&folder("refused"), &arguments);
    assert_eq!(code(&output), 3);
    assert!(err(&output).contains("NothingToGoBackTo"));
}

#[test]
fn an_accept_where_nothing_is_to_be_accepted_is_not_taken_for_done() {
    let refusal = json!({"app": "shop", "about": "accept", "requester": {"route": "api"},
        "execution": "arn:one", "at": 0, "findings": []});
    let api = coming_to(json!({"deployment": null, "refusal": refusal}));
    let arguments = ["accept", "shop", "prod", "--reason", "r", "--every", "1ms"];
    assert_eq!(code(&api.windlass(&folder("accept"), &arguments)), 3);
}

#[test]
fn releasing_a_hold_sends_the_reason_without_a_body() {
    let api = coming_to(json!({"deployment": null, "refusal": null}));
    let arguments = [
        "release-hold",
        "shop",
        "prod",
        "--reason",
        "it works & more",
        "--every",
        "1ms",
    ];
    let output = api.windlass(&folder("release-hold"), &arguments);
    assert_eq!(code(&output), 0, "{}", err(&output));
    let first = &api.calls()[0];
    assert_eq!(first.method, "DELETE");
    assert_eq!(
        first.path,
        "/stage/apps/shop/environments/prod/hold?reason=it+works+%26+more"
    );
    assert!(first.body.is_empty());
}

#[test]
fn a_hold_is_waited_for() {
    let api = coming_to(json!({"deployment": null, "refusal": null}));
    let arguments = [
        "hold",
        "shop",
        "prod",
        "--reason",
        "r",
        "--every",
        "1ms",
        "--timeout",
        "30ms",
    ];
    assert_eq!(code(&api.windlass(&folder("hold"), &arguments)), 7);
    assert_eq!(api.calls()[0].method, "PUT");
}

#[test]
fn a_cancelled_deployment_is_watched_to_its_end() {
    let api = coming_to(Value::Null);
    let arguments = [
        "cancel",
        "shop",
        ID,
        "--reason",
        "wrong one",
        "--every",
        "1ms",
    ];
    assert_eq!(code(&api.windlass(&folder("cancel"), &arguments)), 4);
    assert_eq!(
        api.calls()[0].path,
        format!("/stage/apps/shop/deployments/{ID}/cancel")
    );
}
