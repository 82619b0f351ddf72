//! AWS CodeDeploy: the requests, the meaning of its answers, and the messages of its refusals.

#![allow(clippy::expect_used, reason = "a test fails by panicking")]

use crate::replay::{Replay, Reply, reply};
use serde_json::{Value, json};
use windlass_domain::text::digest::Digest;
use windlass_domain::text::fault::FaultName;
use windlass_domain::text::time::Time;
use windlass_engine::ports::{
    CodeDeployApi, Lifecycle, LifecycleEvent, ListedDeployments, NewDeployed, Revision, Routing,
};

fn answered(body: &Value) -> Reply {
    let json = [("content-type", "application/x-amz-json-1.1")];
    reply(200, &json, body.to_string())
}

fn refused(code: &str) -> Reply {
    let body = json!({"__type": code, "message": "it is so"});
    reply(400, &[], body.to_string())
}

fn new() -> NewDeployed {
    NewDeployed {
        application: "shop".into(),
        group: "api".into(),
        description: "Windlass deployment d1".into(),
        content: "{\"version\":0.0}".into(),
        configuration: None,
    }
}

#[tokio::test]
async fn a_deployment_is_created_with_its_appspec_as_a_text() {
    let (aws, replay) = Replay::new(vec![answered(&json!({"deploymentId": "d-1"}))]);
    let created = aws.create_deployment(&new()).await;
    assert_eq!(created.expect("created"), "d-1");
    let sent = replay.only();
    assert_eq!(sent.header("x-amz-target"), Some("CodeDeploy_20141006.CreateDeployment"));
    assert_eq!(
        sent.json(),
        json!({
            "applicationName": "shop",
            "deploymentGroupName": "api",
            "description": "Windlass deployment d1",
            "revision": {
                "revisionType": "AppSpecContent",
                "appSpecContent": {
                    "content": "{\"version\":0.0}",
                    "sha256": Digest::of(b"{\"version\":0.0}").to_string(),
                },
            },
        }),
        "neither the group's configuration nor its rollback is overridden"
    );
}

#[tokio::test]
async fn a_switching_call_whose_answer_is_lost_is_not_sent_again() {
    let (aws, replay) = Replay::new(vec![Reply::Lost]);
    let fault = aws.create_deployment(&new()).await.expect_err("lost");
    assert_eq!(fault.name, FaultName::Unavailable);
    assert!(fault.message.contains("may have been done"), "{fault}");
    replay.only();
    let (aws, replay) = Replay::new(vec![Reply::Lost]);
    let fault = aws.stop_deployment("d-1").await.expect_err("lost");
    assert_eq!(fault.name, FaultName::Unavailable);
    let wanted = json!({"deploymentId": "d-1", "autoRollbackEnabled": true});
    assert_eq!(replay.only().json(), wanted);
}

#[tokio::test]
async fn what_a_refusal_means() {
    for (code, wanted) in [
        ("DeploymentLimitExceededException", FaultName::Conflict),
        ("DeploymentGroupDoesNotExistException", FaultName::NotFound),
        ("ApplicationDoesNotExistException", FaultName::NotFound),
        ("InvalidRevisionException", FaultName::Refused),
        ("InvalidRoleException", FaultName::Refused),
        ("ThrottlingException", FaultName::Throttled),
        ("AccessDeniedException", FaultName::AccessDenied),
    ] {
        let (aws, _) = Replay::new(vec![refused(code)]);
        let fault = aws.create_deployment(&new()).await.expect_err(code);
        assert_eq!(fault.name, wanted, "{code}");
    }
    for (code, wanted) in [
        ("DeploymentAlreadyCompletedException", FaultName::Conflict),
        ("DeploymentDoesNotExistException", FaultName::NotFound),
        ("UnsupportedActionForDeploymentTypeException", FaultName::Refused),
    ] {
        let (aws, _) = Replay::new(vec![refused(code)]);
        let fault = aws.stop_deployment("d-1").await.expect_err(code);
        assert_eq!(fault.name, wanted, "{code}");
    }
}

