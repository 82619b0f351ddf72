//! `Preempt`: an operator's rollback does not wait for a running deployment to end by itself.

use super::answer::plain;
use super::{Ports, deployment_of};
use crate::payload::{Answer, Ask, Word};
use crate::ports::Answered;
use crate::recovery;
use crate::store::{self, Stored};
use windlass_domain::deployment::{Deployment, PREEMPTED};
use windlass_domain::environment::{HeldState, Lock};
use windlass_domain::request::ActionName;

/// Serves the state: stops the owner's execution and starts its recovery. The execution-status
/// rule would start the same recovery; whichever comes second finds it started.
pub async fn preempt<P: Ports>(ports: &P, ask: &Ask) -> Answered<Answer> {
    let id = deployment_of(ask)?;
    let record: Stored<Deployment> = store::require(ports, &store::deployment(id)).await?;
    let (app, env) = (&record.value.app, &record.value.environment);
    let lock: Stored<Lock> = store::load_or_default(ports, &store::lock(app, env)).await?;
    if let Some(held) = &lock.value.held
        && held.deployment != *id
        && held.state == HeldState::Running
        && held.action != ActionName::Rollback
    {
        let reason = record.value.reason.as_deref().unwrap_or("no reason given");
        let cause = format!("Stopped by the operator's rollback {id}: {reason}");
        ports.stop(&held.execution, PREEMPTED, &cause).await?;
        recovery::start(ports, app, env, &held.deployment, lock.value.token, &cause).await?;
    }
    Ok(plain(Word::Wait, id, 0))
}
