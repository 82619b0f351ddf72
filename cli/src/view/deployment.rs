//! A deployment as all ways of showing it share it: its states, its facts, its time in stretches, and a row for each
//! component; and the changes that an undo would take back. Pure: the terminal and the pages draw it.

use crate::ground::terminal::{ShownState, Tone};
use crate::view::provenance::{commit, took};
use crate::view::under_way::{before, share};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use windlass_domain::declaration::gate::Verdict;
use windlass_domain::declaration::plan::{PlanOutcome, Wave};
use windlass_domain::deployment::judgement::Judgement;
use windlass_domain::deployment::step::{ChangeRecord, Step, StepStatus};
use windlass_domain::deployment::{Deployment, Ended, Status};
use windlass_domain::release::ending::Ending;
use windlass_domain::shown::api::deployments::Record;
use windlass_domain::text::count::count;
use windlass_domain::text::time::{Time, lasting};

/// Returns the state of a deployment.
pub fn state(status: Status, ending: Option<&Ended>) -> ShownState {
    match (ending, status) {
        (Some(ended), _) => ShownState::new(tone(ended.ending), ended.to_string()),
        (None, Status::Waiting) => ShownState::new(Tone::Still, "waits for its turn"),
        (None, Status::Running) => ShownState::new(Tone::Moving, "is under way"),
        (None, Status::Recovering) => ShownState::new(Tone::Moving, "is being recovered"),
        (None, Status::Ended) => ShownState::new(Tone::Still, "ended"),
    }
}

/// Returns the tone of an ending.
pub const fn tone(ending: Ending) -> Tone {
    match ending {
        Ending::Succeeded => Tone::Good,
        Ending::NothingToDo => Tone::Still,
        Ending::Rejected => Tone::Noted,
        Ending::RolledBack | Ending::NeedsOperator => Tone::Bad,
    }
}

/// Returns the state of a gate by its verdict.
pub fn verdict(verdict: Verdict) -> ShownState {
    match verdict {
        Verdict::Pass => ShownState::new(Tone::Good, "pass"),
        Verdict::Fail => ShownState::new(Tone::Bad, "FAIL"),
        Verdict::Unknown => ShownState::new(Tone::Still, "unknown"),
    }
}

/// Returns the judgement of a wave, once it is watched.
pub fn judgement(record: &Record, wave: u32) -> Option<&Judgement> {
    record.judgements.iter().find(|judgement| judgement.wave == wave)
}

/// Returns the state of a wave.
pub fn wave(record: &Record, number: u32) -> ShownState {
    let judged = judgement(record, number);
    let made = |change: &ChangeRecord| change.wave == Some(number) && !change.undo;
    let has_begun = record
        .steps
        .iter()
        .any(|step| step.changes.iter().any(made) || step.entered.is_some_and(|(wave, _)| wave >= number));
    let is_over = record.deployment.undoing.is_some() || record.deployment.ending.is_some();
    let is_unmeasured = judged.is_some_and(|judged| !judged.is_measured());
    let is_red = judged.is_some_and(|it| it.measurements.iter().any(|one| one.verdict == Verdict::Fail));
    let is_paused = judged.and_then(|judged| judged.steered.as_ref()).is_some_and(|steered| steered.paused.is_some());
    let (tone, words) = match judged.map(|judged| judged.verdict) {
        // Gates of a rollback do not decide.
        Some(Verdict::Pass) if is_red => (Tone::Noted, "over; a gate failed, and did not decide"),
        Some(Verdict::Pass) if is_unmeasured => (Tone::Still, "passed; nothing was measured"),
        Some(Verdict::Pass) => (Tone::Good, "passed"),
        Some(Verdict::Fail) => (Tone::Bad, "failed"),
        Some(Verdict::Unknown) if is_over => (Tone::Still, "cut short"),
        Some(Verdict::Unknown) if is_paused => (Tone::Noted, "paused"),
        Some(Verdict::Unknown) => (Tone::Moving, "watched"),
        None if has_begun && is_over => (Tone::Bad, "not finished"),
        None if has_begun => (Tone::Moving, "changing"),
        None if is_over => (Tone::Still, "not begun"),
        None => (Tone::Still, "to come"),
    };
    ShownState::new(tone, words)
}

