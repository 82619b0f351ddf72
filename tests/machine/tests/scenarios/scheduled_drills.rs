//! Drills by a schedule that a declaration has.

use crate::scenarios::scene::{BOTH, assert_free, both, live_with, pass_minutes, program, serves};
use serde_json::Value;
use std::collections::BTreeMap;
use windlass_domain::deployment::drill::{Drill, DrillOutcome};
use windlass_engine::routes::api::{ApiCall, handle};
use windlass_machine::program::Program;
use windlass_machine::shop::{ALARM, FUNCTIONS, Shop};
use windlass_world::run::run;

fn weekly() -> String {
    let drill =
        "prod: {deploy: {branch: main}, sources: [api, console, s3, ecr], drill: {every: 7d, production: true}}";
    FUNCTIONS.replace("prod: {deploy: {branch: main}, sources: [api, console, s3, ecr]}", drill)
}

/// Makes the shop with two releases live, the second one just now.
fn shop(program: &Program) -> Shop<'_> {
    let mut shop = Shop::new(program, &weekly());
    for version in ["1.0.0", "1.1.0"] {
        shop.deploy(version, &BOTH);
        shop.region.run();
    }
    shop
}

/// Runs the schedule every so many minutes for so many hours.
fn hours(shop: &mut Shop<'_>, hours: u64, every: u64) {
    for _ in 0..hours * 60 / every {
        pass_minutes(shop, every);
        shop.region.scheduled();
        shop.region.run();
    }
}

fn drills(shop: &Shop<'_>) -> Vec<Drill> {
    let ledger = shop.world().dynamodb();
    let items = ledger.items.values();
    let drills = items.filter(|item| item.key.sk.starts_with("drill#"));
    drills.map(|item| serde_json::from_value(Value::Object(item.body.clone())).unwrap()).collect()
}

fn next(shop: &Shop<'_>) -> Value {
    let call = ApiCall {
        method: "GET".into(),
        path: "/apps/shop/environments/prod".into(),
        query: BTreeMap::new(),
        ..ApiCall::default()
    };
    run(handle(shop.world(), call)).body["next_drill"].clone()
}

/// Safety: drills: A drill begins when it is due, once, and the next one counts from it.
#[test]
fn one_begins_when_it_is_due_and_the_next_counts_from_it() {
    let program = program();
    let mut shop = shop(&program);
    hours(&mut shop, 1, 5);
    assert_eq!(drills(&shop), [], "an hour after a deployment at the soonest");
    hours(&mut shop, 2, 5);
    let [first] = drills(&shop).try_into().unwrap();
    let ended = first.ended.unwrap();
    assert_eq!(ended.outcome, DrillOutcome::Proved, "{}", ended.cause.written());
    assert_eq!(first.requester.to_string(), "Windlass");
    assert_eq!(serves(&shop), both("3"));
    assert_free(&shop);
    let due = ended.at.0 + 7 * 24 * 3_600_000;
    assert_eq!(next(&shop)["due"], due);
    hours(&mut shop, 7 * 24 - 3, 60);
    assert_eq!(drills(&shop).len(), 1);
    // Missed drills are made up for once.
    pass_minutes(&shop, 30 * 24 * 60);
    hours(&mut shop, 6, 60);
    assert_eq!(drills(&shop).len(), 2);
}

#[test]
fn it_is_put_off_while_something_is_in_its_way_and_that_is_shown() {
    let program = program();
    let mut shop = shop(&program);
    shop.act("hold");
    shop.region.run();
    hours(&mut shop, 4, 30);
    assert_eq!(drills(&shop), []);
    let shown = next(&shop);
    let why = shown["put_off"].as_str().unwrap();
    assert!(why.starts_with("deployments are held since"), "{why}");
    shop.act("release_hold");
    shop.region.run();
    hours(&mut shop, 2, 30);
    assert_eq!(drills(&shop).len(), 1);
    assert_eq!(next(&shop)["put_off"], Value::Null);
}

/// A gate is red before the drill begins. The drill is refused, its record says so, and it is due again a day later.
#[test]
fn one_that_is_refused_is_tried_again_a_day_later() {
    let program = program();
    let mut shop = shop(&program);
    shop.world().set_alarm(ALARM, "ALARM", &[9.0]);
    hours(&mut shop, 20, 30);
    let outcome = |drill: &Drill| drill.ended.as_ref().unwrap().outcome;
    let outcomes: Vec<DrillOutcome> = drills(&shop).iter().map(outcome).collect();
    assert_eq!(outcomes, [DrillOutcome::Refused]);
    shop.world().set_alarm(ALARM, "OK", &[0.0]);
    hours(&mut shop, 12, 30);
    let outcomes: Vec<DrillOutcome> = drills(&shop).iter().map(outcome).collect();
    assert_eq!(outcomes, [DrillOutcome::Refused, DrillOutcome::Proved]);
}

#[test]
fn whoever_is_killed_there_is_one() {
    let program = program();
    let mut shop = shop(&program);
    let begun = |shop: &Shop<'_>| shop.known_drills().is_some_and(|it| it.under_way.is_some());
    while !begun(&shop) {
        pass_minutes(&shop, 5);
        shop.region.scheduled();
        for _ in 0..3 {
            shop.region.step();
        }
    }
    let drill = shop.drills().under_way.unwrap().id;
    let execution = shop.record(&drill).executions[0].clone();
    shop.region.stop(&execution);
    shop.region.run();
    hours(&mut shop, 12, 30);
    let all = drills(&shop);
    let ids: Vec<_> = all.iter().map(|drill| &drill.id).collect();
    assert_eq!(ids, [&drill]);
    assert_eq!(serves(&shop), both("3"));
    assert_free(&shop);
}

#[test]
fn where_none_is_declared_none_begins() {
    let program = program();
    let mut shop = live_with(&program, &["1.0.0", "1.1.0"]);
    hours(&mut shop, 48, 60);
    assert_eq!((drills(&shop), next(&shop)), (vec![], Value::Null));
}
