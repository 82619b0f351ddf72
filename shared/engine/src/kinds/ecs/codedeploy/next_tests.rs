use super::super::scene::{ago, deployed, earlier, images, seen, sends, target};
use super::*;
use crate::kinds::codedeploy::wording::what;
use crate::kinds::ecs::{Goal as Of, Until};
use std::collections::BTreeSet;

fn goal(task_definition: Option<&str>, image: &str, moved: Moved) -> Goal {
    Goal {
        of: Of {
            task_definition: task_definition.map(str::to_owned),
            images: images(image),
            completed: BTreeSet::new(),
            until: Until::default(),
        },
        moved,
    }
}

fn release(moved: Moved) -> Goal {
    goal(None, "new", moved)
}

fn former() -> Goal {
    goal(Some("agent:1"), "old", Moved::All)
}

fn in_words(seen: &Seen, goal: &Goal) -> String {
    match next(&target(), seen, goal) {
        Next::Done => "done".into(),
        Next::Wait(_) | Next::WaitForHours => "wait".into(),
        Next::Do(Change::Of(change)) => format!("{change:?}"),
        Next::Do(change) => what(&change, wording::replaces),
        Next::Failed(finding) => format!("failed {}", finding.name),
        Next::Theirs(finding) => format!("theirs {}", finding.name),
        Next::TakenBack(finding) => format!("taken back {}", finding.name),
    }
}

const BEGIN: &str = "task definition agent:1 → agent:2 by CodeDeploy";
const BACK: &str = "task definition agent:2 → agent:1 by CodeDeploy";
const STOP: &str = "stop deployment d-1 of CodeDeploy, with its rollback";

#[test]
fn forward() {
    // The status of our deployment, and the percent of callers that are moved. Expected for `Ready`, `Some` and `All`.
    let table = [
        ("-", 0, [BEGIN; 3]),
        ("", 0, [BEGIN; 3]),
        ("Created", 0, ["wait"; 3]),
        ("Queued", 0, ["wait"; 3]),
        ("InProgress", 0, ["wait"; 3]),
        ("Ready", 0, ["done", "wait", "wait"]),
        ("InProgress", 10, ["done", "done", "wait"]),
        ("InProgress", 100, ["done", "done", "wait"]),
        ("InProgress", 101, ["done"; 3]),
        ("Baking", 101, ["done"; 3]),
        ("Succeeded", 101, ["done"; 3]),
        ("Dreaming", 0, ["wait"; 3]),
        ("Dreaming", 10, ["wait"; 3]),
        ("Dreaming", 101, ["wait"; 3]),
        ("Succeeded", 0, ["theirs TargetChangedByOther"; 3]),
    ];
    for (ours, percent, wanted) in table {
        let is = seen(ours, percent);
        let got = [Moved::Ready, Moved::Some, Moved::All].map(|moved| in_words(&is, &release(moved)));
        assert_eq!(got, wanted, "{ours} {percent}");
    }
    let mut unregistered = seen("-", 0);
    unregistered.of.registered = None;
    assert!(in_words(&unregistered, &release(Moved::All)).starts_with("Register"));
}

#[test]
fn nothing_is_reached_by_what_is_not_known() {
    let mut hidden = seen("InProgress", 101);
    let lifecycle = &mut hidden.followed.as_mut().unwrap().lifecycle;
    for share in &mut lifecycle.task_sets {
        share.percent = None;
    }
    assert_eq!(in_words(&hidden, &release(Moved::All)), "wait");
    assert_eq!(in_words(&hidden, &release(Moved::Some)), "wait");
    let mut hooked = seen("InProgress", 101);
    hooked.followed.as_mut().unwrap().lifecycle.events[1].status = "InProgress".into();
    assert_eq!(in_words(&hooked, &release(Moved::All)), "wait", "its last hook runs");
    let mut unknown = seen("InProgress", 101);
    unknown.of.unknown_digests = [("agent".to_owned(), 1)].into();
    assert_eq!(in_words(&unknown, &release(Moved::All)), "wait");
    let mut other = seen("InProgress", 101);
    other.of.images = images("strange");
    assert_eq!(in_words(&other, &release(Moved::All)), "failed ChangeFailed");
}

