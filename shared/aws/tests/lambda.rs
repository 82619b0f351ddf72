//! Lambda: conditions, weights, and the digest of the configuration that a version freezes.

#![allow(clippy::expect_used, clippy::similar_names, reason = "a test fails by panicking")]

use crate::replay::{Replay, Reply, json_error, reply};
use serde_json::{Value, json};
use windlass_domain::text::fault::FaultName;
use windlass_engine::ports::{Code, CodeRoom, LambdaApi, NOT_READY};

fn ok(body: &Value) -> Reply {
    reply(200, &[("content-type", "application/json")], body.to_string())
}

fn configuration() -> Value {
    json!({
        "FunctionArn": "arn:aws:lambda:eu-west-1:111111111111:function:f",
        "Version": "$LATEST",
        "CodeSha256": "sha=",
        "CodeSize": 7,
        "RevisionId": "r1",
        "LastModified": "2026-11-20T14:00:00.000+0000",
        "State": "Active",
        "LastUpdateStatus": "Failed",
        "LastUpdateStatusReason": "no memory",
        "LastUpdateStatusReasonCode": "InsufficientCapacity",
        "PackageType": "Zip",
        "MemorySize": 256,
        "Environment": {"Variables": {"A": "1"}},
        "VpcConfig": {"SubnetIds": ["b", "a"], "SecurityGroupIds": [], "VpcId": ""},
        "SnapStart": {"ApplyOn": "None", "OptimizationStatus": "Off"},
    })
}

async fn read(configuration: &Value) -> windlass_engine::ports::Function {
    let code = json!({"Location": "https://code", "SourceKMSKeyArn": "arn:aws:kms:eu-west-1:111111111111:key/k"});
    let reserved = json!({"ReservedConcurrentExecutions": 0});
    let document = json!({"Configuration": configuration, "Code": code, "Concurrency": reserved});
    let (aws, _) = Replay::new(vec![ok(&document)]);
    aws.function("f", None).await.expect("read")
}

#[tokio::test]
async fn a_function_is_read() {
    let function = read(&configuration()).await;
    assert_eq!(function.state, "Active");
    assert_eq!(function.last_update, "Failed");
    assert_eq!((function.reason.as_str(), function.reason_code.as_str()), ("no memory", "InsufficientCapacity"));
    assert_eq!(function.architecture, "x86_64");
    assert_eq!(function.code_bytes, 7);
    assert_eq!(function.code_location.as_deref(), Some("https://code"));
    assert!(function.code_key.unwrap_or_default().ends_with("key/k"));
    assert_eq!((function.reserved, function.replica_of), (Some(0), None));
}

#[tokio::test]
async fn the_reason_is_that_of_what_failed() {
    for (state, last_update, wanted) in [
        ("Inactive", "Failed", ("no address", "EniLimitExceeded")),
        ("Active", "Failed", ("no address", "EniLimitExceeded")),
        ("Failed", "Failed", ("long unused", "Idle")),
        ("Inactive", "Successful", ("long unused", "Idle")),
    ] {
        let mut shown = configuration();
        for (member, value) in [
            ("State", state),
            ("StateReason", "long unused"),
            ("StateReasonCode", "Idle"),
            ("LastUpdateStatus", last_update),
            ("LastUpdateStatusReason", "no address"),
            ("LastUpdateStatusReasonCode", "EniLimitExceeded"),
        ] {
            shown[member] = value.into();
        }
        let function = read(&shown).await;
        assert_eq!((function.reason.as_str(), function.reason_code.as_str()), wanted, "{state} {last_update}");
    }
}

#[tokio::test]
async fn what_a_function_begins_with_is_read() {
    let variables = |names: Value| json!({"Environment": {"Variables": names}});
    let table = [
        (json!({}), false),
        (json!({"Layers": []}), false),
        (json!({"Layers": null, "Environment": null}), false),
        (variables(json!({"A": "PYTHONPATH", "LOG": "1"})), false),
        (json!({"Layers": [{"Arn": "l:1"}]}), true),
        (variables(json!({"A": "1", "PYTHONPATH": "/var/task/src"})), true),
        (variables(json!({"AWS_LAMBDA_EXEC_WRAPPER": "/opt/bootstrap"})), true),
        (json!({"Environment": {"Error": {"ErrorCode": "AccessDeniedException"}}}), true),
    ];
    for (members, has_more_code) in table {
        let mut document = configuration();
        document["Runtime"] = json!("python3.13");
        document["Handler"] = json!("src/index.handler");
        for (name, value) in members.as_object().expect("members") {
            document[name] = value.clone();
        }
        let function = read(&document).await;
        assert_eq!((function.runtime.as_str(), function.handler.as_str()), ("python3.13", "src/index.handler"));
        assert_eq!(function.has_more_code, has_more_code, "{members}");
    }
    let image = read(&configuration()).await;
    assert_eq!((image.runtime.as_str(), image.handler.as_str(), image.has_more_code), ("", "", false));
}

