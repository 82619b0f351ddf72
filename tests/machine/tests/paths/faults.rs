//! The states that follow on each fault and on each lost answer.

use crate::paths::script::{Ran, Script, change, item, run, word};
use serde_json::{Value, json};

#[test]
fn what_is_transient_is_asked_again() {
    let faults = |last: Value| {
        let faults = ["!StillInProgress", "!AttemptSuperseded", "!Throttled", "!Lambda.Unknown", "!Sandbox.Timedout"];
        faults.into_iter().map(Value::from).chain([last]).collect()
    };
    let script = Script::new([
        ("Prepare", change(0, json!([item("agent", "ecs")]))),
        ("DeployEcs agent", faults(json!("changed"))),
        ("Judge", word("settle")),
        ("Settle", vec![json!("!Conflict"), json!("!Unavailable"), word("succeeded")[0].clone()]),
    ]);
    let ran = run(&script, true);
    assert_eq!(
        ran.path,
        "Admit Admitted Prepare Prepared Change(Begin Deploy) Changed Judge Judged Settle Ended Succeeded"
    );
    assert_eq!(ran.transitions, 13 + 5 + 2);
}

/// Runs a rollout that is never ready, by the answers of its deployer. Its component fails after the last attempt.
fn never_ready(answers: Vec<Value>) -> Ran {
    let script = Script::new([
        ("Prepare", change(0, json!([item("agent", "ecs")]))),
        ("DeployEcs agent", answers),
        ("Undo", word("settle_undo")),
        ("SettleUndo", word("rolled_back")),
    ]);
    let ran = run(&script, true);
    let failed = "Change(Begin Deploy ChangeFailed)";
    assert!(ran.path.contains(failed), "{}", ran.path);
    ran
}

#[test]
fn a_rollout_is_polled_for_an_hour_and_then_failed() {
    let ran = never_ready(vec![json!("!StillInProgress")]);
    assert!((3600..3700).contains(&ran.took_s), "{}", ran.took_s);
}

#[test]
fn a_change_that_takes_a_day_is_polled_at_few_transitions_and_then_failed() {
    let often = vec![json!("!StillInProgress"); 30];
    let ran = never_ready([often, vec![json!("!TakesHours")]].concat());
    let day = 24 * 3600..27 * 3600;
    assert!(day.contains(&ran.took_s), "{}", ran.took_s);
    assert!(ran.transitions <= 170, "{}", ran.transitions);
}

#[test]
fn errors_lead_to_undo_unless_only_the_ledger_is_written() {
    for (state, before, path) in [
        ("Admit", "go", "Admit Unsettled"),
        ("Preempt", "preempt", "Admit Admitted Preempt GiveUp Unsettled"),
        ("AwaitTurn", "wait", "Admit Admitted AwaitTurn GiveUp Unsettled"),
        ("Prepare", "go", "Admit Admitted Prepare Undo Unsettled"),
        ("Settle", "settle", "Admit Admitted Settle Unsettled"),
        ("Undo", "undo", "Admit Admitted Undo Unsettled"),
    ] {
        let broken = || vec![json!("!Internal")];
        let mut script = Script::new([("Admit", word(before)), ("GiveUp", broken()), ("Undo", broken())]);
        script.answers.insert(state, broken());
        let ran = run(&script, true);
        assert_eq!(ran.path, path);
        assert!(ran.end.starts_with("failed Unsettled: "), "{}", ran.end);
        assert!(ran.end.contains("Internal"), "{}", ran.end);
    }
}

#[test]
fn a_stale_token_changes_nothing_more() {
    for (state, before) in [
        ("Admit", "go"),
        ("Preempt", "preempt"),
        ("AwaitTurn", "wait"),
        ("Prepare", "go"),
        ("Settle", "settle"),
        ("Undo", "undo"),
    ] {
        let mut script = Script::new([("Admit", word(before))]);
        script.answers.insert(state, vec![json!("!StaleToken")]);
        let ran = run(&script, true);
        assert!(ran.path.ends_with(&format!("{state} TakenOver")), "{}", ran.path);
    }
    let script = Script::new([
        ("Prepare", change(0, json!([item("agent", "ecs")]))),
        ("DeployEcs agent", vec![json!("!StaleToken")]),
        ("Undo", vec![json!("!StaleToken")]),
    ]);
    let ran = run(&script, true);
    assert!(ran.path.ends_with("Change(Begin Deploy ChangeFailed) Changed Undo TakenOver"), "{}", ran.path);
}

#[test]
fn an_endless_deployment_times_out() {
    let script =
        Script::new([("Prepare", change(0, json!([]))), ("Judge", vec![json!({"verdict": "bake", "seconds": 3600})])]);
    assert_eq!(run(&script, true).end, "timed out");
}
