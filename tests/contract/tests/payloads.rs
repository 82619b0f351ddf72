//! The functions can read the payloads that the machine sends, and the machine can read their answers.

#![allow(clippy::expect_used, clippy::panic, reason = "a test may panic, and reads better")]

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use windlass_contract::{called_by, machine, machine_as_json, states, tasks};
use windlass_domain::declaration::plan::KindName;
use windlass_domain::release::identity::DeploymentId;
use windlass_engine::payload::{
    Answer, ConductorInput, DeployerInput, FirstItemState, JudgeInput, PlannerInput, PublisherInput, Transition,
    WorkDone, WorkItem, WorkTransition,
};
use windlass_jsonata::{Scope, Variables, expression_in};
use windlass_machine::definition::State;
use windlass_machine::template::Template;

fn answer() -> Answer {
    Answer {
        verdict: Transition::Change,
        deployment: DeploymentId("0123456789abcdef".into()),
        token: 7,
        wave: 1,
        items: vec![item()],
        seconds: 60,
        error: "GateFailed".into(),
        cause: "because".into(),
    }
}

fn item() -> WorkItem {
    WorkItem {
        component: serde_json::from_value(json!("api")).expect("a component's name"),
        kind: KindName::Lambda,
        begin: FirstItemState::Deploy,
    }
}

/// Returns the variables that every state of this machine can rely on, because `Admit` sets them.
fn variables() -> Variables {
    let machine = machine();
    let State::Task(admit) = &machine.states["Admit"] else {
        panic!("Admit is a Task");
    };
    let context = json!({});
    let result = json!({"Payload": answer()});
    let empty = Variables::new();
    let scope =
        Scope { variables: &empty, context: &context, input: &context, result: Some(&result), error_output: None };
    let assigned = Template::parse_all(&admit.assign).expect("templates");
    let evaluate = |(name, template): &(String, Template)| {
        let value = template.evaluate(&scope).expect("a value");
        (name.clone(), value.into_owned())
    };
    assigned.iter().map(evaluate).collect()
}

fn payload(template: &Value, variables: &Variables) -> Value {
    let context =
        json!({"Execution": {"Id": "arn", "Name": "name", "Input": {"action": "deploy"}}, "Task": {"Token": "t"}});
    let input = serde_json::to_value(item()).expect("JSON");
    let scope = Scope { variables, context: &context, input: &input, result: None, error_output: None };
    let template = Template::parse(template).expect("a template");
    template.evaluate(&scope).expect("every variable is set by Admit").into_owned()
}

/// Returns what a function has read of a payload, as it would write it.
fn read_as<T: DeserializeOwned + Serialize>(name: &str, payload: &Value) -> Value {
    let read: T = serde_json::from_value(payload.clone()).unwrap_or_else(|error| panic!("{name}: {error}"));
    serde_json::to_value(read).expect("JSON")
}

/// A state of a later release, or of another function, is served as no other one.
#[test]
fn a_state_that_is_not_known_is_refused() {
    let by = json!({"execution": {"arn": "arn", "name": "name"}, "deployment": "d", "token": 7});
    for state in ["Dance", "Prepare", "Judge", "Settle"] {
        let mut payload = by.clone();
        payload["state"] = state.into();
        let conducted = serde_json::from_value::<ConductorInput>(payload.clone()).is_ok();
        assert_eq!(conducted, state == "Settle", "{state}");
        // These two name a wave.
        assert!(serde_json::from_value::<PlannerInput>(payload.clone()).is_err());
        assert!(serde_json::from_value::<JudgeInput>(payload).is_err());
    }
    let step = json!({"deployment": "d", "token": 7, "component": "api"});
    for state in ["Dance", "Publish", "Deploy", "Restore"] {
        let mut payload = step.clone();
        payload["state"] = state.into();
        let goes_back = serde_json::from_value::<DeployerInput>(payload.clone()).is_ok();
        assert_eq!(goes_back, state == "Restore", "{state}");
        assert!(serde_json::from_value::<PublisherInput>(payload.clone()).is_err());
        payload["wave"] = 1.into();
        let deployed = serde_json::from_value::<DeployerInput>(payload.clone()).is_ok();
        assert_eq!(deployed, matches!(state, "Deploy" | "Restore"), "{state}");
        let published = serde_json::from_value::<PublisherInput>(payload).is_ok();
        assert_eq!(published, state == "Publish", "{state}");
    }
}

#[test]
fn every_payload_is_what_its_function_reads() {
    let machine = machine();
    let variables = variables();
    for (name, task) in tasks(&machine) {
        let mut payload = payload(&task.arguments.payload, &variables);
        // At first there is no wave that was brought back.
        if let Some(members) = payload.as_object_mut() {
            members.retain(|_, member| !member.is_null());
        }
        let read = match called_by(task) {
            "Conductor" => read_as::<ConductorInput>(name, &payload),
            "Planner" => read_as::<PlannerInput>(name, &payload),
            "Judge" => read_as::<JudgeInput>(name, &payload),
            "$publishers" => read_as::<PublisherInput>(name, &payload),
            _ => read_as::<DeployerInput>(name, &payload),
        };
        // Nothing is sent that nobody reads.
        assert_eq!(read, payload, "{name}");
        assert_eq!(payload["state"], *name);
    }
}

#[test]
fn every_function_of_the_machine_is_called_where_it_belongs() {
    let machine = machine();
    let called: BTreeSet<(&str, &str)> =
        tasks(&machine).into_iter().map(|(name, task)| (name, called_by(task))).collect();
    let wanted = [
        ("Admit", "Conductor"),
        ("Preempt", "Conductor"),
        ("AwaitTurn", "Conductor"),
        ("GiveUp", "Conductor"),
        ("GiveBack", "Conductor"),
        ("Accept", "Conductor"),
        ("Settle", "Conductor"),
        ("Undo", "Conductor"),
        ("SettleUndo", "Conductor"),
        ("Look", "Planner"),
        ("Plan", "Planner"),
        ("Prepare", "Planner"),
        ("Judge", "Judge"),
        ("Publish", "$publishers"),
        ("Deploy", "$deployers"),
        ("Restore", "$deployers"),
    ];
    assert_eq!(called, wanted.into());
}

