//! `windlass plan`: the real program against an API that draws a plan.

#![allow(clippy::unwrap_used)]

use crate::standin::{Call, Reply, StandIn, code, err, folder, out, reply};
use serde_json::{Value, json};

const PLAN: &str = "/stage/apps/shop/plans/5b1e0c2d9a4b6f70";

/// A plan that is not drawn yet.
fn asked() -> Value {
    json!({
        "id": "5b1e0c2d9a4b6f70",
        "deployment": {"id": "5b1e0c2d9a4b6f70", "app": "shop", "environment": "prod", "action": "deploy", "attempt": 1,
            "release": {"app": "shop", "version": "1.4.0", "components": {}}, "release_digest": "a".repeat(64),
            "declaration": "1.0.0", "requester": {"route": "api"}, "accepted": 0, "executions": [], "status": "waiting",
            "order": {"accepted": 0, "recorded": 0, "id": "5b1e0c2d9a4b6f70"}, "allow_older": false, "accept_red": false,
            "again": false, "by_person": true},
        "turn": {"becomes": "goes", "text": "It would begin at once."},
        "expires": 86_400_000,
        "failed": null,
        "commits": {},
    })
}

pub fn drawn(outcome: &str, findings: &Value) -> Value {
    let mut plan = asked();
    plan["drawn"] = json!({"at": 0, "changes": {}, "both_s": 0, "hash": "b".repeat(64),
        "plan": {"outcome": outcome, "waves": [], "unchanged": [], "findings": findings, "warnings": []},
        "cost": {"transitions": 16, "worked_ms": 0, "dollars": 0.0004}});
    plan
}

/// An API that does not know a plan at first, and has then not drawn it.
fn drawing(plan: Value) -> StandIn {
    let mut looks = 0;
    StandIn::new(move |call: &Call| -> Reply {
        if call.method == "POST" {
            return reply(202, &json!({"id": "5b1e0c2d9a4b6f70", "execution": "arn:one", "status": "https://api"}));
        }
        looks += 1;
        match looks {
            1 => reply(
                404,
                &json!({"type": "t", "title": "UnknownName", "status": 404, "detail": "d", "findings": [
                    {"name": "UnknownName", "path": "id", "reason": "no plan", "remedy": "ask again"}]}),
            ),
            2 => reply(202, &asked()),
            _ => reply(200, &plan),
        }
    })
}

fn planned(api: &StandIn, arguments: &[&str]) -> std::process::Output {
    let all = [&["plan"], arguments, &["--every", "1ms"]].concat();
    api.windlass(&folder("plan"), &all)
}

#[test]
fn the_document_goes_into_a_file_beside_the_words_and_nothing_begins_where_it_cannot() {
    let plan = drawn("change", &json!([]));
    let api = drawing(plan.clone());
    let place = folder("kept");
    let file = place.join("plan.json");
    std::fs::write(&file, "of an earlier command").unwrap();
    let arguments = ["deploy", "shop", "prod", "1.4.0", "--json-to"];
    let done = planned(&api, &[&arguments[..], &[file.to_str().unwrap()]].concat());
    assert_eq!(code(&done), 0, "{}", err(&done));
    assert!(out(&done).contains("nothing was changed"), "{}", out(&done));
    let kept: Value = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
    assert_eq!(kept, plan);

    let calls = api.calls().len();
    let nowhere = place.join("nowhere/plan.json");
    let done = planned(&api, &[&arguments[..], &[nowhere.to_str().unwrap()]].concat());
    assert_eq!(code(&done), 2);
    assert!(err(&done).contains("cannot be written"), "{}", err(&done));
    assert_eq!(api.calls().len(), calls);
}

#[test]
fn a_promotion_is_planned_with_the_command_that_deploys_it() {
    let api = drawing(drawn("change", &json!([])));
    let wish = ["deploy", "shop", "prod", "1.4.0", "--again", "--reason", "so"];
    let output = planned(&api, &wish);
    assert_eq!(code(&output), 0, "{}", err(&output));
    assert!(out(&output).contains("It would begin at once."), "{}", out(&output));
    let calls = api.calls();
    assert_eq!(calls[0].path, "/stage/apps/shop/releases/1.4.0", "who recorded it");
    let calls = &calls[1..];
    assert_eq!(calls[0].path, "/stage/apps/shop/environments/prod/plans");
    let body = json!({"version": "1.4.0", "again": true, "reason": "so"});
    assert_eq!(calls[0].json(), body);
    assert!(calls[1..].iter().all(|call| call.path == PLAN), "{calls:?}");
    // It is judged as the deployment is that a person asks for, and not as an arrival.
    assert!(calls[0].headers.contains_key("idempotency-key"), "{calls:?}");
}

