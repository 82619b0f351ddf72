//! The rights on change sets, in the template and in the role that stands in the accounts of targets: each is made with
//! a role of its own, and none but those of Windlass is executed or deleted.

#![allow(clippy::expect_used, reason = "a test may panic, and reads better")]

use serde_json::{Value, json};
use windlass_contract::TEMPLATE;

/// The role in targets' accounts.
const TARGET_ROLE: &str = include_str!("../../../examples/target-role.yaml");

/// The names by which change sets of Windlass are known: a call has the name, or the ARN.
const OURS: [&str; 2] = ["windlass-*", "arn:*:cloudformation:*:*:changeSet/windlass-*"];

/// Returns the statements of a template's roles that allow an action, each with the role. The template is read without
/// its tags.
fn allowing(template: &str, action: &str) -> Vec<(String, Value)> {
    let template: Value = serde_saphyr::from_str(template).expect("the template is YAML");
    let resources = template["Resources"].as_object().expect("resources");
    let roles = resources.iter().filter(|(_, it)| it["Type"] == "AWS::IAM::Role");
    let statements = roles.flat_map(|(name, role)| {
        let policies = role["Properties"]["Policies"].as_array().into_iter().flatten();
        let attached = role["Properties"]["ManagedPolicyArns"].as_array().into_iter().flatten();
        let attached = attached.filter_map(|policy| Some(&resources.get(policy.as_str()?)?["Properties"]));
        let all = policies.chain(attached).filter_map(|policy| policy["PolicyDocument"]["Statement"].as_array());
        all.flatten().map(|statement| (name.clone(), statement.clone())).collect::<Vec<_>>()
    });
    let has = |statement: &Value| match &statement["Action"] {
        Value::Array(all) => all.iter().any(|one| one == action),
        one => one == action,
    };
    statements.filter(|(_, it)| it["Effect"] == "Allow" && has(it)).collect()
}

fn roles(allowed: &[(String, Value)]) -> Vec<&str> {
    let mut roles: Vec<&str> = allowed.iter().map(|(role, _)| role.as_str()).collect();
    roles.sort_unstable();
    roles
}

fn is_of_transforms(statement: &Value) -> bool {
    statement["Resource"].as_str().is_some_and(|resource| resource.contains(":aws:transform/"))
}

/// No change set is made but with a role that whoever installs has named for stacks.
#[test]
fn each_change_set_is_made_with_a_role_of_its_own() {
    for (template, expected, named) in [
        (TEMPLATE, &["DeployStackRole", "PlannerRole"][..], json!([",", "StackRoleArns"])),
        (TARGET_ROLE, &["Role"], json!("StackRoleArns")),
    ] {
        let allowed = allowing(template, "cloudformation:CreateChangeSet");
        let (transforms, stacks): (Vec<_>, Vec<_>) = allowed.into_iter().partition(|(_, it)| is_of_transforms(it));
        assert_eq!(roles(&stacks), expected);
        // What AWS carries out itself, such as SAM, is a resource of the call without tags.
        assert_eq!(roles(&transforms), expected);
        for (role, statement) in stacks {
            let condition = &statement["Condition"];
            assert_eq!(condition["ArnLike"]["cloudformation:RoleArn"], named, "{role}");
            assert_eq!(condition["StringLike"]["cloudformation:ChangeSetName"], "windlass-*", "{role}");
        }
    }
}

#[test]
fn only_change_sets_of_windlass_are_executed_or_deleted() {
    for (template, action, expected) in [
        (TEMPLATE, "cloudformation:ExecuteChangeSet", &["DeployStackRole"][..]),
        (TEMPLATE, "cloudformation:DeleteChangeSet", &["DeployStackRole", "PlannerRole"]),
        (TARGET_ROLE, "cloudformation:ExecuteChangeSet", &["Role"]),
        (TARGET_ROLE, "cloudformation:DeleteChangeSet", &["Role"]),
    ] {
        let allowed = allowing(template, action);
        assert_eq!(roles(&allowed), expected, "{action}");
        for (role, statement) in allowed {
            assert_eq!(statement["Condition"]["StringLike"]["cloudformation:ChangeSetName"], json!(OURS), "{role}");
        }
    }
}

