//! `GET /apps/{app}/environments/{environment}/removable`: what would be let go of, or what stands in its way.

use super::environment::known;
use super::problem::problem;
use super::{Call, Ports, Reply};
use crate::ports::Answered;
use crate::removable::Removable;
use serde_json::json;
use windlass_domain::finding::{Finding, FindingName};
use windlass_domain::name::{AppName, ComponentName, EnvironmentName};
use windlass_domain::removal::Removal;

/// Changes nothing. With `component` of that one, else of all of the environment.
pub async fn get<P: Ports>(
    ports: &P,
    app: &AppName,
    environment: &EnvironmentName,
    call: &Call,
) -> Answered<Reply> {
    if let Err(findings) = known(ports, app, environment).await? {
        return Ok(problem(404, &findings));
    }
    let component = call
        .query
        .get("component")
        .map(|name| ComponentName::new(name.as_str()));
    let component = match component.transpose() {
        Ok(component) => component,
        Err(why) => {
            let remedy = "Write the name of a component.";
            let name = FindingName::BadValue;
            return Ok(problem(
                400,
                &[Finding::new(name, "component", why.to_string(), remedy)],
            ));
        }
    };
    let removal = Removal {
        app,
        environment,
        component: component.as_ref(),
    };
    let found = Removable::load(ports, removal).await?;
    Ok(match found.decide(removal) {
        Err(findings) => problem(409, &findings),
        Ok(goes) => {
            let claims: Vec<String> = goes.claims.iter().map(ToString::to_string).collect();
            Reply::json(
                200,
                json!({"components": goes.components, "frees": claims, "leaves": goes.leaves(removal)}),
            )
        }
    })
}
