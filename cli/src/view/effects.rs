//! The effect of an act without a plan, by what is recorded now: what a cancellation or a recovery would undo, what
//! accepting would record of each component, and who goes on or waits with a hold or without it. The terminal and the
//! pages draw it.

use crate::ground::failure::Failure;
use crate::ground::terminal::{ShownState, Tone};
use crate::talk::windlass::{RouteName, Windlass};
use crate::view::deployment::{UndoneChanges, has_passed, undone};
use crate::view::provenance::short;
use crate::view::record;
use crate::view::status;
use crate::view::story::why_failed;
use crate::view::under_way::before;
use serde::Serialize;
use std::collections::BTreeSet;
use windlass_domain::deployment::Status;
use windlass_domain::deployment::step::{Step, StepStatus};
use windlass_domain::environment::drift::{Compared, Drift};
use windlass_domain::environment::{ACCEPTED, HeldState, LockHolder};
use windlass_domain::release::action::ActionName;
use windlass_domain::release::identity::EnvironmentId;
use windlass_domain::shown::api::deployments::Record;
use windlass_domain::shown::api::environments::{Environment, WaitingDeployment};

/// The effect of an act.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub struct Effect {
    /// The lines.
    pub lines: Vec<EffectLine>,
    /// The components with what accepting records of each; none for another act.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub accepted: Vec<AcceptedComponent>,
    /// The lines behind the components.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub then: Vec<EffectLine>,
}

/// A line of an effect.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct EffectLine {
    /// The component that it is about, where it is one of a list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub component: Option<String>,
    /// The state before its words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<ShownState>,
    /// The words.
    pub words: String,
}

fn line(words: impl Into<String>) -> EffectLine {
    EffectLine { component: None, state: None, words: words.into() }
}

fn marked(tone: Tone, state: &str, words: impl Into<String>) -> EffectLine {
    EffectLine { state: Some(ShownState::new(tone, state)), ..line(words) }
}

fn nothing(why: impl Into<String>) -> Vec<EffectLine> {
    vec![marked(Tone::Noted, "nothing", why)]
}

impl EffectLine {
    fn of(self, step: &Step) -> Self {
        Self { component: Some(step.component.to_string()), ..self }
    }

    fn in_words(&self) -> String {
        let component = self.component.as_ref().map(|name| format!("  {name}:"));
        let behind = if self.words.is_empty() { "" } else { ":" };
        let state = self.state.as_ref().map(|state| format!("{}{behind}", state.drawn()));
        let words = Some(self.words.clone()).filter(|words| !words.is_empty());
        component.into_iter().chain(state).chain(words).collect::<Vec<_>>().join(" ")
    }
}

/// A component: its observed state, its record, and the state that accepting records.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct AcceptedComponent {
    /// The name.
    pub component: String,
    /// The state that is there now, where it was seen.
    pub seen: Option<String>,
    /// The state that is recorded.
    pub recorded: Option<String>,
    /// The state that accepting records.
    pub becomes: AcceptedState,
}

/// The state of a component that accepting records.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AcceptedState {
    /// The record stays as it is.
    AsRecorded,
    /// This runs.
    Runs(String),
    /// Nothing runs.
    Nothing,
    /// Nobody knows, so nothing is accepted.
    Refused(String),
    /// It is not recorded as running: the look at the moment of accepting shows its state.
    Looked,
}

impl AcceptedState {
    /// Returns it as a state, and why it is refused.
    pub fn shown(&self) -> (ShownState, Option<&str>) {
        match self {
            Self::AsRecorded => (ShownState::new(Tone::Good, "stays as recorded"), None),
            Self::Runs(seen) => (ShownState::new(Tone::Noted, seen), None),
            Self::Nothing => (ShownState::new(Tone::Noted, "that nothing runs"), None),
            Self::Refused(why) => (ShownState::new(Tone::Bad, "nobody knows"), Some(why)),
            Self::Looked => (ShownState::new(Tone::Still, "what the look shows"), None),
        }
    }
}

impl Effect {
    fn of(lines: Vec<EffectLine>) -> Self {
        Self { lines, ..Self::default() }
    }

