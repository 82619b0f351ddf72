//! One invocation's claim on a step, and its writes: the fence.

use super::invocation::StepInvocation;
use crate::ledger::{Fence, Stored, commit, retry};
use crate::ports::{Clock, DynamoDbApi, Result};
use serde_json::Value;
use windlass_domain::deployment::step::{ChangeRecord, OPEN_CALL_GRACE_S, OPEN_CALL_S, OpenCall, Step, StepStatus};
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_domain::text::time::Time;

/// An invocation's claim on a step.
pub struct Attempt<'a, P> {
    pub ports: &'a P,
    pub step: Stored<Step>,
    /// The fence of what it writes.
    pub fence: Fence,
    pub started: Time,
    /// The wave, if what was tried before it does not count: other components have touched the target since.
    behind: Option<u32>,
    /// The time until which the work is counted in `worked_ms`.
    counted: Time,
    /// True if the call that is open was never sent before.
    first_try: bool,
    /// The state before the call was recorded as open.
    former: Former,
}

/// The part of a step that is known of its target while no call is open.
#[derive(Default)]
struct Former {
    confirmed: Option<Value>,
    unanswered: Vec<Value>,
}

/// A switching change that is about to be sent.
pub struct SwitchingCall {
    /// The change as the ledger records it.
    pub change: Value,
    /// The change in words.
    pub what: String,
    /// The state of the target just before, as it was seen.
    pub seen: Value,
    /// The states that callers may get instead: the result of each change that was not answered, and of this one.
    pub unanswered: Vec<Value>,
    /// The number of seconds that it may take longer than usual.
    pub longer_s: u64,
}

/// A choice: a fenced write is refused if the lock's token is not ours any more.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fenced {
    Yes,
    No,
}

impl<'a, P: DynamoDbApi + Clock> Attempt<'a, P> {
    /// Claims the next attempt, in one transaction with the check of the lock's token. An undo is marked at once, so
    /// that a forward invocation that comes late finds it.
    pub async fn claim(ports: &'a P, invocation: StepInvocation<'_>) -> Result<Self> {
        let StepInvocation { work, step, fence, started } = invocation;
        let behind = work.wave.filter(|wave| step.value.behind == Some(*wave));
        let (first_try, former) = (true, Former::default());
        let mut attempt = Self { ports, fence, step, started, behind, counted: started, first_try, former };
        attempt.step.value.attempt += 1;
        attempt.step.value.invocations += 1;
        attempt.enter(work.wave);
        if work.wave.is_none() {
            attempt.take_as_it_is().await?;
            attempt.mark(None);
        }
        attempt.save().await?;
        Ok(attempt)
    }

    /// Notes when a wave begins. A late invocation of an earlier wave begins nothing. Where the target is looked at
    /// behind those that touch it, what is there then is nobody else's change.
    fn enter(&mut self, wave: Option<u32>) {
        let step = &mut self.step.value;
        let is_later = |wave: u32| step.entered.is_none_or(|(last, _)| wave > last);
        if let Some(wave) = wave.filter(|wave| is_later(*wave)) {
            step.entered = Some((wave, self.started));
            if self.behind.is_some() {
                step.take_as_touched();
            }
        }
    }

    /// Lets the undo change whatever is there, if it had begun before an operator asked for it again: the operator has
    /// looked. This is decided once under each token, so that any later change is somebody else's.
    async fn take_as_it_is(&mut self) -> Result<()> {
        let step = &mut self.step.value;
        let had_begun = matches!(step.status, StepStatus::Undoing | StepStatus::UndoFailed);
        let is_decided = step.undone_under.replace(self.fence.token) == Some(self.fence.token);
        if !is_decided {
            (step.refused, step.goes_over) = (0, false);
        }
        if !had_begun || is_decided {
            return Ok(());
        }
        let lock = self.fence.lock(self.ports).await?;
        if lock.value.held.is_some_and(|held| held.looked) {
            let step = &mut self.step.value;
            step.goes_over = true;
            step.confirmed = None;
            step.unanswered.clear();
            step.undo_failure = None;
        }
        Ok(())
    }

    /// Returns the milliseconds since the invocation began.
    pub fn elapsed_ms(&self) -> u64 {
        self.ports.now().ms_since(self.started)
    }

