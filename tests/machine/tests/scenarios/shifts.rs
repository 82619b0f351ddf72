//! Services whose traffic ECS shifts, and those whose rollout it calls complete early, as whole deployments.

use crate::scenarios::scene::*;
use windlass_domain::release::ending::Ending;
use windlass_engine::ports::{ServiceHook, Shifting};
use windlass_machine::shop::{SERVICE_AND_FUNCTION, Shop};
use windlass_world::mishaps::Visitor;
use windlass_world::rollout::EarlySuccess;

/// Returns the declaration of a service alone, with this strategy, watched for this time.
fn declared(strategy: &str, bake: &str) -> String {
    format!(
        "
app: shop
version: 1.0.0
environments:
  prod: {{deploy: {{branch: main}}, sources: [api, console, s3, ecr]}}
components:
  agent: {{kind: ecs, cluster: shop, service: agent, container: agent, repository: shop/agent, rollout: {strategy}}}
gates:
  bake: {bake}
  alarms: [shop-5xx]
"
    )
}

/// Makes the service with this strategy. In steps, half of the traffic shifts first, for five minutes. ECS bakes for
/// four minutes.
fn shifting<'p>(program: &'p windlass_machine::program::Program, strategy: &str, bake: &str) -> Shop<'p> {
    let shop = Shop::new(program, &declared(strategy, bake));
    let mut services = shop.world().ecs();
    let service = &mut services.service_mut("shop", "agent").service;
    service.strategy = strategy.to_uppercase();
    service.shifting =
        Shifting { bake_min: 4, step_tenths: if strategy == "blue_green" { 1000 } else { 500 }, step_min: 5 };
    drop(services);
    shop
}

#[test]
fn a_release_is_watched_within_the_time_for_which_ecs_keeps_the_former_tasks() {
    let program = program();
    let table = [("3m", "Succeeded"), ("4m", "Rejected (TooLarge)"), ("1m", "Succeeded")];
    for (bake, wanted) in table {
        let mut shop = shifting(&program, "blue_green", bake);
        let arn = shop.deploy("1.1.0", &["agent"]);
        shop.region.run();
        let ended = ended(&shop, &arn);
        assert_eq!(ended.to_string(), wanted, "{bake}: {}", ended.cause.written());
        if wanted != "Succeeded" {
            let why = "keeps the former tasks of service agent for only 4m";
            assert!(ended.cause.written().contains(why), "{:?}", ended.cause);
            assert!(ended.cause.written().contains("to at least 5m"), "{:?}", ended.cause);
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
        let execution = &shop.region.ended(&arn).unwrap().execution;
        // A poll of ECS, or a look at the gates, is one more transition in a state that the execution is in already.
        let states = execution.path().states(&program).len();
        assert!(states <= 45, "{strategy}: {states}: {}", execution.in_words());
    }
}

/// Makes the service blue/green. When all traffic is shifted it pauses for Windlass, for so many minutes at most, and
/// is watched then for three.
fn pausing(program: &windlass_machine::program::Program, timeout_min: u32) -> Shop<'_> {
    let at = "POST_PRODUCTION_TRAFFIC_SHIFT";
    let strategy = format!("blue_green, pause: [{at}]");
    let shop = Shop::new(program, &declared(&strategy, "3m"));
    let mut services = shop.world().ecs();
    let service = &mut services.service_mut("shop", "agent").service;
    service.strategy = "BLUE_GREEN".into();
    service.hooks =
        vec![ServiceHook { kind: "PAUSE".into(), stages: vec![at.into()], timeout_min, then: "ROLLBACK".into() }];
    drop(services);
    shop
}

#[test]
fn a_release_is_watched_in_a_pause_before_ecs_bakes_and_the_hook_must_wait_for_longer() {
    let program = program();
    for (timeout_min, wanted) in [(4, "Succeeded"), (3, "Rejected (TooLarge)")] {
        let mut shop = pausing(&program, timeout_min);
        let arn = shop.deploy("1.1.0", &["agent"]);
        shop.region.run();
        let ended = ended(&shop, &arn);
        assert_eq!(ended.to_string(), wanted, "{timeout_min}: {}", ended.cause.written());
        if wanted != "Succeeded" {
            let why = "while service agent is paused at POST_PRODUCTION_TRAFFIC_SHIFT, and its PAUSE hook there waits for only 3m: then ECS rolls back";
            assert!(ended.cause.written().contains(why), "{:?}", ended.cause);
            assert!(ended.cause.written().contains("to at least 4m"), "{:?}", ended.cause);
        }
        assert_free(&shop);
    }
}

/// Another task would run in its place, and the service would be steady.
#[test]
fn a_task_that_dies_after_ecs_has_called_the_rollout_complete_early_is_undone() {
    let program = program();
    for dies in [true, false] {
        let mut shop = Shop::new(&program, SERVICE_AND_FUNCTION);
        let early = |room| Some(EarlySuccess { healthy_percent: 50, room });
        shop.world().ecs().service_mut("shop", "agent").early = early(1);
        shop.world().mishaps().visitor = Visitor::new(move |world| {
            let now = world.true_time();
            let mut services = world.ecs();
            let live = services.service_mut("shop", "agent");
            let finished = live.rollouts.first().and_then(|newest| newest.finished);
            if live.early == early(1) && finished.is_some_and(|at| now > at) {
                if dies {
                    live.kill_one(now);
                }
                live.early = early(2);
            }
        });
        let arn = shop.deploy("1.1.0", &["agent"]);
        shop.region.run();
        let wanted = if dies { (Ending::RolledBack, "agent:1") } else { (Ending::Succeeded, "agent:2") };
        assert_eq!((ended(&shop, &arn).ending, shop.runs().as_str()), wanted);
        assert_eq!(shop.world().ecs().service_mut("shop", "agent").early, early(2));
    }
}
