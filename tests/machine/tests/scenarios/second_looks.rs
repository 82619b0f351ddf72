//! The second look at the targets that a recovery left, 15 minutes after it.

use crate::scenarios::scene::{BOTH, assert_free, both, ended, live, pass_minutes, program, serves};
use serde_json::Value;
use windlass_domain::deployment::second_look::{SecondLook, SecondLookResult};
use windlass_domain::release::ending::Ending;
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_domain::text::name::ComponentName;
use windlass_engine::faults::Faults;
use windlass_engine::ledger::{self, Stored};
use windlass_engine::routes::api::{ApiCall, handle};
use windlass_machine::program::Program;
use windlass_machine::shop::{ALARM, ALL_KINDS, Shop};
use windlass_world::run::run;

fn look(shop: &Shop<'_>, arn: &str) -> SecondLook {
    let key = ledger::second_look(&shop.deployment(arn).id);
    run(ledger::require(shop.world(), &key)).unwrap().value
}

/// Returns the number of looks that are still in the index.
fn due(shop: &Shop<'_>) -> usize {
    let (world, mut faults) = (shop.world(), Faults::default());
    let found = ledger::load_all_indexed(world, &ledger::SECOND_LOOKS, &mut faults);
    let found: Vec<Stored<SecondLook>> = run(found);
    faults.into_answer().unwrap();
    found.len()
}

fn saw(shop: &Shop<'_>, arn: &str) -> Option<SecondLookResult> {
    look(shop, arn).looked.map(|looked| looked.saw)
}

/// Lets some minutes pass, and runs the schedule.
fn scheduled_after(shop: &mut Shop<'_>, minutes: u64) {
    pass_minutes(shop, minutes);
    shop.region.scheduled();
    shop.region.run();
}

/// Makes the shop with 1.0.0 live, and the execution of 1.1.0, which was stopped in this state and recovered.
fn recovered_in<'p>(program: &'p Program, state: &str) -> (Shop<'p>, String) {
    let mut shop = live(program);
    let arn = shop.deploy("1.1.0", &BOTH);
    assert!(shop.region.run_until(&arn, state));
    shop.region.stop(&arn);
    shop.region.run();
    assert_free(&shop);
    (shop, arn)
}

/// Lets a call take effect that AWS held until the recovery was over.
fn lands_late(shop: &Shop<'_>, function: &str) {
    let mut functions = shop.world().lambda();
    let api = functions.functions.get_mut(function).unwrap();
    api.aliases.get_mut("live").unwrap().version = "3".into();
}

/// Returns the notifications of drift by second looks, which name a deployment: subjects and messages.
fn notifications(shop: &Shop<'_>) -> Vec<(String, String)> {
    let published = shop.world().sns().published.clone();
    let drift = published.into_iter();
    drift.filter(|(subject, _)| subject.contains(".0 Drift")).collect()
}

#[test]
fn what_a_recovery_left_is_seen_again_and_noted() {
    let program = program();
    let (mut shop, arn) = recovered_in(&program, "Bake");
    assert_eq!(ended(&shop, &arn).ending, Ending::RolledBack);
    scheduled_after(&mut shop, 14);
    assert_eq!((look(&shop, &arn).tries, due(&shop)), (0, 1), "too early");
    scheduled_after(&mut shop, 1);
    assert_eq!((saw(&shop, &arn), due(&shop)), (Some(SecondLookResult::AsLeft), 0));
    assert_eq!(notifications(&shop), []);
    assert_eq!(shop.environment().hold, None);

    let call = ApiCall {
        method: "GET".into(),
        path: format!("/apps/shop/deployments/{}", shop.deployment(&arn).id),
        ..ApiCall::default()
    };
    let whole: Value = run(handle(shop.world(), call)).body;
    let noted = whole["second_look"]["looked"]["told"].as_str().unwrap();
    assert!(noted.contains("was seen again 15 minutes after"), "{noted}");
}

