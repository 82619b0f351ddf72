//! Writes the intent: claims and steps first, the plan last, so that a plan that is there is whole.

use super::compose::Composed;
use super::scene::{Ports, Scene};
use crate::ledger::{self, Range, Stored};
use crate::ports::{Condition, Result, Transacted, Write};
use std::collections::BTreeMap;
use windlass_domain::name::ComponentName;
use windlass_domain::plan::Outcome;
use windlass_domain::step::Step;

/// Items per transaction, beside the lock and the plan: DynamoDB takes 100 in all (Amazon DynamoDB
/// API Reference, TransactWriteItems).
const PER_TRANSACTION: usize = 98;

/// Writes all of it. `false` if others wrote what was read: then plan anew.
pub async fn write(ports: &impl Ports, scene: &Scene, composed: &Composed, claims: Vec<Write>) -> Result<bool> {
    let key = ledger::plan(&scene.loaded.record.id);
    let plan = Stored::new(key, composed.plan.clone());
    if composed.plan.outcome == Outcome::Change || !composed.seen.is_empty() {
        let mut writes = claims;
        let id = &scene.loaded.record.id;
        writes.extend(steps(ports, &ledger::steps(id), &composed.steps).await?);
        writes.extend(steps(ports, &ledger::all_seen(id), &composed.seen).await?);
        for some in writes.chunks(PER_TRANSACTION) {
            // As soon as a twin has written the plan, its steps may be changing.
            let no_plan = Write::check(plan.key.clone(), Condition::Absent);
            let mut transaction = vec![scene.loaded.fence.check(), no_plan];
            transaction.extend_from_slice(some);
            if !transact(ports, scene, transaction).await? {
                return Ok(false);
            }
        }
    }
    transact(ports, scene, vec![scene.loaded.fence.check(), plan.put()?]).await
}

async fn transact(ports: &impl Ports, scene: &Scene, writes: Vec<Write>) -> Result<bool> {
    match ports.transact(writes).await? {
        Transacted::Done => Ok(true),
        Transacted::Refused(_) => {
            scene.loaded.fence.lock(ports).await?;
            Ok(false)
        }
    }
}

/// The steps, over those of an invocation that was killed before it wrote the plan.
async fn steps(ports: &impl Ports, range: &Range<Step>, steps: &[Step]) -> Result<Vec<Write>> {
    let known = ledger::load_all(ports, range).await?;
    let mut known: BTreeMap<ComponentName, Stored<Step>> =
        known.into_iter().map(|step| (step.value.component.clone(), step)).collect();
    let mut writes = Vec::new();
    for step in steps {
        let rev = known.remove(&step.component).map_or(0, |step| step.rev);
        let stored = Stored { key: range.item(step.component.as_str()), rev, value: step.clone() };
        writes.push(stored.put()?);
    }
    let left = known.into_values();
    writes.extend(left.map(|step| Write::delete(step.key.clone(), step.unchanged())));
    Ok(writes)
}
