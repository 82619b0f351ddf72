//! The operator's actions: rollback, recover, accept, hold.

use super::problem::problem;
use super::{Call, Ports, Reply, body, requester};
use crate::log;
use crate::ports::{Answered, Clock};
use crate::routes::start::begin_anyway;
use serde_json::{Value, json};
use windlass_domain::name::{AppName, EnvironmentName};
use windlass_domain::request::{ActionName, Request};

/// Starts the execution of an action. The body may give `reason`, and for a rollback `snapshot`.
/// The conductor does what is asked; whether it could is told by the execution.
pub async fn start<P: Ports>(
    ports: &P,
    app: &AppName,
    environment: &EnvironmentName,
    action: ActionName,
    call: &Call,
) -> Answered<Reply> {
    let mut input = match body(call) {
        Ok(body) => body,
        Err(finding) => return Ok(problem(400, &[finding])),
    };
    if let (None, Some(reason)) = (input.get("reason"), call.query.get("reason")) {
        // A DELETE has no body.
        input.insert("reason".into(), reason.clone().into());
    }
    input.insert("action".into(), json!(action));
    input.insert("app".into(), json!(app));
    input.insert("environment".into(), json!(environment));
    input.insert("requester".into(), requester(call)?);
    let request = match Request::parse(&Value::Object(input)) {
        Ok(request) => request,
        Err(findings) => return Ok(problem(400, &findings)),
    };
    request.deployment.iter().for_each(log::name_deployment);
    let execution = begin_anyway(ports, &request, &seed(ports, call)).await?;
    // A rollback gets its id from this execution.
    tracing::info!(execution, "started");
    Ok(Reply::json(202, json!({ "execution": execution })))
}

/// Each call is an action of its own: pressing twice walks further back.
fn seed<P: Clock>(ports: &P, call: &Call) -> String {
    let caller = call.caller.as_deref().unwrap_or_default();
    format!("{} {} {caller} {}", call.method, call.path, ports.now().0)
}
