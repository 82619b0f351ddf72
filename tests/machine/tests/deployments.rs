//! Whole deployments: the state machine file over the real handlers and the in-memory world. Each
//! asserts the exact path of states, and what is live at the end.

#![allow(clippy::unwrap_used, reason = "a test may panic, and reads better")]

use serde_json::{Value, json};
use windlass_domain::ending::Ending;
use windlass_domain::environment::HeldState;
use windlass_machine::program::Program;
use windlass_machine::shop::{ALARM, ALL_KINDS, FUNCTIONS, SERVICE_AND_FUNCTION, Shop};

const GO: &str = "Admit Admitted Prepare Prepared";
const WAVE: &str = "Change(ChangeKind DeployLambda) Changed Judge Judged";
const SERVICE_WAVE: &str = "Change(ChangeKind DeployEcs) Changed Judge Judged";
const BAKE: &str = "Bake Judge Judged";
const BACK: &str = "Undo Undoing UndoChange(UndoKind UndoLambda)";
const ROLLED_BACK: &str = "Undo Undoing SettleUndo Ended RolledBack";
const BOTH: [&str; 2] = ["api", "jobs"];

fn program() -> Program {
    Program::release().unwrap()
}

fn path(parts: &[&str]) -> String {
    parts.join(" ")
}

/// All the way of both functions: one wave, two steps, the second watched for two minutes.
fn whole_way() -> String {
    path(&[
        GO,
        WAVE,
        WAVE,
        BAKE,
        WAVE,
        BAKE,
        BAKE,
        "Settle Ended Succeeded",
    ])
}

/// The shop with release 1.0.0 of both functions live.
fn live(program: &Program) -> Shop<'_> {
    let mut shop = Shop::new(program, FUNCTIONS);
    let arn = shop.deploy("1.0.0", &BOTH);
    shop.region.run();
    assert_eq!(shop.path(&arn), whole_way());
    shop
}

/// What both aliases serve.
fn serves(shop: &Shop<'_>) -> (String, String) {
    (shop.serves("shop-api"), shop.serves("shop-jobs"))
}

fn both(version: &str) -> (String, String) {
    (version.to_owned(), version.to_owned())
}

fn cause(shop: &Shop<'_>, arn: &str) -> (String, String) {
    let ended = shop.region.ended(arn).unwrap();
    (ended.error.clone(), ended.cause.clone())
}

/// The components that a message names as undone, in its order.
fn undone(message: &str) -> Vec<&str> {
    let line = message
        .lines()
        .find_map(|l| l.trim().strip_prefix("undone: "));
    let changes = line.unwrap_or_default().split("), ");
    changes
        .filter_map(|change| change.split(' ').next())
        .collect()
}

fn ending(shop: &Shop<'_>, arn: &str) -> Ending {
    shop.deployment(arn).ending.unwrap().ending
}

/// The record counts transitions as AWS does for the bill: of all executions that worked for it.
fn assert_counted(shop: &Shop<'_>, arn: &str) {
    let record = shop.deployment(arn);
    let made = |arn: &String| shop.region.ended(arn).unwrap().execution.path().transitions;
    let made: u64 = record.executions.iter().map(made).sum();
    let counted = record.ending.unwrap().cost.unwrap().transitions;
    assert_eq!(counted, made, "{}", shop.path(arn));
}

fn unlocked(shop: &Shop<'_>) -> bool {
    shop.lock().held.is_none()
}

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
    let wanted = path(&[GO, SERVICE_WAVE, WAVE, BAKE, "Settle Ended Succeeded"]);
    assert_eq!(shop.path(&arn), wanted);
    assert_eq!(
        (shop.runs(), shop.serves("shop-api")),
        ("agent:2".into(), "2".into())
    );
}

#[test]
fn all_kinds_go_live_and_come_back() {
    let program = program();
    let mut shop = Shop::new(&program, ALL_KINDS);
    let all = ["agent", "api", "web"];
    let site = "Change(ChangeKind PublishSite Published DeploySite) Changed Judge Judged";
    let first = shop.deploy("1.0.0", &all);
    shop.region.run();
    let way = path(&[GO, SERVICE_WAVE, WAVE, site, BAKE]);
    assert_eq!(shop.path(&first), path(&[&way, "Settle Ended Succeeded"]));
    assert!(shop.page().contains("Shop 1.0.0"), "{}", shop.page());
    let second = shop.deploy("1.1.0", &all);
    assert!(shop.region.run_until(&second, "Bake"));
    assert!(shop.page().contains("Shop 1.1.0"), "{}", shop.page());
    shop.world().set_alarm(ALARM, "ALARM", &[9.0]);
    shop.region.run();
    let site_back = "Undo Undoing UndoChange(UndoKind UndoSite)";
    let service_back = "Undo Undoing UndoChange(UndoKind UndoEcs)";
    let wanted = path(&[&way, site_back, BACK, service_back, ROLLED_BACK]);
    assert_eq!(shop.path(&second), wanted);
    assert_eq!(undone(&cause(&shop, &second).1), ["web", "api", "agent"]);
    assert_counted(&shop, &first);
    assert_counted(&shop, &second);
    assert!(shop.page().contains("Shop 1.0.0"), "{}", shop.page());
    assert_eq!(
        (shop.runs(), shop.serves("shop-api")),
        ("agent:2".into(), "2".into())
    );
}

