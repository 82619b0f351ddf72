use crate::payload::Work;
use crate::ports::{Answered, Ledger, Transacted};
use crate::store::{self, Fence};

/// The number of tries of the note when others write the step.
const TRIES: u32 = 5;

/// Notes warnings on a step, each once, where the token is still that of the lock. One that cannot be
/// written is only logged.
pub(super) async fn note(ports: &impl Ledger, work: &Work, warnings: &[String]) -> Answered<()> {
    let component = &work.component;
    let key = store::step(&work.deployment, component);
    for _ in 0..TRIES {
        let mut step = store::require(ports, &key).await?;
        let before = step.value.warnings.len();
        for warning in warnings {
            if !step.value.warnings.contains(warning) {
                step.value.warnings.push(warning.clone());
            }
        }
        if step.value.warnings.len() == before {
            return Ok(());
        }
        let writes = vec![step.put()?, Fence::of_step(&step.value, work.token).check()];
        if ports.transact(writes).await? == Transacted::Done {
            return Ok(());
        }
    }
    tracing::warn!(%component, ?warnings, "warnings could not be noted");
    Ok(())
}
