//! The HTTP API: for CI, people and the command line. API Gateway authorizes the calls (IAM by path), so every call
//! that arrives here is allowed.

mod apps;
mod call;
mod deployments;
mod environment;
mod movable;
mod operator;
mod plans;
mod query;
mod recorded;
mod releases;
mod removable;
mod snapshots;
mod stats;

use crate::log;
use crate::ports::Result;
use crate::routes::api::call::problem;
pub use call::{Call, Ports, Reply};
use movable::FromAndTo;
use query::PAGED;
use serde_json::json;
use windlass_domain::document::secret;
use windlass_domain::release::identity::EnvironmentId;
use windlass_domain::text::fault::FaultName;
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_domain::text::name::{AppName, EnvironmentName};

/// Serves a call. A fault is an answer as well: 503 where asking again may help, 400 where what was sent
/// cannot be read, else 500.
pub async fn handle(ports: &impl Ports, call: Call) -> Reply {
    let secrets = secrets(&call);
    if !secrets.is_empty() {
        tracing::info!(method = call.method, "a call with a secret in its address is refused");
        return crate::routes::api::call::in_words_of(query::way(&call), problem(400, &secrets));
    }
    let reply = match route(ports, &call).await {
        Ok(reply) => reply,
        // Nothing else of a call reaches AWS as it came.
        Err(fault) if fault.name == FaultName::BadInput && call.query.contains_key("after") => {
            problem(400, &[query::no_cursor()])
        }
        Err(fault) => {
            tracing::error!(%fault, "the call failed");
            crate::routes::api::call::of_fault(&fault)
        }
    };
    let Call { method, path, .. } = &call;
    tracing::info!(method, path, status = reply.status, "the call is answered");
    crate::routes::api::call::in_words_of(query::way(&call), reply)
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

async fn route(ports: &impl Ports, call: &Call) -> Result<Reply> {
    if let Some(finding) = call.key.as_deref().and_then(crate::routes::api::query::bad_key) {
        return Ok(problem(400, &[finding]));
    }
    let segments: Vec<&str> = call.path.trim_matches('/').split('/').collect();
    if let ("GET", [list @ ("refusals" | "apps" | "stats")]) = (call.method.as_str(), segments.as_slice()) {
        let known = if *list == "stats" { &["days", "limit", "after"] } else { PAGED };
        let findings = query::findings(call, known);
        if !findings.is_empty() {
            return Ok(problem(400, &findings));
        }
        return match *list {
            "apps" => apps::list(ports, call).await,
            "stats" => stats::list(ports, call).await,
            _ => crate::routes::api::recorded::refusals(ports, None, call).await,
        };
    }
    if let ["hand-overs", rest @ ..] = segments.as_slice() {
        return between(ports, rest, call).await;
    }
    if let ["renames", app, to] = segments.as_slice() {
        return renamed(ports, app, to, call).await;
    }
    let (["apps", app, ..], Some(rest)) = (segments.as_slice(), segments.get(2..)) else {
        return Ok(problem(404, &[no_such_path(call)]));
    };
    let (Ok(app), Some(known)) = (AppName::new(*app), parameters(&call.method, rest)) else {
        return Ok(problem(404, &[no_such_path(call)]));
    };
    log::name_app(&app);
    let findings = query::findings(call, known);
    if !findings.is_empty() {
        return Ok(problem(400, &findings));
    }
    match (call.method.as_str(), rest) {
        ("GET", ["releases", version]) => recorded::release(ports, &app, version).await,
        ("GET", ["declaration"]) => crate::routes::api::recorded::declaration(ports, &app).await,
        ("GET", ["refusals"]) => crate::routes::api::recorded::refusals(ports, Some(&app), call).await,
        ("GET", ["deployments"]) => deployments::list(ports, &app, call).await,
        ("GET", ["deployments", id]) => deployments::get(ports, &app, id).await,
        ("GET", ["stats"]) => stats::get(ports, &app, call).await,
        ("GET", ["plans", id]) => plans::get(ports, &app, id).await,
        ("GET", ["environments"]) => crate::routes::api::environment::choice(ports, &app, call).await,
        ("GET", ["removable"]) => removable::of_application(ports, &app).await,
        ("POST", ["remove"]) => removable::remove(ports, &app, call).await,
        (method, ["environments", name, rest @ ..]) => {
            let Ok(name) = EnvironmentName::new(*name) else {
                return Ok(problem(404, &[no_such_path(call)]));
            };
            in_environment(ports, EnvironmentId::new(&app, &name), method, rest, call).await
        }
        _ => Ok(problem(404, &[no_such_path(call)])),
    }
}

/// The paths that name two applications.
async fn renamed(ports: &impl Ports, app: &str, to: &str, call: &Call) -> Result<Reply> {
    let (Ok(app), Ok(to)) = (AppName::new(app), AppName::new(to)) else {
        return Ok(problem(404, &[no_such_path(call)]));
    };
    log::name_app(&app);
    let findings = query::findings(call, &[]);
    match call.method.as_str() {
        "GET" | "POST" if !findings.is_empty() => Ok(problem(400, &findings)),
        "GET" => crate::routes::api::movable::renames(ports, &app, &to).await,
        "POST" => crate::routes::api::movable::rename_application(ports, &app, &to, call).await,
        _ => Ok(problem(404, &[no_such_path(call)])),
    }
}

/// The paths that name two environments.
async fn between(ports: &impl Ports, segments: &[&str], call: &Call) -> Result<Reply> {
    let Some(sides) = FromAndTo::of(segments) else {
        return Ok(problem(404, &[no_such_path(call)]));
    };
    log::name_app(&sides.from.0);
    let known: &[&str] = match call.method.as_str() {
        "GET" => &["component", "to_component"],
        "POST" => &[],
        _ => return Ok(problem(404, &[no_such_path(call)])),
    };
    let findings = query::findings(call, known);
    if !findings.is_empty() {
        return Ok(problem(400, &findings));
    }
    if call.method == "GET" {
        return movable::takable(ports, &sides, call).await;
    }
    movable::hand_over(ports, &sides, call).await
}

/// Returns the parameters that the query of a path may have beside `words`; `None` if the API does not serve the path.
fn parameters(method: &str, rest: &[&str]) -> Option<&'static [&'static str]> {
    Some(match (method, rest) {
        ("GET", ["deployments"]) => &["environment", "execution", "limit", "after"],
        ("GET", ["stats"]) => &["environment", "days"],
        ("GET", ["environments", _, "snapshots" | "drills"] | ["refusals"]) => PAGED,
        ("GET", ["environments"]) => &["ref", "image_tag"],
        ("GET", ["environments", _]) => &["observe"],
        ("DELETE", ["environments", _, "hold"]) => &["reason"],
        ("GET", ["environments", _, "removable"]) => &["component"],
        ("GET", ["environments", _, "renamable"]) => &["component", "to_component"],
        (
            "POST",
            [
                "environments",
                _,
                "releases" | "starts" | "plans" | "rollbacks" | "drills" | "withdrawals" | "recover" | "accept"
                | "pause" | "continue" | "skip-bake" | "remove" | "rename",
            ]
            | ["environments", _, "deployments", _, "cancel"]
            | ["remove"],
        )
        | ("PUT", ["environments", _, "hold"])
        | ("GET", ["declaration" | "removable"] | ["releases" | "deployments" | "plans", _]) => &[],
        _ => return None,
    })
}

