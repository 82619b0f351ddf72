//! Removals let go of a component that is not declared any more, of places that a component has left, or of all of an
//! environment. Pure.
//!
//! No target is changed: what runs there stays as it is. No removal and no move takes away an environment's hold and
//! the runs after which nothing that came before may run.

use crate::declaration::tenancy::{Claim, Claims, Owner};
use crate::deployment::refusal::stuck;
use crate::environment::{EnvironmentState, Lock};
use crate::release::identity::{DeploymentId, EnvironmentId};
use crate::text::finding::{Finding, FindingName};
use crate::text::name::{AppName, ComponentName, EnvironmentName};
use std::collections::BTreeSet;
use std::iter;

pub mod application;

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
pub struct RemovalFacts<'a> {
    /// Its lock.
    pub lock: &'a Lock,
    /// Somebody who waits for it.
    pub waits: Option<&'a DeploymentId>,
    /// The drill that is under way, also between its two ways, when nobody has the lock.
    pub drill: Option<&'a DeploymentId>,
    /// Its record.
    pub state: &'a EnvironmentState,
    /// The components that the declaration in force has there; absent if it does not have the environment.
    pub declared: Option<&'a BTreeSet<ComponentName>>,
    /// The claims of all resources in which it has one.
    pub claims: &'a [Claims],
    /// The claims of the component that is to be removed where it runs, as far as the ledger knows.
    pub here: &'a [Claim],
}

/// The things that it lets go of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemovedItems {
    /// The components; none if it only lets go of places that a component has left.
    pub components: BTreeSet<ComponentName>,
    /// Their claims, which may be another component's from now on.
    pub claims: Vec<Claim>,
    /// The parts of the record that stay.
    pub kept: RetainedRecord,
}

/// Decides it.
///
/// # Errors
/// Something is under way there; or the component or environment is still declared, or is not there.
pub fn decide(removal: Removal<'_>, facts: RemovalFacts<'_>) -> Result<RemovedItems, Vec<Finding>> {
    let left = left(removal, facts);
    let declared = declared(removal, facts).filter(|_| left.is_empty());
    let findings: Vec<Finding> = facts.busy(removal).into_iter().chain(declared).collect();
    if !findings.is_empty() {
        return Err(findings);
    }
    if !left.is_empty() {
        return Ok(RemovedItems { components: BTreeSet::new(), claims: left, kept: RetainedRecord::default() });
    }
    let recorded = recorded(removal, facts);
    if recorded.components.is_empty() {
        return Err(vec![nothing(removal)]);
    }
    Ok(recorded)
}

impl RemovalFacts<'_> {
    /// Returns a finding if something is under way there, or waits.
    pub(crate) fn busy(&self, removal: Removal<'_>) -> Option<Finding> {
        let at = EnvironmentId::new(removal.app, removal.environment);
        busy(at, self.lock, self.waits, self.drill)
    }
}

/// Returns all that is recorded of it, and claimed.
pub(crate) fn recorded(removal: Removal<'_>, facts: RemovalFacts<'_>) -> RemovedItems {
    let ours = facts.claims.iter().flat_map(|claims| &claims.held).filter(|held| removal.is_of(&held.owner));
    let (mut components, mut claims) = (BTreeSet::new(), Vec::new());
    for held in ours {
        components.insert(held.owner.component.clone());
        claims.push(held.claim.clone());
    }
    let state = facts.state;
    components.extend(state.running.keys().chain(state.found.keys()).filter(|name| removal.takes(name)).cloned());
    RemovedItems { components, claims, kept: RetainedRecord::of(state, |name| removal.takes(name)) }
}

impl Removal<'_> {
    fn takes(&self, component: &ComponentName) -> bool {
        self.component.is_none_or(|it| it == component)
    }

    /// Returns whether a claim of this owner is let go of.
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

impl RemovedItems {
    /// Takes its claims out of those of a resource. Returns whether there was one.
    pub fn free(&self, removal: Removal<'_>, claims: &mut Claims) -> bool {
        let before = claims.held.len();
        claims.held.retain(|held| !(removal.is_of(&held.owner) && self.claims.contains(&held.claim)));
        claims.held.len() < before
    }

    /// Takes the components out of the record of what runs. Snapshots and the history stay.
    pub fn forget(&self, state: &mut EnvironmentState) {
        state.running.retain(|name, _| !self.components.contains(name));
        state.found.retain(|name, _| !self.components.contains(name));
        state.before.retain(|name, _| !self.components.contains(name));
        state.withdrawn.retain(|name, _| !self.components.contains(name));
        state.marks.retain(|part, _| !self.components.contains(&part.component));
    }

    /// Says what is let go of and what is left, in sentences.
    pub fn in_words(&self, removal: Removal<'_>) -> String {
        format!("{} {}", self.frees(removal), self.leaves(removal))
    }