/// Returns the number of waves, and the number and state of the one that it is in.
pub fn present_wave(record: &Record) -> (usize, Option<(u32, ShownState)>) {
    let waves = record.plan.as_ref().map_or(0, |plan| plan.waves.len());
    let all = (0..).take(waves).map(|number| (number, wave(record, number)));
    (waves, all.filter(|(_, state)| matches!(state.tone, Tone::Moving | Tone::Noted)).last())
}

/// A component of a deployment: the state before, the version that comes, and the state that was seen last.
#[derive(Debug)]
pub struct ComponentRow<'a> {
    /// The step.
    pub step: &'a Step,
    /// Its state.
    pub state: ShownState,
    /// The state that was found before the first change.
    pub before: Option<Cow<'a, str>>,
    /// The version that the release brings.
    pub version: &'a str,
    /// The beginning of the digest of its bytes.
    pub bytes: Option<String>,
    /// The share of its callers that get it, in percent, where that is known.
    pub share: Option<u32>,
}

/// Returns a row for each component.
pub fn components(record: &Record) -> impl Iterator<Item = ComponentRow<'_>> {
    let release = &record.deployment.release;
    record.steps.iter().map(move |step| {
        let brought = step.artifact.as_ref().or_else(|| release.components.get(&step.component));
        ComponentRow {
            step,
            state: of_step(step.status),
            before: before(step),
            version: &release.version,
            bytes: brought.map(|artifact| artifact.digest().short().to_string()),
            share: share(step, record.plan.as_ref()),
        }
    })
}

impl ComponentRow<'_> {
    /// Returns it in a line. The record of a deployment that is over shows nothing of what runs now.
    pub fn words(&self) -> String {
        let or_nothing = |text: Option<String>| text.unwrap_or_default();
        let before = or_nothing(self.before.as_ref().map(|before| format!("{before} → ")));
        let bytes = or_nothing(self.bytes.as_ref().map(|bytes| format!(" (sha256:{bytes})")));
        let last = or_nothing(self.step.shown.as_ref().map(|shown| format!("; last seen {shown}")));
        let share = self.share.filter(|percent| (1..100).contains(percent));
        let share = or_nothing(share.map(|percent| format!(", {percent} % of callers on what is new")));
        format!("{before}{}{bytes}: {}{last}{share}", self.version, self.state.drawn())
    }
}

fn of_step(status: StepStatus) -> ShownState {
    let (tone, words) = match status {
        StepStatus::Planned => (Tone::Still, "planned"),
        StepStatus::Changing => (Tone::Moving, "changing"),
        StepStatus::Changed => (Tone::Good, "changed"),
        StepStatus::Failed => (Tone::Bad, "failed"),
        StepStatus::Undoing => (Tone::Moving, "going back"),
        StepStatus::Undone => (Tone::Noted, "back as before"),
        StepStatus::UndoFailed => (Tone::Bad, "could NOT be brought back"),
    };
    ShownState::new(tone, words)
}

/// A stretch of a deployment's time.
#[derive(Debug, PartialEq, Eq)]
pub struct Stretch {
    /// Its name, and its tone.
    pub state: ShownState,
    /// The time at which it begins.
    pub from: Time,
    /// The time at which it ends.
    pub to: Time,
}

impl Stretch {
    /// Returns how long it took, in words.
    pub fn span(&self) -> String {
        lasting(self.to.ms_since(self.from) / 1000)
    }
}

/// Divides the time of a deployment into stretches, by what it did then.
pub fn stretches(record: &Record, now: Time) -> Vec<Stretch> {
    let deployment = &record.deployment;
    let end = deployment.ending.as_ref().map_or(now, |ended| ended.at);
    let Some(started) = deployment.started else {
        return Vec::new();
    };
    let mut all = Vec::new();
    let mut add = |name: String, tone, from: Time, to: Time| {
        if to > from {
            all.push(Stretch { state: ShownState::new(tone, name), from, to });
        }
    };
    add("waited".to_owned(), Tone::Still, deployment.accepted, started);
    let mut at = started;
    for judged in &record.judgements {
        let number = judged.wave + 1;
        add(format!("change {number}"), Tone::Noted, at, judged.started.max(at));
        let (tone, to) = match judged.verdict {
            Verdict::Fail => (Tone::Bad, judged.looked),
            Verdict::Pass => (Tone::Good, judged.looked),
            Verdict::Unknown => (Tone::Moving, end),
        };
        add(format!("watch {number}"), tone, judged.started.max(at), to.min(end));
        at = to.max(at).min(end);
    }
    let (last, tone) = if deployment.undoing.is_some() { ("undo", Tone::Bad) } else { ("change", Tone::Noted) };
    add(last.to_owned(), tone, at, end);
    all
}

