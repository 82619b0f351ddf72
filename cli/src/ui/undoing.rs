//! The effect of an undo of a deployment, by its record: shown before it is cancelled, or recovered.

use super::parts::{mark, times};
use crate::ground::terminal::Tone;
use crate::view::story::why_failed;
use crate::view::under_way::before;
use maud::{Markup, html};
use std::collections::BTreeMap;
use windlass_domain::declaration::gate::Verdict;
use windlass_domain::declaration::plan::PlanOutcome;
use windlass_domain::deployment::Status;
use windlass_domain::deployment::step::{Step, StepStatus};
use windlass_domain::environment::{HeldState, LockHolder};
use windlass_domain::shown::api::deployments::Record;

/// The changes of a deployment, as an undo goes through them.
#[derive(Debug, PartialEq)]
enum UndoneChanges<'a> {
    /// Nothing that anybody could notice.
    Nothing,
    /// The last wave first, by its number. A component stands with the first wave that it took part in.
    Waves(Vec<(u32, Vec<&'a Step>)>),
    /// These are irreversible, and have begun or may have: nothing is brought back.
    Barred(Vec<&'a Step>),
}

fn back(record: &Record) -> UndoneChanges<'_> {
    let begun = record.steps.iter().filter(|step| step.status.may_have_changed());
    let bars: Vec<&Step> = begun.clone().filter(|step| step.irreversible).collect();
    if !bars.is_empty() {
        return UndoneChanges::Barred(bars);
    }
    let mut waves: BTreeMap<u32, Vec<&Step>> = BTreeMap::new();
    for step in begun {
        if let Some(wave) = first_wave(record, step) {
            waves.entry(wave).or_default().push(step);
        }
    }
    if waves.is_empty() {
        return UndoneChanges::Nothing;
    }
    UndoneChanges::Waves(waves.into_iter().rev().collect())
}

/// Returns the first wave that a component takes part in: it is brought back with that wave.
fn first_wave(record: &Record, step: &Step) -> Option<u32> {
    let waves = record.plan.iter().flat_map(|plan| &plan.waves);
    let mut waves = (0..).zip(waves);
    let is_in =
        |wave: &windlass_domain::declaration::plan::Wave| wave.changes.iter().any(|it| it.component == step.component);
    let planned = waves.find(|(_, wave)| is_in(wave));
    step.goals.keys().next().copied().or(planned.map(|(number, _)| number))
}

/// Returns whether its last wave has passed: then it is settled and not undone.
fn has_passed(record: &Record) -> bool {
    let Some(plan) = record.plan.as_ref() else {
        return false;
    };
    let last = plan.waves.len().checked_sub(1).and_then(|last| u32::try_from(last).ok());
    let is_passed = record.judgements.iter().any(|judged| Some(judged.wave) == last && judged.verdict == Verdict::Pass);
    record.deployment.undoing.is_none() && (plan.outcome != PlanOutcome::Change || is_passed)
}

/// Shows that an act would do nothing, and why.
pub fn nothing(why: &str) -> Markup {
    html! { p { (mark(Tone::Noted, "nothing")) " " (why) } }
}

/// Shows what a cancellation would do.
pub fn cancelled(record: &Record, held: Option<&LockHolder>) -> Markup {
    let deployment = &record.deployment;
    if let Some(ended) = &deployment.ending {
        return nothing(&format!("It has ended: {ended}. There is nothing to stop."));
    }
    let is_its = held.filter(|held| held.deployment == deployment.id);
    if is_its.is_some_and(|held| held.state != HeldState::Running) || deployment.undoing.is_some() {
        return nothing("It is being undone already.");
    }
    if deployment.status == Status::Waiting {
        return html! { p { "It waits for its turn and has changed nothing. It would end, and nothing is undone." } };
    }
    html! {
        p { "It would be stopped." }
        (brought_back(record))
    }
}

/// Shows what a recovery would do.
pub fn recovered(record: &Record, held: Option<&LockHolder>) -> Markup {
    let deployment = &record.deployment;
    let state = held.filter(|held| held.deployment == deployment.id).map(|held| held.state);
    match (state, &deployment.ending) {
        (None, Some(ended)) => nothing(&format!("It has ended: {ended}, and does not hold the lock.")),
        (None, None) => html! { p {
            "It does not hold the lock. Where its execution died while it waited it would end, and nothing is undone; else this is refused."
        } },
        (Some(HeldState::Recovering), _) => nothing("A recovery is under way already."),
        (Some(HeldState::Running), _) => html! {
            p { "It is under way. Where its execution still runs this is refused: cancel it then. Where that died:" }
            (brought_back(record))
        },
        (Some(HeldState::NeedsOperator), _) => html! {
            p { "It would be undone again, and the environment is unlocked once all is back." }
            (brought_back(record))
        },
    }
}

fn brought_back(record: &Record) -> Markup {
    if has_passed(record) {
        return html! { p { "Its last wave has passed: where nothing was taken back since it is settled as it is, and nothing is undone." } };
    }
    let is_left = |step: &&Step| !step.status.may_have_changed();
    let left: Vec<String> = record.steps.iter().filter(is_left).map(|step| step.component.to_string()).collect();
    html! {
        @match back(record) {
            UndoneChanges::Nothing => p { "It has changed nothing, so nothing is undone." },
            UndoneChanges::Barred(bars) => {
                p { (mark(Tone::Bad, "nothing would be brought back")) " What came before must not run after these:" }
                ul.plain { @for step in bars { li { b { (step.component) } " is irreversible, and has begun" } } }
            },
            UndoneChanges::Waves(waves) => {
                p { "What it has changed would be undone, the last wave first:" }
                ol.undone { @for (wave, steps) in waves { @for step in steps { li {
                    b { (step.component) } " " small { "wave " (wave + 1) } " " (from_to(step))
                } } } }
            },
        }
        @if !left.is_empty() { p.aside { "As before already, or not begun: " (left.join(", ")) "." } }
    }
}

/// Shows the state from which, and to which, a component would go.
fn from_to(step: &Step) -> Markup {
    if !step.has_switched() {
        return html! { "nothing of it that callers notice was changed" };
    }
    let before = before(step);
    html! {
        (step.shown.as_deref().unwrap_or("not seen yet")) " → " (before.as_deref().unwrap_or("what was before"))
        @if step.status == StepStatus::UndoFailed {
            div { (mark(Tone::Bad, "could not be brought back before")) @if let Some(why) = &step.undo_failure { " " (times(&why_failed(why))) } }
        }
    }
}

#[cfg(test)]
#[path = "undoing_tests.rs"]
mod tests;
