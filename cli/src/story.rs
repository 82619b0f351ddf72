//! A deployment's record as lines for people. Pure: the same record always gives the same lines.
//!
//! A later record of the same deployment only adds lines. So a watcher prints those that are new, and a log shows them
//! in the order in which they were seen.

use crate::manual;
use crate::record::Record;
use indicatif::{HumanBytes, HumanDuration};
use std::collections::HashSet;
use std::time::Duration;
use windlass_domain::count::count;
use windlass_domain::deployment::{Deployment, Ended};
use windlass_domain::finding::Finding;
use windlass_domain::gate::{Measurement, Verdict};
use windlass_domain::judgement::Judgement;
use windlass_domain::message::wave_in_words;
use windlass_domain::plan::Plan;
use windlass_domain::request::ActionName;
use windlass_domain::step::{ChangeRecord, Failure, Step, StepStatus};

mod watched;

use watched::{steered, watched};

/// A line with its key. A line with a new key is printed; numbers within its text may move.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The part of the record that it is about.
    key: String,
    /// The text that is printed.
    pub text: String,
    /// The news in it, if lines with other keys may tell the same: then it is printed for the first of them alone.
    news: Option<String>,
}

impl Line {
    fn new(key: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            key: key.into(),
            text: text.into(),
            news: None,
        }
    }

    fn plain(text: impl Into<String>) -> Self {
        let text = text.into();
        Self::new(text.clone(), text)
    }
}

/// The keys of the lines that were printed.
#[derive(Debug, Default)]
pub struct Printed(HashSet<String>);

impl Printed {
    /// Returns those lines of a record that were not printed yet, and notes them as printed.
    pub fn fresh(&mut self, record: &Record, is_past: bool) -> Vec<String> {
        let lines = lines(record, is_past).into_iter();
        lines
            .filter(|line| {
                let is_fresh = self.0.insert(line.key.clone());
                let news = line.news.clone();
                is_fresh && news.is_none_or(|news| self.0.insert(news))
            })
            .map(|line| line.text)
            .collect()
    }
}

/// Returns all lines of a record. An ending that nobody saw come is past: its sentences were true when they were
/// written.
pub fn lines(record: &Record, is_past: bool) -> Vec<Line> {
    let mut lines = head(record);
    if let Some(plan) = &record.plan {
        lines.extend(planned(plan));
    }
    lines.extend(record.steps.iter().filter_map(published));
    let waves = record.plan.as_ref().map_or(0, |plan| plan.waves.len());
    for wave in (0..).take(waves) {
        for step in &record.steps {
            lines.extend(forward(step, wave));
        }
        let judgements = record.judgements.iter();
        for judgement in judgements.filter(|judgement| judgement.wave == wave) {
            lines.push(watched(judgement));
            lines.extend(steered(record, wave));
            lines.extend(judged(judgement));
        }
    }
    lines.extend(record.steps.iter().filter_map(waits));
    lines.extend(record.steps.iter().flat_map(warnings));
    lines.extend(undone(record));
    lines.extend(ending(record, is_past));
    lines
}

/// Returns the lines on the deployment, its requester, and the reason.
pub fn who(record: &Record) -> Vec<String> {
    let lines = head(record).into_iter().map(|line| line.text);
    lines
        .filter(|line| !line.trim_start().starts_with("waits for its turn"))
        .collect()
}

/// Returns the reasons of its ending: the waves that did not pass with their measurements, the failures, the changes
/// that were taken back, and its cause.
pub fn why(record: &Record) -> Vec<String> {
    let mut lines = who(record);
    let failed = record.judgements.iter();
    let failed = failed.filter(|judgement| judgement.verdict == Verdict::Fail);
    let failures = record.steps.iter().filter_map(|step| {
        let failure = step.failure.as_ref()?;
        Some(format!(
            "  {}: failed: {}",
            step.component,
            why_failed(failure)
        ))
    });
    let told = failed.flat_map(|judgement| {
        let watched = std::iter::once(watched(judgement));
        let steered = steered(record, judgement.wave);
        watched.chain(steered).chain(judged(judgement))
    });
    lines.extend(told.map(|line| line.text));
    lines.extend(failures);
    let after = undone(record).into_iter().chain(ending(record, true));
    lines.extend(after.map(|line| line.text));
    lines
}