/// `Deploy` reads the output of `Publish` as it reads an item of the wave.
#[test]
fn what_was_published_is_handed_on_as_the_item_that_it_was() {
    let machine = machine();
    let item = serde_json::to_value(item()).expect("JSON");
    let done = WorkDone { component: self::item().component, verdict: WorkTransition::Changed };
    let result = json!({"Payload": done});
    let (variables, context) = (variables(), json!({}));
    let scope =
        Scope { variables: &variables, context: &context, input: &item, result: Some(&result), error_output: None };
    let output = Template::parse(&tasks(&machine)["Publish"].output).expect("a template");
    let output = output.evaluate(&scope).expect("a value");
    for member in ["component", "kind"] {
        assert_eq!(output[member], item[member], "{member}");
    }
    assert_eq!(output["verdict"], "changed");
}

fn expressions(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => found.extend(expression_in(text).map(str::to_owned)),
        Value::Array(items) => items.iter().for_each(|item| expressions(item, found)),
        Value::Object(members) => members.values().for_each(|member| expressions(member, found)),
        _ => {}
    }
}

#[test]
fn every_member_that_is_read_is_answered_and_the_other_way_round() {
    let mut found = BTreeSet::new();
    expressions(&machine_as_json(), &mut found);
    let read: BTreeSet<String> =
        found.iter().filter_map(|text| text.strip_prefix("$states.result.Payload.")).map(str::to_owned).collect();
    let answer = serde_json::to_value(answer()).expect("JSON");
    let answered: BTreeSet<String> = answer.as_object().expect("an object").keys().cloned().collect();
    assert_eq!(read, answered);
}

#[test]
fn an_answer_has_every_member_even_where_there_is_nothing_to_say() {
    let empty = Answer {
        verdict: Transition::NothingToDo,
        deployment: DeploymentId("none".into()),
        token: 0,
        wave: 0,
        items: Vec::new(),
        seconds: 0,
        error: String::new(),
        cause: String::new(),
    };
    let empty = serde_json::to_value(empty).expect("JSON");
    let full = serde_json::to_value(answer()).expect("JSON");
    let keys = |value: &Value| -> Vec<String> { value.as_object().expect("an object").keys().cloned().collect() };
    assert_eq!(keys(&empty), keys(&full));
    assert!(empty.as_object().expect("an object").values().all(|value| !value.is_null()));
}

#[test]
fn a_maps_verdict_is_changed_only_if_every_item_says_so() {
    let machine = machine();
    let State::Map(map) = &machine.states["Change"] else {
        panic!("Change is a Map");
    };
    let verdict = Template::parse(&map.assign["verdict"]).expect("a template");
    let done = |verdict| serde_json::to_value(WorkDone { component: item().component, verdict }).expect("JSON");
    let odd = json!({"component": "api"});
    for (items, results, wanted) in [
        (0, vec![], "changed"),
        (1, vec![done(WorkTransition::Changed)], "changed"),
        (2, vec![done(WorkTransition::Changed), done(WorkTransition::Changed)], "changed"),
        (2, vec![done(WorkTransition::Changed), done(WorkTransition::Failed)], "failed"),
        (1, vec![odd.clone()], "failed"),
        (2, vec![done(WorkTransition::Changed), odd], "failed"),
        (2, vec![done(WorkTransition::Changed)], "failed"),
        (1, vec![], "failed"),
    ] {
        let variables: Variables = [("items".to_owned(), json!(vec![item(); items]))].into();
        let result = Value::Array(results);
        let context = json!({});
        let scope = Scope {
            variables: &variables,
            context: &context,
            input: &context,
            result: Some(&result),
            error_output: None,
        };
        assert_eq!(verdict.evaluate(&scope).expect("a value").as_str(), Some(wanted), "{items} items, {result}");
    }
}

/// JSONata's own functions are variables, too. A variable of the same name would hide the function.
#[test]
fn no_variable_has_the_name_of_a_function_of_jsonata() {
    let functions = [
        "abs",
        "append",
        "assert",
        "average",
        "boolean",
        "ceil",
        "clone",
        "contains",
        "count",
        "distinct",
        "each",
        "error",
        "eval",
        "exists",
        "filter",
        "floor",
        "join",
        "keys",
        "length",
        "lookup",
        "lowercase",
        "map",
        "match",
        "max",
        "merge",
        "millis",
        "min",
        "not",
        "now",
        "number",
        "pad",
        "parse",
        "partition",
        "power",
        "random",
        "range",
        "reduce",
        "replace",
        "reverse",
        "round",
        "shuffle",
        "sift",
        "single",
        "sort",
        "split",
        "spread",
        "sqrt",
        "states",
        "string",
        "substring",
        "sum",
        "trim",
        "type",
        "uppercase",
        "uuid",
        "zip",
        "hash",
    ];
    let machine = machine();
    for (name, state) in states(&machine) {
        let assigned: Vec<&String> = match state {
            State::Task(task) => {
                let caught = task.catch.iter().flat_map(|catcher| catcher.assign.keys());
                task.assign.keys().chain(caught).collect()
            }
            State::Map(map) => map.assign.keys().collect(),
            _ => Vec::new(),
        };
        for variable in assigned {
            assert!(!functions.contains(&variable.as_str()), "{name} sets ${variable}");
        }
    }
}
