//! The snapshots that the present one replaced, newest first, and the first of them that a rollback goes to. Only
//! reads.

use crate::access::promotion::is_vetoed;
use crate::ledger;
use crate::ports::{DynamoDbApi, Result};
use futures::future::try_join_all;
use std::collections::BTreeMap;
use windlass_domain::environment::{EnvironmentState, Running, Snapshot};
use windlass_domain::release::identity::EnvironmentId;
use windlass_domain::text::name::ComponentName;

/// The most snapshots that are looked at for those that a finding names.
pub const MOST_LOOKED_AT: usize = 25;

/// The most snapshots that are read at once. Mostly the first is enough; where none is proven all of them are read, and
/// a function has a minute.
const MOST_AT_ONCE: u64 = 64;

/// Reads a snapshot of an environment.
pub async fn snapshot(ports: &impl DynamoDbApi, of: EnvironmentId<'_>, number: u64) -> Result<Option<Snapshot>> {
    let found = ledger::load(ports, &ledger::snapshot(of, number)).await?;
    Ok(found.map(|found| found.value))
}

/// Reads so many snapshots at once: one, and those with the numbers below it.
async fn down_from(
    ports: &impl DynamoDbApi,
    of: EnvironmentId<'_>,
    number: u64,
    many: u64,
) -> Result<BTreeMap<u64, Snapshot>> {
    let numbers = number.saturating_sub(many) + 1..=number;
    let found = try_join_all(numbers.clone().map(|number| snapshot(ports, of, number))).await?;
    Ok(numbers.zip(found).filter_map(|(number, found)| Some((number, found?))).collect())
}

/// The state that runs, and the one component that is sought, if one is.
#[derive(Debug, Clone, Copy)]
pub struct Sought<'a> {
    /// The state of the environment.
    pub state: &'a EnvironmentState,
    /// The component; all of them if absent.
    pub component: Option<&'a ComponentName>,
}

impl Sought<'_> {
    /// Returns what a snapshot has of it.
    pub fn of(&self, snapshot: Snapshot) -> Snapshot {
        let mut snapshot = snapshot.with_found(self.state);
        snapshot.components.retain(|name, _| self.component.is_none_or(|component| component == name));
        snapshot
    }

    /// Returns the snapshot behind one. Where another component went back alone, it is the one that this was made over.
    fn behind(&self, one: &Snapshot) -> u64 {
        let partly = one.clone().with_found(self.state).partly;
        let over = partly.filter(|partly| self.component.is_some_and(|component| *component != partly.component));
        over.map_or(one.replaced, |partly| partly.over)
    }
}

/// Returns the snapshot that a rollback which names none goes to, out of those that the present one replaced and that
/// are something else than what runs.
pub async fn newest_other(
    ports: &impl DynamoDbApi,
    present: u64,
    at: EnvironmentId<'_>,
    sought: &Sought<'_>,
) -> Result<Option<Snapshot>> {
    let state = sought.state;
    let present = snapshot(ports, at, present).await?;
    let weigh = |goal: &Snapshot| {
        let changes =
            |name: &ComponentName, ran: &Running| state.running.contains_key(name) && !state.runs_as(name, ran);
        (!goal.runs(state)).then(|| goal.is_proven(changes))
    };
    newest_of(ports, present.map_or(0, |present| sought.behind(&present)), at, sought, weigh).await
}

/// Returns the newest of a snapshot and those that it replaced that passed, whose release is not vetoed, and that is
/// proven, however many are in between; if none is, the newest that passed. `weigh` says whether what is sought of a
/// snapshot is proven; `None` passes over it.
pub async fn newest_of(
    ports: &impl DynamoDbApi,
    mut number: u64,
    at: EnvironmentId<'_>,
    sought: &Sought<'_>,
    weigh: impl Fn(&Snapshot) -> Option<bool>,
) -> Result<Option<Snapshot>> {
    let (mut passed, mut read, mut at_once) = (None, BTreeMap::new(), 1);
    while number > 0 {
        if !read.contains_key(&number) {
            read = down_from(ports, at, number, at_once).await?;
            at_once = (at_once * 4).min(MOST_AT_ONCE);
        }
        let Some(one) = read.remove(&number) else { break };
        number = sought.behind(&one);
        let weighed = weigh(&sought.of(one.clone())).filter(|_| one.release.is_some());
        let Some(is_proven) = weighed.filter(|is_proven| *is_proven || passed.is_none()) else { continue };
        if is_vetoed(ports, &one, at).await? {
            continue;
        }
        if is_proven {
            return Ok(Some(one));
        }
        passed = Some(one);
    }
    Ok(passed)
}
