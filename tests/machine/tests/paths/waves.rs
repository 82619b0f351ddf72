//! Waves: changed, watched, undone.

use crate::paths::script::{CHANGE_THREE, Script, UNDONE, change, item, run, three, word};
use serde_json::{Value, json};

#[test]
fn three_components_in_one_wave_that_is_watched_once() {
    let script = Script::new([
        ("Prepare", change(0, three())),
        ("Judge", vec![json!({"verdict": "bake", "seconds": 60}), json!({"verdict": "settle"})]),
        ("Settle", word("succeeded")),
    ]);
    let ran = run(&script, true);
    assert_eq!(
        ran.path,
        format!(
            "Admit Admitted Prepare Prepared {CHANGE_THREE} Changed Judge Judged Bake Judge Judged Settle Ended Succeeded"
        )
    );
    assert_eq!((ran.end.as_str(), ran.took_s), ("succeeded succeeded", 60));
    assert_eq!(ran.transitions, 22);
}

#[test]
fn three_waves_take_fewer_than_45_transitions() {
    let script = Script::new([
        ("Prepare", change(0, json!([item("agent", "ecs")]))),
        (
            "Judge",
            vec![
                json!({"verdict": "bake", "seconds": 60}),
                json!({"verdict": "change", "wave": 1, "items": [item("api", "lambda")]}),
                json!({"verdict": "bake", "seconds": 60, "wave": 1}),
                json!({"verdict": "change", "wave": 2, "items": [item("web", "static_site")]}),
                json!({"verdict": "bake", "seconds": 60, "wave": 2}),
                json!({"verdict": "settle", "wave": 2}),
            ],
        ),
        ("Settle", word("succeeded")),
    ]);
    let ran = run(&script, true);
    assert!(ran.path.ends_with("Settle Ended Succeeded"), "{}", ran.path);
    let waves: Vec<Value> = script.asked("Judge").iter().map(|ask| ask["wave"].clone()).collect();
    assert_eq!(waves, [0, 0, 1, 1, 2, 2]);
    assert_eq!(ran.transitions, 36);
}

#[test]
fn a_wave_is_looked_at_by_the_retry_of_judge_and_each_visit_has_tries_of_its_own() {
    let lost = json!("!Lambda.ServiceException");
    let visit = |looks| [vec![lost.clone(); 8], vec![json!("!StillBaking"); looks]].concat();
    let settle = json!({"verdict": "settle"});
    let script = Script::new([
        ("Prepare", change(0, json!([item("api", "lambda")]))),
        ("Judge", [visit(16), visit(15), vec![settle]].concat()),
        ("Settle", word("succeeded")),
    ]);
    let ran = run(&script, true);
    assert_eq!(
        ran.path,
        "Admit Admitted Prepare Prepared Change(Begin Deploy) Changed Judge Bake Judge Judged Settle Ended Succeeded"
    );
    // A minute for each of 31 looks, and 2 + 4 + … + 60 + 60 s for each eight lost answers.
    assert_eq!((ran.took_s, ran.end.as_str()), (31 * 60 + 2 * 242, "succeeded succeeded"));
    assert_eq!(ran.transitions, 15 + 2 * 23);
}

/// Safety: undo: A failed gate is undone wave by wave, in reverse, each wave once.
#[test]
fn a_failed_gate_is_undone_wave_by_wave_each_once() {
    let script = Script::new([
        ("Prepare", change(0, three())),
        ("Judge", word("failed")),
        (
            "Undo",
            vec![
                json!({"verdict": "restore", "wave": 1, "items": [item("web", "static_site"), item("api", "lambda")]}),
                json!({"verdict": "restore", "wave": 0, "items": [item("agent", "ecs")]}),
                json!({"verdict": "settle_undo"}),
            ],
        ),
        ("DeployLambda api back", vec![json!("!Internal")]),
        ("SettleUndo", word("needs_operator")),
    ]);
    let ran = run(&script, true);
    assert_eq!(
        ran.path,
        format!(
            "Admit Admitted Prepare Prepared {CHANGE_THREE} Changed Judge Judged \
         Undo Undoing UndoChange(Restore, Restore UndoFailed) \
         Undo Undoing UndoChange(Restore) Undo Undoing SettleUndo Ended NeedsOperator"
        )
    );
    let undone: Vec<Value> = script.asked("Undo").iter().map(|ask| ask["undone"].clone()).collect();
    assert_eq!(undone, [Value::Null, json!(1), json!(0)]);
}

