//! Answers for a deployment that was accepted a moment ago: its execution has started, and records it next.

use super::call::{Ports, Reply};
use super::problem::problem;
use crate::ledger::{self};
use crate::ports::{Execution, Result};
use serde_json::json;
use windlass_domain::finding::{Finding, FindingName};
use windlass_domain::identity::{DeploymentId, execution_suffix};
use windlass_domain::name::AppName;

/// Answers what is known of a deployment without a record. The name of its execution ends with the deployment's id, so
/// the execution is found among the newest; its input names the application.
pub async fn or_unknown(ports: &impl Ports, app: &AppName, id: &DeploymentId) -> Result<Reply> {
    let suffix = execution_suffix(id.as_str());
    let newest = ports.newest().await?;
    let named = newest.iter().find(|arn| arn.ends_with(&suffix));
    let execution = match named {
        Some(arn) => ports.execution(arn).await?,
        None => None,
    };
    let of_app = |execution: &Execution| execution.input["app"] == app.as_str();
    match execution.filter(of_app) {
        Some(execution) if execution.status == "RUNNING" => Ok(accepted(app, id, &execution)),
        Some(execution) => died(ports, app, id, &execution).await,
        None => Ok(unknown(app, id)),
    }
}

/// Returns an answer of the form of a whole record, with what is known by now.
fn accepted(app: &AppName, id: &DeploymentId, execution: &Execution) -> Reply {
    let deployment = json!({
        "id": id,
        "app": app,
        "environment": execution.input["environment"],
        "status": "accepted",
        "accepted": execution.started,
        "executions": [execution.arn],
        "ending": null,
    });
    Reply::json(202, json!({ "deployment": deployment, "plan": null, "steps": [], "judgements": [] }))
}

/// It became no deployment: what was wrong, if `Admit` refused it.
async fn died(ports: &impl Ports, app: &AppName, id: &DeploymentId, execution: &Execution) -> Result<Reply> {
    let key = ledger::refusal(app, &execution.arn);
    let refusal = ledger::load(ports, &key).await?;
    let findings = refusal.map(|refusal| refusal.value.findings);
    let died = Finding::new(
        FindingName::UnknownName,
        "id",
        format!("the execution {} ended {} before it had recorded deployment {id}.", execution.arn, execution.status),
        "Send the same request again.",
    );
    Ok(problem(404, &findings.unwrap_or_else(|| vec![died])))
}

/// Answers that there is no such deployment.
fn unknown(app: &AppName, id: &DeploymentId) -> Reply {
    let finding = Finding::new(
        FindingName::UnknownName,
        "id",
        format!("application `{app}` has no deployment {id}."),
        "Take an id from the history.",
    );
    problem(404, &[finding])
}