#[test]
fn a_wait_before_callers_are_moved_is_ended_where_that_is_declared() {
    let mut target = target();
    let ready = seen("Ready", 0);
    let go = |target: &Target, seen: &Seen, moved| match next(target, seen, &release(moved)) {
        Next::Do(change) => what(&change, wording::replaces),
        Next::Done => "done".into(),
        _ => "wait".into(),
    };
    assert_eq!(go(&target, &ready, Moved::All), "wait");
    target.codedeploy.as_mut().unwrap().continues = true;
    assert_eq!(go(&target, &ready, Moved::Ready), "done");
    let wanted = "let deployment d-1 of CodeDeploy move callers";
    assert_eq!(go(&target, &ready, Moved::Some), wanted);
    assert_eq!(go(&target, &ready, Moved::All), wanted);
    let mut sent = ready;
    sent.followed.as_mut().unwrap().goes = Some(sends(1, 5));
    assert_eq!(go(&target, &sent, Moved::All), "wait");
    sent.followed.as_mut().unwrap().goes = Some(sends(1, 20));
    assert_eq!(go(&target, &sent, Moved::All), format!("{wanted} once more"));
}

#[test]
fn back() {
    for status in ["Created", "Queued", "InProgress", "Baking", "Ready", "Dreaming"] {
        for percent in [0, 10, 101] {
            assert_eq!(in_words(&seen(status, percent), &former()), STOP, "{status} {percent}");
        }
    }
    let table = [
        ("nothing was begun", seen("-", 0), "done"),
        ("it has succeeded", seen("Succeeded", 101), BACK),
        ("it was taken back long ago", seen("Stopped", 0), "done"),
        ("nobody took it back", seen("Failed", 101), BACK),
    ];
    for (what, seen, wanted) in table {
        assert_eq!(in_words(&seen, &former()), wanted, "{what}");
    }
    let mut stopped = seen("InProgress", 10);
    stopped.followed.as_mut().unwrap().stops = Some(sends(1, 5));
    assert_eq!(in_words(&stopped, &former()), "wait");
    stopped.followed.as_mut().unwrap().stops = Some(sends(1, 20));
    assert_eq!(in_words(&stopped, &former()), "stop deployment d-1 of CodeDeploy once more, with its rollback");
    stopped.followed.as_mut().unwrap().stops = Some(sends(6, 20));
    assert_eq!(in_words(&stopped, &former()), "wait");
    stopped.of.overdue = true;
    assert_eq!(in_words(&stopped, &former()), "failed ChangeFailed");
    // It may not have reached CodeDeploy.
    let stop = stopped.followed.as_mut().unwrap().stops.as_mut().unwrap();
    stop.is_open = true;
    assert_eq!(in_words(&stopped, &former()), "stop deployment d-1 of CodeDeploy once more, with its rollback");
}

#[test]
fn a_rollback_is_followed_to_its_end() {
    for (rollback, forward, back) in [
        ("Created", "wait", "wait"),
        ("InProgress", "wait", "wait"),
        ("Dreaming", "wait", "wait"),
        ("Succeeded", "taken back ChangeFailed", "done"),
        ("Failed", "taken back ChangeFailed", "done"),
    ] {
        let mut seen = seen("Failed", 0);
        seen.followed.as_mut().unwrap().rollback = Some(deployed("d-2", rollback));
        assert_eq!(in_words(&seen, &release(Moved::All)), forward, "{rollback}");
        assert_eq!(in_words(&seen, &former()), back, "{rollback}");
    }
    // The service may show the former tasks a moment after the rollback has brought them.
    for (ended_s, back) in [(5, "wait"), (40, BACK)] {
        let mut behind = seen("Failed", 101);
        let mut rollback = deployed("d-2", "Succeeded");
        rollback.completed = Some(ago(ended_s));
        behind.followed.as_mut().unwrap().rollback = Some(rollback);
        assert_eq!(in_words(&behind, &former()), back, "{ended_s} s ago");
    }
    let mut young = seen("Failed", 0);
    young.followed.as_mut().unwrap().is.completed = Some(ago(5));
    assert_eq!(in_words(&young, &release(Moved::All)), "wait", "its rollback may begin");
    young.followed.as_mut().unwrap().is.rolls_back = false;
    assert_eq!(in_words(&young, &release(Moved::All)), "taken back ChangeFailed");
}

