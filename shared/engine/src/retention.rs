//! What a rollback may need of a component, so that it is not pruned.

use crate::ports::{Answered, Ledger};
use crate::store::{self, Stored};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use windlass_domain::environment::{EnvironmentState, Running, Snapshot};
use windlass_domain::name::{AppName, ComponentName, EnvironmentName};

/// What ran of a component according to what is in force now, to the newest snapshots, and to those
/// that a rollback meets when it walks back: `back` of each. So many reads, however long the history
/// is. Only whoever holds the environment's lock may rely on it: a snapshot is made with the lock.
pub async fn kept<P: Ledger>(
    ports: &P,
    app: &AppName,
    environment: &EnvironmentName,
    component: &ComponentName,
    back: u32,
) -> Answered<Vec<Running>> {
    let key = store::state(app, environment);
    let state: Stored<EnvironmentState> = store::load_or_default(ports, &key).await?;
    let mut known = BTreeMap::new();
    let mut read = async |number: u64| -> Answered<u64> {
        let snapshot = match known.entry(number) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => {
                let key = store::snapshot(app, environment, number);
                let snapshot: Option<Stored<Snapshot>> = store::load(ports, &key).await?;
                new.insert(snapshot.map(|stored| stored.value))
            }
        };
        Ok(snapshot.as_ref().map_or(0, |snapshot| snapshot.replaced))
    };
    let mut next = state.value.snapshot;
    for step in 0..=u64::from(back) {
        let newest = state.value.last_snapshot.saturating_sub(step);
        if newest > 0 {
            read(newest).await?;
        }
        if next > 0 {
            next = read(next).await?;
        }
    }
    let snapshots = known.into_values().flatten();
    let recorded = snapshots.map(|snapshot| snapshot.components);
    let all = recorded.chain([state.value.running]);
    Ok(all
        .filter_map(|mut components| components.remove(component))
        .collect())
}
