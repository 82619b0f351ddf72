//! Reads from the ledger what can be removed of an environment or of a whole application, for a removal or for a look
//! at one.

use crate::config::Configured;
use crate::faults::Faults;
use crate::ledger::{self, RepositoryOwner, Stored};
use crate::pin;
use crate::ports::{DynamoDbApi, Result};
use crate::trouble::found;
use std::collections::{BTreeMap, BTreeSet};
use windlass_domain::declaration::tenancy::{Claim, Claims};
use windlass_domain::declaration::{Declaration, Declared};
use windlass_domain::deployment::drill::Drills;
use windlass_domain::environment::{EnvironmentState, Lock, Waiting};
use windlass_domain::moving::removal::application::{self, ApplicationToRemove, RemovedApplication};
use windlass_domain::moving::removal::{Removal, RemovalFacts, RemovedItems, decide};
use windlass_domain::release::identity::EnvironmentId;
use windlass_domain::text::finding::Finding;
use windlass_domain::text::name::{AppName, ComponentName, EnvironmentName};

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

/// The claims of every resource in which something is to be removed: those that the index has, which may be behind, and
/// those that the steps have of what is recorded as running. Each is read itself.
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
    let of_it = indexed.iter().flat_map(|one| &one.held).filter(|held| removal.is_of(&held.owner));
    resources.extend(of_it.map(|held| held.claim.resource.clone()));
    let mut found = Vec::new();
    for resource in resources {
        found.push(ledger::load_or_default(ports, &ledger::target(&resource)).await?);
    }
    Ok(found)
}

/// All claims of the installation, as the index has them.
pub async fn owned(ports: &impl DynamoDbApi) -> Result<Vec<Claims>> {
    let mut faults = Faults::default();
    let all = ledger::load_all_indexed(ports, &ledger::CLAIMS, &mut faults).await;
    faults.into_answer()?;
    Ok(all.into_iter().map(|one: Stored<Claims>| one.value).collect())
}

/// The claims of a component where it runs: of each deployment that its names point to.
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

/// The ledger's items on the application.
pub struct ApplicationItems {
    pub declared: Option<Stored<Declared>>,
    pub repositories: Vec<Stored<RepositoryOwner>>,
    pub environments: BTreeMap<EnvironmentName, Removable>,
}

impl ApplicationItems {
    /// Reads it. Its environments are the declared ones, those in which something was deployed, and those that own a
    /// claim: a deployment that failed has left nothing else.
    pub async fn load(ports: &(impl DynamoDbApi + Configured), app: &AppName) -> Result<Self> {
        let key = ledger::declaration_in_force(app);
        let declared = ledger::load(ports, &key).await?;
        // One that cannot be read any more is withdrawn as well.
        let read = declared.as_ref().map(|one| ledger::read_declaration(&one.value));
        let read = read.and_then(Result::ok);
        let names = self::environments(ports, app, read.as_deref()).await?;
        let mut environments = BTreeMap::new();
        for environment in names {
            let removal = Removal { app, environment: &environment, component: None };
            let found = Removable::load(ports, removal).await?;
            environments.insert(environment, found);
        }
        Ok(Self { declared, repositories: repositories(ports, app).await?, environments })
    }

    /// Decides on what was read.
    pub fn decide(&self, app: &AppName) -> Result<RemovedApplication, Vec<Finding>> {
        let claims: BTreeMap<&EnvironmentName, Vec<Claims>> =
            self.environments.iter().map(|(name, found)| (name, found.all_claims())).collect();
        let environments = self.environments.iter();
        let facts = environments.map(|(name, found)| {
            let claims = claims.get(name).map(Vec::as_slice);
            (name.clone(), found.facts(claims.unwrap_or_default()))
        });
        let repositories = self.repositories.iter();
        application::decide(&ApplicationToRemove {
            app,
            declaration: self.declared.as_ref().map(|one| &one.value.version),
            repositories: repositories.map(|one| one.value.repository.clone()).collect(),
            environments: facts.collect(),
        })
    }
}

/// The names of its environments: the declared ones, those in which something was deployed, and those that own a claim.
pub async fn environments(
    ports: &impl DynamoDbApi,
    app: &AppName,
    declared: Option<&Declaration>,
) -> Result<BTreeSet<EnvironmentName>> {
    let prefix = ledger::environments_of(app);
    let keys = ledger::load_index(ports, &ledger::ENVIRONMENTS, &prefix).await?;
    let deployed = keys.iter().filter_map(|key| ledger::environment_of(&key.pk));
    let mut names: BTreeSet<EnvironmentName> = deployed.map(|(_, name)| name).collect();
    let ours = owned(ports).await?.into_iter().flat_map(|one| one.held).filter(|held| held.owner.app == *app);
    names.extend(ours.map(|held| held.owner.environment));
    names.extend(declared.into_iter().flat_map(|it| it.environments().cloned()));
    Ok(names)
}

/// The image repositories that are its own.
pub async fn repositories(ports: &impl DynamoDbApi, app: &AppName) -> Result<Vec<Stored<RepositoryOwner>>> {
    let mut faults = Faults::default();
    let mut all = ledger::load_all_indexed(ports, &ledger::REPOSITORIES, &mut faults).await;
    faults.into_answer()?;
    all.retain(|one| one.value.app == *app);
    Ok(all)
}
