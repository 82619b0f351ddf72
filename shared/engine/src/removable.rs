//! Reads from the ledger what can be removed of an environment, for a removal or for a look at one.

pub mod application;

use crate::config::Configured;
use crate::faults::Faults;
use crate::ledger::{self, Stored};
use crate::pin;
use crate::ports::{DynamoDbApi, Result};
use crate::trouble::found;
use std::collections::BTreeSet;
use windlass_domain::drill::Drills;
use windlass_domain::environment::{EnvironmentState, Lock, Waiting};
use windlass_domain::finding::Finding;
use windlass_domain::identity::EnvironmentId;
use windlass_domain::name::ComponentName;
use windlass_domain::removal::{Removal, RemovalFacts, RemovedItems, decide};
use windlass_domain::tenancy::{Claim, Claims};

/// The ledger's items on what can be removed.
pub struct Removable {
    pub lock: Stored<Lock>,
    pub state: Stored<EnvironmentState>,
    pub claims: Vec<Stored<Claims>>,
    waiting: Vec<Stored<Waiting>>,
    drills: Stored<Drills>,
    declared: Option<BTreeSet<ComponentName>>,
    here: Vec<Claim>,
}

impl Removable {
    /// Reads it. The lock is read first: what is written on the condition that nobody has taken it since belongs to all
    /// that is read after it.
    pub async fn load(ports: &(impl DynamoDbApi + Configured), removal: Removal<'_>) -> Result<Self> {
        let (app, env) = (removal.app, removal.environment);
        let of = EnvironmentId::new(app, env);
        let lock = ledger::load_or_default(ports, &ledger::lock(of)).await?;
        let state = ledger::load_or_default(ports, &ledger::state(of)).await?;
        let waiting = ledger::load_all(ports, &ledger::all_waiting(of)).await?;
        let in_force = found(pin::declaration_in_force(ports, app).await)?;
        let here = in_force.as_ref().filter(|found| found.declaration.environments().any(|it| it == env));
        let declared = here.map(|found| found.declaration.components().cloned().collect());
        let here = match removal.component {
            Some(component) => claims_of(ports, component, &state.value).await?,
            None => Vec::new(),
        };
        let claims = claims(ports, removal, &state.value).await?;
        Ok(Self {
            lock,
            state,
            claims,
            waiting,
            drills: ledger::load_or_default(ports, &ledger::drills(of)).await?,
            declared,
            here,
        })
    }

    /// Decides on what was read.
    pub fn decide(&self, removal: Removal<'_>) -> Result<RemovedItems, Vec<Finding>> {
        decide(removal, self.facts(&self.all_claims()))
    }

    /// Returns the claims that were read.
    pub fn all_claims(&self) -> Vec<Claims> {
        self.claims.iter().map(|one| one.value.clone()).collect()
    }

    /// Returns all facts that were read, for the decision.
    pub fn facts<'a>(&'a self, claims: &'a [Claims]) -> RemovalFacts<'a> {
        RemovalFacts {
            lock: &self.lock.value,
            waits: self.waiting.first().map(|one| &one.value.deployment),
            drill: self.drills.value.under_way.as_ref().map(|drill| &drill.id),
            state: &self.state.value,
            declared: self.declared.as_ref(),
            claims,
            here: &self.here,
        }
    }
}

/// The claims of every resource in which something is to be removed: those that the index tells, which may be behind, and
/// those that the steps tell of what is recorded as running. Each is read itself.
async fn claims(
    ports: &impl DynamoDbApi,
    removal: Removal<'_>,
    state: &EnvironmentState,
) -> Result<Vec<Stored<Claims>>> {
    let mut resources = BTreeSet::new();
    for component in state.running.keys() {
        let claims = claims_of(ports, component, state).await?;
        resources.extend(claims.into_iter().map(|claim| claim.resource));
    }
    let indexed = owned(ports).await?;
    let of_it = indexed.iter().flat_map(|one| &one.held);
    let of_it = of_it.filter(|held| removal.is_of(&held.owner));
    resources.extend(of_it.map(|held| held.claim.resource.clone()));
    let mut found = Vec::new();
    for resource in resources {
        found.push(ledger::load_or_default(ports, &ledger::target(&resource)).await?);
    }
    Ok(found)
}

/// All claims of the installation, as the index tells them.
pub async fn owned(ports: &impl DynamoDbApi) -> Result<Vec<Claims>> {
    let mut faults = Faults::default();
    let all = ledger::load_all_indexed(ports, &ledger::CLAIMS, &mut faults).await;
    faults.into_answer()?;
    Ok(all.into_iter().map(|one: Stored<Claims>| one.value).collect())
}

/// The claims of a component where it runs: of each deployment that its names tell of.
async fn claims_of(
    ports: &impl DynamoDbApi,
    component: &ComponentName,
    state: &EnvironmentState,
) -> Result<Vec<Claim>> {
    let Some(running) = state.running.get(component) else {
        return Ok(Vec::new());
    };
    let mut claims = Vec::new();
    for by in running.deployments() {
        let name = running.name_in(by, component);
        for key in [ledger::step(by, name), ledger::seen(by, name)] {
            let step = ledger::load(ports, &key).await?;
            claims.extend(step.into_iter().flat_map(|step| step.value.claims));
        }
    }
    Ok(claims)
}
