//! `Admit`: takes in the raw request of every route.

use super::turn::turn;
use super::{
    Ports, accept, deploy, drill, hold, moving, plan, recover, refuse, remove, remove_application,
    rename_application, rollback, wheel,
};
use crate::log;
use crate::payload::{Answer, Ask};
use crate::pin;
use crate::ports::Answered;
use crate::store::{self};
use windlass_domain::in_part::InPart;
use windlass_domain::request::{ActionName, Request, Requester, Route};

/// Serves the state.
pub async fn admit(ports: &impl Ports, ask: &Ask) -> Answered<Answer> {
    let known = store::load(ports, &store::execution(&ask.execution.arn)).await?;
    if let Some(known) = known {
        log::name_deployment(&known.value.deployment);
        return recover::or_turn(ports, ask, &known.value.deployment).await;
    }
    let request = match request_of(ask) {
        Ok(request) => request,
        Err(part) => {
            let findings = pin::findings(ports, part).await;
            return refuse::unreadable(ports, ask, findings).await;
        }
    };
    if request.is_planned_only() {
        return plan::admit(ports, ask, &request).await;
    }
    match request.action {
        ActionName::Deploy => match deploy::admit(ports, ask, &request).await? {
            deploy::Admitted::New(id) => turn(ports, &ask.execution, &id).await,
            deploy::Admitted::Answer(answer) => Ok(answer),
        },
        ActionName::Rollback | ActionName::Restore => {
            match rollback::admit(ports, ask, &request).await? {
                Ok(deploy::Admitted::New(id)) => turn(ports, &ask.execution, &id).await,
                Ok(deploy::Admitted::Answer(answer)) => Ok(answer),
                Err(findings) => refuse::refuse(ports, ask, &request, findings).await,
            }
        }
        ActionName::Drill => match drill::admit(ports, ask, &request).await? {
            Ok(deploy::Admitted::New(id)) => turn(ports, &ask.execution, &id).await,
            Ok(deploy::Admitted::Answer(answer)) => Ok(answer),
            Err(findings) => refuse::refuse(ports, ask, &request, findings).await,
        },
        ActionName::Recover => recover::admit(ports, ask, &request).await,
        ActionName::Accept => accept::admit(ports, ask, &request).await,
        ActionName::Hold | ActionName::ReleaseHold => hold::hold(ports, ask, &request).await,
        ActionName::Pause | ActionName::Continue | ActionName::SkipBake => {
            wheel::steer(ports, ask, &request).await
        }
        ActionName::Remove if request.is_of_the_application() => {
            remove_application::remove(ports, ask, &request).await
        }
        ActionName::Remove => remove::remove(ports, ask, &request).await,
        ActionName::Rename if request.is_of_the_application() => {
            rename_application::rename(ports, ask, &request).await
        }
        ActionName::Rename | ActionName::HandOver => moving::moving(ports, ask, &request).await,
        ActionName::Check => plan::admit(ports, ask, &request).await,
    }
}

/// Reads the request of an execution as it came. Somebody who starts an execution by hand is known only by it, and each
/// execution that they start is a request of its own.
pub fn request_of(ask: &Ask) -> Result<Request, InPart<Request>> {
    let mut request = Request::read(&ask.request)?;
    if request.requester.is_none() {
        let arn = &ask.execution.arn;
        request.idempotency_key.get_or_insert_with(|| arn.clone());
        request.requester = Some(Requester {
            route: Route::Console,
            principal: Some(arn.clone()),
        });
    }
    Ok(request)
}
