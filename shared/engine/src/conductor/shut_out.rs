//! Shutting out whoever still drives a deployment, before its ending is decided.

use super::Ports;
use super::commit::commit;
use crate::payload::Ask;
use crate::ports::Answered;
use crate::store::{self, Fence, Stored};
use windlass_domain::deployment::Deployment;
use windlass_domain::environment::Lock;

/// Raises the lock's token, and answers the lock. `None` when something was written in between.
///
/// What the steps say is read after this, and holds until the ending is written, however many they
/// are: a deployer claims its step, records each call and tells what it saw in transactions that
/// check the token, so a late invocation that still had the right one is refused from then on. The
/// one write without the token, the closing of a call that was open, leaves a step's status as it is.
/// To check each step in the transaction of the ending instead would need more than the 100 items
/// that DynamoDB takes in one.
///
/// The lock stays this execution's: asked again after its answer was lost, it knows the lock by that.
/// Faults: `StaleToken` where another execution has taken over.
pub async fn shut_out(
    ports: &impl Ports,
    ask: &Ask,
    record: &Deployment,
) -> Answered<Option<Stored<Lock>>> {
    let (app, env) = (&record.app, &record.environment);
    let found = store::load_or_default(ports, &store::lock(app, env)).await?;
    if is_ours(&found.value, ask, record) && found.value.token > ask.token {
        return Ok(Some(found));
    }
    let mut lock = Fence::new(record, ask.token).lock(ports).await?;
    lock.value.raise(ports.now());
    let write = lock.put_indexed(Some(store::held_index(app, env)))?;
    lock.rev += 1;
    Ok(commit(ports, vec![write]).await?.then_some(lock))
}

/// Whether nobody has taken over: whoever does names another execution.
fn is_ours(lock: &Lock, ask: &Ask, record: &Deployment) -> bool {
    lock.held
        .as_ref()
        .is_some_and(|held| held.deployment == record.id && held.execution == ask.execution.arn)
}
