//! The operator's actions: rollback, recover, accept, hold.

use super::environment::known;
use super::members::{take_unknown, without_meant};
use super::problem::problem;
use super::{Call, Ports, Reply, body, requester};
use crate::log;
use crate::ports::{Answered, Clock};
use crate::routes::start::begin_own;
use serde_json::{Value, json};
use windlass_domain::finding::limited;
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
        Err(findings) => return Ok(problem(400, &findings)),
    };
    let path = [("app", app.as_str()), ("environment", environment.as_str())];
    let mut findings = take_unknown(&mut input, members(action), &path);
    if let (None, Some(reason)) = (input.get("reason"), call.query.get("reason")) {
        // A DELETE has no body.
        input.insert("reason".into(), reason.clone().into());
    }
    input.insert("action".into(), json!(action));
    input.insert("app".into(), json!(app));
    input.insert("environment".into(), json!(environment));
    input.insert("requester".into(), requester(call)?);
    if let Some(key) = &call.key {
        input.insert("idempotency_key".into(), json!(key));
    }
    let request = match Request::parse(&Value::Object(input)) {
        Ok(request) if findings.is_empty() => request,
        read => {
            let wrong = read.err().unwrap_or_default();
            findings.extend(without_meant(&findings, wrong));
            return Ok(problem(400, &limited(findings)));
        }
    };
    if let Err(findings) = known(ports, app, environment).await? {
        return Ok(problem(404, &findings));
    }
    request.deployment.iter().for_each(log::name_deployment);
    let execution = match begin_own(ports, &request, &seed(ports, call)).await? {
        Ok(execution) => execution,
        Err(finding) => return Ok(problem(409, &[finding])),
    };
    // A rollback gets its id from this execution.
    tracing::info!(execution, "started");
    Ok(Reply::json(202, json!({ "execution": execution })))
}

/// What the body of an action may say.
fn members(action: ActionName) -> &'static [&'static str] {
    match action {
        ActionName::Rollback => &["reason", "snapshot"],
        ActionName::Recover => &["deployment", "reason"],
        _ => &["reason"],
    }
}

/// Each call is an action of its own, because pressing twice walks further back; the same key is the same call.
fn seed<P: Clock>(ports: &P, call: &Call) -> String {
    let Call { method, path, .. } = call;
    if let Some(key) = &call.key {
        return format!("{method} {path} key {key}");
    }
    let caller = call.caller.as_deref().unwrap_or_default();
    format!("{method} {path} {caller} {}", ports.now().0)
}
