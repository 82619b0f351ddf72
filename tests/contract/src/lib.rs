//! The files that the contract tests read: the state machine file, the template, the documents.

#![allow(clippy::expect_used, clippy::missing_panics_doc, reason = "only tests call this")]

use schemars::{JsonSchema, schema_for};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use windlass_jsonata::expression_in;
use windlass_machine::definition::{Definition, RELEASE, State, Task};
use windlass_machine::program::function_in;

/// The template.
pub const TEMPLATE: &str = include_str!("../../../template.yaml");

/// The page with the table of time limits.
pub const ARCHITECTURE: &str = include_str!("../../../docs/ARCHITECTURE.md");

/// Reads the state machine file strictly: anything outside the subset is refused.
pub fn machine() -> Definition {
    Definition::read(RELEASE).expect("the file is in the subset of the states language")
}

/// Returns the state machine file as it is written.
pub fn machine_as_json() -> Value {
    serde_json::from_str(RELEASE).expect("the file is JSON")
}

/// Returns the template, without its tags (`!Ref`, `!Sub`, …).
pub fn template() -> Value {
    serde_saphyr::from_str(TEMPLATE).expect("the template is YAML")
}

/// Returns all states by name, those in Maps included.
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

/// Returns all Tasks by name, those in Maps included.
pub fn tasks(machine: &Definition) -> BTreeMap<&str, &Task> {
    let tasks = states(machine).into_iter();
    tasks
        .filter_map(|(name, state)| match state {
            State::Task(task) => Some((name, task.as_ref())),
            _ => None,
        })
        .collect()
}

/// Returns the names of an enum without data, as they are written.
pub fn names_of<T: JsonSchema>() -> BTreeSet<String> {
    let schema = schema_for!(T).to_value();
    let mut names = BTreeSet::new();
    collect_names(&schema, &mut names);
    names
}

fn collect_names(schema: &Value, names: &mut BTreeSet<String>) {
    let texts = schema["enum"].as_array().into_iter().flatten();
    let one = schema.get("const").into_iter();
    names.extend(texts.chain(one).filter_map(Value::as_str).map(str::to_owned));
    for variant in schema["oneOf"].as_array().into_iter().flatten() {
        collect_names(variant, names);
    }
}

/// The tables by which a Task finds the function of a component's kind: variables that `Admit` sets.
pub const TABLES: [&str; 2] = ["deployers", "publishers"];

/// Returns the functions by kind in one of the [`TABLES`], such as `DeployEcs` by `ecs`.
pub fn table<'a>(machine: &'a Definition, name: &str) -> BTreeMap<&'a str, &'a str> {
    let State::Task(admit) = &machine.states["Admit"] else {
        return BTreeMap::new();
    };
    let table = admit.assign[name].as_object().expect("a table");
    let line = |(kind, arn): (&'a String, &'a Value)| {
        let function = arn.as_str().and_then(function_in);
        (kind.as_str(), function.expect("a substitution"))
    };
    table.iter().map(line).collect()
}

/// Returns the name of what a Task calls: a function such as `Conductor`, or the table that has the function by the
/// component's kind, such as `$deployers`.
pub fn called_by(task: &Task) -> &str {
    let name = task.arguments.function_name.as_str();
    let table = || {
        let inner = expression_in(name)?.strip_prefix("$lookup(")?;
        inner.strip_suffix(", $states.input.kind)")
    };
    function_in(name).or_else(table).expect("FunctionName is like ${PlannerArn}, or looked up by the kind")
}

/// Returns the functions that a Task may call.
pub fn functions_of<'a>(machine: &'a Definition, task: &'a Task) -> Vec<&'a str> {
    let called = called_by(task);
    match called.strip_prefix('$') {
        Some(name) => table(machine, name).into_values().collect(),
        None => vec![called],
    }
}
