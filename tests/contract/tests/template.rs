//! The template gives the machine what it needs, within the documented time limits.

#![allow(clippy::expect_used, clippy::panic, reason = "a test may panic, and reads better")]

use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use windlass_contract::{ARCHITECTURE, TABLES, TEMPLATE, functions_of, machine, table, tasks, template};
use windlass_domain::declaration::plan::KindName;
use windlass_domain::shown::summary;
use windlass_machine::definition::{Definition, Resource};

/// Returns the table of time limits: for each function its timeout, and the timeout of its states.
fn documented() -> BTreeMap<String, (u64, Option<u64>)> {
    let (_, section) = ARCHITECTURE.split_once("### Time limits").expect("the section");
    let rows = section.lines().filter(|line| line.starts_with("| `")).map_while(|line| {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let state = cells[3].split(',').next().and_then(|cell| cell.parse().ok());
        Some((cells[1].trim_matches('`').to_owned(), (cells[2].parse().ok()?, state)))
    });
    rows.collect()
}

/// Returns the name of a function by its resource: `deploy-site` for `DeploySite`, and `api` for `ApiFunction`.
fn function_name(resource: &str) -> String {
    let mut name = String::new();
    for c in resource.trim_end_matches("Function").chars() {
        if c.is_ascii_uppercase() && !name.is_empty() {
            name.push('-');
        }
        name.push(c.to_ascii_lowercase());
    }
    name
}

fn functions(template: &Value) -> BTreeMap<String, &Value> {
    let resources = template["Resources"].as_object().expect("resources");
    let functions = resources.iter().filter(|(_, r)| r["Type"] == "AWS::Serverless::Function");
    functions.map(|(name, r)| (function_name(name), &r["Properties"])).collect()
}

/// Returns the properties of a function that the machine names, by its name.
fn function<'a>(functions: &BTreeMap<String, &'a Value>, name: &str) -> &'a Value {
    functions.get(name).unwrap_or_else(|| panic!("template.yaml has no function `{name}`, which the machine calls"))
}

/// Returns a function's limits in the table.
fn limits(documented: &BTreeMap<String, (u64, Option<u64>)>, name: &str) -> (u64, Option<u64>) {
    *documented.get(name).unwrap_or_else(|| {
        panic!("docs/ARCHITECTURE.md, \"Time limits\", has no line for `{name}`, which the machine calls")
    })
}

/// Returns the names of all functions that the machine may call.
fn called(machine: &Definition) -> BTreeSet<String> {
    let tasks = tasks(machine).into_values();
    let functions = tasks.flat_map(|task| functions_of(machine, task));
    functions.map(str::to_owned).collect()
}

#[test]
fn every_functions_timeout_is_the_documented_one() {
    let template = template();
    let in_template: BTreeMap<String, u64> = functions(&template)
        .into_iter()
        .map(|(name, properties)| (name, properties["Timeout"].as_u64().expect("a timeout of its own")))
        .collect();
    let wanted: BTreeMap<String, u64> = documented().into_iter().map(|(name, (timeout, _))| (name, timeout)).collect();
    assert_eq!(in_template, wanted, "left is template.yaml, right is docs/ARCHITECTURE.md, \"Time limits\"");
}

/// The documented figures are for ten invocations a function. Lambda leaves 100 to all functions without a reservation
/// (AWS Lambda Developer Guide, "Configuring reserved concurrency for a function").
#[test]
fn each_function_keeps_the_invocations_that_the_parameter_says_and_none_unless_it_is_given() {
    let template = template();
    assert_eq!(template["Parameters"]["ReservedConcurrency"]["Default"], 0);
    assert_eq!(template["Conditions"]["HasReservedConcurrency"], json!([["ReservedConcurrency", "0"]]));
    let wanted = json!(["HasReservedConcurrency", "ReservedConcurrency", "AWS::NoValue"]);
    assert_eq!(template["Globals"]["Function"]["ReservedConcurrentExecutions"], wanted);
    let functions = functions(&template);
    for (name, properties) in &functions {
        assert_eq!(properties["ReservedConcurrentExecutions"], Value::Null, "{name} keeps another number");
    }
    let (each, all) = (functions.len(), functions.len() * 10);
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/install.md"));
    let page = page.expect("docs/install.md").split_whitespace().collect::<Vec<_>>().join(" ");
    for says in [format!("{each} functions of Windlass, {all} in all"), format!("must be {} at least", all + 100)] {
        assert!(page.contains(&says), "docs/install.md does not say `{says}`");
    }
}

