//! `GiveBack`: a deployment that was approved, and whose plan is another one at its turn, gives its turn back. The lock
//! is free again, nothing that was approved counts any more, and its plan is drawn and asked for anew. A declaration
//! that was put in force meanwhile is taken, unless the release has named its own.

use crate::conductor::environment::view::AdmissionView;
use crate::conductor::queue::approval;
use crate::conductor::queue::take_lock::place;
use crate::conductor::request::Ports;
use crate::deployment_context::declared_meanwhile;
use crate::ledger::{self, Fence, Stored, commit, put_deployment, retry};
use crate::payload::{Answer, CallingExecution, GiveBackTransition};
use crate::ports::{Condition, DynamoDbApi, Result, Write};
use std::collections::BTreeSet;
use windlass_domain::access::{Approval, Rules};
use windlass_domain::deployment::{Deployment, Status};
use windlass_domain::environment::Lock;
use windlass_domain::release::identity::DeploymentId;

/// Serves the state. Nothing was changed, because no plan is carried out before `Prepare` has answered so. Asked again
/// it answers the same: then the deployment has its place in the queue already.
///
/// # Errors
/// `StaleToken` if another execution works for the deployment now, or it has ended. The ledger's faults.
pub async fn give_back(ports: &impl Ports, by: &CallingExecution) -> Result<Answer<GiveBackTransition>> {
    let id = &by.deployment;
    let answer = Answer::of(GiveBackTransition::Draw, id, 0);
    retry(ports, "giving the turn back", async || {
        let mut record = ledger::require(ports, &ledger::deployment(id)).await?;
        let mut view = AdmissionView::load(ports, &record.value).await?;
        if view.waiting_of(&record.value).is_some() && view.lock.value.held_for(id).is_none() {
            return Ok(Some(answer.clone()));
        }
        let is_fenced_off = record.value.approval.as_ref().is_some_and(|approval| approval.hash.is_none());
        if !is_fenced_off || view.lock.value.held_by(id, &by.execution.arn).is_none() {
            fence_off(ports, by, record, view).await?;
            return Ok(None);
        }
        if !holds_nothing(ports, id, &view.lock).await? {
            return Ok(None);
        }
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
        let mut writes = vec![view.lock.put()?, put_deployment(&record)?, waiting];
        writes.extend(planned);
        Ok(commit(ports, writes).await?.then(|| answer.clone()))
    })
    .await
}

/// Raises the token and forgets what was approved, while it still has its turn: from then on no twin of `Prepare`
/// writes anything, and what it has written can be removed.
async fn fence_off(
    ports: &impl Ports,
    by: &CallingExecution,
    mut record: Stored<Deployment>,
    mut view: AdmissionView,
) -> Result<bool> {
    Fence::new(record.value.environment_id(), &by.deployment, by.token).passes(&view.lock.value)?;
    if let Some(approval) = &mut record.value.approval {
        approval.hash = None;
    }
    view.lock.value.raise(ports.now());
    let lock = view.lock.put_indexed(Some(ledger::held_index(record.value.environment_id())))?;
    commit(ports, vec![lock, put_deployment(&record)?, no_plan(ports, &by.deployment).await?]).await
}

/// The items that are removed in one transaction, beside the check of the lock: DynamoDB takes a hundred (AWS DynamoDB
/// API Reference, TransactWriteItems).
const AT_ONCE: usize = 99;

/// Removes what a `Prepare` has left that was killed or late: steps, and the claims that the deployment has made.
/// `false` where somebody wrote in between.
async fn holds_nothing(ports: &impl Ports, id: &DeploymentId, lock: &Stored<Lock>) -> Result<bool> {
    let mut left = ledger::load_all(ports, &ledger::steps(id)).await?;
    left.extend(ledger::load_all(ports, &ledger::all_seen(id)).await?);
    let claims = left.iter().flat_map(|step| &step.value.claims);
    let resources: BTreeSet<&str> = claims.map(|claim| claim.resource.as_str()).collect();
    let mut writes = Vec::new();
    for resource in resources {
        let mut claims = ledger::load_or_default(ports, &ledger::target(resource)).await?;
        if claims.value.let_go(id) {
            writes.push(ledger::freed(&claims)?);
        }
    }
    writes.extend(left.iter().map(Stored::delete));
    for some in writes.chunks(AT_ONCE) {
        let mut transaction = vec![lock.check()];
        transaction.extend_from_slice(some);
        if !commit(ports, transaction).await? {
            return Ok(false);
        }
    }
    Ok(true)
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
