//! What the contract tests read: the state machine file, the template, the documents.

#![allow(
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "only tests call this"
)]

use schemars::{JsonSchema, schema_for};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use windlass_machine::definition::{Definition, RELEASE, State, Task};

/// The template.
pub const TEMPLATE: &str = include_str!("../../../template.yaml");

/// The page with the table of time limits.
pub const ARCHITECTURE: &str = include_str!("../../../docs/ARCHITECTURE.md");

/// The state machine file, read strictly: what is outside the subset is refused.
pub fn machine() -> Definition {
    Definition::read(RELEASE).expect("the file is in the subset of the states language")
}

/// The state machine file as it is written.
pub fn machine_as_json() -> Value {
    serde_json::from_str(RELEASE).expect("the file is JSON")
}

/// The template, its tags (`!Ref`, `!Sub`, …) left out.
pub fn template() -> Value {
    serde_saphyr::from_str(TEMPLATE).expect("the template is YAML")
}

/// All states by name, those in Maps included.
pub fn states(machine: &Definition) -> BTreeMap<&str, &State> {
    let mut all = BTreeMap::new();
    for (name, state) in &machine.states {
        all.insert(name.as_str(), state);
        if let State::Map(map) = state {
            let inner = &map.item_processor.states;
            all.extend(inner.iter().map(|(name, state)| (name.as_str(), state)));
        }
    }
    all
}

/// All Tasks by name, those in Maps included.
pub fn tasks(machine: &Definition) -> BTreeMap<&str, &Task> {
    let tasks = states(machine).into_iter();
    tasks
        .filter_map(|(name, state)| match state {
            State::Task(task) => Some((name, task.as_ref())),
            _ => None,
        })
        .collect()
}

/// The names of an enum without data, as they are written.
pub fn names_of<T: JsonSchema>() -> BTreeSet<String> {
    let schema = schema_for!(T).to_value();
    let mut names = BTreeSet::new();
    collect_names(&schema, &mut names);
    names
}

fn collect_names(schema: &Value, names: &mut BTreeSet<String>) {
    let texts = schema["enum"].as_array().into_iter().flatten();
    let one = schema.get("const").into_iter();
    names.extend(
        texts
            .chain(one)
            .filter_map(Value::as_str)
            .map(str::to_owned),
    );
    for variant in schema["oneOf"].as_array().into_iter().flatten() {
        collect_names(variant, names);
    }
}

/// The function that a Task calls, such as `Conductor`.
pub fn function_of(task: &Task) -> &str {
    let name = task.arguments.function_name.strip_prefix("${");
    name.and_then(|name| name.strip_suffix("Arn}"))
        .expect("FunctionName is a substitution like ${PlannerArn}")
}