#[tokio::test]
async fn deployments_are_listed_by_status_or_by_time() {
    let listed = || answered(&json!({"deployments": ["d-2", "d-1"], "nextToken": "more"}));
    let (aws, replay) = Replay::new(vec![listed(), listed()]);
    let active = ListedDeployments::Active;
    let ids = aws.deployments("shop", "api", active, Some("page 2")).await;
    let wanted = (vec!["d-2".to_owned(), "d-1".to_owned()], Some("more".to_owned()));
    assert_eq!(ids.expect("listed"), wanted);
    let created = ListedDeployments::Created(Time(1_000_000), Time(2_500_000));
    let ids = aws.deployments("shop", "api", created, None).await;
    ids.expect("listed");
    let sent = replay.sent();
    assert_eq!(
        sent[0].json(),
        json!({
            "applicationName": "shop", "deploymentGroupName": "api", "nextToken": "page 2",
            "includeOnlyStatuses": ["Created", "Queued", "InProgress", "Baking", "Ready"],
        })
    );
    assert_eq!(
        sent[1].json(),
        json!({
            "applicationName": "shop", "deploymentGroupName": "api",
            "createTimeRange": {"start": 1000, "end": 2500},
        })
    );
}

#[tokio::test]
async fn a_deployment_names_its_rollback_and_its_error() {
    let stopped = answered(&json!({"deploymentInfo": {
        "deploymentId": "d-1", "status": "Stopped", "creator": "user",
        "description": "Windlass deployment d1",
        "createTime": 1000.5, "completeTime": 1060,
        "errorInformation": {"code": "ALARM_ACTIVE", "message": "it rang"},
        "autoRollbackConfiguration": {"enabled": true, "events": ["DEPLOYMENT_FAILURE"]},
        "rollbackInfo": {"rollbackDeploymentId": "d-2", "rollbackMessage": "under way"},
        "revision": {"revisionType": "AppSpecContent", "appSpecContent": {"sha256": "ab"}},
        "aMemberOfTomorrow": {"this": "is not known"},
    }}));
    let back = answered(&json!({"deploymentInfo": {
        "deploymentId": "d-2", "status": "StatusOfTomorrow", "creator": "codeDeployRollback",
        "rollbackInfo": {"rollbackTriggeringDeploymentId": "d-1"},
        "revision": {"revisionType": "S3", "s3Location": {"bucket": "b", "key": "k"}},
    }}));
    let (aws, _) = Replay::new(vec![stopped, back]);
    let deployed = aws.deployed("d-1").await.expect("an answer");
    assert_eq!((deployed.status.as_str(), deployed.rolls_back), ("Stopped", true), "{deployed:?}");
    assert_eq!(deployed.created, Some(Time(1_000_500)));
    assert_eq!(deployed.completed, Some(Time(1_060_000)));
    assert_eq!(deployed.error, Some(("ALARM_ACTIVE".to_owned(), "it rang".to_owned())));
    assert_eq!(deployed.rolled_back_by.as_deref(), Some("d-2"));
    let kept = Revision::Kept { kind: "AppSpecContent".into(), sha256: "ab".into() };
    assert_eq!(deployed.revision, Some(kept));
    let back = aws.deployed("d-2").await.expect("an answer");
    assert_eq!(back.status, "StatusOfTomorrow", "as AWS says it");
    assert_eq!(back.rollback_of.as_deref(), Some("d-1"));
    assert_eq!(back.revision, Some(Revision::Elsewhere("S3".into())));
}

