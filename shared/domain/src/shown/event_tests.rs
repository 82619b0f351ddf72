use crate::environment::Hold;
use crate::release::identity::EnvironmentId;
use crate::release::request::{Requester, Route};
use crate::shown::event::release::{ascii, first_lines};
use crate::shown::event::*;
use crate::text::finding::{Finding, FindingName};
use crate::text::time::Time;
use serde_json::json;

fn names() -> (AppName, EnvironmentName) {
    (AppName::new("shop").unwrap(), EnvironmentName::new("prod").unwrap())
}

fn held() -> EnvironmentState {
    let hold = Hold {
        since: Time(0),
        reason: "bad prices".into(),
        by: "arn:aws:iam::1:user/eva".into(),
        allowed_by: None,
        also: vec![],
    };
    EnvironmentState { hold: Some(hold), ..EnvironmentState::default() }
}

#[test]
fn a_hold_is_reported_once_and_so_is_its_release() {
    let (app, env) = names();
    let free = EnvironmentState::default();
    let name = |before: &EnvironmentState, after: &EnvironmentState| {
        of_environment(EnvironmentId::new(&app, &env), Some(before), after).map(|event| event.name)
    };
    assert_eq!(name(&free, &held()), Some(EventName::HoldSet));
    assert_eq!(name(&held(), &held()), None);
    let mut again = held();
    if let Some(hold) = &mut again.hold {
        hold.reason.push_str("; and another");
    }
    assert_eq!(name(&held(), &again), Some(EventName::HoldSet));
    assert_eq!(name(&held(), &free), Some(EventName::HoldReleased));
    assert_eq!(name(&free, &free), None);
}

#[test]
fn a_notification_has_a_short_subject_and_ten_lines() {
    let (app, env) = names();
    let detail = Detail {
        version: Some("ü".repeat(200)),
        ending: Some(Ending::RolledBack),
        cause: Some("line\n".repeat(30)),
        ..Detail::of(&app, Some(&env))
    };
    let event = Event { name: EventName::DeploymentEnded, detail };
    let notification = event.notification().unwrap();
    assert_eq!(notification.subject.len(), LONGEST_SUBJECT);
    assert!(notification.subject.is_ascii());
    assert_eq!(notification.message.lines().count(), MOST_LINES);
}

#[test]
fn what_went_well_notifies_nobody() {
    let (app, env) = names();
    let event = of_environment(EnvironmentId::new(&app, &env), Some(&held()), &EnvironmentState::default()).unwrap();
    assert_eq!(event.notification(), None);
    assert!(of_environment(EnvironmentId::new(&app, &env), None, &held()).unwrap().notification().is_some());
}

/// A record as the ledger has it, with these members changed.
#[allow(clippy::needless_pass_by_value)] // called with json!
fn record(change: serde_json::Value) -> Deployment {
    let mut record = json!({
        "id": "1f0c2d9a4b5e6f70", "app": "shop", "environment": "prod", "action": "deploy",
        "attempt": 1, "release": {"app": "shop", "version": "1.1.0", "components": {}},
        "release_digest": "a".repeat(64), "declaration": "1.0.0",
        "requester": {"route": "console"}, "order": {"accepted": 0, "id": "1f0c2d9a4b5e6f70"},
        "allow_older": false, "accept_red": false, "again": false, "by_person": true,
        "accepted": 0, "executions": [], "status": "waiting",
    });
    for (name, value) in change.as_object().unwrap() {
        record[name] = value.clone();
    }
    serde_json::from_value(record).unwrap()
}

fn undoing() -> serde_json::Value {
    json!({"status": "running", "undoing": {"name": "GateFailed", "text": "a gate failed."}})
}

/// A record that watches, with these turns of persons at the wheel.
fn steered(actions: &[&str]) -> serde_json::Value {
    let turn = |action: &&str| {
        let pause = json!({"until": 3_600_000, "pace_s": 60, "then": "continue"});
        let pause = (*action == "pause").then_some(pause);
        json!({"action": action, "wave": 0, "at": 0, "by": "ann", "reason": "to look", "pause": pause})
    };
    let turns: Vec<serde_json::Value> = actions.iter().map(turn).collect();
    json!({"status": "running", "wheel": turns})
}

fn ended(ending: Ending, cause_name: &str) -> serde_json::Value {
    let ended = json!({"ending": ending, "cause_name": cause_name, "cause": "it ended.", "at": 0});
    json!({"status": "ended", "ending": ended})
}

