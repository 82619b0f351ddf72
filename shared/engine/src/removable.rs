//! The removable of an environment, as the ledger says: for who removes, and for who only asks.

use crate::config::Configured;
use crate::pin;
use crate::ports::{Answered, Ledger};
use crate::store::{self, Stored};
use std::collections::BTreeSet;
use windlass_domain::environment::{EnvironmentState, Lock, Waiting};
use windlass_domain::finding::Finding;
use windlass_domain::name::ComponentName;
use windlass_domain::removal::{Facts, LetsGo, Removal, decide};
use windlass_domain::step::Step;
use windlass_domain::tenancy::Claims;

/// The ledger's word on it.
pub struct Removable {
    pub lock: Stored<Lock>,
    pub state: Stored<EnvironmentState>,
    pub claims: Vec<Stored<Claims>>,
    waiting: Vec<Stored<Waiting>>,
    declared: Option<BTreeSet<ComponentName>>,
}

impl Removable {
    /// Reads it. The lock is read first: what is written on the condition that nobody has taken it since belongs to all
    /// that is read after it.
    pub async fn load<P: Ledger + Configured>(ports: &P, removal: Removal<'_>) -> Answered<Self> {
        let (app, env) = (removal.app, removal.environment);
        let lock = store::load_or_default(ports, &store::lock(app, env)).await?;
        let state: Stored<EnvironmentState> =
            store::load_or_default(ports, &store::state(app, env)).await?;
        let waiting = store::load_all(ports, &store::environment(app, env), "waiting#").await?;
        let in_force = pin::declaration_in_force(ports, app).await?.ok();
        let here = in_force
            .as_ref()
            .filter(|found| found.declaration.environments().any(|it| it == env));
        let declared = here.map(|found| found.declaration.components().cloned().collect());
        let claims = claims(ports, removal, &state.value).await?;
        Ok(Self {
            lock,
            state,
            claims,
            waiting,
            declared,
        })
    }

    /// Decides on what was read.
    pub fn decide(&self, removal: Removal<'_>) -> Result<LetsGo, Vec<Finding>> {
        let claims: Vec<Claims> = self.claims.iter().map(|one| one.value.clone()).collect();
        let facts = Facts {
            lock: &self.lock.value,
            waits: self.waiting.first().map(|one| &one.value.deployment),
            state: &self.state.value,
            declared: self.declared.as_ref(),
            claims: &claims,
        };
        decide(removal, facts)
    }
}

/// The claims of every resource in which something is to be removed: those that the index tells, which may be behind, and
/// those that the steps tell of what is recorded as running. Each is read itself.
async fn claims<P: Ledger>(
    ports: &P,
    removal: Removal<'_>,
    state: &EnvironmentState,
) -> Answered<Vec<Stored<Claims>>> {
    let mut resources = BTreeSet::new();
    for component in state.running.keys() {
        let running = state.running.get(component);
        for names in running.iter().map(|running| &running.names) {
            let by = &names.brought.deployment;
            for key in [store::step(by, component), store::seen(by, component)] {
                let step: Option<Stored<Step>> = store::load(ports, &key).await?;
                let claims = step.into_iter().flat_map(|step| step.value.claims);
                resources.extend(claims.map(|claim| claim.resource));
            }
        }
    }
    let indexed: Vec<Stored<Claims>> = store::load_all(ports, store::CLAIMS, "").await?;
    let of_it = indexed.iter().flat_map(|one| &one.value.held);
    let of_it = of_it.filter(|held| removal.is_of(&held.owner));
    resources.extend(of_it.map(|held| held.claim.resource.clone()));
    let mut found = Vec::new();
    for resource in resources {
        found.push(store::load_or_default(ports, &store::target(&resource)).await?);
    }
    Ok(found)
}
