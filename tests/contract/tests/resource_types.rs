//! Each action that a role allows is allowed on every type of resource that a call asks for: in the template, and in
//! the role that stands in the accounts of targets. What a check asks IAM is held to the same reference in
//! `tests/machine/tests/scenarios/plans_of_each_kind.rs`, and the reference to AWS's in
//! `tests/e2e/test_0_resource_types.py`.

#![allow(clippy::expect_used, reason = "a test may panic, and reads better")]

use serde_json::Value;
use std::collections::BTreeMap;
use windlass_contract::TEMPLATE;
use windlass_machine::resource_types::{Named, ResourceTypes};

/// The role in targets' accounts.
const TARGET_ROLE: &str = include_str!("../../../examples/target-role.yaml");

/// The ARNs of resources of the template, by their type and the attribute that names them.
const ARNS: [(&str, &str, &str); 8] = [
    ("AWS::DynamoDB::Table", "Arn", "arn:*:dynamodb:*:*:table/x"),
    ("AWS::DynamoDB::Table", "StreamArn", "arn:*:dynamodb:*:*:table/x/stream/x"),
    ("AWS::IAM::Role", "Arn", "arn:*:iam::*:role/x"),
    ("AWS::Logs::LogGroup", "Arn", "arn:*:logs:*:*:log-group:x:*"),
    ("AWS::S3::Bucket", "Arn", "arn:*:s3:::x"),
    ("AWS::SNS::Topic", "", "arn:*:sns:*:*:x"),
    ("AWS::SQS::Queue", "Arn", "arn:*:sqs:*:*:x"),
    ("AWS::Serverless::Function", "Arn", "arn:*:lambda:*:*:function:x"),
];

/// Returns the resources of a template, which is read without its tags.
fn resources(template: &str) -> Value {
    let template: Value = serde_saphyr::from_str(template).expect("the template is YAML");
    template["Resources"].clone()
}

/// Returns a text or several of them. What is made by another function of CloudFormation is given by who installs.
fn listed(value: &Value) -> Vec<&str> {
    match value {
        Value::Array(all) => all.iter().map(|one| one.as_str().unwrap_or("*")).collect(),
        one => vec![one.as_str().unwrap_or("*")],
    }
}

/// Returns the ARN that a name such as `Ledger.Arn` stands for; `*` for a parameter.
fn arn_of(name: &str, resources: &Value) -> &'static str {
    let (of, attribute) = name.split_once('.').unwrap_or((name, ""));
    let known = ARNS.iter().find(|(sort, with, _)| resources[of]["Type"] == *sort && *with == attribute);
    known.map_or("*", |(.., arn)| *arn)
}

/// Returns a resource of a statement with what it refers to filled in.
fn filled(text: &str, resources: &Value) -> String {
    if !text.contains("${") && !text.starts_with("arn:") {
        return arn_of(text, resources).to_owned();
    }
    let mut parts = text.split("${");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |filled, part| {
        let (name, rest) = part.split_once('}').unwrap_or((part, ""));
        filled + arn_of(name, resources) + rest
    })
}

/// Returns what each role allows. A policy that AWS wrote is no resource of the template, and is not read.
fn roles(resources: &Value) -> BTreeMap<&str, Named> {
    let all = resources.as_object().expect("resources").iter();
    // The role of empty places has no rights.
    let all = all.filter(|(_, it)| it["Type"] == "AWS::IAM::Role" && !it["Properties"]["Policies"].is_null());
    let roles = all.map(|(name, role)| {
        let properties = &role["Properties"];
        let own = properties["Policies"].as_array().into_iter().flatten().map(|policy| &policy["PolicyDocument"]);
        let attached = properties["ManagedPolicyArns"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let attached = attached.map(|policy| &resources[policy]["Properties"]["PolicyDocument"]);
        let statements = own.chain(attached).filter_map(|document| document["Statement"].as_array()).flatten();
        let mut allowed = Named::new();
        for statement in statements.filter(|statement| statement["Effect"] == "Allow") {
            for action in listed(&statement["Action"]) {
                let named = listed(&statement["Resource"]).into_iter().map(|text| filled(text, resources));
                allowed.entry(action.to_owned()).or_default().extend(named);
            }
        }
        (name.as_str(), allowed)
    });
    roles.collect()
}

/// Returns what is missing in a template, by role.
fn missing(template: &str) -> Vec<String> {
    let (resources, known) = (resources(template), ResourceTypes::read());
    let roles = roles(&resources);
    assert!(roles.values().all(|allowed| allowed.len() > 2), "{roles:?}");
    let missing = roles
        .iter()
        .flat_map(|(role, allowed)| known.missing(allowed).into_iter().map(move |what| format!("{role}: {what}")));
    missing.collect()
}

#[test]
fn a_role_allows_each_action_on_every_type_of_resource_that_it_asks_for() {
    for template in [TEMPLATE, TARGET_ROLE] {
        assert_eq!(missing(template), [""; 0]);
    }
}

/// The canary would not be stopped, or the configuration not be deployed.
#[test]
fn what_a_role_leaves_out_is_found() {
    for (template, role) in [(TEMPLATE, "DeployEcsRole"), (TARGET_ROLE, "Role")] {
        for (there, other, wanted) in [
            (":service-deployment/*", ":service/*", "ecs:StopServiceDeployment service-deployment"),
            (":service/*", ":service-deployment/*", "ecs:StopServiceDeployment service"),
        ] {
            let missing = missing(&template.replace(there, other));
            assert!(missing.contains(&format!("{role}: {wanted}")), "{missing:?}");
        }
    }
}

#[test]
fn a_type_is_not_another_one_that_is_named_like_it() {
    let table = [
        ("ecs:StopTask", "arn:*:ecs:*:*:task/*", true),
        ("ecs:StopTask", "arn:*:ecs:*:*:task-definition/*", false),
        ("ecs:StopTask", "arn:aws:ecs:eu-west-1:111111111111:task/shop/any", true),
        ("ecs:StopTask", "*", true),
        ("s3:PutObject", "arn:aws:s3:::shop-web", false),
        ("s3:PutObject", "arn:aws:s3:::shop-web/app/index.html", true),
        ("s3:GetBucketTagging", "arn:aws:s3:::shop-web/*", false),
        ("lambda:InvokeFunction", "arn:*:lambda:*:*:function:x:*", true),
        ("dynamodb:Query", "arn:*:dynamodb:*:*:table/x", false),
        ("dynamodb:Query", "arn:*:dynamodb:*:*:table/x/index/by_index", true),
        ("codedeploy:CreateDeployment", "arn:*:codedeploy:*:*:application:*", false),
        ("codedeploy:RegisterApplicationRevision", "arn:*:codedeploy:*:*:application:????", true),
        ("kms:Decrypt", "arn:*:kms:*:*:key/x/y", false),
    ];
    let known = ResourceTypes::read();
    for (action, resource, is_of_it) in table {
        let named = Named::from([(action.to_owned(), vec![resource.to_owned()])]);
        assert_eq!(known.missing(&named).is_empty(), is_of_it, "{action} {resource}");
    }
}
