//! Drills by a schedule. This module decides whether one is to begin now. Pure.
//!
//! A schedule keeps no record of its own. What the ledger has shows whether a drill is put off, why and since when. So
//! a drill by hand counts, and missed drills are made up for once. The page that shows a drill decides by the same
//! words as the function that starts it.

use crate::access::Closed;
use crate::declaration::drill_schedule::{Days, Schedule};
use crate::deployment::drill::{DrillOutcome, Drills};
use crate::environment::{Hold, Lock};
use crate::release::identity::DeploymentId;
use crate::text::time::Time;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The seconds after a deployment in which no drill begins: callers have its version first.
const SETTLES_S: u64 = 60 * 60;

/// The days after which a drill is due again that proved nothing because it could not begin, or was overtaken.
const AGAIN_DAYS: u32 = 1;

const DAY_S: u64 = 24 * 60 * 60;

/// The key of a request is made of this and of the drill before.
const KEY: &str = "scheduled after";

/// An environment as the ledger knows it.
#[derive(Debug, Clone, Copy)]
pub struct DrillFacts<'a> {
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
    /// The closed windows, or the freeze.
    pub closed: Option<&'a Closed>,
    /// True if anything runs there.
    pub runs: bool,
    /// The time.
    pub now: Time,
}

/// The state of the next drill by the schedule.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "Next")]
pub struct NextDrill {
    /// The declared interval.
    pub every: Days,
    /// The time at which it is or was due; absent if the environment was never drilled: then it is due as soon as it
    /// can begin.
    pub due: Option<Time>,
    /// True if it is to begin now.
    pub begins: bool,
    /// The reason why it does not begin though it is due.
    pub put_off: Option<String>,
}

impl DrillFacts<'_> {
    /// Returns the state of the next drill; `None` if no schedule is declared.
    pub fn next(&self) -> Option<NextDrill> {
        let schedule = self.schedule?;
        let due = self.due(schedule.every);
        let is_due = due.is_none_or(|due| due <= self.now);
        let put_off = self.in_the_way().filter(|_| is_due);
        Some(NextDrill { every: schedule.every, due, begins: is_due && put_off.is_none(), put_off })
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
            return Some(format!("deployments are held {}", hold.in_words()));
        }
        if let Some(closed) = self.closed {
            return Some(format!("deployments are held {}", closed.in_words()));
        }
        if !self.runs {
            return Some("nothing runs there yet".to_owned());
        }
        let settled = self.lock.freed?.plus_s(SETTLES_S);
        (settled > self.now).then(|| format!("it begins an hour after a deployment, after {settled}"))
    }

    /// Returns the key of the request for the drill that is due. It is the same as long as no drill has ended since. So
    /// one drill is begun, whoever dies and however often it is started.
    pub fn key(&self) -> String {
        let last = self.drills.last.as_ref();
        let last = last.map_or("none", |last| last.drill.as_str());
        format!("{KEY} {last}")
    }
}

impl NextDrill {
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

/// Writes the state in words. A time that is past is shown as past: nobody is to wait for it.
impl fmt::Display for NextDrill {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "every {}", self.every)?;
        if let Some(due) = self.due {
            let is_past = self.begins || self.put_off.is_some();
            write!(f, ", {} {due}", if is_past { "was due" } else { "due" })?;
        }
        match &self.put_off {
            Some(why) => write!(f, ", put off: {why}"),
            None if self.begins => f.write_str(", begins within the hour"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
#[path = "schedule_tests.rs"]
mod tests;
