//! Deployments whose undo fails, and both ways out of that.

use crate::deployments::scene::{
    BACK, BOTH, GO, ROLLED_BACK, WAVE, assert_counted, both, cause, ending, live, path, program, serves, unlocked,
};
use serde_json::json;
use windlass_domain::environment::HeldState;
use windlass_domain::release::ending::Ending;
use windlass_machine::program::Program;
use windlass_machine::shop::{ALARM, Shop};

/// Makes the shop in `NeedsOperator`, with a deployment whose undo found a function gone.
fn needs_operator(program: &Program) -> (Shop<'_>, String) {
    let mut shop = live(program);
    let arn = shop.deploy("1.1.0", &BOTH);
    assert!(shop.region.run_until(&arn, "Bake"));
    shop.world().set_alarm(ALARM, "ALARM", &[9.0]);
    hide(&shop);
    shop.region.run();
    (shop, arn)
}

fn hide(shop: &Shop<'_>) {
    let mut functions = shop.world().lambda();
    let gone = functions.functions.remove("shop-api").unwrap();
    functions.functions.insert("hidden".into(), gone);
}

fn bring_back(shop: &Shop<'_>) {
    let mut functions = shop.world().lambda();
    let gone = functions.functions.remove("hidden").unwrap();
    functions.functions.insert("shop-api".into(), gone);
}

/// Safety: lock: An undo that fails needs an operator and keeps the lock.
#[test]
fn an_undo_that_fails_needs_an_operator_and_keeps_the_lock() {
    let program = program();
    let (mut shop, arn) = needs_operator(&program);
    let back = "Undo Undoing UndoChange(Restore)";
    let end = "Undo Undoing SettleUndo Ended NeedsOperator";
    assert_eq!(shop.path(&arn), path(&[GO, WAVE, WAVE, back, BACK, end]));
    assert_eq!(shop.serves("shop-jobs"), "2", "what could be brought back was");
    assert_eq!(shop.lock().held.unwrap().state, HeldState::NeedsOperator);
    let next = shop.deploy("1.2.0", &BOTH);
    shop.region.run();
    assert_eq!(shop.path(&next), "Admit Admitted Rejected");
    assert!(cause(&shop, &next).1.contains("recover"), "{:?}", cause(&shop, &next));
}

#[test]
fn recover_tries_the_undo_again() {
    let program = program();
    let (mut shop, arn) = needs_operator(&program);
    bring_back(&shop);
    let recover = shop.act("recover");
    shop.region.run();
    let wanted = path(&["Admit Admitted", BACK, ROLLED_BACK]);
    assert_eq!(shop.path(&recover), wanted);
    assert_counted(&shop, &arn);
    assert_eq!(ending(&shop, &arn), Ending::RolledBack);
    assert_eq!(serves(&shop), both("2"));
    assert!(unlocked(&shop));
}

#[test]
fn accept_makes_what_is_there_the_truth() {
    let program = program();
    let (mut shop, arn) = needs_operator(&program);
    bring_back(&shop);
    shop.world().set_alarm(ALARM, "OK", &[0.0]);
    let accept = shop.act("accept");
    shop.region.run();
    assert_eq!(shop.path(&accept), "Admit Admitted Look Accept Ended Succeeded");
    assert!(unlocked(&shop));
    assert!(shop.deployment(&arn).ending.unwrap().resolved.unwrap().to_string().contains("accepted"));
    let mut request = shop.release("1.1.0", &BOTH);
    let same = shop.start(&request);
    shop.region.run();
    assert_eq!(shop.path(&same), "Admit Admitted Rejected", "vetoed");
    request["again"] = json!(true);
    request["reason"] = json!("the alarm had another reason");
    let again = shop.start(&request);
    shop.region.run();
    assert_eq!(ending(&shop, &again), Ending::Succeeded);
    let next = shop.deploy("1.2.0", &BOTH);
    shop.region.run();
    assert!(shop.path(&next).ends_with("Settle Ended Succeeded"), "{}", shop.path(&next));
}
