//! `Admit`: takes in the raw request of every route.

use crate::conductor::admitting::{
    accept, deploy, drill, hold, moving, plan, remove, remove_application, rename_application, rollback, steering,
};
use crate::conductor::ports::Ports;
use crate::conductor::queue::turn::turn;
use crate::conductor::recovering::recover;
use crate::conductor::request::{Admitted, request_of};
use crate::conductor::telling::refuse;
use crate::payload::{AdmitTransition, Answer, ExecutionRef};
use crate::ports::Result;
use crate::trouble::{Checked, Trouble};
use crate::{ledger, log, pin};
use serde_json::Value;
use windlass_domain::request::{ActionName, Request};

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
            let refused = refuse::unreadable(ports, execution, input, findings);
            return Ok(refused.await?.widened());
        }
    };
    match by_action(ports, execution, &request).await {
        Ok(Admitted::New(id)) => turn(ports, execution, &id).await,
        Ok(Admitted::Answer(answer)) => Ok(answer),
        Err(Trouble::Findings(findings)) => {
            let refused = refuse::refuse(ports, execution, &request, findings);
            Ok(refused.await?.widened())
        }
        Err(Trouble::Fault(fault)) => Err(fault),
    }
}

async fn by_action(ports: &impl Ports, execution: &ExecutionRef, request: &Request) -> Checked<Admitted> {
    if request.is_planned_only() {
        return Ok(plan::admit(ports, execution, request).await?.into());
    }
    let answer = match request.action {
        ActionName::Deploy => return deploy::admit(ports, execution, request).await,
        ActionName::Rollback | ActionName::Restore | ActionName::Withdraw => {
            return rollback::go_back(ports, execution, request).await;
        }
        ActionName::Drill => return drill::drill(ports, execution, request).await,
        ActionName::Recover => return Ok(recover::admit(ports, execution, request).await?.into()),
        ActionName::Accept => return Ok(accept::accept(ports, execution, request).await?.into()),
        ActionName::Hold | ActionName::ReleaseHold => hold::hold(ports, execution, request).await?,
        ActionName::Pause | ActionName::Continue | ActionName::SkipBake => {
            steering::steer(ports, execution, request).await?
        }
        ActionName::Remove if request.is_of_the_application() => {
            remove_application::remove_application(ports, execution, request).await?
        }
        ActionName::Remove => remove::remove(ports, execution, request).await?,
        ActionName::Rename if request.is_of_the_application() => {
            rename_application::rename_application(ports, execution, request).await?
        }
        ActionName::Rename | ActionName::HandOver => moving::move_records(ports, execution, request).await?,
        ActionName::Check => return Ok(plan::admit(ports, execution, request).await?.into()),
    };
    Ok(answer.into())
}
