//! Tests of deployments that died before they had their turn.

use crate::desk::{Desk, FIRST, fault, input, is_rollback, with};
use crate::stage::id;
use serde_json::json;
use windlass_domain::deployment::Status;
use windlass_domain::ending::Ending;
use windlass_domain::environment::HeldState;
use windlass_domain::fault::FaultName;
use windlass_domain::request::ActionName;
use windlass_engine::ledger;
use windlass_engine::ledger::Done;
use windlass_engine::payload::{Answer, Transition};
use windlass_world::stepfunctions::arn_of;

/// Returns the answer to a recovery that Windlass itself started, by the id of the deployment.
fn recovery(desk: &Desk) -> Answer {
    let request = json!({"deployment": id(), "requester": {"route": "windlass"}});
    let answer = desk.admit("recovery", with(input("recover"), request));
    answer.unwrap()
}

/// Asserts that the recovery has ended the deployment.
fn is_ended(answer: &Answer) {
    let short = (answer.verdict, answer.error.as_str());
    assert_eq!(short, (Transition::Succeeded, ""), "{}", answer.cause);
    let told = "has had no turn, and its execution is gone: it is ended Rejected";
    assert!(answer.cause.contains(told), "{}", answer.cause);
}

/// Asserts that there was nothing to do, and why.
fn is_nothing(answer: &Answer, why: &str) {
    let short = (answer.verdict, answer.error.as_str());
    assert_eq!(short, (Transition::NothingToDo, "NothingToRecover"));
    assert!(answer.cause.contains(why), "{}", answer.cause);
}

/// Returns what is kept of an execution for whoever asks what came of it.
fn kept(desk: &Desk, execution: &str) -> Option<String> {
    let done: Option<Done> = desk.stage.get(&ledger::done(&arn_of(execution)));
    done.map(|done| done.cause)
}

#[test]
fn one_whose_execution_died_is_rejected_and_leaves_the_queue() {
    let stopped = "start {\"action\":\"deploy\"";
    for (status, name, next) in [
        ("ABORTED", "ExecutionStopped", true),
        ("FAILED", "ExecutionDied", false),
    ] {
        let desk = Desk::free();
        desk.wait();
        desk.execution(FIRST, status);
        is_ended(&recovery(&desk));
        assert_eq!(desk.waiting(), None, "{status}");
        let (record, ending) = (desk.record(), desk.ending());
        assert_eq!(record.status, Status::Ended);
        assert_eq!(record.stopped, next, "{status}");
        assert_eq!(ending.ending, Ending::Rejected);
        assert_eq!(ending.cause_name, name);
        assert_eq!(ending.at, desk.now());
        assert!(ending.cause.contains("before it had changed anything"));
        assert_eq!(ending.cause.contains(stopped), next, "{}", ending.cause);
    }
}

#[test]
fn one_that_waited_is_ended_beside_who_holds_the_lock() {
    let desk = Desk::free();
    desk.wait();
    desk.execution(FIRST, "ABORTED");
    desk.other_holds(ActionName::Deploy, HeldState::Running);
    let before = desk.lock();
    is_ended(&recovery(&desk));
    assert_eq!(desk.ending().ending, Ending::Rejected);
    assert_eq!(desk.lock(), before);
}

#[test]
fn one_that_died_at_its_arrival_has_no_place_in_the_queue_to_leave() {
    let desk = Desk::free();
    desk.execution(FIRST, "FAILED");
    is_ended(&recovery(&desk));
    assert_eq!(desk.ending().ending, Ending::Rejected);
}

#[test]
fn a_rollback_that_a_person_stopped_says_nothing_of_deploying() {
    let mut desk = Desk::free();
    is_rollback(&mut desk);
    desk.execution(FIRST, "ABORTED");
    is_ended(&recovery(&desk));
    assert!(!desk.ending().cause.contains("next:"));
}

#[test]
fn one_that_is_alive_or_has_ended_is_left_alone() {
    let mut desk = Desk::free();
    desk.wait();
    is_nothing(&recovery(&desk), "still runs and waits for its turn");
    assert!(desk.waiting().is_some());
    assert_eq!(desk.record().ending, None);
    desk.end(Ending::RolledBack);
    let ended = format!("deployment {} has ended RolledBack", id());
    is_nothing(&recovery(&desk), &ended);
    assert_eq!(kept(&desk, "recovery"), None, "nobody asks for it");
}

/// A person learns what came of their execution, and a retry of it answers the same.
#[test]
fn what_a_person_asked_to_recover_is_told_as_it_was_found() {
    let by_hand = |desk: &Desk, execution: &str| {
        let request = with(input("recover"), json!({"deployment": id()}));
        desk.admit(execution, request).unwrap()
    };
    let mut desk = Desk::free();
    desk.wait();
    let waits = by_hand(&desk, "too-early");
    assert_eq!(waits.error, "TargetNotReady");
    assert!(waits.cause.contains("/cancel"), "{}", waits.cause);
    desk.execution(FIRST, "ABORTED");
    let ended = by_hand(&desk, "by-hand");
    is_ended(&ended);
    assert_eq!(kept(&desk, "by-hand").as_ref(), Some(&ended.cause));
    assert_eq!(by_hand(&desk, "by-hand"), ended, "a retry");
    let once_more = by_hand(&desk, "once-more");
    is_nothing(&once_more, "has ended Rejected");
    assert_eq!(kept(&desk, "once-more"), Some(once_more.cause));
    // Another deployment runs beside it.
    desk.other_holds(ActionName::Deploy, HeldState::Running);
    desk.end(Ending::RolledBack);
    let beside = by_hand(&desk, "beside");
    is_nothing(&beside, "has ended RolledBack");
    assert_eq!(kept(&desk, "beside"), Some(beside.cause));
}

#[test]
fn one_whose_execution_is_not_known_any_more_is_ended_as_well() {
    let desk = Desk::free();
    desk.stage.world.stepfunctions().executions.clear();
    is_ended(&recovery(&desk));
    assert_eq!(desk.ending().cause_name, "ExecutionLost");
}

#[test]
fn a_record_without_an_execution_cannot_be() {
    let mut desk = Desk::free();
    desk.change_record(|record| record.executions.clear());
    let request = with(input("recover"), json!({"deployment": id()}));
    let (name, _) = fault(desk.admit("recovery", request));
    assert_eq!(name, FaultName::Internal);
}
