//! Tests of changes that callers notice: recorded, sent, answered or not, and tried again or not.

use super::script::{LONG, Play, Seen, Then, seen};
use windlass_domain::deployment::step::{ChangeRecord, StepFailure, StepStatus};
use windlass_domain::text::fault::FaultName;
use windlass_domain::text::next_step::NextStep;
use windlass_engine::converge::Budget;
use windlass_engine::payload::WorkTransition;
use windlass_engine::ports::Clock;

fn switch(callers: u32) -> Seen {
    seen(callers, Then::Switch(1))
}

fn done(callers: u32) -> Seen {
    seen(callers, Then::Done)
}

/// Returns the record of the changes: the words, whether it was answered, and whether it was part of the undo.
fn recorded(play: &Play) -> Vec<(String, bool, bool)> {
    let changes = play.step().changes.into_iter();
    let records = changes.map(|change: ChangeRecord| {
        assert!(change.switching);
        (change.what, change.answered, change.undo)
    });
    records.collect()
}

fn one(answered: bool) -> Vec<(String, bool, bool)> {
    vec![("switch 1".into(), answered, false)]
}

/// Safety: open calls: A switching call is recorded as open, sent once, and closed on its answer.
#[test]
fn a_switch_is_recorded_sent_once_and_closed() {
    let play = Play::begin();
    let ended = play.forward(&[switch(0), done(1)]);
    assert_eq!((ended.answer, ended.took), (Ok(WorkTransition::Changed), 0));
    assert_eq!(ended.done, ["switch 1"]);
    assert_eq!(recorded(&play), one(true));
    let step = play.step();
    assert_eq!((step.open, step.status, step.wave), (None, StepStatus::Changed, Some(0)));
    assert_eq!(step.shown.as_deref(), Some("1 for callers"));
}

#[test]
fn a_confirmed_switch_that_is_not_seen_is_waited_for_and_not_sent_again() {
    let play = Play::begin();
    let ended = play.forward(&[switch(0), switch(0), switch(0), done(1)]);
    assert_eq!((ended.answer, ended.took), (Ok(WorkTransition::Changed), 1_000));
    assert_eq!(ended.done.len(), 1);

    // It waits until a look cannot be as old as that any more.
    let play = Play::begin();
    let ended = play.forward(&[switch(0)]);
    assert_eq!((ended.answer, ended.took, ended.observed), (Ok(WorkTransition::Failed), 20_000, 12));
    assert!(ended.message.contains("after `switch 1` was confirmed"), "{}", ended.message);
    assert_eq!(ended.done.len(), 1);
}

#[test]
fn each_switch_is_waited_for_by_itself() {
    let play = Play::begin();
    let other = seen(0, Then::Switch(2));
    let late = [switch(0), switch(0), switch(0), other.clone(), other.clone(), other, done(1)];
    let ended = play.forward(&late);
    assert_eq!((ended.answer, ended.took), (Ok(WorkTransition::Changed), 2_000));
    assert_eq!(ended.done, ["switch 1", "switch 2"]);
}

/// Safety: open calls: A lost answer leaves the call open for 15 s; whoever comes next waits for that and 5 s more, and
/// then looks.
#[test]
fn a_lost_answer_leaves_the_call_open_for_whoever_comes_next() {
    let play = Play::begin();
    let ended = play.invoke(Some(0), &[switch(0)], &[Some(FaultName::Unavailable)]);
    assert_eq!((ended.answer, ended.took), (Err(FaultName::StillInProgress), 0));
    assert!(ended.message.starts_with("the answer to `switch 1` was lost"), "{}", ended.message);
    assert_eq!(recorded(&play), one(false));
    let began = play.step().changes[0].at;
    assert_eq!(play.step().open.unwrap().not_after, began.plus_s(15));
    assert_eq!(play.step().status, StepStatus::Changing);

    // It did not take effect: it is sent again, as the same change.
    let ended = play.forward(&[switch(0), done(1)]);
    assert_eq!((ended.answer, ended.took), (Ok(WorkTransition::Changed), 20_000));
    assert_eq!(ended.done.len(), 1);
    assert_eq!(recorded(&play), one(true));
    assert_eq!(play.step().changes[0].at, began.plus_s(20));
}

#[test]
fn what_is_neither_before_nor_after_a_lost_switch_is_somebody_elses() {
    let lost = [Some(FaultName::Unavailable)];
    let play = Play::begin();
    play.invoke(Some(0), &[switch(0)], &lost);
    let ended = play.forward(&[switch(9)]);
    assert_eq!(ended.answer, Ok(WorkTransition::Failed));
    assert!(ended.message.contains("while `switch 1` was sent"), "{}", ended.message);
    assert_eq!((ended.done.len(), recorded(&play)), (0, vec![]));

    let play = Play::begin();
    play.invoke(Some(0), &[switch(0)], &lost);
    let ended = play.forward(&[done(9)]);
    assert_eq!(ended.answer, Ok(WorkTransition::Changed), "it is what is wanted");
}

