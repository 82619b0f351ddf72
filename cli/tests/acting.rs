//! The verbs with which a person acts: the real program against an API that answers.

#![allow(clippy::unwrap_used)]

use crate::records::{ID, accepted, begun, ended, rolled_back, watched};
use crate::standin::{Call, Reply, StandIn, code, err, folder, out, reply};
use serde_json::{Value, json};

/// An API where an action's execution has this outcome, at the second look.
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
fn a_rollback_is_started_and_watched() {
    let api = coming_to(json!({"deployment": ID, "refusal": null}));
    let arguments = ["rollback", "shop", "prod", "--reason", "checkout is broken", "--snapshot", "3", "--every", "1ms"];
    let output = api.windlass(&folder("rollback"), &arguments);
    assert_eq!(code(&output), 4, "{}", err(&output));
    let first = &api.calls()[0];
    assert_eq!(first.method, "POST");
    assert_eq!(first.path, "/stage/apps/shop/environments/prod/rollbacks");
    assert_eq!(first.json(), json!({"reason": "checkout is broken", "snapshot": 3}));
}

/// Its newest snapshot that passed is meant, and not the present one, which nobody judged, nor one that is vetoed.
#[test]
fn a_rollback_to_a_version_goes_to_its_newest_snapshot_that_passed() {
    let ran = |version: &str| {
        let given = json!({"version": version, "deployment": ID, "since": 0});
        json!({"version": version, "deployment": ID, "since": 0, "brought": given, "artifact": null})
    };
    let one = |number: u64, version: &str, good: bool, vetoed: bool| {
        json!({"number": number, "version": version, "deployment": ID, "made": 0, "present": number == 6,
            "replaced": number - 1, "verified_good": good, "vetoed": vetoed, "asked": null,
            "components": {"api": ran(version), "jobs": ran("1.0.0")}})
    };
    let mut all = json!({"next": null, "snapshots": [
        one(6, "1.3.0", false, false), one(5, "1.10.0", false, false), one(4, "1.3.0", true, false),
        one(3, "1.3.0", true, false), one(2, "1.1.0", true, true), one(1, "before-windlass", false, false)]});
    // It passed, and nothing was measured of a component.
    all["snapshots"][1]["unmeasured"] = json!(["web"]);
    let asked = |options: &[&str], plan: bool| {
        let all = all.clone();
        let api = StandIn::new(move |call: &Call| match call.method.as_str() {
            "GET" => reply(200, &all),
            _ => reply(202, &json!({"execution": "arn:one"})),
        });
        let place: &[&str] = if plan { &["plan", "rollback"] } else { &["rollback", "--reason", "r", "--no-wait"] };
        let output = api.windlass(&folder("to"), &[place, &["shop", "prod"], options].concat());
        (code(&output), err(&output), api.calls())
    };
    let crossing = ["--to", "1.3.0", "--across", "jobs", "--may-lose", "infra.Messages", "--component", "api"];
    let (status, said, calls) = asked(&crossing, false);
    assert_eq!(status, 0, "{said}");
    assert!(calls[0].path.starts_with("/stage/apps/shop/environments/prod/snapshots"), "{}", calls[0].path);
    let wanted =
        json!({"reason": "r", "snapshot": 4, "component": "api", "across": ["jobs"], "may_lose": ["infra.Messages"]});
    assert_eq!(calls[1].json(), wanted);
    // Of a component it is the version with which that came.
    let (_, said, calls) = asked(&["--to", "1.0.0", "--component", "jobs"], true);
    assert_eq!(calls[1].json(), json!({"action": "rollback", "snapshot": 5, "component": "jobs"}), "{said}");
    let (_, said, calls) = asked(&["--to", "1.10.0"], true);
    assert_eq!(calls[1].json(), json!({"action": "rollback", "snapshot": 5}), "{said}");
    for (version, why) in [
        ("0.9.0", "there is no snapshot of 0.9.0."),
        ("1.1.0", "no snapshot of 1.1.0 passed, or it is vetoed since: 2."),
    ] {
        let (status, said, calls) = asked(&["--to", version], false);
        assert_eq!((status, calls.len()), (3, 1), "{said}");
        for part in [why, "Snapshots that passed are of: 1.3.0, 1.10.0. `windlass snapshots shop prod` lists all"] {
            assert!(said.contains(part), "{said}");
        }
    }
    let (status, said, calls) = asked(&["--to", "1.3.0", "--snapshot", "4"], false);
    assert_eq!((status, calls.len()), (2, 0), "{said}");
}