    /// Reads what is recorded now, and for accepting the targets. Of a cancellation and a recovery `id` is the
    /// deployment; the one that holds the lock where it is `None`.
    ///
    /// # Errors
    /// No answer, or one that cannot be understood.
    pub async fn read(
        windlass: &Windlass,
        of: EnvironmentId<'_>,
        verb: &str,
        id: Option<String>,
    ) -> Result<Self, Failure> {
        let names = [of.app().as_str(), of.environment().as_str()];
        let here: Environment = windlass.read(RouteName::Environment, &names, &[]).await?;
        let held = here.situation.lock.held.as_ref();
        let id = match verb {
            "cancel" | "recover" => id.or_else(|| held.map(|held| held.deployment.0.clone())),
            "accept" => here.situation.lock.stuck().map(|stuck| stuck.deployment.0.clone()),
            _ => None,
        };
        let record = match &id {
            Some(id) => record::of_deployment(windlass, of.app(), id).await?,
            None => None,
        };
        Ok(match (verb, &record) {
            ("hold", _) => Self::of(hold(&here)),
            ("release-hold", _) => Self::of(released(&here)),
            ("cancel", Some(record)) => Self::of(cancelled(record, held).into_iter().chain(next(&here)).collect()),
            ("recover", Some(record)) => Self::of(recovered(record, held).into_iter().chain(next(&here)).collect()),
            // Accepting looks at the targets itself, and only their present state shows what it would record.
            ("accept", Some(record)) => {
                let seen: Environment = windlass.read(RouteName::Environment, &names, &[("observe", "true")]).await?;
                accepted(record, &seen)
            }
            (_, _) if id.is_some() => Self::of(nothing("It is not recorded yet, and has changed nothing.")),
            ("accept", None) => Self::of(nothing("It does not need an operator, so that this is refused.")),
            (_, _) => Self::of(nothing("Nobody holds the lock.")),
        })
    }

    /// Returns it as a terminal shows it.
    pub fn in_words(&self) -> String {
        let accepted = self.accepted.iter().map(|one| {
            let (state, why) = one.becomes.shown();
            let why = why.map_or_else(String::new, |why| format!(" {why}"));
            let (seen, recorded) = (one.seen.as_deref().unwrap_or("-"), one.recorded.as_deref().unwrap_or("-"));
            format!("  {}: {}{why}; there now {seen}, recorded {recorded}", one.component, state.drawn())
        });
        let (lines, then) = (self.lines.iter(), self.then.iter());
        let all = lines.map(EffectLine::in_words).chain(accepted).chain(then.map(EffectLine::in_words));
        all.collect::<Vec<_>>().join("\n")
    }
}

fn accepted(record: &Record, environment: &Environment) -> Effect {
    let accepted = components(record, environment);
    let is_refused = accepted.iter().any(|one| matches!(one.becomes, AcceptedState::Refused(_)));
    let is_as_recorded = accepted.iter().all(|one| one.becomes == AcceptedState::AsRecorded);
    let becomes = if is_refused {
        let why = "As long as what is there cannot be seen nothing is accepted, and the environment stays locked.";
        marked(Tone::Bad, "refused", why)
    } else if is_as_recorded {
        line("Everything is as recorded: the present snapshot stays.")
    } else {
        line(format!("A snapshot {ACCEPTED} is made of it, which no gate has judged."))
    };
    let turn = if environment.situation.waiting.is_empty() { "" } else { ", and who waits has a turn" };
    let first = "All of it is looked at once more, some seconds after you ask, and what is seen then is recorded. By \
                 what is there now:";
    let then = vec![becomes, line(format!("Then the environment is unlocked{turn}."))];
    Effect { lines: vec![line(first)], accepted, then }
}

/// Returns the components of the deployment: something is recorded of those alone.
fn components(record: &Record, environment: &Environment) -> Vec<AcceptedComponent> {
    let mut known = BTreeSet::new();
    record.steps.iter().filter(|step| known.insert(&step.component)).map(|step| component(step, environment)).collect()
}

