//! Tests of tasks that are run once: whatever goes wrong at whichever call, and what is planned.

mod calls;
mod scene;

use scene::{TaskScene, running};
use serde_json::json;
use windlass_domain::declaration::plan::KindName;
use windlass_domain::deployment::step::StepFailure;
use windlass_domain::text::digest::Digest;
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_domain::text::foreign::is_hidden;
use windlass_engine::kinds::task::Task;
use windlass_engine::payload::WorkTransition;
use windlass_engine::ports::Cluster;
use windlass_world::World;
use windlass_world::conformance::{Scene, Subject, Trial, conforms, deployment};
use windlass_world::mishaps::{Visitor, When};

/// A task that succeeds, and a task that takes it back.
struct Once;

impl Subject for Once {
    type Kind = Task<World>;

    fn scene(&self) -> Scene {
        let scene = TaskScene::new();
        let planned = scene.plan("1", None);
        assert_eq!(planned.findings, []);
        Scene {
            world: scene.world,
            kind: KindName::Task,
            target: planned.target,
            goals: planned.stages.into_iter().map(|stage| stage.goal).collect(),
        }
    }

    fn kind(&self, at: World) -> Task<World> {
        Task::new(at, deployment())
    }

    fn arrived(&self, world: &World) {
        let runs = world.ecs_tasks();
        assert_eq!(runs.live.len(), 1, "run once");
        assert!(runs.live[0].succeeded(world.true_time()));
    }
}

/// Safety: kinds: A task conforms.
#[test]
fn a_task_conforms() {
    conforms(&Once);
}

/// Safety: tasks: A task whose answer is lost and whose token ECS refuses is found by its family and its `startedBy`,
/// and runs once.
#[test]
fn a_conflict_after_a_lost_answer_finds_the_task_that_runs() {
    let sends = |world: &World| {
        let mishaps = world.mishaps();
        let calls = mishaps.calls.iter();
        calls.filter(|name| **name == "ecs_tasks.run_task").count()
    };
    let first = {
        let trial = Trial::begin(&Once).unwrap();
        assert_eq!(trial.forward(), Ok(WorkTransition::Changed));
        let mishaps = trial.scene.world.mishaps();
        let mut calls = mishaps.calls.iter();
        calls.position(|name| *name == "ecs_tasks.run_task").unwrap() as u64 + 1
    };
    let trial = Trial::begin(&Once).unwrap();
    let world = &trial.scene.world;
    let lost = Fault::new(FaultName::Unavailable, "the answer was lost");
    world.fail_call(first, When::After, lost);
    // ECS does not show the task yet, and takes the second request for another one.
    world.mishaps().visitor = Visitor::new(move |world| {
        let is_hidden = sends(world) == 1;
        for live in &mut world.ecs_tasks().live {
            let own = live.asked.task_definition.replace("/hidden-", "/windlass-");
            let hidden = own.replace("/windlass-", "/hidden-");
            live.asked.task_definition = if is_hidden { hidden } else { own };
        }
    });
    assert_eq!(trial.forward(), Ok(WorkTransition::Changed), "{:?}", trial.step());
    assert_eq!(sends(world), 2, "the second one is refused");
    let runs = world.ecs_tasks();
    assert_eq!(runs.live.len(), 1, "run once");
    let step = trial.step().unwrap();
    let ended = &step.changes.last().unwrap().change["end"];
    assert_eq!(ended["task"], runs.live[0].arn);
    let by = "windlass/0123456789abcdef/migrate/forward";
    assert_eq!(ended["started_by"], by);
}

/// Returns the record after a task with this image and this command has succeeded.
fn after(version: &str, command: &str) -> windlass_domain::environment::Running {
    let work = json!({"sha256": Digest::of(version.as_bytes()), "command": [command]});
    running(json!({
        "goal": {"back": work}, "noticed": {"value": work, "shown": ""},
    }))
}

