//! The cost of a deployment, noted where it ends.

use crate::ledger::Stored;
use crate::ports::{Result, StepFunctionsApi};
use windlass_domain::cost::{STILL_TO_COME, cost};
use windlass_domain::deployment::Deployment;
use windlass_domain::step::Step;

/// Notes in an ending that is about to be written what the deployment cost: all executions that
/// worked for it, those that died and their recoveries too. Where that is not known nothing is
/// noted: a deployment ends whether or not its transitions can be counted.
pub async fn note_cost(ports: &impl StepFunctionsApi, record: &mut Deployment, steps: &[Stored<Step>]) {
    if record.ending.is_none() {
        return;
    }
    let worked: Vec<_> = steps.iter().map(|step| (step.value.kind, step.value.worked_ms)).collect();
    let transitions = match transitions(ports, record).await {
        Ok(transitions) => transitions,
        Err(fault) => {
            tracing::warn!(%fault, "the transitions could not be counted");
            None
        }
    };
    let cost = transitions.map(|made| cost(made + STILL_TO_COME, &worked));
    if let Some(ended) = &mut record.ending {
        ended.cost = cost;
    }
}

async fn transitions(ports: &impl StepFunctionsApi, record: &Deployment) -> Result<Option<u64>> {
    let mut sum = 0;
    for arn in &record.executions {
        match ports.transitions(arn).await? {
            Some(transitions) => sum += transitions,
            None => return Ok(None),
        }
    }
    Ok(Some(sum))
}
