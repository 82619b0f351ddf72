//! `Settle`: writes the ending of a deployment that was judged good, or that `Prepare` decided, and frees the lock, in
//! one transaction.

use crate::access::promotion;
use crate::conductor::answering::{add_line, end, final_answer, note_cost, outcomes, reject};
use crate::conductor::environment::{drills, hold_line, past};
use crate::conductor::request::Ports;
use crate::conductor::settling::undo::failure;
use crate::conductor::settling::{self, fence_off_late_calls, make_due, snapshots};
use crate::ledger::{self, Stored, commit, put_deployment, put_state, retry};
use crate::payload::{Answer, CallingExecution, EndTransition};
use crate::ports::{Condition, Result, Write};
use std::collections::BTreeSet;
use windlass_domain::declaration::gate::Verdict;
use windlass_domain::declaration::plan::{Plan, PlanOutcome};
use windlass_domain::deployment::judgement::{Judgement, measured};
use windlass_domain::deployment::step::Step;
use windlass_domain::deployment::{Deployment, Why, heal};
use windlass_domain::environment::{EnvironmentState, Lock, ReleaseFate, Snapshot};
use windlass_domain::release::action::ActionName;
use windlass_domain::release::ending::Ending;
use windlass_domain::shown::release_status::{ALREADY_THERE, NOTHING_CHANGED, found_in_place};
use windlass_domain::text::fault::Fault;

/// Serves the state.
pub async fn settle(ports: &impl Ports, by: &CallingExecution) -> Result<Answer<EndTransition>> {
    let id = &by.deployment;
    retry(ports, "settling the deployment", async || {
        let mut record = ledger::require(ports, &ledger::deployment(id)).await?;
        if let Some(answer) = final_answer(ports, &record.value).await? {
            return Ok(Some(answer));
        }
        let Some(mut lock) = fence_off_late_calls(ports, by, &record.value).await? else { return Ok(None) };
        if !judged_good(ports, &record.value).await? {
            return Err(Fault::internal(format!("deployment {id} is to be settled but was not judged as passed")));
        }
        let plan = ledger::require(ports, &ledger::plan(id)).await?;
        let steps = ledger::load_all(ports, &ledger::steps(id)).await?;
        let lost = steps.iter().find(|step| !step.value.was_reached());
        if let (Some(lost), PlanOutcome::Change) = (lost, plan.value.outcome) {
            let fault = not_seen(&lost.value);
            let is_noted = take_back(ports, by, record, &lock, &steps, &fault).await?;
            return if is_noted { Err(fault) } else { Ok(None) };
        }
        let writes = writes(ports, &mut record, &mut lock, &plan, &steps).await?;
        if !commit(ports, writes).await? {
            return Ok(None);
        }
        final_answer(ports, &record.value).await
    })
    .await
}

fn not_seen(step: &Step) -> Fault {
    Fault::internal(format!(
        "deployment {} is to be settled but {} was not seen changed",
        step.deployment, step.component
    ))
}

/// Notes that it is to be undone, and why: what was reached was taken back after it was judged. This
/// execution ends by the fault, and the recovery that follows undoes. Returns whether it is noted: where somebody wrote
/// meanwhile, all is looked at anew.
async fn take_back(
    ports: &impl Ports,
    by: &CallingExecution,
    mut record: Stored<Deployment>,
    lock: &Stored<Lock>,
    steps: &[Stored<Step>],
    fault: &Fault,
) -> Result<bool> {
    let why = failure(ports, &by.deployment, steps)
        .await?
        .unwrap_or_else(|| Why { name: fault.name.to_string(), text: (&fault.message).into() });
    record.value.undoing = Some(why);
    commit(ports, vec![put_deployment(&record)?, lock.check()]).await
}

