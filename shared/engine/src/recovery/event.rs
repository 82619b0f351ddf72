use super::start;
use crate::conductor::Execution;
use crate::log;
use crate::ports::{Answered, Clock, Executions, Ledger};
use crate::store::{self, Stored};
use serde_json::Value;
use windlass_domain::deployment::Deployment;
use windlass_domain::environment::{HeldState, Lock};
use windlass_domain::fault::{Fault, FaultName};

/// An execution ended ABORTED, TIMED_OUT or FAILED (AWS Step Functions Developer Guide,
/// "Automating Step Functions event delivery with EventBridge"). One whose deployment has an ending,
/// or which another execution has taken over from, needs nothing.
pub async fn handle<P: Ledger + Executions + Clock>(ports: &P, event: &Value) -> Answered<()> {
    let arn = event
        .pointer("/detail/executionArn")
        .and_then(Value::as_str)
        .ok_or_else(|| Fault::new(FaultName::BadInput, "the status event names no execution"))?;
    let known: Option<Stored<Execution>> = store::load(ports, &store::execution(arn)).await?;
    let Some(known) = known else {
        tracing::info!(
            execution = arn,
            "the execution died before it was a deployment"
        );
        return Ok(());
    };
    let id = known.value.deployment;
    log::name_deployment(&id);
    let record: Stored<Deployment> = store::require(ports, &store::deployment(&id)).await?;
    let record = record.value;
    if record.ending.is_some() {
        return Ok(());
    }
    let key = store::lock(&record.app, &record.environment);
    let lock: Stored<Lock> = store::load_or_default(ports, &key).await?;
    let token = match &lock.value.held {
        Some(held) if held.deployment == id => {
            if held.execution != arn || held.state == HeldState::NeedsOperator {
                return Ok(());
            }
            lock.value.token
        }
        // It waited for its turn.
        _ => 0,
    };
    let status = event
        .pointer("/detail/status")
        .and_then(Value::as_str)
        .unwrap_or("FAILED");
    let cause = format!("The execution {arn} ended {status} in the middle.");
    start(ports, &record.app, &record.environment, &id, token, &cause).await?;
    Ok(())
}
