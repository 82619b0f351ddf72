//! The approval of a deployment that waits for its turn: how it stands by the rules in force, and what is kept of that
//! in its record. Until it is approved it holds nothing, stops nobody and goes before nobody.

use crate::conductor::environment::view::AdmissionView;
use crate::conductor::request::Ports;
use crate::deployment_context::resolved;
use crate::ledger::{self, Stored};
use crate::payload::AdmitTransition;
use crate::ports::{DynamoDbApi, Result, Write};
use crate::recovery;
use std::collections::BTreeSet;
use windlass_domain::access::{ApprovalFacts, ApprovalStanding, Rules};
use windlass_domain::deployment::Deployment;
use windlass_domain::release::action::ActionName;
use windlass_domain::release::identity::{DeploymentId, EnvironmentId};
use windlass_domain::release::request::{Requester, Route};
use windlass_domain::shown::planned::{ArrivalFate, Becomes, DrawnPlan, FormerPlan, KEPT_S, Planned};
use windlass_domain::text::finding::Finding;

/// Reads the facts by which the approval of a deployment is decided on; `None` where no rule wants one of it. Only
/// releases need approval: whatever brings back needs none.
pub async fn facts<'a>(ports: &impl Ports, rules: &Rules, record: &'a Deployment) -> Result<Option<ApprovalFacts<'a>>> {
    if record.action != ActionName::Deploy || rules.approvals_needed(&record.environment).is_none() {
        return Ok(None);
    }
    let declared = resolved(ports, record).await?;
    let components = declared.components.iter().filter(|(name, _)| record.release.components.contains_key(*name));
    let kinds = components.map(|(_, component)| component.spec.kind()).collect();
    let asked = askers(ports, record).await?;
    Ok(Some(ApprovalFacts {
        of: record.environment_id(),
        kinds,
        asked,
        approval: record.approval.as_ref(),
        latest: record.waits_until(),
        now: ports.now(),
    }))
}

/// Returns those who have asked for a deployment, or for what it promotes, back to whoever brought that first: none of
/// them approves it. What Windlass has promoted by itself was asked for by the others alone.
async fn askers(ports: &impl DynamoDbApi, record: &Deployment) -> Result<Vec<Requester>> {
    let (mut asked, mut also) = (Vec::new(), Vec::new());
    let mut looked_at = BTreeSet::from([record.id.clone()]);
    let mut left = vec![record.clone()];
    while let Some(one) = left.pop() {
        let recorded = ledger::load(ports, &ledger::release(&one.app, &one.release.version)).await?;
        asked.extend(recorded.into_iter().flat_map(|recorded| recorded.value.brought_by()));
        asked.push(one.requester);
        also.extend(one.also_asked);
        for from in one.verified_by.into_iter().chain(one.promoted_from) {
            let there = EnvironmentId::new(&one.app, &from.environment);
            let snapshot = ledger::require(ports, &ledger::snapshot(there, from.snapshot)).await?.value;
            let promoted = snapshot.components.iter().filter(|(name, _)| record.release.components.contains_key(*name));
            for (_, running) in promoted {
                // Each of its images was brought by somebody, and somebody else may have given it a newer name.
                for id in running.given_by() {
                    if looked_at.insert(id.clone()) {
                        left.extend(ledger::load(ports, &ledger::deployment(id)).await?.map(|brought| brought.value));
                    }
                }
            }
        }
    }
    asked.retain(|by| by.route != Route::Windlass);
    if asked.is_empty() {
        // Nobody knows who brought it.
        asked.push(record.requester.clone());
    }
    asked.extend(also);
    Ok(asked)
}

/// Notes the plan in a record, once it is drawn: what was drawn is what is approved.
///
/// # Errors
/// The ledger's faults.
pub async fn note_plan(ports: &impl DynamoDbApi, record: &mut Deployment) -> Result<()> {
    if let Some(approval) = &mut record.approval
        && approval.hash.is_none()
    {
        let planned = ledger::load(ports, &ledger::planned(&record.id)).await?;
        let drawn = planned.and_then(|planned| planned.value.drawn);
        approval.outcome = drawn.as_ref().map(DrawnPlan::outcome);
        approval.hash = drawn.map(|drawn| drawn.hash);
    }
    Ok(())
}

