//! The next thing to do, as a table: the stack's status, the change set, what was sent, and what comes of it.

use super::next;
use crate::kinds::stack::state::{Change, Goal, STATUSES, Seen, Target};
use crate::kinds::{DocumentToKeep, Next};
use crate::ports::{ChangeSet, Stack};
use windlass_domain::deployment::step::SEEN_AFTER_MS;
use windlass_domain::text::time::Time;

const NOW: Time = Time(1_000_000_000_000);
const ID: &str = "arn:aws:cloudformation:eu-west-1:111111111111:stack/shop/1";

fn target() -> Target {
    Target {
        stack: "shop".into(),
        id: Some(ID.into()),
        change_set: Some("ours".into()),
        way_back: "windlass-d1-back-infra".into(),
        touches: ["Web".to_owned()].into(),
        within_s: 3600,
        ..Target::default()
    }
}

fn template(text: &str) -> DocumentToKeep {
    DocumentToKeep::of(&text).unwrap()
}

/// A stack with a status and the change set that changed it last. It has the template `new` if its status says that it
/// was changed, else `old`.
fn seen(status: &str, by: &str) -> Seen {
    let is_there = !status.is_empty();
    let has_new = ["CREATE_COMPLETE", "UPDATE_COMPLETE"].contains(&status) && by != "theirs";
    Seen {
        now: NOW,
        stack: is_there.then(|| Stack {
            id: ID.into(),
            name: "shop".into(),
            status: status.into(),
            change_set: (!by.is_empty()).then(|| by.to_owned()),
            parameters: [("Size".to_owned(), if has_new { "2" } else { "1" }.to_owned())].into(),
            ..Stack::default()
        }),
        template: is_there.then(|| template(if has_new { "new" } else { "old" })),
        is_ours: by == "ours" || by == "back",
        executed: (by == "back").then(|| by.to_owned()),
        ..Seen::default()
    }
}

/// Puts a change set `ours CREATE_COMPLETE AVAILABLE` into what is seen, with the resources behind it that it touches
/// besides, and with a `!` those whose data it loses; none if empty.
fn put_set(seen: &mut Seen, text: &str) {
    let mut words = text.split_whitespace().map(str::to_owned);
    let mut word = || words.next().unwrap_or_default();
    let (id, status, execution) = (word(), word(), word());
    seen.set = (!id.is_empty()).then(|| ChangeSet { id, status, execution, ..ChangeSet::default() });
    (seen.loses, seen.beside) = words.partition(|word| word.starts_with('!'));
}

fn goal(of: &str) -> Goal {
    let parameters = |size: &str| [("Size".to_owned(), size.to_owned())].into();
    match of {
        "forward" => Goal {
            id: Some(ID.into()),
            template: Some(template("new").digest),
            parameters: parameters("2"),
            change_set: Some("ours".into()),
        },
        "back" => Goal {
            id: Some(ID.into()),
            template: Some(template("old").digest),
            parameters: parameters("1"),
            change_set: None,
        },
        _ => Goal::default(),
    }
}

fn in_words(next: &Next<Change>) -> String {
    match next {
        Next::Done => "done".into(),
        Next::Wait(_) => "wait".into(),
        Next::WaitForHours => "wait for hours".into(),
        Next::Failed(finding) => format!("failed {:?}", finding.name),
        Next::Theirs(finding) => format!("theirs {:?}", finding.name),
        Next::TakenBack(_) => "taken back".into(),
        Next::Do(Change::Make(_)) => "make".into(),
        Next::Do(Change::Discard(id)) => format!("discard {id}"),
        Next::Do(Change::Execute(id)) => format!("execute {id}"),
        Next::Do(Change::Cancel) => "cancel".into(),
        Next::Do(Change::Continue) => "continue".into(),
        Next::Do(Change::Delete(retain)) => format!("delete but {}", retain.join(" ")).trim_end().to_owned(),
    }
}

/// Returns the change that a word stands for; `None` for another word.
fn sent(word: &str) -> Option<Change> {
    Some(match word {
        "execute" => Change::Execute("back".into()),
        "cancel" => Change::Cancel,
        "continue" => Change::Continue,
        "delete" => Change::Delete(vec![]),
        "retain" => Change::Delete(vec!["Web".into()]),
        _ => return None,
    })
}

/// Decides for a status and the change set that changed it last, upon what was sent.
fn decided(way: &str, status: &str, by: &str, set_text: &str, what: &str) -> String {
    let mut seen = seen(status, by);
    put_set(&mut seen, set_text);
    seen.sent = sent(what);
    in_words(&next(&target(), &seen, &goal(way)))
}

