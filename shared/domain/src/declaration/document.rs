//! `app.yaml` as people write it, with the rules for what arrives and the values that people give to its texts. The
//! JSON Schema is made from these types.

use super::gates::Gates;
use crate::declaration::drill_schedule::Schedule;
use crate::declaration::kinds::Component;
use crate::declaration::topic::Notify;
use crate::declaration::unwritten;
use crate::document::git_rule::{GitRule, TagClass, TagRule};
use crate::release::request::Route;
use crate::text::finding::Finding;
use crate::text::name::{AppName, ComponentName, EnvironmentName};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

/// A declaration: what an application is and where it goes. Unknown fields are refused.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Windlass application")]
pub struct Document {
    /// The application's name: lower-case letters, digits and hyphens, at most 32 characters.
    pub app: AppName,
    /// The semantic version of this declaration, such as `1.3.0`. Changed content needs a higher
    /// one.
    #[schemars(description = "The semantic version of this declaration, such as `1.3.0`. \
                              Changed content needs a higher one.")]
    pub version: semver::Version,
    /// The application's former name, until `rename` has renamed it. Until then the image repositories in the
    /// declaration may still have the former name. Leave it out afterwards.
    pub formerly: Option<AppName>,
    /// The environments by name, in the order in which they are listed. A new order needs a higher `version`.
    #[schemars(extend("minProperties" = 1, "maxProperties" = 200))]
    pub environments: BTreeMap<EnvironmentName, WrittenEnvironment>,
    /// The components by name.
    #[schemars(extend("minProperties" = 1, "maxProperties" = 500))]
    pub components: BTreeMap<ComponentName, Component>,
    /// With `together` functions change in the same steps as services whose own strategy has steps: both go to 10 %,
    /// are judged, and go on. Their percentages must be the same.
    pub waves: Option<Waves>,
    /// Topics that get the events of every environment, beside the topic of the installation.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("maxItems" = 10))]
    pub notify: Vec<Notify>,
    /// The gates, which decide whether a release is healthy, in every environment.
    #[serde(default)]
    pub gates: Gates,
}

/// The relation between components that change in steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Waves {
    /// In the same steps.
    Together,
}

/// One environment.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Environment")]
pub struct WrittenEnvironment {
    /// The Git refs and image tags that go here. Without a rule, only releases that name this environment go here.
    pub deploy: Option<Deploy>,
    /// `automatic`: arrivals deploy by themselves. `manual`: a person starts each deployment.
    #[serde(default)]
    pub start: Start,
    /// The rule for a release that comes while an older one of the same components is under way. With `wait` it waits
    /// until the older one has ended, its bake included. With `undo_first` Windlass first stops and undoes the older
    /// one. If the newer one then fails, Windlass restores what ran before both; the older one comes back only if a
    /// person requests it.
    #[serde(default, skip_serializing_if = "Supersede::waits")]
    pub supersede: Supersede,
    /// The ways in by which Windlass accepts releases; `api` and `console` if absent. These two require a right to this
    /// environment. With `s3` anybody who may upload to its place in the artifacts bucket can release without that
    /// right. With `ecr` so can anybody who may push to a repository that the declaration names. The upload of a
    /// component with `on_artifact` needs `s3`.
    #[schemars(extend("minItems" = 1))]
    pub sources: Option<BTreeSet<Source>>,
    /// The ARN of the role with which Windlass reaches targets in another account; its trust policy requires the
    /// ExternalId `<app>/<environment>`. If absent, Windlass uses its own role.
    pub role_arn: Option<String>,
    /// The AWS region of the targets, such as `eu-west-1`; the region of Windlass if absent.
    pub region: Option<String>,
    /// Values that texts of this declaration use as `{name}`. Never secrets.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub vars: BTreeMap<String, String>,
    /// Scheduled drills: the environment goes to the version before and comes back, which shows that its way back
    /// works.
    pub drill: Option<Schedule>,
    /// Topics that get the events of this environment, instead of the topics of the `notify` at the top. With an empty
    /// list there are none.
    #[schemars(extend("maxItems" = 10))]
    pub notify: Option<Vec<Notify>>,
    /// Gates of this environment: each member given here replaces the global one.
    pub gates: Option<Gates>,
}

