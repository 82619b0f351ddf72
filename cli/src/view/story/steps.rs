//! The lines of a step and of a wave, each with the key by which it is printed once: what is published and changed of a
//! component, what it waits for, for how long a wave is watched, and what was measured.

use crate::ground::output::text;
use crate::ground::terminal::Tone;
use crate::view::deployment::verdict;
use indicatif::{HumanBytes, HumanDuration};
use std::time::Duration;
use windlass_domain::declaration::gate::{Measurement, Verdict};
use windlass_domain::deployment::judgement::Judgement;
use windlass_domain::deployment::step::{ChangeRecord, Step, StepFailure, StepStatus};
use windlass_domain::shown::api::deployments::Record;
use windlass_domain::text::count::count;

/// Returns how far the files of a component are published; `None` if there is none to publish. The line comes anew with
/// each tenth of the files.
pub fn published(step: &Step) -> Option<Line> {
    let progress = step.progress.filter(|it| it.files_total > 0)?;
    let (done, total) = (progress.files_done, progress.files_total);
    let tenth = (done * 10).checked_div(total).unwrap_or(10);
    let component = &step.component;
    let files = count(total, "file");
    let bytes = match progress.bytes_total {
        0 => String::new(),
        total => format!(", {} of {}", HumanBytes(progress.bytes_done), HumanBytes(total)),
    };
    let left = match progress.left_s {
        Some(seconds) if done < total => {
            format!(", about {} left", HumanDuration(Duration::from_secs(seconds)))
        }
        _ => String::new(),
    };
    Some(Line::new(
        format!("published {component} {tenth}"),
        format!("  {component}: published {done} of {files}{bytes}{left}"),
    ))
}

/// Returns the changes of a step on its way to a wave's goal.
pub(super) fn forward(step: &Step, wave: u32) -> Vec<Line> {
    let component = &step.component;
    let mut lines = changes(step, Some(wave));
    // A wave begins only when the one before has reached what it wants.
    let is_over = step.goals.contains_key(&wave) && step.wave > Some(wave);
    let is_last = step.wave == Some(wave);
    if !is_over && !is_last {
        return lines;
    }
    let text = match step.status {
        _ if is_over => reached(step, wave),
        StepStatus::Changed => reached(step, wave),
        StepStatus::Changing if lines.is_empty() => format!("  {component}: is being changed"),
        _ => match &step.failure {
            Some(failure) => format!("  {component}: {}: {}", Tone::Bad.of("failed"), why_failed(failure)),
            None => return lines,
        },
    };
    lines.push(Line::plain(text));
    lines
}

fn reached(step: &Step, wave: u32) -> String {
    format!("  {}: reached what wave {} wants", step.component, wave + 1)
}

/// Returns the changes that were made for a wave, or on the way back where no wave is given.
pub(super) fn changes(step: &Step, wave: Option<u32>) -> Vec<Line> {
    let made =
        step.changes.iter().enumerate().filter(|(_, change)| change.wave == wave && change.undo == wave.is_none());
    made.map(|(number, change)| change_line(step, number, change)).collect()
}

fn change_line(step: &Step, number: usize, change: &ChangeRecord) -> Line {
    let component = &step.component;
    let verb = if change.undo { "undo: " } else { "" };
    Line::new(
        format!("change {component} {number}"),
        format!("  {} {component}: {verb}{}", change.at.clock(), change.what),
    )
}

/// Returns a failure of a step, for people.
pub fn why_failed(failure: &StepFailure) -> String {
    match failure {
        StepFailure::Finding(finding) => format!("{}: {}", finding.name, text(&finding.reason)),
        StepFailure::Fault(fault) => fault.to_string(),
    }
}

/// Returns the line on what a target waits for.
pub(super) fn waits(step: &Step) -> Option<Line> {
    let waits_for = step.waits_for.as_ref()?;
    Some(Line::plain(format!("  {}: waits: {}", step.component, text(waits_for))))
}

