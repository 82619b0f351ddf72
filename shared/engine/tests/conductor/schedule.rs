//! Tests of what starts recoveries: the announced end of an execution, and the schedule if it is not announced.

use crate::conductor::inputs::{waiting_key, with};
use crate::conductor::scene::{FIRST, Scene};
use crate::stage::{TOKEN, app, id, prod};
use serde_json::{Value, json};
use windlass_domain::environment::{HeldState, Lock, Waiting};
use windlass_domain::release::action::ActionName;
use windlass_domain::release::ending::Ending;
use windlass_domain::release::identity::{DeploymentId, EnvironmentId};
use windlass_domain::text::fault::FaultName;
use windlass_engine::ledger::{self, ExecutionDeployment};
use windlass_engine::ports::Result;
use windlass_engine::recovery;
use windlass_world::run::run;
use windlass_world::stepfunctions::arn_of;

fn handle(scene: &Scene, event: Value) -> Result<()> {
    run(recovery::handle(&scene.stage.world, event)).map(drop)
}

fn status_change(name: &str) -> Value {
    json!({
        "detail-type": "Step Functions Execution Status Change",
        "detail": {"executionArn": arn_of(name), "status": "TIMED_OUT"},
    })
}

fn scheduled(scene: &Scene) {
    handle(scene, json!({"detail-type": "Scheduled Event"})).unwrap();
}

/// Returns the names of the executions that were started, with the causes that they are given.
fn started(scene: &Scene) -> Vec<(String, String)> {
    let started = scene.stage.world.stepfunctions().started.clone();
    let started = started.into_iter().map(|(_, name, input)| {
        assert_eq!(input["action"], "recover");
        assert_eq!((&input["app"], &input["environment"]), (&json!("shop"), &json!("prod")));
        assert_eq!(input["deployment"], json!(id()));
        assert_eq!(input["requester"], json!({"route": "windlass"}));
        (name, input["reason"].as_str().unwrap().to_owned())
    });
    started.collect()
}

fn knows(scene: &Scene) {
    let known = ExecutionDeployment { deployment: id() };
    scene.stage.put(ledger::execution(&arn_of(FIRST)), &known);
}

fn name_of_recovery(token: u64) -> String {
    format!("recover-t{token}-shop-prod-{}", id())
}

#[test]
fn an_end_that_is_announced_starts_the_recovery_of_who_holds_the_lock_or_waits() {
    use HeldState::{NeedsOperator, Recovering, Running};
    // Who holds the lock, and how. Expected: the token in the recovery's name.
    let table = [
        (Some((FIRST, Running)), Some(TOKEN)),
        (Some((FIRST, Recovering)), Some(TOKEN)),
        (Some((FIRST, NeedsOperator)), None),
        (Some(("taken over", Running)), None),
        (None, Some(0)),
    ];
    for (held, token) in table {
        let scene = Scene::new();
        knows(&scene);
        scene.hold(held);
        handle(&scene, status_change(FIRST)).unwrap();
        let cause = format!("The execution {} ended TIMED_OUT in the middle.", arn_of(FIRST));
        let wanted = token.map(|token| (name_of_recovery(token), cause));
        assert_eq!(started(&scene), Vec::from_iter(wanted), "{held:?}");
    }
    let scene = Scene::free();
    knows(&scene);
    scene.other_holds(ActionName::Deploy, Running);
    handle(&scene, status_change(FIRST)).unwrap();
    assert_eq!(started(&scene)[0].0, name_of_recovery(0), "it waited");
}

/// A recovery that died before it had taken over is known by its input alone.
///
/// Safety: recovery: A recovery that died before it took over is known by its input, and another one follows.
#[test]
fn the_end_of_a_recovery_that_took_nothing_over_starts_another_where_the_owner_is_dead() {
    use HeldState::{NeedsOperator, Running};
    let input = json!({"action": "recover", "app": "shop", "environment": "prod", "deployment": id()});
    let with = |change: Value| with(input.clone(), change);
    // Its input; who holds the lock, and how; the status of that one's execution. Expected: the token in the recovery's
    // name.
    let table = [
        (input.clone(), Some((FIRST, Running)), "ABORTED", Some(TOKEN)),
        (input.clone(), Some((FIRST, Running)), "RUNNING", None),
        (input.clone(), Some((FIRST, NeedsOperator)), "FAILED", None),
        (input.clone(), None, "FAILED", Some(0)),
        (with(json!({"environment": "dev"})), Some((FIRST, Running)), "ABORTED", None),
        (with(json!({"app": "bank"})), Some((FIRST, Running)), "ABORTED", None),
        (with(json!({"deployment": "nobody"})), Some((FIRST, Running)), "ABORTED", None),
        (with(json!({"action": "rollback"})), Some((FIRST, Running)), "ABORTED", None),
    ];
    for (input, held, owner, token) in table {
        let scene = Scene::new();
        scene.hold(held);
        scene.execution(FIRST, owner);
        let mut event = status_change("recover-t1");
        event["detail"]["input"] = Value::from(input.to_string());
        handle(&scene, event).unwrap();
        let wanted = token.map(name_of_recovery);
        let names: Vec<String> = started(&scene).into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, Vec::from_iter(wanted), "{input} {held:?} {owner}");
    }
}

