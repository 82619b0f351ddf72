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

use crate::payload::{Answer, Ask};
use crate::ports::Answered;
use windlass_domain::fault::{Fault, FaultName};

/// Serves the states `Admit`, `AwaitTurn`, `GiveUp`, `Preempt`, `Accept`, `Settle`, `Undo`, `SettleUndo`.
pub async fn handle(ports: &impl Ports, ask: Ask) -> Answered<Answer> {
    match ask.state.as_str() {
        "Admit" => Box::pin(admitting::admit::admit(ports, &ask)).await,
        "AwaitTurn" => queue::await_turn::await_turn(ports, &ask).await,
        "GiveUp" => queue::give_up::give_up(ports, &ask).await,
        "Preempt" => queue::preempt::preempt(ports, &ask).await,
        "Accept" => settling::accept::accept(ports, &ask).await,
        "Settle" => settling::settle::settle(ports, &ask).await,
        "Undo" => settling::undo::undo(ports, &ask).await,
        "SettleUndo" => settling::settle_undo::settle_undo(ports, &ask).await,
        other => Err(Fault::new(
            FaultName::BadInput,
            format!("the conductor serves no state `{other}`"),
        )),
    }
}
