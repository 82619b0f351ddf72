//! Tests of what starts recoveries: the told end of an execution, and the schedule if it is not told.

use crate::desk::{Desk, FIRST, waiting_key, with};
use crate::stage::{TOKEN, app, id, prod};
use serde_json::{Value, json};
use windlass_domain::ending::Ending;
use windlass_domain::environment::{HeldState, Lock, Waiting};
use windlass_domain::fault::FaultName;
use windlass_domain::identity::{DeploymentId, EnvironmentId};
use windlass_domain::request::ActionName;
use windlass_engine::ledger::Execution;
use windlass_engine::ports::Result;
use windlass_engine::{ledger, recovery};
use windlass_world::run::run;
use windlass_world::stepfunctions::arn_of;

fn handle(desk: &Desk, event: Value) -> Result<()> {
    run(recovery::handle(&desk.stage.world, event)).map(drop)
}

fn status_change(name: &str) -> Value {
    json!({
        "detail-type": "Step Functions Execution Status Change",
        "detail": {"executionArn": arn_of(name), "status": "TIMED_OUT"},
    })
}

fn scheduled(desk: &Desk) {
    handle(desk, json!({"detail-type": "Scheduled Event"})).unwrap();
}

/// Returns the names of the executions that were started, with the causes that they are told.
fn started(desk: &Desk) -> Vec<(String, String)> {
    let started = desk.stage.world.stepfunctions().started.clone();
    let started = started.into_iter().map(|(_, name, input)| {
        assert_eq!(input["action"], "recover");
        assert_eq!(
            (&input["app"], &input["environment"]),
            (&json!("shop"), &json!("prod"))
        );
        assert_eq!(input["deployment"], json!(id()));
        assert_eq!(input["requester"], json!({"route": "windlass"}));
        (name, input["reason"].as_str().unwrap().to_owned())
    });
    started.collect()
}

fn knows(desk: &Desk) {
    let known = Execution { deployment: id() };
    desk.stage.put(ledger::execution(&arn_of(FIRST)), &known);
}

fn name_of_recovery(token: u64) -> String {
    format!("recover-t{token}-shop-prod-{}", &id().as_str()[..8])
}

#[test]
fn an_end_that_is_told_starts_the_recovery_of_who_holds_the_lock_or_waits() {
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
        let desk = Desk::new();
        knows(&desk);
        desk.hold(held);
        handle(&desk, status_change(FIRST)).unwrap();
        let cause = format!(
            "The execution {} ended TIMED_OUT in the middle.",
            arn_of(FIRST)
        );
        let wanted = token.map(|token| (name_of_recovery(token), cause));
        assert_eq!(started(&desk), Vec::from_iter(wanted), "{held:?}");
    }
    let desk = Desk::free();
    knows(&desk);
    desk.other_holds(ActionName::Deploy, Running);
    handle(&desk, status_change(FIRST)).unwrap();
    assert_eq!(started(&desk)[0].0, name_of_recovery(0), "it waited");
}

/// A recovery that died before it had taken over is known by its input alone.
///
/// Safety: recovery: A recovery that died before it took over is known by its input, and another one follows.
#[test]
fn the_end_of_a_recovery_that_took_nothing_over_starts_another_where_the_owner_is_dead() {
    use HeldState::{NeedsOperator, Running};
    let input =
        json!({"action": "recover", "app": "shop", "environment": "prod", "deployment": id()});
    let with = |change: Value| with(input.clone(), change);
    // Its input; who holds the lock, and how; the status of that one's execution. Expected: the token in the recovery's
    // name.
    let table = [
        (
            input.clone(),
            Some((FIRST, Running)),
            "ABORTED",
            Some(TOKEN),
        ),
        (input.clone(), Some((FIRST, Running)), "RUNNING", None),
        (input.clone(), Some((FIRST, NeedsOperator)), "FAILED", None),
        (input.clone(), None, "FAILED", Some(0)),
        (
            with(json!({"environment": "dev"})),
            Some((FIRST, Running)),
            "ABORTED",
            None,
        ),
        (
            with(json!({"app": "bank"})),
            Some((FIRST, Running)),
            "ABORTED",
            None,
        ),
        (
            with(json!({"deployment": "nobody"})),
            Some((FIRST, Running)),
            "ABORTED",
            None,
        ),
        (
            with(json!({"action": "rollback"})),
            Some((FIRST, Running)),
            "ABORTED",
            None,
        ),
    ];
    for (input, held, owner, token) in table {
        let desk = Desk::new();
        desk.hold(held);
        desk.execution(FIRST, owner);
        let mut event = status_change("recover-t1");
        event["detail"]["input"] = Value::from(input.to_string());
        handle(&desk, event).unwrap();
        let wanted = token.map(name_of_recovery);
        let names: Vec<String> = started(&desk).into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, Vec::from_iter(wanted), "{input} {held:?} {owner}");
    }
}

#[test]
fn an_end_that_needs_nothing_starts_nothing() {
    let desk = Desk::new();
    handle(&desk, status_change("nobody")).unwrap();
    assert_eq!(started(&desk), []);
    let mut desk = Desk::new();
    knows(&desk);
    desk.end(Ending::Succeeded);
    handle(&desk, status_change(FIRST)).unwrap();
    assert_eq!(started(&desk), []);
}