/// Before it makes anything CloudFormation refuses more roles than a function's environment holds (AWS Lambda Developer
/// Guide, "Lambda quotas": 4 KB), as `deploy.sh` does.
#[test]
fn task_roles_that_a_function_could_not_hold_are_refused_by_the_template() {
    let template = template();
    let roles = &template["Parameters"]["TaskRoleArns"];
    assert_eq!((&roles["Type"], &roles["MaxLength"]), (&json!("String"), &json!(2300)));
    let environment = &template["Resources"]["Planner"]["Properties"]["Environment"]["Variables"];
    assert_eq!(environment["WINDLASS_TASK_ROLES"], "TaskRoleArns");
    let script = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../tools/release/deploy.sh"));
    assert!(script.expect("deploy.sh").contains("-le 2300 ]"));
}

/// The progress of the summaries of a day (`shared/domain/src/shown/summary/day.rs`): each of its times is one of the
/// template's.
#[test]
fn summaries_are_sent_in_one_hour_by_one_invocation_at_a_time() {
    let template = template();
    let schedule = &template["Resources"]["SummarySchedule"]["Properties"]["ScheduleExpression"];
    assert_eq!(*schedule, "cron(0/5 ${SummaryHour} * * ? *)");
    assert_eq!(summary::LAST_MS, 55 * 60 * 1000, "the last look of each five minutes");
    let timeout = functions(&template)["outbox"]["Timeout"].as_u64();
    assert!(timeout.is_some_and(|timeout| timeout * 1000 < summary::ALONE_MS));
    // A look that failed is repeated after a minute (AWS Lambda Developer Guide, "How Lambda handles errors and retries
    // with asynchronous invocation"). By then no other invocation works.
    const { assert!(summary::ALONE_MS < 60 * 1000) };
    let config = &template["Resources"]["OutboxInvokeConfig"]["Properties"];
    assert_eq!(config["MaximumRetryAttempts"], 2);
}

/// The adapter writes the time after which an item is not needed any more as `expires`
/// (`shared/aws/tests/dynamodb.rs`), and DynamoDB removes it by no other attribute.
#[test]
fn the_ledger_removes_items_by_the_time_that_the_adapter_writes() {
    let template = template();
    let ledger = &template["Resources"]["Ledger"]["Properties"];
    let wanted = json!({"AttributeName": "expires", "Enabled": true});
    assert_eq!(ledger["TimeToLiveSpecification"], wanted);
}

/// The ledger does not depend on that: a second event only finds that the call was begun.
#[test]
fn who_makes_calls_lives_as_long_as_is_believed_and_is_asked_once() {
    let template = template();
    let functions = functions(&template);
    assert_eq!(functions["run-task"]["Timeout"], windlass_domain::declaration::kinds::task::LIVES_S);
    let config = &template["Resources"]["RunTaskInvokeConfig"]["Properties"];
    assert_eq!(config["MaximumRetryAttempts"], 0);
}

#[test]
fn every_states_timeout_is_the_documented_one_and_longer_than_its_functions() {
    let documented = documented();
    let machine = machine();
    for (name, task) in tasks(&machine) {
        for called in functions_of(&machine, task) {
            let (function, state) = limits(&documented, &function_name(called));
            assert!(task.timeout_seconds > function, "{name} and {called}");
            if task.resource == Resource::Invoke {
                assert_eq!(Some(task.timeout_seconds), state, "{name} and {called}");
            }
        }
    }
}

#[test]
fn deployments_in_process_keep_the_same_time_limits() {
    let documented = documented();
    for function in called(&machine()) {
        let (limit, _) = limits(&documented, &function_name(&function));
        assert_eq!(windlass_machine::timeout_s(&function), limit, "{function}");
    }
}

#[test]
fn what_a_deployment_cost_is_counted_by_the_memory_that_its_deployers_have() {
    let (template, machine) = (template(), machine());
    let functions = functions(&template);
    for (kind, called) in TABLES.iter().flat_map(|name| table(&machine, name)) {
        let kind: KindName = serde_json::from_value(kind.into()).expect("a kind");
        let memory = &function(&functions, &function_name(called))["MemorySize"];
        assert_eq!(*memory, kind.memory_mb(), "{called}: MemorySize in template.yaml, MEMORY_MB of the kind");
    }
}

#[test]
fn every_kind_has_a_function_and_a_role_of_its_own() {
    let (template, machine) = (template(), machine());
    let functions = functions(&template);
    let tables = TABLES.iter().flat_map(|name| table(&machine, name));
    let called: Vec<String> = tables.map(|(_, function)| function_name(function)).collect();
    let distinct: BTreeSet<&String> = called.iter().collect();
    assert_eq!(distinct.len(), called.len(), "{called:?}");
    let role = |name: &String| function(&functions, name)["Role"].as_str().expect("a role");
    let roles: BTreeSet<&str> = functions.keys().chain(&called).map(role).collect();
    assert_eq!(roles.len(), functions.len(), "{roles:?}");
}

