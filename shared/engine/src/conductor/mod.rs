//! The conductor. It alone writes locks, queues, holds, marks, snapshots, vetoes and records.
//!
//! Each state of the release machine that it serves reads the ledger, lets a pure function decide, and writes on the
//! condition that nothing changed in between; if the write is refused, it begins again. So a request that is repeated
//! has one effect, and an invocation may be killed anywhere.
//!
//! Its rooms stand on each other: [`admitting`] on [`recovering`], that on [`queue`] and [`settling`], these on
//! [`answering`], and that on [`environment`]. A room knows none above it.

mod admitting;
mod answering;
mod environment;
mod queue;
mod recovering;
mod request;
mod settling;

pub use admitting::identify::{Identified, asks_too, identify, key_reused, repeated};
pub use answering::release_status::now;
pub use answering::without_deployment::{about, record_refusal, refusal};
pub use environment::drills::load as drills;
pub use environment::snapshot_walk::{MOST_LOOKED_AT, Sought, newest_of, newest_other};
pub use request::Ports;

use crate::payload::{Answer, ConductorInput};
use crate::ports::Result;

/// Serves the states of [`ConductorInput`].
pub async fn handle(ports: &impl Ports, input: ConductorInput) -> Result<Answer> {
    use ConductorInput::{Accept, Admit, AwaitTurn, GiveBack, GiveUp, Preempt, Settle, SettleUndo, Undo};
    Ok(match input {
        Admit { execution, request } => {
            let admitted = admitting::admit(ports, &execution, &request);
            Box::pin(admitted).await?.widened()
        }
        AwaitTurn { by, task_token } => queue::await_turn(ports, &by, &task_token).await?.widened(),
        GiveUp { by, error } => queue::give_up(ports, &by, &error).await?.widened(),
        GiveBack(by) => queue::give_back::give_back(ports, &by).await?.widened(),
        Preempt(by) => queue::preempt(ports, &by).await?.widened(),
        Accept { by, request, error } => settling::accept::accept(ports, &by, &request, &error).await?.widened(),
        Settle(by) => settling::settle::settle(ports, &by).await?.widened(),
        Undo { by, error, undone } => settling::undo::undo(ports, &by, &error, undone).await?.widened(),
        SettleUndo { by, error } => settling::settle_undo::settle_undo(ports, &by, &error).await?.widened(),
    })
}
