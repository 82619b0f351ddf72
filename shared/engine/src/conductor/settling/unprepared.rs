//! Rejects a deployment that could not be planned, because `Prepare` could not ask about something that it needs to
//! know. Nothing was changed. The rejection says what could not be asked and what to do.

use crate::last_fault;
use crate::ledger::{self, Stored};
use crate::ports::{DynamoDbApi, Result};
use windlass_domain::deployment::Deployment;
use windlass_domain::fault::{Fault, FaultName};
use windlass_domain::finding::{Finding, FindingName};
use windlass_domain::step::{Step, StepStatus};

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
            (FindingName::CouldNotPrepare, "Wait until AWS answers again, which its Health Dashboard tells")
        }
        _ => (FindingName::CouldNotPrepare, "Keep the execution and its logs, and report what is told"),
    };
    let told = fault.message.trim_end_matches('.');
    let reason = format!("{}: {told}; nothing was changed.", fault.name);
    finding(record, name, reason, first)
}

fn of_error(record: &Deployment, error: &str) -> Finding {
    let reason = format!("the function that plans failed with {error}; nothing was changed.");
    let first = "Look for the error in the log of `planner` and mend what it tells";
    finding(record, FindingName::CouldNotPrepare, reason, first)
}

fn finding(record: &Deployment, name: FindingName, reason: String, first: &str) -> Finding {
    Finding::new(
        name,
        format!("environments.{}", record.environment),
        reason,
        format!("{first}; then start {}.", record.input()),
    )
}
