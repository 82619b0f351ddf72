//! `accept`: on to the look that shows what is accepted.

use crate::conductor::ports::Ports;
use crate::conductor::settling::accept::nothing_to_accept;
use crate::conductor::telling::completed_action;
use crate::payload::{AdmitTransition, Answer, ExecutionRef};
use crate::trouble::Checked;
use crate::{ledger, pin};
use windlass_domain::identity::EnvironmentId;
use windlass_domain::request::Request;

/// `Admit` of an `accept`: on to `Look`, which sees what runs. The conductor's role reaches no target.
pub async fn accept(
    ports: &impl Ports,
    execution: &ExecutionRef,
    request: &Request,
) -> Checked<Answer<AdmitTransition>> {
    if let Some(answer) = completed_action::before(ports, execution).await? {
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
