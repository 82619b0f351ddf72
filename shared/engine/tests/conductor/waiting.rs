//! Tests of the queue: who waits, who is woken, who gives up, and who does not wait.

use crate::conductor::inputs::order;
use crate::conductor::scene::{FIRST, Scene, in_short, is_rollback};
use crate::stage::{app, component, id, prod};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use windlass_domain::access::WAITS_MS;
use windlass_domain::deployment::{Status, Why};
use windlass_domain::environment::{EnvironmentState, HeldState, Lock, Proof, Snapshot, Waiting};
use windlass_domain::release::action::ActionName;
use windlass_domain::release::ending::Ending;
use windlass_domain::release::identity::{DeploymentId, EnvironmentId};
use windlass_domain::text::time::Time;
use windlass_engine::ledger::{self, ExecutionDeployment};
use windlass_engine::payload::{Answer, ConductorInput, Transition};
use windlass_engine::ports::Result;
use windlass_engine::recovery::wake;
use windlass_world::run::run;
use windlass_world::stepfunctions::arn_of;

/// Asks for its turn, as at every wake-up.
fn turn(scene: &Scene) -> Result<Answer> {
    let known = ExecutionDeployment { deployment: id() };
    scene.stage.put(ledger::execution(&arn_of(FIRST)), &known);
    scene.admit(FIRST, Value::Null)
}

fn give_a_token(scene: &Scene) -> Answer {
    scene.stage.world.stepfunctions().tokens.insert("token".into());
    scene.asks("AwaitTurn").unwrap()
}

fn was_woken(scene: &Scene) -> bool {
    let answered = scene.stage.world.stepfunctions().answered.clone();
    !answered.is_empty() && answered == [("token".to_owned(), json!({}))]
}

#[test]
fn what_has_to_wait_has_a_place_in_the_queue_once() {
    let scene = Scene::free();
    scene.other_holds(ActionName::Deploy, HeldState::Running);
    for _ in 0..2 {
        assert_eq!(in_short(&turn(&scene)), (Transition::Wait, ""));
        scene.stage.pass_seconds(60);
    }
    let queued = scene.indexed(&ledger::WAITING);
    let [one] = queued.as_slice() else { panic!("{queued:?}") };
    assert_eq!(one.rev, 1);
    assert_eq!(one.value.deployment, id());
    assert_eq!(one.value.components, [component("api").into()]);
    assert!(!one.value.operator);
    assert_eq!(one.value.since.plus_s(120), scene.now());
    assert_eq!(scene.record().status, Status::Waiting);
}

#[test]
fn an_operator_does_not_wait_for_a_deployment_that_runs() {
    for (snapshot, named, wanted) in [(7, None, Some(7)), (7, Some(3), Some(3)), (0, None, None)] {
        let mut scene = Scene::free();
        is_rollback(&mut scene);
        scene.change_record(|record| record.snapshot = named);
        scene.other_holds(ActionName::Deploy, HeldState::Running);
        let state = EnvironmentState { snapshot, ..EnvironmentState::default() };
        scene.stage.put(ledger::state(EnvironmentId::new(&app(), &prod())), &state);
        let there = Snapshot {
            number: 3,
            version: "1.3.0".into(),
            release: None,
            deployment: id(),
            made: Time(0),
            replaced: 2,
            components: BTreeMap::new(),
            irreversible: [].into(),
            proof: Proof::default(),
            partly: None,
        };
        scene.stage.put(ledger::snapshot(EnvironmentId::new(&app(), &prod()), 3), &there);
        assert_eq!(in_short(&turn(&scene)), (Transition::Preempt, ""));
        assert!(scene.waiting().unwrap().operator);
        // It goes back to the present snapshot, or to the named one: the release under way is undone first.
        assert_eq!(scene.record().snapshot, wanted);
    }
}

