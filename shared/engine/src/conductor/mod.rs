//! The conductor. It alone writes locks, queues, holds, marks, snapshots, vetoes and records.
//!
//! Each state of the release machine that it serves has one file. Each reads the ledger, lets a pure function decide,
//! and writes on the condition that nothing changed in between; if the write is refused, it begins again. So a request
//! that is repeated has one effect, and an invocation may be killed anywhere.
//!
//! Its rooms stand on each other: [`admitting`] on [`recovering`], that on [`queue`] and [`settling`], these on
//! [`telling`], and that on [`environment`]. A room knows none above it.

mod admitting;
mod environment;
mod ports;
mod queue;
mod recovering;
mod request;
mod settling;
mod telling;

pub use admitting::identify::{Identified, identify, key_reused};
pub use environment::drills::load as drills;
pub use environment::good_snapshots::{newest_good, newest_good_of};
pub use ports::Ports;
pub use telling::refuse::record_refusal;
pub use telling::since::now;

use crate::payload::{Answer, ConductorInput};
use crate::ports::Answered;

/// Serves the states of [`ConductorInput`].
pub async fn handle(ports: &impl Ports, input: ConductorInput) -> Answered<Answer> {
    use ConductorInput::{Accept, Admit, AwaitTurn, GiveUp, Preempt, Settle, SettleUndo, Undo};
    match input {
        Admit { execution, request } => {
            Box::pin(admitting::admit::admit(ports, &execution, &request)).await
        }
        AwaitTurn { by, task_token } => {
            queue::await_turn::await_turn(ports, &by, &task_token).await
        }
        GiveUp { by, error } => queue::give_up::give_up(ports, &by, &error).await,
        Preempt(by) => queue::preempt::preempt(ports, &by).await,
        Accept { by, request, error } => {
            settling::accept::accept(ports, &by, &request, &error).await
        }
        Settle(by) => settling::settle::settle(ports, &by).await,
        Undo { by, error, undone } => settling::undo::undo(ports, &by, &error, undone).await,
        SettleUndo { by, error } => settling::settle_undo::settle_undo(ports, &by, &error).await,
    }
}
