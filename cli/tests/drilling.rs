//! `windlass drill`: the real program against an API that answers.

#![allow(clippy::unwrap_used)]

use crate::records;
use crate::standin::{Call, Reply, StandIn, code, err, folder, out, reply};
use serde_json::{Value, json};

const ID: &str = "0123456789abcdef";
const AT: u64 = 1_763_640_000_000;

fn leg(id: &str, seconds: u64) -> Value {
    json!({"deployment": id, "began": AT,
        "ended": {"ending": "Succeeded", "cause_name": "", "cause": "", "at": AT + seconds * 1000, "snapshot": 8, "gates": 1},
        "steps": [{"at": AT, "what": "api alias live 41 → 40"}, {"at": AT, "what": "wave 1, 1 gate", "verdict": "pass"}]})
}

/// The answer with the drill that is under way, and those that have ended.
fn page(under_way: &Value, drills: &Value) -> Value {
    json!({"app": "shop", "environment": "staging", "under_way": under_way, "drills": drills, "next": null})
}

fn drill(outcome: &str, restored: bool) -> Value {
    json!({"id": ID, "requester": {"route": "api"}, "reason": "r", "asked": AT,
        "from": {"snapshot": 7, "version": "1.4.0"}, "to": {"snapshot": 6, "version": "1.3.0"},
        "there": leg(ID, 41), "back": leg("fedcba9876543210", 38), "tries": 1,
        "ended": {"outcome": outcome, "at": AT, "cause": "It is so.", "restored": restored}})
}

/// An API where the drill is under way at the first look at it, and has ended with this outcome at the second.
fn ending(outcome: &'static str, restored: bool) -> StandIn {
    let mut looks = 0;
    StandIn::new(move |call: &Call| -> Reply {
        match (call.method.as_str(), call.path.as_str()) {
            ("GET", path) if path.contains("?execution=") => {
                reply(200, &json!({"deployment": ID, "refusal": null, "done": null, "execution": null}))
            }
            ("GET", "/stage/apps/shop/environments/staging/drills") => {
                looks += 1;
                let whole = drill(outcome, restored);
                let mut there = whole.clone();
                for later in ["back", "ended"] {
                    there.as_object_mut().unwrap().remove(later);
                }
                reply(
                    200,
                    &match looks {
                        1 => page(&json!(there), &json!([])),
                        _ => page(&json!(null), &json!([whole])),
                    },
                )
            }
            _ => reply(202, &json!({"execution": "arn:one"})),
        }
    })
}

#[test]
fn both_ways_are_shown_and_the_status_is_what_came_of_it() {
    let table =
        [("proved", true, 0), ("failed", true, 4), ("failed", false, 5), ("overtaken", true, 8), ("refused", true, 3)];
    for (outcome, restored, status) in table {
        let api = ending(outcome, restored);
        let arguments = ["drill", "shop", "staging", "--reason", "r", "--every", "1ms"];
        let output = api.windlass(&folder("drill"), &arguments);
        assert_eq!(code(&output), status, "{outcome}: {}", err(&output));
        let first = &api.calls()[0];
        assert_eq!(first.path, "/stage/apps/shop/environments/staging/drills");
        assert_eq!(first.json(), json!({"reason": "r"}));
        let said = out(&output) + &err(&output);
        for line in [
            "from 1.4.0 (snapshot 7) to 1.3.0 (snapshot 6) and back",
            "there: 2025-11-20T12:00:00Z api alias live 41 → 40",
            "there: 2025-11-20T12:00:00Z wave 1, 1 gate: pass",
            "ended Succeeded after 41 s",
            "ended Succeeded after 38 s",
            "It is so.",
        ] {
            assert_eq!(said.matches(line).count(), 1, "{line}: {said}");
        }
    }
}