    /// Says what is let go of, in a sentence.
    pub fn frees(&self, removal: Removal<'_>) -> String {
        let names: Vec<String> = self.components.iter().map(ToString::to_string).collect();
        let claims: Vec<String> = self.claims.iter().map(ToString::to_string).collect();
        let freed = if claims.is_empty() {
            "no target was theirs".to_owned()
        } else {
            format!("another component may have {} now", claims.join(", "))
        };
        let what = match removal.component {
            Some(component) if names.is_empty() => format!("what {component} has left"),
            _ => names.join(", "),
        };
        let (app, environment) = (removal.app, removal.environment);
        format!("{app}/{environment} has let go of {what}: {freed}.")
    }

    /// Says what stays of the record: a hold, and irreversible runs. Returns no sentence if there is neither.
    pub fn keeps(&self, removal: Removal<'_>) -> Vec<String> {
        let at = EnvironmentId::new(removal.app, removal.environment);
        self.kept.sentences(at)
    }

    /// Says what is left, in sentences.
    pub fn leaves(&self, removal: Removal<'_>) -> String {
        let Removal { app, environment, .. } = removal;
        if let (true, Some(component)) = (self.components.is_empty(), removal.component) {
            return format!(
                "What lies there stays as it is, and {component} runs where it runs. A rollback of {app}/{environment} \
                 does not go back there any more."
            );
        }
        let stays = format!(
            "What runs there stays as it is; so do the history and the snapshots of {app}/{environment}, and the tags \
             `windlass:app` and `windlass:environment`."
        );
        iter::once(stays).chain(self.keeps(removal)).collect::<Vec<_>>().join(" ")
    }
}

/// Returns the claims of a declared component at places that it has left, because it runs elsewhere. Nothing if it is
/// not known where it runs, because then any of them may be its place.
fn left(removal: Removal<'_>, facts: RemovalFacts<'_>) -> Vec<Claim> {
    let is_declared = facts.declared.zip(removal.component).is_some_and(|(all, component)| all.contains(component));
    if !is_declared || facts.here.is_empty() {
        return Vec::new();
    }
    let is_here = |claim: &Claim| {
        let mut here = facts.here.iter();
        here.any(|it| it.resource == claim.resource && it.folder == claim.folder)
    };
    let ours = facts.claims.iter().flat_map(|claims| &claims.held).filter(|held| removal.is_of(&held.owner));
    ours.filter(|held| !is_here(&held.claim)).map(|held| held.claim.clone()).collect()
}

/// Returns a finding if something is under way in an environment, or waits there.
pub(crate) fn busy(
    of: EnvironmentId<'_>,
    lock: &Lock,
    waits: Option<&DeploymentId>,
    drill: Option<&DeploymentId>,
) -> Option<Finding> {
    if let Some(held) = lock.stuck() {
        return Some(stuck(of, held));
    }
    let held = lock.held.as_ref().map(|held| &held.deployment);
    let (who, then) = match (held, drill, waits) {
        (Some(id), _, _) => {
            (format!("deployment {id} is under way there"), "Wait until it has ended, or cancel it; then ask again.")
        }
        (None, Some(id), _) => (
            format!("drill {id} is under way there, and has not come back"),
            "Wait until it has ended; then ask again.",
        ),
        (None, None, Some(id)) => (
            format!("deployment {id} waits for its turn there"),
            "Wait until it has ended, or cancel it; then ask again.",
        ),
        (None, None, None) => return None,
    };
    Some(Finding::new(
        FindingName::StillBusy,
        format!("environments.{}", of.environment()),
        format!("{who}, and nothing is let go of or moved meanwhile."),
        then,
    ))
}

/// Returns a finding if it is still declared.
pub(crate) fn declared(removal: Removal<'_>, facts: RemovalFacts<'_>) -> Option<Finding> {
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
            "Take it out of the declaration, raise `version`, and put that in force; then ask again.",
        )
    })
}

/// Makes the finding that nothing is recorded of it.
pub(crate) fn nothing(removal: Removal<'_>) -> Finding {
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

/// The parts that stay.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RetainedRecord {
    /// True if automatic deployments are held there.
    pub is_held: bool,
    /// The components that go and have such a run.
    pub ran: BTreeSet<ComponentName>,
}

impl RetainedRecord {
    /// Returns the parts that stay when these components go.
    pub fn of(state: &EnvironmentState, goes: impl Fn(&ComponentName) -> bool) -> Self {
        let ran = state.irreversible.keys().filter(|name| goes(name));
        Self { is_held: state.hold.is_some(), ran: ran.cloned().collect() }
    }

    /// Says after a removal what stays, in sentences.
    pub fn sentences(&self, at: EnvironmentId<'_>) -> Vec<String> {
        let hold = self.is_held.then(|| hold_stays(at));
        let ran = list(&self.ran)
            .map(|names| format!("That {names} ran stays recorded, so a rollback crosses it as before."));
        hold.into_iter().chain(ran).collect()
    }
}

/// Says that a hold stays, in a sentence.
pub fn hold_stays(at: EnvironmentId<'_>) -> String {
    format!("The hold of {at} stays until it is released.")
}

/// Lists components, if there are any.
pub fn list(names: &BTreeSet<ComponentName>) -> Option<String> {
    let names: Vec<&str> = names.iter().map(ComponentName::as_str).collect();
    (!names.is_empty()).then(|| names.join(", "))
}

#[cfg(test)]
#[path = "removal_tests.rs"]
mod tests;
