//! What a person says who cancels a deployment.

use crate::finding::Finding;
use crate::shape::Shape;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::sync::LazyLock;

static SHAPE: LazyLock<Shape> = LazyLock::new(|| Shape::of::<Cancellation>("the request"));

/// The body of a call that cancels. Unknown fields are refused.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Cancellation {
    /// Why, in up to 1024 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("maxLength" = 1024))]
    pub reason: Option<String>,
}

impl Cancellation {
    /// Reads the body of a call that cancels, as it came.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn parse(body: &Value) -> Result<Self, Vec<Finding>> {
        SHAPE.read(body)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_reason_is_all_that_can_be_said() {
        let told = |body: Value| -> Result<Option<String>, Vec<String>> {
            let read = Cancellation::parse(&body);
            read.map(|read| read.reason)
                .map_err(|findings| findings.iter().map(ToString::to_string).collect())
        };
        assert_eq!(told(json!({})), Ok(None));
        let longest = "é".repeat(1024);
        assert_eq!(told(json!({"reason": longest})), Ok(Some(longest)));
        for (body, begins) in [
            (json!({"reason": "x".repeat(1025)}), "BadValue: reason: "),
            (json!({"reason": 7}), "BadValue: reason: "),
            (json!({"why": "x"}), "UnknownField: why: "),
            (
                json!({"reason": "ghp_16C7e42F292c6912E7710c838347Ae178B4a"}),
                "SecretInInput: reason: ",
            ),
        ] {
            let [finding] = told(body).unwrap_err().try_into().unwrap();
            assert!(finding.starts_with(begins), "{finding}");
            assert!(!finding.contains("ghp_"), "{finding}");
        }
    }
}
