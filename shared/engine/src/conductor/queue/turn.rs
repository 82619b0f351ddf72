//! Takes the lock, or a place in the queue: at the arrival, and again at every wake-up.

use crate::conductor::environment::view::{View, is_operator};
use crate::conductor::environment::{drill_goal, way_back};
use crate::conductor::ports::Ports;
use crate::conductor::queue::take_lock::{Outcome, finish, queue, take};
use crate::conductor::queue::to_the_present;
use crate::conductor::telling::ending::told;
use crate::conductor::telling::rollback_outcome;
use crate::ledger::{self, Stored, retry};
use crate::log;
use crate::payload::{AdmitTransition, Answer, ExecutionRef};
use crate::ports::Result;
use windlass_domain::admission::Decision;
use windlass_domain::deployment::Deployment;
use windlass_domain::identity::DeploymentId;
use windlass_domain::request::ActionName;

/// Decides whether the deployment goes, waits or ends, and writes that.
pub async fn turn(ports: &impl Ports, execution: &ExecutionRef, id: &DeploymentId) -> Result<Answer<AdmitTransition>> {
    log::name_deployment(id);
    retry(ports, "taking the lock", async || {
        let record = ledger::require(ports, &ledger::deployment(id)).await?;
        if let Some(answer) = told(ports, &record.value).await? {
            return Ok(Some(answer.widened()));
        }
        once(ports, execution, record).await
    })
    .await
}

/// One try; `None` when something was written in between.
async fn once(
    ports: &impl Ports,
    execution: &ExecutionRef,
    mut record: Stored<Deployment>,
) -> Result<Option<Answer<AdmitTransition>>> {
    let mut view = View::load(ports, &record.value).await?;
    if let Some(answer) = holds_already(&view, execution, &record.value) {
        return Ok(Some(answer));
    }
    view.not_taken_over(&record.value)?;
    if record.value.action == ActionName::Restore {
        return to_the_present::restore(ports, execution, &mut view, record).await;
    }
    match view.decide(&record.value) {
        Decision::Reject(findings) => finish(ports, &view, record, Outcome::Refused(findings)).await,
        Decision::Superseded(by) => finish(ports, &view, record, Outcome::Superseded(by)).await,
        Decision::Wait => queue(ports, &view, record, AdmitTransition::Wait).await,
        Decision::Preempt(held) => {
            if is_operator(record.value.action) {
                let barred = way_back::goes_nowhere(ports, &view, &record.value).await?;
                if !barred.is_empty() {
                    return finish(ports, &view, record, Outcome::Refused(barred)).await;
                }
                if !held.action.is_to_the_present() {
                    record.value.snapshot = record.value.snapshot.or(view.present());
                }
            }
            record.value.stops = Some(held.deployment);
            queue(ports, &view, record, AdmitTransition::Preempt).await
        }
        Decision::Take => {
            if record.value.of_drill() == Some(&record.value.id) {
                match drill_goal::choose_for_drill(ports, &mut view, &record.value).await {
                    Ok(goal) => record.value.snapshot = goal,
                    Err(trouble) => {
                        let findings = trouble.findings()?;
                        return finish(ports, &view, record, Outcome::Refused(findings)).await;
                    }
                }
            }
            if record.value.withdrawal.is_some() {
                if let Err(trouble) = to_the_present::withdrawal(ports, &view, &mut record.value).await {
                    let findings = trouble.findings()?;
                    return finish(ports, &view, record, Outcome::Refused(findings)).await;
                }
            } else if record.value.action.is_to_a_snapshot()
                && let Err(trouble) = way_back::choose(ports, &view, &mut record.value).await
            {
                let findings = trouble.findings()?;
                let outcome = match rollback_outcome::undone(ports, &record.value).await? {
                    // Before the first release that succeeded there is nothing else to go back to.
                    Some(undone) if is_all_that_is_asked(&record.value) => Outcome::Undone(undone),
                    _ => Outcome::Refused(findings),
                };
                return finish(ports, &view, record, outcome).await;
            }
            take(ports, execution, &view, record).await
        }
    }
}

/// Returns whether a rollback names neither where it goes nor what it goes across.
fn is_all_that_is_asked(record: &Deployment) -> bool {
    record.snapshot.is_none() && record.across.is_empty()
}

/// Returns the answer of a former taking whose own answer was lost.
fn holds_already(view: &View, execution: &ExecutionRef, record: &Deployment) -> Option<Answer<AdmitTransition>> {
    let lock = &view.lock.value;
    let held = lock.held_by(&record.id, &execution.arn);
    held.map(|_| Answer::of(AdmitTransition::Go, &record.id, lock.token))
}