#[test]
fn what_an_earlier_release_has_left() {
    let next = goal(None, "newer", Moved::All);
    let end = "let deployment d-1 of CodeDeploy end the former tasks";
    let waits = earlier("InProgress", 101);
    assert_eq!(in_words(&waits, &next), end);
    assert_eq!(in_words(&waits, &former()), STOP, "a rollback while they stand");
    let another = goal(Some("agent:0"), "older", Moved::All);
    assert_eq!(in_words(&waits, &another), end, "a rollback to what does not stand");
    assert_eq!(in_words(&waits, &goal(Some("agent:2"), "new", Moved::All)), "done");
    let mut sent = waits;
    sent.followed.as_mut().unwrap().ends = Some(sends(1, 5));
    assert_eq!(in_words(&sent, &next), "wait");
    assert_eq!(in_words(&earlier("InProgress", 10), &next), "wait", "it is at work yet");
    let over = "task definition agent:2 → agent:3 by CodeDeploy";
    assert_eq!(in_words(&earlier("Succeeded", 101), &next), over);
}

#[test]
fn somebody_else_s_deployment_is_in_the_way() {
    let busy = |ours: &str, percent: u64| {
        let mut seen = seen(ours, percent);
        seen.other = Some(deployed("d-9", "InProgress"));
        seen
    };
    assert_eq!(in_words(&busy("-", 0), &release(Moved::All)), "failed TargetBusy");
    assert_eq!(in_words(&busy("-", 0), &former()), "failed TargetBusy");
    assert_eq!(in_words(&busy("Succeeded", 101), &former()), "theirs TargetChangedByOther");
    let mut elsewhere = seen("Stopped", 0);
    elsewhere.task_sets[0].task_definition = "agent:9".into();
    assert_eq!(in_words(&elsewhere, &release(Moved::All)), "theirs TargetChangedByOther");
}

#[test]
fn a_way_back_that_failed_is_tried_once_more_by_a_recovery() {
    let mut failed = seen("Failed", 101);
    failed.followed.as_mut().unwrap().is.description = "Windlass deployment d: agent:1".into();
    (failed.asked.as_mut().unwrap().from, failed.asked.as_mut().unwrap().to) = ("agent:2".into(), "agent:1".into());
    failed.sent = Some("agent:1".into());
    assert_eq!(in_words(&failed, &former()), "taken back ChangeFailed");
    failed.sent = None;
    assert_eq!(in_words(&failed, &former()), BACK);
    failed.sent = Some("agent:1".into());
    failed.asked.as_mut().unwrap().after = Some("d-1".into());
    assert_eq!(in_words(&failed, &former()), BACK, "what was sent is not there yet");
}

#[test]
fn what_takes_too_long_is_reported() {
    let mut late = seen("InProgress", 0);
    late.of.overdue = true;
    assert_eq!(in_words(&late, &release(Moved::All)), "failed ChangeFailed");
    let mut crashes = seen("InProgress", 0);
    let trouble = ecs::StoppedTasks { tasks: 3, reasons: vec!["it exits".into()], last: None };
    crashes.of.troubles = [("agent:2".to_owned(), trouble)].into();
    assert_eq!(in_words(&crashes, &release(Moved::All)), "failed ChangeFailed");
}