/// Safety: open calls: A refusal takes the record of the call back, unless an earlier try may have worked.
#[test]
fn a_refusal_takes_the_record_back_unless_an_earlier_try_may_have_worked() {
    let denied = Some(FaultName::AccessDenied);
    let play = Play::begin();
    let ended = play.invoke(Some(0), &[switch(0)], &[denied]);
    assert_eq!(
        (ended.answer, ended.message.as_str()),
        (Ok(WorkTransition::Failed), "AccessDenied: switch 1: as planned")
    );
    assert_eq!((play.step().open, recorded(&play)), (None, vec![]));

    let play = Play::begin();
    play.invoke(Some(0), &[switch(0)], &[Some(FaultName::Unavailable)]);
    let ended = play.invoke(Some(0), &[switch(0)], &[denied]);
    assert_eq!(ended.answer, Ok(WorkTransition::Failed));
    assert_eq!((play.step().open, recorded(&play)), (None, one(false)));
}

#[test]
fn a_throttled_switch_is_asked_for_again_and_stays_open() {
    for name in [FaultName::Throttled, FaultName::StillInProgress] {
        let play = Play::begin();
        let ended = play.invoke(Some(0), &[switch(0)], &[Some(name)]);
        assert_eq!((ended.answer, ended.message.as_str()), (Err(name), "switch 1: as planned"));
        assert!(play.step().open.is_some());
        assert_eq!(recorded(&play), one(false));
    }
}

#[test]
fn a_condition_that_did_not_hold_is_decided_anew() {
    let conflict = [Some(FaultName::Conflict)];
    let play = Play::begin();
    let ended = play.invoke(Some(0), &[switch(0), switch(0), done(1)], &conflict);
    assert_eq!((ended.answer, ended.took), (Ok(WorkTransition::Changed), 500));
    assert_eq!((ended.done.len(), recorded(&play)), (2, one(true)));

    let play = Play::begin();
    let always = [Some(FaultName::Conflict); 9];
    let ended = play.invoke(Some(0), &[switch(0)], &always);
    assert_eq!((ended.answer, ended.took), (Err(FaultName::StillInProgress), 2_500));
    assert_eq!((ended.done.len(), recorded(&play)), (6, vec![]));
}

/// Safety: open calls: What could not end in its function's time is not recorded and not sent.
#[test]
fn what_takes_until_the_end_of_the_work_is_not_sent_any_more() {
    for (ready_ms, sent) in [(44_999, true), (45_000, false)] {
        let play = Play::begin();
        play.ready_after(ready_ms);
        let ended = play.forward(&[switch(0), done(1)]);
        assert_eq!(ended.done.len(), usize::from(sent), "{ready_ms}");
        if !sent {
            assert_eq!(ended.message, "there was no time left to send `switch 1`");
            assert_eq!(recorded(&play), []);
        }
    }
    let mut play = Play::begin();
    play.budget = Budget { work_ms: 10, wait_ms: 10 };
    play.ready_after(9);
    assert_eq!(play.forward(&[switch(0), done(1)]).done.len(), 1);
}

/// Safety: open calls: A change that takes longer is recorded as open for as much longer.
#[test]
fn what_takes_longer_is_sent_while_there_is_time_for_it_and_stays_open_for_as_much_longer() {
    let long = seen(0, Then::Switch(LONG + 20));
    for (ready_ms, sent) in [(24_999, true), (25_000, false)] {
        let play = Play::begin();
        play.ready_after(ready_ms);
        let lost = [Some(FaultName::Unavailable)];
        let ended = play.invoke(Some(0), std::slice::from_ref(&long), &lost);
        assert_eq!(ended.done.len(), usize::from(sent), "{ready_ms}");
        let step = play.step();
        let open = step.open.map(|open| open.not_after);
        let recorded = step.changes.first().map(|change| change.at.plus_s(35));
        assert_eq!((open, open.is_some()), (recorded, sent));
    }
}

#[test]
fn an_undo_has_changes_of_its_own_and_ends_where_nothing_was_switched() {
    let play = Play::begin();
    play.forward(&[switch(0), done(1)]);
    let ended = play.invoke(None, &[switch(1), done(0)], &[]);
    assert_eq!((ended.answer, ended.done.len()), (Ok(WorkTransition::Changed), 1));
    let both = [one(true), vec![("switch 1".into(), true, true)]].concat();
    assert_eq!(recorded(&play), both);
    let step = play.step();
    assert_eq!((step.status, step.wave), (StepStatus::Undone, Some(0)));

    let play = Play::begin();
    play.forward(&[seen(0, Then::Add(1)), done(0)]);
    let ended = play.invoke(None, &[switch(1)], &[]);
    assert_eq!((ended.answer, ended.observed), (Ok(WorkTransition::Changed), 0));
    assert_eq!(play.step().status, StepStatus::Undone);
}

