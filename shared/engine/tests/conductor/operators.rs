//! Tests of `hold` and `release_hold`.

use crate::conductor::inputs::{input, with};
use crate::conductor::scene::{Scene, in_short};
use serde_json::json;
use windlass_engine::payload::Transition;
use windlass_world::stepfunctions::arn_of;

#[test]
fn a_hold_keeps_every_reason_until_it_is_released() {
    let scene = Scene::new();
    let began = scene.now();
    let mut so_far = String::new();
    for minutes in 0..2 {
        scene.stage.pass_seconds(60 * minutes);
        let request = with(input("hold"), json!({"reason": format!("{minutes}")}));
        let answer = scene.admit(&format!("hold-{minutes}"), request);
        assert_eq!(in_short(&answer), (Transition::Succeeded, ""));
        let by = arn_of(&format!("hold-{minutes}"));
        let before = if so_far.is_empty() { so_far } else { format!("{so_far}; and ") };
        so_far = format!("{before}since {} by {by}: \"{minutes}\"", scene.now());
        assert_eq!(answer.unwrap().cause, format!("Automatic deployments into shop/prod are held {so_far}."));
    }
    let hold = scene.state().hold.unwrap();
    let (now, who) = (scene.now(), arn_of("hold-1"));
    let [also] = hold.also.as_slice() else { panic!("{hold:?}") };
    assert_eq!((also.reason.as_str(), also.since, &also.by), ("1", now, &who));
    assert_eq!((hold.since, &hold.by), (began, &arn_of("hold-0")));

    for (name, wanted) in [
        (
            "one",
            format!(
                "The hold on deployments into shop/prod is released; they were held {so_far}. A release that was refused \
                 meanwhile comes no more by itself: release or deploy it again."
            ),
        ),
        ("two", "Nothing was released: there is no hold on deployments into shop/prod.".to_owned()),
    ] {
        let answer = scene.admit(name, input("release_hold"));
        assert_eq!(in_short(&answer), (Transition::Succeeded, ""));
        assert_eq!(answer.unwrap().cause, wanted);
        assert_eq!(scene.state().hold, None);
    }
}

#[test]
fn a_hold_of_nobody_by_name_is_an_operators() {
    let scene = Scene::new();
    let request = with(input("hold"), json!({"requester": {"route": "api"}}));
    scene.admit("hold", request).unwrap();
    assert_eq!(scene.state().hold.unwrap().by, "an operator");
}

/// Asks as the state's Retry does after an answer that was lost.
fn asks_again(scene: &Scene, name: &str, action: &str) -> (Transition, String) {
    let answer = scene.admit(name, input(action)).unwrap();
    (answer.verdict, answer.cause)
}

#[test]
fn a_hold_whose_answer_was_lost_does_not_undo_what_was_asked_for_since() {
    for (first, then) in [("hold", "release_hold"), ("release_hold", "hold")] {
        let scene = Scene::new();
        let answer = asks_again(&scene, "first", first);
        scene.admit("then", input(then)).unwrap();
        let since = scene.state().hold;
        assert_eq!(asks_again(&scene, "first", first), answer);
        assert_eq!(scene.state().hold, since, "{first}, {then}");
    }
}
