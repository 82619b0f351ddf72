//! AWS AppConfig: the requests, their conditions, and the messages of its refusals.

#![allow(clippy::expect_used, reason = "a test fails by panicking")]

use crate::replay::{Replay, Reply, reply};
use serde_json::{Value, json};
use windlass_domain::text::fault::FaultName;
use windlass_engine::ports::{AppConfigApi, NewRollout, NewVersion};

fn answered(body: &Value) -> Reply {
    reply(200, &[("content-type", "application/json")], body.to_string())
}

fn refused(status: u16, code: &str, body: &Value) -> Reply {
    reply(status, &[("x-amzn-errortype", code)], body.to_string())
}

fn rollout(newest: Option<u32>) -> NewRollout {
    NewRollout {
        profile: "flags12".into(),
        version: "7".into(),
        strategy: "AppConfig.AllAtOnce".into(),
        description: "Windlass deployment d1".into(),
        newest,
    }
}

fn version(newest: Option<u32>) -> NewVersion {
    NewVersion {
        content: "{\"flags\":{}}".into(),
        content_type: "application/json".into(),
        label: "sha256-ab".into(),
        description: "Windlass deployment d1".into(),
        newest,
    }
}

#[tokio::test]
async fn a_deployment_is_begun_upon_the_number_of_the_newest_one() {
    let begun = answered(&json!({"DeploymentNumber": 12, "State": "DEPLOYING"}));
    let (aws, replay) = Replay::new(vec![begun]);
    let new = rollout(Some(11));
    let begun = aws.start_rollout("app1234", "env1234", &new).await;
    assert_eq!(begun.expect("begun"), 12);
    let sent = replay.only();
    assert!(sent.uri.ends_with("/applications/app1234/environments/env1234/deployments"), "{}", sent.uri);
    assert_eq!(
        sent.json(),
        json!({
            "ConfigurationProfileId": "flags12",
            "ConfigurationVersion": "7",
            "DeploymentStrategyId": "AppConfig.AllAtOnce",
            "Description": "Windlass deployment d1",
            "LatestDeploymentNumber": 11,
        })
    );
}

#[tokio::test]
async fn another_deployment_in_the_environment_is_a_conflict() {
    let busy = refused(409, "ConflictException", &json!({"Message": "in progress"}));
    let (aws, _) = Replay::new(vec![busy]);
    let fault = aws.start_rollout("a", "e", &rollout(None)).await;
    assert_eq!(fault.expect_err("busy").name, FaultName::Conflict);
}

#[tokio::test]
async fn a_switching_call_whose_answer_is_lost_is_not_sent_again() {
    let (aws, replay) = Replay::new(vec![Reply::Lost]);
    let fault = aws.start_rollout("a", "e", &rollout(None)).await;
    assert_eq!(fault.expect_err("lost").name, FaultName::Unavailable);
    replay.only();
    let (aws, replay) = Replay::new(vec![Reply::Lost]);
    let fault = aws.stop_rollout("a", "e", 3).await;
    assert_eq!(fault.expect_err("lost").name, FaultName::Unavailable);
    let sent = replay.only();
    assert_eq!(sent.method, "DELETE");
    assert_eq!(sent.header("allow-revert"), Some("true"));
}

#[tokio::test]
async fn a_version_is_made_with_its_label_upon_the_newest_one() {
    let made = reply(201, &[("version-number", "8"), ("content-type", "application/json")], "{\"flags\":{}}");
    let (aws, replay) = Replay::new(vec![made]);
    let new = version(Some(7));
    let made = aws.create_version("app1234", "flags12", &new).await;
    assert_eq!(made.expect("made"), 8);
    let sent = replay.only();
    assert_eq!(sent.body, "{\"flags\":{}}");
    let headers = ["content-type", "versionlabel", "latest-version-number"];
    assert_eq!(headers.map(|name| sent.header(name)), [Some("application/json"), Some("sha256-ab"), Some("7")]);
}

