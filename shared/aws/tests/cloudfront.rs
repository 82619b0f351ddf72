//! CloudFront: one text is changed, and the very XML goes back.

#![allow(clippy::expect_used, clippy::similar_names, reason = "a test fails by panicking")]

use crate::replay::{Replay, Reply, reply, xml_error};
use std::time::Duration;
use windlass_domain::text::fault::FaultName;
use windlass_engine::ports::CloudFrontApi;

const CONFIG: &str = r#"<?xml version="1.0"?>
<DistributionConfig xmlns="http://cloudfront.amazonaws.com/doc/2020-05-31/"><CallerReference>c</CallerReference>
<Origins><Quantity>1</Quantity><Items><Origin><Id>site</Id><DomainName>b.s3.amazonaws.com</DomainName><OriginPath>/1.0.0</OriginPath><NovelShield mode="x">&lt;kept&gt;</NovelShield></Origin></Items></Origins>
<DefaultCacheBehavior><TargetOriginId>site</TargetOriginId><ViewerProtocolPolicy>allow-all</ViewerProtocolPolicy></DefaultCacheBehavior>
<Comment>a &amp; b</Comment><Enabled>true</Enabled><NovelMember><Deep>1</Deep></NovelMember></DistributionConfig>"#;

/// Safety: shape: Fields of a distribution that this build's SDK does not know go back as they came.
#[tokio::test]
async fn what_this_sdk_does_not_know_goes_back_as_it_came() {
    let (aws, replay) = Replay::new(vec![reply(200, &[("etag", "E1")], CONFIG), reply(200, &[("etag", "E2")], "")]);
    let set = aws.set_origin_path("D1", "E1", "site", "/1.1.0").await;
    assert_eq!(set, Ok(()));
    let sent = replay.sent();
    assert_eq!(sent.len(), 2);
    assert_eq!(sent[1].method, "PUT");
    assert!(sent[1].uri.ends_with("/2020-05-31/distribution/D1/config"), "{}", sent[1].uri);
    assert_eq!(sent[1].header("if-match"), Some("E1"));
    assert_eq!(sent[1].body, CONFIG.replace("/1.0.0", "/1.1.0"));
    let length = sent[1].body.len().to_string();
    assert_eq!(sent[1].header("content-length"), Some(length.as_str()));
}

#[tokio::test]
async fn a_stale_etag_is_a_conflict_and_nothing_is_sent() {
    let (aws, replay) = Replay::new(vec![reply(200, &[("etag", "E9")], CONFIG)]);
    let fault = aws.set_origin_path("D1", "E1", "site", "/1.1.0").await.expect_err("stale");
    assert_eq!(fault.name, FaultName::Conflict);
    assert_eq!(replay.only().method, "GET");
}

/// Safety: limits: A change of a distribution that is not answered is given up within its open call, with what is read
/// before it.
#[tokio::test]
async fn a_change_that_is_not_answered_is_given_up_within_its_open_call() {
    let (aws, replay) = Replay::new(vec![reply(200, &[("etag", "E1")], CONFIG), Reply::Silence]);
    let fault = aws.set_origin_path("D1", "E1", "site", "/1.1.0").await.expect_err("nothing was answered");
    assert_eq!(fault.name, FaultName::Unavailable);
    assert_eq!(replay.sent().len(), 2);
    assert_eq!(replay.gave_up_after(), Some(Duration::from_secs(10)));
}

#[tokio::test]
async fn a_change_in_between_is_a_conflict() {
    let (aws, _) = Replay::new(vec![reply(200, &[("etag", "E1")], CONFIG), xml_error(412, "PreconditionFailed")]);
    let fault = aws.set_origin_path("D1", "E1", "site", "/1.1.0").await.expect_err("stale");
    assert_eq!(fault.name, FaultName::Conflict);
}

#[tokio::test]
async fn an_origin_that_is_not_there_is_refused_before_anything_is_sent() {
    let (aws, replay) = Replay::new(vec![reply(200, &[("etag", "E1")], CONFIG)]);
    let fault = aws.set_origin_path("D1", "E1", "other", "/1.1.0").await.expect_err("none");
    assert_eq!(fault.name, FaultName::Refused);
    assert!(fault.message.contains("there is no origin other"), "{fault}");
    replay.only();
}