const OPEN: &str = "ours CREATE_COMPLETE AVAILABLE";
const EXECUTES: &str = "ours CREATE_COMPLETE EXECUTE_IN_PROGRESS";
const DONE: &str = "ours CREATE_COMPLETE EXECUTE_COMPLETE";

#[test]
fn forward_exactly_the_planned_change_set_is_executed() {
    let changed = "theirs TargetChangedByOther";
    let table = [
        // Nothing was sent.
        ("REVIEW_IN_PROGRESS", "ours", OPEN, "execute ours"),
        ("CREATE_COMPLETE", "theirs", OPEN, "execute ours"),
        ("UPDATE_COMPLETE", "theirs", OPEN, "execute ours"),
        ("UPDATE_ROLLBACK_COMPLETE", "theirs", OPEN, "execute ours"),
        ("IMPORT_COMPLETE", "", OPEN, "execute ours"),
        ("IMPORT_ROLLBACK_COMPLETE", "", OPEN, "execute ours"),
        ("UPDATE_IN_PROGRESS", "theirs", OPEN, changed),
        ("DELETE_IN_PROGRESS", "theirs", OPEN, changed),
        ("UPDATE_ROLLBACK_FAILED", "theirs", OPEN, changed),
        // The template is there already, and the change set still changes something.
        ("UPDATE_COMPLETE", "", OPEN, "execute ours"),
        ("INVENTED", "theirs", OPEN, "wait"),
        // Somebody else was there before.
        ("UPDATE_COMPLETE", "theirs", "ours CREATE_COMPLETE OBSOLETE", changed),
        ("UPDATE_COMPLETE", "theirs", "", changed),
        ("UPDATE_IN_PROGRESS", "theirs", "", changed),
        ("", "", "", changed),
        // The goal is there, whoever brought it.
        ("UPDATE_COMPLETE", "", "", "done"),
        // The look at the stack is behind.
        ("UPDATE_COMPLETE", "", EXECUTES, "wait"),
        ("UPDATE_COMPLETE", "theirs", EXECUTES, "wait"),
        ("UPDATE_COMPLETE", "ours", EXECUTES, "wait"),
        ("UPDATE_ROLLBACK_COMPLETE", "ours", EXECUTES, "wait"),
        ("IMPORT_COMPLETE", "ours", EXECUTES, "wait"),
        ("UPDATE_IN_PROGRESS", "theirs", EXECUTES, "wait"),
        ("UPDATE_ROLLBACK_FAILED", "ours", EXECUTES, "failed ChangeFailed"),
        ("UPDATE_COMPLETE", "theirs", "ours CREATE_COMPLETE UNAVAILABLE", "wait"),
        // Somebody else was there after it.
        ("UPDATE_COMPLETE", "theirs", DONE, changed),
        ("UPDATE_IN_PROGRESS", "theirs", DONE, changed),
        ("UPDATE_ROLLBACK_COMPLETE", "theirs", "ours CREATE_COMPLETE EXECUTE_FAILED", changed),
        ("REVIEW_IN_PROGRESS", "ours", DONE, "wait"),
        // It was sent.
        ("CREATE_IN_PROGRESS", "ours", DONE, "wait"),
        ("CREATE_COMPLETE", "ours", DONE, "done"),
        ("CREATE_FAILED", "ours", DONE, "failed ChangeFailed"),
        ("ROLLBACK_IN_PROGRESS", "ours", DONE, "wait"),
        ("ROLLBACK_COMPLETE", "ours", DONE, "taken back"),
        ("ROLLBACK_FAILED", "ours", DONE, "failed ChangeFailed"),
        ("UPDATE_IN_PROGRESS", "ours", DONE, "wait"),
        ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "ours", DONE, "wait"),
        ("UPDATE_COMPLETE", "ours", DONE, "done"),
        ("UPDATE_FAILED", "ours", DONE, "failed ChangeFailed"),
        ("UPDATE_ROLLBACK_IN_PROGRESS", "ours", DONE, "wait"),
        ("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS", "ours", DONE, "wait"),
        ("UPDATE_ROLLBACK_COMPLETE", "ours", DONE, "taken back"),
        ("UPDATE_ROLLBACK_FAILED", "ours", DONE, "failed ChangeFailed"),
        ("DELETE_IN_PROGRESS", "ours", DONE, changed),
        ("DELETE_FAILED", "ours", DONE, changed),
        ("DELETE_COMPLETE", "ours", DONE, changed),
        ("INVENTED", "ours", DONE, "wait"),
    ];
    for (status, by, set, wanted) in table {
        assert_eq!(decided("forward", status, by, set, "nothing"), wanted, "{status} by {by}, {set}");
    }
}

