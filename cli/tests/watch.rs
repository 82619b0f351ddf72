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
        ("Succeeded", "Because", 0),
        ("NothingToDo", "AlreadyThere", 0),
        ("NothingToDo", "Superseded", 8),
        ("NothingToDo", "Recorded", 10),
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
        let api = telling(vec![accepted(), watched(), last]);
        let output = watch(&api, &[]);
        assert_eq!(code(&output), status, "{}", err(&output));
        assert!(out(&output).contains(&format!("{ending} ({cause})")));
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
    let output = watch(&telling(vec![accepted()]), &["--timeout", "50ms"]);
    assert_eq!(code(&output), 11);
    assert!(err(&output).contains("still waits for its turn"));
}

/// An API where a deployment has succeeded, and the environment is this now.
fn long_ago(environment: Value) -> StandIn {
    let mut record = ended(watched(), "Succeeded", "");
    let api = json!({"type": "image", "repository": "r", "digest": "a".repeat(64)});
    record["deployment"]["release"]["components"] = json!({ "api": api });
    StandIn::new(move |call: &Call| match call.path.as_str() {
        "/stage/apps/shop/environments/prod?observe=true" => reply(200, &environment),
        _ => reply(200, &record),
    })
}

#[test]
fn what_was_live_once_is_compared_with_what_runs_now() {
    let environment = |letter: &str, drift: &str| {
        let api = json!({"type": "image", "repository": "r", "digest": letter.repeat(64)});
        json!({"app": "shop", "environment": "prod", "snapshot": 2, "lock": {"token": 1}, "waiting": [],
            "running": {"api": {"artifact": api, "version": "1.3.0", "deployment": "fedcba9876543210",
                "since": 1_763_640_000_000_u64, "state": {}}},
            "observed": {"api": {"drift": drift, "seen": "40", "recorded": "41"}},
            "deployments": {"fedcba9876543210": {"action": "rollback", "version": "1.3.0", "accepted": 0,
                "requester": {"route": "api", "principal": "ann"}, "reason": "checkout is broken"}}})
    };
    let table = [
        ("a", "none", 0, "now: it runs now"),
        ("a", "changed", 8, "NOT run any more"),
        ("a", "unknown", 12, "now: NOT known"),
        (
            "b",
            "none",
            8,
            "by deployment fedcba9876543210 (rollback, asked by ann: checkout is broken)",
        ),
    ];
    for (letter, drift, status, told) in table {
        let api = long_ago(environment(letter, drift));
        let output = watch(&api, &[]);
        assert_eq!(code(&output), status, "{letter} {drift}: {}", out(&output));
        let said = out(&output);
        assert!(said.contains(told), "{letter} {drift}: {said}");
        let last = said.split("now: ").last().unwrap();
        assert_eq!(
            last.contains("`windlass deploy shop prod 1.4.0`"),
            status == 8,
            "{said}"
        );
        let output = watch(&api, &["--json"]);
        let whole: Value = serde_json::from_str(&out(&output)).unwrap();
        let runs = [Some(true), Some(false), None]
            [usize::from(status == 8) + 2 * usize::from(status == 12)];
        assert_eq!(whole["now"]["runs"], json!(runs));
    }
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
    assert!(err(&output).contains("did not let the caller in (403: Forbidden)"));
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
    assert_eq!(code(&output), 6, "{}", err(&output));
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
        if call.path.ends_with("/releases/1.4.0") {
            let upload =
                json!({"key": "releases/shop/1.4.0.json", "version_id": "v1", "findings": null});
            return reply(200, &json!({"recorded": null, "upload": upload}));
        }
        assert!(call.path.ends_with(ID), "{}", call.path);
        reply(200, &rolled_back())
    });
    let arguments = ["watch", "shop", "prod", "1.4.0", "--every", "1ms"];
    let output = api.windlass(&folder("version"), &arguments);
    assert_eq!(code(&output), 4);
    assert!(
        err(&output).contains("became no deployment into prod yet"),
        "{}",
        err(&output)
    );
    assert!(api.calls()[0].path.contains("environment=prod"));
}

/// An API that knows an empty history, and this of the version.
fn knowing(status: u16, known: Value) -> StandIn {
    StandIn::new(move |call: &Call| {
        if call
            .path
            .starts_with("/stage/apps/shop/deployments?environment=prod")
        {
            return reply(200, &json!({"deployments": [], "next": null}));
        }
        assert_eq!(call.path, "/stage/apps/shop/releases/1.4.O");
        reply(status, &known)
    })
}

