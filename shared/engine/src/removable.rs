//! Reads from the ledger what can be removed of a scope, for a removal or for a look at one; and what a removal and a
//! move have in common.

use crate::config::Configured;
use crate::faults::Faults;
use crate::ledger::{self, RepositoryOwner, Stored, WatchedItem};
use crate::ports::{DynamoDbApi, Result};
use crate::trouble::found;
use crate::{overview, pin};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use windlass_domain::declaration::tenancy::{Claim, ResourceClaims};
use windlass_domain::declaration::{Declaration, Declared};
use windlass_domain::deployment::drill::Drills;
use windlass_domain::environment::{EnvironmentState, Lock, Waiting};
use windlass_domain::moving::removal::{RemovalFacts, Removed, ToRemove, decide};
use windlass_domain::moving::scope::{MovingScope, Side};
use windlass_domain::release::identity::EnvironmentId;
use windlass_domain::text::finding::Finding;
use windlass_domain::text::name::{ComponentName, EnvironmentName};

/// The ledger's items on what can be removed.
pub struct Removable<'a> {
    pub scope: MovingScope<'a>,
    pub whole: Option<WholeItems>,
    pub environments: BTreeMap<EnvironmentName, OwnerItems>,
}

impl<'a> Removable<'a> {
    /// Reads it.
    pub async fn load(ports: &(impl DynamoDbApi + Configured), scope: MovingScope<'a>) -> Result<Self> {
        let whole = WholeItems::load(ports, scope).await?;
        let mut environments = BTreeMap::new();
        for name in environments_of(ports, scope, whole.as_ref()).await? {
            let items = OwnerItems::load(ports, scope.part_in(&name), scope.at(&name)).await?;
            environments.insert(name, items);
        }
        Ok(Self { scope, whole, environments })
    }

    /// Decides on what was read.
    pub fn decide(&self) -> Result<Removed, Vec<Finding>> {
        let environments = self.environments.iter();
        decide(&ToRemove {
            scope: self.scope,
            declaration: self.whole.as_ref().and_then(WholeItems::version),
            repositories: self.whole.as_ref().map(WholeItems::names).unwrap_or_default(),
            environments: environments.map(|(name, items)| items.facts(self.scope.at(name))).collect(),
        })
    }
}

/// The ledger's items on an environment: on that of an owner, or on that of a new owner.
pub struct SideItems {
    pub lock: Stored<Lock>,
    pub state: Stored<EnvironmentState>,
    waiting: Vec<Stored<Waiting>>,
    drills: Stored<Drills>,
}

impl SideItems {
    /// Reads them. The lock is read first: what is written on the condition that nobody has taken it since belongs to
    /// all that is read after it.
    pub async fn load(ports: &impl DynamoDbApi, at: EnvironmentId<'_>) -> Result<Self> {
        Ok(Self {
            lock: ledger::load_or_default(ports, &ledger::lock(at)).await?,
            state: ledger::load_or_default(ports, &ledger::state(at)).await?,
            waiting: ledger::load_all(ports, &ledger::all_waiting(at)).await?,
            drills: ledger::load_or_default(ports, &ledger::drills(at)).await?,
        })
    }

    /// Returns the facts that were read, for the decision.
    pub fn facts<'a>(&'a self, at: EnvironmentId<'a>) -> Side<'a> {
        Side {
            at,
            lock: &self.lock.value,
            waits: self.waiting.first().map(|one| &one.value.deployment),
            drill: self.drills.value.under_way.as_ref().map(|drill| &drill.id),
            state: &self.state.value,
        }
    }
}

/// The ledger's items on an environment, with all that is to be removed or moved of it.
pub struct OwnerItems {
    pub side: SideItems,
    pub claims: Vec<Stored<ResourceClaims>>,
    declared: Option<BTreeSet<ComponentName>>,
    here: Vec<Claim>,
}

impl OwnerItems {
    /// Reads them, the lock first.
    pub async fn load(
        ports: &(impl DynamoDbApi + Configured),
        scope: MovingScope<'_>,
        at: EnvironmentId<'_>,
    ) -> Result<Self> {
        let side = SideItems::load(ports, at).await?;
        let in_force = found(pin::declaration_in_force(ports, at.app()).await)?;
        let here = in_force.filter(|found| found.declaration.environments().any(|it| it == at.environment()));
        let declared = here.map(|found| found.declaration.components().cloned().collect());
        let here = match scope.component {
            Some(component) => claims_of(ports, component, &side.state.value).await?,
            None => Vec::new(),
        };
        let claims = claims(ports, scope, &side.state.value).await?;
        Ok(Self { side, claims, declared, here })
    }

