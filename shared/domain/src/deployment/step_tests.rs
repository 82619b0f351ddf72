use crate::deployment::step::*;

#[test]
fn an_undo_has_something_to_do_unless_nothing_was_done_or_all_is_back() {
    use StepStatus::{Changed, Changing, Failed, Planned, UndoFailed, Undoing, Undone};
    for status in [Changing, Changed, Failed, Undoing, UndoFailed] {
        assert!(status.may_have_changed(), "{status:?}");
    }
    for status in [Planned, Undone] {
        assert!(!status.may_have_changed(), "{status:?}");
    }
}

#[test]
fn a_look_shows_a_change_when_its_call_can_no_longer_take_effect() {
    assert_eq!(SEEN_AFTER_MS, 20_000);
}