#[test]
fn what_is_recorded_is_brought_back_of_all_components_or_of_one() {
    for (options, body) in
        [(&[][..], json!({"reason": "r"})), (&["--component", "api"], json!({"reason": "r", "component": "api"}))]
    {
        let api = coming_to(json!({"deployment": ID, "refusal": null}));
        let all = [&["restore", "shop", "prod", "--reason", "r", "--every", "1ms"], options].concat();
        let output = api.windlass(&folder("restore"), &all);
        assert_eq!(code(&output), 4, "{}", err(&output));
        let first = &api.calls()[0];
        assert_eq!(
            (first.method.as_str(), first.path.as_str()),
            ("POST", "/stage/apps/shop/environments/prod/restores")
        );
        assert_eq!(first.json(), body);
    }
}

#[test]
fn a_rollback_that_was_refused_says_why() {
    let refusal = json!({"app": "shop", "environment": "prod", "about": "a rollback",
        "requester": {"route": "api"}, "execution": "arn:one", "at": 0,
        "findings": [{"name": "NothingToGoBackTo", "path": "", "reason": "No snapshot.", "remedy": "Deploy."}]});
    let api = coming_to(json!({"deployment": null, "refusal": refusal}));
    let arguments = ["rollback", "shop", "prod", "--reason", "r", "--every", "1ms"];
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
    let arguments = ["release-hold", "shop", "prod", "--reason", "it works & more", "--every", "1ms"];
    let output = api.windlass(&folder("release-hold"), &arguments);
    assert_eq!(code(&output), 0, "{}", err(&output));
    let first = &api.calls()[0];
    assert_eq!(first.method, "DELETE");
    assert_eq!(first.path, "/stage/apps/shop/environments/prod/hold?reason=it+works+%26+more");
    assert!(first.body.is_empty());
}

#[test]
fn a_hold_is_waited_for() {
    let api = coming_to(json!({"deployment": null, "refusal": null}));
    let arguments = ["hold", "shop", "prod", "--reason", "r", "--every", "1ms", "--timeout", "30ms"];
    assert_eq!(code(&api.windlass(&folder("hold"), &arguments)), 7);
    assert_eq!(api.calls()[0].method, "PUT");
}

#[test]
fn a_cancelled_deployment_is_watched_to_its_end() {
    let api = coming_to(Value::Null);
    let arguments = ["cancel", "shop", ID, "--reason", "wrong one", "--every", "1ms"];
    let output = api.windlass(&folder("cancel"), &arguments);
    assert_eq!(code(&output), 0, "a cancel that worked: {}", err(&output));
    assert_eq!(api.calls()[1].path, format!("/stage/apps/shop/environments/prod/deployments/{ID}/cancel"));
}

#[test]
fn an_execution_that_ends_without_doing_anything_is_not_waited_for() {
    let died = json!({"deployment": null, "refusal": null, "done": null,
        "execution": {"status": "FAILED", "error": "Unavailable", "cause": "the ledger"}});
    let arguments = ["hold", "shop", "prod", "--reason", "r", "--every", "1ms"];
    let output = coming_to(died).windlass(&folder("died"), &arguments);
    assert_eq!(code(&output), 1);
    assert!(err(&output).contains("FAILED: the ledger"), "{}", err(&output));
    let nothing = json!({"deployment": null, "refusal": null, "done": null,
        "execution": {"status": "SUCCEEDED", "error": null, "cause": null}});
    for verb in ["recover", "hold"] {
        let arguments = [verb, "shop", "prod", "--reason", "r", "--every", "1ms"];
        let output = coming_to(nothing.clone()).windlass(&folder("nothing"), &arguments);
        assert_eq!(code(&output), 1, "nobody knows what it did");
        assert!(err(&output).contains("left no word"), "{}", err(&output));
    }
}

/// An API that answers what was done, and where another deployment runs.
fn beside_another(cause: &str, state: &str) -> StandIn {
    let done = json!({"deployment": null, "refusal": null, "done": {"cause": cause},
        "execution": {"status": "SUCCEEDED", "error": null, "cause": null}});
    let held = json!({"deployment": "fedcba9876543210", "action": "deploy", "execution": "arn",
        "since": 0, "state": state});
    let environment = json!({"app": "shop", "environment": "prod", "snapshot": 1, "running": {},
        "lock": {"token": 1, "held": held}, "waiting": []});
    StandIn::new(move |call: &Call| -> Reply {
        match (call.method.as_str(), call.path.as_str()) {
            ("GET", "/stage/apps/shop/environments/prod") => reply(200, &environment),
            ("GET", _) => reply(200, &done),
            _ => reply(202, &json!({"execution": "arn:one"})),
        }
    })
}

