//! Windows and freezes: releases that come while the clock holds deployments.

use crate::scenarios::scene::{
    BOTH, WAITED, assert_free, ended, failure, live, pass_minutes, path, program, whole_way,
};
use serde_json::Value;
use windlass_domain::access::AccessItem;
use windlass_domain::release::ending::Ending;
use windlass_domain::release::request::ObjectRef;
use windlass_domain::text::digest::Digest;
use windlass_domain::text::name::AppName;
use windlass_domain::text::time::Time;
use windlass_engine::ledger::{self, ItemKey, Stored};
use windlass_engine::ports::{Clock, DynamoDbApi};
use windlass_engine::routes::api::{ApiCall, handle};
use windlass_machine::shop::Shop;
use windlass_machine::shop_world::put_access_for_all;
use windlass_world::run::run;

/// Puts an access file in force.
fn in_force(shop: &Shop<'_>, key: ItemKey<AccessItem>, text: &str) {
    let object = ObjectRef { key: "access/all.yaml".into(), version_id: None };
    let digest = Digest::of(text.as_bytes());
    let item = AccessItem { text: text.into(), version: 1, digest, accepted: Time(0), object };
    run(shop.world().transact(vec![Stored::new(key, item).put().unwrap()])).unwrap();
}

/// Freezes all environments for so many minutes from now on.
fn freeze(shop: &Shop<'_>, minutes: u64) {
    let until = shop.world().now().plus_s(minutes * 60).to_string();
    let until = until.get(..16).unwrap();
    let text =
        format!("version: 1\nfreezes: [{{from: \"2026-11-01\", until: \"{until}\", zone: UTC, reason: a sale}}]\n");
    in_force(shop, ledger::access_for_all(), &text);
}

/// Lets releases of the application wait for the end of a freeze.
fn lets_wait(shop: &Shop<'_>) {
    let text = "app: shop\nversion: 1\nenvironments: {prod: {release: [console], outside: wait}}\n";
    in_force(shop, ledger::access(&AppName::new("shop").unwrap()), text);
}

/// Starts a release of both functions, which a hold stops.
fn release(shop: &mut Shop<'_>, version: &str) -> String {
    let request = shop.release(version, &BOTH);
    shop.start(&request)
}

/// Starts a release that waits, with its task token kept.
fn waiting(shop: &mut Shop<'_>, version: &str) -> String {
    let arn = release(shop, version);
    assert!(shop.region.run_until(&arn, "AwaitTurn"));
    shop.region.step();
    assert_eq!(shop.region.state_of(&arn), Some("AwaitTurn"));
    arn
}

/// Returns the environment as the API shows it.
fn shown(shop: &Shop<'_>) -> Value {
    let path = "/apps/shop/environments/prod".to_owned();
    run(handle(shop.world(), ApiCall { method: "GET".into(), path, ..ApiCall::default() })).body
}

/// Safety: windows: What waits for a moment is woken by the schedule when it has come, and not before.
#[test]
fn a_release_waits_for_the_end_of_a_freeze_and_is_woken_by_the_schedule() {
    let program = program();
    let mut shop = live(&program);
    freeze(&shop, 60);
    lets_wait(&shop);
    let arn = waiting(&mut shop, "1.1.0");
    let here = shown(&shop);
    assert_eq!((&here["closed"]["freeze"], &here["closed"]["waits"]), (&"a sale".into(), &true.into()));
    assert_eq!(here["waiting"][0]["until"], here["closed"]["until"]);
    pass_minutes(&shop, 30);
    shop.region.scheduled();
    assert_eq!(shop.region.state_of(&arn), Some("AwaitTurn"));
    pass_minutes(&shop, 30);
    assert_eq!(shown(&shop)["closed"], Value::Null);
    shop.region.scheduled();
    shop.region.run();
    assert_eq!(shop.path(&arn), path(&[WAITED, &whole_way()]));
    assert_eq!(ended(&shop, &arn).ending, Ending::Succeeded);
    assert_free(&shop);
}

#[test]
fn who_goes_through_a_freeze_waits_for_nobody_who_does_not() {
    let program = program();
    let mut shop = live(&program);
    freeze(&shop, 60);
    lets_wait(&shop);
    let arn = waiting(&mut shop, "1.1.0");
    let through = shop.deploy("1.2.0", &BOTH);
    shop.region.run();
    assert_eq!(shop.path(&through), whole_way());
    assert_eq!(ended(&shop, &arn).cause_name, "Superseded");
    assert_free(&shop);
}

#[test]
fn of_two_that_wait_for_the_same_moment_the_newer_one_goes() {
    let program = program();
    let mut shop = live(&program);
    freeze(&shop, 60);
    lets_wait(&shop);
    let older = waiting(&mut shop, "1.1.0");
    let newer = waiting(&mut shop, "1.2.0");
    pass_minutes(&shop, 60);
    shop.region.scheduled();
    shop.region.run();
    assert_eq!(ended(&shop, &older).cause_name, "Superseded");
    assert_eq!(ended(&shop, &newer).ending, Ending::Succeeded);
    assert_free(&shop);
}

/// Safety: windows: A freeze refuses or holds up releases, and never a rollback.
#[test]
fn a_freeze_refuses_a_release_and_no_rollback() {
    let program = program();
    let mut shop = live(&program);
    freeze(&shop, 4 * 24 * 60);
    let refused = release(&mut shop, "1.1.0");
    let through = shop.deploy("1.2.0", &BOTH);
    shop.region.run();
    assert_eq!(shop.path(&refused), "Admit Admitted Rejected");
    assert_eq!(failure(&shop, &refused).0, "Held");
    assert_eq!(shop.path(&through), whole_way());
    // It ends later than three days from now: nothing waits for it.
    lets_wait(&shop);
    let refused = release(&mut shop, "1.3.0");
    let rollback = shop.act("rollback");
    shop.region.run();
    assert_eq!(failure(&shop, &refused).0, "Held");
    assert_eq!(ended(&shop, &rollback).ending, Ending::Succeeded);
    assert_free(&shop);
}

/// Safety: windows: A freeze stops nothing that is under way, and decides on what waits at its turn.
#[test]
fn a_freeze_that_begins_lets_go_on_what_is_under_way_and_refuses_what_waits() {
    let program = program();
    let mut shop = live(&program);
    let running = shop.deploy("1.1.0", &BOTH);
    assert!(shop.region.run_until(&running, "Bake"));
    let waits = waiting(&mut shop, "1.2.0");
    freeze(&shop, 60);
    shop.region.run();
    assert_eq!(shop.path(&running), whole_way());
    assert_eq!(failure(&shop, &waits).0, "Held");
    assert_eq!(ended(&shop, &waits).ending, Ending::Rejected);
    assert_free(&shop);
}

#[test]
fn what_waits_for_the_end_of_a_freeze_goes_on_where_a_new_file_takes_it_out() {
    let program = program();
    let mut shop = live(&program);
    freeze(&shop, 60);
    lets_wait(&shop);
    let arn = waiting(&mut shop, "1.1.0");
    shop.region.scheduled();
    assert_eq!(shop.region.state_of(&arn), Some("AwaitTurn"));
    put_access_for_all(shop.world(), "version: 2\n");
    shop.region.scheduled();
    shop.region.run();
    assert_eq!(ended(&shop, &arn).ending, Ending::Succeeded);
    assert_free(&shop);
}
