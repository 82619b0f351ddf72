//! Records as the API answers them, at several moments of one deployment.

use serde_json::{Value, json};

pub const ID: &str = "0123456789abcdef";
const NOON: u64 = 1_763_640_000_000;

/// A deployment that was accepted and waits.
pub fn accepted() -> Value {
    json!({
        "deployment": {
            "id": ID, "app": "shop", "environment": "prod", "action": "deploy", "attempt": 1,
            "release": {"app": "shop", "version": "1.4.0", "components": {}},
            "release_digest": "ab".repeat(32), "declaration": "1.3.0",
            "requester": {"route": "api", "principal": "arn:aws:iam::111111111111:user/ci"},
            "order": {"accepted": NOON, "id": ID},
            "allow_older": false, "accept_red": false, "again": false, "by_person": false,
            "accepted": NOON, "executions": ["arn:one"], "status": "waiting",
        },
        "plan": null, "steps": [], "judgements": [],
    })
}

/// The deployment, planned, with the first wave changed and watched.
pub fn watched() -> Value {
    let mut record = accepted();
    record["deployment"]["status"] = "running".into();
    record["deployment"]["started"] = (NOON + 1000).into();
    record["plan"] = json!({
        "outcome": "change", "warnings": [],
        "waves": [
            {"changes": [{"component": "api", "kind": "lambda", "what": "alias live to 10 %"}], "bake_s": 60},
            {"changes": [{"component": "api", "kind": "lambda", "what": "alias live to 100 %"}], "bake_s": 600},
        ],
        "unchanged": [{"component": "web", "reason": "keeps what runs, the release does not name it"}],
    });
    record["steps"] = json!([step("changed")]);
    record["judgements"] = json!([judgement("unknown", "pass", "0.2 errors/min")]);
    record
}

/// The deployment, with its gate failed and everything brought back.
pub fn rolled_back() -> Value {
    let mut record = watched();
    record["judgements"] = json!([judgement("fail", "fail", "7.3 errors/min")]);
    record["judgements"][0]["failed"] = record["judgements"][0]["measurements"][0].clone();
    record["deployment"]["undoing"] = json!({"name": "GateFailed", "text": "gate `shop-prod-5xx` failed in wave 1"});
    let mut step = step("undone");
    step["changes"].as_array_mut().unwrap().push(json!({
        "at": NOON + 90_000, "change": {}, "what": "alias live 42 → 41", "answered": true, "undo": true,
    }));
    record["steps"] = json!([step]);
    ended(record, "RolledBack", "GateFailed")
}

/// The deployment, with both waves passed.
pub fn finished() -> Value {
    let mut record = watched();
    let mut last = judgement("pass", "pass", "0.1 errors/min");
    last["wave"] = 1.into();
    record["judgements"] = json!([judgement("pass", "pass", "0.2 errors/min"), last]);
    let mut step = step("changed");
    step["wave"] = 1.into();
    step["goals"] = json!({"0": {}, "1": {}});
    step["changes"].as_array_mut().unwrap().push(json!({
        "at": NOON + 80_000, "change": {}, "what": "alias live 42 at 100 %", "answered": true, "wave": 1, "undo": false,
    }));
    record["steps"] = json!([step]);
    ended(record, "Succeeded", "")
}

/// A record with an ending.
pub fn ended(mut record: Value, ending: &str, cause_name: &str) -> Value {
    record["deployment"]["status"] = "ended".into();
    record["deployment"]["ending"] = json!({
        "ending": ending, "cause_name": cause_name, "at": NOON + 100_000,
        "cause": format!("shop prod 1.4.0 ended {ending}.\n  next: nothing"),
    });
    record
}

fn step(status: &str) -> Value {
    json!({
        "deployment": ID, "app": "shop", "environment": "prod", "component": "api",
        "kind": "lambda", "place": {}, "target": {}, "before": {}, "goals": {}, "attempt": 1,
        "status": status, "wave": 0,
        "changes": [{"at": NOON + 5_000, "change": {}, "what": "alias live 41 → 42 at 10 %", "answered": true, "wave": 0, "undo": false}],
    })
}

fn judgement(verdict: &str, measured: &str, value: &str) -> Value {
    json!({
        "wave": 0, "changed": NOON, "started": NOON + 10_000, "until": NOON + 70_000,
        "verdict": verdict, "decides": true, "polls": 1, "looked": NOON + 20_000,
        "measurements": [{
            "gate": "shop-prod-5xx", "source": "alarm", "verdict": measured, "measured": value,
            "threshold": "5", "window": "3 of 3 points, 12:00-12:03 UTC", "at": NOON + 20_000,
        }],
    })
}

/// The answer to what starts a deployment of version 1.4.0.
pub fn begun() -> Value {
    json!({"id": ID, "version": "1.4.0", "execution": "arn:one", "status": "https://api"})
}

/// A history in which version 1.4.0 is there, or not yet.
pub fn history(there: bool) -> Value {
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
