//! Git refs and the rules by which they choose an environment.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where in Git a release comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Git {
    /// The full ref, such as `refs/heads/main` or `refs/tags/v1.4.0`.
    #[serde(rename = "ref")]
    #[schemars(extend("pattern" = "^refs/[!-~]+$", "maxLength" = 255))]
    pub reference: String,
    /// The commit's hash: 7 to 64 lower-case hexadecimal digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("pattern" = "^[0-9a-f]{7,64}$"))]
    pub commit: Option<String>,
    /// Whether the release was made of more than the commit: tracked files had changes that are in no commit.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub dirty: bool,
}
