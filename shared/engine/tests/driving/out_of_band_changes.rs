//! Tests of somebody else who changes the target. The change is noticed wherever it is known what callers get.

use super::script::{Ended, Play, Seen, Then, noticed, seen};
use windlass_domain::text::fault::FaultName;
use windlass_engine::payload::WorkTransition;

pub(super) fn switch(callers: u32) -> Seen {
    seen(callers, Then::Switch(1))
}

/// Makes a switch after which callers are known to get 3.
pub(super) fn known_switch(callers: u32) -> Seen {
    Seen { after: Some(3), ..switch(callers) }
}

pub(super) fn done(callers: u32) -> Seen {
    seen(callers, Then::Done)
}

pub(super) fn wait(callers: u32) -> Seen {
    seen(callers, Then::Wait(1))
}

pub(super) fn assert_changed_by_other(ended: &Ended, when: &str, [was, is]: [u32; 2]) {
    assert_eq!(ended.answer, Ok(WorkTransition::Failed), "{}", ended.message);
    let wanted = format!(
        "TargetChangedByOther: Someone else changed the target of api {when}: from {was} for callers \
         to {is} for callers. Windlass owns what callers of it get; every other field is yours."
    );
    assert!(ended.message.starts_with(&wanted), "{}", ended.message);
}

/// Safety: out-of-band changes: Until the first switching change the target must be what `Prepare` saw.
#[test]
fn until_the_first_switch_the_target_is_what_prepare_saw() {
    for strange in [done(9), wait(9), switch(9)] {
        let ended = Play::begin().forward(&[strange]);
        assert_changed_by_other(&ended, "since it was last seen", [0, 9]);
        assert_eq!(ended.done.len(), 0);
    }
    let play = Play::begin();
    let ended = play.forward(&[wait(0), seen(0, Then::Add(1)), switch(9)]);
    assert_changed_by_other(&ended, "since it was last seen", [0, 9]);
}

/// Safety: out-of-band changes: A later wave begins where the one before ended, or fails.
#[test]
fn a_later_wave_begins_where_the_one_before_ended() {
    let play = Play::begin();
    assert_eq!(play.forward(&[switch(0), done(1)]).answer, Ok(WorkTransition::Changed));
    let ended = play.invoke(Some(1), &[done(2)], &[]);
    assert_changed_by_other(&ended, "since it was last seen", [1, 2]);

    // The invocation begins in the middle of a wave, and nobody knows any more what callers got.
    let play = Play::begin();
    play.forward(&[switch(0), done(1)]);
    let lost = [Some(FaultName::Unavailable)];
    play.invoke(Some(1), &[seen(1, Then::Switch(2))], &lost);
    let ended = play.invoke(Some(1), &[done(2)], &[]);
    assert_eq!(ended.answer, Ok(WorkTransition::Changed));
}

#[test]
fn what_a_confirmed_switch_made_must_stay_until_the_goal_is_reached() {
    // An observation may be older than the switch. The goal itself is never an out-of-band change.
    for seen in [wait(3), wait(0), done(3), done(4)] {
        let ended = Play::begin().forward(&[known_switch(0), seen, done(3)]);
        assert_eq!(ended.answer, Ok(WorkTransition::Changed), "{}", ended.message);
    }
    for strange in [wait(4), seen(4, Then::Add(1)), seen(4, Then::Fail)] {
        let ended = Play::begin().forward(&[known_switch(0), strange]);
        assert_changed_by_other(&ended, "after Windlass had", [3, 4]);
    }
    // If the kind cannot know, nothing is compared.
    let ended = Play::begin().forward(&[switch(0), wait(4), done(3)]);
    assert_eq!(ended.answer, Ok(WorkTransition::Changed));
}

#[test]
fn a_refused_switch_leaves_what_was_confirmed_before() {
    let play = Play::begin();
    play.forward(&[known_switch(0), done(3)]);
    let former = play.step().confirmed;
    assert!(former.is_some());
    let refused = [Some(FaultName::AccessDenied)];
    play.invoke(Some(1), &[seen(3, Then::Switch(2))], &refused);
    assert_eq!(play.step().confirmed, former);

    // A switch whose answer was lost may have changed that.
    let play = Play::begin();
    play.forward(&[known_switch(0), done(3)]);
    let lost = [Some(FaultName::Unavailable)];
    play.invoke(Some(1), &[seen(3, Then::Switch(2))], &lost);
    assert_eq!(play.step().confirmed, None);
}