    /// Writes the step, on the condition that the attempt and the token are still ours.
    pub async fn save(&mut self) -> Result<()> {
        self.write(Fenced::Yes).await
    }

    /// Waits until a call that a former invocation left open cannot take effect any more.
    pub async fn wait_out_open_call(&mut self) -> Result<()> {
        let Some(open) = self.step.value.open.take() else { return Ok(()) };
        let until = open.not_after.plus_s(OPEN_CALL_GRACE_S);
        loop {
            let left = until.ms_since(self.ports.now());
            if left == 0 {
                return Ok(());
            }
            if self.elapsed_ms() > (OPEN_CALL_S + OPEN_CALL_GRACE_S) * 1000 {
                return Err(still_open(&open));
            }
            self.ports.sleep_ms(left.min(20_000)).await;
        }
    }

    /// Records that the target may change from now on, before each additive change towards `wave`, or back if there is
    /// none. It writes even if nothing is new: an invocation that was taken over while a call was slow must not make
    /// another change, not even one that callers do not notice.
    pub async fn begin(&mut self, wave: Option<u32>) -> Result<()> {
        self.mark(wave);
        self.save().await
    }

    fn mark(&mut self, wave: Option<u32>) {
        let step = &mut self.step.value;
        step.status = match wave {
            Some(_) => StepStatus::Changing,
            None => StepStatus::Undoing,
        };
        step.wave = wave.or(step.wave);
    }

    /// Records a switching change as an open call before it is sent. Returns the time after which no send may start.
    pub async fn open(&mut self, call: SwitchingCall, wave: Option<u32>) -> Result<Time> {
        let open_s = OPEN_CALL_S + call.longer_s;
        self.mark(wave);
        let now = self.ports.now();
        let not_after = now.plus_s(open_s);
        self.record(&call, wave, now);
        let step = &mut self.step.value;
        step.seen = Some(call.seen);
        self.former = Former {
            confirmed: step.confirmed.take(),
            unanswered: std::mem::replace(&mut step.unanswered, call.unanswered),
        };
        self.step.value.open = Some(OpenCall { what: call.what, not_after });
        self.save().await?;
        Ok(not_after)
    }

    fn record(&mut self, call: &SwitchingCall, wave: Option<u32>, at: Time) {
        let undo = wave.is_none();
        self.first_try = self.tried(&call.change, undo).is_none();
        if let Some(tried) = self.tried_mut(&call.change, undo) {
            tried.at = at;
            tried.answered_at = None;
            tried.wave = wave;
            return;
        }
        let intent = self.intent(at, (call.change.clone(), call.what.clone()), wave);
        self.step.value.changes.push(ChangeRecord { switching: true, ..intent });
    }

    /// Makes the record of a change that is sent next and that callers do not notice: the change, and its text.
    pub fn intent(&self, at: Time, (change, what): (Value, String), wave: Option<u32>) -> ChangeRecord {
        ChangeRecord {
            at,
            change,
            what,
            made: None,
            answered: false,
            answered_at: None,
            wave,
            undo: wave.is_none(),
            switching: false,
            token: self.fence.token,
        }
    }

    /// Closes the open call after its answer. `confirmed` is what callers get now, and `made` the name that AWS gave to
    /// what was made. The write is not fenced by the lock, because the answer has come whoever holds the lock.
    pub async fn close(
        &mut self,
        (change, made): (&Value, Option<String>),
        undo: bool,
        confirmed: Option<Value>,
    ) -> Result<()> {
        let step = &mut self.step.value;
        step.open = None;
        step.refused = 0;
        step.confirmed = confirmed;
        step.unanswered.clear();
        let now = self.ports.now();
        if let Some(tried) = self.tried_mut(change, undo) {
            tried.answered = true;
            tried.answered_at = Some(now);
            tried.made = made.or(tried.made.take());
        }
        self.write(Fenced::No).await
    }

    /// Closes the open call that AWS refused. The change was not made, unless an earlier try made it.
    pub async fn close_refused(&mut self, change: &Value, undo: bool) -> Result<()> {
        self.step.value.open = None;
        if self.first_try {
            self.forget(change, undo);
            let step = &mut self.step.value;
            let former = std::mem::take(&mut self.former);
            (step.confirmed, step.unanswered) = (former.confirmed, former.unanswered);
        }
        self.write(Fenced::No).await
    }