#[test]
fn the_same_request_again_is_the_same_deployment() {
    let program = program();
    let mut shop = live(&program);
    let before = shop.lock().token;
    let request = shop.release("1.0.0", &BOTH);
    let arn = shop.start(&request);
    shop.region.run();
    assert_eq!(shop.path(&arn), "Admit Admitted Succeeded");
    assert_eq!(shop.lock().token, before, "nothing was locked");
    assert_eq!(serves(&shop), both("2"));
}

#[test]
fn the_same_request_while_it_runs_is_the_same_deployment() {
    let program = program();
    let mut shop = Shop::new(&program, FUNCTIONS);
    let request = shop.release("1.0.0", &BOTH);
    let first = shop.start(&request);
    assert!(shop.region.run_until(&first, "Bake"));
    let second = shop.start(&request);
    shop.region.run();
    assert_eq!(shop.path(&first), whole_way());
    assert_eq!(shop.region.ended(&second).unwrap().status, "SUCCEEDED");
    assert!(
        !shop.path(&second).contains("Change"),
        "{}",
        shop.path(&second)
    );
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
    request["manifest"]["components"]["api"]["key"] = json!("artifacts/shop/api/none.zip");
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

#[test]
fn a_failed_gate_rolls_everything_back_in_reverse() {
    let program = program();
    let mut shop = live(&program);
    let arn = shop.deploy("1.1.0", &BOTH);
    assert!(shop.region.run_until(&arn, "Bake"));
    assert_eq!(serves(&shop), ("2 3@0.5".into(), "3".into()));
    shop.world().set_alarm(ALARM, "ALARM", &[7.3, 8.0, 9.0]);
    shop.region.run();
    let wanted = path(&[GO, WAVE, WAVE, BAKE, BACK, BACK, ROLLED_BACK]);
    assert_eq!(shop.path(&arn), wanted);
    assert_eq!(serves(&shop), both("2"));
    let (error, cause) = cause(&shop, &arn);
    assert_eq!(error, "GateFailed");
    for told in [
        "measured 9",
        "threshold 5",
        "api (alias live 2 with 3 at 50 % → 2), jobs",
        "vetoed",
    ] {
        assert!(cause.contains(told), "{cause}");
    }
    assert!(unlocked(&shop));
    assert_counted(&shop, &arn);
}

#[test]
fn a_release_that_was_rolled_back_is_vetoed_and_the_fix_goes_live_at_once() {
    let program = program();
    let mut shop = live(&program);
    let request = shop.release("1.1.0", &BOTH);
    let first = shop.start(&request);
    shop.region.run_until(&first, "Bake");
    shop.world().set_alarm(ALARM, "ALARM", &[9.0]);
    shop.region.run();
    shop.world().set_alarm(ALARM, "OK", &[0.0]);
    let second = shop.start(&request);
    shop.region.run();
    assert!(
        !shop.path(&second).contains("Change"),
        "{}",
        shop.path(&second)
    );
    let fix = shop.deploy("1.1.1", &BOTH);
    shop.region.run();
    assert_eq!(shop.path(&fix), whole_way());
}

#[test]
fn a_component_that_fails_is_undone_with_what_went_before() {
    let program = program();
    let mut shop = live(&program);
    shop.world().functions().named("shop-api").unwrap().fails = Some("disk full".into());
    let arn = shop.deploy("1.1.0", &BOTH);
    shop.region.run();
    let failed = "Change(ChangeKind DeployLambda) Changed";
    assert_eq!(
        shop.path(&arn),
        path(&[GO, WAVE, failed, BACK, BACK, ROLLED_BACK])
    );
    assert_eq!(serves(&shop), both("2"));
    let (error, cause) = cause(&shop, &arn);
    assert_eq!(error, "ChangeFailed");
    assert!(
        cause.contains("api failed: The update of the code failed: disk full"),
        "{cause}"
    );
}

/// A deployment whose undo finds a function gone: the shop in `NeedsOperator`.
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
    let mut functions = shop.world().functions();
    let gone = functions.functions.remove("shop-api").unwrap();
    functions.functions.insert("hidden".into(), gone);
}

