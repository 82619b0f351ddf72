//! Healing restores a component that has drifted. Pure.
//!
//! A component that is declared `heal: restore` is brought back to its record by a deployment like any other. This
//! deployment is never in anybody's way: it begins only if nothing else is under way, waits or is held, and if the last
//! look compared with the present record. If a component has to be restored again and again, automatic deployments are
//! held, and a person is notified.

use crate::deployment::Deployment;
use crate::deployment::hourly_look::{Difference, EVERY_S, HourlyLook};
use crate::environment::kept::Restored;
use crate::environment::{EnvironmentState, Lock};
use crate::prose;
use crate::release::action::ActionName;
use crate::release::call::operators;
use crate::release::cause_name::CauseName;
use crate::release::identity::DeploymentId;
use crate::text::count::count;
use crate::text::foreign::truncate;
use crate::text::name::ComponentName;
use crate::text::prose::Prose;
use crate::text::time::Time;
use std::collections::{BTreeMap, BTreeSet};

/// The most restores of a component within a day. Something sets the component back again and again if it differs after
/// that.
pub const A_DAY: usize = 3;

/// The longest reason of a restore, in bytes: a request's reason has room for it.
const LONGEST_REASON: usize = 900;

/// The longest reason of the hold, in bytes.
const LONGEST_HOLD: usize = 2_000;

/// The facts about an environment in which something may have to be restored.
#[derive(Debug, Clone, Copy)]
pub struct HealFacts<'a> {
    /// The last look.
    pub look: Option<&'a HourlyLook>,
    /// The lock.
    pub lock: &'a Lock,
    /// The environment's state.
    pub state: &'a EnvironmentState,
    /// The revision of the state.
    pub rev: u64,
    /// A deployment that waits, or the drill that is under way.
    pub other: Option<&'a DeploymentId>,
}

/// The decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HealDecision {
    /// These components are restored, for this reason.
    Restore(BTreeSet<ComponentName>, String),
    /// They were restored too often within a day: automatic deployments are held, for this reason.
    Hold(String),
    /// Nothing is done, for this reason.
    Nothing(String),
}

/// Decides. The schedule asks it before it starts anything. The conductor asks it again at the turn, where it is
/// certain.
pub fn turn(at: &HealFacts<'_>, now: Time) -> HealDecision {
    if let Some(why) = in_the_way(at) {
        return HealDecision::Nothing(why);
    }
    let of_now = |look: &&HourlyLook| look.is_of(at.lock, at.rev);
    let Some(look) = at.look.filter(of_now) else {
        return HealDecision::Nothing("what is recorded has changed since the last look".to_owned());
    };
    let drifted: BTreeMap<&ComponentName, &Difference> = look.to_restore().collect();
    if drifted.is_empty() {
        return HealDecision::Nothing("the last look found nothing that is to be restored".to_owned());
    }
    let is_worn =
        |name: &ComponentName| of(at.state, name, now).into_iter().filter(|one| !one.refused).count() >= A_DAY;
    if drifted.keys().any(|name| is_fresh(at.state, name, now)) {
        return HealDecision::Nothing("it was tried within the last hour".to_owned());
    }
    let mut left = drifted.clone();
    left.retain(|name, _| of(at.state, name, now).len() < A_DAY);
    let mut again = drifted;
    again.retain(|name, _| is_worn(name));
    if !again.is_empty() {
        return HealDecision::Hold(why_held(&again, at.state, now));
    }
    if left.is_empty() {
        return HealDecision::Nothing(format!("it was tried {A_DAY} times within a day"));
    }
    let names = left.keys().copied().cloned().collect();
    HealDecision::Restore(names, truncate(differing(&left), LONGEST_REASON))
}

