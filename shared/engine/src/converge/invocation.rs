//! One invocation of a deployer or a publisher: the work that it is asked for, what the step's record says of it before
//! any call, its time, and its ends.

use crate::kinds::Recorded;
use crate::ledger::{self, Fence, Stored};
use crate::payload::{DeployerInput, PublisherInput, StepRef, WorkDone, WorkTransition};
use crate::ports::{Clock, DynamoDbApi, Result};
use std::collections::BTreeMap;
use windlass_domain::deployment::step::{Step, StepStatus};
use windlass_domain::release::identity::DeploymentId;
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_domain::text::finding::Finding;
use windlass_domain::text::name::ComponentName;
use windlass_domain::text::prose::Prose;
use windlass_domain::text::time::Time;

/// The work on one step, in one direction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Work {
    /// The deployment.
    pub deployment: DeploymentId,
    /// The lock's token.
    pub token: u64,
    /// The component.
    pub component: ComponentName,
    /// The wave whose goal is wanted; `None` on the way back to the state before.
    pub wave: Option<u32>,
}

impl Work {
    fn on(of: StepRef, wave: Option<u32>) -> Self {
        let StepRef { deployment, token, component } = of;
        Self { deployment, token, component, wave }
    }
}

impl From<DeployerInput> for Work {
    fn from(input: DeployerInput) -> Self {
        match input {
            DeployerInput::Deploy { of, wave } => Self::on(of, Some(wave)),
            DeployerInput::Restore(of) => Self::on(of, None),
        }
    }
}

impl From<PublisherInput> for Work {
    fn from(input: PublisherInput) -> Self {
        let PublisherInput::Publish { of, wave } = input;
        Self::on(of, Some(wave))
    }
}

/// One invocation for a step. It is begun once and handed on, so that everything it writes has the same fence.
pub struct StepInvocation<'w> {
    /// The input.
    pub work: &'w Work,
    /// The step, as it was read at the beginning.
    pub step: Stored<Step>,
    /// The fence of what the invocation writes.
    pub fence: Fence,
    /// The time at which it began.
    pub started: Time,
}

impl<'w> StepInvocation<'w> {
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
        let StepState::Settled(verdict) = state_of(&self.step.value, self.work)? else { return Ok(None) };
        self.fence.lock(ports).await?;
        Ok(Some(done(self.work, verdict)))
    }
}

/// Returns the answer of an invocation.
pub(crate) fn done(work: &Work, verdict: WorkTransition) -> WorkDone {
    WorkDone { component: work.component.clone(), verdict }
}

/// The state of a step for an invocation: done, or open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepState {
    /// Nothing is left: this was answered before, and the answer was lost.
    Settled(WorkTransition),
    /// Something is left.
    Open,
}

/// Returns where the step stands for this invocation. A forward invocation that comes late, after a newer wave or the
/// undo has begun, gets the fault `AttemptSuperseded`: it must not drive the target back to an older goal.
fn state_of(step: &Step, work: &Work) -> Result<StepState> {
    use StepStatus::{Changed, Failed, UndoFailed, Undoing, Undone};
    let Some(wave) = work.wave else {
        return Ok(match step.status {
            Undone => StepState::Settled(WorkTransition::Changed),
            _ => StepState::Open,
        });
    };
    match step.status {
        Undoing | Undone | UndoFailed => Err(late(step, "its undo has begun")),
        _ if step.wave.is_some_and(|last| wave < last) => Err(late(step, "a newer wave has begun")),
        Failed => Ok(StepState::Settled(WorkTransition::Failed)),
        Changed if step.wave == Some(wave) => Ok(StepState::Settled(WorkTransition::Changed)),
        _ => Ok(StepState::Open),
    }
}

fn late(step: &Step, why: &str) -> Fault {
    Fault::new(
        FaultName::AttemptSuperseded,
        format!(
            "component {} of deployment {}: {why}; this invocation came late and changed nothing",
            step.component, step.deployment
        ),
    )
}

/// The time that one invocation may take. A deployer's timeout is at most 60 s, and the last call that is begun must
/// fit in as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// No change and no waiting begins after this many milliseconds.
    pub work_ms: u64,
    /// The time that it waits for the target altogether, in milliseconds. The machine does any longer waiting.
    pub wait_ms: u64,
}

impl Default for Budget {
    fn default() -> Self {
        Self { work_ms: 45_000, wait_ms: 20_000 }
    }
}

