//! Decides from a step's record, without any call, what an invocation that asks to work on it has to do.

use super::Work;
use crate::payload::WorkTransition;
use crate::ports::Result;
use windlass_domain::fault::{Fault, FaultName};
use windlass_domain::step::{Step, StepStatus};

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
pub fn of(step: &Step, work: &Work) -> Result<StepState> {
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
        match of(&step, &work) {
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
}
