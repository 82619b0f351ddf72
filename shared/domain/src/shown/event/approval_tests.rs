use super::*;
use crate::declaration::difference::differences;
use serde_json::{Value, json};

fn hash() -> String {
    "5b1e0c2d9a4b6f70".repeat(4)
}

/// An approval of the plan with this hash, for which so many of two people are missing, with those who have given it.
fn approval(hash: Option<&str>, missing: u32, given: &[&str]) -> Value {
    let by = json!({"route": "api", "principal": "arn:aws:iam::111111111111:user/lead-2"});
    let given =
        given.iter().map(|who| json!({"person": who, "by": by, "hash": hash, "reason": "seen", "at": 45_660_000}));
    let given: Vec<Value> = given.collect();
    json!({"hash": hash, "since": 0, "until": 64_800_000, "goes": missing == 0, "count": 2, "missing": missing,
        "given": given})
}

fn record(approval: &Value) -> Deployment {
    let kept = json!({"repository": "acme/shop", "run_id": "8121", "actor": "dev-1"});
    let record = json!({
        "id": "1f0c2d9a4b5e6f70", "app": "shop", "environment": "prod", "action": "deploy",
        "attempt": 1, "release": {"app": "shop", "version": "1.4.0", "components": {}},
        "release_digest": "a".repeat(64), "declaration": "1.4.0", "vouched": true,
        "requester": {"route": "ci", "claims": {"issuer": "github", "kept": kept}},
        "allowed_by": {"person": "dev-1", "rule": "environments.prod.release", "file": "access/apps/shop.yaml",
            "version": 4},
        "promoted_from": {"environment": "staging", "snapshot": 3},
        "order": {"accepted": 0, "id": "1f0c2d9a4b5e6f70"}, "allow_older": false, "accept_red": false,
        "again": false, "by_person": true, "accepted": 0, "executions": [], "status": "waiting",
        "approval": approval,
    });
    serde_json::from_value(record).unwrap()
}

fn change(from: &str) -> Value {
    let to = json!({"version": "1.4.0", "commit": "3d4e8aa0a35e7789c1d2e3f405162738495a6bff"});
    json!({"from": {"version": from, "commit": "9f2c61d4a0b35e7789c1d2e3f405162738495a6b"}, "to": to})
}

/// The plan as it was drawn, in place of one with these changes.
fn plan(before: &Value) -> AskedPlan {
    let change_of =
        |component: &str, kind: &str, what: &str| json!({"component": component, "kind": kind, "what": what});
    let mut stack = change_of("infra", "cloudformation", "stack shop");
    stack["details"] = json!([
        {"logical": "Messages", "kind": "AWS::DynamoDB::Table", "action": "replace", "properties": ["KeySchema"],
            "holds_data": true},
        {"logical": "Api", "kind": "AWS::Lambda::Function", "action": "change"},
    ]);
    let waves = json!([
        {"changes": [change_of("migrate", "task", "runs"), stack], "bake_s": 0},
        {"changes": [change_of("api", "lambda", "to 10 %")], "bake_s": 300},
    ]);
    let irreversible = json!({"name": "Irreversible", "path": "components.migrate.irreversible", "reason": "It is.",
        "remedy": "Nothing."});
    let whole = json!({"outcome": "change", "waves": waves, "unchanged": [], "warnings": [irreversible]});
    let gate =
        |name: &str, verdict: Value| json!({"gate": name, "source": "alarm", "threshold": "", "verdict": verdict});
    let drawn = json!({
        "at": 7, "both_s": 0, "hash": hash(), "plan": whole,
        "changes": {"api": change("1.3.0"), "migrate": {"to": {"version": "1.4.0"}}},
        "gates": [gate("shop-prod-5xx", json!("pass")), gate("orders", Value::Null)],
        "cost": {"transitions": 16, "worked_ms": 0, "dollars": 0.0004},
    });
    let deployment = record(&approval(None, 2, &[]));
    let turn = json!({"becomes": "waits", "text": "It waits."});
    let planned = json!({"deployment": deployment, "turn": turn, "expires": 0, "drawn": drawn, "before": before});
    let declared = |version: &str, bake: &str| {
        format!(
            "version: {version}\ncomponents: {{api: {{bake: {bake}}}}}\n\
             environments: {{dev: {{account: '{bake}'}}, prod: {{account: '{version}'}}}}\n"
        )
    };
    AskedPlan {
        planned: serde_json::from_value(planned).unwrap(),
        declared: Some(semver::Version::new(1, 3, 0)),
        differences: differences(&declared("1.3.0", "10m"), &declared("1.4.0", "5m")),
    }
}

fn asked(plan: &AskedPlan) -> Event {
    let (hash, drawn) = (hash(), approval(None, 2, &[]));
    let after = record(&approval(Some(&hash), 1, &["lead-2"]));
    of_approval(Some(&record(&drawn)), &after, plan).pop().unwrap()
}

