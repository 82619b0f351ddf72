//! Lets go of a whole application: of its declaration, the ownership of its image repositories, and all of each
//! environment. Pure.
//!
//! Its declaration has its environments, and nobody is asked to take them out first. Instead the person types the
//! application's name again. The declaration is withdrawn before anything else, so that no release begins in between.

use crate::moving::removal::{Removal, RemovalFacts, RemovedItems, decide as decide_one, hold_stays};
use crate::release::identity::EnvironmentId;
use crate::text::finding::{Finding, FindingName};
use crate::text::name::{AppName, EnvironmentName};
use std::collections::{BTreeMap, BTreeSet};
use std::iter;

/// The application as the ledger knows it.
#[derive(Debug, Clone)]
pub struct ApplicationToRemove<'a> {
    /// Its name.
    pub app: &'a AppName,
    /// The version of its declaration in force.
    pub declaration: Option<&'a semver::Version>,
    /// The image repositories that are its own.
    pub repositories: Vec<String>,
    /// Its environments, declared or not.
    pub environments: BTreeMap<EnvironmentName, RemovalFacts<'a>>,
}

/// The things that it lets go of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemovedApplication {
    /// The version of its declaration.
    pub declaration: Option<semver::Version>,
    /// Its image repositories.
    pub repositories: Vec<String>,
    /// The things in each environment that has any.
    pub environments: BTreeMap<EnvironmentName, RemovedItems>,
    /// The environments that have nothing but a hold, which stays.
    pub held: BTreeSet<EnvironmentName>,
}

/// Decides it.
///
/// # Errors
/// Something is under way in one of its environments, or there is nothing of it.
pub fn decide(application: &ApplicationToRemove<'_>) -> Result<RemovedApplication, Vec<Finding>> {
    let app = application.app;
    let (mut findings, mut environments) = (Vec::new(), BTreeMap::new());
    let mut held = BTreeSet::new();
    for (environment, facts) in &application.environments {
        let removal = Removal { app, environment, component: None };
        // The declaration is withdrawn before.
        let facts = RemovalFacts { declared: None, ..*facts };
        findings.extend(facts.busy(removal));
        if let Ok(goes) = decide_one(removal, facts) {
            environments.insert(environment.clone(), goes);
        } else if facts.state.hold.is_some() {
            held.insert(environment.clone());
        }
    }
    if !findings.is_empty() {
        return Err(findings);
    }
    let whole = RemovedApplication {
        declaration: application.declaration.cloned(),
        repositories: application.repositories.clone(),
        environments,
        held,
    };
    if whole.is_nothing() {
        return Err(vec![nothing(app)]);
    }
    Ok(whole)
}

impl RemovedApplication {
    /// Says what it leaves, in sentences.
    pub fn leaves(&self, app: &AppName) -> String {
        let environments = self.environments.iter();
        let kept =
            environments.flat_map(|(environment, goes)| goes.keeps(Removal { app, environment, component: None }));
        iter::once(leaves(app)).chain(kept).chain(self.holds(app)).collect::<Vec<_>>().join(" ")
    }

    /// Says of each environment that has nothing but a hold that this stays. Once the declaration is withdrawn, nothing
    /// names these environments.
    pub fn holds(&self, app: &AppName) -> impl Iterator<Item = String> {
        self.held.iter().map(|environment| hold_stays(EnvironmentId::new(app, environment)))
    }

    /// Returns whether there is nothing to let go of.
    pub fn is_nothing(&self) -> bool {
        self.declaration.is_none() && self.repositories.is_empty() && self.environments.is_empty()
    }
}

/// Says that its declaration is withdrawn.
pub fn withdrawn(app: &AppName, version: &semver::Version) -> String {
    format!("The declaration {version} of {app} is not in force any more: nothing is deployed by it.")
}

/// Says which repositories are let go of.
pub fn without_repositories(app: &AppName, repositories: &[String]) -> String {
    format!("Pushes to {} are nobody's now; {app} had them.", repositories.join(", "))
}

/// Says what it leaves of every application, in sentences.
pub fn leaves(app: &AppName) -> String {
    format!(
        "What runs stays as it is; so do the history and the snapshots of {app}, the objects in the artifacts bucket, and \
         the tags `windlass:app` and `windlass:environment`. A declaration that is uploaded anew begins anew."
    )
}

/// Makes the finding that nothing is recorded of it.
pub(crate) fn nothing(app: &AppName) -> Finding {
    Finding::new(
        FindingName::UnknownName,
        "app",
        format!("nothing is recorded of an application `{app}`."),
        "Correct the name; where it was removed or renamed already, nothing has to be done.",
    )
}

#[cfg(test)]
#[path = "application_tests.rs"]
mod tests;
