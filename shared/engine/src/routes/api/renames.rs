//! `GET /renames/{app}/{to_app}`: what another name of an application would take with it, or what stands in its way.
//! And the `POST` that gives it the name.
//!
//! The path names both applications. So a caller that may only call the paths of one may not call it.

use super::call::{Call, Ports, Reply};
use super::problem::problem;
use super::removable::started;
use crate::movable::application::WholeMovable;
use crate::ports::Result;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use windlass_domain::name::{AppName, EnvironmentName};
use windlass_domain::request::ActionName;

/// Changes nothing.
pub async fn renames(ports: &impl Ports, app: &AppName, to: &AppName) -> Result<Reply> {
    let found = WholeMovable::load(ports, app, to).await?;
    Ok(match found.decide() {
        Err(findings) => problem(409, &findings),
        Ok(whole) => {
            let environments: BTreeMap<&EnvironmentName, Value> = whole
                .environments
                .iter()
                .map(|(name, moves)| {
                    let claims = moves.claims.iter();
                    let targets: Vec<String> = claims.map(ToString::to_string).collect();
                    let components = moves.components.keys();
                    let components: Vec<String> = components.map(ToString::to_string).collect();
                    (name, json!({"components": components, "targets": targets}))
                })
                .collect();
            let asked = found.asked();
            Reply::json(
                200,
                json!({
                    "declaration": whole.declaration, "environments": environments,
                    "repositories": whole.repositories, "frees": whole.freed, "stays": whole.stays(&asked),
                    "next": whole.next(&asked),
                }),
            )
        }
    })
}

/// Starts the execution that renames it. One that is not declared any more may have an owner's record still.
pub async fn rename_application(ports: &impl Ports, app: &AppName, to: &AppName, call: &Call) -> Result<Reply> {
    let named = [("app", app.as_str()), ("to_app", to.as_str())];
    started(ports, ActionName::Rename, &named, call).await
}