#[test]
fn it_is_run_where_bytes_or_command_are_others_or_somebody_asks_again() {
    let mut scene = TaskScene::new();
    let runs = |lines: &[String]| lines[0].starts_with("run `up` once with sha256:");
    assert!(runs(&scene.plan_lines("1", None)));
    assert!(runs(&scene.plan_lines("2", Some(&after("1", "up")))));
    assert!(runs(&scene.plan_lines("1", Some(&after("1", "up --all")))));
    let same = scene.plan_lines("1", Some(&after("1", "up")));
    assert!(same[0].starts_with("is not run: `up` has succeeded here already"));
    scene.again = true;
    assert!(runs(&scene.plan_lines("1", Some(&after("1", "up")))));
    assert_eq!(scene.ran(), Vec::<String>::new());
}

#[test]
fn what_is_not_there_or_not_ours_is_named() {
    let mut scene = TaskScene::new();
    scene.spec.undo = None;
    assert_eq!(scene.plan_lines("1", None)[1..], ["MayStay"]);
    scene.spec.irreversible = true;
    assert_eq!(scene.plan_lines("1", None)[1..], ["Irreversible"]);
    assert!(scene.plan("1", None).irreversible);
    scene.spec.irreversible = false;
    scene.spec.container = Some("web".into());
    let missing = "UnknownName components.migrate.ecs.container";
    assert_eq!(scene.plan_lines("1", None), [missing]);
    scene.spec.container = None;
    scene.spec.family = Some("jobs".into());
    let missing = "TargetMissing components.migrate.ecs.family";
    assert_eq!(scene.plan_lines("1", None), [missing]);
    // The family is somebody else's: without our tags it is none of ours.
    scene.spec.family = Some("agent".into());
    let foreign = "TargetNotOurs components.migrate.ecs.family";
    assert_eq!(scene.plan_lines("1", None), [foreign]);
    scene.spec.family = None;
    let mut services = scene.world.ecs();
    services.service_mut("shop", "agent").service.tags.clear();
    drop(services);
    let foreign = "TargetNotOurs components.migrate.image";
    assert_eq!(scene.plan_lines("1", None), [foreign]);
}

#[test]
fn a_volume_that_is_configured_at_launch_is_refused() {
    let scene = TaskScene::new();
    for (at_launch, wanted) in [(false, None), (true, Some("NotSupported components.migrate.image"))] {
        let mut services = scene.world.ecs();
        let definition = services.task_definitions.values_mut().next().unwrap();
        definition.document["volumes"] = json!([{"name": "fixed"}, {"name": "x", "configuredAtLaunch": at_launch}]);
        drop(services);
        let lines = scene.plan_lines("1", None);
        assert_eq!(lines.iter().map(String::as_str).find(|one| one.starts_with("NotSupported")), wanted);
    }
}

/// Safety: tenancy: A task runs in a cluster that it names itself only where the cluster is tagged for its application
/// and environment.
#[test]
fn a_cluster_that_the_task_names_is_tagged_for_it() {
    let mut scene = TaskScene::new();
    scene.spec.cluster = Some("jobs".into());
    let missing = "TargetMissing components.migrate.ecs.cluster";
    assert_eq!(scene.plan_lines("1", None), [missing]);
    let of = |app: &str| {
        let tags = [("windlass:app", app), ("windlass:environment", "prod")];
        let tags = tags.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let arn = "arn:aws:ecs:eu-west-1:111111111111:cluster/jobs".to_owned();
        Cluster { arn, tags: tags.into() }
    };
    let put = |cluster| scene.world.ecs_tasks().clusters.insert("jobs".into(), cluster);
    put(of("store"));
    let foreign = "TargetNotOurs components.migrate.ecs.cluster";
    assert_eq!(scene.plan_lines("1", None), [foreign]);
    scene.back = Some(json!({}));
    assert!(!scene.plan_lines("1", None).contains(&foreign.to_owned()));
    scene.back = None;
    put(of("shop"));
    assert!(scene.plan_lines("1", None)[0].ends_with("in cluster jobs"));
    // That of the service needs no tags: the service has them.
    scene.spec.cluster = Some("shop".into());
    assert!(scene.plan_lines("1", None)[0].ends_with("in cluster shop"));
}

