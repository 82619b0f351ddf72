//! AWS CloudFormation: the requests, change sets in all their parts, and what its refusals mean.

#![allow(clippy::expect_used, reason = "a test fails by panicking")]

use crate::replay::{Replay, Reply, Sent, reply, xml_error};
use std::collections::BTreeMap;
use std::time::Duration;
use windlass_aws::Aws;
use windlass_domain::text::fault::{Fault, FaultName, Result};
use windlass_domain::text::time::Time;
use windlass_engine::ports::{CloudFormationApi, DriftedResource, NewChangeSet, ParameterValue, TemplateFrom};

const CHANGE_SET: &str = "arn:aws:cloudformation:eu-west-1:111111111111:changeSet/windlass-d1-infra/1";
const ROLE: &str = "arn:aws:iam::111111111111:role/windlass-stack-chat";

/// The answer of an operation, with its result.
fn answered(operation: &str, result: &str) -> Reply {
    let body = format!(
        "<{operation}Response xmlns=\"http://cloudformation.amazonaws.com/doc/2010-05-15/\">\
         <{operation}Result>{result}</{operation}Result>\
         <ResponseMetadata><RequestId>request-7</RequestId></ResponseMetadata></{operation}Response>"
    );
    reply(200, &[], body)
}

/// A refusal that has no code of its own.
fn invalid(words: &str) -> Reply {
    let body = format!(
        "<ErrorResponse xmlns=\"http://cloudformation.amazonaws.com/doc/2010-05-15/\"><Error><Type>Sender</Type>\
         <Code>ValidationError</Code><Message>{words}</Message></Error><RequestId>r</RequestId></ErrorResponse>"
    );
    reply(400, &[], body)
}

/// The parameters of a call.
fn form(sent: &Sent) -> BTreeMap<String, String> {
    url::form_urlencoded::parse(sent.body.as_bytes()).into_owned().collect()
}

fn texts<const N: usize>(pairs: [(&str, &str); N]) -> BTreeMap<String, String> {
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
}

/// Makes a change set of an update, or of a new stack.
async fn created(aws: &Aws, creates: bool, template: &TemplateFrom) -> Result<String> {
    let former = ("Kept".to_owned(), ParameterValue::Former);
    let parameters = BTreeMap::from([former, ("Size".to_owned(), ParameterValue::New("2".into()))]);
    let (tags, capabilities) = (texts([("windlass:app", "chat")]), ["CAPABILITY_NAMED_IAM".to_owned()]);
    let new = NewChangeSet {
        stack: "chat-prod",
        name: "windlass-d1-infra",
        creates,
        template,
        parameters: &parameters,
        tags: &tags,
        capabilities: &capabilities,
        role: ROLE,
        description: "Windlass deployment d1",
    };
    aws.create_change_set(&new).await
}

#[tokio::test]
async fn a_change_set_is_made_with_nested_stacks_and_a_token() {
    let made = || answered("CreateChangeSet", &format!("<Id>{CHANGE_SET}</Id><StackId>s</StackId>"));
    let (aws, replay) = Replay::new(vec![made(), Reply::Lost, made()]);
    let id = created(&aws, false, &TemplateFrom::Body("{}".into())).await;
    assert_eq!(id.as_deref(), Ok(CHANGE_SET));
    let sent = form(&replay.only());
    let wanted = texts([
        ("Action", "CreateChangeSet"),
        ("Version", "2010-05-15"),
        ("StackName", "chat-prod"),
        ("ChangeSetName", "windlass-d1-infra"),
        ("ChangeSetType", "UPDATE"),
        ("IncludeNestedStacks", "true"),
        ("TemplateBody", "{}"),
        ("RoleARN", ROLE),
        ("Description", "Windlass deployment d1"),
        ("Capabilities.member.1", "CAPABILITY_NAMED_IAM"),
        ("Parameters.member.1.ParameterKey", "Kept"),
        ("Parameters.member.1.UsePreviousValue", "true"),
        ("Parameters.member.2.ParameterKey", "Size"),
        ("Parameters.member.2.ParameterValue", "2"),
        ("Tags.member.1.Key", "windlass:app"),
        ("Tags.member.1.Value", "chat"),
    ]);
    let without: BTreeMap<_, _> = sent.clone().into_iter().filter(|(name, _)| name != "ClientToken").collect();
    assert_eq!(without, wanted);
    // The second send of one call has the token of the first, and another call has another one.
    let id = created(&aws, true, &TemplateFrom::Url("https://b.s3.amazonaws.com/t".into())).await;
    assert_eq!(id.as_deref(), Ok(CHANGE_SET));
    let all: Vec<_> = replay.sent().iter().map(form).collect();
    assert_eq!(all[1], all[2]);
    assert_ne!(all[0]["ClientToken"], all[1]["ClientToken"]);
    assert_eq!((all[1]["ChangeSetType"].as_str(), all[1].contains_key("TemplateBody")), ("CREATE", false));
    assert_eq!(all[1]["TemplateURL"], "https://b.s3.amazonaws.com/t");
}

