//! A preparation that takes longer than one invocation, such as a change set or a plan of Terraform.

use crate::scene::*;
use windlass_domain::fault::{Fault, FaultName};
use windlass_engine::ports::Clock;

#[test]
fn what_aws_is_still_working_on_is_asked_for_again_and_then_planned() {
    let program = program();
    let mut shop = live(&program);
    arrive(&shop, release_unheard(&shop, "1.1.0"));
    let arn = shop.world().executions().started.last().unwrap().0.clone();
    shop.region.step();
    assert!(shop.region.run_until(&arn, "Prepare"));
    let working = Fault::new(FaultName::StillInProgress, "the change set is being made");
    let read = "functions.function";
    shop.world().mishaps().refused.insert(read, working);
    let began = shop.world().now();
    while shop.world().now().ms_since(began) < 20 * 60_000 {
        assert!(shop.region.step());
    }
    assert_eq!(shop.region.state_of(&arn), Some("Prepare"));
    assert_eq!(serves(&shop), both("2"), "nothing is changed");
    shop.world().mishaps().refused.clear();
    shop.region.run();
    assert_eq!(ended(&shop, &arn).to_string(), "Succeeded");
    assert_free(&shop);
}
