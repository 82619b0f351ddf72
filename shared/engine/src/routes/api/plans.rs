//! `POST /apps/{app}/environments/{environment}/plans`, and `GET /apps/{app}/plans/{id}`: what a request would do.

use super::access::Reader;
use super::call::{Answered, ApiCall, OrRefused, Ports, Served, Unserved, answers, body, not_found, refused};
use super::{operator, releases};
use crate::access;
use crate::ports::{Execution, Result, StepFunctionsApi};
use crate::routes::begin_own;
use crate::{ledger, log, pin};
use serde_json::Value;
use windlass_domain::release::action::ActionName;
use windlass_domain::release::api_routes::RoutePlace;
use windlass_domain::release::identity::{DeploymentId, EnvironmentId};
use windlass_domain::release::request::Request;
use windlass_domain::shown::api::{PlanAnswer, PlanStarted};
use windlass_domain::shown::planned::Planned;
use windlass_domain::text::finding::Finding;
use windlass_domain::text::name::AppName;

/// Starts the execution that draws a plan: of a release, with the body of `releases`; of a rollback, with
/// `"action": "rollback"` and the body of `rollbacks`, and so of a drill's way there, a restoring and a withdrawal; or
/// of a release of every component whose bytes nobody knows yet, with `"action": "check"`. What is wrong with the
/// request is answered at once, as these do. Each call draws a plan of its own; the same key is the same plan.
pub async fn post(
    ports: &impl Ports,
    of: EnvironmentId<'_>,
    place: &RoutePlace,
    call: &ApiCall,
) -> Served<answers::DrawPlan> {
    let app = of.app();
    let request = asked(ports, of, place, call).await?;
    let execution = begin_own(ports, &request, &operator::seed(ports, call)).await.or_refused(409)?;
    let id = DeploymentId::planned(&execution);
    log::name_deployment(&id);
    let status = call.address(ports.config(), &format!("/apps/{app}/plans/{id}"));
    Ok(Answered::One(PlanStarted { id, execution, status }))
}

async fn asked(ports: &impl Ports, of: EnvironmentId<'_>, place: &RoutePlace, call: &ApiCall) -> Served<Request> {
    let mut body = body(call)?;
    let action = match body.remove("action").as_ref().map(Value::as_str) {
        None | Some(Some("deploy")) => {
            let request = releases::request(ports, of, call, body, true).await?;
            let rules = access::rules(ports, &request.app).await?;
            let pinned = releases::or_refused_by_findings(pin::pin(ports, &request, &rules).await)?;
            return Ok(pinned.handed_over(&request));
        }
        Some(Some("rollback")) => ActionName::Rollback,
        Some(Some("drill")) => ActionName::Drill,
        Some(Some("restore")) => ActionName::Restore,
        Some(Some("withdraw")) => ActionName::Withdraw,
        Some(Some("check")) => ActionName::Check,
        Some(_) => return Err(refused(400, &[no_such_action()])),
    };
    operator::request(ports, place, action, call, body, true).await
}

fn no_such_action() -> Finding {
    Finding::bad_value(
        "action",
        "only a release, a rollback, a drill, a restoring and a withdrawal can be planned, and what a release needs be \
         checked.",
        "Write `deploy`, `rollback`, `drill`, `restore`, `withdraw` or `check`, or leave `action` out for a release.",
    )
}

/// The plan; of one that is not drawn yet, whether its execution still works. DynamoDB removes an expired item within
/// some days only (Amazon DynamoDB Developer Guide, "Using time to live"), so that its time is compared here.
pub async fn get(ports: &impl Ports, reader: &mut Reader, app: &AppName, id: &str) -> Served<answers::Plan> {
    let id = DeploymentId(id.to_owned());
    log::name_deployment(&id);
    let known = ledger::load(ports, &ledger::planned(&id)).await?.map(|known| known.value);
    let is_known = |it: &Planned| it.deployment.app == *app && it.expires > ports.now();
    let Some(planned) = known.filter(is_known) else { return Err(unknown(app, &id)) };
    reader.sees(ports, planned.deployment.environment_id()).await?;
    let failed = match (&planned.drawn, planned.deployment.executions.first()) {
        (None, Some(execution)) => failed(ports, execution).await?,
        _ => None,
    };
    let is_over = planned.drawn.is_some() || failed.is_some();
    let changes = planned.drawn.iter().flat_map(|drawn| &drawn.changes);
    let commits = changes.filter_map(|(name, change)| Some((name.clone(), change.commits()?))).collect();
    let answer = PlanAnswer { id, planned, failed, commits };
    Ok(if is_over { Answered::One(answer) } else { Answered::Other(answer) })
}

/// Returns why the execution that was to draw the plan has ended without one.
async fn failed(ports: &impl StepFunctionsApi, execution: &str) -> Result<Option<String>> {
    let found = ports.execution(execution).await?;
    let ended = found.filter(Execution::has_ended);
    Ok(ended.map(|ended| match ended.cause {
        Some(cause) => cause,
        None => format!("The execution {execution} ended {}.", ended.status),
    }))
}

fn unknown(app: &AppName, id: &DeploymentId) -> Unserved {
    not_found(
        "id",
        format!("application `{app}` has no plan {id}, or none any more: a plan is kept for a day."),
        "Ask for the plan again. One that was asked for a moment ago may not be known yet: ask again within seconds.",
    )
}