#[test]
fn a_change_that_takes_longer_than_it_may_has_failed() {
    let mut seen = seen("UPDATE_IN_PROGRESS", "ours");
    for (minutes, wanted) in [(1, "wait"), (21, "wait for hours"), (61, "failed ChangeFailed")] {
        seen.since = Some(Time(NOW.0 - minutes * 60_000));
        assert_eq!(in_words(&next(&target(), &seen, &goal("forward"))), wanted, "{minutes}");
    }
}

/// The template of now stands beside a stack of before, and the change set may not show at all.
#[test]
fn a_stack_that_does_not_show_what_was_executed_is_behind_or_changed_by_others() {
    let mut seen = seen("UPDATE_COMPLETE", "ours");
    let before = seen.stack.as_mut().map(|stack| &mut stack.change_set);
    before.map(|set| set.replace("before".into()));
    for (sent_ms, is_as, wanted) in [
        (0, true, "wait"),
        (SEEN_AFTER_MS - 1, true, "wait"),
        (SEEN_AFTER_MS - 1, false, "wait"),
        (SEEN_AFTER_MS, true, "done"),
        (SEEN_AFTER_MS, false, "theirs TargetChangedByOther"),
    ] {
        seen.since = Some(Time(NOW.0 - sent_ms));
        seen.is_ours = is_as;
        seen.template = Some(template(if is_as { "new" } else { "another" }));
        for (text, executed) in [(DONE, None), ("", Some("ours"))] {
            put_set(&mut seen, text);
            seen.executed = executed.map(str::to_owned);
            assert_eq!(in_words(&next(&target(), &seen, &goal("forward"))), wanted, "{sent_ms} {is_as} {text}");
        }
    }
}

/// An undo sends nothing where CloudFormation goes back by itself, or clears away what is old.
#[test]
fn what_takes_hours_on_the_way_back_is_waited_for_as_long() {
    for (way, status) in [("back", "UPDATE_ROLLBACK_IN_PROGRESS"), ("away", "ROLLBACK_IN_PROGRESS")] {
        let mut seen = seen(status, "ours");
        for (minutes, wanted) in [(1, "wait"), (21, "wait for hours"), (600, "wait for hours")] {
            seen.since = Some(Time(NOW.0 - minutes * 60_000));
            assert_eq!(in_words(&next(&target(), &seen, &goal(way))), wanted, "{way} {minutes}");
        }
    }
}

#[test]
fn what_is_complete_gives_each_declared_output() {
    let mut giving = target();
    giving.outputs = [("bucket".to_owned(), "Bucket".to_owned())].into();
    let mut seen = seen("UPDATE_COMPLETE", "ours");
    assert_eq!(in_words(&next(&giving, &seen, &goal("forward"))), "failed OutputUnknown");
    seen.outputs = [("bucket".to_owned(), "shop-web".to_owned())].into();
    assert_eq!(in_words(&next(&giving, &seen, &goal("forward"))), "done");
}

