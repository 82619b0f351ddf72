//! The end of a deployment that holds the lock: settled, undone, or left to an operator, who may accept what is there.
//! Every ending fences off late calls first, and notes what a restore or a withdrawal leaves in the environment's
//! state.

pub mod accept;
pub mod settle;
pub mod settle_undo;
pub mod snapshots;
pub mod undo;

use crate::conductor::request::Ports;
use crate::ledger::{self, Fence, Stored, commit};
use crate::payload::CallingExecution;
use crate::ports::{Result, Write};
use windlass_domain::deployment::Deployment;
use windlass_domain::deployment::second_look::SecondLook;
use windlass_domain::deployment::step::Step;
use windlass_domain::environment::kept::Restored;
use windlass_domain::environment::{EnvironmentState, Lock};
use windlass_domain::release::action::ActionName;
use windlass_domain::release::ending::Ending;
use windlass_domain::release::withdrawal::{self, WithdrawnFiles};
use windlass_domain::text::name::ComponentName;

/// Raises the lock's token and returns the lock. `None` if something was written in between.
///
/// The steps are read after this, and what they say holds until the ending is written, however many they are. A
/// deployer claims its step, records each call and what it saw in transactions that check the token; so a late
/// invocation that still had the right token is refused from now on. Only one write does without the token: the closing
/// of a call that was open. It leaves a step's status as it is. The transaction of the ending cannot check each step
/// instead, because that would need more than the 100 items that DynamoDB takes in one transaction.
///
/// The lock stays this execution's, because one that takes over puts its own name there. Asked again after its answer
/// was lost, it knows the lock by that.
/// Faults: `StaleToken` where another execution has taken over.
pub async fn fence_off_late_calls(
    ports: &impl Ports,
    by: &CallingExecution,
    record: &Deployment,
) -> Result<Option<Stored<Lock>>> {
    let of = record.environment_id();
    let mut lock = ledger::load_or_default(ports, &ledger::lock(of)).await?;
    let is_ours = lock.value.held_by(&record.id, &by.execution.arn).is_some();
    if is_ours && lock.value.token > by.token {
        return Ok(Some(lock));
    }
    Fence::new(of, &record.id, by.token).passes(&lock.value)?;
    lock.value.raise(ports.now());
    let write = lock.put_indexed(Some(ledger::held_index(of)))?;
    lock.rev += 1;
    Ok(commit(ports, vec![write]).await?.then_some(lock))
}

/// Notes in the state that a restore of Windlass's own has ended, so that it counts. A restore that found nothing to do,
/// or that somebody stopped, does not count.
pub fn restored(record: &Deployment, state: &mut EnvironmentState) {
    let Some(ended) = &record.ending else { return };
    let is_nothing = ended.ending == Ending::NothingToDo || record.stopped;
    if record.action != ActionName::Restore || record.by_person || is_nothing {
        return;
    }
    let restored = Restored {
        deployment: record.id.clone(),
        at: ended.at,
        components: record.components().cloned().collect(),
        refused: ended.ending == Ending::Rejected,
    };
    restored.note(&mut state.restored);
}

/// Notes the files that the steps have withdrawn. Of a withdrawal that was not brought to its end those of which it has
/// begun to delete any: `is_done` says which it is.
pub fn withdrawn(steps: &[Stored<Step>], state: &mut EnvironmentState, is_done: bool) {
    let steps = steps.iter().map(|step| &step.value);
    let withdraws = |step: &&Step| !step.withdraws.is_empty();
    for step in steps.filter(withdraws).filter(|step| is_done || !step.changes.is_empty()) {
        let known = state.withdrawn.entry(step.component.clone()).or_default();
        known.extend(step.withdraws.iter().cloned());
    }
}

/// Says which files stay withdrawn although their withdrawal was not brought to its end.
pub fn stays_withdrawn(steps: &[Stored<Step>]) -> Option<String> {
    let begun = steps.iter().map(|step| &step.value).filter(|step| !step.changes.is_empty());
    let files: WithdrawnFiles = begun.flat_map(|step| step.withdraws.iter().cloned()).collect();
    (!files.is_empty()).then(|| withdrawal::stay_away(&files))
}

/// Says what a withdrawal has taken away.
pub fn withdrawal_done(record: &Deployment, steps: &[&Step]) -> String {
    let (components, files): (Vec<&ComponentName>, Vec<&WithdrawnFiles>) =
        steps.iter().map(|step| (&step.component, &step.withdraws)).unzip();
    let component = components.first().map_or("", |name| name.as_str());
    let files = files.into_iter().flatten().cloned().collect();
    withdrawal::done(record.environment_id(), component, &files)
}

/// The write that makes the second look due, in the transaction of a recovery's ending; `None` where
/// none is due. The reconciler makes it ([`crate::recovery`]).
pub async fn make_due(ports: &impl Ports, record: &Deployment, steps: &[Stored<Step>]) -> Result<Option<Write>> {
    let Some(due) = SecondLook::after(record, steps.iter().map(|step| &step.value)) else { return Ok(None) };
    let due = ledger::replacing(ports, ledger::second_look(&record.id), due).await?;
    ledger::put_look(&due).map(Some)
}
