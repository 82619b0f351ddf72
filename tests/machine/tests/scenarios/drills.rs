//! An environment goes to the version before and comes back.

use crate::scenarios::scene::{
    BACK, BOTH, GO, ROLLED_BACK, SUCCEEDED, WAVE, assert_free, both, ended, failure, live, live_with, path, program,
    serves, way_back,
};
use serde_json::json;
use windlass_domain::deployment::drill::{DrillDirection, DrillOutcome, DrillSummary, SnapshotVersion};
use windlass_domain::release::ending::Ending;
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_engine::ports::StepFunctionsApi;
use windlass_machine::shop::{ALARM, Shop};
use windlass_world::run::run;

pub fn last(shop: &Shop<'_>) -> DrillSummary {
    shop.drills().last.unwrap()
}

/// Returns the execution that works for the way back.
fn comes_back(shop: &Shop<'_>) -> String {
    let back = shop.drills().under_way.unwrap().back.unwrap();
    shop.record(&back.deployment).executions[0].clone()
}

pub fn runs(shop: &Shop<'_>, version: &str) -> bool {
    let running = shop.environment().running;
    running.values().all(|running| running.version() == version)
}

fn begin_to_come_back(shop: &mut Shop<'_>) {
    while shop.drills().awaits_back().is_some() {
        assert!(shop.region.step());
    }
}

/// Starts a drill and lets it go until its way back has begun.
pub fn coming_back(shop: &mut Shop<'_>) -> String {
    let drill = shop.act("drill");
    assert!(shop.region.run_until(&drill, "Ended"));
    begin_to_come_back(shop);
    let back = comes_back(shop);
    assert_eq!(shop.drills().under_way.unwrap().tries, 1);
    back
}

#[test]
fn it_goes_to_the_version_before_and_comes_back() {
    let program = program();
    let mut shop = live_with(&program, &["1.0.0", "1.1.0"]);
    let drill = shop.act("drill");
    assert!(shop.region.run_until(&drill, "Ended"));
    assert_eq!(serves(&shop), both("2"), "the version before");
    shop.region.run();

    assert_eq!(shop.path(&drill), path(&[GO, WAVE, WAVE, SUCCEEDED]));
    assert_eq!(serves(&shop), both("3"));
    assert!(runs(&shop, "1.1.0"));
    let last = last(&shop);
    assert_eq!((last.outcome, last.restored), (DrillOutcome::Proved, true), "{}", last.cause.written());
    assert_eq!(shop.drills().proved, Some(last.clone()));
    let version = |standing: &Option<SnapshotVersion>| standing.as_ref().map(|one| one.version.clone());
    assert_eq!(version(&last.from).as_deref(), Some("1.1.0"));
    assert_eq!(version(&last.to).as_deref(), Some("1.0.0"));
    assert!((last.there_ms, last.back_ms) == (Some(120_000), Some(120_000)), "{last:?}");
    assert!(last.cause.written().contains("1 gate passed there, 1 back"), "{:?}", last.cause);

    // A drill holds nothing, vetoes nothing, and leaves the order and the chain of snapshots as they were.
    assert_eq!(shop.environment().hold, None);
    assert!(!shop.has("veto#"));
    assert_free(&shop);
    let rollback = shop.act("rollback");
    shop.region.run();
    assert_eq!(shop.path(&rollback), way_back());
    assert!(runs(&shop, "1.0.0"));
}

