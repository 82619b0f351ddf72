use super::*;
use serde_json::json;
use windlass_domain::shown::planned::ArrivalFate;
use windlass_domain::text::finding::FindingName;
use windlass_domain::text::name::ComponentName;

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
        let row = format!("{turn:?} {outcome}");
        assert_eq!(exit(&planned(&turn, outcome)) as u8, status, "{row}");
    }
    let mut back = planned(&turn(Becomes::Goes), "nothing_to_do");
    back.deployment.action = ActionName::Rollback;
    assert_eq!(exit(&back) as u8, 13);
}

/// An operator brings back what was good, and an undo of that would leave what nobody wants.
#[test]
fn the_gates_of_a_rollback_are_shown_as_deciding_nothing() {
    for (action, decides) in [(ActionName::Deploy, true), (ActionName::Rollback, false)] {
        let mut planned = planned(&ArrivalFate::new(Becomes::Goes, "so"), "change");
        planned.deployment.action = action;
        let gates = &mut planned.drawn.as_mut().unwrap().gates;
        *gates = vec![GateNow {
            gate: "api".into(),
            source: "invocation".into(),
            threshold: "it answers".into(),
            verdict: None,
        }];
        let text = words(&planned);
        assert!(text.contains("invocation api (it answers) is measured while the deployment is under way"), "{text}");
        assert_eq!(text.contains(RECORDED_ONLY), !decides, "{text}");
    }
}

#[test]
fn what_would_be_refused_does_not_begin_at_once() {
    let (at_its_turn, never) = ("  it would be refused at its turn:", "  it would be refused, if it had a turn:");
    for (becomes, says_fate, head) in [
        (Becomes::Goes, false, "  it would be refused:"),
        (Becomes::Waits, true, at_its_turn),
        (Becomes::Stops, true, at_its_turn),
        (Becomes::Recorded, true, at_its_turn),
        (Becomes::Same, true, never),
        (Becomes::Superseded, true, never),
    ] {
        let mut planned = planned(&ArrivalFate::new(becomes, "It would have its turn."), "rejected");
        let drawn = planned.drawn.as_mut().unwrap();
        drawn.plan.findings = vec![Finding::new(FindingName::ArtifactMissing, "components.api", "r", "m")];
        let text = words(&planned);
        let heads: Vec<&str> = text.lines().filter(|line| line.starts_with("  it would be refused")).collect();
        assert_eq!(heads, [head], "{text}");
        assert_eq!(text.lines().any(|line| line == "  It would have its turn."), says_fate, "{text}");
    }
}

#[test]
fn a_plan_shows_where_each_component_comes_from_and_what_it_costs() {
    let text = words(&planned(&ArrivalFate::new(Becomes::Goes, "It would begin at once."), "change"));
    insta::assert_snapshot!(text);
}

#[test]
fn a_plan_in_the_place_of_another_one_shows_what_is_new() {
    let mut planned = planned(&ArrivalFate::new(Becomes::Waits, "It waits until its plan is approved."), "change");
    assert_eq!(moved(&planned), Vec::<String>::new());
    let change = |from: &str| json!({"from": {"version": from}, "to": {"version": "1.4.0"}});
    let same = json!(planned.drawn.as_ref().unwrap().changes);
    let waves = |digit: &str| json!({"waves": digit.repeat(64)});
    planned.drawn.as_mut().unwrap().parts = serde_json::from_value(waves("b")).unwrap();
    let new = "new since the plan before: api: 1.3.0 → 1.4.0, commits 9f2c..3d4e";
    for (before, parts, wanted) in [
        (json!({}), "b", vec![new.to_owned()]),
        (json!({"api": change("1.2.0")}), "b", vec![format!("{new}, was 1.2.0 → 1.4.0")]),
        (
            json!({"api": same["api"], "web": change("1.2.0")}),
            "b",
            vec!["new since the plan before: web is not changed any more".to_owned()],
        ),
        (same.clone(), "a", vec!["new since the plan before: the waves".to_owned()]),
        (same.clone(), "b", vec!["new since the plan before: nothing, what has moved is as it was again".to_owned()]),
    ] {
        planned.before = Some(serde_json::from_value(json!({"changes": before, "parts": waves(parts)})).unwrap());
        assert_eq!(moved(&planned), wanted);
        assert!(words(&planned).contains(&wanted[0]));
    }
}

#[test]
fn a_wave_that_is_planned_later_is_marked() {
    let mut planned = planned(&ArrivalFate::new(Becomes::Goes, "It would begin at once."), "change");
    let mark = "alias live to 100 % (planned in full once the waves before it are done); watched 60 s";
    assert!(!words(&planned).contains(mark));
    let change = &mut planned.drawn.as_mut().unwrap().plan.waves[0].changes[0];
    change.later.insert("infra.function".to_owned().try_into().unwrap());
    assert!(words(&planned).contains(mark), "{}", words(&planned));
}

#[test]
fn a_plan_names_what_no_gate_measures() {
    let mut planned = planned(&ArrivalFate::new(Becomes::Goes, "It would begin at once."), "change");
    let line = "no gate of api: it would pass, and nothing would be measured";
    assert!(!words(&planned).contains(line));
    planned.drawn.as_mut().unwrap().unmeasured = [ComponentName::new("api").unwrap()].into();
    assert!(words(&planned).contains(line));
}
