//! The next thing to do, as a table: what the step and the ledger say of both calls, and what comes of it.

use super::next;
use crate::kinds::Next;
use crate::kinds::task::call::state::{ByCall, CallStart, CallState, Change, EndedCall, Seen, Target};
use crate::kinds::task::once::{Direction, Goal, RunWork};
use windlass_domain::declaration::kinds::task::{CallEnd, CallOutcome, Called, FunctionCall, TaskUndo};
use windlass_domain::release::identity::DeploymentId;
use windlass_domain::text::digest::Digest;
use windlass_domain::text::name::{AppName, ComponentName, EnvironmentName};
use windlass_domain::text::time::Time;

const NOW: Time = Time(1_800_000_000_000);

fn target() -> Target {
    Target {
        app: AppName::new("shop").unwrap(),
        environment: EnvironmentName::new("prod").unwrap(),
        component: ComponentName::new("migrate").unwrap(),
        work: RunWork { sha256: Digest::of(b"1"), command: vec!["shop-jobs".into()] },
        undo: Some(TaskUndo::Payload(serde_json::Map::new())),
        irreversible: false,
        show_log: false,
        limit_s: 120,
        last: None,
        how: ByCall {
            call: FunctionCall {
                name: "shop-jobs".into(),
                alias: None,
                of: ComponentName::new("api").unwrap(),
                payload: serde_json::Map::new(),
                repeatable: false,
            },
            log: None,
        },
    }
}

fn repeatable() -> Target {
    let mut target = target();
    target.how.call.repeatable = true;
    target
}

fn ago(seconds: u64) -> Time {
    Time(NOW.0 - seconds * 1000)
}

/// A call for which an event asked for each of these tries. Each event could begin it until that time.
fn asked(tries: &[(u32, Time)]) -> CallState {
    let starts = tries.iter().map(|(attempt, not_after)| CallStart {
        attempt: *attempt,
        version: "7".into(),
        not_after: *not_after,
    });
    CallState { starts: starts.collect(), ..CallState::default() }
}

/// A call that was begun so long ago, with this end.
fn begun(seconds: u64, outcome: Option<CallOutcome>) -> CallState {
    let end = outcome.map(|outcome| CallEnd { at: ago(1), outcome, why: "Unhandled LockError".into(), lines: vec![] });
    CallState {
        called: Some(Called {
            begun: Some(ago(seconds)),
            barred: false,
            attempt: 1,
            lost: 0,
            version: "7".into(),
            over: Time(ago(seconds).0 + 1_080_000),
            end,
        }),
        ..asked(&[(1, ago(seconds))])
    }
}

/// The same after two tries with unknown results.
fn after_two(side: CallState) -> CallState {
    let mut side = side;
    side.called.as_mut().unwrap().lost = 2;
    side
}

/// A call whose end was taken into the step.
fn noted(outcome: CallOutcome) -> CallState {
    let side = begun(60, Some(outcome));
    let called = side.called.clone().unwrap();
    let end = Some(EndedCall { version: called.version, took_s: 10, end: called.end.unwrap(), log: None });
    CallState { end, ..side }
}

/// The same, and no call may begin any more.
fn barred(side: CallState) -> CallState {
    let called =
        Called { begun: None, barred: true, attempt: 0, lost: 0, version: String::new(), over: Time(0), end: None };
    CallState { called: Some(called), ..side }
}

/// A call that takes another back and that Lambda has not run. Lambda said that `seconds` ago. Before, from `since`
/// seconds ago on, events asked for it every two minutes.
fn unbegun(seconds: u64, since: u64) -> CallState {
    let mut side = begun(seconds + 100, Some(CallOutcome::NotBegun));
    side.called.as_mut().unwrap().end.as_mut().unwrap().at = ago(seconds);
    let events = (seconds..=since).step_by(120).map(|before| (1, ago(before)));
    let events: Vec<(u32, Time)> = events.collect();
    let events: Vec<(u32, Time)> = events.into_iter().rev().collect();
    CallState { starts: asked(&events).starts, ..side }
}

fn seen(forward: CallState, back: CallState) -> Seen {
    let deployment = DeploymentId("0123456789abcdef".into());
    Seen { now: NOW, deployment, code: "7".into(), forward, back, done: None }
}

fn in_words(target: &Target, forward: CallState, back: CallState, goal: &Goal) -> String {
    let seen = seen(forward, back);
    match next(target, &seen, goal) {
        Next::Done => "done".into(),
        Next::Do(Change::Start { direction, attempt, .. }) => format!("start {} {attempt}", direction.as_str()),
        Next::Do(Change::Bar { direction }) => format!("bar {}", direction.as_str()),
        Next::Do(Change::Note { direction, end }) => {
            format!("note {} {:?}", direction.as_str(), end.end.outcome)
        }
        Next::Failed(finding) => format!("{:?}: {}", finding.name, finding.reason.written()),
        _ => "wait".into(),
    }
}

