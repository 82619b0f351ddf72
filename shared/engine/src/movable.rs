//! The movable of an environment, as the ledger says: for who renames or hands over, and for who only asks.

use crate::config::Configured;
use crate::observe::where_it_ran;
use crate::pin;
use crate::ports::{Answered, Ledger, Write};
use crate::removable::Removable;
use crate::store::{self, Stored};
use std::collections::BTreeMap;
use windlass_domain::declaration::Declared;
use windlass_domain::environment::{EnvironmentState, Lock, Snapshot, Waiting};
use windlass_domain::finding::Finding;
use windlass_domain::kinds::KindName;
use windlass_domain::moving::{Facts, Moves, Moving, Side, arrive, decide};
use windlass_domain::name::ComponentName;
use windlass_domain::time::Time;

/// The ledger's word on it.
pub struct Movable {
    from: Removable,
    kinds: BTreeMap<ComponentName, KindName>,
    /// The present snapshot of the former owner.
    left: Option<Snapshot>,
    to: There,
    /// The declarations in force, so that none is changed while something is moved.
    declarations: Vec<Stored<Option<Declared>>>,
}

/// The environment of the new owner.
struct There {
    lock: Stored<Lock>,
    state: Stored<EnvironmentState>,
    waiting: Vec<Stored<Waiting>>,
    declared: Result<BTreeMap<ComponentName, KindName>, Vec<Finding>>,
}

impl Movable {
    /// Reads it. The locks are read first, as for a removal.
    pub async fn load<P: Ledger + Configured>(ports: &P, moving: Moving<'_>) -> Answered<Self> {
        let declarations = declarations(ports, moving).await?;
        let to = There::load(ports, moving.to).await?;
        let from = Removable::load(ports, moving.removal()).await?;
        let kinds = kinds(ports, &from.state.value).await?;
        let Side { app, environment } = moving.from;
        let key = store::snapshot(app, environment, from.state.value.snapshot);
        let left: Option<Stored<Snapshot>> = store::load(ports, &key).await?;
        Ok(Self {
            kinds,
            left: left.map(|left| left.value.with_found(&from.state.value)),
            from,
            to,
            declarations,
        })
    }

    /// Decides on what was read.
    pub fn decide(&self, moving: Moving<'_>) -> Result<Moves, Vec<Finding>> {
        let claims = self.from.all_claims();
        // Where both are one environment, what was read with its lock.
        let state = if moving.is_within() {
            &self.from.state
        } else {
            &self.to.state
        };
        let facts = Facts {
            from: self.from.facts(&claims),
            kinds: &self.kinds,
            lock: &self.to.lock.value,
            waits: self.to.waiting.first().map(|one| &one.value.deployment),
            state: &state.value,
            declared: self.to.declared.as_ref().map_err(Vec::as_slice),
        };
        decide(moving, facts)
    }

    /// The writes that move it, all or none, while nobody takes a lock of either side and no declaration changes.
    pub fn moved(mut self, moving: Moving<'_>, moves: &Moves, now: Time) -> Answered<Vec<Write>> {
        let mut writes = vec![unchanged(&self.from.lock)];
        for claims in &mut self.from.claims {
            if moves.hand_on(moving, &mut claims.value) {
                let index = store::claims_index(&claims.key);
                writes.push(claims.put_indexed(Some(index))?);
            }
        }
        let mut declarations = self.declarations.iter();
        writes.extend(declarations.by_ref().map(unchanged));
        let parcels = moves.take_out(moving, &mut self.from.state.value, now);
        let left = self.left.as_ref();
        let made = if moving.is_within() {
            arrive(moving, parcels, &mut self.from.state.value, left, now)
        } else {
            let there = &mut self.to.state;
            let made = arrive(moving, parcels, &mut there.value, left, now);
            if let (None, Some(hold)) = (moving.component, &self.from.state.value.hold) {
                // What nobody deploys automatically is not deployed so by another name.
                there.value.hold.get_or_insert_with(|| hold.clone());
            }
            writes.push(unchanged(&self.to.lock));
            writes.push(put(there, moving.to)?);
            made
        };
        writes.push(put(&self.from.state, moving.from)?);
        let Side { app, environment } = moving.to;
        for snapshot in made {
            let key = store::snapshot(app, environment, snapshot.number);
            writes.push(Stored::new(key, snapshot).put()?);
        }
        Ok(writes)
    }
}

impl There {
    async fn load<P: Ledger + Configured>(ports: &P, side: Side<'_>) -> Answered<Self> {
        let Side { app, environment } = side;
        let lock = store::load_or_default(ports, &store::lock(app, environment)).await?;
        let state = store::load_or_default(ports, &store::state(app, environment)).await?;
        let partition = store::environment(app, environment);
        Ok(Self {
            lock,
            state,
            waiting: store::load_all(ports, &partition, "waiting#").await?,
            declared: declared(ports, side).await?,
        })
    }
}

/// The kinds of the components that the declaration in force has in an environment.
async fn declared<P: Ledger + Configured>(
    ports: &P,
    Side { app, environment }: Side<'_>,
) -> Answered<Result<BTreeMap<ComponentName, KindName>, Vec<Finding>>> {
    let found = match pin::declaration_in_force(ports, app).await? {
        Ok(found) => found,
        Err(findings) => return Ok(Err(findings)),
    };
    Ok(found.declaration.resolve(environment).map(|resolved| {
        let components = resolved.components.into_iter();
        let kinds = components.map(|(name, component)| (name, component.spec.kind()));
        kinds.collect()
    }))
}

/// The kinds of what runs, by the steps of the deployments that brought it.
async fn kinds<P: Ledger>(
    ports: &P,
    state: &EnvironmentState,
) -> Answered<BTreeMap<ComponentName, KindName>> {
    let mut kinds = BTreeMap::new();
    for (name, running) in &state.running {
        let step = where_it_ran(ports, name, running).await?;
        kinds.extend(step.map(|step| (name.clone(), step.kind)));
    }
    Ok(kinds)
}

async fn declarations<P: Ledger>(
    ports: &P,
    moving: Moving<'_>,
) -> Answered<Vec<Stored<Option<Declared>>>> {
    let mut keys = vec![store::declaration_in_force(moving.from.app)];
    if moving.to.app != moving.from.app {
        keys.push(store::declaration_in_force(moving.to.app));
    }
    let mut all = Vec::new();
    for key in keys {
        let found: Option<Stored<Declared>> = store::load(ports, &key).await?;
        all.push(Stored {
            rev: found.as_ref().map_or(0, |found| found.rev),
            value: found.map(|found| found.value),
            key,
        });
    }
    Ok(all)
}

fn unchanged<T: serde::Serialize>(one: &Stored<T>) -> Write {
    Write::check(one.key.clone(), one.unchanged())
}

fn put(state: &Stored<EnvironmentState>, Side { app, environment }: Side<'_>) -> Answered<Write> {
    state.put_indexed(Some(store::environment_index(app, environment)))
}
