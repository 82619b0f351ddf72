//! Takes away what an undone deployment has brought newly and that nobody can ask for, and what an operator withdraws
//! ([`Kind::leftovers`]).
//!
//! No goal asks for it, and no undo brings it back, so it is no switching change. But a deletion that is late could
//! meet what a later deployment has brought to the same place. So it is recorded as an open call as well, and whoever
//! comes next waits.

use super::attempt::Attempt;
use super::drive::SEND_S;
use crate::converge::invocation::{Budget, InvocationEnd, Work, is_permanent};
use crate::kinds::{Built, Kind, KindVisitor, Leftover, Leftovers, Switched, from_value};
use crate::ports::{Clock, DynamoDbApi, Result};
use serde_json::{Value, json};
use windlass_domain::deployment::step::{OPEN_CALL_S, OpenCall};
use windlass_domain::prose;
use windlass_domain::text::count::count;
use windlass_domain::text::digest::Digest;
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_domain::text::time::Time;

/// The most files that one call deletes: they are deleted within the time of an open call.
const BATCH: usize = 256;

/// Takes it away once the way came to its `end`. What an undo cannot take away is a warning: everything that callers
/// notice is back. A withdrawal fails.
pub(super) async fn clear<B: Built>(
    built: &B,
    attempt: &mut Attempt<'_, impl DynamoDbApi + Clock>,
    work: &Work,
    budget: Budget,
    end: InvocationEnd,
) -> Result<InvocationEnd> {
    let is_there = matches!(end, InvocationEnd::Reached { .. } | InvocationEnd::Untouched);
    let step = &attempt.step.value;
    let is_due = match work.wave {
        None => step.clears_back(),
        Some(_) => !step.withdraws.is_empty(),
    };
    if !is_there || !is_due {
        return Ok(end);
    }
    let clearing = Clearing { attempt, budget, wave: work.wave };
    Ok(built.with(clearing).await?.unwrap_or(end))
}

/// Notes a fault that leaves the files where they are.
pub(super) fn note(attempt: &mut Attempt<'_, impl DynamoDbApi + Clock>, fault: &Fault) {
    let warning =
        format!("what the undone release brought, and nothing names, could not be taken away: {}", fault.message);
    let warnings = &mut attempt.step.value.warnings;
    if !warnings.contains(&warning) {
        warnings.push(warning);
    }
}

struct Clearing<'r, 'a, P> {
    attempt: &'r mut Attempt<'a, P>,
    budget: Budget,
    wave: Option<u32>,
}

impl<P: DynamoDbApi + Clock> KindVisitor for Clearing<'_, '_, P> {
    type Out = Option<InvocationEnd>;

    async fn visit<K: Kind>(mut self, kind: &K) -> Result<Option<InvocationEnd>> {
        let step = &self.attempt.step.value;
        let target: K::Target = from_value("target", &step.target)?;
        let is_back = self.wave.is_none();
        if is_back && !step.has_switched() {
            match kind.let_go(&target).await {
                Err(fault) if self.is_forgiven(&fault) => note(self.attempt, &fault),
                gone => gone?,
            }
        }
        let step = &self.attempt.step.value;
        match kind.leftovers(&target, step, is_back).await {
            Ok(left) => self.all(kind, &target, left).await,
            Err(fault) if self.is_forgiven(&fault) => {
                note(self.attempt, &fault);
                Ok(None)
            }
            Err(fault) => Err(fault),
        }
    }
}

impl<P: DynamoDbApi + Clock> Clearing<'_, '_, P> {
    /// Returns whether an undo may leave behind what this fault keeps there.
    fn is_forgiven(&self, fault: &Fault) -> bool {
        is_permanent(fault.name) && self.attempt.step.value.withdraws.is_empty()
    }