/// Its deployment says more than the drill: under a hold both commands end alike.
#[test]
fn a_drill_that_could_not_begin_ends_as_its_deployment_is_watched() {
    for (cause, finding, status) in [("Held", "Held", 9), ("NotIdle", "NotIdle", 3)] {
        let mut refused = drill("refused", true);
        refused["there"]["deployment"] = json!(ID);
        let mut record = records::ended(records::accepted(), "Rejected", cause);
        record["deployment"]["ending"]["findings"] =
            json!([{"name": finding, "path": "p", "reason": "r", "remedy": "m"}]);
        let api = StandIn::new(move |call: &Call| -> Reply {
            match (call.method.as_str(), call.path.as_str()) {
                ("GET", path) if path.contains("?execution=") => {
                    reply(200, &json!({"deployment": ID, "refusal": null, "done": null, "execution": null}))
                }
                ("GET", path) if path.ends_with("/drills") => {
                    reply(200, &page(&json!(null), &json!([refused.clone()])))
                }
                ("GET", _) => reply(200, &record),
                _ => reply(202, &json!({"execution": "arn:one"})),
            }
        });
        let arguments = ["drill", "shop", "staging", "--reason", "r", "--every", "1ms"];
        let output = api.windlass(&folder("held"), &arguments);
        assert_eq!(code(&output), status, "{}", err(&output));
    }
}

/// A drill whose way back was tried twice, and whose way there had more steps than its record has room for.
fn tried_twice() -> Value {
    let mut proved = drill("proved", true);
    let mut first = leg("aaaaaaaaaaaaaaaa", 30);
    first["ended"]["ending"] = json!("RolledBack");
    first["steps"] = json!([{"at": AT, "what": "api published 41"}]);
    proved["tried"] = json!([first]);
    proved["tries"] = json!(2);
    proved["there"]["left_out"] = json!(7);
    proved
}

/// An API that answers these looks at the drill in turn, and the last one again.
fn looks(mut all: Vec<Value>) -> StandIn {
    StandIn::new(move |call: &Call| -> Reply {
        match (call.method.as_str(), call.path.as_str()) {
            ("GET", path) if path.contains("?execution=") => {
                reply(200, &json!({"deployment": ID, "refusal": null, "done": null, "execution": null}))
            }
            ("GET", _) => {
                let look = if all.len() > 1 { all.remove(0) } else { all[0].clone() };
                let has_ended = look.get("ended").is_some();
                reply(200, &if has_ended { page(&json!(null), &json!([look])) } else { page(&json!(look), &json!([])) })
            }
            _ => reply(202, &json!({"execution": "arn:one"})),
        }
    })
}

#[test]
fn each_try_of_the_way_back_is_shown_once_and_what_is_left_out_is_counted() {
    let without = |drill: &Value, members: &[&str]| {
        let mut drill = drill.clone();
        for member in members {
            drill.as_object_mut().unwrap().remove(*member);
        }
        drill
    };
    let whole = tried_twice();
    // The first try has failed and is still the last one. Then the second one works. Then the drill has ended.
    let mut failed = without(&whole, &["ended", "tried"]);
    failed["back"] = whole["tried"][0].clone();
    let mut second = without(&whole, &["ended"]);
    second["back"] = json!({"deployment": "fedcba9876543210", "began": AT});
    let api = looks(vec![failed, second, whole]);
    let arguments = ["drill", "shop", "staging", "--reason", "r", "--every", "1ms"];
    let output = api.windlass(&folder("drill"), &arguments);
    assert_eq!(code(&output), 0, "{}", err(&output));
    let said = out(&output) + &err(&output);
    for line in [
        "there: and 7 steps more",
        "there: deployment 0123456789abcdef ended Succeeded after 41 s",
        "back: 2025-11-20T12:00:00Z api published 41",
        "back: deployment aaaaaaaaaaaaaaaa ended RolledBack after 30 s",
        "back: 2025-11-20T12:00:00Z api alias live 41 → 40",
        "back: deployment fedcba9876543210 ended Succeeded after 38 s",
    ] {
        assert_eq!(said.matches(line).count(), 1, "{line}: {said}");
    }
}

#[test]
fn what_is_refused_before_it_begins_is_shown_with_its_findings() {
    let finding = json!({"name": "NotIdle", "path": "environments.staging", "reason": "deployment 1 is under way.",
        "remedy": "Wait."});
    let api = StandIn::new(move |call: &Call| -> Reply {
        if call.method == "POST" {
            return reply(202, &json!({"execution": "arn:one"}));
        }
        let refusal = json!({"app": "shop", "about": "drill", "requester": {"route": "api"}, "execution": "arn:one",
            "findings": [finding.clone()], "at": AT});
        reply(200, &json!({"deployment": null, "refusal": refusal, "done": null, "execution": null}))
    });
    let arguments = ["drill", "shop", "staging", "--reason", "r", "--every", "1ms"];
    let output = api.windlass(&folder("drill"), &arguments);
    assert_eq!(code(&output), 3);
    assert!(err(&output).contains("NotIdle"), "{}", err(&output));
}