#[tokio::test]
async fn what_a_validator_says_is_reported_without_the_content() {
    let details = json!({
        "Message": "The value hush is too long",
        "Reason": "InvalidConfiguration",
        "Details": {"InvalidConfiguration": [
            {"Constraint": "maxLength", "Location": "values.lamp.name", "Reason": "hush is too long", "Value": "hush"},
        ]},
    });
    let bare = json!({"Message": "hush", "Reason": "InvalidConfiguration"});
    let other = json!({"Message": "the strategy is unknown"});
    for (body, wanted) in [
        (&details, "values.lamp.name does not meet `maxLength`"),
        (&bare, "as a validator of its profile says"),
        (&other, "the strategy is unknown"),
    ] {
        let refusal = || refused(400, "BadRequestException", body);
        let (aws, _) = Replay::new(vec![refusal(), refusal()]);
        let made = aws.create_version("a", "p", &version(None)).await;
        let begun = aws.start_rollout("a", "e", &rollout(None)).await;
        for fault in [made.expect_err("refused"), begun.expect_err("refused")] {
            assert_eq!(fault.name, FaultName::Refused);
            assert!(fault.message.contains(wanted), "{fault}");
            assert!(!fault.message.contains("hush"), "{fault}");
        }
    }
}

#[tokio::test]
async fn who_lists_no_profile_is_asked_for_each_deployment() {
    let listed = answered(&json!({
        "Items": [
            {"DeploymentNumber": 2, "ConfigurationProfileId": "flags12", "ConfigurationVersion": "7",
             "State": "BAKING", "PercentageComplete": 99.6, "DeploymentDurationInMinutes": 30,
             "FinalBakeTimeInMinutes": 10, "StartedAt": "2026-11-22T07:00:00Z", "VersionLabel": "sha256-ab"},
            {"DeploymentNumber": 1, "ConfigurationVersion": "6", "State": "COMPLETE"},
        ],
        "NextToken": "more",
    }));
    let asked = answered(&json!({
        "DeploymentNumber": 1, "ConfigurationProfileId": "other12", "ConfigurationVersion": "6",
        "State": "ROLLED_BACK", "Description": "by hand", "CompletedAt": "2026-11-22T07:30:00Z",
        "EventLog": [{"EventType": "ROLLBACK_STARTED", "TriggeredBy": "CLOUDWATCH_ALARM", "Description": "arn:alarm"}],
    }));
    let (aws, replay) = Replay::new(vec![listed, asked]);
    let (rollouts, next) = aws.rollouts("a", "e", None).await.expect("listed");
    assert_eq!(next.as_deref(), Some("more"));
    assert_eq!(replay.sent().len(), 2);
    let first = &rollouts[0];
    assert_eq!((first.number, first.percent, first.minutes), (2, 99, (30, 10)));
    assert_eq!(first.label.as_deref(), Some("sha256-ab"));
    assert!(first.started.is_some() && first.completed.is_none());
    assert_eq!((rollouts[1].profile.as_str(), rollouts[1].state.as_str()), ("other12", "ROLLED_BACK"));
}

#[tokio::test]
async fn an_environment_s_tags_are_asked_for_by_the_arn_that_nobody_answers() {
    let me = "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult>\
              <Arn>arn:aws-cn:sts::111111111111:assumed-role/w/s</Arn><Account>111111111111</Account>\
              </GetCallerIdentityResult></GetCallerIdentityResponse>";
    let tags = answered(&json!({"Tags": {"windlass:app": "shop"}}));
    let (aws, replay) = Replay::new(vec![reply(200, &[], me), tags]);
    let tags = aws.environment_tags("app1234", "env1234").await;
    assert_eq!(tags.expect("an answer")["windlass:app"], "shop");
    let asked = replay.sent()[1].uri.replace("%3A", ":").replace("%2F", "/");
    assert!(
        asked.ends_with("arn:aws-cn:appconfig:eu-west-1:111111111111:application/app1234/environment/env1234"),
        "{asked}"
    );
}