#[tokio::test]
async fn a_change_set_is_read_with_nested_ones_and_each_property_once() {
    let detail = |name: &str, recreates: &str| {
        format!(
            "<member><Target><Attribute>Properties</Attribute><Name>{name}</Name>\
             <RequiresRecreation>{recreates}</RequiresRecreation></Target><Evaluation>Static</Evaluation>\
             <ChangeSource>DirectModification</ChangeSource></member>"
        )
    };
    let details = [
        detail("BucketName", "Conditionally"),
        detail("BucketName", "Always"),
        detail("BucketName", "Never"),
        "<member><Target><Attribute>Tags</Attribute><RequiresRecreation>Never</RequiresRecreation></Target></member>"
            .to_owned(),
    ];
    let body = format!(
        "<ChangeSetName>windlass-d1-infra</ChangeSetName><ChangeSetId>{CHANGE_SET}</ChangeSetId>\
         <StackId>stack-1</StackId><StackName>chat-prod</StackName><Status>CREATE_COMPLETE</Status>\
         <ExecutionStatus>AVAILABLE</ExecutionStatus><CreationTime>2026-11-20T14:00:00Z</CreationTime>\
         <Parameters><member><ParameterKey>Secret</ParameterKey><ParameterValue>****</ParameterValue></member>\
         <member><ParameterKey>Image</ParameterKey><ParameterValue>/image</ParameterValue>\
         <ResolvedValue>ami-1</ResolvedValue></member></Parameters><Changes>\
         <member><Type>Resource</Type><HookInvocationCount>1</HookInvocationCount><ResourceChange>\
         <PolicyAction>ReplaceAndDelete</PolicyAction><Action>Modify</Action><LogicalResourceId>Web</LogicalResourceId>\
         <PhysicalResourceId>chat-web</PhysicalResourceId><ResourceType>AWS::S3::Bucket</ResourceType>\
         <Replacement>True</Replacement><Scope><member>Properties</member><member>Tags</member></Scope>\
         <Details>{}</Details></ResourceChange></member>\
         <member><Type>Resource</Type><ResourceChange><Action>Modify</Action>\
         <LogicalResourceId>Inner</LogicalResourceId>\
         <ResourceType>AWS::CloudFormation::Stack</ResourceType><Replacement>False</Replacement><Scope/><Details/>\
         <ChangeSetId>nested-1</ChangeSetId></ResourceChange></member>\
         </Changes><NextToken>more</NextToken>",
        details.concat()
    );
    let (aws, replay) = Replay::new(vec![answered("DescribeChangeSet", &body)]);
    let page = aws.change_set(Some("chat-prod"), "windlass-d1-infra", Some("page-2")).await.expect("a change set");
    let asked = form(&replay.only());
    assert_eq!((asked["StackName"].as_str(), asked["NextToken"].as_str()), ("chat-prod", "page-2"));
    assert!(!asked.contains_key("IncludePropertyValues"), "{asked:?}");
    assert_eq!([page.id.as_str(), page.stack.as_str()], [CHANGE_SET, "stack-1"]);
    assert_eq!([page.status.as_str(), page.execution.as_str()], ["CREATE_COMPLETE", "AVAILABLE"]);
    assert_eq!(page.parameters, texts([("Secret", "****"), ("Image", "/image")]));
    assert_eq!(page.resolved, texts([("Image", "ami-1")]));
    assert_eq!(page.next.as_deref(), Some("more"));
    let [web, inner] = page.changes.as_slice() else {
        panic!("two changes: {:#?}", page.changes);
    };
    assert_eq!(web.properties, ["BucketName".to_owned()].into());
    assert_eq!([web.action.as_str(), web.policy.as_str()], ["Modify", "ReplaceAndDelete"]);
    assert_eq!(web.replacement, "True");
    assert_eq!((inner.nested.as_deref(), inner.physical.as_str(), inner.policy.as_str()), (Some("nested-1"), "", ""));
}

