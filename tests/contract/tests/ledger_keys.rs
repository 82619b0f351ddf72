//! The items of the ledger that each role may write: only the conductor may write locks, states and snapshots, and
//! beside it only the planner may write claims.

#![allow(clippy::expect_used, reason = "a test fails by panicking")]

use serde_json::Value;
use std::collections::BTreeMap;
use windlass_contract::template;
use windlass_domain::release::identity::EnvironmentId;
use windlass_domain::text::name::{AppName, EnvironmentName};
use windlass_engine::ledger;

const WRITES: [&str; 5] =
    ["dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem", "dynamodb:BatchWriteItem", "dynamodb:*"];

fn list(value: &Value) -> Vec<&str> {
    match value {
        Value::Array(all) => all.iter().filter_map(Value::as_str).collect(),
        one => one.as_str().into_iter().collect(),
    }
}

/// Returns the beginnings of the partitions that each role may write; `None` for a role that may write all.
fn writers(template: &Value) -> BTreeMap<String, Option<Vec<String>>> {
    let resources = template["Resources"].as_object().expect("resources");
    let roles = resources.iter().filter(|(_, one)| one["Type"] == "AWS::IAM::Role");
    let mut writers = BTreeMap::new();
    for (name, role) in roles {
        let policies = role["Properties"]["Policies"].as_array();
        let statements = policies.into_iter().flatten().flat_map(|policy| {
            let all = policy["PolicyDocument"]["Statement"].as_array();
            all.expect("statements")
        });
        for statement in statements {
            let actions = list(&statement["Action"]);
            if !actions.iter().any(|action| WRITES.contains(action)) {
                continue;
            }
            let keys = &statement["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"];
            let keys = (!keys.is_null()).then(|| list(keys).iter().map(ToString::to_string).collect());
            assert_eq!(writers.insert(name.clone(), keys), None, "{name} twice");
        }
    }
    writers
}

fn matches(pattern: &str, key: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(beginning) => key.starts_with(beginning),
        None => pattern == key,
    }
}

/// "One conductor" in docs/SAFETY.md. The condition is on the partition key, whatever the action (Amazon
/// DynamoDB Developer Guide, "Using IAM policy conditions for fine-grained access control").
///
/// Safety: lock: Only the conductor's role may write locks, states and snapshots.
#[test]
fn only_the_conductor_may_write_locks_states_and_snapshots() {
    let (app, env) = (AppName::new("shop"), EnvironmentName::new("prod"));
    let (app, env) = (app.expect("a name"), env.expect("a name"));
    let fenced = [
        ledger::lock(EnvironmentId::new(&app, &env)).pk.clone(),
        ledger::state(EnvironmentId::new(&app, &env)).pk.clone(),
        ledger::snapshot(EnvironmentId::new(&app, &env), 1).pk.clone(),
    ];
    let writers = writers(&template());
    assert!(writers.len() > 8, "{writers:?}");
    for (role, keys) in writers {
        let Some(keys) = keys else {
            assert_eq!(role, "ConductorRole", "may write everything");
            continue;
        };
        assert!(!keys.is_empty(), "{role}");
        for key in &fenced {
            let reaching = keys.iter().find(|pattern| matches(pattern, key));
            assert_eq!(reaching, None, "{role} may write {key}");
        }
    }
}

/// Whoever may write such a note may vouch for any requester: the roles are those of what starts executions.
///
/// Safety: truth: Only the roles of what starts executions may vouch for their requesters.
#[test]
fn only_what_starts_executions_vouches_for_requesters() {
    let template = template();
    let note = ledger::asked("shop-prod-1.4.0-3f9a", &Value::Null).pk.clone();
    let reaches = |keys: Vec<String>| keys.iter().any(|pattern| matches(pattern, &note));
    let writers = writers(&template).into_iter();
    let vouching = writers.filter_map(|(role, keys)| keys.is_none_or(reaches).then_some(role));
    let resources = template["Resources"].as_object().expect("resources");
    let starts = |role: &Value| role["Properties"]["Policies"].to_string().contains("\"states:StartExecution\"");
    let roles = resources.iter().filter(|(_, one)| one["Type"] == "AWS::IAM::Role" && starts(one));
    let starting: Vec<String> = roles.map(|(name, _)| name.clone()).collect();
    assert_eq!(starting.len(), 4, "{starting:?}");
    assert_eq!(vouching.collect::<Vec<_>>(), starting);
}

/// "Tenancy" in docs/SAFETY.md: claims are made where they are compared.
///
/// Safety: tenancy: Only the planner's role may write claims of targets, which are made where they are compared.
#[test]
fn only_the_planner_claims_targets() {
    let claims = [ledger::target("arn").pk.clone(), ledger::target("s3://shop-web/").pk.clone()];
    let writers = writers(&template()).into_iter();
    let claiming = writers.filter_map(|(role, keys)| {
        let reaches = |key: &String| keys.iter().flatten().any(|pattern| matches(pattern, key));
        let many = claims.iter().filter(|key| reaches(key)).count();
        (many > 0).then_some((role, many))
    });
    let claiming: Vec<(String, usize)> = claiming.collect();
    assert_eq!(claiming, [("PlannerRole".to_owned(), claims.len())]);
}

/// Beside the conductor, which may write everything.
#[test]
fn only_intake_puts_access_files_in_force() {
    let app = AppName::new("shop").expect("a name");
    let files = [ledger::access(&app).pk.clone(), ledger::access_for_all().pk.clone()];
    let writers = writers(&template()).into_iter();
    let writing = writers.filter_map(|(role, keys)| {
        let reaches = |key: &String| keys.iter().flatten().any(|pattern| matches(pattern, key));
        files.iter().any(reaches).then_some((role, files.iter().all(reaches)))
    });
    let writing: Vec<(String, bool)> = writing.collect();
    assert_eq!(writing, [("IntakeRole".to_owned(), true)]);
}
