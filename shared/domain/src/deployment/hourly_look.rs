//! The hourly look checks, between deployments, whether the targets of an environment are still as the last deployment
//! left them. It records the differences, since when they are there, and whether they were reported already. Pure.

use crate::declaration::heal::Heal;
use crate::environment::drift::{BothStates, Compared, Drift};
use crate::environment::{Lock, Running};
use crate::release::identity::EnvironmentId;
use crate::text::digest::Digest;
use crate::text::foreign;
use crate::text::name::{AppName, ComponentName, EnvironmentName};
use crate::text::time::Time;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

mod budget;
mod changed_by;
mod drift_changes;
mod look_result;
mod way_back;

pub use budget::{CALLS_A_LOOK, CALLS_AN_HOUR, SpentCalls};
pub use changed_by::{ChangedBy, LoggedCall};
pub use drift_changes::{found, gone};
pub use look_result::{LookResult, ObservedComponent};
pub use way_back::{LostSnapshot, WayBack};

/// The seconds after which an environment is looked at again. With the period of the schedule it is an hour.
pub const EVERY_S: u64 = 55 * 60;

/// The seconds after which a look that did not end, or showed nothing, is begun again: the period of the schedule.
pub const AGAIN_AFTER_S: u64 = 5 * 60;

/// The most looks in a row that may not end before Windlass reports that nothing is known.
const TRIES: u32 = 3;

/// The seconds after a deployment in which nothing is looked at: AWS may show the former state for some seconds.
const QUIET_S: u64 = 60;

/// The knowledge about the drift of an environment.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HourlyLook {
    /// The application.
    pub app: AppName,
    /// The environment.
    pub environment: EnvironmentName,
    /// The time of the next look.
    pub due: Time,
    /// The number of looks that were begun since the last one that ended.
    pub tries: u32,
    /// The calls to targets that its looks took.
    pub spent: SpentCalls,
    /// The time at which the last look ended; absent before the first.
    pub looked: Option<Time>,
    /// The lock's token at that look. A deployment that was under way since then has raised it.
    #[serde(default)]
    pub token: u64,
    /// The revision of the environment's state that the last look compared with.
    #[serde(default)]
    pub state: u64,
    /// The observations of the components that were looked at.
    pub components: BTreeMap<ComponentName, Watched>,
    /// The components that the last look left to later ones, because it would have taken more calls than an hour has.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub left: BTreeSet<ComponentName>,
    /// The marks of differences that the second look after a recovery has reported already.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub told: BTreeMap<ComponentName, Digest>,
    /// The knowledge about the way back; absent before the first check was asked for.
    pub way_back: Option<WayBack>,
}

/// The observations of a component.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Watched {
    /// The time of the last look at it.
    pub at: Time,
    /// The result of the last look.
    pub drift: Drift,
    /// The reason, if it is unknown.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "foreign::maybe")]
    pub unknown: Option<String>,
    /// The state that was seen last, if it is as recorded.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "foreign::maybe")]
    pub seen: Option<String>,
    /// The difference that was there when it could be seen last.
    pub difference: Option<Difference>,
    /// The number of calls to its target that the last look took.
    pub calls: u32,
    /// The time at which its state could be seen last; absent if it never could.
    pub known: Option<Time>,
    /// The declared rule for a difference.
    #[serde(default, skip_serializing_if = "Heal::is_report")]
    pub heal: Heal,
}

/// A difference between a target and its record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// Names the difference: equal while the same difference stays.
    pub mark: Digest,
    /// The recorded state, and the seen one when the difference was found.
    #[serde(flatten)]
    pub both: BothStates,
    /// The last time at which the difference was not there. It began after this.
    pub not_before: Time,
    /// The time at which it was seen first. It began before this.
    pub seen_at: Time,
    /// The person or service that made it, as far as CloudTrail shows; absent if CloudTrail was not asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub who: Option<ChangedBy>,
    /// True if the second look after a recovery has reported it, so that it is not reported again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub told: bool,
}