#[tokio::test]
async fn what_validations_say_is_read_over_pages_and_other_events_are_not() {
    let event = |of: &str, mode: &str| {
        format!(
            "<OperationEvents><member><EventId>1</EventId><EventType>{of}</EventType>\
             <LogicalResourceId>Web</LogicalResourceId><ResourceType>AWS::S3::Bucket</ResourceType>\
             <ValidationFailureMode>{mode}</ValidationFailureMode>\
             <ValidationName>NAME_CONFLICT_VALIDATION</ValidationName><ValidationStatus>FAILED</ValidationStatus>\
             <ValidationStatusReason>it is taken</ValidationStatusReason>\
             <ValidationPath>/Resources/Web/Properties/BucketName</ValidationPath></member></OperationEvents>"
        )
    };
    let pages = [("2", event("VALIDATION_ERROR", "FAIL")), ("3", event("HOOK_INVOCATION_ERROR", "FAIL"))];
    let pages = pages.map(|(next, page)| answered("DescribeEvents", &format!("{page}<NextToken>{next}</NextToken>")));
    let last = answered("DescribeEvents", &event("VALIDATION_ERROR", "WARN"));
    let (aws, replay) = Replay::new(pages.into_iter().chain([last]).collect());
    let said = aws.validation_errors(CHANGE_SET).await.expect("events");
    assert_eq!(said.iter().map(|it| it.fails).collect::<Vec<_>>(), [true, false]);
    assert_eq!([said[0].logical.as_str(), said[0].kind.as_str()], ["Web", "AWS::S3::Bucket"]);
    assert_eq!(said[0].place, "/Resources/Web/Properties/BucketName");
    assert_eq!([said[0].reason.as_str(), said[0].validation.as_str()], ["it is taken", "NAME_CONFLICT_VALIDATION"]);
    assert_eq!(form(&replay.sent()[2])["NextToken"], "3");
}

#[tokio::test]
async fn a_stack_its_resources_and_its_events_are_read() {
    let stack = answered(
        "DescribeStacks",
        "<Stacks><member><StackId>stack-1</StackId><StackName>chat-prod</StackName>\
         <StackStatus>UPDATE_ROLLBACK_FAILED</StackStatus><StackStatusReason>[Web] failed</StackStatusReason>\
         <CreationTime>2026-11-20T14:00:00Z</CreationTime><LastUpdatedTime>2026-11-20T14:00:01Z</LastUpdatedTime>\
         <Capabilities><member>CAPABILITY_IAM</member></Capabilities><RoleARN>role</RoleARN><ParentId>p</ParentId>\
         <EnableTerminationProtection>true</EnableTerminationProtection><ChangeSetId>c</ChangeSetId>\
         <Outputs><member><OutputKey>Web</OutputKey><OutputValue>chat-web</OutputValue></member></Outputs>\
         <Tags><member><Key>windlass:app</Key><Value>chat</Value></member></Tags><DriftInformation>\
         <StackDriftStatus>DRIFTED</StackDriftStatus><LastCheckTimestamp>2026-11-20T14:00:02Z</LastCheckTimestamp>\
         </DriftInformation></member></Stacks>",
    );
    let resources = "<StackResourceSummaries><member><LogicalResourceId>Web</LogicalResourceId>\
         <PhysicalResourceId>chat-web</PhysicalResourceId><ResourceType>AWS::S3::Bucket</ResourceType>\
         <ResourceStatus>UPDATE_COMPLETE</ResourceStatus></member></StackResourceSummaries>";
    let first = answered("ListStackResources", &format!("{resources}<NextToken>more</NextToken>"));
    let last = answered("ListStackResources", resources);
    let events = answered(
        "DescribeStackEvents",
        "<StackEvents><member><LogicalResourceId>Web</LogicalResourceId><ResourceType>AWS::S3::Bucket</ResourceType>\
         <ResourceStatus>UPDATE_FAILED</ResourceStatus><ResourceStatusReason>The following hook(s) failed: [Own::Hook]\
         </ResourceStatusReason><ClientRequestToken>windlass-7</ClientRequestToken>\
         <Timestamp>2026-11-20T14:00:03Z</Timestamp></member></StackEvents>",
    );
    let (aws, replay) = Replay::new(vec![stack, first, last, events]);
    let stack = aws.stack("chat-prod").await.expect("a stack");
    assert_eq!([stack.id.as_str(), stack.status.as_str()], ["stack-1", "UPDATE_ROLLBACK_FAILED"]);
    assert_eq!((stack.outputs, stack.tags), (texts([("Web", "chat-web")]), texts([("windlass:app", "chat")])));
    assert!(stack.is_protected);
    let at = |seconds: u64| Some(Time(1_795_183_200_000 + seconds * 1000));
    assert_eq!((stack.updated, stack.drift), (at(1), Some(("DRIFTED".to_owned(), at(2)))));
    let ids = [stack.role, stack.parent, stack.change_set].map(Option::unwrap_or_default);
    assert_eq!(ids, ["role", "p", "c"]);
    let resources = aws.stack_resources("stack-1").await.expect("resources");
    assert_eq!((resources[0].physical.as_str(), resources.len()), ("chat-web", 2));
    let (events, next) = aws.stack_events("stack-1", Some("page-2")).await.expect("events");
    assert_eq!((events[0].token.as_deref(), Some(events[0].at), next), (Some("windlass-7"), at(3), None));
    assert_eq!(events[0].reason, "The following hook(s) failed: [Own::Hook]");
    assert_eq!([2, 3].map(|at| form(&replay.sent()[at])["NextToken"].clone()), ["more", "page-2"]);
}

