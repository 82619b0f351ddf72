//! Letting go of a component that is not declared any more, or of all of an environment. Pure.
//!
//! Nothing of a target is changed: what runs there stays as it is.

use crate::environment::{EnvironmentState, Lock};
use crate::finding::{Finding, FindingName};
use crate::identity::DeploymentId;
use crate::name::{AppName, ComponentName, EnvironmentName};
use crate::refusal::stuck;
use crate::tenancy::{Claim, Claims, Owner};
use std::collections::BTreeSet;

/// A removal that is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Removal<'a> {
    /// The application.
    pub app: &'a AppName,
    /// The environment.
    pub environment: &'a EnvironmentName,
    /// The component; all of the environment if absent.
    pub component: Option<&'a ComponentName>,
}

/// The environment as the ledger knows it.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// Its lock.
    pub lock: &'a Lock,
    /// Somebody who waits for it.
    pub waits: Option<&'a DeploymentId>,
    /// Its record.
    pub state: &'a EnvironmentState,
    /// The components that the declaration in force has there; none where it does not have the environment.
    pub declared: Option<&'a BTreeSet<ComponentName>>,
    /// The claims of all resources in which it has one.
    pub claims: &'a [Claims],
}

/// The things that it lets go of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LetsGo {
    /// The components.
    pub components: BTreeSet<ComponentName>,
    /// Their claims, which may be another component's from now on.
    pub claims: Vec<Claim>,
}

/// Decides it.
///
/// # Errors
/// Something is under way there, or what is to be removed is declared still, or is not there.
pub fn decide(removal: Removal<'_>, facts: Facts<'_>) -> Result<LetsGo, Vec<Finding>> {
    let findings: Vec<Finding> = [busy(removal, facts), declared(removal, facts)]
        .into_iter()
        .flatten()
        .collect();
    if !findings.is_empty() {
        return Err(findings);
    }
    let all = facts.claims.iter().flat_map(|claims| &claims.held);
    let ours = all.filter(|held| removal.is_of(&held.owner));
    let (mut components, mut claims) = (BTreeSet::new(), Vec::new());
    for held in ours {
        components.insert(held.owner.component.clone());
        claims.push(held.claim.clone());
    }
    let state = facts.state;
    let recorded = state.running.keys().chain(state.found.keys());
    components.extend(recorded.filter(|name| removal.takes(name)).cloned());
    if components.is_empty() {
        return Err(vec![nothing(removal)]);
    }
    Ok(LetsGo { components, claims })
}

impl Removal<'_> {
    fn takes(&self, component: &ComponentName) -> bool {
        self.component.is_none_or(|it| it == component)
    }

    /// True where a claim of this owner is let go of.
    pub fn is_of(&self, owner: &Owner) -> bool {
        let here = owner.app == *self.app && owner.environment == *self.environment;
        here && self.takes(&owner.component)
    }

    fn path(&self) -> String {
        match self.component {
            Some(component) => format!("components.{component}"),
            None => format!("environments.{}", self.environment),
        }
    }
}

impl LetsGo {
    /// Takes its claims out of those of a resource; true where there was one.
    pub fn free(removal: Removal<'_>, claims: &mut Claims) -> bool {
        let before = claims.held.len();
        claims.held.retain(|held| !removal.is_of(&held.owner));
        claims.held.len() < before
    }

    /// Takes the components out of what is recorded as running. Snapshots and the history stay.
    pub fn forget(&self, state: &mut EnvironmentState) {
        state
            .running
            .retain(|name, _| !self.components.contains(name));
        state
            .found
            .retain(|name, _| !self.components.contains(name));
        state
            .marks
            .retain(|part, _| !self.components.contains(&part.component));
    }

    /// The things let go of and those that are left, in sentences.
    pub fn in_words(&self, removal: Removal<'_>) -> String {
        let names: Vec<String> = self.components.iter().map(ToString::to_string).collect();
        let claims: Vec<String> = self.claims.iter().map(ToString::to_string).collect();
        let freed = if claims.is_empty() {
            "no target was theirs".to_owned()
        } else {
            format!("another component may have {} now", claims.join(", "))
        };
        format!(
            "{}/{} has let go of {}: {freed}. {}",
            removal.app,
            removal.environment,
            names.join(", "),
            self.leaves(removal)
        )
    }

    /// The things that it leaves, in a sentence.
    pub fn leaves(&self, removal: Removal<'_>) -> String {
        let Removal {
            app, environment, ..
        } = removal;
        format!(
            "What runs there stays as it is; so do the history and the snapshots of {app}/{environment}, and the tags \
             `windlass:app` and `windlass:environment`."
        )
    }
}

fn busy(removal: Removal<'_>, facts: Facts<'_>) -> Option<Finding> {
    if let Some(held) = facts.lock.stuck() {
        return Some(stuck(removal.app, removal.environment, held));
    }
    let held = facts.lock.held.as_ref().map(|held| &held.deployment);
    let (id, does) = match (held, facts.waits) {
        (Some(id), _) => (id, "is under way there"),
        (None, Some(id)) => (id, "waits for its turn there"),
        (None, None) => return None,
    };
    Some(Finding::new(
        FindingName::StillBusy,
        format!("environments.{}", removal.environment),
        format!("deployment {id} {does}, and nothing is let go of meanwhile."),
        "Wait until it has ended, or cancel it; then ask again.",
    ))
}

fn declared(removal: Removal<'_>, facts: Facts<'_>) -> Option<Finding> {
    let declared = facts.declared?;
    let (is_declared, what) = match removal.component {
        Some(component) => (declared.contains(component), format!("`{component}`")),
        None => (true, format!("the environment {}", removal.environment)),
    };
    is_declared.then(|| {
        Finding::new(
            FindingName::StillDeclared,
            removal.path(),
            format!("the declaration in force has {what}, so that its next release would take all of it again."),
            "Take it out of the declaration, raise `version`, and upload it; then ask again.",
        )
    })
}

fn nothing(removal: Removal<'_>) -> Finding {
    let (app, environment) = (removal.app, removal.environment);
    let what = match removal.component {
        Some(component) => {
            format!("nothing is recorded of a component `{component}` in {app}/{environment}.")
        }
        None => format!("nothing is recorded of {app}/{environment}."),
    };
    Finding::new(
        FindingName::UnknownName,
        removal.path(),
        what,
        "Correct the name; where it was removed already, nothing has to be done.",
    )
}

#[cfg(test)]
#[path = "removal_tests.rs"]
mod tests;