#[test]
fn a_plan_that_asks_shows_what_is_new_who_asked_and_how_to_approve() {
    let approve = "windlass approve shop prod --deployment 1f0c2d9a4b5e6f70 --hash 5b1e0c2d9a4b6f70 --reason '…'";
    let steps = format!("`{approve}`, or `windlass cancel shop 1f0c2d9a4b5e6f70 --reason '…'`");
    let event = asked(&plan(&Value::Null));
    let message = event.notification().unwrap();
    assert_eq!(message.subject, "[windlass] shop prod 1.4.0 waits for approval");
    let next = format!("  next: {steps}");
    let wanted = [
        "shop prod 1.4.0 waits for 1 of 2 approvals until 18:00 UTC",
        "  asked by run 8121 of acme/shop, actor dev-1; allowed by environments.prod.release of access/apps/shop.yaml, \
         version 4; promoted from staging, snapshot 3; plan 5b1e0c2d9a4b approved by lead-2 at 12:41",
        "  api 1.3.0 9f2c61d -> 1.4.0 3d4e8aa; migrate nothing -> 1.4.0; declaration 1.3.0 -> 1.4.0: \
         environments.prod.account 1.3.0 -> 1.4.0, components.api.bake 10m -> 5m",
        "  wave 1: migrate runs, infra stack shop; wave 2: api to 10 %, watched 5m; \
         infra: replace Messages (AWS::DynamoDB::Table, holds data): KeySchema; gates now: shop-prod-5xx pass; \
         cannot be undone: migrate",
        &next,
    ];
    assert_eq!(message.message.lines().collect::<Vec<_>>(), wanted);
    assert_eq!(event.detail.next, [steps]);
    let unknown = asked(&AskedPlan::default()).in_text().message;
    assert_eq!(unknown.lines().collect::<Vec<_>>(), [wanted[0], wanted[1], wanted[4]]);
}

#[test]
fn a_plan_that_asks_once_more_shows_what_is_new_in_it() {
    let task = json!({"to": {"version": "1.4.0"}});
    let now = "api 1.3.0 9f2c61d -> 1.4.0 3d4e8aa";
    let same = json!({"api": change("1.3.0"), "migrate": task});
    let parts = |moved: &[&str]| {
        let names = ["components.api", "declaration", "irreversible", "waves"];
        let digest = |name: &&str| if moved.contains(name) { "a" } else { "b" }.repeat(64);
        let all = names.iter().map(|name| ((*name).to_owned(), json!(digest(name))));
        Value::Object(all.collect())
    };
    for (before, moved, wanted) in [
        (
            same.clone(),
            &["components.api", "waves"][..],
            "what callers get of api, or its target; the waves".to_owned(),
        ),
        (same.clone(), &[], "nothing, what has moved is as it was again".to_owned()),
        (same, &["declaration", "irreversible"], "the declaration; the runs that cannot be undone".to_owned()),
        (
            json!({"api": change("1.2.0"), "migrate": task}),
            &[],
            format!("{now}, before 1.2.0 9f2c61d -> 1.4.0 3d4e8aa"),
        ),
        (
            json!({"api": change("1.3.0"), "web": task}),
            &["waves"],
            "migrate nothing -> 1.4.0; web is not changed any more; the waves".to_owned(),
        ),
    ] {
        let mut plan = plan(&json!({"changes": before, "parts": parts(moved)}));
        let drawn = plan.planned.as_mut().and_then(|planned| planned.drawn.as_mut()).unwrap();
        drawn.parts = serde_json::from_value(parts(&[])).unwrap();
        let message = asked(&plan).in_text().message;
        let new = format!("  asked once more, because something has moved; new: {wanted}");
        assert_eq!(message.lines().nth(2), Some(new.as_str()), "{before}");
    }
}

#[test]
fn what_is_planned_later_is_marked() {
    let mut plan = plan(&Value::Null);
    let drawn = plan.planned.as_mut().and_then(|planned| planned.drawn.as_mut()).unwrap();
    drawn.plan.waves[1].changes[0].later.insert("migrate.schema".to_owned().try_into().unwrap());
    let message = asked(&plan).in_text().message;
    let mark = " (planned in full once the waves before it are done)";
    let wanted =
        format!("  wave 1: migrate runs, infra stack shop; wave 2: api to 10 %, watched 5m{mark}; infra: replace ");
    assert!(message.lines().any(|line| line.starts_with(&wanted)), "{message}");
}

#[test]
fn people_are_asked_once_for_each_plan_and_again_while_others_are_missing() {
    use EventName::{ApprovalAsked, ApprovalGiven};
    let hash = hash();
    let (none, drawn) = (approval(None, 2, &[]), approval(Some(&hash), 2, &[]));
    let (one, two) = (approval(Some(&hash), 1, &["lead-1"]), approval(Some(&hash), 0, &["lead-1", "lead-2"]));
    for (before, after, wanted) in [
        (&Value::Null, &none, &[][..]),
        (&none, &none, &[]),
        (&none, &drawn, &[ApprovalAsked]),
        (&drawn, &drawn, &[]),
        (&drawn, &one, &[ApprovalGiven, ApprovalAsked]),
        (&one, &two, &[ApprovalGiven]),
        (&two, &none, &[]),
        (&none, &Value::Null, &[]),
    ] {
        let events = of_approval(Some(&record(before)), &record(after), &AskedPlan::default());
        let names: Vec<EventName> = events.iter().map(|event| event.name).collect();
        assert_eq!(names, wanted, "{before} {after}");
    }
    let given = of_approval(Some(&record(&drawn)), &record(&one), &AskedPlan::default()).remove(0).detail;
    let cause = "shop prod 1.4.0: plan 5b1e0c2d9a4b approved by lead-1: \"seen\"\n  deployment 1f0c2d9a4b5e6f70";
    assert_eq!(given.cause.as_deref(), Some(cause));
    let detail = serde_json::to_value(&given).unwrap();
    assert_eq!(detail["approval"]["given"][0]["hash"], hash);
    assert_eq!((&detail["allowed_by"]["person"], &detail["promoted_from"]["snapshot"]), (&json!("dev-1"), &json!(3)));
    assert_eq!(detail["requester"]["claims"]["kept"]["run_id"], "8121");
}
