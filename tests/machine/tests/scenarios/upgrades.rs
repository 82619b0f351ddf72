//! A newer Windlass goes on beside what an older one left.

use crate::scenarios::scene::{
    BOTH, arrive, assert_free, both, ended, executions, live, look, pass_minutes, program, release_unheard, serves,
    whole_way,
};
use serde_json::json;
use windlass_domain::deployment::second_look::{SecondLook, SecondLookResult};
use windlass_domain::release::ending::Ending;
use windlass_engine::ledger;
use windlass_machine::older_ledger::{assert_seen, written_by_the_first};
use windlass_machine::shop::ALARM;
use windlass_world::run::run;

/// Safety: upgrades: What an older Windlass undid goes live when it is asked for again.
#[test]
fn what_an_older_windlass_undid_goes_live_when_it_is_asked_for_again() {
    let program = program();
    let mut shop = live(&program);
    let mut request = shop.release("1.1.0", &BOTH);
    let first = shop.start(&request);
    assert!(shop.region.run_until(&first, "Bake"));
    shop.world().set_alarm(ALARM, "ALARM", &[9.0]);
    shop.region.run();
    assert_eq!(ended(&shop, &first).ending, Ending::RolledBack);
    shop.world().set_alarm(ALARM, "OK", &[0.0]);
    let seen = written_by_the_first(shop.world());
    assert_seen(&seen, &["veto", "deployment", "snapshot", "judgement"]);
    request["again"] = json!(true);
    request["reason"] = json!("because a test says so");
    let again = shop.start(&request);
    shop.region.run();
    assert_eq!(shop.path(&again), whole_way());
    assert!(!shop.has("veto#"));
    assert_free(&shop);
}

/// Safety: upgrades: What an older Windlass recovered is looked at again.
#[test]
fn what_an_older_windlass_recovered_is_looked_at_again() {
    let program = program();
    let mut shop = live(&program);
    let arn = shop.deploy("1.1.0", &BOTH);
    assert!(shop.region.run_until(&arn, "Bake"));
    shop.region.stop(&arn);
    shop.region.run();
    let seen = written_by_the_first(shop.world());
    assert_seen(&seen, &["-second_look", "-step.changes"]);
    pass_minutes(&shop, 15);
    shop.region.scheduled();
    shop.region.run();
    let key = ledger::second_look(&shop.deployment(&arn).id);
    let look: SecondLook = run(ledger::require(shop.world(), &key)).unwrap().value;
    assert_eq!(look.looked.unwrap().saw, SecondLookResult::AsLeft);
    assert_free(&shop);
}

/// Safety: upgrades: What an older Windlass served is not served twice.
#[test]
fn what_an_older_windlass_served_is_not_served_twice() {
    let program = program();
    let mut shop = live(&program);
    look(&shop);
    let event = release_unheard(&shop, "1.1.0");
    arrive(&shop, event.clone());
    let before = executions(&mut shop);
    let seen = written_by_the_first(shop.world());
    assert_seen(&seen, &["-served", "rounds"]);
    arrive(&shop, event);
    for _ in 0..3 {
        pass_minutes(&shop, 15);
        look(&shop);
    }
    assert_eq!(executions(&mut shop), before);
    assert_eq!(serves(&shop), both("3"));
    assert_free(&shop);
}
