//! The HTTP API over the real release machine and the in-memory world: what each route answers, and
//! what comes of it.

#![allow(clippy::unwrap_used, reason = "a test may panic, and reads better")]

use serde_json::{Value, json};
use std::collections::BTreeMap;
use windlass_domain::fault::{Fault, FaultName};
use windlass_engine::routes::api::{Call, Reply, handle};
use windlass_machine::program::Program;
use windlass_machine::shop::{ALARM, ALL_KINDS, FUNCTIONS, Shop};
use windlass_world::mishaps::When;
use windlass_world::run::run;

const CI: &str = "arn:aws:sts::111111111111:assumed-role/ci/run-812";
const RELEASES: &str = "/apps/shop/releases";
const PROD: &str = "/apps/shop/environments/prod";

fn program() -> Program {
    Program::release().unwrap()
}

/// Calls the API; the query stands in the path as in an address, without escapes.
fn call(shop: &Shop<'_>, method: &str, address: &str, body: Option<Value>) -> Reply {
    let (path, query) = address.split_once('?').unwrap_or((address, ""));
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    let query: BTreeMap<String, String> = pairs
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let call = Call {
        method: method.into(),
        path: path.into(),
        query,
        body: body.map(|body| body.to_string()),
        caller: Some(CI.into()),
    };
    run(handle(shop.world(), call))
}

fn get(shop: &Shop<'_>, address: &str) -> Value {
    let reply = call(shop, "GET", address, None);
    assert_eq!(reply.status, 200, "{}", reply.body);
    assert_eq!(reply.content_type, "application/json");
    reply.body
}

/// A refusal: status, and the findings' names in order.
fn refused(reply: &Reply) -> (u16, Vec<&str>) {
    assert_eq!(reply.content_type, "application/problem+json");
    assert_eq!(reply.body["status"], reply.status);
    let findings = reply.body["findings"].as_array().unwrap();
    let names: Vec<&str> = findings
        .iter()
        .map(|finding| finding["name"].as_str().unwrap())
        .collect();
    assert_eq!(reply.body["title"], names[0]);
    let page = format!("docs/findings/{}.md", names[0]);
    assert_eq!(reply.body["type"], page);
    (reply.status, names)
}

/// The body of a POST that releases a version of both functions.
fn release(shop: &mut Shop<'_>, version: &str) -> Value {
    let request = shop.release(version, &["api", "jobs"]);
    let mut body = request["manifest"].clone();
    body["environment"] = "prod".into();
    body
}

/// Releases through the API; answers id and execution.
fn post(shop: &mut Shop<'_>, version: &str) -> (String, String) {
    let body = release(shop, version);
    let reply = call(shop, "POST", RELEASES, Some(body));
    begun(&reply)
}

fn begun(reply: &Reply) -> (String, String) {
    assert_eq!(reply.status, 202, "{}", reply.body);
    let text = |name: &str| reply.body[name].as_str().unwrap().to_owned();
    (text("id"), text("execution"))
}

/// Runs until an execution, which the API has just started, is about to visit a state.
fn until(shop: &mut Shop<'_>, execution: &str, state: &str) {
    shop.region.step();
    assert!(
        shop.region.run_until(execution, state),
        "{execution} never was in {state}"
    );
}

fn ending(shop: &Shop<'_>, id: &str) -> Value {
    let record = get(shop, &format!("/apps/shop/deployments/{id}"));
    record["deployment"]["ending"]["ending"].clone()
}

fn executions(shop: &Shop<'_>) -> usize {
    shop.world().executions().executions.len()
}

#[test]
fn the_same_release_again_is_the_same_deployment_and_one_execution() {
    let program = program();
    let mut shop = Shop::new(&program, FUNCTIONS);
    let body = release(&mut shop, "1.0.0");
    let first = call(&shop, "POST", RELEASES, Some(body.clone()));
    let second = call(&shop, "POST", RELEASES, Some(body.clone()));
    assert_eq!(begun(&first), begun(&second));
    shop.region.run();
    let third = call(&shop, "POST", RELEASES, Some(body));
    assert_eq!(begun(&first), begun(&third));
    assert_eq!(executions(&shop), 1);
    let (id, _) = begun(&first);
    assert_eq!(ending(&shop, &id), "Succeeded");
    let status = format!("https://windlass.example/apps/shop/deployments/{id}");
    assert_eq!(first.body["status"], status);
}

