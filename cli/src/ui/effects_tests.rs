use super::*;
use serde_json::{Value, json};

fn here(members: &Value) -> Environment {
    let mut answer = json!({"app": "shop", "environment": "prod", "snapshot": 1, "running": {}, "lock": {"token": 1}, "hold": null,
        "waiting": [], "deployments": {"r2": {"action": "rollback", "version": "1.3.0", "requester": {"route": "api"}, "accepted": 1}}});
    for (name, value) in members.as_object().unwrap() {
        answer[name] = value.clone();
    }
    crate::talk::windlass::read(&answer).unwrap()
}

const HOLD: &str = "arn:aws:sts::111111111111:assumed-role/oncall/ann";

#[test]
fn a_hold_says_who_goes_on_who_waits_and_who_would_be_refused() {
    let running = json!({"deployment": "r1", "action": "deploy", "execution": "arn", "since": 1, "state": "running"});
    let mut stuck = running.clone();
    stuck["state"] = "needs_operator".into();
    let waits = json!([{"deployment": "r3", "operator": false, "since": 1}]);
    let rollback = json!([{"deployment": "r2", "operator": false, "since": 1}]);
    let kept = json!({"since": 1_795_172_400_000_u64, "reason": "a sale", "by": HOLD});
    let table = [
        (json!({}), "Nothing is under way, and nothing waits."),
        (json!({"waiting": waits}), "Nothing is under way."),
        (json!({"waiting": waits}), "r3: it would be refused at its turn"),
        (json!({"waiting": rollback}), "an operator asked for it, and it goes all the same"),
        (
            json!({"lock": {"token": 1, "held": running}}),
            "under way</span> r1: it goes on, and a hold does not stop it.",
        ),
        (json!({"lock": {"token": 1, "held": stuck}}), "needs an operator</span> r1: it stays locked."),
        (
            json!({"hold": kept}),
            "2026-11-20 11:00:00 UTC</time> by assumed-role/oncall/ann: &quot;a sale&quot;. Your reason is kept beside",
        ),
    ];
    for (members, wanted) in &table {
        let shown = hold(&here(members)).into_string();
        assert!(shown.contains(wanted), "{wanted}: {shown}");
    }
    let shown = hold(&here(&json!({}))).into_string();
    assert!(!shown.contains("held already") && !shown.contains("waits</span>"), "{shown}");
}

#[test]
fn a_release_of_a_hold_says_which_ends_and_that_nothing_comes_again_by_itself() {
    let none = released(&here(&json!({}))).into_string();
    assert!(none.contains("There is no hold.") && !none.contains("would go again"), "{none}");
    let waits = json!([{"deployment": "r3", "operator": false, "since": 1}]);
    let kept = json!({"since": 1_795_172_400_000_u64, "reason": "a sale", "by": HOLD});
    let shown = released(&here(&json!({"hold": kept, "waiting": waits}))).into_string();
    for wanted in [
        "by assumed-role/oncall/ann: &quot;a sale&quot;.",
        "r3: it has its turn when the lock is free.",
        "comes no more by itself",
    ] {
        assert!(shown.contains(wanted), "{wanted}: {shown}");
    }
}
