//! `SettleUndo`: ends a deployment with `RolledBack` if everything was seen to be back, else with `NeedsOperator`; with
//! `Rejected` if it could not be planned.

use crate::conductor::answering::outcomes::{self, outcome};
use crate::conductor::answering::{add_line, end, final_answer, note_cost, reject};
use crate::conductor::environment::view::AdmissionView;
use crate::conductor::environment::{drills, hold_line, past};
use crate::conductor::request::Ports;
use crate::conductor::settling::undo::{as_the_machine_saw_it, unprepared};
use crate::conductor::settling::{self, fence_off_late_calls, make_due};
use crate::ledger::{self, Stored, commit, put_deployment, put_state, retry};
use crate::payload::{Answer, CallingExecution, EndTransition};
use crate::ports::{Result, Write};
use std::collections::BTreeSet;
use windlass_domain::deployment::admission::AdmissionFacts;
use windlass_domain::deployment::redeploy_input::redeploy_input;
use windlass_domain::deployment::step::{Step, StepFailure};
use windlass_domain::deployment::{Deployment, Why};
use windlass_domain::environment::{Failed, HeldState, Lock, ReleaseFate, Veto};
use windlass_domain::prose;
use windlass_domain::release::action::ActionName;
use windlass_domain::release::call::operators;
use windlass_domain::release::cause_name::CauseName;
use windlass_domain::release::ending::Ending;
use windlass_domain::shown::message::{Undone, undone};
use windlass_domain::text::digest::Digest;
use windlass_domain::text::finding::FindingName;
use windlass_domain::text::next_step::{NextStep, Redeploy};
use windlass_domain::text::prose::Prose;
use windlass_domain::text::time::Time;

/// Serves the state.
pub async fn settle_undo(ports: &impl Ports, by: &CallingExecution, error: &str) -> Result<Answer<EndTransition>> {
    let id = &by.deployment;
    retry(ports, "ending the undo", async || {
        let mut record = ledger::require(ports, &ledger::deployment(id)).await?;
        if let Some(answer) = final_answer(ports, &record.value).await? {
            return Ok(Some(answer));
        }
        let Some(mut lock) = fence_off_late_calls(ports, by, &record.value).await? else { return Ok(None) };
        let steps = ledger::load_all(ports, &ledger::steps(id)).await?;
        let unprepared = unprepared(ports, error, &record.value, &steps).await?;
        let ending = if let Some(finding) = unprepared {
            reject(&mut record, vec![finding], ports.now());
            let undone = outcomes::undone(ports, &record.value).await?;
            add_line(&mut record, undone);
            Ending::Rejected
        } else {
            if record.value.undoing.is_none() {
                record.value.undoing = Some(as_the_machine_saw_it(ports, id, error).await?);
            }
            let ending = ending(&steps);
            let view = AdmissionView::load(ports, &record.value).await?;
            let next = next(&record.value, &steps, ending, &view, ports.now());
            conclude(ports, &mut record, &steps, ending, next);
            ending
        };
        let mut state = ledger::load_or_default(ports, &ledger::state(record.value.environment_id())).await?;
        let hold = hold_line(&record.value, &state.value);
        add_line(&mut record, hold);
        note_cost(ports, &mut record.value, &steps).await;
        let mut writes = vec![put_deployment(&record)?, leave(&mut lock, &record.value, ending, ports.now())?];
        if ending != Ending::Rejected && is_vetoed(&record.value) {
            writes.extend(veto(ports, &record.value).await?);
        }
        if record.value.stopped {
            writes.extend(past(ports, &record.value, ReleaseFate::Stopped, ports.now()).await?);
        }
        writes.extend(make_due(ports, &record.value, &steps).await?);
        let snapshot = state.value.snapshot;
        writes.extend(drills::drill_deployment_ended(ports, &record.value, &steps, snapshot).await?);
        // A restore that needs an operator keeps the lock, so that nothing is restored meanwhile; it counts by its last
        // ending.
        if record.value.action == ActionName::Restore && ending != Ending::NeedsOperator {
            settling::restored(&record.value, &mut state.value);
            writes.push(put_state(&state, record.value.environment_id())?);
        }
        if record.value.action == ActionName::Withdraw {
            settling::withdrawn(&steps, &mut state.value, false);
            writes.push(put_state(&state, record.value.environment_id())?);
        }
        if !commit(ports, writes).await? {
            return Ok(None);
        }
        final_answer(ports, &record.value).await
    })
    .await
}

/// Returns the ending: `RolledBack` if no step may still have changed something.
fn ending(steps: &[Stored<Step>]) -> Ending {
    let mut steps = steps.iter();
    if steps.all(|step| !step.value.status.may_have_changed()) { Ending::RolledBack } else { Ending::NeedsOperator }
}

/// Frees the lock, or keeps it for the operator. In both cases an invocation that begins late may not go on.
fn leave(lock: &mut Stored<Lock>, record: &Deployment, ending: Ending, now: Time) -> Result<Write> {
    if ending != Ending::NeedsOperator {
        lock.value.free(now);
        lock.value.failed = failed(record);
        return lock.put();
    }
    lock.value.raise(now);
    if let Some(held) = &mut lock.value.held {
        held.state = HeldState::NeedsOperator;
    }
    lock.put_indexed(Some(ledger::held_index(record.environment_id())))
}

