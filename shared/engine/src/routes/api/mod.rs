//! The HTTP API: for CI, people and the command line. API Gateway authorizes the calls (IAM by path), so every call
//! that arrives here is allowed. The domain has the table of its routes ([`windlass_domain::release::api_routes`]).

mod apps;
mod call;
mod deployments;
mod environment;
mod moving;
mod operator;
mod plans;
mod query;
mod recorded;
mod releases;
mod snapshots;
mod stats;

use crate::log;
use crate::routes::api::call::{Served, Unserved, in_words_of, of_fault, problem, refuse_on};
pub use call::{Call, Ports, Reply};
use serde_json::json;
use windlass_domain::document::secret;
use windlass_domain::release::action::ActionName;
use windlass_domain::release::api_routes::ApiRoute;
use windlass_domain::release::api_routes::RouteName::{
    Act, ActOnApp, AllRefusals, AllStats, AppRemovable, AppRenamable, Apps, Cancel, Declaration, Deployment,
    Deployments, DrawPlan, Drills, Environment, Environments, Plan, Refusals, Release, Removable, Renamable, Snapshots,
    Start, StartRecorded, Stats, Takable,
};
use windlass_domain::text::fault::FaultName;
use windlass_domain::text::finding::{Finding, FindingName};

/// Serves a call. A fault is an answer as well: 503 where asking again may help, 400 where what was sent
/// cannot be read, else 500.
pub async fn handle(ports: &impl Ports, call: Call) -> Reply {
    let secrets = secrets(&call);
    if !secrets.is_empty() {
        tracing::info!(method = call.method, "a call with a secret in its address is refused");
        return in_words_of(query::way(&call), problem(400, &secrets));
    }
    let reply = match route(ports, &call).await {
        Ok(reply) | Err(Unserved::Refused(reply)) => reply,
        // Nothing else of a call reaches AWS as it came.
        Err(Unserved::Fault(fault)) if fault.name == FaultName::BadInput && call.query.contains_key("after") => {
            problem(400, &[query::no_cursor()])
        }
        Err(Unserved::Fault(fault)) => {
            tracing::error!(%fault, "the call failed");
            of_fault(&fault)
        }
    };
    let Call { method, path, .. } = &call;
    tracing::info!(method, path, status = reply.status, "the call is answered");
    in_words_of(query::way(&call), reply)
}

/// Returns the findings that a call's address looks like a secret (rule 10). Nothing of it is logged or repeated then.
/// What `after` says is the API's own, and is repeated nowhere.
fn secrets(call: &Call) -> Vec<Finding> {
    let mut query = call.query.clone();
    query.remove("after");
    let path: Vec<&str> = call.path.split('/').collect();
    secret::findings(&json!({"path": path, "query": query}))
}

/// Returns the answer to a call that is no text.
pub fn unread(what: &str, why: &str) -> Reply {
    problem(
        400,
        &[Finding::new(
            FindingName::NotWellFormed,
            what,
            format!("{what} cannot be read: {why}."),
            "Write JSON in UTF-8.",
        )],
    )
}

async fn route(ports: &impl Ports, call: &Call) -> Served {
    let bad_key = call.key.as_deref().and_then(query::bad_key);
    refuse_on(400, bad_key.as_slice())?;
    let Some((route, place)) = ApiRoute::of(&call.method, &call.path) else {
        return Ok(problem(404, &[no_such_path(call)]));
    };
    place.app.iter().for_each(log::name_app);
    refuse_on(400, &query::findings(call, route.query))?;
    match (route.name, &place.app, place.of(), &place.to_app, place.to()) {
        (Apps, ..) => apps::list(ports, call).await,
        (AllStats, ..) => stats::list(ports, call).await,
        (AllRefusals, ..) => recorded::refusals(ports, None, call).await,
        (Environments, Some(app), ..) => environment::choice(ports, app, call).await,
        (Plan, Some(app), ..) => plans::get(ports, app, &place.id).await,
        (Release, Some(app), ..) => recorded::release(ports, app, &place.id).await,
        (Declaration, Some(app), ..) => recorded::declaration(ports, app).await,
        (Deployments, Some(app), ..) => deployments::list(ports, app, call).await,
        (Deployment, Some(app), ..) => deployments::get(ports, app, &place.id).await,
        (Refusals, Some(app), ..) => recorded::refusals(ports, Some(app), call).await,
        (Stats, Some(app), ..) => stats::get(ports, app, call).await,
        (AppRemovable, Some(app), ..) => moving::app_removable(ports, app).await,
        (AppRenamable, Some(app), _, Some(to), _) => moving::app_renamable(ports, app, to).await,
        (ActOnApp(action), Some(app), _, to, _) => moving::start_on_app(ports, action, app, to.as_ref(), call).await,
        (Environment, _, Some(of), ..) => environment::get(ports, of, call).await,
        (Snapshots, _, Some(of), ..) => snapshots::list(ports, of, call).await,
        (Drills, _, Some(of), ..) => snapshots::list_drills(ports, of, call).await,
        (Removable, _, Some(of), ..) => moving::removable(ports, of, call).await,
        (Renamable, _, Some(of), ..) => moving::renamable(ports, of, call).await,
        (Takable, _, Some(of), _, Some(to)) => moving::takable(ports, of, to, call).await,
        (Start, _, Some(of), ..) => releases::post(ports, of, call).await,
        (StartRecorded, _, Some(of), ..) => releases::start(ports, of, call).await,
        (DrawPlan, _, Some(of), ..) => plans::post(ports, of, call).await,
        (Cancel, _, Some(of), ..) => operator::post(ports, of, &place.id, call).await,
        (Act(ActionName::HandOver), _, Some(of), _, Some(to)) => moving::hand_over(ports, of, to, call).await,
        (Act(action), _, Some(of), ..) => operator::start(ports, of, action, call).await,
        _ => Ok(problem(404, &[no_such_path(call)])),
    }
}

fn no_such_path(call: &Call) -> Finding {
    Finding::new(
        FindingName::UnknownName,
        &call.path,
        format!("the API does not serve {} {}.", call.method, call.path),
        "See the paths in docs/API.md.",
    )
}
