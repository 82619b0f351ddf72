use crate::ports::{Answered, Ledger, Transacted};
use crate::store;
use windlass_domain::identity::DeploymentId;
use windlass_domain::name::ComponentName;
use windlass_domain::step::Step;

/// How often the note is tried when the step is written by others.
const TRIES: u32 = 5;

/// Notes warnings on a step, each once. A warning changes nothing, so it is not fenced; one that
/// cannot be written is only logged.
pub(super) async fn note<P: Ledger>(
    ports: &P,
    deployment: &DeploymentId,
    component: &ComponentName,
    warnings: &[String],
) -> Answered<()> {
    let key = store::step(deployment, component);
    for _ in 0..TRIES {
        let mut step = store::require::<Step>(ports, &key).await?;
        let before = step.value.warnings.len();
        for warning in warnings {
            if !step.value.warnings.contains(warning) {
                step.value.warnings.push(warning.clone());
            }
        }
        if step.value.warnings.len() == before {
            return Ok(());
        }
        if ports.transact(vec![step.put()?]).await? == Transacted::Done {
            return Ok(());
        }
    }
    tracing::warn!(%component, ?warnings, "warnings could not be noted");
    Ok(())
}
