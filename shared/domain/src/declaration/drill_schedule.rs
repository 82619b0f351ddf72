//! The schedule of drills, as people declare it. Pure.

use crate::text::finding::Finding;
use crate::text::name::EnvironmentName;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The names, and parts of names, of environments of production.
const PRODUCTION: [&str; 2] = ["prod", "production"];

/// Scheduled drills.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Schedule {
    /// The number of days from the last drill until the next drill is due, such as `7d`. If the last drill could not
    /// begin or was interrupted, the next drill is due a day later. A due drill waits until an hour after the end of
    /// the last deployment. The drill also waits while a deployment is under way or waiting, and while the environment
    /// needs an operator. A hold, a freeze in the access files, and a time outside of the windows in the access files
    /// also make the drill wait. When the drill no longer has to wait, it begins within about an hour.
    pub every: Days,
    /// True if Windlass may make drills in production. During a drill, callers get the previous version. An environment
    /// is production if its whole name, or one part of its name between hyphens, is `prod` or `production`, as in
    /// `prod-eu`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub production: bool,
}

/// Whole days, from 1 to 365, written as `7d`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String", extend("pattern" = r"^([1-9]|[1-9][0-9]|[12][0-9]{2}|3[0-5][0-9]|36[0-5])d$"))]
pub struct Days(pub(crate) u32);

/// The text is not a number of days.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a number of days from 1 to 365: write for example 7d")]
pub struct BadDays(pub String);

impl TryFrom<String> for Days {
    type Error = BadDays;

    fn try_from(text: String) -> Result<Self, BadDays> {
        let digits = text.strip_suffix('d').filter(|digits| !digits.starts_with('0'));
        let digits = digits.filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
        let days = digits.and_then(|digits| digits.parse().ok());
        days.filter(|days| (1..=365).contains(days)).map(Self).ok_or(BadDays(text))
    }
}

impl From<Days> for String {
    fn from(days: Days) -> Self {
        days.to_string()
    }
}

/// As it is written.
impl fmt::Display for Days {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}d", self.0)
    }
}

impl Schedule {
    /// Returns a finding if production is to be drilled, and nobody wrote that it is meant.
    pub fn finding(&self, environment: &EnvironmentName) -> Option<Finding> {
        (is_production(environment) && !self.production).then(|| {
            Finding::missing_field(format!("environments.{environment}.drill.production"),
                format!(
                    "`{environment}` is production by its name, and its callers get the version before for as long as a \
                     drill takes."
                ),
                "Write `production: true` where that is meant; else remove `drill`.",
            )
        })
    }
}

/// Returns whether an environment is production by its name: `prod` or `production` is the name, or a part of it
/// between hyphens. The alarms ask another question: whether the people who installed Windlass have named it
/// (`AlarmEnvironments`).
pub fn is_production(environment: &EnvironmentName) -> bool {
    let mut parts = environment.as_str().split('-');
    parts.any(|part| PRODUCTION.contains(&part))
}
