use crate::ports::{Answered, Executions, Ledger};
use crate::store::{self, Stored};
use serde_json::json;
use windlass_domain::environment::Waiting;
use windlass_domain::name::{AppName, EnvironmentName};

/// Wakes all that wait for an environment; each then asks `Admit` again, which decides. Waking one
/// that has to wait on costs a transition and is otherwise harmless.
pub async fn wake<P: Ledger + Executions>(
    ports: &P,
    app: &AppName,
    environment: &EnvironmentName,
) -> Answered<()> {
    let partition = store::environment(app, environment);
    let waiting: Vec<Stored<Waiting>> = store::load_all(ports, &partition, "waiting#").await?;
    for token in waiting
        .iter()
        .filter_map(|waiting| waiting.value.task_token.as_ref())
    {
        ports.succeed_task(token, &json!({})).await?;
    }
    Ok(())
}