#[test]
fn each_change_of_a_record_is_reported_once() {
    use EventName::{
        BakeSkipped, DeploymentAccepted, DeploymentEnded, DeploymentStarted, RecoveryStarted, UndoStarted,
        WatchContinued, WatchPaused,
    };
    let waiting = || json!({});
    let running = || json!({"status": "running"});
    let recovering = || json!({"status": "recovering"});
    let undone = || ended(Ending::RolledBack, "GateFailed");
    let stuck = || ended(Ending::NeedsOperator, "GateFailed");
    let table: [(Option<serde_json::Value>, serde_json::Value, &[EventName]); 18] = [
        (None, waiting(), &[DeploymentAccepted]),
        (None, running(), &[DeploymentAccepted, DeploymentStarted]),
        (None, undone(), &[DeploymentAccepted, DeploymentEnded]),
        (Some(waiting()), waiting(), &[]),
        (Some(waiting()), running(), &[DeploymentStarted]),
        (Some(running()), running(), &[]),
        (Some(running()), undoing(), &[UndoStarted]),
        (Some(undoing()), undoing(), &[]),
        (Some(running()), recovering(), &[RecoveryStarted]),
        (Some(undoing()), undone(), &[DeploymentEnded]),
        (Some(stuck()), stuck(), &[]),
        (Some(stuck()), undone(), &[DeploymentEnded]),
        (Some(running()), steered(&["pause"]), &[WatchPaused]),
        (Some(running()), steered(&["pause", "continue"]), &[WatchPaused, WatchContinued]),
        (Some(steered(&["pause"])), steered(&["pause", "continue"]), &[WatchContinued]),
        (Some(running()), steered(&["skip_bake"]), &[BakeSkipped]),
        (Some(steered(&["pause", "continue"])), steered(&["pause", "continue", "pause"]), &[WatchPaused]),
        (Some(steered(&["pause"])), steered(&["pause"]), &[]),
    ];
    for (before, after, wanted) in table {
        let events = of_deployment(before.clone().map(record).as_ref(), &record(after.clone()));
        let names: Vec<EventName> = events.iter().map(|event| event.name).collect();
        assert_eq!(names, wanted, "{before:?} {after}");
    }
}

#[test]
fn an_event_says_what_and_why() {
    let detail = |change| {
        let mut events = of_deployment(None, &record(change));
        events.pop().unwrap().detail
    };
    let plain = detail(json!({}));
    assert_eq!((plain.schema, plain.ending), (SCHEMA, None));
    assert_eq!((plain.app, plain.environment), (names().0, Some(names().1)));
    assert_eq!(plain.deployment.as_deref(), Some("1f0c2d9a4b5e6f70"));
    assert_eq!(plain.version.as_deref(), Some("1.1.0"));
    assert_eq!((plain.cause_name, plain.cause), (None, None));
    let why = detail(undoing());
    assert_eq!(why.cause_name.as_deref(), Some("GateFailed"));
    assert_eq!(why.cause.as_deref(), Some("a gate failed."));
    let end = detail(ended(Ending::Rejected, "Older"));
    assert_eq!(end.ending, Some(Ending::Rejected));
    assert_eq!(end.cause_name.as_deref(), Some("Older"));
    assert_eq!(end.cause.as_deref(), Some("it ended."));
    assert_eq!(detail(ended(Ending::Succeeded, "")).cause_name, None);
}

#[test]
fn people_are_sent_what_they_should_know_at_once() {
    use EventName::{
        DeploymentAccepted, DeploymentEnded, DriftFound, DriftGone, DriftUnknown, HoldReleased, HoldSet, Moved,
        Removed, RequestRefused, TargetWaits, UndoStarted, WayBackFound, WayBackLost,
    };
    let subject = |name, ending| {
        let event =
            Event { name, detail: Detail { ending, ..of_deployment(None, &record(json!({})))[0].detail.clone() } };
        event.notification().map(|sent| sent.subject)
    };
    let sent = |word: &str| Some(format!("[windlass] shop prod 1.1.0 {word}"));
    let table = [
        (DeploymentEnded, Some(Ending::RolledBack), sent("RolledBack")),
        (DeploymentEnded, Some(Ending::NeedsOperator), sent("NeedsOperator")),
        (DeploymentEnded, Some(Ending::Rejected), sent("Rejected")),
        (DeploymentEnded, Some(Ending::Succeeded), None),
        (DeploymentEnded, Some(Ending::NothingToDo), None),
        (DeploymentEnded, None, None),
        (RequestRefused, None, sent("Rejected")),
        (TargetWaits, None, sent("waits for a person")),
        (HoldSet, None, sent("held")),
        (HoldReleased, None, None),
        (Removed, None, None),
        (Moved, None, None),
        (DriftFound, None, sent("DriftFound")),
        (DriftUnknown, None, sent("DriftUnknown")),
        (DriftGone, None, None),
        (WayBackLost, None, sent("WayBackLost")),
        (WayBackFound, None, None),
        (DeploymentAccepted, None, None),
        (UndoStarted, None, None),
    ];
    for (name, ending, wanted) in table {
        assert_eq!(subject(name, ending), wanted, "{name} {ending:?}");
    }
}