/// Safety: undo: A release that takes all the concurrency of the account is undone, although Windlass's own functions
/// are refused for minutes.
#[test]
fn a_way_back_whose_functions_are_refused_for_minutes_is_gone() {
    let refused = |answer: Value| [vec![json!("!Lambda.TooManyRequestsException"); 60], vec![answer]].concat();
    let restore = json!({"verdict": "restore", "wave": 0, "items": [item("api", "lambda")]});
    let script = Script::new([
        ("Prepare", change(0, json!([item("api", "lambda")]))),
        ("Judge", word("failed")),
        ("Undo", [refused(restore), vec![json!({"verdict": "settle_undo"})]].concat()),
        ("DeployLambda api back", refused(json!("changed"))),
        ("SettleUndo", refused(json!({"verdict": "rolled_back"}))),
    ]);
    let ran = run(&script, true);
    assert!(ran.path.ends_with("Undo Undoing SettleUndo Ended RolledBack"), "{}", ran.path);
    assert!(ran.took_s > 3 * 55 * 60, "{} s", ran.took_s);
}

#[test]
fn a_component_that_fails_does_not_stop_its_siblings() {
    let script = Script::new([
        ("Prepare", change(0, three())),
        ("DeployEcs agent", vec![json!("!AccessDenied")]),
        ("DeployLambda api", vec![json!("failed")]),
        ("PublishSite web", vec![json!("failed")]),
        ("Undo", word("settle_undo")),
        ("SettleUndo", word("rolled_back")),
    ]);
    let ran = run(&script, true);
    assert_eq!(
        ran.path,
        format!(
            "Admit Admitted Prepare Prepared Change(Begin Deploy ChangeFailed, Begin Deploy, \
         Begin Publish Published ChangeFailed) Changed {UNDONE}"
        )
    );
    // A function records its own failure in its step. A failure that the machine alone saw is handed on.
    assert_eq!(script.asked("Undo")[0]["error"], "agent: AccessDenied");
    assert!(script.asked("DeploySite web").is_empty());
}

#[test]
fn an_empty_wave_has_changed_and_an_unknown_kind_has_not() {
    let script =
        Script::new([("Prepare", change(0, json!([]))), ("Judge", word("settle")), ("Settle", word("succeeded"))]);
    let ran = run(&script, true);
    assert_eq!(ran.path, "Admit Admitted Prepare Prepared Change() Changed Judge Judged Settle Ended Succeeded");
    let script = Script::new([
        ("Prepare", change(0, json!([item("z", "odd"), item("api", "lambda")]))),
        ("Undo", word("settle_undo")),
        ("SettleUndo", word("rolled_back")),
    ]);
    let ran = run(&script, true);
    assert_eq!(
        ran.path,
        format!("Admit Admitted Prepare Prepared Change(Begin Deploy ChangeFailed, Begin Deploy) Changed {UNDONE}")
    );
    assert_eq!(script.asked("Undo")[0]["error"], "z: States.QueryEvaluationError");
}

#[test]
fn a_kind_that_no_table_names_fails_its_component_wherever_it_is_looked_up() {
    let odd = |begin: &str| json!([{"component": "z", "kind": "odd", "begin": begin}]);
    for (begin, path) in [
        ("publish", "Begin Publish ChangeFailed"),
        ("deploy", "Begin Deploy ChangeFailed"),
        ("odd", "Begin ChangeFailed"),
    ] {
        let script = Script::new([
            ("Prepare", change(0, odd(begin))),
            (
                "Undo",
                vec![
                    json!({"verdict": "restore", "wave": 0, "items": odd("restore")}),
                    json!({"verdict": "settle_undo"}),
                ],
            ),
            ("SettleUndo", word("needs_operator")),
        ]);
        let ran = run(&script, true);
        assert_eq!(
            ran.path,
            format!(
                "Admit Admitted Prepare Prepared Change({path}) Changed Undo Undoing \
                 UndoChange(Restore UndoFailed) Undo Undoing SettleUndo Ended NeedsOperator"
            )
        );
        assert!(script.asked.borrow().iter().all(|(key, _)| !key.contains('z')), "no function is asked");
    }
}
