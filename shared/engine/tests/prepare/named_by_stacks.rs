//! Targets whose names a stack of the same release gives.

use crate::prepare::owners::{DECLARATION, api_runs, bring_api, bring_stack, planned, put_stack, shop_of, template};
use crate::prepare::scene::{NEW, function, named, plan, step};
use crate::stage::{Stage, component, id};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use windlass_domain::deployment::step::{Step, StepFailure, StepStatus};
use windlass_domain::text::finding::FindingName;
use windlass_engine::ledger;
use windlass_engine::payload::Transition;
use windlass_engine::prepare::handle;
use windlass_world::run::run;

/// Returns the declaration in which the stack gives the name of the function.
fn by_name() -> String {
    let giving = DECLARATION.replace("windlass-stack-shop", "windlass-stack-shop, outputs: {api: ApiName}");
    giving.replace("function: shop-api-prod", "function: \"${infra.api}\"")
}

/// Lets a stack have changed: it gives this now.
fn gives(stage: &Stage, name: &str, (output, value): (&str, &str)) {
    let outputs = BTreeMap::from([(output.to_owned(), value.to_owned())]);
    let step = Step { status: StepStatus::Changed, wave: Some(0), outputs, ..step(stage, name).unwrap() };
    stage.put(ledger::step(&id(), &component(name)), &step);
}

/// Lets nobody have given the name of the function before, so that nobody looked at it.
fn never_given(stage: &Stage) {
    let api = step(stage, "api").unwrap();
    let api = Step { target: Value::Null, before: Value::Null, claims: vec![], ..api };
    stage.put(ledger::step(&id(), &component("api")), &api);
}

/// A stage that has planned to change the stack, and then the function that the stack names.
fn giving() -> Stage {
    let mut stage = shop_of(&by_name(), &template("a", 5));
    function(&stage, "other");
    bring_api(&mut stage, NEW);
    planned(&stage);
    stage
}

/// The stack gives the name newly, which was written as it is when the function was brought.
#[test]
fn what_is_only_brought_back_is_planned_once_its_name_is_given() {
    let stage = shop_of(&by_name(), &template("a", 5));
    let ran = api_runs(&stage);
    planned(&stage);
    assert_eq!(named(&plan(&stage)), []);
    let goals = || step(&stage, "api").unwrap().goals;
    assert_eq!(goals(), [(1, Value::Null)].into());
    gives(&stage, "infra", ("api", "shop-api-prod"));
    assert_eq!(run(handle(&stage.world, stage.prepare(1))).unwrap().verdict, Transition::Change);
    assert_eq!(goals(), [(1, ran.before["goal"].clone())].into());
}

#[test]
fn a_target_that_a_stack_names_is_one_of_its_resources() {
    for (given, failure) in [("shop-api-prod", None), ("shop-other-prod", Some(FindingName::TargetNotOurs))] {
        let stage = giving();
        gives(&stage, "infra", ("api", given));
        never_given(&stage);
        let answer = run(handle(&stage.world, stage.prepare(1))).unwrap();
        let api = step(&stage, "api").unwrap();
        let found = match api.failure {
            Some(StepFailure::Finding(finding)) => Some(finding.name),
            _ => None,
        };
        assert_eq!(found, failure, "{given}");
        assert_eq!(answer.verdict == Transition::Change, failure.is_none(), "{given}");
        assert_eq!(api.target.is_null(), failure.is_some(), "{given}");
    }
}

/// A part of its name is given by a stack that makes other things.
#[test]
fn a_target_that_two_stacks_name_is_a_resource_of_one_of_them() {
    let topics = |names: &[&str]| {
        let topics: BTreeMap<&str, Value> =
            names.iter().map(|name| (*name, json!({"Type": "AWS::SNS::Topic"}))).collect();
        json!({"Resources": topics, "Outputs": {"Prefix": {"Value": "shop"}}})
    };
    let net = "net: {kind: cloudformation, stack: net, role: windlass-stack-net, outputs: {prefix: Prefix}}";
    let declaration = by_name()
        .replace("components:", &format!("components:\n  {net}"))
        .replace("${infra.api}", "${net.prefix}-${infra.api}")
        .replace("after: [infra]", "after: [infra, net]")
        .replace("ApiName", "ApiRest");
    for (rest, failure) in [("api-prod", None), ("other-prod", Some(FindingName::TargetNotOurs))] {
        let mut newer = template("a", 5);
        newer["Outputs"]["ApiRest"] = json!({"Value": rest});
        let mut stage = shop_of(&declaration, &newer);
        put_stack(&stage, "net", &topics(&["One"]));
        bring_stack(&mut stage, "net", &topics(&["One", "Two"]));
        function(&stage, "other");
        bring_api(&mut stage, NEW);
        planned(&stage);
        gives(&stage, "net", ("prefix", "shop"));
        gives(&stage, "infra", ("api", rest));
        run(handle(&stage.world, stage.prepare(1))).unwrap();
        let found = match step(&stage, "api").unwrap().failure {
            Some(StepFailure::Finding(finding)) => Some(finding.name),
            _ => None,
        };
        assert_eq!(found, failure, "{rest}");
    }
}
