//! `GET /apps/{app}/environments/{environment}/drills`: the drills in which the environment proved its way back.

use super::environment::known;
use super::problem::problem;
use super::{Call, Ports, Reply, page};
use crate::conductor::drills;
use crate::ports::Answered;
use crate::store::{self, Stored};
use serde_json::json;
use windlass_domain::drill::Drill;
use windlass_domain::name::{AppName, EnvironmentName};

/// One page of those that have ended, newest first, beside the one that is under way. `limit` and `after` (the `next` of
/// the page before) may be given.
pub async fn list(
    ports: &impl Ports,
    app: &AppName,
    environment: &EnvironmentName,
    call: &Call,
) -> Answered<Reply> {
    if let Err(findings) = known(ports, app, environment).await? {
        return Ok(problem(404, &findings));
    }
    let known = drills(ports, app, environment).await?;
    let partition = store::environment(app, environment);
    let page = ports.query(page(call, partition, store::DRILL)).await?;
    let mut listed: Vec<Drill> = Vec::new();
    for item in page.items {
        let drill: Stored<Drill> = store::from_item(item)?;
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
