use crate::faults::Faults;
use crate::ledger::{self};
use crate::ports::{DynamoDbApi, Result, StepFunctionsApi};
use serde_json::json;
use windlass_domain::environment::Waiting;
use windlass_domain::identity::EnvironmentId;

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

/// Tries its tokens until one is found by which it waits.
async fn wake_one(ports: &impl StepFunctionsApi, waiting: &Waiting) -> Result<()> {
    for token in waiting.tokens() {
        if ports.succeed_task(token, &json!({})).await? {
            break;
        }
    }
    Ok(())
}
