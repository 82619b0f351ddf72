//! Decides about the wish of a person who steers a deployment, and about the longest time of a pause, by the room in
//! the execution and by the time that AWS waits. Pure.

use crate::access::AllowedBy;
use crate::declaration::execution_history::polls::SLOWEST_S;
use crate::declaration::execution_history::{LONGEST_S, WaveHistory};
use crate::declaration::gate::{Measurement, PauseRule, UnknownRule, Verdict};
use crate::declaration::plan::{Plan, Timing, Wave, latest_changes, waves_of};
use crate::declaration::resolved::ResolvedComponent;
use crate::deployment::judgement::Judgement;
use crate::deployment::steering::{MOST_TURNS, Paused, SteeringRecord, pause_of, steered};
use crate::deployment::{Deployment, Status};
use crate::environment::{HeldState, Lock};
use crate::prose;
use crate::release::action::ActionName;
use crate::release::call;
use crate::text::count::count;
use crate::text::finding::{Finding, FindingName};
use crate::text::name::ComponentName;
use crate::text::time::{Span, Time};
use std::collections::BTreeMap;

/// The wish of a person.
#[derive(Debug, Clone)]
pub struct SteeringRequest<'a> {
    /// `pause`, `continue` or `skip_bake`.
    pub action: ActionName,
    /// `pause`: the longest time; as long as the rule says if absent.
    pub lasts: Option<Span>,
    /// The person.
    pub by: String,
    /// What let the person in, where rules of operators were in force.
    pub allowed_by: Option<AllowedBy>,
    /// The reason.
    pub reason: &'a str,
}

/// The ledger's facts about a deployment.
#[derive(Debug, Clone, Copy)]
pub struct SteeringFacts<'a> {
    /// Its record.
    pub record: &'a Deployment,
    /// The lock of its environment.
    pub lock: &'a Lock,
    /// Its plan, with no wave if it has none yet.
    pub plan: &'a Plan,
    /// The judgements of its waves.
    pub judgements: &'a [Judgement],
    /// The declared components.
    pub components: &'a BTreeMap<ComponentName, ResolvedComponent>,
    /// The declared rule for an unknown measurement.
    pub unknown: &'a UnknownRule,
    /// The declared rule for pauses.
    pub pause: PauseRule,
}

/// The decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SteeringDecision {
    /// It is done: the record gets this.
    Turn(SteeringRecord),
    /// It is already so. The text says that in a sentence.
    Already(String),
    /// It cannot be done.
    Refused(Vec<Finding>),
}

/// Decides. Asking twice does nothing twice: the answer is then that it is already so.
pub fn decide(wish: &SteeringRequest<'_>, watched: &SteeringFacts<'_>, now: Time) -> SteeringDecision {
    let judgement = match watching(wish, watched) {
        Ok(judgement) => judgement,
        Err(finding) => return SteeringDecision::Refused(vec![finding]),
    };
    if let Some(already) = already(wish, watched, judgement, now) {
        return SteeringDecision::Already(already);
    }
    let timed = match wish.action {
        ActionName::Continue => vec![],
        _ => timed_by_aws(wish, watched, judgement),
    };
    if !timed.is_empty() {
        return SteeringDecision::Refused(timed);
    }
    if watched.record.wheel.len() >= MOST_TURNS {
        let finding = too_often(watched.record);
        return SteeringDecision::Refused(vec![finding]);
    }
    let pause = match wish.action {
        ActionName::Pause => match pause(wish, watched, judgement, now) {
            Ok(pause) => Some(pause),
            Err(finding) => return SteeringDecision::Refused(vec![finding]),
        },
        _ => None,
    };
    SteeringDecision::Turn(SteeringRecord {
        action: wish.action,
        wave: judgement.wave,
        at: now,
        by: wish.by.clone(),
        allowed_by: wish.allowed_by.clone(),
        reason: wish.reason.to_owned(),
        pause,
    })
}

