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
    /// The application's name, which consists of at most 32 lower-case letters, digits and hyphens.
    pub app: AppName,
    /// The semantic version of this declaration, such as `1.3.0`. A declaration with changed content needs a higher
    /// version.
    #[schemars(description = "The semantic version of this declaration, such as `1.3.0`. \
                              A declaration with changed content needs a higher version.")]
    pub version: semver::Version,
    /// The application's former name. Write `formerly` until `windlass rename` has renamed the application, and leave
    /// it out afterwards. Until the rename, the declaration may name image repositories that Windlass has recorded for
    /// the application under its former name. The rename transfers these records to the new name. The repositories
    /// themselves keep their names.
    pub formerly: Option<AppName>,
    /// The environments by name. Windlass lists the environments in the order in which you write them here. If you
    /// change the order, write a higher `version` too.
    #[schemars(extend("minProperties" = 1, "maxProperties" = 200))]
    pub environments: BTreeMap<EnvironmentName, WrittenEnvironment>,
    /// The components by name.
    #[schemars(extend("minProperties" = 1, "maxProperties" = 500))]
    pub components: BTreeMap<ComponentName, Component>,
    /// With `together`, functions and services shift traffic in the same steps. This applies to services whose
    /// `rollout` is `canary` or `linear`. For example, functions and services first shift 10 % of their traffic.
    /// Windlass then judges the gates, and afterwards functions and services shift the rest. The functions must have
    /// the same percentages as the services.
    pub waves: Option<Waves>,
    /// Topics that get the events of every environment, in addition to the topic of the installation.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("maxItems" = 10))]
    pub notify: Vec<Notify>,
    /// Gates for every environment. They decide whether a release is healthy.
    #[serde(default)]
    pub gates: Gates,
}

/// The way in which components that shift traffic in steps change together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Waves {
    /// Functions and services take each step together, such as 10 % and then 100 %.
    Together,
}

/// One environment.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Environment")]
pub struct WrittenEnvironment {
    /// The Git refs and image tags whose releases Windlass deploys to this environment. Without `deploy`, Windlass
    /// deploys only releases that name this environment.
    pub deploy: Option<Deploy>,
    /// With `automatic`, Windlass deploys arriving releases by itself. With `manual`, a person starts each deployment.
    #[serde(default)]
    pub start: Start,
    /// The rule for a release that arrives while the deployment of an older release of the same components is under
    /// way. With `wait`, the newer release waits until the older deployment has ended, including its bake. With
    /// `undo_first`, Windlass stops and undoes the older deployment before it deploys the newer release. Windlass does
    /// this only if the newer release contains all components of the older release; otherwise the newer release waits.
    /// If the newer release fails after such an undo, Windlass restores what was live before both releases. Windlass
    /// then deploys the older release again only if a person requests that.
    #[serde(default, skip_serializing_if = "Supersede::waits")]
    pub supersede: Supersede,
    /// The channels from which Windlass accepts releases; `api` and `console` if absent. A release through `api` or
    /// `console` requires a right to this environment. A release through `s3` or `ecr` does not require this right.
    /// With `s3`, anybody who may upload to the folders of this environment in the artifacts bucket can release. With
    /// `ecr`, anybody who may push to a repository that the declaration names can release. If the component has
    /// `on_artifact`, an upload of its artifact is a release only in environments whose `sources` include `s3`.
    #[schemars(extend("minItems" = 1))]
    pub sources: Option<BTreeSet<Source>>,
    /// The ARN of the role with which Windlass reaches targets in another account. The role's trust policy must require
    /// the ExternalId `<app>/<environment>`. If `role_arn` is absent, Windlass uses its own role.
    pub role_arn: Option<String>,
    /// The AWS region of the targets, such as `eu-west-1`. If absent, it is the region of Windlass itself.
    pub region: Option<String>,
    /// The values that the placeholders of this declaration have in this environment. For example, the placeholder
    /// `{color}` in a text stands for the value with the name `color`. A value must not be a secret.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub vars: BTreeMap<String, String>,
    /// Scheduled drills. A drill deploys the previous version, and then the present version again, to show that a
    /// rollback works.
    pub drill: Option<Schedule>,
    /// Topics that get the events of this environment, instead of the topics of the `notify` at the top. If the list is
    /// empty, no topic of the declaration gets these events.
    #[schemars(extend("maxItems" = 10))]
    pub notify: Option<Vec<Notify>>,
    /// Gates of this environment. Each member that you write here replaces the same member of the `gates` at the top.
    pub gates: Option<Gates>,
}

/// The Git refs whose releases Windlass deploys to an environment. Write exactly one of `branch`, `branches` and `tag`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("minProperties" = 1, "maxProperties" = 1))]
#[schemars(extend("examples" = [
    json!({"branch": "main"}), json!({"tag": "stable"}), json!({"tag": "release-candidate"}),
]))]
pub struct Deploy {
    /// A branch or a glob over branches, such as `main` or `release/**`. A `*` does not match `/`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// Several branches or globs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("minItems" = 1))]
    pub branches: Option<Vec<String>>,
    /// The rule for the tags that Windlass deploys. `stable` stands for versions without a pre-release part.
    /// `release-candidate` stands for versions with a pre-release part, such as `v1.4.0-rc.1`. You can also write a
    /// glob, such as `v*.*.0-rc*`. Each tag must be a semantic version. If your tags have a text before the version, as
    /// `shop-v1.4.0` in a monorepo, write `{prefix: shop-v, is: stable}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tag: Option<Tags>,
}

/// The rule for tags. Each tag is a semantic version, with or without a leading `v`. With `prefix`, each tag has a text
/// before the version, for example in a monorepo with several applications.
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
/// a release is the part after that text. The tag of an image is only this version, without that text. An image push
/// therefore does not show which prefix is meant, and can match the rules of several environments. If the version
/// matches the `is` of several rules, Windlass refuses the push with `AmbiguousRef`. To avoid this refusal, write each
/// `is` so that each version matches only one rule, or release images by manifests. A manifest names the environment or
/// the Git tag, so Windlass knows which rule is meant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PrefixedTags {
    /// The text before the version, exactly as in the tag, such as `shop-v`, `@acme/shop@` or `web/v`.
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

/// A way in which releases reach an environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// Manifests and artifacts that somebody uploads to the artifacts bucket.
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

/// The rule for a release that arrives, for example by an upload or by the push of an image. Windlass deploys such a
/// release by itself, or a person starts the deployment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Start {
    /// Windlass deploys each arriving release that matches the environment's `deploy` rule.
    #[default]
    Automatic,
    /// Windlass makes only deployments that a person starts.
    Manual,
}

/// The rule for a release that arrives while the deployment of an older release of the same components is under way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Supersede {
    /// The newer release waits until the older deployment has ended, including its bake.
    #[default]
    Wait,
    /// If the newer release contains all components of the older release, Windlass first stops and undoes the older
    /// deployment. Otherwise the newer release waits.
    UndoFirst,
}

impl Supersede {
    /// Returns whether it is the default.
    #[allow(clippy::trivially_copy_pass_by_ref)] // serde asks so.
    pub fn waits(&self) -> bool {
        *self == Self::Wait
    }
}
