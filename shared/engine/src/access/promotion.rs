//! Promotion by the rules in force: whether a snapshot of the environment before admits a release, and what goes on by
//! itself once a deployment has succeeded there.

use crate::ledger;
use crate::ports::{Clock, DynamoDbApi, Result, Write};
use futures::future::try_join_all;
use std::collections::BTreeMap;
use windlass_domain::access::Rules;
use windlass_domain::deployment::Deployment;
use windlass_domain::environment::{Lacking, PromotedFrom, Promotion, Snapshot, not_verified};
use windlass_domain::release::action::ActionName;
use windlass_domain::release::artifact::Artifact;
use windlass_domain::release::identity::EnvironmentId;
use windlass_domain::text::finding::Finding;
use windlass_domain::text::name::ComponentName;

/// The most snapshots that are read at once. Mostly the newest is enough; where none admits the release all of them are
/// read, and the function with the least time that pins has 29 s.
const MOST_AT_ONCE: usize = 64;

/// Returns the snapshot that admits a release, `None` where no rule asks for one; else the finding that says what is
/// left. All snapshots are looked at, the newest first, each until it was replaced.
///
/// # Errors
/// The ledger's faults.
pub async fn verified(
    ports: &(impl DynamoDbApi + Clock),
    rules: &Rules,
    of: EnvironmentId<'_>,
    release: &BTreeMap<ComponentName, Artifact>,
) -> Result<Result<Option<PromotedFrom>, Finding>> {
    let Some(source) = rules.promotes_from(of.environment()) else { return Ok(Ok(None)) };
    let there = EnvironmentId::new(of.app(), &source.environment);
    let state = ledger::load_or_default(ports, &ledger::state(there)).await?.value;
    let read = async |number: u64| -> Result<Option<Snapshot>> {
        let snapshot = ledger::load(ports, &ledger::snapshot(there, number)).await?;
        Ok(snapshot.map(|snapshot| snapshot.value.with_found(&state)))
    };
    let mut until = ports.now();
    let mut best: Option<(u64, Lacking)> = None;
    let (mut numbers, mut at_once) = ((1..=state.last_snapshot).rev().peekable(), 1);
    while numbers.peek().is_some() {
        let next = try_join_all(numbers.by_ref().take(at_once).map(read)).await?;
        at_once = (at_once * 4).min(MOST_AT_ONCE);
        for snapshot in next.into_iter().flatten() {
            let mut lacking = Lacking::of(&snapshot, until, release, source.live_for);
            lacking.vetoed = lacking.not_run.is_empty() && is_vetoed(ports, &snapshot, there).await?;
            if lacking.is_empty() {
                let environment = source.environment.clone();
                return Ok(Ok(Some(PromotedFrom { environment, snapshot: snapshot.number })));
            }
            until = snapshot.made;
            if best.as_ref().is_none_or(|(_, least)| lacking.is_less_than(least)) {
                best = Some((snapshot.number, lacking));
            }
        }
    }
    let best = best.as_ref().map(|(number, lacking)| (*number, lacking));
    Ok(Err(not_verified(of.environment(), &source.environment, source.live_for, best)))
}

/// Returns whether the release of a snapshot was undone there later.
///
/// # Errors
/// The ledger's faults.
pub async fn is_vetoed(ports: &impl DynamoDbApi, snapshot: &Snapshot, at: EnvironmentId<'_>) -> Result<bool> {
    let Some(release) = &snapshot.release else { return Ok(false) };
    Ok(ledger::load(ports, &ledger::veto(at, release)).await?.is_some())
}

/// Returns the writes of what goes on by itself from the new snapshot of a deployment that has succeeded. What went
/// back does not go on, and neither does the way there of a drill.
///
/// # Errors
/// The ledger's faults.
pub async fn due(ports: &(impl DynamoDbApi + Clock), record: &Deployment, snapshot: u64) -> Result<Vec<Write>> {
    if !matches!(record.action, ActionName::Deploy | ActionName::Restore) && record.drill.is_none() {
        return Ok(Vec::new());
    }
    let (app, environment) = (record.app.clone(), record.environment.clone());
    let from = PromotedFrom { environment: environment.clone(), snapshot };
    by_rules(ports, &Promotion { app, environment, from, due: ports.now(), tries: 0, over: false }).await
}

/// Returns the same of what is to come from an environment since it was due. While the rules cannot be read, it is kept
/// until they can.
///
/// # Errors
/// The ledger's faults.
pub async fn by_rules(ports: &impl DynamoDbApi, to_come: &Promotion) -> Result<Vec<Write>> {
    let rules = super::rules(ports, &to_come.app).await?;
    if !rules.are_known() {
        let key = ledger::promotion_to_come(to_come.source_id());
        return Ok(vec![ledger::put_look(&ledger::replacing(ports, key, to_come.clone()).await?)?]);
    }
    let mut writes = Vec::new();
    for (environment, source) in rules.promoted_by_itself(&to_come.from.environment) {
        let key = ledger::promotion(EnvironmentId::new(&to_come.app, environment));
        let due = to_come.due.plus_ms(source.live_for.as_ms());
        let value = Promotion { environment: environment.clone(), due, ..to_come.clone() };
        writes.push(ledger::put_look(&ledger::replacing(ports, key, value).await?)?);
    }
    Ok(writes)
}
