//! Takes the lock, or a place in the queue: at the arrival, and again at every wake-up.

use super::answer::plain;
use super::commit::{TRIES, commit, contended, pause};
use super::cost::note_cost;
use super::ending::{add_line, end, put, put_state, reject, told};
use super::hold::told_of_hold;
use super::since::known;
use super::view::{View, is_operator};
use super::{Ports, drill, restore, rollback, went_back};
use crate::log;
use crate::payload::{Answer, ExecutionRef, Word};
use crate::ports::{Answered, Write};
use crate::store::{self, Stored};
use windlass_domain::admission::{Candidate, Decision, How, Replaced};
use windlass_domain::deployment::{Deployment, Status};
use windlass_domain::ending::Ending;
use windlass_domain::environment::{Held, HeldState, Waiting};
use windlass_domain::finding::Finding;
use windlass_domain::heal;
use windlass_domain::identity::{DeploymentId, EnvironmentId};
use windlass_domain::request::ActionName;
use windlass_domain::since;

/// Decides whether the deployment goes, waits or ends, and writes that.
pub async fn turn(
    ports: &impl Ports,
    execution: &ExecutionRef,
    id: &DeploymentId,
) -> Answered<Answer> {
    log::name_deployment(id);
    for tried in 0..TRIES {
        let record = store::require(ports, &store::deployment(id)).await?;
        if let Some(answer) = told(ports, &record.value).await? {
            return Ok(answer);
        }
        if let Some(answer) = once(ports, execution, record).await? {
            return Ok(answer);
        }
        pause(ports, tried).await;
    }
    Err(contended("taking the lock"))
}

/// One try; `None` when something was written in between.
async fn once(
    ports: &impl Ports,
    execution: &ExecutionRef,
    mut record: Stored<Deployment>,
) -> Answered<Option<Answer>> {
    let mut view = View::load(ports, &record.value).await?;
    if let Some(answer) = holds_already(&view, execution, &record.value) {
        return Ok(Some(answer));
    }
    view.not_taken_over(&record.value)?;
    if record.value.action == ActionName::Restore {
        return restore::go(ports, execution, &mut view, record).await;
    }
    match view.decide(&record.value) {
        Decision::Reject(findings) => {
            finish(ports, &view, record, Outcome::Refused(findings)).await
        }
        Decision::Superseded(by) => finish(ports, &view, record, Outcome::Superseded(by)).await,
        Decision::Wait => queue(ports, &view, record, Word::Wait).await,
        Decision::Preempt(held) => {
            if is_operator(record.value.action) {
                let barred = rollback::goes_nowhere(ports, &view, &record.value).await?;
                if !barred.is_empty() {
                    return finish(ports, &view, record, Outcome::Refused(barred)).await;
                }
                record.value.snapshot = record.value.snapshot.or(view.present());
            }
            record.value.stops = Some(held.deployment);
            queue(ports, &view, record, Word::Preempt).await
        }
        Decision::Take => {
            if record.value.of_drill() == Some(&record.value.id) {
                match drill::choose(ports, &mut view, &record.value).await? {
                    Ok(goal) => record.value.snapshot = goal,
                    Err(findings) => {
                        return finish(ports, &view, record, Outcome::Refused(findings)).await;
                    }
                }
            }
            if record.value.action.is_to_a_snapshot()
                && let Err(findings) = rollback::choose(ports, &view, &mut record.value).await?
            {
                let outcome = match went_back::undone(ports, &record.value).await? {
                    // Before the first release that succeeded there is nothing else to go back to.
                    Some(undone) if is_all_that_is_asked(&record.value) => Outcome::Undone(undone),
                    _ => Outcome::Refused(findings),
                };
                return finish(ports, &view, record, outcome).await;
            }
            take(ports, execution, &view, record).await
        }
    }
}

/// Returns whether a rollback names neither where it goes nor what it goes across.
fn is_all_that_is_asked(record: &Deployment) -> bool {
    record.snapshot.is_none() && record.across.is_empty()
}

/// Returns the answer of a former taking whose own answer was lost.
fn holds_already(view: &View, execution: &ExecutionRef, record: &Deployment) -> Option<Answer> {
    let held = view.lock.value.held.as_ref()?;
    (held.deployment == record.id && held.execution == execution.arn)
        .then(|| plain(Word::Go, &record.id, view.lock.value.token))
}