#[test]
fn back_an_update_is_cancelled_or_taken_back_by_a_change_set() {
    let (theirs, stuck) = ("theirs TargetChangedByOther", "failed ChangeFailed");
    let made = "back CREATE_COMPLETE AVAILABLE";
    let gone = "back CREATE_COMPLETE EXECUTE_COMPLETE";
    let in_vain = "back CREATE_COMPLETE EXECUTE_FAILED";
    let table = [
        ("UPDATE_IN_PROGRESS", "ours", "", "nothing", "cancel"),
        ("UPDATE_IN_PROGRESS", "ours", "", "cancel", "wait"),
        ("UPDATE_IN_PROGRESS", "theirs", "", "nothing", theirs),
        ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "ours", "", "nothing", "wait"),
        ("UPDATE_ROLLBACK_IN_PROGRESS", "ours", "", "cancel", "wait"),
        ("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS", "ours", "", "nothing", "wait"),
        ("UPDATE_ROLLBACK_COMPLETE", "ours", "", "nothing", "done"),
        ("UPDATE_ROLLBACK_FAILED", "ours", "", "nothing", "continue"),
        ("UPDATE_ROLLBACK_FAILED", "ours", "", "cancel", "continue"),
        ("UPDATE_ROLLBACK_FAILED", "ours", "", "continue", stuck),
        ("UPDATE_FAILED", "ours", "", "nothing", stuck),
        ("IMPORT_ROLLBACK_FAILED", "theirs", "", "nothing", stuck),
        ("IMPORT_IN_PROGRESS", "theirs", "", "nothing", "wait"),
        ("INVENTED", "ours", "", "nothing", "wait"),
        // It is complete, and goes back by a change set.
        ("UPDATE_COMPLETE", "ours", "", "nothing", "make"),
        ("UPDATE_COMPLETE", "ours", "back CREATE_IN_PROGRESS UNAVAILABLE", "nothing", "wait"),
        ("UPDATE_COMPLETE", "ours", made, "nothing", "execute back"),
        ("UPDATE_COMPLETE", "ours", "back CREATE_COMPLETE AVAILABLE Table", "nothing", stuck),
        ("UPDATE_COMPLETE", "ours", "back CREATE_COMPLETE AVAILABLE !Table", "nothing", stuck),
        ("UPDATE_COMPLETE", "ours", "back FAILED UNAVAILABLE", "nothing", stuck),
        ("UPDATE_COMPLETE", "ours", "back CREATE_COMPLETE OBSOLETE", "nothing", "discard back"),
        ("UPDATE_COMPLETE", "ours", gone, "execute", "wait"),
        ("UPDATE_COMPLETE", "ours", in_vain, "execute", "wait"),
        ("UPDATE_COMPLETE", "ours", gone, "nothing", "make"),
        ("UPDATE_COMPLETE", "ours", in_vain, "nothing", "make"),
        ("UPDATE_IN_PROGRESS", "back", gone, "execute", "wait"),
        ("UPDATE_IN_PROGRESS", "back", "", "execute", "wait"),
        // The look at the stack is behind, and the template that is read beside it is not.
        ("UPDATE_COMPLETE", "ours", "back CREATE_COMPLETE EXECUTE_IN_PROGRESS", "execute", "wait"),
        ("UPDATE_COMPLETE", "theirs", "back CREATE_COMPLETE EXECUTE_IN_PROGRESS", "nothing", "wait"),
        // A recovery meets what was sent before it. The look at the change set may be behind.
        ("UPDATE_IN_PROGRESS", "back", gone, "nothing", "wait"),
        ("UPDATE_IN_PROGRESS", "back", made, "nothing", "wait"),
        ("UPDATE_IN_PROGRESS", "theirs", gone, "execute", theirs),
        // The former state is there, whoever brought it.
        ("UPDATE_COMPLETE", "theirs", "", "nothing", "done"),
        ("IMPORT_COMPLETE", "", "", "nothing", "done"),
        // Somebody else has deleted it.
        ("DELETE_IN_PROGRESS", "ours", "", "nothing", theirs),
        ("DELETE_FAILED", "ours", "", "nothing", theirs),
        ("DELETE_COMPLETE", "ours", "", "nothing", theirs),
        ("CREATE_IN_PROGRESS", "theirs", "", "nothing", theirs),
        ("REVIEW_IN_PROGRESS", "theirs", "", "nothing", theirs),
        ("", "", "", "nothing", theirs),
    ];
    for (status, by, set, sent, wanted) in table {
        assert_eq!(decided("back", status, by, set, sent), wanted, "{status} by {by}, {set}, {sent}");
    }
    // CloudFormation took the way back back, so that the new template is there again.
    let mut seen = seen("UPDATE_ROLLBACK_COMPLETE", "back");
    seen.template = Some(template("new"));
    seen.sent = sent("execute");
    for begun in [gone, in_vain] {
        put_set(&mut seen, begun);
        assert_eq!(in_words(&next(&target(), &seen, &goal("back"))), "taken back", "{begun}");
    }
    // Only the text of the template differs.
    seen.sent = None;
    let reason = "The submitted information didn't contain changes.".to_owned();
    seen.set = Some(ChangeSet { reason, status: "FAILED".into(), ..ChangeSet::default() });
    assert_eq!(in_words(&next(&target(), &seen, &goal("back"))), "done");
}

#[test]
fn what_somebody_else_has_made_of_a_stack_is_left_to_them() {
    for set in ["", "back CREATE_COMPLETE AVAILABLE", "back CREATE_COMPLETE EXECUTE_COMPLETE"] {
        for status in ["UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"] {
            let mut seen = seen(status, "theirs");
            seen.template = Some(template("another"));
            put_set(&mut seen, set);
            seen.sent = sent("execute");
            let found = in_words(&next(&target(), &seen, &goal("back")));
            assert_eq!(found, "theirs TargetChangedByOther", "{status} {set}");
        }
    }
}

