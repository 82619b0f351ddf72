//! Tests of ECS services whose deployments pause for Windlass: the way there and back, and what others do meanwhile.

use crate::service_scene::subject::ServiceOf;
use crate::service_scene::{CLUSTER, Deploying, SERVICE, ServiceScene, live};
use windlass_domain::declaration::kinds::ecs::{Pause, Strategy};
use windlass_engine::payload::WorkTransition;
use windlass_engine::ports::{Clock, LifecycleHook, ServiceHook, Shifting};
use windlass_world::conformance::conforms;
use windlass_world::pausing::Pausing;
use windlass_world::run::run;

fn pause(stages: &[&str], timeout_min: u32, then: &str) -> ServiceHook {
    ServiceHook {
        kind: "PAUSE".into(),
        stages: stages.iter().map(|stage| (*stage).to_owned()).collect(),
        timeout_min,
        then: then.into(),
    }
}

/// Makes a service that ECS shifts by this strategy. It pauses for Windlass at these stages for two hours at most.
fn pausing(strategy: Strategy, pauses: &[Pause]) -> ServiceScene {
    let mut scene = ServiceScene::new();
    scene.spec.rollout = strategy;
    scene.spec.pause = pauses.iter().copied().collect();
    let stages: Vec<&str> = pauses.iter().map(|at| at.as_str()).collect();
    live(&scene, |live| {
        live.service.strategy = strategy.in_ecs().into();
        live.service.shifting = Shifting {
            bake_min: 1,
            step_tenths: match strategy {
                Strategy::Canary => 100,
                Strategy::Linear => 400,
                _ => 1000,
            },
            step_min: if strategy == Strategy::Canary { 10 } else { 2 },
        };
        live.service.hooks = vec![pause(&stages, 120, "ROLLBACK")];
    });
    scene
}

/// Safety: kinds: A service that pauses before and after it is shifted conforms.
#[test]
fn a_service_that_pauses_before_and_after_it_is_shifted_conforms() {
    conforms(&ServiceOf(|| pausing(Strategy::BlueGreen, &Pause::ALL)));
}

/// Safety: kinds: A service that pauses before each part conforms.
#[test]
fn a_service_that_pauses_before_each_part_conforms() {
    let pauses = [Pause::PreProductionTrafficShift];
    conforms(&ServiceOf(|| pausing(Strategy::Canary, &pauses)));
}

/// Says what a person sees of the service: what it is set to, its newest deployment, its tasks so far, what was
/// answered.
fn in_words(scene: &ServiceScene) -> String {
    let set_to = scene.set_to();
    let mut services = scene.world.ecs();
    let tasks = services.tasks;
    let live = services.service_mut(CLUSTER, SERVICE);
    let newest = &live.rollouts[0];
    let tenths = newest.traffic_tenths.unwrap_or_default();
    let answered = live.pauses.len();
    format!("{set_to}, {} {} {tenths} ‰, {tasks} tasks, {answered} answered", newest.status, newest.stage)
}

fn sent(deploying: &Deploying<'_>) -> Vec<String> {
    let changes = deploying.step().changes.into_iter();
    changes.filter(|it| it.switching).map(|it| it.what).collect()
}

