//! Tests of ECS services whose rollout somebody else decides: a hook of the team's, or ECS that goes back to what was
//! complete, or calls a rollout complete early.

use crate::service_scene::{CLUSTER, Deploying, SERVICE, ServiceScene, document, live, reference, repository};
use windlass_domain::text::fault::FaultName;
use windlass_domain::text::next_step::NextStep;
use windlass_domain::text::time::Time;
use windlass_engine::payload::WorkTransition;
use windlass_engine::ports::{Clock, LifecycleHook, OnFailure, ServiceHook};
use windlass_world::rollout::EarlySuccess;
use windlass_world::run::run;

fn paused(scene: &ServiceScene, hooks: Vec<LifecycleHook>) {
    live(scene, |live| {
        live.service.hooks = vec![ServiceHook {
            kind: "PAUSE".into(),
            stages: vec!["POST_SCALE_UP".into()],
            timeout_min: 1_440,
            then: "ROLLBACK".into(),
        }];
        live.held = hooks;
    });
}

fn pause(until: Time) -> LifecycleHook {
    LifecycleHook {
        id: "h1".into(),
        kind: "PAUSE".into(),
        target: String::new(),
        status: "AWAITING_ACTION".into(),
        expires: Some(until),
        then: "ROLLBACK".into(),
    }
}

#[test]
fn a_rollout_that_a_hook_holds_shows_what_it_waits_for() {
    let scene = ServiceScene::new();
    let deploying = scene.begin("d1", &scene.push("1.1"));
    paused(&scene, vec![pause(Time(1_795_186_800_000))]);
    let waits = "the rollout of service shop-prod/agent is held by its own pause hook h1 at POST_SCALE_UP until 2026-11-20T15:00:00Z, when ECS rolls back; let it go on: `aws ecs continue-service-deployment --service-deployment-arn arn:aws:ecs:eu-west-1:111111111111:service-deployment/ecs-svc/2 --hook-id h1 --action CONTINUE`";
    let fault = deploying.invoke(Some(0)).unwrap_err();
    assert_eq!(fault.name, FaultName::StillInProgress);
    assert_eq!(fault.message, waits);
    let shown = deploying.step().waits_for.unwrap();
    let go_on = "aws ecs continue-service-deployment --service-deployment-arn arn:aws:ecs:eu-west-1:111111111111:service-deployment/ecs-svc/2 --hook-id h1 --action CONTINUE";
    assert_eq!(shown.written(), waits);
    let steps: Vec<NextStep> = shown.steps().cloned().collect();
    assert_eq!(steps, [NextStep::run(go_on)], "a program reads the step as data");
    // Somebody continues it.
    paused(&scene, vec![]);
    assert_eq!(deploying.forward(), WorkTransition::Changed);
    assert_eq!(deploying.step().waits_for, None);
}

#[test]
fn a_rollout_that_a_hook_holds_for_too_long_is_named_as_that() {
    let scene = ServiceScene::new();
    let deploying = scene.begin("d1", &scene.push("1.1"));
    paused(&scene, vec![pause(scene.world.now().plus_s(86_400))]);
    assert_eq!(deploying.forward(), WorkTransition::Failed);
    let failure = deploying.failure();
    assert!(failure.contains("It is held by its own pause hook h1"), "{failure}");
    assert!(failure.contains("--hook-id h1 --action CONTINUE` in time"), "{failure}");
}

