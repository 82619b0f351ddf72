//! The states that follow on each word.

use crate::paths::script::{Script, UNDONE, change, run, word};
use serde_json::{Value, json};

#[test]
fn admission_ends_at_once_where_nothing_is_to_be_done() {
    for (verdict, state, end) in [
        ("succeeded", "Succeeded", "succeeded succeeded"),
        ("nothing_to_do", "NothingToDo", "succeeded nothing_to_do"),
        ("rejected", "Rejected", "failed E: because"),
        ("rolled_back", "RolledBack", "failed E: because"),
        ("needs_operator", "NeedsOperator", "failed E: because"),
    ] {
        let ran = run(&Script::new([("Admit", word(verdict))]), true);
        assert_eq!(ran.path, format!("Admit Admitted {state}"));
        assert_eq!(ran.end, end);
    }
}

#[test]
fn a_deployment_that_waits_is_admitted_again() {
    let script = Script::new([(
        "Admit",
        vec![json!({"verdict": "wait"}), json!({"verdict": "preempt"}), json!({"verdict": "nothing_to_do"})],
    )]);
    let ran = run(&script, true);
    assert_eq!(ran.path, "Admit Admitted AwaitTurn Admit Admitted Preempt AwaitTurn Admit Admitted NothingToDo");
    let tokens: Vec<Value> = script.asked("AwaitTurn").iter().map(|ask| ask["task_token"].clone()).collect();
    assert_eq!(tokens, ["token-1", "token-2"]);
    assert!(script.asked("Admit").iter().all(|ask| ask["request"]["app"] == "shop"));
}

#[test]
fn what_is_to_be_approved_is_drawn_and_waits_and_gives_its_turn_back_where_its_plan_has_moved() {
    let script = Script::new([
        (
            "Admit",
            vec![json!({"verdict": "draw", "token": 0}), json!({"verdict": "go"}), json!({"verdict": "rejected"})],
        ),
        ("Plan", word("draw")),
        ("Prepare", word("give_back")),
        ("GiveBack", word("draw")),
    ]);
    let waits = "Plan Drawn AwaitTurn Admit Admitted";
    let ran = run(&script, true);
    assert_eq!(ran.path, format!("Admit Admitted {waits} Prepare Prepared GiveBack {waits} Rejected"));
}

#[test]
fn a_plan_that_cannot_be_drawn_ends_the_deployment_and_is_reported_where_there_is_none() {
    for (verdict, path) in [
        ("draw", "Admit Admitted Plan Undrawn GiveUp Ended Rejected"),
        ("plan", "Admit Admitted Plan Undrawn Unplanned"),
    ] {
        let broken = ("Plan", vec![json!("!Internal")]);
        let ran = run(&Script::new([("Admit", word(verdict)), broken, ("GiveUp", word("rejected"))]), true);
        assert_eq!(ran.path, path);
    }
}

#[test]
fn a_turn_that_does_not_come_within_a_day_is_decided_on_anew() {
    let script = Script::new([("Admit", vec![json!({"verdict": "wait"}), json!({"verdict": "rejected"})])]);
    let ran = run(&script, false);
    assert_eq!(ran.path, "Admit Admitted AwaitTurn Admit Admitted Rejected");
    assert_eq!(ran.took_s, 86_460);
    assert!(script.asked("GiveUp").is_empty());
}

#[test]
fn prepare_may_refuse_or_find_nothing_to_do() {
    for (verdict, state) in [("rejected", "Rejected"), ("nothing_to_do", "NothingToDo")] {
        let script = Script::new([("Prepare", word("settle")), ("Settle", word(verdict))]);
        let ran = run(&script, true);
        assert_eq!(ran.path, format!("Admit Admitted Prepare Prepared Settle Ended {state}"));
    }
}

#[test]
fn a_recovery_undoes_or_settles() {
    let script = Script::new([("Admit", word("settle")), ("Settle", word("succeeded"))]);
    assert_eq!(run(&script, true).path, "Admit Admitted Settle Ended Succeeded");
    let script =
        Script::new([("Admit", word("undo")), ("Undo", word("settle_undo")), ("SettleUndo", word("rolled_back"))]);
    assert_eq!(run(&script, true).path, format!("Admit Admitted {UNDONE}"));
}

#[test]
fn a_word_that_no_rule_names_is_undone() {
    for (state, words) in [("Admit", "odd"), ("Prepare", "odd"), ("Judge", "odd")] {
        let mut script = Script::new([
            ("Prepare", change(0, json!([]))),
            ("Undo", word("settle_undo")),
            ("SettleUndo", word("rolled_back")),
        ]);
        script.answers.insert(state, word(words));
        assert!(run(&script, true).path.ends_with(UNDONE));
    }
}
