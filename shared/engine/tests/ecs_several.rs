//! Tests of a service with several images of its own: a release brings those of some containers, and the others keep
//! what they run.

use crate::service_scene::{CLUSTER, SERVICE, ServiceScene, document, live, repository, upload};
use serde_json::Value;
use windlass_domain::declaration::kinds::ecs::Base;
use windlass_domain::release::artifact::{Artifact, Image};
use windlass_domain::text::digest::Digest;
use windlass_engine::payload::WorkTransition;
use windlass_world::ecr::HOST;

/// Makes the service of the scene, whose second container has an image of ours as well: `shop/log:1`, named by tag.
fn two() -> (ServiceScene, Digest) {
    let mut scene = ServiceScene::new();
    let first = scene.world.ecr().push("shop/log", "1");
    scene.spec.containers = [("agent", "shop/agent"), ("log", "shop/log")]
        .map(|(container, repository)| (container.to_owned(), repository.to_owned()))
        .into();
    {
        let mut services = scene.world.ecs();
        let mut all = services.task_definitions.values_mut();
        let log = &mut all.next().unwrap().document["containerDefinitions"][1];
        log["image"] = format!("{HOST}/shop/log:1").into();
    }
    show(&scene, &[&first, &first]);
    (scene, first)
}

/// Sets the digests that the tasks show in the second container.
fn show(scene: &ServiceScene, digests: &[&Digest]) {
    live(scene, |live| {
        for (task, digest) in live.tasks.iter_mut().zip(digests) {
            task.task.containers[1].image_digest = Some(format!("sha256:{digest}"));
        }
    });
}

fn images(of: &[(&str, &Digest)]) -> Artifact {
    let image = |(name, digest): &(&str, &Digest)| {
        let image = Image { repository: format!("{HOST}/shop/{name}"), digest: (*digest).clone() };
        ((*name).to_owned(), image)
    };
    Artifact::Images { containers: of.iter().map(image).collect() }
}

fn push(scene: &ServiceScene, name: &str, tag: &str) -> Digest {
    let repository = format!("shop/{name}");
    scene.world.ecr().push(&repository, tag)
}

/// Returns the images of the task definition that the service is set to, without the registry.
fn set(scene: &ServiceScene) -> [String; 2] {
    scene.world.roll();
    let mut services = scene.world.ecs();
    let set_to = services.service_mut(CLUSTER, SERVICE).service.task_definition.clone();
    let containers = &services.task_definitions[&set_to].document["containerDefinitions"];
    let image = |number: usize| containers[number]["image"].as_str().unwrap().to_owned();
    [0, 1].map(|number| image(number).replace(&format!("{HOST}/shop/"), ""))
}

fn by_digest(name: &str, digest: &Digest) -> String {
    format!("{name}@sha256:{digest}")
}

#[test]
fn a_container_that_is_not_named_keeps_the_bytes_that_run_though_its_tag_has_moved() {
    let (scene, runs) = two();
    let agent = push(&scene, "agent", "1.1");
    push(&scene, "log", "1");
    let planned = scene.plan("d1", Some(&images(&[("agent", &agent)])), None);
    assert_eq!(
        planned.stages[0].what,
        format!(
            "service agent: container agent of agent:1 to sha256:{:.12}, container log keeps sha256:{:.12}",
            agent.as_str(),
            runs.as_str()
        )
    );
    assert_eq!(planned.artifact, Some(images(&[("agent", &agent), ("log", &runs)])));
    let deploying = scene.begin_planned("d1", &planned);
    assert_eq!(deploying.forward(), WorkTransition::Changed);
    assert_eq!(set(&scene), [by_digest("agent", &agent), by_digest("log", &runs)]);
    // The next release brings the other image alone, and then once more.
    let log = push(&scene, "log", "2");
    let deploying = scene.begin("d2", &images(&[("log", &log)]));
    assert_eq!(deploying.forward(), WorkTransition::Changed);
    assert_eq!(set(&scene), [by_digest("agent", &agent), by_digest("log", &log)]);
    let again = scene.plan("d3", Some(&images(&[("log", &log)])), None);
    assert_eq!(again.stages, []);
    let unchanged = again.unchanged.unwrap();
    assert!(unchanged.contains("already in container log"), "{unchanged}");
    assert_eq!(again.artifact, Some(images(&[("agent", &agent), ("log", &log)])));
}

#[test]
fn both_go_at_once_and_come_back_at_once() {
    let (scene, first) = two();
    let before = set(&scene);
    let (agent, log) = (push(&scene, "agent", "1.1"), push(&scene, "log", "2"));
    let deploying = scene.begin("d1", &images(&[("agent", &agent), ("log", &log)]));
    assert_eq!(deploying.forward(), WorkTransition::Changed);
    let both = [by_digest("agent", &agent), by_digest("log", &log)];
    assert_eq!(set(&scene), both);
    let then: Value = deploying.step().seen.unwrap();
    assert_eq!(deploying.undo(), WorkTransition::Changed);
    assert_eq!(set(&scene), before);
    let other = push(&scene, "agent", "1.2");
    let deploying = scene.begin("d2", &images(&[("agent", &other)]));
    assert_eq!(deploying.forward(), WorkTransition::Changed);
    assert_eq!(set(&scene), [by_digest("agent", &other), by_digest("log", &first)]);
    // The rollback brings back both recorded images with one change.
    let planned = scene.plan("d3", None, Some(&then));
    assert_eq!(scene.begin_planned("d3", &planned).forward(), WorkTransition::Changed);
    assert_eq!(set(&scene), both);
}

