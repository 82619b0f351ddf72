//! What a deployment of a drill did, as the drill's own record has it.

use super::LegEnd;
use crate::count::count;
use crate::cut::cut;
use crate::gate::{Measurement, Verdict};
use crate::judgement::Judgement;
use crate::step::{ChangeRecord, Step};
use crate::time::Time;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How many steps of a deployment are kept beside the drill.
pub const MOST_STEPS: usize = 100;

/// The longest text of a step, in bytes.
const LONGEST: usize = 300;

/// One step of a deployment of a drill: a change that callers could notice, or the judgement of a wave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DrillStep {
    /// When a change's intent was recorded, or the wave was looked at last.
    pub at: Time,
    /// What was done, or judged.
    pub what: String,
    /// Of a wave: what its gates came to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Verdict>,
}

/// The steps, oldest first, and how many more there were.
pub(super) fn steps(end: &LegEnd<'_>) -> (Vec<DrillStep>, u32) {
    let changes = end.steps.iter().flat_map(|step| changes(step));
    let mut all: Vec<DrillStep> = changes.chain(end.judgements.iter().map(judged)).collect();
    all.sort_by_key(|step| step.at);
    let left_out = all.len().saturating_sub(MOST_STEPS);
    all.truncate(MOST_STEPS);
    (all, u32::try_from(left_out).unwrap_or(u32::MAX))
}

fn changes(step: &Step) -> impl Iterator<Item = DrillStep> {
    let switching = step.changes.iter().filter(|change| change.switching);
    switching.map(|change| DrillStep {
        at: change.at,
        what: cut(told(step, change), LONGEST),
        verdict: None,
    })
}

fn told(step: &Step, change: &ChangeRecord) -> String {
    let undo = if change.undo { ", undone" } else { "" };
    let unanswered = if change.answered {
        ""
    } else {
        ", which was not answered"
    };
    format!("{} {}{undo}{unanswered}", step.component, change.what)
}

fn judged(judgement: &Judgement) -> DrillStep {
    let gates = count(judgement.measurements.len(), "gate");
    let red = red(judgement).map_or_else(String::new, |red| format!(": {}", in_words(red)));
    DrillStep {
        at: judgement.looked,
        what: cut(
            format!("wave {}, {gates}{red}", judgement.wave + 1),
            LONGEST,
        ),
        verdict: Some(verdict(judgement)),
    }
}

/// What the gates of a wave came to, also where they did not decide.
fn verdict(judgement: &Judgement) -> Verdict {
    judgement
        .against
        .as_ref()
        .map_or(judgement.verdict, |against| against.verdict)
}

/// The gate that failed a wave, or would have failed it.
pub(super) fn red(judgement: &Judgement) -> Option<&Measurement> {
    let failed = judgement.failed.as_ref();
    failed.or(judgement.against.as_ref())
}

/// A measurement that did not pass, beside its threshold.
pub(super) fn in_words(red: &Measurement) -> String {
    let what = match red.verdict {
        Verdict::Unknown => "could not be measured",
        _ => "is red",
    };
    format!(
        "gate `{}` {what}, measured {}, threshold {}",
        red.gate, red.measured, red.threshold
    )
}
