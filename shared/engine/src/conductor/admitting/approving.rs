//! `approve`: a person approves the plan of a deployment that waits for that, by the plan's hash.

use crate::conductor::answering::without_deployment::once;
use crate::conductor::environment::deployment_in;
use crate::conductor::environment::view::AdmissionView;
use crate::conductor::queue::approval;
use crate::conductor::request::Ports;
use crate::ledger::{self, ExecutionRecord, Stored, put_deployment};
use crate::payload::{Answer, EndTransition, ExecutionRef};
use crate::ports::Write;
use crate::trouble::Checked;
use crate::{pin, recovery};
use windlass_domain::access::{ApprovalDecision, Rules};
use windlass_domain::deployment::Deployment;
use windlass_domain::deployment::admission::Decision;
use windlass_domain::release::identity::{DeploymentId, EnvironmentId};
use windlass_domain::release::request::Request;
use windlass_domain::shown::audit::given_in_words;
use windlass_domain::text::fault::Fault;
use windlass_domain::text::finding::{Finding, FindingName};

/// Writes what a person approves into the record of the deployment, and wakes the deployment, which counts at its turn
/// who has approved by the rules in force then.
pub async fn approve(
    ports: &impl Ports,
    execution: &ExecutionRef,
    request: &Request,
) -> Checked<Answer<EndTransition>> {
    let answer = once(ports, execution, "approving the plan", async || {
        let (mut record, view) = find(ports, request).await?;
        if let Some(finding) = goes_nowhere(&record.value, &view) {
            return Err(finding.into());
        }
        match decision(ports, request, &view.rules, &mut record.value).await? {
            ApprovalDecision::Already(person) => {
                let sentence = format!("{person} has approved this plan of deployment {} before.", record.value.id);
                Ok((ExecutionRecord::of(&record.value.id, sentence), vec![]))
            }
            ApprovalDecision::Given(given) => {
                let done = ExecutionRecord::of(&record.value.id, given_in_words(&record.value, &given));
                if let Some(approval) = &mut record.value.approval {
                    approval.given.push(given);
                    approval.missing = approval.missing.saturating_sub(1);
                }
                let waiting = waits_for_its_turn(ports, &mut record.value, &view).await?;
                let mut writes = vec![put_deployment(&record)?, view.lock.check()];
                writes.extend(waiting);
                Ok((done, writes))
            }
        }
    })
    .await?;
    // Perhaps nobody is missing any more. Where somebody is, it is woken for nothing, and waits on.
    let (_, view) = find(ports, request).await?;
    let waiting = request.deployment.as_ref().and_then(|id| view.waiting_as(id));
    if let Some(waiting) = waiting {
        recovery::wake_one(ports, &waiting.value).await?;
    }
    Ok(answer)
}

/// Returns the deployment that is named, and its environment as the ledger has it.
async fn find(ports: &impl Ports, request: &Request) -> Checked<(Stored<Deployment>, AdmissionView)> {
    let env = pin::named_environment(ports, request).await?;
    let none = DeploymentId("none".into());
    let id = request.deployment.as_ref().unwrap_or(&none);
    let remedy = "Take the id of the deployment that waits from the environment.";
    let record = deployment_in(ports, EnvironmentId::new(&request.app, &env), id, remedy).await?;
    let view = AdmissionView::load(ports, &record.value).await?;
    Ok((record, view))
}

/// Returns why nothing is to be approved of it: it has ended, has had its turn, or is about to end because of another
/// one.
fn goes_nowhere(record: &Deployment, view: &AdmissionView) -> Option<Finding> {
    let id = &record.id;
    let reason = if record.ending.is_some() {
        format!("deployment {id} has ended.")
    } else if view.waiting_of(record).is_none() {
        format!("deployment {id} does not wait for an approval.")
    } else {
        match view.decide(record) {
            Decision::Superseded(by) if record.asks() => format!("deployment {} takes the place of {id}.", by.by),
            _ => return None,
        }
    };
    Some(Finding::new(FindingName::NotAsked, "deployment", reason, "Nothing has to be approved."))
}

async fn decision(
    ports: &impl Ports,
    request: &Request,
    rules: &Rules,
    record: &mut Deployment,
) -> Checked<ApprovalDecision> {
    approval::note_plan(ports, record).await?;
    let facts = approval::facts(ports, rules, record).await?;
    let hash = request.hash.as_ref().ok_or_else(|| Fault::internal("an approval names no hash"))?;
    let by = request.asked_by();
    let reason = request.reason.as_deref().unwrap_or("no reason given");
    Ok(rules.approve((&by, hash, reason), facts.as_ref(), &record.id)?)
}

/// Returns the write with which a deployment waits for its turn alone; `None` while it still asks. From then on the
/// schedule wakes it as well, in case nobody else does.
async fn waits_for_its_turn(
    ports: &impl Ports,
    record: &mut Deployment,
    view: &AdmissionView,
) -> Checked<Option<Write>> {
    if let Err(finding) = approval::note(ports, &view.rules, record).await? {
        return Err(finding.into());
    }
    let Some(mut waiting) = view.waiting_of(record).filter(|_| !record.asks()).cloned() else { return Ok(None) };
    // It has waited for a moment until now, and not for others yet.
    (waiting.value.asks, waiting.value.until) = (false, Some(ports.now()));
    let index = ledger::waiting_index(record.environment_id(), &record.id);
    Ok(Some(waiting.put_indexed(Some(index))?))
}
