//! Tasks of ECS that are run once: the token is sent once, and the tasks are described.

#![allow(clippy::expect_used, reason = "a test fails by panicking")]

use crate::replay::{Replay, Reply, json_error, reply};
use serde_json::{Value, json};
use windlass_domain::text::fault::FaultName;
use windlass_engine::ports::{EcsTasksApi, Launch, Network, NewRun};

fn answered(document: &Value) -> Reply {
    let kind = [("content-type", "application/x-amz-json-1.1")];
    reply(200, &kind, document.to_string())
}

fn new_run() -> NewRun {
    NewRun {
        cluster: "shop".into(),
        task_definition: "windlass-shop_prod_migrate:3".into(),
        container: "agent".into(),
        command: vec!["migrate".into(), "up".into()],
        launch: Launch {
            launch_type: Some("FARGATE".into()),
            platform: Some("1.4.0".into()),
            network: Some(Network { subnets: vec!["subnet-1".into()], security_groups: vec![], public_ip: true }),
            providers: vec![],
        },
        started_by: "windlass/d1/migrate/forward".into(),
        token: "0123".into(),
        tags: vec![("windlass:task".into(), "migrate".into())],
    }
}

#[tokio::test]
async fn a_task_is_asked_for_with_its_token_and_nothing_else() {
    let started = json!({"tasks": [{"taskArn": "arn:task/1"}], "failures": []});
    let (aws, replay) = Replay::new(vec![answered(&started)]);
    assert_eq!(aws.run_task(&new_run()).await.as_deref(), Ok("arn:task/1"));
    let expected = json!({
        "cluster": "shop", "taskDefinition": "windlass-shop_prod_migrate:3", "count": 1,
        "clientToken": "0123", "startedBy": "windlass/d1/migrate/forward", "launchType": "FARGATE",
        "platformVersion": "1.4.0", "tags": [{"key": "windlass:task", "value": "migrate"}],
        "networkConfiguration": {"awsvpcConfiguration": {"subnets": ["subnet-1"], "assignPublicIp": "ENABLED"}},
        "overrides": {"containerOverrides": [{"name": "agent", "command": ["migrate", "up"]}]},
    });
    assert_eq!(replay.only().json(), expected);
}

#[tokio::test]
async fn a_lost_answer_is_not_asked_for_again_and_each_refusal_has_its_meaning() {
    let none = json!({"tasks": [], "failures": [{"reason": "RESOURCE:MEMORY"}]});
    let taken = json_error(400, "ConflictException", "the token was used");
    let table = [
        (Reply::Lost, FaultName::Unavailable, ""),
        (answered(&none), FaultName::Refused, "RESOURCE:MEMORY"),
        (taken, FaultName::Conflict, "the token was used"),
    ];
    for (reply, name, says) in table {
        let (aws, replay) = Replay::new(vec![reply]);
        let fault = aws.run_task(&new_run()).await.expect_err("refused");
        assert_eq!(fault.name, name, "{fault}");
        assert!(fault.message.contains(says), "{fault}");
        replay.only();
    }
}

#[tokio::test]
async fn what_runs_and_what_has_stopped_is_found_by_its_family() {
    let list = |arn: &str| answered(&json!({"taskArns": [arn]}));
    let described = json!({"tasks": [{
        "taskArn": "arn:task/1", "startedBy": "windlass/d1/migrate/forward", "lastStatus": "STOPPED",
        "stopCode": "EssentialContainerExited", "stoppedReason": "Essential container in task exited",
        "startedAt": 1.7e9, "stoppedAt": 1_700_000_009.0,
        "containers": [{"name": "agent", "exitCode": 3}],
    }]});
    let (aws, replay) = Replay::new(vec![list("arn:task/1"), list("arn:task/1"), answered(&described)]);
    let known = ["arn:task/2".to_owned()];
    let runs = aws.runs("shop", "windlass-shop_prod_migrate", &known);
    let runs = runs.await.expect("listed");
    assert_eq!(runs.len(), 1);
    assert_eq!(runs[0].containers[0].exit_code, Some(3));
    assert_eq!(runs[0].started_by, "windlass/d1/migrate/forward");
    let took = runs[0].stopped.zip(runs[0].started);
    assert_eq!(took.map(|(to, from)| to.ms_since(from)), Some(9000));
    let sent = replay.sent();
    let asked: Vec<Value> = sent.iter().map(|one| one.json()["desiredStatus"].clone()).collect();
    assert_eq!(asked, [json!("RUNNING"), json!("STOPPED"), Value::Null]);
    assert_eq!(sent[0].json()["family"], "windlass-shop_prod_migrate");
    assert_eq!(sent[2].json()["tasks"], json!(["arn:task/1", "arn:task/2"]));
}

#[tokio::test]
async fn where_a_service_runs_its_tasks_is_read_as_it_is() {
    let service = json!({"services": [{
        "launchType": "FARGATE", "platformVersion": "LATEST",
        "networkConfiguration": {"awsvpcConfiguration": {
            "subnets": ["subnet-1"], "securityGroups": ["sg-1"], "assignPublicIp": "DISABLED",
        }},
    }]});
    let (aws, _) = Replay::new(vec![answered(&service)]);
    let launch = aws.launch("shop", "agent").await.expect("read");
    let network = launch.network.expect("a network");
    assert_eq!(network.security_groups, ["sg-1"]);
    assert!(!network.public_ip);
    assert_eq!(launch.platform.as_deref(), Some("LATEST"));
}

#[tokio::test]
async fn a_cluster_is_read_with_its_tags_and_an_inactive_one_is_none() {
    let cluster = |status: &str| {
        answered(&json!({"clusters": [{
            "clusterArn": "arn:cluster/jobs", "status": status,
            "tags": [{"key": "windlass:app", "value": "shop"}],
        }]}))
    };
    let none = json!({"clusters": [], "failures": [{"arn": "jobs", "reason": "MISSING"}]});
    let replies = vec![cluster("ACTIVE"), cluster("INACTIVE"), answered(&none)];
    let (aws, replay) = Replay::new(replies);
    let found = aws.cluster("jobs").await.expect("read");
    assert_eq!(found.tags["windlass:app"], "shop");
    assert_eq!(found.arn, "arn:cluster/jobs");
    for _ in 0..2 {
        let fault = aws.cluster("jobs").await.expect_err("none");
        assert_eq!(fault.name, FaultName::NotFound);
    }
    let asked = json!({"clusters": ["jobs"], "include": ["TAGS"]});
    assert_eq!(replay.sent()[0].json(), asked);
}
