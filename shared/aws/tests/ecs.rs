//! ECS: fields that Windlass does not own survive, also those that this build's SDK does not know.

#![allow(clippy::expect_used, clippy::similar_names, reason = "a test fails by panicking")]

use crate::replay::{self, Replay, Reply, json_error, reply};
use serde_json::{Value, json};
use windlass_domain::text::fault::FaultName;
use windlass_domain::text::time::Time;
use windlass_engine::ports::{EcsApi, OnFailure, ShiftedTargetGroups};

fn described() -> Value {
    json!({
        "taskDefinition": {
            "taskDefinitionArn": "arn:aws:ecs:eu-west-1:111111111111:task-definition/agent:7",
            "family": "agent",
            "revision": 7,
            "status": "ACTIVE",
            "requiresAttributes": [{"name": "com.amazonaws.ecs.capability.x"}],
            "compatibilities": ["EC2"],
            "registeredAt": 1.7e9,
            "registeredBy": "arn:aws:iam::111111111111:root",
            "containerDefinitions": [
                {"name": "agent", "image": "agent@sha256:1", "novelLimits": {"weird": [1, 2.5]}},
            ],
            "novelMember": {"kept": true},
        },
        "tags": [{"key": "windlass:app", "value": "shop"}],
    })
}

fn answered(document: &Value) -> Reply {
    reply(200, &[("content-type", "application/x-amz-json-1.1")], document.to_string())
}

/// Safety: shape: Fields of a task definition that this build's SDK does not know go back as they came.
#[tokio::test]
async fn what_this_sdk_does_not_know_goes_back_as_it_came() {
    let (aws, replay) = Replay::new(vec![answered(&described()), answered(&described())]);
    let base = aws.task_definition("agent").await.expect("described");
    assert_eq!(base.document, described()["taskDefinition"]);
    assert_eq!(base.tags["windlass:app"], "shop");

    let mut document = base.document;
    document["containerDefinitions"][0]["image"] = json!("agent@sha256:2");
    let tags = [("windlass:environment".to_owned(), "prod".to_owned())].into();
    let made = aws.register(&document, &tags).await.expect("registered");
    assert_eq!(made.family, "agent");

    let sent = &replay.sent()[1];
    let expected = json!({
        "family": "agent",
        "containerDefinitions": [
            {"name": "agent", "image": "agent@sha256:2", "novelLimits": {"weird": [1, 2.5]}},
        ],
        "novelMember": {"kept": true},
        "tags": [{"key": "windlass:environment", "value": "prod"}],
    });
    assert_eq!(sent.json(), expected);
    let target = "AmazonEC2ContainerServiceV20141113.RegisterTaskDefinition";
    assert_eq!(sent.header("x-amz-target"), Some(target));
    assert_eq!(sent.header("content-length"), Some(sent.body.len().to_string().as_str()));
}

/// Safety: shape: An update of a service sends the task definition and nothing else.
#[tokio::test]
async fn an_update_sends_the_task_definition_and_nothing_else() {
    let service = json!({"service": {"deployments": [
        {"id": "ecs-svc/1", "status": "ACTIVE"},
        {"id": "ecs-svc/2", "status": "PRIMARY"},
    ]}});
    let (aws, replay) = Replay::new(vec![answered(&service)]);
    let id = aws.update_service("c", "s", "agent:8").await;
    assert_eq!(id.as_deref(), Ok("ecs-svc/2"));
    let expected = json!({"cluster": "c", "service": "s", "taskDefinition": "agent:8"});
    assert_eq!(replay.only().json(), expected);
}

/// Safety: fence: A switching call whose answer is lost is not sent again by the SDK.
#[tokio::test]
async fn a_switching_call_whose_answer_is_lost_is_not_sent_again() {
    let (aws, replay) = Replay::new(vec![Reply::Lost]);
    let fault = aws.update_service("c", "s", "agent:8").await.expect_err("lost");
    assert_eq!(fault.name, FaultName::Unavailable);
    replay.only();
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let missing = json!({"services": [], "failures": [{"reason": "MISSING"}]});
    let inactive = json!({"services": [{"serviceName": "s", "status": "INACTIVE"}]});
    let refused = json_error(400, "ClientException", "Unable to describe task definition.");
    let (aws, _) = Replay::new(vec![answered(&missing), answered(&inactive), refused]);
    for _ in 0..2 {
        let fault = aws.service("c", "s").await.expect_err("not there");
        assert_eq!(fault.name, FaultName::NotFound, "{fault}");
    }
    let fault = aws.task_definition("agent").await.expect_err("not there");
    assert_eq!(fault.name, FaultName::NotFound, "{fault}");
}