#[test]
fn the_status_address_answers_before_the_deployment_is_recorded() {
    let program = program();
    let mut shop = Shop::new(&program, FUNCTIONS);
    let (id, execution) = post(&mut shop, "1.0.0");
    let path = format!("/apps/shop/deployments/{id}");
    let early = call(&shop, "GET", &path, None);
    assert_eq!(early.status, 202);
    let deployment = &early.body["deployment"];
    assert_eq!(deployment["status"], "accepted");
    assert_eq!(deployment["executions"], json!([execution]));
    assert_eq!(deployment["environment"], "prod");
    assert_eq!(deployment["ending"], Value::Null);
    let of_another = call(&shop, "GET", &format!("/apps/other/deployments/{id}"), None);
    assert_eq!(refused(&of_another), (404, vec!["UnknownName"]));
    shop.region.step();
    let whole = get(&shop, &path);
    let members =
        |value: &Value| -> Vec<String> { value.as_object().unwrap().keys().cloned().collect() };
    assert_eq!(members(&whole), members(&early.body));
    for member in members(deployment) {
        let known = whole["deployment"].get(&member).is_some();
        assert!(known || member == "ending", "{member}");
    }
}

#[test]
fn one_that_died_before_it_was_recorded_says_so_and_can_be_asked_for_again() {
    let program = program();
    let mut shop = Shop::new(&program, FUNCTIONS);
    let body = release(&mut shop, "1.0.0");
    let first = call(&shop, "POST", RELEASES, Some(body.clone()));
    let (id, execution) = begun(&first);
    let path = format!("/apps/shop/deployments/{id}");
    shop.region.stop(&execution);
    let gone = call(&shop, "GET", &path, None);
    assert_eq!(refused(&gone), (404, vec!["UnknownName"]));
    assert!(gone.body["detail"].as_str().unwrap().contains("ABORTED"));
    let second = call(&shop, "POST", RELEASES, Some(body.clone()));
    let third = call(&shop, "POST", RELEASES, Some(body));
    assert_eq!(begun(&second), begun(&third));
    assert_eq!(begun(&second).0, id);
    assert_ne!(begun(&second).1, execution);
    assert_eq!(call(&shop, "GET", &path, None).status, 202);
    shop.region.step();
    shop.region.run();
    assert_eq!(ending(&shop, &id), "Succeeded");
}

#[test]
fn who_asked_is_told_by_the_caller_and_not_by_the_body() {
    let program = program();
    let mut shop = Shop::new(&program, FUNCTIONS);
    let (id, _) = post(&mut shop, "1.0.0");
    shop.region.run();
    let record = get(&shop, &format!("/apps/shop/deployments/{id}"));
    let requester = &record["deployment"]["requester"];
    assert_eq!(requester, &json!({"route": "api", "principal": CI}));
    let mut forged = release(&mut shop, "1.1.0");
    forged["requester"] = json!({"route": "console", "principal": "someone else"});
    let reply = call(&shop, "POST", RELEASES, Some(forged));
    assert_eq!(refused(&reply), (400, vec!["UnknownField"]));
}

#[test]
fn a_bad_release_is_answered_with_all_findings() {
    let program = program();
    let shop = Shop::new(&program, FUNCTIONS);
    let misspelt =
        json!({"version": "1.0.0", "environment": "prod", "sequnce": 1, "componets": {}});
    let reply = call(&shop, "POST", RELEASES, Some(misspelt));
    assert_eq!(
        refused(&reply),
        (400, vec!["MissingField", "UnknownField", "UnknownField"])
    );
    let meant = json!({"version": "1.0.0", "environment": "prod", "components": {
        "api": {"key": "artifacts/other/api/1.zip"}, "jobs": {}}});
    let reply = call(&shop, "POST", RELEASES, Some(meant));
    assert_eq!(refused(&reply), (400, vec!["BadValue", "MissingField"]));
    let gone = json!({"version": "1.0.0", "environment": "prod", "components": {
        "api": {"key": "artifacts/shop/api/1.zip"}, "jobs": {"key": "artifacts/shop/jobs/1.zip"}}});
    let reply = call(&shop, "POST", RELEASES, Some(gone));
    assert_eq!(refused(&reply), (400, vec!["ArtifactMissing"; 2]));
    assert_eq!(executions(&shop), 0);
}

