//! A target that has drifted is not restored while a hold, a red gate or a release is in the way.

use crate::scenarios::healing::{
    begun, ending, events, healing, hold, last, moves_alias, notifications, restorings, schedule_for,
};
use crate::scenarios::scene::{BOTH, both, ended, program, serves};
use serde_json::json;
use windlass_domain::release::ending::Ending;
use windlass_machine::shop::ALARM;

/// Safety: restoring: Nothing is restored while it is held or waited for, or while a gate is red.
#[test]
fn nothing_is_restored_while_it_is_held_waited_for_or_red() {
    let program = program();
    // Under a hold nothing is started, until the hold is released.
    let mut shop = healing(&program);
    shop.act("hold");
    shop.region.run();
    moves_alias(&shop, "shop-api", "1");
    schedule_for(&mut shop, 180);
    assert_eq!((events(&shop), restorings(&shop).len()), (vec!["DriftFound".to_owned()], 0));
    shop.act("release_hold");
    schedule_for(&mut shop, 10);
    assert_eq!(serves(&shop), both("2"));

    // If a hold comes between the look and the turn, the restoring ends quietly.
    let mut shop = healing(&program);
    moves_alias(&shop, "shop-api", "1");
    let arn = begun(&mut shop);
    hold(&shop);
    shop.region.run();
    let record = shop.deployment(&arn);
    assert_eq!(ending(&record), (Ending::NothingToDo, "NotRestored"));
    let cause = record.ending.unwrap().cause;
    assert!(cause.written().contains("automatic deployments are held since"), "{cause:?}");
    assert_eq!(shop.serves("shop-api"), "1");

    // With a red alarm the restoring is refused before anything is changed, three times a day at most, and nothing is
    // held because of it.
    let mut shop = healing(&program);
    moves_alias(&shop, "shop-api", "1");
    shop.world().set_alarm(ALARM, "ALARM", &[9.0]);
    schedule_for(&mut shop, 8 * 60);
    assert_eq!(restorings(&shop).len(), 3);
    assert_eq!(ending(&last(&shop)).0, Ending::Rejected);
    assert_eq!((shop.environment().hold, shop.serves("shop-api")), (None, "1".to_owned()));
}

/// Safety: restoring: A release that comes first goes instead.
#[test]
fn a_release_that_comes_first_goes_instead() {
    let program = program();
    let mut shop = healing(&program);
    moves_alias(&shop, "shop-api", "1");
    let arn = begun(&mut shop);
    let release = shop.deploy("1.1.0", &BOTH);
    assert!(shop.region.run_until(&release, "Bake"));
    shop.region.run();
    assert_eq!(ended(&shop, &release).ending, Ending::Succeeded);
    let restoring = shop.region.ended(&arn).unwrap();
    assert_eq!(restoring.status, "SUCCEEDED");
    assert_eq!(serves(&shop), both("3"));
    schedule_for(&mut shop, 60);
    assert_eq!(events(&shop), ["DriftFound", "DriftGone"]);
}

#[test]
fn a_release_waits_for_what_is_restored_or_stops_it_where_that_is_asked() {
    let program = program();
    for preempt in [false, true] {
        let mut shop = healing(&program);
        moves_alias(&shop, "shop-api", "1");
        let arn = begun(&mut shop);
        assert!(shop.region.run_until(&arn, "Bake"));
        let mut request = shop.release("1.1.0", &BOTH);
        if preempt {
            request["preempt"] = json!(true);
            request["reason"] = json!("it must go now");
        }
        let release = shop.start(&request);
        shop.region.run();
        let record = shop.deployment(&arn);
        let wanted = if preempt { (Ending::RolledBack, "PreemptedByDeploy") } else { (Ending::Succeeded, "") };
        assert_eq!(ending(&record), wanted);
        let counted = shop.environment().restored.len();
        assert_eq!(counted, usize::from(!preempt), "what was stopped counts not");
        assert_eq!(ended(&shop, &release).ending, Ending::Succeeded);
        assert_eq!(serves(&shop), both("3"));
    }
}

/// Safety: restoring: What is as recorded again by its turn is left alone.
#[test]
fn what_is_as_recorded_again_by_its_turn_is_left_alone() {
    let program = program();
    let mut shop = healing(&program);
    moves_alias(&shop, "shop-api", "1");
    let arn = begun(&mut shop);
    moves_alias(&shop, "shop-api", "2");
    let before = shop.environment();
    shop.region.run();
    let record = shop.deployment(&arn);
    assert_eq!(ending(&record), (Ending::NothingToDo, "AlreadyThere"));
    let after = shop.environment();
    assert_eq!((after.running, after.snapshot, after.restored), (before.running, before.snapshot, vec![]));
    assert_eq!(notifications(&shop, "restore"), Vec::<String>::new(), "nobody is called for that");
}
