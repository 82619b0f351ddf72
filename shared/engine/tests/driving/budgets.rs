//! Tests of how long one invocation goes on, and how it waits.

use super::script::{Ended, Play, Seen, Then, seen};
use windlass_domain::deployment::step::OpenCall;
use windlass_domain::text::fault::FaultName;
use windlass_engine::converge::Budget;
use windlass_engine::payload::WorkTransition;
use windlass_engine::ports::Clock;

fn waits(budget: Budget, seconds: u64) -> (u64, u32, String) {
    let mut play = Play::begin();
    play.budget = budget;
    let ended = play.forward(&[seen(0, Then::Wait(seconds))]);
    assert_eq!(ended.answer, Err(FaultName::StillInProgress));
    (ended.took, ended.observed, ended.message)
}

#[test]
fn it_waits_half_as_long_again_each_time_up_to_what_the_kind_asks_for_and_its_budget() {
    let usual = Budget::default();
    let work = |work_ms| Budget { work_ms, ..usual };
    let wait = |wait_ms| Budget { wait_ms, ..usual };
    let (not_ready, more) = ("the target is not ready", "it needs more than one invocation");
    // The budget, and the seconds that the kind asks for. Expected: how long it took in milliseconds, and how often it
    // looked.
    let table = [
        (usual, 30, 17_083, 10, not_ready),
        (usual, 2, 19_062, 14, not_ready),
        (usual, 1, 19_250, 22, not_ready),
        (usual, 0, 20_000, 201, not_ready),
        (wait(17_083), 30, 17_083, 10, not_ready),
        (wait(17_082), 30, 11_389, 9, not_ready),
        (work(1_500), 30, 1_500, 3, more),
        (work(1_499), 30, 1_000, 3, not_ready),
        (work(0), 30, 0, 0, more),
    ];
    for (budget, seconds, took, observed, message) in table {
        let found = waits(budget, seconds);
        assert_eq!(found, (took, observed, message.to_owned()), "{budget:?} {seconds}");
    }
}

#[test]
fn what_takes_hours_is_looked_at_once_and_left_to_the_machine() {
    let ended = Play::begin().forward(&[seen(0, Then::WaitForHours)]);
    assert_eq!(ended.answer, Err(FaultName::TakesHours));
    assert_eq!((ended.took, ended.observed), (0, 1));
}

#[test]
fn a_condition_that_does_not_hold_is_looked_at_again_five_times() {
    let play = Play::begin();
    let conflicts = [Some(FaultName::Conflict); 9];
    let ended = play.invoke(Some(0), &[seen(0, Then::Add(1))], &conflicts);
    let wanted = Ended {
        answer: Err(FaultName::StillInProgress),
        message: "add 1: as planned".into(),
        took: 2_500,
        observed: 6,
        done: vec!["add 1".into(); 6],
    };
    assert_eq!(ended, wanted);
    let play = Play::begin();
    let ended = play.invoke(
        Some(0),
        &[seen(0, Then::Add(1)), seen(0, Then::Add(1)), seen(0, Then::Done)],
        &[Some(FaultName::Conflict)],
    );
    assert_eq!((ended.answer, ended.took), (Ok(WorkTransition::Changed), 500));
    assert_eq!(ended.done.len(), 2);
}

#[test]
fn additions_are_made_once_each_and_waited_for_until_they_are_seen() {
    let add = |number| seen(0, Then::Add(number));
    let play = Play::begin();
    let ended = play.forward(&[add(1), add(2), add(2), add(1), seen(0, Then::Done)]);
    assert_eq!((ended.answer, ended.took), (Ok(WorkTransition::Changed), 4_000));
    assert_eq!(ended.done, ["add 1", "add 2"]);
    let changes = play.step().changes;
    let recorded: Vec<_> =
        changes.iter().map(|c| (c.what.as_str(), c.answered, c.undo, c.switching, c.token)).collect();
    let made = |what| (what, true, false, false, 1);
    assert_eq!(recorded, [made("add 1"), made("add 2")]);

    let play = Play::begin();
    let ended = play.forward(&[add(1)]);
    assert_eq!(ended.answer, Err(FaultName::StillInProgress));
    assert_eq!((ended.took, ended.observed), (20_000, 12));
    assert_eq!(ended.message, "`add 1` is done but not seen yet");
    // An invocation may make again what another one has made.
    let ended = play.forward(&[add(1), seen(0, Then::Done)]);
    assert_eq!(ended.done, ["add 1"]);
}