#[test]
fn what_does_not_fit_the_declaration_is_told_at_once_and_starts_nothing() {
    let program = program();
    let shop = Shop::new(&program, ALL_KINDS);
    let misfits = json!({"version": "1.0.0", "components": {
        "agent": {"key": "artifacts/shop/agent/1.zip"}, "api": {"key": "artifacts/shop/api/1.zip"},
        "web": {"image": "shop/web:1"}, "wep": {"key": "artifacts/shop/wep/1.zip"}}});
    let mut named = misfits.clone();
    named["environment"] = "prod".into();
    let reply = call(&shop, "POST", RELEASES, Some(named));
    let wanted = vec!["BadValue", "ArtifactMissing", "BadValue", "UnknownName"];
    assert_eq!(refused(&reply), (400, wanted));
    let paths = [
        "components.agent.key",
        "artifacts/shop/api/1.zip",
        "components.web.image",
        "components.wep",
    ];
    for (finding, path) in reply.body["findings"].as_array().unwrap().iter().zip(paths) {
        assert_eq!(finding["path"], path, "{finding}");
    }
    let reply = call(&shop, "POST", RELEASES, Some(misfits));
    let wanted = vec!["NoEnvironment", "BadValue", "BadValue", "UnknownName"];
    assert_eq!(refused(&reply), (400, wanted));
    assert_eq!(executions(&shop), 0);
}

#[test]
fn what_is_no_object_is_refused() {
    let program = program();
    let shop = Shop::new(&program, FUNCTIONS);
    let reply = call(&shop, "POST", RELEASES, Some(json!([1])));
    assert_eq!(refused(&reply), (400, vec!["NotWellFormed"]));
    let large = json!({"version": "x".repeat(300_000)});
    let reply = call(&shop, "POST", RELEASES, Some(large));
    assert_eq!(refused(&reply), (400, vec!["NotWellFormed"]));
}

#[test]
fn what_is_not_there_is_not_found() {
    let program = program();
    let shop = Shop::new(&program, FUNCTIONS);
    let body = json!({"version": "1.0.0", "components": {"api": {"image": "shop/agent:1"}}});
    let reply = call(&shop, "POST", "/apps/nosuch/releases", Some(body));
    assert_eq!(refused(&reply), (404, vec!["NoDeclaration"]));
    let nothing = [
        ("GET", "/"),
        ("GET", "/apps/shop"),
        ("GET", RELEASES),
        ("DELETE", RELEASES),
        ("GET", "/apps/Not-A-Name/deployments"),
        ("GET", "/apps/shop/environments/Not_A_Name"),
        ("POST", "/apps/shop/environments/prod/nosuch"),
        ("PATCH", PROD),
        ("GET", "/apps/shop/deployments/0123456789abcdef"),
        ("POST", "/apps/shop/deployments/0123456789abcdef/cancel"),
    ];
    for (method, path) in nothing {
        let reply = call(&shop, method, path, None);
        assert_eq!(
            refused(&reply),
            (404, vec!["UnknownName"]),
            "{method} {path}"
        );
    }
    let reply = call(&shop, "GET", "/apps/shop/environments/nosuch", None);
    assert_eq!(reply.status, 404);
    assert_eq!(executions(&shop), 0);
}

#[test]
fn a_deployment_of_another_application_is_not_found() {
    let program = program();
    let mut shop = Shop::new(&program, FUNCTIONS);
    let (id, execution) = post(&mut shop, "1.0.0");
    until(&mut shop, &execution, "Bake");
    for (method, path) in [("GET", ""), ("POST", "/cancel")] {
        let path = format!("/apps/other/deployments/{id}{path}");
        let reply = call(&shop, method, &path, None);
        assert_eq!(refused(&reply), (404, vec!["UnknownName"]), "{path}");
    }
    let came = get(
        &shop,
        &format!("/apps/other/deployments?execution={execution}"),
    );
    assert_eq!(came, json!({"deployment": null, "refusal": null}));
    shop.region.run();
    assert_eq!(ending(&shop, &id), "Succeeded", "nothing was cancelled");
}

