//! Tests of a service with several images of its own: a release brings those of some containers, and the others keep
//! what they run.

#![allow(clippy::unwrap_used)] // helpers of tests

mod harbour;

use harbour::{CLUSTER, Harbour, SERVICE, document, live, repository, upload};
use serde_json::Value;
use windlass_domain::artifact::{Artifact, Image};
use windlass_domain::digest::Digest;
use windlass_domain::kinds::ecs::Base;
use windlass_engine::payload::WorkTransition;
use windlass_world::ecr::HOST;

/// Makes the service of the harbour, whose second container has an image of ours as well: `shop/log:1`, named by tag.
fn two() -> (Harbour, Digest) {
    let mut harbour = Harbour::new();
    let first = harbour.world.ecr().push("shop/log", "1");
    harbour.spec.containers = [("agent", "shop/agent"), ("log", "shop/log")]
        .map(|(container, repository)| (container.to_owned(), repository.to_owned()))
        .into();
    {
        let mut services = harbour.world.ecs();
        let mut all = services.task_definitions.values_mut();
        let log = &mut all.next().unwrap().document["containerDefinitions"][1];
        log["image"] = format!("{HOST}/shop/log:1").into();
    }
    show(&harbour, &[&first, &first]);
    (harbour, first)
}

/// Sets the digests that the tasks show in the second container.
fn show(harbour: &Harbour, digests: &[&Digest]) {
    live(harbour, |live| {
        for (task, digest) in live.tasks.iter_mut().zip(digests) {
            task.task.containers[1].image_digest = Some(format!("sha256:{digest}"));
        }
    });
}

fn images(of: &[(&str, &Digest)]) -> Artifact {
    let image = |(name, digest): &(&str, &Digest)| {
        let image = Image {
            repository: format!("{HOST}/shop/{name}"),
            digest: (*digest).clone(),
        };
        ((*name).to_owned(), image)
    };
    Artifact::Images {
        containers: of.iter().map(image).collect(),
    }
}

fn push(harbour: &Harbour, name: &str, tag: &str) -> Digest {
    let repository = format!("shop/{name}");
    harbour.world.ecr().push(&repository, tag)
}

/// Returns the images of the task definition that the service is set to, without the registry.
fn set(harbour: &Harbour) -> [String; 2] {
    harbour.world.roll();
    let mut services = harbour.world.ecs();
    let set_to = services
        .service_mut(CLUSTER, SERVICE)
        .service
        .task_definition
        .clone();
    let containers = &services.task_definitions[&set_to].document["containerDefinitions"];
    let image = |number: usize| containers[number]["image"].as_str().unwrap().to_owned();
    [0, 1].map(|number| image(number).replace(&format!("{HOST}/shop/"), ""))
}

fn by_digest(name: &str, digest: &Digest) -> String {
    format!("{name}@sha256:{digest}")
}

#[test]
fn a_container_that_is_not_named_keeps_the_bytes_that_run_though_its_tag_has_moved() {
    let (harbour, runs) = two();
    let agent = push(&harbour, "agent", "1.1");
    push(&harbour, "log", "1");
    let planned = harbour.plan("d1", Some(&images(&[("agent", &agent)])), None);
    assert_eq!(
        planned.stages[0].what,
        format!(
            "service agent: container agent of agent:1 to sha256:{:.12}, container log keeps sha256:{:.12}",
            agent.as_str(),
            runs.as_str()
        )
    );
    assert_eq!(
        planned.artifact,
        Some(images(&[("agent", &agent), ("log", &runs)]))
    );
    let sailing = harbour.begin_planned("d1", &planned);
    assert_eq!(sailing.forward(), WorkTransition::Changed);
    assert_eq!(
        set(&harbour),
        [by_digest("agent", &agent), by_digest("log", &runs)]
    );
    // The next release brings the other image alone, and then once more.
    let log = push(&harbour, "log", "2");
    let sailing = harbour.begin("d2", &images(&[("log", &log)]));
    assert_eq!(sailing.forward(), WorkTransition::Changed);
    assert_eq!(
        set(&harbour),
        [by_digest("agent", &agent), by_digest("log", &log)]
    );
    let again = harbour.plan("d3", Some(&images(&[("log", &log)])), None);
    assert_eq!(again.stages, []);
    let unchanged = again.unchanged.unwrap();
    assert!(
        unchanged.contains("already in container log"),
        "{unchanged}"
    );
    assert_eq!(
        again.artifact,
        Some(images(&[("agent", &agent), ("log", &log)]))
    );
}

#[test]
fn both_go_at_once_and_come_back_at_once() {
    let (harbour, first) = two();
    let before = set(&harbour);
    let (agent, log) = (push(&harbour, "agent", "1.1"), push(&harbour, "log", "2"));
    let sailing = harbour.begin("d1", &images(&[("agent", &agent), ("log", &log)]));
    assert_eq!(sailing.forward(), WorkTransition::Changed);
    let both = [by_digest("agent", &agent), by_digest("log", &log)];
    assert_eq!(set(&harbour), both);
    let then: Value = sailing.step().seen.unwrap();
    assert_eq!(sailing.undo(), WorkTransition::Changed);
    assert_eq!(set(&harbour), before);
    let other = push(&harbour, "agent", "1.2");
    let sailing = harbour.begin("d2", &images(&[("agent", &other)]));
    assert_eq!(sailing.forward(), WorkTransition::Changed);
    assert_eq!(
        set(&harbour),
        [by_digest("agent", &other), by_digest("log", &first)]
    );
    // The rollback brings back both recorded images with one change.
    let planned = harbour.plan("d3", None, Some(&then));
    assert_eq!(
        harbour.begin_planned("d3", &planned).forward(),
        WorkTransition::Changed
    );
    assert_eq!(set(&harbour), both);
}

