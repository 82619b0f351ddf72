//! The kind `cloudformation`: a stack of AWS CloudFormation, whose template comes with each release.

use crate::declaration::aws_name::{self, TextForm};
use crate::declaration::claim::DeclaredClaim;
use crate::declaration::execution_history::polls::wait;
use crate::declaration::execution_history::{LONGEST_WAIT, polls};
use crate::declaration::gates::ResolvedGates as Gates;
use crate::declaration::kinds::{ArtifactSorts, AsWritten, Common, Extent, Resolve, ResolvedKind, StackNames};
use crate::declaration::output::{Output, TakenOutputs, is_name, outputs_in};
use crate::declaration::scope::{Scope, Text};
use crate::document::shape::join;
use crate::text::name::ComponentName;
use crate::text::time::Span;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

pub mod code;
pub mod holds_data;
pub mod loss;
pub mod package;
pub mod template;

pub use holds_data::DataRule;

/// A stack of AWS CloudFormation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-instead" = json!({
    "account": "Remove it: the environment's role says which account it is in.",
    "alias": "Remove it: only a `lambda` has an alias.",
    "bucket": "Write `assets`.",
    "capabilities": "Remove it: the template says what it needs, and the role what may be made.",
    "key": "Remove it: the template comes with each release.",
    "name": "Write `stack`.",
    "role_arn": "Write `role`.",
    "rollout": "Remove it: CloudFormation changes a stack as a whole; only a `lambda` has a `rollout`.",
    "tags": "Remove it: a new stack gets `windlass:app` and `windlass:environment`; others stand in the template.",
    "template": "Remove it: it comes with each release.",
    "timeout": "Write `within`.",
})))]
pub struct Written {
    /// The stack's name. If the stack does not exist yet, the component's first release creates the stack.
    pub stack: Text,
    /// The name or ARN of the role with which CloudFormation acts. Windlass itself creates none of the stack's
    /// resources.
    pub role: Text,
    /// The bucket in which the template expects its files, such as the code of functions. Leave `assets` out if the
    /// template refers to no files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assets: Option<Text>,
    /// Another `cloudformation` component of this declaration, such as the first stack of the same CDK application.
    /// This stack uses the artifact of that component. Each release of that component also changes this stack. A
    /// release lists that component, and never this stack. Windlass refuses a release with a separate artifact for this
    /// stack.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub artifact: Option<ComponentName>,
    /// The values of the template's parameters. `${api.version}` stands for the output `version` of the component
    /// `api`. The component `api` must change before this stack. A parameter that you leave out keeps its value. A
    /// value must not be a secret; for a secret, write a dynamic reference into the template.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend("maxProperties" = 200))]
    pub parameters: BTreeMap<String, Text>,
    /// The stack's outputs that other components use. The key is the name that those components use, such as
    /// `web_bucket`, and the value is the output's name in the template, such as `WebBucket`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend("maxProperties" = 200))]
    pub outputs: BTreeMap<String, String>,
    /// The rule for data in the stack: `kept` or `disposable`, or a rule for each environment, such as
    /// `{dev: disposable, prod: kept}`. If absent, the rule is `kept`. Windlass refuses a release that would lose kept
    /// data, unless `may_lose` in the release names the resources that hold the data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<Text>,
    /// The longest time that Windlass waits for a change of the stack, such as `1h`. This time is at least `1m` and at
    /// most `24h`. After this time Windlass undoes the change.
    #[serde(default = "Span::of_seconds::<3600>")]
    pub within: Span,
}

/// A stack with every value final.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stack {
    /// Its name in CloudFormation.
    pub stack: String,
    /// The name or the ARN of the role that CloudFormation acts with.
    pub role: String,
    /// The bucket of the files that its template names; none if it names no files.
    pub assets: Option<String>,
    /// The component whose package it takes as well; none if a release brings one for it.
    pub artifact: Option<ComponentName>,
    /// The values of parameters. `${component.output}` in one is filled in before the stack changes.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub parameters: BTreeMap<String, String>,
    /// The outputs of others that these values name.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub takes: BTreeSet<Output>,
    /// The outputs that it gives to others, each with its name in the template.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub outputs: BTreeMap<String, String>,
    /// The rule for data in it.
    #[serde(default)]
    pub data: DataRule,
    /// The seconds after which a change of it has failed.
    pub within_s: u64,
}

/// AWS CloudFormation API Reference, CreateStack, `StackName`.
const STACK: TextForm = TextForm {
    accepts: |text| {
        (1..=128).contains(&text.len())
            && text.starts_with(|c: char| c.is_ascii_alphabetic())
            && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
    },
    words: "a stack's name of up to 128 letters, digits and hyphens, which begins with a letter",
};

