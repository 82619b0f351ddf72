//! AWS CodeDeploy with services of Amazon ECS: the requests, and the meaning of its answers.

#![allow(clippy::expect_used, reason = "a test fails by panicking")]

use crate::replay::{Replay, Reply, reply};
use serde_json::{Value, json};
use windlass_domain::declaration::appspec::{TaskSetNetwork, TaskSetShape};
use windlass_domain::text::fault::FaultName;
use windlass_domain::text::time::Time;
use windlass_engine::ports::{CodeDeployApi, DeploymentWait, EcsApi, NewDeployed, Share, TaskSet};

fn answered(body: &Value) -> Reply {
    let json = [("content-type", "application/x-amz-json-1.1")];
    reply(200, &json, body.to_string())
}

fn refused(code: &str) -> Reply {
    let body = json!({"__type": code, "message": "it is so"});
    reply(400, &[], body.to_string())
}

#[tokio::test]
async fn a_way_back_has_a_configuration_of_its_own() {
    let (aws, replay) = Replay::new(vec![answered(&json!({"deploymentId": "d-1"}))]);
    let new = NewDeployed { configuration: Some("CodeDeployDefault.ECSAllAtOnce".into()), ..NewDeployed::default() };
    aws.create_deployment(&new).await.expect("created");
    let sent = replay.only().json();
    assert_eq!(sent["deploymentConfigName"], "CodeDeployDefault.ECSAllAtOnce");
}

#[tokio::test]
async fn what_a_deployment_waits_for_is_ended_by_a_call_that_is_sent_once() {
    for (waiting, word) in [(DeploymentWait::Ready, "READY_WAIT"), (DeploymentWait::Termination, "TERMINATION_WAIT")] {
        let (aws, replay) = Replay::new(vec![answered(&json!({}))]);
        aws.continue_deployment("d-1", waiting).await.expect("done");
        let wanted = json!({"deploymentId": "d-1", "deploymentWaitType": word});
        assert_eq!(replay.only().json(), wanted);
    }
    let (aws, replay) = Replay::new(vec![Reply::Lost]);
    let fault = aws.continue_deployment("d-1", DeploymentWait::Ready).await;
    assert_eq!(fault.expect_err("lost").name, FaultName::Unavailable);
    replay.only();
    for (code, wanted) in [
        ("DeploymentIsNotInReadyStateException", FaultName::Conflict),
        ("DeploymentAlreadyCompletedException", FaultName::Conflict),
        ("InvalidDeploymentStatusException", FaultName::Conflict),
        ("DeploymentDoesNotExistException", FaultName::NotFound),
        ("UnsupportedActionForDeploymentTypeException", FaultName::Refused),
    ] {
        let (aws, _) = Replay::new(vec![refused(code)]);
        let fault = aws.continue_deployment("d-1", DeploymentWait::Termination).await;
        assert_eq!(fault.expect_err(code).name, wanted, "{code}");
    }
}

#[tokio::test]
async fn a_group_names_its_service_and_for_how_long_it_waits() {
    let group = |ready: Value, action: &str| {
        answered(&json!({"deploymentGroupInfo": {
            "computePlatform": "ECS",
            "ecsServices": [{"clusterName": "shop", "serviceName": "agent"}],
            "blueGreenDeploymentConfiguration": {
                "deploymentReadyOption": ready,
                "terminateBlueInstancesOnDeploymentSuccess": {
                    "action": action, "terminationWaitTimeInMinutes": 60,
                },
            },
        }}))
    };
    let goes = json!({"actionOnTimeout": "CONTINUE_DEPLOYMENT", "waitTimeInMinutes": 0});
    let waits = json!({"actionOnTimeout": "STOP_DEPLOYMENT", "waitTimeInMinutes": 30});
    for (ready, wanted) in [(goes, None), (waits, Some(30)), (Value::Null, None)] {
        let (aws, _) = Replay::new(vec![group(ready, "TERMINATE")]);
        let found = aws.deployment_group("shop", "agent").await.expect("an answer");
        assert_eq!(found.platform, "ECS");
        assert_eq!(found.services, [("shop".to_owned(), "agent".to_owned())]);
        assert_eq!((found.ready_min, found.ends_min), (wanted, Some(60)));
    }
    let (aws, _) = Replay::new(vec![group(Value::Null, "KEEP_ALIVE")]);
    let found = aws.deployment_group("shop", "agent").await.expect("an answer");
    assert_eq!(found.ends_min, None, "the former tasks stay for good");
}