/// Returns the release that failed by itself; a fix of it goes first. `None` for a release that a person stopped: its
/// fix is there, or it needs none.
fn failed(record: &Deployment) -> Option<Failed> {
    let has_failed = record.action == ActionName::Deploy && !record.stopped;
    (has_failed && record.undoing.is_some()).then(|| Failed {
        deployment: record.id.clone(),
        order: record.order.clone(),
        components: record.parts(),
    })
}

/// Returns whether the release is vetoed (rule 8), whether or not it was brought back: it is vetoed if it is to blame.
/// A person's stop, or a failure of the target, says nothing of the release.
fn is_vetoed(record: &Deployment) -> bool {
    let is_to_blame = record.undoing.as_ref().is_some_and(Why::is_of_the_release);
    record.action == ActionName::Deploy && !record.stopped && is_to_blame
}

/// Puts a veto on the release that failed: on what the deployment brought, and on the release that this was one
/// component of. One that is there already stays, and is this failure's as well.
async fn veto(ports: &impl Ports, record: &Deployment) -> Result<Vec<Write>> {
    let mut writes = Vec::new();
    for release in record.digests() {
        let key = ledger::veto(record.environment_id(), release);
        let known = ledger::load(ports, &key).await?;
        let mut veto = known.unwrap_or_else(|| Stored::new(key, new_veto(record, release, ports.now())));
        if veto.value.by.is_empty() {
            veto.value.by.insert(veto.value.deployment.clone());
        }
        veto.value.by.insert(record.id.clone());
        writes.push(veto.put()?);
    }
    Ok(writes)
}

fn new_veto(record: &Deployment, release: &Digest, now: Time) -> Veto {
    Veto {
        release: release.clone(),
        version: record.release.version.clone(),
        deployment: record.id.clone(),
        by: BTreeSet::new(),
        since: now,
        cause: record.undoing.as_ref().map(|why| why.text.clone()).unwrap_or_default(),
    }
}

fn conclude(
    ports: &impl Ports,
    record: &mut Stored<Deployment>,
    steps: &[Stored<Step>],
    ending: Ending,
    next: Vec<Prose>,
) {
    let value = &record.value;
    let why = value.undoing.clone();
    let (name, why) = why.map_or((CauseName::Failed.to_string(), "it failed.".into()), |w| (w.name, w.text));
    let outcome = Undone { next, ..outcome(steps) };
    let cause = undone(value.environment_id(), &value.release.version, &why, &outcome);
    end(record, ending, &name, cause, Vec::new(), ports.now());
    add_line(record, settling::stays_withdrawn(steps));
    if let Some(ended) = &mut record.value.ending {
        ended.stays_reachable = steps.iter().flat_map(|step| &step.value.stays_reachable).cloned().collect();
    }
}

/// Says what to do next, as admission would let it in once the lock is free.
fn next(record: &Deployment, steps: &[Stored<Step>], ending: Ending, view: &AdmissionView, now: Time) -> Vec<Prose> {
    // If the undo of an irreversible step could not know whether the step had begun, a recovery can.
    let is_known = |step: &Stored<Step>| {
        step.value
            .undo_failure
            .as_ref()
            .is_some_and(|why| matches!(why, StepFailure::Finding(it) if it.name == FindingName::Irreversible))
    };
    if ending == Ending::NeedsOperator && steps.iter().any(is_known) {
        return vec![prose!(
            "the environment stays locked, with what is there; start {} to take that, then deploy a fix forward",
            operators(ActionName::Accept, record.environment_id())
        )];
    }
    if ending == Ending::NeedsOperator {
        return vec![prose!(
            "the environment stays locked; mend what is shown above, then start {}, or {} to take what is there",
            operators(ActionName::Recover, record.environment_id()),
            operators(ActionName::Accept, record.environment_id())
        )];
    }
    if record.action.is_to_a_snapshot() {
        return Vec::new();
    }
    let (waiting, free) = (view.who_waits(), Lock::default());
    let facts = AdmissionFacts { lock: &free, ..view.facts(record, &waiting) };
    if record.stopped {
        return vec![prose!(
            "release {} was stopped and not judged, so it is not vetoed; {}",
            &record.release.version,
            redeploy_input(record, &facts)
        )];
    }
    if !is_vetoed(record) {
        // If a person deployed it, it may have been replaced here before: its next arrival would be superseded.
        let send = if record.keyed.is_some() { "" } else { "send it again, or " };
        return vec![prose!(
            "mend what is shown above; this says nothing of release {}, which is not vetoed: {}{}",
            &record.release.version,
            send,
            redeploy_input(record, &facts)
        )];
    }
    let mut next = vec![
        format!("release {} is vetoed here", record.release.version).into(),
        "a fixed release may be deployed at once".into(),
    ];
    // What failed may name a cause beside the release, and ask for the same one again: that alone is refused.
    let mut asked = record.undoing.iter().flat_map(|why| why.text.steps());
    if asked.any(|step| *step == NextStep::Deploy(Redeploy::Again)) {
        let veto = new_veto(record, &record.release_digest, now);
        let facts = AdmissionFacts { veto: Some(&veto), ..facts };
        next.push(prose!("once what failed is mended, {} although it is vetoed", redeploy_input(record, &facts)));
    }
    next
}
