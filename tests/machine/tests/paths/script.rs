//! Functions that answer from a script, and an execution that runs with them.

use futures::executor::block_on;
use serde_json::{Value, json};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use windlass_domain::text::time::Time;
use windlass_machine::program::Program;
use windlass_machine::{End, Execution, Surroundings, TaskError};

/// A script: by the key of a call, its answers one after another. The last one is repeated.
#[derive(Default)]
pub struct Script {
    pub now: Cell<u64>,
    pub answers: BTreeMap<&'static str, Vec<Value>>,
    pub asked: RefCell<Vec<(String, Value)>>,
    pub tokens: Cell<u32>,
}

impl Script {
    pub fn new(answers: impl IntoIterator<Item = (&'static str, Vec<Value>)>) -> Self {
        Self { answers: answers.into_iter().collect(), ..Self::default() }
    }

    pub fn asked(&self, key: &str) -> Vec<Value> {
        let asked = self.asked.borrow();
        let matching = asked.iter().filter(|(asked, _)| asked == key);
        matching.map(|(_, payload)| payload.clone()).collect()
    }

    pub fn answer(&self, key: &str) -> Value {
        let count = self.asked(key).len();
        match self.answers.get(key) {
            Some(answers) => answers[(count - 1).min(answers.len() - 1)].clone(),
            None => Value::Null,
        }
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
        if !payload["component"].is_null() {
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

/// Returns the key of a call: its state, or its function and component.
pub fn key(function: &str, payload: &Value) -> String {
    match (payload["state"].as_str(), payload["component"].as_str()) {
        (Some("Restore"), Some(component)) => format!("{function} {component} back"),
        (Some(_), Some(component)) => format!("{function} {component}"),
        (Some(state), None) => state.to_owned(),
        (None, _) => panic!("{function} was asked {payload}"),
    }
}

/// The outcome of an execution.
pub struct Ran {
    pub path: String,
    pub end: String,
    pub transitions: u64,
    pub took_s: u64,
}

/// Runs one execution. Task tokens are answered an hour after they were opened, unless `answer_tokens` is false.
pub fn run(script: &Script, answer_tokens: bool) -> Ran {
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
        path: execution.path().in_words(&program),
        end,
        transitions: execution.path().transitions,
        took_s: script.now.get() / 1000,
    }
}

pub fn item(component: &str, kind: &str) -> Value {
    let begin = if kind == "static_site" { "publish" } else { "deploy" };
    json!({"component": component, "kind": kind, "begin": begin})
}

pub fn three() -> Value {
    json!([item("agent", "ecs"), item("api", "lambda"), item("web", "static_site")])
}

pub fn change(wave: u32, items: Value) -> Vec<Value> {
    vec![json!({"verdict": "change", "wave": wave, "items": items})]
}

pub fn word(verdict: &str) -> Vec<Value> {
    vec![json!({"verdict": verdict, "error": "E", "cause": "because"})]
}

pub const UNDONE: &str = "Undo Undoing SettleUndo Ended RolledBack";
pub const CHANGE_THREE: &str = "Change(Begin Deploy, Begin Deploy, Begin Publish Published Deploy)";
