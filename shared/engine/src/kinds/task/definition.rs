//! The task definition of a task: what it is made from, with what makes it one. Pure.

use super::state::Target;
use crate::kinds::ecs::document::with_images;
use serde_json::Value;

/// Makes the document to register: the release's image in the named container, and a family of the task's own. `None`
/// where the base has no such container.
///
/// The named container alone is essential: the task ends when that ends, and no other one's end stops it half-way. All
/// containers are essential where a definition says nothing, and one must be (Amazon ECS API Reference,
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
        let other = Target {
            container: "web".into(),
            ..target()
        };
        assert_eq!(document(&base, &other), None);
    }
}