/// Says what keeps anything from being restored now.
fn in_the_way(at: &HealFacts<'_>) -> Option<String> {
    if let Some(held) = at.lock.stuck() {
        return Some(format!("deployment {} needs an operator", held.deployment));
    }
    if let Some(held) = &at.lock.held {
        return Some(format!("deployment {} is under way", held.deployment));
    }
    if let Some(hold) = &at.state.hold {
        return Some(format!("automatic deployments are held {}", hold.in_words()));
    }
    let other = at.other?;
    Some(format!("deployment {other} waits, or its drill is under way"))
}

/// Returns the restores of a component within a day.
fn of<'a>(state: &'a EnvironmentState, name: &ComponentName, now: Time) -> Vec<&'a Restored> {
    state.restored.iter().filter(|one| one.counts(now) && one.components.contains(name)).collect()
}

/// Returns whether it was restored so recently that no hourly look came since. A restore that was refused, or did not
/// work, is not tried again at once.
fn is_fresh(state: &EnvironmentState, name: &ComponentName, now: Time) -> bool {
    let mut all = of(state, name, now).into_iter();
    all.any(|one| now < one.at.plus_s(EVERY_S))
}

/// Lists the differences of each component, as a part of a sentence.
fn differing(all: &BTreeMap<&ComponentName, &Difference>) -> String {
    all.iter()
        .map(|(name, it)| format!("{name} is not as recorded: {}", it.in_words()))
        .collect::<Vec<_>>()
        .join("; and ")
}

fn why_held(again: &BTreeMap<&ComponentName, &Difference>, state: &EnvironmentState, now: Time) -> String {
    let mut ids: Vec<&DeploymentId> = Vec::new();
    for restored in again.keys().flat_map(|name| of(state, name, now)) {
        if !restored.refused && !ids.contains(&&restored.deployment) {
            ids.push(&restored.deployment);
        }
    }
    let ids: Vec<&str> = ids.into_iter().map(DeploymentId::as_str).collect();
    let why = format!(
        "{}, though what is recorded was deployed {} within a day (deployments {}). Something sets it back, such as \
         infrastructure code \
         at each of its runs: let that leave it alone, or declare `heal: report`",
        differing(again),
        count(A_DAY, "time"),
        ids.join(", ")
    );
    truncate(why, LONGEST_HOLD)
}

/// The name of the cause of a restore that was not made: something stands in the way, or there is nothing to do.
pub const NOT_RESTORED: &str = CauseName::NotRestored.as_str();

/// The name of the cause of a restore in whose place automatic deployments are held.
pub const KEEPS_DRIFTING: &str = CauseName::KeepsDrifting.as_str();

/// Returns the sentence of a restore that is not made now. Nobody has to do anything: the next look asks for it again.
pub fn not_restored(record: &Deployment, why: &str) -> String {
    let (app, environment) = (&record.app, &record.environment);
    format!("{app} {environment} is not restored now: {why}. What differs then is restored after a later look.")
}

/// Returns the sentence of a restore in whose place automatic deployments are held.
pub fn held(record: &Deployment, why: &str) -> Prose {
    let (app, environment) = (&record.app, &record.environment);
    let next = prose!(
        "once that is mended, start {}; what differs then is restored again",
        operators(ActionName::ReleaseHold, record.environment_id())
    );
    prose!(
        "{} {} KEEPS DRIFTING, and automatic deployments are held: {}.\n  {}",
        app,
        environment,
        why,
        Prose::next(next)
    )
}

/// Returns the sentence of a restore that has ended well. `changed` are the components that it has changed.
pub fn restored(record: &Deployment, changed: &[String]) -> String {
    let (app, environment) = (&record.app, &record.environment);
    if changed.is_empty() {
        return format!("Nothing to restore in {app} {environment}: it is as recorded by now.");
    }
    let reason = record.reason.as_ref();
    let reason = reason.map(|reason| format!(" Before that {reason}."));
    format!("{app} {environment} is as recorded again: {} restored.{}", changed.join(", "), reason.unwrap_or_default())
}

#[cfg(test)]
#[path = "heal_tests.rs"]
mod tests;