#[test]
fn a_call_is_made_once_forward() {
    use CallOutcome::{Failed, NotBegun, Succeeded, Unknown};
    let soon = Time(NOW.0 + 30_000);
    let often: Vec<(u32, Time)> = (1..=5).map(|nth| (1, ago(300 - nth * 50))).collect();
    let thrice = after_two(begun(2000, None));
    let unbegun_at_last = after_two(begun(60, Some(NotBegun)));
    let once = target();
    let again = repeatable();
    let table = [
        (&once, CallState::default(), "start forward 1"),
        (&once, asked(&[(1, soon)]), "wait"),
        (&once, asked(&[(1, ago(10))]), "start forward 1"),
        (&once, asked(&often), "nobody has begun it"),
        (&once, begun(10, None), "wait"),
        (&once, begun(60, Some(Succeeded)), "note forward Succeeded"),
        (&once, noted(Succeeded), "done"),
        (&once, noted(Failed), "failed after 10s: Unhandled LockError"),
        (&once, noted(NotBegun), "never began"),
        (&once, begun(60, Some(Unknown)), "what it did is not known"),
        (&once, begun(2000, None), "what it did is not known"),
        (&once, barred(asked(&[(1, soon)])), "what it did is not known"),
        (&again, begun(60, Some(Unknown)), "wait"),
        (&again, begun(2000, Some(Unknown)), "start forward 2"),
        (&again, begun(2000, None), "start forward 2"),
        (&again, thrice, "what it did is not known"),
        (&again, unbegun_at_last, "wait"),
    ];
    for (nth, (target, forward, wanted)) in table.into_iter().enumerate() {
        let goal = Goal::Run(target.work.clone());
        let found = in_words(target, forward, CallState::default(), &goal);
        assert!(found.contains(wanted), "{nth}: {found}, not {wanted}");
    }
}

#[test]
fn what_may_have_begun_is_taken_back_once_it_is_over() {
    use CallOutcome::{Failed, NotBegun, Succeeded, Unknown};
    let none = CallState::default;
    let once = target();
    let again = repeatable();
    let mut without = target();
    without.undo = Some(TaskUndo::None);
    let mut irreversible = target();
    irreversible.irreversible = true;
    let table = [
        (&once, none(), none(), "done"),
        (&once, asked(&[(1, ago(10))]), none(), "bar forward"),
        (&once, barred(asked(&[(1, ago(10))])), none(), "done"),
        (&once, begun(10, None), none(), "wait"),
        (&once, begun(2000, None), none(), "what it did is not known"),
        (&again, begun(10, Some(Unknown)), none(), "wait"),
        (&again, begun(2000, None), none(), "start undo 1"),
        // Lambda has not run the last try, but those before it may have done their work.
        (&again, after_two(begun(60, Some(NotBegun))), none(), "start undo 1"),
        (&once, noted(NotBegun), none(), "done"),
        (&once, noted(Failed), none(), "start undo 1"),
        (&once, noted(Succeeded), none(), "start undo 1"),
        (&without, noted(Succeeded), none(), "done"),
        (&irreversible, noted(Failed), none(), "nothing is brought back"),
        (&irreversible, noted(NotBegun), none(), "done"),
        (&once, noted(Succeeded), noted(Succeeded), "done"),
        (&once, noted(Succeeded), noted(Failed), "not made a second time"),
        (&once, noted(Succeeded), begun(2000, None), "what it did is not known"),
        (&once, noted(Succeeded), unbegun(40, 100), "start undo 2"),
        (&once, noted(Succeeded), unbegun(40, 1400), "never began"),
        (&once, noted(Succeeded), unbegun(400, 2000), "start undo 2"),
    ];
    for (nth, (target, forward, back, wanted)) in table.into_iter().enumerate() {
        let found = in_words(target, forward, back, &Goal::Back(None));
        assert!(found.contains(wanted), "{nth}: {found}, not {wanted}");
    }
}

#[test]
fn one_more_call_is_begun_only_where_none_did_its_work_or_may_be_under_way() {
    use CallOutcome::{Failed, NotBegun, Succeeded, Unknown};
    let called = |seconds, outcome| begun(seconds, outcome).called.unwrap();
    let table = [
        (called(60, None), 1, false),
        (called(60, None), 3, false),
        (called(2000, None), 1, false),
        (called(2000, None), 3, true),
        (called(60, Some(NotBegun)), 1, true),
        (called(2000, Some(Unknown)), 1, false),
        (called(2000, Some(Unknown)), 3, true),
        (called(2000, Some(Succeeded)), 3, false),
        (called(2000, Some(Failed)), 3, false),
    ];
    for (nth, (called, tries, may)) in table.into_iter().enumerate() {
        assert_eq!(called.may_be_followed(NOW, tries), may, "{nth}");
    }
    let barred = barred(CallState::default()).called.unwrap();
    assert!(!barred.may_be_followed(NOW, 3));
    assert_eq!(Direction::Undo.as_str(), "undo");
}

#[test]
fn the_page_of_its_log_is_named_where_it_may_have_begun() {
    let mut target = target();
    target.how.log = Some("https://page".into());
    target.irreversible = true;
    let goals = [Goal::Run(target.work.clone()), Goal::Back(None)];
    let remedy = |forward: &CallState, goal: &Goal| {
        let seen = seen(forward.clone(), CallState::default());
        match next(&target, &seen, goal) {
            Next::Failed(finding) => finding.remedy,
            other => panic!("{other:?}"),
        }
    };
    for goal in &goals {
        let text = remedy(&noted(CallOutcome::Failed), goal);
        assert!(text.written().contains("Look at the log of function shop-jobs (https://page)"), "{text:?}");
    }
    let text = remedy(&begun(2000, None), &goals[0]);
    assert!(text.written().contains("(https://page)"), "{text:?}");
    for (outcome, page) in [(CallOutcome::Failed, Some("https://page")), (CallOutcome::NotBegun, None)] {
        let seen = seen(begun(60, Some(outcome)), CallState::default());
        let Next::Do(change) = next(&target, &seen, &goals[0]) else {
            panic!("{outcome:?}");
        };
        assert_eq!(change.value()["end"]["log"].as_str(), page, "{outcome:?}");
    }
}
