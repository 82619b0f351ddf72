use crate::declaration::plan::{KindName, PlanOutcome, PlannedChange};
use crate::release::identity::DeploymentId;
use crate::shown::planned::*;
use crate::text::name::{AppName, EnvironmentName};
use std::collections::BTreeSet;

fn name(text: &str) -> ComponentName {
    ComponentName::new(text).unwrap()
}

fn wave(components: &[&str], bake_s: u64, ahead: bool) -> Wave {
    let change = |component: &&str| PlannedChange {
        component: name(component),
        kind: KindName::Lambda,
        what: format!("alias of {component}"),
        later: BTreeSet::new(),
        tested: false,
        closing: false,
        timing: None,
        details: Vec::new(),
        details_left: 0,
    };
    Wave { changes: components.iter().map(change).collect(), bake_s, ahead, look: false }
}

/// A wave in which ECS ends an earlier change, or only test traffic gets the release.
fn unnoticed(closing: bool) -> Wave {
    let mut wave = wave(&["api"], 600, false);
    wave.changes[0].closing = closing;
    wave.changes[0].tested = !closing;
    wave
}

#[test]
fn visitors_get_both_from_a_first_switch_to_the_last_of_the_same_component() {
    let table: [(&[Wave], u64); 8] = [
        (&[], 0),
        (&[wave(&["api"], 600, false)], 0),
        // One component after another: each switches at once.
        (&[wave(&["api"], 60, false), wave(&["web"], 600, false)], 0),
        (&[wave(&["api"], 300, false), wave(&["api", "web"], 600, false)], 300),
        // Nobody gets a version yet that is published ahead.
        (&[wave(&["api"], 60, true), wave(&["api"], 300, false), wave(&["api"], 600, false)], 300),
        (&[wave(&["api"], 300, false), wave(&["web"], 200, false), wave(&["api"], 600, false)], 500),
        (&[wave(&["api"], 600, false), unnoticed(true)], 0),
        (&[unnoticed(false), wave(&["api"], 600, false)], 0),
    ];
    for (waves, seconds) in table {
        assert_eq!(both_s(waves), seconds, "{waves:?}");
    }
}

#[test]
fn what_is_made_only_to_plan_makes_no_other_plan() {
    let step = |kind, change_set: &str, role: &str| {
        let (app, environment) = (AppName::new("shop").unwrap(), EnvironmentName::new("prod").unwrap());
        let mut step = Step::planned(DeploymentId(change_set.into()), app, environment, name("infra"), kind);
        step.target = json!({"change_set": change_set, "role": role});
        step.before = json!({"noticed": {"value": "one"}});
        target_of(&step)
    };
    assert_eq!(step(KindName::Stack, "d1", "a"), step(KindName::Stack, "d2", "a"));
    assert_eq!(step(KindName::Stack, "d1", "a"), json!([{"role": "a"}, "one"]));
    assert_ne!(step(KindName::Lambda, "d1", "a"), step(KindName::Lambda, "d2", "a"));
}

fn end(commit: Option<&str>) -> End {
    End { version: "1".into(), commit: commit.map(str::to_owned), digest: None }
}

#[test]
fn the_commits_of_a_change_are_shown_where_both_ends_are_known_and_differ() {
    let table = [
        (Some(Some("a")), Some("b"), Some("a..b")),
        (Some(Some("a")), Some("a"), None),
        (Some(None), Some("b"), None),
        (Some(Some("a")), None, None),
        (None, Some("b"), None),
    ];
    for (from, to, commits) in table {
        let change = FromTo { from: from.map(end), to: end(to) };
        assert_eq!(change.commits().as_deref(), commits, "{change:?}");
    }
}

fn deployment(id: &str, accepted: u64, sha256: &str) -> Deployment {
    let artifact = json!({"type": "object", "key": "artifacts/shop/prod/api/1.1.0.zip", "version_id": "v1", "sha256": sha256.repeat(64), "bytes": 9});
    serde_json::from_value(json!({
        "id": id, "app": "shop", "environment": "prod", "action": "deploy", "attempt": 1,
        "release": {"app": "shop", "version": "1.1.0", "components": {"api": artifact}},
        "release_digest": "a".repeat(64), "declaration": "1.0.0",
        "requester": {"route": "console"}, "order": {"accepted": accepted, "id": id},
        "allow_older": false, "accept_red": false, "again": false, "by_person": true,
        "accepted": accepted, "executions": [], "status": "running",
    }))
    .unwrap()
}