#[test]
fn each_of_its_steps_is_in_a_record_of_its_own() {
    let program = program();
    let mut shop = live_with(&program, &["1.0.0", "1.1.0"]);
    let execution = shop.act("drill");
    shop.region.run();
    let drill = shop.ended_drill();
    assert_eq!(drill.id, shop.deployment(&execution).id);
    for (leg, wanted) in [(&drill.there, "3 → 2"), (drill.back.as_ref().unwrap(), "2 → 3")] {
        let listed: Vec<&str> = leg.steps.iter().map(|step| step.what.as_str()).collect();
        let changes = listed.iter().filter(|what| what.contains(wanted));
        assert_eq!(changes.count(), 2, "{listed:?}");
        let judged = leg.steps.iter().filter(|step| step.verdict.is_some());
        assert_eq!(judged.count(), 2, "{listed:?}");
        assert_eq!(leg.ended.as_ref().unwrap().ending, Ending::Succeeded);
        // Every change is listed, even if callers could not notice it.
        let execution = &shop.record(&leg.deployment).executions[0];
        let made = BOTH.map(|component| shop.step(execution, component).changes.len());
        let of_changes = leg.steps.iter().filter(|step| step.verdict.is_none());
        assert_eq!(of_changes.count(), made.iter().sum::<usize>(), "{listed:?}");
        assert_eq!(leg.left_out, 0);
    }
    assert_eq!(drill.direction(&drill.id), Some(DrillDirection::There));
}

#[test]
fn where_there_is_no_version_before_it_is_refused() {
    let program = program();
    let mut shop = live(&program);
    let drill = shop.act("drill");
    shop.region.run();
    assert_eq!(failure(&shop, &drill).0, "NothingToGoBackTo");
    let last = last(&shop);
    assert_eq!((last.outcome, last.restored), (DrillOutcome::Refused, true));
    assert_eq!(shop.drills().proved, None);
    assert_eq!(serves(&shop), both("2"));
}

#[test]
fn a_gate_that_fails_on_the_way_there_brings_it_back_and_vetoes_nothing() {
    let program = program();
    let mut shop = live_with(&program, &["1.0.0", "1.1.0"]);
    let drill = shop.act("drill");
    assert!(shop.region.run_until(&drill, "Judge"));
    shop.world().set_alarm(ALARM, "ALARM", &[9.0]);
    shop.region.run();
    assert_eq!(shop.path(&drill), path(&[GO, WAVE, BACK, ROLLED_BACK]));
    let last = last(&shop);
    assert_eq!((last.outcome, last.restored), (DrillOutcome::Failed, true));
    assert!(last.cause.written().contains("did not get to 1.0.0"), "{:?}", last.cause);
    assert_eq!(serves(&shop), both("3"));
    assert!(runs(&shop, "1.1.0"));
    assert!(!shop.has("veto#"));
    assert_free(&shop);
}

#[test]
fn a_gate_that_is_red_before_it_begins_refuses_it() {
    let program = program();
    let mut shop = live_with(&program, &["1.0.0", "1.1.0"]);
    shop.world().set_alarm(ALARM, "ALARM", &[9.0]);
    let drill = shop.act("drill");
    shop.region.run();
    assert_eq!(ended(&shop, &drill).ending, Ending::Rejected);
    assert_eq!(last(&shop).outcome, DrillOutcome::Refused);
    assert_eq!(serves(&shop), both("3"));
}

/// An undo of the way back would leave the older version live.
///
/// Safety: drills: A gate that fails on the way back undoes nothing, and fails the drill.
#[test]
fn a_gate_that_fails_on_the_way_back_undoes_nothing_and_fails_the_drill() {
    let program = program();
    let mut shop = live_with(&program, &["1.0.0", "1.1.0"]);
    let back = coming_back(&mut shop);
    assert!(shop.region.run_until(&back, "Judge"));
    shop.world().set_alarm(ALARM, "ALARM", &[9.0]);
    shop.region.run();
    assert_eq!(shop.path(&back), path(&[GO, WAVE, WAVE, SUCCEEDED]));
    let last = last(&shop);
    assert_eq!((last.outcome, last.restored), (DrillOutcome::Failed, true));
    assert!(last.cause.written().contains("not every gate passed on the way back: gate `shop-5xx` is red"));
    assert_eq!(serves(&shop), both("3"));
    assert!(runs(&shop, "1.1.0"));
    assert_free(&shop);
}

