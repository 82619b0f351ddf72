use crate::happening::Event;
use crate::outcome::Outcome;
use crate::scenario::Deed;
use std::collections::BTreeSet;
use windlass_domain::environment::{EnvironmentState, Lock};
use windlass_domain::tenancy::{Claims, Owner};

/// "A target belongs to one component" (tenancy): nobody loses a claim but by letting go of it, while nothing is under
/// way there, and once it is declared no more; and who has let go is recorded as running nothing.
pub fn lets_go_as_asked(outcome: &Outcome<'_>) -> Result<(), String> {
    let mut is_free = outcome.lock_before.held.is_none();
    let asked: BTreeSet<&str> = outcome
        .scenario
        .acts
        .iter()
        .filter_map(|act| match act.deed {
            Deed::Remove(component) => Some(component),
            _ => None,
        })
        .collect();
    let mut freed: BTreeSet<String> = BTreeSet::new();
    for happening in &outcome.happened {
        let Event::Wrote(_, change) = &happening.what else {
            continue;
        };
        if let Some(lock) = outcome.read::<Lock>(change.after.as_ref(), "lock") {
            is_free = lock.held.is_none();
        }
        let before = outcome.read::<Claims>(change.before.as_ref(), "claims");
        let after = outcome.read::<Claims>(change.after.as_ref(), "claims");
        let (Some(before), Some(after)) = (before, after) else {
            continue;
        };
        let owners = |claims: &Claims| -> BTreeSet<String> {
            let owner = |owner: &Owner| owner.component.to_string();
            claims.held.iter().map(|held| owner(&held.owner)).collect()
        };
        if after.held.len() >= before.held.len() {
            continue;
        }
        for lost in owners(&before).difference(&owners(&after)) {
            if !asked.contains(lost.as_str()) {
                return Err(format!("{lost} has lost a claim, and nobody let go of it"));
            }
            if !is_free {
                return Err(format!(
                    "{lost} was let go of while a deployment was under way"
                ));
            }
            if lost == "api" {
                return Err("api was let go of, which is declared".into());
            }
            freed.insert(lost.clone());
        }
    }
    let states: Vec<_> = outcome.all::<EnvironmentState>("env#shop/prod", "state");
    let running = states.iter().flat_map(|state| state.running.keys());
    match running
        .into_iter()
        .find(|name| freed.contains(name.as_str()))
    {
        Some(name) => Err(format!("{name} was let go of, and is recorded as running")),
        None if outcome.did_remove() && freed.is_empty() => {
            Err("a component was to be let go of, and has its claims".into())
        }
        None => Ok(()),
    }
}