#[tokio::test]
async fn a_service_is_read_with_how_it_rolls() {
    let event = json!({"id": "1", "createdAt": 1_795_183_200.5, "message": "(service s) was unable to place a task"});
    let plain = json!({"services": [{"serviceName": "s", "status": "ACTIVE", "events": [event]}]});
    let configured = json!({"services": [{
        "serviceName": "s", "status": "ACTIVE",
        "deploymentController": {"type": "ECS"},
        "deploymentConfiguration": {
            "strategy": "BLUE_GREEN", "minimumHealthyPercent": 50, "maximumPercent": 150,
            "earlySuccessCriteria": {"enable": true, "healthyPercent": 50},
            "alarms": {"alarmNames": ["red"], "enable": true, "rollback": true},
            "deploymentCircuitBreaker": {"enable": true, "rollback": false},
        },
    }]});
    let off = json!({"services": [{
        "serviceName": "s", "status": "ACTIVE",
        "deploymentConfiguration": {"earlySuccessCriteria": {"enable": false}},
    }]});
    let (aws, _) = Replay::new(vec![answered(&plain), answered(&configured), answered(&off)]);
    let plain = aws.service("c", "s").await.expect("read");
    assert_eq!((plain.controller.as_str(), plain.strategy.as_str()), ("ECS", "ROLLING"));
    assert_eq!(plain.percents, (100, 200));
    assert_eq!((plain.breaker, plain.alarms), (OnFailure::GoesOn, OnFailure::GoesOn));
    assert_eq!(plain.events[0].at.0, 1_795_183_200_500);
    let configured = aws.service("c", "s").await.expect("read");
    assert_eq!(configured.strategy, "BLUE_GREEN");
    assert_eq!(configured.percents, (50, 150));
    assert_eq!((configured.breaker, configured.alarms), (OnFailure::Stops, OnFailure::RollsBack));
    let off = aws.service("c", "s").await.expect("read");
    let early = [&plain, &configured, &off].map(|service| service.completes_early);
    assert_eq!(early, [false, true, false]);
}

#[tokio::test]
async fn the_families_that_share_a_prefix_are_left_out() {
    let arn = |name: &str| format!("arn:aws:ecs:eu-west-1:111111111111:task-definition/{name}");
    let first = json!({"taskDefinitionArns": [arn("agent-b:3"), arn("agent:7")], "nextToken": "n"});
    let second = json!({"taskDefinitionArns": [arn("agent:6"), arn("agent:5")]});
    let (aws, replay) = Replay::new(vec![answered(&first), answered(&second)]);
    let arns = aws.task_definitions("agent", 2).await.expect("listed");
    assert_eq!(arns, [arn("agent:7"), arn("agent:6")]);
    assert_eq!(replay.sent()[1].json()["nextToken"], "n");
}

