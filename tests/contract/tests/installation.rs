//! An installation is no target: each of its resources is marked, and each role that changes targets has the deny.

#![allow(clippy::expect_used, clippy::panic, reason = "a test may panic, and reads better")]

use serde_json::{Map, Value};
use std::collections::BTreeSet;
use windlass_contract::template;
use windlass_domain::declaration::installation::{self, BUCKETS, INSTALLATION_TAG};

/// Types that know no tags (AWS `CloudFormation` Template Reference: they have no property `Tags`).
const UNTAGGED: [&str; 9] = [
    "AWS::ApiGatewayV2::Authorizer",
    "AWS::ApiGatewayV2::Integration",
    "AWS::ApiGatewayV2::Route",
    "AWS::IAM::ManagedPolicy",
    "AWS::Lambda::EventInvokeConfig",
    "AWS::Lambda::Permission",
    "AWS::S3::BucketPolicy",
    "AWS::SNS::Subscription",
    "AWS::SQS::QueuePolicy",
];

fn resources(template: &Value) -> &Map<String, Value> {
    template["Resources"].as_object().expect("resources")
}

fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(all) => all.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

fn statements(policy: &Value) -> impl Iterator<Item = &Value> {
    let statements = policy["PolicyDocument"]["Statement"].as_array();
    statements.into_iter().flatten()
}

/// Returns the actions that a policy denies on what carries the tag of an installation.
fn denied<'a>(template: &'a Value, policy: &str) -> BTreeSet<&'a str> {
    let denies = |it: &&Value| {
        let condition = &it["Condition"]["Null"][format!("aws:ResourceTag/{INSTALLATION_TAG}")];
        it["Effect"] == "Deny" && it["Resource"] == "*" && *condition == "false"
    };
    let policy = &template["Resources"][policy]["Properties"];
    let all = statements(policy).filter(denies);
    all.flat_map(|it| texts(&it["Action"])).collect()
}

/// Safety: tenancy: Each resource of an installation that can be tagged is marked as one of it.
#[test]
fn each_resource_that_can_be_tagged_has_the_tag_of_the_installation() {
    let template = template();
    let of_functions = template["Globals"]["Function"]["Tags"].to_string();
    for (name, resource) in resources(&template) {
        let sort = resource["Type"].as_str().expect("a type");
        let tags = match sort {
            "AWS::Serverless::Function" => of_functions.clone(),
            _ => resource["Properties"]["Tags"].to_string(),
        };
        let is_marked = tags.contains(INSTALLATION_TAG) && tags.contains("AWS::StackName");
        assert_eq!(is_marked, !UNTAGGED.contains(&sort), "{name}: {sort}");
    }
}

/// Safety: tenancy: Each role that changes or calls a target is denied what carries the tag of an installation.
#[test]
fn each_role_that_changes_or_calls_a_target_has_the_deny() {
    let template = template();
    let (changes, calls) = (denied(&template, "SpareInstallations"), denied(&template, "CallNoInstallation"));
    assert!(changes.contains("lambda:UpdateFunctionCode") && calls.contains("lambda:InvokeFunction"));
    let mut with_deny = 0;
    for (name, role) in resources(&template) {
        if role["Type"] != "AWS::IAM::Role" {
            continue;
        }
        let attached = texts(&role["Properties"]["ManagedPolicyArns"]);
        let policies = role["Properties"]["Policies"].as_array().into_iter().flatten();
        for statement in policies.flat_map(statements) {
            // Its own functions by their ARNs are no targets.
            let reaches = statement["Resource"].to_string();
            let is_wide = reaches.contains('*') && !reaches.contains(".Arn}:*");
            for action in texts(&statement["Action"]) {
                for (denied, policy) in [(&changes, "SpareInstallations"), (&calls, "CallNoInstallation")] {
                    if denied.contains(action) && is_wide {
                        with_deny += 1;
                        assert!(attached.contains(&policy), "{name}: {action} needs {policy}");
                    }
                }
            }
            if reaches.contains("SiteBucketArns") || reaches.contains("Arns}") {
                let writes = texts(&statement["Action"]);
                if writes.contains(&"s3:PutObject") {
                    assert!(attached.contains(&"SpareInstallations"), "{name}: writes sites");
                }
            }
        }
    }
    assert!(with_deny > 10, "{with_deny}");
}

#[test]
fn what_changes_a_tagged_target_is_denied_on_an_installation() {
    let template = template();
    let (changes, calls) = (denied(&template, "SpareInstallations"), denied(&template, "CallNoInstallation"));
    for (name, role) in resources(&template) {
        let policies = role["Properties"]["Policies"].as_array().into_iter().flatten();
        for statement in policies.flat_map(statements) {
            let condition = statement["Condition"]["Null"].to_string();
            if !condition.contains("aws:ResourceTag/windlass:environment") {
                continue;
            }
            // A query of logs only reads.
            let changing = texts(&statement["Action"]).into_iter();
            for action in changing.filter(|action| !action.starts_with("logs:")) {
                let is_denied = changes.contains(action) || calls.contains(action);
                assert!(is_denied, "{name}: {action} changes what is tagged");
            }
        }
    }
}

/// The names by which an installation's own resources are known where no tag can be seen.
#[test]
fn the_names_of_an_installation_are_those_of_the_template() {
    let template = template();
    let mut functions = BTreeSet::new();
    let mut buckets = BTreeSet::new();
    for (name, resource) in resources(&template) {
        match resource["Type"].as_str() {
            Some("AWS::Serverless::Function") => {
                let named = resource["Properties"]["FunctionName"].as_str();
                let named = named.and_then(|it| it.strip_prefix("${AWS::StackName}-"));
                functions.insert(named.expect("begins with the stack's name").to_owned());
            }
            Some("AWS::S3::Bucket") => {
                buckets.insert(name.to_ascii_lowercase());
            }
            _ => {}
        }
    }
    assert_eq!(functions, installation::functions().collect());
    assert_eq!(buckets, BUCKETS.map(str::to_owned).into());
}
