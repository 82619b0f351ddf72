//! The operator's actions: rollback, drill, recover, accept, hold, the actions at the wheel, and `POST
//! …/deployments/{id}/cancel`, which stops a deployment and undoes what it changed.

use super::access::allowed;
use super::call::{
    Answered, OrRefused, Path, Served, add_said, answers, not_found, refuse_on, refused, request_of, text_of,
};
use super::environment::known;
use crate::conductor::key_reused;
use crate::ledger::{self, Stored};
use crate::ports::Clock;
use crate::routes::api::call::{ApiCall, Ports, Unserved, body};
use crate::routes::api::deployments::find;
use crate::routes::api::query::take_unknown;
use crate::routes::begin_own;
use crate::trouble::findings;
use crate::{access, log, recovery};
use serde_json::{Map, Value, json};
use windlass_domain::access::{AccessRight, AllowedBy, Asked};
use windlass_domain::deployment::Deployment;
use windlass_domain::deployment::redeploy_input::rollback_input;
use windlass_domain::document::partial_document::PartialDocument;
use windlass_domain::environment::HeldState;
use windlass_domain::prose;
use windlass_domain::release::action::ActionName;
use windlass_domain::release::api_routes::{ApiRoute, RouteName, RoutePlace};
use windlass_domain::release::call::operators;
use windlass_domain::release::cancellation::{CANCELLED, Cancellation, EarlierCancellation};
use windlass_domain::release::identity::{DeploymentId, EnvironmentId};
use windlass_domain::release::request::Request;
use windlass_domain::shown::api::{ActionStarted, CancellationStarted};
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_domain::text::prose::Prose;

/// Starts the execution of an action on an environment, or on a whole application. The body may give `reason`, and what
/// else belongs to the action. The conductor does what is asked; the execution shows whether it could.
pub async fn start(ports: &impl Ports, place: &RoutePlace, action: ActionName, call: &ApiCall) -> Served<answers::Act> {
    let request = request(ports, place, action, call, body(call)?, false).await?;
    started(ports, &request, call).await
}

/// Starts the execution of a request, and answers it.
pub async fn started(ports: &impl Ports, request: &Request, call: &ApiCall) -> Served<answers::Act> {
    request.deployment.iter().for_each(log::name_deployment);
    allowed(ports, request).await?;
    let execution = begin_own(ports, request, &seed(ports, call)).await.or_refused(409)?;
    // A rollback gets its id from this execution.
    tracing::info!(execution, "started");
    Ok(Answered::One(ActionStarted { execution }))
}

/// The request for an action on what a path names, or only for its plan; else the answer that names everything that is
/// wrong with it.
pub async fn request(
    ports: &impl Ports,
    place: &RoutePlace,
    action: ActionName,
    call: &ApiCall,
    mut input: Map<String, Value>,
    plan: bool,
) -> Served<Request> {
    let (route, nowhere) = match place.of() {
        Some(of) => (RouteName::Act(action), findings(known(ports, of).await)?),
        // An application that is not declared any more may have been let go of in part.
        None => (RouteName::ActOnApp(action), Vec::new()),
    };
    let status = if nowhere.is_empty() { 400 } else { 404 };
    refuse_on(status, unnamed(action, place, &input).as_slice())?;
    let named = place.named();
    let unknown = match action {
        // Its body was looked at before.
        ActionName::HandOver => Vec::new(),
        _ => take_unknown(&mut input, members(route), &named),
    };
    if let (None, Some(reason)) = (input.get("reason"), call.query.get("reason")) {
        // A DELETE has no body.
        input.insert("reason".into(), reason.clone().into());
    }
    input.insert("plan".into(), plan.into());
    add_said(call, action, &named, &mut input);
    match request_of(call, unknown, input) {
        Ok(request) => refuse_on(status, &nowhere).map(|()| request),
        Err(part) => Err(refused(status, &part.and(nowhere).findings())),
    }
}

/// Returns the finding that a call lacks a name: a whole application's own once more, or the component of a rename. By
/// its path a rename is one of a component; an environment is handed over.
fn unnamed(action: ActionName, place: &RoutePlace, input: &Map<String, Value>) -> Option<Finding> {
    let is_unnamed = |member: &str| !input.contains_key(member);
    match (&place.app, &place.environment) {
        (Some(app), None) if is_unnamed("confirm") => Some(Request::unconfirmed(app, action)),
        (_, Some(_)) if action == ActionName::Rename && is_unnamed("component") => Some(Finding::missing_field(
            "component",
            "the call does not say which component is renamed.",
            "Write its present name in `component`, and the new one in `to_component`. All of an environment is \
             renamed by `POST /hand-overs/<app>/<environment>/<app>/<new environment>`.",
        )),
        _ => None,
    }
}

/// Returns the members that the body of a route may have. A check, which is only planned, has none.
pub fn members(name: RouteName) -> &'static [&'static str] {
    ApiRoute::named(name).map(|route| route.body).unwrap_or_default()
}

/// Each call is an action of its own, because pressing twice walks further back; the same key is the same call.
pub fn seed(ports: &impl Clock, call: &ApiCall) -> String {
    let ApiCall { method, path, body, .. } = call;
    if let Some(key) = &call.key {
        return format!("{method} {path} key {key}");
    }
    // Two bodies that somebody sends within a millisecond are two requests.
    format!("{method} {path} {} {} {}", call.requester(), ports.now().0, body.as_deref().unwrap_or_default())
}

