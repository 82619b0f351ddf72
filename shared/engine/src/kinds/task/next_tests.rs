//! The next thing to do, as a table: what the ledger says of both tasks, what ECS shows, what comes of it.

use super::{KNOWN_S, SHOWN_S, next};
use crate::kinds::Next;
use crate::kinds::task::once::{Direction, Goal, RunWork};
use crate::kinds::task::state::{Change, InEcs, Seen, Sent, Target, TaskEnd, TaskState, recorded};
use crate::ports::{Launch, Run, RunContainer};
use serde_json::json;
use windlass_domain::declaration::kinds::task::{STOPPED_WITHIN_S, TaskUndo};
use windlass_domain::deployment::step::ChangeRecord;
use windlass_domain::release::identity::DeploymentId;
use windlass_domain::text::digest::Digest;
use windlass_domain::text::finding::FindingName;
use windlass_domain::text::name::{AppName, ComponentName, EnvironmentName};
use windlass_domain::text::time::Time;

const NOW: Time = Time(1_800_000_000_000);
const TASK: &str = "arn:aws:ecs:eu-west-1:111111111111:task/shop/0123";

pub(in crate::kinds::task) fn target() -> Target {
    Target {
        app: AppName::new("shop").unwrap(),
        environment: EnvironmentName::new("prod").unwrap(),
        component: ComponentName::new("migrate").unwrap(),
        work: RunWork { sha256: Digest::of(b"1"), command: vec!["up".into()] },
        undo: Some(TaskUndo::Command(vec!["down".into()])),
        irreversible: false,
        show_log: false,
        limit_s: 900,
        last: None,
        how: InEcs {
            cluster: "shop".into(),
            family: "windlass-shop_prod_migrate".into(),
            base: "agent:1".into(),
            container: "agent".into(),
            image: "shop/agent@sha256:ab".into(),
            launch: Launch::default(),
            log: None,
        },
    }
}

pub(super) fn ago(seconds: u64) -> Time {
    Time(NOW.0 - seconds * 1000)
}

/// A task that was asked for so long ago, without an answer.
pub(super) fn sent(seconds: u64) -> TaskState {
    TaskState {
        sent: Some(Sent { first: ago(seconds), definition: "own:1".into(), answered: None }),
        ..TaskState::default()
    }
}

/// The same, answered at once.
pub(super) fn answered(seconds: u64) -> TaskState {
    let mut side = sent(seconds);
    if let Some(sent) = &mut side.sent {
        sent.answered = Some((TASK.into(), ago(seconds)));
    }
    side
}

/// A task with this status, stop code and exit code.
pub(super) fn run(status: &str, code: &str, exit: Option<i32>) -> Run {
    Run {
        arn: TASK.into(),
        last_status: status.into(),
        stop_code: code.into(),
        started: (status == "RUNNING").then_some(ago(5)),
        containers: vec![
            RunContainer { name: "agent".into(), exit_code: exit, ..RunContainer::default() },
            RunContainer { name: "log".into(), exit_code: Some(137), ..RunContainer::default() },
        ],
        ..Run::default()
    }
}

/// The recorded end of such a task.
pub(super) fn end(exit: Option<i32>, by_itself: bool) -> TaskEnd {
    TaskEnd {
        task: TASK.into(),
        started_by: String::new(),
        exit,
        began: exit.is_some(),
        by_itself,
        why: String::new(),
        took_s: None,
        log: None,
        lines: vec![],
    }
}

pub(super) fn seen(forward: TaskState, back: TaskState) -> Seen {
    Seen {
        now: NOW,
        deployment: DeploymentId("0123456789abcdef".into()),
        code: Some("own:1".into()),
        forward,
        back,
        done: None,
    }
}

pub(super) fn in_words(next: &Next<Change>) -> String {
    match next {
        Next::Done => "done".into(),
        Next::Wait(_) => "wait".into(),
        Next::WaitForHours => "wait for hours".into(),
        Next::Failed(finding) if finding.reason.written().contains("is not known") => "unknown".into(),
        Next::Failed(finding) if finding.reason.written().contains("asked to stop") => "stuck".into(),
        Next::Failed(finding) if finding.name == FindingName::Irreversible => "irreversible".into(),
        Next::Failed(_) => "failed".into(),
        Next::Do(Change::Register) => "register".into(),
        Next::Do(Change::Run { direction, first, .. }) => {
            let again = if *first == NOW { "" } else { " again" };
            format!("run {}{again}", direction.as_str())
        }
        Next::Do(Change::Stop { direction, .. }) => format!("stop {}", direction.as_str()),
        Next::Do(Change::Miss { direction }) => format!("miss {}", direction.as_str()),
        Next::Do(Change::Note { direction, .. }) => format!("note {}", direction.as_str()),
        other => format!("{other:?}"),
    }
}

fn forward() -> Goal {
    Goal::Run(target().work)
}

