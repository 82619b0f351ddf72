//! `windlass promote`: the real program against an API that draws a plan and starts what was planned.

#![allow(clippy::unwrap_used)]

use crate::plan::drawn;
use crate::standin::{Call, Reply, StandIn, code, err, folder, out, reply};
use serde_json::{Value, json};

const ID: &str = "1f0c2d9a4b5e6f70";

/// Answers with this plan, and takes what is started.
fn api(plan: Value) -> StandIn {
    StandIn::new(move |call: &Call| -> Reply {
        if call.method == "GET" {
            return reply(200, &plan);
        }
        let id = if call.path.ends_with("/plans") { "5b1e0c2d9a4b6f70" } else { ID };
        let begun = json!({"id": id, "version": "1.5.0+staging.12", "execution": "arn:one", "status": "https://api"});
        reply(202, &begun)
    })
}

/// The plan of a promotion of snapshot 12, which would go on: a rule admits it by a snapshot of another environment.
fn plan() -> Value {
    let mut plan = drawn("change", &json!([]));
    plan["deployment"]["promoted_from"] = json!({"environment": "staging", "snapshot": 12});
    plan["deployment"]["verified_by"] = json!({"environment": "qa", "snapshot": 3});
    plan
}

fn promotes(api: &StandIn, more: &[&str]) -> std::process::Output {
    let all = [&["promote", "shop", "staging", "prod", "--look=0s", "--every=1ms"], more].concat();
    api.windlass(&folder("promotes"), &all)
}

/// Returns the path and the body of each call that is no look.
fn posts(api: &StandIn) -> Vec<(String, Value)> {
    let posts = api.calls().into_iter().filter(|call| call.method == "POST");
    posts.map(|call| (call.path.clone(), call.json())).collect()
}

#[test]
fn the_very_snapshot_that_was_planned_is_started() {
    let api = api(plan());
    let output = promotes(&api, &[]);
    assert_eq!(code(&output), 0, "{}", err(&output));
    let (all, at) = (out(&output) + &err(&output), "/stage/apps/shop/environments/prod");
    assert!(all.contains("nothing was changed") && all.contains("recorded as 1.5.0+staging.12"), "{all}");
    let wanted = [
        (format!("{at}/plans"), json!({"from": "staging"})),
        (format!("{at}/releases"), json!({"from": "staging", "snapshot": 12})),
    ];
    assert_eq!(posts(&api), wanted, "the right to release is enough");
}

#[test]
fn a_wish_is_asked_for_where_operators_ask() {
    let api = api(plan());
    let output = promotes(&api, &["--through-hold", "--reason", "it mends the checkout", "--yes"]);
    assert_eq!(code(&output), 0, "{}", err(&output));
    let (path, body) = posts(&api).pop().unwrap();
    assert_eq!(path, "/stage/apps/shop/environments/prod/starts");
    assert_eq!((&body["through_hold"], &body["snapshot"]), (&json!(true), &json!(12)));
}

#[test]
fn what_would_be_refused_is_shown_and_not_started() {
    let mut plan = plan();
    plan["turn"] = json!({"becomes": "refused", "text": "no", "findings": [{"name": "NotVerified",
        "path": "environments.prod.from", "reason": "it was live for 40m of 2h.", "remedy": "Wait."}]});
    let api = api(plan);
    let output = promotes(&api, &[]);
    assert_eq!(code(&output), 3, "{}", err(&output));
    assert!(out(&output).contains("it was live for 40m of 2h."), "{}", out(&output));
    assert_eq!(posts(&api).len(), 1);
}
