//! Deployments that died before they had their turn.

use crate::desk::{Desk, FIRST, fault, input, is_rollback, with};
use crate::stage::id;
use serde_json::json;
use windlass_domain::deployment::Status;
use windlass_domain::ending::Ending;
use windlass_domain::environment::HeldState;
use windlass_domain::fault::FaultName;
use windlass_domain::request::ActionName;
use windlass_engine::payload::Word;

/// What the recovery of the deployment by its id tells.
fn told(desk: &Desk) -> String {
    let request = json!({"deployment": id(), "requester": {"route": "windlass"}});
    let answer = desk.admit("recovery", with(input("recover"), request));
    let answer = answer.unwrap();
    let short = (answer.verdict, answer.error.as_str());
    assert_eq!(short, (Word::NothingToDo, "NothingToRecover"));
    answer.cause
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
        assert!(told(&desk).contains("it waited for its turn and is ended"));
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
    assert!(told(&desk).contains("it waited for its turn and is ended"));
    assert_eq!(desk.ending().ending, Ending::Rejected);
    assert_eq!(desk.lock(), before);
}

#[test]
fn one_that_died_at_its_arrival_has_no_place_in_the_queue_to_leave() {
    let desk = Desk::free();
    desk.execution(FIRST, "FAILED");
    assert!(told(&desk).contains("is ended"));
    assert_eq!(desk.ending().ending, Ending::Rejected);
}

#[test]
fn a_rollback_that_a_person_stopped_says_nothing_of_deploying() {
    let mut desk = Desk::free();
    is_rollback(&mut desk);
    desk.execution(FIRST, "ABORTED");
    told(&desk);
    assert!(!desk.ending().cause.contains("next:"));
}

#[test]
fn one_that_is_alive_or_has_ended_is_left_alone() {
    let mut desk = Desk::free();
    desk.wait();
    assert!(told(&desk).contains("still runs and waits for its turn"));
    assert!(desk.waiting().is_some());
    assert_eq!(desk.record().ending, None);
    desk.end(Ending::RolledBack);
    let ended = format!("deployment {} has ended RolledBack", id());
    assert!(told(&desk).contains(&ended));
}

#[test]
fn one_whose_execution_is_not_known_any_more_is_ended_as_well() {
    let desk = Desk::free();
    desk.stage.world.executions().executions.clear();
    told(&desk);
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
