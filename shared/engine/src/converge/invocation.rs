//! The facts that an invocation of a deployer or a publisher has before it does anything.

use super::Work;
use super::step_state::{self, StepState};
use crate::ledger::{self, Fence, Stored};
use crate::payload::{WorkDone, WorkTransition};
use crate::ports::{Clock, DynamoDbApi, Result};
use windlass_domain::step::Step;
use windlass_domain::time::Time;

/// One invocation for a step. It is begun once and handed on, so that everything it writes has the same fence.
pub struct Invocation<'w> {
    /// The input.
    pub work: &'w Work,
    /// The step, as it was read at the beginning.
    pub step: Stored<Step>,
    /// The fence of what the invocation writes.
    pub fence: Fence,
    /// The time at which it began.
    pub started: Time,
}

impl<'w> Invocation<'w> {
    /// Reads the step.
    pub async fn begin(ports: &(impl DynamoDbApi + Clock), work: &'w Work) -> Result<Self> {
        let started = ports.now();
        let key = ledger::step(&work.deployment, &work.component);
        let step = ledger::require(ports, &key).await?;
        Ok(Self { work, fence: Fence::new(step.value.environment_id(), &work.deployment, work.token), step, started })
    }

    /// Returns the answer of a former invocation, if that has settled the step and its answer was lost. `None` where
    /// something is left to do.
    ///
    /// # Errors
    /// `AttemptSuperseded` where a newer wave or the undo has begun; `StaleToken`.
    pub async fn settled(&self, ports: &impl DynamoDbApi) -> Result<Option<WorkDone>> {
        let StepState::Settled(verdict) = step_state::of(&self.step.value, self.work)? else {
            return Ok(None);
        };
        self.fence.lock(ports).await?;
        Ok(Some(done(self.work, verdict)))
    }
}

/// Returns the answer of an invocation.
pub(crate) fn done(work: &Work, verdict: WorkTransition) -> WorkDone {
    WorkDone { component: work.component.clone(), verdict }
}
