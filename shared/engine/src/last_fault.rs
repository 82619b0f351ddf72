//! Keeps the last fault of a state that only looks, such as `Prepare`. The machine passes on only the fault's name;
//! this gives its text to the ending, for whoever asked.

// A Catch passes on an error's name alone, so the fault's sentence is kept here: what could not be prepared ends
// `Rejected` with it, and not `RolledBack`. Only the machine knows which try is the last, so every fault is kept.

use crate::ledger::{self, Fence, LastFault};
use crate::payload::CallingExecution;
use crate::ports::{Clock, DynamoDbApi, Result};
use windlass_domain::release::identity::DeploymentId;
use windlass_domain::text::fault::{Fault, FaultName};

impl LastFault {
    /// Returns the fault as a sentence.
    pub fn in_words(&self) -> String {
        let message = self.fault.message.trim_end_matches('.');
        format!("`{}` failed: {message}.", self.state)
    }
}

/// The last fault of a deployment's states, if one failed.
pub async fn of(ports: &impl DynamoDbApi, id: &DeploymentId) -> Result<Option<LastFault>> {
    let last = ledger::load(ports, &ledger::last_fault(id)).await?;
    Ok(last.map(|last| last.value))
}

/// The same answer; its fault is kept in the ledger first, where that answers and the lock has the token still.
pub async fn kept<T>(
    ports: &(impl DynamoDbApi + Clock),
    (state, by): (&'static str, &CallingExecution),
    answered: Result<T>,
) -> Result<T> {
    if let Err(fault) = &answered
        && !is_shown_elsewhere(fault.name)
        && let Err(unkept) = keep(ports, (state, by), fault).await
    {
        tracing::warn!(untold = %unkept, "the fault could not be kept");
    }
    answered
}

/// Returns whether the fault is shown elsewhere: it only says that another execution or another attempt goes on, or
/// what the judgement says.
fn is_shown_elsewhere(name: FaultName) -> bool {
    use FaultName::{AttemptSuperseded, StaleToken, StillBaking};
    matches!(name, StaleToken | AttemptSuperseded | StillBaking)
}

async fn keep(ports: &(impl DynamoDbApi + Clock), (state, by): (&str, &CallingExecution), fault: &Fault) -> Result<()> {
    let id = &by.deployment;
    let record = ledger::require(ports, &ledger::deployment(id)).await?;
    let last = LastFault { state: state.to_owned(), fault: fault.clone(), at: ports.now() };
    let kept = ledger::replacing(ports, ledger::last_fault(id), last).await?;
    let fence = Fence::new(record.value.environment_id(), id, by.token).check();
    // Refused where somebody else has just kept one, or has taken over.
    ports.transact(vec![fence, kept.put()?]).await?;
    Ok(())
}
