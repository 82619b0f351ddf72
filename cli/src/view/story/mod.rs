//! A deployment's record as lines for people. Pure: the same record always gives the same lines.
//!
//! A later record of the same deployment only adds lines. So a watcher prints those that are new, and a log shows them
//! in the order in which they were seen.

mod steps;

use crate::ground::manual;
use crate::ground::output::{known_warnings, text};
use crate::ground::terminal::Tone;
use crate::view::approval;
use crate::view::deployment::{components, facts, stretches, tone, wave};
use crate::view::next_steps::{in_words, of_deployment, to_approve};
use crate::view::story::steps::{AT_ONCE, changes, forward, judged, steered, waits, warnings, watched};
use std::collections::HashSet;
pub use steps::{Line, published, why_failed};
use windlass_domain::access::Approval;
use windlass_domain::declaration::gate::Verdict;
use windlass_domain::declaration::plan::Plan;
use windlass_domain::deployment::step::StepStatus;
use windlass_domain::deployment::{Deployment, Ended};
use windlass_domain::release::action::ActionName;
use windlass_domain::release::stays_reachable::StaysReachable;
use windlass_domain::shown::api::deployments::Record;
use windlass_domain::shown::message::{mark_of_later, wave_in_words};
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_domain::text::prose::Prose;
use windlass_domain::text::time::Time;

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
    if record.deployment.ending.is_none() && record.deployment.started.is_none() {
        if let Some(standing) = approval::of_record(record) {
            let step = in_words(to_approve(&record.deployment).as_slice());
            lines.push(Line::plain(format!("  waits for people: {standing}")));
            lines.extend(step.map(|step| Line::plain(format!("  next: {step}"))));
        } else {
            lines.push(Line::plain("  waits for its turn"));
        }
    }
    if let Some(plan) = &record.plan {
        lines.extend(planned(plan, &record.deployment));
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
    head(record).into_iter().map(|line| line.text).collect()
}

/// Returns the reasons of its ending: its facts, the waves that did not pass with their measurements, the failures, the
/// data that was lost, the changes that were taken back, and its cause.
pub fn why(record: &Record, now: Time) -> Vec<String> {
    let mut lines = who(record);
    lines.extend(in_facts(record, now));
    let failed = record.judgements.iter().filter(|judgement| judgement.verdict == Verdict::Fail);
    let failures = record.steps.iter().filter_map(|step| {
        let failure = step.failure.as_ref()?;
        Some(format!("  {}: {}: {}", step.component, Tone::Bad.of("failed"), why_failed(failure)))
    });
    let judged_lines = failed.flat_map(|judgement| {
        let watched = std::iter::once(watched(judgement));
        let steered = steered(record, judgement.wave);
        watched.chain(steered).chain(judged(judgement))
    });
    lines.extend(judged_lines.map(|line| line.text));
    lines.extend(failures);
    lines.extend(lost(record));
    lines.extend(undone(record).into_iter().chain(ending(record, true)).map(|line| line.text));
    lines
}

/// Returns the lines on what the components that were changed lose or leave behind by their plan: whether AWS has come
/// to that, or has taken the change back before, nothing here shows.
fn lost(record: &Record) -> Vec<String> {
    let mut lines = Vec::new();
    for step in record.steps.iter().filter(|step| step.has_switched()) {
        let path = format!("components.{}", step.component);
        let warnings = record.plan.iter().flat_map(|plan| &plan.warnings);
        let own = warnings.filter(|one| one.name == FindingName::Irreversible && one.path == path);
        lines.extend(own.map(|one| format!("  {}, by its plan: {}", step.component, text(&one.reason))));
    }
    lines
}

/// Returns the lines on its facts, on its time, on each of its waves and components.
fn in_facts(record: &Record, now: Time) -> Vec<String> {
    let facts = facts(&record.deployment).into_iter().map(|(name, fact)| format!("  {}: {fact}", name.to_lowercase()));
    let spent: Vec<String> =
        stretches(record, now).iter().map(|one| format!("{} {}", one.state.drawn(), one.span())).collect();
    let spent = (!spent.is_empty()).then(|| format!("  time: {}", spent.join(", ")));
    let waves = record.plan.as_ref().map_or(0, |plan| plan.waves.len());
    let waves = (0..).take(waves).map(|number| format!("  wave {}: {}", number + 1, wave(record, number).drawn()));
    let components = components(record).map(|one| format!("  {}: {}", one.step.component, one.words()));
    facts.chain(spent).chain(waves).chain(components).collect()
}

/// Returns its progress: its facts, since when it works, the last events, and why it is being undone, if it is.
pub fn under_way(record: &Record, now: Time) -> Vec<String> {
    let deployment = &record.deployment;
    let mut texts = who(record);
    let head = texts.len();
    texts.extend(in_facts(record, now));
    let since = deployment.started.unwrap_or(deployment.accepted);
    texts.push(format!("it is under way since {since}; the last that was seen:"));
    let all: Vec<String> = lines(record, false).into_iter().map(|line| line.text).collect();
    let from = all.len().saturating_sub(LAST).max(head);
    texts.extend(all.into_iter().skip(from));
    texts.extend(next(deployment));
    texts
}

/// Returns the line on the steps that can be taken next with a deployment; `None` where there is none.
pub fn next(deployment: &Deployment) -> Option<String> {
    in_words(&of_deployment(deployment)).map(|steps| format!("  next: {steps}"))
}

/// The number of lines on a deployment under way.
const LAST: usize = 6;

