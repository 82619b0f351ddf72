//! Tests of deployments that died before they had their turn.

use crate::conductor::inputs::{input, with};
use crate::conductor::scene::{FIRST, Scene, fault, is_rollback};
use crate::stage::id;
use serde_json::json;
use windlass_domain::deployment::Status;
use windlass_domain::environment::HeldState;
use windlass_domain::release::action::ActionName;
use windlass_domain::release::ending::Ending;
use windlass_domain::text::fault::FaultName;
use windlass_engine::ledger::{self, ExecutionRecord};
use windlass_engine::payload::{Answer, Transition};
use windlass_world::stepfunctions::arn_of;

/// Returns the answer to a recovery that Windlass itself started, by the id of the deployment.
fn recovery(scene: &Scene) -> Answer {
    let request = json!({"deployment": id(), "requester": {"route": "windlass"}});
    let answer = scene.admit("recovery", with(input("recover"), request));
    answer.unwrap()
}

/// Asserts that the recovery has ended the deployment.
fn is_ended(answer: &Answer) {
    let short = (answer.verdict, answer.error.as_str());
    assert_eq!(short, (Transition::Succeeded, ""), "{}", answer.cause);
    let wanted = "has had no turn, and its execution is gone: it is ended Rejected";
    assert!(answer.cause.contains(wanted), "{}", answer.cause);
}

/// Asserts that there was nothing to do, and why.
fn is_nothing(answer: &Answer, why: &str) {
    let short = (answer.verdict, answer.error.as_str());
    assert_eq!(short, (Transition::NothingToDo, "NothingToRecover"));
    assert!(answer.cause.contains(why), "{}", answer.cause);
}

/// Returns what is kept of an execution for whoever asks what came of it.
fn kept(scene: &Scene, execution: &str) -> Option<String> {
    let done: Option<ExecutionRecord> = scene.stage.get(&ledger::done(&arn_of(execution)));
    done.map(|done| done.cause.written())
}

#[test]
fn one_whose_execution_died_is_rejected_and_leaves_the_queue() {
    let stopped = "start {\"action\":\"deploy\"";
    for (status, name, next) in [("ABORTED", "ExecutionStopped", true), ("FAILED", "ExecutionDied", false)] {
        let scene = Scene::free();
        scene.wait();
        scene.execution(FIRST, status);
        is_ended(&recovery(&scene));
        assert_eq!(scene.waiting(), None, "{status}");
        let (record, ending) = (scene.record(), scene.ending());
        assert_eq!(record.status, Status::Ended);
        assert_eq!(record.stopped, next, "{status}");
        assert_eq!(ending.ending, Ending::Rejected);
        assert_eq!(ending.cause_name, name);
        assert_eq!(ending.at, scene.now());
        assert!(ending.cause.written().contains("before it had changed anything"));
        assert_eq!(ending.cause.written().contains(stopped), next, "{}", ending.cause.written());
    }
}

#[test]
fn one_that_waited_is_ended_beside_who_holds_the_lock() {
    let scene = Scene::free();
    scene.wait();
    scene.execution(FIRST, "ABORTED");
    scene.other_holds(ActionName::Deploy, HeldState::Running);
    let before = scene.lock();
    is_ended(&recovery(&scene));
    assert_eq!(scene.ending().ending, Ending::Rejected);
    assert_eq!(scene.lock(), before);
}

#[test]
fn one_that_died_at_its_arrival_has_no_place_in_the_queue_to_leave() {
    let scene = Scene::free();
    scene.execution(FIRST, "FAILED");
    is_ended(&recovery(&scene));
    assert_eq!(scene.ending().ending, Ending::Rejected);
}

#[test]
fn a_rollback_that_a_person_stopped_says_nothing_of_deploying() {
    let mut scene = Scene::free();
    is_rollback(&mut scene);
    scene.execution(FIRST, "ABORTED");
    is_ended(&recovery(&scene));
    assert!(!scene.ending().cause.written().contains("next:"));
}

#[test]
fn one_that_is_alive_or_has_ended_is_left_alone() {
    let mut scene = Scene::free();
    scene.wait();
    is_nothing(&recovery(&scene), "still runs and waits for its turn");
    assert!(scene.waiting().is_some());
    assert_eq!(scene.record().ending, None);
    scene.end(Ending::RolledBack);
    let ended = format!("deployment {} has ended RolledBack", id());
    is_nothing(&recovery(&scene), &ended);
    assert_eq!(kept(&scene, "recovery"), None, "nobody asks for it");
}

/// A person learns what came of their execution, and a retry of it answers the same.
#[test]
fn what_a_person_asked_to_recover_is_reported_as_it_was_found() {
    let by_hand = |scene: &Scene, execution: &str| {
        let request = with(input("recover"), json!({"deployment": id()}));
        scene.admit(execution, request).unwrap()
    };
    let mut scene = Scene::free();
    scene.wait();
    let waits = by_hand(&scene, "too-early");
    assert_eq!(waits.error, "TargetNotReady");
    assert!(waits.cause.contains("/cancel"), "{}", waits.cause);
    scene.execution(FIRST, "ABORTED");
    let ended = by_hand(&scene, "by-hand");
    is_ended(&ended);
    assert_eq!(kept(&scene, "by-hand").as_ref(), Some(&ended.cause));
    assert_eq!(by_hand(&scene, "by-hand"), ended, "a retry");
    let once_more = by_hand(&scene, "once-more");
    is_nothing(&once_more, "has ended Rejected");
    assert_eq!(kept(&scene, "once-more"), Some(once_more.cause));
    // Another deployment runs beside it.
    scene.other_holds(ActionName::Deploy, HeldState::Running);
    scene.end(Ending::RolledBack);
    let beside = by_hand(&scene, "beside");
    is_nothing(&beside, "has ended RolledBack");
    assert_eq!(kept(&scene, "beside"), Some(beside.cause));
}

#[test]
fn one_whose_execution_is_not_known_any_more_is_ended_as_well() {
    let scene = Scene::free();
    scene.stage.world.stepfunctions().executions.clear();
    is_ended(&recovery(&scene));
    assert_eq!(scene.ending().cause_name, "ExecutionLost");
}

#[test]
fn a_record_without_an_execution_cannot_be() {
    let mut scene = Scene::free();
    scene.change_record(|record| record.executions.clear());
    let request = with(input("recover"), json!({"deployment": id()}));
    let (name, _) = fault(scene.admit("recovery", request));
    assert_eq!(name, FaultName::Internal);
}