#[tokio::test]
async fn a_template_is_read_as_it_was_sent_and_what_it_says_of_itself() {
    let original = answered("GetTemplate", "<TemplateBody>{\"a\": &quot;&lt;b&gt;&quot;}</TemplateBody>");
    let summary = answered(
        "GetTemplateSummary",
        "<Parameters><member><ParameterKey>Password</ParameterKey><ParameterType>String</ParameterType>\
         <NoEcho>true</NoEcho></member><member><ParameterKey>Image</ParameterKey><DefaultValue/>\
         <ParameterType>AWS::SSM::Parameter::Value&lt;String&gt;</ParameterType><NoEcho>false</NoEcho></member>\
         </Parameters>\
         <Capabilities><member>CAPABILITY_AUTO_EXPAND</member></Capabilities>\
         <ResourceTypes><member>AWS::S3::Bucket</member></ResourceTypes>\
         <DeclaredTransforms><member>AWS::Serverless-2016-10-31</member></DeclaredTransforms>",
    );
    let (aws, replay) = Replay::new(vec![original, summary, invalid("Template format error: JSON not well-formed.")]);
    assert_eq!(aws.template("chat-prod", Some(CHANGE_SET)).await.as_deref(), Ok("{\"a\": \"<b>\"}"));
    let asked = form(&replay.only());
    assert_eq!((asked["TemplateStage"].as_str(), asked["ChangeSetName"].as_str()), ("Original", CHANGE_SET));
    let summary = aws.template_summary(&TemplateFrom::Body("{}".into())).await.expect("a summary");
    let [image, password] = ["Image", "Password"].map(|name| summary.parameters[name].clone());
    assert_eq!(image.kind, "AWS::SSM::Parameter::Value<String>");
    assert_eq!((image.has_default, image.is_secret), (true, false));
    assert_eq!((password.has_default, password.is_secret), (false, true));
    let lists = [&summary.transforms, &summary.types].map(|list| list.concat());
    assert_eq!(lists, ["AWS::Serverless-2016-10-31", "AWS::S3::Bucket"]);
    let fault = aws.template_summary(&TemplateFrom::Body("{".into())).await.expect_err("no template");
    assert_eq!(fault.name, FaultName::Refused);
}

#[tokio::test]
async fn change_sets_are_listed_over_all_pages_and_a_stack_that_is_gone_has_none() {
    let page = |name: &str, next: &str| {
        let member = format!(
            "<member><ChangeSetName>{name}</ChangeSetName><CreationTime>2026-11-20T14:00:00Z</CreationTime></member>"
        );
        answered("ListChangeSets", &format!("<Summaries>{member}</Summaries>{next}"))
    };
    let gone = invalid("Stack [chat-prod] does not exist");
    let (aws, _) = Replay::new(vec![page("a", "<NextToken>2</NextToken>"), page("b", ""), gone]);
    let at = Some(Time(1_795_183_200_000));
    let listed = aws.change_sets("chat-prod").await.expect("a list");
    assert_eq!(listed, [("a".to_owned(), at), ("b".to_owned(), at)]);
    assert_eq!(aws.change_sets("chat-prod").await, Ok(vec![]));
}