#[test]
fn what_a_recovery_settled_is_seen_again() {
    let program = program();
    let (mut shop, arn) = recovered_in(&program, "Settle");
    assert_eq!(ended(&shop, &arn).ending, Ending::Succeeded);
    scheduled_after(&mut shop, 15);
    assert_eq!(saw(&shop, &arn), Some(SecondLookResult::AsLeft));
}

#[test]
fn every_kind_is_seen_again_as_it_was_left() {
    let program = program();
    let mut shop = Shop::new(&program, ALL_KINDS);
    let all = ["agent", "api", "web"];
    shop.deploy("1.0.0", &all);
    shop.region.run();
    for state in ["Bake", "Settle"] {
        let arn = shop.deploy(if state == "Bake" { "1.1.0" } else { "1.2.0" }, &all);
        while !(shop.region.is_in(&arn, state) && shop.step(&arn, "web").wave.is_some()) {
            assert!(shop.region.step());
        }
        shop.region.stop(&arn);
        shop.region.run();
        scheduled_after(&mut shop, 15);
        let looked = look(&shop, &arn).looked.unwrap();
        assert_eq!(looked.saw, SecondLookResult::AsLeft, "{}", looked.told.written());
        assert_eq!(looked.components.len(), 3);
    }
}

#[test]
fn nothing_is_due_where_no_recovery_worked_or_nothing_was_changed() {
    let program = program();
    let mut shop = live(&program);
    assert_eq!(due(&shop), 0);
    let arn = shop.deploy("1.1.0", &BOTH);
    assert!(shop.region.run_until(&arn, "Change"));
    shop.region.stop(&arn);
    shop.region.run();
    assert_eq!(ended(&shop, &arn).ending, Ending::RolledBack);
    assert_eq!(due(&shop), 0);
}

/// Safety: second look: A call that lands after the recovery is reported, and automatic deployments are held.
#[test]
fn a_call_that_lands_after_the_recovery_is_reported_and_deployments_are_held() {
    let program = program();
    let (mut shop, arn) = recovered_in(&program, "Bake");
    lands_late(&shop, "shop-api");
    scheduled_after(&mut shop, 15);
    assert_eq!(saw(&shop, &arn), Some(SecondLookResult::Changed));
    assert_eq!(ended(&shop, &arn).ending, Ending::RolledBack, "it has one ending");
    let [(subject, message)] = notifications(&shop).try_into().unwrap();
    assert_eq!(subject, "[windlass] shop prod 1.1.0 DriftFound");
    for part in ["NOT as recorded: api (recorded 2, seen 3)", "release_hold"] {
        assert!(message.contains(part), "{message}");
    }
    let hold = shop.environment().hold.unwrap();
    assert_eq!(hold.by, "Windlass");
    assert!(hold.reason.contains("seen 3"), "{}", hold.reason);

    // Neither the alert nor the hold comes a second time.
    shop.act("release_hold");
    shop.region.run();
    scheduled_after(&mut shop, 5);
    assert_eq!((look(&shop, &arn).held, due(&shop)), (true, 0));
    scheduled_after(&mut shop, 15);
    assert_eq!(notifications(&shop).len(), 1);
    assert_eq!(shop.environment().hold, None);
}

/// Safety: drift: No hourly look reports again what the second look has reported.
#[test]
fn no_hourly_look_reports_again_what_the_second_look_has_reported() {
    let program = program();
    let drift = |shop: &Shop<'_>| {
        let put = shop.world().eventbridge().put.clone();
        let names = put.into_iter().map(|(name, _)| name);
        names.filter(|name| name.starts_with("Drift")).collect::<Vec<String>>()
    };
    for minutes_before in [0, 65] {
        let mut shop = live(&program);
        (0..minutes_before / 5).for_each(|_| scheduled_after(&mut shop, 5));
        let arn = shop.deploy("1.1.0", &BOTH);
        assert!(shop.region.run_until(&arn, "Bake"));
        shop.region.stop(&arn);
        shop.region.run();
        lands_late(&shop, "shop-api");
        (0..30).for_each(|_| scheduled_after(&mut shop, 5));
        assert_eq!(saw(&shop, &arn), Some(SecondLookResult::Changed));
        assert_eq!(drift(&shop), ["DriftFound"], "{minutes_before} minutes");

        // The end of the drift is reported, and so is a later difference.
        let moves = |shop: &Shop<'_>, version: &str| {
            let mut functions = shop.world().lambda();
            let api = functions.functions.get_mut("shop-api").unwrap();
            api.aliases.get_mut("live").unwrap().version = version.into();
        };
        moves(&shop, "2");
        (0..13).for_each(|_| scheduled_after(&mut shop, 5));
        assert_eq!(drift(&shop), ["DriftFound", "DriftGone"]);
        moves(&shop, "3");
        (0..13).for_each(|_| scheduled_after(&mut shop, 5));
        assert_eq!(drift(&shop), ["DriftFound", "DriftGone", "DriftFound"]);
    }
}

