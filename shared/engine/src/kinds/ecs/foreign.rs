//! Pure: finds what a task definition must not bring, because it belongs to somebody else. Windlass may pass to ECS the
//! roles, and may write the families, of every application in the account. AWS itself decides only if the environment
//! has a role of its own.

// Family and roles are held to those of the running task definition: whoever may set that has decided on them. Roles
// by tags or names could not be shared by a team's applications.

use crate::kinds::ecs::wording;
use crate::kinds::{APP_TAG, ENVIRONMENT_TAG, PrepareInput};
use crate::ports::TaskDefinition;
use serde_json::Value;
use windlass_domain::text::finding::{Finding, FindingName};

/// The members that name a role whose rights the tasks get.
pub(in crate::kinds) const ROLES: [&str; 2] = ["taskRoleArn", "executionRoleArn"];

/// Finds what is wrong with the document `key`, to which the service is to go on from `current`.
pub(super) fn of_document(
    input: &PrepareInput<'_>,
    key: &str,
    document: &Value,
    current: &TaskDefinition,
) -> Vec<Finding> {
    let mut findings: Vec<Finding> = family(key, document, current).into_iter().collect();
    if input.needs_tags() {
        findings.extend(ROLES.into_iter().filter_map(|member| role(key, document, current, member)));
    }
    findings
}

/// Finds another family. The newest of that family may be the base of another application's next deployment.
fn family(key: &str, document: &Value, current: &TaskDefinition) -> Option<Finding> {
    let own = Value::from(current.family.as_str());
    (document["family"] != own).then(|| {
        wording::finding(
            FindingName::TargetNotOurs,
            format!("{key}: family"),
            format!(
                "the `family` of the task definition is {}, and the service is set to {}",
                document["family"],
                wording::short(&current.arn)
            ),
            format!("write `\"family\": {own}`"),
        )
    })
}

fn role(key: &str, document: &Value, current: &TaskDefinition, member: &str) -> Option<Finding> {
    let [wanted, own] = [document, &current.document].map(|of| full_arn(&of[member], &current.arn));
    let remedy = match &own {
        Value::Null => format!("leave `{member}` out"),
        own => format!("write `\"{member}\": {own}`"),
    };
    (wanted != own).then(|| {
        wording::finding(
            FindingName::TargetNotOurs,
            format!("{key}: {member}"),
            format!(
                "the `{member}` of the task definition is {}, and that of {}, which the service is set to, is {}",
                shown(&wanted),
                wording::short(&current.arn),
                shown(&own)
            ),
            format!(
                "{remedy}; to change the role, set the service to a task definition that has it, or give the environment a role of its own (`role_arn`)"
            ),
        )
    })
}

fn shown(role: &Value) -> String {
    match role {
        Value::Null => "none".into(),
        role => role.to_string(),
    }
}

/// Returns the ARN of a role. A role may be written by its name alone (Amazon ECS API Reference,
/// RegisterTaskDefinition, `taskRoleArn`): it is then one of the account.
pub(in crate::kinds) fn full_arn(role: &Value, task_definition: &str) -> Value {
    let parts: Vec<&str> = task_definition.split(':').collect();
    match (role.as_str(), parts.as_slice()) {
        (Some(name), ["arn", partition, _, _, account, ..]) if !name.is_empty() && !name.starts_with("arn:") => {
            Value::from(format!("arn:{partition}:iam::{account}:role/{name}"))
        }
        _ => role.clone(),
    }
}

/// Finds a newest task definition of another application or environment that writes the same family. If the service
/// runs it already, nothing is reported.
pub(super) fn newest(input: &PrepareInput<'_>, newest: &TaskDefinition, current: &TaskDefinition) -> Option<Finding> {
    let wanted = [(APP_TAG, input.app.as_str()), (ENVIRONMENT_TAG, input.environment.as_str())];
    let foreign = |(tag, own): (&str, &str)| {
        let found = newest.tags.get(tag).filter(|found| *found != own)?;
        Some(format!("`{tag}` is `{found}` and not `{own}`"))
    };
    let foreign: Vec<String> = wanted.into_iter().filter_map(foreign).collect();
    (newest.arn != current.arn && !foreign.is_empty()).then(|| {
        wording::finding(
            FindingName::TargetNotOurs,
            input.path("base"),
            format!(
                "the newest of the family, {}, is somebody else's: {}",
                wording::short(&newest.arn),
                foreign.join("; ")
            ),
            "register the wanted task definition anew with your infrastructure code, give each application and environment a family of its own, or write `base: running`",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_role_is_the_same_by_its_name_and_by_its_arn() {
        let at = "arn:aws:ecs:eu-west-1:111111111111:task-definition/agent:17";
        let own = json!("arn:aws:iam::111111111111:role/shop-task");
        assert_eq!(full_arn(&json!("shop-task"), at), own);
        assert_eq!(full_arn(&own, at), own);
        assert_eq!(full_arn(&Value::Null, at), Value::Null);
        assert_eq!(full_arn(&json!(7), at), json!(7));
    }
}