/// A person who kills an execution in the console does not want the older version to stay.
#[test]
fn a_way_back_that_is_killed_is_tried_again() {
    let program = program();
    let mut shop = live_with(&program, &["1.0.0", "1.1.0"]);
    let back = coming_back(&mut shop);
    assert!(shop.region.run_until(&back, "Judge"));
    shop.region.stop(&back);
    shop.region.run();
    assert_eq!(ended(&shop, &back).ending, Ending::RolledBack);
    assert!(shop.drills().awaits_back().is_some());
    assert!(runs(&shop, "1.0.0"));
    shop.region.scheduled();
    shop.region.run();
    assert_eq!(last(&shop).outcome, DrillOutcome::Proved);
    assert!(runs(&shop, "1.1.0"));
    assert_free(&shop);
}

#[test]
fn a_way_back_that_works_never_ends_and_says_what_runs() {
    let program = program();
    let mut shop = live_with(&program, &["1.0.0", "1.1.0"]);
    coming_back(&mut shop);
    for _ in 0..3 {
        begin_to_come_back(&mut shop);
        let back = comes_back(&shop);
        assert!(shop.region.run_until(&back, "Judge"));
        shop.region.stop(&back);
        shop.region.run();
        shop.region.scheduled();
    }
    let last = last(&shop);
    assert_eq!((last.outcome, last.restored), (DrillOutcome::Failed, false));
    assert!(last.cause.written().contains("RUNS 1.0.0 (snapshot 2) and NOT 1.1.0 (snapshot 3)"), "{:?}", last.cause);
    // The input that the cause names brings it back.
    let input = r#"{"action":"rollback","app":"shop","environment":"prod","reason":"…","snapshot":3}"#;
    assert!(last.cause.written().contains(input), "{:?}", last.cause);
    shop.start(&serde_json::from_str(input).unwrap());
    shop.region.run();
    assert!(runs(&shop, "1.1.0"));
    assert_eq!(serves(&shop), both("3"));
}

#[test]
fn what_is_planned_says_where_it_would_go_and_begins_nothing() {
    let program = program();
    let mut shop = live_with(&program, &["1.0.0", "1.1.0"]);
    let request = json!({"action": "drill", "app": "shop", "environment": "prod", "plan": true});
    let plan = shop.start(&request);
    shop.region.run();
    let found = run(shop.world().execution(&plan)).unwrap().unwrap();
    assert_eq!(found.status, "SUCCEEDED");
    assert_eq!(shop.known_drills(), None);
    assert_eq!(serves(&shop), both("3"));
}

/// Safety: drills: After `recover` and after `accept` nobody reads that the drill needs an operator.
#[test]
fn what_is_said_of_a_drill_that_needed_an_operator_is_so_now() {
    let program = program();
    for (action, said, restored) in
        [("recover", "shop prod runs 1.1.0 (snapshot 3) again", true), ("accept", "runs what drill", false)]
    {
        let mut shop = live_with(&program, &["1.0.0", "1.1.0"]);
        let drill = shop.act("drill");
        assert!(shop.region.run_until(&drill, "Bake"));
        shop.world().set_alarm(ALARM, "ALARM", &[9.0]);
        let denied = Fault::new(FaultName::AccessDenied, "lambda:UpdateAlias was refused");
        let moved = "lambda.update_alias";
        shop.world().mishaps().refused.insert(moved, denied);
        shop.region.run();
        let cause = last(&shop).cause;
        assert!(cause.written().contains("NEEDS AN OPERATOR"), "{cause:?}");
        shop.world().mishaps().refused.clear();
        shop.act(action);
        shop.region.run();
        assert_free(&shop);
        let last = last(&shop);
        assert!(last.cause.written().contains(said), "{:?}", last.cause);
        assert!(!last.cause.written().contains("NEEDS AN OPERATOR"), "{:?}", last.cause);
        assert_eq!((last.outcome, last.restored), (DrillOutcome::Failed, restored));
        assert_eq!(shop.ended_drill().ended.unwrap().cause, last.cause);
    }
}