/// Returns the judgement of the wave that is watched.
fn watching<'a>(wish: &SteeringRequest<'_>, watched: &SteeringFacts<'a>) -> Result<&'a Judgement, Finding> {
    let record = watched.record;
    let id = &record.id;
    let not = |reason: String, remedy: &str| Finding::new(FindingName::NotWatched, "deployment", reason, remedy);
    if let Some(ended) = &record.ending {
        return Err(not(
            format!("deployment {id} has ended already: {ended}."),
            "Nothing has to be done; start a rollback to go back from a release that succeeded.",
        ));
    }
    if record.status == Status::Waiting {
        return Err(not(
            format!("deployment {id} waits for its turn, and watches nothing yet."),
            "Ask again while it watches, or cancel it.",
        ));
    }
    let mut judgements: Vec<&Judgement> = watched.judgements.iter().collect();
    judgements.sort_by_key(|judgement| judgement.wave);
    let last = judgements.last();
    let red = last.and_then(|last| red(last));
    if let (ActionName::SkipBake, Some((judgement, red))) = (wish.action, last.zip(red)) {
        return Err(is_red(judgement, red));
    }
    let held = watched.lock.held_for(id);
    let runs = held.is_some_and(|held| held.state == HeldState::Running);
    let has_failed = last.is_some_and(|last| last.verdict == Verdict::Fail);
    if !runs || record.undoing.is_some() || has_failed {
        return Err(not(
            format!("deployment {id} is being undone already, or needs an operator."),
            "Wait for its ending.",
        ));
    }
    last.filter(|last| last.settled().is_none()).copied().ok_or_else(|| {
        not(
            format!("deployment {id} watches nothing now: it prepares or changes something."),
            "Ask again once the next wave is watched, or cancel it.",
        )
    })
}

/// Returns the gate of a judgement that is red, with what was measured.
fn red(judgement: &Judgement) -> Option<&Measurement> {
    let failed = judgement.failed.as_ref();
    let mut measured = judgement.measurements.iter();
    failed.or_else(|| measured.find(|one| one.verdict == Verdict::Fail))
}

fn is_red(judgement: &Judgement, red: &Measurement) -> Finding {
    Finding::new(
        FindingName::GateIsRed,
        "gates",
        format!(
            "wave {} has a red gate, `{}`: measured {}, threshold {}.",
            judgement.wave + 1,
            red.gate,
            red.measured,
            red.threshold
        ),
        "What is red does not pass, whoever asks. Look at that gate, and release a fix.",
    )
    .seen(&red.measured, &red.threshold)
}

/// Says that it is already so, if it is.
fn already(
    wish: &SteeringRequest<'_>,
    watched: &SteeringFacts<'_>,
    judgement: &Judgement,
    now: Time,
) -> Option<String> {
    let turns = &watched.record.wheel;
    let number = judgement.wave + 1;
    let paused = pause_of(turns, judgement.wave, now);
    match wish.action {
        ActionName::Continue if paused.is_none() => {
            Some(format!("Nothing was changed: wave {number} is not paused. It is watched until {}.", judgement.end()))
        }
        ActionName::SkipBake if paused.is_none() => {
            let end = steered(turns, judgement.wave, judgement.until);
            let end = end.map_or(judgement.until, |steered| steered.until);
            (end <= now).then(|| {
                format!(
                    "Nothing was changed: the bake of wave {number} is over since {end}. It passes at its next look, where \
                     no gate is red or unknown."
                )
            })
        }
        _ => None,
    }
}

/// Returns a finding for each component that AWS goes on with by itself.
fn timed_by_aws(wish: &SteeringRequest<'_>, watched: &SteeringFacts<'_>, judgement: &Judgement) -> Vec<Finding> {
    let waves = &watched.plan.waves;
    let latest = latest_changes(waves, judgement.wave);
    let mut later = (0..).zip(waves).skip_while(|(wave, _)| *wave <= judgement.wave);
    let has_later = later.any(|(wave, _)| is_ours(waves, wave));
    let timed = latest.iter().filter_map(|(component, (_, change))| {
        let Some(Timing::GoesOn(aws)) = &change.timing else { return None };
        let what = match wish.action {
            ActionName::SkipBake => "skipped",
            _ => "paused",
        };
        let record = watched.record;
        let cancel = call::cancel(record.environment_id(), &record.id);
        Some(Finding::new(
            FindingName::TimedByAws,
            format!("components.{component}"),
            format!(
                "{aws} goes on with `{component}` by itself in wave {}, where Windlass has no pause: it cannot be {what}.",
                judgement.wave + 1
            ),
            if has_later {
                prose!("Wait for a later wave, or cancel the deployment with {}.", cancel)
            } else {
                prose!("Let it go on, or cancel the deployment with {}.", cancel)
            },
        ))
    });
    timed.collect()
}

/// True where AWS goes on with nothing by itself in a wave.
fn is_ours(waves: &[Wave], wave: u32) -> bool {
    let latest = latest_changes(waves, wave);
    let mut changes = latest.values();
    !changes.any(|(_, change)| matches!(change.timing, Some(Timing::GoesOn(_))))
}

