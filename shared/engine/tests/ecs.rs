//! Tests of ECS services: the way there and back, and every way to fail, named as what it is.

use crate::service_scene::subject::ServiceOf;
use crate::service_scene::{CLUSTER, SERVICE, ServiceScene, document, live, reference, repository};
use std::collections::BTreeMap;
use std::pin::pin;
use windlass_domain::release::artifact::Artifact;
use windlass_domain::release::identity::DeploymentId;
use windlass_domain::text::fault::FaultName;
use windlass_domain::text::time::Span;
use windlass_engine::kinds::Kind;
use windlass_engine::kinds::ecs::{Change, Ecs, Update};
use windlass_engine::payload::WorkTransition;
use windlass_engine::ports::{Clock, OnFailure};
use windlass_world::conformance::conforms;
use windlass_world::mishaps::{Mishap, Visitor, When};
use windlass_world::run::{run, until_pause};

/// Safety: kinds: A service conforms.
#[test]
fn a_service_conforms() {
    conforms(&ServiceOf(ServiceScene::new));
}

/// Safety: shape: A release of a service goes live with nothing but the image changed.
#[test]
fn a_release_goes_live_with_nothing_but_the_image_changed() {
    let scene = ServiceScene::new();
    let artifact = scene.push("1.1");
    let deploying = scene.begin("d1", &artifact);
    assert_eq!(deploying.forward(), WorkTransition::Changed);
    assert_eq!(scene.set_to(), "agent:2");
    let services = scene.world.ecs();
    let arn = "arn:aws:ecs:eu-west-1:111111111111:task-definition/agent:2";
    let made = &services.task_definitions[arn];
    let mut wanted = document(&format!("{}@{}", repository(), reference(&artifact)));
    for answered in ["taskDefinitionArn", "revision", "status", "registeredAt", "compatibilities"] {
        wanted[answered] = made.document[answered].clone();
    }
    assert_eq!(made.document, wanted, "unknown fields survive");
    insta::assert_compact_json_snapshot!(made.tags, @r#"
    {
      "team": "blue",
      "windlass:app": "shop",
      "windlass:base": "arn:aws:ecs:eu-west-1:111111111111:task-definition/agent:1",
      "windlass:deployment": "d1",
      "windlass:environment": "prod"
    }
    "#);
    drop(services);
    let changes: Vec<String> = deploying.step().changes.iter().map(|c| c.what.clone()).collect();
    assert_eq!(changes[1], "task definition agent:1 → agent:2");
}

#[test]
fn undo_returns_to_exactly_the_former_task_definition() {
    let scene = ServiceScene::new();
    let deploying = scene.begin("d1", &scene.push("1.1"));
    assert_eq!(deploying.forward(), WorkTransition::Changed);
    assert_eq!(deploying.undo(), WorkTransition::Changed);
    assert_eq!(scene.set_to(), "agent:1");
}

#[test]
fn the_number_of_tasks_is_left_alone() {
    let scene = ServiceScene::new();
    let deploying = scene.begin("d1", &scene.push("1.1"));
    assert_eq!(deploying.forward(), WorkTransition::Changed);
    live(&scene, |live| live.service.desired = 5);
    assert_eq!(deploying.undo(), WorkTransition::Changed);
    live(&scene, |live| assert_eq!(live.service.running, 5));
}

#[test]
fn a_tripped_breaker_is_named_with_the_reasons_of_the_stopped_tasks() {
    let scene = ServiceScene::new();
    let artifact = scene.push("1.2");
    crash(&scene, &artifact);
    let deploying = scene.begin("d1", &artifact);
    assert_eq!(deploying.forward(), WorkTransition::Failed);
    insta::assert_snapshot!(deploying.failure(), @"ChangeFailed: service shop-prod/agent: The deployment circuit breaker stopped the rollout of agent:2: its tasks do not keep running. 4 tasks stopped: EssentialContainerExited: Essential container in task exited (agent: exit code 1). ECS went back to agent:1 and is steady. Remedy: Look at the container's logs from the time of the rollout, then deploy a fixed release.");
    assert_eq!(scene.set_to(), "agent:1");
    assert_eq!(deploying.undo(), WorkTransition::Changed, "{}", deploying.undo_failure());
    let updates = deploying.step().changes.iter().filter(|c| c.switching && c.undo).count();
    assert_eq!(updates, 0, "ECS went back by itself");
}

#[test]
fn a_breaker_that_does_not_roll_back_is_undone_by_us() {
    let scene = ServiceScene::new();
    let artifact = scene.push("1.2");
    crash(&scene, &artifact);
    live(&scene, |live| live.service.breaker = OnFailure::Stops);
    let deploying = scene.begin("d1", &artifact);
    assert_eq!(deploying.forward(), WorkTransition::Failed);
    insta::assert_snapshot!(deploying.failure(), @"ChangeFailed: service shop-prod/agent: The deployment circuit breaker stopped the rollout of agent:2: its tasks do not keep running. 4 tasks stopped: EssentialContainerExited: Essential container in task exited (agent: exit code 1). ECS did not roll back. Remedy: Look at the container's logs from the time of the rollout, then deploy a fixed release.");
    assert_eq!(scene.set_to(), "agent:2");
    assert_eq!(deploying.undo(), WorkTransition::Changed);
    assert_eq!(scene.set_to(), "agent:1");
}

#[test]
fn what_an_alarm_of_the_service_gives_up_is_named_and_not_raced() {
    for (rolls_back, set_to) in [(true, "agent:1"), (false, "agent:2")] {
        let scene = ServiceScene::new();
        live(&scene, |live| {
            live.service.alarms = OnFailure::of(true, rolls_back);
        });
        let deploying = scene.begin("d1", &scene.push("1.2"));
        // It rings once the deployment has begun: ECS ignores one that rang before.
        scene.world.mishaps().visitor = Visitor::new(|world| {
            let mut services = world.ecs();
            let live = services.service_mut(CLUSTER, SERVICE);
            live.alarm |= live.service.task_definition.ends_with("agent:2");
        });
        assert_eq!(deploying.forward(), WorkTransition::Failed);
        assert_eq!(scene.set_to(), set_to);
        let failure = deploying.failure();
        if rolls_back {
            insta::assert_snapshot!(failure, @"ChangeFailed: service shop-prod/agent: An alarm of the service's deployment configuration stopped the rollout of agent:2. ECS says: (deployment ecs-svc/2) deployment failed: alarm detected. ECS went back to agent:1 and is steady. Remedy: Look at the alarms that the service's `deploymentConfiguration` names, then deploy a fixed release.");
        } else {
            assert!(failure.contains("ECS did not roll back"), "{failure}");
        }
        assert_eq!(deploying.undo(), WorkTransition::Changed, "{}", deploying.undo_failure());
        assert_eq!(scene.set_to(), "agent:1");
        let undone = deploying.step().changes;
        let updates = undone.iter().filter(|c| c.switching && c.undo).count();
        assert_eq!(updates, usize::from(!rolls_back));
    }
}

#[test]
fn a_failed_pull_is_named() {
    let scene = ServiceScene::new();
    let artifact = scene.push("1.2");
    scene.world.ecs().no_pull.insert(reference(&artifact));
    let deploying = scene.begin("d1", &artifact);
    assert_eq!(deploying.forward(), WorkTransition::Failed);
    insta::assert_snapshot!(deploying.failure(), @"ChangeFailed: service shop-prod/agent: The deployment circuit breaker stopped the rollout of agent:2: its image cannot be pulled. 4 tasks stopped: TaskFailedToStart: CannotPullContainerError: pull image manifest: 111111111111.dkr.ecr.eu-west-1.amazonaws.com/shop/agent@sha256:cd51241fbef5a8fe4cb6f616c79a72db9ece0cb248ad05bb01e589d5b6889a71: not found. ECS went back to agent:1 and is steady. Remedy: Check that the image exists for the platform of the tasks, and that the execution role and the network reach the registry; then deploy again.");
}

#[test]
fn without_a_breaker_repeated_failures_end_it() {
    let scene = ServiceScene::new();
    let artifact = scene.push("1.2");
    crash(&scene, &artifact);
    live(&scene, |live| live.service.breaker = OnFailure::GoesOn);
    let deploying = scene.begin("d1", &artifact);
    assert_eq!(deploying.forward(), WorkTransition::Failed);
    let failure = deploying.failure();
    assert!(failure.contains("no circuit breaker is on"), "{failure}");
    assert!(failure.contains("agent: exit code 1"), "{failure}");
    assert_eq!(deploying.undo(), WorkTransition::Changed);
    assert_eq!(scene.set_to(), "agent:1");
}

#[test]
fn somebody_who_replaces_the_rollout_is_named() {
    let scene = ServiceScene::new();
    let deploying = scene.begin("d1", &scene.push("1.1"));
    let other = document("public.ecr.aws/other:1");
    let arn = {
        let mut services = scene.world.ecs();
        services.put_task_definition(&other, &BTreeMap::new()).arn
    };
    slow(&scene);
    assert!(deploying.invoke(Some(0)).is_err(), "it is under way");
    let now = scene.world.now();
    scene.world.ecs().update(CLUSTER, SERVICE, &arn, now).unwrap();
    assert_eq!(deploying.forward(), WorkTransition::Failed);
    insta::assert_snapshot!(deploying.failure(), @"TargetChangedByOther: service shop-prod/agent: The rollout of agent:3 was replaced: someone else set the service to agent:2 (deployment ecs-svc/3). Windlass owns the image of container agent in the task definition of service shop-prod/agent; every other field is yours. Remedy: Find out who updates this service besides Windlass.");
}

#[test]
fn a_rollout_that_takes_too_long_is_named() {
    let scene = ServiceScene::new();
    let deploying = scene.begin("d1", &scene.push("1.1"));
    slow(&scene);
    assert_eq!(deploying.forward(), WorkTransition::Failed);
    insta::assert_snapshot!(deploying.failure(), @"ChangeFailed: service shop-prod/agent: The rollout of agent:2 is not steady after 300 s: 0 of 2 tasks run, 2 wait, 0 failed. ECS shows no stopped task. ECS says: (service agent) was unable to place a task because no container instance met all of its requirements. Remedy: Look at the service's events and the container's logs; give `steady_within` more time if the service only starts slowly.");
}

/// Safety: bytes: A service whose tasks run unknown bytes is never healthy.
#[test]
fn unknown_bytes_are_never_healthy() {
    let scene = ServiceScene::new();
    scene.world.ecs().hide_digests = true;
    let deploying = scene.begin("d1", &scene.push("1.1"));
    assert_eq!(deploying.forward(), WorkTransition::Failed);
    insta::assert_snapshot!(deploying.failure(), @"ChangeFailed: service shop-prod/agent: ECS does not show the image digest of container agent for 2 running tasks of agent:2, so it is unknown which bytes run, after 300 s. Remedy: Update the container agent of the cluster's instances, or use Fargate, so that tasks report `imageDigest`.");
}

#[test]
fn no_tasks_are_steady_at_once_with_a_warning() {
    let mut scene = ServiceScene::new();
    live(&scene, |live| {
        live.service.desired = 0;
        live.tasks.clear();
        live.service.deployments[0].running = 0;
    });
    scene.spec.steady_within = Span::seconds(60);
    let artifact = scene.push("1.1");
    let planned = scene.plan("d1", Some(&artifact), None);
    assert!(planned.warnings[0].reason.written().contains("wants 0 tasks"));
    let deploying = scene.begin_planned("d1", &planned);
    assert_eq!(deploying.invoke(Some(0)), Ok(WorkTransition::Changed));
    assert_eq!(scene.set_to(), "agent:2");
}

fn crash(scene: &ServiceScene, artifact: &Artifact) {
    scene.world.ecs().crash.insert(reference(artifact));
}

/// Lets the service want more tasks than ever start: a stand-in for a cluster without room.
fn slow(scene: &ServiceScene) {
    scene.world.ecs().no_room = true;
}

#[test]
fn a_lost_answer_of_registering_registers_once() {
    let scene = ServiceScene::new();
    let artifact = scene.push("1.1");
    let deploying = scene.begin("d1", &artifact);
    assert_eq!(deploying.forward(), WorkTransition::Changed);
    let kind = Ecs::new(scene.world.clone(), scene.world.clone(), DeploymentId("d1".into()));
    let target = serde_json::from_value(deploying.step().target).unwrap();
    let change = Change::Register {
        images: [("agent".to_owned(), format!("{}@{}", repository(), reference(&artifact)))].into(),
    };
    run(kind.change(&target, &change, &DeploymentId("d1".into()))).unwrap();
    assert_eq!(scene.world.ecs().task_definitions.len(), 2);
}

fn back_to_the_former() -> Change {
    let arn = |n: u32| format!("arn:aws:ecs:eu-west-1:111111111111:task-definition/agent:{n}");
    Change::Update(Update { from: arn(2), to: arn(1) })
}

/// Safety: left open: A look at a service that took longer than 2 s is no reason to send.
#[test]
fn a_look_that_took_long_is_no_reason_to_send() {
    let scene = ServiceScene::new();
    let deploying = scene.begin("d1", &scene.push("1.1"));
    assert_eq!(deploying.forward(), WorkTransition::Changed);
    let deployment = DeploymentId("d1".into());
    let world = || scene.world.clone();
    let kind = Ecs::new(world(), world(), deployment.clone());
    let target = serde_json::from_value(deploying.step().target).unwrap();
    let change = back_to_the_former();
    let describing = scene.world.mishaps().count() + 1;
    let pause = Mishap::Pause;
    scene.world.plan_mishap(describing, When::After, pause);
    let mut slow = pin!(kind.change(&target, &change, &deployment));
    assert!(until_pause(slow.as_mut()).is_none());
    run(scene.world.sleep_ms(2_001));
    assert_eq!(run(slow).unwrap_err().name, FaultName::Conflict);
    assert_eq!(scene.set_to(), "agent:2");
    run(kind.change(&target, &change, &deployment)).unwrap();
    assert_eq!(scene.set_to(), "agent:1");
}

/// The window that ECS leaves, because it knows no condition: `docs/safety-limits.md`, "What is left open".
///
/// Safety: left open: Who changes the service between the look and the change is overwritten, once, and the next look
/// cannot see it.
#[test]
fn who_changes_the_service_between_the_look_and_the_change_is_overwritten() {
    let scene = ServiceScene::new();
    let deploying = scene.begin("d1", &scene.push("1.1"));
    assert_eq!(deploying.forward(), WorkTransition::Changed);
    let world = || scene.world.clone();
    let by_hand = {
        let document = document("public.ecr.aws/other:1");
        let mut services = scene.world.ecs();
        services.put_task_definition(&document, &BTreeMap::new()).arn
    };
    let other = || {
        let now = scene.world.now();
        let mut services = scene.world.ecs();
        services.update(CLUSTER, SERVICE, &by_hand, now).unwrap();
    };
    let deployment = DeploymentId("d1".into());
    let kind = Ecs::new(world(), world(), deployment.clone());
    let target = serde_json::from_value(deploying.step().target).unwrap();
    let change = back_to_the_former();
    let describing = scene.world.mishaps().count() + 1;
    scene.world.plan_mishap(describing, When::After, Mishap::Pause);
    let mut sending = pin!(kind.change(&target, &change, &deployment));
    assert!(until_pause(sending.as_mut()).is_none());
    other();
    run(sending).unwrap();
    assert_eq!(scene.set_to(), "agent:1", "theirs was overwritten");

    // A change that is there at the look is not overwritten.
    other();
    let refused = run(kind.change(&target, &change, &deployment));
    assert_eq!(refused.unwrap_err().name, FaultName::Conflict);
    assert_eq!(scene.set_to(), "agent:3");
}
