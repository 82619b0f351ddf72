//! Reads from the ledger what can be moved of a scope, for a rename, a hand-over, or a look at either.

use crate::config::Configured;
use crate::ledger::{self, Stored, WatchedItem, put_state};
use crate::observe::where_it_ran;
use crate::pin;
use crate::ports::{DynamoDbApi, Result, Write};
use crate::removable::{OwnerItems, SideItems, WholeItems, environments_of};
use crate::trouble::{Checked, or_findings};
use std::collections::BTreeMap;
use std::sync::Arc;
use windlass_domain::declaration::kinds::KindName;
use windlass_domain::declaration::tenancy::ResourceClaims;
use windlass_domain::declaration::{Declaration, Declared};
use windlass_domain::environment::{EnvironmentState, Snapshot};
use windlass_domain::moving::application::{MovedThings, ToMove, WholeFacts, decide};
use windlass_domain::moving::{MovedItems, Moving, MovingFacts, arrive};
use windlass_domain::release::identity::EnvironmentId;
use windlass_domain::text::finding::Finding;
use windlass_domain::text::name::{AppName, ComponentName, EnvironmentName};
use windlass_domain::text::time::Time;

/// The declaration that a whole application is to have; the findings if there is none.
type NewDeclaration = Result<Arc<Declaration>, Vec<Finding>>;

/// The ledger's items on both sides of a move.
pub struct Movable<'a> {
    moving: Moving<'a>,
    /// Those on a whole application, with the declaration that it is to have.
    whole: Option<(WholeItems, NewDeclaration)>,
    /// The declarations in force that stay, so that none is changed while something is moved.
    declarations: Vec<WatchedItem<Declared>>,
    environments: BTreeMap<EnvironmentName, BothItems>,
}

impl<'a> Movable<'a> {
    /// Reads it. The declarations and the locks are read first, as for a removal.
    pub async fn load(ports: &(impl DynamoDbApi + Configured), moving: Moving<'a>) -> Result<Self> {
        let (from, to) = (moving.from, moving.to);
        let items = WholeItems::load(ports, from).await?;
        let mut declarations = Vec::new();
        if items.is_none() && from.app != to.app {
            declarations.push(declaration(ports, from.app).await?);
        }
        declarations.push(declaration(ports, to.app).await?);
        let whole = match items {
            Some(items) => {
                let new = or_findings(pin::declaration_in_force(ports, to.app).await)?;
                Some((items, new.map(|found| found.declaration)))
            }
            None => None,
        };
        let names = environments_of(ports, from, whole.as_ref().map(|(items, _)| items)).await?;
        let mut environments = BTreeMap::new();
        for name in names {
            let items = BothItems::load(ports, moving.part_in(&name), &name).await?;
            environments.insert(name, items);
        }
        Ok(Self { moving, whole, declarations, environments })
    }

    /// Decides on what was read.
    pub fn decide(&self) -> Result<MovedThings, Vec<Finding>> {
        let environments = self.environments.iter();
        decide(&ToMove {
            moving: self.moving,
            whole: self.whole.as_ref().map(|(whole, new)| WholeFacts {
                version: whole.version(),
                former: whole.declaration.as_deref(),
                new: new.as_deref().map_err(Vec::as_slice),
                repositories: whole.names(),
            }),
            environments: environments.map(|(name, items)| items.facts(self.moving, name)).collect(),
        })
    }

    /// Returns the writes that move it, all or none, on the condition that nobody takes a lock of either side and no
    /// declaration changes.
    pub fn moved(mut self, moved: &MovedThings, now: Time) -> Result<Vec<Write>> {
        let mut writes = self.handed_on(moved)?;
        writes.extend(self.declarations.iter().map(WatchedItem::check));
        writes.extend(self.whole.iter().map(|(whole, _)| withdrawn(&whole.declared)));
        for (environment, items) in &mut self.environments {
            writes.push(items.from.side.lock.check());
            let Some(taken) = moved.environments.get(environment) else { continue };
            let moving = self.moving.part_in(environment);
            writes.extend(items.recorded(moving, environment, taken, now)?);
            // A whole application's environment, of which nothing is left, is not listed any more.
            let index = self.whole.is_none().then(|| ledger::environment_index(moving.from.at(environment)));
            writes.push(items.from.side.state.put_indexed(index)?);
        }
        for owner in self.whole.iter_mut().flat_map(|(whole, _)| &mut whole.repositories) {
            if moved.repositories.contains(&owner.value.repository) {
                owner.value.app = self.moving.to.app.clone();
                let index = ledger::repository_index(&owner.value.repository);
                writes.push(owner.put_indexed(Some(index))?);
            } else {
                writes.push(owner.delete());
            }
        }
        Ok(writes)
    }

