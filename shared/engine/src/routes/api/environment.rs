//! `GET /apps/{app}/environments/{environment}`: what runs now, and what is going on.

use super::apps::judged;
use super::call::{Call, Ports, Reply};
use super::problem::problem;
use super::provenance::provenance;
use super::undeclared;
use crate::conductor::newest_good;
use crate::ledger::{self};
use crate::observe::compare;
use crate::overview::{self, EnvironmentItems, environment_items};
use crate::pin;
use crate::ports::{DynamoDbApi, Key, Result};
use crate::trouble::{Checked, found};
use serde_json::json;
use std::collections::BTreeMap;
use windlass_domain::drift::Compared;
use windlass_domain::drill::Next;
use windlass_domain::environment::{EnvironmentState, HeldState, Lock, LockHolder};
use windlass_domain::identity::EnvironmentId;
use windlass_domain::irreversible::crossed;
use windlass_domain::name::ComponentName;
use windlass_domain::request::{ActionName, Request};
use windlass_domain::steering::{SteeringRecord, pause_in_force};

/// Answers what runs of each component and since when, the snapshot, the lock, the hold, and the deployments that wait;
/// the irreversible runs that a rollback would go back across (`crosses`); and what the last hourly look at the targets
/// found (`drift`). With `?observe=true` it also tells whether the targets are as recorded.
pub async fn get(ports: &impl Ports, of: EnvironmentId<'_>, call: &Call) -> Result<Reply> {
    let EnvironmentId { app, environment } = of;
    if let Err(trouble) = known(ports, of).await {
        return Ok(problem(404, &trouble.findings()?));
    }
    let mut here = environment_items(ports, of).await?;
    let undeclared = undeclared::take(ports, app, &mut here.state.running).await?;
    let deployments = provenance(ports, here.named()).await?;
    let judged = judged(ports, of, here.state.snapshot).await?;
    let mut whole = json!({
        "app": app,
        "environment": environment,
        "running": here.state.running,
        "no_longer_declared": undeclared,
        "snapshot": here.state.snapshot,
        "verified_good": judged.verified_good,
        "unmeasured": judged.unmeasured,
        "hold": here.state.hold,
        "lock": here.lock,
        "waiting": here.shown(),
        "paused": paused(ports, &here.lock).await?,
        "drift": overview::drift(ports, of, &here).await?,
        "deployments": deployments,
        "drills": here.drills,
        "next_drill": next_drill(ports, of, &here).await?,
    });
    if !here.state.irreversible.is_empty() {
        let goal = newest_good(ports, here.state.snapshot, of).await?;
        let crosses = goal.map(|goal| crossed(&goal.with_found(&here.state), &here.state));
        whole["crosses"] = json!(crosses.unwrap_or_default());
    }
    if call.query.get("observe").map(String::as_str) == Some("true") {
        whole["observed"] = json!(observed(ports, &here.state, &here.lock).await);
    }
    Ok(Reply::json(200, whole))
}

/// Tells how the next drill by the schedule stands; `None` if the declaration in force has no schedule.
async fn next_drill(ports: &impl Ports, of: EnvironmentId<'_>, here: &EnvironmentItems) -> Result<Option<Next>> {
    let EnvironmentId { app, environment } = of;
    let in_force = found(pin::declaration_in_force(ports, app).await)?;
    let schedule = in_force.as_ref().and_then(|it| it.declaration.drills(environment));
    Ok(here.next_drill(schedule, ports.now()).next())
}

/// Checks that the application declares the environment, or did. An environment that has left the declaration is known
/// as long as something is recorded of it, because somebody has to care for what still runs or is stuck in it.
pub async fn known(ports: &impl Ports, of: EnvironmentId<'_>) -> Checked<()> {
    let EnvironmentId { app, environment } = of;
    let mut request = Request::new(ActionName::Hold, app.clone());
    request.environment = Some(environment.clone());
    let findings = match pin::named_environment(ports, &request).await {
        Ok(_) => return Ok(()),
        Err(trouble) => trouble.findings()?,
    };
    let lock: Key = ledger::lock(of).into();
    let state: Key = ledger::state(of).into();
    for key in [lock, state] {
        if DynamoDbApi::get(ports, &key).await?.is_some() {
            return Ok(());
        }
    }
    Err(findings.into())
}

/// The pause that is in force of the deployment that holds the lock: until when, by whom, and why.
async fn paused(ports: &impl Ports, lock: &Lock) -> Result<Option<SteeringRecord>> {
    let running = |held: &&LockHolder| held.state == HeldState::Running;
    let Some(held) = lock.held.as_ref().filter(running) else {
        return Ok(None);
    };
    let key = ledger::deployment(&held.deployment);
    let record = ledger::load(ports, &key).await?;
    let now = ports.now();
    Ok(record.and_then(|record| pause_in_force(&record.value, now).cloned()))
}

/// The targets beside their records. While a deployment is under way they differ by design.
async fn observed(ports: &impl Ports, state: &EnvironmentState, lock: &Lock) -> BTreeMap<ComponentName, Compared> {
    let under_way = lock.held.as_ref().filter(|held| held.state != HeldState::NeedsOperator);
    let Some(held) = under_way else {
        return compare(ports, &state.running).await;
    };
    let unknown = Compared::unknown(format!("deployment {} is under way", held.deployment));
    let names = state.running.keys();
    names.map(|name| (name.clone(), unknown.clone())).collect()
}
