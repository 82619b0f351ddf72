//! The HTTP API: for CI, people and the command line. API Gateway authorizes the calls (IAM by path), and what arrives
//! here is held to the access files in force. The domain has the table of its routes
//! ([`windlass_domain::release::api_routes`]).

mod access;
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
use crate::routes::api::access::Reader;
use crate::routes::api::call::{Served, Unserved, answers, in_words_of, of_fault, problem, refuse_on, refused};
pub use call::{ApiCall, Ports, Reply};
use serde_json::json;
use windlass_domain::document::secret;
use windlass_domain::release::action::ActionName;
use windlass_domain::release::api_routes::{ApiRoute, RouteName};
use windlass_domain::text::fault::FaultName;
use windlass_domain::text::finding::{Finding, FindingName};

/// Serves a call. A fault is an answer as well: 503 where asking again may help, 400 where what was sent
/// cannot be read, else 500.
pub async fn handle(ports: &impl Ports, call: ApiCall) -> Reply {
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
    let ApiCall { method, path, .. } = &call;
    tracing::info!(method, path, status = reply.status, "the call is answered");
    in_words_of(query::way(&call), reply)
}

/// Returns the findings that a call's address looks like a secret (rule 10). Nothing of it is logged or repeated then.
/// What `after` says is the API's own, and is repeated nowhere.
fn secrets(call: &ApiCall) -> Vec<Finding> {
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

/// Serves a call by the handler of its route, which returns the answer that the domain's table has for the route.
macro_rules! serve {
    ($name:expr; $($route:ident $(($action:pat))? => $served:expr,)+) => {
        match $name {
            $(RouteName::$route $(($action))? => {
                let served: Served<answers::$route> = Box::pin($served).await;
                let (status, body) = served?.as_json();
                Ok(Reply { status, content_type: "application/json", body })
            })+
        }
    };
}

async fn route(ports: &impl Ports, call: &ApiCall) -> Served {
    let Some((route, place)) = ApiRoute::of(&call.method, call.below_ci().unwrap_or(&call.path)) else {
        return Err(refused(404, &[no_such_path(call)]));
    };
    place.app.iter().for_each(log::name_app);
    let mut reader = Reader::of(call);
    reader.may_call(ports, call, route, &place).await?;
    let bad_key = call.key.as_deref().and_then(query::bad_key);
    refuse_on(400, bad_key.as_slice())?;
    refuse_on(400, &query::findings(call, route.query))?;
    // A path that lacks a name which its handler takes leads nowhere.
    let nowhere = || refused(404, &[no_such_path(call)]);
    let app = || place.app.as_ref().ok_or_else(nowhere);
    let of = || place.of().ok_or_else(nowhere);
    serve! { route.name;
        Apps => apps::list(ports, &mut reader, call),
        AllStats => stats::list(ports, &mut reader, call),
        AllRefusals => recorded::refusals(ports, &mut reader, None, call),
        Environments => environment::choice(ports, &mut reader, app()?, call),
        Plan => plans::get(ports, &mut reader, app()?, &place.id),
        Release => recorded::release(ports, &mut reader, app()?, &place.id),
        Declaration => recorded::declaration(ports, app()?),
        Deployments => deployments::list(ports, &mut reader, app()?, call),
        Deployment => deployments::get(ports, &mut reader, app()?, &place.id),
        Refusals => recorded::refusals(ports, &mut reader, Some(app()?), call),
        Stats => stats::get(ports, &mut reader, app()?, call),
        AppRemovable => moving::app_removable(ports, app()?),
        AppRenamable => moving::app_renamable(ports, app()?, place.to_app.as_ref().ok_or_else(nowhere)?),
        ActOnApp(action) => operator::start(ports, &place, action, call),
        Environment => environment::get(ports, of()?, call),
        Snapshots => snapshots::list(ports, of()?, call),
        Drills => snapshots::list_drills(ports, of()?, call),
        Removable => moving::removable(ports, of()?, call),
        Renamable => moving::movable(ports, &place, ActionName::Rename, call),
        Takable => moving::movable(ports, &place, ActionName::HandOver, call),
        Start => releases::post(ports, of()?, call),
        StartRecorded => releases::start(ports, of()?, call),
        Uploads => releases::uploads(ports, of()?, call),
        DrawPlan => plans::post(ports, of()?, &place, call),
        Cancel => operator::post(ports, of()?, &place.id, call),
        Act(ActionName::HandOver) => moving::hand_over(ports, &place, call),
        Act(action) => operator::start(ports, &place, action, call),
    }
}

fn no_such_path(call: &ApiCall) -> Finding {
    Finding::new(
        FindingName::UnknownName,
        &call.path,
        format!("the API does not serve {} {}.", call.method, call.path),
        "See the paths in docs/API.md.",
    )
}
