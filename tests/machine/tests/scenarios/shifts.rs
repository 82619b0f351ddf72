//! Services whose traffic ECS shifts, as whole deployments.

use crate::scene::*;
use windlass_engine::ports::Shifting;
use windlass_machine::shop::Shop;

/// A service alone, by this strategy, watched for so many minutes.
fn declared(strategy: &str, bake: &str) -> String {
    format!(
        "
app: shop
version: 1.0.0
environments:
  prod: {{deploy: {{branch: main}}}}
components:
  agent: {{kind: ecs, cluster: shop, service: agent, container: agent, repository: shop/agent, rollout: {strategy}}}
gates:
  bake: {bake}
  alarms: [shop-5xx]
"
    )
}

/// The service by this strategy: half of the traffic for five minutes where it goes in steps, and four minutes of baking.
fn shifting<'p>(
    program: &'p windlass_machine::program::Program,
    strategy: &str,
    bake: &str,
) -> Shop<'p> {
    let shop = Shop::new(program, &declared(strategy, bake));
    let mut services = shop.world().services();
    let service = &mut services.service_mut("shop", "agent").service;
    service.strategy = strategy.to_uppercase();
    service.shifting = Shifting {
        bake_min: 4,
        step_tenths: if strategy == "blue_green" { 1000 } else { 500 },
        step_min: 5,
    };
    drop(services);
    shop
}

#[test]
fn a_release_is_watched_within_the_time_for_which_ecs_keeps_the_former_tasks() {
    let program = program();
    let table = [
        ("3m", "Succeeded"),
        ("4m", "Rejected (TooLarge)"),
        ("1m", "Succeeded"),
    ];
    for (bake, wanted) in table {
        let mut shop = shifting(&program, "blue_green", bake);
        let arn = shop.deploy("1.1.0", &["agent"]);
        shop.region.run();
        let ended = ended(&shop, &arn);
        assert_eq!(ended.to_string(), wanted, "{bake}: {}", ended.cause);
        if wanted != "Succeeded" {
            let told = "keeps the former tasks of service agent for only 4m";
            assert!(ended.cause.contains(told), "{}", ended.cause);
            assert!(ended.cause.contains("to at least 5m"), "{}", ended.cause);
        }
        assert_free(&shop);
    }
}

#[test]
fn a_release_by_each_strategy_takes_at_most_45_transitions_and_one_a_poll() {
    let program = program();
    for strategy in ["blue_green", "canary", "linear"] {
        let mut shop = shifting(&program, strategy, "2m");
        let arn = shop.deploy("1.1.0", &["agent"]);
        shop.region.run();
        assert_eq!(ended(&shop, &arn).to_string(), "Succeeded", "{strategy}");
        let path = shop.path(&arn);
        // Each entry of a Task after the first of its wave is a poll, and a look at the gates takes three.
        let states: Vec<&str> = path.split(' ').collect();
        let looks = states.iter().filter(|state| **state == "Bake").count();
        let others = states.len() - 3 * looks;
        assert!(
            others <= 45,
            "{strategy}: {others} beside {looks} looks: {path}"
        );
    }
}
