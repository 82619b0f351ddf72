//! ECS services that CodeDeploy deploys: there and back, and what others do.

use crate::service_scene::deployed::{at_once, deployed_by, first, in_words, sleep_min, switching};
use crate::service_scene::{self, CLUSTER, SERVICE, ServiceScene, live};
use std::collections::BTreeMap;
use windlass_domain::declaration::appspec::{AppSpec, TaskSetShape};
use windlass_domain::declaration::plan::KindName;
use windlass_domain::declaration::resolved::Place;
use windlass_domain::deployment::accept_look::Live;
use windlass_engine::kinds::ecs::{CodeDeployedService, Ecs};
use windlass_engine::payload::WorkTransition;
use windlass_engine::ports::{AssumeRole as _, Clock as _, NewDeployed, Revision, Routing};
use windlass_world::World;
use windlass_world::conformance::{Scene, Subject, conforms, deployment};
use windlass_world::run::run;

const HOOKS: &str = r#"{"version":0.0,"Resources":[{"TargetService":{"Type":"AWS::ECS::Service","Properties":{"TaskDefinition":"old","LoadBalancerInfo":{"ContainerName":"agent","ContainerPort":80},"PlatformVersion":"1.4.0","Later":"kept"}}}],"Hooks":[{"AfterAllowTestTraffic":"check"}]}"#;

/// The service under the conformance tests.
struct Conforming<F>(F);

impl<F: Fn() -> ServiceScene> Subject for Conforming<F> {
    type Kind = CodeDeployedService<World>;

    fn scene(&self) -> Scene {
        let scene = self.0();
        let artifact = scene.push("1.1");
        let planned = scene.plan(deployment().as_str(), Some(&artifact), None);
        assert_eq!(planned.findings, []);
        Scene {
            goals: planned.stages.into_iter().map(|stage| stage.goal).collect(),
            world: scene.world,
            kind: KindName::Ecs,
            target: planned.target,
        }
    }

    fn kind(&self, at: World) -> CodeDeployedService<World> {
        let own = Ecs::new(at.at(&Place::default()), at.clone(), deployment());
        CodeDeployedService::new(own, at, deployment())
    }

    fn arrived(&self, world: &World) {
        let services = world.ecs();
        assert_eq!(services.task_definitions.len(), 2, "registered once");
        assert_eq!(world.codedeploy().of_services.len(), 1, "deployed once");
    }
}

/// Safety: kinds: A service that CodeDeploy deploys conforms.
#[test]
fn all_at_once_conforms() {
    conforms(&Conforming(at_once));
}

/// Safety: kinds: A service that CodeDeploy deploys as a canary, with a wait before it, conforms.
#[test]
fn a_canary_with_a_wait_before_it_conforms() {
    conforms(&Conforming(|| {
        let mut scene = deployed_by(Routing::Canary(10, 1), |group| group.ready_min = Some(60));
        scene.spec.codedeploy.as_mut().unwrap().continue_when_ready = true;
        scene
    }));
}

