//! Takes the lock, or a place in the queue: at the arrival, and again at every wake-up. Deployments to the present
//! snapshot are decided here as well, because they are like any other from their turn on.
//!
//! `restore` brings back what is recorded. Where Windlass asks for it, it is for what has drifted and is declared `heal:
//! restore`; see [`windlass_domain::deployment::heal`]. Whether it has a turn is decided where the lock is taken then, by
//! what the ledger says. It waits for nobody: if another deployment waits, that one goes instead. Where a person asks for
//! it, it takes its turn as a `withdraw` does, which takes files of a site away
//! ([`windlass_domain::release::withdrawal`]).

use crate::access::{self, promotion};
use crate::conductor::answering::{final_answer, outcomes};
use crate::conductor::environment::view::{AdmissionView, is_operator};
use crate::conductor::environment::way_back;
use crate::conductor::queue::approval;
use crate::conductor::queue::take_lock::{TurnOutcome, finish, queue, take};
use crate::conductor::request::Ports;
use crate::ledger::{self, Stored, commit, put_deployment, retry};
use crate::log;
use crate::payload::{AdmitTransition, Answer, ExecutionRef};
use crate::ports::Result;
use windlass_domain::deployment::Deployment;
use windlass_domain::deployment::admission::Decision;
use windlass_domain::deployment::heal::{self, HealDecision, HealFacts};
use windlass_domain::environment::Hold;
use windlass_domain::release::action::ActionName;
use windlass_domain::release::identity::DeploymentId;

/// Decides whether the deployment goes, waits or ends, and writes that.
pub async fn turn(ports: &impl Ports, execution: &ExecutionRef, id: &DeploymentId) -> Result<Answer<AdmitTransition>> {
    log::name_deployment(id);
    retry(ports, "taking the lock", async || {
        let record = ledger::require(ports, &ledger::deployment(id)).await?;
        if let Some(answer) = final_answer(ports, &record.value).await? {
            return Ok(Some(answer.widened()));
        }
        once(ports, execution, record).await
    })
    .await
}

/// One try; `None` when something was written in between.
async fn once(
    ports: &impl Ports,
    execution: &ExecutionRef,
    mut record: Stored<Deployment>,
) -> Result<Option<Answer<AdmitTransition>>> {
    let mut view = AdmissionView::load(ports, &record.value).await?;
    if let Some(answer) = holds_already(&view, execution, &record.value) {
        return Ok(Some(answer));
    }
    view.not_taken_over(&record.value)?;
    let mut refused = access::against_turn(&view.rules, &record.value);
    if refused.is_empty() && record.value.action == ActionName::Deploy {
        // What it was admitted by may be vetoed since, or the rule be new.
        let (of, release) = (record.value.environment_id(), &record.value.release.components);
        let verified = promotion::verified(ports, &view.rules, of, release).await?;
        match verified {
            // Where it keeps its place nothing else is written, and whoever brought that approves nothing all the same.
            Ok(verified) if record.value.waited && verified != record.value.verified_by => {
                record.value.verified_by = verified;
                commit(ports, vec![put_deployment(&record)?]).await?;
                return Ok(None);
            }
            Ok(verified) => record.value.verified_by = verified,
            Err(finding) => refused.push(finding),
        }
    }
    if !refused.is_empty() {
        return finish(ports, &view, record, TurnOutcome::Refused(refused)).await;
    }
    let allowed_by = view.rules.allowed_by(&record.value.asked());
    record.value.allowed_by = allowed_by;
    if record.value.action == ActionName::Restore && !record.value.by_person {
        return heal_drift(ports, execution, &mut view, record).await;
    }
    if let Err(finding) = approval::note(ports, &view.rules, &mut record.value).await? {
        return finish(ports, &view, record, TurnOutcome::Refused(vec![finding])).await;
    }
    match view.decide(&record.value) {
        Decision::Reject(findings) => finish(ports, &view, record, TurnOutcome::Refused(findings)).await,
        Decision::Superseded(by) => finish(ports, &view, record, TurnOutcome::Superseded(by)).await,
        _ if record.value.asks() => {
            let (word, id) = (approval::word(&record.value), record.value.id.clone());
            let answer = queue(ports, &view, record, word, None).await?;
            if word == AdmitTransition::Draw && answer.is_some() {
                // Only now each of them sees this one in the queue.
                approval::wake_others(ports, &view, &id).await?;
            }
            Ok(answer)
        }
        Decision::Wait => queue(ports, &view, record, AdmitTransition::Wait, None).await,
        Decision::WaitUntil(until) => queue(ports, &view, record, AdmitTransition::Wait, Some(until)).await,
        Decision::Preempt(held) => {
            if is_operator(record.value.action) {
                let barred = way_back::goes_nowhere(ports, &view, &record.value).await?;
                if !barred.is_empty() {
                    return finish(ports, &view, record, TurnOutcome::Refused(barred)).await;
                }
                if !held.action.is_to_the_present() {
                    record.value.snapshot = record.value.snapshot.or_else(|| way_back::undone_to(&view, &record.value));
                }
            }
            record.value.stops = Some(held.deployment);
            queue(ports, &view, record, AdmitTransition::Preempt, None).await
        }
        Decision::Take => {
            if record.value.of_drill() == Some(&record.value.id) {
                match way_back::choose_for_drill(ports, &mut view, &record.value).await {
                    Ok(goal) => record.value.snapshot = goal,
                    Err(trouble) => {
                        let findings = trouble.findings()?;
                        return finish(ports, &view, record, TurnOutcome::Refused(findings)).await;
                    }
                }
            }
            if record.value.action.is_to_a_snapshot()
                && let Err(trouble) = way_back::choose(ports, &view, &mut record.value).await
            {
                let findings = trouble.findings()?;
                let outcome = match outcomes::undone(ports, &record.value).await? {
                    // Before the first release that succeeded there is nothing else to go back to.
                    Some(undone) if is_all_that_is_asked(&record.value) => TurnOutcome::Undone(undone),
                    _ => TurnOutcome::Refused(findings),
                };
                return finish(ports, &view, record, outcome).await;
            }
            take(ports, execution, &view, record).await
        }
    }
}

