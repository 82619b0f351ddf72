//! Every expression of the release machine, and some that try the corners of the subset, mean here what they mean in a
//! full implementation of JSONata.

#![allow(clippy::unwrap_used)] // helpers of tests

use bumpalo::Bump;
use jsonata_rs::JsonAta;
use serde_json::{Value, json};
use std::collections::{BTreeSet, HashMap};
use windlass_jsonata::{Expression, Scope, Variables, expression_in};

/// The release machine.
const RELEASE: &str = include_str!("../../../statemachine/release.asl.json");

fn collect(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => found.extend(expression_in(text).map(str::to_owned)),
        Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
        Value::Object(members) => members.values().for_each(|member| collect(member, found)),
        _ => {}
    }
}

fn expressions() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    collect(&serde_json::from_str(RELEASE).unwrap(), &mut found);
    assert!(found.len() > 30, "the file has expressions: {found:?}");
    let corners = [
        "$count($missing)",
        "$states.result.verdict",
        "$states.result.(component & verdict)",
        "$append($missing, $missing)",
        "$append($states.result, 'x')",
        "$missing = $missing",
        "$states.input.nothing = 'x'",
        "$states.result[verdict = 'changed'].component",
        "$exists($states.input.component) ? 'yes' : 'no'",
        "$missing ? 'yes' : 'no'",
        "$lookup($deployers, 'ecs')",
        "$lookup($deployers, 'odd')",
        "$lookup($missing, 'ecs')",
    ];
    found.extend(corners.map(str::to_owned));
    found
}

/// Returns values of `$states` and variables to evaluate with.
fn scenes() -> Vec<(Value, Variables)> {
    let changed = |name: &str| json!({"component": name, "verdict": "changed"});
    let failed = |name: &str| json!({"component": name, "verdict": "failed", "error": "Internal"});
    let answer = json!({
        "verdict": "change", "deployment": "ab12", "token": 7, "wave": 1, "seconds": 60,
        "items": [{"component": "api", "kind": "lambda"}], "error": "", "cause": ""
    });
    let results = [
        json!({"Payload": answer}),
        json!({"Payload": {"verdict": "settle", "items": [], "token": 0}}),
        json!([]),
        json!([changed("api")]),
        json!([changed("api"), changed("web")]),
        json!([changed("api"), failed("web")]),
        json!([failed("api"), failed("web"), {"component": "x", "kind": "odd"}]),
        json!([{"component": "x"}]),
    ];
    let variables = json!({
        "verdict": "changed", "deployment": "ab12", "token": 7, "wave": 0, "seconds": 5,
        "items": [changed("api"), changed("web")], "error_name": "E", "cause": "C", "failure": "",
        "undone": null, "deployers": {"lambda": "a", "ecs": "b"}, "publishers": {"static_site": "c"}
    });
    let Value::Object(variables) = variables else { unreachable!() };
    let variables: Variables = variables.into_iter().collect();
    let scene = |result: &Value| {
        let context =
            json!({"Execution": {"Id": "arn", "Name": "n", "Input": {"app": "shop"}}, "Task": {"Token": "t"}});
        let states = json!({
            "input": {"component": "api", "kind": "lambda", "verdict": "changed"},
            "result": result, "context": context,
            "errorOutput": {"Error": "Internal", "Cause": "because"}
        });
        (states, variables.clone())
    };
    results.iter().map(scene).collect()
}

fn here(text: &str, states: &Value, variables: &Variables) -> Option<Value> {
    let scope = Scope {
        variables,
        context: &states["context"],
        input: &states["input"],
        result: Some(&states["result"]),
        error_output: Some(&states["errorOutput"]),
    };
    let expression = Expression::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    expression.evaluate(&scope).map(std::borrow::Cow::into_owned)
}

fn there(text: &str, states: &Value, variables: &Variables) -> Option<Value> {
    let arena = Bump::new();
    let expression = JsonAta::new(text, &arena).unwrap();
    let mut bindings: HashMap<&str, &Value> = variables.iter().map(|(name, value)| (name.as_str(), value)).collect();
    bindings.insert("states", states);
    let value = expression.evaluate(None, Some(&bindings)).unwrap();
    if value.is_undefined() {
        return None;
    }
    Some(serde_json::from_str(&value.serialize(false)).unwrap())
}

/// Returns whether two values are the same. Numbers come back as floating point from the full implementation.
fn same(a: Option<&Value>, b: Option<&Value>) -> bool {
    match (a, b) {
        (Some(Value::Number(a)), Some(Value::Number(b))) => a.as_f64() == b.as_f64(),
        _ => a == b,
    }
}

#[test]
fn expressions_mean_what_they_mean_in_a_full_implementation() {
    for text in expressions() {
        for (states, variables) in scenes() {
            let (a, b) = (here(&text, &states, &variables), there(&text, &states, &variables));
            assert!(same(a.as_ref(), b.as_ref()), "{text}\n result {}\n here {a:?}\n there {b:?}", states["result"]);
        }
    }
}

#[test]
fn what_is_outside_the_subset_is_refused() {
    for text in
        ["$now()", "$uuid()", "a + b", "a > b", "a and b", "a[0]{}", "$f := 1", "'it\\'s'", "$count(a, b)", "a b", ""]
    {
        assert!(Expression::parse(text).is_err(), "{text}");
    }
}