    /// Returns all facts that were read, for the decision.
    pub fn facts<'a>(&'a self, at: EnvironmentId<'a>) -> RemovalFacts<'a> {
        RemovalFacts {
            side: self.side.facts(at),
            declared: self.declared.as_ref(),
            claims: self.claims.iter().map(|one| &one.value).collect(),
            here: &self.here,
        }
    }
}

/// The claims of every resource in which something is to be removed: those that the index has, which may be behind, and
/// those that the steps have of what is recorded as running. Each is read itself.
async fn claims(
    ports: &impl DynamoDbApi,
    scope: MovingScope<'_>,
    state: &EnvironmentState,
) -> Result<Vec<Stored<ResourceClaims>>> {
    let mut resources = BTreeSet::new();
    for component in state.running.keys() {
        let claims = claims_of(ports, component, state).await?;
        resources.extend(claims.into_iter().map(|claim| claim.resource));
    }
    let indexed = owned(ports).await?;
    let of_it = indexed.iter().flat_map(|one| &one.held).filter(|held| scope.is_of(&held.owner));
    resources.extend(of_it.map(|held| held.claim.resource.clone()));
    let mut found = Vec::new();
    for resource in resources {
        found.push(ledger::load_or_default(ports, &ledger::target(&resource)).await?);
    }
    Ok(found)
}

/// All claims of the installation, as the index has them, which may be behind.
pub async fn owned(ports: &impl DynamoDbApi) -> Result<Vec<ResourceClaims>> {
    let mut faults = Faults::default();
    let all = ledger::load_all_indexed(ports, &ledger::CLAIMS, &mut faults).await;
    faults.into_answer()?;
    Ok(all.into_iter().map(|one: Stored<ResourceClaims>| one.value).collect())
}

/// The claims of a component where it runs: of each deployment that its names point to.
async fn claims_of(
    ports: &impl DynamoDbApi,
    component: &ComponentName,
    state: &EnvironmentState,
) -> Result<Vec<Claim>> {
    let Some(running) = state.running.get(component) else { return Ok(Vec::new()) };
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

/// The ledger's items on a whole application, beside those on its environments.
pub struct WholeItems {
    pub declared: WatchedItem<Declared>,
    pub declaration: Option<Arc<Declaration>>,
    pub repositories: Vec<Stored<RepositoryOwner>>,
}

impl WholeItems {
    /// Reads them; `None` for a smaller scope.
    pub async fn load(ports: &impl DynamoDbApi, scope: MovingScope<'_>) -> Result<Option<Self>> {
        if !scope.is_whole() {
            return Ok(None);
        }
        let declared = WatchedItem::read(ports, ledger::declaration_in_force(scope.app)).await?;
        let mut faults = Faults::default();
        let mut repositories = ledger::load_all_indexed(ports, &ledger::REPOSITORIES, &mut faults).await;
        faults.into_answer()?;
        repositories.retain(|one| one.value.app == *scope.app);
        // One that cannot be read any more is withdrawn as well.
        let declaration = declared.value().map(ledger::read_declaration).and_then(Result::ok);
        Ok(Some(Self { declared, declaration, repositories }))
    }

    /// Returns the version of its declaration in force.
    pub fn version(&self) -> Option<&semver::Version> {
        self.declared.value().map(|one| &one.version)
    }

    /// Returns the names of its image repositories.
    pub fn names(&self) -> Vec<String> {
        self.repositories.iter().map(|one| one.value.repository.clone()).collect()
    }
}

/// The names of the environments in a scope: the one that it names; of a whole application the declared ones, those in
/// which something was deployed, and those that own a claim, because a deployment that failed has left nothing else.
pub async fn environments_of(
    ports: &impl DynamoDbApi,
    scope: MovingScope<'_>,
    whole: Option<&WholeItems>,
) -> Result<BTreeSet<EnvironmentName>> {
    let Some(whole) = whole else { return Ok(scope.environment.into_iter().cloned().collect()) };
    let known = overview::names(ports, scope.app, whole.declared.found.as_ref()).await?;
    let ours = owned(ports).await?.into_iter().flat_map(|one| one.held).filter(|held| scope.is_of(&held.owner));
    Ok(known.into_iter().chain(ours.map(|held| held.owner.environment)).collect())
}