#[test]
fn the_hold_is_set_though_its_start_failed_at_first() {
    let program = program();
    let (mut shop, arn) = recovered_in(&program, "Bake");
    lands_late(&shop, "shop-api");
    let throttled = Fault::new(FaultName::Throttled, "slow down");
    let mut mishaps = shop.world().mishaps();
    mishaps.refused.insert("stepfunctions.start", throttled);
    drop(mishaps);
    scheduled_after(&mut shop, 15);
    assert_eq!((saw(&shop, &arn), due(&shop)), (Some(SecondLookResult::Changed), 1));
    assert_eq!(shop.environment().hold, None);
    shop.world().mishaps().refused.clear();
    scheduled_after(&mut shop, 5);
    assert!(shop.environment().hold.is_some());
    scheduled_after(&mut shop, 5);
    assert_eq!((notifications(&shop).len(), due(&shop)), (1, 0));
}

/// Safety: second look: A hold whose execution dies is tried again.
#[test]
fn a_hold_whose_execution_dies_is_tried_again() {
    let program = program();
    let (mut shop, arn) = recovered_in(&program, "Bake");
    lands_late(&shop, "shop-api");
    pass_minutes(&shop, 15);
    for _ in 0..2 {
        shop.region.scheduled();
        let hold = look(&shop, &arn).hold.unwrap();
        shop.region.stop(&hold);
        shop.region.run();
        assert_eq!(shop.environment().hold, None);
        assert!(!look(&shop, &arn).held);
        pass_minutes(&shop, 5);
    }
    scheduled_after(&mut shop, 0);
    assert!(shop.environment().hold.is_some());
    scheduled_after(&mut shop, 5);
    let look = look(&shop, &arn);
    assert_eq!((look.held, look.holds, due(&shop)), (true, 3, 0));
}

#[test]
fn a_hold_whose_executions_all_die_is_tried_six_times() {
    let program = program();
    let (mut shop, arn) = recovered_in(&program, "Bake");
    lands_late(&shop, "shop-api");
    pass_minutes(&shop, 15);
    for holds in 1..=6 {
        shop.region.scheduled();
        let look = look(&shop, &arn);
        assert_eq!((look.held, look.holds, due(&shop)), (false, holds, 1));
        shop.region.stop(&look.hold.unwrap());
        shop.region.run();
        pass_minutes(&shop, 5);
    }
    scheduled_after(&mut shop, 0);
    let look = look(&shop, &arn);
    assert_eq!((look.held, look.holds, due(&shop)), (false, 6, 0));
    assert_eq!(shop.environment().hold, None);
}

/// Safety: second look: What cannot be seen is tried six times, and then reported as unknown.
#[test]
fn what_cannot_be_seen_is_tried_again_and_then_reported_as_unknown() {
    let program = program();
    let (mut shop, arn) = recovered_in(&program, "Bake");
    lands_late(&shop, "shop-api");
    let refused = Fault::new(FaultName::AccessDenied, "lambda:GetAlias was refused");
    let mut mishaps = shop.world().mishaps();
    mishaps.refused.insert("lambda.alias", refused);
    drop(mishaps);
    pass_minutes(&shop, 10);
    for tries in 1..=6 {
        assert_eq!((saw(&shop, &arn), notifications(&shop).len()), (None, 0));
        scheduled_after(&mut shop, 5);
        // A run of the schedule that comes too early makes no look.
        shop.region.scheduled();
        assert_eq!(look(&shop, &arn).tries, tries);
    }
    assert_eq!((saw(&shop, &arn), due(&shop)), (Some(SecondLookResult::Unknown), 0));
    let [(subject, message)] = notifications(&shop).try_into().unwrap();
    assert_eq!(subject, "[windlass] shop prod 1.1.0 DriftUnknown");
    assert!(message.contains("lambda:GetAlias was refused"), "{message}");
    assert_eq!(shop.environment().hold, None);
}