#[test]
fn a_running_deployment_is_cancelled_and_undone_once() {
    let program = program();
    let mut shop = Shop::new(&program, FUNCTIONS);
    let (id, execution) = post(&mut shop, "1.0.0");
    until(&mut shop, &execution, "Bake");
    let path = format!("/apps/shop/deployments/{id}/cancel");
    let reply = call(
        &shop,
        "POST",
        &path,
        Some(json!({"reason": "the wrong one"})),
    );
    assert_eq!(begun(&reply).0, id);
    shop.region.run();
    assert_eq!(ending(&shop, &id), "RolledBack");
    assert_eq!(
        (shop.serves("shop-api"), shop.serves("shop-jobs")),
        ("1".into(), "1".into())
    );
    let again = call(&shop, "POST", &path, None);
    assert_eq!(refused(&again), (409, vec!["NothingToCancel"]));
}

#[test]
fn a_deployment_that_is_being_undone_is_not_cancelled() {
    let program = program();
    let mut shop = Shop::new(&program, FUNCTIONS);
    let (id, execution) = post(&mut shop, "1.0.0");
    until(&mut shop, &execution, "Bake");
    let path = format!("/apps/shop/deployments/{id}/cancel");
    let recovery = begun(&call(&shop, "POST", &path, None)).1;
    until(&mut shop, &recovery, "Undo");
    let again = call(&shop, "POST", &path, None);
    assert_eq!(refused(&again), (409, vec!["NothingToCancel"]));
    shop.region.run();
    assert_eq!(ending(&shop, &id), "RolledBack");
}

#[test]
fn a_waiting_deployment_is_cancelled_before_it_changes_anything() {
    let program = program();
    let mut shop = Shop::new(&program, FUNCTIONS);
    let (first, execution) = post(&mut shop, "1.0.0");
    until(&mut shop, &execution, "Bake");
    let (second, waiting) = post(&mut shop, "1.1.0");
    until(&mut shop, &waiting, "AwaitTurn");
    shop.region.step();
    let path = format!("/apps/shop/deployments/{second}/cancel");
    begun(&call(&shop, "POST", &path, None));
    shop.region.run();
    assert_eq!(ending(&shop, &second), "Rejected");
    assert_eq!(ending(&shop, &first), "Succeeded");
}

#[test]
fn a_task_token_is_never_shown() {
    let program = program();
    let mut shop = Shop::new(&program, FUNCTIONS);
    let (_, execution) = post(&mut shop, "1.0.0");
    until(&mut shop, &execution, "Bake");
    let (waiting, second) = post(&mut shop, "1.1.0");
    let mut token = None;
    while token.is_none() {
        shop.region.step();
        token = shop.world().executions().tokens.iter().next().cloned();
    }
    let token = token.unwrap();
    let addresses = [
        PROD.to_owned(),
        format!("{PROD}?observe=true"),
        format!("/apps/shop/deployments/{waiting}"),
        "/apps/shop/deployments?environment=prod".to_owned(),
        format!("/apps/shop/deployments?execution={second}"),
    ];
    for address in addresses {
        let shown = get(&shop, &address).to_string();
        assert!(!shown.contains(&token), "{address}");
        assert!(!shown.contains("task_token"), "{address}");
    }
    assert_eq!(get(&shop, PROD)["waiting"][0]["deployment"], waiting);
}

