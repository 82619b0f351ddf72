//! Every error of AWS as a fault, and how often a call is tried.

#![allow(clippy::expect_used, clippy::similar_names, reason = "a test fails by panicking")]

use crate::replay::{Replay, Reply, json_error, reply};
use bytes::Bytes;
use serde_json::json;
use std::time::Duration;
use windlass_aws::Aws;
use windlass_domain::declaration::resolved::Place;
use windlass_domain::text::fault::{Fact, Fault, FaultName};
use windlass_engine::ports::{
    AssumeRole, CloudFrontApi, Code, CopySource, EcrApi, EcsApi, EventBridgeApi, LambdaApi, ObjectId, PutOptions,
    Replaces, Result, S3Api, StepFunctionsApi, Upload,
};

async fn fault_of(status: u16, code: &str) -> Fault {
    fault_about("shop-api", status, code, "said AWS").await
}

async fn fault_about(function: &str, status: u16, code: &str, message: &str) -> Fault {
    // Three of them: throttles and AWS's own errors are tried again.
    let answers = (0..3).map(|_| json_error(status, code, message)).collect();
    let (aws, _) = Replay::new(answers);
    aws.alias(function, "live").await.expect_err("an error was answered")
}

#[tokio::test]
async fn codes_have_one_meaning() {
    let table = [
        (400, "ThrottlingException", FaultName::Throttled),
        (429, "TooManyRequestsException", FaultName::Throttled),
        (400, "RequestLimitExceeded", FaultName::Throttled),
        (400, "LimitExceededException", FaultName::Throttled),
        (400, "ExecutionLimitExceeded", FaultName::Refused),
        (403, "AccessDeniedException", FaultName::AccessDenied),
        (403, "UnrecognizedClientException", FaultName::AccessDenied),
        (404, "ResourceNotFoundException", FaultName::NotFound),
        (412, "PreconditionFailedException", FaultName::Conflict),
        (409, "ResourceConflictException", FaultName::Conflict),
        (500, "ServiceException", FaultName::Unavailable),
        (503, "ServiceUnavailable", FaultName::Unavailable),
        (400, "InvalidParameterValueException", FaultName::Refused),
        (400, "SomethingNovel", FaultName::Refused),
    ];
    for (status, code, name) in table {
        let fault = fault_of(status, code).await;
        assert_eq!(fault.name, name, "{status} {code}: {fault}");
    }
}

#[tokio::test]
async fn what_aws_says_of_credentials_is_a_fact_and_the_name_of_a_resource_is_none() {
    let table = [
        (400, "ExpiredTokenException", "no", Some(Fact::ExpiredCredentials)),
        (403, "x", "The security token included in the request is expired", Some(Fact::ExpiredCredentials)),
        (400, "UnrecognizedClientException", "no", Some(Fact::UnknownKey)),
        (403, "x", "The security token included in the request is invalid.", Some(Fact::UnknownKey)),
        (403, "InvalidSignatureException", "Signature expired: 1 is now earlier than 2", Some(Fact::WrongClock)),
        (403, "InvalidSignatureException", "The request signature we calculated differs", Some(Fact::WrongSecret)),
        (404, "NoSuchBucket", "no", Some(Fact::NoBucket)),
        (403, "AccessDeniedException", "no", None),
        (404, "ResourceNotFoundException", "no", None),
    ];
    for (status, code, message, fact) in table {
        let fault = fault_about("expired-token-NoSuchBucket", status, code, message).await;
        assert_eq!(fault.fact, fact, "{status} {code}: {fault}");
    }
}

#[tokio::test]
async fn a_message_names_call_resource_code_and_request() {
    let fault = fault_of(403, "AccessDeniedException").await;
    let expected = "GetAlias shop-api:live: AWS answered AccessDeniedException: said AWS (request request-7)";
    assert_eq!(fault.message, expected);
}

/// Safety: retries: A read is sent three times, and a switching call once.
#[tokio::test]
async fn reading_is_tried_again_and_switching_is_not() {
    let throttles = || (0..9).map(|_| json_error(429, "TooManyRequestsException", "slow")).collect();
    let (aws, replay) = Replay::new(throttles());
    aws.alias("f", "live").await.expect_err("throttled");
    assert_eq!(replay.sent().len(), 3);
    let (aws, replay) = Replay::new(throttles());
    aws.update_alias("f", "live", "4", &[], "r").await.expect_err("throttled");
    assert_eq!(replay.sent().len(), 1);
}