#[test]
fn an_operator_who_names_what_is_not_crossed_stops_nothing() {
    for snapshot in [7, 0] {
        let mut scene = Scene::free();
        is_rollback(&mut scene);
        scene.change_record(|record| record.across = [component("seed")].into());
        scene.other_holds(ActionName::Deploy, HeldState::Running);
        let state = EnvironmentState { snapshot, ..EnvironmentState::default() };
        scene.stage.put(ledger::state(EnvironmentId::new(&app(), &prod())), &state);
        assert_eq!(in_short(&turn(&scene)).1, "UnknownName", "{snapshot}");
        assert!(scene.waiting().is_none());
    }
}

#[test]
fn who_is_stopped_for_an_operator() {
    use ActionName::{Deploy, Rollback};
    use HeldState::{NeedsOperator, Recovering, Running};
    for (action, state, stopped) in [
        (Deploy, Running, true),
        (Deploy, Recovering, false),
        (Deploy, NeedsOperator, false),
        (Rollback, Running, false),
    ] {
        let mut scene = Scene::free();
        is_rollback(&mut scene);
        scene.change_record(|record| record.reason = Some("prices".into()));
        scene.other_holds(action, state);
        assert_eq!(in_short(&scene.asks("Preempt")), (Transition::Wait, ""));
        let (status, error) = scene.status_of("other");
        let row = format!("{action} {state:?}");
        assert_eq!(status == "ABORTED", stopped, "{row}");
        assert_eq!(error.is_some_and(|e| e == "PreemptedByOperator"), stopped);
        let started = scene.stage.world.stepfunctions().started.clone();
        assert_eq!(started.len(), usize::from(stopped), "{row}");
        if let Some((_, _, input)) = started.first() {
            assert_eq!(input["deployment"], "other");
            let reason = format!("Stopped by the operator's rollback {}: \"prices\"", id());
            assert_eq!(input["reason"], reason.as_str());
        }
    }
    // It holds the lock itself by now.
    let scene = Scene::new();
    assert_eq!(in_short(&scene.asks("Preempt")), (Transition::Wait, ""));
    assert_eq!(scene.status_of(FIRST).0, "RUNNING");
    let scene = Scene::free();
    assert_eq!(in_short(&scene.asks("Preempt")), (Transition::Wait, ""));
}

/// Safety: overtaking: A release that overtakes stops a deployment that goes forward, and no undo, recovery or
/// rollback.
#[test]
fn a_release_that_overtakes_stops_whom_it_was_admitted_against() {
    use ActionName::{Deploy, Rollback};
    use HeldState::{Recovering, Running};
    // Who holds the lock and how, and whether that is being undone. Expected: what becomes of the release.
    for (action, state, undoing, wanted) in [
        (Deploy, Running, false, (Transition::Preempt, "")),
        (Deploy, Running, true, (Transition::Wait, "")),
        (Deploy, Recovering, false, (Transition::Wait, "")),
        (Rollback, Running, false, (Transition::Rejected, "RollbackUnderWay")),
    ] {
        let mut scene = Scene::free();
        other_is_recorded(&scene, undoing);
        scene.change_record(|record| {
            record.preempt = true;
            record.reason = Some("prices".into());
        });
        scene.other_holds(action, state);
        let row = format!("{action} {state:?} {undoing}");
        assert_eq!(in_short(&turn(&scene)), wanted, "{row}");
        let waiting = scene.waiting();
        assert_eq!(waiting.map(|waiting| waiting.first), (wanted.0 != Transition::Rejected).then_some(true));
        let stops = wanted.0 == Transition::Preempt;
        assert_eq!(scene.record().stops.is_some(), stops, "{row}");
        assert_eq!(in_short(&scene.asks("Preempt")), (Transition::Wait, ""));
        let (status, error) = scene.status_of("other");
        assert_eq!(status == "ABORTED", stops, "{row}");
        assert_eq!(error.is_some_and(|e| e == "PreemptedByDeploy"), stops);
        let started = scene.stage.world.stepfunctions().started.clone();
        assert_eq!(started.len(), usize::from(stops), "{row}");
    }
}