#[tokio::test]
async fn a_services_deployments_are_read_with_what_they_bring_and_what_holds_them() {
    let listed = json!({"nextToken": "n", "serviceDeployments": [
        {"serviceDeploymentArn": "arn/1", "createdAt": 1_795_183_201, "status": "SUCCESSFUL"},
    ]});
    let more = json!({"serviceDeployments": [
        {"serviceDeploymentArn": "arn/2", "createdAt": 1_795_183_300, "status": "IN_PROGRESS"},
    ]});
    let described = json!({"serviceDeployments": [
        {
            "serviceDeploymentArn": "arn/1", "createdAt": 1_795_183_201, "status": "SUCCESSFUL",
            "finishedAt": 1_795_183_261, "targetServiceRevision": {"arn": "rev/1"},
        },
        {
            "serviceDeploymentArn": "arn/2", "createdAt": 1_795_183_300, "status": "BETWEEN",
            "statusReason": "circuit breaker", "lifecycleStage": "PRE_PRODUCTION_TRAFFIC_SHIFT",
            "targetServiceRevision": {"arn": "rev/2", "requestedProductionTrafficWeight": 12.5},
            "sourceServiceRevisions": [{"arn": "rev/1"}],
            "lifecycleHookDetails": [
                {"hookId": "h1", "targetType": "PAUSE", "status": "AWAITING_ACTION",
                 "expiresAt": 1_795_186_800, "timeoutAction": "ROLLBACK"},
                {"hookId": "h2", "targetArn": "arn/f", "status": "SUCCEEDED"},
            ],
        },
    ]});
    let behind = |group: &str, listener: &str| {
        let arn = "arn:aws:elasticloadbalancing:eu-west-1:1";
        json!({"loadBalancers": [{
            "targetGroupArn": format!("{arn}:targetgroup/{group}"),
            "productionListenerRule": format!("{arn}:{listener}"),
        }]})
    };
    let revisions = json!({"serviceRevisions": [
        {"serviceRevisionArn": "rev/1", "taskDefinition": "t:1",
         "resolvedConfiguration": behind("blue/7", "listener/app/shop/50dc/f2f7")},
        {"serviceRevisionArn": "rev/2", "taskDefinition": "t:2",
         "resolvedConfiguration": behind("green/8", "listener-rule/app/shop/50dc/f2f7/9683")},
    ]});
    let none = json!({"serviceDeployments": []});
    let replies = [&listed, &more, &described, &revisions, &none];
    let (aws, replay) = Replay::new(replies.map(answered).into());
    let since = Time(1_795_183_200_000);
    let read = aws.service_rollouts("c", "s", since).await.expect("read");
    let rollouts: Vec<(&str, &str)> = read.iter().map(|one| (one.arn.as_str(), one.task_definition.as_str())).collect();
    assert_eq!(rollouts, [("arn/2", "t:2"), ("arn/1", "t:1")]);
    assert_eq!((read[0].finished, read[1].finished), (None, Some(Time(1_795_183_261_000))));
    let newest = &read[0];
    // Words that this build does not know come as ECS sent them.
    assert_eq!(
        (newest.status.as_str(), newest.reason.as_str(), newest.stage.as_str(), newest.traffic_tenths, newest.created,),
        ("BETWEEN", "circuit breaker", "PRE_PRODUCTION_TRAFFIC_SHIFT", Some(125), Time(1_795_183_300_000),)
    );
    let hooks: Vec<(&str, &str, &str)> =
        newest.hooks.iter().map(|hook| (hook.id.as_str(), hook.kind.as_str(), hook.status.as_str())).collect();
    assert_eq!(hooks, [("h1", "PAUSE", "AWAITING_ACTION"), ("h2", "AWS_LAMBDA", "SUCCEEDED")]);
    assert_eq!(newest.hooks[0].expires, Some(Time(1_795_186_800_000)));
    assert_eq!(newest.hooks[0].then, "ROLLBACK");
    let behind = ShiftedTargetGroups {
        balancer: "app/shop/50dc".into(),
        new: "targetgroup/green/8".into(),
        former: "targetgroup/blue/7".into(),
    };
    assert_eq!((&newest.target_groups, &read[1].target_groups), (&Some(behind), &None));
    let asked: Vec<Value> = replay.sent().iter().map(replay::Sent::json).collect();
    assert_eq!(asked[0]["createdAt"]["after"].as_f64(), Some(1_795_183_200.0));
    assert_eq!(asked[1]["nextToken"], "n");
    assert_eq!(asked[2]["serviceDeploymentArns"], json!(["arn/2", "arn/1"]));
    assert_eq!(asked[3]["serviceRevisionArns"], json!(["rev/1", "rev/2"]));
    assert_eq!(aws.service_rollouts("c", "s", since).await, Ok(vec![]));
}

#[tokio::test]
async fn a_deployment_is_stopped_once_so_that_ecs_goes_back() {
    let stopped = json!({"serviceDeploymentArn": "arn/2"});
    let conflict = json_error(400, "ConflictException", "It is over.");
    let (aws, replay) = Replay::new(vec![answered(&stopped), conflict, Reply::Lost]);
    assert_eq!(aws.stop_service_rollout("arn/2").await, Ok(()));
    let expected = json!({"serviceDeploymentArn": "arn/2", "stopType": "ROLLBACK"});
    assert_eq!(replay.sent()[0].json(), expected);
    for name in [FaultName::Conflict, FaultName::Unavailable] {
        let fault = aws.stop_service_rollout("arn/2").await.expect_err("not so");
        assert_eq!(fault.name, name, "{fault}");
    }
    assert_eq!(replay.sent().len(), 3);
}