#[test]
fn a_task_is_run_once_forward() {
    let with = |side: TaskState, run: Option<Run>| TaskState { run, ..side };
    let exited = "EssentialContainerExited";
    let stopped_at = |seconds| [Some(ago(seconds)), None];
    let table = [
        ("nothing yet", TaskState::default(), "run forward"),
        ("its answer is lost", sent(30), "run forward again"),
        ("just within the time", sent(KNOWN_S - 1), "run forward again"),
        ("after that nobody knows", sent(KNOWN_S), "unknown"),
        ("it was answered a moment ago", answered(3), "wait"),
        ("it was answered and never came", answered(SHOWN_S), "unknown"),
        ("it was answered long ago", answered(KNOWN_S), "unknown"),
        ("it begins", with(sent(30), Some(run("PROVISIONING", "", None))), "wait"),
        ("it runs", with(answered(899), Some(run("RUNNING", "", None))), "wait"),
        ("it runs beyond its limit", with(answered(901), Some(run("RUNNING", "", None))), "stop forward"),
        ("it never begins", with(answered(901), Some(run("PENDING", "", None))), "stop forward"),
        (
            "it is stopping",
            TaskState { stops: stopped_at(60), ..with(answered(960), Some(run("STOPPING", "", None))) },
            "wait",
        ),
        (
            "it does not stop",
            TaskState {
                stops: stopped_at(STOPPED_WITHIN_S + 1),
                ..with(answered(9999), Some(run("RUNNING", "", None)))
            },
            "stuck",
        ),
        ("a status that nobody knows", with(answered(9), Some(run("INVENTED", "", None))), "wait"),
        ("it has ended", with(answered(60), Some(run("STOPPED", exited, Some(0)))), "note forward"),
        ("its end is known", TaskState { end: Some(end(Some(0), true)), ..answered(60) }, "done"),
        ("its end is known for long", TaskState { end: Some(end(Some(0), true)), ..answered(99_999) }, "done"),
        ("it failed", TaskState { end: Some(end(Some(1), true)), ..answered(60) }, "failed"),
        ("it never began", TaskState { end: Some(end(None, false)), ..answered(60) }, "failed"),
        ("it was stopped and ended well", TaskState { end: Some(end(Some(0), false)), ..answered(60) }, "failed"),
    ];
    for (why, side, wanted) in table {
        let next = next(&target(), &seen(side, TaskState::default()), &forward());
        assert_eq!(in_words(&next), wanted, "{why}");
    }
    // It was asked for long ago, and created by a later try.
    let created = Run { created: Some(ago(5)), ..run("RUNNING", "", None) };
    let late = with(sent(1200), Some(created));
    let next_of = |side| next(&target(), &seen(side, TaskState::default()), &forward());
    assert_eq!(in_words(&next_of(late)), "wait");
    let unregistered = Seen { code: None, ..seen(TaskState::default(), TaskState::default()) };
    assert_eq!(in_words(&next(&target(), &unregistered, &forward())), "register");
}

/// A task that ends unknown has no `startedBy` in the record: the finding says what to look for.
#[test]
fn a_task_that_nobody_knows_of_is_reported_with_its_started_by() {
    let ended = TaskState { end: Some(end(Some(0), true)), ..answered(60) };
    let table = [
        (sent(KNOWN_S), TaskState::default(), forward(), "forward"),
        (answered(SHOWN_S), TaskState::default(), forward(), "forward"),
        (ended, sent(KNOWN_S), Goal::Back(None), "undo"),
    ];
    for (forward, back, goal, direction) in table {
        let Next::Failed(finding) = next(&target(), &seen(forward, back), &goal) else {
            panic!("it is known");
        };
        let wanted = format!("`startedBy` windlass/0123456789abcdef/migrate/{direction};");
        assert!(finding.remedy.written().contains(&wanted), "{:?}", finding.remedy);
    }
}

#[test]
fn a_long_task_is_looked_at_rarely_and_one_with_a_short_limit_often() {
    for (limit_s, wanted) in [(45 * 60, "wait"), (45 * 60 + 1, "wait for hours")] {
        let target = Target { limit_s, ..target() };
        let side = TaskState { run: Some(run("RUNNING", "", None)), ..answered(1500) };
        let next = next(&target, &seen(side, TaskState::default()), &forward());
        assert_eq!(in_words(&next), wanted, "{limit_s}");
    }
}

/// A recovery asks for the same task with a record of its own, and the time of the first one counts.
#[test]
fn the_first_time_is_known_whoever_asked_since() {
    let record = |at: u64, made: Option<&str>| -> ChangeRecord {
        let change = Change::Run { direction: Direction::Undo, definition: "own:1".into(), first: Time(5) };
        serde_json::from_value(json!({
            "at": Time(at), "change": change.value(), "what": "", "answered": made.is_some(), "made": made,
            "undo": true, "switching": true, "token": at,
        }))
        .unwrap()
    };
    let sent = recorded(&[record(10, None), record(20, Some(TASK))], Direction::Undo).sent.unwrap();
    assert_eq!(sent.first, Time(5));
    assert_eq!(sent.answered, Some((TASK.to_owned(), Time(20))));
    let other = recorded(&[record(10, None)], Direction::Forward);
    assert_eq!(other, TaskState::default());
}

#[test]
fn the_end_of_a_task_has_its_arn_and_who_started_it() {
    let started_by = "windlass/0123456789abcdef/migrate/forward";
    let forward = TaskState {
        run: Some(Run { started_by: started_by.into(), ..run("STOPPED", "EssentialContainerExited", Some(0)) }),
        ..answered(60)
    };
    let target = target();
    let goal = Goal::Run(target.work.clone());
    let Next::Do(change) = next(&target, &seen(forward, TaskState::default()), &goal) else {
        panic!("no end is taken in");
    };
    let end = &change.value()["end"];
    assert_eq!((&end["task"], &end["started_by"]), (&json!(TASK), &json!(started_by)));
}

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
            "it was asked to stop at its limit before",
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
        assert_eq!(in_words(&next), wanted, "{why}");
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
            assert_eq!(in_words(&next), wanted, "{:?}", target.undo);
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
        assert_eq!(in_words(&next), wanted, "{why}");
    }
}