/// While answers of Step Functions are behind, the owner and the recovery that died are both shown as running.
#[test]
fn the_end_of_a_first_recovery_starts_the_next_one_whatever_is_still_shown_of_the_owner() {
    let input = json!({"action": "recover", "app": "shop", "environment": "prod", "deployment": id()});
    // The recovery that died. Expected: whether another one follows.
    let table = [(name_of_recovery(TOKEN), true), (name_of_recovery(TOKEN + 1), false), ("by-hand".into(), false)];
    for (died, follows) in table {
        let scene = Scene::new();
        scene.hold(Some((FIRST, HeldState::Running)));
        scene.execution(FIRST, "RUNNING");
        scene.execution(&died, "RUNNING");
        let mut event = status_change(&died);
        event["detail"]["input"] = Value::from(input.to_string());
        handle(&scene, event).unwrap();
        let quarter = recovery::quarter(&scene.stage.world);
        let next = format!("recover-t{TOKEN}-{quarter}-shop-prod-{}", id());
        assert_eq!(started(&scene).iter().any(|(name, _)| *name == next), follows, "{died}");
        assert!(follows || started(&scene).is_empty(), "{died}");
    }
}

#[test]
fn an_end_that_needs_nothing_starts_nothing() {
    let scene = Scene::new();
    handle(&scene, status_change("nobody")).unwrap();
    assert_eq!(started(&scene), []);
    let mut scene = Scene::new();
    knows(&scene);
    scene.end(Ending::Succeeded);
    handle(&scene, status_change(FIRST)).unwrap();
    assert_eq!(started(&scene), []);
}

#[test]
fn an_event_without_its_status_is_taken_as_a_failure() {
    let scene = Scene::new();
    knows(&scene);
    let mut event = status_change(FIRST);
    event["detail"].as_object_mut().unwrap().remove("status");
    handle(&scene, event).unwrap();
    assert!(started(&scene)[0].1.contains("ended FAILED"));
}

#[test]
fn other_events_are_bad_input() {
    let scene = Scene::new();
    let nameless = json!({"detail-type": "Step Functions Execution Status Change"});
    for event in [json!({}), json!({"detail-type": "Tea Time"}), nameless] {
        let fault = handle(&scene, event).unwrap_err();
        assert_eq!(fault.name, FaultName::BadInput);
    }
}

/// Puts the lock into the index, as the conductor writes it.
fn indexed_lock(scene: &Scene) {
    let lock: Lock = scene.lock();
    let key = ledger::lock(EnvironmentId::new(&app(), &prod()));
    scene.stage.world.dynamodb().items.remove(&key);
    scene.put_indexed(key, lock, ledger::held_index(EnvironmentId::new(&app(), &prod())));
}

#[test]
fn the_schedule_finds_owners_that_died() {
    use HeldState::{NeedsOperator, Recovering, Running};
    for (state, owner, wanted) in [
        (Running, Some("RUNNING"), false),
        (Running, Some("ABORTED"), true),
        (Recovering, Some("FAILED"), true),
        (Running, None, true),
        (NeedsOperator, Some("FAILED"), false),
    ] {
        let scene = Scene::new();
        match owner {
            Some(status) => scene.execution(FIRST, status),
            None => scene.stage.world.stepfunctions().executions.clear(),
        }
        scene.hold(Some((FIRST, state)));
        indexed_lock(&scene);
        scheduled(&scene);
        let cause = format!("The execution {} ended in the middle.", arn_of(FIRST));
        let wanted = wanted.then(|| (name_of_recovery(TOKEN), cause));
        assert_eq!(started(&scene), Vec::from_iter(wanted), "{state:?} {owner:?}");
    }
}

/// Lets the deployment wait, with its task token kept.
fn indexed_waiting(scene: &Scene) {
    scene.wait();
    let mut waiting: Waiting = scene.waiting().unwrap();
    waiting.task_token = Some("token".into());
    scene.stage.world.stepfunctions().tokens.insert("token".into());
    let key = waiting_key();
    scene.stage.world.dynamodb().items.remove(&key);
    let index = ledger::waiting_index(EnvironmentId::new(&app(), &prod()), &id());
    scene.put_indexed(key, waiting, index);
}

