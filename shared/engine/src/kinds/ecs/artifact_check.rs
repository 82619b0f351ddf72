//! Checks a task definition by its own bytes.

use super::{document, messages};
use serde_json::Value;
use windlass_domain::finding::{Finding, FindingName};
use windlass_domain::image::{is_same_repository, split_image};
use windlass_domain::kinds::ecs::{Base, Ecs as Spec};
use windlass_domain::name::ComponentName;

/// Finds what is wrong with the document, as far as its bytes and the declaration tell; see [`crate::kinds::brought`].
pub fn check_artifact(component: &ComponentName, spec: &Spec, named: &str, bytes: &[u8]) -> Vec<Finding> {
    // Every other base takes an image, which is told of the manifest.
    if spec.base != Base::Artifact {
        return vec![];
    }
    let path = |member: &str| format!("components.{component}.{member}");
    let document = match document::parse(bytes) {
        Ok((document, _)) => document,
        Err(why) => {
            let reason = format!("the document {named} is no task definition in JSON: {why}");
            let name = FindingName::BadValue;
            return vec![unreadable_document(name, path("base"), &reason)];
        }
    };
    let wrong = spec.containers.iter().filter_map(|(container, declared)| {
        let own = match spec.containers.len() {
            1 => "container".to_owned(),
            _ => format!("containers.{container}"),
        };
        let Some(image) = document::image(&document, container) else {
            return Some(no_container(path(&own), container, named, &document));
        };
        let (repository, _) = split_image(image);
        let of = format!("declared repository `{declared}`");
        (!is_same_repository(repository, declared)).then(|| of_another(path("base"), container, named, image, &of))
    });
    wrong.collect()
}

/// Makes the finding for a document that is no task definition, or cannot be had.
pub(super) fn unreadable_document(name: FindingName, path: String, reason: &str) -> Finding {
    messages::finding(
        name,
        path,
        reason,
        "upload a task definition as `aws ecs register-task-definition --cli-input-json` takes it",
    )
}

/// Makes the finding for a task definition without the container whose image is owned.
pub(super) fn no_container(path: String, container: &str, base: &str, document: &Value) -> Finding {
    messages::finding(
        FindingName::UnknownName,
        path,
        format!("the base {base} has no container `{container}`, only: {}", document::containers(document).join(", ")),
        "write the name of the container whose image is to be deployed",
    )
}

/// Makes the finding for a document whose image is of another repository `than` the one in these words.
pub(super) fn of_another(path: String, container: &str, document: &str, image: &str, than: &str) -> Finding {
    messages::finding(
        FindingName::BadValue,
        path,
        format!(
            "the task definition {document} has the image `{image}` in container `{container}`, which is not of the {than}"
        ),
        "write the image as `repository:tag` or `repository@sha256:…` of the declared repository when CI renders the document",
    )
}
