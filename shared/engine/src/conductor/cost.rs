use crate::ports::{Answered, Executions};
use crate::store::Stored;
use windlass_domain::cost::{STILL_TO_COME, cost};
use windlass_domain::deployment::{Cost, Deployment};
use windlass_domain::step::Step;

/// What a deployment cost, once its ending is about to be written: all executions that worked for
/// it, those that died and their recoveries too. `None` where that is not known: a deployment ends
/// whether or not its transitions can be counted.
pub async fn cost_of<P: Executions>(
    ports: &P,
    record: &Deployment,
    steps: &[Stored<Step>],
) -> Option<Cost> {
    let worked_ms = steps.iter().map(|step| step.value.worked_ms).sum();
    match transitions(ports, record).await {
        Ok(transitions) => Some(cost(transitions? + STILL_TO_COME, worked_ms)),
        Err(fault) => {
            tracing::warn!(%fault, "the transitions could not be counted");
            None
        }
    }
}

async fn transitions<P: Executions>(ports: &P, record: &Deployment) -> Answered<Option<u64>> {
    let mut sum = 0;
    for arn in &record.executions {
        match ports.transitions(arn).await? {
            Some(transitions) => sum += transitions,
            None => return Ok(None),
        }
    }
    Ok(Some(sum))
}
