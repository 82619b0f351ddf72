//! The snapshots that were verified good, to which a deployment can go back.

use crate::conductor::environment::view::View;
use crate::ledger;
use crate::ports::{DynamoDbApi, Result};
use windlass_domain::environment::Snapshot;
use windlass_domain::identity::EnvironmentId;
use windlass_domain::input::input;
use windlass_domain::request::ActionName;

/// A snapshot of an environment.
pub async fn snapshot(ports: &impl DynamoDbApi, of: EnvironmentId<'_>, number: u64) -> Result<Option<Snapshot>> {
    let found = ledger::load(ports, &ledger::snapshot(of, number)).await?;
    Ok(found.map(|found| found.value))
}

/// The newest verified-good snapshot that the present one replaced and whose release is not vetoed.
pub async fn newest_good(ports: &impl DynamoDbApi, present: u64, at: EnvironmentId<'_>) -> Result<Option<Snapshot>> {
    let present = snapshot(ports, at, present).await?;
    newest_good_of(ports, present.map_or(0, |present| present.replaced), at).await
}

/// The first of a snapshot and those that it replaced that is verified good and whose release is not vetoed.
pub async fn newest_good_of(
    ports: &impl DynamoDbApi,
    mut number: u64,
    at: EnvironmentId<'_>,
) -> Result<Option<Snapshot>> {
    while number > 0 {
        let Some(one) = snapshot(ports, at, number).await? else {
            return Ok(None);
        };
        if one.release.is_some() && !is_vetoed(ports, &one, at).await? {
            return Ok(Some(one));
        }
        number = one.replaced;
    }
    Ok(None)
}

/// The most verified-good snapshots that a finding names, and the most snapshots that are looked at for them.
const MOST_NAMED: usize = 4;

const MOST_LOOKED_AT: usize = 25;

/// Returns the newest verified-good snapshots, newest first, to which a rollback can go by their numbers, wherever they
/// stand to the present one: their releases are not vetoed, and something else runs now.
pub async fn good_ones(ports: &impl DynamoDbApi, view: &View, at: EnvironmentId<'_>) -> Result<Vec<Snapshot>> {
    let state = &view.state.value;
    let mut good = Vec::new();
    for number in (1..=state.last_snapshot).rev().take(MOST_LOOKED_AT) {
        let one = snapshot(ports, at, number).await?;
        let Some(one) = one.filter(|one| number != state.snapshot && one.release.is_some()) else {
            continue;
        };
        let is_vetoed = is_vetoed(ports, &one, at).await?;
        let is_there = one.clone().with_found(state).runs(state);
        let is_known = |other: &Snapshot| other.release == one.release;
        if !is_vetoed && !is_there && !good.iter().any(is_known) {
            good.push(one);
        }
        if good.len() == MOST_NAMED {
            break;
        }
    }
    Ok(good)
}

async fn is_vetoed(ports: &impl DynamoDbApi, snapshot: &Snapshot, at: EnvironmentId<'_>) -> Result<bool> {
    let Some(release) = &snapshot.release else {
        return Ok(false);
    };
    let veto = ledger::load(ports, &ledger::veto(at, release)).await?;
    Ok(veto.is_some())
}

/// Returns the step to the first of these snapshots, with the numbers of the others; `None` if there is none.
pub fn to_a_good_one(good: &[Snapshot], of: EnvironmentId<'_>) -> Option<String> {
    let first = good.first()?.number;
    let named = good.iter();
    let named: Vec<String> = named.map(|one| format!("{} ({})", one.number, one.version)).collect();
    let members = [("snapshot", first.into()), ("reason", "…".into())];
    let start = input(ActionName::Rollback, of, &members);
    Some(format!("Verified good, and not what runs: {}. To go to snapshot {first}, start {start}.", named.join(", ")))
}