/// Notes in a record how it stands with its approval by the rules in force.
///
/// # Errors
/// The ledger's faults. Within them, why the deployment is refused.
pub async fn note(ports: &impl Ports, rules: &Rules, record: &mut Deployment) -> Result<Result<(), Finding>> {
    note_plan(ports, record).await?;
    let facts = facts(ports, rules, record).await?;
    let asked = facts.and_then(|facts| Some((rules.asked_now(&facts)?, rules.standing(&facts))));
    match asked {
        Some((_, Err(finding))) => return Ok(Err(finding)),
        Some((asked, Ok(standing))) => {
            let count = asked.count;
            let approval = record.approval.get_or_insert(asked);
            approval.goes = standing == ApprovalStanding::Goes;
            approval.count = count;
            approval.missing = if let ApprovalStanding::Asks(missing) = standing { missing } else { 0 };
        }
        None => record.approval = None,
    }
    Ok(Ok(()))
}

/// Returns the word for a deployment that asks: first its plan is drawn, then it waits.
pub fn word(record: &Deployment) -> AdmitTransition {
    let is_drawn = record.approval.as_ref().is_some_and(|approval| approval.hash.is_some());
    if is_drawn { AdmitTransition::Wait } else { AdmitTransition::Draw }
}

/// Returns the write of the plan that `Plan` is to draw; `None` if it is there and is not to be drawn `again`, beside
/// what was planned before. It is kept for a day longer than approvals are waited for.
pub async fn to_draw(ports: &impl DynamoDbApi, record: &Deployment, again: bool) -> Result<Option<Write>> {
    let former = ledger::load(ports, &ledger::planned(&record.id)).await?;
    if former.is_some() && !again {
        return Ok(None);
    }
    let expires = record.approval.as_ref().map_or(record.accepted, |approval| approval.until).plus_s(KEPT_S);
    let mut turn = ArrivalFate::new(Becomes::Waits, "It waits until its plan is approved.");
    if let Some(text) = verified_with_another(ports, record).await? {
        turn.text.push(text);
    }
    let key = ledger::planned(&record.id);
    let mut planned =
        Stored::new(key, Planned { deployment: record.clone(), turn, expires, drawn: None, before: None });
    if let Some(former) = former {
        planned.rev = former.rev;
        let drawn = former.value.drawn.map(|drawn| FormerPlan { changes: drawn.changes, parts: drawn.parts });
        planned.value.before = drawn.or(former.value.before);
    }
    planned.put_until(expires).map(Some)
}

/// Returns the warning that what is promoted was verified under another version of the declaration than the one that
/// is in force: its gates and its settings may differ.
///
/// # Errors
/// The ledger's faults.
pub async fn verified_with_another(ports: &impl DynamoDbApi, record: &Deployment) -> Result<Option<String>> {
    let Some(from) = record.origin() else { return Ok(None) };
    let there = EnvironmentId::new(&record.app, &from.environment);
    let Some(snapshot) = ledger::load(ports, &ledger::snapshot(there, from.snapshot)).await? else { return Ok(None) };
    let by = ledger::load(ports, &ledger::deployment(&snapshot.value.deployment)).await?;
    let then = by.map(|by| by.value.declaration).filter(|then| *then != record.declaration);
    Ok(then.map(|then| {
        let (place, now) = (&from.environment, &record.declaration);
        format!(" It ran in {place} under version {then} of the declaration, and version {now} is in force.")
    }))
}

/// Wakes the others that ask for approval, because a newer release supersedes an older one that nobody has approved.
pub async fn wake_others(ports: &impl Ports, view: &AdmissionView, id: &DeploymentId) -> Result<()> {
    for other in view.waiting.iter().filter(|other| other.value.asks && other.value.deployment != *id) {
        recovery::wake_one(ports, &other.value).await?;
    }
    Ok(())
}
