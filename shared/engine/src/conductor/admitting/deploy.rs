//! `deploy`: takes the pinned release, gives the deployment its id, and records it.

use crate::conductor::admitting::identify::{Identified, asks_too, identify};
use crate::conductor::answering::release_status::same;
use crate::conductor::answering::{end, final_answer, note_cost, reject};
use crate::conductor::request::{Admitted, Asker, Ports};
use crate::ledger::{self, ExecutionDeployment, ExecutionRecord, Stored, commit, put_arrived, put_deployment, retry};
use crate::payload::ExecutionRef;
use crate::pin::{self, Pinned};
use crate::ports::{Condition, Result, Write};
use crate::trouble::Checked;
use crate::{log, upload_findings};
use windlass_domain::access::{Allowed, Asked};
use windlass_domain::deployment::Deployment;
use windlass_domain::prose;
use windlass_domain::release::ending::{Ending, NothingDone};
use windlass_domain::release::identity::Order;
use windlass_domain::release::request::Request;
use windlass_domain::text::prose::Prose;

/// Verifies what the way in has pinned, or pins what came by hand, and records the deployment.
pub async fn admit(ports: &impl Ports, execution: &Asker<'_>, request: &Request) -> Checked<Admitted> {
    let mut pinned = pin::pin(ports, request, &execution.rules).await?;
    let mut is_first_try = true;
    retry(ports, "recording the deployment", async || {
        let is_first_try = std::mem::take(&mut is_first_try);
        if let Some(admitted) = before(ports, execution, is_first_try).await? {
            return Ok(Some(admitted));
        }
        if !is_first_try {
            // Somebody else may have recorded the version meanwhile, with these bytes or others.
            pinned = Box::pin(pin::pin(ports, request, &execution.rules)).await?;
        }
        let identified = identify(ports, request, &pinned).await?;
        log::name_deployment(&identified.id);
        upload_findings::clear(ports, request.upload(), &identified.id).await?;
        if let Some(existing) = &identified.existing {
            // A retry whose own answer was lost: it looked before the write of the first try showed.
            if existing.value.executions.first() == Some(&execution.arn) {
                return Ok(Some(Admitted::New(identified.id)));
            }
            let done = ExecutionRecord::of(&identified.id, String::new());
            let (mut writes, by) = (vec![done.put(execution)?], request.asked_by());
            if pinned.allowed == Ok(Allowed::Goes) && asks_too(&execution.rules, &existing.value, &by) {
                let mut record = existing.clone();
                record.value.also_asked.push(by);
                writes.push(put_deployment(&record)?);
            }
            if commit(ports, writes).await? {
                let answer = same(ports, &existing.value).await?;
                return Ok(Some(Admitted::from(answer)));
            }
            return Ok(None);
        }
        let mut record = new_record(ports, execution, request, &pinned, &identified);
        settle_at_once(ports, &mut record, &pinned);
        note_cost(ports, &mut record.value, &[]).await;
        if commit(ports, writes(&record, execution, &pinned)?).await? {
            if let Some(answer) = final_answer(ports, &record.value).await? {
                return Ok(Some(Admitted::from(answer)));
            }
            return Ok(Some(Admitted::New(identified.id)));
        }
        Ok(None)
    })
    .await
}

/// Returns what this execution recorded or answered before, if anything. A twin of this invocation, or one that began
/// late, must not make another attempt of a deployment that is recorded already, or whose answer was that it is another
/// one's.
///
/// An earlier answer is looked for only once a write was refused: each write is, where there is one.
async fn before(ports: &impl Ports, execution: &ExecutionRef, is_first_try: bool) -> Result<Option<Admitted>> {
    let arn = &execution.arn;
    let recorded = ledger::load(ports, &ledger::execution(arn)).await?;
    if let Some(recorded) = recorded {
        return Ok(Some(Admitted::New(recorded.value.deployment)));
    }
    if is_first_try {
        return Ok(None);
    }
    let Some(done) = ledger::load(ports, &ledger::done(arn)).await? else { return Ok(None) };
    let existing = ledger::require(ports, &ledger::deployment(&done.value.deployment)).await?;
    let answer = same(ports, &existing.value).await?;
    Ok(Some(Admitted::from(answer)))
}

/// The record of a new deployment.
pub fn new_record(
    ports: &impl Ports,
    execution: &Asker<'_>,
    request: &Request,
    pinned: &Pinned,
    identified: &Identified,
) -> Stored<Deployment> {
    let now = ports.now();
    let resolved = &pinned.resolved;
    let record = Deployment::accepted(
        identified.id.clone(),
        request,
        resolved.environment.clone(),
        pinned.release.clone(),
        resolved.version.clone(),
        &execution.arn,
        now,
    );
    let order = Order {
        version: pinned.order_version.clone(),
        accepted: request.arrived.map_or(now, |arrived| arrived.min(now)),
        ..record.order.clone()
    };
    // A release that arrives once more is no newer for that (rule 6).
    let order = match &identified.first {
        Some(first) => Order { accepted: first.accepted, recorded: first.recorded, ..order },
        None => order,
    };
    let by = request.asked_by();
    let asked = Asked::once_planned(request, &by, resolved.environment_id());
    let record = Deployment {
        attempt: identified.attempt,
        part_of: pinned.part_of.clone(),
        promoted_from: pinned.promoted_from.clone(),
        verified_by: pinned.verified_by.clone(),
        names_declaration: pinned.names.is_some(),
        order,
        supersede: resolved.supersede,
        by_person: pinned.by_person,
        vouched: execution.vouched,
        allowed_by: execution.rules.allowed_by(&asked),
        ..record
    };
    Stored::new(ledger::deployment(&identified.id), record)
}

/// Ends at once what the environment does not deploy: of somebody whom its rules do not name, or an arrival where only
/// a person starts deployments.
pub fn settle_at_once(ports: &impl Ports, record: &mut Stored<Deployment>, pinned: &Pinned) {
    match &pinned.allowed {
        Err(findings) => reject(record, findings.clone(), ports.now()),
        Ok(Allowed::Recorded) => {
            let cause = prose!(
                "Recorded: {}/{} deploys only what a person starts.\n  {}",
                &record.value.app,
                &record.value.environment,
                Prose::next(prose!("start it with {}", record.value.input()))
            );
            end(record, Ending::NothingToDo, NothingDone::Recorded.name(), cause, Vec::new(), ports.now());
        }
        Ok(Allowed::Goes) => {}
    }
}

fn is_rejected(record: &Deployment) -> bool {
    let ended = record.ending.as_ref();
    ended.is_some_and(|ended| ended.ending == Ending::Rejected)
}

fn writes(record: &Stored<Deployment>, execution: &ExecutionRef, pinned: &Pinned) -> Result<Vec<Write>> {
    let known =
        Stored::new(ledger::execution(&execution.arn), ExecutionDeployment { deployment: record.value.id.clone() });
    let not_done = Write::check(ledger::done(&execution.arn), Condition::Absent);
    let mut writes = vec![put_arrived(record)?, known.put()?, not_done];
    // A release from a source that is not accepted takes no version's name.
    if let Some(recorded) = &pinned.to_record
        && !is_rejected(&record.value)
    {
        let mut recorded = recorded.clone();
        recorded.value.note(&record.value.id);
        writes.push(recorded.put()?);
    }
    Ok(writes)
}