/// A new function must be added to the dashboard and to the table, too.
#[test]
fn every_function_is_on_the_dashboard_and_in_the_table_of_functions() {
    let (_, table) = ARCHITECTURE.split_once("## Functions").expect("the table");
    let (table, _) = table.split_once("\n## ").expect("what follows it");
    let template = template();
    let resources = template["Resources"].as_object().expect("resources");
    let mut functions = resources.iter();
    while let Some((resource, _)) = functions.find(|(_, found)| found["Type"] == "AWS::Serverless::Function") {
        let shown = format!("\"${{{resource}}}\"");
        assert!(TEMPLATE.contains(&shown), "the Dashboard of template.yaml has no {shown}");
        let name = function_name(resource);
        assert!(table.contains(&format!("`{name}`")), "docs/ARCHITECTURE.md, \"Functions\", has no `{name}`");
    }
}

macro_rules! modules {
    ($( $(#[$doc:meta])+ $text:tt => $module:ident::$name:ident, )+) => {
        const MODULES: &[(&str, &str)] = &[$(($text, stringify!($module)),)+];
    };
}
windlass_domain::each_kind!(modules);

/// A table could name a function that exists and serves another kind.
#[test]
fn a_kinds_function_serves_this_kind() {
    let machine = machine();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    for (name, verb) in [("deployers", "handle"), ("publishers", "publish")] {
        for (kind, function) in table(&machine, name) {
            let path = format!("functions/{}/main.rs", function_name(function));
            let main = fs::read_to_string(root.join(&path));
            let main = main.unwrap_or_else(|error| panic!("{path}: {error}"));
            let module = MODULES.iter().find(|(text, _)| *text == kind);
            let (_, module) = module.expect("a kind");
            // Where everybody else may only look, the deployer has a name of its own.
            let served = ["of", "deployer"].map(|built| format!("deploy::{verb}(aws, input, {module}::{built})"));
            assert!(served.iter().any(|served| main.contains(served)), "{path} does not serve {module}");
        }
    }
}

#[test]
fn the_machine_may_invoke_what_it_calls_and_nothing_else() {
    let template = template();
    let role = &template["Resources"]["ReleaseMachineRole"]["Properties"];
    let statements = role["Policies"][0]["PolicyDocument"]["Statement"].as_array();
    let mut statements = statements.expect("statements").iter();
    let invoke = statements.find(|statement| statement["Action"] == "lambda:InvokeFunction");
    let allowed = invoke.expect("it invokes")["Resource"].as_array();
    let allowed: BTreeSet<&str> = allowed.expect("functions").iter().filter_map(Value::as_str).collect();
    let wanted: BTreeSet<String> = called(&machine()).iter().map(|function| format!("${{{function}.Arn}}:*")).collect();
    assert_eq!(
        allowed,
        wanted.iter().map(String::as_str).collect(),
        "left is ReleaseMachineRole in template.yaml, right is what statemachine/release.asl.json calls"
    );
}

/// Safety: limits: A function that switches a target ends within 60 s.
#[test]
fn what_switches_a_target_ends_within_a_minute() {
    for function in table(&machine(), "deployers").into_values() {
        let (timeout, _) = limits(&documented(), &function_name(function));
        assert!(timeout <= 60, "{function}");
    }
}

#[test]
fn every_substitution_is_given_and_every_given_one_is_used() {
    let template = template();
    let machine_in_template = &template["Resources"]["ReleaseMachine"]["Properties"];
    assert_eq!(machine_in_template["DefinitionUri"], "statemachine/release.asl.json");
    let mut given: BTreeSet<String> =
        machine_in_template["DefinitionSubstitutions"].as_object().expect("substitutions").keys().cloned().collect();
    let used = called(&machine());
    let used: BTreeSet<String> = used.iter().map(|name| format!("{name}Arn")).collect();
    // The calls of the tasks are in the partition of the stack.
    assert!(given.remove("Partition"), "{given:?}");
    assert!(TEMPLATE.contains("Partition: !Ref AWS::Partition"));
    assert_eq!(
        given, used,
        "left is DefinitionSubstitutions in template.yaml, right is what statemachine/release.asl.json names"
    );
    for name in given {
        let function = name.trim_end_matches("Arn");
        assert!(TEMPLATE.contains(&format!("{name}: !Ref {function}.Version")), "{name}");
        assert_eq!(template["Resources"][function]["Type"], "AWS::Serverless::Function");
    }
}
