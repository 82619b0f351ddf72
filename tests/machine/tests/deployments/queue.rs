//! Deployments that wait, and that give up.

use crate::deployments::scene::{
    BOTH, assert_counted, both, cause, ending, live, path, program, serves, unlocked, whole_way,
};
use windlass_domain::release::ending::Ending;

/// Safety: lock: One deployment at a time has the lock; the newest that waits goes next.
///
/// Safety: newer wins: Of those that wait the newest goes, and the others end superseded.
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
    assert_eq!(shop.path(&second), "Admit Admitted AwaitTurn Admit Admitted NothingToDo");
    assert_eq!(shop.deployment(&second).ending.unwrap().cause_name, "Superseded");
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
    shop.region.stop_unannounced(&stuck);
    let arn = shop.deploy("1.2.0", &BOTH);
    shop.region.run();
    assert_eq!(shop.path(&arn), "Admit Admitted AwaitTurn Admit Admitted Rejected");
    assert_eq!(cause(&shop, &arn).0, "WaitedTooLong");
    assert_counted(&shop, &arn);
    assert_eq!(ending(&shop, &arn), Ending::Rejected);
    shop.region.scheduled();
    shop.region.run();
    assert_eq!(ending(&shop, &stuck), Ending::RolledBack);
}