#[test]
fn an_undo_that_cannot_be_done_keeps_what_was_confirmed() {
    let play = Play::begin();
    let mut known = switch(0);
    known.after = Some(1);
    play.forward(&[known, done(1)]);
    let confirmed = play.step().confirmed;
    assert!(confirmed.is_some());
    let ended = play.invoke(None, &[seen(1, Then::Fail)], &[]);
    assert_eq!(ended.answer, Ok(WorkTransition::Failed));
    let step = play.step();
    assert_eq!((step.status, step.confirmed), (StepStatus::UndoFailed, confirmed));
    assert!(step.failure.is_none() && step.undo_failure.is_some());
    // Whoever recovers tries it again.
    play.taken_over();
    let ended = play.invoke(None, &[seen(1, Then::Switch(2)), done(0)], &[]);
    assert_eq!((ended.answer, ended.done.len()), (Ok(WorkTransition::Changed), 1));
}

/// The environment is locked where an undo has failed, and refuses a deployment, whatever the kind's remedy is.
#[test]
fn the_finding_of_a_failed_undo_has_no_step_to_deploy() {
    let deploys = |failure: Option<StepFailure>| match failure {
        Some(StepFailure::Finding(finding)) => finding.steps().any(|step| matches!(step, NextStep::Deploy(_))),
        other => panic!("{other:?}"),
    };
    let play = Play::begin();
    play.forward(&[seen(0, Then::Fail)]);
    assert!(deploys(play.step().failure), "forward it has");
    let play = Play::begin();
    play.forward(&[switch(0), done(1)]);
    play.invoke(None, &[seen(1, Then::Fail)], &[]);
    assert!(!deploys(play.step().undo_failure));
}

/// Safety: undo: An undo does not believe a look within 20 s of a switch that it may be older than.
#[test]
fn an_undo_does_not_believe_a_look_that_may_be_older_than_the_switch() {
    let play = Play::begin();
    play.forward(&[seen(0, Then::Switch(1)), seen(1, Then::Done)]);
    let back = [seen(0, Then::Done), seen(1, Then::Switch(2)), seen(0, Then::Done)];
    let ended = play.invoke(None, &back, &[]);
    assert_eq!((ended.answer, ended.done.len()), (Ok(WorkTransition::Changed), 1));

    // A state that is seen for long enough is true, counted from when the switch had taken effect.
    for answered_after in [0, 9_000] {
        let play = Play::begin();
        play.answered_after(answered_after);
        play.forward(&[seen(0, Then::Switch(1)), seen(1, Then::Done)]);
        let sent = play.step().changes[0].at;
        let ended = play.invoke(None, &[seen(0, Then::Done)], &[]);
        assert_eq!((ended.answer, ended.done.len()), (Ok(WorkTransition::Changed), 0));
        assert!(play.world().now().ms_since(sent) >= answered_after + 20_000);
    }
}

/// Safety: late looks: A failure that may be older than the switch is looked at again.
#[test]
fn a_failure_that_may_be_older_than_the_switch_is_looked_at_again() {
    let failed = seen(1, Then::Fail);
    let play = Play::begin();
    let ended = play.forward(&[switch(0), failed.clone(), done(1)]);
    assert_eq!((ended.answer, ended.took), (Ok(WorkTransition::Changed), 20_000));

    let play = Play::begin();
    let ended = play.forward(&[switch(0), failed.clone()]);
    assert_eq!((ended.answer, ended.took), (Ok(WorkTransition::Failed), 20_000));

    let play = Play::begin();
    let at_once = Seen { consistent: true, ..failed.clone() };
    let ended = play.forward(&[switch(0), at_once]);
    assert_eq!((ended.answer, ended.took), (Ok(WorkTransition::Failed), 0));

    // Nothing was switched that could show later.
    let ended = Play::begin().forward(&[seen(0, Then::Fail)]);
    assert_eq!((ended.answer, ended.took), (Ok(WorkTransition::Failed), 0));
}

/// Safety: undo: An undo believes its own switch where AWS's condition, or AWS itself, vouches for it.
#[test]
fn an_undo_believes_its_own_switch_where_a_condition_or_aws_vouches_for_it() {
    let back = |is: Seen| {
        let play = Play::begin();
        play.forward(&[switch(0), done(1)]);
        let ended = play.invoke(None, &[seen(1, Then::Switch(2)), is], &[]);
        assert_eq!(ended.answer, Ok(WorkTransition::Changed));
        ended.took
    };
    assert_eq!(back(done(0)), 20_000);
    let guarded = Seen { guarded: true, ..done(0) };
    let consistent = Seen { consistent: true, ..done(0) };
    assert_eq!([back(guarded), back(consistent)], [0, 0]);
}

#[test]
fn a_switch_that_was_not_answered_may_show_as_late_as_it_is_waited_for() {
    let play = Play::begin();
    play.invoke(Some(0), &[switch(0)], &[Some(FaultName::Unavailable)]);
    let ended = play.invoke(None, &[done(0)], &[]);
    assert_eq!((ended.answer, ended.took), (Ok(WorkTransition::Changed), 40_000));
}
