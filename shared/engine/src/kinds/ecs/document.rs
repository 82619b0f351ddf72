//! Pure: task definitions as JSON documents. Only the image of one container is touched, so that
//! fields which this build does not know survive (rule 9).

use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// What ECS answers with a task definition and does not take back (Amazon ECS API Reference,
/// RegisterTaskDefinition has no such request members).
const ANSWERED_ONLY: [&str; 9] = [
    "taskDefinitionArn",
    "revision",
    "status",
    "requiresAttributes",
    "compatibilities",
    "registeredAt",
    "registeredBy",
    "deregisteredAt",
    "deleteRequestedAt",
];

/// The image of a container; `None` where the document has no such container.
pub(super) fn image<'a>(document: &'a Value, container: &str) -> Option<&'a str> {
    let containers = document.get("containerDefinitions")?.as_array()?;
    let own = containers
        .iter()
        .find(|c| c.get("name").and_then(Value::as_str) == Some(container))?;
    Some(own.get("image").and_then(Value::as_str).unwrap_or_default())
}

/// The names of the containers.
pub(super) fn containers(document: &Value) -> Vec<&str> {
    let containers = document
        .get("containerDefinitions")
        .and_then(Value::as_array);
    containers
        .into_iter()
        .flatten()
        .filter_map(|c| c.get("name").and_then(Value::as_str))
        .collect()
}

/// The document to register: the base with one container's image replaced. `None` where there is
/// no such container.
pub(super) fn with_image(base: &Value, container: &str, image: &str) -> Option<Value> {
    let mut document = requested(base)?;
    let containers = document.get_mut("containerDefinitions")?.as_array_mut()?;
    let own = containers
        .iter_mut()
        .find(|c| c.get("name").and_then(Value::as_str) == Some(container))?;
    own.as_object_mut()?
        .insert("image".into(), Value::String(image.to_owned()));
    Some(Value::Object(document))
}

/// The members that RegisterTaskDefinition takes. A null stands for a member that is not there.
fn requested(base: &Value) -> Option<Map<String, Value>> {
    let mut document = base.as_object()?.clone();
    document.retain(|name, value| {
        !ANSWERED_ONLY.contains(&name.as_str()) && name != "tags" && !value.is_null()
    });
    Some(document)
}

/// Whether two task definitions differ in nothing but the container's image.
pub(super) fn same_shape(a: &Value, b: &Value, container: &str) -> bool {
    with_image(a, container, "")
        .zip(with_image(b, container, ""))
        .is_some_and(|(a, b)| a == b)
}

/// A document that comes as an artifact: what `aws ecs register-task-definition --cli-input-json`
/// takes, or what `aws ecs describe-task-definition` prints. With its tags.
pub(super) fn parse(bytes: &[u8]) -> Result<(Value, BTreeMap<String, String>), String> {
    let document: Value = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    let inner = document.get("taskDefinition").unwrap_or(&document);
    let has = |name: &str| inner.get(name).is_some_and(|value| !value.is_null());
    for needed in ["family", "containerDefinitions"] {
        if !has(needed) {
            return Err(format!("it has no member `{needed}`"));
        }
    }
    let tags = document.get("tags").or_else(|| inner.get("tags"));
    Ok((inner.clone(), parse_tags(tags)))
}

fn parse_tags(tags: Option<&Value>) -> BTreeMap<String, String> {
    let text = |tag: &Value, name: &str| tag.get(name).and_then(Value::as_str).map(str::to_owned);
    tags.and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|tag| Some((text(tag, "key")?, text(tag, "value").unwrap_or_default())))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn base() -> Value {
        json!({
            "taskDefinitionArn": "arn:aws:ecs:eu-west-1:111111111111:task-definition/agent:17",
            "family": "agent", "revision": 17, "status": "ACTIVE",
            "registeredAt": 1.0, "registeredBy": "someone", "compatibilities": ["FARGATE"],
            "requiresAttributes": [{"name": "ecs.capability.x"}],
            "runtimePlatform": null,
            "inventedLater": {"deep": [1, 2]},
            "containerDefinitions": [
                {"name": "agent", "image": "repo:1", "inventedToo": true},
                {"name": "log", "image": "fluent:2"},
            ],
        })
    }

    #[test]
    fn only_the_image_changes_and_unknown_fields_survive() {
        assert_eq!(
            with_image(&base(), "agent", "repo@sha256:ab"),
            Some(json!({
                "family": "agent",
                "inventedLater": {"deep": [1, 2]},
                "containerDefinitions": [
                    {"name": "agent", "image": "repo@sha256:ab", "inventedToo": true},
                    {"name": "log", "image": "fluent:2"},
                ],
            }))
        );
        assert_eq!(with_image(&base(), "web", "x"), None);
        assert_eq!(with_image(&json!("text"), "web", "x"), None);
    }

    #[test]
    fn the_shape_is_all_but_the_image() {
        let mut other = base();
        other["containerDefinitions"][0]["image"] = json!("repo:2");
        other["revision"] = json!(18);
        assert!(same_shape(&base(), &other, "agent"));
        other["containerDefinitions"][1]["image"] = json!("fluent:3");
        assert!(!same_shape(&base(), &other, "agent"));
    }

    #[test]
    fn documents_are_read_as_tools_write_them() {
        let plain = json!({"family": "agent", "containerDefinitions": [], "tags": [{"key": "team", "value": "a"}]});
        let described = json!({"taskDefinition": {"family": "agent", "containerDefinitions": []}, "tags": [{"key": "team", "value": "a"}]});
        for document in [plain, described] {
            let (inner, tags) = parse(document.to_string().as_bytes()).unwrap();
            assert_eq!(inner["family"], "agent");
            assert_eq!(tags["team"], "a");
        }
        assert_eq!(
            parse(b"{\"family\": \"a\"}").unwrap_err(),
            "it has no member `containerDefinitions`"
        );
        assert!(parse(b"{").unwrap_err().contains("EOF"));
    }
}