fn component(step: &Step, environment: &Environment) -> AcceptedComponent {
    let name = &step.component;
    let running = environment.running.get(name);
    let version = running.map(|running| running.version().to_owned());
    let beside = environment.observed.as_ref().and_then(|observed| observed.get(name)).filter(|_| running.is_some());
    let (seen, recorded, becomes) = match beside {
        Some(compared) => {
            let Compared { both, .. } = compared;
            (both.seen.clone(), both.recorded.clone().or(version), becomes(compared, step))
        }
        None => (step.shown.clone(), version, AcceptedState::Looked),
    };
    AcceptedComponent { component: name.to_string(), seen, recorded, becomes }
}

fn becomes(compared: &Compared, step: &Step) -> AcceptedState {
    match (compared.drift, &compared.both.seen) {
        (Drift::None, _) => AcceptedState::AsRecorded,
        (Drift::Changed, Some(seen)) => AcceptedState::Runs(seen.clone()),
        (Drift::Changed, None) => AcceptedState::Nothing,
        // A component that the deployment has not touched, or has seen back, is as well known as it was before.
        (Drift::Unknown, _) if !step.status.may_have_changed() => AcceptedState::AsRecorded,
        (Drift::Unknown, _) => {
            let why = compared.both.reason.clone();
            AcceptedState::Refused(why.unwrap_or_else(|| "it could not be looked at".to_owned()))
        }
    }
}

/// Returns the line on which deployment has a turn afterwards.
fn next(here: &Environment) -> Option<EffectLine> {
    let waiting = here.situation.waiting.iter().map(|waits| status::deployment(here, &waits.deployment));
    let waiting: Vec<String> = waiting.collect();
    let words = format!("Then the next of those that wait has its turn: {}.", waiting.join("; "));
    (!waiting.is_empty()).then(|| line(words))
}

const GOES: &str = "an operator asked for it, and it goes all the same.";
const REFUSED: &str = "it would be refused at its turn, unless it was let through a hold.";

fn hold(here: &Environment) -> Vec<EffectLine> {
    let now = &here.situation;
    let held = now.hold.as_ref().map(|hold| {
        let held = hold.in_words_of(short);
        line(format!("Deployments are held already, {held}. Your reason is kept beside that one."))
    });
    let waiting = now.waiting.iter().map(|waits| {
        let asked = now.deployments.get(&waits.deployment);
        let goes = waits.operator || asked.is_some_and(|asked| asked.action == ActionName::Rollback);
        waiting(here, waits, if goes { GOES } else { REFUSED })
    });
    let last = "A release that arrives would be refused, and comes no more by itself. A rollback goes, and so does \
                what is let through the hold with a reason.";
    let under_way = under_way(here, "it goes on, and a hold does not stop it");
    held.into_iter().chain([under_way]).chain(waiting).chain([line(last)]).collect()
}

fn released(here: &Environment) -> Vec<EffectLine> {
    let Some(hold) = &here.situation.hold else {
        return nothing("There is no hold.");
    };
    let ends = line(format!("The hold ends: it was set {}.", hold.in_words_of(short)));
    let turn = "it has its turn when the lock is free.";
    let waiting = here.situation.waiting.iter().map(|waits| waiting(here, waits, turn));
    let last = "A release that arrives would go again. One that was refused meanwhile comes no more by itself: \
                release or deploy it again.";
    [ends, under_way(here, "it goes on")].into_iter().chain(waiting).chain([line(last)]).collect()
}

fn waiting(here: &Environment, waits: &WaitingDeployment, becomes: &str) -> EffectLine {
    marked(Tone::Still, "waits", format!("{}: {becomes}", status::deployment(here, &waits.deployment)))
}

fn under_way(here: &Environment, becomes: &str) -> EffectLine {
    let Some(held) = &here.situation.lock.held else {
        let waits = if here.situation.waiting.is_empty() { ", and nothing waits" } else { "" };
        return line(format!("Nothing is under way{waits}."));
    };
    let (tone, what, becomes) = match held.state {
        HeldState::Running => (Tone::Moving, "under way", becomes),
        HeldState::Recovering => (Tone::Moving, "being recovered", becomes),
        HeldState::NeedsOperator => (Tone::Bad, "needs an operator", "it stays locked"),
    };
    marked(tone, what, format!("{}: {becomes}.", status::deployment(here, &held.deployment)))
}

