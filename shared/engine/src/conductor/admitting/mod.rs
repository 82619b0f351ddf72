//! `Admit`: takes in the requests of all routes, and records each action or does it at once. It is the highest room.

pub mod approving;
pub mod deploy;
pub mod going_back;
pub mod identify;
pub mod plan;
pub mod removing_and_moving;
pub mod steering;

use crate::access;
use crate::conductor::answering::without_deployment;
use crate::conductor::queue::turn::turn;
use crate::conductor::recovering::recover;
use crate::conductor::request::{Admitted, Asker, Ports, request_of};
use crate::conductor::settling::accept::nothing_to_accept;
use crate::payload::{AdmitTransition, Answer, ExecutionRef};
use crate::ports::Result;
use crate::trouble::{Checked, Trouble};
use crate::{ledger, log, pin, vouch};
use serde_json::Value;
use windlass_domain::access::not_vouched;
use windlass_domain::release::action::ActionName;
use windlass_domain::release::identity::EnvironmentId;
use windlass_domain::release::request::Request;

/// Serves the state.
pub async fn admit(ports: &impl Ports, execution: &ExecutionRef, input: &Value) -> Result<Answer<AdmitTransition>> {
    let known = ledger::load(ports, &ledger::execution(&execution.arn)).await?;
    if let Some(known) = known {
        log::name_deployment(&known.value.deployment);
        return recover::recover_or_take_turn(ports, execution, &known.value.deployment).await;
    }
    let request = match request_of(execution, input) {
        Ok(request) => request,
        Err(part) => {
            let findings = pin::findings(ports, part).await;
            return Ok(without_deployment::unreadable(ports, execution, input, findings).await?.widened());
        }
    };
    let vouched = vouch::is_vouched(ports, execution, input).await?;
    let rules = access::rules(ports, &request.app).await?;
    match by_action(ports, &Asker { execution, vouched, rules }, &request).await {
        Ok(Admitted::New(id)) => turn(ports, execution, &id).await,
        Ok(Admitted::Answer(answer)) => Ok(answer),
        Err(Trouble::Findings(findings)) => {
            Ok(without_deployment::refuse(ports, execution, &request, vouched, findings).await?.widened())
        }
        Err(Trouble::Fault(fault)) => Err(fault),
    }
}

async fn by_action(ports: &impl Ports, execution: &Asker<'_>, request: &Request) -> Checked<Admitted> {
    let refused = if execution.rules.rule_on(&request.asked_by()) && !execution.vouched {
        vec![not_vouched(&request.asked_by())]
    } else {
        access::against(ports, &execution.rules, request).await?
    };
    if !refused.is_empty() {
        return Err(refused.into());
    }
    if request.is_planned_only() {
        return Ok(plan::admit(ports, execution, request).await?.into());
    }
    let answer = match request.action {
        ActionName::Deploy => return deploy::admit(ports, execution, request).await,
        ActionName::Rollback | ActionName::Restore | ActionName::Withdraw => {
            return going_back::go_back(ports, execution, request).await;
        }
        ActionName::Drill => return going_back::drill(ports, execution, request).await,
        ActionName::Recover => return Ok(recover::admit(ports, execution, request).await?.into()),
        ActionName::Accept => return Ok(accept(ports, execution, request).await?.into()),
        ActionName::Hold | ActionName::ReleaseHold => steering::hold(ports, execution, request).await?,
        ActionName::Pause | ActionName::Continue | ActionName::SkipBake => {
            steering::steer(ports, execution, request).await?
        }
        ActionName::Approve => approving::approve(ports, execution, request).await?,
        ActionName::Remove => removing_and_moving::remove(ports, execution, request).await?,
        ActionName::Rename | ActionName::HandOver => {
            removing_and_moving::move_records(ports, execution, request).await?
        }
        ActionName::Check => return Ok(plan::admit(ports, execution, request).await?.into()),
    };
    Ok(answer.into())
}

/// `Admit` of an `accept`: on to `Look`, which sees what runs. The conductor's role reaches no target.
pub async fn accept(
    ports: &impl Ports,
    execution: &ExecutionRef,
    request: &Request,
) -> Checked<Answer<AdmitTransition>> {
    if let Some(answer) = without_deployment::before(ports, execution).await? {
        return Ok(answer.widened());
    }
    let env = pin::named_environment(ports, request).await?;
    let environment = EnvironmentId::new(&request.app, &env);
    let lock = ledger::load_or_default(ports, &ledger::lock(environment)).await?;
    match lock.value.stuck() {
        Some(held) => Ok(Answer::of(AdmitTransition::Look, &held.deployment, lock.value.token)),
        None => Err(nothing_to_accept(environment).into()),
    }
}