async fn writes(
    ports: &impl Ports,
    record: &mut Stored<Deployment>,
    lock: &mut Stored<Lock>,
    plan: &Stored<Plan>,
    steps: &[Stored<Step>],
) -> Result<Vec<Write>> {
    let mut state = ledger::load_or_default(ports, &ledger::state(record.value.environment_id())).await?;
    let mut more = Vec::new();
    match plan.value.outcome {
        PlanOutcome::Rejected => reject(record, plan.value.findings.clone(), ports.now()),
        outcome => {
            let scene = scene(ports, record, &state.value, plan, steps).await?;
            let before = state.value.clone();
            more.extend(snapshots::take_in(&mut state.value, &scene)?);
            if state.value.snapshot != before.snapshot {
                more.extend(promotion::due(ports, &record.value, state.value.snapshot).await?);
            }
            more.extend(past(ports, &record.value, ReleaseFate::Live, scene.now).await?);
            conclude(ports, record, [&before, &state.value], &scene, outcome).await?;
            if outcome == PlanOutcome::Change {
                more.extend(lift_vetoes(ports, &record.value).await?);
                more.extend(make_due(ports, &record.value, steps).await?);
            }
        }
    }
    if plan.value.outcome == PlanOutcome::Rejected {
        let undone = outcomes::undone(ports, &record.value).await?;
        add_line(record, undone);
    }
    add_line(record, hold_line(&record.value, &state.value));
    note_cost(ports, &mut record.value, steps).await;
    more.extend(drills::drill_deployment_ended(ports, &record.value, steps, state.value.snapshot).await?);
    settling::restored(&record.value, &mut state.value);
    settling::withdrawn(steps, &mut state.value, true);
    lock.value.free(ports.now());
    let put_state = put_state(&state, record.value.environment_id())?;
    let mut writes = vec![put_deployment(record)?, lock.put()?, put_state];
    writes.append(&mut more);
    Ok(writes)
}

/// Gathers what is needed to take the deployment into the ledger.
async fn scene<'a>(
    ports: &impl Ports,
    record: &Stored<Deployment>,
    state: &EnvironmentState,
    plan: &'a Stored<Plan>,
    steps: &'a [Stored<Step>],
) -> Result<snapshots::EndedWell<'a>> {
    let record = record.value.clone();
    let seen = ledger::load_all(ports, &ledger::all_seen(&record.id)).await?;
    let judged = ledger::load_all(ports, &ledger::judgements(&record.id)).await?;
    let judged: Vec<Judgement> = judged.into_iter().map(|judged| judged.value).collect();
    // Those of a `Prepare` that was killed are no changes.
    let is_changed = plan.value.outcome == PlanOutcome::Change;
    let changed: Vec<&Step> = steps.iter().filter(|_| is_changed).map(|step| &step.value).collect();
    let in_place: Vec<Step> = seen.into_iter().map(|step| step.value).collect();
    let brought = changed.iter().copied().chain(&in_place).map(|step| &step.component);
    Ok(snapshots::EndedWell {
        goal: goal(ports, &record, state).await?,
        present: snapshots::present(ports, &record, state).await?,
        plan: &plan.value,
        measured: measured(&judged, brought),
        changed,
        in_place,
        now: ports.now(),
        record,
    })
}

