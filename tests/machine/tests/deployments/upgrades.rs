//! Deployments that an older Windlass began.

use crate::deployments::scene::{BOTH, both, ending, live, program, serves, unlocked};
use windlass_domain::release::ending::Ending;
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_machine::older_ledger::{assert_seen, written_by_the_first};
use windlass_machine::program::Program;
use windlass_machine::shop::Shop;

/// Safety: upgrades: A deployment that an older Windlass began is brought back.
#[test]
fn a_deployment_that_an_older_windlass_began_is_brought_back() {
    for announced in [true, false] {
        let program = program();
        let mut shop = live(&program);
        let arn = shop.deploy("1.1.0", &BOTH);
        assert!(shop.region.run_until(&arn, "Bake"));
        let seen = written_by_the_first(shop.region.world());
        assert_seen(&seen, &["lock", "step", "-step.changes", "-state.marks"]);
        if announced {
            shop.region.stop(&arn);
        } else {
            shop.region.stop_unannounced(&arn);
            shop.region.scheduled();
        }
        shop.region.run();
        assert_eq!(ending(&shop, &arn), Ending::RolledBack);
        assert_eq!(serves(&shop), both("2"));
        assert!(unlocked(&shop));
    }
}

/// Safety: upgrades: What an older Windlass deployed is gone on from.
#[test]
fn what_an_older_windlass_deployed_is_gone_on_from() {
    let program = program();
    let mut shop = live(&program);
    assert_seen(&written_by_the_first(shop.region.world()), &["-state.marks"]);
    let arn = shop.deploy("1.1.0", &BOTH);
    shop.region.run();
    assert_eq!(ending(&shop, &arn), Ending::Succeeded);
    assert_eq!(serves(&shop), both("3"));
}

/// Makes the shop with 1.0.0 live, and the execution of 1.1.0, whose switch of this function got no answer.
fn unanswered<'p>(program: &'p Program, function: &str) -> (Shop<'p>, String) {
    let mut shop = live(program);
    let arn = shop.deploy("1.1.0", &BOTH);
    let lost = Fault::new(FaultName::Unavailable, "no answer");
    assert!(shop.region.run_until(&arn, "Change"));
    let call = ("lambda.update_alias", lost);
    shop.world().mishaps().refused.extend([call]);
    while shop.step(&arn, function).open.is_none() {
        assert!(shop.region.step());
    }
    shop.world().mishaps().refused.clear();
    (shop, arn)
}

/// Safety: upgrades: A call that an older Windlass left open is waited for.
#[test]
fn a_call_that_an_older_windlass_left_open_is_waited_for() {
    let program = program();
    let (mut shop, arn) = unanswered(&program, "jobs");
    let not_after = shop.step(&arn, "jobs").open.unwrap().not_after;
    let seen = written_by_the_first(shop.world());
    assert_seen(&seen, &["step.open", "step.changes", "lock.held"]);
    shop.region.stop(&arn);
    shop.region.run();
    assert_eq!(ending(&shop, &arn), Ending::RolledBack);
    assert!(shop.deployment(&arn).ending.unwrap().at > not_after);
    assert_eq!(serves(&shop), both("2"));
}

/// Safety: upgrades: Who waits since an older Windlass gets a turn, or is superseded.
#[test]
fn who_waits_since_an_older_windlass_gets_a_turn_or_is_superseded() {
    let program = program();
    let mut shop = live(&program);
    let first = shop.deploy("1.1.0", &BOTH);
    assert!(shop.region.run_until(&first, "Bake"));
    let second = shop.deploy("1.2.0", &BOTH);
    let third = shop.deploy("1.3.0", &BOTH);
    for waits in [&second, &third] {
        while shop.region.state_of(waits) != Some("AwaitTurn") {
            assert!(shop.region.step());
        }
    }
    assert!(shop.region.step());
    let seen = written_by_the_first(shop.world());
    assert_seen(&seen, &["waiting", "-waiting.order", "deployment"]);
    shop.region.run();
    assert_eq!(ending(&shop, &first), Ending::Succeeded);
    assert_eq!(ending(&shop, &second), Ending::NothingToDo);
    assert_eq!(ending(&shop, &third), Ending::Succeeded);
    assert!(unlocked(&shop) && !shop.has("waiting#"));
}