#[test]
fn automatic_deployments_are_held_by_put_and_released_by_delete() {
    let program = program();
    let mut shop = Shop::new(&program, FUNCTIONS);
    let hold = format!("{PROD}/hold");
    let unreasoned = call(&shop, "PUT", &hold, None);
    assert_eq!(refused(&unreasoned), (400, vec!["MissingField"]));
    let reply = call(&shop, "PUT", &hold, Some(json!({"reason": "a sale"})));
    assert_eq!(reply.status, 202);
    shop.region.step();
    shop.region.run();
    let environment = get(&shop, PROD);
    assert_eq!(environment["hold"]["reason"], "a sale");
    assert_eq!(environment["hold"]["by"], CI);
    let address = format!("{hold}?reason=it is over");
    assert_eq!(call(&shop, "DELETE", &address, None).status, 202);
    shop.region.step();
    shop.region.run();
    assert_eq!(get(&shop, PROD)["hold"], Value::Null);
}

#[test]
fn history_is_paged_newest_first() {
    let program = program();
    let mut shop = Shop::new(&program, FUNCTIONS);
    for version in ["1.0.0", "1.1.0", "1.2.0"] {
        post(&mut shop, version);
        shop.region.run();
        let mut clock = shop.world().clock();
        clock.now = clock.now.plus_ms(1000);
    }
    let history = "/apps/shop/deployments?environment=prod";
    let versions = |page: &Value| -> Vec<String> {
        let all = page["deployments"].as_array().unwrap().iter();
        all.map(|one| one["version"].as_str().unwrap().to_owned())
            .collect()
    };
    let first = get(&shop, &format!("{history}&limit=2"));
    assert_eq!(versions(&first), ["1.2.0", "1.1.0"]);
    let next = first["next"].as_str().unwrap();
    let second = get(&shop, &format!("{history}&limit=2&after={next}"));
    assert_eq!(versions(&second), ["1.0.0"]);
    assert_eq!(second["next"], Value::Null);
    assert_eq!(
        versions(&get(&shop, &format!("{history}&limit=0"))),
        ["1.2.0"]
    );
    assert_eq!(versions(&get(&shop, history)).len(), 3);
    assert_eq!(first["deployments"][0]["ending"]["ending"], "Succeeded");
    let unnamed = call(&shop, "GET", "/apps/shop/deployments", None);
    assert_eq!(refused(&unnamed), (400, vec!["MissingField"]));
}

#[test]
fn snapshots_are_paged_newest_first_and_tell_what_a_rollback_would_skip() {
    let program = program();
    let mut shop = Shop::new(&program, FUNCTIONS);
    for version in ["1.0.0", "1.1.0"] {
        post(&mut shop, version);
        shop.region.run();
    }
    // 1.0.0 comes again, and is undone this time.
    let mut again = release(&mut shop, "1.0.0");
    again["again"] = true.into();
    again["allow_older"] = true.into();
    again["reason"] = "to see".into();
    let (_, execution) = begun(&call(&shop, "POST", RELEASES, Some(again)));
    until(&mut shop, &execution, "Bake");
    shop.world().set_alarm(ALARM, "ALARM", &[9.0]);
    shop.region.run();
    let snapshots = format!("{PROD}/snapshots");
    let first = get(&shop, &format!("{snapshots}?limit=2"));
    let told = |page: &Value| -> Vec<String> {
        let all = page["snapshots"].as_array().unwrap().iter();
        let words = [
            "number",
            "version",
            "replaced",
            "present",
            "verified_good",
            "vetoed",
        ];
        all.map(|one| words.map(|word| one[word].to_string()).join(" "))
            .collect()
    };
    let newest = [
        r#"3 "1.1.0" 2 true true false"#,
        r#"2 "1.0.0" 1 false true true"#,
    ];
    assert_eq!(told(&first), newest);
    let component = &first["snapshots"][0]["components"]["api"];
    assert_eq!(component["version"], "1.1.0");
    assert_eq!(component["artifact"]["key"], "artifacts/shop/api/1.1.0.zip");
    let next = first["next"].as_str().unwrap();
    let second = get(&shop, &format!("{snapshots}?limit=2&after={next}"));
    let oldest = r#"1 "before-windlass" 0 false false false"#;
    assert_eq!(told(&second), [oldest]);
    assert_eq!(second["next"], Value::Null);
    let unknown = "/apps/shop/environments/nosuch/snapshots";
    assert_eq!(call(&shop, "GET", unknown, None).status, 404);
}

