//! Removals let go of a component that is not declared any more, of places that a component has left, of all of an
//! environment, or of a whole application: of its declaration, of the ownership of its image repositories, and of all
//! of each environment. Pure.
//!
//! No target is changed: what runs there stays as it is. No removal and no move takes away an environment's hold and
//! the runs after which nothing that came before may run.
//!
//! The declaration of a whole application has its environments, and nobody is asked to take them out first. Instead the
//! person types the application's name again. The declaration is withdrawn before anything else, so that no release
//! begins in between.

use crate::declaration::tenancy::{Claim, HeldClaim, ResourceClaims};
use crate::environment::EnvironmentState;
use crate::moving::scope::{MovingScope, Side, taken};
use crate::text::finding::{Finding, FindingName};
use crate::text::name::{AppName, ComponentName, EnvironmentName};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;
use std::iter;

/// A removal that is asked for, and its scope as the ledger knows it.
#[derive(Debug, Clone)]
pub struct ToRemove<'a> {
    /// Its scope.
    pub scope: MovingScope<'a>,
    /// The version of the declaration in force of a whole application.
    pub declaration: Option<&'a semver::Version>,
    /// The image repositories of a whole application.
    pub repositories: Vec<String>,
    /// Its environments, declared or not.
    pub environments: Vec<RemovalFacts<'a>>,
}

/// An environment as the ledger knows it.
#[derive(Debug, Clone)]
pub struct RemovalFacts<'a> {
    /// Its lock and its record, and what goes on there.
    pub side: Side<'a>,
    /// The components that the declaration in force has there; absent if it does not have the environment.
    pub declared: Option<&'a BTreeSet<ComponentName>>,
    /// The claims of all resources in which it has one.
    pub claims: Vec<&'a ResourceClaims>,
    /// The claims of the component that is to be removed where it runs, as far as the ledger knows.
    pub here: &'a [Claim],
}

/// The things that a removal lets go of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Removed {
    /// The version of the declaration of a whole application.
    pub declaration: Option<semver::Version>,
    /// The image repositories of a whole application.
    pub repositories: Vec<String>,
    /// The things in each environment that has any.
    pub environments: BTreeMap<EnvironmentName, RemovedItems>,
    /// The environments that have nothing but a hold, which stays.
    pub held: BTreeSet<EnvironmentName>,
}

/// The things that an environment lets go of.
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
/// Something is under way in one of its environments; or the component or environment is still declared; or nothing is
/// recorded of it.
pub fn decide(asked: &ToRemove<'_>) -> Result<Removed, Vec<Finding>> {
    let mut removed = Removed {
        declaration: asked.declaration.cloned(),
        repositories: asked.repositories.clone(),
        ..Removed::default()
    };
    let mut findings = Vec::new();
    for facts in &asked.environments {
        let environment = facts.side.at.environment();
        match facts.goes(asked.scope) {
            Err(found) => findings.extend(found),
            Ok(Some(goes)) => removed.environments.extend([(environment.clone(), goes)]),
            Ok(None) => removed.held.extend(facts.side.state.hold.iter().map(|_| environment.clone())),
        }
    }
    if !findings.is_empty() {
        return Err(findings);
    }
    if removed.is_nothing() {
        let of_all = asked.environments.iter().map(|facts| facts.recorded_at_all(asked.scope));
        return Err(vec![asked.scope.nothing(&of_all.flatten().collect())]);
    }
    Ok(removed)
}

impl RemovalFacts<'_> {
    /// Returns the things that go from here; `None` if nothing is recorded.
    fn goes(&self, asked: MovingScope<'_>) -> Result<Option<RemovedItems>, Vec<Finding>> {
        let left = self.left(asked);
        let declared = self.declared(asked).filter(|_| left.is_empty());
        let findings: Vec<Finding> = self.side.busy().into_iter().chain(declared).collect();
        if !findings.is_empty() {
            return Err(findings);
        }
        if !left.is_empty() {
            let items = RemovedItems { components: BTreeSet::new(), claims: left, kept: RetainedRecord::default() };
            return Ok(Some(items));
        }
        let recorded = self.recorded(asked);
        Ok((!recorded.components.is_empty()).then_some(recorded))
    }

    /// Returns the claims of the scope here.
    fn ours<'b>(&'b self, asked: MovingScope<'b>) -> impl Iterator<Item = &'b HeldClaim> {
        let here = asked.part_in(self.side.at.environment());
        self.claims.iter().flat_map(|claims| &claims.held).filter(move |held| here.is_of(&held.owner))
    }

    /// Returns all that is recorded of it here, and claimed.
    pub(crate) fn recorded(&self, asked: MovingScope<'_>) -> RemovedItems {
        let (mut components, mut claims) = (BTreeSet::new(), Vec::new());
        for held in self.ours(asked) {
            components.insert(held.owner.component.clone());
            claims.push(held.claim.clone());
        }
        let state = self.side.state;
        components.extend(state.running.keys().chain(state.found.keys()).filter(|name| asked.takes(name)).cloned());
        RemovedItems { components, claims, kept: RetainedRecord::of(state, |name| asked.takes(name)) }
    }

    /// Returns all components of which anything is recorded here, in the scope or not.
    pub(crate) fn recorded_at_all(&self, asked: MovingScope<'_>) -> BTreeSet<ComponentName> {
        self.recorded(MovingScope { component: None, ..asked }).components
    }

    /// Returns the claims of a declared component at places that it has left, because it runs elsewhere. Nothing if it
    /// is not known where it runs, because then any of them may be its place.
    fn left(&self, asked: MovingScope<'_>) -> Vec<Claim> {
        let is_declared = self.declared.zip(asked.component).is_some_and(|(all, component)| all.contains(component));
        if !is_declared || self.here.is_empty() {
            return Vec::new();
        }
        let is_here = |claim: &Claim| {
            let mut here = self.here.iter();
            here.any(|it| it.resource == claim.resource && it.folder == claim.folder)
        };
        self.ours(asked).filter(|held| !is_here(&held.claim)).map(|held| held.claim.clone()).collect()
    }

    /// Returns a finding if it is still declared. The declaration of a whole application goes with it.
    pub(crate) fn declared(&self, asked: MovingScope<'_>) -> Option<Finding> {
        let (declared, environment) = (self.declared?, asked.environment?);
        let (is_declared, what) = match asked.component {
            Some(component) => (declared.contains(component), format!("`{component}`")),
            None => (true, format!("the environment {environment}")),
        };
        is_declared.then(|| {
            Finding::new(
                FindingName::StillDeclared,
                asked.path(),
                format!("the declaration in force has {what}, so that its next release would take all of it again."),
                "Take it out of the declaration, raise `version`, and put that in force; then ask again.",
            )
        })
    }
}

