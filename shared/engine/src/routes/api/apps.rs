//! `GET /apps`: all applications with their environments: what runs there, who asked for it and why, what holds, works
//! and waits.

// Applications are listed by the index: objects below `apps/` in the bucket may have been refused, or deleted since.
// A page is bounded by its environments, because each costs several reads. Of a component the names alone are
// listed, because its state may be long.

use super::access::Reader;
use super::call::{Answered, ApiCall, Ports, Served, answers};
use super::query::page;
use crate::access;
use crate::ledger::{self, Stored};
use crate::overview::{self, EnvironmentItems, environment_items, environments};
use crate::ports::{Clock, DynamoDbApi, Result};
use futures::stream::{self, StreamExt, TryStreamExt};
use std::collections::{BTreeMap, BTreeSet};
use windlass_domain::declaration::Declared;
use windlass_domain::declaration::drill_schedule::Schedule;
use windlass_domain::release::identity::{DeploymentId, EnvironmentId};
use windlass_domain::shown::api::deployments::Provenance;
use windlass_domain::shown::api::environments::{
    AppOverview, Apps, DeclarationVersion, EnvironmentOverview, RunningNames, Situation, WaitingDeployment,
};
use windlass_domain::text::name::{AppName, EnvironmentName};

/// The number of applications that are read before it is checked whether the page is long enough.
const AT_ONCE: u32 = 5;

/// The number of environments after which a page ends and goes on in the next one, so that an answer comes in time
/// however many there are.
const ENOUGH: usize = 40;

/// The number of environments that are read at a time.
const AT_A_TIME: usize = 16;

/// One page, by the applications' names. `limit` and `after` (the `next` of the page before) may be given; a page with
/// many environments has fewer applications than `limit`, and so has one with some that the caller may not read.
pub async fn list(ports: &impl Ports, reader: &mut Reader, call: &ApiCall) -> Served<answers::Apps> {
    let mut query = page(call, ledger::APPLICATIONS.pk.to_owned(), "");
    query.descending = false;
    let mut left = query.limit;
    let (mut apps, mut environments) = (Vec::new(), 0);
    while left > 0 && environments < ENOUGH {
        query.limit = left.min(AT_ONCE);
        let page = ports.query_index(query.clone()).await?;
        for item in page.items {
            let app = ledger::app_of(&item.key.pk);
            let declared: Stored<Declared> = ledger::from_item(item)?;
            let Some(app) = app else { continue };
            left = left.saturating_sub(1);
            let names = overview::names(ports, &app, Some(&declared)).await?;
            environments += names.len();
            let Some(names) = reader.readable(ports, &app, names).await? else { continue };
            let listed = listed_environments(ports, &app, &declared, names).await?;
            let Declared { version, accepted, .. } = declared.value;
            apps.push(AppOverview { app, declaration: DeclarationVersion { version, accepted }, environments: listed });
        }
        query.after = page.next;
        if query.after.is_none() {
            break;
        }
    }
    Ok(Answered::One(Apps { apps, next: query.after }))
}

/// The environments of an application that have these names.
async fn listed_environments(
    ports: &impl Ports,
    app: &AppName,
    declared: &Stored<Declared>,
    names: Vec<EnvironmentName>,
) -> Result<Vec<EnvironmentOverview>> {
    let is_declared: BTreeSet<EnvironmentName> = environments(&declared.value).into_iter().collect();
    let written = ledger::read_declaration(&declared.value).ok();
    let schedule = |name: &EnvironmentName| written.as_ref().and_then(|it| it.drills(name));
    let read = |name: EnvironmentName| {
        let is_declared = is_declared.contains(&name);
        let schedule = schedule(&name);
        async move { environment(ports, EnvironmentId::new(app, &name), is_declared, schedule).await }
    };
    stream::iter(names).map(read).buffered(AT_A_TIME).try_collect().await
}

async fn environment(
    ports: &(impl DynamoDbApi + Clock),
    of: EnvironmentId<'_>,
    declared: bool,
    schedule: Option<&Schedule>,
) -> Result<EnvironmentOverview> {
    let mut here: EnvironmentItems = environment_items(ports, of).await?;
    let situation = situation(ports, of, &here, schedule).await?;
    // The observed state, which may be long, stands only in the answer on one environment.
    let running = std::mem::take(&mut here.state.running).into_iter();
    let running = running.map(|(component, running)| (component, RunningNames::from(running))).collect();
    Ok(EnvironmentOverview { environment: of.environment().clone(), declared, running, situation })
}

/// Returns the situation of an environment. Nobody judged what is there before the first snapshot.
pub(super) async fn situation(
    ports: &(impl DynamoDbApi + Clock),
    of: EnvironmentId<'_>,
    here: &EnvironmentItems,
    schedule: Option<&Schedule>,
) -> Result<Situation> {
    let snapshot = here.state.snapshot;
    let present = match snapshot {
        0 => None,
        number => ledger::load(ports, &ledger::snapshot(of, number)).await?.map(|present| present.value),
    };
    let present = present.map(|present| present.with_found(&here.state));
    // What was let go of since is in no doubt.
    let doubts = present.as_ref().map(|present| present.doubts().only(|name| here.state.running.contains_key(name)));
    let doubts = doubts.unwrap_or_default();
    let rules = access::rules(ports, of.app()).await?;
    let closed = rules.closed(of.environment(), ports.now());
    let mut waiting: Vec<WaitingDeployment> = here.waiting.iter().map(WaitingDeployment::from).collect();
    if waiting.iter().any(|one| one.asks) {
        let needs = rules.approvals_needed(of.environment());
        waiting.iter_mut().filter(|one| one.asks).for_each(|one| one.needs = needs);
    }
    Ok(Situation {
        snapshot,
        verified_good: present.is_some_and(|present| present.release.is_some()) && doubts.is_empty(),
        doubts,
        hold: here.state.hold.clone(),
        lock: here.lock.clone(),
        waiting,
        drift: overview::drift(ports, of, here).await?,
        deployments: provenance(ports, here.named()).await?,
        drills: here.drills.clone(),
        next_drill: here.next_drill(schedule, closed.as_ref(), ports.now()).next(),
        closed,
    })
}

/// The number of records that are read at a time.
const RECORDS_AT_A_TIME: usize = 16;

/// The deployments of these ids, each once. One without a record is left out.
pub async fn provenance(
    ports: &impl DynamoDbApi,
    ids: impl IntoIterator<Item = DeploymentId>,
) -> Result<BTreeMap<DeploymentId, Provenance>> {
    let ids: BTreeSet<DeploymentId> = ids.into_iter().collect();
    let read = |id: DeploymentId| async move {
        let record = ledger::load(ports, &ledger::deployment(&id)).await?;
        Ok(record.map(|record| (id, Provenance::from(record.value))))
    };
    let known: Vec<Option<(DeploymentId, Provenance)>> =
        stream::iter(ids).map(read).buffered(RECORDS_AT_A_TIME).try_collect().await?;
    Ok(known.into_iter().flatten().collect())
}
