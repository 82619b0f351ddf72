//! Other places: the role that is assumed, how often, and the endpoint of the calls then.

#![allow(clippy::expect_used, reason = "a test fails by panicking")]

use crate::replay::{Replay, Reply, Sent, reply, xml_error};
use windlass_domain::declaration::resolved::{Place, TargetRole};
use windlass_domain::text::fault::FaultName;
use windlass_engine::ports::{AssumeRole, LambdaApi, S3Api};

const ALIAS: &str = r#"{"FunctionVersion": "4", "RevisionId": "r"}"#;

fn place(environment: &str) -> Place {
    Place {
        region: Some("eu-central-1".into()),
        role: Some(TargetRole {
            arn: "arn:aws:iam::222222222222:role/windlass-target".into(),
            external_id: format!("shop/{environment}"),
            session_name: "3f9a".into(),
        }),
    }
}

fn assumed(key: &str) -> Reply {
    let body = format!(
        "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>{key}</AccessKeyId>\
         <SecretAccessKey>s</SecretAccessKey><SessionToken>token-of-{key}</SessionToken>\
         <Expiration>2100-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>"
    );
    reply(200, &[], body)
}

fn signed_with(sent: &Sent) -> &str {
    let authorization = sent.header("authorization").expect("it is signed");
    let credential = authorization.split("Credential=").nth(1).expect("by a key");
    credential.split(',').next().expect("of a scope")
}

#[tokio::test]
async fn the_role_is_assumed_with_its_external_id_and_the_deployment_as_session() {
    let (aws, replay) = Replay::new(vec![assumed("ASIAFAR"), reply(200, &[], ALIAS)]);
    let there = aws.at(&place("prod"));
    assert_eq!(replay.sent().len(), 0, "nothing is asked before it is needed");
    there.alias("shop-api", "live").await.expect("read");
    let [assume, call] = &replay.sent()[..] else {
        panic!("two requests: {:#?}", replay.sent());
    };
    let asked: Vec<(String, String)> = url::form_urlencoded::parse(assume.body.as_bytes()).into_owned().collect();
    for (name, value) in [
        ("Action", "AssumeRole"),
        ("RoleArn", "arn:aws:iam::222222222222:role/windlass-target"),
        ("ExternalId", "shop/prod"),
        ("RoleSessionName", "3f9a"),
    ] {
        assert!(asked.contains(&(name.into(), value.into())), "{name}: {asked:?}");
    }
    let by = signed_with(assume);
    assert!(by.starts_with("AKIAEXAMPLE/"), "by the function's own key: {by}");
    assert!(by.ends_with("/eu-west-1/sts/aws4_request"), "at home: {by}");
    let by = signed_with(call);
    assert!(by.starts_with("ASIAFAR/"), "with the role's rights: {by}");
    assert!(by.ends_with("/eu-central-1/lambda/aws4_request"), "there: {by}");
    assert_eq!(call.header("x-amz-security-token"), Some("token-of-ASIAFAR"));
    assert!(call.uri.starts_with("https://lambda.eu-central-1."), "{}", call.uri);
}

#[tokio::test]
async fn a_role_is_assumed_once_for_all_services_and_handles() {
    let (aws, replay) =
        Replay::new(vec![assumed("ASIAFAR"), reply(200, &[], ALIAS), reply(200, &[], "<VersioningConfiguration/>")]);
    aws.at(&place("prod")).alias("f", "live").await.expect("read");
    aws.clone().at(&place("prod")).keeps_versions("b").await.expect("read");
    let sent = replay.sent();
    assert_eq!(sent.len(), 3, "one of them to assume the role: {sent:#?}");
    assert_eq!(signed_with(&sent[1]).split('/').next(), Some("ASIAFAR"));
    assert_eq!(signed_with(&sent[2]).split('/').next(), Some("ASIAFAR"));
}

#[tokio::test]
async fn another_environment_never_gets_the_first_ones_credentials() {
    let (aws, replay) =
        Replay::new(vec![assumed("ASIAPROD"), reply(200, &[], ALIAS), assumed("ASIADEV"), reply(200, &[], ALIAS)]);
    aws.at(&place("prod")).alias("f", "live").await.expect("read");
    aws.at(&place("dev")).alias("f", "live").await.expect("read");
    let sent = replay.sent();
    assert!(sent[2].body.contains("ExternalId=shop%2Fdev"), "{}", sent[2].body);
    assert!(signed_with(&sent[3]).starts_with("ASIADEV/"));
}

#[tokio::test]
async fn at_home_the_functions_own_credentials_are_used() {
    let (aws, replay) = Replay::new(vec![reply(200, &[], ALIAS), reply(200, &[], ALIAS)]);
    let there = aws.at(&place("prod"));
    there.at(&Place::default()).alias("f", "live").await.expect("read");
    let region_only = Place { role: None, ..place("prod") };
    aws.at(&region_only).alias("f", "live").await.expect("read");
    let sent = replay.sent();
    let by: Vec<&str> = sent.iter().map(signed_with).collect();
    assert!(by[0].starts_with("AKIAEXAMPLE/") && by[0].contains("/eu-west-1/"), "{by:?}");
    assert!(by[1].starts_with("AKIAEXAMPLE/") && by[1].contains("/eu-central-1/"), "{by:?}");
}

#[tokio::test]
async fn a_role_that_may_not_be_assumed_is_access_denied() {
    let (aws, _) = Replay::new(vec![xml_error(403, "AccessDenied")]);
    let there = aws.at(&place("prod"));
    let fault = there.alias("f", "live").await.expect_err("denied");
    assert_eq!(fault.name, FaultName::AccessDenied, "{fault}");
    assert!(fault.message.contains("AssumeRole"), "{fault}");
}

#[tokio::test]
async fn a_bucket_of_another_region_is_reported_with_its_region() {
    let headers = [("x-amz-bucket-region", "us-east-1")];
    let moved = "<Error><Code>PermanentRedirect</Code><Message>elsewhere</Message></Error>";
    let (aws, _) = Replay::new(vec![reply(301, &headers, ""), reply(301, &headers, moved)]);
    let object = windlass_engine::ports::ObjectId { bucket: "b".into(), key: "k".into(), version_id: None };
    for fault in
        [aws.head(&object).await.expect_err("elsewhere"), aws.keeps_versions("b").await.expect_err("elsewhere")]
    {
        assert_eq!(fault.name, FaultName::Refused, "{fault}");
        let wanted = "the bucket is in us-east-1, and it was asked for in another region: set AWS_REGION";
        assert!(fault.message.contains(wanted), "{fault}");
    }
}