#[test]
fn whom_a_release_overtakes_is_not_stopped_once_it_is_undone() {
    let mut scene = Scene::free();
    other_is_recorded(&scene, false);
    scene.change_record(|record| record.preempt = true);
    scene.other_holds(ActionName::Deploy, HeldState::Running);
    assert_eq!(in_short(&turn(&scene)), (Transition::Preempt, ""));
    other_is_recorded(&scene, true);
    assert_eq!(in_short(&scene.asks("Preempt")), (Transition::Wait, ""));
    assert_eq!(scene.status_of("other").0, "RUNNING");
}

/// Records the deployment that holds the lock. It is older, and perhaps being undone.
fn other_is_recorded(scene: &Scene, undoing: bool) {
    let mut other = scene.record();
    other.id = DeploymentId("other".into());
    other.order.id = DeploymentId(String::new());
    other.order.accepted = Time(0);
    other.order.recorded = Time(0);
    other.undoing = undoing.then(|| Why { name: "GateFailed".into(), text: "it is red".into() });
    scene.stage.put(ledger::deployment(&other.id), &other);
}

#[test]
fn whoever_waits_is_woken_when_the_turn_came_before_the_token_was_kept() {
    use HeldState::{NeedsOperator, Running};
    // Who holds the lock, and whether a rollback waits. Expected: whether it is woken at once.
    for (held, rollback, woken) in [
        (Some(Running), false, false),
        (Some(Running), true, false),
        (Some(NeedsOperator), false, true),
        (None, false, true),
    ] {
        let mut scene = Scene::free();
        if rollback {
            is_rollback(&mut scene);
        }
        if let Some(state) = held {
            scene.other_holds(ActionName::Deploy, state);
        }
        scene.wait();
        assert_eq!(give_a_token(&scene).verdict, Transition::Wait);
        assert_eq!(scene.waiting().unwrap().task_token, Some("token".into()));
        assert_eq!(was_woken(&scene), woken, "{held:?} {rollback}");
    }
    // The deployment was taken over or ended in between, so that nobody would wake it.
    let scene = Scene::free();
    assert_eq!(give_a_token(&scene).verdict, Transition::Wait);
    assert!(was_woken(&scene));
}

#[test]
fn who_waits_too_long_is_rejected_and_leaves_the_queue() {
    for (held, why) in
        [(true, "deployment other holds the lock since 1970-01-01T00:00:00Z"), (false, "nobody holds the lock now")]
    {
        let scene = Scene::free();
        if held {
            scene.other_holds(ActionName::Deploy, HeldState::Running);
        }
        scene.wait();
        // Where nobody holds the lock, one that goes before it keeps it waiting.
        let other = DeploymentId("other".into());
        let key = ledger::waiting(EnvironmentId::new(&app(), &prod()), &other);
        scene.stage.put(key, &Waiting { deployment: other, operator: true, ..scene.waiting().unwrap() });
        let day = 24 * 3600;
        scene.stage.pass_seconds(day - 1);
        assert_eq!(in_short(&turn(&scene)), (Transition::Wait, ""));
        scene.stage.pass_seconds(1);
        let answer = turn(&scene);
        assert_eq!(in_short(&answer), (Transition::Rejected, "WaitedTooLong"));
        assert!(answer.unwrap().cause.contains(why));
        assert_eq!(scene.waiting(), None);
        assert_eq!(scene.ending().ending, Ending::Rejected);
    }
}

#[test]
fn what_a_window_has_held_waits_for_others_within_its_three_days_alone() {
    for (left_ms, wanted) in [(1_000, (Transition::Wait, "")), (0, (Transition::Rejected, "WaitedTooLong"))] {
        let mut scene = Scene::free();
        scene.other_holds(ActionName::Deploy, HeldState::Running);
        scene.wait();
        let opens = scene.now();
        scene.change_record(|record| record.accepted = Time(opens.0 + left_ms - WAITS_MS));
        let key = ledger::waiting(EnvironmentId::new(&app(), &prod()), &id());
        scene.stage.put(key, &Waiting { until: Some(opens), ..scene.waiting().unwrap() });
        assert_eq!(in_short(&turn(&scene)), wanted, "{left_ms}");
    }
}