/// A fact of a deployment, as a value that each way of showing it draws.
#[derive(Debug)]
pub enum DeploymentFact<'a> {
    /// Words.
    Words(String),
    /// A point in time.
    At(Time),
    /// The commit in short, and the ref.
    Commit(String, &'a str),
    /// The ARNs of executions.
    Executions(&'a [String]),
}

impl fmt::Display for DeploymentFact<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Words(words) => f.write_str(words),
            Self::At(at) => write!(f, "{at}"),
            Self::Commit(commit, reference) => write!(f, "{commit} {reference}"),
            Self::Executions(all) => f.write_str(&all.join(", ")),
        }
    }
}

/// Returns the facts of a deployment that its first line has not, each with its name.
pub fn facts(deployment: &Deployment) -> Vec<(&'static str, DeploymentFact<'_>)> {
    let (began, ended) = (deployment.started, deployment.ending.as_ref());
    let git = deployment.release.git.as_ref();
    let cost = ended.and_then(|ended| ended.cost.as_ref()).map(|cost| {
        let (transitions, worked) = (count(cost.transitions, "transition"), lasting(cost.worked_ms / 1000));
        format!("about {:.4} US dollars: {transitions}, functions worked {worked}", cost.dollars)
    });
    let facts = [
        ("Audit", deployment.audited().more().map(DeploymentFact::Words)),
        ("Commit", git.map(|git| DeploymentFact::Commit(commit(Some(git)), &git.reference))),
        ("Began", began.map(DeploymentFact::At)),
        ("Ended", ended.map(|ended| DeploymentFact::At(ended.at))),
        ("Took", began.and(ended).map(|ended| DeploymentFact::Words(took(began, Some(ended.at))))),
        ("Declaration", Some(DeploymentFact::Words(deployment.declaration.to_string()))),
        ("Cost", cost.map(DeploymentFact::Words)),
        ("Execution", Some(DeploymentFact::Executions(&deployment.executions))),
    ];
    facts.into_iter().filter_map(|(name, fact)| Some((name, fact?))).collect()
}

/// The changes of a deployment, as an undo goes through them.
#[derive(Debug, PartialEq)]
pub enum UndoneChanges<'a> {
    /// Nothing that anybody could notice.
    Nothing,
    /// The last wave first, by its number. A component stands with the first wave that it took part in.
    Waves(Vec<(u32, Vec<&'a Step>)>),
    /// These are irreversible, and have begun or may have: nothing is brought back.
    Barred(Vec<&'a Step>),
}

/// Returns what an undo of a deployment would go through.
pub fn undone(record: &Record) -> UndoneChanges<'_> {
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
    let is_in = |wave: &Wave| wave.changes.iter().any(|it| it.component == step.component);
    let planned = (0..).zip(waves).find(|(_, wave)| is_in(wave));
    step.goals.keys().next().copied().or(planned.map(|(number, _)| number))
}

/// Returns whether the last wave of a deployment has passed: then it is settled and not undone.
pub fn has_passed(record: &Record) -> bool {
    let Some(plan) = record.plan.as_ref() else {
        return false;
    };
    let last = plan.waves.len().checked_sub(1).and_then(|last| u32::try_from(last).ok());
    let is_passed = record.judgements.iter().any(|judged| Some(judged.wave) == last && judged.verdict == Verdict::Pass);
    record.deployment.undoing.is_none() && (plan.outcome != PlanOutcome::Change || is_passed)
}

#[cfg(test)]
#[path = "deployment_tests.rs"]
mod tests;
