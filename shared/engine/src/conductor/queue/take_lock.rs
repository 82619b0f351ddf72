//! Taking the lock or a place in the queue, or ending a deployment that gets neither.

use crate::conductor::answering::release_status::known;
use crate::conductor::answering::{add_line, end, final_answer, note_cost, outcomes, reject};
use crate::conductor::environment::view::{AdmissionView, is_operator};
use crate::conductor::environment::{drills, hold_line};
use crate::conductor::queue::approval;
use crate::conductor::request::Ports;
use crate::ledger::{self, Stored, commit, put_deployment, put_state};
use crate::payload::{AdmitTransition, Answer, EndTransition, ExecutionRef};
use crate::ports::{Clock, Result, Write};
use windlass_domain::access::FileVersions;
use windlass_domain::deployment::admission::{Candidate, Replaced, Supersession};
use windlass_domain::deployment::{Deployment, Status, heal};
use windlass_domain::environment::{HeldState, LockHolder, Waiting};
use windlass_domain::release::ending::{Ending, NothingDone};
use windlass_domain::shown::release_status;
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_domain::text::time::Time;

pub(super) async fn take(
    ports: &impl Ports,
    execution: &ExecutionRef,
    view: &AdmissionView,
    mut record: Stored<Deployment>,
) -> Result<Option<Answer<AdmitTransition>>> {
    let now = ports.now();
    let mut lock = view.lock.clone();
    lock.value.raise(now);
    lock.value.failed = None;
    lock.value.held = Some(LockHolder {
        deployment: record.value.id.clone(),
        action: record.value.action,
        execution: execution.arn.clone(),
        since: now,
        state: HeldState::Running,
        looked: false,
    });
    record.value.started = Some(now);
    record.value.status = Status::Running;
    let held = ledger::held_index(record.value.environment_id());
    let mut writes = vec![lock.put_indexed(Some(held))?, put_deployment(&record)?, view.state.check()];
    writes.extend(view.leave_queue(&record.value));
    writes.extend(drills::noted(&view.drills, &record.value)?);
    Ok(commit(ports, writes).await?.then(|| Answer::of(AdmitTransition::Go, &record.value.id, lock.value.token)))
}

/// Gives it a place in the queue, where it waits for others, or for a moment (`until`). One that has its place already
/// keeps it, and ends once its time is over. The day for which it waits for others begins when no moment is waited for
/// any more.
pub(super) async fn queue(
    ports: &impl Ports,
    view: &AdmissionView,
    mut record: Stored<Deployment>,
    word: AdmitTransition,
    until: Option<Time>,
) -> Result<Option<Answer<AdmitTransition>>> {
    let answer = Answer::of(word, &record.value.id, 0);
    let mut planned = None;
    if word == AdmitTransition::Draw {
        planned = approval::to_draw(ports, &record.value, false).await?;
    }
    let mut waiting = place(ports, &record.value, until);
    if let Some(known) = view.waiting_of(&record.value) {
        let (asks, until) = (waiting.value.asks, waiting.value.until);
        let is_same = (known.value.asks, known.value.until) == (asks, until) && planned.is_none();
        let since = waiting.value.since;
        waiting = known.clone();
        if until.is_none() && known.value.until.is_some() {
            // The time for which it waits for others begins now.
            waiting.value.since = since;
        }
        (waiting.value.asks, waiting.value.until) = (asks, until);
        if waiting.value.is_too_long(record.value.waits_until(), ports.now()) {
            let refused = TurnOutcome::Refused(vec![waited_too_long(&record.value, view)]);
            return finish(ports, view, record, refused).await;
        }
        // It waited already when the deployment came that it stops.
        if is_same && word != AdmitTransition::Preempt {
            return Ok(Some(answer));
        }
    }
    let index = ledger::waiting_index(record.value.environment_id(), &record.value.id);
    record.value.status = Status::Waiting;
    record.value.waited = true;
    let mut writes = vec![waiting.put_indexed(Some(index))?, put_deployment(&record)?, view.lock.check()];
    writes.extend(planned);
    Ok(commit(ports, writes).await?.then_some(answer))
}

fn waited_too_long(record: &Deployment, view: &AdmissionView) -> Finding {
    let owner = view.lock.value.held.as_ref().map_or_else(
        || "nobody holds the lock now".to_owned(),
        |held| format!("deployment {} holds the lock since {}", held.deployment, held.since),
    );
    Finding::new(
        FindingName::WaitedTooLong,
        format!("environments.{}", record.environment),
        format!("it waited too long for its turn; {owner}."),
        "See why the other deployment takes so long, then ask again.",
    )
}

