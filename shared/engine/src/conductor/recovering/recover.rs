//! `recover`: finishes a deployment whose execution died, or undoes it again out of `NeedsOperator`.

use crate::conductor::answering::without_deployment;
use crate::conductor::environment::{deployment_in, resolved};
use crate::conductor::queue::turn::turn;
use crate::conductor::recovering::abandon::{abandon, nothing};
use crate::conductor::recovering::{self, hand_over, handed_over, is_automatic, owner, was_stopped, why_stopped};
use crate::conductor::request::{Asker, Ports};
use crate::conductor::settling::settle::judged_good;
use crate::ledger::{self, Stored, commit, retry};
use crate::payload::{AdmitTransition, Answer, ExecutionRef};
use crate::ports::{Execution, Result};
use crate::recovery::WorkingExecution;
use crate::trouble::Checked;
use windlass_domain::declaration::plan::PlanOutcome;
use windlass_domain::deployment::{Deployment, Status};
use windlass_domain::environment::{HeldState, Lock, LockHolder};
use windlass_domain::prose;
use windlass_domain::release::action::ActionName;
use windlass_domain::release::call::{self, operators};
use windlass_domain::release::cause_name::CauseName;
use windlass_domain::release::identity::{DeploymentId, EnvironmentId};
use windlass_domain::release::request::Request;
use windlass_domain::text::finding::{Finding, FindingName};

/// `Admit` of an execution that is known: a recovery goes on, everything else takes its turn.
pub async fn recover_or_take_turn(
    ports: &impl Ports,
    execution: &ExecutionRef,
    id: &DeploymentId,
) -> Result<Answer<AdmitTransition>> {
    let record = ledger::require(ports, &ledger::deployment(id)).await?;
    let lock = ledger::load_or_default(ports, &ledger::lock(record.value.environment_id())).await?;
    match &lock.value.held {
        Some(held) if held.execution == execution.arn && held.state == HeldState::Recovering => {
            Ok(go_on(&record.value, lock.value.token))
        }
        _ => turn(ports, execution, id).await,
    }
}

/// Takes over from an owner that has ended, and goes on to undo or to settle.
pub async fn admit(ports: &impl Ports, execution: &Asker<'_>, request: &Request) -> Checked<Answer<AdmitTransition>> {
    retry(ports, "taking over", async || {
        if let Some(answer) = without_deployment::before(ports, execution).await? {
            return Ok(Some(answer.widened()));
        }
        let found = find(ports, request).await?;
        let Some((record, lock)) = found else {
            return Ok(nothing(ports, execution, request, "nobody holds the lock").await?.map(Answer::widened));
        };
        let answer = match &lock.value.held {
            // A retry beside the invocation that has just taken over.
            Some(held) if held.execution == execution.arn && held.state == HeldState::Recovering => {
                Some(go_on(&record.value, lock.value.token))
            }
            Some(held) if held.deployment == record.value.id => {
                match may_take_over(ports, execution, request, &record.value, held).await? {
                    TakeOver::Yes(owner) => take_over(ports, execution, request, record, lock, owner).await?,
                    TakeOver::Enough(owner) => {
                        recovering::leave(ports, execution, record, lock, owner).await?.map(Answer::widened)
                    }
                    TakeOver::No(why) => nothing(ports, execution, request, &why).await?.map(Answer::widened),
                    TakeOver::Refuse(finding) => return Err(finding.into()),
                }
            }
            _ => abandon(ports, execution, request, record).await?.map(Answer::widened),
        };
        Ok(answer)
    })
    .await
}

type Found = Option<(Stored<Deployment>, Stored<Lock>)>;

/// Returns the deployment that is meant, and its environment's lock.
async fn find(ports: &impl Ports, request: &Request) -> Checked<Found> {
    let env = request.named_environment()?;
    let of = EnvironmentId::new(&request.app, env);
    let lock = ledger::load_or_default(ports, &ledger::lock(of)).await?;
    let held = lock.value.held.as_ref().map(|held| &held.deployment);
    let Some(id) = request.deployment.as_ref().or(held) else { return Ok(None) };
    let record = deployment_in(ports, of, id, "Leave it out to recover the deployment that holds the lock.").await?;
    Ok(Some((record, lock)))
}

