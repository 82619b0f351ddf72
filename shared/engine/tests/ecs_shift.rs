//! Tests of ECS services whose traffic ECS shifts: the way there and back, and what ECS does by itself.

use crate::service_scene::subject::ServiceOf;
use crate::service_scene::{CLUSTER, Deploying, SERVICE, ServiceScene, live, reference};
use windlass_domain::declaration::kinds::ecs::Strategy;
use windlass_domain::text::fault::FaultName;
use windlass_domain::text::time::Span;
use windlass_engine::payload::WorkTransition;
use windlass_engine::ports::{Clock, OnFailure, Shifting};
use windlass_world::conformance::conforms;
use windlass_world::run::run;

/// Makes a service that ECS shifts, all at once or in steps of two minutes. It bakes for five minutes.
fn shifting(strategy: Strategy) -> ServiceScene {
    let mut scene = ServiceScene::new();
    scene.spec.rollout = strategy;
    live(&scene, |live| {
        live.service.strategy = strategy.in_ecs().into();
        live.service.shifting = Shifting {
            bake_min: 5,
            step_tenths: match strategy {
                Strategy::Canary => 100,
                Strategy::Linear => 250,
                _ => 1000,
            },
            step_min: 2,
        };
    });
    scene
}

/// Safety: kinds: A service that ECS shifts at once conforms.
#[test]
fn a_service_that_ecs_shifts_at_once_conforms() {
    conforms(&ServiceOf(|| shifting(Strategy::BlueGreen)));
}

/// Safety: kinds: A service that ECS shifts in two parts conforms.
#[test]
fn a_service_that_ecs_shifts_in_two_parts_conforms() {
    conforms(&ServiceOf(|| shifting(Strategy::Canary)));
}

/// Says what a person sees of the service: what it is set to, its newest deployment, its tasks so far.
fn in_words(scene: &ServiceScene) -> String {
    let set_to = scene.set_to();
    let mut services = scene.world.ecs();
    let tasks = services.tasks;
    let live = services.service_mut(CLUSTER, SERVICE);
    let newest = &live.rollouts[0];
    let tenths = newest.traffic_tenths.unwrap_or_default();
    format!("{set_to}, {} {} {tenths} ‰, {tasks} tasks", newest.status, newest.stage)
}

fn shown(deploying: &Deploying<'_>) -> String {
    deploying.step().shown.unwrap()
}

