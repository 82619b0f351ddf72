//! A served function as Lambda sees it: a process of its own, asked by the runtime API. The test's
//! own program is that process where Lambda's variables are set.

#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use serde_json::{Value, json};
use std::process::{Command, ExitCode};
use windlass_domain::fault::{Fault, FaultName};
use windlass_runtime::{Function, Outcome};

fn main() -> ExitCode {
    if std::env::var_os("AWS_LAMBDA_RUNTIME_API").is_some() {
        return windlass_lambda::serve(async || Ok(()), handle);
    }
    faults_are_error_names_and_the_process_goes_on();
    println!("test faults_are_error_names_and_the_process_goes_on ... ok");
    ExitCode::SUCCESS
}

#[derive(serde::Deserialize)]
struct Input {
    wanted: String,
}

async fn handle((): &(), input: Input) -> Result<Value, Fault> {
    tracing::info!(target: "windlass_engine::judge", "the engine says something");
    let name: FaultName = match input.wanted.as_str() {
        "answer" => return Ok(json!({"done": true})),
        "panic" => panic!("a list without an end"),
        name => serde_json::from_value(json!(name)).expect("a fault's name"),
    };
    Err(Fault::new(name, "as wanted"))
}

fn faults_are_error_names_and_the_process_goes_on() {
    let mut command = Command::new(std::env::current_exe().expect("this program"));
    command.env_clear();
    let mut function = Function::start(command);
    let mut ask = |wanted: &str| {
        function.invoke(&json!({"wanted": wanted, "deployment": "3f9a", "state": "Judge"}))
    };
    let done = Outcome::Answer(json!({"done": true}));
    assert_eq!(ask("answer"), done);
    for name in ["StillInProgress", "Throttled", "Conflict", "NotFound"] {
        assert_eq!(ask(name), error(name, "as wanted"));
    }
    let panicked = "the handler panicked: a list without an end";
    assert_eq!(ask("panic"), error("Internal", panicked));
    assert_eq!(ask("answer"), done, "the process serves on");
    let Outcome::Error { name, .. } = function.invoke(&json!("no object")) else {
        panic!("a text is no input");
    };
    assert_eq!(name, "BadInput");
    let (out, err) = function.end();
    assert_eq!(err, "", "everything is told as JSON on standard output");
    lines_are_json_with_the_deployment(&out);
}

fn error(name: &str, message: &str) -> Outcome {
    Outcome::Error {
        name: name.into(),
        message: message.into(),
    }
}

fn lines_are_json_with_the_deployment(out: &str) {
    let lines: Vec<Value> = out
        .lines()
        .map(|line| serde_json::from_str(line).expect(line))
        .collect();
    let said = |message: &str| {
        lines
            .iter()
            .filter(|line| line["message"] == message)
            .count()
    };
    assert_eq!(said("the engine says something"), 7);
    assert_eq!(said("panicked"), 1);
    // The last event named no deployment.
    let named = lines
        .iter()
        .filter(|line| line["span"]["request_id"] != "request-8");
    for line in named.filter(|line| line["_aws"].is_null()) {
        assert_eq!(line["span"]["deployment"], "3f9a", "{line}");
    }
}
