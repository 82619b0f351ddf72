//! Plans without doing: what would become of a request at its arrival, without a lock, a place in the queue or a hold.

use crate::access;
use crate::conductor::admitting::identify::{Identified, identify};
use crate::conductor::admitting::{deploy, going_back};
use crate::conductor::answering::release_status::known;
use crate::conductor::environment::view::AdmissionView;
use crate::conductor::environment::way_back;
use crate::conductor::queue::approval;
use crate::conductor::request::{Asker, Ports};
use crate::ledger::{self, Stored, commit, retry};
use crate::payload::{AdmitTransition, Answer};
use crate::ports::Result;
use crate::trouble::{Checked, findings};
use crate::{log, pin};
use windlass_domain::deployment::admission::{Decision, Replaced};
use windlass_domain::deployment::{Deployment, Ended};
use windlass_domain::release::action::ActionName;
use windlass_domain::release::ending::Ending;
use windlass_domain::release::identity::DeploymentId;
use windlass_domain::release::request::Request;
use windlass_domain::shown::planned::{ArrivalFate, Becomes, KEPT_S, Planned};
use windlass_domain::shown::release_status;
use windlass_domain::text::count::count;
use windlass_domain::text::prose::Prose;

/// Records what the request would become, and goes on to `Plan`. Asked again it answers the same.
pub async fn admit(ports: &impl Ports, execution: &Asker<'_>, request: &Request) -> Checked<Answer<AdmitTransition>> {
    let id = DeploymentId::planned(&execution.arn);
    log::name_deployment(&id);
    let key = ledger::planned(&id);
    retry(ports, "recording the plan", async || {
        if ledger::load(ports, &key).await?.is_some() {
            return Ok(Some(Answer::of(AdmitTransition::Plan, &id, 0)));
        }
        let (deployment, turn) = of(ports, execution, request, &id).await?;
        let expires = ports.now().plus_s(KEPT_S);
        let planned = Planned { deployment, turn, expires, drawn: None, before: None };
        let planned = Stored::new(key.clone(), planned);
        Ok(commit(ports, vec![planned.put_until(expires)?]).await?.then(|| Answer::of(AdmitTransition::Plan, &id, 0)))
    })
    .await
}

type Found = (Deployment, ArrivalFate);

async fn of(ports: &impl Ports, execution: &Asker<'_>, request: &Request, id: &DeploymentId) -> Checked<Found> {
    match request.action {
        action if action.is_to_a_snapshot() => return back(ports, execution, request, id).await,
        ActionName::Check => return checked(ports, execution, request, id).await,
        _ => {}
    }
    let pinned = pin::pin(ports, request, &execution.rules).await?;
    let mut identified = identify(ports, request, &pinned).await?;
    let same = identified.existing.take().filter(|one| one.value.ending.is_none());
    let named = Identified { id: id.clone(), ..identified };
    let mut record = deploy::new_record(ports, execution, request, &pinned, &named);
    deploy::settle_at_once(ports, &mut record, &pinned);
    let mut turn = match (record.value.ending.take(), same) {
        (Some(ended), _) => at_once(ended),
        (None, Some(same)) => ArrivalFate::new(
            Becomes::Same,
            format!("The same release waits or runs as deployment {}: it would be that deployment.", same.value.id),
        ),
        (None, None) => forward(ports, &record.value).await?,
    };
    if let Some(rule) = &pinned.passes_by
        && matches!(turn.becomes, Becomes::Goes | Becomes::Waits | Becomes::Stops)
    {
        let (environment, version) = (&pinned.resolved.environment, &record.value.release.version);
        let said = format!(" {environment} {rule}; {version} is none, and goes there only because somebody names it.");
        turn.text.push(said);
    }
    if let Some(text) = approval::verified_with_another(ports, &record.value).await? {
        turn.text.push(text);
    }
    Ok((record.value, turn))
}

/// Returns the turn of a deployment that ends as it arrives.
fn at_once(ended: Ended) -> ArrivalFate {
    match ended.ending {
        Ending::Rejected => ArrivalFate::refused(ended.findings),
        _ => ArrivalFate::new(Becomes::Recorded, ended.cause),
    }
}

