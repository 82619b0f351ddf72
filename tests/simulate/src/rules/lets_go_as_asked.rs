use crate::deed::Deed;
use crate::happening::Event;
use crate::outcome::Outcome;
use std::collections::BTreeSet;
use windlass_domain::declaration::tenancy::ResourceClaims;
use windlass_domain::environment::{EnvironmentState, Lock};

/// "A target belongs to one component" (tenancy): a component loses a claim only by letting go of it, while nothing is
/// under way there, and after it is not declared any more. Afterwards it is recorded as running nothing. A whole
/// application is not declared any more before anything of it is let go of, and nothing of it is claimed until it is
/// declared anew.
///
/// Safety: letting go: Nobody loses a claim but by letting go of it, while nothing is under way there, and once it is
/// declared no more.
pub fn lets_go_as_asked(outcome: &Outcome<'_>) -> Result<(), String> {
    let acts = outcome.scenario.acts.iter();
    let asked = |name: &str| {
        let mut acts = acts.clone();
        acts.any(|act| match act.deed {
            Deed::Remove(component) => component == name,
            Deed::Rename(was, _) | Deed::HandOver(was, _) => was == name,
            Deed::RemoveAll | Deed::RenameAll => true,
            _ => false,
        })
    };
    let mut seen = Seen {
        is_free: outcome.lock_before.held.is_none(),
        is_declared: true,
        freed: BTreeSet::new(),
        gone: BTreeSet::new(),
    };
    for happening in &outcome.happened {
        let Event::Wrote(_, change) = &happening.what else {
            continue;
        };
        if let Some(lock) = outcome.read::<Lock>(change.after.as_ref(), "lock") {
            seen.is_free = lock.held.is_none();
        }
        let item = change.after.as_ref().or(change.before.as_ref());
        if item.is_some_and(|item| item.key.sk == "declaration") {
            seen.is_declared = change.after.is_some();
        }
        let before = outcome.read::<ResourceClaims>(change.before.as_ref(), "claims");
        let after = outcome.read::<ResourceClaims>(change.after.as_ref(), "claims");
        let before = before.as_deref().map(owners).unwrap_or_default();
        let is_of_claims = item.is_some_and(|item| item.key.sk == "claims");
        let Some(after) = after.as_deref().map(owners).or(is_of_claims.then(BTreeSet::new)) else {
            continue;
        };
        if let Some(new) = after.difference(&before).next()
            && !seen.is_declared
        {
            return Err(format!("{new} has claimed while nothing is declared"));
        }
        seen.gone.retain(|name| !after.contains(name));
        for lost in before.difference(&after) {
            if !asked(lost) {
                return Err(format!("{lost} has lost a claim, and nobody let go of it"));
            }
            // If another component has the claim from the same moment on, `moves_whole` checks that.
            if after.difference(&before).next().is_none() {
                seen.lose(lost)?;
            }
        }
    }
    let states: Vec<_> = outcome.all::<EnvironmentState>("env#shop/prod", "state");
    let mut running = states.iter().flat_map(|state| state.running.keys());
    match running.find(|name| seen.gone.contains(name.as_str())) {
        Some(name) => Err(format!("{name} was let go of, and is recorded as running")),
        None if outcome.did_remove() && seen.freed.is_empty() => {
            Err("a component was to be let go of, and has its claims".into())
        }
        None => Ok(()),
    }
}

/// The ledger as it was written so far.
struct Seen {
    is_free: bool,
    is_declared: bool,
    /// The components that have let go.
    freed: BTreeSet<String>,
    /// Those of them that have claimed nothing since.
    gone: BTreeSet<String>,
}

impl Seen {
    fn lose(&mut self, lost: &str) -> Result<(), String> {
        if !self.is_free {
            return Err(format!("{lost} was let go of while a deployment was under way"));
        }
        if lost == "api" && self.is_declared {
            return Err("api was let go of, which is declared".into());
        }
        self.freed.insert(lost.to_owned());
        self.gone.insert(lost.to_owned());
        Ok(())
    }
}

fn owners(claims: &ResourceClaims) -> BTreeSet<String> {
    let held = claims.held.iter();
    held.map(|held| held.owner.component.to_string()).collect()
}
