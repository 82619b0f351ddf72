//! All of an application, for a move to another name.

use super::{Movable, declaration, put_claims, unchanged};
use crate::config::Configured;
use crate::ledger::{self, RepositoryOwner, Stored, Watched};
use crate::pin;
use crate::ports::{DynamoDbApi, Result, Write};
use crate::removable::application::{environments, repositories};
use std::collections::BTreeMap;
use std::sync::Arc;
use windlass_domain::declaration::{Declaration, Declared};
use windlass_domain::finding::Finding;
use windlass_domain::identity::EnvironmentId;
use windlass_domain::moving::application::{self, Application, MovedApplication};
use windlass_domain::moving::{Moving, MovingFacts};
use windlass_domain::name::{AppName, EnvironmentName};
use windlass_domain::tenancy::Claims;
use windlass_domain::time::Time;

/// The ledger's items on the application under both names.
pub struct WholeMovable<'a> {
    app: &'a AppName,
    to: &'a AppName,
    declared: Watched<Declared>,
    former: Option<Arc<Declaration>>,
    declared_there: Watched<Declared>,
    new: Result<Arc<Declaration>, Vec<Finding>>,
    repositories: Vec<Stored<RepositoryOwner>>,
    environments: BTreeMap<EnvironmentName, Movable>,
    claims: BTreeMap<EnvironmentName, Vec<Claims>>,
}

impl<'a> WholeMovable<'a> {
    /// Reads it. The declarations and the locks are read first, as for the move of one environment.
    pub async fn load(ports: &(impl DynamoDbApi + Configured), app: &'a AppName, to: &'a AppName) -> Result<Self> {
        let declared = declaration(ports, app).await?;
        let declared_there = declaration(ports, to).await?;
        let new = match pin::declaration_in_force(ports, to).await {
            Ok(found) => Ok(found.declaration),
            Err(trouble) => Err(trouble.findings()?),
        };
        // One that cannot be read any more is withdrawn as well.
        let read = declared.value().map(ledger::read_declaration);
        let former = read.and_then(Result::ok);
        let mut movables = BTreeMap::new();
        for environment in environments(ports, app, former.as_deref()).await? {
            let moving = moving(app, to, &environment);
            let found = Movable::load(ports, moving).await?;
            movables.insert(environment, found);
        }
        let claims = movables.iter();
        let claims = claims.map(|(name, found)| (name.clone(), found.from.all_claims()));
        Ok(Self {
            app,
            to,
            declared,
            former,
            declared_there,
            new,
            repositories: repositories(ports, app).await?,
            claims: claims.collect(),
            environments: movables,
        })
    }

    /// Returns all facts that were read, for the decision.
    pub fn asked(&self) -> Application<'_> {
        let environments = self.environments.iter();
        let environments = environments.map(|(name, found)| {
            let claims = self.claims.get(name).map(Vec::as_slice);
            (name.clone(), found.facts(claims.unwrap_or_default()))
        });
        let environments: BTreeMap<EnvironmentName, MovingFacts<'_>> = environments.collect();
        let repositories = self.repositories.iter();
        Application {
            app: self.app,
            to: self.to,
            version: self.declared.value().map(|one| &one.version),
            former: self.former.as_deref(),
            new: self.new.as_deref().map_err(Vec::as_slice),
            repositories: repositories.map(|one| one.value.repository.clone()).collect(),
            environments,
        }
    }

    /// Decides on what was read.
    pub fn decide(&self) -> Result<MovedApplication, Vec<Finding>> {
        application::decide(&self.asked())
    }

    /// Returns the writes that move it, all or none, on the condition that nobody takes a lock of either side and no
    /// declaration changes.
    pub fn moved(mut self, whole: &MovedApplication, now: Time) -> Result<Vec<Write>> {
        let mut writes = vec![self.declared_there.check()];
        writes.push(withdrawn(&self.declared));
        // Several environments may have claims of one resource, which is one item.
        let mut resources: BTreeMap<String, Stored<Claims>> = BTreeMap::new();
        for (environment, found) in &mut self.environments {
            let Some(moves) = whole.environments.get(environment) else {
                writes.push(unchanged(&found.from.lock));
                continue;
            };
            let moving = moving(self.app, self.to, environment);
            for claims in std::mem::take(&mut found.from.claims) {
                let resource = claims.key.pk.clone();
                let claims = resources.entry(resource).or_insert(claims);
                moves.hand_on(moving, &mut claims.value);
            }
            writes.extend(found.recorded(moving, moves, now)?);
            // An environment of which nothing is left is not listed any more.
            writes.push(found.from.state.put()?);
        }
        for claims in resources.values() {
            writes.push(put_claims(claims)?);
        }
        for owner in &mut self.repositories {
            if whole.repositories.contains(&owner.value.repository) {
                owner.value.app = self.to.clone();
                let index = ledger::repository_index(&owner.value.repository);
                writes.push(owner.put_indexed(Some(index))?);
            } else {
                writes.push(Write::delete(owner.key.clone(), owner.unchanged()));
            }
        }
        Ok(writes)
    }
}

/// The end of a declaration, where there is one; else nobody uploads one meanwhile.
fn withdrawn(declared: &Watched<Declared>) -> Write {
    match declared.found {
        Some(_) => Write::delete(declared.key.clone(), declared.unchanged()),
        None => declared.check(),
    }
}

fn moving<'a>(app: &'a AppName, to: &'a AppName, environment: &'a EnvironmentName) -> Moving<'a> {
    let side = |app| EnvironmentId { app, environment };
    Moving { from: side(app), to: side(to), component: None }
}
