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

#[test]
fn the_time_that_is_left() {
    // The cost of a file beside its bytes.
    const FILE: u64 = 65_536;
    // files done, bytes done, elapsed: what is left of 100 files with 100 files' worth of bytes.
    let table = [
        (0, 0, 5_000, None),
        (50, 50 * FILE, 10_000, Some(10)),
        (10, 10 * FILE, 1_000, Some(9)),
        (100, 100 * FILE, 1_000, Some(0)),
        (99, 99 * FILE, 1_000, Some(1)),
        // A large file in the middle.
        (0, 50 * FILE, 1_000, Some(3)),
    ];
    let began = Progress { files_total: 100, bytes_total: 100 * FILE, ..Progress::default() };
    for (files_done, bytes_done, elapsed_ms, left_s) in table {
        let now = Progress { files_done, bytes_done, ..began };
        assert_eq!(now.with_time_left(began, elapsed_ms).left_s, left_s, "{files_done} files in {elapsed_ms} ms");
    }
}
