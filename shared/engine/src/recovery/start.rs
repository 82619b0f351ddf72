//! Starts executions, and wakes deployments that wait; and the ports that recovery needs for it.

use crate::faults::Faults;
use crate::ports::{Clock, DynamoDbApi, Execution, Key, Result, StepFunctionsApi};
use crate::vouch::{self, Starts};
use crate::{ledger, observe};
use serde_json::{Value, json};
use windlass_domain::deployment::Deployment;
use windlass_domain::environment::Waiting;
use windlass_domain::release::action::ActionName;
use windlass_domain::release::identity::{DeploymentId, EnvironmentId, execution_name};
use windlass_domain::text::name::AppName;

/// The milliseconds for which a recovery that ended without having taken over, or a promotion that came to nothing,
/// stands for its successors.
pub(super) const AGAIN_AFTER_MS: u64 = 15 * 60 * 1000;

/// Starts the recovery of a deployment and returns its execution. The name is made from the lock's token, so that the
/// same recovery is started once, and the next one, after the token was raised, has another name.
///
/// One that has ended while the token is still the same took nothing over: the ledger could not be reached for so long,
/// or Step Functions still showed it the owner as running. It is started again, at most once in a quarter of an hour.
/// `died` is an execution whose end an event has announced: Step Functions may still show it as running.
pub async fn start(
    ports: &impl Starts,
    of: EnvironmentId<'_>,
    deployment: &DeploymentId,
    token: u64,
    cause: &str,
    died: Option<&str>,
) -> Result<String> {
    let first = recover(ports, of, deployment, &format!("t{token}"), cause).await?;
    if died != Some(first.as_str()) && !has_ended(ports, &first).await? {
        return Ok(first);
    }
    recover(ports, of, deployment, &format!("t{token}-{}", quarter(ports)), cause).await
}

/// Returns whether an execution is the first recovery of a deployment by this token. Windlass starts it only once the
/// owner has died.
pub fn follows_a_dead_owner(arn: &str, record: &Deployment, token: u64) -> bool {
    let first = of_recovery(record.environment_id(), &record.id, &format!("t{token}"));
    arn.strip_suffix(&first).is_some_and(|rest| rest.ends_with(':'))
}

/// The recovery that was started of a deployment that waited, and has ended it.
pub async fn of_waiting(ports: &impl Starts, record: &Deployment, cause: &str) -> Result<String> {
    recover(ports, record.environment_id(), &record.id, "t0", cause).await
}

/// Starts the recovery of a deployment that `which` distinguishes from its others: the token, and if it is not the
/// first of that, the time.
async fn recover(
    ports: &impl Starts,
    of: EnvironmentId<'_>,
    deployment: &DeploymentId,
    which: &str,
    cause: &str,
) -> Result<String> {
    let mut input = by_itself(ActionName::Recover, of, cause);
    input["deployment"] = json!(deployment);
    input["requester"] = json!({ "route": "windlass" });
    vouch::start(ports, &of_recovery(of, deployment, which), &input).await
}

fn of_recovery(of: EnvironmentId<'_>, deployment: &DeploymentId, which: &str) -> String {
    name(&format!("recover-{which}"), of, deployment.as_str())
}

/// Returns the name of an execution at an environment. `which` and the id distinguish it.
pub fn name(which: &str, of: EnvironmentId<'_>, id: &str) -> String {
    // The part that distinguishes names comes first, because long names are cut.
    execution_name(&[which, of.app().as_str(), of.environment().as_str()], id)
}

/// Returns the input of an action that Windlass asks for by itself, for this reason.
pub fn by_itself(action: ActionName, of: EnvironmentId<'_>, reason: &str) -> Value {
    json!({
        "action": action,
        "app": of.app(),
        "environment": of.environment(),
        "reason": reason,
        "requester": { "route": "windlass", "principal": "Windlass" },
    })
}

/// The present quarter of an hour, in the name of an execution that is to be started once in it.
pub fn quarter(ports: &impl Clock) -> String {
    (ports.now().0 / AGAIN_AFTER_MS).to_string()
}

/// Returns whether an execution has ended. An execution that Step Functions does not know yet has just been started.
pub async fn has_ended(ports: &impl StepFunctionsApi, arn: &str) -> Result<bool> {
    Ok(ports.execution(arn).await?.is_some_and(|execution| execution.has_ended()))
}

/// What has come of an execution so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Came {
    /// Nothing, and it goes on.
    Nothing,
    /// A deployment or a refusal; or a person has stopped it, or it has ended well.
    Recorded,
    /// It died before it was a deployment or a refusal, so that nobody knows of it.
    Lost,
}

/// Returns what has come of an execution for an application.
pub async fn came_of(ports: &(impl DynamoDbApi + StepFunctionsApi), app: &AppName, arn: &str) -> Result<Came> {
    let recorded: [Key; 2] = [ledger::execution(arn).into(), ledger::refusal(app, arn).into()];
    for key in recorded {
        if DynamoDbApi::get(ports, &key).await?.is_some() {
            return Ok(Came::Recorded);
        }
    }
    let found = ports.execution(arn).await?.filter(Execution::has_ended);
    Ok(found.map_or(Came::Nothing, |ended| match ended.status.as_str() {
        "FAILED" | "TIMED_OUT" => Came::Lost,
        _ => Came::Recorded,
    }))
}

/// The ports that recovery needs.
pub trait Ports: observe::Ports + StepFunctionsApi {}
impl<P: observe::Ports + StepFunctionsApi> Ports for P {}

/// Wakes all deployments that wait for an environment. Each then asks `Admit` again, which decides. To wake one that
/// has to wait on costs a transition and is otherwise harmless.
///
/// # Errors
/// One could not be woken; the others were.
pub async fn wake(ports: &(impl DynamoDbApi + StepFunctionsApi), of: EnvironmentId<'_>) -> Result<()> {
    let waiting = ledger::load_all(ports, &ledger::all_waiting(of)).await?;
    let mut faults = Faults::default();
    for waiting in waiting.into_iter().map(|one| one.value) {
        let woken = wake_one(ports, &waiting).await;
        faults.take(format!("waking deployment {}", waiting.deployment), woken);
    }
    faults.into_answer()
}

/// Wakes a deployment that waits: tries its tokens until one is found by which it waits.
///
/// # Errors
/// Those of Step Functions.
pub async fn wake_one(ports: &impl StepFunctionsApi, waiting: &Waiting) -> Result<()> {
    for token in waiting.tokens() {
        if ports.succeed_task(token, &json!({})).await? {
            break;
        }
    }
    Ok(())
}
