//! `Undo`: says what to bring back next, wave by wave in reverse. A deployment that could not be planned is rejected
//! here: nothing was changed, and the rejection says what could not be asked and what to do.

use crate::conductor::answering::outcomes::{first_wave, in_words};
use crate::conductor::request::Ports;
use crate::last_fault;
use crate::ledger::{self, Fence, Stored, commit, put_deployment, retry};
use crate::payload::{Answer, CallingExecution, UndoTransition, WorkItem};
use crate::ports::{DynamoDbApi, Result};
use windlass_domain::deployment::held_back::held_by;
use windlass_domain::deployment::judgement::{Judged, Judgement};
use windlass_domain::deployment::looked_again::{is_again, is_touched_later, is_touched_since};
use windlass_domain::deployment::steering::{PAUSE_RAN_OUT, ran_out};
use windlass_domain::deployment::step::{Step, StepStatus};
use windlass_domain::deployment::{Deployment, Why};
use windlass_domain::prose;
use windlass_domain::release::cause_name::CauseName;
use windlass_domain::release::identity::DeploymentId;
use windlass_domain::shown::message::{changed_in_words, gate_cause};
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_domain::text::prose::Prose;

/// The wave number under which the irreversible steps are looked at, before every wave.
const BEFORE_ALL: u32 = u32::MAX;

/// Serves the state. Records the reason at the first call, then answers the next wave below the one that was tried
/// last. A component is brought back once, with the first wave that it took part in.
///
/// An irreversible step comes first: where it has begun, or nobody knows, nothing else is brought back, because what
/// came before must not run after it.
pub async fn undo(
    ports: &impl Ports,
    by: &CallingExecution,
    error: &str,
    undone: Option<u32>,
) -> Result<Answer<UndoTransition>> {
    let id = &by.deployment;
    let record = ledger::require(ports, &ledger::deployment(id)).await?;
    let fence = Fence::new(record.value.environment_id(), id, by.token);
    fence.lock(ports).await?;
    let steps = ledger::load_all(ports, &ledger::steps(id)).await?;
    let unprepared = unprepared(ports, error, &record.value, &steps).await?;
    if unprepared.is_some() {
        // Nothing is undone where nothing was planned.
        return Ok(Answer::of(UndoTransition::SettleUndo, id, by.token));
    }
    if record.value.undoing.is_none() || record.value.stopped {
        record_why(ports, (id, &fence), error, &steps).await?;
    }
    let below = undone.unwrap_or(BEFORE_ALL);
    let all = || steps.iter().map(|step| &step.value);
    let to_restore = || all().filter(|step| step.needs_undo());
    let mut bars = to_restore().filter(|step| step.irreversible).peekable();
    if bars.peek().is_some() && undone.is_none() {
        return Ok(Answer {
            wave: BEFORE_ALL,
            items: bars.map(WorkItem::back).collect(),
            ..Answer::of(UndoTransition::Restore, id, by.token)
        });
    }
    if bars.peek().is_some() {
        return Ok(Answer::of(UndoTransition::SettleUndo, id, by.token));
    }
    // What a component stands on that is not back stays: what it has to come back to may be gone with that.
    let is_free = |step: &&Step| held_by(step, all()).is_none();
    let Some(wave) = to_restore().filter(is_free).filter_map(first_wave).filter(|wave| *wave < below).max() else {
        let again = steps.iter().filter(|step| is_again(&step.value, all()));
        let items = look_again(ports, (&fence, &steps), again).await?;
        let next = if items.is_empty() { UndoTransition::SettleUndo } else { UndoTransition::Restore };
        return Ok(Answer { wave: 0, items, ..Answer::of(next, id, by.token) });
    };
    let is_next = |step: &&Step| is_free(step) && first_wave(step) == Some(wave);
    let items: Vec<WorkItem> = to_restore().filter(is_next).map(WorkItem::back).collect();
    let touched = steps.iter().filter(|step| is_next(&&step.value) && is_touched_since(&step.value, all()));
    look_again(ports, (&fence, &steps), touched).await?;
    Ok(Answer { wave, items, ..Answer::of(UndoTransition::Restore, id, by.token) })
}

/// Asks for the undo of those whose targets were touched by what was undone before, whatever is there by now. One that
/// may be touched after this as well is asked for once more then.
async fn look_again<'s>(
    ports: &impl Ports,
    (fence, all): (&Fence, &[Stored<Step>]),
    steps: impl Iterator<Item = &'s Stored<Step>>,
) -> Result<Vec<WorkItem>> {
    let mut writes = vec![fence.check()];
    let mut items = Vec::new();
    for mut step in steps.cloned() {
        step.value.ask_again();
        if is_touched_later(&step.value, all.iter().map(|step| &step.value)) {
            step.value.again = None;
        }
        items.push(WorkItem::back(&step.value));
        writes.push(step.put()?);
    }
    if !items.is_empty() && !commit(ports, writes).await? {
        fence.lock(ports).await?;
        let message = "a step was written that is to be looked at once more; ask again";
        return Err(Fault::new(FaultName::Unavailable, message));
    }
    Ok(items)
}

/// Records why, unless another execution has taken over since. One that was stopped has its reason already; but
/// what had failed of the release before that, and was not acted on yet, goes before it. What a target failed
/// does not: the person's stop stays, so that no arrival brings the release back.
async fn record_why(
    ports: &impl Ports,
    (id, fence): (&DeploymentId, &Fence),
    error: &str,
    steps: &[Stored<Step>],
) -> Result<()> {
    let failure = failure(ports, id, steps).await?;
    retry(ports, "recording why it is undone", async || {
        let mut record = ledger::require(ports, &ledger::deployment(id)).await?;
        let why = match (&record.value.undoing, &failure) {
            (Some(_), None) => return Ok(Some(())),
            (Some(_), Some(failure)) if !(record.value.stopped && failure.is_of_the_release()) => return Ok(Some(())),
            (_, Some(failure)) => failure.clone(),
            (None, None) => as_the_machine_saw_it(ports, id, error).await?,
        };
        let lock = fence.lock(ports).await?;
        record.value.undoing = Some(why);
        record.value.stopped = false;
        let writes = vec![put_deployment(&record)?, lock.check()];
        Ok(commit(ports, writes).await?.then_some(()))
    })
    .await
}

