//! Recovers a deployment that holds no lock: it had no turn and its execution died. Also answers that there is nothing
//! to recover.

// Five recoveries that took over and died are enough: the sixth ends the deployment and reads only record and lock,
// because what cannot be read may be why the others died. Those that had not taken over have no bound: they change
// nothing, and the environment would have no owner for good.

use crate::conductor::answering::{add_line, end};
use crate::conductor::environment::view::AdmissionView;
use crate::conductor::environment::{drills, hold_line, past, resolved};
use crate::conductor::recovering::{is_automatic, owner, was_stopped, why_stopped};
use crate::conductor::request::{Asker, Ports};
use crate::ledger::{ExecutionRecord, Stored, commit, put_deployment};
use crate::payload::{Answer, EndTransition, ExecutionRef};
use crate::ports::Result;
use crate::recovery::WorkingExecution;
use crate::trouble::Checked;
use windlass_domain::deployment::Deployment;
use windlass_domain::deployment::redeploy_input::redeploy_input;
use windlass_domain::environment::ReleaseFate;
use windlass_domain::prose;
use windlass_domain::release::action::ActionName;
use windlass_domain::release::call;
use windlass_domain::release::cause_name::CauseName;
use windlass_domain::release::ending::Ending;
use windlass_domain::release::identity::DeploymentId;
use windlass_domain::release::request::Request;
use windlass_domain::text::fault::Fault;
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_domain::text::prose::Prose;

/// Ends a deployment that waited for its turn, or never got that far, and whose execution died.
pub async fn abandon(
    ports: &impl Ports,
    execution: &Asker<'_>,
    request: &Request,
    mut record: Stored<Deployment>,
) -> Checked<Option<Answer<EndTransition>>> {
    if let Some(ended) = &record.value.ending {
        let resolved = ended.resolved.as_ref().map_or_else(String::new, |how| format!(", {how}"));
        let (id, ending) = (&record.value.id, ended.ending);
        let text = format!("deployment {id} has ended {ending}{resolved}");
        return Ok(nothing(ports, execution, request, &text).await?);
    }
    let Some(first) = record.value.executions.first().cloned() else {
        return Err(Fault::internal("a deployment without an execution").into());
    };
    let since = record.value.accepted;
    let WorkingExecution::Ended(owner) = owner(ports, request, &first, since).await? else {
        if is_automatic(request) {
            return Ok(nothing(ports, execution, request, STILL_WAITS).await?);
        }
        return Err(still_waits(&record.value).into());
    };
    let view = AdmissionView::load(ports, &record.value).await?;
    if view.not_taken_over(&record.value).is_err() {
        // A late invocation of its `Admit` got the lock in between: it is a takeover now.
        return Ok(None);
    }
    let why = why_stopped(owner.as_ref());
    record.value.stopped = was_stopped(owner.as_ref());
    let next = match (record.value.stopped, record.value.action) {
        (true, ActionName::Deploy) => {
            let waiting = view.who_waits();
            let facts = view.facts(&record.value, &waiting);
            prose!("\n  {}", Prose::next(redeploy_input(&record.value, &facts)))
        }
        _ => Prose::default(),
    };
    let cause = prose!("It ended before it had changed anything. {}{}", why.text, next);
    end(&mut record, Ending::Rejected, &why.name, cause, Vec::new(), ports.now());
    let hold = hold_line(&record.value, &view.state.value);
    add_line(&mut record, hold);
    let sentence = format!(
        "Deployment {} has had no turn, and its execution is gone: it is ended Rejected ({}), before it had changed \
         anything.",
        record.value.id, why.name
    );
    let done = ExecutionRecord::of(&record.value.id, sentence);
    let mut writes = vec![view.lock.check()];
    if !is_automatic(request) {
        let by = resolved(ports, &execution.rules, request, record.value.environment_id());
        record.value.recovered_by.push(by);
        writes.push(done.put(execution)?);
    }
    writes.push(put_deployment(&record)?);
    writes.extend(view.leave_queue(&record.value));
    let snapshot = view.state.value.snapshot;
    writes.extend(drills::drill_deployment_ended(ports, &record.value, &[], snapshot).await?);
    if record.value.stopped {
        writes.extend(past(ports, &record.value, ReleaseFate::Stopped, ports.now()).await?);
    }
    if !commit(ports, writes).await? {
        return Ok(None);
    }
    Ok(Some(done.answer()))
}

const STILL_WAITS: &str = "its execution still runs and waits for its turn";

fn still_waits(record: &Deployment) -> Finding {
    Finding::new(
        FindingName::TargetNotReady,
        "deployment",
        format!("deployment {}: {STILL_WAITS}.", record.id),
        prose!("Wait for its ending; or cancel it with {}.", call::cancel(record.environment_id(), &record.id)),
    )
}

/// The answer that nothing is to be recovered. It is kept for a person, who asks what came of the execution; `None`
/// where the execution has answered something else before.
pub async fn nothing(
    ports: &impl Ports,
    execution: &ExecutionRef,
    request: &Request,
    why: &str,
) -> Result<Option<Answer<EndTransition>>> {
    let done = ExecutionRecord {
        nothing: CauseName::NothingToRecover.to_string(),
        ..ExecutionRecord::of(&DeploymentId("none".into()), format!("There is nothing to recover: {why}."))
    };
    if is_automatic(request) || commit(ports, vec![done.put(execution)?]).await? {
        return Ok(Some(done.answer()));
    }
    Ok(None)
}
