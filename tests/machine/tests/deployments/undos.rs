//! Releases that are undone.

use crate::deployments::scene::{
    BACK, BOTH, GO, ROLLED_BACK, WAVE, assert_counted, both, cause, live, path, program, serves, unlocked, whole_way,
};
use windlass_machine::shop::ALARM;

#[test]
fn a_failed_gate_rolls_everything_back_in_reverse() {
    let program = program();
    let mut shop = live(&program);
    let arn = shop.deploy("1.1.0", &BOTH);
    assert!(shop.region.run_until(&arn, "Bake"));
    assert_eq!(serves(&shop), ("2 3@0.5".into(), "3".into()));
    shop.world().set_alarm(ALARM, "ALARM", &[7.3, 8.0, 9.0]);
    shop.region.run();
    let wanted = path(&[GO, WAVE, WAVE, BACK, BACK, ROLLED_BACK]);
    assert_eq!(shop.path(&arn), wanted);
    assert_eq!(serves(&shop), both("2"));
    let (error, cause) = cause(&shop, &arn);
    assert_eq!(error, "GateFailed");
    for part in ["measured 9", "threshold 5", "api (alias live 2 with 3 at 50 % → 2), jobs", "vetoed"] {
        assert!(cause.contains(part), "{cause}");
    }
    assert!(unlocked(&shop));
    assert_counted(&shop, &arn);
}

/// Safety: undo: A release that was undone is vetoed, and the fix goes live at once.
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
    assert!(!shop.path(&second).contains("Change"), "{}", shop.path(&second));
    let fix = shop.deploy("1.1.1", &BOTH);
    shop.region.run();
    assert_eq!(shop.path(&fix), whole_way());
}

#[test]
fn a_component_that_fails_is_undone_with_what_went_before() {
    let program = program();
    let mut shop = live(&program);
    shop.world().lambda().named("shop-api").unwrap().fails = Some("disk full".into());
    let arn = shop.deploy("1.1.0", &BOTH);
    shop.region.run();
    let failed = "Change(Begin Deploy) Changed";
    assert_eq!(shop.path(&arn), path(&[GO, WAVE, failed, BACK, BACK, ROLLED_BACK]));
    assert_eq!(serves(&shop), both("2"));
    let (error, cause) = cause(&shop, &arn);
    assert_eq!(error, "ChangeFailed");
    assert!(cause.contains("api failed: The update of the code failed: disk full"), "{cause}");
}

/// What AWS could not do for a reason of the function's network is no fault of the release: the same one goes once that
/// is mended, also where nothing was changed of the function for it.
#[test]
fn a_release_that_the_network_failed_is_not_vetoed_and_goes_again() {
    let program = program();
    let mut shop = live(&program);
    {
        let mut functions = shop.world().lambda();
        let function = functions.named("shop-api").unwrap();
        function.fails = Some("no address is free".into());
        function.fails_by = "SubnetOutOfIPAddresses".into();
    }
    let failed = shop.deploy("1.1.0", &BOTH);
    shop.region.run();
    assert_eq!(cause(&shop, &failed).0, "TargetNotReady");
    assert_eq!(serves(&shop), both("2"));
    let again = shop.deploy("1.1.0", &BOTH);
    shop.region.run();
    assert_eq!(shop.path(&again), whole_way());
}