#[tokio::test]
async fn the_digest_sees_what_is_frozen_and_nothing_else() {
    let known = read(&configuration()).await.configuration;
    let with = |name: &str, value: Value| {
        let mut changed = configuration();
        changed[name] = value;
        changed
    };
    let version = with("FunctionArn", json!("arn:aws:lambda:eu-west-1:111111111111:function:f:4"));
    for same in [
        version,
        with("Version", json!("4")),
        with("RevisionId", json!("r2")),
        with("CodeSha256", json!("other=")),
        with("Description", json!("windlass 3f9a")),
        with("State", json!("Pending")),
        with("SnapStart", json!({"ApplyOn": "None", "OptimizationStatus": "On"})),
        with("VpcConfig", json!({"SubnetIds": ["a", "b"]})),
        with("NovelState", json!("moves")),
        with("Layers", json!([])),
        with("KMSKeyArn", Value::Null),
    ] {
        assert_eq!(read(&same).await.configuration, known, "{same}");
    }
    for other in [
        with("MemorySize", json!(512)),
        with("Environment", json!({"Variables": {"A": "2"}})),
        with("Layers", json!([{"Arn": "l:1"}])),
        with("VpcConfig", json!({"SubnetIds": ["a"]})),
        with("SnapStart", json!({"ApplyOn": "PublishedVersions"})),
        with("Role", json!("r")),
    ] {
        assert_ne!(read(&other).await.configuration, known, "{other}");
    }
}

#[tokio::test]
async fn no_weights_are_sent_as_no_weights() {
    let alias = json!({"FunctionVersion": "4", "RevisionId": "r2"});
    let (aws, replay) = Replay::new(vec![ok(&alias), ok(&alias)]);
    aws.update_alias("f", "live", "4", &[], "r1").await.expect("set");
    aws.update_alias("f", "live", "4", &[("5".into(), "0.1".into())], "r1").await.expect("set");
    let sent = replay.sent();
    let expected =
        json!({"FunctionVersion": "4", "RevisionId": "r1", "RoutingConfig": {"AdditionalVersionWeights": {}}});
    assert_eq!(sent[0].json(), expected);
    assert_eq!(sent[1].json()["RoutingConfig"]["AdditionalVersionWeights"], json!({"5": 0.1}));
}

#[tokio::test]
async fn an_update_of_code_has_its_condition_and_pins_the_object() {
    let (aws, replay) = Replay::new(vec![ok(&configuration())]);
    let code = Code::Object { bucket: "b".into(), key: "k.zip".into(), version_id: "v".into() };
    let updated = aws.update_code("f", code, Some("a key"), "r1").await;
    updated.expect("updated");
    let expected = json!({"S3Bucket": "b", "S3Key": "k.zip", "S3ObjectVersion": "v", "RevisionId": "r1", "SourceKMSKeyArn": "a key"});
    assert_eq!(replay.only().json(), expected);
}

#[tokio::test]
async fn publishing_other_code_than_meant_is_a_conflict() {
    let message = "CodeSHA256 (a) is different from current CodeSHA256 in $LATEST (b). Please try again with the CodeSHA256 in $LATEST.";
    let (aws, replay) = Replay::new(vec![json_error(400, "InvalidParameterValueException", message)]);
    let fault = aws.publish_version("f", "a", "r1", "windlass 3f9a").await.expect_err("other");
    assert_eq!(fault.name, FaultName::Conflict);
    let expected = json!({"CodeSha256": "a", "RevisionId": "r1", "Description": "windlass 3f9a"});
    assert_eq!(replay.only().json(), expected);
}

#[tokio::test]
async fn versions_come_oldest_first_from_all_pages() {
    let version = |number: &str| json!({"Version": number, "FunctionArn": "arn:f", "CodeSha256": number});
    let first = json!({"Versions": [version("$LATEST"), version("10")], "NextMarker": "m"});
    let second = json!({"Versions": [version("9"), version("2")], "NextMarker": ""});
    let (aws, replay) = Replay::new(vec![ok(&first), ok(&second)]);
    let versions = aws.versions("f").await.expect("listed");
    let numbers: Vec<&str> = versions.iter().map(|f| f.version.as_str()).collect();
    assert_eq!(numbers, ["2", "9", "10"]);
    assert_eq!(versions[0].arn, "arn:f:2");
    assert!(replay.sent()[1].uri.contains("Marker=m"));
}

