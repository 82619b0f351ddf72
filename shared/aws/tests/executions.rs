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

fn described(status: &str) -> Reply {
    let told = json!({
        "executionArn": ARN,
        "stateMachineArn": "arn:aws:states:eu-west-1:111111111111:stateMachine:windlass-release",
        "status": status,
        "startDate": 1.7e9,
    });
    reply(
        200,
        &[("content-type", "application/x-amz-json-1.0")],
        told.to_string(),
    )
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