/// Returns the lines on the warnings of a step.
pub(super) fn warnings(step: &Step) -> Vec<Line> {
    let component = &step.component;
    step.warnings.iter().map(|warning| Line::plain(format!("  {component}: warning: {warning}"))).collect()
}

/// A line with its key. A line with a new key is printed; numbers within its text may move.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The part of the record that it is about.
    pub(super) key: String,
    /// The text that is printed.
    pub text: String,
    /// The news in it, if lines with other keys may say the same: then it is printed for the first of them alone.
    pub(super) news: Option<String>,
}

impl Line {
    /// Makes a line with a key of its own.
    pub(super) fn new(key: impl Into<String>, text: impl Into<String>) -> Self {
        Self { key: key.into(), text: text.into(), news: None }
    }

    /// Makes a line whose text is its key.
    pub(super) fn plain(text: impl Into<String>) -> Self {
        let text = text.into();
        Self::new(text.clone(), text)
    }
}

/// The words for a wave that is not watched for a time.
pub(super) const AT_ONCE: &str = "judged at once";

/// Returns the lines on what persons did at the wheel while a wave was watched.
pub(super) fn steered(record: &Record, wave: u32) -> impl Iterator<Item = Line> {
    record
        .deployment
        .wheel
        .iter()
        .filter(move |turn| turn.wave == wave)
        .map(|turn| Line::plain(format!("  {} {}", turn.at.clock(), turn.in_words())))
}

/// Returns the line on how long a wave is watched.
pub(super) fn watched(judgement: &Judgement) -> Line {
    let number = judgement.wave + 1;
    let watched = if judgement.until > judgement.started {
        format!("watched until {} UTC", judgement.until.clock())
    } else {
        AT_ONCE.to_owned()
    };
    Line::new(format!("watch {number}"), format!("  wave {number} is {watched}"))
}

/// Returns the lines of a judgement: each measurement beside its threshold. While a wave is watched a measurement has a
/// line when its verdict changes, and once more at the end, if other numbers were measured then.
pub(super) fn judged(judgement: &Judgement) -> Vec<Line> {
    let number = judgement.wave + 1;
    let mut lines: Vec<Line> =
        judgement.measurements.iter().map(|measurement| measured(judgement, measurement)).collect();
    let (tone, outcome) = match judgement.verdict {
        Verdict::Pass if judgement.measurements.is_empty() => (Tone::Still, "passed: no gate, nothing was measured"),
        Verdict::Pass if !judgement.decides => (Tone::Still, "is over, its gates were recorded and did not decide"),
        Verdict::Pass if judgement.is_measured() => (Tone::Good, "passed"),
        Verdict::Pass => (Tone::Still, "passed: each gate is unknown, nothing was measured"),
        Verdict::Fail => (Tone::Bad, "FAILED"),
        Verdict::Unknown => return lines,
    };
    lines.push(Line::plain(format!("  wave {number} {}", tone.of(outcome))));
    lines
}

fn measured(judgement: &Judgement, measurement: &Measurement) -> Line {
    let wave = judgement.wave + 1;
    let settled = judgement.settled().is_some();
    let verdict = verdict(measurement.verdict).drawn();
    let is_watched = judgement.until > judgement.started;
    let at = match measurement.verdict {
        Verdict::Pass | Verdict::Unknown if settled && is_watched => " at the end",
        _ => "",
    };
    let (gate, source) = (&measurement.gate, &measurement.source);
    let window = match measurement.window.as_str() {
        "" => String::new(),
        window => format!(", {window}"),
    };
    let text =
        format!("{source} {gate}: measured {}, threshold {}{window}", measurement.measured, measurement.threshold);
    Line {
        news: Some(format!("news {wave} {verdict} {text}")),
        ..Line::new(
            format!("measured {wave} {settled} {verdict} {source} {gate}"),
            format!("    {verdict}{at}: {text}"),
        )
    }
}
