//! Tests of somebody else who changes the target after a switch that was not answered, or that an undo has met.

use super::out_of_band_changes::{assert_changed_by_other, done, known_switch, switch, wait};
use super::script::{Play, Seen, Then, noticed, seen};
use windlass_domain::text::fault::FaultName;
use windlass_engine::payload::WorkTransition;

/// Begins a deployment before which callers get 0. They would get 3 after the switch, whose answer does not come.
fn unanswered() -> Play {
    let play = Play::begin();
    play.invoke(Some(0), &[known_switch(0)], &[Some(FaultName::Unavailable)]);
    play
}

/// Safety: out-of-band changes: After a switch that was not answered the target is as before it or as it makes it;
/// anything else is somebody else's.
///
/// Safety: left open: Where the kind cannot know what the lost change makes, its late effect and an out-of-band change
/// look alike, and the deployment goes on.
#[test]
fn after_a_switch_that_was_not_answered_the_target_is_as_before_it_or_as_it_makes_it() {
    // It does not matter what is to be done next.
    let another = |callers| seen(callers, Then::Switch(2));
    for strange in [wait(9), another(9), seen(9, Then::Add(1))] {
        let play = unanswered();
        let ended = play.forward(&[strange]);
        assert_changed_by_other(&ended, "while `switch 1` was sent", [0, 9]);
        assert_eq!((ended.done.len(), play.step().changes.len()), (0, 0));
    }
    // If AWS guards it, what was sent may still be served in part. The undo keeps what the other made, too.
    let play = unanswered();
    let guarded = Seen { guarded: true, ..another(9) };
    assert_changed_by_other(&play.forward(std::slice::from_ref(&guarded)), "while `switch 1` was sent", [0, 9]);
    let ended = play.invoke(None, &[guarded], &[]);
    assert_changed_by_other(&ended, "after Windlass had", [0, 9]);
    assert_eq!((ended.done.len(), play.step().changes.len()), (0, 1));

    for ours in [another(0), another(3)] {
        let ended = unanswered().forward(&[ours, done(1)]);
        assert_eq!((ended.answer, ended.done.len()), (Ok(WorkTransition::Changed), 1));
    }
    // The kind could not know what the first change makes.
    let play = Play::begin();
    play.invoke(Some(0), &[switch(0)], &[Some(FaultName::Unavailable)]);
    let ended = play.forward(&[another(9), done(1)]);
    assert_eq!((ended.answer, ended.done.len()), (Ok(WorkTransition::Changed), 1));
}

/// Safety: out-of-band changes: An undo does not overwrite what somebody else made after a switch that was not
/// answered.
#[test]
fn an_undo_does_not_overwrite_what_came_after_a_switch_that_was_not_answered() {
    let back = |callers| seen(callers, Then::Switch(2));
    let play = unanswered();
    let ended = play.invoke(None, &[back(9)], &[]);
    assert_changed_by_other(&ended, "while `switch 1` was sent", [0, 9]);
    assert_eq!((ended.done.len(), play.step().changes.len()), (0, 1));
    for ours in [back(3), back(0)] {
        let ended = unanswered().invoke(None, &[ours, done(0)], &[]);
        assert_eq!((ended.answer, ended.done.len()), (Ok(WorkTransition::Changed), 1));
    }
}

#[test]
fn nor_does_the_undo_where_an_earlier_switch_was_answered() {
    let play = Play::begin();
    play.forward(&[known_switch(0), done(3)]);
    let lost = [Some(FaultName::Unavailable)];
    let another = Seen { after: Some(4), ..seen(3, Then::Switch(2)) };
    play.invoke(Some(1), &[another], &lost);
    let guarded = Seen { guarded: true, ..seen(9, Then::Switch(3)) };
    let ended = play.invoke(Some(1), std::slice::from_ref(&guarded), &[]);
    assert_changed_by_other(&ended, "while `switch 2` was sent", [3, 9]);
    let seen = play.step().seen.unwrap();
    assert_eq!(seen["noticed"], serde_json::json!(noticed(9)), "for `accept`");
    let ended = play.invoke(None, &[guarded], &[]);
    assert_changed_by_other(&ended, "after Windlass had", [3, 9]);
    assert_eq!(ended.done.len(), 0);
}