#[test]
fn what_cannot_be_kept_is_refused_before_anything_changes() {
    let (mut scene, first) = two();
    let agent = push(&scene, "agent", "1.1");
    let brings = images(&[("agent", &agent)]);
    let mut refusals = vec![];
    show(&scene, &[&first, &agent]);
    refusals.extend(scene.refused(&brings));
    live(&scene, |live| {
        live.tasks[1].task.containers[1].image_digest = None;
    });
    refusals.extend(scene.refused(&brings));
    scene.spec.containers.remove("log");
    refusals.extend(scene.refused(&images(&[("log", &first)])));
    scene.spec.containers.insert("sidecar".into(), "shop/sidecar".into());
    refusals.extend(scene.refused(&brings));
    let foreign = Artifact::Image { repository: format!("{HOST}/bank/agent"), digest: agent.clone() };
    refusals.extend(scene.refused(&foreign));
    insta::assert_snapshot!(refusals.join("\n"), @r#"
    TargetNotReady: components.agent.containers.log: The release does not name container `log`, whose image `111111111111.dkr.ecr.eu-west-1.amazonaws.com/shop/log:1` is named by tag, and its tasks do not show one digest, so that it cannot keep what it runs. Remedy: Name an image for it in the release as well (`images`).
    TargetNotReady: components.agent.containers.log: The release does not name container `log`, whose image `111111111111.dkr.ecr.eu-west-1.amazonaws.com/shop/log:1` is named by tag, and its tasks do not show one digest, so that it cannot keep what it runs. Remedy: Name an image for it in the release as well (`images`).
    UnknownName: components.agent.containers: The release has an image for container `log`, and none of this name is declared. Remedy: Known here: `agent`.
    UnknownName: components.agent.containers.sidecar: Task definition agent:1 has no container `sidecar`, only: agent, log. Remedy: Write the name of the container whose image is to be deployed.
    UnknownName: components.agent.containers.sidecar: Task definition agent:1 has no container `sidecar`, only: agent, log. Remedy: Write the name of the container whose image is to be deployed.
    BadValue: components.agent.containers: The release has 111111111111.dkr.ecr.eu-west-1.amazonaws.com/bank/agent@sha256:ab3bfe84adc33b2fc587599c934284b54c56018078680293d16b9b9471dfda28, and does not say for which container. Remedy: Release it again, with `images` in the manifest.
    "#);
}

#[test]
fn where_no_task_runs_a_container_keeps_what_its_tag_says() {
    let (scene, first) = two();
    live(&scene, |live| {
        live.service.desired = 0;
        live.tasks.clear();
    });
    let agent = push(&scene, "agent", "1.1");
    let planned = scene.plan("d1", Some(&images(&[("agent", &agent)])), None);
    assert_eq!(planned.findings, []);
    assert_eq!(planned.artifact, Some(images(&[("agent", &agent), ("log", &first)])));
}

#[test]
fn one_image_for_two_containers_of_its_repository_is_for_both() {
    let (mut scene, _) = two();
    scene.spec.containers.insert("log".into(), "shop/agent".into());
    let digest = push(&scene, "agent", "1.1");
    let one = Artifact::Image { repository: repository(), digest: digest.clone() };
    let deploying = scene.begin("d1", &one);
    assert_eq!(deploying.forward(), WorkTransition::Changed);
    let image = by_digest("agent", &digest);
    assert_eq!(set(&scene), [image.clone(), image]);
}

#[test]
fn a_document_brings_the_images_of_all_containers() {
    let (mut scene, _) = two();
    scene.spec.base = Base::Artifact;
    let (agent, log) = (push(&scene, "agent", "1.1"), push(&scene, "log", "2"));
    let mut rendered = document(&format!("{}:1.1", repository()));
    let upload = |name: &str, text: &Value| {
        let key = format!("artifacts/shop/prod/agent/{name}.json");
        upload(&scene.world, &key, &text.to_string())
    };
    let wrong = scene.refused(&upload("1", &rendered));
    assert_eq!(wrong.len(), 1, "{wrong:?}");
    assert!(wrong[0].contains("in container `log`"), "{wrong:?}");
    rendered["containerDefinitions"][1]["image"] = format!("{HOST}/shop/log:2").into();
    let deploying = scene.begin("d1", &upload("2", &rendered));
    assert_eq!(deploying.forward(), WorkTransition::Changed);
    assert_eq!(set(&scene), [by_digest("agent", &agent), by_digest("log", &log)]);
}
