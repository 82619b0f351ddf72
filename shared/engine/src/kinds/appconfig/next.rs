//! Pure: decides what to do next so that callers get the configuration that they must get.
//!
//! Forward, a version is made, and deployed by the declared strategy. Back, a deployment under way is stopped, and a
//! complete one is reverted, which AppConfig does at once and whatever its alarms say. If AppConfig no longer allows
//! that, the version before is deployed as fast as possible, and followed to its end, because an alarm may roll that
//! back as well. AWS does not say what AppConfig does with two sorts of reverts. That of a deployment that is not the
//! newest of its profile is never tried. That of one that nothing came before is warned of before the release, and
//! tried where it is the only way.

use super::state::{BAKING, COMPLETE, Change, Configuration, DEPLOYING, Goal, ROLLING_BACK, Seen, Target, VALIDATING};
use super::wording;
use crate::kinds::Next;
use crate::ports::ConfigurationRollout;

/// The strategy of a way back: AppConfig's own strategy that reaches all callers at once, and watches its alarms for
/// ten minutes (AWS AppConfig User Guide, "Using predefined deployment strategies").
pub(super) const AT_ONCE: &str = "AppConfig.AllAtOnce";

/// The seconds between two looks at a deployment.
const POLL_S: u64 = 10;

/// The seconds by which a deployment may take longer than its strategy says.
const LATE_S: u64 = 15 * 60;

/// The seconds for which another deployment in the environment is waited for. A change is polled for about an hour.
const PATIENT_S: u64 = 50 * 60;

/// Decides what to do next; see [`crate::kinds::Kind::next`].
pub(super) fn next(target: &Target, seen: &Seen, goal: &Goal) -> Next<Change> {
    let wanted = match &goal.live {
        None => None,
        Some(configuration) => match version(seen, configuration) {
            Ok(version) => Some(version),
            Err(next) => return next,
        },
    };
    let live = seen.live();
    match (live, wanted) {
        (None, None) => Next::Done,
        (Some(live), Some(wanted)) if live.version == wanted => reached(target, seen, goal, live),
        _ => taken_back(target, seen, goal, wanted).unwrap_or_else(|| towards(target, seen, goal, live, wanted)),
    }
}

/// Returns the number of the wanted version, or what to do before there is one.
fn version<'a>(seen: &'a Seen, wanted: &'a Configuration) -> Result<&'a str, Next<Change>> {
    if let Some(version) = &wanted.version {
        return Ok(version);
    }
    match &seen.made {
        Some(made) if made.is_other => Err(Next::Failed(wording::other_content(&made.version))),
        Some(made) => Ok(&made.version),
        None => Err(Next::Do(Change::Create {
            label: wanted.label.clone().unwrap_or_default(),
            newest: seen.newest_version,
        })),
    }
}

/// Decides what to do when the wanted version is live or on its way.
fn reached(target: &Target, seen: &Seen, goal: &Goal, live: &ConfigurationRollout) -> Next<Change> {
    match live.state.as_str() {
        COMPLETE => Next::Done,
        DEPLOYING | BAKING if goal.grows => Next::Done,
        _ => {
            let is_late = |end: windlass_domain::text::time::Time| seen.now > end.plus_s(LATE_S);
            if live.ends().is_some_and(is_late) {
                Next::Failed(wording::late(target, live))
            } else {
                Next::Wait(POLL_S)
            }
        }
    }
}

/// Decides what to do when the deployment that was sent on this way is gone: AppConfig has taken it back, or somebody
/// has stopped it.
fn taken_back(target: &Target, seen: &Seen, goal: &Goal, wanted: Option<&str>) -> Option<Next<Change>> {
    let detail = seen.detail.as_ref()?;
    let is_ours = detail.description == seen.mark && Some(detail.rollout.version.as_str()) == wanted;
    if !is_ours || detail.rollout.stands() {
        return None;
    }
    let now = seen.live();
    Some(if wording::is_by_a_person(detail) {
        Next::Failed(wording::stopped(target, detail, now))
    } else {
        let is_back = goal.strategy.is_none();
        Next::TakenBack(wording::taken_back(target, detail, now, is_back))
    })
}

fn towards(
    target: &Target,
    seen: &Seen,
    goal: &Goal,
    live: Option<&ConfigurationRollout>,
    wanted: Option<&str>,
) -> Next<Change> {
    let is_back = goal.strategy.is_none();
    let behind = seen.behind().map(|behind| behind.version.as_str());
    if is_back && let Some(live) = live {
        let stop = || Next::Do(Change::Stop { number: live.number, back_to: behind.map(str::to_owned) });
        match live.state.as_str() {
            VALIDATING | ROLLING_BACK => return Next::Wait(POLL_S),
            _ if seen.is_of_others(live) => return Next::Theirs(wording::replaced(target, live)),
            DEPLOYING | BAKING => return stop(),
            _ if behind == wanted && seen.can_be_reverted(live) => return stop(),
            _ => {}
        }
    }
    if let Some(other) = seen.under_way() {
        return busy(target, seen, other);
    }
    let Some(version) = wanted else { return Next::Failed(wording::no_way_back(target, live)) };
    Next::Do(Change::Start {
        version: version.to_owned(),
        strategy: goal.strategy.clone().unwrap_or_else(|| AT_ONCE.to_owned()),
        newest: seen.newest(),
    })
}

/// Waits for another deployment if its end can be expected. In an environment AppConfig makes one deployment at a time,
/// over all its profiles. One that is under way before a release begins is a finding of `Prepare`.
fn busy(target: &Target, seen: &Seen, other: &ConfigurationRollout) -> Next<Change> {
    let is_too_long = other.ends().is_some_and(|end| {
        let is_stuck = seen.now > end.plus_s(LATE_S);
        is_stuck || end > seen.now.plus_s(PATIENT_S)
    });
    if is_too_long { Next::Failed(wording::busy(target, other)) } else { Next::Wait(POLL_S) }
}

#[cfg(test)]
#[path = "next_tests.rs"]
mod tests;
