//! Tests of the reason why an execution is gone, as Step Functions answers it.

use crate::conductor::scene::{FIRST, Scene};
use windlass_world::stepfunctions::arn_of;

fn why(status: &str, error: Option<&str>, cause: Option<&str>) -> (String, String) {
    let scene = Scene::new();
    scene.execution(FIRST, status);
    let mut state = scene.stage.world.stepfunctions();
    let execution = state.executions.get_mut(&arn_of(FIRST)).unwrap();
    execution.error = error.map(str::to_owned);
    execution.cause = cause.map(str::to_owned);
    drop(state);
    scene.recovery().unwrap();
    let why = scene.record().undoing.unwrap();
    (why.name, why.text.written())
}

#[test]
fn a_death_is_named_by_its_error_else_by_its_status() {
    let table = [
        ("ABORTED", Some("Cancelled"), "Cancelled"),
        ("ABORTED", Some(""), "ExecutionStopped"),
        ("ABORTED", None, "ExecutionStopped"),
        ("TIMED_OUT", None, "ExecutionTimedOut"),
        ("TIMED_OUT", Some("States.Timeout"), "States.Timeout"),
        ("FAILED", None, "ExecutionDied"),
    ];
    for (status, error, name) in table {
        assert_eq!(why(status, error, None).0, name, "{status} {error:?}");
    }
}

#[test]
fn a_death_without_a_cause_is_named_in_a_sentence() {
    let wanted = format!("The execution {} ended FAILED in the middle.", arn_of(FIRST));
    assert_eq!(why("FAILED", None, None).1, wanted);
    assert_eq!(why("FAILED", None, Some("")).1, wanted);
    assert_eq!(why("FAILED", None, Some("by hand")).1, "by hand");
}

#[test]
fn an_execution_that_step_functions_has_forgotten_is_lost() {
    let scene = Scene::new();
    scene.stage.world.stepfunctions().executions.clear();
    scene.recovery().unwrap();
    let record = scene.record();
    assert_eq!(record.undoing.unwrap().name, "ExecutionLost");
    assert!(!record.stopped);
}
