//! Users' functions that are components: each call is of one version, is sent once, and shows whether it was made.

#![allow(clippy::expect_used, reason = "a test fails by panicking")]

use crate::replay::{Replay, Reply, json_error, reply};
use serde_json::{Map, Value, json};
use std::time::Duration;
use windlass_domain::declaration::kinds::external::{Act, Deed, Observe, State, Subject};
use windlass_domain::release::identity::DeploymentId;
use windlass_domain::text::fault::FaultName;
use windlass_domain::text::time::Time;
use windlass_engine::ports::{ExternalActApi, ExternalAnswer, ExternalLookApi, LOOK_S, PinnedFunction, STARTS_S};

fn function() -> PinnedFunction {
    PinnedFunction { name: "textbook-pages-prod".into(), version: "7".into(), timeout_s: 30 }
}

fn about() -> Subject {
    Subject {
        app: "shop".parse().expect("a name"),
        environment: "prod".parse().expect("a name"),
        component: "book".parse().expect("a name"),
        deployment: DeploymentId("1f0c2d9a4b5e6f70".into()),
        settings: Map::from_iter([("branch".to_owned(), json!("gh-pages"))]),
    }
}

fn goal() -> State {
    Map::from_iter([("format".to_owned(), json!("1")), ("tree".to_owned(), json!("9a"))])
}

fn change() -> Act {
    let goal = goal();
    let deed = Deed { goal: &goal, release: None, is_back: true, not_after: Time(1_796_040_000_000) };
    Act::change(&about(), &deed, Some("c0ffee"))
}

#[tokio::test]
async fn a_look_is_of_its_version_and_its_answer_is_handed_on_unread() {
    let (aws, replay) = Replay::new(vec![reply(200, &[], "{\"state\": 7, \"odd\"")]);
    let answer = aws.look(&function(), &Observe::new(&about(), None)).await;
    assert_eq!(answer, Ok(ExternalAnswer::Answered("{\"state\": 7, \"odd\"".into())));
    let sent = replay.only();
    assert_eq!(sent.method, "POST");
    assert!(sent.uri.contains("/functions/textbook-pages-prod/invocations"), "{}", sent.uri);
    assert!(sent.uri.contains("Qualifier=7"), "{}", sent.uri);
    assert_ne!(sent.header("x-amz-invocation-type"), Some("Event"), "its answer is waited for");
    assert_eq!(sent.json()["do"], "observe");
}

#[tokio::test]
async fn a_change_is_sent_with_its_condition() {
    let (aws, replay) = Replay::new(vec![reply(200, &[], "{\"sent\":true}")]);
    let answer = aws.act(&function(), &change()).await;
    assert_eq!(answer, Ok(ExternalAnswer::Answered("{\"sent\":true}".into())));
    let wanted = json!({
        "windlass": 1, "do": "change", "app": "shop", "environment": "prod", "component": "book",
        "deployment": "1f0c2d9a4b5e6f70", "settings": {"branch": "gh-pages"}, "goal": goal(), "if": "c0ffee",
        "key": "1f0c2d9a4b5e6f70/book/back", "not_after": Time(1_796_040_000_000).to_string(),
    });
    assert_eq!(replay.only().json(), wanted);
}

/// Safety: secrets: Of the error of a user's function its type alone is kept, where that is a name.
#[tokio::test]
async fn of_an_error_the_type_alone_is_kept() {
    let table = [
        (json!({"errorType": "Git.Conflict", "errorMessage": "token ghp_x"}), "Git.Conflict"),
        (json!({"errorMessage": "2026-11-30T12:00:00Z 1f Task timed out after 30.00 seconds"}), "Unhandled"),
        (json!({"errorType": "Sandbox.Timedout", "errorMessage": "Task timed out"}), "Sandbox.Timedout"),
        (json!({"errorType": "the token ghp_x is refused"}), "Unhandled"),
        (json!({"errorType": "T".repeat(101)}), "Unhandled"),
        (json!({"errorType": 7}), "Unhandled"),
        (Value::Null, "Unhandled"),
    ];
    for (body, kept) in table {
        let headers = [("x-amz-function-error", "Unhandled")];
        let (aws, replay) = Replay::new(vec![reply(200, &headers, body.to_string())]);
        assert_eq!(aws.act(&function(), &change()).await, Ok(ExternalAnswer::Failed(kept.into())), "{body}");
        assert_eq!(replay.sent().len(), 1);
    }
}

/// Safety: kinds: A user's function is called once, and only what was throttled or refused counts as not called.
#[tokio::test]
async fn what_was_not_called_has_another_name_than_what_may_have_been() {
    let table: [(fn() -> Reply, FaultName); 10] = [
        (|| Reply::Lost, FaultName::Unavailable),
        (|| reply(500, &[], ""), FaultName::Unavailable),
        (|| json_error(500, "ServiceException", "no"), FaultName::Unavailable),
        (|| json_error(503, "ServiceUnavailable", "no"), FaultName::Unavailable),
        (|| json_error(429, "TooManyRequestsException", "no"), FaultName::Throttled),
        (|| json_error(409, "ResourceConflictException", "Pending"), FaultName::StillInProgress),
        (|| json_error(502, "ENINotReadyException", "no"), FaultName::StillInProgress),
        (|| json_error(404, "ResourceNotFoundException", "no"), FaultName::NotFound),
        (|| json_error(403, "AccessDeniedException", "no"), FaultName::AccessDenied),
        (|| json_error(413, "RequestTooLargeException", "no"), FaultName::Refused),
    ];
    for (answer, name) in table {
        let (aws, replay) = Replay::new(vec![answer(), answer()]);
        let acted = aws.act(&function(), &change()).await.expect_err("a fault");
        let looked = aws.look(&function(), &Observe::new(&about(), None)).await.expect_err("a fault");
        assert_eq!((acted.name, looked.name), (name, name), "{acted}");
        assert_eq!(replay.sent().len(), 2, "{acted}");
    }
}

#[tokio::test]
async fn its_answer_is_waited_for_as_long_as_it_may_run() {
    let (aws, replay) = Replay::new(vec![Reply::Silence]);
    let fault = aws.act(&function(), &change()).await.expect_err("no answer");
    assert_eq!(fault.name, FaultName::Unavailable);
    assert_eq!(replay.gave_up_after(), Some(Duration::from_secs(30 + STARTS_S)));
    let (aws, replay) = Replay::new(vec![Reply::Silence]);
    let fault = aws.look(&function(), &Observe::new(&about(), None)).await.expect_err("no answer");
    assert_eq!(fault.name, FaultName::Unavailable);
    assert_eq!(replay.gave_up_after(), Some(Duration::from_secs(LOOK_S)));
}