#[test]
fn an_event_without_its_status_is_told_as_a_failure() {
    let desk = Desk::new();
    knows(&desk);
    let mut event = status_change(FIRST);
    event["detail"].as_object_mut().unwrap().remove("status");
    handle(&desk, event).unwrap();
    assert!(started(&desk)[0].1.contains("ended FAILED"));
}

#[test]
fn other_events_are_bad_input() {
    let desk = Desk::new();
    let nameless = json!({"detail-type": "Step Functions Execution Status Change"});
    for event in [json!({}), json!({"detail-type": "Tea Time"}), nameless] {
        let fault = handle(&desk, event).unwrap_err();
        assert_eq!(fault.name, FaultName::BadInput);
    }
}

/// Puts the lock into the index, as the conductor writes it.
fn indexed_lock(desk: &Desk) {
    let lock: Lock = desk.lock();
    let key = ledger::lock(EnvironmentId::new(&app(), &prod()));
    desk.stage.world.dynamodb().items.remove(&key);
    desk.put_indexed(
        key,
        lock,
        ledger::held_index(EnvironmentId::new(&app(), &prod())),
    );
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
        let desk = Desk::new();
        match owner {
            Some(status) => desk.execution(FIRST, status),
            None => desk.stage.world.stepfunctions().executions.clear(),
        }
        desk.hold(Some((FIRST, state)));
        indexed_lock(&desk);
        scheduled(&desk);
        let cause = format!("The execution {} ended in the middle.", arn_of(FIRST));
        let wanted = wanted.then(|| (name_of_recovery(TOKEN), cause));
        assert_eq!(
            started(&desk),
            Vec::from_iter(wanted),
            "{state:?} {owner:?}"
        );
    }
}

/// Lets the deployment wait, with its task token kept.
fn indexed_waiting(desk: &Desk) {
    desk.wait();
    let mut waiting: Waiting = desk.waiting().unwrap();
    waiting.task_token = Some("token".into());
    desk.stage
        .world
        .stepfunctions()
        .tokens
        .insert("token".into());
    let key = waiting_key();
    desk.stage.world.dynamodb().items.remove(&key);
    let index = ledger::waiting_index(EnvironmentId::new(&app(), &prod()), &id());
    desk.put_indexed(key, waiting, index);
}

fn woken(desk: &Desk) -> usize {
    desk.stage.world.stepfunctions().answered.len()
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
        let desk = Desk::free();
        if held {
            desk.other_holds(ActionName::Deploy, HeldState::Running);
        }
        desk.execution(FIRST, status);
        indexed_waiting(&desk);
        scheduled(&desk);
        assert_eq!(woken(&desk), wakes, "{status} {held}");
        let cause = format!("The execution {} ended while it waited.", arn_of(FIRST));
        let wanted = recovers.then(|| (name_of_recovery(0), cause));
        assert_eq!(started(&desk), Vec::from_iter(wanted), "{status} {held}");
    }
}

#[test]
fn a_place_in_the_queue_without_a_record_keeps_nobody_from_his_turn() {
    let desk = Desk::free();
    indexed_waiting(&desk);
    let nobody = DeploymentId("00000000".into());
    let mut lost: Waiting = desk.waiting().unwrap();
    lost.deployment = nobody.clone();
    let key = ledger::waiting(EnvironmentId::new(&app(), &prod()), &nobody);
    let index = ledger::waiting_index(EnvironmentId::new(&app(), &prod()), &nobody);
    desk.put_indexed(key, lost, index);
    scheduled(&desk);
    assert_eq!((woken(&desk), started(&desk)), (1, vec![]));
}

#[test]
fn the_schedule_ends_who_died_at_the_arrival() {
    for (status, wanted) in [("RUNNING", false), ("TIMED_OUT", true)] {
        let desk = Desk::free();
        desk.execution(FIRST, status);
        let record = desk.record();
        let key = ledger::deployment(&id());
        desk.stage.world.dynamodb().items.remove(&key);
        let index = ledger::arriving_index(EnvironmentId::new(&app(), &prod()), &id());
        desk.put_indexed(key, record, index);
        scheduled(&desk);
        let cause = format!(
            "The execution {} ended before its first turn.",
            arn_of(FIRST)
        );
        let wanted = wanted.then(|| (name_of_recovery(0), cause));
        assert_eq!(started(&desk), Vec::from_iter(wanted), "{status}");
    }
}

#[test]
fn a_recovery_that_ended_without_taking_over_is_started_again_once_in_a_quarter() {
    let desk = Desk::new();
    desk.execution(FIRST, "FAILED");
    indexed_lock(&desk);
    let count = |wanted: usize| {
        scheduled(&desk);
        assert_eq!(started(&desk).len(), wanted);
    };
    count(1);
    count(1);
    // It ends. The name of the next one has the quarter of an hour in it.
    desk.execution(&name_of_recovery(TOKEN), "FAILED");
    count(2);
    let quarter = desk.now().0 / (15 * 60 * 1000);
    let again = format!(
        "recover-t{TOKEN}-{quarter}-shop-prod-{}",
        &id().as_str()[..8]
    );
    assert_eq!(started(&desk)[1].0, again);
    desk.execution(&again, "FAILED");
    count(2);
    desk.stage.pass_seconds(15 * 60);
    count(3);
}