#[test]
fn each_pause_ends_a_wave_and_the_next_one_lets_it_go_on() {
    let mut lines = vec![];
    let table: [(Strategy, &[Pause]); 3] = [
        (Strategy::BlueGreen, &Pause::ALL),
        (Strategy::Canary, &[Pause::PreProductionTrafficShift, Pause::PostProductionTrafficShift]),
        (Strategy::Linear, &[Pause::PreProductionTrafficShift]),
    ];
    for (strategy, pauses) in table {
        let scene = pausing(strategy, pauses);
        let planned = scene.plan("d1", Some(&scene.push("1.1")), None);
        let deploying = scene.begin_planned("d1", &planned);
        lines.push(format!("{}:", strategy.as_str()));
        for (wave, stage) in (0..).zip(&planned.stages) {
            assert_eq!(deploying.answer(Some(wave)), WorkTransition::Changed);
            let step = deploying.step();
            let (shown, waits) = (step.shown.unwrap(), step.waits_for.unwrap_or_default().written());
            if let Some((_, paused)) = shown.split_once("; paused") {
                assert!(waits.ends_with(&format!("; paused{paused}")), "{waits}");
            }
            lines.push(format!(
                "  {} ({:?}): {}; {shown}",
                stage.what.split(" of agent").last().unwrap_or_default(),
                stage.bake_s,
                in_words(&scene),
            ));
        }
        lines.push(format!("  {}", sent(&deploying).join("; ")));
    }
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn an_undo_in_a_pause_answers_it_so_and_starts_no_task() {
    for pauses in [Pause::ALL.as_slice(), &[Pause::PostProductionTrafficShift]] {
        let scene = pausing(Strategy::BlueGreen, pauses);
        let deploying = scene.begin("d1", &scene.push("1.1"));
        assert_eq!(deploying.forward(), WorkTransition::Changed);
        let before = scene.world.ecs().tasks;
        let began = scene.world.now();
        assert_eq!(deploying.undo(), WorkTransition::Changed);
        let took_s = scene.world.now().ms_since(began) / 1000;
        assert!(took_s < 90, "{took_s} s");
        assert_eq!(scene.world.ecs().tasks, before, "no task is started");
        let last = sent(&deploying).pop().unwrap();
        let at = pauses[0].as_str();
        assert!(last.starts_with(&format!("let the deployment of agent:2 go back from {at}")), "{last}");
        assert!(in_words(&scene).starts_with("agent:1, ROLLBACK_SUCCESSFUL"));
    }
}

#[test]
fn a_hook_of_the_teams_is_named_and_not_answered() {
    let scene = pausing(Strategy::BlueGreen, &[Pause::PostProductionTrafficShift]);
    live(&scene, |live| {
        let team = pause(&["POST_SCALE_UP", "POST_TEST_TRAFFIC_SHIFT"], 1, "CONTINUE");
        live.service.hooks.push(team);
    });
    let deploying = scene.begin("d1", &scene.push("1.1"));
    let fault = deploying.invoke(Some(0)).unwrap_err();
    insta::assert_snapshot!(fault.message);
    // Both pauses run out, and ECS goes on by itself.
    assert_eq!(deploying.forward(), WorkTransition::Changed);
    live(&scene, |live| assert_eq!(live.pauses, []));
    assert_eq!(deploying.to_the_end(), WorkTransition::Changed);
    live(&scene, |live| {
        let stages: Vec<&str> = live.pauses.iter().map(|one| one.stage.as_str()).collect();
        assert_eq!(stages, ["POST_PRODUCTION_TRAFFIC_SHIFT"]);
    });
}

#[test]
fn where_another_pause_waits_at_the_same_stage_none_is_answered() {
    let scene = pausing(Strategy::BlueGreen, &[Pause::PostTestTrafficShift]);
    let deploying = scene.begin("d1", &scene.push("1.1"));
    assert_eq!(deploying.forward(), WorkTransition::Changed);
    live(&scene, |live| {
        let known = live.rollouts[0].hooks[0].clone();
        live.rollouts[0].hooks.push(LifecycleHook { id: "of-the-team".into(), ..known });
    });
    assert_eq!(deploying.answer(Some(1)), WorkTransition::Failed);
    insta::assert_snapshot!(deploying.failure());
    live(&scene, |live| assert_eq!(live.pauses, []));
}

/// Lets a person answer the pause that waits.
fn by_hand(scene: &ServiceScene, goes_on: bool) {
    scene.world.roll();
    let now = scene.world.now();
    let mut services = scene.world.ecs();
    let newest = services.service_mut(CLUSTER, SERVICE).rollouts[0].clone();
    let mut hooks = newest.hooks.iter();
    let waits = hooks.find(|it| it.status == "AWAITING_ACTION").unwrap();
    let by = Pausing::ByHand { goes_on };
    services.answer_pause(&newest.arn, &waits.id, by, now).unwrap();
}

#[test]
fn a_person_who_answers_late_in_a_long_watch_leaves_the_next_stage_its_time() {
    for watched_min in [1, 100] {
        let scene = pausing(Strategy::BlueGreen, &Pause::ALL);
        let deploying = scene.begin("d1", &scene.push("1.1"));
        assert_eq!(deploying.forward(), WorkTransition::Changed);
        for wave in 1..=2 {
            run(scene.world.sleep_ms(watched_min * 60_000));
            by_hand(&scene, true);
            assert_eq!(deploying.answer(Some(wave)), WorkTransition::Changed, "{watched_min}");
        }
        assert_eq!(sent(&deploying), ["task definition agent:1 → agent:2"]);
    }
}

#[test]
fn what_a_person_answers_is_taken_as_it_is() {
    let scene = pausing(Strategy::BlueGreen, &Pause::ALL);
    let deploying = scene.begin("d1", &scene.push("1.1"));
    assert_eq!(deploying.forward(), WorkTransition::Changed);
    by_hand(&scene, true);
    assert_eq!(deploying.answer(Some(1)), WorkTransition::Changed);
    assert_eq!(sent(&deploying), ["task definition agent:1 → agent:2"]);
    by_hand(&scene, false);
    assert_eq!(deploying.answer(Some(2)), WorkTransition::Failed);
    insta::assert_snapshot!(deploying.failure());
    assert_eq!(deploying.undo(), WorkTransition::Changed);
    assert_eq!(scene.set_to(), "agent:1");
}

#[test]
fn a_hook_that_runs_out_takes_the_release_back() {
    let scene = pausing(Strategy::BlueGreen, &[Pause::PostProductionTrafficShift]);
    let deploying = scene.begin("d1", &scene.push("1.1"));
    assert_eq!(deploying.forward(), WorkTransition::Changed);
    let now = Some(scene.world.now());
    live(&scene, |live| live.rollouts[0].hooks[0].expires = now);
    run(scene.world.sleep_ms(2_000));
    assert_eq!(deploying.answer(Some(1)), WorkTransition::Failed);
    insta::assert_snapshot!(deploying.failure());
}

#[test]
fn a_rollback_goes_through_its_pauses() {
    let scene = pausing(Strategy::Linear, &Pause::ALL);
    let first = scene.begin("d1", &scene.push("1.1"));
    assert_eq!(first.to_the_end(), WorkTransition::Changed);
    let before = first.step().before;
    let planned = scene.plan("d2", None, Some(&before));
    assert_eq!(planned.stages.len(), 1);
    let back = scene.begin_planned("d2", &planned);
    assert_eq!(back.forward(), WorkTransition::Changed);
    assert!(in_words(&scene).starts_with("agent:1, SUCCESSFUL"));
    insta::assert_snapshot!(sent(&back).join("\n"));
}

/// Safety: out-of-band changes: A pause of somebody else's ECS deployment is not answered.
#[test]
fn a_pause_of_somebody_elses_deployment_is_not_answered() {
    let scene = pausing(Strategy::BlueGreen, &[Pause::PostTestTrafficShift]);
    let deploying = scene.begin("d1", &scene.push("1.1"));
    assert_eq!(deploying.forward(), WorkTransition::Changed);
    let now = scene.world.now();
    {
        let mut services = scene.world.ecs();
        let known = services.task_definitions.values().next().unwrap().clone();
        let made = services.put_task_definition(&known.document, &known.tags);
        services.update(CLUSTER, SERVICE, &made.arn, now).unwrap();
    }
    assert_eq!(deploying.answer(Some(1)), WorkTransition::Failed);
    let failure = deploying.failure();
    assert!(failure.starts_with("TargetChangedByOther"), "{failure}");
    live(&scene, |live| assert_eq!(live.pauses, []));
}

#[test]
fn the_hooks_of_the_service_are_compared_with_what_is_declared() {
    let scene = pausing(Strategy::BlueGreen, &Pause::ALL);
    live(&scene, |live| {
        live.service.hooks = vec![
            pause(&["POST_TEST_TRAFFIC_SHIFT"], 60, "ROLLBACK"),
            pause(&["POST_TEST_TRAFFIC_SHIFT"], 60, "ROLLBACK"),
            pause(&["POST_PRODUCTION_TRAFFIC_SHIFT"], 60, "CONTINUE"),
        ];
    });
    insta::assert_snapshot!(scene.refused(&scene.push("1.1")).join("\n"));
}
