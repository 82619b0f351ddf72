//! An undo that is refused, and the two ways out.

use crate::scenarios::scene::{
    BACK, BOTH, GO, NEEDS_OPERATOR, ROLLED_BACK, SUCCEEDED, WAVE, assert_free, both, ended, failure, live, path,
    program, serves,
};
use serde_json::json;
use windlass_domain::deployment::step::StepStatus;
use windlass_domain::environment::{HeldState, Running};
use windlass_domain::release::ending::Ending;
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_machine::program::Program;
use windlass_machine::shop::{ALARM, ALL_KINDS, Shop};

const UPDATE_ALIAS: &str = "lambda.update_alias";

/// Makes a deployment whose gate fails, and whose undo may not move aliases.
fn refused(program: &Program, fault: FaultName) -> (Shop<'_>, String) {
    let mut shop = live(program);
    let arn = cannot_be_undone(&mut shop, "1.1.0", fault);
    (shop, arn)
}

fn cannot_be_undone(shop: &mut Shop<'_>, version: &str, fault: FaultName) -> String {
    let arn = shop.deploy(version, &BOTH);
    assert!(shop.region.run_until(&arn, "Bake"));
    shop.world().set_alarm(ALARM, "ALARM", &[9.0]);
    refuse(shop, fault);
    shop.region.run();
    arn
}

/// Refuses every move of an alias.
fn refuse(shop: &Shop<'_>, fault: FaultName) {
    let fault = Fault::new(fault, "lambda:UpdateAlias was refused");
    shop.world().mishaps().refused.insert(UPDATE_ALIAS, fault);
}

/// Allows moves of aliases again, and makes the alarm quiet.
fn mend(shop: &Shop<'_>) {
    shop.world().mishaps().refused.clear();
    shop.world().set_alarm(ALARM, "OK", &[0.0]);
}

fn assert_stuck(shop: &Shop<'_>, arn: &str) {
    assert_eq!(ended(shop, arn).ending, Ending::NeedsOperator);
    assert_eq!(shop.lock().held.unwrap().state, HeldState::NeedsOperator);
    assert_eq!(serves(shop), ("2 3@0.5".into(), "3".into()));
}

fn assert_recovers(shop: &mut Shop<'_>, arn: &str) {
    shop.world().mishaps().refused.clear();
    let recover = shop.act("recover");
    shop.region.run();
    let done = path(&["Admit Admitted", BACK, BACK, ROLLED_BACK]);
    assert_eq!(shop.path(&recover), done);
    assert_eq!(ended(shop, arn).ending, Ending::RolledBack);
    assert_eq!(serves(shop), both("2"));
    assert!(shop.has("veto#"));
    assert_free(shop);
}

#[test]
fn an_undo_that_is_refused_is_tried_again_by_recover_until_it_is_done() {
    let program = program();
    let (mut shop, arn) = refused(&program, FaultName::AccessDenied);
    let way = [GO, WAVE, WAVE, BACK, BACK, NEEDS_OPERATOR];
    assert_eq!(shop.path(&arn), path(&way));
    assert_stuck(&shop, &arn);
    let (error, cause) = failure(&shop, &arn);
    assert_eq!(error, "GateFailed");
    for component in BOTH {
        let status = shop.step(&arn, component).status;
        assert_eq!(status, StepStatus::UndoFailed, "{component}");
        let left = format!("NOT undone: {component}: AccessDenied");
        assert!(cause.contains(&left), "{cause}");
    }
    let too_early = shop.act("recover");
    shop.region.run();
    let again = path(&["Admit Admitted", BACK, BACK, NEEDS_OPERATOR]);
    assert_eq!(shop.path(&too_early), again);
    assert_stuck(&shop, &arn);
    assert_recovers(&mut shop, &arn);
    assert_eq!(shop.deployment(&arn).executions.len(), 3);
}

