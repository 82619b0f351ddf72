use crate::ports::{Answered, Executions};
use serde_json::json;
use windlass_domain::identity::{DeploymentId, execution_name};
use windlass_domain::name::{AppName, EnvironmentName};

/// Starts the recovery of a deployment. The name is made from the lock's token, so that the same
/// recovery is started once, and the next one, after the token was raised, has another name.
pub async fn start<P: Executions>(
    ports: &P,
    app: &AppName,
    environment: &EnvironmentName,
    deployment: &DeploymentId,
    token: u64,
    cause: &str,
) -> Answered<String> {
    let token = format!("t{token}");
    let stem = ["recover", app.as_str(), environment.as_str(), &token];
    let name = execution_name(&stem, deployment.as_str());
    let input = json!({
        "action": "recover",
        "app": app,
        "environment": environment,
        "deployment": deployment,
        "reason": cause,
        "requester": { "route": "windlass" },
    });
    ports.start(&name, &input).await
}
