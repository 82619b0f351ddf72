//! Components as people write them: one shape per kind.

use super::gates::ComponentGates;
use super::resolved::{Base, CacheRule, SiteMode};
use super::text::Text;
use crate::name::ComponentName;
use crate::time::Span;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

/// A component; its `kind` says which fields it has.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Component {
    /// A static site in a bucket, usually behind CloudFront.
    StaticSite(StaticSite),
    /// A Lambda function.
    Lambda(Lambda),
    /// An ECS service.
    Ecs(Ecs),
}

impl Component {
    /// The components that must have changed before.
    pub fn after(&self) -> &BTreeSet<ComponentName> {
        match self {
            Self::StaticSite(site) => &site.after,
            Self::Lambda(function) => &function.after,
            Self::Ecs(service) => &service.after,
        }
    }

    /// Its own gates.
    pub fn gates(&self) -> &ComponentGates {
        match self {
            Self::StaticSite(site) => &site.gates,
            Self::Lambda(function) => &function.gates,
            Self::Ecs(service) => &service.gates,
        }
    }

    /// Whether a single artifact's upload is a release of its own. An image push always is.
    pub fn on_artifact(&self) -> bool {
        match self {
            Self::StaticSite(site) => site.on_artifact,
            Self::Lambda(function) => function.on_artifact,
            Self::Ecs(_) => false,
        }
    }
}

/// A static site.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-instead" = json!({
    "rollout": "Remove it: a site goes out all at once, as its `mode` says; only a `lambda` has a \
                `rollout`.",
})))]
pub struct StaticSite {
    /// Components that must have changed before this one.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub after: BTreeSet<ComponentName>,
    /// Gates of its own, beside those of the whole release.
    #[serde(default, skip_serializing_if = "ComponentGates::is_empty")]
    pub gates: ComponentGates,
    /// Whether the upload of its artifact alone is a release.
    #[serde(default)]
    pub on_artifact: bool,
    /// The bucket's name.
    pub bucket: Text,
    /// The folder within the bucket; the whole bucket if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prefix: Option<Text>,
    /// How a release goes live: `in_place` or `prefix`.
    #[serde(default)]
    pub mode: SiteMode,
    /// The id of the CloudFront distribution, such as `E2QWRUHAPOMQZL`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub distribution: Option<Text>,
    /// The id of the distribution's origin to switch; needed if it has several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<Text>,
    /// The address under which visitors reach it; the distribution's own domain if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<Text>,
    /// The file that `/` is answered with: a release without it is refused. The distribution's default
    /// root object if absent, else `index.html`; `none` for files that are no pages of their own, such
    /// as those of another site.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub root: Option<Text>,
    /// Cache headers by pattern; the first match wins, before the built-in rules.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cache: Vec<CacheRule>,
    /// Patterns of files whose names change with their content: browsers keep them for a year.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hashed: Vec<String>,
    /// How many snapshots back a rollback finds its files; 10 if absent. What only older ones need
    /// is deleted by later deployments; what is no document, and in place everything, not within 30
    /// days, because pages that name it may be open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 100))]
    pub keep: Option<u32>,
    /// A file written for each environment, so that one build serves them all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config: Option<ConfigFile>,
}

/// A configuration file that differs by environment. It is public: never put secrets here.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConfigFile {
    /// The file's path in the site, such as `config.json` or `config.js`.
    pub path: String,
    /// For a script, the global name that receives the values, such as `window.config`; a JSON
    /// document is written if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub global: Option<String>,
    /// The values by name.
    pub values: BTreeMap<String, Text>,
}

/// A Lambda function.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Lambda {
    /// Components that must have changed before this one.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub after: BTreeSet<ComponentName>,
    /// Gates of its own, beside those of the whole release.
    #[serde(default, skip_serializing_if = "ComponentGates::is_empty")]
    pub gates: ComponentGates,
    /// Whether the upload of its artifact alone is a release.
    #[serde(default)]
    pub on_artifact: bool,
    /// The function's name.
    pub function: Text,
    /// The alias that callers use, such as `live`; without one a change is live at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alias: Option<Text>,
    /// The ECR repository's name or URI, for a function that is an image: image pushes there are for
    /// this component, and it takes no zip and no image of another repository. Without one it takes
    /// no image.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repository: Option<Text>,
    /// How traffic is shifted to a new version; all at once if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rollout: Option<Rollout>,
}

/// How traffic is shifted: `{canary: [10, 50], every: 5m}` or `{linear: 25, every: 5m}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("examples" = [
    json!({"canary": [10, 50], "every": "5m"}), json!({"linear": 25, "every": "5m"}),
]))]
pub struct Rollout {
    /// Percentages from 1 to 99, rising; 100 follows by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("minItems" = 1, "maxItems" = 20))]
    #[schemars(inner(range(min = 1, max = 99)))]
    pub canary: Option<Vec<u8>>,
    /// A percentage from 5 to 50 that is added at each step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 5, max = 50))]
    pub linear: Option<u8>,
    /// How long each step is watched, such as `5m`.
    #[serde(default = "five_minutes")]
    pub every: Span,
}

impl Rollout {
    /// The percentages before 100.
    pub fn steps(&self) -> Vec<u8> {
        match (&self.canary, self.linear) {
            (Some(steps), _) => steps.clone(),
            (None, Some(step)) => (1..100u8)
                .map_while(|n| step.checked_mul(n).filter(|percent| *percent < 100))
                .collect(),
            (None, None) => Vec::new(),
        }
    }
}

/// An ECS service.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-instead" = json!({
    "rollout": "Remove it: ECS rolls a service by its own deployment configuration, which Windlass leaves \
                as it is; only a `lambda` has a `rollout`.",
    "alias": "Remove it: only a `lambda` has an alias.",
    "image": "Remove it: the image comes with each release; write its `repository`.",
    "on_artifact": "Remove it: each image push to its `repository` is a release.",
})))]
pub struct Ecs {
    /// Components that must have changed before this one.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub after: BTreeSet<ComponentName>,
    /// Gates of its own, beside those of the whole release.
    #[serde(default, skip_serializing_if = "ComponentGates::is_empty")]
    pub gates: ComponentGates,
    /// The cluster's name.
    pub cluster: Text,
    /// The service's name.
    pub service: Text,
    /// The container whose image is changed.
    pub container: Text,
    /// The ECR repository's name or URI; image pushes there are for this component, and it takes no
    /// image of another one.
    pub repository: Text,
    /// The task definition that new ones are made from: `running`, `family_latest` or `artifact`.
    #[serde(default)]
    pub base: Base,
    /// How long a rollout may take before it has failed, such as `15m`; at most `55m`.
    #[serde(default = "fifteen_minutes")]
    pub steady_within: Span,
}

const fn five_minutes() -> Span {
    Span::seconds(300)
}

const fn fifteen_minutes() -> Span {
    Span::seconds(900)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_linear_rollout_goes_in_equal_steps_below_100() {
        let table: [(u8, &[u8]); 4] = [
            (25, &[25, 50, 75]),
            (33, &[33, 66, 99]),
            (50, &[50]),
            (100, &[]),
        ];
        for (linear, steps) in table {
            let rollout = Rollout {
                canary: None,
                linear: Some(linear),
                every: five_minutes(),
            };
            assert_eq!(rollout.steps(), steps, "{linear}");
        }
    }
}
