//! Reads from the ledger what can be moved of an environment or of a whole application, for a rename, a hand-over, or a
//! look at either.

use crate::config::Configured;
use crate::ledger::{self, RepositoryOwner, Stored, Watched};
use crate::observe::where_it_ran;
use crate::pin;
use crate::ports::{DynamoDbApi, Result, Write};
use crate::removable::{Removable, environments, repositories};
use crate::trouble::Checked;
use std::collections::BTreeMap;
use std::sync::Arc;
use windlass_domain::declaration::kinds::KindName;
use windlass_domain::declaration::tenancy::Claims;
use windlass_domain::declaration::{Declaration, Declared};
use windlass_domain::deployment::drill::Drills;
use windlass_domain::environment::{EnvironmentState, Lock, Snapshot, Waiting};
use windlass_domain::moving::application::{self, ApplicationToMove, MovedApplication};
use windlass_domain::moving::{MovedItems, Moving, MovingFacts, arrive, decide};
use windlass_domain::release::identity::EnvironmentId;
use windlass_domain::text::finding::Finding;
use windlass_domain::text::name::{AppName, ComponentName, EnvironmentName};
use windlass_domain::text::time::Time;

/// The ledger's items on both sides of a move.
pub struct Movable {
    from: Removable,
    kinds: BTreeMap<ComponentName, KindName>,
    /// The present snapshot of the former owner.
    left: Option<Snapshot>,
    to: NewOwner,
    /// The declarations in force, so that none is changed while something is moved.
    declarations: Vec<Watched<Declared>>,
}

/// The environment of the new owner.
struct NewOwner {
    lock: Stored<Lock>,
    state: Stored<EnvironmentState>,
    waiting: Vec<Stored<Waiting>>,
    drills: Stored<Drills>,
    declared: Result<BTreeMap<ComponentName, KindName>, Vec<Finding>>,
}

impl Movable {
    /// Reads it. The locks are read first, as for a removal.
    pub async fn load(ports: &(impl DynamoDbApi + Configured), moving: Moving<'_>) -> Result<Self> {
        let declarations = declarations(ports, moving).await?;
        let to = NewOwner::load(ports, moving.to).await?;
        let from = Removable::load(ports, moving.removal()).await?;
        let kinds = kinds(ports, &from.state.value).await?;
        let key = ledger::snapshot(moving.from, from.state.value.snapshot);
        let left = ledger::load(ports, &key).await?;
        Ok(Self { kinds, left: left.map(|left| left.value.with_found(&from.state.value)), from, to, declarations })
    }

    /// Decides on what was read.
    pub fn decide(&self, moving: Moving<'_>) -> Result<MovedItems, Vec<Finding>> {
        let claims = self.from.all_claims();
        let mut facts = self.facts(&claims);
        if moving.is_within() {
            // That state was read together with its lock.
            facts.state = &self.from.state.value;
        }
        decide(moving, facts)
    }

    /// Returns all facts that were read, for the decision.
    fn facts<'a>(&'a self, claims: &'a [Claims]) -> MovingFacts<'a> {
        MovingFacts {
            from: self.from.facts(claims),
            kinds: &self.kinds,
            lock: &self.to.lock.value,
            waits: self.to.waiting.first().map(|one| &one.value.deployment),
            drill: self.to.drills.value.under_way.as_ref().map(|it| &it.id),
            state: &self.to.state.value,
            declared: self.to.declared.as_ref().map_err(Vec::as_slice),
        }
    }

    /// Returns the writes that move it, all or none, on the condition that nobody takes a lock of either side and no
    /// declaration changes.
    pub fn moved(mut self, moving: Moving<'_>, moves: &MovedItems, now: Time) -> Result<Vec<Write>> {
        let mut writes = Vec::new();
        for claims in &mut self.from.claims {
            if moves.hand_on(moving, &mut claims.value) {
                writes.push(put_claims(claims)?);
            }
        }
        writes.extend(self.declarations.iter().map(Watched::check));
        writes.extend(self.recorded(moving, moves, now)?);
        let index = ledger::environment_index(moving.from);
        writes.push(self.from.state.put_indexed(Some(index))?);
        Ok(writes)
    }

