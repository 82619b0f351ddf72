//! Calls of the API, and checks of its answers.

use serde_json::Value;
use std::collections::BTreeMap;
use windlass_domain::declaration::{Declaration, Declared};
use windlass_engine::ledger;
use windlass_engine::ports::{Clock, Item};
use windlass_engine::routes::api::{ApiCall, Reply, handle};
use windlass_machine::shop::Shop;
pub use windlass_machine::state_paths::program;
use windlass_world::run::run;

pub const CI: &str = "arn:aws:sts::111111111111:assumed-role/ci/run-812";
pub const RELEASES: &str = "/apps/shop/environments/prod/releases";
pub const STARTS: &str = "/apps/shop/environments/prod/starts";
pub const PROD: &str = "/apps/shop/environments/prod";

/// Calls the API. The query is part of the address, without escapes.
pub fn call(shop: &Shop<'_>, method: &str, address: &str, body: Option<Value>) -> Reply {
    call_with(shop, None, method, address, body)
}

/// Calls the API with an idempotency key.
pub fn call_with(shop: &Shop<'_>, key: Option<&str>, method: &str, address: &str, body: Option<Value>) -> Reply {
    call_by(shop, (CI, key), method, address, body)
}

/// Calls the API as somebody, with an idempotency key.
pub fn call_by(
    shop: &Shop<'_>,
    (who, key): (&str, Option<&str>),
    method: &str,
    address: &str,
    body: Option<Value>,
) -> Reply {
    let (path, query) = address.split_once('?').unwrap_or((address, ""));
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    let query: BTreeMap<String, String> = pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let call = ApiCall {
        method: method.into(),
        path: path.into(),
        query,
        body: body.map(|body| body.to_string()),
        key: key.map(str::to_owned),
        caller: Some(who.into()),
        claims: None,
    };
    run(handle(shop.world(), call))
}

/// POSTs a text as it stands.
pub fn post_text(shop: &Shop<'_>, address: &str, body: &str) -> Reply {
    let (path, body) = (address.to_owned(), Some(body.to_owned()));
    run(handle(
        shop.world(),
        ApiCall { method: "POST".into(), path, body, caller: Some(CI.into()), ..ApiCall::default() },
    ))
}

pub fn get(shop: &Shop<'_>, address: &str) -> Value {
    let reply = call(shop, "GET", address, None);
    assert_eq!(reply.status, 200, "{}", reply.body);
    assert_eq!(reply.content_type, "application/json");
    reply.body
}

/// Returns the status of a refusal, and the findings' names in order.
pub fn refused(reply: &Reply) -> (u16, Vec<&str>) {
    assert_eq!(reply.content_type, "application/problem+json");
    assert_eq!(reply.body["status"], reply.status);
    let findings = reply.body["findings"].as_array().unwrap();
    let names: Vec<&str> = findings.iter().map(|finding| finding["name"].as_str().unwrap()).collect();
    assert_eq!(reply.body["title"], names[0]);
    let page = format!("docs/findings.md#{}", names[0].to_lowercase());
    assert_eq!(reply.body["type"], page);
    (reply.status, names)
}

/// Returns the body of a POST that releases a version of both functions.
pub fn release(shop: &mut Shop<'_>, version: &str) -> Value {
    let request = shop.release(version, &["api", "jobs"]);
    request["manifest"].clone()
}

/// Releases through the API. Returns the id and the execution.
pub fn post(shop: &mut Shop<'_>, version: &str) -> (String, String) {
    let body = release(shop, version);
    let reply = call(shop, "POST", RELEASES, Some(body));
    begun(&reply)
}

pub fn begun(reply: &Reply) -> (String, String) {
    assert_eq!(reply.status, 202, "{}", reply.body);
    let text = |name: &str| reply.body[name].as_str().unwrap().to_owned();
    (text("id"), text("execution"))
}

/// Runs until an execution, which the API has just started, is about to visit a state.
pub fn until(shop: &mut Shop<'_>, execution: &str, state: &str) {
    shop.region.step();
    assert!(shop.region.run_until(execution, state), "{execution} never was in {state}");
}

pub fn ending(shop: &Shop<'_>, id: &str) -> Value {
    let record = get(shop, &format!("/apps/shop/deployments/{id}"));
    record["deployment"]["ending"]["ending"].clone()
}

pub fn executions(shop: &Shop<'_>) -> usize {
    shop.world().stepfunctions().executions.len()
}

/// Puts a declaration in force.
pub fn declare(shop: &Shop<'_>, text: &str) {
    let declaration = Declaration::parse(text).unwrap();
    let declared = Declared::new(&declaration, text, shop.world().now(), None);
    let mut ledger = shop.world().dynamodb();
    for key in
        [ledger::declaration_in_force(declaration.app()), ledger::declaration(declaration.app(), declaration.version())]
    {
        let item = Item {
            key: key.clone().into(),
            rev: ledger.items.get(&key).map_or(1, |item| item.rev + 1),
            body: ledger::to_body(&declared).unwrap(),
            index: None,
            expires: None,
        };
        ledger.items.insert(key.into(), item.into());
    }
}
