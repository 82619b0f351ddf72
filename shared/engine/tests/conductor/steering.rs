//! Tests of `pause`, `continue` and `skip_bake`.

use crate::conductor::approvals::{rule_by, user};
use crate::conductor::inputs::{dev, input, with};
use crate::conductor::scene::{Scene, in_short};
use crate::stage::{app, id};
use serde_json::{Value, json};
use windlass_domain::declaration::gate::Verdict;
use windlass_domain::declaration::plan::PlanOutcome;
use windlass_domain::deployment::judgement::Judgement;
use windlass_domain::environment::HeldState;
use windlass_domain::release::action::ActionName;
use windlass_domain::release::ending::Ending;
use windlass_domain::release::identity::EnvironmentId;
use windlass_domain::text::finding::FindingName;
use windlass_domain::text::time::{Span, Time};
use windlass_engine::ledger::{self, AskedExecution};
use windlass_engine::payload::Transition;
use windlass_world::stepfunctions::arn_of;

/// Makes a deployment that watches its first wave of two.
fn watches() -> Scene {
    let mut scene = Scene::new();
    let now = scene.now();
    scene.change_record(|record| record.accepted = now);
    scene.plan(PlanOutcome::Change, 2);
    let judgement = Judgement::begin(0, now, now, Span::seconds(3600), true);
    scene.stage.put(ledger::judgement(&id(), 0), &judgement);
    scene
}

fn turns(scene: &Scene) -> Vec<(ActionName, String, String)> {
    let turns = scene.record().wheel.into_iter();
    turns.map(|turn| (turn.action, turn.by, turn.reason)).collect()
}

#[test]
fn what_a_person_did_is_in_the_record_with_who_and_why() {
    let scene = watches();
    let request = with(input("pause"), json!({"for": "2h"}));
    let answer = scene.admit("pause", request).unwrap();
    assert_eq!((answer.verdict, &answer.deployment), (Transition::Succeeded, &id()));
    let until = scene.now().plus_s(7200);
    let wanted = format!(
        "shop prod 1.4.0: wave 1 is paused until {until} by {}: \"a test\". Its gates are judged meanwhile; then it goes \
         on.\n  deployment {}",
        arn_of("pause"),
        id()
    );
    assert_eq!(answer.cause, wanted);
    scene.admit("go", input("continue")).unwrap();
    scene.admit("skip", input("skip_bake")).unwrap();
    let by = |name: &str| (arn_of(name), "a test".to_owned());
    let of = |action, (by, why)| (action, by, why);
    assert_eq!(
        turns(&scene),
        [of(ActionName::Pause, by("pause")), of(ActionName::Continue, by("go")), of(ActionName::SkipBake, by("skip")),]
    );
}

#[test]
fn a_turn_names_the_person_and_the_rule() {
    let scene = watches();
    rule_by(&scene, 1, "roll_back: [ann]");
    let request = with(input("pause"), json!({"for": "2h", "requester": user("ann")}));
    scene.stage.put(ledger::asked("pause", &request), &AskedExecution { at: Time(0) });
    let answer = scene.admit("pause", request).unwrap();
    let by = "user/ann (ann; allowed by environments.prod.roll_back of access/apps/shop.yaml, version 1)";
    assert!(answer.cause.contains(by), "{}", answer.cause);
    let [turn] = <[_; 1]>::try_from(scene.record().wheel).unwrap();
    assert_eq!(turn.allowed_by.unwrap().called(), "ann");
}

#[test]
fn an_execution_that_asks_again_steers_once() {
    let scene = watches();
    let first = scene.admit("pause", input("pause")).unwrap();
    scene.admit("go", input("continue")).unwrap();
    let again = scene.admit("pause", input("pause")).unwrap();
    assert_eq!(again.cause, first.cause);
    assert_eq!(turns(&scene).len(), 2);
}

#[test]
fn what_is_so_already_is_answered_and_not_recorded() {
    let scene = watches();
    let answer = scene.admit("go", input("continue")).unwrap();
    assert_eq!(answer.verdict, Transition::Succeeded);
    assert!(answer.cause.contains("wave 1 is not paused"), "{}", answer.cause);
    assert_eq!(turns(&scene), []);
}

type Change = fn(&mut Scene);

#[test]
fn what_watches_nothing_is_refused() {
    let other = json!({"deployment": "fedcba9876543210"});
    let table: [(&str, Change, Value, FindingName); 5] = [
        ("ended", |scene| scene.end(Ending::Succeeded), json!({}), FindingName::NotWatched),
        ("recovers", |scene| scene.hold(Some(("one", HeldState::Recovering))), json!({}), FindingName::NotWatched),
        ("changes", |scene| scene.record_verdict(0, Verdict::Pass), json!({}), FindingName::NotWatched),
        ("nobody holds the lock", |scene| scene.hold(None), json!({}), FindingName::NotWatched),
        ("unknown", |_| (), other, FindingName::UnknownName),
    ];
    for (why, change, more, name) in table {
        let mut scene = watches();
        change(&mut scene);
        let answer = scene.admit("pause", with(input("pause"), more));
        let wanted = name.to_string();
        assert_eq!(in_short(&answer), (Transition::Rejected, wanted.as_str()), "{why}");
        assert_eq!(turns(&scene), [], "{why}");
    }
}

#[test]
fn a_deployment_of_another_environment_is_not_steered() {
    let scene = watches();
    let more = json!({"environment": dev(), "deployment": id()});
    let answer = scene.admit("pause", with(input("pause"), more));
    assert_eq!(in_short(&answer).0, Transition::Rejected);
    assert_eq!(turns(&scene), []);
    let lock = ledger::lock(EnvironmentId::new(&app(), &dev()));
    assert!(scene.stage.get::<Value>(&lock).is_none());
}
