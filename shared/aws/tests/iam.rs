//! IAM's simulation: the request as it leaves the machine, and the results of answers.

#![allow(clippy::expect_used, reason = "a test fails by panicking")]

use crate::replay::{Replay, reply, xml_error};
use windlass_domain::declaration::resolved::Place;
use windlass_domain::text::fault::FaultName;
use windlass_engine::ports::{AssumeRole, Evaluation, IamApi, Simulation};

const ROLE: &str = "arn:aws:iam::111111111111:role/windlass-deploy-lambda";

fn asked() -> Simulation {
    Simulation {
        role: ROLE.to_owned(),
        actions: vec!["lambda:UpdateAlias".into(), "lambda:PublishVersion".into()],
        resource: "arn:aws:lambda:eu-west-1:111111111111:function:shop-api".into(),
        context: [("aws:ResourceTag/windlass:app".into(), "shop".into())].into(),
    }
}

fn answered(members: &str, more: &str) -> String {
    format!(
        "<SimulatePrincipalPolicyResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\">\
         <SimulatePrincipalPolicyResult><EvaluationResults>{members}</EvaluationResults>{more}\
         </SimulatePrincipalPolicyResult></SimulatePrincipalPolicyResponse>"
    )
}

/// Evaluations as AWS writes them: the part on the one resource stands below, and the action's name behind it.
const ALLOWED: &str = "<member><MatchedStatements><member><SourcePolicyId>deploy</SourcePolicyId><EndPosition>\
    <Column>9</Column><Line>1</Line></EndPosition></member></MatchedStatements><MissingContextValues/>\
    <EvalResourceName>arn:one</EvalResourceName><EvalDecision>allowed</EvalDecision>\
    <EvalActionName>lambda:UpdateAlias</EvalActionName></member>";
const DENIED: &str = "<member><EvalActionName>lambda:PublishVersion</EvalActionName>\
    <OrganizationsDecisionDetail><AllowedByOrganizations>false</AllowedByOrganizations></OrganizationsDecisionDetail>\
    <PermissionsBoundaryDecisionDetail><AllowedByPermissionsBoundary>true</AllowedByPermissionsBoundary>\
    </PermissionsBoundaryDecisionDetail><ResourceSpecificResults><member><EvalResourceName>arn:one</EvalResourceName>\
    <EvalResourceDecision>explicitDeny</EvalResourceDecision><MissingContextValues><member>aws:SourceVpc</member>\
    </MissingContextValues></member></ResourceSpecificResults><EvalDecision>implicitDeny</EvalDecision></member>";

#[tokio::test]
async fn a_simulation_is_a_signed_form_to_the_iam_of_the_partition() {
    for (region, host, signed) in [
        ("eu-west-1", "iam.amazonaws.com", "us-east-1"),
        ("cn-northwest-1", "iam.cn-north-1.amazonaws.com.cn", "cn-north-1"),
        ("us-gov-east-1", "iam.us-gov.amazonaws.com", "us-gov-west-1"),
        ("us-iso-west-1", "iam.us-iso-east-1.c2s.ic.gov", "us-iso-east-1"),
    ] {
        let (aws, replay) = Replay::new(vec![reply(200, &[], answered(ALLOWED, ""))]);
        let there = aws.at(&Place::default().in_region(Some(region)));
        there.simulate(&asked()).await.expect("an answer");
        let sent = replay.only();
        assert_eq!((sent.method.as_str(), sent.uri), ("POST", format!("https://{host}/")));
        assert_eq!(
            sent.body,
            "Action=SimulatePrincipalPolicy&Version=2010-05-08\
             &PolicySourceArn=arn%3Aaws%3Aiam%3A%3A111111111111%3Arole%2Fwindlass-deploy-lambda\
             &ResourceArns.member.1=arn%3Aaws%3Alambda%3Aeu-west-1%3A111111111111%3Afunction%3Ashop-api\
             &ActionNames.member.1=lambda%3AUpdateAlias&ActionNames.member.2=lambda%3APublishVersion\
             &ContextEntries.member.1.ContextKeyName=aws%3AResourceTag%2Fwindlass%3Aapp\
             &ContextEntries.member.1.ContextKeyType=string\
             &ContextEntries.member.1.ContextKeyValues.member.1=shop"
        );
        let authorization = replay.only().header("authorization").expect("a header").to_owned();
        assert!(authorization.contains(&format!("/{signed}/iam/aws4_request")), "{authorization}");
    }
}

#[tokio::test]
async fn each_action_has_what_is_said_of_it_and_pages_are_read_to_the_end() {
    let more = "<IsTruncated>true</IsTruncated><Marker>next+1</Marker>";
    let (aws, replay) = Replay::new(vec![
        reply(200, &[], answered(ALLOWED, more)),
        reply(200, &[], answered(DENIED, "<IsTruncated>false</IsTruncated>")),
    ]);
    let said = aws.simulate(&asked()).await.expect("an answer");
    let allowed =
        Evaluation { action: "lambda:UpdateAlias".into(), decision: "allowed".into(), ..Evaluation::default() };
    let denied = Evaluation {
        action: "lambda:PublishVersion".into(),
        decision: "implicitDeny".into(),
        by_organization: Some(false),
        by_boundary: Some(true),
        missing: vec!["aws:SourceVpc".into()],
    };
    assert_eq!(said, [allowed, denied]);
    let sent = replay.sent();
    assert_eq!(sent.len(), 2);
    assert!(sent[1].body.ends_with("&Marker=next%2B1"), "{}", sent[1].body);
}

#[tokio::test]
async fn an_error_is_a_fault_by_its_code() {
    for (status, code, name) in [
        (403, "AccessDenied", FaultName::AccessDenied),
        (404, "NoSuchEntity", FaultName::NotFound),
        (400, "InvalidInput", FaultName::Refused),
    ] {
        let (aws, _) = Replay::new(vec![xml_error(status, code)]);
        let fault = aws.simulate(&asked()).await.expect_err("an error");
        assert_eq!(fault.name, name, "{fault}");
        assert!(fault.message.contains(ROLE), "{fault}");
    }
    let (aws, _) = Replay::new(vec![reply(200, &[], "<html></html>")]);
    let fault = aws.simulate(&asked()).await.expect_err("no evaluations");
    assert_eq!(fault.name, FaultName::Unavailable, "{fault}");
}
