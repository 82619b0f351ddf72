//! Waves, as a plan has them and as they go, with their changes and measurements; and the table of a deployment's
//! components: each goes from what to what, how many callers get it, and what it waits for.

use super::lines::{self, line};
use super::parts::{self, age, mark, prose, span, times, when};
use crate::ground::terminal::Tone;
use crate::view::deployment::{self, ComponentRow};
use crate::view::story;
use maud::{Markup, html};
use windlass_domain::declaration::gate::Verdict;
use windlass_domain::declaration::plan::{Plan, Wave};
use windlass_domain::deployment::Deployment;
use windlass_domain::deployment::judgement::{Judgement, gate_key};
use windlass_domain::deployment::step::Step;
use windlass_domain::release::stays_reachable::StaysReachable;
use windlass_domain::shown::api::deployments::Record;
use windlass_domain::text::finding::Finding;
use windlass_domain::text::time::Time;

/// A record as it is drawn.
pub struct DrawnRecord<'a> {
    /// The record.
    pub record: &'a Record,
    /// The time.
    pub now: Time,
}

/// Shows all waves of a deployment's plan.
pub fn waves(plan: &Plan, of: &Deployment, going: Option<&DrawnRecord<'_>>) -> Markup {
    html! {
        @if !plan.waves.is_empty() {
            h2 { "Waves" }
            ol.waves { @for (number, one) in (0..).zip(&plan.waves) { (wave(one, number, going)) } }
        }
        @if !plan.unchanged.is_empty() {
            h2 { "Left as it is" }
            ul.plain { @for one in &plan.unchanged { li { b { (one.component) } " " (times(&one.in_words())) } } }
        }
        (findings("Refused", Tone::Bad, &plan.findings))
        (warnings(plan, of))
        // What is undone goes nowhere: its ending says what stays.
        @if going.is_none_or(|going| going.record.deployment.undoing.is_none()) {
            (stays_reachable(&plan.stays_reachable))
        }
    }
}

/// Shows files of sites that stay reachable, if there are any.
pub fn stays_reachable(files: &[StaysReachable]) -> Markup {
    html! { @if !files.is_empty() {
        h2 { "Stays reachable" }
        ul.plain { @for one in files { li { @for sentence in one.in_words() { p { (prose(&sentence)) } } } } }
    } }
}

/// Shows findings below a title, if there are any.
pub fn findings(title: &str, tone: Tone, findings: &[Finding]) -> Markup {
    html! { @if !findings.is_empty() {
        h2 { (title) }
        ul.findings { @for one in findings { (finding(tone, one)) } }
    } }
}

fn finding(tone: Tone, one: &Finding) -> Markup {
    html! { li {
        (mark(tone, &one.name.to_string())) " " code { (one.path) } " " (prose(&one.reason)) p.next { (prose(&one.remedy)) }
    } }
}

/// Shows the warnings of a plan: the new ones in full, and the number of those that the declaration alone gives.
fn warnings(plan: &Plan, of: &Deployment) -> Markup {
    let (new, known) = story::warnings_of(plan, of);
    html! { @if !plan.warnings.is_empty() {
        h2 { "To be known" }
        @if !new.is_empty() { ul.findings { @for one in new { (finding(Tone::Noted, one)) } } }
        @if let Some(known) = known { p.aside { (known.trim_start()) } }
    } }
}

fn wave(wave: &Wave, number: u32, going: Option<&DrawnRecord<'_>>) -> Markup {
    let state = going.map(|going| deployment::wave(going.record, number));
    html! { li class={ "wave " (state.as_ref().map_or("", |state| parts::class(state.tone))) } {
        h3 { "Wave " (number + 1) @if let Some(state) = &state { " " (parts::state(state)) } }
        p.aside {
            @if wave.ahead { "only published ahead; " }
            @if wave.look { "looks at what goes on; " }
            @if wave.bake_s == 0 { "judged at once" } @else { "watched for " (span(wave.bake_s)) }
        }
        ul.changes { @for change in &wave.changes { li {
            b { (change.component) } " " small { (change.kind) } " " (change.what)
            @if !change.later.is_empty() { small { " · planned when an earlier wave has given what it takes" } }
            @if !change.details.is_empty() { ul.plain { @for detail in change.details_in_words() { li { (detail) } } } }
        } } }
        @if let Some(going) = going {
            @for step in &going.record.steps { (made(step, Some(number))) }
            @if let Some(judged) = deployment::judgement(going.record, number) { (watched(judged, going)) }
        }
    } }
}