/// IAM API Reference, CreateRole, `RoleName`; or the ARN of a role.
const ROLE: TextForm = TextForm {
    accepts: |text| {
        let is_part = |c: char| c.is_ascii_alphanumeric() || "+=,.@_-".contains(c);
        ((1..=64).contains(&text.len()) && text.chars().all(is_part)) || (aws_name::ROLE.accepts)(text)
    },
    words: "a role's name such as `windlass-stack-shop`, or its ARN",
};

/// AWS CloudFormation User Guide, "CloudFormation template Parameters syntax" and "Outputs syntax": logical ids.
const LOGICAL_ID: TextForm = TextForm {
    accepts: |text| (1..=255).contains(&text.len()) && text.chars().all(|c| c.is_ascii_alphanumeric()),
    words: "a name of the template: 1 to 255 letters and digits",
};

/// AWS CloudFormation User Guide, "Understand CloudFormation quotas": the value of a parameter.
const VALUE: TextForm = TextForm { accepts: |text| text.len() <= 4096, words: "a text of at most 4096 characters" };

/// The name of an output, as others take it.
const GIVEN: TextForm = TextForm {
    accepts: is_name,
    words: "a name such as `web_bucket`: up to 32 lower-case letters, digits and underscores, and a letter at first",
};

/// The words of [`DataRule`].
const DATA: TextForm =
    TextForm { accepts: |text| ["kept", "disposable"].contains(&text), words: "`kept` or `disposable`" };

impl AsWritten for Written {
    fn takes(&self) -> ArtifactSorts {
        ArtifactSorts {
            key: true,
            image: false,
            images: false,
            instead: "Write `key`: a stack takes a zip with its template.",
        }
    }

    fn artifact_of(&self) -> Option<&ComponentName> {
        self.artifact.as_ref()
    }
}

impl ResolvedKind for Stack {
    fn claim(&self) -> DeclaredClaim {
        let what = format!("the stack `{}`", self.stack);
        DeclaredClaim::whole("cloudformation:stack", "stack", &[&self.stack], what)
    }

    fn extent(&self) -> Extent {
        Extent { seconds: self.within_s, polls: polls(self.within_s) }
    }

    fn gives(&self) -> Vec<&str> {
        self.outputs.keys().map(String::as_str).collect()
    }

    fn holds_data(&self) -> bool {
        true
    }

    fn built_stack(&self) -> Option<StackNames<'_>> {
        Some(StackNames { stack: &self.stack, assets: self.assets.as_deref(), packed_with: self.artifact.as_ref() })
    }

    fn takes_from(&self) -> Option<TakenOutputs<'_>> {
        (!self.takes.is_empty()).then(|| TakenOutputs { member: PARAMETERS, outputs: self.takes.iter().collect() })
    }
}

/// The member with the values of parameters.
const PARAMETERS: &str = "parameters";

impl Resolve for Stack {
    type Written = Written;
    const MEMORY_MB: u64 = 1024;
    const SHORTEST: &str = r#"{"stack": "{environment}-a", "role": "a"}"#;
    const PUBLISHES: bool = true;
    // The id of a stack that is there stands in what callers get of it.
    const MADE_TO_PLAN: &[&str] = &["id", "change_set", "way_back"];

    fn resolve(scope: &mut Scope<'_>, path: &str, written: &Written, _: &Common, _: &Gates) -> Self {
        let at = |field: &str| join(path, field);
        wait(scope, &at("within"), "stack", (written.within, LONGEST_WAIT));
        let mut parameters = BTreeMap::new();
        for (name, text) in &written.parameters {
            let path = join(&at(PARAMETERS), name);
            scope.check(&path, name, &LOGICAL_ID);
            parameters.insert(name.clone(), scope.text_listing(&path, text, &VALUE));
        }
        for (name, output) in &written.outputs {
            let path = join(&at("outputs"), name);
            scope.check(&path, name, &GIVEN);
            scope.check(&path, output, &LOGICAL_ID);
        }
        let data = scope.maybe(&at("data"), written.data.as_ref(), &DATA);
        Self {
            stack: scope.text(&at("stack"), &written.stack, &STACK),
            role: scope.text(&at("role"), &written.role, &ROLE),
            assets: scope.maybe(&at("assets"), written.assets.as_ref(), &aws_name::BUCKET),
            artifact: written.artifact.clone(),
            takes: parameters.values().flat_map(|value| outputs_in(value)).collect(),
            parameters,
            outputs: written.outputs.clone(),
            data: if data.as_deref() == Some("disposable") { DataRule::Disposable } else { DataRule::Kept },
            // A longer time is refused above, and not once more as a time that cannot be watched.
            within_s: written.within.min(LONGEST_WAIT).as_s(),
        }
    }
}