/// Writes the ending of what runs now as it was asked for.
async fn conclude(
    ports: &impl Ports,
    record: &mut Stored<Deployment>,
    [before, after]: [&EnvironmentState; 2],
    scene: &snapshots::EndedWell<'_>,
    outcome: PlanOutcome,
) -> Result<()> {
    let changed = scene.changed.iter().map(|step| step.component.to_string());
    let changed: Vec<String> = changed.collect();
    let (plan, value) = (scene.plan, &record.value);
    let undone = outcomes::undone(ports, value).await?;
    // A rollback has done what the undo of the deployment did that it stopped.
    let goes_back = undone.as_ref().filter(|_| scene.goal.is_some());
    let (ending, name) = match (outcome, goes_back) {
        (PlanOutcome::NothingToDo, None) if value.is_awaited() && value.withdrawal.is_none() => {
            (Ending::NothingToDo, NOTHING_CHANGED)
        }
        (PlanOutcome::NothingToDo, None) => (Ending::NothingToDo, ALREADY_THERE),
        _ => (Ending::Succeeded, ""),
    };
    let overtaken = undone.clone().filter(|_| scene.goal.is_none());
    let cause = match &scene.goal {
        Some(_) if value.action == ActionName::Restore && !value.by_person => heal::restored(value, &changed).into(),
        Some(_) if value.withdrawal.is_some() => settling::withdrawal_done(value, &scene.changed).into(),
        Some(goal) => {
            let done = outcomes::parts(goal, plan, &changed, before);
            outcomes::went_back(value, goal, undone, &changed, done)
        }
        None if outcome == PlanOutcome::NothingToDo => already_there(value, [before, after], plan).into(),
        None => format!(
            "{} {} {} is live: {} changed.",
            value.app,
            value.environment,
            value.release.version,
            changed.join(", ")
        )
        .into(),
    };
    end(record, ending, name, cause, Vec::new(), scene.now);
    if let Some(ended) = &mut record.value.ending {
        ended.stays_reachable.clone_from(&plan.stays_reachable);
    }
    add_line(record, overtaken);
    let doubts = scene.doubts();
    add_line(record, (!doubts.is_empty()).then(|| doubts.to_string()));
    Ok(())
}

/// Returns the writes that lift the veto: `again` brought the release in after all. What failed of it is taken off the
/// veto on the release of which this is one component. That one stays while another failure stands behind it.
async fn lift_vetoes(ports: &impl Ports, record: &Deployment) -> Result<Vec<Write>> {
    let mut writes = Vec::new();
    let mut failed = BTreeSet::new();
    for release in record.digests() {
        let key = ledger::veto(record.environment_id(), release);
        let Some(mut veto) = ledger::load(ports, &key).await? else { continue };
        let (rev, stood) = (veto.rev, veto.value.by.len());
        if *release == record.release_digest {
            failed = std::mem::take(&mut veto.value.by);
        }
        veto.value.by.retain(|by| !failed.contains(by));
        if veto.value.by.is_empty() {
            writes.push(Write::delete(key, Condition::Rev(rev)));
        } else if veto.value.by.len() < stood {
            writes.push(veto.put()?);
        }
    }
    Ok(writes)
}

/// Says of each component that it was found in place, what it is called, and since when, if Windlass has brought it.
fn already_there(record: &Deployment, [before, after]: [&EnvironmentState; 2], plan: &Plan) -> String {
    let reasons: Vec<String> = plan
        .unchanged
        .iter()
        .map(|one| {
            let found = found_in_place(&one.component, record, before, after);
            let found = found.map_or_else(String::new, |found| format!(": {found}"));
            format!("{} {}{found}", one.component, one.in_words())
        })
        .collect();
    format!("Nothing to do: {}.", reasons.join("; "))
}

/// The snapshot that a rollback goes back to, with what was found of the components that came later.
async fn goal(ports: &impl Ports, record: &Deployment, state: &EnvironmentState) -> Result<Option<Snapshot>> {
    if !record.action.is_to_a_snapshot() {
        return Ok(None);
    }
    let number = record.snapshot.unwrap_or_default();
    Ok(Some(ledger::require(ports, &ledger::snapshot(record.environment_id(), number)).await?.value.with_found(state)))
}

/// Returns whether only the settling is left to do: the last wave was judged as passed, or the plan changes nothing.
pub async fn judged_good(ports: &impl Ports, record: &Deployment) -> Result<bool> {
    if record.undoing.is_some() {
        return Ok(false);
    }
    let Some(plan) = ledger::load(ports, &ledger::plan(&record.id)).await? else { return Ok(false) };
    if plan.value.outcome != PlanOutcome::Change {
        return Ok(true);
    }
    let Some(last) = plan.value.waves.len().checked_sub(1) else { return Ok(false) };
    let judgement =
        ledger::load(ports, &ledger::judgement(&record.id, u32::try_from(last).unwrap_or(u32::MAX))).await?;
    Ok(judgement.is_some_and(|judgement| judgement.value.verdict == Verdict::Pass))
}
