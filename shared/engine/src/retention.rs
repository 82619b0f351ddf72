//! Finds what a rollback may need of a component, so that it is not pruned.

// Versions of functions and task definitions are never deleted: a deleted version cannot be made again, and the
// right to delete one deletes whole functions.

use crate::ledger;
use crate::ports::{DynamoDbApi, Result};
use futures::future::try_join_all;
use std::collections::BTreeMap;
use windlass_domain::environment::{Running, Snapshot};
use windlass_domain::release::identity::EnvironmentId;
use windlass_domain::text::name::ComponentName;

/// Returns what ran of a component according to three sources: what is in force now, the newest snapshots, and the
/// snapshots that a rollback meets when it walks back. It reads `back` of each, however long the history is. Only the
/// holder of the environment's lock may rely on it, because a snapshot is made with the lock.
pub async fn kept(
    ports: &impl DynamoDbApi,
    of: EnvironmentId<'_>,
    component: &ComponentName,
    back: u32,
) -> Result<Vec<Running>> {
    let key = ledger::state(of);
    let state = ledger::load_or_default(ports, &key).await?;
    let read = async |number: u64| -> Result<(u64, Option<Snapshot>)> {
        let key = ledger::snapshot(of, number);
        let snapshot = ledger::load(ports, &key).await?;
        Ok((number, snapshot.map(|stored| stored.value)))
    };
    let (last, mut next) = (state.value.last_snapshot, state.value.snapshot);
    let newest = last.saturating_sub(u64::from(back)).max(1)..=last;
    // They are read one after the other only if a rollback meets one that is not among the newest.
    let mut known: BTreeMap<_, _> = try_join_all(newest.map(read)).await?.into_iter().collect();
    for _ in 0..=back {
        if next == 0 {
            break;
        }
        if !known.contains_key(&next) {
            known.extend([read(next).await?]);
        }
        next = known.get(&next).and_then(Option::as_ref).map_or(0, |snapshot| snapshot.replaced);
    }
    let state = &state.value;
    let recorded = known.into_values().flatten().map(|snapshot| snapshot.with_found(state).components);
    Ok(recorded.chain([state.running.clone()]).filter_map(|mut components| components.remove(component)).collect())
}
