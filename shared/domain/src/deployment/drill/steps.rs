//! The steps of a deployment of a drill, as the drill's own record has them.

use crate::declaration::gate::{Measurement, Verdict};
use crate::deployment::Deployment;
use crate::deployment::judgement::Judgement;
use crate::deployment::step::{ChangeRecord, Step};
use crate::text::count::count;
use crate::text::foreign::{self, truncate};
use crate::text::time::Time;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The bytes of steps of one deployment that are kept beside the drill, as its record has them.
///
/// A drill is one item, of at most 400 KB (Amazon DynamoDB Developer Guide, "Quotas", "Item size"). It has the steps of
/// the way there and of each try of the way back ([`crate::deployment::drill::TRIES`]): four times this are 300 KB. The
/// rest is for its other members, and for what packing may add to a text in which nothing repeats.
pub const MOST_BYTES: usize = 75 * 1024;

/// The bytes of a step beside its text: the names of its members, its time and its verdict.
const BESIDE: usize = 64;

/// The longest text of a step, in bytes.
const LONGEST: usize = 300;

/// The ledger's facts about a deployment that has just ended.
#[derive(Debug, Clone, Copy)]
pub struct EndedDeployment<'a> {
    /// Its record, with its ending.
    pub record: &'a Deployment,
    /// Its steps.
    pub steps: &'a [&'a Step],
    /// The judgements of its waves.
    pub judgements: &'a [Judgement],
    /// The number of the snapshot that describes what runs now.
    pub snapshot: u64,
    /// The number of files by which alone sites differ, if it changed nothing (`Unchanged::kept_files`).
    pub kept_files: Option<usize>,
}

/// One step of a deployment of a drill: a change, whether or not callers could notice it, or the judgement of a wave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DrillStep {
    /// The time at which a change's intent was recorded, or the wave was looked at last.
    pub at: Time,
    /// The words for the change or for the judgement.
    #[serde(deserialize_with = "foreign::one")]
    pub what: String,
    /// The verdict of the gates, for a wave.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Verdict>,
}

/// Returns the steps, oldest first, and the number of steps for which there is no room.
pub(super) fn steps(end: &EndedDeployment<'_>) -> (Vec<DrillStep>, u32) {
    let mut all: Vec<DrillStep> =
        end.steps.iter().flat_map(|step| changes(step)).chain(end.judgements.iter().map(judged)).collect();
    all.sort_by_key(|step| step.at);
    let mut bytes = 0;
    let mut fits = |step: &DrillStep| {
        bytes += step.what.len() + BESIDE;
        bytes <= MOST_BYTES
    };
    let kept = all.iter().take_while(|step| fits(step)).count();
    let left_out = all.split_off(kept).len();
    (all, u32::try_from(left_out).unwrap_or(u32::MAX))
}

fn changes(step: &Step) -> impl Iterator<Item = DrillStep> {
    step.changes.iter().map(|change| DrillStep {
        at: change.at,
        what: truncate(shown(step, change), LONGEST),
        verdict: None,
    })
}

fn shown(step: &Step, change: &ChangeRecord) -> String {
    let undo = if change.undo { ", undone" } else { "" };
    let unanswered = if change.answered { "" } else { ", which was not answered" };
    format!("{} {}{undo}{unanswered}", step.component, change.what)
}

fn judged(judgement: &Judgement) -> DrillStep {
    let gates = count(judgement.measurements.len(), "gate");
    let red = red(judgement).map_or_else(String::new, |red| format!(": {}", in_words(red)));
    DrillStep {
        at: judgement.looked,
        what: truncate(format!("wave {}, {gates}{red}", judgement.wave + 1), LONGEST),
        verdict: Some(verdict(judgement)),
    }
}

/// Returns the verdict of the gates of a wave, also if they did not decide.
fn verdict(judgement: &Judgement) -> Verdict {
    judgement.against.as_ref().map_or(judgement.verdict, |against| against.verdict)
}

/// Returns the gate that failed a wave, or would have failed it.
pub(super) fn red(judgement: &Judgement) -> Option<&Measurement> {
    judgement.failed.as_ref().or(judgement.against.as_ref())
}

/// Says which measurement did not pass, with its threshold.
pub(super) fn in_words(red: &Measurement) -> String {
    let what = match red.verdict {
        Verdict::Unknown => "could not be measured",
        _ => "is red",
    };
    format!("gate `{}` {what}, measured {}, threshold {}", red.gate, red.measured, red.threshold)
}

#[cfg(test)]
#[path = "steps_tests.rs"]
mod tests;
