//! Drift: what the API says of targets that somebody else changed, for each kind.

#![allow(clippy::unwrap_used, reason = "a test may panic, and reads better")]

use serde_json::{Value, json};
use std::collections::BTreeMap;
use windlass_domain::fault::{Fault, FaultName};
use windlass_engine::ports::Clock;
use windlass_engine::routes::api::{Call, handle};
use windlass_machine::program::Program;
use windlass_machine::shop::{ALL_KINDS, Shop};
use windlass_machine::ways::program;
use windlass_world::mishaps::When;
use windlass_world::run::run;

const ALL: [&str; 3] = ["agent", "api", "web"];

/// The shop with release 1.0.0 of all three kinds live.
fn live(program: &Program) -> Shop<'_> {
    let mut shop = Shop::new(program, ALL_KINDS);
    shop.deploy("1.0.0", &ALL);
    shop.region.run();
    shop
}

fn environment(shop: &Shop<'_>, observe: &str) -> Value {
    let call = Call {
        method: "GET".into(),
        path: "/apps/shop/environments/prod".into(),
        query: BTreeMap::from([("observe".into(), observe.into())]),
        ..Call::default()
    };
    let reply = run(handle(shop.world(), call));
    assert_eq!(reply.status, 200, "{}", reply.body);
    reply.body
}

fn observed(shop: &Shop<'_>) -> Value {
    environment(shop, "true")["observed"].clone()
}

/// The drift of each component, in the order of their names.
fn drift(shop: &Shop<'_>) -> Vec<String> {
    let observed = observed(shop);
    let each = observed.as_object().unwrap().values();
    each.map(|one| one["drift"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn what_windlass_left_has_not_drifted() {
    let program = program();
    let mut shop = live(&program);
    assert_eq!(drift(&shop), ["none"; 3]);
    shop.deploy("1.1.0", &ALL);
    shop.region.run();
    assert_eq!(drift(&shop), ["none"; 3]);
    shop.act("rollback");
    shop.region.run();
    assert_eq!(drift(&shop), ["none"; 3], "{}", observed(&shop));
}

#[test]
fn nothing_is_observed_unless_it_is_asked_for() {
    let program = program();
    let shop = live(&program);
    assert!(environment(&shop, "false").get("observed").is_none());
}

#[test]
fn an_alias_that_somebody_moved_is_told() {
    let program = program();
    let shop = live(&program);
    let mut functions = shop.world().functions();
    let api = functions.functions.get_mut("shop-api").unwrap();
    api.aliases.get_mut("live").unwrap().version = "1".into();
    drop(functions);
    assert_eq!(drift(&shop), ["none", "changed", "none"]);
    let api = observed(&shop)["api"].clone();
    assert_ne!(api["seen"], api["recorded"]);
    assert!(api["seen"].as_str().unwrap().contains('1'), "{api}");
}

#[test]
fn a_service_that_somebody_moved_is_told() {
    let program = program();
    let shop = live(&program);
    let now = shop.world().now();
    let base = shop.world().services().put_task_definition(
        &json!({"family": "agent", "containerDefinitions": [{"name": "agent", "image": "other"}]}),
        &BTreeMap::new(),
    );
    let mut services = shop.world().services();
    services.update("shop", "agent", &base.arn, now).unwrap();
    drop(services);
    assert_eq!(drift(&shop), ["changed", "none", "none"]);
}

#[test]
fn a_file_that_somebody_wrote_is_told() {
    let program = program();
    let shop = live(&program);
    let mut objects = shop.world().objects();
    objects.upload("shop-web", "index.html", "<h1>hello from a stranger</h1>");
    drop(objects);
    assert_eq!(drift(&shop), ["none", "none", "changed"]);
}

#[test]
fn a_target_that_is_gone_has_changed() {
    let program = program();
    let shop = live(&program);
    shop.world().functions().functions.remove("shop-api");
    let api = observed(&shop)["api"].clone();
    assert_eq!(api["drift"], "changed");
    assert!(api.get("seen").is_none());
    assert!(!api["reason"].as_str().unwrap().is_empty());
}

#[test]
fn what_cannot_be_read_is_unknown_and_the_rest_is_told() {
    let program = program();
    let shop = live(&program);
    let before = shop.world().mishaps().count();
    drift(&shop);
    let calls = shop.world().mishaps().count() - before;
    let mut unknown = 0;
    for offset in 0..calls {
        let next = shop.world().mishaps().count() + 1 + offset;
        let fault = Fault::new(FaultName::AccessDenied, "you may not");
        shop.world().fail_call(next, When::Before, fault);
        let call = Call {
            method: "GET".into(),
            path: "/apps/shop/environments/prod".into(),
            query: BTreeMap::from([("observe".into(), "true".into())]),
            ..Call::default()
        };
        let reply = run(handle(shop.world(), call));
        let Some(observed) = reply.body.get("observed") else {
            assert_eq!(reply.status, 500, "the ledger itself was not readable");
            continue;
        };
        let each: Vec<&Value> = observed.as_object().unwrap().values().collect();
        let count = |drift: &str| each.iter().filter(|one| one["drift"] == drift).count();
        assert_eq!((count("unknown"), count("none")), (1, 2), "{observed}");
        unknown += 1;
    }
    assert!(unknown > 3, "{unknown} of {calls}");
}

#[test]
fn during_a_deployment_nothing_is_told() {
    let program = program();
    let mut shop = live(&program);
    let arn = shop.deploy("1.1.0", &ALL);
    assert!(shop.region.run_until(&arn, "Bake"));
    assert_eq!(drift(&shop), ["unknown"; 3]);
    let reason = observed(&shop)["api"]["reason"].clone();
    assert!(reason.as_str().unwrap().contains("is under way"));
}