fn pause(
    wish: &SteeringRequest<'_>,
    watched: &SteeringFacts<'_>,
    judgement: &Judgement,
    now: Time,
) -> Result<Paused, Finding> {
    let history = WaveHistory::of(&watched.plan.waves, watched.components, Some(watched.unknown));
    let lasts_s = wish.lasts.unwrap_or(watched.pause.lasts).as_s();
    if lasts_s == 0 {
        return Err(Finding::bad_value(
            "for",
            "A pause of no time is none.",
            "Write how long it lasts at most, such as `2h`.",
        ));
    }
    let Longest { seconds, because } = longest(watched, &history, judgement, now);
    let pace_s = WaveHistory::pace_within(lasts_s, looks(watched, &history));
    match pace_s.filter(|_| lasts_s <= seconds) {
        Some(pace_s) => {
            Ok(Paused { until: now.plus_s(lasts_s), pace_s: pace_s.max(judgement.pace_s), then: watched.pause.then })
        }
        None => Err(too_long(lasts_s, seconds, &because)),
    }
}

fn too_long(lasts_s: u64, longest_s: u64, because: &str) -> Finding {
    let minutes = Span::seconds(longest_s / 60 * 60);
    let remedy = if longest_s < 60 {
        "Let it go on, or cancel it.".to_owned()
    } else {
        format!("Pause it for at most {minutes}, with `for`.")
    };
    Finding::too_large("for", format!("A pause of {} is too long here: {because}.", Span::seconds(lasts_s)), remedy)
        .seen(Span::seconds(lasts_s), minutes)
}

fn too_often(record: &Deployment) -> Finding {
    Finding::too_large(
        "deployment",
        format!(
            "deployment {} was steered {} already, and its record has no room for more.",
            record.id,
            count(MOST_TURNS, "time")
        ),
        "Let it end, or cancel it.",
    )
}

/// The seconds that AWS must wait longer than a pause: the look that ends it may come so late.
const LOOK_S: u64 = 60;

/// The longest pause, and what bounds it.
pub(super) struct Longest {
    pub seconds: u64,
    pub because: String,
}

/// Returns the looks for which the history has room while it is paused.
pub(super) fn looks(watched: &SteeringFacts<'_>, history: &WaveHistory<'_>) -> u64 {
    let spent = watched.judgements.iter();
    let spent: u64 = spent.map(|one| u64::from(one.paused_polls)).sum();
    history.spare_looks().saturating_sub(spent)
}

/// Returns the longest pause that can end as it says, in seconds.
pub(super) fn longest(
    watched: &SteeringFacts<'_>,
    history: &WaveHistory<'_>,
    judgement: &Judgement,
    now: Time,
) -> Longest {
    let gone_s = now.ms_since(watched.record.accepted) / 1000;
    let left_s = LONGEST_S.saturating_sub(history.seconds() + gone_s);
    let history_s = looks(watched, history) * SLOWEST_S;
    let mut longest = Longest {
        seconds: left_s.min(history_s),
        because: format!("an execution may take {} and has a history of limited length", Span::seconds(LONGEST_S)),
    };
    for (component, (reached, change)) in latest_changes(&watched.plan.waves, judgement.wave) {
        let Some(Timing::Waits(waits_s)) = change.timing else { continue };
        let since = watched.judgements.iter().find(|one| one.wave == reached);
        let since = since.map_or(now, |one| one.started);
        let waves = &watched.plan.waves;
        let next = waves_of(waves, component).into_iter().find(|wave| *wave > judgement.wave);
        let after_s = between(waves, judgement.wave, next) + LOOK_S;
        let end = since.plus_s(waits_s.saturating_sub(after_s));
        let seconds = end.ms_since(now) / 1000;
        if seconds < longest.seconds {
            longest = Longest {
                seconds,
                because: format!(
                    "AWS waits for Windlass with `{component}` until {}, and takes it back then",
                    since.plus_s(waits_s)
                ),
            };
        }
    }
    longest
}

/// Returns the seconds for which the waves behind this one are watched, until the next one begins.
fn between(waves: &[Wave], wave: u32, next: Option<u32>) -> u64 {
    let end = next.map_or(waves.len(), |next| next as usize);
    waves.iter().take(end).skip(wave as usize + 1).map(|wave| wave.bake_s).sum()
}
