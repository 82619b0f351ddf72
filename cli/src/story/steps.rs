//! The lines of a step: what is published of a component, what is changed of it, and what it waits for.

use super::line::Line;
use indicatif::{HumanBytes, HumanDuration};
use std::time::Duration;
use windlass_domain::count::count;
use windlass_domain::step::{ChangeRecord, Failure, Step, StepStatus};

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
            Some(failure) => format!("  {component}: failed: {}", why_failed(failure)),
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
    let numbered = step.changes.iter().enumerate();
    let made = numbered.filter(|(_, change)| change.wave == wave && change.undo == wave.is_none());
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
pub fn why_failed(failure: &Failure) -> String {
    match failure {
        Failure::Finding(finding) => format!("{}: {}", finding.name, finding.reason),
        Failure::Fault(fault) => fault.to_string(),
    }
}

/// Returns the line on what a target waits for, where that is somebody's to do.
pub(super) fn waits(step: &Step) -> Option<Line> {
    let waits_for = step.waits_for.as_ref()?;
    Some(Line::plain(format!("  {}: waits: {waits_for}", step.component)))
}

/// Returns the lines on the warnings of a step.
pub(super) fn warnings(step: &Step) -> Vec<Line> {
    let component = &step.component;
    let warnings = step.warnings.iter();
    warnings.map(|warning| Line::plain(format!("  {component}: warning: {warning}"))).collect()
}