fn bring_back(shop: &Shop<'_>) {
    let mut functions = shop.world().functions();
    let gone = functions.functions.remove("hidden").unwrap();
    functions.functions.insert("shop-api".into(), gone);
}

#[test]
fn an_undo_that_fails_needs_an_operator_and_keeps_the_lock() {
    let program = program();
    let (mut shop, arn) = needs_operator(&program);
    let back = "Undo Undoing UndoChange(UndoKind UndoLambda)";
    let end = "Undo Undoing SettleUndo Ended NeedsOperator";
    assert_eq!(
        shop.path(&arn),
        path(&[GO, WAVE, WAVE, BAKE, back, BACK, end])
    );
    assert_eq!(
        shop.serves("shop-jobs"),
        "2",
        "what could be brought back was"
    );
    assert_eq!(shop.lock().held.unwrap().state, HeldState::NeedsOperator);
    let next = shop.deploy("1.2.0", &BOTH);
    shop.region.run();
    assert_eq!(shop.path(&next), "Admit Admitted Rejected");
    assert!(
        cause(&shop, &next).1.contains("recover"),
        "{:?}",
        cause(&shop, &next)
    );
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
    assert_eq!(shop.path(&accept), "Admit Admitted Succeeded");
    assert!(unlocked(&shop));
    assert!(
        shop.deployment(&arn)
            .ending
            .unwrap()
            .resolved
            .unwrap()
            .contains("accepted")
    );
    let mut request = shop.release("1.1.0", &BOTH);
    let same = shop.start(&request);
    shop.region.run();
    assert_eq!(shop.path(&same), "Admit Admitted NeedsOperator");
    request["again"] = json!(true);
    request["reason"] = json!("the alarm had another reason");
    let again = shop.start(&request);
    shop.region.run();
    assert_eq!(ending(&shop, &again), Ending::Succeeded);
    let next = shop.deploy("1.2.0", &BOTH);
    shop.region.run();
    assert!(
        shop.path(&next).ends_with("Settle Ended Succeeded"),
        "{}",
        shop.path(&next)
    );
}

#[test]
fn the_newest_that_waits_goes_next_and_the_others_are_superseded() {
    let program = program();
    let mut shop = live(&program);
    let first = shop.deploy("1.1.0", &BOTH);
    assert!(shop.region.run_until(&first, "Bake"));
    let second = shop.deploy("1.2.0", &BOTH);
    let third = shop.deploy("1.3.0", &BOTH);
    shop.region.run();
    assert_eq!(shop.path(&first), whole_way());
    assert_eq!(
        shop.path(&second),
        "Admit Admitted AwaitTurn Admit Admitted NothingToDo"
    );
    assert_eq!(
        shop.deployment(&second).ending.unwrap().cause_name,
        "Superseded"
    );
    let waited = "Admit Admitted AwaitTurn";
    assert_eq!(shop.path(&third), path(&[waited, &whole_way()]));
    assert_counted(&shop, &second);
    assert_counted(&shop, &third);
    assert_eq!(serves(&shop), both("4"));
    assert!(unlocked(&shop));
}

#[test]
fn a_turn_that_never_comes_is_given_up_after_a_day() {
    let program = program();
    let mut shop = live(&program);
    let stuck = shop.deploy("1.1.0", &BOTH);
    assert!(shop.region.run_until(&stuck, "Bake"));
    shop.region.stop_untold(&stuck);
    let arn = shop.deploy("1.2.0", &BOTH);
    shop.region.run();
    assert_eq!(
        shop.path(&arn),
        "Admit Admitted AwaitTurn GiveUp Ended Rejected"
    );
    assert_eq!(cause(&shop, &arn).0, "WaitedTooLong");
    assert_counted(&shop, &arn);
    assert_eq!(ending(&shop, &arn), Ending::Rejected);
    shop.region.scheduled();
    shop.region.run();
    assert_eq!(ending(&shop, &stuck), Ending::RolledBack);
}

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
    assert!(
        !shop.path(&held).contains("Prepare"),
        "{}",
        shop.path(&held)
    );
    assert_eq!(serves(&shop), both("2"));
    let release = shop.act("release_hold");
    shop.region.run();
    assert_eq!(shop.path(&release), "Admit Admitted Succeeded");
    let request = arrival(shop.release("1.2.0", &BOTH));
    let arn = shop.start(&request);
    shop.region.run();
    assert_eq!(shop.path(&arn), whole_way());
}