#[test]
fn an_addition_that_is_refused_fails_and_one_that_may_come_is_asked_for_again() {
    for (name, answer) in
        [(FaultName::AccessDenied, Ok(WorkTransition::Failed)), (FaultName::Throttled, Err(FaultName::Throttled))]
    {
        let play = Play::begin();
        let ended = play.invoke(Some(0), &[seen(0, Then::Add(1))], &[Some(name)]);
        assert_eq!(ended.answer, answer);
        assert!(ended.message.ends_with("add 1: as planned"), "{}", ended.message);
        assert_eq!(play.step().changes, []);
    }
}

#[test]
fn the_work_of_all_invocations_is_counted() {
    let play = Play::begin();
    for number in 1..=3 {
        play.forward(&[seen(0, Then::Wait(30))]);
        let step = play.step();
        assert_eq!((step.attempt, step.invocations), (number, number));
        assert_eq!(step.worked_ms, 17_083 * number);
    }
}

#[test]
fn siblings_in_the_way_are_waited_out_a_little_longer_each_time() {
    let play = Play::begin();
    play.world().dynamodb().busy = 3;
    let ended = play.forward(&[seen(0, Then::Done)]);
    assert_eq!((ended.answer, ended.took), (Ok(WorkTransition::Changed), 20 + 40 + 60));
    play.world().dynamodb().busy = 12;
    let ended = play.invoke(Some(1), &[seen(0, Then::Done)], &[]);
    assert_eq!(ended.answer, Err(FaultName::Unavailable));
    assert_eq!(ended.message, "recording the step: others kept writing the same ledger items; ask again");
    assert_eq!(ended.took, 20 * 78);
}

/// Makes an invocation that finds a call open which may be sent until so many seconds from now.
fn finds_open(seconds: u64) -> Ended {
    let play = Play::begin();
    play.change_step(|step| {
        step.open = Some(OpenCall { what: "switch 1".into(), not_after: play.world().now().plus_s(seconds) });
    });
    play.forward(&[seen(0, Then::Done)])
}

#[test]
fn an_open_call_is_waited_out_unless_that_takes_too_long() {
    for (seconds, took) in [(0, 5_000), (15, 20_000), (16, 21_000)] {
        let ended = finds_open(seconds);
        assert_eq!((ended.answer, ended.took), (Ok(WorkTransition::Changed), took), "{seconds}");
    }
    let ended = finds_open(60);
    assert_eq!(ended.answer, Err(FaultName::StillInProgress));
    assert_eq!((ended.took, ended.observed), (40_000, 0));
    let wanted = "`switch 1` may still take effect until 2026-11-20T14:01:00Z plus 5 s";
    assert_eq!(ended.message, wanted);
}

#[test]
fn a_step_without_a_goal_or_with_one_that_cannot_be_read_fails() {
    let play = Play::begin();
    let ended = play.invoke(Some(7), &[seen(0, Then::Done)], &[]);
    assert_eq!(ended.answer, Ok(WorkTransition::Failed));
    assert_eq!(ended.message, "Internal: component api has no goal in wave 7");
    let play = Play::begin();
    play.change_step(|step| step.target = serde_json::json!(7));
    let ended = play.forward(&[seen(0, Then::Done)]);
    assert!(ended.message.contains("the target of a step cannot be read"), "{}", ended.message);
}

#[test]
fn a_target_that_breaks_is_named() {
    let play = Play::begin();
    let ended = play.forward(&[seen(0, Then::Fail)]);
    assert_eq!((ended.answer, ended.message.as_str()), (Ok(WorkTransition::Failed), "ChangeFailed: it broke"));
    let reached: &[Seen] = &[seen(0, Then::Done)];
    let play = Play::begin();
    play.forward(reached);
    assert_eq!(play.step().shown.as_deref(), Some("0 for callers"));
}