#[test]
fn what_cannot_come_is_not_waited_for() {
    let finding = |name: &str| json!({"name": name, "path": "version", "reason": "No such.", "remedy": "Did you mean `1.4.0`?"});
    let problem = |name: &str| json!({"detail": "d", "findings": [finding(name)]});
    let upload = |name: &str| json!({"recorded": null, "upload": {"key": "k", "version_id": "v", "findings": [finding(name)]}});
    let release = json!({"app": "shop", "version": "1.4.O", "components": {}});
    let table = [
        (404, problem("UnknownName"), 3, "Did you mean `1.4.0`?"),
        (200, upload("NoEnvironment"), 3, "its upload was rejected"),
        (200, upload("Held"), 9, "its upload was rejected"),
        (
            200,
            json!({"recorded": release, "upload": null}),
            3,
            "`windlass deploy shop prod 1.4.O`",
        ),
    ];
    for (status, known, exit, told) in table {
        let api = knowing(status, known);
        let arguments = [
            "watch",
            "shop",
            "prod",
            "1.4.O",
            "--every",
            "1ms",
            "--timeout",
            "30ms",
        ];
        let output = api.windlass(&folder("cannot"), &arguments);
        assert_eq!(code(&output), exit, "{}", err(&output));
        assert!(err(&output).contains(told), "{}", err(&output));
    }
}

#[test]
fn an_unknown_environment_is_refused_and_none_is_no_number_of_rows() {
    let finding = json!({"name": "UnknownName", "path": "environment", "reason": "r", "remedy": "Did you mean `prod`?"});
    let problem = json!({"detail": "d", "findings": [finding]});
    let api = StandIn::new(move |_: &Call| reply(404, &problem));
    for verb in [
        ["history", "shop", "prd"],
        ["snapshots", "shop", "prd"],
        ["status", "shop", "prd"],
        ["watch", "shop", "prd"],
    ] {
        let output = api.windlass(&folder("prd"), &verb);
        assert_eq!(code(&output), 3, "{verb:?}");
        assert!(err(&output).contains("Did you mean `prod`?"), "{verb:?}");
    }
    let calls = api.calls().len();
    let none = ["history", "shop", "prod", "--limit", "0"];
    assert_eq!(code(&api.windlass(&folder("none"), &none)), 2);
    assert_eq!(api.calls().len(), calls);
}

/// A history in which version 1.4.0 is, or is not yet.
fn history(there: bool) -> Value {
    let one = |id: &str, version: &str| {
        json!({"id": id, "environment": "prod", "action": "deploy", "status": "running",
            "accepted": 1_763_640_000_000_u64, "requester": {"route": "s3"}, "version": version,
            "git": {"ref": "refs/heads/main", "commit": "9f2c61d4a0b35e77"}, "components": ["api", "web"],
            "started": 1_763_640_001_000_u64, "reason": "as planned"})
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
        "deployments": {ID: {"action": "deploy", "version": "1.4.0", "accepted": 0, "components": ["api"],
            "requester": {"route": "api", "principal": "arn:aws:sts::111111111111:assumed-role/ci/run-812"},
            "git": {"ref": "refs/heads/main", "commit": "9f2c61d4a0b35e77", "dirty": true}, "reason": "as planned"}},
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
            "replaced": number - 1, "verified_good": good, "vetoed": vetoed, "components": {"api": {}},
            "asked": {"action": "deploy", "version": version, "accepted": 0, "started": 0, "ended": 252_000,
                "requester": {"route": "api", "principal": "ann"}, "components": ["api"], "reason": "as planned",
                "git": {"ref": "refs/heads/main", "commit": "9f2c61d4a0b35e77"}}})
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
    insta::assert_snapshot!(out(&output));
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
    let done = json!({"deployment": null, "refusal": null, "done": {"cause": "They go on."},
        "execution": {"status": "SUCCEEDED", "error": null, "cause": null}});
    let api = coming_to(done);
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
    let output = api.windlass(&folder("cancel"), &arguments);
    assert_eq!(code(&output), 0, "a cancel that worked: {}", err(&output));
    assert_eq!(
        api.calls()[0].path,
        format!("/stage/apps/shop/deployments/{ID}/cancel")
    );
}

