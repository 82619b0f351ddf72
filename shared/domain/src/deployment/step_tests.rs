use crate::deployment::step::*;
use serde_json::json;

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

/// No look counts that may be older than a call which is still open, however long that may take.
#[test]
fn a_call_that_may_take_longer_shows_as_much_later() {
    let sent = Time(1_000_000);
    let change = ChangeRecord {
        at: sent,
        change: json!(41),
        made: None,
        what: "change a book".into(),
        answered: false,
        answered_at: None,
        wave: Some(0),
        undo: false,
        switching: true,
        token: 1,
    };
    let names = (AppName::new("shop").unwrap(), EnvironmentName::new("prod").unwrap());
    let component = ComponentName::new("book").unwrap();
    let planned = Step::planned(DeploymentId("1f0c".into()), names.0, names.1, component, KindName::External);
    for (open_s, wanted_s) in [(None, 40), (Some(OPEN_CALL_S), 40), (Some(OPEN_CALL_S + 30), 70)] {
        let open = open_s.map(|open_s| OpenCall { what: "change a book".into(), not_after: sent.plus_s(open_s) });
        let step = Step { open, changes: vec![change.clone()], ..planned.clone() };
        assert_eq!(step.shown_from(), Some(sent.plus_s(wanted_s)), "{open_s:?}");
    }
}
