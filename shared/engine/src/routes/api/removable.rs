//! `GET /apps/{app}/environments/{environment}/removable` and `GET /apps/{app}/removable`: what would be removed, or
//! what stands in its way. And `POST /apps/{app}/remove`, with the start of every action on a whole application.

use super::call::{Call, Ports, Reply, body, requester};
use super::environment::known;
use super::operator::seed;
use crate::ports::Result;
use crate::removable::{ApplicationItems, Removable};
use crate::routes::api::call::problem;
use crate::routes::api::query::{Path, take_unknown};
use crate::routes::begin_own;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use windlass_domain::document::partial_document::PartialDocument;
use windlass_domain::moving::removal::Removal;
use windlass_domain::release::action::ActionName;
use windlass_domain::release::identity::EnvironmentId;
use windlass_domain::release::request::Request;
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_domain::text::name::{AppName, ComponentName, EnvironmentName};

/// Changes nothing. With `component` of that one, else of all of the environment.
pub async fn get(ports: &impl Ports, of: EnvironmentId<'_>, call: &Call) -> Result<Reply> {
    if let Err(trouble) = known(ports, of).await {
        return Ok(problem(404, &trouble.findings()?));
    }
    let component = call.query.get("component").map(|name| ComponentName::new(name.as_str()));
    let component = match component.transpose() {
        Ok(component) => component,
        Err(why) => {
            let remedy = "Write the name of a component.";
            let name = FindingName::BadValue;
            return Ok(problem(400, &[Finding::new(name, "component", why.to_string(), remedy)]));
        }
    };
    let removal = Removal { app: of.app(), environment: of.environment(), component: component.as_ref() };
    let found = Removable::load(ports, removal).await?;
    Ok(match found.decide(removal) {
        Err(findings) => problem(409, &findings),
        Ok(goes) => {
            let claims: Vec<String> = goes.claims.iter().map(ToString::to_string).collect();
            Reply::json(200, json!({"components": goes.components, "frees": claims, "leaves": goes.leaves(removal)}))
        }
    })
}

/// The same of the whole application.
pub async fn of_application(ports: &impl Ports, app: &AppName) -> Result<Reply> {
    let found = ApplicationItems::load(ports, app).await?;
    Ok(match found.decide(app) {
        Err(findings) => problem(409, &findings),
        Ok(goes) => {
            let environments: BTreeMap<&EnvironmentName, Value> = goes
                .environments
                .iter()
                .map(|(name, goes)| {
                    let claims: Vec<String> = goes.claims.iter().map(ToString::to_string).collect();
                    (name, json!({"components": goes.components, "frees": claims}))
                })
                .collect();
            Reply::json(
                200,
                json!({
                    "declaration": goes.declaration, "repositories": goes.repositories,
                    "environments": environments, "leaves": goes.leaves(app),
                }),
            )
        }
    })
}

/// Starts the execution that lets go of the whole application. One that is not declared any more may have been let go
/// of in part.
pub async fn remove(ports: &impl Ports, app: &AppName, call: &Call) -> Result<Reply> {
    let named = [("app", app.as_str())];
    started(ports, ActionName::Remove, &named, call).await
}

/// Starts an action on a whole application, whose name the body has again. `named` is what the path names, the
/// application first.
pub async fn started(ports: &impl Ports, action: ActionName, named: &Path<'_>, call: &Call) -> Result<Reply> {
    let mut input = match body(call) {
        Ok(body) => body,
        Err(findings) => return Ok(problem(400, &findings)),
    };
    let unknown = take_unknown(&mut input, &["confirm", "reason"], named);
    input.insert("action".into(), json!(action));
    input.extend(named.iter().map(|(name, value)| ((*name).to_owned(), json!(value))));
    input.insert("requester".into(), requester(call)?);
    if let Some(key) = &call.key {
        input.insert("idempotency_key".into(), json!(key));
    }
    if !input.contains_key("confirm")
        && let Some((_, app)) = named.first()
        && let Ok(app) = AppName::new(*app)
    {
        return Ok(problem(400, &[Request::unconfirmed(&app, action)]));
    }
    let request = match PartialDocument::beside(unknown, Request::read(&Value::Object(input))) {
        Ok(request) => request,
        Err(part) => return Ok(problem(400, &part.findings())),
    };
    Ok(match begin_own(ports, &request, &seed(ports, call)).await {
        Ok(execution) => {
            tracing::info!(execution, "started");
            Reply::json(202, json!({ "execution": execution }))
        }
        Err(trouble) => problem(409, &trouble.findings()?),
    })
}
