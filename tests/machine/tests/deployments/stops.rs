//! Executions that are stopped.

use crate::deployments::scene::{
    BACK, BOTH, ROLLED_BACK, assert_counted, both, ending, live, path, program, serves, unlocked,
};
use windlass_domain::release::ending::Ending;

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
    assert_eq!(recovery.execution.in_words(), wanted);
    assert_eq!(ending(&shop, &arn), Ending::RolledBack);
    assert_eq!(serves(&shop), both("2"));
    assert_counted(&shop, &arn);
}

/// Stops a deployment before each visit of a state that it makes. Returns the number of visits.
fn stop_everywhere(announced: bool) -> usize {
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
        if announced {
            shop.region.stop(&arn);
        } else {
            shop.region.stop_unannounced(&arn);
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
        assert!(shop.path(&next).ends_with("Settle Ended Succeeded"), "stopped in {state}: {}", shop.path(&next));
    }
    0
}

/// Safety: endings: A stop in any state is recovered to an ending.
#[test]
fn a_stop_in_any_state_is_recovered_to_an_ending() {
    assert!(stop_everywhere(true) > 25);
}

/// Safety: endings: A stop whose event is lost is found by the schedule.
#[test]
fn a_stop_that_nobody_announces_is_found_by_the_schedule() {
    assert!(stop_everywhere(false) > 25);
}
