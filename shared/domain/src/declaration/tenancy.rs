//! Tenancy: a resource, or a declared folder of it, belongs to one component of one environment. Pure.

use crate::prose;
use crate::release::action::ActionName;
use crate::release::call::input;
use crate::release::identity::{DeploymentId, EnvironmentId};
use crate::text::finding::{Finding, FindingName};
use crate::text::name::{AppName, ComponentName, EnvironmentName};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

const REMEDY: &str =
    "Give each component of each environment a target of its own; of one bucket, folders none of which is in another.";

/// A resource that a component changes, or that its callers need as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Claim {
    /// The resource, by a name that no other one has in any account and region, such as an ARN or `s3://shop-web/`.
    pub resource: String,
    /// The folder of it: all of it if empty, else ending in a slash.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub folder: String,
    /// True if the component only needs that nobody else changes it: several may claim it so.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub shared: bool,
}

/// The owner of a target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// The application.
    pub app: AppName,
    /// The environment.
    pub environment: EnvironmentName,
    /// The component.
    pub component: ComponentName,
}

impl Owner {
    /// The environment that it is of.
    pub fn environment_id(&self) -> EnvironmentId<'_> {
        EnvironmentId::new(&self.app, &self.environment)
    }
}

/// A claim that the ledger keeps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldClaim {
    /// The owner.
    #[serde(flatten)]
    pub owner: Owner,
    /// The claim.
    #[serde(flatten)]
    pub claim: Claim,
    /// The deployment that made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made_by: Option<DeploymentId>,
}

/// All claims of one resource. They are one ledger item, so that of two that come at the same moment one has to look
/// again.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResourceClaims {
    /// The claims in the order in which they were made.
    pub held: Vec<HeldClaim>,
}

/// Returns whether one folder is the other, or is in it.
pub fn overlap(one: &str, other: &str) -> bool {
    one.starts_with(other) || other.starts_with(one)
}

impl Claim {
    /// Claims the whole of a resource.
    pub fn whole(resource: impl Into<String>) -> Self {
        Self::folder(resource, "")
    }

    /// Claims a folder of a resource.
    pub fn folder(resource: impl Into<String>, folder: impl Into<String>) -> Self {
        Self { resource: resource.into(), folder: folder.into(), shared: false }
    }

    /// Makes the claim one of a component that does not change it.
    #[must_use]
    pub fn shared(self) -> Self {
        Self { shared: true, ..self }
    }

    /// Returns whether two components cannot have both: one of them would change what is the other's.
    pub fn clashes(&self, other: &Self) -> bool {
        let is_in = |one: &Self, other: &Self| one.folder.starts_with(&other.folder);
        let clash = match (self.shared, other.shared) {
            (false, false) => overlap(&self.folder, &other.folder),
            (true, false) => is_in(self, other),
            (false, true) => is_in(other, self),
            (true, true) => false,
        };
        self.resource == other.resource && clash
    }

    /// Returns the claims that a component has left, of those that it changed: it claimed `then`, and claims `now`.
    pub fn left<'a>(then: &'a [Self], now: &[Self]) -> Vec<&'a Self> {
        let is_same = |one: &Self, other: &Self| (&one.resource, &one.folder) == (&other.resource, &other.folder);
        // A deployment group of CodeDeploy moves callers and is no target: who leaves it leaves nothing behind.
        let is_way = |claim: &Self| claim.resource.contains(":codedeploy:");
        then.iter()
            .filter(|claim| !claim.shared && !is_way(claim))
            .filter(|claim| !now.iter().any(|it| is_same(it, claim)))
            .collect()
    }
}

impl fmt::Display for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.resource, self.folder)
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (app, environment) = (&self.app, &self.environment);
        write!(f, "component {} of {app}/{environment}", self.component)
    }
}

impl ResourceClaims {
    /// Returns the other owners of an equal claim, which only one can have.
    pub fn others_with<'a>(&'a self, by: &'a Owner, claim: &'a Claim) -> impl Iterator<Item = &'a Owner> {
        let others = self.held.iter().filter(move |held| held.owner != *by && held.claim == *claim && !claim.shared);
        others.map(|held| &held.owner)
    }

    /// Takes a claim in for a deployment, and returns whether it is new. The claim stays its component's, whatever that deploys later.
    /// `is_gone` says which components the environment does not have any more: their claims are in no neighbour's way,
    /// and an equal claim changes hands.
    ///
    /// # Errors
    /// Somebody else has what it clashes with.
    pub fn take(
        &mut self,
        (by, deployment): (&Owner, &DeploymentId),
        claim: &Claim,
        is_gone: impl Fn(&Owner) -> bool,
    ) -> Result<bool, Finding> {
        let ours = HeldClaim { owner: by.clone(), claim: claim.clone(), made_by: Some(deployment.clone()) };
        if self.held.iter().any(|held| held.owner == *by && held.claim == *claim) {
            return Ok(false);
        }
        let mut others = self.held.iter().filter(|held| held.owner != *by);
        let clash = others.find(|held| held.claim.clashes(claim) && !is_gone(&held.owner));
        if let Some(held) = clash {
            return Err(not_ours(&ours, held));
        }
        self.held.retain(|held| {
            let may_go = held.owner == *by || (is_gone(&held.owner) && held.claim.clashes(claim));
            held.claim.folder != claim.folder || !may_go
        });
        self.held.push(ours);
        Ok(true)
    }

    /// Lets go of what a deployment has claimed, and returns whether it had claimed anything.
    pub fn let_go(&mut self, deployment: &DeploymentId) -> bool {
        let before = self.held.len();
        self.held.retain(|held| held.made_by.as_ref() != Some(deployment));
        self.held.len() < before
    }
}

/// Makes the finding that a component is deployed elsewhere from now on than where it runs.
pub fn left_behind(component: &ComponentName, version: &str, left: &[&Claim]) -> Finding {
    let left: Vec<String> = left.iter().map(ToString::to_string).collect();
    let left = left.join(" and ");
    Finding::new(
        FindingName::NoLongerDeclared,
        format!("components.{component}"),
        format!(
            "`{component}` runs {version} at {left}, where it is no longer declared: what is there stays as it is, and stays `{component}`'s."
        ),
        "Declare it there again if that was not meant, also for a rollback to a release from there. Else remove it with your infrastructure code when nobody needs it, and let go of it (`remove`) where somebody else is to have it: docs/runbooks/free-a-target.md.",
    )
}

fn not_ours(ours: &HeldClaim, theirs: &HeldClaim) -> Finding {
    let (our, their) = (&ours.claim, &theirs.claim);
    let (have, has) = (if our.shared { "use" } else { "have" }, if their.shared { "uses" } else { "has" });
    let (by, owner) = (&ours.owner, &theirs.owner);
    let members = [("component", owner.component.as_str().into()), ("reason", "…".into())];
    let let_go = input(ActionName::Remove, owner.environment_id(), &members);
    let why = match our.folder.len().cmp(&their.folder.len()) {
        std::cmp::Ordering::Less => format!("{their}, which the {owner} {has}, is in it"),
        std::cmp::Ordering::Equal => format!("the {owner} {has} it"),
        std::cmp::Ordering::Greater => format!("it is in {their}, which the {owner} {has}"),
    };
    Finding::new(
        FindingName::TargetNotOurs,
        format!("components.{}", by.component),
        format!("The {by} cannot {have} {our}: {why}."),
        prose!("{} What its owner has given up for good is let go of: {}.", REMEDY, let_go),
    )
}

#[cfg(test)]
#[path = "tenancy_tests.rs"]
mod tests;
