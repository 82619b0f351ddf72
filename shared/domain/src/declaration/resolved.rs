//! A declaration resolved for one environment: every value is final, every name is checked.

use super::gates;
use crate::digest::Digest;
use crate::name::{AppName, ComponentName, EnvironmentName};
use crate::plan::KindName;
use crate::request::Route;
use crate::time::Span;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What Windlass works with: one application in one environment.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Resolved {
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
    /// Whether arrivals deploy by themselves.
    pub start: Start,
    /// The sources that the environment accepts.
    pub sources: BTreeSet<Route>,
    /// Whether the environment's rule is a tag rule, so that semantic versions give the order.
    pub tag_rule: bool,
    /// Whether releases are promoted to it: the declaration has several environments, and this one takes
    /// them by a tag, by name, or from a person alone, and not by itself from a branch.
    pub promoted_to: bool,
    /// The components.
    pub components: BTreeMap<ComponentName, Component>,
    /// The gates.
    pub gates: gates::Resolved,
}

/// Whether arrivals deploy by themselves.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Start {
    /// Arrivals that match the environment's rule are deployed.
    #[default]
    Automatic,
    /// Only what a person starts is deployed.
    Manual,
}

/// One component.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Component {
    /// The components that must have changed before.
    pub after: BTreeSet<ComponentName>,
    /// Whether a single artifact's upload is a release of its own.
    pub on_artifact: bool,
    /// What it is.
    pub spec: Spec,
}

/// What a component is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Spec {
    /// A static site.
    StaticSite(StaticSite),
    /// A Lambda function.
    Lambda(Lambda),
    /// An ECS service.
    Ecs(Ecs),
}

impl Resolved {
    /// The ECR repository's name or URI that a component's images are of, where it declares one.
    pub fn repository(&self, component: &ComponentName) -> Option<&str> {
        self.components.get(component)?.spec.repository()
    }
}

impl Spec {
    /// The kind's name.
    pub fn kind(&self) -> KindName {
        match self {
            Self::StaticSite(_) => KindName::StaticSite,
            Self::Lambda(_) => KindName::Lambda,
            Self::Ecs(_) => KindName::Ecs,
        }
    }

    /// The ECR repository that it lives in, by name or URI.
    pub fn repository(&self) -> Option<&str> {
        match self {
            Self::StaticSite(_) => None,
            Self::Lambda(function) => function.repository.as_deref(),
            Self::Ecs(service) => Some(&service.repository),
        }
    }
}

/// A static site's target.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StaticSite {
    /// The bucket.
    pub bucket: String,
    /// The folder within the bucket, without leading slash, empty or ending in a slash.
    pub prefix: String,
    /// How a release goes live.
    pub mode: SiteMode,
    /// The CloudFront distribution's id.
    pub distribution: Option<String>,
    /// The id of the distribution's origin to switch; needed if the distribution has several.
    pub origin: Option<String>,
    /// The address under which visitors reach it, for the check at the end of a publish; the
    /// distribution's own domain if absent.
    pub url: Option<String>,
    /// The file that `/` is answered with, which a release must have; [`StaticSite::NO_ROOT`] where there
    /// is none, absent where the distribution says it.
    #[serde(default)]
    pub root: Option<String>,
    /// Cache headers by pattern; the first match wins, before the built-in rules.
    pub cache: Vec<CacheRule>,
    /// Patterns of files whose names change with their content.
    pub hashed: Vec<String>,
    /// How many snapshots back a rollback finds its files.
    #[serde(default = "StaticSite::default_keep")]
    pub keep: u32,
    /// A file written from the declaration's values.
    pub config: Option<ConfigFile>,
}

impl StaticSite {
    /// Stands for no file that `/` is answered with.
    pub const NO_ROOT: &str = "none";

    /// How many snapshots are kept where the declaration does not say.
    pub fn default_keep() -> u32 {
        10
    }
}

/// How a site's release goes live.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SiteMode {
    /// Files are written over the live ones; needs a bucket with versioning.
    #[default]
    InPlace,
    /// A folder per release, and the distribution's origin path is switched.
    Prefix,
}

/// A cache header for the files that match.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CacheRule {
    /// A glob over the file's path, such as `assets/**`.
    pub files: String,
    /// The `Cache-Control` header, such as `public, max-age=31536000, immutable`.
    pub cache_control: String,
}

/// A configuration file that differs by environment, so that one build serves them all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConfigFile {
    /// The file's path in the site, such as `config.json` or `config.js`.
    pub path: String,
    /// For a script, the global name that receives the values, such as `window.config`; a JSON
    /// document is written if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub global: Option<String>,
    /// The values. Never secrets: the file is public.
    pub values: BTreeMap<String, String>,
}

/// A Lambda function's target.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Lambda {
    /// The function's name.
    pub function: String,
    /// The alias that callers use; without one a change is live at once.
    pub alias: Option<String>,
    /// The ECR repository's name or URI, for a function that is an image; image pushes there are
    /// for this component.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repository: Option<String>,
    /// How traffic is shifted; only with an alias.
    pub rollout: Rollout,
    /// True where each new version is tried by invocations: before the alias moves, and while it gets traffic.
    pub is_tried: bool,
}

/// How traffic is shifted to a new version.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Rollout {
    /// Percentages below 100, rising; empty for all at once. 100 always follows.
    pub steps: Vec<u8>,
    /// How long each step is watched.
    pub every: Span,
}

/// An ECS service's target.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ecs {
    /// The cluster.
    pub cluster: String,
    /// The service.
    pub service: String,
    /// The container whose image is ours.
    pub container: String,
    /// The ECR repository's name or URI; image pushes there are for this component.
    pub repository: String,
    /// The task definition that the new one is made from.
    pub base: Base,
    /// How long a rollout may take before it has failed.
    pub steady_within: Span,
}

/// The task definition that a new one is made from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Base {
    /// The one that the service runs.
    #[default]
    Running,
    /// The newest of the family, for example one that Terraform registered.
    FamilyLatest,
    /// One that comes with the release as an artifact: a JSON document.
    Artifact,
}

impl Default for Span {
    fn default() -> Self {
        Self::ZERO
    }
}