#[test]
fn who_could_not_wait_is_not_said_to_have_waited_too_long() {
    let scene = Scene::free();
    scene.wait();
    let answer = scene.serve(scene.stage.failed("GiveUp", "AccessDenied"));
    assert_eq!(in_short(&answer), (Transition::Rejected, "CouldNotWait"));
    assert!(answer.unwrap().cause.contains("AccessDenied"));
    assert_eq!(scene.waiting(), None);
}

/// The late twin of a turn has a token by which nobody waits. It may see that the lock is free by then.
#[test]
fn a_token_that_comes_late_does_not_keep_the_one_that_is_waited_by_from_waking() {
    for is_freed in [false, true] {
        let scene = Scene::free();
        let environment = ledger::lock(EnvironmentId::new(&app(), &prod()));
        scene.other_holds(ActionName::Deploy, HeldState::Running);
        scene.wait();
        scene.stage.world.stepfunctions().tokens.insert("live".into());
        for token in ["live", "dead"] {
            if is_freed && token == "dead" {
                scene.stage.put(environment.clone(), &Lock { token: 2, held: None, freed: None, failed: None });
            }
            let waits = ConductorInput::AwaitTurn { by: scene.stage.caller(), task_token: token.into() };
            scene.serve(waits).unwrap();
        }
        if !is_freed {
            run(wake(&scene.stage.world, EnvironmentId::new(&app(), &prod()))).unwrap();
        }
        let answered = scene.stage.world.stepfunctions().answered.clone();
        assert_eq!(answered, [("live".to_owned(), json!({}))], "{is_freed}");
    }
}

#[test]
fn who_has_ended_learns_so_instead() {
    let mut scene = Scene::free();
    scene.end(Ending::Succeeded);
    for state in ["GiveUp", "Settle", "SettleUndo"] {
        let answer = scene.asks(state);
        assert_eq!(in_short(&answer), (Transition::Succeeded, "Because"), "{state}");
    }
    assert_eq!(in_short(&turn(&scene)), (Transition::Succeeded, "Because"));
}

#[test]
fn the_turn_ends_the_waiting() {
    let scene = Scene::free();
    scene.wait();
    let answer = turn(&scene).unwrap();
    assert_eq!(answer.verdict, Transition::Go);
    assert_eq!(scene.waiting(), None);
    let (lock, record) = (scene.lock(), scene.record());
    assert_eq!(answer.token, lock.token);
    let held = lock.held.unwrap();
    assert_eq!((held.deployment, held.state), (id(), HeldState::Running));
    assert_eq!((held.execution, held.since), (arn_of(FIRST), scene.now()));
    assert_eq!(record.status, Status::Running);
    assert_eq!(record.started, Some(scene.now()));
}

#[test]
fn what_a_newer_one_overtook_is_superseded() {
    let scene = Scene::free();
    scene.wait();
    let mut state = EnvironmentState::default();
    let mut newer = order(9, "newer");
    newer.sequence = None;
    newer.accepted = scene.now();
    state.marks.insert(component("api").into(), newer);
    scene.stage.put(ledger::state(EnvironmentId::new(&app(), &prod())), &state);
    let answer = turn(&scene);
    assert_eq!(in_short(&answer), (Transition::NothingToDo, "Superseded"));
    let wanted = "Superseded: deployment newer brought a newer release here.\n";
    let cause = answer.unwrap().cause;
    assert!(cause.starts_with(wanted), "{cause}");
    assert_eq!(scene.waiting(), None);
    assert_eq!(scene.ending().ending, Ending::NothingToDo);
}

#[test]
fn what_is_refused_at_its_turn_is_rejected() {
    let scene = Scene::free();
    scene.wait();
    scene.other_holds(ActionName::Deploy, HeldState::NeedsOperator);
    assert_eq!(in_short(&turn(&scene)), (Transition::Rejected, "NeedsOperator"));
    assert_eq!(scene.waiting(), None);
    assert_eq!(scene.ending().findings.len(), 1);
}
