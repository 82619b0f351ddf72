//! `GiveBack`: a deployment that was approved, and whose plan is another one at its turn, gives its turn back. The lock
//! is free again, nothing that was approved counts any more, and its plan is drawn and asked for anew. A declaration
//! that was put in force meanwhile is taken, unless the release has named its own.

use crate::conductor::environment::view::View;
use crate::conductor::queue::approval;
use crate::conductor::queue::take_lock::place;
use crate::conductor::request::Ports;
use crate::deployment_context::declared_meanwhile;
use crate::ledger::{self, Fence, commit, put_deployment, retry};
use crate::payload::{Answer, Caller, GiveBackTransition};
use crate::ports::{Condition, DynamoDbApi, Result, Write};
use windlass_domain::access::{Approval, Rules};
use windlass_domain::deployment::{Deployment, Status};
use windlass_domain::release::identity::DeploymentId;

/// Serves the state. Nothing was changed, because `Prepare` has planned and written nothing. Asked again it answers the
/// same: then the deployment has its place in the queue already.
///
/// # Errors
/// `StaleToken` if another execution works for the deployment now, or it has ended. The ledger's faults.
pub async fn give_back(ports: &impl Ports, by: &Caller) -> Result<Answer<GiveBackTransition>> {
    let id = &by.deployment;
    let answer = Answer::of(GiveBackTransition::Draw, id, 0);
    retry(ports, "giving the turn back", async || {
        let mut record = ledger::require(ports, &ledger::deployment(id)).await?;
        let mut view = View::load(ports, &record.value).await?;
        if view.waiting_of(&record.value).is_some() && view.lock.value.held_for(id).is_none() {
            return Ok(Some(answer.clone()));
        }
        Fence::new(record.value.environment_id(), id, by.token).passes(&view.lock.value)?;
        if let Some(version) = declared_meanwhile(ports, &record.value).await? {
            // What it makes of the release shows in the plan.
            record.value.declaration = version;
        }
        record.value.approval = Some(anew(ports, &view.rules, &record.value).await?);
        record.value.status = Status::Waiting;
        record.value.started = None;
        record.value.waited = true;
        view.lock.value.free(ports.now());
        let planned = approval::to_draw(ports, &record.value, true).await?;
        let of = record.value.environment_id();
        let waiting = place(ports, &record.value, None).put_indexed(Some(ledger::waiting_index(of, id)))?;
        let mut writes = vec![view.lock.put()?, put_deployment(&record)?, waiting, no_plan(ports, id).await?];
        writes.extend(planned);
        Ok(commit(ports, writes).await?.then(|| answer.clone()))
    })
    .await
}

/// Returns the write after which it has no plan to carry out. A twin of the `Prepare` that found the plan moved may
/// have written one, upon what it saw a moment before; what is approved next is another one.
async fn no_plan(ports: &impl DynamoDbApi, id: &DeploymentId) -> Result<Write> {
    let key = ledger::plan(id);
    Ok(match ledger::load(ports, &key).await? {
        Some(plan) => plan.delete(),
        None => Write::check(key, Condition::Absent),
    })
}

/// Returns the approval that it asks for from now on. Where no rule wants one any more, it is over at once, and its
/// next turn finds that out.
async fn anew(ports: &impl Ports, rules: &Rules, record: &Deployment) -> Result<Approval> {
    let facts = approval::facts(ports, rules, record).await?;
    let now = ports.now();
    let (hash, outcome, count, missing) = (None, None, 0, 0);
    let over = Approval { hash, outcome, since: now, until: now, goes: false, count, missing, given: Vec::new() };
    Ok(facts.and_then(|facts| rules.asked_now(&facts)).unwrap_or(over))
}