pub(super) async fn take(
    ports: &impl Ports,
    execution: &ExecutionRef,
    view: &View,
    mut record: Stored<Deployment>,
) -> Answered<Option<Answer>> {
    let now = ports.now();
    let mut lock = view.lock.clone();
    lock.value.raise(now);
    lock.value.failed = None;
    lock.value.held = Some(Held {
        deployment: record.value.id.clone(),
        action: record.value.action,
        execution: execution.arn.clone(),
        since: now,
        state: HeldState::Running,
        looked: false,
    });
    record.value.started = Some(now);
    record.value.status = Status::Running;
    let held = store::held_index(record.value.environment_id());
    let mut writes = vec![
        lock.put_indexed(Some(held))?,
        put(&record)?,
        Write::check(view.state.key.clone(), view.state.unchanged()),
    ];
    writes.extend(view.leave_queue(&record.value));
    writes.extend(drill::noted(view, &record.value)?);
    let done = commit(ports, writes).await?;
    Ok(done.then(|| plain(Word::Go, &record.value.id, lock.value.token)))
}

async fn queue(
    ports: &impl Ports,
    view: &View,
    mut record: Stored<Deployment>,
    word: Word,
) -> Answered<Option<Answer>> {
    let answer = plain(word, &record.value.id, 0);
    if view.waiting_of(&record.value).is_some() {
        if word == Word::Preempt {
            // It waited already when the deployment came that it stops.
            let unchanged = Write::check(view.lock.key.clone(), view.lock.unchanged());
            let done = commit(ports, vec![put(&record)?, unchanged]).await?;
            return Ok(done.then_some(answer));
        }
        return Ok(Some(answer));
    }
    let (app, env, id) = (
        &record.value.app,
        &record.value.environment,
        &record.value.id,
    );
    let waiting = Stored::new(
        store::waiting(EnvironmentId::new(app, env), id),
        Waiting {
            deployment: id.clone(),
            components: record.value.release.parts().collect(),
            order: record.value.order.clone(),
            operator: is_operator(record.value.action),
            first: Candidate::of(&record.value).goes_first() && !is_operator(record.value.action),
            through_hold: record.value.through_hold,
            since: ports.now(),
            task_token: None,
            former_task_tokens: Vec::new(),
        },
    );
    let index = store::waiting_index(EnvironmentId::new(app, env), id);
    record.value.status = Status::Waiting;
    let writes = vec![
        waiting.put_indexed(Some(index))?,
        put(&record)?,
        Write::check(view.lock.key.clone(), view.lock.unchanged()),
    ];
    Ok(commit(ports, writes).await?.then_some(answer))
}

pub(super) enum Outcome {
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
    view: &View,
    mut record: Stored<Deployment>,
    outcome: Outcome,
) -> Answered<Option<Answer>> {
    let now = ports.now();
    let mut superseded_by = None;
    let is_held = matches!(outcome, Outcome::Held(_));
    match outcome {
        Outcome::Refused(findings) => {
            reject(&mut record, findings, now);
        }
        Outcome::Superseded(by) => {
            let state = &view.state.value;
            let known = known(ports, &record.value, state, Some(&by.by)).await?;
            let waiting = view.who_waits();
            let facts = view.facts(&record.value, &waiting);
            let cause = match record.value.drill {
                Some(_) => since::drill_overtaken(&record.value, &by),
                None => since::superseded(&record.value, &by, &facts, &known),
            };
            end(
                &mut record,
                Ending::NothingToDo,
                "Superseded",
                cause,
                Vec::new(),
                now,
            );
            superseded_by = Some(by).filter(|by| by.how == How::Waits);
        }
        Outcome::Undone(undone) => {
            let cause = went_back::as_found(&record.value, &undone);
            end(&mut record, Ending::Succeeded, "", cause, Vec::new(), now);
        }
        Outcome::NotRestored(why) => {
            let cause = heal::not_restored(&record.value, &why);
            let (ending, name) = (Ending::NothingToDo, heal::NOT_RESTORED);
            end(&mut record, ending, name, cause, Vec::new(), now);
        }
        Outcome::Held(why) => {
            let cause = heal::held(&record.value, &why);
            let (ending, name) = (Ending::NothingToDo, heal::KEEPS_DRIFTING);
            end(&mut record, ending, name, cause, Vec::new(), now);
        }
    }
    let hold = told_of_hold(&record.value, &view.state.value);
    add_line(&mut record, hold);
    note_cost(ports, &mut record.value, &[]).await;
    let snapshot = view.state.value.snapshot;
    let state = if is_held {
        put_state(&view.state, record.value.environment_id())?
    } else {
        Write::check(view.state.key.clone(), view.state.unchanged())
    };
    let mut writes = vec![
        put(&record)?,
        state,
        Write::check(view.lock.key.clone(), view.lock.unchanged()),
    ];
    // The deployment that brings a newer release still waits with it.
    let by = superseded_by.and_then(|by| view.waiting_as(&by.by));
    writes.extend(by.map(|by| Write::check(by.key.clone(), by.unchanged())));
    writes.extend(view.leave_queue(&record.value));
    writes.extend(drill::leg_ended(ports, &record.value, &[], snapshot).await?);
    if !commit(ports, writes).await? {
        return Ok(None);
    }
    told(ports, &record.value).await
}
