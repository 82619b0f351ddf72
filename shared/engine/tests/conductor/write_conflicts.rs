//! Tests of others that write the same items in between. The conductor decides anew, a little later each time, and not
//! for ever.

use crate::conductor::inputs::{input, with};
use crate::conductor::scene::{FIRST, Scene, fault, in_short};
use crate::stage::{TOKEN, id};
use serde_json::{Value, json};
use windlass_domain::deployment::step::StepStatus;
use windlass_domain::environment::HeldState;
use windlass_domain::release::action::ActionName;
use windlass_domain::text::fault::FaultName;
use windlass_engine::ledger::{self, ExecutionDeployment};
use windlass_engine::payload::{Answer, Transition};
use windlass_engine::ports::Result;
use windlass_world::stepfunctions::arn_of;

/// A row of the table: the scene, the question, the word of the answer, and what the answer is about.
type Row = (fn() -> Scene, fn(&Scene) -> Result<Answer>, Transition, &'static str);

fn give_a_token(scene: &Scene) -> Result<Answer> {
    scene.asks("AwaitTurn")
}

fn abandon(scene: &Scene) -> Result<Answer> {
    let request = with(input("recover"), json!({"deployment": id()}));
    scene.admit("recovery", request)
}

fn needs_operator() -> Scene {
    let scene = Scene::new();
    scene.hold(Some((FIRST, HeldState::NeedsOperator)));
    scene
}

fn dead() -> Scene {
    let scene = Scene::new();
    scene.execution(FIRST, "FAILED");
    scene
}

fn dead_while_it_waited() -> Scene {
    let scene = Scene::free();
    scene.wait();
    scene.execution(FIRST, "FAILED");
    scene
}

fn dead_again_and_again() -> Scene {
    let mut scene = dead();
    scene.change_record(|record| record.executions = vec![String::new(); 9]);
    scene
}

fn waiting() -> Scene {
    let scene = Scene::free();
    scene.wait();
    scene
}

/// Makes a scene whose deployment is known and asks for its turn, while another deployment needs an operator.
fn kept_out() -> Scene {
    let scene = Scene::free();
    scene.other_holds(ActionName::Deploy, HeldState::NeedsOperator);
    let known = ExecutionDeployment { deployment: id() };
    scene.stage.put(ledger::execution(&arn_of(FIRST)), &known);
    scene
}

fn turn(scene: &Scene) -> Result<Answer> {
    scene.admit(FIRST, Value::Null)
}

const TABLE: [Row; 13] = [
    (Scene::judged, |d| d.asks("Settle"), Transition::Succeeded, "settling the deployment"),
    (Scene::new, |d| d.asks("Undo"), Transition::SettleUndo, "recording why it is undone"),
    (Scene::new, |d| d.asks("SettleUndo"), Transition::RolledBack, "ending the undo"),
    (waiting, |d| d.asks("GiveUp"), Transition::Rejected, "giving up"),
    (waiting, give_a_token, Transition::Wait, "waiting for its turn"),
    (Scene::new, |d| d.operator("hold"), Transition::Succeeded, "setting the hold"),
    (Scene::new, |d| d.operator("rollback"), Transition::Preempt, "recording the rollback"),
    (needs_operator, |d| d.accepts("operator"), Transition::Succeeded, "accepting what is there"),
    (dead, Scene::recovery, Transition::Undo, "taking over"),
    (dead_again_and_again, Scene::recovery, Transition::NeedsOperator, "taking over"),
    (dead_while_it_waited, abandon, Transition::Succeeded, "taking over"),
    (kept_out, turn, Transition::Rejected, "taking the lock"),
    (Scene::new, |d| d.admit("unreadable", json!({"app": "shop"})), Transition::Rejected, "recording the refusal"),
];

#[test]
fn a_state_is_decided_anew_until_nobody_writes_in_between() {
    for (made, ask, word, doing) in TABLE {
        let scene = made();
        let began = scene.now();
        scene.busy(3);
        assert_eq!(in_short(&ask(&scene)).0, word, "{doing}");
        // It tried again 20, 40 and 60 ms later.
        assert_eq!(scene.now().ms_since(began), 120, "{doing}");

        let scene = made();
        scene.busy(12);
        let (name, message) = fault(ask(&scene));
        assert_eq!(name, FaultName::Unavailable, "{doing}");
        assert!(message.starts_with(&format!("{doing}: others")), "{message}");
        assert_eq!(scene.stage.world.dynamodb().busy, 0, "{doing}");
    }
}

/// Otherwise its recovery would not know that it was to be undone, and would settle it.
#[test]
fn that_what_was_judged_is_taken_back_is_noted_although_others_write_in_between() {
    let scene = Scene::judged();
    scene.step("jobs", StepStatus::Changing, |_| ());
    // An invocation before has fenced off late calls, so that the next write is the note.
    scene.stage.hold_lock(TOKEN + 1);
    scene.busy(3);
    let (name, message) = fault(scene.asks("Settle"));
    assert_eq!((name, scene.stage.world.dynamodb().busy), (FaultName::Internal, 0));
    assert!(message.contains("jobs was not seen changed"), "{message}");
    assert_eq!(scene.record().undoing.map(|why| why.name).as_deref(), Some("Internal"));
}
