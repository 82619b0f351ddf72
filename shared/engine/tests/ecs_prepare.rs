//! Tests of what `Prepare` makes of an ECS service: findings, bases, what is left alone, rollbacks.

use crate::service_scene::{self, CLUSTER, SERVICE, ServiceScene, document, live, reference, repository};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use windlass_domain::declaration::kinds::ecs::Base;
use windlass_domain::release::artifact::Artifact;
use windlass_domain::text::digest::Digest;
use windlass_domain::text::fault::FaultName;
use windlass_engine::payload::WorkTransition;
use windlass_engine::ports::Clock;
use windlass_world::run::run;

#[test]
fn prepare_refuses_what_cannot_work() {
    type Spoil = fn(&mut ServiceScene);
    let table: [(&str, Spoil); 9] = [
        ("no such service", |h| h.spec.service = "other".into()),
        ("no such container", |h| {
            h.spec.containers = [("web".into(), "shop/agent".into())].into();
        }),
        ("not ours", |h| live(h, |live| live.service.tags.clear())),
        ("another controller", |h| {
            live(h, |live| live.service.controller = "CODE_DEPLOY".into());
        }),
        ("traffic shifted by ECS", |h| {
            live(h, |live| live.service.strategy = "BLUE_GREEN".into());
        }),
        ("no room to roll", |h| {
            live(h, |live| live.service.percents = (51, 149));
        }),
        ("draining", |h| {
            live(h, |live| live.service.status = "DRAINING".into());
        }),
        ("under way", |h| {
            live(h, |live| {
                "IN_PROGRESS".clone_into(&mut live.service.deployments[0].rollout);
            });
        }),
        ("deregistered", |h| set_status(h, "INACTIVE")),
    ];
    let mut lines = vec![];
    for (name, spoil) in table {
        let mut scene = ServiceScene::new();
        let artifact = scene.push("1.1");
        spoil(&mut scene);
        lines.push(format!("{name}: {}", scene.refused(&artifact).join(" | ")));
    }
    insta::assert_snapshot!(lines.join("\n"), @r#"
    no such service: TargetMissing: components.agent.service: There is no active service `other` in cluster `shop-prod`. Remedy: Create the service with your infrastructure code first, or mend the names of cluster and service.
    no such container: UnknownName: components.agent.container: Task definition agent:1 has no container `web`, only: agent, log. Remedy: Write the name of the container whose image is to be deployed.
    not ours: TargetNotOurs: components.agent.service: The tags of the service shop-prod/agent do not make it ours: `windlass:app` is missing; `windlass:environment` is missing. Remedy: Tag the service shop-prod/agent with `windlass:app`: `shop` and `windlass:environment`: `prod`, or give the environment a role of its own (`role_arn`), which then decides what is reached. This tags it: `aws resourcegroupstaggingapi tag-resources --tags windlass:app=shop,windlass:environment=prod --resource-arn-list arn:aws:ecs:eu-west-1:111111111111:service/shop-prod/agent`.
    another controller: NotSupported: components.agent.service: Service shop-prod/agent has the deployment controller CODE_DEPLOY, so that CodeDeploy deploys it. Remedy: Write `codedeploy: {application: …, group: …}` with the deployment group of the service; or use a service with the deployment controller ECS.
    traffic shifted by ECS: BadValue: components.agent.rollout: `rollout` is `rolling`, and service shop-prod/agent has the deployment strategy BLUE_GREEN. Remedy: Write `rollout: blue_green`; or set the service to ROLLING: Terraform `strategy = "ROLLING"` in `deployment_configuration`, CDK `deploymentStrategy: DeploymentStrategy.ROLLING`, CloudFormation `DeploymentConfiguration: {Strategy: ROLLING}`.
    no room to roll: TargetNotReady: components.agent.service: Service shop-prod/agent wants 2 tasks, of which at least 2 must run (`minimumHealthyPercent` 51) and at most 2 may (`maximumPercent` 149), so that ECS can neither stop nor start one. Remedy: Lower `minimumHealthyPercent` or raise `maximumPercent` in the service's `deploymentConfiguration`.
    draining: TargetNotReady: components.agent.service: Service shop-prod/agent is DRAINING. Remedy: Wait until it is deleted and create it anew, or name another service.
    under way: TargetNotReady: components.agent.service: Service shop-prod/agent has a deployment under way: ecs-svc/1 of agent:1 is PRIMARY IN_PROGRESS with 2 of 2 tasks running. Remedy: Wait until it is steady, or set the service back to a task definition that works.
    deregistered: TargetNotReady: components.agent.service: Service shop-prod/agent runs agent:1, which is deregistered, so that an undo could not go back to it. Remedy: Set the service to an active task definition first (`aws ecs update-service --task-definition …`).
    "#);
}

#[test]
fn an_image_that_is_gone_hides_no_other_finding() {
    let scene = ServiceScene::new();
    let gone = Artifact::Image { repository: repository(), digest: Digest::of(b"never pushed") };
    let fault = scene.try_plan("d", Some(&gone), None).unwrap_err();
    assert_eq!(fault.name, FaultName::NotFound, "{fault}");
    live(&scene, |live| live.service.tags.clear());
    let findings = scene.refused(&gone);
    assert!(findings[0].starts_with("TargetNotOurs"), "{findings:?}");
}

#[test]
fn what_runs_already_is_left_alone() {
    let scene = ServiceScene::new();
    let artifact = scene.push("1.1");
    assert_eq!(scene.begin("d1", &artifact).forward(), WorkTransition::Changed);
    let again = scene.plan("d2", Some(&artifact), None);
    assert_eq!(again.stages, []);
    let reason = again.unchanged.unwrap();
    assert!(reason.starts_with("service agent runs sha256:"), "{reason}");
    assert!(reason.ends_with("already (agent:2)"), "{reason}");
}

/// Safety: left open: A task definition that names its image by tag is warned of before anything changes.
#[test]
fn a_task_definition_that_names_its_image_by_tag_is_warned_of() {
    let scene = ServiceScene::new();
    let artifact = scene.push("1.1");
    assert_eq!(scene.plan("d1", Some(&artifact), None).warnings, []);
    let by_tag = document(&format!("{}:1.0", repository()));
    let now = scene.world.now();
    let mut services = scene.world.ecs();
    let arn = services.put_task_definition(&by_tag, &BTreeMap::new()).arn;
    services.update(CLUSTER, SERVICE, &arn, now).unwrap();
    drop(services);
    run(scene.world.sleep_ms(60_000));
    let warnings = scene.plan("d1", Some(&artifact), None).warnings;
    let reasons: Vec<String> = warnings.iter().map(|warning| warning.reason.written()).collect();
    assert_eq!(reasons.len(), 1, "{reasons:?}");
    assert!(reasons[0].contains("agent:2 names its image by tag"), "{reasons:?}");
}

#[test]
fn the_newest_of_the_family_can_be_the_base() {
    let mut scene = ServiceScene::new();
    scene.spec.base = Base::FamilyLatest;
    let artifact = scene.push("1.1");
    assert_eq!(scene.begin("d1", &artifact).forward(), WorkTransition::Changed);
    assert!(scene.plan("d2", Some(&artifact), None).unchanged.is_some());
    let mut newer = document("placeholder");
    newer["cpu"] = json!("512");
    scene.world.ecs().put_task_definition(&newer, &BTreeMap::new());
    let deploying = scene.begin("d3", &artifact);
    assert_eq!(deploying.forward(), WorkTransition::Changed);
    assert_eq!(scene.set_to(), "agent:4");
    let services = scene.world.ecs();
    let made = services.task_definitions.values().find(|td| td.document["revision"] == 4);
    assert_eq!(made.unwrap().document["cpu"], "512");
}

#[test]
fn a_task_definition_can_come_as_artifact() {
    let mut scene = ServiceScene::new();
    scene.spec.base = Base::Artifact;
    let image = scene.push("1.1");
    let rendered = document(&format!("{}:1.1", repository())).to_string();
    let artifact = service_scene::upload(&scene.world, "artifacts/shop/prod/agent/1.1.json", &rendered);
    assert_eq!(scene.begin("d1", &artifact).forward(), WorkTransition::Changed);
    assert_eq!(scene.set_to(), "agent:2");
    {
        let services = scene.world.ecs();
        let made = services.task_definitions.values().find(|td| td.document["revision"] == 2);
        let container = &made.unwrap().document["containerDefinitions"][0];
        assert_eq!(container["image"], format!("{}@{}", repository(), reference(&image)));
    }
    assert!(scene.plan("d2", Some(&artifact), None).unchanged.is_some());
    let other = document("public.ecr.aws/other:1").to_string();
    let other = service_scene::upload(&scene.world, "artifacts/shop/prod/agent/1.2.json", &other);
    let broken = service_scene::upload(&scene.world, "artifacts/shop/prod/agent/1.3.json", "{}");
    let lines = [scene.refused(&other), scene.refused(&broken), scene.refused(&image)].concat();
    insta::assert_snapshot!(lines.join("\n"), @r#"
    BadValue: components.agent.base: The task definition artifacts/shop/prod/agent/1.2.json has the image `public.ecr.aws/other:1` in container `agent`, which is not of the declared repository `shop/agent`. Remedy: Write the image as `repository:tag` or `repository@sha256:…` of the declared repository when CI renders the document.
    BadValue: components.agent.base: The artifact artifacts/shop/prod/agent/1.3.json is no task definition in JSON: it has no member `family`. Remedy: Upload a task definition as `aws ecs register-task-definition --cli-input-json` takes it.
    BadValue: components.agent.base: `base: artifact` needs a task definition as artifact. Remedy: Name it with `key` in the manifest, or choose another `base`.
    "#);
}

#[test]
fn a_rollback_goes_to_exactly_what_is_recorded() {
    let scene = ServiceScene::new();
    let deploying = scene.begin("d1", &scene.push("1.1"));
    assert_eq!(deploying.forward(), WorkTransition::Changed);
    let recorded: Value = deploying.step().before;
    let planned = scene.plan("r1", None, Some(&recorded));
    assert_eq!(planned.stages[0].what, "service agent: agent:2 → agent:1");
    assert_eq!(scene.begin_planned("r1", &planned).forward(), WorkTransition::Changed);
    assert_eq!(scene.set_to(), "agent:1");
    assert_eq!(scene.world.ecs().task_definitions.len(), 2);
    scene.world.ecr().images.clear();
    let planned = scene.plan("r2", None, Some(&recorded));
    insta::assert_snapshot!(planned.findings[0].written(), @"ArtifactMissing: components.agent.service: The image 111111111111.dkr.ecr.eu-west-1.amazonaws.com/shop/agent@sha256:b9817c333727c5f6e66f637eead7d4b58182ce298320fd5106baad363ffe7b8d that ran then is no longer in its repository. Remedy: Roll back to another snapshot; they are listed by `GET /apps/shop/environments/prod/snapshots`.");
}

#[test]
fn a_service_that_can_start_or_stop_one_task_can_roll() {
    for (desired, percents, can) in [
        (1, (100, 200), true),
        (1, (100, 199), false),
        (1, (0, 100), true),
        (1, (1, 100), false),
        (2, (50, 100), true),
        (2, (51, 100), false),
        (2, (100, 149), false),
        (2, (100, 150), true),
        (0, (100, 100), true),
    ] {
        let scene = ServiceScene::new();
        let artifact = scene.push("1.1");
        live(&scene, |live| {
            live.service.desired = desired;
            live.service.percents = percents;
        });
        let planned = scene.plan("d1", Some(&artifact), None);
        let refused = planned.findings.iter();
        let stuck = refused.filter(|f| f.reason.written().contains("can neither stop nor start"));
        assert_eq!(stuck.count() == 0, can, "{desired} tasks, {percents:?}");
    }
}

/// Safety: left open: An image index without the platform of the tasks is refused before anything changes.
#[test]
fn an_index_must_have_the_platform_of_the_tasks() {
    for (asked, refused) in [
        (json!(null), false),
        (json!({"operatingSystemFamily": "LINUX"}), false),
        (json!({"cpuArchitecture": "X86_64"}), false),
        (json!({"cpuArchitecture": "ARM64"}), true),
        (json!({"cpuArchitecture": "X86_64", "operatingSystemFamily": "WINDOWS_SERVER_2022_CORE"}), true),
    ] {
        let scene = ServiceScene::new();
        let digest = {
            let mut registry = scene.world.ecr();
            registry.push_index("shop/agent", "1.1", &["linux/amd64"])
        };
        let artifact = Artifact::Image { repository: repository(), digest };
        {
            let mut services = scene.world.ecs();
            let mut all = services.task_definitions.values_mut();
            all.next().unwrap().document["runtimePlatform"] = asked.clone();
        }
        let planned = scene.plan("d1", Some(&artifact), None);
        assert_eq!(!planned.findings.is_empty(), refused, "{asked}");
        if let Some(finding) = planned.findings.first() {
            assert!(finding.reason.written().contains("is only for linux/amd64"), "{finding:?}");
        }
    }
}

#[test]
fn a_task_definition_that_cannot_work_is_named() {
    let mut scene = ServiceScene::new();
    scene.spec.base = Base::Artifact;
    scene.push("1.1");
    let upload = |name: &str, document: &Value| {
        let key = format!("artifacts/shop/prod/agent/{name}.json");
        service_scene::upload(&scene.world, &key, &document.to_string())
    };
    let mut elsewhere = document(&format!("{}:1.1", repository()));
    elsewhere["runtimePlatform"] =
        json!({"cpuArchitecture": "X86_64", "operatingSystemFamily": "WINDOWS_SERVER_2022_CORE"});
    let mut renamed = document(&format!("{}:1.1", repository()));
    renamed["containerDefinitions"][0]["name"] = json!("web");
    let gone = upload("gone", &json!({}));
    {
        let mut objects = scene.world.s3();
        let bucket = objects.buckets.get_mut("artifacts").unwrap();
        bucket.keys.remove("artifacts/shop/prod/agent/gone.json");
    }
    let lines = [
        scene.refused(&upload("missing", &document(&format!("{}:9", repository())))),
        scene.refused(&upload("elsewhere", &elsewhere)),
        scene.refused(&upload("renamed", &renamed)),
        scene.refused(&gone),
    ]
    .concat();
    insta::assert_snapshot!(lines.join("\n"), @"
    ArtifactMissing: components.agent.repository: There is no image 9 in repository 111111111111.dkr.ecr.eu-west-1.amazonaws.com/shop/agent. Remedy: Push the image first, and keep it as long as a rollback may need it (lifecycle policy).
    NotSupported: components.agent.repository: The tasks run on windows/amd64 (`runtimePlatform` of the task definition), and the image 111111111111.dkr.ecr.eu-west-1.amazonaws.com/shop/agent@sha256:ab3bfe84adc33b2fc587599c934284b54c56018078680293d16b9b9471dfda28 is only for linux/amd64, linux/arm64. Remedy: Build the image for that platform too, or change the task definition's `runtimePlatform`.
    UnknownName: components.agent.container: The base artifacts/shop/prod/agent/renamed.json has no container `agent`, only: web, log. Remedy: Write the name of the container whose image is to be deployed.
    ArtifactMissing: components.agent.base: S3 404 NoSuchKey: artifacts/artifacts/shop/prod/agent/gone.json. Remedy: Upload a task definition as `aws ecs register-task-definition --cli-input-json` takes it.
    ");
}

#[test]
fn a_base_and_an_artifact_must_fit_each_other() {
    let mut scene = ServiceScene::new();
    let image = scene.push("1.1");
    let zip = service_scene::upload(&scene.world, "artifacts/shop/prod/agent/1.1.zip", "…");
    let refusal = scene.refused(&zip).concat();
    assert!(refusal.contains("An ECS service needs an image"), "{refusal}");
    scene.spec.base = Base::FamilyLatest;
    let mut newer = document("placeholder");
    newer["containerDefinitions"][0]["name"] = json!("web");
    let tags = BTreeMap::new();
    scene.world.ecs().put_task_definition(&newer, &tags);
    let refusal = scene.refused(&image).concat();
    assert!(refusal.contains("The base agent:2 has no container `agent`, only: web, log."), "{refusal}");
}

/// Gives the first task definition another status.
fn set_status(scene: &ServiceScene, status: &str) {
    let mut services = scene.world.ecs();
    services.task_definitions.values_mut().next().unwrap().document["status"] = json!(status);
}

#[test]
fn a_rollback_to_what_is_gone_is_refused_before_anything_changes() {
    type Spoil = fn(&ServiceScene, &mut Value);
    let table: [(&str, Spoil); 3] = [
        ("is deregistered", |scene, _| set_status(scene, "INACTIVE")),
        ("is deregistered", |scene, _| set_status(scene, "DELETE_IN_PROGRESS")),
        ("does not exist any more", |_, recorded| {
            let arn = recorded["goal"]["task_definition"].as_str().unwrap();
            recorded["goal"]["task_definition"] = json!(arn.replace("agent:1", "agent:99"));
        }),
    ];
    for (part, spoil) in table {
        let scene = ServiceScene::new();
        let deploying = scene.begin("d1", &scene.push("1.1"));
        assert_eq!(deploying.forward(), WorkTransition::Changed);
        let mut recorded: Value = deploying.step().before;
        spoil(&scene, &mut recorded);
        let planned = scene.plan("r1", None, Some(&recorded));
        let finding = planned.findings[0].written();
        assert!(finding.contains(part), "{finding}");
    }
}

#[test]
fn a_rollback_to_what_runs_changes_nothing() {
    let scene = ServiceScene::new();
    let deploying = scene.begin("d1", &scene.push("1.1"));
    let recorded: Value = deploying.step().before;
    let planned = scene.plan("r1", None, Some(&recorded));
    let unchanged = planned.unchanged.unwrap();
    assert_eq!(unchanged, "service agent is set to agent:1 already");
    let mut nameless = recorded;
    nameless["goal"]["task_definition"] = json!(null);
    for broken in [nameless, json!(7)] {
        let fault = scene.try_plan("r1", None, Some(&broken)).unwrap_err();
        assert_eq!(fault.name, FaultName::Internal, "{fault}");
    }
}