impl Removed {
    /// Returns whether there is nothing to let go of.
    pub fn is_nothing(&self) -> bool {
        self.declaration.is_none() && self.repositories.is_empty() && self.environments.is_empty()
    }

    /// Says what it leaves, in sentences.
    pub fn leaves(&self, scope: MovingScope<'_>) -> String {
        let kept = self.environments.iter().flat_map(|(name, goes)| goes.keeps(scope.part_in(name)));
        iter::once(self.rests(scope)).chain(kept).chain(self.holds(scope)).collect::<Vec<_>>().join(" ")
    }

    fn rests(&self, scope: MovingScope<'_>) -> String {
        match scope.component {
            _ if scope.is_whole() => leaves(scope.app),
            Some(component) if self.environments.values().all(|goes| goes.components.is_empty()) => format!(
                "What lies there stays as it is, and {component} runs where it runs. A rollback of {scope} \
                 does not go back there any more."
            ),
            _ => format!(
                "What runs there stays as it is; so do the history and the snapshots of {scope}, and the tags \
                 `windlass:app` and `windlass:environment`."
            ),
        }
    }

    /// Says of each environment that has nothing but a hold that this stays. Once the declaration is withdrawn, nothing
    /// names these environments.
    pub fn holds(&self, scope: MovingScope<'_>) -> impl Iterator<Item = String> {
        self.held.iter().map(move |environment| hold_stays(scope.at(environment)))
    }
}

impl RemovedItems {
    /// Takes its claims out of those of a resource. Returns whether there was one.
    pub fn free(&self, scope: MovingScope<'_>, claims: &mut ResourceClaims) -> bool {
        let before = claims.held.len();
        claims.held.retain(|held| !(scope.is_of(&held.owner) && self.claims.contains(&held.claim)));
        claims.held.len() < before
    }

    /// Takes the components out of the record of what runs. Snapshots and the history stay.
    pub fn forget(&self, state: &mut EnvironmentState) {
        for name in &self.components {
            taken(state, name);
        }
    }

    /// Says what is let go of, in a sentence.
    pub fn frees(&self, scope: MovingScope<'_>) -> String {
        let freed = list(&self.claims).map(|claims| format!("another component may have {claims} now"));
        let what = list(&self.components).or_else(|| Some(format!("what {} has left", scope.component?)));
        format!("{scope} has let go of {}: {}.", what.unwrap_or_default(), freed.as_deref().unwrap_or(NO_TARGET))
    }

    /// Says what stays of the record: a hold, and irreversible runs. Returns no sentence if there is neither.
    pub fn keeps(&self, scope: MovingScope<'_>) -> Vec<String> {
        let hold = self.kept.is_held.then(|| hold_stays(scope));
        let ran = list(&self.kept.ran)
            .map(|names| format!("That {names} ran stays recorded, so a rollback crosses it as before."));
        hold.into_iter().chain(ran).collect()
    }
}

/// Says that the declaration of an application is withdrawn.
pub fn withdrawn(app: &AppName, version: &semver::Version) -> String {
    format!("The declaration {version} of {app} is not in force any more: nothing is deployed by it.")
}

/// Says which repositories are let go of.
pub fn without_repositories(app: &AppName, repositories: &[String]) -> String {
    format!("Pushes to {} are nobody's now; {app} had them.", repositories.join(", "))
}

/// Says what the removal of an application leaves, whatever it had, in sentences.
pub fn leaves(app: &AppName) -> String {
    format!(
        "What runs stays as it is; so do the history and the snapshots of {app}, the objects in the artifacts bucket, \
         and the tags `windlass:app` and `windlass:environment`. A declaration that is uploaded anew begins anew."
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
}

/// Says that a hold stays, in a sentence.
pub fn hold_stays(at: impl Display) -> String {
    format!("The hold of {at} stays until it is released.")
}

/// The words for the targets of components that have none.
pub(super) const NO_TARGET: &str = "no target was theirs";

/// Lists things, if there are any.
pub(super) fn list(things: impl IntoIterator<Item: Display>) -> Option<String> {
    let things: Vec<String> = things.into_iter().map(|it| it.to_string()).collect();
    (!things.is_empty()).then(|| things.join(", "))
}

#[cfg(test)]
#[path = "removal_tests.rs"]
mod tests;
