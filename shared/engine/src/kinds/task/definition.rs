//! Pure: makes the task definition of a task from another one.

use super::state::Target;
use crate::kinds::ecs::document::with_images;
use serde_json::Value;

/// Makes the document to register: the base with the release's image in the named container, and with a family of the
/// task's own. Returns `None` if the base has no such container.
///
/// Only the named container is essential: the task ends when that container ends, and no other container's end stops it
/// half-way. If a definition says nothing, all containers are essential, and one must be (Amazon ECS API Reference,
/// `ContainerDefinition`, `essential`).
pub(super) fn document(base: &Value, target: &Target) -> Option<Value> {
    let images = [(target.container.clone(), target.image.clone())].into();
    let mut document = with_images(base, &images)?;
    document["family"] = target.family.as_str().into();
    for container in document["containerDefinitions"].as_array_mut()? {
        let is_named = container["name"] == target.container.as_str();
        container["essential"] = is_named.into();
    }
    Some(document)
}

#[cfg(test)]
mod tests {
    use super::super::next::tests::target;
    use super::*;
    use serde_json::json;

    #[test]
    fn the_named_container_alone_ends_its_task() {
        let base = json!({"family": "agent", "cpu": "256", "containerDefinitions": [
            {"name": "log", "image": "log:1", "essential": true},
            {"name": "agent", "image": "shop/agent@sha256:00", "essential": false},
            {"name": "mesh", "image": "mesh:1"},
        ]});
        let made = json!({"family": "windlass-shop_prod_migrate", "cpu": "256", "containerDefinitions": [
            {"name": "log", "image": "log:1", "essential": false},
            {"name": "agent", "image": "shop/agent@sha256:ab", "essential": true},
            {"name": "mesh", "image": "mesh:1", "essential": false},
        ]});
        assert_eq!(document(&base, &target()), Some(made));
        let other = Target { container: "web".into(), ..target() };
        assert_eq!(document(&base, &other), None);
    }
}
