//! A declaration resolved for one environment: every value is final, every name is checked, and the place of the
//! targets is known.

use super::gates;
pub use crate::declaration::document::Start;
use crate::declaration::document::Supersede;
use crate::declaration::kinds::Spec;
use crate::release::identity::EnvironmentId;
use crate::release::request::Route;
use crate::text::digest::Digest;
use crate::text::name::{AppName, ComponentName, EnvironmentName};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// One application in one environment, as Windlass works with it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ResolvedEnvironment {
    /// The application.
    pub app: AppName,
    /// The environment.
    pub environment: EnvironmentName,
    /// The declaration's version.
    pub version: semver::Version,
    /// The digest of the declaration's content.
    pub digest: Digest,
    /// The region of the targets; the deployer's own if absent.
    pub region: Option<String>,
    /// The role that reaches the targets; the functions' own if absent.
    pub role_arn: Option<String>,
    /// The rule for arrivals: they deploy by themselves, or a person starts them.
    pub start: Start,
    /// The fate of an older release that is under way when a newer one comes.
    #[serde(skip_serializing_if = "Supersede::waits")]
    pub supersede: Supersede,
    /// The sources that the environment accepts.
    pub sources: BTreeSet<Route>,
    /// True if the environment's rule is a tag rule, so that semantic versions give the order.
    pub tag_rule: bool,
    /// The text before the version in its tags; empty where the tag is the version, or no tag rule is there.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub tag_prefix: String,
    /// True if releases are promoted to it: the declaration has several environments, and this one takes releases by a
    /// tag, by name, or from a person alone, and not by itself from a branch.
    pub promoted_to: bool,
    /// True if components that go in steps go in the same steps.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub together: bool,
    /// The components.
    pub components: BTreeMap<ComponentName, ResolvedComponent>,
    /// The gates.
    pub gates: gates::ResolvedGates,
}

/// One component.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ResolvedComponent {
    /// The components that must have changed before.
    pub after: BTreeSet<ComponentName>,
    /// True if a single artifact's upload is a release of its own.
    pub on_artifact: bool,
    /// The component's kind with its values.
    pub spec: Spec,
}

impl ResolvedEnvironment {
    /// The environment that it is of.
    pub fn environment_id(&self) -> EnvironmentId<'_> {
        EnvironmentId::new(&self.app, &self.environment)
    }

    /// Returns the ECR repositories of a component's images, by container, by name or URI. Without containers they are
    /// under the empty name.
    pub fn repositories(&self, component: &ComponentName) -> BTreeMap<&str, &str> {
        let Some(component) = self.components.get(component) else { return BTreeMap::new() };
        let containers = component.spec.as_kind().containers().into_iter().flatten();
        let containers = containers.map(|(name, repository)| (name.as_str(), repository.as_str()));
        let whole = component.spec.as_kind().repository().map(|repository| ("", repository));
        containers.chain(whole).collect()
    }

    /// Returns the containers of a component that take images of their own, each with its repository; `None` for a kind
    /// that has none.
    pub fn containers(&self, component: &ComponentName) -> Option<&BTreeMap<String, String>> {
        self.components.get(component)?.spec.as_kind().containers()
    }
}

/// The account and region of an environment's targets.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Place {
    /// The AWS region; the deployer's own where absent.
    pub region: Option<String>,
    /// The role to assume; the function's own role where absent.
    pub role: Option<TargetRole>,
}

impl Place {
    /// Returns the same account in another region, if one is named.
    #[must_use]
    pub fn in_region(&self, region: Option<&str>) -> Self {
        Self { region: region.map(str::to_owned).or_else(|| self.region.clone()), role: self.role.clone() }
    }
}

/// A role in the account of the targets.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct TargetRole {
    /// The role's ARN.
    pub arn: String,
    /// Always `<app>/<environment>`, so that a role of one environment cannot be used for another
    /// (the confused deputy problem; AWS IAM User Guide, "Access to AWS accounts owned by third
    /// parties").
    pub external_id: String,
    /// The session name: the deployment's id, so that CloudTrail names the deployment.
    pub session_name: String,
}
