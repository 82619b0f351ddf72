//! Tests of `pause`, `continue` and `skip_bake`.

use crate::desk::{Desk, dev, in_short, input, with};
use crate::stage::{app, id};
use serde_json::{Value, json};
use windlass_domain::ending::Ending;
use windlass_domain::environment::HeldState;
use windlass_domain::finding::FindingName;
use windlass_domain::gate::Verdict;
use windlass_domain::identity::EnvironmentId;
use windlass_domain::judgement::Judgement;
use windlass_domain::plan::Outcome;
use windlass_domain::request::ActionName;
use windlass_domain::time::Span;
use windlass_engine::ledger;
use windlass_engine::payload::Transition;
use windlass_world::stepfunctions::arn_of;

/// Makes a deployment that watches its first wave of two.
fn watches() -> Desk {
    let mut desk = Desk::new();
    let now = desk.now();
    desk.change_record(|record| record.accepted = now);
    desk.plan(Outcome::Change, 2);
    let judgement = Judgement::begin(0, now, now, Span::seconds(3600), true);
    desk.stage.put(ledger::judgement(&id(), 0), &judgement);
    desk
}

fn turns(desk: &Desk) -> Vec<(ActionName, String, String)> {
    let turns = desk.record().wheel.into_iter();
    turns
        .map(|turn| (turn.action, turn.by, turn.reason))
        .collect()
}

#[test]
fn what_a_person_did_is_in_the_record_with_who_and_why() {
    let desk = watches();
    let request = with(input("pause"), json!({"for": "2h"}));
    let answer = desk.admit("pause", request).unwrap();
    assert_eq!(
        (answer.verdict, &answer.deployment),
        (Transition::Succeeded, &id())
    );
    let until = desk.now().plus_s(7200);
    let told = format!(
        "shop prod 1.4.0: wave 1 is paused until {until} by {}: a test. Its gates are judged meanwhile; then it goes \
         on.\n  deployment {}",
        arn_of("pause"),
        id()
    );
    assert_eq!(answer.cause, told);
    desk.admit("go", input("continue")).unwrap();
    desk.admit("skip", input("skip_bake")).unwrap();
    let by = |name: &str| (arn_of(name), "a test".to_owned());
    let of = |action, (by, why)| (action, by, why);
    assert_eq!(
        turns(&desk),
        [
            of(ActionName::Pause, by("pause")),
            of(ActionName::Continue, by("go")),
            of(ActionName::SkipBake, by("skip")),
        ]
    );
}

#[test]
fn an_execution_that_asks_again_steers_once() {
    let desk = watches();
    let first = desk.admit("pause", input("pause")).unwrap();
    desk.admit("go", input("continue")).unwrap();
    let again = desk.admit("pause", input("pause")).unwrap();
    assert_eq!(again.cause, first.cause);
    assert_eq!(turns(&desk).len(), 2);
}

#[test]
fn what_is_so_already_is_told_and_not_recorded() {
    let desk = watches();
    let answer = desk.admit("go", input("continue")).unwrap();
    assert_eq!(answer.verdict, Transition::Succeeded);
    assert!(
        answer.cause.contains("wave 1 is not paused"),
        "{}",
        answer.cause
    );
    assert_eq!(turns(&desk), []);
}

type Change = fn(&mut Desk);

#[test]
fn what_watches_nothing_is_refused() {
    let other = json!({"deployment": "fedcba9876543210"});
    let table: [(&str, Change, Value, FindingName); 5] = [
        (
            "ended",
            |desk| desk.end(Ending::Succeeded),
            json!({}),
            FindingName::NotWatched,
        ),
        (
            "recovers",
            |desk| desk.hold(Some(("one", HeldState::Recovering))),
            json!({}),
            FindingName::NotWatched,
        ),
        (
            "changes",
            |desk| desk.judge(0, Verdict::Pass),
            json!({}),
            FindingName::NotWatched,
        ),
        (
            "nobody holds the lock",
            |desk| desk.hold(None),
            json!({}),
            FindingName::NotWatched,
        ),
        ("unknown", |_| (), other, FindingName::UnknownName),
    ];
    for (why, change, more, name) in table {
        let mut desk = watches();
        change(&mut desk);
        let answer = desk.admit("pause", with(input("pause"), more));
        let wanted = name.to_string();
        assert_eq!(
            in_short(&answer),
            (Transition::Rejected, wanted.as_str()),
            "{why}"
        );
        assert_eq!(turns(&desk), [], "{why}");
    }
}

#[test]
fn a_deployment_of_another_environment_is_not_steered() {
    let desk = watches();
    let more = json!({"environment": dev(), "deployment": id()});
    let answer = desk.admit("pause", with(input("pause"), more));
    assert_eq!(in_short(&answer).0, Transition::Rejected);
    assert_eq!(turns(&desk), []);
    let lock = ledger::lock(EnvironmentId::new(&app(), &dev()));
    assert!(desk.stage.get::<Value>(&lock).is_none());
}