#[test]
fn what_was_not_answered_may_still_be_there_after_another_switch_that_was_not() {
    let another = Seen { after: Some(4), ..seen(0, Then::Switch(2)) };
    let lost = [Some(FaultName::Unavailable)];
    for ours in [0, 3, 4] {
        let play = unanswered();
        play.invoke(Some(0), std::slice::from_ref(&another), &lost);
        let ended = play.forward(&[seen(ours, Then::Switch(3)), done(1)]);
        assert_eq!(ended.answer, Ok(WorkTransition::Changed), "{}", ended.message);
    }
    let play = unanswered();
    play.invoke(Some(0), std::slice::from_ref(&another), &lost);
    let ended = play.forward(&[wait(9)]);
    assert_changed_by_other(&ended, "while `switch 2` was sent", [0, 9]);

    // A refused change does not make that known, and is itself not there.
    let play = unanswered();
    let conflict = [Some(FaultName::Conflict)];
    let ended = play.invoke(Some(0), &[another, wait(3), wait(3), done(1)], &conflict);
    assert_eq!(ended.answer, Ok(WorkTransition::Changed), "our own late effect");
}

#[test]
fn what_was_not_answered_is_known_once_it_is_seen_or_another_one_is_answered() {
    let guarded = Seen { guarded: true, ..done(3) };
    let play = unanswered();
    play.forward(&[guarded]);
    assert_eq!(play.step().unanswered.len(), 0);

    let play = unanswered();
    assert_eq!(play.step().unanswered.len(), 1);
    play.forward(&[known_switch(0), wait(3), done(3)]);
    assert_eq!(play.step().unanswered.len(), 0);
}

#[test]
fn a_switch_whose_effect_was_seen_stays_to_be_undone_whoever_comes_after_it() {
    let play = Play::begin();
    play.invoke(Some(0), &[switch(0)], &[Some(FaultName::Unavailable)]);
    assert_eq!(play.forward(&[done(1)]).answer, Ok(WorkTransition::Changed));
    let ended = play.invoke(Some(1), &[wait(2)], &[]);
    assert_changed_by_other(&ended, "since it was last seen", [1, 2]);
    assert_eq!(play.step().changes.len(), 1);
    let ended = play.invoke(None, &[seen(2, Then::Switch(2)), done(0)], &[]);
    assert_eq!((ended.answer, ended.done.len()), (Ok(WorkTransition::Changed), 1));
}

/// Safety: out-of-band changes: Where AWS has no condition the first undo goes back over what it finds, as long as
/// something of this deployment may be there.
#[test]
fn a_switch_that_was_not_answered_may_be_there_whoever_refused_the_next_one() {
    let play = Play::begin();
    play.invoke(Some(0), &[switch(0)], &[Some(FaultName::Unavailable)]);
    let another = seen(0, Then::Switch(2));
    let ended = play.invoke(Some(0), &[another, wait(9)], &[Some(FaultName::Conflict)]);
    assert_changed_by_other(&ended, "at the same time", [0, 9]);
    assert_eq!(play.step().changes.len(), 1);
    let ended = play.invoke(None, &[seen(9, Then::Switch(2)), done(0)], &[]);
    assert_eq!((ended.answer, ended.done.len()), (Ok(WorkTransition::Changed), 1));
}

/// Safety: out-of-band changes: An undo that found an out-of-band change does not begin again by itself, not even where
/// AWS has no condition.
#[test]
fn an_undo_that_found_an_out_of_band_change_does_not_begin_again_by_itself_where_aws_has_no_condition() {
    let back = seen(9, Then::Switch(2));
    let play = unanswered();
    for _ in 0..2 {
        let ended = play.invoke(None, std::slice::from_ref(&back), &[]);
        assert_changed_by_other(&ended, "while `switch 1` was sent", [0, 9]);
        assert_eq!(ended.done.len(), 0);
        play.taken_over();
    }
    play.operator_looks();
    let ended = play.invoke(None, &[back, done(0)], &[]);
    assert_eq!((ended.answer, ended.done.len()), (Ok(WorkTransition::Changed), 1));
}