/// A stack that is just being made has no tags yet. One that has those of others is none of the role's.
#[test]
fn the_role_of_targets_leaves_the_stacks_of_others_alone() {
    let own = json!({"aws:ResourceTag/windlass:app": "App", "aws:ResourceTag/windlass:environment": "Environment"});
    for (action, operator) in [
        ("ExecuteChangeSet", "StringEqualsIfExists"),
        ("DeleteChangeSet", "StringEqualsIfExists"),
        ("CancelUpdateStack", "StringEquals"),
        ("ContinueUpdateRollback", "StringEquals"),
    ] {
        let allowed = allowing(TARGET_ROLE, &format!("cloudformation:{action}"));
        assert!(!allowed.is_empty(), "{action}");
        for (role, statement) in allowed {
            assert_eq!(statement["Condition"][operator], own, "{role} {action}");
        }
    }
}

/// A stack that is only planned has no tags by which a right to delete it would spare the others. So whoever may delete
/// any stack does it with a role without rights, and passes that on to CloudFormation alone.
#[test]
fn a_stack_is_deleted_by_its_tags_or_with_a_role_without_rights() {
    for (template, expected, place) in [
        (TEMPLATE, &["DeployStackRole", "DeployStackRole", "PlannerRole"][..], "StackPlaceRole"),
        (TARGET_ROLE, &["Role", "Role"], "PlaceRole"),
    ] {
        let allowed = allowing(template, "cloudformation:DeleteStack");
        assert_eq!(roles(&allowed), expected);
        let (tagged, any): (Vec<_>, Vec<_>) = allowed
            .into_iter()
            .partition(|(_, it)| it["Condition"].to_string().contains("aws:ResourceTag/windlass:app"));
        assert_eq!((tagged.len(), any.len()), (1, expected.len() - 1));
        let arn = format!("{place}.Arn");
        for (role, statement) in any {
            assert_eq!(statement["Condition"], json!({"ArnEquals": {"cloudformation:RoleArn": arn}}), "{role}");
            let passes = allowing(template, "iam:PassRole").into_iter();
            let mut passes = passes.filter(|(who, it)| *who == role && it["Resource"] == arn);
            let (_, allowed_so) = passes.next().expect("the role is passed on");
            assert_eq!(
                allowed_so["Condition"],
                json!({"StringEquals": {"iam:PassedToService": "cloudformation.amazonaws.com"}})
            );
        }
        let template: Value = serde_saphyr::from_str(template).expect("the template is YAML");
        let role = &template["Resources"][place]["Properties"];
        assert!(role["Policies"].is_null() && role["ManagedPolicyArns"].is_null(), "{role}");
        let trust = &role["AssumeRolePolicyDocument"]["Statement"];
        assert_eq!(trust[0]["Principal"], json!({"Service": "cloudformation.amazonaws.com"}));
        assert_eq!(trust.as_array().map(Vec::len), Some(1));
    }
}

/// `shared/engine/src/kinds/stack/empty_place.rs` knows the role by its name.
#[test]
fn the_role_for_places_is_named_after_the_role_of_the_targets() {
    let template: Value = serde_saphyr::from_str(TARGET_ROLE).expect("the template is YAML");
    let name = |role: &str| template["Resources"][role]["Properties"]["RoleName"].as_str().map(str::to_owned);
    assert_eq!(name("PlaceRole"), name("Role").map(|name| format!("{name}-place")));
    let template: Value = serde_saphyr::from_str(TEMPLATE).expect("the template is YAML");
    for function in ["Planner", "DeployStack"] {
        let variables = &template["Resources"][function]["Properties"]["Environment"]["Variables"];
        assert_eq!(variables["WINDLASS_PLACE_ROLE"], "StackPlaceRole.Arn", "{function}");
    }
}
