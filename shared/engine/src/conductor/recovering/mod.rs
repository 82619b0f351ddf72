//! The recovery of a deployment whose execution died: who works for it now, how another execution takes it over, and
//! how it is left to an operator once its recoveries keep dying.

pub mod abandon;
pub mod recover;

use crate::conductor::answering::{end, of_record};
use crate::conductor::environment::drills;
use crate::conductor::request::Ports;
use crate::ledger::{self, Stored, commit, put_deployment};
use crate::payload::{Answer, EndTransition, ExecutionRef};
use crate::ports::{Execution, Result, Write};
use crate::recovery::WorkingExecution;
use windlass_domain::deployment::{Deployment, Why};
use windlass_domain::environment::{HeldState, Lock};
use windlass_domain::prose;
use windlass_domain::release::action::ActionName;
use windlass_domain::release::call::operators;
use windlass_domain::release::cancellation;
use windlass_domain::release::cause_name::CauseName;
use windlass_domain::release::ending::Ending;
use windlass_domain::release::request::{Request, Route};
use windlass_domain::text::count::count;
use windlass_domain::text::foreign;
use windlass_domain::text::prose::Prose;
use windlass_domain::text::time::Time;

/// Returns whether Windlass itself asked. It starts a recovery when it has heard, or has seen, that an execution has
/// ended.
pub(crate) fn is_automatic(request: &Request) -> bool {
    let requester = request.requester.as_ref();
    requester.is_some_and(|requester| requester.route == Route::Windlass)
}

pub(crate) async fn owner(ports: &impl Ports, request: &Request, arn: &str, since: Time) -> Result<WorkingExecution> {
    if is_automatic(request) {
        WorkingExecution::of_ended(ports, arn, since).await
    } else {
        WorkingExecution::of(ports, arn, since).await
    }
}

/// Returns whether a person stopped the execution. Windlass itself stops only an execution that it has taken over from,
/// whose deployment is being undone already.
pub(crate) fn was_stopped(owner: Option<&Execution>) -> bool {
    owner.is_some_and(|owner| owner.status == "ABORTED")
}

/// Returns why an owner is gone, as Step Functions says.
pub fn why_stopped(owner: Option<&Execution>) -> Why {
    let Some(owner) = owner else {
        return Why {
            name: CauseName::ExecutionLost.to_string(),
            text: "The execution is not known to Step Functions any more.".into(),
        };
    };
    let name = match (&owner.error, owner.status.as_str()) {
        (Some(error), _) if !error.is_empty() => error.clone(),
        (_, "TIMED_OUT") => CauseName::ExecutionTimedOut.to_string(),
        (_, "ABORTED") => CauseName::ExecutionStopped.to_string(),
        _ => CauseName::ExecutionDied.to_string(),
    };
    let cause = owner.cause.as_deref().map(cancellation::without_mark);
    let text = cause.filter(|cause| !cause.is_empty()).map_or_else(
        || format!("The execution {} ended {} in the middle.", owner.arn, owner.status),
        |cause| foreign::line(cause).into_owned(),
    );
    let name = foreign::line(&name).into_owned();
    Why { name, text: text.into() }
}

/// Makes the asking execution the owner, with a raised token, so that nothing that the former one
/// still runs changes anything. Answers the former one; `None` if nobody holds the lock.
pub fn hand_over(
    ports: &impl Ports,
    execution: &ExecutionRef,
    state: HeldState,
    record: &mut Stored<Deployment>,
    lock: &mut Stored<Lock>,
) -> Option<String> {
    let now = ports.now();
    let held = lock.value.held.as_mut()?;
    let former = std::mem::replace(&mut held.execution, execution.arn.clone());
    held.state = state;
    held.since = now;
    lock.value.raise(now);
    record.value.executions.push(execution.arn.clone());
    Some(former)
}

/// Returns the writes that belong together for that: the lock, the record, and the deployment of the execution.
pub fn handed_over(execution: &ExecutionRef, record: &Stored<Deployment>, lock: &Stored<Lock>) -> Result<Vec<Write>> {
    let known = ledger::ExecutionDeployment { deployment: record.value.id.clone() };
    let known = Stored::new(ledger::execution(&execution.arn), known);
    let index = ledger::held_index(record.value.environment_id());
    Ok(vec![lock.put_indexed(Some(index))?, put_deployment(record)?, known.put()?])
}

/// The number of recoveries that may die before Windlass starts no further one by itself. Each has retried for minutes
/// whatever a retry may help, so one more recovery does not mend what still fails after that. Without a bound they
/// would follow each other for ever, and nobody would learn of them.
const RECOVERIES: usize = 5;

/// The name of the cause.
const RECOVERIES_DIED: &str = CauseName::RecoveriesDied.as_str();

/// Returns whether that many recoveries have died, one after the other.
pub fn has_had_enough(record: &Deployment) -> bool {
    record.recoveries() >= RECOVERIES
}

/// Ends it `NeedsOperator`: only an operator's `recover` or `accept` goes on. The token is raised as
/// by every taking over, so that nothing that still runs changes anything. Reads nothing but what
/// was read already, because what cannot be read may be why the recoveries died. `None` when
/// something was written in between.
pub async fn leave(
    ports: &impl Ports,
    execution: &ExecutionRef,
    mut record: Stored<Deployment>,
    mut lock: Stored<Lock>,
    owner: Option<Execution>,
) -> Result<Option<Answer<EndTransition>>> {
    let Some(former) = hand_over(ports, execution, HeldState::NeedsOperator, &mut record, &mut lock) else {
        return Ok(None);
    };
    let cause = cause(&record.value, owner.as_ref());
    let now = ports.now();
    end(&mut record, Ending::NeedsOperator, RECOVERIES_DIED, cause, Vec::new(), now);
    let mut writes = handed_over(execution, &record, &lock)?;
    writes.extend(drills::drill_deployment_left(ports, &record.value).await?);
    if !commit(ports, writes).await? {
        return Ok(None);
    }
    ports.stop(&former, CauseName::TakenOver.as_str(), "It is left to an operator.").await?;
    let ended = record.value.ending.as_ref();
    Ok(ended.map(|ended| of_record(&record.value, ended)))
}

fn cause(record: &Deployment, owner: Option<&Execution>) -> Prose {
    let (app, env) = (&record.app, &record.environment);
    let last = why_stopped(owner);
    let undoing = record.undoing.as_ref();
    let undoing = undoing.map(|why| prose!("\n  it was being undone because {}: {}", &why.name, &why.text));
    let next = prose!(
        "the record shows of each component what was changed and seen; the environment stays locked; mend what stopped \
         the recoveries, then start {}, or {} to take what is there",
        operators(ActionName::Recover, record.environment_id()),
        operators(ActionName::Accept, record.environment_id())
    );
    prose!(
        "{} {} {} NEEDS AN OPERATOR: {} died, the last with {}: {}{}\n  {}",
        app,
        env,
        &record.release.version,
        count(RECOVERIES, "recovery"),
        &last.name,
        last.text,
        undoing.unwrap_or_default(),
        Prose::next(next)
    )
}
