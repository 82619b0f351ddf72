//! Step Functions: stopping what has ended is a success, however that is said.

#![allow(clippy::expect_used, reason = "a test fails by panicking")]

mod replay;

use replay::{Replay, Reply, json_error, reply};
use serde_json::json;
use windlass_engine::ports::Executions;

const ARN: &str = "arn:aws:states:eu-west-1:111111111111:execution:windlass-release:shop";

fn not_running() -> Reply {
    json_error(400, "ValidationException", "Execution is not running")
}

fn described_as(status: &str) -> String {
    let told = json!({
        "executionArn": ARN,
        "stateMachineArn": "arn:aws:states:eu-west-1:111111111111:stateMachine:windlass-release",
        "status": status,
        "startDate": 1.7e9,
    });
    told.to_string()
}

fn described(status: &str) -> Reply {
    let json = [("content-type", "application/x-amz-json-1.0")];
    reply(200, &json, described_as(status))
}

#[tokio::test]
async fn the_newest_come_first_and_an_execution_tells_its_input() {
    let listed = json!({"executions": [{
        "executionArn": ARN, "stateMachineArn": "arn", "name": "shop", "status": "RUNNING",
        "startDate": 1.7e9,
    }]});
    let json = [("content-type", "application/x-amz-json-1.0")];
    let mut running: serde_json::Value =
        serde_json::from_str(&described_as("RUNNING")).expect("JSON");
    running["input"] = r#"{"app": "shop"}"#.into();
    let (aws, replay) = Replay::new(vec![
        reply(200, &json, listed.to_string()),
        reply(200, &json, running.to_string()),
    ]);
    assert_eq!(aws.newest().await.expect("listed"), [ARN]);
    let execution = aws.execution(ARN).await.expect("told").expect("there");
    assert_eq!(execution.input, json!({"app": "shop"}));
    assert_eq!(replay.sent().len(), 2);
}

#[tokio::test]
async fn a_refusal_because_it_has_ended_is_a_success() {
    let (aws, replay) = Replay::new(vec![not_running(), described("FAILED")]);
    aws.stop(ARN, "TakenOver", "why").await.expect("stopped");
    assert_eq!(replay.sent().len(), 2);
}

#[tokio::test]
async fn a_refusal_of_one_that_runs_is_told() {
    let (aws, _) = Replay::new(vec![not_running(), described("RUNNING")]);
    let fault = aws
        .stop(ARN, "TakenOver", "why")
        .await
        .expect_err("refused");
    assert!(fault.message.contains("StopExecution"), "{fault}");
}
