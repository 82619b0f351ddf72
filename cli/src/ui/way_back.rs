//! When an environment last proved its way back by a drill.

use super::parts::{Sort, Stand, age, mark, when};
use crate::status::Environment;
use maud::{Markup, html};
use windlass_domain::drill::{DrillOutcome, Drills, Known, Next, lasted};
use windlass_domain::name::AppName;
use windlass_domain::time::Time;

/// In a cell of the board: how long ago, or what came of a later drill that proved nothing.
pub fn in_short(drills: Option<&Drills>, next: Option<&Next>, now: Time) -> Markup {
    let Some(drills) = drills else {
        return html! { span.none { "–" } };
    };
    html! {
        @match (drills.unproved(), &drills.proved) {
            (Some(last), _) => { (mark(sort(last.outcome), &last.outcome.to_string())) " " (age(last.at, now)) },
            (None, Some(proved)) => { (mark(Sort::Good, "proved")) " " (age(proved.at, now)) },
            (None, None) => span.none { "never proved" },
        }
        @if let Some(why) = next.and_then(|next| next.put_off.as_ref()) { div { small { "put off: " (why) } } }
    }
}

/// On the page of an environment: the last drill that proved it, with both durations, what came of a later one, the one
/// that is under way, and the next one.
pub fn whole(stand: &Stand, environment: &Environment) -> Markup {
    let app = &environment.app;
    let Some(drills) = &environment.drills else {
        return html! {};
    };
    let under_way = drills.under_way.as_ref();
    html! {
        h2 { "Way back" }
        @if drills.proved.is_none() { p.empty { "No drill has proved it yet." } }
        @if let Some(proved) = &drills.proved { (one(stand, app, "proved", proved)) }
        @if let Some(last) = drills.unproved() { (one(stand, app, &last.outcome.to_string(), last)) }
        @if let Some(drill) = under_way {
            p { (mark(Sort::Moving, "under way")) " " a href=(stand.deployment(app, &drill.id.0)) { "drill" } " since " (when(drill.asked)) }
        }
        @if let Some(next) = &environment.next_drill { (by_schedule(next)) }
    }
}

/// The words of [`Next`], with its time as the pages have times.
fn by_schedule(next: &Next) -> Markup {
    html! {
        p {
            "Drills by the schedule: every " (next.every)
            @if let Some(due) = next.due { ", due " (when(due)) }
            @if next.begins { ", begins within the hour" }
            @if let Some(why) = &next.put_off { ", put off: " (why) }
        }
    }
}

fn one(stand: &Stand, app: &AppName, word: &str, known: &Known) -> Markup {
    let took = |ms: Option<u64>| ms.map_or_else(|| "–".to_owned(), lasted);
    html! {
        p {
            (mark(sort(known.outcome), word)) " " (when(known.at)) " by a "
            a href=(stand.deployment(app, &known.drill.0)) { "drill" }
            @if let (Some(from), Some(to)) = (&known.from, &known.to) {
                " from " (from) " to " (to) ": there " (took(known.there_ms)) ", back " (took(known.back_ms))
            }
        }
        @if known.outcome != DrillOutcome::Proved { p { (known.cause) } }
    }
}

const fn sort(outcome: DrillOutcome) -> Sort {
    match outcome {
        DrillOutcome::Proved => Sort::Good,
        DrillOutcome::Failed => Sort::Bad,
        DrillOutcome::Overtaken | DrillOutcome::Refused => Sort::Still,
    }
}