/// Returns its progress: since when it works, the last events, and why it is being undone, if it is.
pub fn under_way(record: &Record) -> Vec<String> {
    let deployment = &record.deployment;
    let (app, id) = (&deployment.app, &deployment.id);
    let mut told = who(record);
    let since = deployment.started.unwrap_or(deployment.accepted);
    told.push(format!(
        "it is under way since {since}; the last that was seen:"
    ));
    let all: Vec<String> = lines(record, false)
        .into_iter()
        .map(|line| line.text)
        .collect();
    let from = all.len().saturating_sub(LAST).max(told.len() - 1);
    told.extend(all.into_iter().skip(from));
    told.push(format!("  next: `windlass watch {app} {id}` shows it; `windlass cancel {app} {id} --reason '…'` stops and undoes it"));
    told
}

/// The number of lines that tell of a deployment under way.
const LAST: usize = 6;

fn head(record: &Record) -> Vec<Line> {
    let deployment = &record.deployment;
    let brings = deployment.brings();
    let is_release = !deployment.action.is_to_a_snapshot();
    let version = brings.version().filter(|_| is_release);
    let version = version.map_or_else(String::new, |version| format!(" {version}"));
    let mut lines = vec![Line::plain(format!(
        "{} {}{version}: {} {}, asked {} by {}",
        deployment.app,
        deployment.environment,
        deployment.action,
        deployment.id,
        deployment.accepted,
        deployment.requester,
    ))];
    lines.extend(goal(deployment));
    if let Some(reason) = &deployment.reason {
        lines.push(Line::plain(format!("  reason: {reason}")));
    }
    if let Some(stopped) = &deployment.stops {
        lines.push(Line::plain(format!(
            "  stopped deployment {stopped}, which is undone first"
        )));
    }
    if deployment.ending.is_none() && deployment.started.is_none() {
        lines.push(Line::plain("  waits for its turn"));
    }
    lines
}

/// Returns the line on where a rollback, a drill or a restoring goes, once it is known.
fn goal(deployment: &Deployment) -> Option<Line> {
    let brings = deployment.brings();
    let is_over = deployment.ending.is_some();
    let goal = brings
        .goal()
        .filter(|_| is_over || brings.version().is_some())?;
    let goes = match (deployment.action, &deployment.drill) {
        (ActionName::Drill, None) => "goes to",
        (ActionName::Drill, Some(_)) => "comes back to",
        (ActionName::Restore, _) => "brings back",
        _ => "goes back to",
    };
    Some(Line::new("goal", format!("  it {goes} {goal}")))
}

/// The words for a wave that is not watched for a time.
const AT_ONCE: &str = "judged at once";

/// Returns the lines of a plan: its waves, the components that are left unchanged, the warnings.
pub fn planned(plan: &Plan) -> Vec<Line> {
    let mut lines = Vec::new();
    for (number, wave) in (1..).zip(&plan.waves) {
        let changes = wave_in_words(wave);
        let watched = match wave.bake_s {
            0 => AT_ONCE.to_owned(),
            seconds => format!("watched {seconds} s"),
        };
        lines.push(Line::plain(format!(
            "  plan: wave {number}: {changes}; {watched}"
        )));
    }
    for unchanged in &plan.unchanged {
        let (component, reason) = (&unchanged.component, &unchanged.reason);
        lines.push(Line::plain(format!("  plan: {component} {reason}")));
    }
    for warning in &plan.warnings {
        let (name, reason, remedy) = (warning.name, &warning.reason, &warning.remedy);
        lines.push(Line::plain(format!(
            "  warning: {name}: {reason}\n    {remedy}"
        )));
    }
    lines.extend(manual::line(&plan.warnings).map(Line::plain));
    lines
}

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
        total => format!(
            ", {} of {}",
            HumanBytes(progress.bytes_done),
            HumanBytes(total)
        ),
    };
    let left = match progress.left_s {
        Some(seconds) if done < total => {
            format!(
                ", about {} left",
                HumanDuration(Duration::from_secs(seconds))
            )
        }
        _ => String::new(),
    };
    Some(Line::new(
        format!("published {component} {tenth}"),
        format!("  {component}: published {done} of {files}{bytes}{left}"),
    ))
}

