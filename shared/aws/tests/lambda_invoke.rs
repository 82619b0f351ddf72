//! Calls of functions that take long: each is sent once, and its answer says whether it ran.

#![allow(clippy::expect_used, reason = "a test fails by panicking")]

use crate::replay::{Replay, Reply, json_error, reply};
use serde_json::json;
use std::time::Duration;
use windlass_domain::text::fault::FaultName;
use windlass_engine::ports::{CallAnswer, LambdaInvokeApi, OneCall};

fn call(wants_log: bool) -> OneCall {
    OneCall {
        name: "shop-jobs".into(),
        version: "7".into(),
        payload: json!({"key": "windlass/d1/migrate/forward"}),
        wants_log,
        within_s: 600,
    }
}

#[tokio::test]
async fn the_runner_is_asked_by_an_event_once() {
    let (aws, replay) = Replay::new(vec![reply(202, &[], "")]);
    aws.ask_runner(&json!({"attempt": 1})).await.expect("asked");
    let sent = replay.only();
    assert!(sent.uri.contains("/functions/windlass-run-task/"), "{}", sent.uri);
    assert_eq!(sent.json(), json!({"attempt": 1}));
    let (aws, replay) = Replay::new(vec![Reply::Lost]);
    let lost = aws.ask_runner(&json!({})).await.expect_err("lost");
    assert_eq!(lost.name, FaultName::Unavailable);
    assert_eq!(replay.sent().len(), 1);
}

#[tokio::test]
async fn a_call_is_of_its_version_and_its_answer_is_not_kept() {
    let (aws, replay) = Replay::new(vec![reply(200, &[], "{\"password\":\"x\"}")]);
    let answered = aws.call_once(&call(false)).await;
    assert_eq!(answered, Ok(CallAnswer::default()));
    let sent = replay.only();
    assert!(sent.uri.contains("Qualifier=7"), "{}", sent.uri);
    assert_eq!(sent.json(), call(false).payload);
}

#[tokio::test]
async fn an_error_is_named_by_its_type_and_the_log_shown_by_its_end() {
    let headers = [("x-amz-function-error", "Unhandled"), ("x-amz-log-result", "U1RBUlQKbG9ja2VkCg==")];
    let body = "{\"errorType\":\"LockError\",\"errorMessage\":\"password x\"}";
    let (aws, _) = Replay::new(vec![reply(200, &headers, body)]);
    let answered = aws.call_once(&call(true)).await.expect("answered");
    let expected =
        CallAnswer { error: Some("Unhandled".into()), error_type: "LockError".into(), tail: "START\nlocked\n".into() };
    assert_eq!(answered, expected);
}

#[tokio::test]
async fn what_was_not_run_has_another_name_than_what_may_have_been() {
    let table = [
        (Reply::Lost, FaultName::Unavailable),
        (reply(500, &[], ""), FaultName::Unavailable),
        (json_error(500, "ServiceException", "no"), FaultName::Unavailable),
        (json_error(429, "TooManyRequestsException", "no"), FaultName::Throttled),
        (json_error(409, "ResourceConflictException", "Pending"), FaultName::StillInProgress),
        (json_error(404, "ResourceNotFoundException", "no"), FaultName::NotFound),
        (json_error(403, "AccessDeniedException", "no"), FaultName::AccessDenied),
        (json_error(413, "RequestTooLargeException", "no"), FaultName::Refused),
    ];
    for (answer, name) in table {
        let (aws, replay) = Replay::new(vec![answer]);
        let fault = aws.call_once(&call(false)).await.expect_err("a fault");
        assert_eq!(fault.name, name, "{fault}");
        assert_eq!(replay.sent().len(), 1, "{fault}");
    }
}

#[tokio::test]
async fn its_answer_is_waited_for_as_long_as_is_said() {
    let (aws, replay) = Replay::new(vec![Reply::Silence]);
    let fault = aws.call_once(&call(false)).await.expect_err("no answer");
    assert_eq!(fault.name, FaultName::Unavailable);
    assert_eq!(replay.gave_up_after(), Some(Duration::from_mins(10)));
}
