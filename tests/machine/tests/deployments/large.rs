//! The largest application that can be declared.

use crate::deployments::scene::{ending, program};
use windlass_domain::release::ending::Ending;
use windlass_machine::many_functions::{functions, serving};
use windlass_machine::shop::ALARM;

#[test]
fn five_hundred_components_go_live_and_come_back_as_one() {
    let program = program();
    let (names, mut shop) = functions(&program, 500);
    let names_of_all: Vec<&str> = names.iter().map(String::as_str).collect();
    let first = shop.deploy("1.0.0", &names_of_all);
    shop.region.run();
    assert_eq!(ending(&shop, &first), Ending::Succeeded);
    assert_eq!(serving(&shop, &names, "2"), 500);
    let second = shop.deploy("1.1.0", &names_of_all);
    assert!(shop.region.run_until(&second, "Bake"));
    assert_eq!(serving(&shop, &names, "3"), 500);
    shop.world().set_alarm(ALARM, "ALARM", &[9.0]);
    shop.region.run();
    assert_eq!(ending(&shop, &second), Ending::RolledBack);
    assert_eq!(serving(&shop, &names, "2"), 500);
}