/// Returns the place in the queue of a deployment that begins to wait, for others, for its approval or for a moment.
pub(super) fn place(ports: &impl Clock, record: &Deployment, until: Option<Time>) -> Stored<Waiting> {
    let (of, id) = (record.environment_id(), &record.id);
    let approval = record.approval.as_ref().filter(|approval| !approval.goes);
    Stored::new(
        ledger::waiting(of, id),
        Waiting {
            deployment: id.clone(),
            components: record.release.parts().collect(),
            order: record.order.clone(),
            operator: is_operator(record.action),
            first: Candidate::of(record).goes_first() && !is_operator(record.action),
            through_hold: record.through_hold,
            asks: approval.is_some(),
            since: ports.now(),
            until: approval.map(|approval| approval.until).or(until),
            ruled_by: FileVersions::default(),
            task_token: None,
            former_task_tokens: Vec::new(),
        },
    )
}

pub(super) enum TurnOutcome {
    Refused(Vec<Finding>),
    Superseded(Replaced),
    /// The undo of the deployment that a rollback stopped has reached the rollback's goal.
    Undone(String),
    /// The restore is not to be made now, for this reason.
    NotRestored(String),
    /// The components were restored too often: automatic deployments are held, for this reason.
    Held(String),
}

pub(super) async fn finish(
    ports: &impl Ports,
    view: &AdmissionView,
    mut record: Stored<Deployment>,
    outcome: TurnOutcome,
) -> Result<Option<Answer<AdmitTransition>>> {
    let now = ports.now();
    let mut superseded_by = None;
    let is_held = matches!(outcome, TurnOutcome::Held(_));
    match outcome {
        TurnOutcome::Refused(findings) => {
            reject(&mut record, findings, now);
        }
        TurnOutcome::Superseded(by) => {
            let state = &view.state.value;
            let known = known(ports, &record.value, state, Some(&by.by)).await?;
            let waiting = view.who_waits();
            let facts = view.facts(&record.value, &waiting);
            let cause = match record.value.drill {
                Some(_) => release_status::drill_overtaken(&record.value, &by).into(),
                None => release_status::superseded(&record.value, &by, &facts, &known),
            };
            end(&mut record, Ending::NothingToDo, NothingDone::Superseded.name(), cause, Vec::new(), now);
            superseded_by = Some(by).filter(|by| by.how == Supersession::Waits);
        }
        TurnOutcome::Undone(undone) => {
            let cause = outcomes::as_found(&record.value, &undone);
            end(&mut record, Ending::Succeeded, "", cause, Vec::new(), now);
        }
        TurnOutcome::NotRestored(why) => {
            let cause = heal::not_restored(&record.value, &why);
            end(&mut record, Ending::NothingToDo, heal::NOT_RESTORED, cause, Vec::new(), now);
        }
        TurnOutcome::Held(why) => {
            let cause = heal::held(&record.value, &why);
            end(&mut record, Ending::NothingToDo, heal::KEEPS_DRIFTING, cause, Vec::new(), now);
        }
    }
    let state = if is_held { put_state(&view.state, record.value.environment_id())? } else { view.state.check() };
    // The deployment that brings a newer release still waits with it.
    let by = superseded_by.and_then(|by| view.waiting_as(&by.by));
    let by = by.map(Stored::check);
    let ended = write_ending(ports, view, record, by.into_iter().chain([state])).await?;
    Ok(ended.map(Answer::widened))
}

/// Writes the ending of a deployment that got no turn, with what must hold beside the lock, and takes it out of the
/// queue.
pub(super) async fn write_ending(
    ports: &impl Ports,
    view: &AdmissionView,
    mut record: Stored<Deployment>,
    also: impl IntoIterator<Item = Write>,
) -> Result<Option<Answer<EndTransition>>> {
    let (hold, snapshot) = (hold_line(&record.value, &view.state.value), view.state.value.snapshot);
    add_line(&mut record, hold);
    note_cost(ports, &mut record.value, &[]).await;
    let mut writes = vec![put_deployment(&record)?, view.lock.check()];
    writes.extend(also);
    writes.extend(view.leave_queue(&record.value));
    writes.extend(drills::drill_deployment_ended(ports, &record.value, &[], snapshot).await?);
    if !commit(ports, writes).await? {
        return Ok(None);
    }
    final_answer(ports, &record.value).await
}