#[test]
fn a_wave_is_reached_when_ecs_has_come_so_far_and_the_last_one_when_it_is_successful() {
    let mut lines = vec![];
    for strategy in [Strategy::BlueGreen, Strategy::Canary, Strategy::Linear] {
        let scene = shifting(strategy);
        let planned = scene.plan("d1", Some(&scene.push("1.1")), None);
        let deploying = scene.begin_planned("d1", &planned);
        lines.push(format!("{}:", strategy.as_str()));
        for (wave, stage) in (0..).zip(&planned.stages) {
            assert_eq!(deploying.answer(Some(wave)), WorkTransition::Changed);
            lines.push(format!(
                "  {} ({:?}): {}; {}",
                stage.what.split(" of agent").last().unwrap_or_default(),
                stage.bake_s,
                in_words(&scene),
                shown(&deploying)
            ));
        }
    }
    insta::assert_snapshot!(lines.join("\n"), @"
    blue_green:
      :1 to sha256:ab3bfe84adc3, by blue_green (None): agent:2, IN_PROGRESS BAKE_TIME 1000 ‰, 4 tasks; agent:2 under way: the new tasks get all production traffic, and ECS still keeps the former ones (BAKE_TIME)
      service agent: ended by ECS (None): agent:2, SUCCESSFUL CLEAN_UP 1000 ‰, 4 tasks; agent:2 steady with 2 tasks
    canary:
      :1 to sha256:ab3bfe84adc3, by canary (Some(120)): agent:2, IN_PROGRESS PRODUCTION_TRAFFIC_SHIFT 100 ‰, 4 tasks; agent:2 under way: production traffic goes over to the new tasks (PRODUCTION_TRAFFIC_SHIFT)
      service agent: all traffic (None): agent:2, IN_PROGRESS BAKE_TIME 1000 ‰, 4 tasks; agent:2 under way: the new tasks get all production traffic, and ECS still keeps the former ones (BAKE_TIME)
      service agent: ended by ECS (None): agent:2, SUCCESSFUL CLEAN_UP 1000 ‰, 4 tasks; agent:2 steady with 2 tasks
    linear:
      :1 to sha256:ab3bfe84adc3, by linear (Some(360)): agent:2, IN_PROGRESS PRODUCTION_TRAFFIC_SHIFT 250 ‰, 4 tasks; agent:2 under way: production traffic goes over to the new tasks (PRODUCTION_TRAFFIC_SHIFT)
      service agent: all traffic (None): agent:2, IN_PROGRESS BAKE_TIME 1000 ‰, 4 tasks; agent:2 under way: the new tasks get all production traffic, and ECS still keeps the former ones (BAKE_TIME)
      service agent: ended by ECS (None): agent:2, SUCCESSFUL CLEAN_UP 1000 ‰, 4 tasks; agent:2 steady with 2 tasks
    ");
}

#[test]
fn what_ecs_does_is_shown_while_it_is_waited_for() {
    let scene = shifting(Strategy::BlueGreen);
    let deploying = scene.begin("d1", &scene.push("1.1"));
    let mut waits = vec![];
    for wave in [0, 1] {
        while let Err(fault) = deploying.invoke(Some(wave)) {
            assert_eq!(fault.name, FaultName::StillInProgress);
            waits.push(fault.message);
            run(scene.world.sleep_ms(20_000));
        }
    }
    waits.dedup();
    insta::assert_snapshot!(waits.join("\n"), @"the deployment of agent:2 by service shop-prod/agent: the new tasks get all production traffic, and ECS still keeps the former ones (BAKE_TIME); its strategy bakes for 300 s in all");
    assert_eq!(deploying.step().waits_for, None);
}

/// Safety: undo: An undo while the former tasks stand stops the ECS deployment by its id and starts no task.
#[test]
fn an_undo_while_the_former_tasks_stand_stops_the_deployment_and_starts_no_task() {
    let scene = shifting(Strategy::BlueGreen);
    let deploying = scene.begin("d1", &scene.push("1.1"));
    assert_eq!(deploying.forward(), WorkTransition::Changed);
    let before = scene.world.ecs().tasks;
    let began = scene.world.now();
    assert_eq!(deploying.undo(), WorkTransition::Changed);
    let took_s = scene.world.now().ms_since(began) / 1000;
    assert!(took_s < 90, "{took_s} s");
    assert_eq!(scene.world.ecs().tasks, before, "no task is started");
    let sent: Vec<String> = deploying.step().changes.into_iter().map(|it| it.what).collect();
    insta::assert_snapshot!(format!("{sent:?}; {}; {}", in_words(&scene), shown(&deploying)), @r#"["register a task definition with 111111111111.dkr.ecr.eu-west-1.amazonaws.com/shop/agent@sha256:ab3bfe84adc33b2fc587599c934284b54c56018078680293d16b9b9471dfda28", "task definition agent:1 → agent:2", "stop the deployment of agent:2"]; agent:1, ROLLBACK_SUCCESSFUL BAKE_TIME 0 ‰, 4 tasks; agent:1 steady with 2 tasks"#);
}

#[test]
fn an_undo_after_the_clean_up_is_a_deployment_of_the_former_one() {
    let scene = shifting(Strategy::BlueGreen);
    let deploying = scene.begin("d1", &scene.push("1.1"));
    assert_eq!(deploying.to_the_end(), WorkTransition::Changed);
    assert_eq!(deploying.undo(), WorkTransition::Changed);
    let sent: Vec<String> = deploying.step().changes.into_iter().map(|it| it.what).collect();
    insta::assert_snapshot!(format!("{sent:?}; {}; {}", in_words(&scene), shown(&deploying)), @r#"["register a task definition with 111111111111.dkr.ecr.eu-west-1.amazonaws.com/shop/agent@sha256:ab3bfe84adc33b2fc587599c934284b54c56018078680293d16b9b9471dfda28", "task definition agent:1 → agent:2", "task definition agent:2 → agent:1"]; agent:1, SUCCESSFUL CLEAN_UP 1000 ‰, 6 tasks; agent:1 steady with 2 tasks"#);
}

#[test]
fn where_ecs_goes_back_to_something_else_the_undo_is_a_deployment_of_what_is_recorded() {
    let scene = shifting(Strategy::BlueGreen);
    let image = {
        let services = scene.world.ecs();
        let found = services.task_definitions.values().next().unwrap();
        found.document.clone()
    };
    // Another task definition was complete last, and Windlass did not see that: the service was set to what Windlass
    // saw, and never got there.
    let mut plain = image;
    for member in ["taskDefinitionArn", "revision", "status", "registeredAt"] {
        plain.as_object_mut().unwrap().remove(member);
    }
    let other = {
        let mut services = scene.world.ecs();
        services.put_task_definition(&plain, &[].into()).arn
    };
    let deploying = scene.begin("d1", &scene.push("1.1"));
    assert_eq!(deploying.forward(), WorkTransition::Changed);
    live(&scene, |live| {
        live.completed.clone_from(&other);
        for deployment in &mut live.service.deployments {
            if deployment.task_definition.ends_with("agent:1") {
                deployment.task_definition.clone_from(&other);
            }
        }
    });
    assert_eq!(deploying.undo(), WorkTransition::Changed);
    assert_eq!(scene.set_to(), "agent:1");
    let sent: Vec<String> = deploying.step().changes.into_iter().map(|it| it.what).collect();
    insta::assert_snapshot!(format!("{sent:?}; {}", in_words(&scene)), @r#"["register a task definition with 111111111111.dkr.ecr.eu-west-1.amazonaws.com/shop/agent@sha256:ab3bfe84adc33b2fc587599c934284b54c56018078680293d16b9b9471dfda28", "task definition agent:1 → agent:3", "stop the deployment of agent:3", "task definition agent:2 → agent:1"]; agent:1, SUCCESSFUL CLEAN_UP 1000 ‰, 6 tasks"#);
}

#[test]
fn what_ecs_takes_back_by_itself_is_named_with_its_reason_and_not_raced() {
    let scene = shifting(Strategy::Canary);
    live(&scene, |live| live.service.alarms = OnFailure::RollsBack);
    let deploying = scene.begin("d1", &scene.push("1.1"));
    assert_eq!(deploying.forward(), WorkTransition::Changed);
    live(&scene, |live| live.alarm = true);
    assert_eq!(deploying.answer(Some(1)), WorkTransition::Failed);
    insta::assert_snapshot!(deploying.failure(), @"ChangeFailed: service shop-prod/agent: The deployment of agent:2 did not succeed: ECS went back (ROLLBACK_SUCCESSFUL). ECS says: Service deployment stopped because deployment alarms: alarm detected. ECS shows no stopped task. The service is set to agent:1 now. Remedy: Look at the service deployment in the console of Amazon ECS, at the alarms and hooks of the service's deployment configuration, and at the container's logs; then deploy a fixed release.");
    // The undo finds its work done.
    assert_eq!(deploying.undo(), WorkTransition::Changed);
    assert_eq!(scene.set_to(), "agent:1");
    let sent = deploying.step().changes;
    assert_eq!(sent.iter().filter(|it| it.switching).count(), 1, "{sent:?}");
}

#[test]
fn of_two_that_were_registered_at_once_the_one_that_was_sent_is_gone_for() {
    let scene = shifting(Strategy::BlueGreen);
    live(&scene, |live| live.service.alarms = OnFailure::RollsBack);
    let deploying = scene.begin("d1", &scene.push("1.1"));
    assert_eq!(deploying.forward(), WorkTransition::Changed);
    {
        let mut services = scene.world.ecs();
        let own = services.task_definitions.values().next_back().unwrap().clone();
        services.put_task_definition(&own.document, &own.tags);
    }
    live(&scene, |live| live.alarm = true);
    assert_eq!(deploying.answer(Some(1)), WorkTransition::Failed);
    let failure = deploying.failure();
    assert!(failure.starts_with("ChangeFailed"), "{failure}");
    assert!(failure.contains("deployment of agent:2 did not succeed"), "{failure}");
}

#[test]
fn tasks_that_do_not_come_up_are_named_with_their_reasons() {
    let scene = shifting(Strategy::BlueGreen);
    let artifact = scene.push("1.1");
    scene.world.ecs().crash.insert(reference(&artifact));
    let deploying = scene.begin("d1", &artifact);
    assert_eq!(deploying.forward(), WorkTransition::Failed);
    insta::assert_snapshot!(deploying.failure(), @"ChangeFailed: service shop-prod/agent: The deployment of agent:2 did not succeed: ECS went back (ROLLBACK_SUCCESSFUL). ECS says: Service deployment stopped because deployment circuit breaker: tasks failed to start. 4 tasks stopped: EssentialContainerExited: Essential container in task exited (agent: exit code 1). The service is set to agent:1 now. Remedy: Look at the service deployment in the console of Amazon ECS, at the alarms and hooks of the service's deployment configuration, and at the container's logs; then deploy a fixed release.");
    assert_eq!(deploying.undo(), WorkTransition::Changed);
    assert_eq!(scene.set_to(), "agent:1");
}

#[test]
fn a_word_that_is_not_known_is_unknown_and_ends_in_time() {
    let scene = shifting(Strategy::BlueGreen);
    let deploying = scene.begin("d1", &scene.push("1.1"));
    assert_eq!(deploying.forward(), WorkTransition::Changed);
    live(&scene, |live| {
        live.rollouts[0].status = "SHADOWING".into();
    });
    assert_eq!(deploying.answer(Some(1)), WorkTransition::Failed);
    insta::assert_snapshot!(deploying.failure(), @"ChangeFailed: service shop-prod/agent: The deployment of agent:2 is not where it must be after 600 s: ECS says `SHADOWING`, which this version of Windlass does not know. ECS shows no stopped task. Remedy: Look at the service's events and the container's logs; give `steady_within` more time if the service only starts slowly.");
}

#[test]
fn a_person_who_begins_another_deployment_is_named() {
    let scene = shifting(Strategy::BlueGreen);
    let deploying = scene.begin("d1", &scene.push("1.1"));
    assert_eq!(deploying.forward(), WorkTransition::Changed);
    let by_hand = {
        let services = scene.world.ecs();
        let found = services.task_definitions.values().next().unwrap();
        (found.document.clone(), found.tags.clone())
    };
    let now = scene.world.now();
    {
        let mut services = scene.world.ecs();
        let made = services.put_task_definition(&by_hand.0, &by_hand.1);
        services.update(CLUSTER, SERVICE, &made.arn, now).unwrap();
    }
    assert_eq!(deploying.answer(Some(1)), WorkTransition::Failed);
    insta::assert_snapshot!(deploying.failure(), @"TargetChangedByOther: components.agent: Someone else changed the target of agent since it was last seen: from agent:2 under way: the new tasks get all production traffic, and ECS still keeps the former ones (BAKE_TIME) to agent:3 steady with 2 tasks. Windlass owns the image of container agent in the task definition of service shop-prod/agent; every other field is yours. Remedy: Find out who changed it (CloudTrail), make sure that nobody else changes what Windlass owns, then deploy again.");
}

#[test]
fn what_is_declared_is_compared_with_the_service() {
    let mut lines = vec![];
    for declared in Strategy::ALL {
        for found in ["ROLLING", "LINEAR", "SHADOW"] {
            let mut scene = shifting(declared);
            scene.spec.rollout = declared;
            live(&scene, |live| live.service.strategy = found.into());
            let artifact = scene.push("1.1");
            let findings = scene.refused(&artifact).join(" | ");
            lines.push(format!("{declared:?} and {found}: {findings}"));
        }
    }
    insta::assert_snapshot!(lines.join("\n"), @r#"
    Rolling and ROLLING: 
    Rolling and LINEAR: BadValue: components.agent.rollout: `rollout` is `rolling`, and service shop-prod/agent has the deployment strategy LINEAR. Remedy: Write `rollout: linear`; or set the service to ROLLING: Terraform `strategy = "ROLLING"` in `deployment_configuration`, CDK `deploymentStrategy: DeploymentStrategy.ROLLING`, CloudFormation `DeploymentConfiguration: {Strategy: ROLLING}`.
    Rolling and SHADOW: NotSupported: components.agent.rollout: Service shop-prod/agent has the deployment strategy SHADOW, which this version of Windlass does not know. Remedy: Set the service to ROLLING: Terraform `strategy = "ROLLING"` in `deployment_configuration`, CDK `deploymentStrategy: DeploymentStrategy.ROLLING`, CloudFormation `DeploymentConfiguration: {Strategy: ROLLING}`.
    BlueGreen and ROLLING: BadValue: components.agent.rollout: `rollout` is `blue_green`, and service shop-prod/agent has the deployment strategy ROLLING. Remedy: Write `rollout: rolling`; or set the service to BLUE_GREEN: Terraform `strategy = "BLUE_GREEN"`, `bake_time_in_minutes = 10` in `deployment_configuration`, CDK `deploymentStrategy: DeploymentStrategy.BLUE_GREEN, bakeTime: Duration.minutes(10)`, CloudFormation `DeploymentConfiguration: {Strategy: BLUE_GREEN, BakeTimeInMinutes: 10}`.
    BlueGreen and LINEAR: BadValue: components.agent.rollout: `rollout` is `blue_green`, and service shop-prod/agent has the deployment strategy LINEAR. Remedy: Write `rollout: linear`; or set the service to BLUE_GREEN: Terraform `strategy = "BLUE_GREEN"`, `bake_time_in_minutes = 10` in `deployment_configuration`, CDK `deploymentStrategy: DeploymentStrategy.BLUE_GREEN, bakeTime: Duration.minutes(10)`, CloudFormation `DeploymentConfiguration: {Strategy: BLUE_GREEN, BakeTimeInMinutes: 10}`.
    BlueGreen and SHADOW: NotSupported: components.agent.rollout: Service shop-prod/agent has the deployment strategy SHADOW, which this version of Windlass does not know. Remedy: Set the service to BLUE_GREEN: Terraform `strategy = "BLUE_GREEN"`, `bake_time_in_minutes = 10` in `deployment_configuration`, CDK `deploymentStrategy: DeploymentStrategy.BLUE_GREEN, bakeTime: Duration.minutes(10)`, CloudFormation `DeploymentConfiguration: {Strategy: BLUE_GREEN, BakeTimeInMinutes: 10}`.
    Canary and ROLLING: BadValue: components.agent.rollout: `rollout` is `canary`, and service shop-prod/agent has the deployment strategy ROLLING. Remedy: Write `rollout: rolling`; or set the service to CANARY: Terraform `strategy = "CANARY"`, `bake_time_in_minutes = 10` and `canary_configuration` with `canary_percent = 10`, `canary_bake_time_in_minutes = 10` in `deployment_configuration`, CDK `deploymentStrategy: DeploymentStrategy.CANARY, bakeTime: Duration.minutes(10), canaryConfiguration: {stepPercent: 10, stepBakeTime: Duration.minutes(10)}`, CloudFormation `DeploymentConfiguration: {Strategy: CANARY, BakeTimeInMinutes: 10, CanaryConfiguration: {CanaryPercent: 10, CanaryBakeTimeInMinutes: 10}}`.
    Canary and LINEAR: BadValue: components.agent.rollout: `rollout` is `canary`, and service shop-prod/agent has the deployment strategy LINEAR. Remedy: Write `rollout: linear`; or set the service to CANARY: Terraform `strategy = "CANARY"`, `bake_time_in_minutes = 10` and `canary_configuration` with `canary_percent = 10`, `canary_bake_time_in_minutes = 10` in `deployment_configuration`, CDK `deploymentStrategy: DeploymentStrategy.CANARY, bakeTime: Duration.minutes(10), canaryConfiguration: {stepPercent: 10, stepBakeTime: Duration.minutes(10)}`, CloudFormation `DeploymentConfiguration: {Strategy: CANARY, BakeTimeInMinutes: 10, CanaryConfiguration: {CanaryPercent: 10, CanaryBakeTimeInMinutes: 10}}`.
    Canary and SHADOW: NotSupported: components.agent.rollout: Service shop-prod/agent has the deployment strategy SHADOW, which this version of Windlass does not know. Remedy: Set the service to CANARY: Terraform `strategy = "CANARY"`, `bake_time_in_minutes = 10` and `canary_configuration` with `canary_percent = 10`, `canary_bake_time_in_minutes = 10` in `deployment_configuration`, CDK `deploymentStrategy: DeploymentStrategy.CANARY, bakeTime: Duration.minutes(10), canaryConfiguration: {stepPercent: 10, stepBakeTime: Duration.minutes(10)}`, CloudFormation `DeploymentConfiguration: {Strategy: CANARY, BakeTimeInMinutes: 10, CanaryConfiguration: {CanaryPercent: 10, CanaryBakeTimeInMinutes: 10}}`.
    Linear and ROLLING: BadValue: components.agent.rollout: `rollout` is `linear`, and service shop-prod/agent has the deployment strategy ROLLING. Remedy: Write `rollout: rolling`; or set the service to LINEAR: Terraform `strategy = "LINEAR"`, `bake_time_in_minutes = 10` and `linear_configuration` with `step_percent = 25`, `step_bake_time_in_minutes = 5` in `deployment_configuration`, CDK `deploymentStrategy: DeploymentStrategy.LINEAR, bakeTime: Duration.minutes(10), linearConfiguration: {stepPercent: 25, stepBakeTime: Duration.minutes(5)}`, CloudFormation `DeploymentConfiguration: {Strategy: LINEAR, BakeTimeInMinutes: 10, LinearConfiguration: {StepPercent: 25, StepBakeTimeInMinutes: 5}}`.
    Linear and LINEAR: 
    Linear and SHADOW: NotSupported: components.agent.rollout: Service shop-prod/agent has the deployment strategy SHADOW, which this version of Windlass does not know. Remedy: Set the service to LINEAR: Terraform `strategy = "LINEAR"`, `bake_time_in_minutes = 10` and `linear_configuration` with `step_percent = 25`, `step_bake_time_in_minutes = 5` in `deployment_configuration`, CDK `deploymentStrategy: DeploymentStrategy.LINEAR, bakeTime: Duration.minutes(10), linearConfiguration: {stepPercent: 25, stepBakeTime: Duration.minutes(5)}`, CloudFormation `DeploymentConfiguration: {Strategy: LINEAR, BakeTimeInMinutes: 10, LinearConfiguration: {StepPercent: 25, StepBakeTimeInMinutes: 5}}`.
    "#);
}

#[test]
fn what_bakes_for_longer_than_a_change_is_waited_for_is_refused() {
    let mut scene = shifting(Strategy::Linear);
    scene.spec.steady_within = Span::seconds(3600);
    live(&scene, |live| live.service.shifting.bake_min = 1440);
    let artifact = scene.push("1.1");
    insta::assert_snapshot!(scene.refused(&artifact).join("\n"), @"TooLarge: components.agent.steady_within: The strategy of service shop-prod/agent bakes for 1446m in all, which with `steady_within` is 1506m, and a change is waited for at most 24h. Remedy: Give the service's deployment configuration shorter bake times, or fewer steps.");
}

#[test]
fn somebodys_deployment_under_way_is_not_raced() {
    let scene = shifting(Strategy::BlueGreen);
    let deploying = scene.begin("d1", &scene.push("1.1"));
    assert_eq!(deploying.forward(), WorkTransition::Changed);
    let artifact = scene.push("1.2");
    // The list of deployments that ECS gives with the service may not show it.
    live(&scene, |live| {
        live.service.deployments.truncate(1);
        live.service.deployments[0].rollout = "COMPLETED".into();
    });
    insta::assert_snapshot!(scene.refused(&artifact).join("\n"), @"TargetNotReady: components.agent.service: Service shop-prod/agent has a deployment of agent:2 under way: the new tasks get all production traffic, and ECS still keeps the former ones (BAKE_TIME). Remedy: Wait until it is over, or stop it in the console of Amazon ECS.");
}

#[test]
fn a_rollback_is_one_wave_that_ends_when_ecs_says_so() {
    let scene = shifting(Strategy::Linear);
    let first = scene.begin("d1", &scene.push("1.1"));
    assert_eq!(first.to_the_end(), WorkTransition::Changed);
    let before = first.step().before;
    let planned = scene.plan("d2", None, Some(&before));
    assert_eq!(planned.stages.len(), 1);
    let back = scene.begin_planned("d2", &planned);
    assert_eq!(back.forward(), WorkTransition::Changed);
    assert_eq!(in_words(&scene).split(' ').take(2).collect::<Vec<_>>(), ["agent:1,", "SUCCESSFUL"]);
    // The undo of the rollback goes to where the rollback came from.
    assert_eq!(back.undo(), WorkTransition::Changed);
    assert_eq!(scene.set_to(), "agent:2");
}
