use super::*;
use crate::admission_scene::Scene;
use crate::environment::HeldState;
use crate::request::Request;
use serde_json::{Value, json};

/// A release of `a` and `b` that was deployed here with the sequence 5.
fn record(action: ActionName) -> Deployment {
    let image = |letter: char| json!({"type": "image", "repository": "r", "digest": letter.to_string().repeat(64)});
    let record = json!({
        "id": "me", "app": "shop", "environment": "prod", "action": action, "attempt": 1, "snapshot": 3,
        "release": {"app": "shop", "version": "1.4.0", "components": {"a": image('a'), "b": image('b')}},
        "release_digest": "a".repeat(64), "declaration": "1.0.0", "requester": {"route": "s3"},
        "order": {"sequence": 5, "accepted": 5, "id": "me"},
        "allow_older": false, "accept_red": false, "again": false, "by_person": false,
        "accepted": 5, "executions": [], "status": "ended",
    });
    serde_json::from_value(record).unwrap()
}

fn told(scene: &Scene, action: ActionName) -> String {
    let facts = scene.facts();
    to_have(&record(action), &facts, Wishes::default())
}

/// The members that an input has beside the release's.
fn wishes(told: &str) -> Vec<String> {
    let (begin, end) = (told.find('{').unwrap(), told.rfind('}').unwrap());
    let input: Value = serde_json::from_str(&told[begin..=end]).unwrap();
    assert!(Request::parse(&input).is_ok(), "{told}");
    let members = input.as_object().unwrap().keys().cloned();
    let plain = ["action", "app", "environment", "version"];
    members
        .filter(|name| !plain.contains(&name.as_str()))
        .collect()
}

/// Something that stands in the way.
type Stands<'a> = &'a dyn Fn(&mut Scene);

#[test]
fn what_is_told_is_not_refused_by_what_stands_there_now() {
    let older = |scene: &mut Scene| {
        scene.mark("a", "newer", 9).mark("b", "newer", 9);
    };
    let held = |scene: &mut Scene| {
        scene.hold();
    };
    let vetoed = |scene: &mut Scene| {
        scene.veto();
    };
    let partly = |scene: &mut Scene| {
        scene.mark("a", "newer", 9);
    };
    let stopped = |scene: &mut Scene| {
        scene.stopped();
    };
    let by_another = |scene: &mut Scene| {
        scene.runs("other");
    };
    let table: [(&[Stands<'_>], &[&str]); 9] = [
        (&[], &[]),
        (&[&older], &["allow_older", "reason"]),
        (&[&partly], &["allow_older", "reason"]),
        (&[&held], &["reason", "through_hold"]),
        (&[&vetoed], &["again", "reason"]),
        (&[&stopped], &[]),
        (&[&by_another], &[]),
        (&[&older, &held], &["allow_older", "reason", "through_hold"]),
        (
            &[&older, &held, &vetoed],
            &["again", "allow_older", "reason", "through_hold"],
        ),
    ];
    for (stands, wanted) in table {
        let mut scene = Scene::new();
        for one in stands {
            one(&mut scene);
        }
        let told = told(&scene, ActionName::Deploy);
        assert_eq!(wishes(&told), wanted, "{told}");
        assert!(told.ends_with(" to deploy 1.4.0"), "{told}");
        // A rollback passes all of these.
        let back = self::told(&scene, ActionName::Rollback);
        assert_eq!(wishes(&back), ["reason", "snapshot"], "{back}");
    }
}

#[test]
fn what_needs_an_operator_comes_first() {
    let mut scene = Scene::new();
    scene
        .hold()
        .held("stuck", ActionName::Deploy, HeldState::NeedsOperator);
    for action in [ActionName::Deploy, ActionName::Rollback] {
        let told = told(&scene, action);
        for first in ["recover", "accept"] {
            let first = format!(r#"{{"action":"{first}","#);
            assert!(told.contains(&first), "{told}");
        }
    }
}

#[test]
fn what_goes_back_is_told_where_it_is_let_in() {
    let mut scene = Scene::new();
    let told = |scene: &Scene| {
        let (app, environment) = (&scene.candidate.app, &scene.candidate.environment);
        to_go_back(app, environment, &scene.lock, scene.state.snapshot)
    };
    assert!(told(&scene).starts_with("Nothing has to be done"));
    scene.state.snapshot = 2;
    let back = told(&scene);
    assert!(back.contains(r#"{"action":"rollback","#), "{back}");
    scene.held("stuck", ActionName::Deploy, HeldState::NeedsOperator);
    let first = told(&scene);
    assert!(!first.contains("rollback"), "{first}");
    for action in ["recover", "accept"] {
        assert!(
            first.contains(&format!(r#"{{"action":"{action}","#)),
            "{first}"
        );
    }
}
