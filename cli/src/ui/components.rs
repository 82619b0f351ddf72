//! The table of a deployment's components: each goes from what to what, how many callers get it, and what it waits for.

use super::parts::{Sort, mark, times};
use super::waves::DrawnRecord;
use crate::record::Record;
use crate::story;
use crate::traffic_share::{before, share};
use maud::{Markup, html};
use windlass_domain::artifact::Artifact;
use windlass_domain::step::{Step, StepStatus};

/// The titles of the columns; on a phone each stands beside its value.
const TITLES: [&str; 8] = ["Component", "State", "From", "To", "Callers get", "Weight", "Last change", "Waits for"];

/// Shows all components.
pub fn components(going: &DrawnRecord<'_>) -> Markup {
    let record = going.record;
    html! { @if !record.steps.is_empty() {
        h2 { "Components" }
        div.wide { table.components {
            thead { tr { @for title in TITLES { th scope="col" { (title) } } } }
            tbody { @for step in &record.steps { (row(record, step)) } }
        } }
    } }
}

fn row(record: &Record, step: &Step) -> Markup {
    let [_, state, from, to, get, weight, last, waits] = TITLES;
    html! { tr {
        th scope="row" { (step.component) " " small { (step.kind) } }
        td data-name=(state) { @let (sort, words) = of_step(step.status); (mark(sort, words)) @if let Some(wave) = step.wave { small { " · wave " (wave + 1) } } }
        td data-name=(from) { (told(before(step).as_deref())) }
        td data-name=(to) { (wanted(record, step)) }
        td data-name=(get) { (told(step.shown.as_deref())) }
        td data-name=(weight) { (meter(share(step, record.plan.as_ref()))) }
        td data-name=(last) {
            @if let Some(last) = step.changes.last() { (last.what) @if last.undo { small { " · undo" } } } @else { span.none { "nothing yet" } }
            (publishing(step))
        }
        td data-name=(waits) {
            @if let Some(waits) = &step.waits_for { div { (mark(Sort::Moving, "waits")) " " (times(waits)) } }
            @for failed in step.failure.iter().chain(&step.undo_failure) { div { (mark(Sort::Bad, "failed")) " " (times(&story::why_failed(failed))) } }
            @for warning in &step.warnings { div { (mark(Sort::Noted, "note")) " " (times(warning)) } }
        }
    } }
}

fn told(words: Option<&str>) -> Markup {
    html! { @match words { Some(words) => (words), None => span.none { "not seen yet" } } }
}

/// Shows what the release brings: its version, and the bytes by the beginning of their digest.
fn wanted(record: &Record, step: &Step) -> Markup {
    let release = &record.deployment.release;
    let brought = release.components.get(&step.component);
    let bytes = step.artifact.as_ref().or(brought).map(Artifact::digest);
    html! { (release.version) @if let Some(bytes) = bytes { " " small { "sha256:" (bytes.short()) } } }
}

fn meter(percent: Option<u32>) -> Markup {
    html! { @match percent {
        Some(percent) => { progress.weight max="100" value=(percent) aria-label="share of callers" {} " " (percent) " %" }
        None => span.none { "–" }
    } }
}

fn publishing(step: &Step) -> Markup {
    html! { @if let Some(far) = &step.progress {
        div.publishing {
            progress max=(far.bytes_total.max(1)) value=(far.bytes_done) aria-label="published" {}
            small { " " (story::published(step).map(|line| line.text.trim().to_owned()).unwrap_or_default()) }
        }
    } }
}

fn of_step(status: StepStatus) -> (Sort, &'static str) {
    match status {
        StepStatus::Planned => (Sort::Still, "planned"),
        StepStatus::Changing => (Sort::Moving, "changing"),
        StepStatus::Changed => (Sort::Good, "changed"),
        StepStatus::Failed => (Sort::Bad, "failed"),
        StepStatus::Undoing => (Sort::Moving, "going back"),
        StepStatus::Undone => (Sort::Noted, "back as before"),
        StepStatus::UndoFailed => (Sort::Bad, "could NOT be brought back"),
    }
}
