use crate::ports::{Answered, Clock, Executions};
use serde_json::json;
use windlass_domain::identity::{DeploymentId, execution_name};
use windlass_domain::name::{AppName, EnvironmentName};

/// How long a recovery that ended without having taken over stands for its successors.
const AGAIN_AFTER_MS: u64 = 15 * 60 * 1000;

/// Starts the recovery of a deployment. The name is made from the lock's token, so that the same
/// recovery is started once, and the next one, after the token was raised, has another name.
///
/// One that has ended while the token is still the same took nothing over: the ledger could not be
/// reached for so long, or Step Functions still told it that the owner runs. It is started again,
/// at most once in a quarter of an hour.
pub async fn start<P: Executions + Clock>(
    ports: &P,
    app: &AppName,
    environment: &EnvironmentName,
    deployment: &DeploymentId,
    token: u64,
    cause: &str,
) -> Answered<String> {
    let input = json!({
        "action": "recover",
        "app": app,
        "environment": environment,
        "deployment": deployment,
        "reason": cause,
        "requester": { "route": "windlass" },
    });
    // What tells names apart comes first, because long names are cut.
    let name = |which: &str| {
        let stem = ["recover", which, app.as_str(), environment.as_str()];
        execution_name(&stem, deployment.as_str())
    };
    let first = ports.start(&name(&format!("t{token}")), &input).await?;
    if !has_ended(ports, &first).await? {
        return Ok(first);
    }
    let again = name(&format!("t{token}-{}", quarter(ports)));
    ports.start(&again, &input).await
}

/// The present quarter of an hour, in the name of an execution that is to be started once in it.
pub fn quarter<P: Clock>(ports: &P) -> String {
    (ports.now().0 / AGAIN_AFTER_MS).to_string()
}

/// Whether an execution has ended. One that Step Functions does not know yet has just been started.
pub async fn has_ended<P: Executions>(ports: &P, arn: &str) -> Answered<bool> {
    let found = ports.execution(arn).await?;
    Ok(found.is_some_and(|execution| execution.status != "RUNNING"))
}