    /// Hands on the claims, and returns their writes. Several environments may have claims of one resource, which is
    /// one item.
    fn handed_on(&mut self, moved: &MovedThings) -> Result<Vec<Write>> {
        let mut resources: BTreeMap<String, (Stored<ResourceClaims>, bool)> = BTreeMap::new();
        for (environment, moves) in &moved.environments {
            let found = self.environments.get_mut(environment).map(|items| std::mem::take(&mut items.from.claims));
            for claims in found.into_iter().flatten() {
                let (claims, is_changed) = resources.entry(claims.key.pk.clone()).or_insert((claims, false));
                *is_changed |= moves.hand_on(self.moving.part_in(environment), &mut claims.value);
            }
        }
        let changed = resources.values().filter(|(_, is_changed)| *is_changed);
        changed.map(|(claims, _)| claims.put_indexed(Some(ledger::claims_index(&claims.key)))).collect()
    }
}

/// The ledger's items on an environment of the former owner, and on that of the new one.
struct BothItems {
    from: OwnerItems,
    kinds: BTreeMap<ComponentName, KindName>,
    /// The present snapshot of the former owner.
    left: Option<Snapshot>,
    to: SideItems,
    declared: Result<BTreeMap<ComponentName, KindName>, Vec<Finding>>,
}

impl BothItems {
    async fn load(
        ports: &(impl DynamoDbApi + Configured),
        moving: Moving<'_>,
        environment: &EnvironmentName,
    ) -> Result<Self> {
        let (former, new) = (moving.from.at(environment), moving.to.at(environment));
        let to = SideItems::load(ports, new).await?;
        let declared = or_findings(declared(ports, new).await)?;
        let from = OwnerItems::load(ports, moving.from, former).await?;
        let state = &from.side.state.value;
        let kinds = kinds(ports, state).await?;
        let left = ledger::load(ports, &ledger::snapshot(former, state.snapshot)).await?;
        Ok(Self { kinds, left: left.map(|left| left.value.with_found(state)), from, to, declared })
    }

    /// Returns all facts that were read, for the decision.
    fn facts<'a>(&'a self, moving: Moving<'a>, environment: &'a EnvironmentName) -> MovingFacts<'a> {
        // The state within one environment was read together with its lock.
        let to = if moving.is_within() { &self.from.side } else { &self.to };
        MovingFacts {
            from: self.from.facts(moving.from.at(environment)),
            kinds: &self.kinds,
            to: to.facts(moving.to.at(environment)),
            declared: self.declared.as_ref().map_err(Vec::as_slice),
        }
    }

    /// Moves the records, and returns their writes except that of the former owner's state. The writes require that
    /// nobody takes a lock of the new owner meanwhile.
    fn recorded(
        &mut self,
        moving: Moving<'_>,
        environment: &EnvironmentName,
        moves: &MovedItems,
        now: Time,
    ) -> Result<Vec<Write>> {
        let mut writes = Vec::new();
        let (former, new) = (&mut self.from.side.state.value, moving.to.at(environment));
        let parcels = moves.take_out(moving, former, now);
        let left = self.left.as_ref();
        let made = if moving.is_within() {
            arrive(moving, parcels, former, left, now)
        } else {
            let there = &mut self.to.state;
            let made = arrive(moving, parcels, &mut there.value, left, now);
            if let (None, Some(hold)) = (moving.from.component, &former.hold) {
                // A hold of the former environment holds automatic deployments under the new name as well.
                there.value.hold.get_or_insert_with(|| hold.clone());
            }
            writes.push(self.to.lock.check());
            writes.push(put_state(there, new)?);
            made
        };
        for snapshot in made {
            let key = ledger::snapshot(new, snapshot.number);
            writes.push(Stored::new(key, snapshot).put()?);
        }
        Ok(writes)
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

async fn declaration(ports: &impl DynamoDbApi, app: &AppName) -> Result<WatchedItem<Declared>> {
    WatchedItem::read(ports, ledger::declaration_in_force(app)).await
}

/// The end of a declaration, where there is one; else nobody uploads one meanwhile.
fn withdrawn(declared: &WatchedItem<Declared>) -> Write {
    declared.found.as_ref().map_or_else(|| declared.check(), Stored::delete)
}
