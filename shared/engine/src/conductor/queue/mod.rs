//! The turn of a deployment: it takes the lock, waits in the queue (`AwaitTurn`), also for approval, stops another one
//! (`Preempt`), gives its turn back (`GiveBack`), or ends because it could not wait (`GiveUp`).

pub mod approval;
pub mod give_back;
pub mod take_lock;
pub mod turn;

use crate::conductor::answering::{final_answer, reject};
use crate::conductor::environment::view::{self, AdmissionView};
use crate::conductor::queue::take_lock::write_ending;
use crate::conductor::request::Ports;
use crate::ledger::{self, commit, put_deployment, retry};
use crate::payload::{Answer, CallingExecution, EndTransition, WaitTransition};
use crate::ports::Result;
use crate::recovery;
use windlass_domain::deployment::admission::Decision;
use windlass_domain::deployment::overtaking::PREEMPTED_BY_DEPLOY;
use windlass_domain::deployment::{Deployment, PREEMPTED};
use windlass_domain::environment::{HeldState, LockHolder};
use windlass_domain::release::action::ActionName;
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_domain::text::foreign::Foreign;

/// Serves the state. The token is stored before the lock is looked at again, so that a lock which
/// was freed in between wakes it at once: either this look sees it free, or the outbox, which
/// looks after the lock was freed, sees the token.
pub async fn await_turn(ports: &impl Ports, by: &CallingExecution, token: &str) -> Result<Answer<WaitTransition>> {
    let id = &by.deployment;
    retry(ports, "waiting for its turn", async || {
        let mut record = ledger::require(ports, &ledger::deployment(id)).await?;
        let view = AdmissionView::load(ports, &record.value).await?;
        let Some(waiting) = view.waiting_of(&record.value) else {
            // It was ended or taken in between; `Admit` sees which.
            ports.succeed_task(token, &serde_json::json!({})).await?;
            return Ok(Some(Answer::of(WaitTransition::Wait, id, 0)));
        };
        let mut waiting = waiting.clone();
        waiting.value.keep(token);
        waiting.value.ruled_by = view.rules.versions();
        let index = ledger::waiting_index(record.value.environment_id(), id);
        let mut writes = vec![waiting.put_indexed(Some(index))?];
        let asked = waiting.value.asks;
        let mut asks = asked;
        if asked {
            // The plan that was drawn is what is approved from now on.
            asks = approval::note(ports, &view.rules, &mut record.value).await?.is_ok() && record.value.asks();
            writes.push(put_deployment(&record)?);
        }
        if commit(ports, writes).await? {
            let view = AdmissionView::load(ports, &record.value).await?;
            // With another access file in force it is decided on anew.
            let stays = view.rules.versions() == waiting.value.ruled_by
                && match view.decide(&record.value) {
                    Decision::Wait | Decision::WaitUntil(_) | Decision::Preempt(_) => asks == asked,
                    Decision::Take => asks,
                    Decision::Superseded(_) | Decision::Reject(_) => false,
                };
            if !stays {
                // A late twin of this state has a token that is void: the execution waits by another one.
                recovery::wake_one(ports, &waiting.value).await?;
            }
            return Ok(Some(Answer::of(WaitTransition::Wait, id, 0)));
        }
        Ok(None)
    })
    .await
}

/// Serves the state. Where a late invocation of `Admit` has taken the lock after all, nothing is given up:
/// the recovery ends the deployment.
pub async fn give_up(ports: &impl Ports, by: &CallingExecution, error: &str) -> Result<Answer<EndTransition>> {
    let id = &by.deployment;
    retry(ports, "giving up", async || {
        let mut record = ledger::require(ports, &ledger::deployment(id)).await?;
        if let Some(answer) = final_answer(ports, &record.value).await? {
            return Ok(Some(answer));
        }
        let view = AdmissionView::load(ports, &record.value).await?;
        view.not_taken_over(&record.value)?;
        let finding = could_not_wait(&record.value, error);
        reject(&mut record, vec![finding], ports.now());
        write_ending(ports, &view, record, None).await
    })
    .await
}

fn could_not_wait(record: &Deployment, error: &str) -> Finding {
    Finding::new(
        FindingName::CouldNotWait,
        format!("environments.{}", record.environment),
        format!("it could not wait for its turn: a function failed with {error}."),
        "See the function's log for what failed, mend it, then ask again.",
    )
}

/// Serves the state: stops the owner's execution and starts its recovery. The execution-status
/// rule would start the same recovery; whichever comes second finds it started.
pub async fn preempt(ports: &impl Ports, by: &CallingExecution) -> Result<Answer<WaitTransition>> {
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
        recovery::start(ports, record.value.environment_id(), &held.deployment, lock.value.token, &cause, None).await?;
    }
    Ok(Answer::of(WaitTransition::Wait, id, 0))
}

/// True where it stops just this one: a rollback stops whatever is under way, a release the one that it was admitted
/// against, and not once that is being undone, because the undo would only begin once more. What has begun meanwhile
/// and cannot be taken back goes on: who asked learns when it has ended.
async fn is_meant(ports: &impl Ports, record: &Deployment, held: &LockHolder) -> Result<bool> {
    let goes_back = record.action == ActionName::Rollback;
    let Some(other) = ledger::load(ports, &ledger::deployment(&held.deployment)).await? else { return Ok(goes_back) };
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
    let because = reason.filter(|_| record.preempt).unwrap_or(match held {
        ActionName::Drill => "a release does not wait for a drill",
        _ => "a newer release undoes an older one first here",
    });
    let version = &record.release.version;
    (PREEMPTED_BY_DEPLOY, format!("Stopped by deployment {id} of {version}: {because}"))
}
