//! Pure: what a step's record says about an invocation that asks to work on it.

use crate::payload::{Word, Work};
use crate::ports::Answered;
use windlass_domain::fault::{Fault, FaultName};
use windlass_domain::step::{Step, StepStatus};

/// Whether there is something left to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Nothing: this was answered before, and the answer was lost.
    Settled(Word),
    /// There is.
    Open,
}

/// Where the step stands for this invocation. A forward invocation that comes late, after a newer
/// wave or the undo has begun, gets the fault `AttemptSuperseded`: it must not drive the target
/// back to an older goal.
pub fn of(step: &Step, work: &Work) -> Answered<Standing> {
    use StepStatus::{Changed, Failed, UndoFailed, Undoing, Undone};
    let Some(wave) = work.wave else {
        return Ok(match step.status {
            Undone => Standing::Settled(Word::Changed),
            _ => Standing::Open,
        });
    };
    match step.status {
        Undoing | Undone | UndoFailed => Err(late(step, "its undo has begun")),
        _ if step.wave.is_some_and(|last| wave < last) => Err(late(step, "a newer wave has begun")),
        Failed => Ok(Standing::Settled(Word::Failed)),
        Changed if step.wave == Some(wave) => Ok(Standing::Settled(Word::Changed)),
        _ => Ok(Standing::Open),
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