/// The end of one invocation of a deployer.
pub enum InvocationEnd {
    /// The goal was seen.
    Reached {
        /// The state that was seen.
        seen: Recorded,
        /// The share of callers that a shift has moved, if it stands between two states.
        share: Option<u32>,
        /// The values that it gives to other components.
        outputs: BTreeMap<String, String>,
        /// The reason why nothing runs it, in words.
        idle: Option<String>,
    },
    /// Nothing had been changed, so there is nothing to undo.
    Untouched,
    /// The goal cannot be reached.
    Failed(Finding),
    /// It needs more time than one invocation has. The text says what it waits for.
    NotYet(Prose),
    /// The same, for a target that takes hours and is looked at rarely.
    TakesHours(Prose),
    /// It has made a part of the work, and needs another invocation for the rest, at once.
    More(String),
}

/// Returns whether asking again would not help. Faults about this invocation's right to act do not count.
pub(super) fn is_permanent(name: FaultName) -> bool {
    let about_us = matches!(name, FaultName::StaleToken | FaultName::AttemptSuperseded | FaultName::Conflict);
    !name.is_transient() && !about_us
}

#[cfg(test)]
mod tests {
    use super::*;
    use StepStatus::{Changed, Changing, Failed, Planned, UndoFailed, Undoing, Undone};
    use serde_json::json;

    fn standing(status: StepStatus, last: Option<u32>, wave: Option<u32>) -> Option<StepState> {
        let step = json!({
            "deployment": "1f0c2d9a4b5e6f70", "app": "shop", "environment": "prod",
            "component": "api", "kind": "lambda", "place": {}, "target": null, "before": null,
            "goals": {}, "attempt": 1, "status": status, "wave": last,
        });
        let step: Step = serde_json::from_value(step).unwrap();
        let work = Work { deployment: step.deployment.clone(), token: 1, component: step.component.clone(), wave };
        match state_of(&step, &work) {
            Ok(standing) => Some(standing),
            Err(fault) => {
                assert_eq!(fault.name, FaultName::AttemptSuperseded);
                None
            }
        }
    }

    #[test]
    fn what_an_invocation_finds() {
        use StepState::{Open, Settled};
        // The step's status and last wave, the wave that is asked for (the undo if none); nothing
        // where it comes too late.
        let table = [
            (Planned, None, Some(0), Some(Open)),
            (Changing, Some(0), Some(0), Some(Open)),
            (Changed, Some(0), Some(0), Some(Settled(WorkTransition::Changed))),
            (Changed, Some(0), Some(1), Some(Open)),
            (Changed, Some(2), Some(1), None),
            (Changing, Some(2), Some(1), None),
            (Failed, Some(1), Some(1), Some(Settled(WorkTransition::Failed))),
            (Failed, Some(1), Some(2), Some(Settled(WorkTransition::Failed))),
            (Failed, Some(1), Some(0), None),
            (Undoing, Some(0), Some(0), None),
            (Undone, Some(0), Some(1), None),
            (UndoFailed, Some(0), Some(0), None),
            (Undone, Some(0), None, Some(Settled(WorkTransition::Changed))),
            (UndoFailed, Some(0), None, Some(Open)),
            (Undoing, Some(0), None, Some(Open)),
            (Changed, Some(0), None, Some(Open)),
            (Planned, None, None, Some(Open)),
        ];
        for (status, last, wave, wanted) in table {
            let found = standing(status, last, wave);
            assert_eq!(found, wanted, "{status:?} {last:?} {wave:?}");
        }
    }

    #[test]
    fn only_what_would_not_help_to_ask_again_fails_a_step() {
        use FaultName::{
            AccessDenied, AttemptSuperseded, BadInput, Conflict, Internal, MoreToDo, NotFound, Refused, StaleToken,
            StillInProgress, TakesHours, TargetChangedByOther, Throttled, Unavailable,
        };
        let about_time = [StillInProgress, TakesHours, MoreToDo, Throttled, Unavailable];
        let about_us = [StaleToken, AttemptSuperseded, Conflict];
        assert_eq!(about_time.map(is_permanent), [false; 5]);
        assert_eq!(about_us.map(is_permanent), [false; 3]);
        let permanent = [AccessDenied, NotFound, TargetChangedByOther, Refused, BadInput, Internal];
        assert_eq!(permanent.map(is_permanent), [true; 6]);
    }
}
