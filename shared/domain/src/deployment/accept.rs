//! Decides what an operator's `accept` records of a component, by a look at its target: it records what callers get.
//! Pure.

use crate::deployment::accept_look::{AcceptLook, Live};
use crate::deployment::step::Step;
use crate::prose;
use crate::text::finding::{Finding, FindingName};
use crate::text::prose::Prose;
use serde_json::Value;

/// The answer of [`accepted`]: the content of a component's new record.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Accepted<'a> {
    /// The record stays as it is: the deployment has not touched the component, or has seen it back, and no look shows
    /// more.
    AsRecorded,
    /// This runs.
    Runs {
        /// The state, as the kind writes it.
        state: &'a Value,
        /// The same in words.
        shown: &'a str,
        /// True if that ran before the deployment.
        as_before: bool,
        /// True if that is recorded already.
        as_recorded: bool,
    },
    /// Nothing runs: something that is declared is not there, for this reason.
    Nothing(&'a str),
}

/// Returns what is accepted of a component by an operator who holds the lock's token: what runs, whoever brought it.
///
/// Answers with a finding if the deployment may have changed the component and nobody knows what runs: a false record
/// would be the ground of the next release. Answers with the same finding if what runs is known and not final, even of
/// a component that the deployment has not touched.
pub fn accepted(step: &Step, token: u64) -> Result<Accepted<'_>, Finding> {
    if let Some(Live::Moving(finding)) = looked(step, token).map(|look| &look.saw) {
        return Err(Finding { path: path(step), ..finding.clone() });
    }
    let is_untouched = !step.status.may_have_changed();
    match seen(step, token) {
        // A component that is untouched, or was seen back, is as well known as it was before the deployment.
        Err(_) | Ok(Accepted::Runs { as_before: true, .. }) if is_untouched => Ok(Accepted::AsRecorded),
        Ok(accepted) => Ok(accepted),
        Err(why) => Err(not_seen(step, why)),
    }
}

/// Returns the look that was made for this `accept`.
fn looked(step: &Step, token: u64) -> Option<&AcceptLook> {
    step.looked.as_ref().filter(|look| look.token == token)
}

/// Returns what the look shows. The error says why no look counts.
fn seen(step: &Step, token: u64) -> Result<Accepted<'_>, Prose> {
    let Some(look) = looked(step, token) else { return Err("nobody has looked at it".into()) };
    if step.shown_from().is_some_and(|from| look.at < from) {
        return Err("it was looked at before its last change was sure to show".into());
    }
    match &look.saw {
        Live::There { state, shown, as_before, as_recorded } => {
            Ok(Accepted::Runs { state, shown, as_before: *as_before, as_recorded: *as_recorded })
        }
        Live::Gone(why) => Ok(Accepted::Nothing(why)),
        Live::Moving(finding) => Err(finding.line()),
        Live::Unknown(fault) => Err(fault.to_string().into()),
    }
}

fn path(step: &Step) -> String {
    format!("components.{}", step.component)
}

fn not_seen(step: &Step, why: Prose) -> Finding {
    Finding::new(
        FindingName::TargetNotSeen,
        path(step),
        prose!("what runs of {} could not be seen, so it cannot be accepted: {}.", &step.component, why),
        "Mend that, then accept again; the environment stays locked until then. A recovery, which undoes, has to see it as well.",
    )
}

#[cfg(test)]
#[path = "accept_tests.rs"]
mod tests;
