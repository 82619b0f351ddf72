//! `Preempt`: stops a running deployment for an operator's rollback, or for a release that overtakes. They do not wait
//! for it to end by itself.

use crate::conductor::environment::view;
use crate::conductor::ports::Ports;
use crate::payload::{Answer, Caller, WaitTransition};
use crate::ports::Result;
use crate::{ledger, recovery};
use windlass_domain::deployment::{Deployment, PREEMPTED};
use windlass_domain::environment::{HeldState, LockHolder};
use windlass_domain::foreign::Foreign;
use windlass_domain::overtaking::PREEMPTED_BY_DEPLOY;
use windlass_domain::request::ActionName;

/// Serves the state: stops the owner's execution and starts its recovery. The execution-status
/// rule would start the same recovery; whichever comes second finds it started.
pub async fn preempt(ports: &impl Ports, by: &Caller) -> Result<Answer<WaitTransition>> {
    let id = &by.deployment;
    let record = ledger::require(ports, &ledger::deployment(id)).await?;
    let lock = ledger::load_or_default(ports, &ledger::lock(record.value.environment_id())).await?;
    if let Some(held) = &lock.value.held
        && held.deployment != *id
        && held.state == HeldState::Running
        && held.action != ActionName::Rollback
        && is_meant(ports, &record.value, held).await?
    {
        let (error, cause) = why(&record.value, held.action);
        ports.stop(&held.execution, error, &cause).await?;
        recovery::start(ports, record.value.environment_id(), &held.deployment, lock.value.token, &cause).await?;
    }
    Ok(Answer::of(WaitTransition::Wait, id, 0))
}

/// True where it stops just this one: a rollback stops whatever is under way, a release the one that it was admitted
/// against, and not once that is being undone, because the undo would only begin once more. What has begun meanwhile and
/// cannot be taken back goes on: who asked is told when it has ended.
async fn is_meant(ports: &impl Ports, record: &Deployment, held: &LockHolder) -> Result<bool> {
    let goes_back = record.action == ActionName::Rollback;
    let key = ledger::deployment(&held.deployment);
    let Some(other) = ledger::load(ports, &key).await? else {
        return Ok(goes_back);
    };
    let other = view::look(ports, &other.value, record).await?;
    if goes_back {
        return Ok(other.undoing || other.irreversible.is_empty());
    }
    Ok(record.stops.as_ref() == Some(&held.deployment) && other.may_be_stopped())
}

/// Returns the name and the text with which it is stopped.
fn why(record: &Deployment, held: ActionName) -> (&'static str, String) {
    let (id, reason) = (&record.id, record.reason.as_deref());
    if record.action == ActionName::Rollback {
        let reason = reason.unwrap_or("no reason given");
        return (PREEMPTED, format!("Stopped by the operator's rollback {id}: {}", Foreign(reason)));
    }
    let asked = reason.filter(|_| record.preempt);
    let because = asked.unwrap_or(match held {
        ActionName::Drill => "a release does not wait for a drill",
        _ => "a newer release undoes an older one first here",
    });
    let version = &record.release.version;
    (PREEMPTED_BY_DEPLOY, format!("Stopped by deployment {id} of {version}: {because}"))
}
