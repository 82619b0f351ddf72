//! Another owner, name or end for what is recorded: `GET …/removable`, `GET …/renamable`, `GET /hand-overs/…` and
//! `GET /renames/…` show what would be let go of or moved, or what stands in its way. And the `POST` of what goes to
//! another environment.
//!
//! A move to another environment or application has a path of its own that names both. So a caller that may only call
//! the paths of one may not call it.

use super::call::{Answered, ApiCall, OrRefused, Ports, Served, answers, body, refuse_on};
use super::environment::known;
use super::operator::{members, request, started};
use super::query::take_unknown;
use crate::movable::Movable;
use crate::removable::Removable;
use serde_json::{Map, Value, json};
use windlass_domain::declaration::tenancy::Claim;
use windlass_domain::moving::application::MovedThings;
use windlass_domain::moving::removal::{Removed, RemovedItems};
use windlass_domain::moving::scope::MovingScope;
use windlass_domain::moving::{MovedItems, Moving};
use windlass_domain::release::action::ActionName;
use windlass_domain::release::api_routes::{RouteName, RoutePlace};
use windlass_domain::release::identity::EnvironmentId;
use windlass_domain::shown::api::answers::{Act, Takable};
use windlass_domain::shown::api::{LetGo, MovedEnvironment, Moves, RemovedFrom};
use windlass_domain::text::fault::Fault;
use windlass_domain::text::finding::Finding;
use windlass_domain::text::name::{AppName, BadName, ComponentName};

/// Shows what a removal would let go of: with `component` of that one, else of all of the environment.
pub async fn removable(ports: &impl Ports, of: EnvironmentId<'_>, call: &ApiCall) -> Served<answers::Removable> {
    known(ports, of).await.or_refused(404)?;
    let component = call.query.get("component").map(|name| ComponentName::new(name.as_str())).transpose();
    let bad = |why: BadName| Finding::bad_value("component", why.to_string(), "Write the name of a component.");
    let component = component.map_err(bad).or_refused(400)?;
    let scope = MovingScope { app: of.app(), environment: Some(of.environment()), component: component.as_ref() };
    let_go_of(ports, scope).await
}

/// Shows what a removal of the whole application would let go of.
pub async fn app_removable(ports: &impl Ports, app: &AppName) -> Served<answers::AppRemovable> {
    let_go_of(ports, MovingScope { app, environment: None, component: None }).await
}

async fn let_go_of(ports: &impl Ports, scope: MovingScope<'_>) -> Served<answers::Removable> {
    let removed = Removable::load(ports, scope).await?.decide().or_refused(409)?;
    let leaves = removed.leaves(scope).into();
    let shown = |goes: RemovedItems| RemovedFrom { components: goes.components, frees: targets(&goes.claims) };
    let Removed { declaration, repositories, environments, .. } = removed;
    let environments = environments.into_iter().map(|(name, goes)| (name, shown(goes))).collect();
    Ok(Answered::One(LetGo { declaration, repositories, environments, leaves }))
}

fn targets(claims: &[Claim]) -> Vec<String> {
    claims.iter().map(ToString::to_string).collect()
}

/// Hands over.
pub async fn hand_over(ports: &impl Ports, place: &RoutePlace, call: &ApiCall) -> Served<Act> {
    let mut input = body(call)?;
    let named: Vec<_> = place.named().into_iter().filter(|(member, _)| member.starts_with("to_")).collect();
    refuse_on(400, &take_unknown(&mut input, members(RouteName::Act(ActionName::HandOver)), &named))?;
    let request = request(ports, place, ActionName::HandOver, call, input, false).await?;
    started(ports, &request, call).await
}

/// Returns the members of a look, which has no body and needs no reason.
fn asked(call: &ApiCall) -> Map<String, Value> {
    let asked = call.query.iter().filter(|(name, _)| matches!(name.as_str(), "component" | "to_component"));
    asked.map(|(name, value)| (name.clone(), json!(value))).chain([("reason".into(), json!("a look"))]).collect()
}

/// Shows what a new name of a component, or another environment, would take with it.
pub async fn movable(ports: &impl Ports, place: &RoutePlace, action: ActionName, call: &ApiCall) -> Served<Takable> {
    let request = request(ports, place, action, call, asked(call), false).await?;
    let moving = request.moving().ok_or_else(|| Fault::internal("a look at a move moves nothing"))?;
    would_move(ports, moving).await
}

/// Shows what another name of a whole application would take with it.
pub async fn app_renamable(ports: &impl Ports, app: &AppName, to: &AppName) -> Served<answers::AppRenamable> {
    let scope = |app| MovingScope { app, environment: None, component: None };
    would_move(ports, Moving { from: scope(app), to: scope(to) }).await
}

async fn would_move(ports: &impl Ports, moving: Moving<'_>) -> Served<Takable> {
    let moved = Movable::load(ports, moving).await?.decide().or_refused(409)?;
    let (stays, next) = (moved.stays(moving).into(), moved.next(moving));
    let MovedThings { declaration, environments, repositories, freed: frees } = moved;
    let shown = |one: MovedItems| MovedEnvironment { components: one.components, targets: targets(&one.claims) };
    let environments = environments.into_iter().map(|(name, one)| (name, shown(one))).collect();
    Ok(Answered::One(Moves { declaration, environments, repositories, frees, stays, next }))
}