#[test]
fn a_subject_is_plain_and_a_message_is_whole_where_it_is_short() {
    assert_eq!(ascii("a b~\t\u{7f}é"), "a b~???");
    let ten = "line\n".repeat(MOST_LINES);
    assert_eq!(first_lines(&ten), ten);
    let eleven = first_lines(&"line\n".repeat(MOST_LINES + 1));
    let wanted = format!("{}… the deployment's record shows the rest.", "line\n".repeat(MOST_LINES - 1));
    assert_eq!(eleven, wanted);
}

#[test]
fn a_refusal_is_shown_with_all_its_findings() {
    let finding = |name| Finding::new(name, "app", "it is bad", "mend it");
    let refusal = |findings| Refusal {
        app: names().0,
        environment: None,
        about: "releases/shop/prod/1.json".into(),
        requester: Requester::new(Route::S3, None),
        vouched: true,
        execution: "one".into(),
        findings,
        at: Time(0),
    };
    let findings = vec![finding(FindingName::BadValue), finding(FindingName::Older)];
    let event = of_refusal(&refusal(findings));
    assert_eq!(event.name, EventName::RequestRefused);
    assert_eq!((event.detail.schema, event.detail.app), (SCHEMA, names().0));
    assert_eq!(event.detail.version.as_deref(), Some("releases/shop/prod/1.json"));
    assert_eq!(event.detail.cause_name.as_deref(), Some("BadValue"));
    let cause = "BadValue: app: It is bad. Remedy: Mend it.\nOlder: app: It is bad. Remedy: Mend it.\n  \
                 pages: docs/findings.md#badvalue, docs/findings.md#older";
    assert_eq!(event.detail.cause.as_deref(), Some(cause));
    assert_eq!(event.detail.requester, Some(Requester::new(Route::S3, None)));
    let claimed = Refusal { vouched: false, ..refusal(vec![]) };
    let detail = of_refusal(&claimed).detail;
    assert_eq!((detail.cause_name, detail.requester), (None, None));
    let requester = Requester::new(Route::Api, Some("arn:aws:iam::1:user/eva".into()));
    let asked = Refusal { requester, ..refusal(vec![finding(FindingName::BadValue)]) };
    let message = of_refusal(&asked).in_text().message;
    assert_eq!(message.lines().nth(1), Some("  asked by arn:aws:iam::1:user/eva"), "{message}");
}

#[test]
fn a_hold_is_shown_with_its_reason() {
    let (app, env) = names();
    let set = of_environment(EnvironmentId::new(&app, &env), None, &held()).unwrap().detail;
    let cause = "Automatic deployments into shop/prod are held since 1970-01-01T00:00:00Z by \
                 arn:aws:iam::1:user/eva: \"bad prices\".";
    assert_eq!(set.cause.as_deref().and_then(|cause| cause.lines().next()), Some(cause));
    assert_eq!((set.schema, set.app, set.environment), (SCHEMA, app, Some(env)));
}

#[test]
fn a_hold_and_its_end_name_the_person_and_the_rule() {
    let (app, env) = names();
    let of = EnvironmentId::new(&app, &env);
    let by =
        json!({"person": "eva", "rule": "environments.prod.operate", "file": "access/apps/shop.yaml", "version": 4});
    let asked = Hold { allowed_by: serde_json::from_value(by).unwrap(), ..held().hold.unwrap() };
    let set = EnvironmentState { hold: Some(asked.clone()), ..EnvironmentState::default() };
    let free = EnvironmentState { released: Some(asked), ..EnvironmentState::default() };
    let who = "since 1970-01-01T00:00:00Z by arn:aws:iam::1:user/eva (eva; allowed by environments.prod.operate of \
               access/apps/shop.yaml, version 4): \"bad prices\".";
    for (before, after, what) in [(None, &set, "are held"), (Some(&set), &free, "go on")] {
        let detail = of_environment(of, before, after).unwrap().detail;
        let wanted = format!("Automatic deployments into shop/prod {what} {who}");
        assert_eq!(detail.cause.unwrap().lines().next(), Some(wanted.as_str()));
        assert_eq!(detail.allowed_by.unwrap().called(), "eva");
    }
}

