//! Drills by a schedule. This module declares them, and decides whether one is to begin now. Pure.
//!
//! A schedule keeps no record of its own. What the ledger has tells whether a drill is put off, why and since when. So
//! a drill by hand counts, and missed drills are made up for once. The page that shows a drill decides by the same
//! words as the function that starts it.

use super::{DrillOutcome, Drills};
use crate::environment::{Hold, Lock};
use crate::finding::{Finding, FindingName};
use crate::identity::DeploymentId;
use crate::name::EnvironmentName;
use crate::time::Time;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The seconds after a deployment in which no drill begins: callers have its version first.
const SETTLES_S: u64 = 60 * 60;

/// The days after which a drill is due again that proved nothing because it could not begin, or was overtaken.
const AGAIN_DAYS: u32 = 1;

/// The names, and parts of names, of environments of production.
const PRODUCTION: [&str; 2] = ["prod", "production"];

const DAY_S: u64 = 24 * 60 * 60;

/// The key of a request is made of this and of the drill before.
const KEY: &str = "scheduled after";

/// Drills by a schedule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Schedule {
    /// The days after the last drill at which the next one is due, such as `7d`. A drill begins within about an hour,
    /// as soon as nothing is under way, waits, is held or needs an operator, and an hour after the last deployment.
    pub every: Days,
    /// True if production is meant: callers get the version before for as long as both ways take. An environment is
    /// production if `prod` or `production` is its name, or a part of it between hyphens, such as `prod-eu`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub production: bool,
}

/// Whole days, from 1 to 365, written as `7d`.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String", extend("pattern" = r"^([1-9]|[1-9][0-9]|[12][0-9]{2}|3[0-5][0-9]|36[0-5])d$"))]
pub struct Days(u32);

/// The text is not a number of days.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a number of days from 1 to 365: write for example 7d")]
pub struct BadDays(pub String);

impl TryFrom<String> for Days {
    type Error = BadDays;

    fn try_from(text: String) -> Result<Self, BadDays> {
        let digits = text
            .strip_suffix('d')
            .filter(|digits| !digits.starts_with('0'));
        let digits = digits.filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
        let days = digits.and_then(|digits| digits.parse().ok());
        let days = days.filter(|days| (1..=365).contains(days));
        days.map(Self).ok_or(BadDays(text))
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
            Finding::new(
                FindingName::MissingField,
                format!("environments.{environment}.drill.production"),
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

/// An environment as the ledger knows it.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// The schedule in its declaration in force; absent if it has none.
    pub schedule: Option<&'a Schedule>,
    /// The drills that are known.
    pub drills: &'a Drills,
    /// Its lock.
    pub lock: &'a Lock,
    /// A deployment that waits there.
    pub waits: Option<&'a DeploymentId>,
    /// The hold.
    pub hold: Option<&'a Hold>,
    /// True if anything runs there.
    pub runs: bool,
    /// The time.
    pub now: Time,
}

/// The state of the next drill by the schedule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Next {
    /// The declared interval.
    pub every: Days,
    /// The time at which it is or was due; absent if the environment was never drilled: then it is due as soon as it
    /// can begin.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Time>,
    /// True if it is to begin now.
    pub begins: bool,
    /// The reason why it does not begin though it is due.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub put_off: Option<String>,
}

impl Facts<'_> {
    /// Returns the state of the next drill; `None` if no schedule is declared.
    pub fn next(&self) -> Option<Next> {
        let schedule = self.schedule?;
        let due = self.due(schedule.every);
        let is_due = due.is_none_or(|due| due <= self.now);
        let put_off = self.in_the_way().filter(|_| is_due);
        Some(Next {
            every: schedule.every,
            due,
            begins: is_due && put_off.is_none(),
            put_off,
        })
    }

    fn due(&self, every: Days) -> Option<Time> {
        let last = self.drills.last.as_ref()?;
        let days = match last.outcome {
            DrillOutcome::Proved | DrillOutcome::Failed => every.0,
            DrillOutcome::Overtaken | DrillOutcome::Refused => AGAIN_DAYS,
        };
        Some(last.at.plus_s(u64::from(days) * DAY_S))
    }

    fn in_the_way(&self) -> Option<String> {
        if let Some(drill) = &self.drills.under_way {
            return Some(format!("drill {} is under way", drill.id));
        }
        if let Some(held) = self.lock.stuck() {
            return Some(format!("deployment {} needs an operator", held.deployment));
        }
        if let Some(held) = &self.lock.held {
            return Some(format!("deployment {} is under way", held.deployment));
        }
        if let Some(waits) = self.waits {
            return Some(format!("deployment {waits} waits"));
        }
        if let Some(hold) = self.hold {
            return Some(format!(
                "deployments are held since {}: {}",
                hold.since, hold.reason
            ));
        }
        if !self.runs {
            return Some("nothing runs there yet".to_owned());
        }
        let settled = self.lock.freed?.plus_s(SETTLES_S);
        (settled > self.now)
            .then(|| format!("it begins an hour after a deployment, after {settled}"))
    }

    /// Returns the key of the request for the drill that is due. It is the same as long as no drill has ended since. So
    /// one drill is begun, whoever dies and however often it is started.
    pub fn key(&self) -> String {
        let last = self.drills.last.as_ref();
        let last = last.map_or("none", |last| last.drill.as_str());
        format!("{KEY} {last}")
    }
}

impl Next {
    /// Says when it is due, or why it is put off, for a column.
    pub fn in_short(&self) -> String {
        match (&self.put_off, self.due) {
            (Some(why), _) => format!("next put off: {why}"),
            (None, _) if self.begins => "next within the hour".to_owned(),
            (None, Some(due)) => format!("next {due}"),
            (None, None) => format!("every {}", self.every),
        }
    }
}

/// Writes the state in words.
impl fmt::Display for Next {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let every = self.every;
        match (&self.due, &self.put_off, self.begins) {
            (Some(due), Some(why), _) => write!(f, "every {every}, due {due}, put off: {why}"),
            (None, Some(why), _) => write!(f, "every {every}, put off: {why}"),
            (Some(due), None, true) => {
                write!(f, "every {every}, due {due}, begins within the hour")
            }
            (None, None, true) => write!(f, "every {every}, begins within the hour"),
            (due, None, false) => match due {
                Some(due) => write!(f, "every {every}, due {due}"),
                None => write!(f, "every {every}"),
            },
        }
    }
}

#[cfg(test)]
#[path = "schedule_tests.rs"]
mod tests;
