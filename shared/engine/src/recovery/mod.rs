//! Recovery: finishes what died without an ending. Writes nothing: it starts recovery executions,
//! and wakes those that wait in vain.

mod event;
mod schedule;
mod start;
mod wake;

pub use start::{has_ended, quarter, start};
pub use wake::wake;

use crate::ports::{Answered, Clock, Executions, Ledger};
use serde_json::Value;
use windlass_domain::fault::{Fault, FaultName};

/// Serves the execution-status rule and the schedule. Both may come twice, late or never: the
/// first is quick, the second finds what the first missed.
pub async fn handle<P: Ledger + Executions + Clock>(ports: &P, event: Value) -> Answered<()> {
    match event.get("detail-type").and_then(Value::as_str) {
        Some("Step Functions Execution Status Change") => event::handle(ports, &event).await,
        Some("Scheduled Event") => schedule::handle(ports).await,
        other => Err(Fault::new(
            FaultName::BadInput,
            format!("recovery knows no event of the type {other:?}"),
        )),
    }
}
