//! Tasks that are run once: whatever goes wrong at whichever call, and what is planned.

#![allow(clippy::unwrap_used)] // helpers of tests

mod scene;

use scene::{Quay, running};
use serde_json::json;
use windlass_domain::digest::Digest;
use windlass_domain::plan::KindName;
use windlass_engine::kinds::task::Task;
use windlass_world::World;
use windlass_world::conformance::{Scene, Subject, conforms, deployment};

/// A task that succeeds, and what takes it back.
struct Once;

impl Subject for Once {
    type Kind = Task<World>;

    fn scene(&self) -> Scene {
        let quay = Quay::new();
        let planned = quay.plan("1", None);
        assert_eq!(planned.findings, []);
        Scene {
            world: quay.world,
            kind: KindName::Task,
            target: planned.target,
            goals: planned.stages.into_iter().map(|stage| stage.goal).collect(),
        }
    }

    fn kind(&self, at: World) -> Task<World> {
        Task::new(at, deployment())
    }

    fn arrived(&self, world: &World) {
        let runs = world.runs();
        assert_eq!(runs.live.len(), 1, "run once");
        assert!(runs.live[0].succeeded(world.true_time()));
    }
}

#[test]
fn a_task_conforms() {
    conforms(&Once);
}

/// What is recorded once a task with this image and this command has succeeded.
fn after(version: &str, command: &str) -> windlass_domain::environment::Running {
    let work = json!({"sha256": Digest::of(version.as_bytes()), "command": [command]});
    running(json!({
        "goal": {"back": work}, "noticed": {"value": work, "shown": ""},
    }))
}

#[test]
fn it_is_run_where_bytes_or_command_are_others_or_somebody_asks_again() {
    let mut quay = Quay::new();
    let runs = |told: &[String]| told[0].starts_with("run `up` once with sha256:");
    assert!(runs(&quay.told("1", None)));
    assert!(runs(&quay.told("2", Some(&after("1", "up")))));
    assert!(runs(&quay.told("1", Some(&after("1", "up --all")))));
    let same = quay.told("1", Some(&after("1", "up")));
    assert!(same[0].starts_with("is not run: `up` has succeeded here already"));
    quay.again = true;
    assert!(runs(&quay.told("1", Some(&after("1", "up")))));
    assert_eq!(quay.ran(), Vec::<String>::new());
}

#[test]
fn what_is_not_there_or_not_ours_is_told() {
    let mut quay = Quay::new();
    quay.spec.undo = None;
    assert_eq!(quay.told("1", None)[1..], ["MayStay"]);
    quay.spec.irreversible = true;
    assert_eq!(quay.told("1", None)[1..], ["Irreversible"]);
    assert!(quay.plan("1", None).irreversible);
    quay.spec.irreversible = false;
    quay.spec.container = Some("web".into());
    let missing = "UnknownName components.migrate.ecs.container";
    assert_eq!(quay.told("1", None), [missing]);
    quay.spec.container = None;
    quay.spec.family = Some("jobs".into());
    let missing = "TargetMissing components.migrate.ecs.family";
    assert_eq!(quay.told("1", None), [missing]);
    // Somebody else's: without our tags it is none of ours.
    quay.spec.family = Some("agent".into());
    let foreign = "TargetNotOurs components.migrate.ecs.family";
    assert_eq!(quay.told("1", None), [foreign]);
    quay.spec.family = None;
    let mut services = quay.world.services();
    services.service_mut("shop", "agent").service.tags.clear();
    drop(services);
    let foreign = "TargetNotOurs components.migrate.image";
    assert_eq!(quay.told("1", None), [foreign]);
}
