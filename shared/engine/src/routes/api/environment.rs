//! `GET /apps/{app}/environments/{environment}`: what runs now, and what is going on.

use super::problem::problem;
use super::{Ports, Reply};
use crate::pin;
use crate::ports::Answered;
use crate::store::{self, Stored};
use serde_json::{Value, json};
use windlass_domain::environment::{EnvironmentState, Lock, Waiting};
use windlass_domain::name::{AppName, EnvironmentName};
use windlass_domain::request::{ActionName, Request};

/// What runs per component and since when, the snapshot, lock, hold, and who waits.
pub async fn get<P: Ports>(
    ports: &P,
    app: &AppName,
    environment: &EnvironmentName,
) -> Answered<Reply> {
    let mut request = Request::new(ActionName::Hold, app.clone());
    request.environment = Some(environment.clone());
    if let Err(findings) = pin::named_environment(ports, &request).await? {
        return Ok(problem(ports, 404, &findings));
    }
    let state: Stored<EnvironmentState> =
        store::load_or_default(ports, &store::state(app, environment)).await?;
    let lock: Stored<Lock> = store::load_or_default(ports, &store::lock(app, environment)).await?;
    let partition = store::environment(app, environment);
    let waiting: Vec<Stored<Waiting>> = store::load_all(ports, &partition, "waiting#").await?;
    let waiting: Vec<Value> = waiting.into_iter().map(shown).collect();
    Ok(Reply::json(
        200,
        json!({
            "app": app,
            "environment": environment,
            "running": state.value.running,
            "snapshot": state.value.snapshot,
            "hold": state.value.hold,
            "lock": lock.value,
            "waiting": waiting,
        }),
    ))
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