/// A release, and the rollback that stopped it, were let wait before anybody knew that the undo would fail.
#[test]
fn who_waits_is_refused_once_only_an_operator_goes_on() {
    let program = program();
    let mut shop = live(&program);
    let arn = shop.deploy("1.1.0", &BOTH);
    assert!(shop.region.run_until(&arn, "Bake"));
    let release = shop.release("1.2.0", &BOTH);
    let release = shop.start(&release);
    assert!(shop.region.run_until(&release, "AwaitTurn"));
    shop.region.step();
    let rollback = shop.act("rollback");
    assert!(shop.region.run_until(&rollback, "AwaitTurn"));
    refuse(&shop, FaultName::AccessDenied);
    shop.region.run();
    assert_eq!(ended(&shop, &arn).ending, Ending::NeedsOperator);
    assert!(!shop.has("waiting#"), "nobody waits for what does not come");
    for (waited, names) in [(&release, vec!["NeedsOperator", "Held"]), (&rollback, vec!["NeedsOperator"])] {
        let ended = ended(&shop, waited);
        assert_eq!(ended.ending, Ending::Rejected);
        let listed = ended.findings.iter().map(|one| one.name.to_string());
        assert_eq!(listed.collect::<Vec<_>>(), names);
        assert!(ended.cause.written().contains("recover"), "{:?}", ended.cause);
    }
    shop.world().mishaps().refused.clear();
    shop.act("recover");
    shop.region.run();
    assert_eq!(ended(&shop, &arn).ending, Ending::RolledBack);
    assert_free(&shop);
}

#[test]
fn an_undo_whose_retries_run_out_is_data_and_the_other_wave_is_tried() {
    let program = program();
    let (mut shop, arn) = refused(&program, FaultName::Throttled);
    let failed = "Undo Undoing UndoChange(Restore UndoFailed)";
    let way = [GO, WAVE, WAVE, failed, failed, NEEDS_OPERATOR];
    assert_eq!(shop.path(&arn), path(&way));
    assert_stuck(&shop, &arn);
    // The machine gave up on the undo of the components in the middle.
    assert_eq!(shop.step(&arn, "api").status, StepStatus::Undoing);
    assert_recovers(&mut shop, &arn);
}

/// Moves an alias by hand, as a person does.
fn repair(shop: &Shop<'_>, function: &str, version: &str) {
    let mut functions = shop.world().lambda();
    let function = functions.functions.get_mut(function).unwrap();
    function.aliases.get_mut("live").unwrap().version = version.into();
}

/// The same, in the middle of a shift.
fn put_back(shop: &Shop<'_>, function: &str, version: &str) {
    repair(shop, function, version);
    let mut functions = shop.world().lambda();
    let function = functions.functions.get_mut(function).unwrap();
    function.aliases.get_mut("live").unwrap().weights.clear();
}

#[test]
fn what_cannot_be_seen_is_not_accepted_and_stays_a_persons() {
    let program = program();
    let (mut shop, arn) = refused(&program, FaultName::AccessDenied);
    for fault in [FaultName::AccessDenied, FaultName::Throttled] {
        let denied = Fault::new(fault, "lambda:GetAlias was refused");
        let look = "lambda.alias";
        shop.world().mishaps().refused.insert(look, denied);
        let accept = shop.act("accept");
        shop.region.run();
        assert_eq!(shop.path(&accept), "Admit Admitted Look Accept Ended Rejected");
        let (error, cause) = failure(&shop, &accept);
        assert_eq!(error, "TargetNotSeen");
        assert!(cause.contains(&fault.to_string()), "{cause}");
        assert_stuck(&shop, &arn);
    }
    assert_recovers(&mut shop, &arn);
}

