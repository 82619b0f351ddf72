//! The conductor. It alone writes locks, queues, holds, marks, snapshots, vetoes and records.
//!
//! Each state of the release machine that it serves has one file. Each reads the ledger, lets a pure function decide,
//! and writes on the condition that nothing changed in between; if the write is refused, it begins again. So a request
//! that is repeated has one effect, and an invocation may be killed anywhere.

mod abandon;
mod accept;
mod admit;
mod answer;
mod await_turn;
mod commit;
mod cost;
mod deploy;
mod done;
mod drill;
mod ending;
mod give_up;
mod hand_over;
mod hold;
mod identify;
mod leave;
mod moving;
mod past;
mod plan;
mod preempt;
mod recover;
mod refuse;
mod remove;
mod remove_application;
mod rename_application;
mod restore;
mod rollback;
mod second_look;
mod settle;
mod settle_undo;
mod shut_out;
mod since;
mod snapshots;
mod turn;
mod undo;
mod unprepared;
mod view;
mod went_back;
mod wheel;

pub use drill::load as drills;
pub use identify::{Identified, identify, key_reused};
pub use refuse::record_refusal;
pub use rollback::{newest_good, newest_good_of};
pub use since::now;

use crate::config::Configured;
use crate::payload::{Answer, Ask};
use crate::ports::{Answered, Clock, Executions, Ledger, Objects, Registry};
use windlass_domain::fault::{Fault, FaultName};
use windlass_domain::identity::DeploymentId;

/// The ports that the conductor needs.
pub trait Ports: Ledger + Objects + Registry + Executions + Clock + Configured {}
impl<P: Ledger + Objects + Registry + Executions + Clock + Configured> Ports for P {}

/// Serves the states `Admit`, `AwaitTurn`, `GiveUp`, `Preempt`, `Accept`, `Settle`, `Undo`, `SettleUndo`.
pub async fn handle(ports: &impl Ports, ask: Ask) -> Answered<Answer> {
    match ask.state.as_str() {
        "Admit" => Box::pin(admit::admit(ports, &ask)).await,
        "AwaitTurn" => await_turn::await_turn(ports, &ask).await,
        "GiveUp" => give_up::give_up(ports, &ask).await,
        "Preempt" => preempt::preempt(ports, &ask).await,
        "Accept" => accept::accept(ports, &ask).await,
        "Settle" => settle::settle(ports, &ask).await,
        "Undo" => undo::undo(ports, &ask).await,
        "SettleUndo" => settle_undo::settle_undo(ports, &ask).await,
        other => Err(Fault::new(
            FaultName::BadInput,
            format!("the conductor serves no state `{other}`"),
        )),
    }
}

/// Returns the deployment of a request. Every state other than `Admit` must name one.
fn deployment_of(ask: &Ask) -> Answered<&DeploymentId> {
    ask.deployment.as_ref().ok_or_else(|| {
        Fault::new(
            FaultName::BadInput,
            format!("the state {} names no deployment", ask.state),
        )
    })
}
