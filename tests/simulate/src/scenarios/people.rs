//! Acts of people and of the world on targets and gates.

use std::collections::BTreeMap;
use windlass_domain::declaration::kinds::ecs::Pause;
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_engine::ports::{OnFailure, Routing, ServiceHook, Shifting};
use windlass_machine::shop::ALARM;
use windlass_machine::shop_stack::{self, STACK};
use windlass_machine::shop_world::run_image;
use windlass_world::World;
use windlass_world::appconfig::named;
use windlass_world::ecr::HOST;
use windlass_world::lambda::{Package, Provisioned};
use windlass_world::pausing::Pausing;
use windlass_world::rollout::{EarlyDeath, EarlySuccess};

pub(super) fn rings(world: &World) {
    world.set_alarm(ALARM, "ALARM", &[9.0]);
}

pub(super) fn has_no_data(world: &World) {
    world.set_alarm(ALARM, "INSUFFICIENT_DATA", &[]);
}

pub(super) fn is_quiet_again(world: &World) {
    world.set_alarm(ALARM, "OK", &[0.0]);
}

pub(super) fn as_made(_: &World) {}

/// Makes a repository with another name that has the application's tag.
pub(super) fn has_another_repository(world: &World) {
    let tags = BTreeMap::from([("windlass:app".into(), "shop".into())]);
    let mut registry = world.ecr();
    registry.push("images/agent", "as-found");
    registry.tags.insert("images/agent".into(), tags);
}

pub(super) fn without_alias(world: &World) {
    for function in world.lambda().functions.values_mut() {
        function.aliases.clear();
    }
}

pub(super) fn from_image(world: &World) {
    run_image(world, "api");
}

pub(super) fn from_image_without_alias(world: &World) {
    from_image(world);
    without_alias(world);
}

/// Gives the alias of the second function provisioned concurrency, which comes one by one after the alias moves.
pub(super) fn is_provisioned(world: &World) {
    let mut functions = world.lambda();
    let jobs = functions.functions.get_mut("shop-jobs");
    if let Some(live) = jobs.and_then(|jobs| jobs.aliases.get_mut("live")) {
        live.provisioned = Some(Provisioned { requested: 4, available: 4, fails: false });
    }
}

/// Leaves no room for the provisioned concurrency of another version.
pub(super) fn has_no_capacity(world: &World) {
    let mut functions = world.lambda();
    let jobs = functions.functions.get_mut("shop-jobs");
    if let Some(provisioned) = jobs.and_then(|jobs| jobs.aliases.get_mut("live")?.provisioned.as_mut()) {
        provisioned.fails = true;
    }
}

/// Makes the edges follow a distribution's configuration after four minutes. That is longer than an invocation is late,
/// so an undo is still going on when such an invocation begins.
pub(super) fn edges_are_slow(world: &World) {
    let mut cdn = world.cloudfront();
    cdn.invalidation_ms = 5_000;
    for distribution in cdn.distributions.values_mut() {
        distribution.deploy_ms = 240_000;
    }
}

/// Lets two hours pass. A folder is not pruned for an hour, because the process that filled it may still be at work.
pub(super) fn hours_pass(world: &World) {
    let mut clock = world.clock();
    clock.now = clock.now.plus_s(2 * 3_600);
}

/// Deletes the image of 1.0.0, as a rule of a repository's lifecycle does.
pub(super) fn image_expires(world: &World) {
    world.ecr().images.retain(|image| !image.tags.iter().any(|tag| tag == "1.0.0"));
}

/// Makes the containers of the image of 1.1.0 exit.
pub(super) fn tasks_crash(world: &World) {
    let digest = world.ecr().push("shop/agent", "1.1.0");
    world.ecs().crash.insert(format!("sha256:{digest}"));
}

/// Makes the second container of the image of 1.1.0 exit.
pub(super) fn worker_crashes(world: &World) {
    let digest = world.ecr().push("shop/worker", "1.1.0");
    world.ecs().crash.insert(format!("sha256:{digest}"));
}

/// Makes ECS give up no deployment of the service.
pub(super) fn gives_nothing_up(world: &World) {
    let mut services = world.ecs();
    services.service_mut("shop", "agent").service.breaker = OnFailure::GoesOn;
}

/// Lets ECS call a deployment of the service complete once one of two tasks runs, which is all that there is capacity
/// for. A task of the next one dies after that, and then there is capacity for all.
pub(super) fn completes_early(world: &World) {
    let mut services = world.ecs();
    let live = services.service_mut("shop", "agent");
    live.early = Some(EarlySuccess { healthy_percent: 50, room: 1 });
    live.early_death = EarlyDeath::Comes;
}

/// Lets ECS shift the traffic of the service, and keep the former tasks for four minutes.
fn is_shifted(world: &World, strategy: &str, step_tenths: u32) {
    let mut services = world.ecs();
    let service = &mut services.service_mut("shop", "agent").service;
    service.strategy = strategy.into();
    service.shifting = Shifting { bake_min: 4, step_tenths, step_min: 2 };
}

