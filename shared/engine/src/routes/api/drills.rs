//! `GET /apps/{app}/environments/{environment}/drills`: the drills in which the environment proved its way back.

use super::call::{Call, Ports, Reply};
use super::environment::known;
use super::problem::problem;
use super::query::page;
use crate::conductor::drills;
use crate::ledger::{self, Stored};
use crate::ports::Result;
use serde_json::json;
use windlass_domain::drill::Drill;
use windlass_domain::identity::EnvironmentId;

/// One page of those that have ended, newest first, beside the one that is under way. `limit` and `after` (the `next` of
/// the page before) may be given.
pub async fn list_drills(ports: &impl Ports, of: EnvironmentId<'_>, call: &Call) -> Result<Reply> {
    let EnvironmentId { app, environment } = of;
    if let Err(trouble) = known(ports, of).await {
        return Ok(problem(404, &trouble.findings()?));
    }
    let known = drills(ports, of).await?;
    let partition = ledger::environment(of);
    let page = ports.query(page(call, partition, ledger::DRILL)).await?;
    let mut listed: Vec<Drill> = Vec::new();
    for item in page.items {
        let drill: Stored<Drill> = ledger::from_item(item)?;
        listed.push(drill.value);
    }
    Ok(Reply::json(
        200,
        json!({
            "app": app,
            "environment": environment,
            "under_way": known.value.under_way,
            "drills": listed,
            "next": page.next,
        }),
    ))
}
