//! Recovery: finishes deployments that died without an ending, looks once more at what recoveries left, and every hour
//! at what deployments left. It starts executions that recover, restore, hold, drill or check, wakes deployments that
//! wait in vain, and writes nothing but these looks, promotions and what it starts executions with.

mod drills;
mod hourly_look;
mod promotions;
mod schedule;
mod second_look;
mod start;
mod unended;
mod way_back;

use crate::ports::{DynamoDbApi, Result};
use crate::vouch::Starts;
use crate::{ledger, log};
pub use drills::come_back;
pub use schedule::ScheduleResult;
use serde_json::Value;
use start::follows_a_dead_owner;
pub use start::{Came, Ports, came_of, has_ended, of_waiting, quarter, start, wake, wake_one};
pub use unended::WorkingExecution;
use windlass_domain::deployment::Deployment;
use windlass_domain::environment::HeldState;
use windlass_domain::release::identity::DeploymentId;
use windlass_domain::text::fault::{Fault, FaultName};

/// Serves the execution-status rule and the schedule. Both may come twice, late or never: the
/// first is quick, the second finds what the first missed, and answers what it came to.
pub async fn handle(ports: &impl Ports, event: Value) -> Result<Option<ScheduleResult>> {
    match event.get("detail-type").and_then(Value::as_str) {
        Some("Step Functions Execution Status Change") => {
            ended(ports, &event).await?;
            Ok(None)
        }
        Some("Scheduled Event") => schedule::handle(ports).await.map(Some),
        other => Err(Fault::new(FaultName::BadInput, format!("recovery knows no event of the type {other:?}"))),
    }
}

/// An execution ended ABORTED, TIMED_OUT or FAILED (AWS Step Functions Developer Guide,
/// "Automating Step Functions event delivery with EventBridge"). One whose deployment has an ending,
/// or which another execution has taken over from, needs nothing.
pub async fn ended(ports: &impl Starts, event: &Value) -> Result<()> {
    let arn = event
        .pointer("/detail/executionArn")
        .and_then(Value::as_str)
        .ok_or_else(|| Fault::new(FaultName::BadInput, "the status event names no execution"))?;
    let Some((record, is_owner)) = meant(ports, event, arn).await? else {
        tracing::info!(execution = arn, "the execution died before it was a deployment");
        return Ok(());
    };
    log::name_deployment(&record.id);
    if record.ending.is_some() {
        return Ok(());
    }
    let lock = ledger::load_or_default(ports, &ledger::lock(record.environment_id())).await?;
    let token = match lock.value.held_for(&record.id) {
        Some(held) => {
            // An answer about the owner may be behind. That a recovery of its token was started proves that it died.
            let goes_on = if is_owner {
                held.execution != arn
            } else {
                !follows_a_dead_owner(arn, &record, lock.value.token)
                    && WorkingExecution::of(ports, &held.execution, held.since).await? == WorkingExecution::Running
            };
            if goes_on || held.state == HeldState::NeedsOperator {
                return Ok(());
            }
            lock.value.token
        }
        // It waited for its turn.
        None => 0,
    };
    let status = event.pointer("/detail/status").and_then(Value::as_str).unwrap_or("FAILED");
    let cause = format!("The execution {arn} ended {status} in the middle.");
    start(ports, record.environment_id(), &record.id, token, &cause, Some(arn)).await?;
    Ok(())
}

/// The deployment that an execution worked for, or, of a recovery that died before it had taken over, was to
/// work for, and whether it did.
async fn meant(ports: &impl DynamoDbApi, event: &Value, arn: &str) -> Result<Option<(Deployment, bool)>> {
    let known = ledger::load(ports, &ledger::execution(arn)).await?;
    if let Some(known) = known {
        return Ok(Some((ledger::require(ports, &ledger::deployment(&known.value.deployment)).await?.value, true)));
    }
    let input = event.pointer("/detail/input").and_then(Value::as_str);
    let input: Value = input.and_then(|input| serde_json::from_str(input).ok()).unwrap_or_default();
    let Some(id) = input["deployment"].as_str().filter(|_| input["action"] == "recover") else { return Ok(None) };
    let record = ledger::load(ports, &ledger::deployment(&DeploymentId(id.to_owned()))).await?;
    let record = record
        .map(|record| record.value)
        .filter(|record| input["app"] == record.app.as_str() && input["environment"] == record.environment.as_str());
    Ok(record.map(|record| (record, false)))
}
