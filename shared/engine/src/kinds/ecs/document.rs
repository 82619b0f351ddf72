//! Pure: task definitions as JSON documents, and what is wrong with one by its own bytes. Only the images of declared
//! containers are touched, so that fields which this build does not know survive (rule 9).

use crate::kinds::ecs::wording;
use crate::ports::ANSWERED_ONLY;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use windlass_domain::declaration::kinds::ecs::{Base, Ecs as Spec};
use windlass_domain::release::artifact::{is_same_repository, split_image};
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_domain::text::name::ComponentName;

/// Returns the image of a container; `None` if the document has no such container.
pub(in crate::kinds) fn image<'a>(document: &'a Value, container: &str) -> Option<&'a str> {
    let containers = document.get("containerDefinitions")?.as_array()?;
    let own = containers.iter().find(|c| c.get("name").and_then(Value::as_str) == Some(container))?;
    Some(own.get("image").and_then(Value::as_str).unwrap_or_default())
}

/// Returns the names of the containers.
pub(in crate::kinds) fn containers(document: &Value) -> Vec<&str> {
    let containers = document.get("containerDefinitions").and_then(Value::as_array);
    containers.into_iter().flatten().filter_map(|c| c.get("name").and_then(Value::as_str)).collect()
}

/// Returns the document to register: the base with the images of these containers replaced. `None` if one of the
/// containers is not there.
pub(in crate::kinds) fn with_images(base: &Value, images: &BTreeMap<String, String>) -> Option<Value> {
    let mut document = requested(base)?;
    let containers = document.get_mut("containerDefinitions")?.as_array_mut()?;
    for (container, image) in images {
        let own = containers.iter_mut().find(|c| c.get("name").and_then(Value::as_str) == Some(container))?;
        own.as_object_mut()?.insert("image".into(), Value::String(image.clone()));
    }
    Some(Value::Object(document))
}

/// Returns the members that RegisterTaskDefinition takes, without the tags. A null stands for a member that is not
/// there.
fn requested(base: &Value) -> Option<Map<String, Value>> {
    let mut document = base.as_object()?.clone();
    document.retain(|name, value| !ANSWERED_ONLY.contains(&name.as_str()) && name != "tags" && !value.is_null());
    Some(document)
}

/// Returns whether two task definitions differ in nothing but the images of these containers.
pub(super) fn same_shape<'c>(a: &Value, b: &Value, containers: impl Iterator<Item = &'c String>) -> bool {
    let none: BTreeMap<String, String> = containers.map(|name| (name.clone(), String::new())).collect();
    with_images(a, &none).zip(with_images(b, &none)).is_some_and(|(a, b)| a == b)
}

/// Parses a document that comes as an artifact, and returns it with its tags. Its form is that of the input of
/// `aws ecs register-task-definition --cli-input-json`, or of the output of `aws ecs describe-task-definition`. The
/// error says why it is no task definition.
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

/// Finds what is wrong with the document, as far as its bytes and the declaration show; see
/// [`crate::kinds::check_artifact`].
pub fn check_artifact(component: &ComponentName, spec: &Spec, named: &str, bytes: &[u8]) -> Vec<Finding> {
    // Every other base takes an image: the manifest itself shows that a document does not fit.
    if spec.base != Base::Artifact {
        return vec![];
    }
    let path = |member: &str| format!("components.{component}.{member}");
    let document = match parse(bytes) {
        Ok((document, _)) => document,
        Err(why) => {
            let reason = format!("the document {named} is no task definition in JSON: {why}");
            let name = FindingName::BadValue;
            return vec![unreadable_document(name, path("base"), &reason)];
        }
    };
    spec.containers
        .iter()
        .filter_map(|(container, declared)| {
            let own = match spec.containers.len() {
                1 => "container".to_owned(),
                _ => format!("containers.{container}"),
            };
            let Some(image) = image(&document, container) else {
                return Some(no_container(path(&own), container, named, &document));
            };
            let (repository, _) = split_image(image);
            let of = format!("declared repository `{declared}`");
            (!is_same_repository(repository, declared)).then(|| of_another(path("base"), container, named, image, &of))
        })
        .collect()
}

/// Makes the finding for a document that is no task definition, or cannot be had.
pub(super) fn unreadable_document(name: FindingName, path: String, reason: &str) -> Finding {
    wording::finding(
        name,
        path,
        reason,
        "upload a task definition as `aws ecs register-task-definition --cli-input-json` takes it",
    )
}

/// Makes the finding for a task definition without the container whose image is owned.
pub(super) fn no_container(path: String, container: &str, base: &str, document: &Value) -> Finding {
    wording::finding(
        FindingName::UnknownName,
        path,
        format!("the base {base} has no container `{container}`, only: {}", containers(document).join(", ")),
        "write the name of the container whose image is to be deployed",
    )
}

/// Makes the finding for a document whose image is of another repository `than` the one in these words.
pub(super) fn of_another(path: String, container: &str, document: &str, image: &str, than: &str) -> Finding {
    wording::finding(
        FindingName::BadValue,
        path,
        format!(
            "the task definition {document} has the image `{image}` in container `{container}`, which is not of the {than}"
        ),
        "write the image as `repository:tag` or `repository@sha256:…` of the declared repository when CI renders the document",
    )
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

    fn images(of: &[(&str, &str)]) -> BTreeMap<String, String> {
        let one = |(name, image): &(&str, &str)| ((*name).to_owned(), (*image).to_owned());
        of.iter().map(one).collect()
    }

    #[test]
    fn only_the_images_change_and_unknown_fields_survive() {
        let wanted = |agent: &str, log: &str| {
            Some(json!({
                "family": "agent",
                "inventedLater": {"deep": [1, 2]},
                "containerDefinitions": [
                    {"name": "agent", "image": agent, "inventedToo": true},
                    {"name": "log", "image": log},
                ],
            }))
        };
        let one = images(&[("agent", "repo@sha256:ab")]);
        assert_eq!(with_images(&base(), &one), wanted("repo@sha256:ab", "fluent:2"));
        let both = images(&[("agent", "repo@sha256:ab"), ("log", "fluent@sha256:cd")]);
        assert_eq!(with_images(&base(), &both), wanted("repo@sha256:ab", "fluent@sha256:cd"));
        let other = images(&[("agent", "repo@sha256:ab"), ("web", "x")]);
        assert_eq!(with_images(&base(), &other), None);
        assert_eq!(with_images(&json!("text"), &one), None);
    }

    #[test]
    fn the_shape_is_all_but_the_images() {
        let same = |other: &Value, of: &[&str]| {
            let of: Vec<String> = of.iter().map(|name| (*name).to_owned()).collect();
            same_shape(&base(), other, of.iter())
        };
        let mut other = base();
        other["containerDefinitions"][0]["image"] = json!("repo:2");
        other["revision"] = json!(18);
        assert!(same(&other, &["agent"]));
        other["containerDefinitions"][1]["image"] = json!("fluent:3");
        assert!(!same(&other, &["agent"]));
        assert!(same(&other, &["agent", "log"]));
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
        assert_eq!(parse(b"{\"family\": \"a\"}").unwrap_err(), "it has no member `containerDefinitions`");
        assert!(parse(b"{").unwrap_err().contains("EOF"));
    }
}
