//! ECS services that CodeDeploy deploys: the former tasks that are left when a release has ended.

use crate::service_scene::deployed::{at_once, deployed_by, in_words, sleep_min, switching};
use windlass_engine::payload::WorkTransition;
use windlass_engine::ports::Routing;

#[test]
fn an_undo_after_that_is_another_deployment_at_once() {
    let scene = deployed_by(Routing::Canary(10, 2), |_| {});
    let deploying = scene.begin("d1", &scene.push("1.1"));
    assert_eq!(deploying.to_the_end(), WorkTransition::Changed);
    sleep_min(&scene, 6);
    assert_eq!(in_words(&scene), "agent:2, 1 sets, 4 tasks: Succeeded");
    assert_eq!(deploying.undo(), WorkTransition::Changed, "{}", deploying.undo_failure());
    assert_eq!(in_words(&scene), "agent:1, 2 sets, 6 tasks: Succeeded, InProgress");
    assert_eq!(switching(&deploying)[1..], ["task definition agent:2 → agent:1 by CodeDeploy"]);
}

/// Whoever reads that somebody else changed the service would look for a person whom there is not.
#[test]
fn a_way_back_that_codedeploy_takes_back_is_named_as_that() {
    let scene = at_once();
    let deploying = scene.begin("d1", &scene.push("1.1"));
    assert_eq!(deploying.to_the_end(), WorkTransition::Changed);
    sleep_min(&scene, 6);
    for group in &mut scene.world.codedeploy().groups {
        group.fails_at = Some("AfterAllowTraffic");
    }
    assert_eq!(deploying.undo(), WorkTransition::Failed);
    insta::assert_snapshot!(deploying.undo_failure(), @"ChangeFailed: service shop-prod/agent: Deployment d-000000002 of agent:1 of CodeDeploy has failed, because its hook AfterAllowTraffic failed: a hook failed. Its rollback d-000000003 has succeeded. Callers get agent:2. Remedy: Look at the log of the hook's function; then go on as the next step says.");
}

#[test]
fn a_rollback_within_the_wait_starts_no_task() {
    let scene = at_once();
    let deploying = scene.begin("d1", &scene.push("1.1"));
    assert_eq!(deploying.forward(), WorkTransition::Changed);
    let recorded = deploying.step().before;
    let before = scene.world.ecs().tasks;
    let planned = scene.plan("d2", None, Some(&recorded));
    let back = scene.begin_planned("d2", &planned);
    assert_eq!(back.forward(), WorkTransition::Changed, "{}", back.failure());
    assert_eq!(scene.world.ecs().tasks, before);
    assert_eq!(in_words(&scene), "agent:1, 1 sets, 4 tasks: Stopped, Succeeded");
    // The release that had been rolled back comes once more, when the rollback itself is undone.
    assert_eq!(back.undo(), WorkTransition::Changed, "{}", back.undo_failure());
    assert_eq!(scene.set_to(), "agent:2");
}

#[test]
fn a_rollback_after_the_wait_is_another_deployment() {
    let scene = at_once();
    let deploying = scene.begin("d1", &scene.push("1.1"));
    assert_eq!(deploying.forward(), WorkTransition::Changed);
    let recorded = deploying.step().before;
    sleep_min(&scene, 6);
    let planned = scene.plan("d2", None, Some(&recorded));
    let back = scene.begin_planned("d2", &planned);
    assert_eq!(back.forward(), WorkTransition::Changed, "{}", back.failure());
    assert_eq!(in_words(&scene), "agent:1, 2 sets, 6 tasks: Succeeded, InProgress");
}

#[test]
fn the_next_release_ends_the_wait_of_the_last_one() {
    let scene = at_once();
    assert_eq!(scene.begin("d1", &scene.push("1.1")).forward(), WorkTransition::Changed);
    let next = scene.begin("d2", &scene.push("1.2"));
    assert_eq!(next.forward(), WorkTransition::Changed, "{}", next.failure());
    assert_eq!(in_words(&scene), "agent:3, 2 sets, 6 tasks: Succeeded, InProgress");
    insta::assert_snapshot!(switching(&next).join("\n"), @"
    let deployment d-000000001 of CodeDeploy end the former tasks
    task definition agent:2 → agent:3 by CodeDeploy
    ");
}

#[test]
fn former_tasks_that_stay_for_good_are_named_and_hold_nothing() {
    let scene = deployed_by(Routing::AllAtOnce, |group| group.ends_min = None);
    let deploying = scene.begin("d1", &scene.push("1.1"));
    assert_eq!(deploying.forward(), WorkTransition::Changed, "{}", deploying.failure());
    let recorded = deploying.step().before;
    let ended = "agent:2 (deployment d-000000001 of CodeDeploy leaves the tasks of agent:1 for good)";
    let after = "agent:2 steady with 2 tasks; 2 tasks of agent:1 are left without a caller";
    let shown = deploying.step().shown.unwrap();
    assert!([ended, after].contains(&shown.as_str()), "{shown}");
    sleep_min(&scene, 6);
    assert_eq!(in_words(&scene), "agent:2, 2 sets, 4 tasks: Succeeded");
    let next = scene.begin("d2", &scene.push("1.2"));
    assert_eq!(next.forward(), WorkTransition::Changed, "{}", next.failure());
    insta::assert_snapshot!(switching(&next).join("\n"), @"task definition agent:2 → agent:3 by CodeDeploy");
    sleep_min(&scene, 6);
    let planned = scene.plan("d3", None, Some(&recorded));
    let back = scene.begin_planned("d3", &planned);
    assert_eq!(back.forward(), WorkTransition::Changed, "{}", back.failure());
    assert_eq!(scene.set_to(), "agent:1");
}
