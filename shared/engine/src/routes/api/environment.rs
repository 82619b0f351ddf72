//! `GET /apps/{app}/environments/{environment}`: what runs now, and what is going on.

use super::asked::asked;
use super::problem::problem;
use super::{Call, Ports, Reply, undeclared};
use crate::observe::compare;
use crate::pin;
use crate::ports::{Answered, Ledger};
use crate::store::{self, Stored};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use windlass_domain::drift::Compared;
use windlass_domain::environment::{EnvironmentState, HeldState, Lock, Running, Waiting};
use windlass_domain::finding::Finding;
use windlass_domain::name::{AppName, ComponentName, EnvironmentName};
use windlass_domain::request::{ActionName, Request};

/// What runs per component and since when, the snapshot, lock, hold, and who waits; with
/// `?observe=true` also whether the targets are as recorded.
pub async fn get<P: Ports>(
    ports: &P,
    app: &AppName,
    environment: &EnvironmentName,
    call: &Call,
) -> Answered<Reply> {
    if let Err(findings) = known(ports, app, environment).await? {
        return Ok(problem(404, &findings));
    }
    let mut state: Stored<EnvironmentState> =
        store::load_or_default(ports, &store::state(app, environment)).await?;
    let undeclared = undeclared::take(ports, app, &mut state.value.running).await?;
    let lock: Stored<Lock> = store::load_or_default(ports, &store::lock(app, environment)).await?;
    let partition = store::environment(app, environment);
    let waiting: Vec<Stored<Waiting>> = store::load_all(ports, &partition, "waiting#").await?;
    let running = state.value.running.values();
    let named = running
        .flat_map(Running::all_names)
        .map(|names| &names.now.deployment)
        .chain(lock.value.held.iter().map(|held| &held.deployment))
        .chain(waiting.iter().map(|waiting| &waiting.value.deployment));
    let deployments = asked(ports, named.cloned()).await?;
    let waiting: Vec<Value> = waiting.into_iter().map(shown).collect();
    let mut whole = json!({
        "app": app,
        "environment": environment,
        "running": state.value.running,
        "no_longer_declared": undeclared,
        "snapshot": state.value.snapshot,
        "hold": state.value.hold,
        "lock": lock.value,
        "waiting": waiting,
        "deployments": deployments,
    });
    if call.query.get("observe").map(String::as_str) == Some("true") {
        whole["observed"] = json!(observed(ports, &state.value, &lock.value).await);
    }
    Ok(Reply::json(200, whole))
}

/// That the application declares the environment, or did: what still runs in one that has left the declaration,
/// or is stuck in it, is somebody's business.
pub async fn known<P: Ports>(
    ports: &P,
    app: &AppName,
    environment: &EnvironmentName,
) -> Answered<Result<(), Vec<Finding>>> {
    let mut request = Request::new(ActionName::Hold, app.clone());
    request.environment = Some(environment.clone());
    let Err(findings) = pin::named_environment(ports, &request).await? else {
        return Ok(Ok(()));
    };
    for key in [
        store::lock(app, environment),
        store::state(app, environment),
    ] {
        if Ledger::get(ports, &key).await?.is_some() {
            return Ok(Ok(()));
        }
    }
    Ok(Err(findings))
}

/// The targets beside their records. While a deployment is under way they differ by design.
async fn observed<P: Ports>(
    ports: &P,
    state: &EnvironmentState,
    lock: &Lock,
) -> BTreeMap<ComponentName, Compared> {
    let under_way = lock
        .held
        .as_ref()
        .filter(|held| held.state != HeldState::NeedsOperator);
    let Some(held) = under_way else {
        return compare(ports, &state.running).await;
    };
    let unknown = Compared::unknown(format!("deployment {} is under way", held.deployment));
    let names = state.running.keys();
    names.map(|name| (name.clone(), unknown.clone())).collect()
}

/// Who waits. The task token stays here: whoever has it could answer in its place.
fn shown(waiting: Stored<Waiting>) -> Value {
    let waiting = waiting.value;
    json!({
        "deployment": waiting.deployment,
        "components": waiting.components,
        "operator": waiting.operator,
        "since": waiting.since,
    })
}