#[test]
fn the_hash_differs_where_bytes_targets_or_changes_do_and_nowhere_else() {
    let plan = |bake_s| Plan { waves: vec![wave(&["api"], bake_s, false)], ..Plan::empty(PlanOutcome::Change) };
    let targets = |alias: &str| BTreeMap::from([(name("api"), json!({"alias": alias}))]);
    let changes = |runs: &str| {
        let from = End { version: runs.to_owned(), ..end(None) };
        BTreeMap::from([(name("api"), FromTo { from: Some(from), to: end(None) })])
    };
    let of = |id: &str, accepted, sha256, bake_s, alias: &str| {
        let changes = changes("1.0.0");
        hash(&deployment(id, accepted, sha256), &plan(bake_s), &targets(alias), (&changes, &Irreversible::new()))
    };
    let one = of("1f0c2d9a4b5e6f70", 1, "b", 60, "live");
    assert_eq!(of("0123456789abcdef", 2, "b", 60, "live"), one, "ids and times");
    assert_ne!(of("1f0c2d9a4b5e6f70", 1, "c", 60, "live"), one, "the bytes");
    assert_ne!(of("1f0c2d9a4b5e6f70", 1, "b", 61, "live"), one, "the changes");
    assert_ne!(of("1f0c2d9a4b5e6f70", 1, "b", 60, "next"), one, "the target");
    let now = |runs: &str, irreversible: &Irreversible| {
        let deployment = deployment("1f0c2d9a4b5e6f70", 1, "b");
        hash(&deployment, &plan(60), &targets("live"), (&changes(runs), irreversible))
    };
    let detailed = |logical: &str| {
        let mut plan = plan(60);
        let detail = json!({"logical": logical, "kind": "AWS::S3::Bucket", "action": "replace"});
        plan.waves[0].changes[0].details = vec![serde_json::from_value(detail).unwrap()];
        let deployment = deployment("1f0c2d9a4b5e6f70", 1, "b");
        hash(&deployment, &plan, &targets("live"), (&changes("1.0.0"), &Irreversible::new()))
    };
    assert_ne!(detailed("Web"), one, "what becomes of a resource");
    assert_ne!(detailed("Web"), detailed("Data"), "which resource");
    assert_eq!(now("1.0.0", &Irreversible::new()), one);
    assert_ne!(now("1.0.1", &Irreversible::new()), one, "what runs");
    let run = json!({"migrate": {"deployment": "1f0c2d9a4b5e6f70", "version": "1.0.0", "at": 5}});
    assert_ne!(now("1.0.0", &serde_json::from_value(run).unwrap()), one, "what was run for good");
}

#[test]
fn a_plan_that_takes_the_place_of_another_one_names_the_parts_that_have_moved() {
    let of = |declaration: &str, bake_s, alias: &str, irreversible: &Irreversible| {
        let mut deployment = deployment("1f0c2d9a4b5e6f70", 1, "b");
        deployment.declaration = declaration.parse().unwrap();
        let plan = Plan { waves: vec![wave(&["api"], bake_s, false)], ..Plan::empty(PlanOutcome::Change) };
        parts(&deployment, &plan, &BTreeMap::from([(name("api"), json!({"alias": alias}))]), irreversible)
    };
    let drawn = |parts: BTreeMap<String, Digest>| -> DrawnPlan {
        let plan = json!({"outcome": "change", "waves": [], "unchanged": [], "findings": [], "warnings": []});
        let cost = json!({"transitions": 16, "worked_ms": 0, "dollars": 0.0004});
        let drawn = json!({"at": 7, "changes": {}, "both_s": 0, "hash": "b".repeat(64), "plan": plan, "cost": cost});
        DrawnPlan { parts, ..serde_json::from_value(drawn).unwrap() }
    };
    let (none, run) =
        (Irreversible::new(), json!({"migrate": {"deployment": "1f0c2d9a4b5e6f70", "version": "1.0.0", "at": 5}}));
    let run: Irreversible = serde_json::from_value(run).unwrap();
    let before = FormerPlan { changes: BTreeMap::new(), parts: of("1.0.0", 60, "live", &none) };
    for (now, wanted) in [
        (of("1.0.0", 60, "live", &none), &[][..]),
        (of("1.0.1", 60, "live", &none), &["the declaration"]),
        (of("1.0.0", 61, "live", &none), &["the waves"]),
        (of("1.0.0", 60, "next", &none), &["what callers get of api, or its target"]),
        (of("1.0.0", 60, "live", &run), &["the runs that cannot be undone"]),
    ] {
        assert_eq!(before.moved_parts(&drawn(now)), wanted);
    }
}

#[test]
fn a_turn_and_a_plan_that_would_be_refused_do_not_contradict_each_other() {
    let at_once = "It would begin at once.";
    let drawn = |outcome: PlanOutcome| -> DrawnPlan {
        let plan = json!({"outcome": outcome, "waves": [], "unchanged": [], "findings": [], "warnings": []});
        let cost = json!({"transitions": 16, "worked_ms": 0, "dollars": 0.0004});
        let drawn = json!({"at": 7, "changes": {}, "both_s": 0, "hash": "b".repeat(64), "plan": plan, "cost": cost});
        serde_json::from_value(drawn).unwrap()
    };
    for (becomes, outcome, is_kept) in [
        (Becomes::Goes, PlanOutcome::Rejected, false),
        (Becomes::Goes, PlanOutcome::Change, true),
        (Becomes::Goes, PlanOutcome::NothingToDo, true),
        (Becomes::Waits, PlanOutcome::Rejected, true),
        (Becomes::Superseded, PlanOutcome::Rejected, true),
    ] {
        let deployment = deployment("1f0c2d9a4b5e6f70", 1, "b");
        let turn = ArrivalFate::new(becomes, at_once);
        let mut planned = Planned { deployment, turn, expires: Time(9), drawn: None, before: None };
        planned.draw(drawn(outcome));
        assert_eq!(planned.turn.becomes, becomes, "{outcome:?}");
        assert_eq!(planned.turn.text.written() == at_once, is_kept, "{becomes:?} {outcome:?}");
        assert_eq!(planned.fate().is_some(), is_kept, "{becomes:?} {outcome:?}");
    }
}