    /// Deletes batch by batch. Returns an end where another invocation must go on.
    async fn all<K: Kind>(&mut self, kind: &K, target: &K::Target, left: Leftovers) -> Result<Option<InvocationEnd>> {
        self.attempt.step.value.stays_reachable = left.stays;
        for files in left.goes.chunks(BATCH) {
            if self.attempt.elapsed_ms() >= self.budget.work_ms {
                let why = "there was no time left to take away what nothing names";
                return Ok(Some(InvocationEnd::More(why.to_owned())));
            }
            let change = change(files);
            let not_after = self.open(&change, files, left.which).await?;
            if self.attempt.ports.now().plus_s(SEND_S) > not_after {
                self.close(&change).await?;
                return Ok(Some(InvocationEnd::NotYet("it was not sent in time".into())));
            }
            match kind.clear(target, files).await {
                Ok(()) => self.close(&change).await?,
                Err(fault) if fault.name == FaultName::Unavailable => {
                    let why = "the answer to a deletion was lost";
                    return Ok(Some(InvocationEnd::NotYet(why.into())));
                }
                Err(fault) => {
                    self.close(&change).await?;
                    if !self.is_forgiven(&fault) {
                        return Err(fault);
                    }
                    note(self.attempt, &fault);
                    break;
                }
            }
        }
        self.proved(kind, target).await
    }

    /// Ends a withdrawal only when callers do not get any more what was withdrawn. Returns an end where they may.
    async fn proved<K: Kind>(&mut self, kind: &K, target: &K::Target) -> Result<Option<InvocationEnd>> {
        let step = &self.attempt.step.value;
        // Who stops a withdrawal waits for no proof. One that has failed is proved, or needs an operator.
        let is_stopped = self.wave.is_none() && step.failure.is_none();
        if step.withdraws.is_empty() || is_stopped {
            return Ok(None);
        }
        let mut sent = step.changes.iter().rev();
        let sent = sent.find(|change| change.change.get("clear").is_some());
        let since = Switched {
            at: sent.map_or(self.attempt.started, |change| change.at),
            token: format!("{}-withdraw-{}", step.deployment, self.attempt.fence.token),
        };
        let found = match kind.prove_gone(target, &since).await {
            Err(fault) if fault.name == FaultName::StillInProgress => {
                // Whoever watches sees what it waits for.
                let step = &mut self.attempt.step.value;
                step.waits_for = Some(prose!("what is withdrawn is deleted; {}", &fault.message));
                return Ok(Some(InvocationEnd::NotYet(fault.message.into())));
            }
            found => found?,
        };
        self.attempt.step.value.waits_for = None;
        Ok(found.map(InvocationEnd::Failed))
    }

    /// Records the call before it is sent, and returns the time after which it may not be sent.
    async fn open(&mut self, change: &Value, files: &[Leftover], which: &str) -> Result<Time> {
        let attempt = &mut *self.attempt;
        let at = attempt.ports.now();
        let not_after = at.plus_s(OPEN_CALL_S);
        let first = files.first().map_or("", |file| file.key.as_str());
        let what = format!("delete {} {which}, first `{first}`", count(files.len(), "file"));
        let intent = attempt.intent(at, (change.clone(), what.clone()), self.wave);
        let step = &mut attempt.step.value;
        step.open = Some(OpenCall { what, not_after });
        step.changes.retain(|known| known.answered || known.change != *change);
        step.changes.push(intent);
        attempt.save().await?;
        Ok(not_after)
    }

    /// Closes the call after its answer.
    async fn close(&mut self, change: &Value) -> Result<()> {
        let step = &mut self.attempt.step.value;
        step.open = None;
        let mut changes = step.changes.iter_mut().rev();
        if let Some(sent) = changes.find(|known| known.change == *change) {
            sent.answered = true;
        }
        self.attempt.save().await
    }
}

/// Returns the deletion as the ledger records it: a digest of the objects.
fn change(files: &[Leftover]) -> Value {
    let mut text = String::new();
    for file in files {
        text.extend([&file.key, "\0", &file.etag, "\0"]);
    }
    json!({"clear": Digest::of(text.as_bytes())})
}
