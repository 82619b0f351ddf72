//! Holds and rollbacks.

use crate::deployments::scene::{
    BOTH, GO, WAVE, assert_counted, both, cause, ending, live, path, program, serves, unlocked, whole_way,
};
use serde_json::{Value, json};
use windlass_domain::release::ending::Ending;
use windlass_domain::text::digest::Digest;
use windlass_machine::shop::{FUNCTIONS, Shop};

fn arrival(mut request: Value) -> Value {
    request["requester"] = json!({"route": "s3"});
    request
}

#[test]
fn a_hold_keeps_arrivals_out_until_it_is_released() {
    let program = program();
    let mut shop = live(&program);
    let set = shop.act("hold");
    let request = arrival(shop.release("1.1.0", &BOTH));
    let held = shop.start(&request);
    shop.region.run();
    assert_eq!(shop.path(&set), "Admit Admitted Succeeded");
    assert_counted(&shop, &held);
    assert!(!shop.path(&held).contains("Prepare"), "{}", shop.path(&held));
    assert_eq!(serves(&shop), both("2"));
    let release = shop.act("release_hold");
    shop.region.run();
    assert_eq!(shop.path(&release), "Admit Admitted Succeeded");
    let request = arrival(shop.release("1.2.0", &BOTH));
    let arn = shop.start(&request);
    shop.region.run();
    assert_eq!(shop.path(&arn), whole_way());
}

/// Safety: undo: A rollback holds automatic deployments, and another one goes further back or is rejected.
#[test]
fn a_rollback_walks_back_and_holds_arrivals() {
    let program = program();
    let mut shop = live(&program);
    shop.deploy("1.1.0", &BOTH);
    shop.region.run();
    assert_eq!(serves(&shop), both("3"));
    let rollback = shop.act("rollback");
    shop.region.run();
    assert_eq!(shop.path(&rollback), path(&[GO, WAVE, WAVE, "Settle Ended Succeeded"]));
    assert_eq!(serves(&shop), both("2"));
    assert!(shop.environment().hold.is_some());
    let request = arrival(shop.release("1.2.0", &BOTH));
    let held = shop.start(&request);
    shop.region.run();
    assert!(!shop.path(&held).contains("Prepare"), "{}", shop.path(&held));
    let again = shop.act("rollback");
    shop.region.run();
    assert_eq!(shop.path(&again), "Admit Admitted Rejected");
    assert_eq!(cause(&shop, &again).0, "NothingToGoBackTo");
}

#[test]
fn a_rollback_brings_back_what_ran_already_when_it_was_first_named() {
    let program = program();
    let mut shop = Shop::new(&program, FUNCTIONS);
    let mut request = shop.release("1.0.0", &BOTH);
    let found = "shop-api as found";
    let api = &mut request["manifest"]["components"]["api"];
    shop.world().s3().upload("artifacts", api["key"].as_str().unwrap(), found);
    api["sha256"] = json!(Digest::of(found.as_bytes()));
    shop.start(&request);
    shop.region.run();
    let found = ("1".to_owned(), "2".to_owned());
    assert_eq!(serves(&shop), found, "only jobs had to be changed");
    shop.deploy("1.1.0", &BOTH);
    shop.region.run();
    assert_eq!(serves(&shop), ("2".into(), "3".into()));
    shop.act("rollback");
    shop.region.run();
    assert_eq!(serves(&shop), found, "the version that was found is recorded");
}

/// Safety: lock: A rollback stops a running deployment, and goes on once that was brought back.
#[test]
fn a_rollback_preempts_a_running_deployment() {
    let program = program();
    let mut shop = live(&program);
    let running = shop.deploy("1.1.0", &BOTH);
    assert!(shop.region.run_until(&running, "Bake"));
    let rollback = shop.act("rollback");
    shop.region.run();
    assert_eq!(shop.region.ended(&running).unwrap().status, "ABORTED");
    assert_eq!(ending(&shop, &running), Ending::RolledBack);
    let ended = shop.deployment(&running).ending.unwrap();
    assert_eq!(ended.cause_name, "PreemptedByOperator");
    let waited = "Admit Admitted Preempt AwaitTurn";
    assert_eq!(shop.path(&rollback), path(&[waited, GO, "Settle Ended Succeeded"]));
    let cause = shop.deployment(&rollback).ending.unwrap().cause;
    let undone = "and its changes were undone: api (alias live ";
    assert!(cause.written().contains(undone), "{cause:?}");
    assert!(cause.written().contains("automatic deployments are held since"), "{cause:?}");
    assert_eq!(serves(&shop), both("2"));
    assert!(unlocked(&shop));
}