/// The Git refs that an environment deploys. Exactly one of `branch`, `branches`, `tag`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("minProperties" = 1, "maxProperties" = 1))]
#[schemars(extend("examples" = [
    json!({"branch": "main"}), json!({"tag": "stable"}), json!({"tag": "release-candidate"}),
]))]
pub struct Deploy {
    /// A branch or a glob, such as `main` or `release/**`. `*` stops at `/`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// Several branches or globs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("minItems" = 1))]
    pub branches: Option<Vec<String>>,
    /// The tags that are semantic versions of one sort: `stable`, or `{prefix: shop-v, is: stable}` for those of a
    /// monorepo.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tag: Option<Tags>,
}

/// Tags that are semantic versions, with or without a leading `v`; or tags with a text before the version, as for one
/// application of a monorepo.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Tags {
    /// `release-candidate` (versions with a pre-release part), `stable` (those without), or a glob over tags that are
    /// versions, such as `v*.*.0-rc*`.
    OfVersions(String),
    /// Tags with something before the version.
    Behind(PrefixedTags),
}

/// Tags with a text before the version, such as `shop-v1.4.0`, `@acme/shop@1.4.0` or `web/v1.4.0`. The version of such
/// a release is the part after that text. The tag of an image is the version alone. So an image push matches the rules
/// of several environments, although their prefixes differ, if `is` of each accepts its version; it ends as
/// `AmbiguousRef`. To avoid this, write rules whose `is` accept different versions. Or release images by manifests,
/// which name the environment or the Git tag.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PrefixedTags {
    /// The text before the version, letter by letter: `shop-v`, `@acme/shop@`, `web/v`.
    #[schemars(extend("minLength" = 1))]
    pub prefix: String,
    /// The rule for the part after the prefix: `release-candidate`, `stable` or a glob.
    pub is: String,
}

impl Deploy {
    /// Returns the rule that is written.
    pub fn rule(&self) -> GitRule {
        if let Some(tags) = &self.tag {
            let (prefix, is) = match tags {
                Tags::OfVersions(is) => (String::new(), is),
                Tags::Behind(PrefixedTags { prefix, is }) => (prefix.clone(), is),
            };
            let is = match is.as_str() {
                "release-candidate" => TagClass::ReleaseCandidate,
                "stable" => TagClass::Stable,
                glob => TagClass::Glob(glob.to_owned()),
            };
            return GitRule::Tag(TagRule { prefix, is });
        }
        GitRule::Branches(self.branches.iter().flatten().chain(&self.branch).cloned().collect())
    }
}

/// A way in that an environment accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// Manifests and artifacts in the artifacts bucket.
    S3,
    /// Image pushes.
    Ecr,
    /// The HTTP API and the command line.
    Api,
    /// The Step Functions console.
    Console,
}

impl Source {
    /// The ones that count where an environment names none: they ask for a right to it.
    pub const USUAL: [Self; 2] = [Self::Api, Self::Console];

    /// Returns its route.
    pub fn route(self) -> Route {
        match self {
            Self::S3 => Route::S3,
            Self::Ecr => Route::Ecr,
            Self::Api => Route::Api,
            Self::Console => Route::Console,
        }
    }
}

/// Variables that every declaration has.
const OWN: [(&str, &str); 2] = [("app", "the application's name"), ("environment", "the environment's name")];

/// Returns findings for variables that nothing would ever use, and for values that nobody has written yet.
pub(super) fn findings(document: &Document) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (name, environment) in &document.environments {
        for (own, is) in OWN {
            if environment.vars.contains_key(own) {
                findings.push(Finding::bad_value(
                    format!("environments.{name}.vars.{own}"),
                    format!("`{{{own}}}` is {is}, so that this value would never be used."),
                    "Give the variable another name, here and in the texts that use it.",
                ));
            }
        }
    }
    // A document that was read can be written.
    let whole = serde_json::to_value(document).unwrap_or_default();
    unwritten::findings("", &whole, &mut findings);
    findings
}

/// The rule for arrivals: they deploy by themselves, or a person starts them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Start {
    /// Arrivals that match the environment's rule are deployed.
    #[default]
    Automatic,
    /// Windlass makes only deployments that a person starts.
    Manual,
}

/// The rule for a release that comes while an older one of the same components is under way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Supersede {
    /// It waits until the older one has ended, its bake included.
    #[default]
    Wait,
    /// Windlass first stops and undoes the older one, if the newer one brings all of its components.
    UndoFirst,
}

impl Supersede {
    /// Returns whether it is the default.
    #[allow(clippy::trivially_copy_pass_by_ref)] // serde asks so.
    pub fn waits(&self) -> bool {
        *self == Self::Wait
    }
}
