//! The next thing to do on the way back, as a table.

use super::tests::{ago, answered, end, run, seen, sent, target, told};
use super::{KNOWN_S, SHOWN_S, next};
use crate::kinds::task::state::{Goal, Target, TaskState};
use windlass_domain::kinds::task::TaskUndo;

const BACK: Goal = Goal::Back(None);

#[test]
fn what_was_run_is_stopped_and_taken_back_once() {
    let ended = |exit| TaskState { end: Some(end(exit, true)), ..answered(7200) };
    let runs = |side: TaskState| TaskState { run: Some(run("RUNNING", "", None)), ..side };
    let none = TaskState::default;
    let missed = |seconds, side: TaskState| TaskState { missed: Some(ago(seconds)), ..side };
    let table = vec![
        ("it was never asked for", none(), none(), "done"),
        ("its answer was lost, and it is not shown", sent(60), none(), "miss forward"),
        ("it may be shown yet", missed(SHOWN_S - 1, sent(600)), none(), "wait"),
        ("it never was", missed(SHOWN_S, sent(600)), none(), "done"),
        (
            "it was shown once, and stopped",
            TaskState { stops: [None, Some(ago(60))], ..missed(SHOWN_S, sent(600)) },
            none(),
            "wait",
        ),
        ("after that nobody knows", missed(SHOWN_S, sent(KNOWN_S)), none(), "unknown"),
        ("nobody knows", sent(KNOWN_S), none(), "unknown"),
        ("it was answered and is gone", answered(KNOWN_S), none(), "unknown"),
        ("it was answered just now", answered(3), none(), "wait"),
        ("it runs", runs(answered(9)), none(), "stop forward"),
        (
            "it was told to stop at its limit before",
            TaskState { stops: [Some(ago(5)), None], ..runs(answered(999)) },
            none(),
            "stop forward",
        ),
        ("it is stopping", TaskState { stops: [None, Some(ago(5))], ..runs(answered(9)) }, none(), "wait"),
        ("it never began", ended(None), none(), "done"),
        ("it failed", ended(Some(1)), none(), "run undo"),
        ("it succeeded", ended(Some(0)), none(), "run undo"),
        ("the undo's answer is lost", ended(Some(0)), sent(60), "run undo again"),
        ("of the undo nobody knows", ended(Some(0)), sent(KNOWN_S), "unknown"),
        ("the undo runs", ended(Some(0)), runs(answered(60)), "wait"),
        ("the undo takes too long", ended(Some(0)), runs(answered(901)), "stop undo"),
        ("it is taken back", ended(Some(0)), ended(Some(0)), "done"),
        ("the undo failed", ended(Some(0)), ended(Some(2)), "failed"),
    ];
    for (why, forward, back, wanted) in table {
        let next = next(&target(), &seen(forward, back), &BACK);
        assert_eq!(told(&next), wanted, "{why}");
    }
    for undo in [None, Some(TaskUndo::None)] {
        let target = Target { undo, ..target() };
        for (side, wanted) in [
            (ended(Some(0)), "done"),
            (ended(Some(1)), "done"),
            (runs(answered(9)), "stop forward"),
            (sent(KNOWN_S), "unknown"),
        ] {
            let next = next(&target, &seen(side, none()), &BACK);
            assert_eq!(told(&next), wanted, "{:?}", target.undo);
        }
    }
}

/// As soon as it has begun, nothing that came before may run after it, whatever became of it.
#[test]
fn what_is_irreversible_is_stopped_and_never_taken_back() {
    let target = Target { undo: None, irreversible: true, ..target() };
    let ended = |exit, by_itself| TaskState { end: Some(end(exit, by_itself)), ..answered(60) };
    for (why, side, wanted) in [
        ("it was never asked for", TaskState::default(), "done"),
        ("it runs", TaskState { run: Some(run("RUNNING", "", None)), ..answered(9) }, "stop forward"),
        ("it succeeded", ended(Some(0), true), "irreversible"),
        ("it failed", ended(Some(1), true), "irreversible"),
        ("it was stopped", ended(Some(137), false), "irreversible"),
        ("it never began", ended(None, false), "done"),
        ("nobody knows", sent(KNOWN_S), "unknown"),
    ] {
        let next = next(&target, &seen(side, TaskState::default()), &BACK);
        assert_eq!(told(&next), wanted, "{why}");
    }
}