    /// Returns the record of the same switching change, if it was tried in this direction under this token.
    pub fn tried(&self, change: &Value, undo: bool) -> Option<&ChangeRecord> {
        let way = self.way(undo);
        let same = |record: &&ChangeRecord| is_same(record, change, way);
        self.step.value.changes.iter().rfind(same)
    }

    fn tried_mut(&mut self, change: &Value, undo: bool) -> Option<&mut ChangeRecord> {
        let way = self.way(undo);
        let mut changes = self.step.value.changes.iter_mut().rev();
        changes.find(|record| is_same(record, change, way))
    }

    /// Returns the direction, the token, and the wave whose records alone count, if it is one.
    const fn way(&self, undo: bool) -> (bool, u64, Option<u32>) {
        (undo, self.fence.token, self.behind)
    }

    /// Removes the record of a switching change that is known not to be in place now.
    pub fn forget(&mut self, change: &Value, undo: bool) {
        let way = self.way(undo);
        let changes = &mut self.step.value.changes;
        if let Some(at) = changes.iter().rposition(|record| is_same(record, change, way)) {
            changes.remove(at);
        }
    }

    /// Returns the last switching change that was sent in this direction under this token.
    pub fn last_sent(&self, undo: bool) -> Option<&ChangeRecord> {
        let way = self.way(undo);
        let mut changes = self.step.value.changes.iter();
        changes.rfind(|change| change.switching && is_of(change, way))
    }

    /// Returns the last switching change whose answer did not come.
    pub fn last_unanswered(&self) -> Option<&ChangeRecord> {
        let mut changes = self.step.value.changes.iter();
        changes.rfind(|change| change.switching && !change.answered)
    }

    /// Notes an additive change that was made: the change, its text, and the name that AWS gave to what was made. It is
    /// written with the next write of the step.
    pub fn note_additive(&mut self, (change, what, made): (Value, String, Option<String>), wave: Option<u32>) {
        let intent = self.intent(self.ports.now(), (change, what), wave);
        self.step.value.changes.push(ChangeRecord { made, answered: true, ..intent });
    }

    /// Returns whether this deployment changed anything that callers can notice.
    pub fn has_switched(&self) -> bool {
        self.step.value.has_switched()
    }

    async fn write(&mut self, fenced: Fenced) -> Result<()> {
        self.count_work();
        let ports = self.ports;
        retry(ports, "recording the step", async || {
            let mut writes = vec![self.step.put()?];
            if fenced == Fenced::Yes {
                writes.push(self.fence.check());
            }
            if commit(ports, writes).await? {
                self.step.rev += 1;
                return Ok(Some(()));
            }
            self.explain(fenced).await?;
            Ok(None)
        })
        .await
    }

    fn count_work(&mut self) {
        let now = self.ports.now();
        self.step.value.worked_ms += now.ms_since(self.counted);
        self.counted = now;
    }

    /// Finds out why a write was refused. No fault if another transaction was in the way.
    async fn explain(&self, fenced: Fenced) -> Result<()> {
        if fenced == Fenced::Yes {
            self.fence.lock(self.ports).await?;
        }
        let found = self.ports.get(&self.step.key).await?;
        if found.is_some_and(|item| item.rev == self.step.rev) {
            return Ok(());
        }
        Err(Fault::new(
            FaultName::AttemptSuperseded,
            format!(
                "attempt {} of component {} was superseded by a newer one; it changes nothing any more",
                self.step.value.attempt, self.step.value.component
            ),
        ))
    }
}

/// Returns whether this is a record of that way.
fn is_of(record: &ChangeRecord, (undo, token, behind): (bool, u64, Option<u32>)) -> bool {
    record.undo == undo && record.token == token && behind.is_none_or(|wave| record.wave == Some(wave))
}

/// Returns whether this is the record of that switching change, compared by its value.
fn is_same(record: &ChangeRecord, change: &Value, way: (bool, u64, Option<u32>)) -> bool {
    record.switching && is_of(record, way) && record.change == *change
}

fn still_open(open: &OpenCall) -> Fault {
    Fault::new(
        FaultName::StillInProgress,
        format!("`{}` may still take effect until {} plus {OPEN_CALL_GRACE_S} s", open.what, open.not_after),
    )
}