#[test]
fn a_service_that_goes_back_past_a_failed_rollout_was_rolled_back_by_ecs() {
    let scene = ServiceScene::new();
    // A rollout of the team's own fails, and ECS leaves it so.
    let broken = scene.push("1.0-broken");
    let image = format!("{}@{}", repository(), reference(&broken));
    scene.world.ecs().crash.insert(reference(&broken));
    let made = {
        let mut services = scene.world.ecs();
        services.put_task_definition(&document(&image), &[].into())
    };
    live(&scene, |live| live.service.breaker = OnFailure::Stops);
    let now = scene.world.now();
    let update = |to: &str| scene.world.ecs().update(CLUSTER, SERVICE, to, now);
    update(&made.arn).unwrap();
    scene.world.clock().now = now.plus_s(120);
    scene.world.roll();
    live(&scene, |live| {
        assert_eq!(live.primary().unwrap().rollout, "FAILED");
        live.service.breaker = OnFailure::RollsBack;
        // There is no healthy percentage to keep, so what was before is gone as well.
        live.tasks.retain(|task| task.task.task_definition == made.arn);
    });
    scene.world.clock().now = now.plus_s(300);
    scene.world.roll();
    // Ours fails as well, and ECS goes back to what was complete before both.
    let artifact = scene.push("1.1");
    scene.world.ecs().crash.insert(reference(&artifact));
    let deploying = scene.begin("d1", &artifact);
    assert_eq!(deploying.forward(), WorkTransition::Failed);
    assert_eq!(scene.set_to(), "agent:1");
    let failure = deploying.failure();
    assert!(
        failure.starts_with(
            "ChangeFailed: service shop-prod/agent: The deployment circuit breaker stopped the rollout of agent:3"
        ),
        "{failure}"
    );
    assert!(failure.contains("ECS went back to agent:1 and is steady"), "{failure}");
}

/// Lets ECS call a rollout complete once half of its tasks run, while there is capacity for so many.
fn early(scene: &ServiceScene, room: usize) {
    live(scene, |live| live.early = Some(EarlySuccess { healthy_percent: 50, room }));
}

/// Begins a release of which one task of two runs, and which ECS has called complete.
fn complete_early(scene: &ServiceScene) -> Deploying<'_> {
    early(scene, 1);
    let deploying = scene.begin("d1", &scene.push("1.1"));
    for _ in 0..2 {
        assert_eq!(deploying.invoke(Some(0)).unwrap_err().name, FaultName::StillInProgress);
        run(scene.world.sleep_ms(60_000));
    }
    scene.world.roll();
    live(scene, |live| {
        let primary = live.primary().unwrap();
        assert_eq!((primary.rollout.as_str(), primary.running, primary.pending), ("COMPLETED", 1, 1));
    });
    deploying
}

#[test]
fn a_rollout_that_ecs_calls_complete_early_is_waited_for_and_shows_how_many_tasks_run() {
    let scene = ServiceScene::new();
    let deploying = complete_early(&scene);
    assert_eq!(deploying.step().waits_for, Some("1 of 2 tasks of agent:2 runs".into()));
    early(&scene, 2);
    assert_eq!(deploying.forward(), WorkTransition::Changed);
    assert_eq!(deploying.step().waits_for, None);
}

/// One task of many may die once, and ECS starts another one.
#[test]
fn a_new_task_that_dies_without_early_success_criteria_is_replaced() {
    for breaker in [OnFailure::RollsBack, OnFailure::GoesOn] {
        let scene = ServiceScene::new();
        live(&scene, |live| live.service.breaker = breaker);
        let deploying = complete_early(&scene);
        let now = scene.world.now();
        live(&scene, |live| live.kill_one(now));
        early(&scene, 2);
        run(scene.world.sleep_ms(60_000));
        scene.world.roll();
        live(&scene, |live| live.early = None);
        assert_eq!(deploying.forward(), WorkTransition::Changed, "{breaker:?}: {}", deploying.failure());
    }
}

#[test]
fn a_new_task_that_dies_after_ecs_has_called_the_rollout_complete_is_undone() {
    for breaker in [OnFailure::RollsBack, OnFailure::GoesOn] {
        for is_replaced in [false, true] {
            let scene = ServiceScene::new();
            live(&scene, |live| live.service.breaker = breaker);
            let deploying = complete_early(&scene);
            let now = scene.world.now();
            live(&scene, |live| live.kill_one(now));
            if is_replaced {
                early(&scene, 2);
                run(scene.world.sleep_ms(60_000));
            }
            assert_eq!(deploying.forward(), WorkTransition::Failed, "{breaker:?} {is_replaced}");
            early(&scene, 2);
            assert_eq!(deploying.undo(), WorkTransition::Changed, "{}", deploying.undo_failure());
            assert_eq!(scene.set_to(), "agent:1", "{breaker:?} {is_replaced}");
        }
    }
}
