//! Services with AWS's JSON protocol: requests as they leave the machine, and the results of answers.

#![allow(clippy::expect_used, reason = "a test fails by panicking")]

use crate::replay::{Replay, Reply, json_error, reply};
use serde_json::json;
use windlass_domain::declaration::resolved::Place;
use windlass_domain::text::fault::FaultName;
use windlass_engine::ports::{AssumeRole, JsonCall, JsonServices};

fn call() -> JsonCall {
    JsonCall { service: "logs", target: "Logs_20140328.GetQueryResults", body: json!({"queryId": "q-1"}) }
}

fn answered() -> Reply {
    reply(200, &[], r#"{"status": "Complete", "unknown": [1]}"#)
}

#[tokio::test]
async fn a_call_is_a_signed_post_to_the_service_in_its_region() {
    for (region, host) in
        [("us-east-1", "logs.us-east-1.amazonaws.com"), ("cn-north-1", "logs.cn-north-1.amazonaws.com.cn")]
    {
        let (aws, replay) = Replay::new(vec![answered()]);
        let there = aws.at(&Place::default().in_region(Some(region)));
        let answer = there.json_call(call()).await.expect("an answer");
        assert_eq!(answer, json!({"status": "Complete", "unknown": [1]}));
        let sent = replay.only();
        assert_eq!(sent.method, "POST");
        assert_eq!(sent.uri, format!("https://{host}/"));
        assert_eq!(sent.json(), json!({"queryId": "q-1"}));
        let header = |name| sent.header(name).expect("a header");
        assert_eq!(header("x-amz-target"), "Logs_20140328.GetQueryResults");
        assert_eq!(header("content-type"), "application/x-amz-json-1.1");
        let authorization = header("authorization");
        assert!(authorization.contains(&format!("/{region}/logs/aws4_request")), "{authorization}");
        assert!(authorization.contains("x-amz-target"), "{authorization}");
    }
}

#[tokio::test]
async fn an_error_is_a_fault_by_its_code() {
    for (status, code, name) in [
        (400, "ResourceNotFoundException", FaultName::NotFound),
        (400, "com.amazonaws.logs#ResourceNotFoundException", FaultName::NotFound),
        (400, "MalformedQueryException", FaultName::Refused),
        (400, "AccessDeniedException", FaultName::AccessDenied),
    ] {
        let (aws, replay) = Replay::new(vec![json_error(status, code, "why")]);
        let fault = aws.json_call(call()).await.expect_err("an error");
        assert_eq!(fault.name, name, "{fault}");
        assert!(fault.message.contains("GetQueryResults"), "{fault}");
        assert!(fault.message.contains("why"), "{fault}");
        assert_eq!(replay.sent().len(), 1, "{code}");
    }
}

#[tokio::test]
async fn a_throttle_is_tried_again_and_then_reported() {
    let throttle = || json_error(400, "ThrottlingException", "Rate exceeded");
    let (aws, replay) = Replay::new(vec![throttle(), throttle(), answered()]);
    assert!(aws.json_call(call()).await.is_ok());
    assert_eq!(replay.sent().len(), 3);
    let (aws, replay) = Replay::new(vec![throttle(), throttle(), throttle()]);
    let fault = aws.json_call(call()).await.expect_err("a throttle");
    assert_eq!(fault.name, FaultName::Throttled, "{fault}");
    assert_eq!(replay.sent().len(), 3);
}

#[tokio::test]
async fn what_is_not_answered_or_cannot_be_read_is_unavailable() {
    let (aws, replay) = Replay::new(vec![Reply::Lost, Reply::Lost, Reply::Lost]);
    let fault = aws.json_call(call()).await.expect_err("no answer");
    assert_eq!(replay.sent().len(), 3);
    assert_eq!(fault.name, FaultName::Unavailable, "{fault}");
    let (aws, _) = Replay::new(vec![reply(200, &[], "<html>")]);
    let fault = aws.json_call(call()).await.expect_err("no JSON");
    assert_eq!(fault.name, FaultName::Unavailable, "{fault}");
}
