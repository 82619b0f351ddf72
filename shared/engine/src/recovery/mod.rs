//! Recovery: finishes deployments that died without an ending, looks once more at what recoveries left, and every hour
//! at what deployments left. It starts executions that recover, restore, hold or drill, wakes deployments that wait in
//! vain, and writes nothing but these looks.

mod changed_by;
mod drills;
mod event;
mod hourly_look;
mod owner;
mod ports;
mod restore;
mod schedule;
mod second_look;
mod start;
mod unended;
mod wake;

pub use drills::come_back;
pub use owner::Owner;
pub use ports::Ports;
pub use schedule::ScheduleResult;
pub use start::{has_ended, of_waiting, quarter, start};
pub use wake::wake;

use crate::ports::Result;
use serde_json::Value;
use windlass_domain::fault::{Fault, FaultName};

/// Serves the execution-status rule and the schedule. Both may come twice, late or never: the
/// first is quick, the second finds what the first missed, and answers what it came to.
pub async fn handle(ports: &impl Ports, event: Value) -> Result<Option<ScheduleResult>> {
    match event.get("detail-type").and_then(Value::as_str) {
        Some("Step Functions Execution Status Change") => {
            event::ended(ports, &event).await?;
            Ok(None)
        }
        Some("Scheduled Event") => schedule::handle(ports).await.map(Some),
        other => Err(Fault::new(FaultName::BadInput, format!("recovery knows no event of the type {other:?}"))),
    }
}
