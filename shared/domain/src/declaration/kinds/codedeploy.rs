//! A deployment group of AWS CodeDeploy, for every kind whose callers it can move to a release.

use crate::declaration::aws_name::TextForm;
use crate::declaration::scope::{Scope, Text};
use crate::document::shape::join;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// A deployment group of AWS CodeDeploy, which moves callers to a release according to the group's own configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename = "CodeDeploy", deny_unknown_fields)]
#[schemars(extend("examples" = [json!({"application": "shop", "group": "api-{environment}"})]))]
pub struct Written {
    /// The application of CodeDeploy, by name.
    pub application: Text,
    /// The deployment group, by name.
    pub group: Text,
    /// This field is only for an `ecs` service whose deployment group waits (`STOP_DEPLOYMENT`) before callers reach
    /// the new tasks. With `true`, Windlass judges the gates during that wait, and then ends the wait. Otherwise you
    /// must end the wait yourself.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub continue_when_ready: bool,
}

/// A deployment group of AWS CodeDeploy, by names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// Its application.
    pub application: String,
    /// Its own name.
    pub group: String,
    /// True if Windlass ends the wait before callers are moved.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub continue_when_ready: bool,
}

/// AWS CodeDeploy API Reference: `applicationName` and `deploymentGroupName` of `CreateDeployment`.
const NAME: TextForm = TextForm {
    accepts: |text| {
        let is_known = |c: char| c.is_ascii_alphanumeric() || "+=,.@_-".contains(c);
        (1..=100).contains(&text.len()) && text.chars().all(is_known)
    },
    words: "a name of up to 100 letters, digits and characters of `+=,.@_-`",
};

impl Group {
    /// Resolves the group that is written at this path of the declaration. Notes in the scope what is wrong with it,
    /// and that it stands beside another member that moves callers.
    pub(crate) fn resolve(scope: &mut Scope<'_>, path: &str, written: &Written, has_rollout: bool) -> Self {
        if has_rollout {
            scope.not_supported(
                path,
                "`rollout` and `codedeploy` both say how callers are moved.",
                "Leave out `rollout`: the deployment configuration of the group says in which steps CodeDeploy moves callers. Or leave out `codedeploy`, and Windlass moves them by `rollout`.",
            );
        }
        Self {
            application: scope.text(&join(path, "application"), &written.application, &NAME),
            group: scope.text(&join(path, "group"), &written.group, &NAME),
            continue_when_ready: written.continue_when_ready,
        }
    }
}
