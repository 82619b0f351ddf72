//! The state machine file itself: where each word, fault and lost answer leads to, with functions
//! that answer from a script. The same scripts were run on a local Step Functions.

#![allow(
    clippy::unwrap_used,
    clippy::needless_pass_by_value,
    reason = "a test may panic, and reads better"
)]

use futures::executor::block_on;
use serde_json::{Value, json};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use windlass_domain::time::Time;
use windlass_machine::program::Program;
use windlass_machine::{End, Execution, Surroundings, TaskError};

/// Answers by what is asked, one after another; the last one is repeated.
#[derive(Default)]
struct Script {
    now: Cell<u64>,
    answers: BTreeMap<&'static str, Vec<Value>>,
    asked: RefCell<Vec<(String, Value)>>,
    tokens: Cell<u32>,
}

impl Script {
    fn new(answers: impl IntoIterator<Item = (&'static str, Vec<Value>)>) -> Self {
        Self {
            answers: answers.into_iter().collect(),
            ..Self::default()
        }
    }

    fn asked(&self, key: &str) -> Vec<Value> {
        let asked = self.asked.borrow();
        let matching = asked.iter().filter(|(asked, _)| asked == key);
        matching.map(|(_, payload)| payload.clone()).collect()
    }

    fn answer(&self, key: &str) -> Value {
        let count = self.asked(key).len();
        match self.answers.get(key) {
            Some(answers) => answers[(count - 1).min(answers.len() - 1)].clone(),
            None => Value::Null,
        }
    }
}

/// What a call is known by: its state, or its function and component.
fn key(function: &str, payload: &Value) -> String {
    match (payload["state"].as_str(), payload["component"].as_str()) {
        (Some(state), _) => state.to_owned(),
        (_, Some(component)) if payload["wave"].is_null() => format!("{function} {component} back"),
        (_, Some(component)) => format!("{function} {component}"),
        _ => panic!("{function} was asked {payload}"),
    }
}

impl Surroundings for Script {
    fn now(&self) -> Time {
        Time(self.now.get())
    }

    async fn invoke(&self, function: &str, payload: Value) -> Result<Value, TaskError> {
        let key = key(function, &payload);
        self.asked.borrow_mut().push((key.clone(), payload.clone()));
        let answer = self.answer(&key);
        if let Some(fault) = answer.as_str().and_then(|text| text.strip_prefix('!')) {
            return Err(TaskError::new(fault, "scripted"));
        }
        if payload["state"].is_null() {
            let verdict = answer.as_str().unwrap_or("changed");
            return Ok(json!({"component": payload["component"], "verdict": verdict}));
        }
        let mut whole = json!({"verdict": "go", "deployment": "d1", "token": 7, "wave": 0,
            "items": [], "seconds": 0, "error": "", "cause": ""});
        for (name, value) in answer.as_object().into_iter().flatten() {
            whole[name] = value.clone();
        }
        Ok(whole)
    }

    fn open_token(&self) -> String {
        self.tokens.set(self.tokens.get() + 1);
        format!("token-{}", self.tokens.get())
    }