#[test]
fn a_rollback_walks_back_and_holds_arrivals() {
    let program = program();
    let mut shop = live(&program);
    shop.deploy("1.1.0", &BOTH);
    shop.region.run();
    assert_eq!(serves(&shop), both("3"));
    let rollback = shop.act("rollback");
    shop.region.run();
    assert_eq!(
        shop.path(&rollback),
        path(&[GO, WAVE, WAVE, "Settle Ended Succeeded"])
    );
    assert_eq!(serves(&shop), both("2"));
    assert!(shop.environment().hold.is_some());
    let request = arrival(shop.release("1.2.0", &BOTH));
    let held = shop.start(&request);
    shop.region.run();
    assert!(
        !shop.path(&held).contains("Prepare"),
        "{}",
        shop.path(&held)
    );
    let again = shop.act("rollback");
    shop.region.run();
    assert_eq!(shop.path(&again), "Admit Admitted Rejected");
    assert_eq!(cause(&shop, &again).0, "NothingToGoBackTo");
}

#[test]
fn a_rollback_brings_back_what_ran_already_when_it_was_first_named() {
    let program = program();
    let mut shop = Shop::new(&program, FUNCTIONS);
    let request = shop.release("1.0.0", &BOTH);
    let key = request["manifest"]["components"]["api"]["key"]
        .as_str()
        .unwrap();
    shop.world()
        .objects()
        .upload("artifacts", key, "shop-api as found");
    shop.start(&request);
    shop.region.run();
    let found = ("1".to_owned(), "2".to_owned());
    assert_eq!(serves(&shop), found, "only jobs had to be changed");
    shop.deploy("1.1.0", &BOTH);
    shop.region.run();
    assert_eq!(serves(&shop), ("2".into(), "3".into()));
    shop.act("rollback");
    shop.region.run();
    assert_eq!(serves(&shop), found);
}

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
    assert_eq!(
        shop.path(&rollback),
        path(&[waited, GO, "Settle Ended NothingToDo"])
    );
    assert_eq!(serves(&shop), both("2"));
    assert!(unlocked(&shop));
}

#[test]
fn a_stop_in_the_middle_is_recovered() {
    let program = program();
    let mut shop = live(&program);
    let arn = shop.deploy("1.1.0", &BOTH);
    assert!(shop.region.run_until(&arn, "Bake"));
    shop.region.stop(&arn);
    shop.region.run();
    let recovery = shop.region.all_ended().last().unwrap();
    let wanted = path(&["Admit Admitted", BACK, BACK, ROLLED_BACK]);
    assert_eq!(recovery.execution.told(), wanted);
    assert_eq!(ending(&shop, &arn), Ending::RolledBack);
    assert_eq!(serves(&shop), both("2"));
    assert_counted(&shop, &arn);
}

/// Stops a deployment before each visit of a state that it makes.
fn stop_everywhere(told: bool) -> usize {
    let program = program();
    for steps in 0.. {
        let mut shop = live(&program);
        let arn = shop.deploy("1.1.0", &BOTH);
        for _ in 0..steps {
            shop.region.step();
        }
        if shop.region.ended(&arn).is_some() {
            return steps;
        }
        let state = shop.region.state_of(&arn).unwrap();
        if told {
            shop.region.stop(&arn);
        } else {
            shop.region.stop_untold(&arn);
            shop.region.scheduled();
        }
        shop.region.run();
        assert!(unlocked(&shop), "stopped in {state}: {:?}", shop.lock());
        let admitted = steps > 0;
        let wanted = if admitted {
            match ending(&shop, &arn) {
                Ending::Succeeded => both("3"),
                Ending::RolledBack => both("2"),
                other => panic!("stopped in {state}: {other}"),
            }
        } else {
            both("2")
        };
        assert_eq!(serves(&shop), wanted, "stopped in {state}");
        if admitted && shop.deployment(&arn).executions.len() > 1 {
            assert_counted(&shop, &arn);
        }
        // Nothing stands in the way of the next one.
        let next = shop.deploy("1.2.0", &BOTH);
        shop.region.run();
        assert!(
            shop.path(&next).ends_with("Settle Ended Succeeded"),
            "stopped in {state}: {}",
            shop.path(&next)
        );
    }
    0
}

#[test]
fn a_stop_in_any_state_is_recovered_to_an_ending() {
    assert!(stop_everywhere(true) > 30);
}

#[test]
fn a_stop_that_nobody_tells_is_found_by_the_schedule() {
    assert!(stop_everywhere(false) > 30);
}