#[tokio::test]
async fn what_drifted_is_read_with_its_places() {
    let (aws, replay) = Replay::new(vec![answered(
        "DescribeStackResourceDrifts",
        "<StackResourceDrifts><member><LogicalResourceId>Api</LogicalResourceId>\
         <PhysicalResourceId>api-1</PhysicalResourceId><ResourceType>A</ResourceType>\
         <StackResourceDriftStatus>MODIFIED</StackResourceDriftStatus><PropertyDifferences><member>\
         <PropertyPath>/Code</PropertyPath></member></PropertyDifferences></member></StackResourceDrifts>",
    )]);
    let [logical, physical, kind, status] = ["Api", "api-1", "A", "MODIFIED"].map(str::to_owned);
    let places = ["/Code".to_owned()].into();
    assert_eq!(aws.drifted("s").await, Ok(vec![DriftedResource { logical, physical, kind, status, places }]));
    assert_eq!(form(&replay.only())["StackResourceDriftStatusFilters.member.2"], "DELETED");
}

/// A switching call by its name.
async fn switched(aws: &Aws, operation: &str) -> Result<()> {
    match operation {
        "ExecuteChangeSet" => aws.execute_change_set(CHANGE_SET, "windlass-7").await,
        "DeleteStack" => aws.delete_stack("stack-1", &["Web".to_owned()], ROLE, "windlass-7").await,
        "CancelUpdateStack" => aws.cancel_update("stack-1", "windlass-7").await,
        _ => aws.continue_rollback("stack-1", ROLE, "windlass-7").await,
    }
}

const SWITCHING: [&str; 4] = ["ExecuteChangeSet", "DeleteStack", "CancelUpdateStack", "ContinueUpdateRollback"];

/// Safety: retries: A switching call of a stack is sent once, with the token by which its events are known, and is
/// given up within its open call.
#[tokio::test]
async fn a_switching_call_is_sent_once_with_its_token() {
    for operation in SWITCHING {
        let (aws, replay) = Replay::new(vec![Reply::Lost]);
        let fault = switched(&aws, operation).await.expect_err("lost");
        assert_eq!(fault.name, FaultName::Unavailable, "{operation}");
        let sent = form(&replay.only());
        assert_eq!([sent["Action"].as_str(), sent["ClientRequestToken"].as_str()], [operation, "windlass-7"]);
        assert!(!sent.contains_key("DisableRollback") && !sent.contains_key("ResourcesToSkip.member.1"), "{sent:?}");
        assert_eq!(sent.contains_key("RetainResources.member.1"), operation == "DeleteStack");
        let has_role = ["DeleteStack", "ContinueUpdateRollback"].contains(&operation);
        assert_eq!(sent.get("RoleARN").is_some_and(|role| role == ROLE), has_role, "{operation}");
        let (aws, replay) = Replay::new(vec![Reply::Silence]);
        switched(&aws, operation).await.expect_err("nothing was answered");
        assert_eq!(replay.gave_up_after(), Some(Duration::from_secs(10)), "{operation}");
    }
    let done = "<DeleteStackResponse xmlns=\"http://cloudformation.amazonaws.com/doc/2010-05-15/\"/>";
    let (aws, replay) = Replay::new(vec![reply(200, &[], done)]);
    assert_eq!(aws.delete_stack("stack-1", &[], ROLE, "windlass-7").await, Ok(()));
    assert!(!form(&replay.only()).contains_key("RetainResources.member.1"));
}

#[tokio::test]
async fn an_empty_place_is_deleted_with_its_role_alone() {
    let done = "<DeleteStackResponse xmlns=\"http://cloudformation.amazonaws.com/doc/2010-05-15/\"/>";
    let busy = invalid("Stack [s] cannot be deleted while in status UPDATE_IN_PROGRESS");
    let (aws, replay) = Replay::new(vec![reply(200, &[], done)]);
    assert_eq!(aws.delete_place("stack-1", ROLE).await, Ok(()));
    let sent = form(&replay.only());
    assert_eq!(
        [sent["Action"].as_str(), sent["StackName"].as_str(), sent["RoleARN"].as_str()],
        ["DeleteStack", "stack-1", ROLE]
    );
    assert!(!sent.contains_key("RetainResources.member.1"), "{sent:?}");
    let (aws, _) = Replay::new(vec![busy]);
    assert_eq!(name(aws.delete_place("stack-1", ROLE).await), FaultName::Conflict);
}

