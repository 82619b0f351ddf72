//! The table of a deployment's components: each goes from what to what, how many callers get it, and what it waits for.

use super::parts::{Sort, mark, times};
use super::waves::Going;
use crate::record::Record;
use crate::story;
use maud::{Markup, html};
use windlass_domain::artifact::Artifact;
use windlass_domain::plan::{Plan, Wave};
use windlass_domain::step::{Step, StepStatus};

/// The titles of the columns; on a phone each stands beside its value.
const TITLES: [&str; 8] = [
    "Component",
    "State",
    "From",
    "To",
    "Callers get",
    "Weight",
    "Last change",
    "Waits for",
];

/// Shows all components.
pub fn components(going: &Going<'_>) -> Markup {
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
        td data-name=(from) { (told(before(step))) }
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

/// Returns what callers got before the first change, in words.
fn before(step: &Step) -> Option<&str> {
    step.before["noticed"]["shown"].as_str()
}

/// Shows what the release brings: its version, and the bytes by the beginning of their digest.
fn wanted(record: &Record, step: &Step) -> Markup {
    let release = &record.deployment.release;
    let brought = release.components.get(&step.component);
    let bytes = step.artifact.as_ref().or(brought).map(Artifact::digest);
    html! { (release.version) @if let Some(bytes) = bytes { " " small { "sha256:" (bytes.short()) } } }
}

/// Returns the share of the callers that get something else than before, in percent. The text of what they get tells
/// it; it is all of them where the component has reached what its last wave is to bring. Between the two it is `None`:
/// nobody knows how many tasks of a service, or edges of a site, have it.
fn share(step: &Step, plan: Option<&Plan>) -> Option<u32> {
    let shown = step.shown.as_deref()?;
    if Some(shown) == before(step) {
        return Some(0);
    }
    let told = shown.rsplit_once(" %");
    let told = told.and_then(|(before, _)| before.rsplit_once(' '));
    match told {
        Some((_, percent)) => percent.parse().ok().filter(|percent| *percent <= 100),
        None => is_wholly_there(step, plan?).then_some(100),
    }
}

/// Returns whether it has reached what the last wave that it takes part in is to bring.
fn is_wholly_there(step: &Step, plan: &Plan) -> bool {
    let changes = |wave: &Wave| wave.changes.iter().any(|it| it.component == step.component);
    let last = plan.waves.iter().rposition(changes);
    let reached = step.wave.and_then(|wave| usize::try_from(wave).ok());
    step.status == StepStatus::Changed && step.has_switched() && last.is_some() && last == reached
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

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn the_weight_is_that_of_what_is_new() {
        let table = [
            (Some("41 at 100 %"), None, None),
            (Some("41 at 100 %"), Some("41 at 100 %"), Some(0)),
            (Some("41 at 100 %"), Some("41 with 42 at 10 %"), Some(10)),
            (Some("41 at 100 %"), Some("42 at 100 %"), Some(100)),
            (
                Some("version 4"),
                Some("version 5 at 20 % (deployment 7 is DEPLOYING)"),
                Some(20),
            ),
            (Some("task definition 17"), Some("task definition 18"), None),
            (None, Some("42 at 100 %"), Some(100)),
            (None, Some("at 900 %"), None),
        ];
        for (before, shown, wanted) in table {
            let mut step: Step = serde_json::from_value(json!({"deployment": "1f0c", "app": "shop", "environment": "prod",
                "component": "api", "kind": "lambda", "place": {}, "target": {}, "before": {}, "goals": {}, "attempt": 1,
                "status": "changed"}))
            .unwrap();
            if let Some(before) = before {
                step.before = json!({"goal": {}, "noticed": {"value": {}, "shown": before}});
            }
            step.shown = shown.map(str::to_owned);
            assert_eq!(share(&step, None), wanted, "{before:?} {shown:?}");
        }
    }

    #[test]
    fn a_service_and_a_site_are_there_wholly_once_their_last_wave_is_reached() {
        let change =
            |component: &str| json!({"component": component, "kind": "static_site", "what": "it"});
        let wave = |changes: &[Value]| json!({"changes": changes, "bake_s": 0});
        let plan = json!({"outcome": "change", "unchanged": [], "warnings": [],
            "waves": [wave(&[change("web")]), wave(&[change("web"), change("agent")]), wave(&[change("agent")])]});
        let plan: Plan = serde_json::from_value(plan).unwrap();
        let table = [
            ("changed", 1, true, Some(100)),
            ("changed", 0, true, None),
            ("changing", 1, true, None),
            ("undoing", 1, true, None),
            ("changed", 1, false, None),
        ];
        for (status, wave, switching, wanted) in table {
            let step = json!({"deployment": "1f0c", "app": "shop", "environment": "prod", "component": "web",
                "kind": "static_site", "place": {}, "target": {}, "before": {"goal": {}, "noticed": {"value": {}, "shown": "at `/1.4.0`"}},
                "goals": {}, "attempt": 1, "status": status, "wave": wave, "shown": "at `/1.5.0`",
                "changes": [{"at": 1, "what": "it", "answered": true, "undo": false, "wave": wave, "switching": switching}]});
            let step: Step = serde_json::from_value(step).unwrap();
            assert_eq!(
                share(&step, Some(&plan)),
                wanted,
                "{status} {wave} {switching}"
            );
            assert_eq!(share(&step, None), None);
        }
    }
}
