//! The hourly looks report once that the way back is lost, and once that it is there again.

use crate::scenarios::scene::{BOTH, live_with, pass_minutes, program};
use serde_json::Value;
use std::collections::BTreeMap;
use windlass_domain::release::ending::Ending;
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_engine::routes::api::{ApiCall, handle};
use windlass_machine::shop::Shop;
use windlass_world::run::run;

/// The hours in which each check is asked for and read: one is due after a day, and two looks may be an hour away.
const A_CHECK: u64 = 27;

/// Runs the schedule twice an hour for so many hours.
fn schedule_for(shop: &mut Shop<'_>, hours: u64) {
    for _ in 0..hours * 2 {
        pass_minutes(shop, 30);
        shop.region.scheduled();
        shop.region.run();
    }
}

/// Returns the events about the way back, by name.
fn names(shop: &Shop<'_>) -> Vec<String> {
    let put = shop.world().eventbridge().put.clone();
    let names = put.into_iter().map(|(name, _)| name);
    names.filter(|name| name.starts_with("WayBack")).collect()
}

/// Returns the number of checks that Windlass has asked for by itself.
fn checks(shop: &Shop<'_>) -> usize {
    shop.region.all_ended().iter().filter(|one| one.arn.contains(":check-")).count()
}

/// Returns a member of what the API shows of the last look.
fn shown(shop: &Shop<'_>, member: &str) -> Value {
    let path = "/apps/shop/environments/prod";
    let call = ApiCall { method: "GET".into(), path: path.into(), query: BTreeMap::new(), ..ApiCall::default() };
    run(handle(shop.world(), call)).body["drift"][member].clone()
}

/// Safety: drift: That the snapshot is gone to which a rollback would go is reported once, before anybody needs it.
#[test]
fn that_the_last_good_version_is_gone_is_reported_once_and_that_it_is_back_once() {
    let program = program();
    let mut shop = live_with(&program, &["1.0.0", "1.1.0", "1.2.0"]);
    schedule_for(&mut shop, 3);
    assert_eq!((names(&shop), shown(&shop, "way_back")), (vec![], "open".into()));
    let taken = shop.world().lambda().named("shop-api").unwrap().versions.remove(&3).unwrap();
    schedule_for(&mut shop, A_CHECK);
    assert_eq!((names(&shop), shown(&shop, "way_back")), (vec!["WayBackLost".into()], "gone".into()));
    assert_eq!(shown(&shop, "lost")["findings"][0]["name"], "ArtifactMissing");
    let sent = shop.world().sns().published.clone();
    assert_eq!(sent.iter().filter(|(subject, _)| subject == "[windlass] shop prod WayBackLost").count(), 1);
    schedule_for(&mut shop, A_CHECK);
    assert_eq!(names(&shop), ["WayBackLost"], "it is reported once");
    shop.world().lambda().named("shop-api").unwrap().versions.insert(3, taken);
    schedule_for(&mut shop, A_CHECK);
    assert_eq!(names(&shop), ["WayBackLost", "WayBackFound"]);
    assert_eq!((shown(&shop, "way_back"), shown(&shop, "lost")), ("open".into(), Value::Null));
    let rollback = shop.act("rollback");
    shop.region.run();
    assert_eq!(shop.deployment(&rollback).ending.unwrap().ending, Ending::Succeeded);
}

#[test]
fn what_cannot_be_looked_at_is_unknown_and_reported_neither_way() {
    let program = program();
    let mut shop = live_with(&program, &["1.0.0", "1.1.0"]);
    let fault = Fault::new(FaultName::AccessDenied, "lambda:GetAlias was refused");
    shop.world().mishaps().refused.insert("lambda.alias", fault);
    schedule_for(&mut shop, 3);
    assert_eq!((names(&shop), shown(&shop, "way_back")), (vec![], "unknown".into()));
}

#[test]
fn a_check_is_asked_for_once_a_day_and_only_where_there_is_a_way_back() {
    let program = program();
    for (versions, hours, wanted) in
        [(&["1.0.0"][..], 30, 0), (&["1.0.0", "1.1.0"], 12, 1), (&["1.0.0", "1.1.0"], 30, 2)]
    {
        let mut shop = live_with(&program, versions);
        schedule_for(&mut shop, hours);
        assert_eq!(checks(&shop), wanted, "{versions:?} {hours}");
    }
}

/// A check that the next release overtakes is of no use, and none is asked for at each look.
#[test]
fn an_environment_that_is_released_at_each_look_has_one_check_a_day() {
    let program = program();
    let mut shop = live_with(&program, &["1.0.0", "1.1.0"]);
    schedule_for(&mut shop, 3);
    assert_eq!((checks(&shop), shown(&shop, "way_back")), (1, "open".into()));
    for number in 0..8 {
        shop.deploy(&format!("1.2.{number}"), &BOTH);
        shop.region.run();
        assert_eq!(shown(&shop, "way_back"), Value::Null, "{number}: it is another one's");
        pass_minutes(&shop, 30);
        shop.region.scheduled();
        shop.region.run();
        assert_eq!((checks(&shop), shown(&shop, "way_back")), (2, Value::Null), "{number}");
    }
    schedule_for(&mut shop, A_CHECK);
    assert_eq!((checks(&shop), shown(&shop, "way_back")), (3, "open".into()));
}
