//! The way back of an environment: when a drill last proved it, and what the last drill did.

use super::parts::{PagePlace, age, mark, prose, state, times, when};
use crate::ground::failure::Failure;
use crate::ground::terminal::Tone;
use crate::talk::windlass::Windlass;
use crate::view::deployment::verdict;
use crate::view::drills::newest;
use maud::{Markup, html};
use windlass_domain::deployment::drill::{
    Drill, DrillDeployment, DrillOutcome, DrillStep, DrillSummary, Drills, NextDrill, lasted,
};
use windlass_domain::release::identity::EnvironmentId;
use windlass_domain::shown::api::environments::Environment;
use windlass_domain::text::count::count;
use windlass_domain::text::name::AppName;
use windlass_domain::text::time::Time;

/// The last drill that has ended, if there is one; or why it could not be read.
pub type LastDrill = Result<Option<Drill>, Failure>;

/// Reads the last drill that has ended.
pub async fn last(windlass: &Windlass, here: &Environment) -> LastDrill {
    if known(here).is_none() {
        return Ok(None);
    }
    newest(windlass, EnvironmentId::new(&here.app, &here.name)).await
}

/// Returns what an environment knows of its last drill.
pub fn known(here: &Environment) -> Option<&DrillSummary> {
    here.situation.drills.last.as_ref()
}

/// Shows it in a cell of the board: how long ago it was proved, or the outcome of a later drill that proved nothing.
pub fn in_short(drills: &Drills, next: Option<&NextDrill>, now: Time) -> Markup {
    html! {
        @match (drills.unproved(), &drills.proved) {
            (Some(last), _) => { (mark(tone(last.outcome), &last.outcome.to_string())) " " (age(last.at, now)) },
            (None, Some(proved)) => { (mark(Tone::Good, "proved")) " " (age(proved.at, now)) },
            (None, None) => span.none { "never proved" },
        }
        @if let Some(why) = next.and_then(|next| next.put_off.as_ref()) { div { small { "put off: " (times(why)) } } }
    }
}

/// Shows it on the page of an environment: the last drill that proved it, with both durations, the outcome of a later
/// one, what the last one did, the one that is under way, and the next one.
pub fn whole(stand: &PagePlace, environment: &Environment, last: &LastDrill) -> Markup {
    let (app, drills) = (&environment.app, &environment.situation.drills);
    html! {
        h2 { "Way back" }
        @if drills.proved.is_none() { p.empty { "No drill has proved it yet." } }
        @if let Some(proved) = &drills.proved { (one(stand, app, "proved", proved)) }
        @if let Some(last) = drills.unproved() { (one(stand, app, &last.outcome.to_string(), last)) }
        @match last {
            Ok(None) => {},
            Ok(Some(drill)) => (ways(stand, app, drill)),
            Err(why) => p.aside { "What the last drill did could not be read: " (times(&why.message)) },
        }
        @if let Some(drill) = &drills.under_way {
            p { (mark(Tone::Moving, "under way")) " " (link(stand, app, &drill.id.0)) " since " (when(drill.asked)) }
            (ways(stand, app, drill))
        }
        @if let Some(next) = &environment.situation.next_drill { (by_schedule(next)) }
    }
}

fn link(stand: &PagePlace, app: &AppName, id: &str) -> Markup {
    html! { a href=[stand.deployment(app, id)] { "drill" } }
}

/// Shows the words of [`NextDrill`], with its time as the pages have times.
fn by_schedule(next: &NextDrill) -> Markup {
    html! {
        p {
            "Drills by the schedule: every " (next.every)
            @if let Some(due) = next.due {
                @if next.begins || next.put_off.is_some() { ", was due " } @else { ", due " }
                (when(due))
            }
            @if next.begins { ", begins within the hour" }
            @if let Some(why) = &next.put_off { ", put off: " (times(why)) }
        }
    }
}

fn one(stand: &PagePlace, app: &AppName, word: &str, known: &DrillSummary) -> Markup {
    let took = |ms: Option<u64>| ms.map_or_else(|| "–".to_owned(), lasted);
    html! {
        p {
            (mark(tone(known.outcome), word)) " " (when(known.at)) " by a " (link(stand, app, &known.drill.0))
            @if let (Some(from), Some(to)) = (&known.from, &known.to) {
                " from " (from) " to " (to) ": there " (took(known.there_ms)) ", back " (took(known.back_ms))
            }
        }
        @if known.outcome != DrillOutcome::Proved { p { (prose(&known.cause)) } }
    }
}

/// Shows what a drill did on each of its ways, folded.
fn ways(stand: &PagePlace, app: &AppName, drill: &Drill) -> Markup {
    html! {
        (way(stand, app, "there", &drill.there))
        @if let Some(back) = &drill.back { (way(stand, app, "back", back)) }
    }
}

fn way(stand: &PagePlace, app: &AppName, word: &str, deployment: &DrillDeployment) -> Markup {
    let ended = deployment.ended.as_ref();
    let took = deployment.ms().map(|ms| format!(" after {}", lasted(ms)));
    let id = format!("{word}-{}", deployment.deployment);
    html! { @if let Some(ended) = ended {
        details id=(id) {
            summary id={ (id) "-title" } {
                "The last way " (word) " ended " (ended.ending) (took.unwrap_or_default()) ": " (count(deployment.steps.len(), "step"))
            }
            ul.plain {
                @for step in &deployment.steps { li { (line(step)) } }
                @if deployment.left_out > 0 { li { "and " (count(deployment.left_out, "step")) " more" } }
            }
            p { a href=[stand.deployment(app, &deployment.deployment.0)] { "deployment " (deployment.deployment) } }
        }
    } }
}

fn line(step: &DrillStep) -> Markup {
    html! {
        (when(step.at)) " " (times(&step.what))
        @if let Some(one) = step.verdict { " " (state(&verdict(one))) }
    }
}

const fn tone(outcome: DrillOutcome) -> Tone {
    match outcome {
        DrillOutcome::Proved => Tone::Good,
        DrillOutcome::Failed => Tone::Bad,
        DrillOutcome::Overtaken | DrillOutcome::Refused => Tone::Still,
    }
}