#[test]
fn what_is_under_way_in_an_environment_is_cancelled_without_its_id() {
    let waits =
        |id: &str| json!({"deployment": id, "components": [], "operator": false, "since": 0});
    let held = json!({"token": 1, "held": {"deployment": ID, "action": "deploy", "execution": "arn",
        "since": 0, "state": "running"}});
    let free = json!({"token": 1});
    let table = [
        (held, json!([waits("fedcba9876543210")]), 0),
        (free.clone(), json!([waits(ID)]), 0),
        (
            free.clone(),
            json!([waits(ID), waits("fedcba9876543210")]),
            3,
        ),
        (free, json!([]), 3),
    ];
    for (lock, waiting, status) in table {
        let environment = json!({"app": "shop", "environment": "prod", "snapshot": 1, "running": {},
            "lock": lock, "waiting": waiting});
        let api = StandIn::new(move |call: &Call| match call.path.as_str() {
            "/stage/apps/shop/environments/prod" => reply(200, &environment),
            path if path.ends_with("/cancel") => {
                assert_eq!(path, format!("/stage/apps/shop/deployments/{ID}/cancel"));
                reply(202, &json!({"id": ID, "execution": "arn:one"}))
            }
            _ => reply(200, &rolled_back()),
        });
        let arguments = [
            "cancel",
            "shop",
            "prod",
            "--reason",
            "wrong one",
            "--every",
            "1ms",
        ];
        let output = api.windlass(&folder("cancel-there"), &arguments);
        assert_eq!(code(&output), status, "{}", err(&output));
    }
}

#[test]
fn an_execution_that_ends_without_doing_anything_is_not_waited_for() {
    let died = json!({"deployment": null, "refusal": null, "done": null,
        "execution": {"status": "FAILED", "error": "Unavailable", "cause": "the ledger"}});
    let arguments = ["hold", "shop", "prod", "--reason", "r", "--every", "1ms"];
    let output = coming_to(died).windlass(&folder("died"), &arguments);
    assert_eq!(code(&output), 1);
    assert!(
        err(&output).contains("FAILED: the ledger"),
        "{}",
        err(&output)
    );
    let nothing = json!({"deployment": null, "refusal": null, "done": null,
        "execution": {"status": "SUCCEEDED", "error": null, "cause": null}});
    let arguments = ["recover", "shop", "prod", "--reason", "r", "--every", "1ms"];
    let output = coming_to(nothing).windlass(&folder("nothing"), &arguments);
    assert_eq!(code(&output), 0);
    assert!(
        out(&output).contains("nothing had to be done"),
        "{}",
        out(&output)
    );
}

#[test]
fn a_person_asks_with_a_key_of_its_own_which_stays_when_no_answer_came() {
    let mut keys = std::collections::BTreeSet::new();
    let verbs = [
        vec!["deploy", "shop", "prod", "1.4.0"],
        vec!["rollback", "shop", "prod", "--reason", "r"],
        vec!["recover", "shop", "prod", "--reason", "r"],
        vec!["accept", "shop", "prod", "--reason", "r"],
        vec!["hold", "shop", "prod", "--reason", "r"],
        vec!["release-hold", "shop", "prod", "--reason", "r"],
        vec!["cancel", "shop", ID, "--reason", "r"],
        vec!["hold", "shop", "prod", "--reason", "r"],
    ];
    let many = verbs.len();
    for mut verb in verbs {
        let mut asked = 0;
        let api = StandIn::new(move |call: &Call| {
            if call.method == "GET" {
                return reply(200, &rolled_back());
            }
            asked += 1;
            let begun = json!({"id": ID, "execution": "arn:one"});
            reply(if asked == 1 { 503 } else { 202 }, &begun)
        });
        verb.push(if verb[0] == "deploy" {
            "--look=0s"
        } else {
            "--no-wait"
        });
        let output = api.windlass(&folder("keys"), &verb);
        assert_eq!(code(&output), 0, "{verb:?}: {}", err(&output));
        assert!(
            out(&output).contains("handed in"),
            "{verb:?}: {}",
            out(&output)
        );
        let sent = api.calls().into_iter().filter(|call| call.method != "GET");
        let sent: Vec<String> = sent
            .map(|call| call.headers["idempotency-key"].clone())
            .collect();
        assert_eq!(sent.len(), 2, "{verb:?}");
        assert_eq!(sent[0], sent[1], "{verb:?}");
        keys.insert(sent[0].clone());
    }
    assert_eq!(keys.len(), many);
}