/// Stops the execution and starts its recovery, which the execution-status rule would start, too. The same key is
/// answered the same, however far the recovery has come.
pub async fn post(ports: &impl Ports, of: EnvironmentId<'_>, id: &str, call: &ApiCall) -> Served<answers::Cancel> {
    let app = of.app();
    let id = DeploymentId(id.to_owned());
    let path = [("app", app.as_str()), ("environment", of.environment().as_str()), ("id", &id.0)];
    let said = said(call, &path)?;
    // A caller that may cancel in one environment may not do so in another by naming its deployment.
    let record = find(ports, app, &id).await?;
    let here = record.filter(|record| record.value.environment == *of.environment());
    let Some(Stored { value: record, .. }) = here else { return Err(not_here(of, &id)) };
    let (rules, by) = (access::rules(ports, app).await?, call.requester());
    let allowed_by = rules.allowed_by(&Asked::for_right(AccessRight::RollBack, &by, of));
    let caller = call.caller.as_deref().unwrap_or("an unnamed caller");
    let caller = &format!("{caller}{}", AllowedBy::behind(allowed_by.as_ref()));
    if let Some(execution) = before(ports, &record, &said, caller).await? {
        return Ok(Answered::One(CancellationStarted { id, execution }));
    }
    let lock = ledger::load_or_default(ports, &ledger::lock(of)).await?;
    if record.ending.is_some() {
        let state = ledger::load_or_default(ports, &ledger::state(of)).await?;
        let next = rollback_input(of, &lock.value, state.value.snapshot);
        return Err(refused(409, &[has_ended(&record, next)]));
    }
    let held = lock.value.held_for(&id).cloned();
    if held.as_ref().is_some_and(|held| held.state != HeldState::Running) {
        return Err(refused(409, &[is_undone(&record)]));
    }
    let token = held.as_ref().map_or(0, |_| lock.value.token);
    let execution = held.map(|held| held.execution).or(record.executions.first().cloned());
    if let Some(execution) = execution {
        let cause = said.marked_cause(caller);
        ports.stop(&execution, CANCELLED, &cause).await?;
    }
    let cause = said.cause(caller);
    let execution = recovery::start(ports, of, &id, token, &cause, None).await?;
    Ok(Answered::One(CancellationStarted { id, execution }))
}

/// Reads what a call says. Its body may have `reason` alone.
fn said(call: &ApiCall, path: &Path<'_>) -> Served<Cancellation> {
    let mut body = body(call)?;
    let unknown = take_unknown(&mut body, members(RouteName::Cancel), path);
    let key = call.key.iter();
    body.extend(key.map(|key| ("idempotency_key".to_owned(), json!(key))));
    let read = Cancellation::parse(&Value::Object(body), text_of(call)).map_err(PartialDocument::unread);
    PartialDocument::beside(unknown, read).map_err(PartialDocument::findings).or_refused(400)
}

fn not_here(of: EnvironmentId<'_>, id: &DeploymentId) -> Unserved {
    let (app, environment) = (of.app(), of.environment());
    let reason = format!("environment `{environment}` of `{app}` has no deployment {id}.");
    not_found("id", reason, "Take an id from the environment's history.")
}

/// Returns the execution of the recovery that the same call before has begun, if that call stopped the deployment and
/// its recovery is recorded. Until it is recorded, the recovery's name leads to the same one.
async fn before(ports: &impl Ports, record: &Deployment, said: &Cancellation, caller: &str) -> Served<Option<String>> {
    if said.idempotency_key.is_none() {
        return Ok(None);
    }
    for (at, execution) in record.executions.iter().enumerate() {
        let Some(execution) = ports.execution(execution).await? else { continue };
        if execution.error.as_deref() != Some(CANCELLED) {
            continue;
        }
        match said.is_before(execution.cause.as_deref().unwrap_or_default()) {
            None => {}
            Some(EarlierCancellation::OtherContent) => {
                let finding = key_reused(&format!("deployment {}", record.id));
                return Err(refused(409, &[finding]));
            }
            Some(EarlierCancellation::Same) => {
                return Ok(match record.executions.get(at + 1) {
                    Some(recovery) => Some(recovery.clone()),
                    None if record.ending.is_some() => {
                        let cause = said.cause(caller);
                        Some(recovery::of_waiting(ports, record, &cause).await?)
                    }
                    None => None,
                });
            }
        }
    }
    Ok(None)
}

fn has_ended(record: &Deployment, next: Prose) -> Finding {
    let ended = record.ending.as_ref().map_or_else(String::new, |ended| format!(": {ended}"));
    Finding::new(
        FindingName::NothingToCancel,
        "id",
        format!("deployment {} has ended already{ended}.", record.id),
        next,
    )
}

fn is_undone(record: &Deployment) -> Finding {
    let recover = operators(ActionName::Recover, record.environment_id());
    Finding::new(
        FindingName::NothingToCancel,
        "id",
        format!("deployment {} is being undone already, or needs an operator.", record.id),
        prose!("Wait for its ending; if it needs an operator, start {}.", recover),
    )
}