/// One look at a component.
#[derive(Debug, Clone, PartialEq)]
pub struct ComponentLook {
    /// The result.
    pub compared: Compared,
    /// Names the difference, if there is one.
    pub mark: Option<Digest>,
    /// The number of calls to the target that it took.
    pub calls: u32,
}

impl ComponentLook {
    /// Makes a look that shows nothing, for this reason.
    pub fn unknown(reason: impl Into<String>) -> Self {
        Self { compared: Compared::unknown(reason), mark: None, calls: CALLS_A_LOOK }
    }
}

/// The record that a look compares with.
#[derive(Debug, Clone, Copy)]
pub struct LookBasis<'a> {
    /// The components that run, as recorded.
    pub running: &'a BTreeMap<ComponentName, Running>,
    /// The revision of the state that has this record.
    pub state: u64,
    /// The lock's token.
    pub token: u64,
    /// The declared rule for each component that differs.
    pub heal: &'a BTreeMap<ComponentName, Heal>,
}

impl HourlyLook {
    /// The environment that it is of.
    pub fn environment_id(&self) -> EnvironmentId<'_> {
        EnvironmentId::new(&self.app, &self.environment)
    }

    /// Makes the record of an environment that nobody has looked at yet. Environments that are found together are
    /// looked at one after the other, within an hour.
    pub fn new(of: EnvironmentId<'_>, now: Time) -> Self {
        let digits = u64::from_str_radix(Digest::of(of.to_string().as_bytes()).short(), 16).unwrap_or_default();
        Self {
            app: of.app().clone(),
            environment: of.environment().clone(),
            due: now.plus_s(digits % EVERY_S),
            tries: 0,
            spent: SpentCalls::default(),
            looked: None,
            token: 0,
            state: 0,
            components: BTreeMap::new(),
            left: BTreeSet::new(),
            told: BTreeMap::new(),
            way_back: None,
        }
    }

    /// Returns whether to look now: when the look is due, or earlier if the record has changed since the last look,
    /// because a deployment may have put right what differed.
    pub fn is_due(&self, state: u64, now: Time) -> bool {
        let is_behind = self.tries == 0 && self.looked.is_some() && self.state != state;
        self.due <= now || is_behind
    }

    /// Returns whether nobody deploys, and nobody has just deployed: a look is not meant to find the changes of a
    /// deployment.
    pub fn is_quiet(lock: &Lock, now: Time) -> bool {
        let is_settled = |freed: Time| freed.plus_s(QUIET_S) <= now;
        lock.held.is_none() && lock.freed.is_none_or(is_settled)
    }

    /// Returns the components to look at now, as many as there are calls left for. Those that were not looked at for
    /// longest come first.
    pub fn share(&self, running: &BTreeMap<ComponentName, Running>, spent: u32) -> Vec<ComponentName> {
        let mut names: Vec<&ComponentName> = running.keys().collect();
        names.sort_by_key(|name| self.components.get(*name).map_or(Time(0), |one| one.at));
        let costs = names.into_iter().map(|name| (name, self.cost(name)));
        budget::affordable(costs, spent).cloned().collect()
    }

    fn cost(&self, component: &ComponentName) -> u32 {
        self.components.get(component).map_or(CALLS_A_LOOK, |one| one.calls)
    }

    /// Begins a look, before anything is observed, so that a look that never ends is counted as well. Returns false if
    /// there were too many of those.
    pub fn begin(&mut self, share: &[ComponentName], now: Time) -> bool {
        let calls = share.iter().map(|name| self.cost(name)).fold(0, u32::saturating_add);
        self.due = now.plus_s(AGAIN_AFTER_S);
        let may_try = self.tries < TRIES;
        self.tries += 1;
        if may_try {
            self.spent.add(calls, now);
        }
        may_try
    }

    /// Records what was seen of the components that were looked at, and forgets those that do not run any more.
    pub fn conclude(&mut self, glances: BTreeMap<ComponentName, ComponentLook>, upon: LookBasis<'_>, now: Time) {
        let running = upon.running;
        for (name, glance) in glances {
            let known = self.cost(&name);
            self.spent.add(glance.calls.saturating_sub(known), now);
            if let Some(recorded) = running.get(&name) {
                let former = self.components.remove(&name);
                let mut watched = Watched::after(former, recorded, glance, now);
                if let Some(difference) = watched.new_at(now) {
                    difference.told = self.told.get(&name) == Some(&difference.mark);
                }
                if watched.drift != Drift::Unknown {
                    self.told.remove(&name);
                }
                self.components.insert(name, watched);
            }
        }
        self.components.retain(|name, _| running.contains_key(name));
        for (name, one) in &mut self.components {
            one.heal = upon.heal.get(name).copied().unwrap_or_default();
        }
        let not_now = |name: &&ComponentName| {
            let at = self.components.get(*name).map(|one| one.at);
            at != Some(now)
        };
        self.left = running.keys().filter(not_now).cloned().collect();
        self.due = now.plus_s(EVERY_S);
        self.tries = 0;
        self.looked = Some(now);
        self.token = upon.token;
        self.state = upon.state;
    }

    /// Returns the differences that the last look was the first to see.
    pub fn new_differences(&mut self) -> impl Iterator<Item = (&ComponentName, &mut Difference)> {
        let looked = self.looked;
        self.components
            .iter_mut()
            .filter_map(move |(name, one)| Some((name, one.new_at(looked?)?)))
            .filter(|(_, it)| it.who.is_none())
    }

    /// Returns whether the last look compared with the present record, and nobody has had the lock since.
    pub fn is_of(&self, lock: &Lock, state: u64) -> bool {
        self.looked.is_some() && self.token == lock.token && self.state == state
    }

    /// Returns the differences that are to be restored.
    pub fn to_restore(&self) -> impl Iterator<Item = (&ComponentName, &Difference)> {
        self.components.iter().filter_map(|(name, one)| Some((name, one.to_restore()?)))
    }

    /// Returns whether the last look found nothing to look at. A component that runs there later is found as a new
    /// environment is.
    pub fn is_over(&self) -> bool {
        self.looked.is_some() && self.components.is_empty()
    }
}

