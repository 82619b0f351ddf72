//! Checks the targets of all components together: each belongs to one component of one environment, what a component
//! leaves is freed, and what was observed is not older than the last deployment's changes.
//!
//! AWS may answer with the state of a moment ago (Amazon ECS API Reference, DescribeServices: eventually consistent). A
//! plan that is made upon that would find nothing to do, or take a former state for the one to return to.

use crate::kinds::{Prepared, Recorded};
use crate::ledger::{self, Stored};
use crate::observe::where_it_ran;
use crate::pin;
use crate::ports::{Result, Write};
use crate::prepare::component::Draft;
use crate::prepare::drafts::elsewhere;
use crate::prepare::inputs::EarlierComponents;
use crate::prepare::scene::{Ports, Scene};
use std::collections::BTreeMap;
use windlass_domain::declaration::kinds::KindName;
use windlass_domain::declaration::renamed::rename_first;
use windlass_domain::declaration::tenancy::{Claim, Owner, ResourceClaims, left_behind};
use windlass_domain::deployment::step::{SEEN_AFTER_MS, Step};
use windlass_domain::environment::rollback::moved;
use windlass_domain::text::fault::Fault;
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_domain::text::name::ComponentName;
use windlass_domain::text::time::Time;

/// Refuses those of a rollback, prepares the others as if nothing of them ran, and warns of what they leave: the number
/// of a version of one function, say, means something else at another one, and so does whatever the kind made of it.
pub async fn settle(ports: &impl Ports, scene: &Scene, drafts: &mut [Draft<'_>]) -> Result<()> {
    for at in 0..drafts.len() {
        let before = EarlierComponents::of(drafts);
        let again = match drafts.get(at) {
            Some(draft) => settled(ports, scene, draft, &before).await?,
            None => None,
        };
        if let (Some(again), Some(draft)) = (again, drafts.get_mut(at)) {
            draft.prepared = again;
        }
    }
    Ok(())
}

/// Another part of the plan for a component; nothing where it is where it ran.
pub async fn settled(
    ports: &impl Ports,
    scene: &Scene,
    draft: &Draft<'_>,
    before: &EarlierComponents<'_>,
) -> Result<Option<Prepared>> {
    let name = draft.name;
    if let Some(goal) = &scene.goal
        && let Some(back) = goal.components.get(name)
    {
        let former = where_it_ran(ports, name, back).await?;
        if !left(former.as_ref(), &draft.prepared).is_empty() {
            return Ok(Some(Prepared::refused(vec![moved(goal, name)])));
        }
    }
    let left = left(draft.ran.as_ref(), &draft.prepared);
    let running = scene.state.running.get(name);
    let Some(running) = running.filter(|_| !left.is_empty()) else { return Ok(None) };
    let warning = left_behind(name, running.version(), &left);
    let mut again = elsewhere(ports, scene, name, before).await?;
    again.warnings.push(warning);
    Ok(Some(again))
}

/// Returns the claims of that step that the component has left. Empty if it is not known what the component claims now.
fn left<'a>(former: Option<&'a Step>, now: &Prepared) -> Vec<&'a Claim> {
    let former = former.filter(|_| !now.claims.is_empty());
    former.map_or(vec![], |former| Claim::left(&former.claims, &now.claims))
}

/// Returns for how many milliseconds a look may not show yet what the deployment before has changed; `None` if
/// everything shows.
fn until_seen(scene: &Scene, now: Time) -> Option<u64> {
    let since = now.ms_since(scene.loaded.freed?);
    (since < SEEN_AFTER_MS).then(|| SEEN_AFTER_MS - since)
}

