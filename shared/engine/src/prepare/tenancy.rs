//! Tenancy: a target belongs to one component of one environment of one application.

use super::component::Draft;
use super::scene::{Ports, Scene};
use crate::ledger::{self, Stored};
use crate::pin;
use crate::ports::{Result, Write};
use std::collections::BTreeMap;
use windlass_domain::fault::Fault;
use windlass_domain::finding::Finding;
use windlass_domain::tenancy::{Claims, Owner};

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
    let app = &scene.loaded.record.app;
    if !ledger::is_declared(ports, app).await? {
        // The application was removed since this was accepted.
        tenancy.findings.push(pin::no_declaration(app));
        return Ok(tenancy);
    }
    let mut known: BTreeMap<&str, (Stored<Claims>, bool)> = BTreeMap::new();
    for draft in drafts {
        let prepared = &draft.prepared;
        if prepared.findings.is_empty() && prepared.claims.is_empty() {
            let (name, kind) = (draft.name, draft.kind);
            let message = format!("the kind {kind} does not say what {name} claims");
            return Err(Fault::internal(message));
        }
        let record = &scene.loaded.record;
        let by =
            Owner { app: record.app.clone(), environment: record.environment.clone(), component: draft.name.clone() };
        for claim in &prepared.claims {
            if !known.contains_key(claim.resource.as_str()) {
                let key = ledger::target(&claim.resource);
                let claims = ledger::load_or_default(ports, &key).await?;
                known.insert(&claim.resource, (claims, false));
            }
            let Some((claims, changed)) = known.get_mut(claim.resource.as_str()) else {
                continue;
            };
            match claims.value.take(&by, claim, |other| is_gone(scene, other)) {
                Ok(is_new) => *changed |= is_new,
                Err(finding) => tenancy.findings.push(finding),
            }
        }
    }
    let changed = known.values().filter(|(_, changed)| *changed);
    let put = |(claims, _): &(Stored<Claims>, bool)| claims.put_indexed(Some(ledger::claims_index(&claims.key)));
    let writes: Result<Vec<Write>> = changed.map(put).collect();
    tenancy.writes = writes?;
    Ok(tenancy)
}

/// Returns whether the owner is a component that was renamed or removed in this environment.
fn is_gone(scene: &Scene, owner: &Owner) -> bool {
    let resolved = &scene.loaded.resolved;
    owner.app == resolved.app
        && owner.environment == resolved.environment
        && !resolved.components.contains_key(&owner.component)
}