enum TakeOver {
    Yes(Option<Execution>),
    /// As `Yes`, but so many recoveries of this deployment have died that it is left to an operator.
    Enough(Option<Execution>),
    No(String),
    Refuse(Finding),
}

/// Rule 4: a lock whose owner has ended is taken by the recovery of that same deployment; in
/// `NeedsOperator`, only by an operator.
async fn may_take_over(
    ports: &impl Ports,
    execution: &ExecutionRef,
    request: &Request,
    record: &Deployment,
    held: &LockHolder,
) -> Result<TakeOver> {
    let automatic = is_automatic(request);
    if held.state == HeldState::NeedsOperator {
        return Ok(if automatic {
            TakeOver::No("only an operator goes on in NeedsOperator".into())
        } else {
            TakeOver::Yes(None)
        });
    }
    if held.execution == execution.arn {
        return Ok(TakeOver::No("this execution holds the lock itself".into()));
    }
    let owner = owner(ports, request, &held.execution, held.since).await?;
    Ok(match (owner, automatic) {
        (WorkingExecution::Ended(owner), true) if recovering::has_had_enough(record) => TakeOver::Enough(owner),
        (WorkingExecution::Ended(owner), _) => TakeOver::Yes(owner),
        (WorkingExecution::Running, true) => TakeOver::No(format!("its owner {} still runs", held.execution)),
        (WorkingExecution::Running, false) => TakeOver::Refuse(Finding::new(
            FindingName::TargetNotReady,
            "deployment",
            format!("deployment {} is still being worked on by {}.", held.deployment, held.execution),
            prose!(
                "Wait for its ending; or cancel it with {}; or start {}, which stops it first.",
                call::cancel(record.environment_id(), &held.deployment),
                operators(ActionName::Rollback, record.environment_id())
            ),
        )),
    })
}

/// Raises the token before anything else, so that the former owner's functions change nothing any
/// more; then stops what may still run. Who asked for it has looked at what is there, unless that was
/// Windlass itself.
async fn take_over(
    ports: &impl Ports,
    execution: &Asker<'_>,
    request: &Request,
    mut record: Stored<Deployment>,
    mut lock: Stored<Lock>,
    owner: Option<Execution>,
) -> Result<Option<Answer<AdmitTransition>>> {
    let Some(former) = hand_over(ports, execution, HeldState::Recovering, &mut record, &mut lock) else {
        return Ok(None);
    };
    let has_looked = !is_automatic(request);
    if let Some(held) = &mut lock.value.held {
        held.looked = has_looked;
    }
    if has_looked {
        record.value.asked_for = record.value.executions.len() - 1;
        let by = resolved(ports, &execution.rules, request, record.value.environment_id());
        record.value.recovered_by.push(by);
    }
    record.value.status = Status::Recovering;
    record.value.taken_up_again |= record.value.ending.take().is_some();
    if record.value.undoing.is_none() && !may_be_settled(ports, &record.value).await? {
        record.value.stopped = was_stopped(owner.as_ref());
        record.value.undoing = Some(why_stopped(owner.as_ref()));
    }
    let writes = handed_over(execution, &record, &lock)?;
    if !commit(ports, writes).await? {
        return Ok(None);
    }
    ports.stop(&former, CauseName::TakenOver.as_str(), "A recovery has taken over.").await?;
    Ok(Some(go_on(&record.value, lock.value.token)))
}

/// Returns the state in which a recovery goes on. `Settle` checks again that the deployment may be settled.
fn go_on(record: &Deployment, token: u64) -> Answer<AdmitTransition> {
    let word = if record.undoing.is_some() { AdmitTransition::Undo } else { AdmitTransition::Settle };
    Answer::of(word, &record.id, token)
}

/// Returns whether the deployment was judged good and all its steps are still reached. A step that was reached may have
/// been taken back later, by an invocation that saw more of it.
async fn may_be_settled(ports: &impl Ports, record: &Deployment) -> Result<bool> {
    if !judged_good(ports, record).await? {
        return Ok(false);
    }
    let steps = ledger::load_all(ports, &ledger::steps(&record.id)).await?;
    if steps.iter().all(|step| step.value.was_reached()) {
        return Ok(true);
    }
    // A plan that changes nothing has no steps but those of a `Prepare` that was killed.
    Ok(ledger::require(ports, &ledger::plan(&record.id)).await?.value.outcome != PlanOutcome::Change)
}