fn head(record: &Record) -> Vec<Line> {
    let deployment = &record.deployment;
    let summary = deployment.summary();
    let is_release = !deployment.action.is_to_a_snapshot();
    let version = summary.version().filter(|_| is_release);
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
        lines.push(Line::plain(format!("  stopped deployment {stopped}, which is undone first")));
    }
    let given = deployment.approval.iter().flat_map(Approval::of_plan);
    lines.extend(given.map(|given| Line::plain(format!("  {}", approval::line(given)))));
    lines
}

/// Returns the line on where a rollback, a drill or a restoring goes, once it is known.
fn goal(deployment: &Deployment) -> Option<Line> {
    let summary = deployment.summary();
    let is_over = deployment.ending.is_some();
    let goal = summary.goal().filter(|_| is_over || summary.version().is_some())?;
    let goes = match (deployment.action, &deployment.drill) {
        (ActionName::Drill, None) => "goes to",
        (ActionName::Drill, Some(_)) => "comes back to",
        (ActionName::Restore, _) => "brings back",
        _ => "goes back to",
    };
    Some(Line::new("goal", format!("  it {goes} {goal}")))
}
/// Returns the lines of a deployment's plan: its waves, the components that are left unchanged, the warnings. Those
/// that the declaration alone gives are counted.
pub fn planned(plan: &Plan, of: &Deployment) -> Vec<Line> {
    let mut lines = Vec::new();
    for (number, wave) in (1..).zip(&plan.waves) {
        let changes = wave_in_words(wave);
        let watched = match wave.bake_s {
            0 => AT_ONCE.to_owned(),
            seconds => format!("watched {seconds} s"),
        };
        lines.push(Line::plain(format!("  plan: wave {number}: {changes}{}; {watched}", mark_of_later(wave))));
        for change in &wave.changes {
            let details = change.details_in_words().into_iter();
            lines.extend(details.map(|detail| Line::plain(format!("    {}: {detail}", change.component))));
        }
    }
    for unchanged in &plan.unchanged {
        let (component, reason) = (&unchanged.component, unchanged.in_words());
        lines.push(Line::plain(format!("  plan: {component} {reason}")));
    }
    let (new, known) = warnings_of(plan, of);
    for warning in &new {
        let (name, reason, remedy) = (warning.name, text(&warning.reason), text(&warning.remedy));
        lines.push(Line::plain(format!("  warning: {name}: {reason}\n    {remedy}")));
    }
    lines.extend(manual::line(new).map(Line::plain));
    lines.extend(known.map(Line::plain));
    lines.extend(plan.stays_reachable.iter().map(|files| Line::plain(format!("  plan: {}", reachable(files)))));
    lines
}

/// Returns the warnings of a deployment's plan that are new, and the line that counts those which the declaration alone
/// gives.
pub fn warnings_of<'a>(plan: &'a Plan, of: &Deployment) -> (Vec<&'a Finding>, Option<String>) {
    let (known, new): (Vec<&Finding>, Vec<&Finding>) = plan.warnings.iter().partition(|warning| warning.declared);
    let doctor = format!("windlass doctor {} {}", of.app, of.environment);
    (new, known_warnings(known.len(), &of.declaration, &doctor))
}

/// Returns the sentences on files of a site that stay reachable, on lines of their own.
fn reachable(files: &StaysReachable) -> String {
    text(&Prose::join(files.in_words(), "\n    "))
}

/// Returns the lines on the undo: its reason, and what each component is now.
pub(crate) fn undone(record: &Record) -> Vec<Line> {
    let Some(why_undone) = &record.deployment.undoing else {
        return Vec::new();
    };
    let mut lines = vec![Line::plain(format!("  undoing: {}", text(&why_undone.text)))];
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
                lines.push(Line::plain(format!(
                    "  {component}: {}: {}",
                    Tone::Bad.of("could NOT be brought back"),
                    why_failed(failure)
                )));
            }
            _ => {}
        }
    }
    lines
}

/// Returns the lines on the ending: its cause, the findings, and how it was resolved.
pub(crate) fn ending(record: &Record, is_past: bool) -> Vec<Line> {
    let Some(ended) = &record.deployment.ending else {
        return Vec::new();
    };
    let (cause, at, state) = (cause(&record.deployment, ended), ended.at, tone(ended.ending).of(ended));
    let text = if is_past {
        format!("{state} at {at}, and this was so at that time: {cause}")
    } else {
        format!("{state}: {cause}")
    };
    let mut lines = vec![Line::new(format!("ending {}", ended.ending), text)];
    // What a plan says of files that stay is printed with the plan.
    if record.deployment.undoing.is_some() {
        lines.extend(ended.stays_reachable.iter().map(|files| Line::plain(format!("  {}", reachable(files)))));
    }
    if let Some(resolved) = &ended.resolved {
        lines.push(Line::plain(format!("  resolved: {resolved}")));
    }
    lines
}

/// Returns the cause, with each finding on lines of its own. The name of the first one stands before it already, as the
/// cause's. What a rollback that was refused has done all the same stands before them.
fn cause(record: &Deployment, ended: &Ended) -> String {
    let Some((first, others)) = ended.findings.split_first() else {
        return text(&ended.cause);
    };
    let first = behind_its_name(first);
    let added = ended.added.iter().rev().map(text);
    let mut lines: Vec<String> = if record.is_refused_rollback() {
        added.chain([first]).collect()
    } else {
        [first].into_iter().chain(added.map(|line| format!("  {line}"))).collect()
    };
    lines.extend(others.iter().map(in_lines));
    lines.extend(windlass_domain::text::finding::pages(&ended.findings));
    lines.join("\n")
}

fn in_lines(it: &Finding) -> String {
    format!("{} {}", it.name, behind_its_name(it))
}

fn behind_its_name(it: &Finding) -> String {
    format!("{}: {}\n    {}", it.path, text(&it.reason), text(&it.remedy))
}