pub(super) fn is_shifted_at_once(world: &World) {
    is_shifted(world, "BLUE_GREEN", 1000);
}

pub(super) fn is_shifted_in_two_parts(world: &World) {
    is_shifted(world, "CANARY", 100);
}

/// Makes the service's deployments pause for Windlass at these stages, for half an hour at most. The team has a pause
/// of its own before that, which goes on by itself after a minute.
fn pauses(world: &World, ours: &[Pause]) {
    let mut services = world.ecs();
    let hook = |stages: Vec<String>, timeout_min, then: &str| ServiceHook {
        kind: "PAUSE".into(),
        stages,
        timeout_min,
        then: then.into(),
    };
    let ours = ours.iter().map(|at| at.as_str().to_owned()).collect();
    let team = vec!["POST_SCALE_UP".to_owned()];
    let service = &mut services.service_mut("shop", "agent").service;
    service.hooks = vec![hook(team, 1, "CONTINUE"), hook(ours, 30, "ROLLBACK")];
}

pub(super) fn is_shifted_at_once_with_pauses(world: &World) {
    is_shifted_at_once(world);
    pauses(world, &Pause::ALL);
}

pub(super) fn is_shifted_at_once_with_a_last_pause(world: &World) {
    is_shifted_at_once(world);
    pauses(world, &[Pause::PostProductionTrafficShift]);
}

pub(super) fn is_shifted_and_watched_with_pauses(world: &World) {
    is_shifted_and_watched(world);
    pauses(world, &Pause::ALL);
}

pub(super) fn is_shifted_in_two_parts_with_pauses(world: &World) {
    is_shifted_in_two_parts(world);
    pauses(world, &[Pause::PreProductionTrafficShift, Pause::PostProductionTrafficShift]);
}

/// Ends the time of each pause that waits.
pub(super) fn pauses_run_out(world: &World) {
    world.roll();
    let now = world.true_time();
    let mut services = world.ecs();
    let newest = services.service_mut("shop", "agent").rollouts.first_mut();
    for hook in newest.into_iter().flat_map(|newest| &mut newest.hooks) {
        hook.expires = Some(now);
    }
}

pub(super) fn person_lets_go_on(world: &World) {
    person_answers(world, true);
}

pub(super) fn person_lets_go_back(world: &World) {
    person_answers(world, false);
}

/// Answers the waiting pauses, as a person does.
fn person_answers(world: &World, goes_on: bool) {
    world.roll();
    let now = world.true_time();
    let mut services = world.ecs();
    let newest = services.service_mut("shop", "agent").rollouts.first().cloned();
    let Some(newest) = newest else {
        return;
    };
    let waits = newest.hooks.iter().find(|hook| hook.status == "AWAITING_ACTION");
    if let Some(waits) = waits {
        let by = Pausing::ByHand { goes_on };
        if let Err(fault) = services.answer_pause(&newest.arn, &waits.id, by, now) {
            panic!("{fault}");
        }
    }
}

/// The same, and an alarm of the service's own gives a deployment up.
pub(super) fn is_shifted_and_watched(world: &World) {
    is_shifted_at_once(world);
    world.ecs().service_mut("shop", "agent").service.alarms = OnFailure::RollsBack;
}

/// Makes an alarm of the service's own ring from now on, which no gate looks at.
pub(super) fn service_rings(world: &World) {
    world.roll();
    world.ecs().service_mut("shop", "agent").alarm = true;
}

/// Makes an alarm of the environment ring, which is no gate: AppConfig goes back by itself.
pub(super) fn flags_ring(world: &World) {
    world.set_alarm("flags-5xx", "ALARM", &[9.0]);
}

/// Gives the environment an alarm of its own.
pub(super) fn flags_are_watched(world: &World) {
    let mut state = world.appconfig();
    if let Ok(environment) = state.environment(&named("shop").id, &named("prod").id) {
        environment.monitors.push("flags-5xx".into());
    }
}

/// Deploys a version of a person's own to everybody at once, and first stops what is under way.
pub(super) fn person_at_flags(world: &World) {
    world.grow();
    let now = world.true_time();
    let mut state = world.appconfig();
    let (shop, prod, flags) = (named("shop").id, named("prod").id, named("flags").id);
    let Ok(version) = state.profile(&shop, &flags).map(|it| it.put(None, "{}")) else {
        return;
    };
    if let Ok(environment) = state.environment(&shop, &prod) {
        for live in &mut environment.rollouts {
            live.end_by_hand();
        }
        environment.deploy_by_hand(&flags, version, now);
    }
}

/// Updates the stack, as a person does once CloudFormation is done with it. A stack that will not be made, or that gets
/// stuck, is left alone: what CloudFormation does with it is nobody's change.
pub(super) fn person_at_stack(world: &World) {
    let later = world.copy();
    later.settle_stack(STACK);
    let made = ["CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"];
    let is_made = later.cloudformation().named(STACK).is_ok_and(|stack| made.contains(&stack.status.as_str()));
    if is_made {
        world.settle_stack(STACK);
        shop_stack::put(world, "by-hand");
    }
}

