//! The ways back of an environment: `GET …/snapshots`, to which a rollback can go, and `GET …/drills`, in which the
//! environment proved its way back.

use crate::conductor::drills;
use crate::ledger::{self, Stored};
use crate::routes::api::apps::{Provenance, provenance};
use crate::routes::api::call::{Call, OrRefused, Ports, Reply, Served};
use crate::routes::api::environment::known;
use crate::routes::api::query::page;
use serde::Serialize;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use windlass_domain::deployment::drill::Drill;
use windlass_domain::environment::irreversible::crossed;
use windlass_domain::environment::kept::Irreversible;
use windlass_domain::environment::{EnvironmentState, Running, Snapshot, VersionNames};
use windlass_domain::release::artifact::Artifact;
use windlass_domain::release::identity::{DeploymentId, EnvironmentId};
use windlass_domain::text::digest::Digest;
use windlass_domain::text::name::ComponentName;
use windlass_domain::text::time::Time;

/// A snapshot as it is listed.
#[derive(Debug, Serialize)]
struct Listed {
    /// The number by which a rollback names it.
    number: u64,
    version: String,
    deployment: DeploymentId,
    made: Time,
    /// The snapshot that it replaced; 0 for the first.
    replaced: u64,
    /// True if it is what runs now.
    present: bool,
    /// True if a deployment made it that was judged good. A rollback goes to another one only if it names it.
    verified_good: bool,
    /// True if that deployment had no gate: then nothing was measured of it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    unmeasured: bool,
    /// True if its release was undone here later. A rollback goes there only if it names it.
    vetoed: bool,
    /// The irreversible runs that going back to it crosses. A rollback must name them in `across`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    crosses: Irreversible,
    components: BTreeMap<ComponentName, Component>,
    /// The person who asked for the deployment that made it, and the reason.
    asked: Option<Provenance>,
}

/// The artifact of a component in a snapshot, and its names; for a component that came later, what was found of it. The
/// observed state stays in the ledger: it may be long, and only its kind can read it.
#[derive(Debug, Serialize)]
struct Component {
    /// Null if Windlass did not bring it.
    artifact: Option<Artifact>,
    #[serde(flatten)]
    names: VersionNames,
    /// The names of each of several images, by container.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    containers: BTreeMap<String, VersionNames>,
}

/// One page, newest first: one query. `limit` and `after` (the `next` of the page before) may be
/// given.
pub async fn list(ports: &impl Ports, of: EnvironmentId<'_>, call: &Call) -> Served {
    known(ports, of).await.or_refused(404)?;
    let state = ledger::load_or_default(ports, &ledger::state(of)).await?;
    let partition = ledger::environment(of);
    let vetoes = ledger::load_all(ports, &ledger::vetoes(of)).await?;
    let undone: BTreeSet<Digest> = vetoes.into_iter().map(|veto| veto.value.release).collect();
    let page = ports.query(page(call, partition, "snapshot#")).await?;
    let mut snapshots = Vec::new();
    for item in page.items {
        let snapshot: Stored<Snapshot> = ledger::from_item(item)?;
        snapshots.push(listed(snapshot.value, &state.value, &undone));
    }
    let made_by = snapshots.iter().map(|snapshot| snapshot.deployment.clone());
    let deployments = provenance(ports, made_by).await?;
    for snapshot in &mut snapshots {
        snapshot.asked = deployments.get(&snapshot.deployment.0).cloned();
    }
    Ok(Reply::json(200, json!({ "snapshots": snapshots, "next": page.next })))
}

fn listed(snapshot: Snapshot, state: &EnvironmentState, undone: &BTreeSet<Digest>) -> Listed {
    let snapshot = snapshot.with_found(state);
    let release = snapshot.release.as_ref();
    Listed {
        number: snapshot.number,
        present: snapshot.number == state.snapshot,
        verified_good: release.is_some(),
        unmeasured: release.is_some() && snapshot.unmeasured,
        crosses: crossed(&snapshot, state),
        vetoed: release.is_some_and(|release| undone.contains(release)),
        version: snapshot.version,
        deployment: snapshot.deployment,
        made: snapshot.made,
        replaced: snapshot.replaced,
        components: snapshot.components.into_iter().map(component).collect(),
        asked: None,
    }
}

fn component((name, running): (ComponentName, Running)) -> (ComponentName, Component) {
    let component = Component { artifact: running.artifact, names: running.names, containers: running.containers };
    (name, component)
}

/// One page of those that have ended, newest first, beside the one that is under way. `limit` and `after` (the `next`
/// of the page before) may be given.
pub async fn list_drills(ports: &impl Ports, of: EnvironmentId<'_>, call: &Call) -> Served {
    known(ports, of).await.or_refused(404)?;
    let known = drills(ports, of).await?;
    let partition = ledger::environment(of);
    let page = ports.query(page(call, partition, ledger::DRILL)).await?;
    let mut listed: Vec<Drill> = Vec::new();
    for item in page.items {
        let drill: Stored<Drill> = ledger::from_item(item)?;
        listed.push(drill.value);
    }
    Ok(Reply::json(
        200,
        json!({
            "app": of.app(),
            "environment": of.environment(),
            "under_way": known.value.under_way,
            "drills": listed,
            "next": page.next,
        }),
    ))
}
