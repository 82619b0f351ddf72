//! Promotions by rules that nobody could read when a deployment succeeded: they go on once the rules can be read.

use crate::scenarios::promotions::{BY_ITSELF, put_rule, runs, shop, stage, wait};
use crate::scenarios::scene::{ended, program};
use windlass_domain::environment::Promotion;
use windlass_domain::release::ending::Ending;
use windlass_domain::release::identity::EnvironmentId;
use windlass_domain::text::name::{AppName, EnvironmentName};
use windlass_engine::ledger;
use windlass_machine::program::Program;
use windlass_machine::shop::Shop;
use windlass_machine::shop_world::put_unreadable_access;
use windlass_world::run::run;

/// Makes a shop in which 1.4.0 has succeeded in `staging` while nobody could read the access file.
fn unread(program: &Program) -> Shop<'_> {
    let mut shop = shop(program, BY_ITSELF);
    let request = shop.release_into("staging", "1.4.0", &["api", "jobs"]);
    let arn = shop.start(&request);
    assert!(shop.region.run_until(&arn, "Bake"));
    put_unreadable_access(shop.world(), "shop");
    shop.region.run();
    assert_eq!(ended(&shop, &arn).ending, Ending::Succeeded);
    shop
}

/// Returns what is to come from `staging`.
fn to_come(shop: &Shop<'_>) -> Option<Promotion> {
    let (app, environment) = (AppName::new("shop").unwrap(), EnvironmentName::new("staging").unwrap());
    let key = ledger::promotion_to_come(EnvironmentId::new(&app, &environment));
    run(ledger::load(shop.world(), &key)).unwrap().map(|stored| stored.value)
}

#[test]
fn what_succeeded_under_rules_that_nobody_could_read_goes_on_once_they_can_be_read() {
    let program = program();
    let mut shop = unread(&program);
    wait(&mut shop, 40);
    assert_eq!(runs(&shop), None, "nobody knows whether it goes on");
    assert!(to_come(&shop).is_some_and(|one| one.is_to_come() && !one.over));
    put_rule(&shop, BY_ITSELF);
    wait(&mut shop, 5);
    assert!(to_come(&shop).is_some_and(|one| one.over), "it is due by the rules now");
    wait(&mut shop, 5);
    assert_eq!(runs(&shop).as_deref(), Some("1.4.0"));
}

#[test]
fn where_the_rules_say_nothing_of_it_or_something_newer_succeeded_it_comes_to_nothing() {
    let program = program();
    let mut shop = unread(&program);
    put_rule(&shop, "from: {environment: staging, live_for: 30m}");
    wait(&mut shop, 40);
    wait(&mut shop, 5);
    assert_eq!((to_come(&shop).map(|one| one.over), runs(&shop)), (Some(true), None), "nothing goes on by itself");

    let mut shop = unread(&program);
    put_rule(&shop, BY_ITSELF);
    stage(&mut shop, "1.5.0", &["api", "jobs"]);
    wait(&mut shop, 40);
    wait(&mut shop, 5);
    assert_eq!(runs(&shop).as_deref(), Some("1.5.0"), "the newer one is not forgotten");
}