#[tokio::test]
async fn a_pause_is_answered_once() {
    let answered_it = json!({"serviceDeploymentArn": "arn/2"});
    let refused = |code| json_error(400, code, "The hook is not awaiting an action.");
    let (aws, replay) = Replay::new(vec![
        answered(&answered_it),
        answered(&answered_it),
        refused("ClientException"),
        refused("InvalidParameterException"),
        Reply::Lost,
    ]);
    for (goes_on, action) in [(true, "CONTINUE"), (false, "ROLLBACK")] {
        let done = aws.answer_service_pause("arn/2", "h1", goes_on).await;
        assert_eq!(done, Ok(()));
        let expected = json!({"serviceDeploymentArn": "arn/2", "hookId": "h1", "action": action});
        assert_eq!(replay.sent().last().expect("sent").json(), expected);
    }
    for name in [FaultName::Refused, FaultName::Refused, FaultName::Unavailable] {
        let answered = aws.answer_service_pause("arn/2", "h1", true).await;
        let fault = answered.expect_err("not so");
        assert_eq!(fault.name, name, "{fault}");
    }
    assert_eq!(replay.sent().len(), 5);
}

#[tokio::test]
async fn the_hooks_of_a_service_are_read_with_what_ecs_leaves_out() {
    let described = json!({"services": [{"status": "ACTIVE", "deploymentConfiguration": {
        "strategy": "BLUE_GREEN",
        "lifecycleHooks": [
            {"targetType": "PAUSE", "lifecycleStages": ["PRE_PRODUCTION_TRAFFIC_SHIFT", "LATER"],
             "timeoutConfiguration": {"timeoutInMinutes": 90, "action": "CONTINUE"}},
            {"targetType": "PAUSE", "lifecycleStages": ["POST_TEST_TRAFFIC_SHIFT"]},
            {"hookTargetArn": "arn/f", "roleArn": "arn/r", "lifecycleStages": ["POST_SCALE_UP"]},
        ],
    }}]});
    let (aws, _) = Replay::new(vec![answered(&described)]);
    let hooks = aws.service("c", "s").await.expect("read").hooks;
    let lines: Vec<String> = hooks
        .iter()
        .map(|hook| {
            let stages = hook.stages.join("+");
            format!("{} {stages} {} {}", hook.kind, hook.timeout_min, hook.then)
        })
        .collect();
    assert_eq!(
        lines,
        [
            "PAUSE PRE_PRODUCTION_TRAFFIC_SHIFT+LATER 90 CONTINUE",
            "PAUSE POST_TEST_TRAFFIC_SHIFT 1440 ROLLBACK",
            "AWS_LAMBDA POST_SCALE_UP 1440 ROLLBACK",
        ]
    );
}

#[tokio::test]
async fn how_a_service_shifts_is_read_with_what_ecs_leaves_out() {
    let table = [
        (json!({"strategy": "ROLLING"}), (0, 1000, 0)),
        (json!({"strategy": "BLUE_GREEN", "bakeTimeInMinutes": 30}), (30, 1000, 0)),
        (
            json!({"strategy": "CANARY", "bakeTimeInMinutes": 5,
                   "canaryConfiguration": {"canaryPercent": 12.5, "canaryBakeTimeInMinutes": 60}}),
            (5, 125, 60),
        ),
        (json!({"strategy": "CANARY"}), (0, 50, 10)),
        (json!({"strategy": "LINEAR", "linearConfiguration": {"stepPercent": 33.3}}), (0, 333, 6)),
    ];
    for (configuration, wanted) in table {
        let described = json!({"services": [{"status": "ACTIVE", "deploymentConfiguration": configuration}]});
        let (aws, _) = Replay::new(vec![answered(&described)]);
        let is = aws.service("c", "s").await.expect("read").shifting;
        assert_eq!((is.bake_min, is.step_tenths, is.step_min), wanted, "{described}");
    }
}
