//! Whether a deployment was judged good.

use crate::conductor::ports::Ports;
use crate::ports::Answered;
use crate::store;
use windlass_domain::deployment::Deployment;
use windlass_domain::gate::Verdict;
use windlass_domain::plan::Outcome;

/// Returns whether only the settling is left to do: the last wave was judged as passed, or the plan changes nothing.
pub async fn judged_good(ports: &impl Ports, record: &Deployment) -> Answered<bool> {
    if record.undoing.is_some() {
        return Ok(false);
    }
    let plan = store::load(ports, &store::plan(&record.id)).await?;
    let Some(plan) = plan else { return Ok(false) };
    if plan.value.outcome != Outcome::Change {
        return Ok(true);
    }
    let Some(last) = plan.value.waves.len().checked_sub(1) else {
        return Ok(false);
    };
    let key = store::judgement(&record.id, u32::try_from(last).unwrap_or(u32::MAX));
    let judgement = store::load(ports, &key).await?;
    Ok(judgement.is_some_and(|judgement| judgement.value.verdict == Verdict::Pass))
}
