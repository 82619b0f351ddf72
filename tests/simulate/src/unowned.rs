//! The parts of the targets that Windlass does not own, and a secret that is planted there.

use crate::targets::function_of;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use windlass_domain::declaration::appspec::AppSpec;
use windlass_engine::ports::Revision;
use windlass_machine::shop_stack::STACK;
use windlass_world::World;

/// The planted secret. It does not look like a secret that Windlass would refuse by its looks.
pub const SECRET: &str = "planted-blue-lantern-7731";

/// Plants the secret in a place in which the user's infrastructure code may have one.
pub fn plant(world: &World) {
    let mut services = world.ecs();
    for found in services.task_definitions.values_mut() {
        found.document["containerDefinitions"][0]["environment"] = json!([{"name": "LANTERN", "value": SECRET}]);
        found.document["cpu"] = json!("256");
    }
}

/// Returns everything that Windlass does not own, by name.
pub fn unowned(world: &World) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for component in ["api", "jobs"] {
        let name = function_of(component);
        let functions = world.lambda();
        if let Some(function) = functions.functions.get(&name) {
            let others: Vec<_> = function.aliases.iter().filter(|(name, _)| *name != "live").collect();
            let provisioned = function.aliases.get("live").map(|alias| alias.provisioned.map(|p| p.requested));
            let text = format!("{:?} {} {others:?} {provisioned:?}", function.tags, function.configuration);
            found.insert(name, text);
        }
    }
    let mut services = world.ecs();
    let service = &services.service_mut("shop", "agent").service;
    let text = format!(
        "{} {} {} {:?} {:?}",
        service.status, service.desired, service.controller, service.breaker, service.tags
    );
    found.insert("service agent".into(), text);
    drop(services);
    let state = world.codedeploy();
    for group in &state.groups {
        // A release keeps the hooks of the revision before.
        let text = match &group.revision {
            Some(Revision::Kept { sha256, .. }) => state.texts.get(sha256).cloned(),
            _ => None,
        };
        let read = |text: String| AppSpec::read(&text).or_else(|_| AppSpec::read_service(&text));
        let hooks = text.map(|text| read(text).map(|read| read.hooks()));
        let text = format!("{hooks:?} {:?} {}", group.monitors, group.rolls_back);
        found.insert(format!("group {}", group.name), text);
    }
    drop(state);
    for application in &world.appconfig().applications {
        for environment in &application.environments {
            let text = format!("{:?} {:?}", environment.tags, environment.monitors);
            found.insert(format!("environment {}", environment.named.name), text);
        }
    }
    for (name, outside) in &world.external().outsides {
        found.insert(format!("outside of {name}"), format!("{} {}", outside.owns, outside.is_guarded));
    }
    if let Ok(stack) = world.cloudformation().named(STACK) {
        let text = format!("{:?} {:?} {}", stack.wanted.tags, stack.wanted.role, stack.is_protected);
        found.insert(format!("stack {STACK}"), text);
    }
    for (id, distribution) in &world.cloudfront().distributions {
        let origins: Vec<_> = distribution.origins.iter().map(|o| (&o.id, &o.domain)).collect();
        let text = format!("{origins:?} {:?} {:?}", distribution.error_pages, distribution.tags);
        found.insert(format!("distribution {id}"), text);
    }
    if let Some(bucket) = world.s3().buckets.get("shop-web") {
        let foreign = bucket.current("robots.txt").map(|version| version.bytes.clone());
        found.insert("bucket shop-web".into(), format!("{:?} {foreign:?}", bucket.tags));
    }
    found
}

/// Checks that every task definition differs from the first one in nothing but the images.
pub fn foreign_shape(world: &World) -> Result<(), String> {
    let services = world.ecs();
    let shape = |document: &Value| {
        let mut document = document.clone();
        for name in ["taskDefinitionArn", "revision", "registeredAt", "status"] {
            document[name] = Value::Null;
        }
        let containers = document["containerDefinitions"].as_array_mut();
        for container in containers.into_iter().flatten() {
            container["image"] = Value::Null;
        }
        document
    };
    let mut all = services.task_definitions.values().filter(|td| td.family == "agent");
    let Some(first) = all.next().map(|td| shape(&td.document)) else {
        return Ok(());
    };
    match all.find(|td| shape(&td.document) != first) {
        Some(other) => Err(format!("{} has another shape: {}", other.arn, other.document)),
        None => Ok(()),
    }
}
