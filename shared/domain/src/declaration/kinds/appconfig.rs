//! The kind `appconfig`: a configuration that AWS AppConfig keeps in its own store, such as feature flags.

use crate::declaration::aws_name::{self, TextForm};
use crate::declaration::claim::DeclaredClaim;
use crate::declaration::execution_history::polls;
use crate::declaration::gates::ResolvedGates as Gates;
use crate::declaration::kinds::{ArtifactSorts, AsWritten, Common, Extent, Resolve, ResolvedKind};
use crate::declaration::name_text::NameText;
use crate::declaration::output::{Output, TakenOutputs};
use crate::declaration::scope::{Scope, Text};
use crate::document::shape::join;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeSet;

/// A configuration in AWS AppConfig, such as feature flags.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-instead" = json!({
    "rollout": "Remove it: AppConfig shifts callers by its own `strategy`; only a `lambda` has a `rollout`.",
    "alias": "Remove it: only a `lambda` has an alias.",
    "key": "Remove it: the document comes with each release.",
})))]
#[schemars(extend("x-common" = json!({
    "after": "Components that change before this one if a deployment changes both. If two components are in \
              the same environment of AppConfig, write `after` in one of them. AppConfig makes only one deployment at \
              a time in an environment, even for different profiles.",
    "gates": "Gates of this component, in addition to the gates of the whole release. Windlass judges the component's \
              gates from the beginning of the component's rollout.",
    "on_artifact": "True if each upload of the component's document is a release, without a manifest. \
                    This works only in environments whose `sources` include `s3`.",
})))]
pub struct Written {
    /// The application of AppConfig, by name or id.
    pub application: Text,
    /// The environment of AppConfig, by name or id.
    pub environment: Text,
    /// The configuration profile, by name or id. The location of the profile must be `hosted`.
    pub profile: Text,
    /// The deployment strategy, by name or id, such as `AppConfig.Linear20PercentEvery6Minutes`. Windlass watches a
    /// release for as long as the strategy takes. An undo does not use the strategy, and is as fast as AppConfig
    /// allows.
    pub strategy: Text,
    /// The MIME type of the document.
    #[serde(default = "json_type")]
    pub content_type: Text,
    /// The outputs that Windlass fills into the document, such as `api.version`. They are outputs of components that
    /// change before this one. In the document, write `${api.version}` at the place of the value. Windlass fills in the
    /// value before it deploys the document. A `lambda` component has the output `version`, which is the number of its
    /// published version. An `ecs` component has the output `task_definition`, which is the ARN of its task definition.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    #[schemars(extend("maxItems" = 20))]
    pub fill: BTreeSet<Output>,
}

fn json_type() -> Text {
    Text::Everywhere("application/json".to_owned())
}

/// A configuration's target in AWS AppConfig: each by name or id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Appconfig {
    /// The application.
    pub application: String,
    /// The environment.
    pub environment: String,
    /// The configuration profile.
    pub profile: String,
    /// The deployment strategy.
    pub strategy: String,
    /// The MIME type of the document.
    pub content_type: String,
    /// Outputs of others that are filled into the document.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub fill: BTreeSet<Output>,
}

/// The seconds that the end of a rollout is usually waited for: until then it is watched wave by wave.
const WAITED_S: u64 = 15 * 60;

/// AWS AppConfig API Reference: `Name` of applications, environments and strategies.
const NAME: TextForm = TextForm {
    accepts: |text| (1..=64).contains(&text.len()) && !text.contains(char::is_control),
    words: "a name of 1 to 64 characters, or the id that AppConfig gave it",
};

/// AWS AppConfig API Reference: `LongName` of configuration profiles.
const PROFILE: TextForm = TextForm {
    accepts: |text| (1..=128).contains(&text.len()) && !text.contains(char::is_control),
    words: "a name of 1 to 128 characters, or the id that AppConfig gave it",
};

impl AsWritten for Written {
    fn takes(&self) -> ArtifactSorts {
        ArtifactSorts {
            key: true,
            image: false,
            images: false,
            instead: "Write `key`: a configuration takes a document.",
        }
    }
}

impl ResolvedKind for Appconfig {
    fn claim(&self) -> DeclaredClaim {
        let Self { application, environment, profile, .. } = self;
        let what = format!("the configuration `{application}/{environment}/{profile}`");
        DeclaredClaim::whole("appconfig:profile", "profile", &[application, environment, profile], what)
            .within(&["application", "environment"])
    }

    fn extent(&self) -> Extent {
        Extent { seconds: WAITED_S, polls: polls(WAITED_S) }
    }

    fn names_mut(&mut self) -> Vec<NameText<'_>> {
        vec![
            NameText::new("application", &mut self.application, &NAME),
            NameText::new("environment", &mut self.environment, &NAME),
            NameText::new("profile", &mut self.profile, &PROFILE),
            NameText::new("strategy", &mut self.strategy, &NAME),
        ]
    }

    fn takes_from(&self) -> Option<TakenOutputs<'_>> {
        (!self.fill.is_empty()).then(|| TakenOutputs { member: "fill", outputs: self.fill.iter().collect() })
    }
}

impl Resolve for Appconfig {
    type Written = Written;
    const MEMORY_MB: u64 = 256;
    const SHORTEST: &str = r#"{"application": "a", "environment": "{environment}", "profile": "a", "strategy": "a"}"#;

    fn resolve(scope: &mut Scope<'_>, path: &str, written: &Written, _: &Common, _: &Gates) -> Self {
        let mut name = |field: &str, text: &Text, form: &TextForm| scope.text_taking(&join(path, field), text, form);
        Self {
            application: name("application", &written.application, &NAME),
            environment: name("environment", &written.environment, &NAME),
            profile: name("profile", &written.profile, &PROFILE),
            strategy: name("strategy", &written.strategy, &NAME),
            content_type: scope.text(&join(path, "content_type"), &written.content_type, &aws_name::MIME_TYPE),
            fill: written.fill.clone(),
        }
    }
}
