//! `GET …/renamable`, `GET /hand-overs/…` and `GET /renames/…`: what would be moved to another name or owner, or what
//! stands in its way. And the `POST`s that do it.
//!
//! A move to another environment or application has a path of its own that names both. So a caller that may only call
//! the paths of one may not call it.

use super::call::{Unserved, body};
use super::environment::known;
use super::operator::{request, seed};
use crate::movable::{Movable, WholeMovable};
use crate::ports::Result;
use crate::routes::api::call::{Call, Ports, Reply, problem};
use crate::routes::api::query::take_unknown;
use crate::routes::api::removable::started;
use crate::routes::begin_own;
use crate::trouble::found;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use windlass_domain::moving::Moving;
use windlass_domain::release::action::ActionName;
use windlass_domain::release::identity::EnvironmentId;
use windlass_domain::release::request::Request;
use windlass_domain::text::fault::Fault;
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_domain::text::name::{AppName, EnvironmentName};

/// The two environments that a path names.
pub struct FromAndTo {
    pub from: (AppName, EnvironmentName),
    pub to: (AppName, EnvironmentName),
}

impl FromAndTo {
    /// Reads the two environments from the segments behind `hand-overs`.
    pub fn of(segments: &[&str]) -> Option<Self> {
        let [app, environment, to_app, to_environment] = segments else {
            return None;
        };
        Some(Self {
            from: (AppName::new(*app).ok()?, EnvironmentName::new(*environment).ok()?),
            to: (AppName::new(*to_app).ok()?, EnvironmentName::new(*to_environment).ok()?),
        })
    }
}

/// Shows what a new name of a component would take with it.
pub async fn renamable(ports: &impl Ports, of: EnvironmentId<'_>, call: &Call) -> Result<Reply> {
    look(ports, of, call, (ActionName::Rename, asked(call))).await
}

/// Gives a component another name.
pub async fn rename(ports: &impl Ports, of: EnvironmentId<'_>, call: &Call) -> Result<Reply> {
    let input = match body(call) {
        Ok(input) => input,
        Err(findings) => return Ok(problem(400, &findings)),
    };
    start(ports, of, call, (ActionName::Rename, input)).await
}

/// Shows what another environment would take over.
pub async fn takable(ports: &impl Ports, sides: &FromAndTo, call: &Call) -> Result<Reply> {
    let input = to(sides, asked(call));
    look(ports, EnvironmentId::new(&sides.from.0, &sides.from.1), call, (ActionName::HandOver, input)).await
}

/// Hands over.
pub async fn hand_over(ports: &impl Ports, sides: &FromAndTo, call: &Call) -> Result<Reply> {
    let mut input = match body(call) {
        Ok(input) => input,
        Err(findings) => return Ok(problem(400, &findings)),
    };
    let named = [("to_app", sides.to.0.as_str()), ("to_environment", sides.to.1.as_str())];
    let unknown = take_unknown(&mut input, &MEMBERS, &named);
    if !unknown.is_empty() {
        return Ok(problem(400, &unknown));
    }
    let input = to(sides, input);
    start(ports, EnvironmentId::new(&sides.from.0, &sides.from.1), call, (ActionName::HandOver, input)).await
}

/// The members that the body of both may have.
const MEMBERS: [&str; 3] = ["component", "reason", "to_component"];

/// Returns the members of a look, which has no body and needs no reason.
fn asked(call: &Call) -> Map<String, Value> {
    let asked = call.query.iter().filter(|(name, _)| MEMBERS.contains(&name.as_str()));
    asked.map(|(name, value)| (name.clone(), json!(value))).chain([("reason".into(), json!("a look"))]).collect()
}

fn to(sides: &FromAndTo, mut input: Map<String, Value>) -> Map<String, Value> {
    input.insert("to_app".into(), json!(sides.to.0));
    input.insert("to_environment".into(), json!(sides.to.1));
    input
}

/// Returns the finding that a rename names no component. By its path a rename is one of a component; an environment is
/// handed over.
fn unnamed(action: ActionName, input: &Map<String, Value>) -> Option<Finding> {
    let is_unnamed = action == ActionName::Rename && !input.contains_key("component");
    is_unnamed.then(|| {
        Finding::new(
            FindingName::MissingField,
            "component",
            "the call does not say which component is renamed.",
            "Write its present name in `component`, and the new one in `to_component`. All of an environment is renamed by \
             `POST /hand-overs/<app>/<environment>/<app>/<new environment>`.",
        )
    })
}

async fn look(
    ports: &impl Ports,
    at: EnvironmentId<'_>,
    call: &Call,
    asked: (ActionName, Map<String, Value>),
) -> Result<Reply> {
    let request = match read(ports, at, call, asked).await {
        Ok(request) => request,
        Err(unserved) => return unserved.reply(),
    };
    let Some(moving) = request.moving() else {
        return Err(Fault::internal("a look at a move moves nothing"));
    };
    preview(ports, moving).await
}

async fn start(
    ports: &impl Ports,
    at: EnvironmentId<'_>,
    call: &Call,
    asked: (ActionName, Map<String, Value>),
) -> Result<Reply> {
    let request = match read(ports, at, call, asked).await {
        Ok(request) => request,
        Err(unserved) => return unserved.reply(),
    };
    Ok(match begin_own(ports, &request, &seed(ports, call)).await {
        Ok(execution) => {
            tracing::info!(execution, "started");
            Reply::json(202, json!({ "execution": execution }))
        }
        Err(trouble) => problem(409, &trouble.findings()?),
    })
}

/// The request; else the answer that names everything that is wrong with it.
async fn read(
    ports: &impl Ports,
    of: EnvironmentId<'_>,
    call: &Call,
    (action, input): (ActionName, Map<String, Value>),
) -> Result<Request, Unserved> {
    if let Some(finding) = unnamed(action, &input) {
        let known = found(known(ports, of).await)?;
        let status = if known.is_some() { 400 } else { 404 };
        return Err(problem(status, &[finding]).into());
    }
    request(ports, of, action, call, input, false).await
}

async fn preview(ports: &impl Ports, moving: Moving<'_>) -> Result<Reply> {
    let found = Movable::load(ports, moving).await?;
    Ok(match found.decide(moving) {
        Err(findings) => problem(409, &findings),
        Ok(moves) => {
            let targets: Vec<String> = moves.claims.iter().map(ToString::to_string).collect();
            Reply::json(
                200,
                json!({
                    "components": moves.components, "targets": targets, "stays": moves.stays(moving),
                    "next": moves.next(moving),
                }),
            )
        }
    })
}

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
                    let targets: Vec<String> = moves.claims.iter().map(ToString::to_string).collect();
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