/// Returns whether it is a rollback that names neither where it goes nor what it goes across.
fn is_all_that_is_asked(record: &Deployment) -> bool {
    record.action == ActionName::Rollback && record.snapshot.is_none() && record.across.is_empty()
}

/// Returns the answer of a former taking whose own answer was lost.
fn holds_already(
    view: &AdmissionView,
    execution: &ExecutionRef,
    record: &Deployment,
) -> Option<Answer<AdmitTransition>> {
    let lock = &view.lock.value;
    lock.held_by(&record.id, &execution.arn).map(|_| Answer::of(AdmitTransition::Go, &record.id, lock.token))
}

/// Takes the lock, ends it without a change, or holds automatic deployments because something keeps changing the
/// targets. `None` when something was written in between.
async fn heal_drift(
    ports: &impl Ports,
    execution: &ExecutionRef,
    view: &mut AdmissionView,
    mut record: Stored<Deployment>,
) -> Result<Option<Answer<AdmitTransition>>> {
    let look = ledger::load(ports, &ledger::hourly_look(record.value.environment_id())).await?;
    let waiting = view.who_waits();
    let drill = view.drills.value.under_way.as_ref().map(|drill| &drill.id);
    let standing = HealFacts {
        look: look.as_ref().map(|look| &look.value),
        lock: &view.lock.value,
        state: &view.state.value,
        rev: view.state.rev,
        other: waiting.iter().find(|one| !one.asks).map(|one| &one.deployment).or(drill),
    };
    match heal::turn(&standing, ports.now()) {
        HealDecision::Restore(names, reason) => {
            if let Err(trouble) = way_back::choose(ports, view, &mut record.value).await {
                let findings = trouble.findings()?;
                return finish(ports, view, record, TurnOutcome::Refused(findings)).await;
            }
            way_back::narrow(&mut record.value, &names);
            record.value.reason = Some(reason);
            take(ports, execution, view, record).await
        }
        HealDecision::Hold(reason) => {
            let hold = Hold {
                since: ports.now(),
                reason: reason.clone(),
                by: record.value.requester.to_string(),
                allowed_by: None,
                also: Vec::new(),
            };
            view.state.value.hold = Some(hold);
            finish(ports, view, record, TurnOutcome::Held(reason)).await
        }
        HealDecision::Nothing(why) => finish(ports, view, record, TurnOutcome::NotRestored(why)).await,
    }
}