    /// Moves the records, and returns their writes except that of the former owner's state. The writes require that
    /// nobody takes a lock of either side meanwhile.
    fn recorded(&mut self, moving: Moving<'_>, moves: &MovedItems, now: Time) -> Result<Vec<Write>> {
        let mut writes = vec![unchanged(&self.from.lock)];
        let parcels = moves.take_out(moving, &mut self.from.state.value, now);
        let left = self.left.as_ref();
        let made = if moving.is_within() {
            arrive(moving, parcels, &mut self.from.state.value, left, now)
        } else {
            let there = &mut self.to.state;
            let made = arrive(moving, parcels, &mut there.value, left, now);
            if let (None, Some(hold)) = (moving.component, &self.from.state.value.hold) {
                // A hold of the former environment holds automatic deployments under the new name as well.
                there.value.hold.get_or_insert_with(|| hold.clone());
            }
            writes.push(unchanged(&self.to.lock));
            let index = ledger::environment_index(moving.to);
            writes.push(there.put_indexed(Some(index))?);
            made
        };
        for snapshot in made {
            let key = ledger::snapshot(moving.to, snapshot.number);
            writes.push(Stored::new(key, snapshot).put()?);
        }
        Ok(writes)
    }
}

impl NewOwner {
    async fn load(ports: &(impl DynamoDbApi + Configured), side: EnvironmentId<'_>) -> Result<Self> {
        let lock = ledger::load_or_default(ports, &ledger::lock(side)).await?;
        let state = ledger::load_or_default(ports, &ledger::state(side)).await?;
        Ok(Self {
            lock,
            state,
            waiting: ledger::load_all(ports, &ledger::all_waiting(side)).await?,
            drills: ledger::load_or_default(ports, &ledger::drills(side)).await?,
            declared: match declared(ports, side).await {
                Ok(declared) => Ok(declared),
                Err(trouble) => Err(trouble.findings()?),
            },
        })
    }
}

/// The kinds of the components that the declaration in force has in an environment.
async fn declared(
    ports: &(impl DynamoDbApi + Configured),
    of: EnvironmentId<'_>,
) -> Checked<BTreeMap<ComponentName, KindName>> {
    let found = pin::declaration_in_force(ports, of.app()).await?;
    let resolved = found.declaration.resolve(of.environment())?;
    Ok(resolved.components.into_iter().map(|(name, component)| (name, component.spec.kind())).collect())
}

/// The kinds of what runs, by the steps of the deployments that brought it.
async fn kinds(ports: &impl DynamoDbApi, state: &EnvironmentState) -> Result<BTreeMap<ComponentName, KindName>> {
    let mut kinds = BTreeMap::new();
    for (name, running) in &state.running {
        let step = where_it_ran(ports, name, running).await?;
        kinds.extend(step.map(|step| (name.clone(), step.kind)));
    }
    Ok(kinds)
}

async fn declarations(ports: &impl DynamoDbApi, moving: Moving<'_>) -> Result<Vec<Watched<Declared>>> {
    let mut all = vec![declaration(ports, moving.from.app()).await?];
    if moving.to.app() != moving.from.app() {
        all.push(declaration(ports, moving.to.app()).await?);
    }
    Ok(all)
}

async fn declaration(ports: &impl DynamoDbApi, app: &AppName) -> Result<Watched<Declared>> {
    Watched::read(ports, ledger::declaration_in_force(app)).await
}

fn unchanged(one: &Stored<impl serde::Serialize>) -> Write {
    Write::check(one.key.clone(), one.unchanged())
}

fn put_claims(claims: &Stored<Claims>) -> Result<Write> {
    claims.put_indexed(Some(ledger::claims_index(&claims.key)))
}

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
        let former = declared.value().map(ledger::read_declaration).and_then(Result::ok);
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
    pub fn asked(&self) -> ApplicationToMove<'_> {
        let environments = self.environments.iter();
        let environments = environments.map(|(name, found)| {
            let claims = self.claims.get(name).map(Vec::as_slice);
            (name.clone(), found.facts(claims.unwrap_or_default()))
        });
        let environments: BTreeMap<EnvironmentName, MovingFacts<'_>> = environments.collect();
        let repositories = self.repositories.iter();
        ApplicationToMove {
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
    let side = |app| EnvironmentId::new(app, environment);
    Moving { from: side(app), to: side(to), component: None }
}
