//! Git refs and the rules by which they choose an environment.

use crate::finding::{Finding, FindingName, repeated};
use crate::foreign;
use crate::shape::join;
use crate::time::Time;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The place in Git that a release comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Git {
    /// The full ref, such as `refs/heads/main` or `refs/tags/v1.4.0`.
    #[serde(rename = "ref")]
    #[schemars(extend("pattern" = "^refs/[!-~]+$", "maxLength" = 255))]
    #[serde(deserialize_with = "foreign::one")]
    pub reference: String,
    /// The commit's hash: 7 to 64 lower-case hexadecimal digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("pattern" = "^[0-9a-f]{7,64}$"))]
    #[serde(deserialize_with = "foreign::maybe")]
    pub commit: Option<String>,
    /// The time of the commit in RFC 3339, such as `2026-11-20T14:02:05Z`: the lead time of a release counts from it. A
    /// time that is later than the release went live is left out of the figures, because clocks differ.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("pattern" = "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{8,18}(Z|[+-][0-9]{2}:[0-9]{2})$"))]
    pub time: Option<String>,
    /// True if the release was made of more than the commit: tracked files had changes that are in no commit.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub dirty: bool,
}

impl Git {
    /// Returns the time of the commit, if it is given and valid.
    pub fn committed(&self) -> Option<Time> {
        self.time.as_deref().and_then(Time::parse)
    }

    /// Returns a finding if the commit's time has the right form and does not exist, such as the 31st of February.
    pub fn findings(&self, path: &str) -> Option<Finding> {
        let time = self.time.as_deref().filter(|_| self.committed().is_none())?;
        Some(Finding::new(
            FindingName::BadValue,
            join(path, "time"),
            format!("`{}` is no point in time since 1970.", repeated(time)),
            "Write it in RFC 3339, such as `2026-11-20T14:02:05Z`, as `git show -s --format=%cI` tells it.",
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_of_a_commit_is_one_or_a_finding() {
        let git = |time: Option<&str>| Git {
            reference: "refs/heads/main".into(),
            commit: None,
            time: time.map(str::to_owned),
            dirty: false,
        };
        assert_eq!(git(None).findings("git"), None);
        let good = git(Some("2026-11-20T16:02:05+02:00"));
        assert_eq!(good.findings("git"), None);
        assert_eq!(good.committed(), Time::parse("2026-11-20T14:02:05Z"));
        for bad in ["2026-02-31T00:00:00Z", "1969-12-31T23:59:59Z", "now"] {
            let finding = git(Some(bad)).findings("git").unwrap();
            assert_eq!((finding.name, finding.path.as_str()), (FindingName::BadValue, "git.time"));
        }
    }
}