#[test]
fn what_came_of_a_rollback_is_found_by_its_execution() {
    let program = program();
    let mut shop = Shop::new(&program, FUNCTIONS);
    for version in ["1.0.0", "1.1.0"] {
        post(&mut shop, version);
        shop.region.run();
    }
    let rollbacks = format!("{PROD}/rollbacks");
    let reply = call(&shop, "POST", &rollbacks, Some(json!({"reason": "broken"})));
    let execution = reply.body["execution"].as_str().unwrap().to_owned();
    let address = format!("/apps/shop/deployments?execution={execution}");
    assert_eq!(
        get(&shop, &address),
        json!({"deployment": null, "refusal": null})
    );
    shop.region.step();
    shop.region.run();
    let came = get(&shop, &address);
    let id = came["deployment"].as_str().unwrap();
    assert_eq!(ending(&shop, id), "Succeeded");
    assert_eq!(get(&shop, PROD)["running"]["api"]["version"], "1.0.0");
}

#[test]
fn why_an_action_was_refused_is_found_by_its_execution() {
    let program = program();
    let mut shop = Shop::new(&program, FUNCTIONS);
    let accept = format!("{PROD}/accept");
    let reply = call(
        &shop,
        "POST",
        &accept,
        Some(json!({"reason": "looks fine"})),
    );
    let execution = reply.body["execution"].as_str().unwrap().to_owned();
    shop.region.step();
    shop.region.run();
    let came = get(
        &shop,
        &format!("/apps/shop/deployments?execution={execution}"),
    );
    assert_eq!(came["deployment"], Value::Null);
    assert_eq!(came["refusal"]["findings"][0]["name"], "NothingToAccept");
}

#[test]
fn an_environment_tells_what_runs_and_who_holds_the_lock() {
    let program = program();
    let mut shop = Shop::new(&program, FUNCTIONS);
    let (id, execution) = post(&mut shop, "1.0.0");
    until(&mut shop, &execution, "Bake");
    let during = get(&shop, PROD);
    assert_eq!(during["lock"]["held"]["deployment"], id);
    assert_eq!(during["lock"]["held"]["state"], "running");
    shop.region.run();
    let after = get(&shop, PROD);
    assert_eq!(after["running"]["api"]["version"], "1.0.0");
    assert_eq!(after["running"]["api"]["deployment"], id);
    assert_eq!(after["lock"]["held"], Value::Null);
    assert_eq!(after["waiting"], json!([]));
}

#[test]
fn a_judged_deployment_shows_what_was_measured() {
    let program = program();
    let mut shop = Shop::new(&program, FUNCTIONS);
    let (id, execution) = post(&mut shop, "1.0.0");
    until(&mut shop, &execution, "Bake");
    shop.world().set_alarm(ALARM, "ALARM", &[7.0]);
    shop.region.run();
    let record = get(&shop, &format!("/apps/shop/deployments/{id}"));
    assert_eq!(record["deployment"]["ending"]["ending"], "RolledBack");
    let judgements = record["judgements"].as_array().unwrap();
    let failed = judgements.iter().find(|one| one["verdict"] == "fail");
    assert_eq!(failed.unwrap()["failed"]["gate"], ALARM);
    let steps = record["steps"].as_array().unwrap();
    assert!(steps.iter().all(|step| step["status"] == "undone"));
    assert!(!record["plan"]["waves"].as_array().unwrap().is_empty());
}

#[test]
fn a_fault_is_a_problem_and_says_whether_asking_again_may_help() {
    let program = program();
    let shop = Shop::new(&program, FUNCTIONS);
    for (name, status) in [(FaultName::Throttled, 503), (FaultName::AccessDenied, 500)] {
        let next = shop.world().mishaps().count() + 1;
        let fault = Fault::new(name, "the ledger did not answer");
        shop.world().fail_call(next, When::Before, fault);
        let reply = call(&shop, "GET", PROD, None);
        assert_eq!(reply.status, status);
        assert_eq!(reply.content_type, "application/problem+json");
        assert_eq!(reply.body["title"], name.to_string());
        assert_eq!(reply.body["findings"], json!([]));
    }
    assert_eq!(call(&shop, "GET", PROD, None).status, 200);
}
