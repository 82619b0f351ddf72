//! Calls of CI jobs that show a token, below `/ci`. API Gateway lets in every job of the issuer, so each call is held
//! to the rules before anything else is done for it: a refused one starts nothing and is not recorded.

use super::call::{Call, Served, refuse_on};
use crate::access;
use crate::ports::{DynamoDbApi, Result};
use windlass_domain::access::{AccessRight, Asked, Caller, no_rule};
use windlass_domain::release::api_routes::{ApiRoute, Right, RouteName, RoutePlace};
use windlass_domain::release::identity::EnvironmentId;
use windlass_domain::release::request::Requester;
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_domain::text::name::{AppName, EnvironmentName};

/// Refuses a call to which no rule lets the job in. What is of a whole application is for whoever has the right in one
/// of its environments.
pub async fn let_in(ports: &impl DynamoDbApi, call: &Call, route: &ApiRoute, place: &RoutePlace) -> Served<()> {
    let by = call.requester();
    let findings = match place.app.as_ref().zip(right(route)) {
        Some((app, right)) => against(ports, app, place.environment.as_ref(), right, &by).await?,
        None => vec![not_served(call, &by)],
    };
    if !findings.is_empty() {
        tracing::info!(%by, "the rules refuse the job");
    }
    refuse_on(403, &findings)
}

/// Returns the right that a job needs for a route; `None` if the route is for no job.
fn right(route: &ApiRoute) -> Option<AccessRight> {
    route.ci.then_some(match (route.name, route.right) {
        (RouteName::Act(action), _) => AccessRight::of(action),
        (_, Right::Release) => AccessRight::Release,
        _ => AccessRight::Read,
    })
}

async fn against(
    ports: &impl DynamoDbApi,
    app: &AppName,
    environment: Option<&EnvironmentName>,
    right: AccessRight,
    by: &Requester,
) -> Result<Vec<Finding>> {
    let rules = access::rules(ports, app).await?;
    let environments: Vec<&EnvironmentName> = match environment {
        Some(environment) => vec![environment],
        None => rules.environments().collect(),
    };
    let mut findings = Vec::new();
    for environment in environments {
        match rules.decide(&Asked::for_right(right, by, EnvironmentId::new(app, environment)), None) {
            Ok(_) => return Ok(Vec::new()),
            Err(lacking) => findings.extend(lacking),
        }
    }
    Ok(if findings.is_empty() { vec![no_rule(app, by)] } else { findings })
}

fn not_served(call: &Call, by: &Requester) -> Finding {
    let you = Caller::of(by).to_string();
    Finding::new(
        FindingName::NotAllowed,
        format!("{} {}", call.method, call.path),
        "no rule gives this to a job that shows a token: a job releases, uploads, plans, rolls back and reads.",
        "Call the same path without `/ci`, with credentials of AWS.",
    )
    .seen(you, "nobody")
}