#[tokio::test]
async fn a_group_names_its_platform_its_configuration_and_its_last_revision() {
    let described = answered(&json!({"deploymentGroupInfo": {
        "applicationName": "shop", "deploymentGroupName": "api", "computePlatform": "Lambda",
        "deploymentConfigName": "CodeDeployDefault.LambdaCanary10Percent5Minutes",
        "targetRevision": {"revisionType": "String", "string": {"sha256": "cd"}},
        "lastSuccessfulDeployment": {"deploymentId": "d-1"},
        "lastAttemptedDeployment": {"deploymentId": "d-2"},
    }}));
    let missing = refused("DeploymentGroupDoesNotExistException");
    let (aws, _) = Replay::new(vec![described, missing]);
    let group = aws.deployment_group("shop", "api").await.expect("an answer");
    assert_eq!(group.platform, "Lambda");
    assert_eq!(group.configuration, "CodeDeployDefault.LambdaCanary10Percent5Minutes");
    let kept = Revision::Kept { kind: "String".into(), sha256: "cd".into() };
    assert_eq!(group.revision, Some(kept));
    assert_eq!(group.last, ["d-1", "d-2"]);
    let fault = aws.deployment_group("shop", "api").await;
    assert_eq!(fault.expect_err("gone").name, FaultName::NotFound);
}

#[tokio::test]
async fn a_configuration_names_its_steps() {
    let canary = json!({"canaryPercentage": 10, "canaryInterval": 5});
    let linear = json!({"linearPercentage": 20, "linearInterval": 3});
    for (routing, wanted) in [
        (json!({"type": "AllAtOnce"}), Routing::AllAtOnce),
        (json!({"type": "TimeBasedCanary", "timeBasedCanary": canary}), Routing::Canary(10, 5)),
        (json!({"type": "TimeBasedLinear", "timeBasedLinear": linear}), Routing::Linear(20, 3)),
        (json!({"type": "Dice"}), Routing::Other("Dice".into())),
        (Value::Null, Routing::Other("nothing".into())),
    ] {
        let info = json!({"deploymentConfigInfo": {"trafficRoutingConfig": routing}});
        let (aws, _) = Replay::new(vec![answered(&info)]);
        assert_eq!(aws.routing("c").await.expect("an answer"), wanted);
    }
}

#[tokio::test]
async fn a_revision_that_codedeploy_keeps_is_asked_for_by_its_digest() {
    for (kind, member) in [("AppSpecContent", "appSpecContent"), ("String", "string")] {
        let kept = json!({"revision": {"revisionType": kind, member: {"content": "text"}}});
        let none = json!({"revision": {"revisionType": kind, member: {"sha256": "ab"}}});
        let (aws, replay) = Replay::new(vec![answered(&kept), answered(&none)]);
        let text = aws.revision("shop", kind, "ab").await;
        assert_eq!(text.expect("an answer"), "text");
        let wanted = json!({
            "applicationName": "shop",
            "revision": {"revisionType": kind, member: {"sha256": "ab"}},
        });
        assert_eq!(replay.sent()[0].json(), wanted);
        let fault = aws.revision("shop", kind, "ab").await.expect_err("no text");
        assert_eq!(fault.name, FaultName::Refused);
    }
}

#[tokio::test]
async fn the_events_of_a_function_are_listed_in_their_order() {
    let targets = answered(&json!({"targetIds": ["shop-api:live"]}));
    let described = answered(&json!({"deploymentTargets": [{
        "deploymentTargetType": "LambdaTarget",
        "lambdaTarget": {"lifecycleEvents": [
            {"lifecycleEventName": "BeforeAllowTraffic", "status": "Failed",
             "diagnostics": {"errorCode": "ScriptFailed", "message": "no"}},
            {"lifecycleEventName": "AllowTraffic", "status": "Skipped"},
        ]},
    }]}));
    let early = refused("DeploymentNotStartedException");
    let (aws, replay) = Replay::new(vec![targets, described, early]);
    let event = |name: &str, status: &str, words: &str| LifecycleEvent {
        name: name.into(),
        status: status.into(),
        words: words.into(),
        ended: None,
    };
    assert_eq!(
        aws.lifecycle_events("d-1").await.expect("an answer").events,
        [event("BeforeAllowTraffic", "Failed", "no"), event("AllowTraffic", "Skipped", ""),]
    );
    let wanted = json!({"deploymentId": "d-1", "targetIds": ["shop-api:live"]});
    assert_eq!(replay.sent()[1].json(), wanted);
    let none = aws.lifecycle_events("d-1").await.expect("none yet");
    assert_eq!(none, Lifecycle::default());
}
