//! The cost of a deployment that is watched for long.

use crate::scenarios::scene::{assert_free, ended, program};
use windlass_domain::declaration::execution_history::LONGEST;
use windlass_domain::release::ending::Ending;
use windlass_engine::ports::Clock;
use windlass_machine::shop::{ALL_KINDS, Shop};

#[test]
fn a_canary_of_an_hour_with_three_components_takes_at_most_200_transitions() {
    let program = program();
    let canary = ALL_KINDS
        .replace("alias: live,", "alias: live, rollout: {linear: 25, every: 15m},")
        .replace("bake: 1m", "bake: 15m");
    let mut shop = Shop::new(&program, &canary);
    let began = shop.world().now();
    let arn = shop.deploy("1.0.0", &["agent", "api", "web"]);
    shop.region.run();
    assert_eq!(ended(&shop, &arn).ending, Ending::Succeeded);
    let took_s = shop.world().now().ms_since(began) / 1000;
    assert!(took_s >= 3600, "{took_s} s");
    let execution = &shop.region.ended(&arn).unwrap().execution;
    let transitions = execution.path().transitions;
    assert!(transitions <= 200, "{transitions}: {}", execution.in_words());
    assert_free(&shop);
}

#[test]
fn a_healthy_release_that_is_watched_for_five_days_stays_and_its_history_fits() {
    let program = program();
    let watched = ALL_KINDS.replace("bake: 1m", "bake: 120h");
    let mut shop = Shop::new(&program, &watched);
    let began = shop.world().now();
    let arn = shop.deploy("1.0.0", &["agent", "api", "web"]);
    shop.region.run();
    assert_eq!(ended(&shop, &arn).ending, Ending::Succeeded);
    assert!(shop.world().now().ms_since(began) / 1000 >= 120 * 3600);
    let execution = &shop.region.ended(&arn).unwrap().execution;
    // A Task takes five events at most, and a Choice or a Wait two; a look is one of each.
    let events = execution.path().transitions * 3 + 1_000;
    assert!(events < LONGEST, "{events}");
    assert_free(&shop);
}