#[test]
fn what_is_reached_is_remembered_where_the_kind_guards_it() {
    for guarded in [true, false] {
        let play = Play::begin();
        let reached = Seen { guarded, ..done(1) };
        let waits = Seen { guarded, ..wait(0) };
        play.forward(&[switch(0), waits, reached]);
        let confirmed = play.step().confirmed;
        assert_eq!(confirmed, guarded.then(|| serde_json::json!(noticed(1))));
    }
    // Only a reached goal is confirmed.
    let play = Play::begin();
    let guarded = Seen { guarded: true, ..wait(0) };
    play.forward(&[switch(0), guarded]);
    assert_eq!(play.step().confirmed, None);
}

#[test]
fn who_changes_it_between_look_and_send_is_seen_at_the_next_look() {
    let conflict = [Some(FaultName::Conflict)];
    let undo = |observations: &[Seen]| {
        let play = Play::begin();
        play.forward(&[switch(0), done(5)]);
        play.invoke(None, observations, &conflict)
    };
    assert_changed_by_other(&undo(&[switch(5), switch(6)]), "at the same time", [5, 6]);
    assert_changed_by_other(&undo(&[switch(5), wait(6)]), "at the same time", [5, 6]);
    // The same is seen again, or what is wanted.
    let ended = undo(&[switch(5), switch(5), done(0)]);
    assert_eq!((ended.answer, ended.done.len()), (Ok(WorkTransition::Changed), 2));
    assert_eq!(undo(&[switch(5), done(0)]).answer, Ok(WorkTransition::Changed));
    // Only the look after the conflict is compared. What changes later is decided anew.
    let ended = undo(&[switch(5), wait(5), wait(6), done(0)]);
    assert_eq!(ended.answer, Ok(WorkTransition::Changed), "{}", ended.message);
}

#[test]
fn an_undo_starts_from_whatever_is_there() {
    let play = Play::begin();
    play.forward(&[switch(0), done(1)]);
    let ended = play.invoke(None, &[switch(7), done(0)], &[]);
    assert_eq!(ended.answer, Ok(WorkTransition::Changed));
}

/// Safety: late looks: What may only be an older look is looked at again, and the deployment goes on.
#[test]
fn what_may_only_be_older_is_looked_at_again() {
    for behind in [done(9), wait(9), switch(9)] {
        let late = [behind.clone(), behind, switch(0), done(1)];
        let ended = Play::begin().forward(&late);
        assert_eq!((ended.answer, ended.took), (Ok(WorkTransition::Changed), 1_000));
        assert_eq!(ended.done.len(), 1);
    }
    let late = [known_switch(0), switch(0), switch(0), done(3)];
    let ended = Play::begin().forward(&late);
    assert_eq!((ended.answer, ended.took), (Ok(WorkTransition::Changed), 1_000));
    assert_eq!(ended.done.len(), 1);
}

/// Safety: late looks: Nobody is accused before every look has shown the change for 20 s.
#[test]
fn an_out_of_band_change_is_one_that_every_look_shows_for_as_long_as_one_may_be_behind() {
    let ended = Play::begin().forward(&[switch(9)]);
    assert_changed_by_other(&ended, "since it was last seen", [0, 9]);
    assert_eq!((ended.took, ended.observed), (20_000, 11));

    // In between it is seen as expected: the time begins anew.
    let ended = Play::begin().forward(&[switch(9), wait(0), switch(9)]);
    assert_changed_by_other(&ended, "since it was last seen", [0, 9]);
    assert_eq!(ended.took, 21_000);
}

/// Safety: late looks: A look is as old as its beginning, however long its calls took.
#[test]
fn a_look_that_takes_long_is_as_old_as_its_beginning() {
    let slow = |seen: Seen| Seen { took_ms: 21_000, ..seen };
    // Windlass's own switch does not show yet: in a look that began half a second after another one that did not show
    // it.
    let ended = Play::begin().forward(&[known_switch(0), switch(0), slow(switch(0)), done(3)]);
    assert_eq!(ended.answer, Ok(WorkTransition::Changed), "{}", ended.message);
    assert_eq!(ended.done.len(), 1);

    // The way back finds what was there before the switch, in a look that began right after it.
    let play = Play::begin();
    play.forward(&[switch(0), done(1)]);
    let ended = play.invoke(None, &[slow(done(0)), switch(1), done(0)], &[]);
    assert_eq!(ended.answer, Ok(WorkTransition::Changed), "{}", ended.message);
    assert_eq!(ended.done.len(), 1);
}

#[test]
fn where_aws_promises_it_an_out_of_band_change_is_named_at_once() {
    let consistent = Seen { consistent: true, ..switch(9) };
    let ended = Play::begin().forward(&[consistent]);
    assert_changed_by_other(&ended, "since it was last seen", [0, 9]);
    assert_eq!((ended.took, ended.observed), (0, 1));
}
