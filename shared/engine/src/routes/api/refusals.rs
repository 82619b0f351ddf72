//! `GET /apps/{app}/refusals` and `GET /refusals`: what was refused before it could become a
//! deployment, and what arrived and was not taken, newest first.

use super::problem::problem;
use super::query::page;
use super::{Call, Ports, Reply};
use crate::pin;
use crate::ports::{Answered, Item};
use crate::store;
use serde_json::{Map, Value, json};
use windlass_domain::name::AppName;

/// What is told of each.
const SHOWN: [&str; 7] = [
    "app",
    "environment",
    "about",
    "requester",
    "execution",
    "findings",
    "at",
];

/// One page: one query. `limit` and `after` (the `next` of the page before) may be given. Without an
/// application it is of what names none that is declared; an unknown application answers 404.
pub async fn list<P: Ports>(ports: &P, app: Option<&AppName>, call: &Call) -> Answered<Reply> {
    let query = page(call, store::refused(app), "");
    let page = ports.query_index(query).await?;
    // What was refused of an application that never had a declaration is told all the same.
    if let Some(app) = app.filter(|_| page.items.is_empty())
        && let Err(findings) = pin::declaration_in_force(ports, app).await?
    {
        return Ok(problem(404, &findings));
    }
    let refusals: Vec<Value> = page.items.into_iter().map(told).collect::<Answered<_>>()?;
    Ok(Reply::json(
        200,
        json!({ "refusals": refusals, "next": page.next }),
    ))
}

fn told(mut item: Item) -> Answered<Value> {
    store::unpack(&mut item.body)?;
    let members = item.body.into_iter();
    let told: Map<String, Value> = members
        .filter(|(name, _)| SHOWN.contains(&name.as_str()))
        .collect();
    Ok(Value::Object(told))
}
