//! Handing a deployment and its environment's lock over to another execution.

use crate::conductor::ports::Ports;
use crate::ledger::{self, Stored, put_deployment};
use crate::payload::ExecutionRef;
use crate::ports::{Result, Write};
use windlass_domain::deployment::Deployment;
use windlass_domain::environment::{HeldState, Lock};

/// Makes the asking execution the owner, with a raised token, so that nothing that the former one
/// still runs changes anything. Answers the former one; `None` if nobody holds the lock.
pub fn hand_over(
    ports: &impl Ports,
    execution: &ExecutionRef,
    state: HeldState,
    record: &mut Stored<Deployment>,
    lock: &mut Stored<Lock>,
) -> Option<String> {
    let now = ports.now();
    let held = lock.value.held.as_mut()?;
    let former = std::mem::replace(&mut held.execution, execution.arn.clone());
    held.state = state;
    held.since = now;
    lock.value.raise(now);
    record.value.executions.push(execution.arn.clone());
    Some(former)
}

/// Returns the writes that belong together for that: the lock, the record, and the deployment of the execution.
pub fn handed_over(execution: &ExecutionRef, record: &Stored<Deployment>, lock: &Stored<Lock>) -> Result<Vec<Write>> {
    let known = ledger::Execution { deployment: record.value.id.clone() };
    let known = Stored::new(ledger::execution(&execution.arn), known);
    let index = ledger::held_index(record.value.environment_id());
    Ok(vec![lock.put_indexed(Some(index))?, put_deployment(record)?, known.put()?])
}
