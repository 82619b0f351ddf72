//! `GET /apps/{app}/refusals` and `GET /refusals`: the requests that were refused before they could become a
//! deployment, and the arrivals that were not taken, newest first.

use super::call::{Call, Ports, Reply};
use super::problem::problem;
use super::query::page;
use crate::ledger;
use crate::pin;
use crate::ports::{Item, Result};
use crate::trouble::findings;
use serde_json::{Map, Value, json};
use windlass_domain::name::AppName;

/// The members that are told of each.
const SHOWN: [&str; 7] = ["app", "environment", "about", "requester", "execution", "findings", "at"];

/// The number of pages that are looked through for the refusals of one application that is not declared.
const LOOKED_THROUGH: usize = 10;

/// One page. `limit` and `after` (the `next` of the page before) may be given. Without an application it is of what
/// names none that is declared; of an application that is not declared it is the part of that which names it, and 404
/// where there is none.
pub async fn refusals(ports: &impl Ports, app: Option<&AppName>, call: &Call) -> Result<Reply> {
    let unknown = match app {
        Some(app) => findings(pin::declaration_in_force(ports, app).await)?,
        None => Vec::new(),
    };
    let (app, undeclared) = if unknown.is_empty() { (app, None) } else { (None, app) };
    let mut query = page(call, ledger::refused(app), "");
    let mut refusals: Vec<Value> = Vec::new();
    for _ in 0..LOOKED_THROUGH {
        let page = ports.query_index(query.clone()).await?;
        let told: Vec<Value> = page.items.into_iter().map(told).collect::<Result<_>>()?;
        let is_asked_for = |line: &Value| undeclared.is_none_or(|app| line["app"] == app.as_str());
        refusals.extend(told.into_iter().filter(is_asked_for));
        query.after = page.next;
        if undeclared.is_none() || !refusals.is_empty() || query.after.is_none() {
            break;
        }
    }
    let is_first = !call.query.contains_key("after");
    if is_first && refusals.is_empty() && !unknown.is_empty() {
        return Ok(problem(404, &unknown));
    }
    Ok(Reply::json(200, json!({ "refusals": refusals, "next": query.after })))
}

fn told(mut item: Item) -> Result<Value> {
    ledger::unpack(&mut item.body)?;
    let members = item.body.into_iter();
    let told: Map<String, Value> = members.filter(|(name, _)| SHOWN.contains(&name.as_str())).collect();
    Ok(Value::Object(told))
}