/// Returns for how many milliseconds to wait before everything is observed anew. `None` if what was seen is what the
/// ledger says that runs, or is surely true.
pub fn wait_ms(scene: &Scene, drafts: &[Draft<'_>], now: Time) -> Result<Option<u64>> {
    let Some(ms) = until_seen(scene, now) else { return Ok(None) };
    for draft in drafts {
        if !is_expected(scene, draft)? {
            return Ok(Some(ms));
        }
    }
    Ok(None)
}

fn is_expected(scene: &Scene, draft: &Draft<'_>) -> Result<bool> {
    let mut findings = draft.prepared.findings.iter();
    if findings.any(|finding| matches!(finding.name, FindingName::TargetMissing | FindingName::TargetNotReady)) {
        return Ok(false);
    }
    let before = &draft.prepared.before;
    match scene.state.running.get(draft.name) {
        _ if before.is_null() => Ok(true),
        Some(running) if !running.state.is_null() => {
            let before = Recorded::read("state before", before)?;
            let left = Recorded::read("state that runs", &running.state)?;
            Ok(before.is_as_left(&left))
        }
        _ => Ok(false),
    }
}

/// The result of the check.
#[derive(Default)]
pub struct Tenancy {
    /// The findings on targets that are not ours.
    pub findings: Vec<Finding>,
    /// The writes that claim targets that were nobody's, each on the condition that nobody else has claimed it since.
    pub writes: Vec<Write>,
}

/// Looks up who owns each target, and claims it.
pub async fn check(ports: &impl Ports, scene: &Scene, drafts: &[Draft<'_>]) -> Result<Tenancy> {
    let mut tenancy = Tenancy::default();
    let (app, id) = (&scene.loaded.record.app, &scene.loaded.record.id);
    if !ledger::is_declared(ports, app).await? {
        // The application was removed since this was accepted.
        tenancy.findings.push(pin::no_declaration(app));
        return Ok(tenancy);
    }
    let mut known: BTreeMap<&str, (Stored<ResourceClaims>, bool)> = BTreeMap::new();
    for draft in drafts {
        let prepared = &draft.prepared;
        let is_known = prepared.findings.is_empty() && !prepared.is_not_looked_at();
        if is_known && prepared.claims.is_empty() {
            let (name, kind) = (draft.name, draft.kind);
            let message = format!("the kind {kind} does not say what {name} claims");
            return Err(Fault::internal(message));
        }
        let by = owner(scene, draft.name);
        for claim in &prepared.claims {
            if !known.contains_key(claim.resource.as_str()) {
                let claims = ledger::load_or_default(ports, &ledger::target(&claim.resource)).await?;
                known.insert(&claim.resource, (claims, false));
            }
            let Some((claims, changed)) = known.get_mut(claim.resource.as_str()) else { continue };
            let is_renamed = |other: &&Owner| is_renamed(scene, other, draft.name);
            let former = claims.value.others_with(&by, claim).find(is_renamed).cloned();
            if let Some(former) = former {
                let other_kind = other_kind(ports, scene, &former, draft.kind).await?;
                tenancy.findings.push(rename_first(&by, claim, &former, other_kind));
                break;
            }
            match claims.value.take((&by, id), claim, |other| is_gone(scene, other)) {
                Ok(is_new) => *changed |= is_new,
                Err(finding) => tenancy.findings.push(finding),
            }
        }
    }
    let changed = known.values().filter(|(_, changed)| *changed);
    let put =
        |(claims, _): &(Stored<ResourceClaims>, bool)| claims.put_indexed(Some(ledger::claims_index(&claims.key)));
    let writes: Result<Vec<Write>> = changed.map(put).collect();
    tenancy.writes = writes?;
    Ok(tenancy)
}

/// Returns a component of this environment as an owner.
pub fn owner(scene: &Scene, component: &ComponentName) -> Owner {
    let record = &scene.loaded.record;
    Owner { app: record.app.clone(), environment: record.environment.clone(), component: component.clone() }
}

/// Returns whether the owner is a component of which something runs, and this one is new and would begin without that:
/// a rename that nobody has asked for yet. A way back brings only what the new name has brought itself.
fn is_renamed(scene: &Scene, owner: &Owner, name: &ComponentName) -> bool {
    let running = &scene.state.running;
    let is_new = running.contains_key(&owner.component) && !running.contains_key(name);
    is_new && !scene.is_rollback() && is_gone(scene, owner)
}

/// Returns the kind as which the owner was deployed, if it is known and another one than this.
async fn other_kind(ports: &impl Ports, scene: &Scene, owner: &Owner, kind: KindName) -> Result<Option<KindName>> {
    let Some(running) = scene.state.running.get(&owner.component) else { return Ok(None) };
    let ran = where_it_ran(ports, &owner.component, running).await?;
    Ok(ran.map(|ran| ran.kind).filter(|ran| *ran != kind))
}

/// Returns whether the owner is a component that was renamed or removed in this environment.
pub fn is_gone(scene: &Scene, owner: &Owner) -> bool {
    let resolved = &scene.loaded.resolved;
    owner.app == resolved.app
        && owner.environment == resolved.environment
        && !resolved.components.contains_key(&owner.component)
}