#[test]
fn what_was_unknown_at_first_is_reported_as_it_is() {
    let program = program();
    let (mut shop, arn) = recovered_in(&program, "Bake");
    lands_late(&shop, "shop-api");
    let refused = Fault::new(FaultName::Unavailable, "no answer");
    let mut mishaps = shop.world().mishaps();
    mishaps.refused.insert("lambda.alias", refused);
    drop(mishaps);
    scheduled_after(&mut shop, 15);
    assert_eq!(saw(&shop, &arn), None);
    shop.world().mishaps().refused.clear();
    scheduled_after(&mut shop, 5);
    assert_eq!(saw(&shop, &arn), Some(SecondLookResult::Changed));
}

/// Safety: second look: A later deployment is waited for, and answers for what it brought.
#[test]
fn a_later_deployment_is_waited_for_and_answers_for_what_it_brought() {
    let program = program();
    let (mut shop, arn) = recovered_in(&program, "Bake");
    let later = shop.deploy("1.2.0", &["api"]);
    assert!(shop.region.run_until(&later, "Bake"));
    pass_minutes(&shop, 15);
    shop.region.scheduled();
    assert_eq!((look(&shop, &arn).tries, due(&shop)), (0, 1));
    shop.region.run();
    assert_eq!(ended(&shop, &later).ending, Ending::Succeeded);
    lands_late(&shop, "shop-jobs");
    scheduled_after(&mut shop, 5);
    let looked = look(&shop, &arn).looked.unwrap();
    assert_eq!(looked.saw, SecondLookResult::Changed);
    let names: Vec<&str> = looked.components.keys().map(ComponentName::as_str).collect();
    assert_eq!(names, ["jobs"]);
}

#[test]
fn a_later_deployment_that_needs_an_operator_keeps_no_look_from_its_turn() {
    let program = program();
    let (mut shop, arn) = recovered_in(&program, "Bake");
    let later = shop.deploy("1.2.0", &["jobs"]);
    assert!(shop.region.run_until(&later, "Bake"));
    shop.world().set_alarm(ALARM, "ALARM", &[9.0]);
    let fault = Fault::new(FaultName::AccessDenied, "lambda:UpdateAlias was refused");
    let refused = "lambda.update_alias";
    shop.world().mishaps().refused.insert(refused, fault);
    shop.region.run();
    assert_eq!(ended(&shop, &later).ending, Ending::NeedsOperator);
    scheduled_after(&mut shop, 15);
    let looked = look(&shop, &arn).looked.unwrap();
    assert_eq!((looked.saw, due(&shop)), (SecondLookResult::AsLeft, 0));
    let mut names = looked.components.keys().map(ComponentName::as_str);
    assert_eq!((names.next(), names.next()), (Some("api"), None));
}

#[test]
fn what_was_replaced_altogether_is_not_looked_at() {
    let program = program();
    let (mut shop, arn) = recovered_in(&program, "Bake");
    let later = shop.deploy("1.2.0", &BOTH);
    shop.region.run();
    assert_eq!(ended(&shop, &later).ending, Ending::Succeeded);
    lands_late(&shop, "shop-jobs");
    scheduled_after(&mut shop, 15);
    assert_eq!((saw(&shop, &arn), due(&shop)), (Some(SecondLookResult::Replaced), 0));
    assert_eq!(notifications(&shop), []);
    assert_ne!(serves(&shop), both("2"));
}