fn cancelled(record: &Record, held: Option<&LockHolder>) -> Vec<EffectLine> {
    let deployment = &record.deployment;
    if let Some(ended) = &deployment.ending {
        return nothing(format!("It has ended: {ended}. There is nothing to stop."));
    }
    let is_its = held.filter(|held| held.deployment == deployment.id);
    if is_its.is_some_and(|held| held.state != HeldState::Running) || deployment.undoing.is_some() {
        return nothing("It is being undone already.");
    }
    if deployment.status == Status::Waiting {
        return vec![line("It waits for its turn and has changed nothing. It would end, and nothing is undone.")];
    }
    behind("It would be stopped.", record)
}

fn recovered(record: &Record, held: Option<&LockHolder>) -> Vec<EffectLine> {
    let deployment = &record.deployment;
    let state = held.filter(|held| held.deployment == deployment.id).map(|held| held.state);
    match (state, &deployment.ending) {
        (None, Some(ended)) => nothing(format!("It has ended: {ended}, and does not hold the lock.")),
        (None, None) => vec![line(
            "It does not hold the lock. Where its execution died while it waited it would end, and nothing is undone; \
             else this is refused.",
        )],
        (Some(HeldState::Recovering), _) => nothing("A recovery is under way already."),
        (Some(HeldState::Running), _) => behind(
            "It is under way. Where its execution still runs this is refused: cancel it then. Where that died:",
            record,
        ),
        (Some(HeldState::NeedsOperator), _) => {
            behind("It would be undone again, and the environment is unlocked once all is back.", record)
        }
    }
}

fn behind(first: &str, record: &Record) -> Vec<EffectLine> {
    [line(first)].into_iter().chain(brought_back(record)).collect()
}

fn brought_back(record: &Record) -> Vec<EffectLine> {
    if has_passed(record) {
        let settled = "Its last wave has passed: where nothing was taken back since it is settled as it is, and \
                       nothing is undone.";
        return vec![line(settled)];
    }
    let mut lines = match undone(record) {
        UndoneChanges::Nothing => vec![line("It has changed nothing, so nothing is undone.")],
        UndoneChanges::Barred(bars) => {
            let none = marked(Tone::Bad, "nothing would be brought back", "What came before must not run after these:");
            let bars = bars.into_iter().map(|step| line("is irreversible, and has begun").of(step));
            [none].into_iter().chain(bars).collect()
        }
        UndoneChanges::Waves(waves) => {
            let first = line("What it has changed would be undone, the last wave first:");
            let steps = waves.into_iter().flat_map(|(wave, steps)| steps.into_iter().map(move |step| (wave, step)));
            [first].into_iter().chain(steps.flat_map(|(wave, step)| from_to(wave, step))).collect()
        }
    };
    let is_left = |step: &&Step| !step.status.may_have_changed();
    let left: Vec<&str> = record.steps.iter().filter(is_left).map(|step| step.component.as_str()).collect();
    let left = (!left.is_empty()).then(|| line(format!("As before already, or not begun: {}.", left.join(", "))));
    lines.extend(left);
    lines
}

/// Returns the lines on the state from which, and to which, a component would go.
fn from_to(wave: u32, step: &Step) -> Vec<EffectLine> {
    let number = wave + 1;
    if !step.has_switched() {
        let words = format!("wave {number}: nothing of it that callers notice was changed");
        return vec![line(words).of(step)];
    }
    let (now, before) = (step.shown.as_deref().unwrap_or("not seen yet"), before(step));
    let before = before.as_deref().unwrap_or("what was before");
    let failed = (step.status == StepStatus::UndoFailed).then(|| {
        let why = step.undo_failure.as_ref().map(why_failed).unwrap_or_default();
        marked(Tone::Bad, "could not be brought back before", why).of(step)
    });
    [line(format!("wave {number}: {now} → {before}")).of(step)].into_iter().chain(failed).collect()
}

#[cfg(test)]
#[path = "effects_tests.rs"]
mod tests;
