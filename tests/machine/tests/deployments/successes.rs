//! Releases that go live, and requests that change nothing.

use crate::deployments::scene::{
    BACK, BOTH, GO, ROLLED_BACK, SERVICE_WAVE, WAVE, assert_counted, both, cause, ending, live, path, program, serves,
    undone, unlocked, whole_way,
};
use serde_json::json;
use windlass_domain::release::ending::Ending;
use windlass_machine::shop::{ALARM, ALL_KINDS, FUNCTIONS, SERVICE_AND_FUNCTION, Shop};

#[test]
fn a_release_goes_live_wave_by_wave() {
    let program = program();
    let shop = live(&program);
    assert_eq!(serves(&shop), both("2"));
    assert!(unlocked(&shop));
    let environment = shop.environment();
    assert_eq!((environment.snapshot, environment.last_snapshot), (2, 2));
    let ended = &shop.region.all_ended()[0];
    assert_eq!(ended.status, "SUCCEEDED");
    assert!(ended.execution.path().transitions <= 45);
    assert_counted(&shop, &ended.arn);
}

#[test]
fn a_service_and_a_function_go_live() {
    let program = program();
    let mut shop = Shop::new(&program, SERVICE_AND_FUNCTION);
    let arn = shop.deploy("1.0.0", &["agent", "api"]);
    shop.region.run();
    let wanted = path(&[GO, SERVICE_WAVE, WAVE, "Settle Ended Succeeded"]);
    assert_eq!(shop.path(&arn), wanted);
    assert_eq!((shop.runs(), shop.serves("shop-api")), ("agent:2".into(), "2".into()));
}

#[test]
fn all_kinds_go_live_and_come_back() {
    let program = program();
    let mut shop = Shop::new(&program, ALL_KINDS);
    let all = ["agent", "api", "web"];
    let site = "Change(Begin Publish Published Deploy) Changed Judge Judged";
    let first = shop.deploy("1.0.0", &all);
    shop.region.run();
    let way = path(&[GO, SERVICE_WAVE, WAVE, site]);
    assert_eq!(shop.path(&first), path(&[&way, "Settle Ended Succeeded"]));
    assert!(shop.page().contains("Shop 1.0.0"), "{}", shop.page());
    let second = shop.deploy("1.1.0", &all);
    assert!(shop.region.run_until(&second, "Bake"));
    assert!(shop.page().contains("Shop 1.1.0"), "{}", shop.page());
    shop.world().set_alarm(ALARM, "ALARM", &[9.0]);
    shop.region.run();
    let site_back = "Undo Undoing UndoChange(Restore)";
    let service_back = "Undo Undoing UndoChange(Restore)";
    let wanted = path(&[&way, site_back, BACK, service_back, ROLLED_BACK]);
    assert_eq!(shop.path(&second), wanted);
    assert_eq!(undone(&cause(&shop, &second).1), ["web", "api", "agent"]);
    assert_counted(&shop, &first);
    assert_counted(&shop, &second);
    assert!(shop.page().contains("Shop 1.0.0"), "{}", shop.page());
    assert_eq!((shop.runs(), shop.serves("shop-api")), ("agent:2".into(), "2".into()));
}

#[test]
fn what_runs_already_is_looked_at_and_not_brought_again() {
    let program = program();
    let mut shop = live(&program);
    let request = shop.release("1.0.0", &BOTH);
    let arn = shop.start(&request);
    shop.region.run();
    let looked = path(&[GO, "Settle Ended NothingToDo"]);
    assert_eq!(shop.path(&arn), looked);
    assert_eq!(shop.environment().snapshot, 2, "one deployment");
    assert_eq!(serves(&shop), both("2"));
}

#[test]
fn the_same_arrival_while_it_runs_is_the_same_deployment() {
    let program = program();
    let mut shop = Shop::new(&program, FUNCTIONS);
    let mut request = shop.release("1.0.0", &BOTH);
    request["requester"] = json!({"route": "s3"});
    let first = shop.start(&request);
    assert!(shop.region.run_until(&first, "Bake"));
    let second = shop.start(&request);
    shop.region.run();
    assert_eq!(shop.path(&first), whole_way());
    assert_eq!(shop.region.ended(&second).unwrap().status, "SUCCEEDED");
    assert!(!shop.path(&second).contains("Change"), "{}", shop.path(&second));
    assert_eq!(serves(&shop), both("2"));
}

#[test]
fn what_runs_already_is_nothing_to_do() {
    let program = program();
    let mut shop = live(&program);
    let mut request = shop.release("1.0.0", &BOTH);
    request["again"] = json!(true);
    request["reason"] = json!("to see");
    let arn = shop.start(&request);
    shop.region.run();
    assert_eq!(shop.path(&arn), path(&[GO, "Settle Ended NothingToDo"]));
    assert_eq!(ending(&shop, &arn), Ending::NothingToDo);
    assert!(unlocked(&shop));
}

#[test]
fn bad_input_is_rejected_before_anything_is_locked() {
    let program = program();
    let mut shop = live(&program);
    let before = shop.lock().token;
    let mut request = shop.release("1.1.0", &BOTH);
    request["manifest"]["components"]["api"]["key"] = json!("artifacts/shop/prod/api/none.zip");
    let arn = shop.start(&request);
    shop.region.run();
    assert_eq!(shop.path(&arn), "Admit Admitted Rejected");
    assert_eq!(cause(&shop, &arn).0, "ArtifactMissing");
    assert_eq!(shop.lock().token, before);
}

#[test]
fn a_gate_that_is_red_already_rejects_before_anything_changes() {
    let program = program();
    let mut shop = live(&program);
    shop.world().set_alarm(ALARM, "ALARM", &[9.0]);
    let arn = shop.deploy("1.1.0", &BOTH);
    shop.region.run();
    assert_eq!(shop.path(&arn), path(&[GO, "Settle Ended Rejected"]));
    assert_eq!(ending(&shop, &arn), Ending::Rejected);
    assert_eq!(serves(&shop), both("2"));
    assert!(unlocked(&shop));
}
