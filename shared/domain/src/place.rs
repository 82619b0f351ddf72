//! The place of an environment's targets.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The account and region of an environment's targets.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Place {
    /// The AWS region; the deployer's own where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// The role to assume; the function's own role where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
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