#[test]
fn a_canary_is_watched_and_its_release_ends_before_the_former_tasks_do() {
    let scene = deployed_by(Routing::Canary(10, 10), |_| {});
    let planned = scene.plan("d1", Some(&scene.push("1.1")), None);
    let what: Vec<&str> = planned.stages.iter().map(|it| it.what.as_str()).collect();
    insta::assert_snapshot!(what.join("\n"), @"
    service agent: container agent of agent:1 to sha256:ab3bfe84adc3 by CodeDeploy's group shop/agent: 10 % of the callers for 10 min, then all
    service agent: container agent of agent:1 to sha256:ab3bfe84adc3, look 2 of 2
    service agent: container agent of agent:1 to sha256:ab3bfe84adc3, complete
    ");
    let deploying = scene.begin_planned("d1", &planned);
    let mut lines = vec![];
    for wave in 0..3 {
        assert_eq!(deploying.answer(Some(wave)), WorkTransition::Changed, "{}", deploying.failure());
        lines.push(format!("{}; {}", in_words(&scene), deploying.step().shown.unwrap()));
        sleep_min(&scene, if wave < 2 { 5 } else { 0 });
    }
    insta::assert_snapshot!(lines.join("\n"), @"
    agent:1, 2 sets, 4 tasks: InProgress; agent:2 (deployment d-000000001 of CodeDeploy is InProgress)
    agent:1, 2 sets, 4 tasks: InProgress; agent:2 (deployment d-000000001 of CodeDeploy is InProgress)
    agent:2, 2 sets, 4 tasks: InProgress; agent:2 (deployment d-000000001 of CodeDeploy keeps the tasks of agent:1 until 2026-11-20T14:15:13Z)
    ");
    insta::assert_snapshot!(switching(&deploying).join("\n"), @"task definition agent:1 → agent:2 by CodeDeploy");
    let description = first(&scene, |live| live.described.description.clone());
    assert_eq!(description, "Windlass deployment d1: agent:2");
    assert_eq!(deploying.step().waits_for, None);
}

#[test]
fn all_that_the_last_revision_has_is_kept() {
    let scene = at_once();
    scene.world.codedeploy().deployed_last("shop", "agent", HOOKS);
    let deploying = scene.begin("d1", &scene.push("1.1"));
    assert_eq!(deploying.forward(), WorkTransition::Changed);
    let state = scene.world.codedeploy();
    let Some(Revision::Kept { sha256, .. }) = &state.of_services[0].described.revision else {
        panic!("its revision is kept")
    };
    let read = AppSpec::read_service(&state.texts[sha256]).unwrap();
    let own = read.task_definition().unwrap();
    assert!(own.ends_with("task-definition/agent:2"), "{own}");
    let was = AppSpec::read_service(HOOKS).unwrap();
    assert_eq!(read.deploying("old"), was.deploying("old"));
}

#[test]
fn an_undo_while_the_former_tasks_stand_stops_it_and_starts_no_task() {
    for (waves, what) in [(1, "while callers are moved"), (3, "when all are")] {
        let scene = deployed_by(Routing::Canary(10, 10), |_| {});
        let deploying = scene.begin("d1", &scene.push("1.1"));
        for wave in 0..waves {
            assert_eq!(deploying.answer(Some(wave)), WorkTransition::Changed);
        }
        let before = scene.world.ecs().tasks;
        assert_eq!(deploying.undo(), WorkTransition::Changed, "{what}: {}", deploying.undo_failure());
        assert_eq!(scene.world.ecs().tasks, before, "{what}");
        assert_eq!(in_words(&scene), "agent:1, 1 sets, 4 tasks: Stopped, Succeeded", "{what}");
        assert_eq!(switching(&deploying)[1..], ["stop deployment d-000000001 of CodeDeploy, with its rollback"]);
    }
}

#[test]
fn a_declared_wait_is_ended_when_the_gates_were_judged() {
    let mut scene = deployed_by(Routing::AllAtOnce, |group| group.ready_min = Some(30));
    scene.spec.codedeploy.as_mut().unwrap().continue_when_ready = true;
    let deploying = scene.begin("d1", &scene.push("1.1"));
    assert_eq!(deploying.answer(Some(0)), WorkTransition::Changed);
    assert_eq!(in_words(&scene), "agent:1, 2 sets, 4 tasks: Ready");
    sleep_min(&scene, 2);
    assert_eq!(in_words(&scene), "agent:1, 2 sets, 4 tasks: Ready", "nobody let it go on");
    assert_eq!(deploying.answer(Some(1)), WorkTransition::Changed, "{}", deploying.failure());
    assert_eq!(in_words(&scene), "agent:2, 2 sets, 4 tasks: InProgress");
}

#[test]
fn a_wait_that_is_not_declared_is_named_and_never_ended() {
    let scene = deployed_by(Routing::AllAtOnce, |group| group.ready_min = Some(30));
    let deploying = scene.begin("d1", &scene.push("1.1"));
    run(scene.world.sleep_ms(1));
    let _ = deploying.invoke(Some(0));
    sleep_min(&scene, 1);
    let fault = deploying.invoke(Some(0)).unwrap_err();
    insta::assert_snapshot!(fault.message, @"deployment d-000000001 of CodeDeploy waits until 2026-11-20T14:30:10Z before it moves callers, and is stopped then; whoever decides lets it go on (`aws deploy continue-deployment --deployment-id d-000000001 --deployment-wait-type READY_WAIT`)");
    assert_eq!(deploying.forward(), WorkTransition::Failed);
    insta::assert_snapshot!(deploying.failure(), @"TargetChangedByOther: service shop-prod/agent: Deployment d-000000001 of agent:2 of CodeDeploy was stopped: The wait time before traffic is rerouted is over. Windlass did not stop it. Its rollback d-000000002 has succeeded. Callers get agent:1. Windlass owns which task definition callers of the service get; every other field is yours. Remedy: Find out who stopped it (CloudTrail, StopDeployment), or whether nobody let it go on in time; then deploy again.");
    assert_eq!(switching(&deploying).len(), 1, "{:?}", switching(&deploying));
    assert_eq!(deploying.undo(), WorkTransition::Changed, "{}", deploying.undo_failure());
    assert_eq!(in_words(&scene), "agent:1, 1 sets, 4 tasks: Stopped, Succeeded");
}

#[test]
fn what_codedeploy_takes_back_is_followed_and_named() {
    let scene = deployed_by(Routing::Canary(10, 10), |group| {
        group.fails_at = Some("AfterAllowTraffic");
    });
    let deploying = scene.begin("d1", &scene.push("1.1"));
    assert_eq!(deploying.to_the_end(), WorkTransition::Failed);
    insta::assert_snapshot!(deploying.failure(), @"ChangeFailed: service shop-prod/agent: Deployment d-000000001 of agent:2 of CodeDeploy has failed, because its hook AfterAllowTraffic failed: a hook failed. Its rollback d-000000002 has succeeded. Callers get agent:1. Remedy: Look at the log of the hook's function; then deploy a fixed release.");
    assert_eq!(deploying.undo(), WorkTransition::Changed, "{}", deploying.undo_failure());
    assert_eq!(in_words(&scene), "agent:1, 1 sets, 4 tasks: Failed, Succeeded");
}

#[test]
fn tasks_that_crash_are_not_waited_for_an_hour() {
    let scene = at_once();
    let artifact = scene.push("1.1");
    let digest = service_scene::reference(&artifact);
    scene.world.ecs().crash.insert(digest);
    let deploying = scene.begin("d1", &artifact);
    assert_eq!(deploying.forward(), WorkTransition::Failed);
    insta::assert_snapshot!(deploying.failure(), @"ChangeFailed: service shop-prod/agent: The rollout of agent:2 does not get steady: its tasks do not keep running. 10 tasks failed. 10 tasks stopped: EssentialContainerExited: Essential container in task exited (agent: exit code 1). Remedy: Look at the container's logs from the time of the rollout, then deploy a fixed release.");
    assert_eq!(deploying.undo(), WorkTransition::Changed, "{}", deploying.undo_failure());
    assert_eq!(scene.set_to(), "agent:1");
}

/// Creates somebody's own deployment in the group.
fn by_hand(scene: &ServiceScene) -> String {
    let mut services = scene.world.ecs();
    let now = services.service_mut(CLUSTER, SERVICE).service.task_definition.clone();
    let mut document = services.task_definitions[&now].document.clone();
    for member in ["taskDefinitionArn", "revision", "status", "registeredAt", "compatibilities"] {
        document.as_object_mut().unwrap().remove(member);
    }
    let to = services.put_task_definition(&document, &BTreeMap::new()).arn;
    drop(services);
    let new = NewDeployed {
        application: "shop".into(),
        group: "agent".into(),
        description: "by hand".into(),
        content: AppSpec::of_service(&TaskSetShape::default()).deploying(&to),
        configuration: None,
    };
    scene.world.create(&new).unwrap()
}

/// Safety: limits: A deployment of somebody else in the same CodeDeploy group stops ours, before anything changes and
/// after.
#[test]
fn a_group_that_is_busy_is_named_before_anything_changes_and_after() {
    let scene = at_once();
    let artifact = scene.push("1.1");
    let deploying = scene.begin("d1", &artifact);
    by_hand(&scene);
    insta::assert_snapshot!(scene.refused(&artifact).join("\n"), @"TargetBusy: components.agent.codedeploy.group: CodeDeploy makes one deployment at a time in group shop/agent, and d-000000001 is somebody else's: it is created, and does nothing yet. Remedy: Wait until it is over, or stop it (`aws deploy stop-deployment --deployment-id d-000000001 --auto-rollback-enabled`), and deploy again.");
    // It came after `Prepare`.
    assert_eq!(deploying.forward(), WorkTransition::Failed);
    let failure = deploying.failure();
    assert!(failure.starts_with("TargetBusy"), "{failure}");
    assert_eq!(scene.world.codedeploy().of_services.len(), 1);
}

/// Says what an operator's `accept` sees, in the words in which it is recorded or refused.
fn seen_to_accept(deploying: &service_scene::Deploying<'_>, world: &World) -> String {
    match run(windlass_engine::observe::live(world, &deploying.step(), None)).unwrap() {
        Live::There { shown, state, .. } => format!("{shown}: {}", state["noticed"]["value"]),
        Live::Moving(finding) => finding.written(),
        other => format!("{other:?}"),
    }
}

/// Safety: accept: Nothing is accepted while a deployment of CodeDeploy moves callers; it is once all callers get it.
#[test]
fn what_somebody_else_brings_is_accepted_when_all_callers_get_it() {
    let scene = deployed_by(Routing::Canary(10, 10), |_| {});
    let deploying = scene.begin("d1", &scene.push("1.1"));
    assert_eq!(deploying.answer(Some(0)), WorkTransition::Changed);
    insta::assert_snapshot!(seen_to_accept(&deploying, &scene.world), @"TargetBusy: service shop-prod/agent: What callers of service shop-prod/agent get is not final, so it cannot be accepted: deployment d-000000001 of CodeDeploy is of Windlass, and is in progress. Remedy: Wait until it has moved all callers, or stop it (`aws deploy stop-deployment --deployment-id d-000000001 --auto-rollback-enabled`), then accept again; the environment stays locked until then.");
    assert_eq!(deploying.undo(), WorkTransition::Changed, "{}", deploying.undo_failure());
    by_hand(&scene);
    sleep_min(&scene, 1);
    let moves = seen_to_accept(&deploying, &scene.world);
    let theirs = "deployment d-000000003 of CodeDeploy is somebody else's, and is in progress.";
    assert!(moves.starts_with("TargetBusy") && moves.contains(theirs), "{moves}");
    // It has moved all callers, and keeps the former tasks.
    sleep_min(&scene, 11);
    let keeps = seen_to_accept(&deploying, &scene.world);
    assert!(keeps.starts_with("agent:3 steady with 2 tasks; 2 tasks of agent:1 are left"), "{keeps}");
    sleep_min(&scene, 10);
    let over = seen_to_accept(&deploying, &scene.world);
    let runs = |words: &str| words.split_once(": ").map(|(_, runs)| runs.to_owned());
    assert_eq!(runs(&over), runs(&keeps), "what is recorded stays so");
}

#[test]
fn somebody_who_stops_it_is_named() {
    let scene = deployed_by(Routing::Canary(10, 10), |_| {});
    let deploying = scene.begin("d1", &scene.push("1.1"));
    assert_eq!(deploying.answer(Some(0)), WorkTransition::Changed);
    let now = scene.world.true_time();
    assert!(first(&scene, |live| live.stop(now)));
    sleep_min(&scene, 1);
    assert_eq!(deploying.answer(Some(1)), WorkTransition::Failed);
    insta::assert_snapshot!(deploying.failure(), @"TargetChangedByOther: service shop-prod/agent: Deployment d-000000001 of agent:2 of CodeDeploy was stopped: The deployment was stopped by a user. Windlass did not stop it. Its rollback d-000000002 has succeeded. Callers get agent:1. Windlass owns which task definition callers of the service get; every other field is yours. Remedy: Find out who stopped it (CloudTrail, StopDeployment), or whether nobody let it go on in time; then deploy again.");
    assert_eq!(deploying.undo(), WorkTransition::Changed, "{}", deploying.undo_failure());
}

#[test]
fn prepare_refuses_what_cannot_work() {
    type Spoil = fn(&mut ServiceScene);
    let table: [(&str, Spoil); 7] = [
        ("ECS deploys it", |h| {
            live(h, |live| live.service.controller = "ECS".into());
        }),
        ("nobody knows who does", |h| {
            live(h, |live| live.service.controller = "EXTERNAL".into());
        }),
        ("it is not declared", |h| h.spec.codedeploy = None),
        ("no such group", |h| {
            h.spec.codedeploy.as_mut().unwrap().group = "other".into();
        }),
        ("a group of functions", |h| {
            h.world.codedeploy().group("shop", "agent").unwrap().platform = "Lambda".into();
        }),
        ("a group of another service", |h| {
            let service = Some((CLUSTER.into(), "web".into()));
            h.world.codedeploy().group("shop", "agent").unwrap().service = service;
        }),
        ("behind no load balancer", |h| {
            live(h, |live| live.service.task_sets[0].shape = TaskSetShape::default());
        }),
    ];
    let mut lines = vec![];
    for (name, spoil) in table {
        let mut scene = at_once();
        let artifact = scene.push("1.1");
        spoil(&mut scene);
        lines.push(format!("{name}: {}", scene.refused(&artifact).join(" | ")));
    }
    insta::assert_snapshot!(lines.join("\n"), @r#"
    ECS deploys it: NotSupported: components.agent.service: Service shop-prod/agent has the deployment controller ECS, so that CodeDeploy cannot deploy it. Remedy: Leave out `codedeploy`; or make the service with another controller, which it keeps for good: Terraform `deployment_controller { type = "CODE_DEPLOY" }`, CDK `deploymentController: {type: DeploymentControllerType.CODE_DEPLOY}`, CloudFormation `DeploymentController: {Type: CODE_DEPLOY}`.
    nobody knows who does: NotSupported: components.agent.service: Service shop-prod/agent has the deployment controller EXTERNAL, so that neither ECS itself nor CodeDeploy deploys it. Remedy: Use a service with the deployment controller ECS, or CODE_DEPLOY with `codedeploy`.
    it is not declared: NotSupported: components.agent.service: Service shop-prod/agent has the deployment controller CODE_DEPLOY, so that CodeDeploy deploys it. Remedy: Write `codedeploy: {application: …, group: …}` with the deployment group of the service; or use a service with the deployment controller ECS.
    no such group: TargetMissing: components.agent.codedeploy.group: CodeDeploy has no group shop/other here. Remedy: Make it with your infrastructure code before the first deployment, or mend the names.
    a group of functions: NotSupported: components.agent.codedeploy.group: CodeDeploy's group shop/agent deploys to Lambda, and not to ECS. Remedy: Name a deployment group whose application has the compute platform ECS.
    a group of another service: BadValue: components.agent.codedeploy.group: CodeDeploy's group shop/agent deploys service shop-prod/web, and not service shop-prod/agent. Remedy: Name the deployment group that deploys this service.
    behind no load balancer: TargetNotReady: components.agent.codedeploy.group: CodeDeploy's group shop/agent has deployed nothing yet, and no task set of service shop-prod/agent is PRIMARY behind a load balancer, so that nobody knows what to deploy it with. Remedy: Deploy the service once with CodeDeploy; Windlass goes on from there.
    "#);
}