#[tokio::test]
async fn an_invalidation_has_its_reference() {
    let made = "<Invalidation><Id>I1</Id><Status>InProgress</Status><CreateTime>2026-11-20T14:00:00Z</CreateTime></Invalidation>";
    let (aws, replay) = Replay::new(vec![reply(201, &[], made), reply(200, &[], made)]);
    let id = aws.invalidate("D1", "deployment-1", &["/a".into(), "/b/*".into()]).await;
    assert_eq!(id.as_deref(), Ok("I1"));
    let body = &replay.sent()[0].body;
    assert!(body.contains("<CallerReference>deployment-1</CallerReference>"), "{body}");
    assert!(body.contains("<Quantity>2</Quantity>"), "{body}");
    assert_eq!(aws.invalidated("D1", "I1").await, Ok(false));
}

#[tokio::test]
async fn what_a_distribution_answers_for_missing_files_and_who_rewrites_is_read() {
    let config = |functions: &str| {
        format!(
            "<DistributionConfig><CallerReference>c</CallerReference><Comment></Comment><Enabled>true</Enabled><DefaultRootObject>index.html</DefaultRootObject>\
            <DefaultCacheBehavior><TargetOriginId>site</TargetOriginId><ViewerProtocolPolicy>allow-all</ViewerProtocolPolicy>{functions}</DefaultCacheBehavior>\
            <CustomErrorResponses><Quantity>1</Quantity><Items><CustomErrorResponse><ErrorCode>403</ErrorCode><ResponsePagePath>/index.html</ResponsePagePath>\
            <ResponseCode>200</ResponseCode></CustomErrorResponse></Items></CustomErrorResponses></DistributionConfig>"
        )
    };
    let function = |event: &str| {
        format!(
            "<FunctionAssociations><Quantity>1</Quantity><Items><FunctionAssociation><FunctionARN>arn</FunctionARN><EventType>{event}</EventType></FunctionAssociation></Items></FunctionAssociations>"
        )
    };
    let answer = |functions: &str| {
        let body = format!(
            "<Distribution><Id>D1</Id><ARN>arn</ARN><Status>Deployed</Status><LastModifiedTime>2026-11-20T14:00:00Z</LastModifiedTime><InProgressInvalidationBatches>0</InProgressInvalidationBatches><DomainName>d.cloudfront.net</DomainName>{}</Distribution>",
            config(functions)
        );
        reply(200, &[("etag", "E1")], body)
    };
    let (aws, _) =
        Replay::new(vec![answer(""), answer(&function("viewer-request")), answer(&function("viewer-response"))]);
    for (rewrites, has_function) in [(false, false), (true, true), (false, true)] {
        let found = aws.distribution("D1").await.expect("read");
        assert_eq!(found.root, "index.html");
        assert_eq!(found.rewrites, rewrites);
        assert_eq!(found.behaviours[0].has_function, has_function);
        let page = &found.error_pages[0];
        assert_eq!((page.status, page.answered), (403, Some(200)));
        assert_eq!(page.path.as_deref(), Some("/index.html"));
    }
}

#[tokio::test]
async fn whether_a_distribution_answers_requests_is_read() {
    for (enabled, disabled) in [("true", false), ("false", true)] {
        let body = format!(
            "<Distribution><Id>D1</Id><ARN>arn</ARN><Status>Deployed</Status><LastModifiedTime>2026-11-20T14:00:00Z</LastModifiedTime><InProgressInvalidationBatches>0</InProgressInvalidationBatches><DomainName>d.cloudfront.net</DomainName><DistributionConfig><CallerReference>c</CallerReference><Comment></Comment><Enabled>{enabled}</Enabled></DistributionConfig></Distribution>"
        );
        let (aws, _) = Replay::new(vec![reply(200, &[("etag", "E1")], body)]);
        assert_eq!(aws.distribution("D1").await.expect("read").disabled, disabled, "{enabled}");
    }
}

