//! Drives one component towards a wanted state: forward to a wave's goal, or back to the state before. The only caller
//! of kinds.
//!
//! An invocation may be stopped between any two calls and begun again, beside itself, or by a recovery; see
//! `docs/SAFETY.md`. This module makes that safe. Each invocation claims the next attempt of the step on the condition
//! that the lock's token is still its own. A switching change is recorded as an open call, under the same condition,
//! before it is sent. The next invocation waits until no open call can take effect any more, and looks before it does
//! anything.

mod attempt;
mod clearing;
mod drive;
mod invocation;
mod out_of_band_changes;

use crate::kinds::{Built, Kind, KindVisitor};
use crate::payload::{WorkDone, WorkTransition};
use crate::ports::{Clock, DynamoDbApi, Result};
pub(crate) use attempt::Attempt;
use drive::Drive;
use invocation::is_permanent;
pub use invocation::{Budget, StepInvocation, Work};
pub(crate) use invocation::{InvocationEnd, done};
use windlass_domain::deployment::step::{Step, StepFailure, StepStatus};
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_domain::text::finding::{Finding, FindingName};

/// Drives the component of an invocation. `of` builds the kind of its step, as this invocation has claimed it.
///
/// Answers `changed` when the wanted state was seen, and `failed` when it cannot be reached (the step says why).
/// Faults: `StillInProgress` while it waits for others; `TakesHours` if that takes long; `MoreToDo` when it has made a
/// part and needs another invocation for the rest; `StaleToken`; `AttemptSuperseded`; the transient faults of AWS.
pub async fn converge<B, P>(
    ports: &P,
    of: impl AsyncFnOnce(&P, &Step) -> Result<B>,
    invocation: StepInvocation<'_>,
    budget: Budget,
) -> Result<WorkDone>
where
    B: Built,
    P: DynamoDbApi + Clock,
{
    if let Some(done) = invocation.settled(ports).await? {
        return Ok(done);
    }
    let work = invocation.work;
    let mut attempt = Attempt::claim(ports, invocation).await?;
    let step = &attempt.step.value;
    if work.wave.is_none() && !step.has_switched() && step.again.is_none() {
        let end = untouched(&mut attempt, of, work, budget).await;
        return finish(&mut attempt, work, end).await;
    }
    if let Some(failure) = found_by_the_undo_before(&attempt.step.value) {
        return finish(&mut attempt, work, Ok(InvocationEnd::Failed(failure))).await;
    }
    attempt.wait_out_open_call().await?;
    let end = match of(ports, &attempt.step.value).await {
        Ok(built) => {
            let towards = DriveVisitor { attempt: &mut attempt, wave: work.wave, budget };
            match built.with(towards).await {
                Ok(end) => clearing::clear(&built, &mut attempt, work, budget, end).await,
                failed => failed,
            }
        }
        Err(fault) => Err(fault),
    };
    finish(&mut attempt, work, end).await
}

/// Ends the undo of a component whose callers noticed nothing. What was published for it may go.
async fn untouched<B: Built, P: DynamoDbApi + Clock>(
    attempt: &mut Attempt<'_, P>,
    of: impl AsyncFnOnce(&P, &Step) -> Result<B>,
    work: &Work,
    budget: Budget,
) -> Result<InvocationEnd> {
    if !attempt.step.value.clears_back() {
        return Ok(InvocationEnd::Untouched);
    }
    attempt.wait_out_open_call().await?;
    match of(attempt.ports, &attempt.step.value).await {
        Ok(built) => clearing::clear(&built, attempt, work, budget, InvocationEnd::Untouched).await,
        Err(fault) if is_permanent(fault.name) && attempt.step.value.withdraws.is_empty() => {
            clearing::note(attempt, &fault);
            Ok(InvocationEnd::Untouched)
        }
        Err(fault) => Err(fault),
    }
}

/// Drives a kind towards a wave's goal, or back.
struct DriveVisitor<'r, 'a, P> {
    attempt: &'r mut Attempt<'a, P>,
    wave: Option<u32>,
    budget: Budget,
}

impl<P: DynamoDbApi + Clock> KindVisitor for DriveVisitor<'_, '_, P> {
    type Out = InvocationEnd;

    async fn visit<K: Kind>(self, kind: &K) -> Result<InvocationEnd> {
        let mut drive = Drive::new(self.attempt, kind, self.wave, self.budget)?;
        drive.run().await
    }
}

/// Returns somebody else's change of the target that an earlier try of the undo has found. The undo does not go back
/// over it by itself, not even where AWS has no condition. An operator's recovery has cleared it by then.
fn found_by_the_undo_before(step: &Step) -> Option<Finding> {
    match &step.undo_failure {
        Some(StepFailure::Finding(found)) if found.name == FindingName::TargetChangedByOther => Some(found.clone()),
        _ => None,
    }
}

/// Records how the invocation ended, and answers.
pub(crate) async fn finish(
    attempt: &mut Attempt<'_, impl DynamoDbApi + Clock>,
    work: &Work,
    end: Result<InvocationEnd>,
) -> Result<WorkDone> {
    match end {
        Ok(InvocationEnd::Reached { seen, share, outputs, idle }) => {
            let step = &mut attempt.step.value;
            seen.keep_in(step, share)?;
            step.outputs = outputs;
            step.idle = idle;
            settle(attempt, work, WorkTransition::Changed).await
        }
        Ok(InvocationEnd::Untouched) => settle(attempt, work, WorkTransition::Changed).await,
        Ok(InvocationEnd::Failed(finding)) => fail(attempt, work, StepFailure::Finding(finding)).await,
        Err(fault) if is_permanent(fault.name) => fail(attempt, work, StepFailure::Fault(fault)).await,
        Ok(InvocationEnd::NotYet(why)) => {
            attempt.save().await?;
            Err(Fault::of_wait(FaultName::StillInProgress, &why))
        }
        Ok(InvocationEnd::TakesHours(why)) => {
            attempt.save().await?;
            Err(Fault::of_wait(FaultName::TakesHours, &why))
        }
        Ok(InvocationEnd::More(why)) => {
            attempt.save().await?;
            Err(Fault::new(FaultName::MoreToDo, why))
        }
        Err(fault) => Err(fault),
    }
}

async fn fail(
    attempt: &mut Attempt<'_, impl DynamoDbApi + Clock>,
    work: &Work,
    failure: StepFailure,
) -> Result<WorkDone> {
    let step = &mut attempt.step.value;
    if work.wave.is_some() {
        step.failure = Some(failure.map(Finding::of_a_recorded_release));
    } else {
        step.undo_failure = Some(failure.map(Finding::of_an_undo));
    }
    settle(attempt, work, WorkTransition::Failed).await
}

async fn settle(
    attempt: &mut Attempt<'_, impl DynamoDbApi + Clock>,
    work: &Work,
    verdict: WorkTransition,
) -> Result<WorkDone> {
    let step = &mut attempt.step.value;
    step.status = match (work.wave, verdict) {
        (Some(_), WorkTransition::Changed) => StepStatus::Changed,
        (Some(_), _) => StepStatus::Failed,
        (None, WorkTransition::Changed) => StepStatus::Undone,
        (None, _) => StepStatus::UndoFailed,
    };
    step.wave = work.wave.or(step.wave);
    attempt.save().await?;
    Ok(done(work, verdict))
}