/// Safety: out-of-band changes: An undo that found an out-of-band change goes on when an operator asks for it.
#[test]
fn an_undo_that_found_an_out_of_band_change_goes_on_when_an_operator_asks_for_it() {
    let back = |callers| seen(callers, Then::Switch(2));
    let strange = |callers| Seen { guarded: true, ..back(callers) };
    let lost = || unanswered();
    let known = || {
        let play = Play::begin();
        play.forward(&[known_switch(0), done(3)]);
        play
    };
    for play in [lost(), known()] {
        for _ in 0..2 {
            let ended = play.invoke(None, &[strange(9)], &[]);
            assert_eq!(ended.answer, Ok(WorkTransition::Failed), "nobody has looked");
            play.taken_over();
        }
        play.operator_looks();
        let ended = play.invoke(None, &[back(9), done(0)], &[]);
        assert_eq!((ended.answer, ended.done.len()), (Ok(WorkTransition::Changed), 1));
    }
    // The undo before may have ended without a word.
    let play = unanswered();
    play.invoke(None, &[back(3)], &[Some(FaultName::Unavailable)]);
    play.operator_looks();
    let ended = play.invoke(None, &[back(9), done(0)], &[]);
    assert_eq!((ended.answer, ended.done.len()), (Ok(WorkTransition::Changed), 1));
}

/// Safety: out-of-band changes: What changes after the operator's undo has begun is out of band again.
#[test]
fn what_changes_after_an_operator_has_looked_is_somebody_elses_again() {
    let guarded = |callers, then| Seen { guarded: true, after: Some(0), ..seen(callers, then) };
    let back = |callers| guarded(callers, Then::Switch(2));
    let deployed = || {
        let play = Play::begin();
        play.forward(&[known_switch(0), done(3)]);
        play
    };
    let failed = deployed();
    failed.invoke(None, &[back(9)], &[]);
    // The undo had begun before the operator asked, or it begins with that.
    for (play, callers) in [(failed, 9), (deployed(), 3)] {
        play.operator_looks();
        let ended = play.invoke(None, &[back(callers)], &[Some(FaultName::Unavailable)]);
        assert_eq!(ended.done.len(), 1);
        // It does not matter how often the same recovery is asked.
        for _ in 0..2 {
            let ended = play.invoke(None, &[guarded(7, Then::Switch(3))], &[]);
            assert_eq!(ended.answer, Ok(WorkTransition::Failed));
            assert_eq!(ended.done.len(), 0);
        }
    }
}

#[test]
fn the_same_switch_that_is_not_answered_twice_is_known_once() {
    let play = unanswered();
    let lost = [Some(FaultName::Unavailable)];
    let other_state_same_callers = Seen { consistent: true, ..known_switch(0) };
    play.invoke(Some(0), &[other_state_same_callers], &lost);
    assert_eq!(play.step().unanswered.len(), 1);
    for _ in 0..2 {
        play.invoke(Some(0), &[switch(0)], &lost);
        assert_eq!(play.step().unanswered.len(), 2, "one that cannot be known");
    }
}

#[test]
fn what_is_taken_back_is_the_change_that_was_not_answered() {
    let play = Play::begin();
    let lost = Some(FaultName::Unavailable);
    play.invoke(Some(0), &[switch(0)], &[lost]);
    let both = [seen(0, Then::Switch(2)), switch(0)];
    play.invoke(Some(0), &both, &[None, lost]);
    let ended = play.forward(&[switch(9)]);
    assert_changed_by_other(&ended, "while `switch 1` was sent", [0, 9]);
    let left = play.step().changes;
    assert_eq!(left.len(), 1);
    assert_eq!((left[0].what.as_str(), left[0].answered), ("switch 2", true));
}
