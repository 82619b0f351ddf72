//! Notes warnings on a step.

use crate::converge::Work;
use crate::ledger::{self, Fence, commit, tries};
use crate::ports::{Clock, DynamoDbApi, Result};

/// Notes warnings on a step, each once, where the token is still that of the lock. One that cannot be
/// written is only logged.
pub(super) async fn note(
    ports: &(impl DynamoDbApi + Clock),
    work: &Work,
    fence: &Fence,
    warnings: &[String],
) -> Result<()> {
    let component = &work.component;
    let key = ledger::step(&work.deployment, component);
    let noted = tries(ports, async || {
        let mut step = ledger::require(ports, &key).await?;
        let before = step.value.warnings.len();
        for warning in warnings {
            if !step.value.warnings.contains(warning) {
                step.value.warnings.push(warning.clone());
            }
        }
        if step.value.warnings.len() == before {
            return Ok(Some(()));
        }
        let writes = vec![step.put()?, fence.check()];
        Ok(commit(ports, writes).await?.then_some(()))
    });
    if noted.await?.is_none() {
        tracing::warn!(%component, ?warnings, "warnings could not be noted");
    }
    Ok(())
}