#[test]
fn what_cannot_be_kept_is_refused_before_anything_changes() {
    let (mut harbour, first) = two();
    let agent = push(&harbour, "agent", "1.1");
    let brings = images(&[("agent", &agent)]);
    let mut told = vec![];
    show(&harbour, &[&first, &agent]);
    told.extend(harbour.refused(&brings));
    live(&harbour, |live| {
        live.tasks[1].task.containers[1].image_digest = None;
    });
    told.extend(harbour.refused(&brings));
    harbour.spec.containers.remove("log");
    told.extend(harbour.refused(&images(&[("log", &first)])));
    harbour
        .spec
        .containers
        .insert("sidecar".into(), "shop/sidecar".into());
    told.extend(harbour.refused(&brings));
    let foreign = Artifact::Image {
        repository: format!("{HOST}/bank/agent"),
        digest: agent.clone(),
    };
    told.extend(harbour.refused(&foreign));
    insta::assert_snapshot!(told.join("\n"), @r#"
    TargetNotReady: components.agent.containers.log: The release does not name container `log`, whose image `111111111111.dkr.ecr.eu-west-1.amazonaws.com/shop/log:1` is named by tag, and its tasks do not show one digest, so that it cannot keep what it runs. Remedy: Name an image for it in the release as well (`images`).
    TargetNotReady: components.agent.containers.log: The release does not name container `log`, whose image `111111111111.dkr.ecr.eu-west-1.amazonaws.com/shop/log:1` is named by tag, and its tasks do not show one digest, so that it cannot keep what it runs. Remedy: Name an image for it in the release as well (`images`).
    UnknownName: components.agent.containers: The release has an image for container `log`, and none of this name is declared. Remedy: Known here: `agent`.
    UnknownName: components.agent.containers.sidecar: Task definition agent:1 has no container `sidecar`, only: agent, log. Remedy: Write the name of the container whose image is to be deployed.
    UnknownName: components.agent.containers.sidecar: Task definition agent:1 has no container `sidecar`, only: agent, log. Remedy: Write the name of the container whose image is to be deployed.
    BadValue: components.agent.containers: The release has 111111111111.dkr.ecr.eu-west-1.amazonaws.com/bank/agent@sha256:ab3bfe84adc33b2fc587599c934284b54c56018078680293d16b9b9471dfda28, and does not tell for which container. Remedy: Release it again, with `images` in the manifest.
    "#);
}

#[test]
fn where_no_task_runs_a_container_keeps_what_its_tag_says() {
    let (harbour, first) = two();
    live(&harbour, |live| {
        live.service.desired = 0;
        live.tasks.clear();
    });
    let agent = push(&harbour, "agent", "1.1");
    let planned = harbour.plan("d1", Some(&images(&[("agent", &agent)])), None);
    assert_eq!(planned.findings, []);
    assert_eq!(
        planned.artifact,
        Some(images(&[("agent", &agent), ("log", &first)]))
    );
}

#[test]
fn one_image_for_two_containers_of_its_repository_is_for_both() {
    let (mut harbour, _) = two();
    harbour
        .spec
        .containers
        .insert("log".into(), "shop/agent".into());
    let digest = push(&harbour, "agent", "1.1");
    let one = Artifact::Image {
        repository: repository(),
        digest: digest.clone(),
    };
    let sailing = harbour.begin("d1", &one);
    assert_eq!(sailing.forward(), WorkTransition::Changed);
    let image = by_digest("agent", &digest);
    assert_eq!(set(&harbour), [image.clone(), image]);
}

#[test]
fn a_document_brings_the_images_of_all_containers() {
    let (mut harbour, _) = two();
    harbour.spec.base = Base::Artifact;
    let (agent, log) = (push(&harbour, "agent", "1.1"), push(&harbour, "log", "2"));
    let mut rendered = document(&format!("{}:1.1", repository()));
    let upload = |name: &str, text: &Value| {
        let key = format!("artifacts/shop/agent/{name}.json");
        upload(&harbour.world, &key, &text.to_string())
    };
    let wrong = harbour.refused(&upload("1", &rendered));
    assert_eq!(wrong.len(), 1, "{wrong:?}");
    assert!(wrong[0].contains("in container `log`"), "{wrong:?}");
    rendered["containerDefinitions"][1]["image"] = format!("{HOST}/shop/log:2").into();
    let sailing = harbour.begin("d1", &upload("2", &rendered));
    assert_eq!(sailing.forward(), WorkTransition::Changed);
    assert_eq!(
        set(&harbour),
        [by_digest("agent", &agent), by_digest("log", &log)]
    );
}