#[tokio::test]
async fn what_an_update_of_a_distribution_asks_for_is_read() {
    let behaviour = "<TargetOriginId>site</TargetOriginId><ViewerProtocolPolicy>allow-all</ViewerProtocolPolicy>";
    let lambda = "<LambdaFunctionAssociations><Quantity>1</Quantity><Items><LambdaFunctionAssociation><LambdaFunctionARN>arn</LambdaFunctionARN><EventType>origin-response</EventType></LambdaFunctionAssociation></Items></LambdaFunctionAssociations>";
    let group = "<OriginGroups><Quantity>1</Quantity><Items><OriginGroup><Id>g</Id><FailoverCriteria><StatusCodes><Quantity>1</Quantity><Items><StatusCode>403</StatusCode></Items></StatusCodes></FailoverCriteria><Members><Quantity>2</Quantity><Items><OriginGroupMember><OriginId>site</OriginId></OriginGroupMember><OriginGroupMember><OriginId>old</OriginId></OriginGroupMember></Items></Members></OriginGroup></Items></OriginGroups>";
    let second = format!(
        "<CacheBehaviors><Quantity>1</Quantity><Items><CacheBehavior><PathPattern>/a/*</PathPattern>{behaviour}{lambda}</CacheBehavior></Items></CacheBehaviors>"
    );
    let answer = |lambda: &str, more: &str| {
        let body = format!(
            "<Distribution><Id>D1</Id><ARN>arn</ARN><Status>Deployed</Status><LastModifiedTime>2026-11-20T14:00:00Z</LastModifiedTime><InProgressInvalidationBatches>0</InProgressInvalidationBatches><DomainName>d.cloudfront.net</DomainName><DistributionConfig><CallerReference>c</CallerReference><Comment></Comment><Enabled>true</Enabled><DefaultCacheBehavior>{behaviour}{lambda}</DefaultCacheBehavior>{more}</DistributionConfig></Distribution>"
        );
        reply(200, &[("etag", "E1")], body)
    };
    let table = [
        ("", "<WebACLId></WebACLId>", (false, false, 0)),
        (lambda, "<WebACLId>arn:aws:wafv2:us-east-1:111111111111:global/webacl/shop/1</WebACLId>", (true, true, 0)),
        ("", second.as_str(), (true, false, 0)),
        ("", group, (false, false, 1)),
    ];
    let (aws, _) = Replay::new(table.iter().map(|(lambda, more, _)| answer(lambda, more)).collect());
    for (_, more, wanted) in table {
        let found = aws.distribution("D1").await.expect("read");
        assert_eq!((found.edge_functions, found.web_acl.is_some(), found.groups.len()), wanted, "{more}");
        assert!(found.groups.iter().all(|group| group == &["site", "old"]), "{:?}", found.groups);
        let paths: Vec<&str> = found.behaviours.iter().map(|it| it.paths.as_str()).collect();
        assert_eq!(paths, if more == second { vec!["/a/*", "*"] } else { vec!["*"] });
        assert!(found.behaviours.iter().all(|it| it.origin == "site"), "{:?}", found.behaviours);
        assert_eq!(found.behaviours[0].has_function, wanted.0, "{more}");
    }
}

#[tokio::test]
async fn distributions_are_listed_page_by_page_and_half_an_answer_is_none() {
    let summary = "<DistributionSummary><Id>D1</Id><Enabled>true</Enabled><ARN>arn</ARN><Status>Deployed</Status>\
        <LastModifiedTime>2026-11-20T14:00:00Z</LastModifiedTime><DomainName>d.cloudfront.net</DomainName>\
        <Origins><Quantity>2</Quantity><Items><Origin><Id>site</Id><DomainName>b.s3.amazonaws.com</DomainName>\
        <OriginPath>/1.0.0</OriginPath></Origin><Origin><Id>api</Id><DomainName>api.example</DomainName></Origin>\
        </Items></Origins></DistributionSummary>";
    let page = |truncated: bool, next: &str, items: &str| {
        let body = format!(
            "<DistributionList><Marker></Marker>{next}<MaxItems>100</MaxItems><IsTruncated>{truncated}</IsTruncated>\
            <Quantity>1</Quantity>{items}</DistributionList>"
        );
        reply(200, &[], body)
    };
    let disabled = summary.replace("<Enabled>true</Enabled>", "<Enabled>false</Enabled>");
    let items = format!("<Items>{summary}{disabled}</Items>");
    let (aws, replay) = Replay::new(vec![
        page(true, "<NextMarker>D1</NextMarker>", &items),
        page(false, "", ""),
        page(true, "", &items),
        xml_error(403, "AccessDenied"),
    ]);
    let first = aws.distributions(None).await.expect("a page");
    let origins: Vec<(&str, &str)> =
        first.distributions[0].origins.iter().map(|it| (it.domain.as_str(), it.path.as_str())).collect();
    assert_eq!(origins, [("b.s3.amazonaws.com", "/1.0.0"), ("api.example", "")]);
    assert_eq!((first.distributions[0].id.as_str(), first.next.as_deref()), ("D1", Some("D1")));
    assert_eq!(first.distributions.iter().map(|it| it.enabled).collect::<Vec<_>>(), [true, false]);
    let last = aws.distributions(first.next).await.expect("a page");
    assert_eq!((last.distributions.len(), last.next), (0, None));
    assert!(replay.sent()[1].uri.ends_with("/2020-05-31/distribution?Marker=D1"), "{}", replay.sent()[1].uri);
    for name in [FaultName::Unavailable, FaultName::AccessDenied] {
        assert_eq!(aws.distributions(None).await.expect_err("nothing is known").name, name);
    }
}
