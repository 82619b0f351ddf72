//! A served function as Lambda sees it: a process of its own, asked by the runtime API. The test's
//! own program is that process where Lambda's variables are set.

#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use serde_json::{Value, json};
use std::process::{Command, ExitCode};
use tracing::Instrument as _;
use windlass_domain::release::identity::DeploymentId;
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_engine::log;
use windlass_runtime::{Function, Outcome};

fn main() -> ExitCode {
    if std::env::var_os("AWS_LAMBDA_RUNTIME_API").is_some() {
        return windlass_lambda::serve(async || Ok(()), handle);
    }
    faults_are_error_names_and_the_process_goes_on();
    println!("test faults_are_error_names_and_the_process_goes_on ... ok");
    every_line_of_a_deployment_names_it();
    println!("test every_line_of_a_deployment_names_it ... ok");
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
        "nothing" => return Ok(json!({})),
        "found out" => {
            log::name_deployment(&id("3f9a"));
            tracing::info!(target: "windlass_engine::conductor", "it is known");
            return Ok(json!({}));
        }
        "a batch" => {
            for name in ["3f9a", "17bc"] {
                serve_part(name).instrument(log::part(name)).await;
            }
            return Ok(json!({}));
        }
        "panic" => panic!("a list without an end"),
        name => serde_json::from_value(json!(name)).expect("a fault's name"),
    };
    Err(Fault::new(name, "as wanted"))
}

fn id(text: &str) -> DeploymentId {
    DeploymentId(text.into())
}

async fn serve_part(name: &str) {
    log::name_arrival(&format!("releases/shop/prod/{name}.json"));
    tracing::info!(target: "windlass_engine::routes", "it arrives");
    tokio::task::yield_now().await;
    log::name_deployment(&id(name));
    tracing::info!(target: "windlass_engine::routes", "it starts");
}

fn faults_are_error_names_and_the_process_goes_on() {
    let mut function = start();
    let mut ask = |wanted: &str| function.invoke(&json!({"wanted": wanted, "deployment": "3f9a", "state": "Judge"}));
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
    let lines = end(function);
    let said = |message: &str| with(&lines, message).len();
    assert_eq!(said("the engine says something"), 7);
    assert_eq!(said("panicked"), 1);
    // `StillInProgress` is an answer: the machine asks again.
    let faults = ["Throttled", "Conflict", "NotFound", "Internal", "BadInput"];
    assert_eq!(counted(&lines), faults);
    // The last event named no deployment.
    for line in lines.iter().filter(|line| line["span"]["request_id"] != "request-8") {
        let named = [&line["span"]["deployment"], &line["deployment"]];
        let last_metrics = line["Fault"] == "BadInput";
        assert!(last_metrics || named.contains(&&json!("3f9a")), "{line}");
    }
}

/// The program that is served, as a function.
fn start() -> Function {
    let mut command = Command::new(std::env::current_exe().expect("this program"));
    command.env_clear();
    Function::start(command)
}

/// Ends the function and returns the lines that it wrote.
fn end(function: Function) -> Vec<Value> {
    let (out, err) = function.end();
    assert_eq!(err, "", "everything is written as JSON on standard output");
    let lines = out.lines();
    lines.map(|line| serde_json::from_str(line).expect(line)).collect()
}

fn with<'a>(lines: &'a [Value], message: &str) -> Vec<&'a Value> {
    let said = |line: &&Value| line["message"] == message;
    lines.iter().filter(said).collect()
}

/// Invokes once and returns the lines that it wrote. It answered, and Lambda itself counts the cost: there are no
/// metrics.
fn wrote(wanted: &str) -> Vec<Value> {
    let mut function = start();
    let asked = json!({"wanted": wanted, "request": {"app": "shop"}});
    assert!(matches!(function.invoke(&asked), Outcome::Answer(_)));
    let lines = end(function);
    assert_eq!(counted(&lines), [""; 0]);
    lines
}

fn every_line_of_a_deployment_names_it() {
    let lines = wrote("found out");
    let before = with(&lines, "the engine says something")[0];
    assert_eq!(before["span"]["deployment"], Value::Null);
    assert_eq!(before["span"]["app"], "shop");
    for message in ["it is known", "answered"] {
        let line = with(&lines, message)[0];
        assert_eq!(line["span"]["deployment"], "3f9a", "{line}");
        // The line before is found by this id, too.
        assert_eq!(line["span"]["request_id"], before["span"]["request_id"]);
    }
    // The last line has the duration of the invocation.
    assert!(with(&lines, "answered")[0]["ms"].is_u64());

    let lines = wrote("a batch");
    for (arrives, starts) in with(&lines, "it arrives").into_iter().zip(with(&lines, "it starts")) {
        let part = &arrives["span"]["part"];
        assert_eq!(arrives["span"]["deployment"], Value::Null);
        assert_eq!(&starts["span"]["deployment"], part, "{starts}");
        assert_eq!(arrives["span"]["about"], starts["span"]["about"]);
        for line in [arrives, starts] {
            assert_eq!(line["spans"][0]["request_id"], "request-1", "{line}");
        }
    }
    let whole = "17bc, 3f9a";
    assert_eq!(with(&lines, "answered")[0]["span"]["deployment"], whole);
    wrote("nothing");
}

/// The faults that are counted.
fn counted(lines: &[Value]) -> Vec<&str> {
    let metrics = lines.iter().filter(|line| !line["_aws"].is_null());
    metrics.filter_map(|line| line["Fault"].as_str()).collect()
}

fn error(name: &str, message: &str) -> Outcome {
    Outcome::Error { name: name.into(), message: message.into() }
}