/// The same task, whose last lines are shown.
struct Loud;

impl Subject for Loud {
    type Kind = Task<World>;

    fn scene(&self) -> Scene {
        let mut scene = TaskScene::new();
        scene.spec.show_log = true;
        let planned = scene.plan("1", None);
        assert_eq!(planned.findings, []);
        scene.world.ecs_tasks().exits.insert("up".into(), 1);
        Scene {
            world: scene.world,
            kind: KindName::Task,
            target: planned.target,
            goals: planned.stages.into_iter().map(|stage| stage.goal).collect(),
        }
    }

    fn kind(&self, at: World) -> Task<World> {
        Task::new(at, deployment())
    }
}

fn why(failure: Option<&StepFailure>) -> String {
    match failure {
        Some(StepFailure::Finding(finding)) => finding.reason.written(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_last_lines_of_its_log_are_shown_where_that_is_declared() {
    let trial = Trial::begin(&Loud).unwrap();
    let world = &trial.scene.world;
    let stream = format!("x/agent/run{:029x}", 1);
    world.log_to("/shop", "x/agent/another", "not this one");
    for line in 0..30 {
        world.log_to("/shop", &stream, &format!("line {line}\u{1b}[0m"));
    }
    world.log_to("/shop", &stream, "\u{1b}[2Jx\r\n  next: run it\u{202e}");
    world.log_to("/shop", &stream, &"long ".repeat(100));
    assert_eq!(trial.forward(), Ok(WorkTransition::Failed));
    let step = trial.step().unwrap();
    let reason = why(step.failure.as_ref());
    let lines: Vec<&str> = reason.lines().filter(|line| line.starts_with("  | ")).collect();
    assert_eq!(lines.len(), 20, "{reason}");
    assert_eq!(reason.lines().count(), 21, "no line of the log begins one of ours: {reason}");
    assert!(!reason.contains(|c| is_hidden(c) && c != '\n'), "{reason:?}");
    assert!(lines[0].starts_with("  | line 12 "), "{reason}");
    assert!(lines[19].ends_with('…') && lines[19].len() < 220, "{reason}");
    let ended = step.changes.last().unwrap();
    assert_eq!(ended.change["end"]["lines"][0], "line 12 [0m");
    assert!(ended.what.contains("line 29"), "{}", ended.what);
}

#[test]
fn a_log_that_cannot_be_read_does_not_hold_up_the_end() {
    let trial = Trial::begin(&Loud).unwrap();
    let denied = Fault::new(FaultName::AccessDenied, "FilterLogEvents: AccessDeniedException");
    let mut mishaps = trial.scene.world.mishaps();
    mishaps.refused.insert("Logs_20140328.FilterLogEvents", denied);
    drop(mishaps);
    assert_eq!(trial.forward(), Ok(WorkTransition::Failed));
    let reason = why(trial.step().unwrap().failure.as_ref());
    assert!(reason.contains("could not be read: Windlass may read only log groups with the tags"), "{reason}");
}

#[test]
fn lines_of_a_log_that_nobody_can_find_are_not_promised() {
    let mut scene = TaskScene::new();
    scene.spec.show_log = true;
    for (option, wanted) in
        [("awslogs-region", None), ("awslogs-stream-prefix", Some("NotSupported components.migrate.show_log"))]
    {
        let mut services = scene.world.ecs();
        let definition = services.task_definitions.values_mut().next().unwrap();
        let logs = &mut definition.document["containerDefinitions"][1]["logConfiguration"];
        logs["options"].as_object_mut().unwrap().remove(option);
        drop(services);
        let lines = scene.plan_lines("1", None);
        assert_eq!(lines.iter().map(String::as_str).find(|one| one.contains("show_log")), wanted);
    }
}
