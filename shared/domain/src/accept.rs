//! Pure: what an operator's `accept` records of a component, which is what callers of its target get.

use crate::fault::Fault;
use crate::finding::{Finding, FindingName};
use crate::step::Step;
use crate::time::Time;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A look at a component's target, made because an operator accepts what is there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Look {
    /// When it began.
    pub at: Time,
    /// The lock's token under which it was made: what is written under a later one may have changed since.
    pub token: u64,
    /// What was seen.
    pub saw: Live,
}

/// What was seen of a target.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Live {
    /// It is there.
    There {
        /// What callers get, as the kind writes it.
        state: Value,
        /// The same in words, such as `40 at 100 %`.
        shown: String,
        /// Whether callers notice no difference to what ran before the deployment.
        #[serde(default)]
        as_before: bool,
        /// The same of what is recorded as running, or, where nothing is, of what ran before the deployment.
        #[serde(default)]
        as_recorded: bool,
    },
    /// What is declared is not there, for this reason.
    Gone(String),
    /// What callers get is not final: AWS still moves them, as this finding says.
    Moving(Finding),
    /// It could not be looked at.
    Unknown(Fault),
}

/// What is recorded of a component.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Accepted<'a> {
    /// What is recorded already: the deployment has not touched it, or has seen it back, and no look shows more.
    AsRecorded,
    /// This runs.
    Runs {
        /// As the kind writes it.
        state: &'a Value,
        /// In words.
        shown: &'a str,
        /// Whether that is what ran before the deployment.
        as_before: bool,
        /// Whether that is what is recorded.
        as_recorded: bool,
    },
    /// Nothing runs: what is declared is not there, for this reason.
    Nothing(&'a str),
}

/// What is accepted of a component by an operator who holds the lock's token: what runs, whoever brought it. A
/// finding where that is not known of what the deployment may have changed: then nothing may be recorded, because
/// a record that is not so would be gone on from. The same finding where it is known and not final, also of what the
/// deployment has not touched.
pub fn accepted(step: &Step, token: u64) -> Result<Accepted<'_>, Finding> {
    if let Some(Live::Moving(finding)) = looked(step, token).map(|look| &look.saw) {
        return Err(Finding {
            path: path(step),
            ..finding.clone()
        });
    }
    let is_untouched = !step.status.may_have_changed();
    match seen(step, token) {
        // What it has not touched, or has seen back, is as well known as it was before the deployment.
        Err(_)
        | Ok(Accepted::Runs {
            as_before: true, ..
        }) if is_untouched => Ok(Accepted::AsRecorded),
        Ok(accepted) => Ok(accepted),
        Err(why) => Err(not_seen(step, &why)),
    }
}

/// The look that was made for this `accept`.
fn looked(step: &Step, token: u64) -> Option<&Look> {
    step.looked.as_ref().filter(|look| look.token == token)
}

/// What a look shows that counts, or why none does.
fn seen(step: &Step, token: u64) -> Result<Accepted<'_>, String> {
    let Some(look) = looked(step, token) else {
        return Err("nobody has looked at it".to_owned());
    };
    if step.shown_from().is_some_and(|from| look.at < from) {
        return Err("it was looked at before its last change was sure to show".to_owned());
    }
    match &look.saw {
        Live::There {
            state,
            shown,
            as_before,
            as_recorded,
        } => Ok(Accepted::Runs {
            state,
            shown,
            as_before: *as_before,
            as_recorded: *as_recorded,
        }),
        Live::Gone(why) => Ok(Accepted::Nothing(why)),
        Live::Moving(finding) => Err(finding.to_string()),
        Live::Unknown(fault) => Err(fault.to_string()),
    }
}

fn path(step: &Step) -> String {
    format!("components.{}", step.component)
}

fn not_seen(step: &Step, why: &str) -> Finding {
    Finding::new(
        FindingName::TargetNotSeen,
        path(step),
        format!(
            "what runs of {} could not be seen, so it cannot be accepted: {why}.",
            step.component
        ),
        "Mend that, then accept again; the environment stays locked until then. A recovery, which undoes, has to see it as well.",
    )
}

#[cfg(test)]
#[path = "accept_tests.rs"]
mod tests;