/// Returns the turn of a release. Whether it asks for approval is noted in a copy: the plan of what really asks is
/// drawn for those who approve it.
async fn forward(ports: &impl Ports, record: &Deployment) -> Result<ArrivalFate> {
    let view = AdmissionView::load(ports, record).await?;
    let mut asking = record.clone();
    if let Err(finding) = approval::note(ports, &view.rules, &mut asking).await? {
        return Ok(ArrivalFate::refused(vec![finding]));
    }
    // It is refused once its plan is drawn, if that changes anything.
    let facts = approval::facts(ports, &view.rules, record).await?;
    if let Some(finding) = facts.and_then(|facts| view.rules.unknown_requester(&facts)) {
        return Ok(ArrivalFate::refused(vec![finding]));
    }
    let asks = asking.approval.as_ref().filter(|_| asking.asks());
    Ok(match (view.decide(&asking), asks) {
        (Decision::Superseded(by), _) => {
            let text = superseded(ports, &view, record, &by).await?;
            ArrivalFate::new(Becomes::Superseded, text)
        }
        (Decision::Reject(findings), _) => ArrivalFate::refused(findings),
        (_, Some(approval)) => {
            let wanted = count(approval.count, "approval");
            ArrivalFate::new(Becomes::Waits, format!("It would first wait for {wanted}, if it changes anything."))
        }
        (decision, None) => turn(&view, decision),
    })
}

async fn superseded(ports: &impl Ports, view: &AdmissionView, record: &Deployment, by: &Replaced) -> Result<Prose> {
    let known = known(ports, record, &view.state.value, Some(&by.by)).await?;
    let waiting = view.who_waits();
    Ok(release_status::superseded(record, by, &view.facts(record, &waiting), &known))
}

/// The record of what brings no release.
async fn without_release(
    ports: &impl Ports,
    execution: &Asker<'_>,
    request: &Request,
    id: &DeploymentId,
) -> Checked<Deployment> {
    let env = pin::named_environment(ports, request).await?;
    let declaration = pin::declaration_in_force(ports, &request.app).await?.version;
    let mut record = going_back::new_record(ports, execution, request, &env, declaration).value;
    record.id = id.clone();
    Ok(record)
}

/// A check, with what would become of a release that a person starts now.
async fn checked(ports: &impl Ports, execution: &Asker<'_>, request: &Request, id: &DeploymentId) -> Checked<Found> {
    let record = without_release(ports, execution, request, id).await?;
    let view = AdmissionView::load(ports, &record).await?;
    let turn = turn(&view, view.decide(&record));
    Ok((record, turn))
}

/// Returns a rollback with the snapshot that it would go back to; or a restoring or a withdrawal.
async fn back(ports: &impl Ports, execution: &Asker<'_>, request: &Request, id: &DeploymentId) -> Checked<Found> {
    let mut record = without_release(ports, execution, request, id).await?;
    let mut view = AdmissionView::load(ports, &record).await?;
    let decision = view.decide(&record);
    if record.action == ActionName::Drill {
        match way_back::choose_for_drill(ports, &mut view, &record).await {
            Ok(goal) => record.snapshot = goal,
            Err(trouble) => return Ok((record, ArrivalFate::refused(trouble.findings()?))),
        }
    }
    if let Decision::Preempt(held) = &decision
        && !held.action.is_to_the_present()
    {
        record.snapshot = record.snapshot.or_else(|| way_back::undone_to(&view, &record));
    }
    let mut more = access::against_turn(&view.rules, &record);
    more.extend(findings(way_back::choose(ports, &view, &mut record).await)?);
    let mut turn = turn(&view, decision);
    if !more.is_empty() {
        turn.findings.extend(more);
        turn = ArrivalFate::refused(turn.findings);
    }
    Ok((record, turn))
}

/// Returns the turn for a decision, where no other deployment supersedes this one.
fn turn(view: &AdmissionView, decision: Decision) -> ArrivalFate {
    match decision {
        Decision::Reject(findings) => ArrivalFate::refused(findings),
        Decision::Preempt(held) => ArrivalFate::new(
            Becomes::Stops,
            format!("It would stop deployment {}, which is under way and is undone first.", held.deployment),
        ),
        Decision::Wait => ArrivalFate::new(
            Becomes::Waits,
            match &view.lock.value.held {
                Some(held) => format!("It would wait for its turn: deployment {} is under way.", held.deployment),
                None => "It would wait for its turn: others wait before it.".to_owned(),
            },
        ),
        Decision::WaitUntil(until) => {
            let held = view.closed.as_ref().map(|closed| format!(": deployments are held {}", closed.in_words()));
            ArrivalFate::new(Becomes::Waits, format!("It would wait until {until}{}.", held.unwrap_or_default()))
        }
        Decision::Take | Decision::Superseded(_) => ArrivalFate::new(Becomes::Goes, "It would begin at once."),
    }
}
