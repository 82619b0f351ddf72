//! Recoveries that die themselves.

use crate::scenarios::scene::{
    BACK, BOTH, ROLLED_BACK, assert_free, both, ended, live, pass_minutes, path, program, serves,
};
use serde_json::json;
use std::rc::Rc;
use windlass_domain::environment::HeldState;
use windlass_domain::release::ending::Ending;
use windlass_domain::release::identity::EnvironmentId;
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_domain::text::name::ComponentName;
use windlass_engine::ledger;
use windlass_machine::shop::Shop;

/// Makes the step of `api` in the ledger unreadable, or readable again. Returns its former status.
fn set_status(shop: &Shop<'_>, arn: &str, status: &str) -> String {
    let name = ComponentName::new("api").unwrap();
    let key = ledger::step(&shop.deployment(arn).id, &name);
    let mut ledger = shop.world().dynamodb();
    let item = Rc::make_mut(ledger.items.get_mut(&key).unwrap());
    let former = item.body.insert("status".into(), json!(status)).unwrap();
    former.as_str().unwrap().to_owned()
}

#[test]
fn what_ran_when_the_ledger_was_restored_changes_nothing_any_more() {
    let program = program();
    let mut shop = live(&program);
    let backup = shop.world().dynamodb().items.clone();
    let late = shop.deploy("1.1.0", &BOTH);
    assert!(shop.region.run_until(&late, "Change"));
    let given = shop.lock().token;
    // Its record and its lock are gone; the next deployments take the lock again and again.
    shop.world().dynamodb().items = backup;
    let next = shop.deploy("1.2.0", &BOTH);
    assert!(shop.region.run_until(&next, "Bake"));
    assert!(shop.lock().token > given);
    shop.region.run();
    assert_eq!(ended(&shop, &next).ending, Ending::Succeeded);
    let path = shop.path(&late);
    assert!(path.ends_with("TakenOver") || path.ends_with("Unsettled"), "{path}");
    let running = shop.environment().running;
    assert!(running.values().all(|running| running.version() == "1.2.0"));
    assert_free(&shop);
}

fn last_path(shop: &Shop<'_>) -> String {
    shop.region.all_ended().last().unwrap().execution.in_words()
}

#[test]
fn after_five_that_died_the_deployment_is_left_to_an_operator() {
    let program = program();
    let mut shop = live(&program);
    let arn = shop.deploy("1.1.0", &BOTH);
    assert!(shop.region.run_until(&arn, "Bake"));
    let former = set_status(&shop, &arn, "unheard of");
    shop.region.stop(&arn);
    shop.region.run();

    let recoveries = shop.region.all_ended()[2..].iter();
    let paths: Vec<String> = recoveries.map(|ended| ended.execution.in_words()).collect();
    let mut wanted = vec!["Admit Admitted Undo Unsettled"; 5];
    wanted.push("Admit Admitted NeedsOperator");
    assert_eq!(paths, wanted);
    let left = ended(&shop, &arn);
    assert_eq!(left.ending, Ending::NeedsOperator);
    assert_eq!(left.cause_name, "RecoveriesDied");
    for part in ["NEEDS AN OPERATOR", "Stopped: by a test", "recover", "accept"] {
        assert!(left.cause.written().contains(part), "{:?}", left.cause);
    }
    assert_eq!(shop.lock().held.unwrap().state, HeldState::NeedsOperator);
    let so_far = shop.region.all_ended().len();
    shop.region.scheduled();
    shop.region.run();
    assert_eq!(shop.region.all_ended().len(), so_far);

    set_status(&shop, &arn, &former);
    let recover = shop.act("recover");
    shop.region.run();
    let done = path(&["Admit Admitted", BACK, BACK, ROLLED_BACK]);
    assert_eq!(shop.path(&recover), done);
    assert_eq!(ended(&shop, &arn).ending, Ending::RolledBack);
    assert_eq!(serves(&shop), both("2"));
    assert_free(&shop);
}

/// Safety: recovery: A recovery that took nothing over is followed within a minute of its event, and then by one in
/// each quarter of an hour.
#[test]
fn one_that_took_nothing_over_is_started_again_at_once_and_then_once_in_a_quarter_of_an_hour() {
    let program = program();
    let mut shop = live(&program);
    let arn = shop.deploy("1.1.0", &BOTH);
    assert!(shop.region.run_until(&arn, "Bake"));
    // A recovery is started, and cannot see that the owner has died.
    let fault = Fault::new(FaultName::Unavailable, "no answer");
    let mut mishaps = shop.world().mishaps();
    mishaps.refused.insert("stepfunctions.execution", fault);
    drop(mishaps);
    shop.region.stop(&arn);
    shop.region.run();
    shop.world().mishaps().refused.clear();
    let all = || shop.region.all_ended().iter();
    let died: Vec<String> = all().map(|ended| ended.execution.in_words()).collect();
    assert_eq!(died[died.len() - 2..], ["Admit Unsettled"; 2]);
    let so_far = died.len();
    // In that quarter of an hour no other recovery is started, even if the schedule comes again.
    for _ in 0..3 {
        shop.region.scheduled();
    }
    shop.region.run();
    assert_eq!(shop.region.all_ended().len(), so_far);

    pass_minutes(&shop, 15);
    shop.region.scheduled();
    shop.region.run();
    let done = path(&["Admit Admitted", BACK, BACK, ROLLED_BACK]);
    assert_eq!(last_path(&shop), done);
    assert_eq!(ended(&shop, &arn).ending, Ending::RolledBack);
    assert_eq!(serves(&shop), both("2"));
    assert_free(&shop);
}

/// Safety: recovery: A deployment that dies before it had a turn is found by the schedule.
#[test]
fn one_that_dies_at_its_arrival_is_found_by_the_schedule() {
    let program = program();
    let mut shop = live(&program);
    let throttled = Fault::new(FaultName::Throttled, "slow down");
    let request = shop.release("1.1.0", &BOTH);
    let arn = shop.start(&request);
    // The record is written, and then the ledger cannot be queried for longer than anybody asks again.
    let mut mishaps = shop.world().mishaps();
    mishaps.refused.insert("dynamodb.query", throttled);
    drop(mishaps);
    shop.region.run_to_end(&arn);
    assert_eq!(shop.path(&arn), "Admit Unsettled");
    let history = ledger::history(EnvironmentId::new(&shop.deployment(&arn).app, &shop.deployment(&arn).environment));
    let is_listed = |shop: &Shop<'_>| {
        let id = shop.deployment(&arn).id.to_string();
        let ledger = shop.world().dynamodb();
        let mut indexed = ledger.items.values().filter_map(|item| item.index.as_ref());
        indexed.any(|index| index.pk == history && index.sk.ends_with(&id))
    };
    assert!(!is_listed(&shop));
    shop.region.run();
    assert_eq!(shop.deployment(&arn).ending, None, "its recovery died as well");
    shop.world().mishaps().refused.clear();
    pass_minutes(&shop, 16);
    shop.region.scheduled();
    shop.region.run();
    assert_eq!(ended(&shop, &arn).ending, Ending::Rejected);
    assert!(is_listed(&shop));
    assert_free(&shop);
}
