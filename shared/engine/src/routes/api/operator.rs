//! The operator's actions: rollback, drill, recover, accept, hold, and the actions at the wheel.

use super::call::{Call, Ports, Reply, Unserved, body, requester};
use super::environment::known;
use super::members::take_unknown;
use super::problem::problem;
use crate::log;
use crate::ports::{Clock, Result};
use crate::routes::start::begin_own;
use crate::trouble::findings;
use serde_json::{Map, Value, json};
use windlass_domain::identity::EnvironmentId;
use windlass_domain::partial_document::PartialDocument;
use windlass_domain::request::{ActionName, Request};

/// Starts the execution of an action. The body may give `reason`, and what else belongs to the action.
/// The conductor does what is asked; whether it could is told by the execution.
pub async fn start(ports: &impl Ports, of: EnvironmentId<'_>, action: ActionName, call: &Call) -> Result<Reply> {
    let body = match body(call) {
        Ok(body) => body,
        Err(findings) => return Ok(problem(400, &findings)),
    };
    let request = match request(ports, of, action, call, body, false).await {
        Ok(request) => request,
        Err(unserved) => return unserved.reply(),
    };
    request.deployment.iter().for_each(log::name_deployment);
    let execution = match begin_own(ports, &request, &seed(ports, call)).await {
        Ok(execution) => execution,
        Err(trouble) => return Ok(problem(409, &trouble.findings()?)),
    };
    // A rollback gets its id from this execution.
    tracing::info!(execution, "started");
    Ok(Reply::json(202, json!({ "execution": execution })))
}

/// The request for an action, or only for its plan; else the answer that tells everything that is wrong with it.
pub async fn request(
    ports: &impl Ports,
    of: EnvironmentId<'_>,
    action: ActionName,
    call: &Call,
    mut input: Map<String, Value>,
    plan: bool,
) -> Result<Request, Unserved> {
    let EnvironmentId { app, environment } = of;
    let path = [("app", app.as_str()), ("environment", environment.as_str())];
    let unknown = take_unknown(&mut input, members(action), &path);
    if let (None, Some(reason)) = (input.get("reason"), call.query.get("reason")) {
        // A DELETE has no body.
        input.insert("reason".into(), reason.clone().into());
    }
    input.insert("plan".into(), plan.into());
    input.insert("action".into(), json!(action));
    input.insert("app".into(), json!(app));
    input.insert("environment".into(), json!(environment));
    input.insert("requester".into(), requester(call)?);
    if let Some(key) = &call.key {
        input.insert("idempotency_key".into(), json!(key));
    }
    let read = PartialDocument::beside(unknown, Request::read(&Value::Object(input)));
    let unknown = findings(known(ports, of).await)?;
    let status = if unknown.is_empty() { 400 } else { 404 };
    match read {
        Ok(request) if unknown.is_empty() => Ok(request),
        Ok(_) => Err(problem(status, &unknown).into()),
        Err(part) => Err(problem(status, &part.and(unknown).findings()).into()),
    }
}

/// Returns the members that the body of an action may have.
fn members(action: ActionName) -> &'static [&'static str] {
    match action {
        ActionName::Rollback => &["across", "reason", "snapshot"],
        ActionName::Recover | ActionName::Continue | ActionName::SkipBake => &["deployment", "reason"],
        ActionName::Pause => &["deployment", "for", "reason"],
        ActionName::Withdraw => &["component", "pattern", "reason"],
        ActionName::Remove => &["component", "reason"],
        ActionName::Rename => &["component", "reason", "to_component"],
        // The path says to which environment.
        ActionName::HandOver => &["component", "reason", "to_app", "to_component", "to_environment"],
        ActionName::Check => &[],
        _ => &["reason"],
    }
}

/// Each call is an action of its own, because pressing twice walks further back; the same key is the same call.
pub fn seed(ports: &impl Clock, call: &Call) -> String {
    let Call { method, path, .. } = call;
    if let Some(key) = &call.key {
        return format!("{method} {path} key {key}");
    }
    let caller = call.caller.as_deref().unwrap_or_default();
    format!("{method} {path} {caller} {}", ports.now().0)
}