#[tokio::test]
async fn an_invocation_that_failed_is_returned_as_data() {
    let failed = reply(200, &[("x-amz-function-error", "Unhandled")], "{\"errorMessage\":\"x\"}");
    let (aws, replay) = Replay::new(vec![failed]);
    let invoked = aws.invoke("f", "4", &json!({"a": 1})).await.expect("invoked");
    assert_eq!(invoked.error.as_deref(), Some("Unhandled"));
    assert_eq!(invoked.payload, json!({"errorMessage": "x"}));
    assert!(replay.only().uri.contains("Qualifier=4"));
}

#[tokio::test]
async fn a_function_that_cannot_run_yet_is_no_failure() {
    for code in NOT_READY {
        for status in [408, 409, 502] {
            let (aws, _) = Replay::new(vec![json_error(status, code, "wait")]);
            let fault = aws.invoke("f", "4", &json!({})).await.expect_err(code);
            assert_eq!(fault.name, FaultName::StillInProgress, "{code} {status}");
            assert!(fault.message.contains(code), "{fault}");
        }
    }
    let (aws, _) = Replay::new(vec![json_error(502, "InvalidZipFileException", "no")]);
    let fault = aws.invoke("f", "4", &json!({})).await.expect_err("refused");
    assert_ne!(fault.name, FaultName::StillInProgress);
}

#[tokio::test]
async fn provisioned_concurrency_that_failed_is_reported() {
    let failed =
        json!({"RequestedProvisionedConcurrentExecutions": 3, "Status": "FAILED", "StatusReason": "no capacity"});
    let (aws, _) = Replay::new(vec![ok(&failed)]);
    let provisioned = aws.provisioned("f", "live").await.expect("read");
    let provisioned = provisioned.expect("configured");
    assert_eq!((provisioned.status.as_str(), provisioned.reason.as_str()), ("FAILED", "no capacity"));
}

#[tokio::test]
async fn the_room_for_code_is_read_and_never_guessed() {
    let limit = json!({"TotalCodeSize": 80_530_636_800_u64, "CodeSizeUnzipped": 1, "CodeSizeZipped": 1, "ConcurrentExecutions": 10});
    let sizes = json!({"AccountLimit": limit, "AccountUsage": {"TotalCodeSize": 4_096, "FunctionCount": 2}});
    let (aws, calls) = Replay::new(vec![ok(&sizes), ok(&json!({}))]);
    let room = CodeRoom { used: 4_096, total: 80_530_636_800 };
    assert_eq!(aws.code_room().await, Ok(room));
    let sent = calls.sent();
    assert!(sent[0].uri.ends_with("/2016-08-19/account-settings"), "{}", sent[0].uri);
    let fault = aws.code_room().await.expect_err("no sizes");
    assert_eq!(fault.name, FaultName::Unavailable);
}

#[tokio::test]
async fn only_a_code_signing_configuration_that_enforces_refuses_code() {
    let arn = "arn:aws:lambda:eu-west-1:111111111111:code-signing-config:csc-0f6c334abcdea4d8b";
    let of = |arn: &str| ok(&json!({"FunctionName": "f", "CodeSigningConfigArn": arn}));
    let (aws, calls) = Replay::new(vec![of("")]);
    assert_eq!(aws.takes_only_signed("f").await, Ok(false), "it has none");
    assert_eq!(calls.sent().len(), 1);
    for (policy, only) in [("Enforce", true), ("Warn", false), ("Another", false)] {
        let policies = json!({"UntrustedArtifactOnDeployment": policy});
        let config = json!({"CodeSigningConfigArn": arn, "CodeSigningConfigId": "csc-0f6c334abcdea4d8b",
            "LastModified": "2026-11-20T14:00:00.000+0000", "CodeSigningPolicies": policies});
        let (aws, _) = Replay::new(vec![of(arn), ok(&json!({"CodeSigningConfig": config}))]);
        assert_eq!(aws.takes_only_signed("f").await, Ok(only), "{policy}");
    }
}

#[tokio::test]
async fn no_provisioned_concurrency_is_none() {
    let none = json_error(404, "ProvisionedConcurrencyConfigNotFoundException", "none");
    let (aws, _) = Replay::new(vec![none]);
    assert_eq!(aws.provisioned("f", "live").await, Ok(None));
}