#[test]
fn accept_takes_what_is_there_and_the_next_release_goes_on_from_it() {
    let program = program();
    let (mut shop, arn) = refused(&program, FaultName::AccessDenied);
    mend(&shop);
    repair(&shop, "shop-jobs", "2");
    let accept = shop.act("accept");
    shop.region.run();
    assert_eq!(shop.path(&accept), "Admit Admitted Look Accept Ended Succeeded");
    assert_free(&shop);
    let ended = ended(&shop, &arn);
    assert_eq!(ended.ending, Ending::NeedsOperator, "it stays what it was");
    assert!(ended.resolved.unwrap().to_string().starts_with("accepted at"));
    let found = ("2 3@0.5".to_owned(), "2".to_owned());
    assert_eq!(serves(&shop), found, "nothing was changed");
    let running = shop.environment().running;
    let jobs = running.iter().find(|(name, _)| name.as_str() == "jobs");
    let recorded = &jobs.unwrap().1.state["goal"]["back"]["alias"]["version"];
    assert_eq!(recorded, "2", "what was repaired by hand is what runs");
    let versions: Vec<&str> = running.values().map(Running::version).collect();
    assert_eq!(versions, ["accepted", "1.0.0"], "of api, and of jobs, which is back");
    let second = shop.act("accept");
    shop.region.run();
    assert_eq!(shop.path(&second), "Admit Admitted Rejected");
    let next = shop.deploy("1.2.0", &BOTH);
    shop.region.run();
    let walked = shop.path(&next);
    assert!(walked.ends_with(SUCCEEDED), "{walked}");
    assert_eq!(serves(&shop), both("4"));
}

/// A release fails and cannot be undone. It is repaired by hand to what ran before, so it runs nowhere.
///
/// Safety: accept: After a repair to what ran before, a newer fix goes in, and a rollback goes further back.
#[test]
fn after_a_repair_to_what_ran_before_a_fix_goes_in_and_a_rollback_goes_further_back() {
    let program = program();
    let mut shop = live(&program);
    succeeds(&mut shop, "1.1.0", &BOTH);
    let stuck = cannot_be_undone(&mut shop, "1.4.0", FaultName::AccessDenied);
    assert_eq!(ended(&shop, &stuck).ending, Ending::NeedsOperator);
    mend(&shop);
    let is = shop.environment();
    put_back(&shop, "shop-api", "3");
    put_back(&shop, "shop-jobs", "3");
    let accept = shop.act("accept");
    shop.region.run();
    assert!(shop.path(&accept).ends_with("Succeeded"));
    assert_free(&shop);
    assert_eq!(shop.environment().snapshot, is.snapshot);
    let running = shop.environment().running;
    assert!(running.values().all(|one| one.version() == "1.1.0"), "{running:?}");
    let fix = shop.deploy("1.3.0", &BOTH);
    shop.region.run();
    assert_eq!(ended(&shop, &fix).ending, Ending::Succeeded);
    for version in ["3", "2"] {
        let rollback = shop.act("rollback");
        shop.region.run();
        assert_eq!(ended(&shop, &rollback).ending, Ending::Succeeded);
        assert_eq!(serves(&shop), both(version));
    }
}

/// Somebody had moved an alias before the deployment. An operator puts it back to that, and accepts it.
#[test]
fn what_ran_before_and_was_not_recorded_is_accepted_as_what_runs() {
    let program = program();
    let mut shop = live(&program);
    succeeds(&mut shop, "1.1.0", &BOTH);
    repair(&shop, "shop-api", "2");
    let stuck = cannot_be_undone(&mut shop, "1.4.0", FaultName::AccessDenied);
    assert_eq!(ended(&shop, &stuck).ending, Ending::NeedsOperator);
    mend(&shop);
    put_back(&shop, "shop-api", "2");
    put_back(&shop, "shop-jobs", "3");
    shop.act("accept");
    shop.region.run();
    assert_free(&shop);
    let running = shop.environment().running;
    let versions: Vec<&str> = running.values().map(Running::version).collect();
    assert_eq!(versions, ["accepted", "1.1.0"]);
    let fix = shop.deploy("1.3.0", &BOTH);
    shop.region.run();
    assert_eq!(ended(&shop, &fix).ending, Ending::Succeeded, "1.4.0 runs nowhere");
}