async fn in_environment(
    ports: &impl Ports,
    of: EnvironmentId<'_>,
    method: &str,
    rest: &[&str],
    call: &Call,
) -> Result<Reply> {
    use windlass_domain::release::action::ActionName;
    let action = match (method, rest) {
        ("GET", []) => return environment::get(ports, of, call).await,
        ("GET", ["snapshots"]) => return snapshots::list(ports, of, call).await,
        ("POST", ["releases"]) => return releases::post(ports, of, call).await,
        ("POST", ["starts"]) => return releases::start(ports, of, call).await,
        ("POST", ["plans"]) => return plans::post(ports, of, call).await,
        ("POST", ["deployments", id, "cancel"]) => {
            return crate::routes::api::operator::post(ports, of, id, call).await;
        }
        ("GET", ["drills"]) => return crate::routes::api::snapshots::list_drills(ports, of, call).await,
        ("POST", ["rollbacks"]) => ActionName::Rollback,
        ("POST", ["drills"]) => ActionName::Drill,
        ("POST", ["withdrawals"]) => ActionName::Withdraw,
        ("POST", ["recover"]) => ActionName::Recover,
        ("POST", ["accept"]) => ActionName::Accept,
        ("POST", ["pause"]) => ActionName::Pause,
        ("POST", ["continue"]) => ActionName::Continue,
        ("POST", ["skip-bake"]) => ActionName::SkipBake,
        ("POST", ["remove"]) => ActionName::Remove,
        ("GET", ["removable"]) => return removable::get(ports, of, call).await,
        ("POST", ["rename"]) => return movable::rename(ports, of, call).await,
        ("GET", ["renamable"]) => return movable::renamable(ports, of, call).await,
        ("PUT", ["hold"]) => ActionName::Hold,
        ("DELETE", ["hold"]) => ActionName::ReleaseHold,
        _ => return Ok(problem(404, &[no_such_path(call)])),
    };
    operator::start(ports, of, action, call).await
}

fn no_such_path(call: &Call) -> Finding {
    Finding::new(
        FindingName::UnknownName,
        &call.path,
        format!("the API does not serve {} {}.", call.method, call.path),
        "See the paths in docs/API.md.",
    )
}
