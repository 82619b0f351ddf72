//! Git refs and the rules by which they choose an environment.

use crate::finding::repeated;
use crate::git_rule::version_of_tag;
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

/// What to write where the short name of a branch or a tag stands in place of a whole ref; ends with a space. Nothing
/// where the ref is whole.
pub fn whole_ref(seen: &str) -> String {
    if seen.starts_with("refs/") || seen.is_empty() {
        return String::new();
    }
    let seen = repeated(seen);
    if version_of_tag(&seen).is_some() {
        format!("Write the whole ref, `refs/tags/{seen}`. ")
    } else {
        format!(
            "Write the whole ref, `refs/heads/{seen}` of a branch or `refs/tags/{seen}` of a tag. "
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_name_is_told_as_a_whole_ref() {
        for (seen, told) in [
            ("refs/heads/main", ""),
            ("", ""),
            ("v1.4.0", "Write the whole ref, `refs/tags/v1.4.0`. "),
            (
                "main",
                "Write the whole ref, `refs/heads/main` of a branch or `refs/tags/main` of a tag. ",
            ),
        ] {
            assert_eq!(whole_ref(seen), told);
        }
    }
}