/// Shows the changes that were made of a component for a wave, or on the way back where no wave is given.
fn made(step: &Step, wave: Option<u32>) -> Markup {
    let made = step.changes.iter().filter(|change| change.wave == wave && change.undo == wave.is_none());
    html! { ul.made { @for change in made { li {
        (when(change.at)) " " b { (step.component) } " " (change.what)
        @if !change.answered { " " (mark(Tone::Moving, "no answer yet")) }
    } } } }
}

fn watched(judged: &Judgement, going: &DrawnRecord<'_>) -> Markup {
    let until = judged.steered.as_ref().map_or(judged.until, |steered| steered.until);
    let whole = until.ms_since(judged.started) / 1000;
    let trails = lines::trails(going.record, judged);
    let is_watched = judged.verdict == Verdict::Unknown && going.record.deployment.ending.is_none();
    html! {
        @if is_watched && whole > 0 {
            p.watch {
                progress max=(whole) value=((going.now.ms_since(judged.started) / 1000).min(whole)) aria-label="time watched" {}
                " watched for " (span(going.now.ms_since(judged.started).min(whole * 1000) / 1000)) " of " (span(whole))
                ", last look " (age(judged.looked, going.now)) " ago"
            }
        }
        @if !judged.decides { p.aside { "Its gates are recorded, and do not decide." } }
        @if !judged.measurements.is_empty() {
            div.wide { table.gates {
                caption.hidden { "Gates" }
                thead { tr { @for title in ["Gate", "Verdict", "Measured", "Threshold", "Window", "Over time"] { th scope="col" { (title) } } } }
                tbody { @for one in &judged.measurements {
                    @let points = trails.get(&gate_key(one)).map_or(&[][..], Vec::as_slice);
                    tr {
                        th scope="row" { small { (one.source) } " " (one.gate) }
                        td data-name="Verdict" { (parts::state(&deployment::verdict(one.verdict))) }
                        td data-name="Measured" { b { (one.measured) } }
                        td data-name="Threshold" { (one.threshold) }
                        td data-name="Window" { (one.window) @if !one.look_at.is_empty() { div { small { "look at " (one.look_at) } } } }
                        td data-name="Over time" { (line(points, &one.threshold, one.limit)) }
                    }
                } }
            } }
        }
    }
}

/// Shows the changes that were taken back.
pub fn undo(record: &Record) -> Markup {
    html! { @if let Some(why) = &record.deployment.undoing {
        h2 { "Undo" }
        p { (mark(Tone::Noted, &why.name)) " " (prose(&why.text)) }
        @for step in &record.steps { (made(step, None)) }
    } }
}

/// The titles of the columns; on a phone each stands beside its value.
const TITLES: [&str; 8] = ["Component", "State", "From", "To", "Callers get", "Weight", "Last change", "Waits for"];

/// Shows all components.
pub fn components(going: &DrawnRecord<'_>) -> Markup {
    let record = going.record;
    html! { @if !record.steps.is_empty() {
        h2 { "Components" }
        div.wide { table.components {
            thead { tr { @for title in TITLES { th scope="col" { (title) } } } }
            tbody { @for one in deployment::components(record) { (row(&one)) } }
        } }
    } }
}

fn row(one: &ComponentRow<'_>) -> Markup {
    let step = one.step;
    let [_, state, from, to, get, weight, last, waits] = TITLES;
    html! { tr {
        th scope="row" { (step.component) " " small { (step.kind) } }
        td data-name=(state) { (parts::state(&one.state)) @if let Some(wave) = step.wave { small { " · wave " (wave + 1) } } }
        td data-name=(from) { (seen(one.before.as_deref())) }
        td data-name=(to) { (one.version) @if let Some(bytes) = &one.bytes { " " small { "sha256:" (bytes) } } }
        td data-name=(get) { (seen(step.shown.as_deref())) }
        td data-name=(weight) { (meter(one.share)) }
        td data-name=(last) {
            @if let Some(last) = step.changes.last() { (last.what) @if last.undo { small { " · undo" } } } @else { span.none { "nothing yet" } }
            (publishing(step))
        }
        td data-name=(waits) {
            @if let Some(waits) = &step.waits_for { div { (mark(Tone::Moving, "waits")) " " (prose(waits)) } }
            @for failed in step.failure.iter().chain(&step.undo_failure) { div { (mark(Tone::Bad, "failed")) " " (times(&story::why_failed(failed))) } }
            @for warning in &step.warnings { div { (mark(Tone::Noted, "note")) " " (times(warning)) } }
        }
    } }
}

fn seen(words: Option<&str>) -> Markup {
    html! { @match words { Some(words) => (words), None => span.none { "not seen yet" } } }
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