/// Returns the changes of a step on its way to a wave's goal.
fn forward(step: &Step, wave: u32) -> Vec<Line> {
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
fn changes(step: &Step, wave: Option<u32>) -> Vec<Line> {
    let numbered = step.changes.iter().enumerate();
    let made = numbered.filter(|(_, change)| change.wave == wave && change.undo == wave.is_none());
    made.map(|(number, change)| change_line(step, number, change))
        .collect()
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

/// Returns the lines of a judgement: each measurement beside its threshold. While a wave is watched a measurement has a
/// line when its verdict changes, and once more at the end, if other numbers were measured then.
fn judged(judgement: &Judgement) -> Vec<Line> {
    let number = judgement.wave + 1;
    let mut lines: Vec<Line> = judgement
        .measurements
        .iter()
        .map(|measurement| measured(judgement, measurement))
        .collect();
    let outcome = match judgement.verdict {
        Verdict::Pass if judgement.measurements.is_empty() => {
            "passed: no gate, nothing was measured"
        }
        Verdict::Pass if judgement.decides => "passed",
        Verdict::Pass => "is over, its gates were recorded and did not decide",
        Verdict::Fail => "FAILED",
        Verdict::Unknown => return lines,
    };
    lines.push(Line::plain(format!("  wave {number} {outcome}")));
    lines
}

fn measured(judgement: &Judgement, measurement: &Measurement) -> Line {
    let wave = judgement.wave + 1;
    let settled = judgement.settled().is_some();
    let verdict = match measurement.verdict {
        Verdict::Pass => "pass",
        Verdict::Fail => "FAIL",
        Verdict::Unknown => "unknown",
    };
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
    let told = format!(
        "{source} {gate}: measured {}, threshold {}{window}",
        measurement.measured, measurement.threshold
    );
    Line {
        news: Some(format!("told {wave} {verdict} {told}")),
        ..Line::new(
            format!("measured {wave} {settled} {verdict} {source} {gate}"),
            format!("    {verdict}{at}: {told}"),
        )
    }
}

/// Returns the line on what a target waits for, where that is somebody's to do.
fn waits(step: &Step) -> Option<Line> {
    let waits_for = step.waits_for.as_ref()?;
    Some(Line::plain(format!(
        "  {}: waits: {waits_for}",
        step.component
    )))
}

fn warnings(step: &Step) -> Vec<Line> {
    let component = &step.component;
    let warnings = step.warnings.iter();
    warnings
        .map(|warning| Line::plain(format!("  {component}: warning: {warning}")))
        .collect()
}

fn undone(record: &Record) -> Vec<Line> {
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
                let is_ahead = !step.changes.is_empty()
                    && !step.has_switched()
                    && !step.changes.iter().any(|change| change.undo);
                let how = if is_ahead {
                    "no traffic had been moved; what was made for it stays"
                } else {
                    "is as it was before"
                };
                lines.push(Line::plain(format!("  {component}: {how}")));
            }
            (StepStatus::UndoFailed, Some(failure)) => lines.push(Line::plain(format!(
                "  {component}: could NOT be brought back: {}",
                why_failed(failure)
            ))),
            _ => {}
        }
    }
    lines
}

fn ending(record: &Record, is_past: bool) -> Vec<Line> {
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