pub(super) fn may_not_shift(world: &World) {
    let fault = Fault::new(FaultName::AccessDenied, "lambda:UpdateAlias was refused");
    world.mishaps().refused.insert("lambda.update_alias", fault);
}

pub(super) fn may_shift_again(world: &World) {
    world.mishaps().refused.clear();
}

/// Publishes code of a person's own and puts the alias on it.
pub(super) fn person_at_api(world: &World) {
    let mut functions = world.lambda();
    if let Some(function) = functions.functions.get_mut("shop-api") {
        let version = function.publish_by_hand("by hand");
        if let Some(alias) = function.aliases.get_mut("live") {
            alias.version = version;
            alias.weights.clear();
            alias.revision += 1;
        }
    }
}

/// Lets CodeDeploy move the alias of the function: half of the callers, and the others after two minutes, between two
/// hooks.
pub(super) fn is_moved_by_codedeploy(world: &World) {
    let hooks = concat!(
        r#"{"version":0.0,"Resources":[{"api":{"Type":"AWS::Lambda::Function","#,
        r#""Properties":{"Name":"shop-api","Alias":"live"}}}],"#,
        r#""Hooks":[{"BeforeAllowTraffic":"before"},{"AfterAllowTraffic":"after"}]}"#,
    );
    let mut state = world.codedeploy();
    let group = state.put("shop", "api", Routing::Canary(50, 2));
    group.monitors.push("api-5xx".into());
    state.deployed_last("shop", "api", hooks);
}

/// Makes an alarm of the deployment group ring, which is no gate: CodeDeploy goes back by itself.
pub(super) fn group_rings(world: &World) {
    world.set_alarm("api-5xx", "ALARM", &[9.0]);
}

/// Stops what CodeDeploy does, and moves the alias by hand, as a person does.
pub(super) fn person_at_group(world: &World) {
    world.deploy_on();
    let now = world.true_time();
    for live in &mut world.codedeploy().deployments {
        live.end_by_hand(now);
    }
    person_at_api(world);
}

/// Gives the newest version half of the alias, whoever made it, as a person does.
pub(super) fn person_at_weights(world: &World) {
    let mut functions = world.lambda();
    if let Some(function) = functions.functions.get_mut("shop-api")
        && let Some(newest) = function.versions.keys().next_back().map(ToString::to_string)
        && let Some(alias) = function.aliases.get_mut("live")
        && alias.version != newest
    {
        alias.weights = vec![(newest, "0.5".to_owned())];
        alias.revision += 1;
    }
}

/// Lets the function run another image, and publishes it, as a person does.
pub(super) fn person_at_image(world: &World) {
    let digest = world.ecr().push("shop/api", "by-hand");
    let image = Package::Image(format!("{HOST}/shop/api@sha256:{digest}"));
    person_at_api(world);
    let mut functions = world.lambda();
    if let Some(function) = functions.functions.get_mut("shop-api") {
        function.package = image.clone();
        if let Some(mut newest) = function.versions.last_entry() {
            newest.get_mut().package = image;
        }
    }
}

/// Registers a task definition with another image, and lets the service run it, as a person does.
pub(super) fn person_at_service(world: &World) {
    person_at_container(world, 0, "agent");
}

/// The same with the image of the second container.
pub(super) fn person_at_worker(world: &World) {
    person_at_container(world, 1, "worker");
}

fn person_at_container(world: &World, container: usize, repository: &str) {
    let now = world.true_time();
    let digest = world.ecr().push(&format!("shop/{repository}"), "by-hand");
    let mut services = world.ecs();
    let running = services.service_mut("shop", "agent").service.task_definition.clone();
    let Some(found) = services.task_definitions.get(&running) else {
        return;
    };
    let mut document = found.document.clone();
    let image = format!("{HOST}/shop/{repository}@sha256:{digest}");
    document["containerDefinitions"][container]["image"] = image.into();
    let by_hand = services.put_task_definition(&document, &BTreeMap::new());
    if let Err(fault) = services.update("shop", "agent", &by_hand.arn, now) {
        panic!("{fault}");
    }
}

/// Overwrites a document, as a person does.
pub(super) fn person_at_web(world: &World) {
    let page = "<title>Mended by hand</title>";
    world.s3().upload("shop-web", "index.html", page);
}

/// Points the distribution elsewhere, as a person does.
pub(super) fn person_at_distribution(world: &World) {
    let mut cdn = world.cloudfront();
    if let Some(distribution) = cdn.distributions.get_mut("E1") {
        distribution.changes += 1;
        for origin in &mut distribution.origins {
            origin.path = "/by-hand".into();
        }
    }
}

/// Removes the newest document of flags from the artifacts bucket, with all its versions.
pub(super) fn document_is_lost(world: &World) {
    let mut objects = world.s3();
    if let Some(bucket) = objects.buckets.get_mut("artifacts") {
        bucket.keys.remove("artifacts/shop/prod/flags/1.1.0.json");
    }
}
