//! Reads from the ledger what can be moved of an environment, for a rename, a hand-over, or a look at either.

pub mod application;

use crate::config::Configured;
use crate::observe::where_it_ran;
use crate::pin;
use crate::ports::{Answered, Ledger, Write};
use crate::removable::Removable;
use crate::store::{self, Stored, Watched};
use crate::trouble::{Checked, apart};
use std::collections::BTreeMap;
use windlass_domain::declaration::Declared;
use windlass_domain::drill::Drills;
use windlass_domain::environment::{EnvironmentState, Lock, Snapshot, Waiting};
use windlass_domain::finding::Finding;
use windlass_domain::identity::EnvironmentId;
use windlass_domain::kinds::KindName;
use windlass_domain::moving::{Facts, Moves, Moving, arrive, decide};
use windlass_domain::name::{AppName, ComponentName};
use windlass_domain::tenancy::Claims;
use windlass_domain::time::Time;

/// The ledger's items on both sides of a move.
pub struct Movable {
    from: Removable,
    kinds: BTreeMap<ComponentName, KindName>,
    /// The present snapshot of the former owner.
    left: Option<Snapshot>,
    to: There,
    /// The declarations in force, so that none is changed while something is moved.
    declarations: Vec<Watched<Declared>>,
}

/// The environment of the new owner.
struct There {
    lock: Stored<Lock>,
    state: Stored<EnvironmentState>,
    waiting: Vec<Stored<Waiting>>,
    drills: Stored<Drills>,
    declared: Result<BTreeMap<ComponentName, KindName>, Vec<Finding>>,
}

impl Movable {
    /// Reads it. The locks are read first, as for a removal.
    pub async fn load(ports: &(impl Ledger + Configured), moving: Moving<'_>) -> Answered<Self> {
        let declarations = declarations(ports, moving).await?;
        let to = There::load(ports, moving.to).await?;
        let from = Removable::load(ports, moving.removal()).await?;
        let kinds = kinds(ports, &from.state.value).await?;
        let EnvironmentId { app, environment } = moving.from;
        let key = store::snapshot(
            EnvironmentId::new(app, environment),
            from.state.value.snapshot,
        );
        let left = store::load(ports, &key).await?;
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
        let mut facts = self.facts(&claims);
        if moving.is_within() {
            // That state was read together with its lock.
            facts.state = &self.from.state.value;
        }
        decide(moving, facts)
    }

    /// Returns all facts that were read, for the decision.
    fn facts<'a>(&'a self, claims: &'a [Claims]) -> Facts<'a> {
        Facts {
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
    pub fn moved(mut self, moving: Moving<'_>, moves: &Moves, now: Time) -> Answered<Vec<Write>> {
        let mut writes = Vec::new();
        for claims in &mut self.from.claims {
            if moves.hand_on(moving, &mut claims.value) {
                writes.push(put_claims(claims)?);
            }
        }
        writes.extend(self.declarations.iter().map(Watched::check));
        writes.extend(self.recorded(moving, moves, now)?);
        let EnvironmentId { app, environment } = moving.from;
        let index = store::environment_index(EnvironmentId::new(app, environment));
        writes.push(self.from.state.put_indexed(Some(index))?);
        Ok(writes)
    }

    /// Moves the records, and returns their writes except that of the former owner's state. The writes require that
    /// nobody takes a lock of either side meanwhile.
    fn recorded(&mut self, moving: Moving<'_>, moves: &Moves, now: Time) -> Answered<Vec<Write>> {
        let mut writes = vec![unchanged(&self.from.lock)];
        let parcels = moves.take_out(moving, &mut self.from.state.value, now);
        let left = self.left.as_ref();
        let EnvironmentId { app, environment } = moving.to;
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
            let index = store::environment_index(EnvironmentId::new(app, environment));
            writes.push(there.put_indexed(Some(index))?);
            made
        };
        for snapshot in made {
            let key = store::snapshot(EnvironmentId::new(app, environment), snapshot.number);
            writes.push(Stored::new(key, snapshot).put()?);
        }
        Ok(writes)
    }
}

impl There {
    async fn load(ports: &(impl Ledger + Configured), side: EnvironmentId<'_>) -> Answered<Self> {
        let EnvironmentId { app, environment } = side;
        let lock =
            store::load_or_default(ports, &store::lock(EnvironmentId::new(app, environment)))
                .await?;
        let state =
            store::load_or_default(ports, &store::state(EnvironmentId::new(app, environment)))
                .await?;
        Ok(Self {
            lock,
            state,
            waiting: store::load_all(
                ports,
                &store::all_waiting(EnvironmentId::new(app, environment)),
            )
            .await?,
            drills: store::load_or_default(
                ports,
                &store::drills(EnvironmentId::new(app, environment)),
            )
            .await?,
            declared: apart(declared(ports, side).await)?,
        })
    }
}

/// The kinds of the components that the declaration in force has in an environment.
async fn declared(
    ports: &(impl Ledger + Configured),
    EnvironmentId { app, environment }: EnvironmentId<'_>,
) -> Checked<BTreeMap<ComponentName, KindName>> {
    let found = pin::declaration_in_force(ports, app).await?;
    let resolved = found.declaration.resolve(environment)?;
    let components = resolved.components.into_iter();
    let kinds = components.map(|(name, component)| (name, component.spec.kind()));
    Ok(kinds.collect())
}

/// The kinds of what runs, by the steps of the deployments that brought it.
async fn kinds(
    ports: &impl Ledger,
    state: &EnvironmentState,
) -> Answered<BTreeMap<ComponentName, KindName>> {
    let mut kinds = BTreeMap::new();
    for (name, running) in &state.running {
        let step = where_it_ran(ports, name, running).await?;
        kinds.extend(step.map(|step| (name.clone(), step.kind)));
    }
    Ok(kinds)
}

async fn declarations(ports: &impl Ledger, moving: Moving<'_>) -> Answered<Vec<Watched<Declared>>> {
    let mut all = vec![declaration(ports, moving.from.app).await?];
    if moving.to.app != moving.from.app {
        all.push(declaration(ports, moving.to.app).await?);
    }
    Ok(all)
}

async fn declaration(ports: &impl Ledger, app: &AppName) -> Answered<Watched<Declared>> {
    Watched::read(ports, store::declaration_in_force(app)).await
}

fn unchanged(one: &Stored<impl serde::Serialize>) -> Write {
    Write::check(one.key.clone(), one.unchanged())
}

fn put_claims(claims: &Stored<Claims>) -> Answered<Write> {
    claims.put_indexed(Some(store::claims_index(&claims.key)))
}
