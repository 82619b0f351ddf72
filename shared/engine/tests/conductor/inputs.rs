//! Inputs and records that the tests of the conductor write.

use crate::stage::{app, component, id, prod};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use windlass_domain::declaration::plan::KindName;
use windlass_domain::deployment::step::{Step, StepStatus};
use windlass_domain::environment::Waiting;
use windlass_domain::release::identity::{EnvironmentId, Order};
use windlass_domain::text::name::EnvironmentName;
use windlass_domain::text::time::Time;
use windlass_engine::ledger::{self, ItemKey};

/// Makes the input for an action of `prod`, with a reason.
pub fn input(action: &str) -> Value {
    json!({"action": action, "app": "shop", "environment": "prod", "reason": "a test"})
}

/// Returns the input with more members, or with others.
pub fn with(mut input: Value, more: Value) -> Value {
    for (name, value) in more.as_object().unwrap() {
        input[name] = value.clone();
    }
    input
}

pub fn waiting_key() -> ItemKey<Waiting> {
    ledger::waiting(EnvironmentId::new(&app(), &prod()), &id())
}

pub fn dev() -> EnvironmentName {
    EnvironmentName::new("dev").unwrap()
}

pub fn step(name: &str, status: StepStatus) -> Step {
    Step {
        before: json!("as before"),
        goals: BTreeMap::from([(0, Value::Null)]),
        attempt: 1,
        status,
        wave: Some(0),
        seen: Some(json!("as wanted")),
        invocations: 1,
        ..Step::planned(id(), app(), prod(), component(name), KindName::Lambda)
    }
}

pub fn order(sequence: u64, who: &str) -> Order {
    Order {
        version: None,
        sequence: Some(sequence),
        accepted: Time(0),
        recorded: Time(0),
        id: windlass_domain::release::identity::DeploymentId(who.into()),
    }
}
