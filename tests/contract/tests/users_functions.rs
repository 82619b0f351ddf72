//! The rights on functions of users that are components, and the rights that these functions get: who may call which,
//! and what they may read.

#![allow(clippy::expect_used, reason = "a test may panic, and reads better")]

use serde_json::{Value, json};
use std::collections::BTreeMap;
use windlass_contract::template;

/// The tags without which no function is called as a component.
const TAGS: [&str; 3] = ["windlass:app", "windlass:environment", "windlass:external"];

/// The roles that call functions by their tags alone, whichever they are, and whether they call them as components.
const CALLERS: [(&str, bool); 5] = [
    ("DeployExternalRole", true),
    ("JudgeRole", false),
    ("PlannerRole", true),
    ("RecoveryRole", true),
    ("RunTaskRole", false),
];

/// Returns the statements of each role that let it call any function, by the role.
fn callers(template: &Value) -> BTreeMap<&str, Vec<&Value>> {
    let resources = template["Resources"].as_object().expect("resources");
    let mut found: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
    for (name, role) in resources.iter().filter(|(_, it)| it["Type"] == "AWS::IAM::Role") {
        let policies = role["Properties"]["Policies"].as_array().into_iter().flatten();
        for statement in policies.filter_map(|policy| policy["PolicyDocument"]["Statement"].as_array()).flatten() {
            let is_call = statement["Action"].to_string().contains("\"lambda:InvokeFunction\"");
            if is_call && statement["Resource"].to_string().contains(":function:*") {
                found.entry(name).or_default().push(statement);
            }
        }
    }
    found
}

/// Returns the policies that are attached to a role.
fn attached(template: &Value, role: &str) -> Vec<String> {
    let attached = template["Resources"][role]["Properties"]["ManagedPolicyArns"].as_array();
    attached.into_iter().flatten().filter_map(|policy| policy.as_str().map(str::to_owned)).collect()
}

/// Safety: tenancy: A user's function is called as a component only where it carries the tags of one, and as a gate or a
/// task only where it does not.
#[test]
fn only_what_carries_all_three_tags_is_called_as_a_component() {
    let template = template();
    let callers = callers(&template);
    assert_eq!(callers.keys().copied().collect::<Vec<_>>(), CALLERS.map(|(role, _)| role));
    for (role, as_component) in CALLERS {
        let statements = &callers[role];
        assert_eq!(statements.len(), 1, "{role}");
        let needed = &statements[0]["Condition"]["Null"];
        for tag in TAGS {
            let is_kept_out = tag == "windlass:external" && !as_component;
            assert_eq!(needed[format!("aws:ResourceTag/{tag}")], is_kept_out.to_string(), "{role}: {tag}");
        }
    }
}

/// Safety: tenancy: A function that another one looks for is called by the deployer of its kind alone.
#[test]
fn what_is_tagged_for_changes_alone_is_called_by_its_deployer_alone() {
    let template = template();
    let deny = &template["Resources"]["CallNoChanger"]["Properties"]["PolicyDocument"]["Statement"];
    let wanted = json!([{
        "Effect": "Deny", "Action": "lambda:InvokeFunction", "Resource": "*",
        "Condition": {"StringEquals": {"aws:ResourceTag/windlass:external": "change"}},
    }]);
    assert_eq!(*deny, wanted);
    for (role, as_component) in CALLERS {
        let is_kept_away = attached(&template, role).contains(&"CallNoChanger".to_owned());
        assert_eq!(is_kept_away, as_component && role != "DeployExternalRole", "{role}");
    }
}

/// Safety: tenancy: A user's function reads the artifacts of the application that its role is tagged for, and no others.
#[test]
fn a_users_function_reads_the_artifacts_of_its_application_alone() {
    let template = template();
    let resources = &template["Resources"];
    let policy = &resources["ReadArtifacts"]["Properties"]["PolicyDocument"]["Statement"];
    let bucket = &resources["ArtifactsPolicy"]["Properties"]["PolicyDocument"]["Statement"];
    for statements in [policy, bucket] {
        let named = statements.to_string();
        assert!(named.contains("${Artifacts.Arn}/artifacts/${!aws:PrincipalTag/windlass:app}/*"), "{named}");
    }
    assert_eq!(policy.as_array().map(Vec::len), Some(1));
    assert_eq!(policy[0]["Action"], json!(["s3:GetObject", "s3:GetObjectVersion"]));
}