#[test]
fn a_recovery_that_had_nothing_to_do_says_why_and_claims_nothing_of_others() {
    let cause = "There is nothing to recover: deployment 0123456789abcdef has ended RolledBack.";
    let arguments = |verb| [verb, "shop", "prod", "--reason", "r", "--every", "1ms"];
    let api = beside_another(cause, "running");
    let output = api.windlass(&folder("ended"), &arguments("recover"));
    assert_eq!(code(&output), 0, "{}", err(&output));
    let said = out(&output);
    assert!(said.contains(cause), "{said}");
    assert!(said.contains("is under way"), "{said}");
    assert!(!said.contains("somebody else"), "{said}");
    // The effect on an environment is compared with its present state. A deployment that has its turn there since does
    // not count as a change by somebody else.
    for (state, status) in [("running", 0), ("recovering", 0), ("needs_operator", 8)] {
        let api = beside_another("It is unlocked.", state);
        let output = api.windlass(&folder("accepted"), &arguments("accept"));
        assert_eq!(code(&output), status, "{state}");
        let claims = out(&output).contains("somebody else has changed it");
        assert_eq!(claims, status == 8, "{}", out(&output));
    }
}

#[test]
fn a_recovery_that_settles_what_was_judged_good_is_what_was_asked_for() {
    for (ending, status) in [("Succeeded", 0), ("RolledBack", 0), ("NeedsOperator", 5)] {
        let record = ended(watched(), ending, "");
        let came = json!({"deployment": ID, "refusal": null});
        let api = StandIn::new(move |call: &Call| -> Reply {
            match call.method.as_str() {
                "GET" if call.path.contains("?execution=") => reply(200, &came),
                "GET" => reply(200, &record),
                _ => reply(202, &json!({"execution": "arn:one"})),
            }
        });
        let arguments = ["recover", "shop", "prod", "--reason", "r", "--every", "1ms"];
        let output = api.windlass(&folder("settled"), &arguments);
        assert_eq!(code(&output), status, "{ending}: {}", err(&output));
    }
}

#[test]
fn what_could_not_be_seen_of_what_was_handed_in_is_reported_as_that() {
    let finding = json!({"name": "UnknownName", "path": "id", "reason": "r", "remedy": "m"});
    let table = [
        (403, json!({"message": "Forbidden"}), "could not be seen: Windlass did not let the caller in"),
        (503, json!({"detail": "Throttled"}), "could not be seen: Windlass answered 503: Throttled"),
        (404, json!({"detail": "d", "findings": [finding]}), "is not recorded yet"),
        (200, accepted(), "waits for its turn"),
    ];
    for (status, body, words) in table {
        let api = StandIn::new(move |call: &Call| match call.method.as_str() {
            "GET" => reply(status, &body),
            _ => reply(202, &begun()),
        });
        let arguments = ["deploy", "shop", "prod", "1.4.0", "--look", "50ms", "--every", "1ms"];
        let output = api.windlass(&folder("unseen"), &arguments);
        assert_eq!(code(&output), 0, "{}", err(&output));
        let said = out(&output);
        let wanted = format!("handed in: deployment {ID} {words}");
        assert!(said.contains(&wanted), "{said}");
        assert_eq!(said.contains("not recorded"), words.contains("not recorded"), "{said}");
    }
}

#[test]
fn a_person_asks_with_a_key_of_its_own_which_stays_when_no_answer_came() {
    let mut keys = std::collections::BTreeSet::new();
    let verbs = [
        vec!["deploy", "shop", "prod", "1.4.0"],
        vec!["rollback", "shop", "prod", "--reason", "r"],
        vec!["restore", "shop", "prod", "--reason", "r"],
        vec!["recover", "shop", "prod", "--reason", "r"],
        vec!["accept", "shop", "prod", "--reason", "r"],
        vec!["hold", "shop", "prod", "--reason", "r"],
        vec!["release-hold", "shop", "prod", "--reason", "r"],
        vec!["pause", "shop", "prod", "--for", "2h", "--reason", "r"],
        vec!["continue", "shop", "prod", "--deployment", ID, "--reason", "r"],
        vec!["skip-bake", "shop", "prod", "--reason", "r"],
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
            let begun = begun();
            reply(if asked == 1 { 503 } else { 202 }, &begun)
        });
        verb.push(if verb[0] == "deploy" { "--look=0s" } else { "--no-wait" });
        let output = api.windlass(&folder("keys"), &verb);
        assert_eq!(code(&output), 0, "{verb:?}: {}", err(&output));
        assert!(out(&output).contains("handed in"), "{verb:?}: {}", out(&output));
        // The command that shows the state also shows that the action was done.
        let command = match verb[0] {
            "hold" | "release-hold" | "accept" | "pause" | "continue" | "skip-bake" => "`windlass status shop prod`",
            "rollback" | "restore" | "recover" => "`windlass history shop prod`",
            _ => "`windlass watch shop ",
        };
        assert!(out(&output).contains(command), "{verb:?}: {}", out(&output));
        let sent = api.calls().into_iter().filter(|call| call.method != "GET");
        let sent: Vec<String> = sent.map(|call| call.headers["idempotency-key"].clone()).collect();
        assert_eq!(sent.len(), 2, "{verb:?}");
        assert_eq!(sent[0], sent[1], "{verb:?}");
        keys.insert(sent[0].clone());
    }
    assert_eq!(keys.len(), many);
}