#[test]
fn what_waits_for_a_person_names_the_input_that_ends_it() {
    let (app, env) = names();
    let of = EnvironmentId::new(&app, &env);
    let turned =
        |actions: &[&str]| of_deployment(Some(&record(json!({"status": "running"}))), &record(steered(actions)));
    let table = [
        (of_environment(of, None, &held()), Some(ActionName::ReleaseHold)),
        (of_environment(of, Some(&held()), &EnvironmentState::default()), None),
        (turned(&["pause"]).pop(), Some(ActionName::Continue)),
        (turned(&["pause", "continue"]).pop(), None),
        (turned(&["skip_bake"]).pop(), None),
    ];
    for (event, action) in table {
        let event = event.unwrap();
        let input = action.map(|action| Prose::from(call::operators(action, of)).written());
        let named = event.detail.next.iter().any(|step| input.as_ref().is_some_and(|input| step.contains(input)));
        assert_eq!((event.detail.next.len(), named), (usize::from(action.is_some()), action.is_some()), "{event:?}");
    }
}

#[test]
fn a_second_look_is_reported_once_where_something_is_not_as_it_was_left() {
    let looked = |saw: Option<SecondLookResult>| {
        let looked = saw.map(|saw| json!({"at": 0, "saw": saw, "components": {}, "told": "so."}));
        let look = json!({
            "deployment": "1f0c2d9a4b5e6f70", "app": "shop", "environment": "prod",
            "version": "1.1.0", "ending": "RolledBack", "ended": 0, "due": 0, "tries": 1,
            "looked": looked,
        });
        serde_json::from_value::<SecondLook>(look).unwrap()
    };
    let name = |before: Option<Option<SecondLookResult>>, after: Option<SecondLookResult>| {
        let event = of_second_look(before.map(looked).as_ref(), &looked(after));
        event.map(|event| event.name)
    };
    let due = Some(None);
    assert_eq!(name(None, None), None);
    assert_eq!(name(due, Some(SecondLookResult::AsLeft)), None);
    assert_eq!(name(due, Some(SecondLookResult::Replaced)), None);
    assert_eq!(name(due, Some(SecondLookResult::Changed)), Some(EventName::DriftFound));
    assert_eq!(name(due, Some(SecondLookResult::Unknown)), Some(EventName::DriftUnknown));
    assert_eq!(name(None, Some(SecondLookResult::Changed)), Some(EventName::DriftFound));
    let reported = Some(Some(SecondLookResult::Changed));
    assert_eq!(name(reported, Some(SecondLookResult::Changed)), None);
    let detail = of_second_look(None, &looked(Some(SecondLookResult::Changed))).unwrap().detail;
    assert_eq!((detail.schema, detail.cause.as_deref()), (SCHEMA, Some("so.")));
    assert_eq!(detail.deployment.as_deref(), Some("1f0c2d9a4b5e6f70"));
}

#[test]
fn an_event_in_one_line_fits_and_can_stand_between_quotation_marks() {
    let (app, env) = names();
    let summary = |ending, name: Option<&str>, cause: &str| {
        let detail = Detail {
            version: Some("1.4.0".into()),
            ending,
            cause_name: name.map(str::to_owned),
            cause: Some(cause.to_owned()),
            ..Detail::of(&app, Some(&env))
        };
        Event::new(EventName::DeploymentEnded, detail).detail.summary
    };
    let table = [
        (Some(Ending::Succeeded), None, "", "1.4.0 Succeeded"),
        (
            Some(Ending::RolledBack),
            Some("GateFailed"),
            "gate \"shop\\5xx\"\tfailed\nmeasured 7",
            "1.4.0 RolledBack (GateFailed): gate 'shop'5xx' failed",
        ),
    ];
    for (ending, name, cause, wanted) in table {
        assert_eq!(summary(ending, name, cause), wanted);
    }
    let long = summary(Some(Ending::Rejected), None, &"ü".repeat(500));
    assert_eq!(long.chars().count(), LONGEST_SUMMARY);
    assert!(long.ends_with('…'));
}

#[test]
fn a_deployment_names_its_commit_and_its_page() {
    let arn = "arn:aws:states:eu-west-1:111111111111:execution:windlass-release:r-1";
    let git = json!({"ref": "refs/heads/main", "commit": "0".repeat(40)});
    let release = json!({"app": "shop", "version": "1.1.0", "components": {}, "git": git});
    let after = record(json!({"executions": [arn], "release": release}));
    let detail = &of_deployment(None, &after)[0].detail;
    assert_eq!(serde_json::to_value(&detail.git).unwrap(), git);
    assert!(detail.link.as_deref().unwrap().ends_with(arn));
}