#[test]
fn a_rollback_is_planned_without_a_reason() {
    let api = drawing(drawn("nothing_to_do", &json!([])));
    let output = planned(&api, &["rollback", "shop", "prod", "--snapshot", "3"]);
    assert_eq!(code(&output), 0, "{}", err(&output));
    assert!(out(&output).contains("nothing would be changed"));
    let body = json!({"action": "rollback", "snapshot": 3});
    assert_eq!(api.calls()[0].json(), body);
}

#[test]
fn one_component_of_a_recorded_release_is_planned() {
    let api = drawing(drawn("change", &json!([])));
    let output = planned(&api, &["deploy", "shop", "prod", "1.4.0", "--component", "api"]);
    assert_eq!(code(&output), 0, "{}", err(&output));
    let asked = api.calls().into_iter().find(|call| call.method == "POST").unwrap();
    assert_eq!(asked.json(), json!({"version": "1.4.0", "component": "api"}));
}

#[test]
fn a_restoring_is_planned_and_ends_13_where_it_would_change_nothing() {
    let mut plan = drawn("nothing_to_do", &json!([]));
    plan["deployment"]["action"] = "restore".into();
    let api = drawing(plan);
    let output = planned(&api, &["restore", "shop", "prod", "--component", "api"]);
    assert_eq!(code(&output), 13, "{}", err(&output));
    assert_eq!(api.calls()[0].json(), json!({"action": "restore", "component": "api"}));
}

#[test]
fn what_would_be_refused_is_shown_and_ends_as_it_would() {
    let red = json!([{"name": "GateAlreadyRed", "path": "gates", "reason": "It is red.", "remedy": "Mend it."}]);
    let api = drawing(drawn("rejected", &red));
    let output = planned(&api, &["deploy", "shop", "prod", "1.4.0"]);
    assert_eq!(code(&output), 3);
    for part in
        ["it would be refused:", "GateAlreadyRed: It is red.", "Mend it.", "page: docs/findings.md#gatealreadyred"]
    {
        assert!(out(&output).contains(part), "{}", out(&output));
    }
}

#[test]
fn a_plan_that_was_not_drawn_is_no_plan() {
    let mut failed = asked();
    failed["failed"] = json!("The plan could not be drawn (Throttled).");
    let api = drawing(failed);
    let output = planned(&api, &["deploy", "shop", "prod", "1.4.0"]);
    assert_eq!(code(&output), 1);
    assert!(err(&output).contains("could not be drawn"), "{}", err(&output));
}

#[test]
fn what_is_of_the_command_is_taken_and_announced() {
    let api = drawing(asked());
    let deploy = ["deploy", "shop", "prod", "1.4.0", "--timeout", "20ms"];
    for more in [&["--watch"][..], &["--look", "1s"], &[]] {
        let output = planned(&api, &[&deploy[..], more].concat());
        assert_eq!(code(&output), 7, "{more:?}");
        let said = format!("{}{}", out(&output), err(&output));
        let is_announced = more.iter().take(1).all(|name| said.contains(&format!("`{name}` is of the command")));
        assert!(is_announced, "{more:?}: {said}");
    }
}

#[test]
fn a_plan_that_nobody_knows_in_time_was_not_refused() {
    let api = StandIn::new(|call: &Call| -> Reply {
        if call.method == "POST" {
            return reply(202, &json!({"id": "5b1e0c2d9a4b6f70", "execution": "arn:one", "status": "https://api"}));
        }
        let findings = json!([{"name": "UnknownName", "path": "id", "reason": "no plan", "remedy": "ask again"}]);
        let body = json!({"type": "t", "title": "UnknownName", "status": 404, "detail": "d", "findings": findings});
        reply(404, &body)
    });
    let deploy = ["deploy", "shop", "prod", "1.4.0", "--timeout", "20ms"];
    let output = planned(&api, &deploy);
    assert_eq!(code(&output), 7, "{}", err(&output));
    assert!(err(&output).contains("`GET /apps/shop/plans/5b1e0c2d9a4b6f70`"), "{}", err(&output));
}
