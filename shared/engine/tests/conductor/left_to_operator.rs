//! Tests that a deployment whose recoveries keep dying is left to an operator.

use crate::conductor::inputs::input;
use crate::conductor::scene::{FIRST, Scene, in_short};
use crate::stage::TOKEN;
use windlass_domain::deployment::{Status, Why};
use windlass_domain::environment::HeldState;
use windlass_domain::release::ending::Ending;
use windlass_engine::payload::Transition;
use windlass_world::stepfunctions::arn_of;

/// Makes a scene in which so many executions have died for the deployment, its own first.
fn died(count: usize) -> Scene {
    let mut scene = Scene::new();
    let names: Vec<String> = (0..count).map(|n| format!("dead-{n}")).collect();
    scene.change_record(|record| record.executions = names.iter().map(|n| arn_of(n)).collect());
    scene.execution(FIRST, "TIMED_OUT");
    scene
}

/// Safety: recovery: After five recoveries in a row that died having taken over, the deployment is left to an operator.
#[test]
fn after_five_recoveries_none_follows_by_itself() {
    for (count, word, name) in [
        (5, Transition::Undo, ""),
        (6, Transition::NeedsOperator, "RecoveriesDied"),
        (7, Transition::NeedsOperator, "RecoveriesDied"),
    ] {
        let scene = died(count);
        assert_eq!(in_short(&scene.recovery()), (word, name), "{count}");
        assert_eq!(scene.record().executions.len(), count + 1);
        assert!(scene.lock().token > TOKEN);
    }
    // An operator may try as often as they like.
    assert_eq!(in_short(&died(9).operator("recover")), (Transition::Undo, ""));
}

/// Safety: recovery: A recovery that an operator asked for begins the count of those that died anew.
#[test]
fn recoveries_that_an_operator_asked_for_have_not_died() {
    let mut scene = died(6);
    for (operator, dies, word) in [("a", 4, Transition::Undo), ("b", 5, Transition::NeedsOperator)] {
        let answer = scene.admit(operator, input("recover"));
        assert_eq!(in_short(&answer), (Transition::Undo, ""));
        scene.stage.record = scene.record();
        let dead = (0..dies).map(|n| arn_of(&format!("{operator}-{n}")));
        scene.change_record(|record| record.executions.extend(dead));
        scene.execution(operator, "TIMED_OUT");
        let recovery = format!("after-{operator}");
        assert_eq!(in_short(&scene.recovery_as(&recovery)).0, word, "{dies}");
        scene.hold(Some((FIRST, HeldState::NeedsOperator)));
    }
}

#[test]
fn what_was_left_says_why_and_what_to_do() {
    let mut scene = died(6);
    let why = Why { name: "GateFailed".into(), text: "a gate failed.".into() };
    scene.change_record(|record| record.undoing = Some(why));
    scene.execution(FIRST, "RUNNING");
    // Its owner has ended. The execution that holds the lock now is stopped all the same.
    scene.hold(Some(("dead-5", HeldState::Recovering)));
    scene.execution("dead-5", "TIMED_OUT");
    let answer = scene.recovery().unwrap();
    let ending = scene.ending();
    assert_eq!(answer.cause, ending.cause.written());
    assert_eq!(ending.ending, Ending::NeedsOperator);
    assert_eq!(scene.record().status, Status::Ended);
    let held = scene.lock().held.unwrap();
    assert_eq!(held.state, HeldState::NeedsOperator);
    assert_eq!(held.execution, arn_of("recovery"));
    for part in [
        "shop prod 1.4.0 NEEDS AN OPERATOR: 5 recoveries died, the last with ExecutionTimedOut",
        "it was being undone because GateFailed: a gate failed.",
        r#"start {"action":"recover","app":"shop","environment":"prod","reason":"…"}"#,
    ] {
        assert!(ending.cause.written().contains(part), "{:?}", ending.cause);
    }
}
