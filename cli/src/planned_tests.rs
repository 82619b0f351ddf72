use super::*;
use serde_json::json;
use windlass_domain::finding::FindingName;
use windlass_domain::planned::ArrivalFate;

fn planned(turn: &ArrivalFate, outcome: &str) -> Planned {
    let side = |version: &str, commit: &str| json!({"version": version, "commit": commit, "digest": "a".repeat(64)});
    let release = json!({"app": "shop", "version": "1.4.0", "components": {}});
    let plan = json!({"outcome": outcome, "waves": [{"changes": [{"component": "api", "kind": "lambda",
        "what": "alias live to 100 %"}], "bake_s": 60}], "unchanged": [], "findings": [], "warnings": []});
    serde_json::from_value(json!({
        "deployment": {"id": "0123456789abcdef", "app": "shop", "environment": "prod", "action": "deploy", "attempt": 1,
            "release": release, "release_digest": "a".repeat(64), "declaration": "1.0.0", "requester": {"route": "api"},
            "order": {"accepted": 0, "recorded": 0, "id": "0123456789abcdef"}, "allow_older": false, "accept_red": false,
            "again": false, "by_person": true, "accepted": 0, "executions": [], "status": "waiting"},
        "turn": turn,
        "expires": 86_400_000,
        "drawn": {"at": 0, "plan": plan, "changes": {"api": {"from": side("1.3.0", "9f2c"), "to": side("1.4.0", "3d4e")}},
            "gates": [
                {"gate": "shop-prod-5xx", "source": "alarm", "threshold": "not in alarm", "verdict": "pass"},
                {"gate": "api", "source": "invocation", "threshold": "status is up"},
            ],
            "both_s": 300, "cost": {"transitions": 16, "worked_ms": 0, "dollars": 0.0004}, "hash": "b".repeat(64)},
    }))
    .unwrap()
}

#[test]
fn a_plan_ends_as_the_deployment_would() {
    let finding = |name| vec![Finding::new(name, "p", "r", "m")];
    let turn = |becomes| ArrivalFate::new(becomes, "so");
    let table = [
        (turn(Becomes::Goes), "change", 0),
        (turn(Becomes::Waits), "change", 0),
        (turn(Becomes::Stops), "change", 0),
        (turn(Becomes::Same), "change", 0),
        (turn(Becomes::Goes), "nothing_to_do", 0),
        (turn(Becomes::Goes), "rejected", 3),
        (turn(Becomes::Superseded), "change", 8),
        (turn(Becomes::Recorded), "change", 10),
        (ArrivalFate::refused(finding(FindingName::Held)), "change", 9),
        (ArrivalFate::refused(finding(FindingName::BadValue)), "change", 3),
    ];
    for (turn, outcome, status) in table {
        let told = format!("{turn:?} {outcome}");
        assert_eq!(exit(&planned(&turn, outcome)) as u8, status, "{told}");
    }
}

#[test]
fn a_plan_tells_where_each_component_comes_from_and_what_it_costs() {
    let told = words(&planned(&ArrivalFate::new(Becomes::Goes, "It would begin at once."), "change"));
    insta::assert_snapshot!(told);
}
