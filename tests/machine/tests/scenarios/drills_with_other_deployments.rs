//! Drills while a release, a rollback or another drill comes.

use crate::scenarios::drills::{coming_back, last, runs};
use crate::scenarios::scene::{
    BOTH, GO, SUCCEEDED, WAITED, WAVE, assert_free, both, declare, ended, failure, live_with, path, program, serves,
};
use windlass_domain::deployment::drill::DrillOutcome;
use windlass_domain::release::ending::Ending;
use windlass_machine::shop::FUNCTIONS;

#[test]
fn a_release_stops_it_on_its_way_there_and_goes_on_from_what_ran() {
    let program = program();
    let mut shop = live_with(&program, &["1.0.0", "1.1.0"]);
    let drill = shop.act("drill");
    assert!(shop.region.run_until(&drill, "Judge"));
    let release = shop.deploy("1.2.0", &["jobs"]);
    shop.region.run();
    assert_eq!(ended(&shop, &drill).cause_name, "PreemptedByDeploy");
    assert_eq!(ended(&shop, &release).ending, Ending::Succeeded);
    let last = last(&shop);
    assert_eq!((last.outcome, last.restored), (DrillOutcome::Overtaken, true));
    // Components that the release does not bring are as they were before the drill.
    assert_eq!(serves(&shop), ("3".into(), "4".into()));
    assert_free(&shop);
}

#[test]
fn a_release_waits_for_the_way_back() {
    let program = program();
    let mut shop = live_with(&program, &["1.0.0", "1.1.0"]);
    let back = coming_back(&mut shop);
    assert!(shop.region.run_until(&back, "Judge"));
    let release = shop.deploy("1.2.0", &["jobs"]);
    shop.region.run();
    assert_eq!(last(&shop).outcome, DrillOutcome::Proved);
    assert_eq!(shop.path(&release), path(&[WAITED, GO, WAVE, SUCCEEDED]));
    assert_eq!(serves(&shop), ("3".into(), "4".into()));
    assert_free(&shop);
}

#[test]
fn an_operators_rollback_stops_both_ways() {
    let program = program();
    for (is_back, version, restored) in [(false, "1.1.0", true), (true, "1.0.0", false)] {
        let mut shop = live_with(&program, &["1.0.0", "1.1.0"]);
        let stopped = if is_back { coming_back(&mut shop) } else { shop.act("drill") };
        assert!(shop.region.run_until(&stopped, "Judge"));
        let rollback = shop.act("rollback");
        shop.region.run();
        assert_eq!(ended(&shop, &stopped).cause_name, "PreemptedByOperator");
        assert!(ended(&shop, &rollback).ending.is_success());
        let last = last(&shop);
        assert_eq!((last.outcome, last.restored), (DrillOutcome::Overtaken, restored));
        assert!(runs(&shop, version), "{version}");
        assert!(shop.environment().hold.is_some());
        assert_free(&shop);
    }
}

/// The rollback stopped no deployment, because none was under way. So it goes where it would go without a drill.
#[test]
fn an_operators_rollback_between_the_two_ways_goes_to_the_version_before() {
    let program = program();
    let mut shop = live_with(&program, &["1.0.0", "1.1.0", "1.2.0"]);
    let drill = shop.act("drill");
    assert!(shop.region.run_until(&drill, "Ended"));
    assert!(shop.drills().awaits_back().is_some());
    let rollback = shop.act("rollback");
    shop.region.run();
    assert_eq!(shop.deployment(&rollback).release.version, "1.1.0");
    assert!(runs(&shop, "1.1.0"));
    let last = last(&shop);
    assert_eq!((last.outcome, last.restored), (DrillOutcome::Overtaken, false), "{}", last.cause.written());
    assert_free(&shop);
}

#[test]
fn a_second_one_is_refused_while_one_is_under_way() {
    let program = program();
    let mut shop = live_with(&program, &["1.0.0", "1.1.0"]);
    let first = shop.act("drill");
    assert!(shop.region.run_until(&first, "Judge"));
    let second = shop.act("drill");
    shop.region.run();
    assert_eq!(failure(&shop, &second).0, "NotIdle");
    assert_eq!(last(&shop).outcome, DrillOutcome::Proved);
}

#[test]
fn it_goes_only_where_nothing_is_held_and_nothing_is_under_way() {
    let program = program();
    let mut shop = live_with(&program, &["1.0.0", "1.1.0"]);
    let release = shop.deploy("1.2.0", &BOTH);
    assert!(shop.region.run_until(&release, "Judge"));
    let busy = shop.act("drill");
    shop.region.run();
    assert_eq!(failure(&shop, &busy).0, "NotIdle");
    shop.act("hold");
    shop.region.run();
    let held = shop.act("drill");
    shop.region.run();
    assert_eq!(failure(&shop, &held).0, "Held");
    assert_eq!(last(&shop).outcome, DrillOutcome::Refused);
    assert_eq!(serves(&shop), both("4"));
}

/// By the newer declaration `jobs` could not be brought back.
///
/// Safety: drills: The way back goes by the declaration by which the drill went there.
#[test]
fn what_is_declared_meanwhile_is_not_in_its_way() {
    let program = program();
    let mut shop = live_with(&program, &["1.0.0", "1.1.0"]);
    let drill = shop.act("drill");
    assert!(shop.region.run_until(&drill, "Ended"));
    let line = |line: &&str| !line.trim_start().starts_with("jobs:");
    let without: Vec<&str> = FUNCTIONS.lines().filter(line).collect();
    let without = without.join("\n").replace(", after: [jobs]", "");
    declare(&shop, &without.replace("version: 1.0.0", "version: 1.1.0"));
    shop.region.run();
    let last = last(&shop);
    assert_eq!((last.outcome, last.restored), (DrillOutcome::Proved, true), "{}", last.cause.written());
    assert_eq!(serves(&shop), both("3"));
}