fn name<T>(answer: Result<T>) -> FaultName {
    answer.map(drop).expect_err("a refusal").name
}

#[tokio::test]
async fn each_refusal_of_a_switching_call_has_its_meaning() {
    let gone = || invalid("ChangeSet [a] does not exist");
    let busy = || invalid("Stack:arn:aws:cloudformation:x is in UPDATE_IN_PROGRESS state and can not be updated.");
    let table: [(&str, Reply, FaultName); 11] = [
        ("ExecuteChangeSet", xml_error(404, "ChangeSetNotFound"), FaultName::Conflict),
        ("ExecuteChangeSet", xml_error(400, "InvalidChangeSetStatus"), FaultName::Conflict),
        ("ExecuteChangeSet", gone(), FaultName::Conflict),
        ("ExecuteChangeSet", busy(), FaultName::Conflict),
        ("ExecuteChangeSet", xml_error(400, "TokenAlreadyExistsException"), FaultName::Conflict),
        ("ExecuteChangeSet", xml_error(400, "InsufficientCapabilitiesException"), FaultName::Refused),
        ("ExecuteChangeSet", xml_error(400, "Throttling"), FaultName::Throttled),
        (
            "CancelUpdateStack",
            invalid("CancelUpdateStack cannot be called from current stack status"),
            FaultName::Conflict,
        ),
        ("ContinueUpdateRollback", invalid("Role r is invalid or cannot be assumed"), FaultName::Refused),
        ("DeleteStack", invalid("Stack [s] cannot be deleted while in status UPDATE_IN_PROGRESS"), FaultName::Conflict),
        (
            "DeleteStack",
            invalid("Stack [s] cannot be deleted while TerminationProtection is enabled"),
            FaultName::Refused,
        ),
    ];
    for (operation, refusal, wanted) in table {
        let (aws, _) = Replay::new(vec![refusal]);
        assert_eq!(name(switched(&aws, operation).await), wanted, "{operation}");
    }
}

#[tokio::test]
async fn each_refusal_of_other_calls_has_its_meaning() {
    let template = TemplateFrom::Body("{}".into());
    for (refusal, wanted) in [
        (xml_error(400, "AlreadyExistsException"), FaultName::Conflict),
        (invalid("Stack:arn is in UPDATE_IN_PROGRESS state and can not be updated."), FaultName::Conflict),
        (invalid("Parameters: [Size] must have values"), FaultName::Refused),
        (invalid("Stack [chat-prod] does not exist"), FaultName::NotFound),
    ] {
        let (aws, _) = Replay::new(vec![refusal]);
        assert_eq!(name(created(&aws, false, &template).await), wanted);
    }
    // The SDK tries this one again.
    let (aws, _) = Replay::new((0..3).map(|_| xml_error(400, "LimitExceededException")).collect());
    assert_eq!(name(created(&aws, false, &template).await), FaultName::Refused);
    let (gone, no_set) = (|| invalid("Stack with id chat-prod does not exist"), || xml_error(404, "ChangeSetNotFound"));
    let (aws, _) = Replay::new(vec![gone(), gone(), gone(), gone(), gone(), no_set(), no_set(), gone(), no_set()]);
    let stack = "chat-prod";
    let missing: [Fault; 7] = [
        aws.stack(stack).await.map(drop).expect_err("gone"),
        aws.stack_resources(stack).await.map(drop).expect_err("gone"),
        aws.stack_events(stack, None).await.map(drop).expect_err("gone"),
        aws.template(stack, None).await.map(drop).expect_err("gone"),
        aws.change_set(Some(stack), "a", None).await.map(drop).expect_err("gone"),
        aws.change_set(None, CHANGE_SET, None).await.map(drop).expect_err("gone"),
        aws.validation_errors(CHANGE_SET).await.map(drop).expect_err("gone"),
    ];
    assert_eq!(missing.map(|fault| fault.name), [FaultName::NotFound; 7]);
    // A change set that is gone is deleted.
    assert_eq!(aws.delete_change_set(CHANGE_SET).await, Ok(()));
    assert_eq!(aws.delete_change_set(CHANGE_SET).await, Ok(()));
    let (aws, _) = Replay::new(vec![xml_error(400, "InvalidChangeSetStatus")]);
    assert_eq!(name(aws.delete_change_set(CHANGE_SET).await), FaultName::Conflict);
}
