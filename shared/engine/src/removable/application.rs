//! All of an application, for a removal.

use super::{Removable, owned};
use crate::config::Configured;
use crate::faults::Faults;
use crate::ledger::{self, RepositoryOwner, Stored};
use crate::ports::{DynamoDbApi, Result};
use std::collections::{BTreeMap, BTreeSet};
use windlass_domain::declaration::{Declaration, Declared};
use windlass_domain::finding::Finding;
use windlass_domain::name::{AppName, EnvironmentName};
use windlass_domain::removal::Removal;
use windlass_domain::removal::application::{self, Application, RemovedApplication};
use windlass_domain::tenancy::Claims;

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
        application::decide(&Application {
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
    let claims = owned(ports).await?;
    let owners = claims.into_iter().flat_map(|one| one.held);
    let ours = owners.filter(|held| held.owner.app == *app);
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