    fn close_token(&self, _token: &str) {}
}

/// What came of an execution.
struct Ran {
    path: String,
    end: String,
    transitions: u64,
    took_s: u64,
}

/// Runs one execution; task tokens are answered an hour after they were opened, unless told not to.
fn run(script: &Script, answer_tokens: bool) -> Ran {
    let program = Program::release().unwrap();
    let input = json!({"action": "deploy", "app": "shop"});
    let mut execution = Execution::start(&program, "arn", "name", input, Time(0));
    let end = loop {
        let ended = if answer_tokens && execution.token().is_some() {
            script.now.set(script.now.get() + 3_600_000);
            execution.answer(&json!({}), script.now())
        } else {
            script.now.set(execution.due().0.0.max(script.now.get()));
            block_on(execution.step(script))
        };
        if let Some(end) = ended {
            break end;
        }
    };
    let end = match end {
        End::Succeeded(output) => {
            format!("succeeded {}", output["verdict"].as_str().unwrap_or("?"))
        }
        End::Failed(error) => format!("failed {}: {}", error.name, error.cause),
        End::TimedOut => "timed out".into(),
    };
    Ran {
        path: execution.path().tell(&program),
        end,
        transitions: execution.path().transitions,
        took_s: script.now.get() / 1000,
    }
}

fn item(component: &str, kind: &str) -> Value {
    json!({"component": component, "kind": kind})
}

fn three() -> Value {
    json!([
        item("agent", "ecs"),
        item("api", "lambda"),
        item("web", "static_site")
    ])
}

fn change(wave: u32, items: Value) -> Vec<Value> {
    vec![json!({"verdict": "change", "wave": wave, "items": items})]
}

fn word(verdict: &str) -> Vec<Value> {
    vec![json!({"verdict": verdict, "error": "E", "cause": "because"})]
}

const UNDONE: &str = "Undo Undoing SettleUndo Ended RolledBack";
const CHANGE_THREE: &str = "Change(ChangeKind DeployEcs, ChangeKind DeployLambda, ChangeKind PublishSite Published DeploySite)";

#[test]
fn three_components_in_one_wave_that_is_watched_once() {
    let script = Script::new([
        ("Prepare", change(0, three())),
        (
            "Judge",
            vec![
                json!({"verdict": "bake", "seconds": 60}),
                json!({"verdict": "settle"}),
            ],
        ),
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
    let waves: Vec<Value> = script
        .asked("Judge")
        .iter()
        .map(|ask| ask["wave"].clone())
        .collect();
    assert_eq!(waves, [0, 0, 1, 1, 2, 2]);
    assert_eq!(ran.transitions, 36);
}

#[test]
fn a_canary_judged_every_minute_for_an_hour_takes_at_most_200_transitions() {
    let mut judged = change(1, json!([item("api", "lambda")]));
    judged.splice(0..0, vec![json!({"verdict": "bake", "seconds": 60}); 60]);
    judged.push(json!({"verdict": "settle", "wave": 1}));
    let script = Script::new([
        ("Prepare", change(0, json!([item("api", "lambda")]))),
        ("Judge", judged),
        ("Settle", word("succeeded")),
    ]);
    let ran = run(&script, true);
    assert_eq!(
        (ran.took_s, ran.end.as_str()),
        (3600, "succeeded succeeded")
    );
    assert!(ran.transitions <= 200, "{}", ran.transitions);
}

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
        vec![
            json!({"verdict": "wait"}),
            json!({"verdict": "preempt"}),
            json!({"verdict": "nothing_to_do"}),
        ],
    )]);
    let ran = run(&script, true);
    assert_eq!(
        ran.path,
        "Admit Admitted AwaitTurn Admit Admitted Preempt AwaitTurn Admit Admitted NothingToDo"
    );
    let tokens: Vec<Value> = script
        .asked("AwaitTurn")
        .iter()
        .map(|ask| ask["task_token"].clone())
        .collect();
    assert_eq!(tokens, ["token-1", "token-2"]);
    assert!(
        script
            .asked("Admit")
            .iter()
            .all(|ask| ask["request"]["app"] == "shop")
    );
}

#[test]
fn a_turn_that_does_not_come_within_a_day_is_given_up() {
    let script = Script::new([("Admit", word("wait")), ("GiveUp", word("rejected"))]);
    let ran = run(&script, false);
    assert_eq!(ran.path, "Admit Admitted AwaitTurn GiveUp Ended Rejected");
    assert_eq!(ran.took_s, 86_400);
    assert_eq!(script.asked("GiveUp")[0]["error"], "States.Timeout");
}

#[test]
fn prepare_may_refuse_or_find_nothing_to_do() {
    for (verdict, state) in [("rejected", "Rejected"), ("nothing_to_do", "NothingToDo")] {
        let script = Script::new([("Prepare", word("settle")), ("Settle", word(verdict))]);
        let ran = run(&script, true);
        assert_eq!(
            ran.path,
            format!("Admit Admitted Prepare Prepared Settle Ended {state}")
        );
    }
}

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
         Undo Undoing UndoChange(UndoKind UndoSite, UndoKind UndoLambda UndoFailed) \
         Undo Undoing UndoChange(UndoKind UndoEcs) Undo Undoing SettleUndo Ended NeedsOperator"
        )
    );
    let undone: Vec<Value> = script
        .asked("Undo")
        .iter()
        .map(|ask| ask["undone"].clone())
        .collect();
    assert_eq!(undone, [Value::Null, json!(1), json!(0)]);
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
            "Admit Admitted Prepare Prepared Change(ChangeKind DeployEcs ChangeFailed, ChangeKind DeployLambda, \
         ChangeKind PublishSite Published ChangeFailed) Changed {UNDONE}"
        )
    );
    // What a function recorded itself is in its step; what the machine alone saw is handed on.
    assert_eq!(script.asked("Undo")[0]["error"], "agent: AccessDenied");
    assert!(script.asked("DeploySite web").is_empty());
}

