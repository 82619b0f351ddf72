//! Tests of the schedule beside deployments that ask for approval: which it wakes, and which it lets wait.

use crate::conductor::approvals::{DAY_S, approval, approves, asking, draw, rule_by, turn, was_woken};
use crate::conductor::scene::in_short;
use crate::conductor::schedule_of_many::scheduled;
use windlass_engine::payload::Transition;

#[test]
fn the_schedule_wakes_what_asks_only_once_its_time_is_over() {
    let scene = asking("{by: [lead-1]}");
    turn(&scene).unwrap();
    draw(&scene, "one", "change");
    for is_over in [false, true] {
        scheduled(&scene).unwrap();
        assert_eq!(was_woken(&scene), is_over);
        scene.stage.pass_seconds(DAY_S);
    }
}

#[test]
fn the_schedule_wakes_what_asks_once_other_rules_are_in_force() {
    let scene = asking("{by: [lead-1, lead-2], count: 2}");
    turn(&scene).unwrap();
    draw(&scene, "one", "change");
    approves(&scene, "lead-1", "one").unwrap();
    for (version, rules, wanted) in [
        (1, "release: [ann], approve: {by: [lead-1, lead-2], count: 2}", None),
        (2, "release: [ann], approve: {by: [lead-2]}", Some(Transition::Wait)),
        (2, "release: [ann], approve: {by: [lead-2]}", None),
        (3, "release: [ann]", Some(Transition::Go)),
    ] {
        scene.stage.world.stepfunctions().answered.clear();
        scene.stage.world.stepfunctions().tokens.insert("token".into());
        rule_by(&scene, version, rules);
        scheduled(&scene).unwrap();
        assert_eq!(was_woken(&scene), wanted.is_some(), "{version}");
        let Some(wanted) = wanted else { continue };
        assert_eq!(in_short(&turn(&scene)).0, wanted, "{version}");
        if wanted == Transition::Wait {
            scene.asks("AwaitTurn").unwrap();
            assert_eq!((approval(&scene).count, approval(&scene).missing), (1, 1));
        }
    }
}

#[test]
fn what_is_approved_waits_for_its_turn_alone_and_the_schedule_wakes_it_too() {
    let scene = asking("{by: [lead-1, lead-2], count: 2}");
    turn(&scene).unwrap();
    draw(&scene, "one", "change");
    for (who, asks) in [("lead-1", true), ("lead-2", false)] {
        approves(&scene, who, "one").unwrap();
        let waiting = scene.waiting().unwrap();
        assert_eq!((waiting.asks, waiting.until == Some(scene.now())), (asks, !asks), "{who}");
    }
    // Whoever was to wake it has died.
    scene.stage.world.stepfunctions().answered.clear();
    scene.stage.world.stepfunctions().tokens.insert("token".into());
    scheduled(&scene).unwrap();
    assert!(was_woken(&scene));
}
