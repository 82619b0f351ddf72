//! Tests of others that write the same items in between. The conductor decides anew, a little later each time, and not
//! for ever.

use crate::desk::{Desk, FIRST, fault, in_short, input, with};
use crate::stage::id;
use serde_json::{Value, json};
use windlass_domain::environment::HeldState;
use windlass_domain::fault::FaultName;
use windlass_domain::request::ActionName;
use windlass_engine::ledger;
use windlass_engine::ledger::Execution;
use windlass_engine::payload::{Answer, Transition};
use windlass_engine::ports::Result;
use windlass_world::stepfunctions::arn_of;

/// A row of the table: the desk, the question, the word of the answer, and what the answer is about.
type Row = (
    fn() -> Desk,
    fn(&Desk) -> Result<Answer>,
    Transition,
    &'static str,
);

fn give_a_token(desk: &Desk) -> Result<Answer> {
    desk.asks("AwaitTurn")
}

fn abandon(desk: &Desk) -> Result<Answer> {
    let request = with(input("recover"), json!({"deployment": id()}));
    desk.admit("recovery", request)
}

fn needs_operator() -> Desk {
    let desk = Desk::new();
    desk.hold(Some((FIRST, HeldState::NeedsOperator)));
    desk
}

fn dead() -> Desk {
    let desk = Desk::new();
    desk.execution(FIRST, "FAILED");
    desk
}

fn dead_while_it_waited() -> Desk {
    let desk = Desk::free();
    desk.wait();
    desk.execution(FIRST, "FAILED");
    desk
}

fn dead_again_and_again() -> Desk {
    let mut desk = dead();
    desk.change_record(|record| record.executions = vec![String::new(); 9]);
    desk
}

fn waiting() -> Desk {
    let desk = Desk::free();
    desk.wait();
    desk
}

/// Makes a desk whose deployment is known and asks for its turn, while another deployment needs an operator.
fn kept_out() -> Desk {
    let desk = Desk::free();
    desk.other_holds(ActionName::Deploy, HeldState::NeedsOperator);
    let known = Execution { deployment: id() };
    desk.stage.put(ledger::execution(&arn_of(FIRST)), &known);
    desk
}

fn turn(desk: &Desk) -> Result<Answer> {
    desk.admit(FIRST, Value::Null)
}

const TABLE: [Row; 13] = [
    (
        Desk::judged,
        |d| d.asks("Settle"),
        Transition::Succeeded,
        "settling the deployment",
    ),
    (
        Desk::new,
        |d| d.asks("Undo"),
        Transition::SettleUndo,
        "recording why it is undone",
    ),
    (
        Desk::new,
        |d| d.asks("SettleUndo"),
        Transition::RolledBack,
        "ending the undo",
    ),
    (
        waiting,
        |d| d.asks("GiveUp"),
        Transition::Rejected,
        "giving up",
    ),
    (
        waiting,
        give_a_token,
        Transition::Wait,
        "waiting for its turn",
    ),
    (
        Desk::new,
        |d| d.operator("hold"),
        Transition::Succeeded,
        "setting the hold",
    ),
    (
        Desk::new,
        |d| d.operator("rollback"),
        Transition::Preempt,
        "recording the rollback",
    ),
    (
        needs_operator,
        |d| d.accepts("operator"),
        Transition::Succeeded,
        "accepting what is there",
    ),
    (dead, Desk::recovery, Transition::Undo, "taking over"),
    (
        dead_again_and_again,
        Desk::recovery,
        Transition::NeedsOperator,
        "taking over",
    ),
    (
        dead_while_it_waited,
        abandon,
        Transition::Succeeded,
        "taking over",
    ),
    (kept_out, turn, Transition::Rejected, "taking the lock"),
    (
        Desk::new,
        |d| d.admit("unreadable", json!({"app": "shop"})),
        Transition::Rejected,
        "recording the refusal",
    ),
];

#[test]
fn a_state_is_decided_anew_until_nobody_writes_in_between() {
    for (made, ask, word, told) in TABLE {
        let desk = made();
        let began = desk.now();
        desk.busy(3);
        assert_eq!(in_short(&ask(&desk)).0, word, "{told}");
        // It tried again 20, 40 and 60 ms later.
        assert_eq!(desk.now().ms_since(began), 120, "{told}");

        let desk = made();
        desk.busy(12);
        let (name, message) = fault(ask(&desk));
        assert_eq!(name, FaultName::Unavailable, "{told}");
        assert!(message.starts_with(&format!("{told}: others")), "{message}");
        assert_eq!(desk.stage.world.dynamodb().busy, 0, "{told}");
    }
}
