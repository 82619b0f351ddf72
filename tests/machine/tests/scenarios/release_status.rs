//! The API says what is so now of a deployment, and what to start to have it. These tests start that, and have it.

use crate::scenarios::scene::{BOTH, assert_free, ended, failure, live, program};
use serde_json::{Value, json};
use windlass_domain::release::ending::Ending;
use windlass_domain::release::identity::DeploymentId;
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_engine::routes::api::{ApiCall, handle};
use windlass_machine::shop::{ALARM, Shop};
use windlass_world::run::run;

/// Returns what the API says is so now of a deployment.
fn now(shop: &Shop<'_>, id: &DeploymentId) -> Value {
    let call = ApiCall {
        method: "GET".into(),
        path: format!("/apps/shop/deployments/{id}"),
        query: [("words".to_owned(), "console".to_owned())].into(),
        caller: Some("arn:aws:iam::111111111111:role/ci".into()),
        ..ApiCall::default()
    };
    let reply = run(handle(shop.world(), call));
    assert_eq!(reply.status, 200, "{}", reply.body);
    reply.body["now"].clone()
}

/// Returns the first input that a text names to start.
fn first_input(text: &str) -> Value {
    let at = text.find(r#"{"action""#).unwrap();
    let mut inputs = serde_json::Deserializer::from_str(&text[at..]).into_iter();
    inputs.next().unwrap().unwrap()
}

fn start(shop: &mut Shop<'_>, input: &Value) -> String {
    let arn = shop.start(input);
    shop.region.run();
    arn
}

/// Starts what the API names until the deployment runs. Returns the inputs that were started.
fn have(shop: &mut Shop<'_>, id: &DeploymentId) -> Vec<Value> {
    let mut started = Vec::new();
    loop {
        let now = now(shop, id);
        if now["runs"] == true {
            return started;
        }
        let (text, next) = (now["text"].as_str().unwrap(), now["next"].as_str().unwrap());
        assert!(text.ends_with(&format!("  next: {next}")), "{text}");
        assert!(started.len() < 2, "{text}");
        let input = first_input(next);
        let arn = start(shop, &input);
        assert!(shop.region.ended(&arn).unwrap().error.is_empty(), "{:?}", failure(shop, &arn));
        started.push(input);
    }
}

fn numbered(shop: &mut Shop<'_>, version: &str, sequence: u64) -> DeploymentId {
    let mut request = shop.release(version, &BOTH);
    request["manifest"]["sequence"] = json!(sequence);
    let arn = start(shop, &request);
    assert_eq!(ended(shop, &arn).ending, Ending::Succeeded, "{version}");
    shop.deployment(&arn).id
}

fn act(shop: &mut Shop<'_>, action: &str) -> String {
    let arn = shop.act(action);
    shop.region.run();
    arn
}

#[test]
fn what_a_newer_release_replaced_is_had_by_what_is_named() {
    let program = program();
    let mut shop = live(&program);
    let older = numbered(&mut shop, "1.1.0", 10);
    assert_eq!(now(&shop, &older)["runs"], true);
    numbered(&mut shop, "1.2.0", 20);
    let started = have(&mut shop, &older);
    assert_eq!(started.len(), 1);
    assert_eq!(started[0]["allow_older"], true);
    assert_free(&shop);
}

#[test]
fn what_a_rollback_replaced_is_had_by_what_is_named() {
    let program = program();
    let mut shop = live(&program);
    let newer = numbered(&mut shop, "1.1.0", 10);
    let back = act(&mut shop, "rollback");
    let back = shop.deployment(&back).id;
    assert_eq!(now(&shop, &back)["runs"], true);
    let started = have(&mut shop, &newer);
    assert_eq!(started.len(), 1);
    assert_eq!(started[0]["through_hold"], true);
    // The rollback does not run any more, and can be had again.
    let started = have(&mut shop, &back);
    assert_eq!(started[0]["action"], "rollback");
    assert_free(&shop);
}

#[test]
fn what_is_older_held_vetoed_and_needs_an_operator_is_had_by_what_is_named() {
    let program = program();
    let mut shop = live(&program);
    let mut request = shop.release("1.1.0", &BOTH);
    request["manifest"]["sequence"] = json!(10);
    let first = start(&mut shop, &request);
    let first = shop.deployment(&first).id;
    numbered(&mut shop, "1.2.0", 20);
    // The same release fails, and its undo is refused.
    for (name, value) in [("allow_older", json!(true)), ("reason", json!("a test"))] {
        request[name] = value;
    }
    let stuck = shop.start(&request);
    assert!(shop.region.run_until(&stuck, "Bake"));
    shop.world().set_alarm(ALARM, "ALARM", &[9.0]);
    let fault = Fault::new(FaultName::AccessDenied, "lambda:UpdateAlias was refused");
    shop.world().mishaps().refused.insert("lambda.update_alias", fault);
    shop.region.run();
    assert_eq!(ended(&shop, &stuck).ending, Ending::NeedsOperator);
    shop.world().mishaps().refused.clear();
    shop.world().set_alarm(ALARM, "OK", &[0.0]);
    act(&mut shop, "hold");
    let next = now(&shop, &first)["next"].clone();
    assert_eq!(first_input(next.as_str().unwrap())["action"], "recover");
    // The recovery ends with the error of the failed gate. That is no error of the input that was named.
    let recovery = start(&mut shop, &first_input(next.as_str().unwrap()));
    assert_eq!(shop.region.ended(&recovery).unwrap().error, "GateFailed");
    let started = have(&mut shop, &first);
    assert_eq!(started.len(), 1);
    for wish in ["again", "allow_older", "through_hold"] {
        assert_eq!(started[0][wish], true, "{wish}");
    }
    assert_free(&shop);
}

#[test]
fn the_same_request_names_what_is_started_to_have_it() {
    let program = program();
    let mut shop = live(&program);
    let mut request = shop.release("1.1.0", &BOTH);
    request["idempotency_key"] = json!("a-key");
    request["manifest"]["sequence"] = json!(10);
    start(&mut shop, &request);
    numbered(&mut shop, "1.2.0", 20);
    act(&mut shop, "hold");
    let same = start(&mut shop, &request);
    let outcome = shop.region.ended(&same).unwrap();
    let text = format!("{outcome:?}").replace("\\\\", "").replace("\\\"", "\"");
    assert!(text.contains("It does not run any more"), "{text}");
    let input = first_input(&text);
    let arn = start(&mut shop, &input);
    assert_eq!(ended(&shop, &arn).ending, Ending::Succeeded, "{input}");
}

/// The component came after the snapshot that the rollback went back to.
#[test]
fn a_rollback_that_found_a_component_runs_no_more_once_that_is_released() {
    let program = program();
    let mut shop = Shop::new(&program, windlass_machine::shop::FUNCTIONS);
    for (version, component) in [("1.0.0", "api"), ("1.1.0", "jobs")] {
        let arn = shop.deploy(version, &[component]);
        shop.region.run();
        assert_eq!(ended(&shop, &arn).ending, Ending::Succeeded);
    }
    let back = act(&mut shop, "rollback");
    let back = shop.deployment(&back).id;
    assert_eq!(now(&shop, &back)["runs"], true);
    act(&mut shop, "release_hold");
    let arn = shop.deploy("1.2.0", &["jobs"]);
    shop.region.run();
    assert_eq!(ended(&shop, &arn).ending, Ending::Succeeded);
    let shown = now(&shop, &back);
    assert_eq!(shown["runs"], false, "{shown}");
    assert!(shown["text"].as_str().unwrap().contains("jobs: 1.2.0 since"));
    have(&mut shop, &back);
}
