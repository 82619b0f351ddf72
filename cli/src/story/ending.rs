//! The last lines: what was undone, and how the deployment ended.

use super::line::Line;
use super::reachable;
use super::steps::{changes, why_failed};
use crate::record::Record;
use windlass_domain::deployment::Ended;
use windlass_domain::finding::Finding;
use windlass_domain::step::StepStatus;

/// Returns the lines on the undo: its reason, and what each component is now.
pub(super) fn undone(record: &Record) -> Vec<Line> {
    let Some(why_undone) = &record.deployment.undoing else {
        return Vec::new();
    };
    let mut lines = vec![Line::plain(format!("  undoing: {}", why_undone.text))];
    for step in &record.steps {
        lines.extend(changes(step, None));
        let component = &step.component;
        match (step.status, &step.undo_failure) {
            (StepStatus::Undone, _) => {
                // Changes that were only made ahead, such as a version, are not taken back.
                let is_ahead =
                    !step.changes.is_empty() && !step.has_switched() && !step.changes.iter().any(|change| change.undo);
                let how = if is_ahead {
                    "no traffic had been moved; what was made for it stays"
                } else {
                    "is as it was before"
                };
                lines.push(Line::plain(format!("  {component}: {how}")));
            }
            (StepStatus::UndoFailed, Some(failure)) => {
                lines.push(Line::plain(format!("  {component}: could NOT be brought back: {}", why_failed(failure))));
            }
            _ => {}
        }
    }
    lines
}

/// Returns the lines on the ending: its cause, the findings, and how it was resolved.
pub(super) fn ending(record: &Record, is_past: bool) -> Vec<Line> {
    let Some(ended) = &record.deployment.ending else {
        return Vec::new();
    };
    let (cause, untold) = cause(ended);
    let at = ended.at;
    let text = if is_past {
        format!("{ended} at {at}, and this was so at that time: {cause}")
    } else {
        format!("{ended}: {cause}")
    };
    let mut lines = vec![Line::new(format!("ending {}", ended.ending), text)];
    for finding in untold {
        lines.push(Line::plain(format!("  {}", in_lines(finding))));
    }
    // What a plan says of files that stay is told with the plan.
    if record.deployment.undoing.is_some() {
        let stays = ended.stays_reachable.iter();
        lines.extend(stays.map(|files| Line::plain(format!("  {}", reachable(files)))));
    }
    if let Some(resolved) = &ended.resolved {
        lines.push(Line::plain(format!("  resolved: {resolved}")));
    }
    lines
}

/// Returns the cause, with each finding in it on lines of its own, and the findings that it does not mention.
fn cause(ended: &Ended) -> (String, Vec<&Finding>) {
    let mut cause = ended.cause.clone();
    let mut untold = Vec::new();
    for finding in &ended.findings {
        let told = finding.to_string();
        if cause.contains(&told) {
            cause = cause.replace(&told, &in_lines(finding));
        } else {
            untold.push(finding);
        }
    }
    // The cause's name stands before it already, as the name of its first finding.
    let named = format!("{} ", ended.cause_name);
    let rest = cause.strip_prefix(&named).map(str::to_owned);
    (rest.unwrap_or(cause), untold)
}

fn in_lines(it: &Finding) -> String {
    format!("{} {}: {}\n    {}", it.name, it.path, it.reason, it.remedy)
}