/// Returns what failed: a gate, or else components.
pub async fn failure(ports: &impl DynamoDbApi, id: &DeploymentId, steps: &[Stored<Step>]) -> Result<Option<Why>> {
    if let Some(why) = failed_gate(ports, id).await? {
        return Ok(Some(why));
    }
    let failed: Vec<Why> = steps
        .iter()
        .filter_map(|step| {
            let failure = step.value.failure.as_ref()?;
            let (name, text) = in_words(failure);
            Some(Why { name, text: prose!("{} failed: {}", &step.value.component, text) })
        })
        .collect();
    // A failure that says something of the release comes before one that only says something of a target.
    let first = failed.iter().find(|why| why.is_of_the_release()).or(failed.first());
    Ok(first.map(|first| Why {
        name: first.name.clone(),
        text: Prose::join(failed.iter().map(|why| why.text.clone()), "\n  "),
    }))
}

/// Returns what the machine caught, for when no step says what failed. The text is that of the state that failed with
/// it, if it was kept.
pub async fn as_the_machine_saw_it(ports: &impl DynamoDbApi, id: &DeploymentId, error: &str) -> Result<Why> {
    if error.is_empty() {
        return Ok(Why { name: CauseName::Failed.to_string(), text: "a step failed without a reason.".into() });
    }
    let last = last_fault::of(ports, id).await?.filter(|last| last.fault.name.to_string() == error);
    Ok(Why {
        name: error.to_owned(),
        text: match last {
            Some(last) => last.in_words().into(),
            None => format!("a function failed with {error}; its log says more.").into(),
        },
    })
}

async fn failed_gate(ports: &impl DynamoDbApi, id: &DeploymentId) -> Result<Option<Why>> {
    let judgements = ledger::load_all(ports, &ledger::judgements(id)).await?;
    let ran_out_at = |judgement: &Judgement| match judgement.settled() {
        Some(Judged::RanOut { until }) => Some(until),
        _ => None,
    };
    let failed = |one: &Stored<Judgement>| one.value.failed.is_some() || ran_out_at(&one.value).is_some();
    let Some(judgement) = judgements.into_iter().find(failed) else { return Ok(None) };
    let plan = ledger::require(ports, &ledger::plan(id)).await?;
    let wave = judgement.value.wave;
    let what = changed_in_words(&plan.value.waves, wave);
    if let Some(until) = ran_out_at(&judgement.value) {
        return Ok(Some(Why { name: PAUSE_RAN_OUT.into(), text: ran_out(wave, &what, until).into() }));
    }
    Ok(judgement.value.failed.map(|measurement| {
        let look = match measurement.look_at.as_str() {
            "" => String::new(),
            place => format!("\n  look at: {place}"),
        };
        Why {
            name: CauseName::GateFailed.to_string(),
            text: prose!("{}{}", gate_cause(wave, &what, &measurement), look),
        }
    }))
}

/// Returns why it could not be planned. `None` if it was planned, or a person stopped it, or its execution died.
pub async fn unprepared(
    ports: &impl DynamoDbApi,
    error: &str,
    record: &Deployment,
    steps: &[Stored<Step>],
) -> Result<Option<Finding>> {
    let is_begun = |step: &Stored<Step>| step.value.status != StepStatus::Planned;
    if record.stopped || steps.iter().any(is_begun) {
        return Ok(None);
    }
    let plan = ledger::load(ports, &ledger::plan(&record.id)).await?;
    if plan.is_some() {
        return Ok(None);
    }
    Ok(match last_fault::of(ports, &record.id).await? {
        Some(last) => Some(of_fault(record, &last.fault)),
        None if !error.is_empty() && record.undoing.is_none() => Some(of_error(record, error)),
        None => None,
    })
}

fn of_fault(record: &Deployment, fault: &Fault) -> Finding {
    let (name, first) = match fault.name {
        FaultName::AccessDenied => {
            (FindingName::NoPermission, "Grant the call that is named to the role that is named")
        }
        FaultName::NotFound => {
            (FindingName::TargetMissing, "Make what is named with your infrastructure code, or correct its name")
        }
        FaultName::Refused => {
            (FindingName::CouldNotPrepare, "Correct what is named in the declaration or at the target")
        }
        name if name.is_transient() || name == FaultName::Conflict => {
            (FindingName::CouldNotPrepare, "Wait until AWS answers again, which its Health Dashboard shows")
        }
        _ => (FindingName::CouldNotPrepare, "Keep the execution and its logs, and report what is shown"),
    };
    let message = fault.message.trim_end_matches('.');
    let reason = format!("{}: {message}; nothing was changed.", fault.name);
    finding(record, name, reason, first)
}

fn of_error(record: &Deployment, error: &str) -> Finding {
    let reason = format!("the function that plans failed with {error}; nothing was changed.");
    let first = "Look for the error in the log of `planner` and mend what it shows";
    finding(record, FindingName::CouldNotPrepare, reason, first)
}

fn finding(record: &Deployment, name: FindingName, reason: String, first: &str) -> Finding {
    Finding::new(
        name,
        format!("environments.{}", record.environment),
        reason,
        prose!("{}; then start {}.", first, record.input()),
    )
}
