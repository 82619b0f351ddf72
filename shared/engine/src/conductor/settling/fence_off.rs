//! Fences off late calls of those who still drive a deployment, before its ending is decided.

use crate::conductor::ports::Ports;
use crate::ledger::{self, Fence, Stored, commit};
use crate::payload::Caller;
use crate::ports::Result;
use windlass_domain::deployment::Deployment;
use windlass_domain::environment::Lock;

/// Raises the lock's token and returns the lock. `None` if something was written in between.
///
/// The steps are read after this, and what they say holds until the ending is written, however many they are. A
/// deployer claims its step, records each call and tells what it saw in transactions that check the token; so a late
/// invocation that still had the right token is refused from now on. Only one write does without the token: the closing
/// of a call that was open. It leaves a step's status as it is. The transaction of the ending cannot check each step
/// instead, because that would need more than the 100 items that DynamoDB takes in one transaction.
///
/// The lock stays this execution's, because one that takes over puts its own name there. Asked again after its answer
/// was lost, it knows the lock by that.
/// Faults: `StaleToken` where another execution has taken over.
pub async fn fence_off_late_calls(
    ports: &impl Ports,
    by: &Caller,
    record: &Deployment,
) -> Result<Option<Stored<Lock>>> {
    let of = record.environment_id();
    let mut lock = ledger::load_or_default(ports, &ledger::lock(of)).await?;
    let is_ours = lock.value.held_by(&record.id, &by.execution.arn).is_some();
    if is_ours && lock.value.token > by.token {
        return Ok(Some(lock));
    }
    Fence::new(of, &record.id, by.token).passes(&lock.value)?;
    lock.value.raise(ports.now());
    let write = lock.put_indexed(Some(ledger::held_index(of)))?;
    lock.rev += 1;
    Ok(commit(ports, vec![write]).await?.then_some(lock))
}