/// Returns the calls of all looks of an application that count for the hour of this time: its environments share the
/// calls.
pub fn spent_by<'a>(looks: impl Iterator<Item = &'a HourlyLook>, app: &AppName, now: Time) -> u32 {
    looks.filter(|look| look.app == *app).map(|look| look.spent.at(now)).fold(0, u32::saturating_add)
}

impl Watched {
    /// Returns the difference if this look was the first to see it.
    fn new_at(&mut self, looked: Time) -> Option<&mut Difference> {
        self.difference.as_mut().filter(|it| it.seen_at == looked)
    }

    /// Returns the difference if it is to be restored. A target that is gone is made anew by whoever made it.
    pub fn to_restore(&self) -> Option<&Difference> {
        let is_meant = self.heal == Heal::Restore && self.drift == Drift::Changed;
        self.difference.as_ref().filter(|it| is_meant && it.both.seen.is_some())
    }

    fn after(former: Option<Self>, recorded: &Running, glance: ComponentLook, now: Time) -> Self {
        let Compared { drift, both } = glance.compared;
        let mut watched = Self {
            at: now,
            drift,
            unknown: None,
            seen: None,
            difference: None,
            calls: glance.calls,
            known: Some(now),
            heal: Heal::default(),
        };
        let known = former.as_ref().and_then(|former| former.known);
        let difference = former.and_then(|former| former.difference);
        match drift {
            Drift::None => watched.seen = both.seen,
            Drift::Unknown => {
                watched.unknown = both.reason;
                watched.difference = difference;
                watched.known = known;
            }
            Drift::Changed => {
                let mark = glance.mark.unwrap_or_else(|| Digest::of(b""));
                let same = difference.filter(|known| known.mark == mark);
                let not_before = known.max(Some(recorded.names.now.since)).unwrap_or(now);
                watched.difference =
                    Some(same.unwrap_or(Difference { mark, both, not_before, seen_at: now, who: None, told: false }));
            }
        }
        watched
    }
}

#[cfg(test)]
#[path = "hourly_look_tests.rs"]
mod tests;