#[tokio::test]
async fn how_far_a_deployment_of_a_service_has_come() {
    let targets = answered(&json!({"targetIds": ["shop:agent"]}));
    let described = answered(&json!({"deploymentTargets": [{
        "deploymentTargetType": "ECSTarget",
        "ecsTarget": {
            "lifecycleEvents": [
                {"lifecycleEventName": "Install", "status": "Succeeded", "endTime": 1000},
                {"lifecycleEventName": "AllowTraffic", "status": "InProgress"},
            ],
            "taskSetsInfo": [
                {"identifer": "ecs-svc/1", "trafficWeight": 90, "taskSetLabel": "Blue"},
                {"identifer": "ecs-svc/2", "trafficWeight": 10},
            ],
        },
    }]}));
    let (aws, _) = Replay::new(vec![targets, described]);
    let lifecycle = aws.lifecycle_events("d-1").await.expect("an answer");
    let share = |id: &str, percent| Share { id: id.into(), percent: Some(percent) };
    assert_eq!(lifecycle.task_sets, [share("ecs-svc/1", 90), share("ecs-svc/2", 10)]);
    let events: Vec<_> = lifecycle.events.iter().map(|it| (it.name.as_str(), it.ended)).collect();
    let ended = Some(Time(1_000_000));
    assert_eq!(events, [("Install", ended), ("AllowTraffic", None)]);
}

#[tokio::test]
async fn a_service_lists_its_task_sets_and_all_that_they_have() {
    let network = json!({"awsvpcConfiguration": {
        "subnets": ["subnet-1"], "securityGroups": ["sg-1"], "assignPublicIp": "DISABLED",
    }});
    let (aws, _) = Replay::new(vec![answered(&json!({"services": [{
        "serviceArn": "arn", "status": "ACTIVE", "taskDefinition": "agent:1", "desiredCount": 2,
        "deploymentController": {"type": "CODE_DEPLOY"}, "deployments": [],
        "taskSets": [
            {
                "id": "ecs-svc/1", "status": "PRIMARY", "taskDefinition": "agent:1",
                "stabilityStatus": "STEADY_STATE", "computedDesiredCount": 2, "runningCount": 2,
                "pendingCount": 0, "platformVersion": "1.4.0", "networkConfiguration": network,
                "loadBalancers": [{"containerName": "agent", "containerPort": 80}],
                "capacityProviderStrategy": [{"capacityProvider": "FARGATE", "weight": 1, "base": 2}],
            },
            {
                "id": "ecs-svc/2", "status": "ACTIVE", "taskDefinition": "agent:2",
                "networkConfiguration": {"awsvpcConfiguration": {"subnets": ["subnet-1"]}},
            },
        ],
    }]}))]);
    let service = aws.service("shop", "agent").await.expect("an answer");
    assert_eq!(service.controller, "CODE_DEPLOY");
    assert_eq!(service.runs(), "agent:1");
    let shape = TaskSetShape {
        container: Some(("agent".into(), 80)),
        platform_version: Some("1.4.0".into()),
        network: Some(TaskSetNetwork {
            subnets: vec!["subnet-1".into()],
            security_groups: vec!["sg-1".into()],
            public_ip: "DISABLED".into(),
        }),
        providers: vec![("FARGATE".into(), 2, 1)],
    };
    let primary = TaskSet {
        id: "ecs-svc/1".into(),
        status: "PRIMARY".into(),
        task_definition: "agent:1".into(),
        stability: "STEADY_STATE".into(),
        desired: 2,
        running: 2,
        pending: 0,
        shape,
    };
    assert_eq!(service.task_sets[0], primary);
    assert_eq!(service.task_sets[1].shape, TaskSetShape::default(), "a part of a network is none");
}
