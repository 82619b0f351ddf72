//! `GET /apps`: all applications with their environments: what runs there, who asked for it and why, what holds, works
//! and waits.

use super::call::{Call, Ports, Reply, Served};
use super::query::page;
use crate::ledger::{self, Stored};
use crate::overview::{self, EnvironmentItems, environment_items, environments};
use crate::ports::{Clock, DynamoDbApi, Result};
use futures::stream::{self, StreamExt, TryStreamExt};
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use windlass_domain::declaration::Declared;
use windlass_domain::declaration::drill_schedule::Schedule;
use windlass_domain::deployment::Deployment;
use windlass_domain::document::git::Git;
use windlass_domain::environment::Running;
use windlass_domain::release::Part;
use windlass_domain::release::action::ActionName;
use windlass_domain::release::ending::Resolved;
use windlass_domain::release::identity::{DeploymentId, EnvironmentId};
use windlass_domain::release::request::Requester;
use windlass_domain::text::name::{AppName, EnvironmentName};
use windlass_domain::text::time::Time;

/// The number of applications that are read before it is checked whether the page is long enough.
const AT_ONCE: u32 = 5;

/// The number of environments after which a page ends and goes on in the next one, so that an answer comes in time
/// however many there are.
const ENOUGH: usize = 40;

/// The number of environments that are read at a time.
const AT_A_TIME: usize = 16;

/// One page, by the applications' names. `limit` and `after` (the `next` of the page before) may be given; a page with
/// many environments has fewer applications than `limit`.
pub async fn list(ports: &impl Ports, call: &Call) -> Served {
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
            let listed = listed_environments(ports, &app, &declared).await?;
            environments += listed.as_array().map_or(0, Vec::len);
            let (version, accepted) = (&declared.value.version, declared.value.accepted);
            apps.push(json!({"app": app, "declaration": {"version": version, "accepted": accepted},
                "environments": listed}));
            left = left.saturating_sub(1);
        }
        query.after = page.next;
        if query.after.is_none() {
            break;
        }
    }
    Ok(Reply::json(200, json!({ "apps": apps, "next": query.after })))
}

/// The environments of an application: the declared ones in their order, then others in which something was deployed.
async fn listed_environments(ports: &impl Ports, app: &AppName, declared: &Stored<Declared>) -> Result<Value> {
    let names = overview::names(ports, app, Some(declared)).await?;
    let is_declared: BTreeSet<EnvironmentName> = environments(&declared.value).into_iter().collect();
    let written = ledger::read_declaration(&declared.value).ok();
    let schedule = |name: &EnvironmentName| written.as_ref().and_then(|it| it.drills(name));
    let read = |name: EnvironmentName| {
        let is_declared = is_declared.contains(&name);
        let schedule = schedule(&name);
        async move { environment(ports, EnvironmentId::new(app, &name), is_declared, schedule).await }
    };
    let listed: Vec<Value> = stream::iter(names).map(read).buffered(AT_A_TIME).try_collect().await?;
    Ok(json!(listed))
}

async fn environment(
    ports: &(impl DynamoDbApi + Clock),
    of: EnvironmentId<'_>,
    is_declared: bool,
    schedule: Option<&Schedule>,
) -> Result<Value> {
    let here: EnvironmentItems = environment_items(ports, of).await?;
    let deployments = provenance(ports, here.named()).await?;
    let running: BTreeMap<_, Value> =
        here.state.running.iter().map(|(component, running)| (component, called(running))).collect();
    let judged = judged(ports, of, here.state.snapshot).await?;
    Ok(json!({
        "environment": of.environment(),
        "declared": is_declared,
        "running": running,
        "snapshot": here.state.snapshot,
        "verified_good": judged.verified_good,
        "unmeasured": judged.unmeasured,
        "hold": here.state.hold,
        "lock": here.lock,
        "waiting": here.shown(),
        "drift": overview::drift(ports, of, &here).await?,
        "deployments": deployments,
        "drills": here.drills,
        "next_drill": here.next_drill(schedule, ports.now()).next(),
    }))
}

/// The judgement of what runs, as far as it was judged.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Judged {
    /// True if a deployment that was judged good made its snapshot.
    pub verified_good: bool,
    /// True if that deployment had no gate: then nothing was measured of it.
    pub unmeasured: bool,
}

/// Returns how far what runs was judged. Nobody judged what is there before the first snapshot.
pub(super) async fn judged(ports: &impl DynamoDbApi, of: EnvironmentId<'_>, number: u64) -> Result<Judged> {
    if number == 0 {
        return Ok(Judged::default());
    }
    let present = ledger::load(ports, &ledger::snapshot(of, number)).await?;
    let judged = present.map(|present| {
        let verified_good = present.value.release.is_some();
        Judged { verified_good, unmeasured: verified_good && present.value.unmeasured }
    });
    Ok(judged.unwrap_or_default())
}

/// Returns the names of what runs of a component. The observed state, which may be long, stands only in the answer on
/// one environment.
fn called(running: &Running) -> Value {
    let mut called = json!(running.names);
    if !running.containers.is_empty() {
        called["containers"] = json!(running.containers);
    }
    called
}

/// The number of records that are read at a time.
const RECORDS_AT_A_TIME: usize = 16;

/// A deployment in short, beside what it brought.
#[derive(Debug, Clone, Serialize)]
pub struct Provenance {
    action: ActionName,
    version: String,
    /// The snapshot that it goes to, if it goes to one and that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    snapshot: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    git: Option<Git>,
    components: Vec<Part>,
    requester: Requester,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    accepted: Time,
    #[serde(skip_serializing_if = "Option::is_none")]
    started: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ended: Option<Time>,
    /// The person who accepted what it had left, if it could not be undone.
    #[serde(skip_serializing_if = "Option::is_none")]
    resolved: Option<Resolved>,
}

impl From<Deployment> for Provenance {
    fn from(record: Deployment) -> Self {
        let mut components = record.parts();
        components.sort();
        Self {
            action: record.action,
            version: record.release.version,
            snapshot: record.snapshot,
            git: record.release.git,
            components,
            requester: record.requester,
            reason: record.reason,
            accepted: record.accepted,
            started: record.started,
            ended: record.ending.as_ref().map(|ended| ended.at),
            resolved: record.ending.and_then(|ended| ended.resolved),
        }
    }
}

/// The deployments of these ids, each once. One without a record is left out.
pub async fn provenance(
    ports: &impl DynamoDbApi,
    ids: impl IntoIterator<Item = DeploymentId>,
) -> Result<BTreeMap<String, Provenance>> {
    let ids: BTreeSet<String> = ids.into_iter().map(|id| id.0).collect();
    let read = |id: String| async move {
        let key = ledger::deployment(&DeploymentId(id.clone()));
        let record = ledger::load(ports, &key).await?;
        Ok(record.map(|record| (id, Provenance::from(record.value))))
    };
    let known: Vec<Option<(String, Provenance)>> =
        stream::iter(ids).map(read).buffered(RECORDS_AT_A_TIME).try_collect().await?;
    Ok(known.into_iter().flatten().collect())
}