/// Safety: retries: What AWS refuses all the time is sent once by each further call of the process, so tries add up and
/// do not multiply.
#[tokio::test]
async fn what_aws_refuses_all_the_time_is_sent_once_by_each_further_call() {
    let throttled = || json_error(429, "TooManyRequestsException", "slow");
    let alias = || reply(200, &[], r#"{"FunctionVersion": "4", "RevisionId": "r"}"#);
    let mut replies: Vec<Reply> = (0..5).map(|_| throttled()).collect();
    replies.extend([alias(), throttled(), alias()]);
    let (aws, replay) = Replay::new(replies);
    for sent in [3, 4, 5] {
        aws.alias("f", "live").await.expect_err("throttled");
        assert_eq!(replay.sent().len(), sent);
    }
    // Once it has succeeded it is tried again as before; other operations were not concerned.
    for sent in [6, 8] {
        aws.alias("f", "live").await.expect("the alias");
        assert_eq!(replay.sent().len(), sent);
    }
    let (aws, replay) = Replay::new((0..6).map(|_| throttled()).collect());
    aws.alias("f", "live").await.expect_err("throttled");
    aws.function("f", None).await.expect_err("throttled");
    assert_eq!(replay.sent().len(), 6);
}

/// Safety: retries: A definite refusal is an answer: after it a call is tried three times again.
#[tokio::test]
async fn a_definite_refusal_is_an_answer() {
    let throttled = || json_error(429, "TooManyRequestsException", "slow");
    let gone = || json_error(404, "ResourceNotFoundException", "gone");
    // The refusal comes at the second try: AWS answers, and the next call is tried as often as ever.
    let replies = vec![Reply::Lost, gone(), throttled(), throttled(), throttled()];
    let (aws, replay) = Replay::new(replies);
    for sent in [2, 5] {
        let _ = aws.alias("f", "live").await;
        assert_eq!(replay.sent().len(), sent);
    }
    // The refusal comes after the operation was throttled all the time.
    let mut replies: Vec<Reply> = (0..4).map(|_| throttled()).collect();
    replies.extend([gone(), throttled(), gone()]);
    let (aws, replay) = Replay::new(replies);
    for sent in [3, 4, 5, 7] {
        let _ = aws.alias("f", "live").await;
        assert_eq!(replay.sent().len(), sent);
    }
}

/// Safety: retries: What AWS has refused is forgotten two minutes after the last time.
#[tokio::test]
async fn what_aws_refused_is_forgotten_after_two_minutes() {
    let throttled = |_| json_error(429, "TooManyRequestsException", "slow");
    for (seconds, sent) in [(0, 4), (119, 4), (120, 6), (86_400, 6), (-1, 6)] {
        let (aws, replay) = Replay::new((0..9).map(throttled).collect());
        aws.alias("f", "live").await.expect_err("throttled");
        assert_eq!(replay.sent().len(), 3);
        replay.pass_seconds(seconds);
        aws.alias("f", "live").await.expect_err("throttled");
        assert_eq!(replay.sent().len(), sent, "{seconds} s");
    }
    // Each refusal renews it.
    let (aws, replay) = Replay::new((0..9).map(throttled).collect());
    for sent in [3, 4, 5] {
        aws.alias("f", "live").await.expect_err("throttled");
        assert_eq!(replay.sent().len(), sent);
        replay.pass_seconds(100);
    }
}

/// A call to which AWS never answers: how long it was waited for, and that it was sent once.
async fn given_up<T: std::fmt::Debug>(call: impl AsyncFnOnce(Aws) -> Result<T>) -> Duration {
    let (aws, replay) = Replay::new(vec![Reply::Silence]);
    let fault = call(aws).await.expect_err("nothing was answered");
    assert_eq!(fault.name, FaultName::Unavailable);
    replay.only();
    replay.gave_up_after().expect("a limit")
}

fn source() -> CopySource {
    let object = ObjectId { bucket: "b".into(), key: "k".into(), version_id: Some("1".into()) };
    CopySource { object, etag: None }
}

fn upload() -> Upload {
    Upload { bucket: "b".into(), key: "k".into(), id: "u".into() }
}

/// Safety: limits: A switching call that is not answered is given up within 10 s, and not sent again.
#[tokio::test]
async fn a_switching_call_that_is_not_answered_is_given_up_within_its_open_call() {
    let switching = Duration::from_secs(10);
    let image = async |aws: Aws| {
        let code = Code::Image("r@sha256:1".into());
        aws.update_code("f", code, None, "r").await
    };
    assert_eq!(given_up(image).await, switching);
    let alias = async |aws: Aws| aws.update_alias("f", "live", "4", &[], "r").await;
    assert_eq!(given_up(alias).await, switching);
    let service = async |aws: Aws| aws.update_service("c", "s", "agent:8").await;
    assert_eq!(given_up(service).await, switching);
    // A site in place: the caller gives the limit, because one change has many such writes.
    let within = Duration::from_secs(4);
    let once = |aws: &Aws| aws.at(&Place::default()).sent_once(4_000);
    let options = PutOptions::default();
    let put = async |aws: Aws| once(&aws).put("b", "k", Bytes::new(), &options).await;
    assert_eq!(given_up(put).await, within);
    let (from, upload, seen) = (source(), upload(), Replaces::ETag("e".into()));
    let copy = async |aws: Aws| once(&aws).copy(&from, "b", "k", &seen).await;
    assert_eq!(given_up(copy).await, within);
    let delete = async |aws: Aws| once(&aws).delete("b", "k", &seen).await;
    assert_eq!(given_up(delete).await, within);
    let complete = async |aws: Aws| once(&aws).complete_upload(&upload, &[], &seen).await;
    assert_eq!(given_up(complete).await, within);
    // A distribution is read once more first, when the change is recorded as open already.
    let look = async |aws: Aws| aws.set_origin_path("D1", "E1", "site", "/1").await;
    assert_eq!(given_up(look).await, Duration::from_secs(2));
}

#[tokio::test]
async fn no_answer_is_unavailable() {
    let (aws, _) = Replay::new(vec![Reply::Lost, Reply::Lost, Reply::Lost]);
    let fault = aws.alias("f", "live").await.expect_err("lost");
    assert_eq!(fault.name, FaultName::Unavailable);
    assert!(fault.message.contains("no answer"), "{fault}");
    assert!(!fault.message.contains("it may have been done"), "{fault}");
    let (aws, _) = Replay::new(vec![Reply::Lost, Reply::Lost, Reply::Lost]);
    let fault = aws.start("shop-prod-1", &json!({})).await;
    let fault = fault.expect_err("lost");
    assert!(fault.message.contains("it may have been done"), "{fault}");
}

#[tokio::test]
async fn an_execution_that_exists_counts_as_started() {
    let (aws, replay) = Replay::new(vec![json_error(400, "ExecutionAlreadyExists", "exists")]);
    let arn = aws.start("shop-prod-1", &json!({"a": 1})).await;
    let expected = "arn:aws:states:eu-west-1:111111111111:execution:w-release:shop-prod-1";
    assert_eq!(arn.as_deref(), Ok(expected));
    let sent = replay.only().json();
    assert_eq!((&sent["name"], &sent["input"]), (&json!("shop-prod-1"), &json!("{\"a\":1}")));
}

#[tokio::test]
async fn an_execution_that_is_gone_is_none_and_a_task_that_is_gone_is_not_answered() {
    let (aws, _) = Replay::new(vec![
        json_error(400, "ExecutionDoesNotExist", "gone"),
        json_error(400, "TaskTimedOut", "gone"),
        json_error(400, "TaskDoesNotExist", "gone"),
    ]);
    let gone = "arn:aws:states:eu-west-1:111111111111:execution:w-release:gone";
    assert_eq!(aws.execution(gone).await, Ok(None));
    assert_eq!(aws.succeed_task("t", &json!({})).await, Ok(false));
    assert_eq!(aws.succeed_task("t", &json!({})).await, Ok(false));
}

#[tokio::test]
async fn an_event_that_the_bus_refuses_is_a_fault_although_the_call_succeeds() {
    let answer = json!({"FailedEntryCount": 1, "Entries": [{"ErrorCode": "ThrottlingException"}]});
    let (aws, replay) = Replay::new(vec![reply(200, &[], answer.to_string())]);
    let fault = aws.put_event("Deployment Ended", &json!({"id": 1})).await.expect_err("refused");
    assert_eq!(fault.name, FaultName::Throttled);
    let entry = replay.only().json()["Entries"][0].clone();
    let expected = json!({
        "EventBusName": "w",
        "Source": "windlass",
        "DetailType": "Deployment Ended",
        "Detail": "{\"id\":1}",
    });
    assert_eq!(entry, expected);
}

#[tokio::test]
async fn an_index_names_its_platforms() {
    let digest = |c: &str| format!("sha256:{}", c.repeat(64));
    let index = json!({"mediaType": "application/vnd.oci.image.index.v1+json", "manifests": [
        {"digest": digest("a"), "platform": {"os": "linux", "architecture": "arm64"}},
        {"digest": digest("b"), "platform": {"os": "unknown", "architecture": "unknown"}},
    ]});
    let batch = json!({"images": [{
        "imageId": {"imageDigest": digest("c")},
        "imageManifest": index.to_string(),
        "imageManifestMediaType": "application/vnd.oci.image.index.v1+json",
    }]});
    let details = json!({"imageDetails": [{"imageTags": ["1.0.0", "stable"]}]});
    let uri = "111111111111.dkr.ecr.eu-west-1.amazonaws.com/shop/agent";
    let (aws, replay) = Replay::new(vec![
        reply(200, &[], repository(uri)),
        reply(200, &[], batch.to_string()),
        reply(200, &[], details.to_string()),
    ]);
    let image = aws.image(uri, "1.0.0").await.expect("read").expect("there");
    assert_eq!(image.repository_uri, uri);
    assert_eq!(image.digest.as_str(), "c".repeat(64));
    assert_eq!(image.platforms.len(), 1);
    let platform = &image.platforms[0];
    assert_eq!(platform.digest.as_str(), "a".repeat(64));
    assert_eq!((platform.os.as_str(), platform.architecture.as_str()), ("linux", "arm64"));
    assert_eq!(image.tags, ["1.0.0", "stable"]);
    let asked = &replay.sent()[1].json();
    assert_eq!(asked["repositoryName"], "shop/agent");
    assert_eq!(asked["imageIds"], json!([{"imageTag": "1.0.0"}]));
}

#[tokio::test]
async fn a_repositorys_tags_are_read_by_its_arn() {
    let arn = "arn:aws:ecr:eu-west-1:111111111111:repository/team/ledger";
    let found = json!({"repositories": [{"repositoryArn": arn, "repositoryName": "team/ledger"}]});
    let tags = json!({"tags": [{"Key": "windlass:app", "Value": "bank"}]});
    let (aws, replay) = Replay::new(vec![
        reply(200, &[], found.to_string()),
        reply(200, &[], tags.to_string()),
        json_error(400, "RepositoryNotFoundException", "no"),
    ]);
    let read = aws.repository_tags("team/ledger").await.expect("answered");
    let read = read.expect("there is one");
    assert_eq!(read["windlass:app"], "bank");
    assert_eq!(replay.sent()[1].json()["resourceArn"], arn);
    assert_eq!(aws.repository_tags("team/none").await, Ok(None));
}

#[tokio::test]
async fn whether_a_repositorys_tags_may_be_moved_is_read_as_it_stands_there() {
    let mutability = "IMMUTABLE_WITH_EXCLUSION";
    let found = json!({"repositories": [{"imageTagMutability": mutability}]});
    let (aws, _) =
        Replay::new(vec![reply(200, &[], found.to_string()), json_error(400, "RepositoryNotFoundException", "no")]);
    let read = aws.tag_mutability("shop/agent").await;
    assert_eq!(read, Ok(Some(mutability.to_owned())));
    assert_eq!(aws.tag_mutability("shop/none").await, Ok(None));
}

#[tokio::test]
async fn an_image_that_is_not_there_is_none() {
    let failures = json!({"images": [], "failures": [{"failureCode": "ImageNotFound"}]});
    let uri = "111111111111.dkr.ecr.eu-west-1.amazonaws.com/shop/agent";
    let (aws, _) = Replay::new(vec![
        reply(200, &[], repository(uri)),
        reply(200, &[], failures.to_string()),
        reply(200, &[], repository(uri)),
        json_error(400, "RepositoryNotFoundException", "gone since"),
        json_error(400, "RepositoryNotFoundException", "none"),
    ]);
    for _ in 0..3 {
        assert_eq!(aws.image(uri, "1").await, Ok(None));
    }
}

/// Safety: tenancy: An image comes from the registry that answers its URI, and not from where the caller says.
#[tokio::test]
async fn an_images_uri_is_what_the_registry_answers_and_not_what_the_caller_wrote() {
    let uri = "111111111111.dkr.ecr.eu-west-1.amazonaws.com/shop/agent";
    let manifest = json!({"images": [{
        "imageId": {"imageDigest": format!("sha256:{}", "c".repeat(64))},
        "imageManifest": "{}",
    }]});
    let (aws, replay) = Replay::new(vec![
        reply(200, &[], repository(uri)),
        reply(200, &[], manifest.to_string()),
        reply(200, &[], json!({"imageDetails": []}).to_string()),
    ]);
    let image = aws.image("elsewhere.example/shop/agent", "1").await;
    assert_eq!(image.expect("read").expect("there").repository_uri, uri);
    assert_eq!(replay.sent()[0].json()["repositoryNames"], json!(["shop/agent"]));
}

/// The answer of `DescribeRepositories`.
fn repository(uri: &str) -> String {
    json!({"repositories": [{"repositoryUri": uri}]}).to_string()
}