#[test]
fn a_stack_that_was_made_is_deleted() {
    let (failed, theirs) = ("failed ChangeFailed", "theirs TargetChangedByOther");
    let table = [
        ("", "ours", "nothing", "done"),
        ("DELETE_COMPLETE", "ours", "nothing", "done"),
        ("REVIEW_IN_PROGRESS", "ours", "nothing", "done"),
        ("CREATE_IN_PROGRESS", "ours", "nothing", "delete but"),
        ("CREATE_COMPLETE", "ours", "nothing", "delete but"),
        ("CREATE_FAILED", "ours", "nothing", "delete but"),
        ("ROLLBACK_IN_PROGRESS", "ours", "nothing", "wait"),
        ("ROLLBACK_COMPLETE", "ours", "nothing", "delete but"),
        ("ROLLBACK_FAILED", "ours", "nothing", "delete but"),
        ("UPDATE_ROLLBACK_FAILED", "ours", "nothing", "delete but"),
        ("UPDATE_IN_PROGRESS", "ours", "nothing", "wait"),
        ("DELETE_IN_PROGRESS", "ours", "delete", "wait"),
        ("DELETE_FAILED", "ours", "delete", "delete but Web"),
        ("DELETE_FAILED", "ours", "nothing", "delete but Web"),
        ("DELETE_FAILED", "ours", "retain", failed),
        ("INVENTED", "ours", "nothing", "wait"),
        // Somebody else has made or changed it since.
        ("CREATE_COMPLETE", "theirs", "nothing", theirs),
        ("CREATE_IN_PROGRESS", "theirs", "nothing", theirs),
        ("UPDATE_COMPLETE", "theirs", "nothing", theirs),
        ("UPDATE_IN_PROGRESS", "theirs", "nothing", theirs),
        ("ROLLBACK_COMPLETE", "theirs", "nothing", theirs),
        ("REVIEW_IN_PROGRESS", "theirs", "nothing", "done"),
        ("DELETE_IN_PROGRESS", "theirs", "nothing", "wait"),
        ("DELETE_FAILED", "theirs", "nothing", "delete but Web"),
        ("INVENTED", "theirs", "nothing", "wait"),
    ];
    for (status, by, what, wanted) in table {
        let mut seen = seen(status, by);
        seen.stuck = vec!["Web".into()];
        seen.sent = sent(what);
        assert_eq!(in_words(&next(&target(), &seen, &goal("away"))), wanted, "{status} by {by} {what}");
    }
    // No resource shows as the cause: the events may be behind.
    for (ago_ms, wanted) in [(None, "wait"), (Some(SEEN_AFTER_MS - 1), "wait"), (Some(SEEN_AFTER_MS), failed)] {
        let undeleted = ago_ms.map(|ago| Time(NOW.0 - ago));
        let seen = Seen { undeleted, sent: sent("delete"), ..seen("DELETE_FAILED", "ours") };
        assert_eq!(in_words(&next(&target(), &seen, &goal("away"))), wanted, "{ago_ms:?}");
    }
    let mut seen = seen("CREATE_COMPLETE", "ours");
    let unmade = Target { id: None, ..target() };
    assert_eq!(in_words(&next(&unmade, &seen, &goal("away"))), "done", "one of its name is somebody else's");
    seen.stack.as_mut().unwrap().is_protected = true;
    assert_eq!(in_words(&next(&target(), &seen, &goal("away"))), failed);
}

#[test]
fn a_state_that_was_seen_while_the_stack_moved_deletes_nothing() {
    let moving = Goal { id: Some(ID.into()), ..Goal::default() };
    for (status, _) in STATUSES {
        assert_eq!(in_words(&next(&target(), &seen(status, "ours"), &moving)), "failed ChangeFailed", "{status}");
    }
}

#[test]
fn no_status_is_taken_for_a_goal_that_is_not_there() {
    for (status, _) in STATUSES {
        let mut seen = seen(status, "ours");
        seen.template = Some(template("another"));
        for way in ["forward", "back"] {
            assert_ne!(in_words(&next(&target(), &seen, &goal(way))), "done", "{status} {way}");
        }
    }
}

/// CloudFormation deletes what held data when all else is complete: before that it may still go back.
#[test]
fn what_has_lost_data_is_not_taken_back() {
    let lost = Target { irreversible: true, ..target() };
    let decided = |status| in_words(&next(&lost, &seen(status, "ours"), &goal("back")));
    let all = ["UPDATE_COMPLETE", "UPDATE_IN_PROGRESS", "UPDATE_ROLLBACK_COMPLETE"].map(decided);
    assert_eq!(all, ["failed ChangeFailed", "cancel", "done"]);
}