/// The rollback fails and cannot be undone. The next rollback must not go to the release that this one went back from.
///
/// Safety: accept: After an accepted rollback the next one does not go forward.
#[test]
fn after_an_accepted_rollback_the_next_one_does_not_go_forward() {
    let program = program();
    let mut shop = live(&program);
    succeeds(&mut shop, "1.1.0", &BOTH);
    succeeds(&mut shop, "1.2.0", &BOTH);
    let rollback = shop.act("rollback");
    assert!(shop.region.run_until(&rollback, "Judge"));
    refuse(&shop, FaultName::AccessDenied);
    shop.region.run();
    assert_eq!(ended(&shop, &rollback).ending, Ending::NeedsOperator);
    shop.world().mishaps().refused.clear();
    let accept = shop.act("accept");
    shop.region.run();
    assert!(shop.path(&accept).ends_with("Succeeded"));
    let next = shop.act("rollback");
    shop.region.run();
    assert_eq!(ended(&shop, &next).ending, Ending::Succeeded);
    assert_eq!(serves(&shop), both("3"), "and not 4");
}

fn succeeds(shop: &mut Shop<'_>, version: &str, components: &[&str]) {
    let arn = shop.deploy(version, components);
    shop.region.run();
    assert_eq!(ended(shop, &arn).ending, Ending::Succeeded, "{version}");
}

const REPAIRED: &str = "<title>Repaired</title>";

/// Makes a site in place whose second release could not be undone, and whose page a person has written since.
fn repaired_site(program: &Program) -> Shop<'_> {
    let mut shop = Shop::new(program, ALL_KINDS);
    succeeds(&mut shop, "1.0.0", &["api", "web"]);
    let stuck = shop.deploy("1.1.0", &["web"]);
    assert!(shop.region.run_until(&stuck, "Bake"));
    shop.world().set_alarm(ALARM, "ALARM", &[9.0]);
    for call in ["s3.copy", "s3.put"] {
        let denied = Fault::new(FaultName::AccessDenied, "s3:PutObject was refused");
        shop.world().mishaps().refused.insert(call, denied);
    }
    shop.region.run();
    assert_eq!(ended(&shop, &stuck).ending, Ending::NeedsOperator);
    shop.world().set_alarm(ALARM, "OK", &[0.0]);
    let mut objects = shop.world().s3();
    objects.upload("shop-web", "index.html", REPAIRED);
    drop(objects);
    shop
}

/// Safety: accept: A site that was repaired by hand is accepted with the list that a rollback to it needs.
#[test]
fn a_site_repaired_by_hand_is_accepted_with_the_list_that_a_rollback_needs() {
    let program = program();
    let mut shop = repaired_site(&program);
    shop.world().mishaps().refused.clear();
    let accept = shop.act("accept");
    shop.region.run();
    let accepted = "Admit Admitted Look Accept Ended Succeeded";
    assert_eq!(shop.path(&accept), accepted);
    succeeds(&mut shop, "1.2.0", &["api"]);
    assert_eq!(shop.page(), REPAIRED);
    let repaired = shop.environment().snapshot;
    succeeds(&mut shop, "1.3.0", &["web"]);
    assert!(shop.page().contains("Shop 1.3.0"));
    // Nobody has measured it, so that it is gone back to by its number.
    let rollback = shop.start(&json!({
        "action": "rollback", "app": "shop", "environment": "prod", "reason": "the repaired page was right",
        "snapshot": repaired
    }));
    shop.region.run();
    let ended = ended(&shop, &rollback);
    assert_eq!(ended.ending, Ending::Succeeded, "{:?}", ended.findings);
    assert_eq!(shop.page(), REPAIRED);
    assert_free(&shop);
}

#[test]
fn a_site_whose_list_cannot_be_kept_is_not_accepted() {
    let program = program();
    let mut shop = repaired_site(&program);
    let accept = shop.act("accept");
    shop.region.run();
    let (error, cause) = failure(&shop, &accept);
    assert_eq!(error, "TargetNotSeen");
    assert!(cause.contains("s3:PutObject was refused"), "{cause}");
    let held = shop.lock().held.unwrap();
    assert_eq!(held.state, HeldState::NeedsOperator);
}
