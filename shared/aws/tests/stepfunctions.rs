//! Step Functions: to stop an execution that has ended is a success, whatever Step Functions answers.

#![allow(clippy::expect_used, reason = "a test fails by panicking")]

use crate::replay::{Replay, Reply, json_error, reply};
use serde_json::json;
use windlass_engine::ports::StepFunctionsApi;

const ARN: &str = "arn:aws:states:eu-west-1:111111111111:execution:w-release:shop";

fn not_running() -> Reply {
    json_error(400, "ValidationException", "Execution is not running")
}

fn described_as(status: &str) -> String {
    let described = json!({
        "executionArn": ARN,
        "stateMachineArn": "arn:aws:states:eu-west-1:111111111111:stateMachine:w-release",
        "status": status,
        "startDate": 1.7e9,
    });
    described.to_string()
}

fn described(status: &str) -> Reply {
    let json = [("content-type", "application/x-amz-json-1.0")];
    reply(200, &json, described_as(status))
}

#[tokio::test]
async fn the_newest_come_first_and_an_execution_gives_its_input() {
    let listed = json!({"executions": [{
        "executionArn": ARN, "stateMachineArn": "arn", "name": "shop", "status": "RUNNING",
        "startDate": 1.7e9,
    }]});
    let json = [("content-type", "application/x-amz-json-1.0")];
    let mut running: serde_json::Value = serde_json::from_str(&described_as("RUNNING")).expect("JSON");
    running["input"] = r#"{"app": "shop"}"#.into();
    let (aws, replay) =
        Replay::new(vec![reply(200, &json, listed.to_string()), reply(200, &json, running.to_string())]);
    assert_eq!(aws.newest().await.expect("listed"), [ARN]);
    let execution = aws.execution(ARN).await.expect("an answer").expect("there");
    assert_eq!(execution.input, json!({"app": "shop"}));
    assert_eq!(replay.sent().len(), 2);
}

#[tokio::test]
async fn transitions_are_states_entered_and_attempts_of_tasks() {
    let page = |types: &[&str], next: Option<&str>| {
        let events = types.iter().enumerate();
        let events: Vec<_> = events.map(|(n, name)| json!({"timestamp": 1.7e9, "id": n + 1, "type": name})).collect();
        let body = json!({"events": events, "nextToken": next});
        let json = [("content-type", "application/x-amz-json-1.0")];
        reply(200, &json, body.to_string())
    };
    let first = [
        "ExecutionStarted",
        "TaskStateEntered",
        "TaskScheduled",
        "TaskFailed",
        "TaskScheduled",
        "TaskSucceeded",
        "TaskStateExited",
        "ChoiceStateEntered",
        "ChoiceStateExited",
        "MapStateEntered",
        "MapStateStarted",
        "MapIterationStarted",
    ];
    let second = ["WaitStateEntered", "SucceedStateEntered", "ExecutionSucceeded"];
    let pages = vec![page(&first, Some("more")), page(&second, None)];
    let (aws, replay) = Replay::new(pages);
    let transitions = aws.transitions(ARN).await.expect("counted");
    // A task that was tried twice, and four other states.
    assert_eq!(transitions, Some(6));
    assert_eq!(replay.sent().len(), 2);
    let gone = json_error(400, "ExecutionDoesNotExist", "no such execution");
    let (aws, _) = Replay::new(vec![gone]);
    assert_eq!(aws.transitions(ARN).await.expect("an answer"), None);
}

/// The role may look at no other machine's executions, and a text that is no ARN is refused.
#[tokio::test]
async fn an_execution_of_no_release_machine_is_not_asked_for() {
    for arn in ["arn:nope", "", &ARN.replace("w-release", "other")] {
        let (aws, replay) = Replay::new(vec![]);
        assert_eq!(aws.execution(arn).await.expect("an answer"), None, "{arn}");
        assert_eq!(replay.sent().len(), 0);
    }
}

#[tokio::test]
async fn a_refusal_because_it_has_ended_is_a_success() {
    let (aws, replay) = Replay::new(vec![not_running(), described("FAILED")]);
    aws.stop(ARN, "TakenOver", "why").await.expect("stopped");
    assert_eq!(replay.sent().len(), 2);
}

#[tokio::test]
async fn a_refusal_of_one_that_runs_is_reported() {
    let (aws, _) = Replay::new(vec![not_running(), described("RUNNING")]);
    let fault = aws.stop(ARN, "TakenOver", "why").await.expect_err("refused");
    assert!(fault.message.contains("StopExecution"), "{fault}");
}