#[test]
fn an_empty_wave_has_changed_and_an_unknown_kind_has_not() {
    let script = Script::new([
        ("Prepare", change(0, json!([]))),
        ("Judge", word("settle")),
        ("Settle", word("succeeded")),
    ]);
    let ran = run(&script, true);
    assert_eq!(
        ran.path,
        "Admit Admitted Prepare Prepared Change() Changed Judge Judged Settle Ended Succeeded"
    );
    let script = Script::new([
        (
            "Prepare",
            change(0, json!([item("z", "odd"), item("api", "lambda")])),
        ),
        ("Undo", word("settle_undo")),
        ("SettleUndo", word("rolled_back")),
    ]);
    let ran = run(&script, true);
    assert_eq!(
        ran.path,
        format!(
            "Admit Admitted Prepare Prepared Change(ChangeKind ChangeFailed, ChangeKind DeployLambda) Changed {UNDONE}"
        )
    );
}

#[test]
fn what_is_transient_is_asked_again() {
    let faults = |last: Value| {
        let faults = [
            "!StillInProgress",
            "!AttemptSuperseded",
            "!Throttled",
            "!Lambda.Unknown",
            "!Sandbox.Timedout",
        ];
        faults.into_iter().map(Value::from).chain([last]).collect()
    };
    let script = Script::new([
        ("Prepare", change(0, json!([item("agent", "ecs")]))),
        ("DeployEcs agent", faults(json!("changed"))),
        ("Judge", word("settle")),
        (
            "Settle",
            vec![
                json!("!Conflict"),
                json!("!Unavailable"),
                word("succeeded")[0].clone(),
            ],
        ),
    ]);
    let ran = run(&script, true);
    assert_eq!(
        ran.path,
        "Admit Admitted Prepare Prepared Change(ChangeKind DeployEcs) Changed Judge Judged Settle Ended Succeeded"
    );
    assert_eq!(ran.transitions, 13 + 5 + 2);
}

#[test]
fn a_rollout_is_polled_for_an_hour_and_then_failed() {
    let script = Script::new([
        ("Prepare", change(0, json!([item("agent", "ecs")]))),
        ("DeployEcs agent", vec![json!("!StillInProgress")]),
        ("Undo", word("settle_undo")),
        ("SettleUndo", word("rolled_back")),
    ]);
    let ran = run(&script, true);
    assert!(
        ran.path
            .contains("Change(ChangeKind DeployEcs ChangeFailed)"),
        "{}",
        ran.path
    );
    assert!((3600..3700).contains(&ran.took_s), "{}", ran.took_s);
}

#[test]
fn errors_lead_to_undo_unless_only_the_ledger_is_written() {
    for (state, before, path) in [
        ("Admit", "go", "Admit Unsettled"),
        (
            "Preempt",
            "preempt",
            "Admit Admitted Preempt GiveUp Unsettled",
        ),
        (
            "AwaitTurn",
            "wait",
            "Admit Admitted AwaitTurn GiveUp Unsettled",
        ),
        ("Prepare", "go", "Admit Admitted Prepare Undo Unsettled"),
        ("Settle", "settle", "Admit Admitted Settle Unsettled"),
        ("Undo", "undo", "Admit Admitted Undo Unsettled"),
    ] {
        let broken = || vec![json!("!Internal")];
        let mut script = Script::new([
            ("Admit", word(before)),
            ("GiveUp", broken()),
            ("Undo", broken()),
        ]);
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
        assert!(
            ran.path.ends_with(&format!("{state} TakenOver")),
            "{}",
            ran.path
        );
    }
    let script = Script::new([
        ("Prepare", change(0, json!([item("agent", "ecs")]))),
        ("DeployEcs agent", vec![json!("!StaleToken")]),
        ("Undo", vec![json!("!StaleToken")]),
    ]);
    let ran = run(&script, true);
    assert!(
        ran.path
            .ends_with("Change(ChangeKind DeployEcs ChangeFailed) Changed Undo TakenOver"),
        "{}",
        ran.path
    );
}

#[test]
fn a_recovery_undoes_or_settles() {
    let script = Script::new([("Admit", word("settle")), ("Settle", word("succeeded"))]);
    assert_eq!(
        run(&script, true).path,
        "Admit Admitted Settle Ended Succeeded"
    );
    let script = Script::new([
        ("Admit", word("undo")),
        ("Undo", word("settle_undo")),
        ("SettleUndo", word("rolled_back")),
    ]);
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

#[test]
fn an_endless_deployment_times_out() {
    let script = Script::new([
        ("Prepare", change(0, json!([]))),
        ("Judge", vec![json!({"verdict": "bake", "seconds": 3600})]),
    ]);
    assert_eq!(run(&script, true).end, "timed out");
}