fn woken(scene: &Scene) -> usize {
    scene.stage.world.stepfunctions().answered.len()
}

#[test]
fn the_schedule_wakes_who_waits_for_nobody_and_ends_who_died_waiting() {
    // The status of the execution, and whether somebody holds the lock. Expected: how often it is woken, and whether it
    // is recovered.
    for (status, held, wakes, recovers) in [
        ("RUNNING", false, 1, false),
        ("RUNNING", true, 0, false),
        ("ABORTED", false, 0, true),
        ("ABORTED", true, 0, true),
    ] {
        let scene = Scene::free();
        if held {
            scene.other_holds(ActionName::Deploy, HeldState::Running);
        }
        scene.execution(FIRST, status);
        indexed_waiting(&scene);
        scheduled(&scene);
        assert_eq!(woken(&scene), wakes, "{status} {held}");
        let cause = format!("The execution {} ended while it waited.", arn_of(FIRST));
        let wanted = recovers.then(|| (name_of_recovery(0), cause));
        assert_eq!(started(&scene), Vec::from_iter(wanted), "{status} {held}");
    }
}

#[test]
fn the_schedule_wakes_who_waits_for_a_moment_when_it_has_come() {
    // The seconds until the moment, and whether somebody holds the lock. Expected: how often it is woken.
    for (seconds, held, wakes) in [(0, false, 1), (0, true, 1), (1, false, 0), (1, true, 0)] {
        let scene = Scene::free();
        if held {
            scene.other_holds(ActionName::Deploy, HeldState::Running);
        }
        scene.execution(FIRST, "RUNNING");
        indexed_waiting(&scene);
        let mut waiting = scene.waiting().unwrap();
        waiting.until = Some(scene.now().plus_s(seconds));
        let index = ledger::waiting_index(EnvironmentId::new(&app(), &prod()), &id());
        scene.stage.world.dynamodb().items.remove(&waiting_key());
        scene.put_indexed(waiting_key(), waiting, index);
        scheduled(&scene);
        assert_eq!(woken(&scene), wakes, "{seconds} {held}");
    }
}

#[test]
fn a_place_in_the_queue_without_a_record_keeps_nobody_from_his_turn() {
    let scene = Scene::free();
    indexed_waiting(&scene);
    let nobody = DeploymentId("00000000".into());
    let mut lost: Waiting = scene.waiting().unwrap();
    lost.deployment = nobody.clone();
    let key = ledger::waiting(EnvironmentId::new(&app(), &prod()), &nobody);
    let index = ledger::waiting_index(EnvironmentId::new(&app(), &prod()), &nobody);
    scene.put_indexed(key, lost, index);
    scheduled(&scene);
    assert_eq!((woken(&scene), started(&scene)), (1, vec![]));
}

#[test]
fn the_schedule_ends_who_died_at_the_arrival() {
    for (status, wanted) in [("RUNNING", false), ("TIMED_OUT", true)] {
        let scene = Scene::free();
        scene.execution(FIRST, status);
        let record = scene.record();
        let key = ledger::deployment(&id());
        scene.stage.world.dynamodb().items.remove(&key);
        let index = ledger::arriving_index(EnvironmentId::new(&app(), &prod()), &id());
        scene.put_indexed(key, record, index);
        scheduled(&scene);
        let cause = format!("The execution {} ended before its first turn.", arn_of(FIRST));
        let wanted = wanted.then(|| (name_of_recovery(0), cause));
        assert_eq!(started(&scene), Vec::from_iter(wanted), "{status}");
    }
}

#[test]
fn a_recovery_that_ended_without_taking_over_is_started_again_once_in_a_quarter() {
    let scene = Scene::new();
    scene.execution(FIRST, "FAILED");
    indexed_lock(&scene);
    let count = |wanted: usize| {
        scheduled(&scene);
        assert_eq!(started(&scene).len(), wanted);
    };
    count(1);
    count(1);
    // It ends. The name of the next one has the quarter of an hour in it.
    scene.execution(&name_of_recovery(TOKEN), "FAILED");
    count(2);
    let quarter = scene.now().0 / (15 * 60 * 1000);
    let again = format!("recover-t{TOKEN}-{quarter}-shop-prod-{}", id());
    assert_eq!(started(&scene)[1].0, again);
    scene.execution(&again, "FAILED");
    count(2);
    scene.stage.pass_seconds(15 * 60);
    count(3);
}
