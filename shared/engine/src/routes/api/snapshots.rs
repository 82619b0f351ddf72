//! The ways back of an environment: `GET …/snapshots`, to which a rollback can go, and `GET …/drills`, in which the
//! environment proved its way back.

use crate::conductor::drills;
use crate::ledger::{self, Stored};
use crate::routes::api::apps::provenance;
use crate::routes::api::call::{Answered, ApiCall, OrRefused, Ports, Served, answers};
use crate::routes::api::environment::known;
use crate::routes::api::query::page;
use std::collections::BTreeSet;
use windlass_domain::deployment::drill::Drill;
use windlass_domain::environment::irreversible::crossed;
use windlass_domain::environment::{EnvironmentState, Running, Snapshot};
use windlass_domain::release::identity::EnvironmentId;
use windlass_domain::shown::api::environments::RunningNames;
use windlass_domain::shown::api::recorded::{DrillsPage, ListedComponent, ListedSnapshot, Snapshots};
use windlass_domain::text::digest::Digest;
use windlass_domain::text::name::ComponentName;

/// One page, newest first: one query. `limit` and `after` (the `next` of the page before) may be
/// given.
pub async fn list(ports: &impl Ports, of: EnvironmentId<'_>, call: &ApiCall) -> Served<answers::Snapshots> {
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
        snapshot.asked = deployments.get(&snapshot.deployment).cloned();
    }
    Ok(Answered::One(Snapshots { snapshots, next: page.next }))
}

fn listed(snapshot: Snapshot, state: &EnvironmentState, undone: &BTreeSet<Digest>) -> ListedSnapshot {
    let snapshot = snapshot.with_found(state);
    let release = snapshot.release.as_ref();
    ListedSnapshot {
        number: snapshot.number,
        present: snapshot.number == state.snapshot,
        verified_good: snapshot.is_verified_good(),
        doubts: snapshot.doubts(),
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

fn component((name, mut running): (ComponentName, Running)) -> (ComponentName, ListedComponent) {
    (name, ListedComponent { artifact: running.artifact.take(), running: RunningNames::from(running) })
}

/// One page of those that have ended, newest first, beside the one that is under way. `limit` and `after` (the `next`
/// of the page before) may be given.
pub async fn list_drills(ports: &impl Ports, of: EnvironmentId<'_>, call: &ApiCall) -> Served<answers::Drills> {
    known(ports, of).await.or_refused(404)?;
    let known = drills(ports, of).await?;
    let partition = ledger::environment(of);
    let page = ports.query(page(call, partition, ledger::DRILL)).await?;
    let mut listed: Vec<Drill> = Vec::new();
    for item in page.items {
        let drill: Stored<Drill> = ledger::from_item(item)?;
        listed.push(drill.value);
    }
    Ok(Answered::One(DrillsPage {
        app: of.app().clone(),
        environment: of.environment().clone(),
        under_way: known.value.under_way,
        drills: listed,
        next: page.next,
    }))
}
