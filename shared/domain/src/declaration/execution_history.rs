//! The limits of an execution, in events and in time. Pure.
//!
//! AWS ends an execution whose history would pass [`LONGEST`] events, and nothing can catch that (AWS Step Functions
//! Developer Guide, *Service quotas*: "Maximum execution history size"). A recovery would bring such a deployment to an
//! ending, and undo a healthy release. So it is refused before it changes anything, or looked at so rarely that it
//! fits.

use crate::declaration::gate::UnknownRule;
use crate::declaration::kinds::Extent;
use crate::declaration::plan::{PlannedChange, Wave};
use crate::declaration::resolved::ResolvedComponent;
use crate::text::count::count;
use crate::text::finding::Finding;
use crate::text::name::ComponentName;
use crate::text::time::Span;
use std::collections::BTreeMap;

pub mod polls;

pub use polls::{EVERY_S, IN_PARTS_S, LONGEST_WAIT, LOOKS_OF_A_VISIT, Looks, OFTEN_S, RARELY_S, SLOWEST_S, polls};

/// The events that AWS allows an execution.
pub const LONGEST: u64 = 25_000;

/// The seconds that the machine gives an execution: its `TimeoutSeconds`.
pub const LONGEST_S: u64 = 9 * 24 * 3600;

/// The seconds for which a deployment may wait for its turn, for approval and the opening of a window.
pub const TURN_S: u64 = 3 * 24 * 3600;

/// The events that are kept for admission, some dozens of turns, planning and settling, with their retries.
const BESIDE: u64 = 1_000;

/// The seconds that are kept for the same.
const BESIDE_S: u64 = 3600;

/// Events of one change that is ready at once: the iteration of the Map begins and succeeds; its
/// Choice is entered and left; its Task is entered, scheduled, started, succeeds and is left.
const CHANGE: u64 = 9;

/// State transitions beside the waves: `Admit`, `Admitted`, `Prepare`, `Prepared`, and `Settle`, `Ended`, `Succeeded`.
const BEGIN_AND_END: u64 = 7;

/// Events of the Task that publishes, and of the Choice behind it.
const PUBLISH: u64 = 7;

/// Events of one poll: the Task fails with `StillInProgress` or `TakesHours`, is scheduled and started.
const POLL: u64 = 3;

/// Events of a wave beside its changes and looks: the Map is entered, started, succeeds and is left,
/// and the Choice behind it.
const WAVE: u64 = 6;

/// Events of one look at most: the Task `Judge`, the Choice `Judged` and the Wait `Bake`, and one retry. A look by the
/// Retry of `StillBaking` has fewer.
const LOOK: u64 = 12;

/// The shortest time between two looks, in seconds, where there is no room for one a minute. They are made by `Bake`
/// then, each for three state transitions instead of one.
const SPARED_S: u64 = 3 * EVERY_S;

/// Events of a wave that is planned once the waves before it have changed: the Task `Prepare`, asked again for as long
/// as it takes, and the Choice behind it.
const PLANNED_LATER: u64 = 7 + 124 * POLL;

/// Seconds of the same.
const PLANNED_LATER_S: u64 = 3600;

/// Seconds of a wave beside its changes and its watch: the last look, with its retries.
const WAVE_S: u64 = 300;

/// The looks that a deployment may take besides those at its pace, over all its waves, while a gate is unknown.
const SPARE: u64 = 300;

/// The looks of a wave that come at its beginning and its ends.
const ENDS: u64 = 3;

/// Returns the extent of a change, as its kind gives it. Every change is of a declared component.
fn extent(change: &PlannedChange, components: &BTreeMap<ComponentName, ResolvedComponent>) -> Extent {
    let component = components.get(&change.component);
    component.map_or_else(Extent::default, |component| component.spec.as_kind().extent())
}

/// Returns the events of a change.
fn events(change: &PlannedChange, components: &BTreeMap<ComponentName, ResolvedComponent>) -> u64 {
    let published = if change.kind.publishes() { PUBLISH } else { 0 };
    CHANGE + published + extent(change, components).polls * POLL
}

/// The waves of a deployment, as the history of its execution records them. An undo that has no room left behind them
/// ends the execution; its recovery has a history of its own and goes on.
#[derive(Debug, Clone, Copy)]
pub struct WaveHistory<'a> {
    waves: &'a [Wave],
    components: &'a BTreeMap<ComponentName, ResolvedComponent>,
    /// The longest time that a wave is held after its bake, in seconds. Whatever an unknown gate becomes, a probe whose
    /// target is not ready yet holds.
    hold_s: u64,
}

impl<'a> WaveHistory<'a> {
    /// Makes the history of waves of declared components. Their gates are judged by this rule; by none if they do not
    /// decide.
    pub fn of(
        waves: &'a [Wave],
        components: &'a BTreeMap<ComponentName, ResolvedComponent>,
        rule: Option<&UnknownRule>,
    ) -> Self {
        Self { waves, components, hold_s: rule.map_or(0, |rule| rule.hold_for.as_s()) }
    }

    /// Returns the events of the changes, forwards.
    fn changes(&self) -> u64 {
        self.waves.iter().flat_map(|wave| &wave.changes).map(|change| events(change, self.components)).sum()
    }

    /// Returns the events beside the looks.
    fn events(&self) -> u64 {
        let later = self.waves.iter().filter(|wave| wave.is_planned_later());
        BESIDE + self.changes() + self.count() * WAVE + later.count() as u64 * PLANNED_LATER
    }

    fn count(&self) -> u64 {
        self.waves.len() as u64
    }

    /// Returns the looks of a wave besides those at its pace and at its ends.
    fn spare(&self) -> u64 {
        (SPARE / self.count().max(1)).clamp(1, 24)
    }

    /// Returns the most looks that all waves take at this pace.
    fn looks_at(&self, pace_s: u64) -> u64 {
        let beside = self.spare() + ENDS;
        self.waves.iter().map(|wave| wave.bake_s.div_ceil(pace_s) + beside).sum()
    }

    /// Returns the number of looks for which the history has room besides those of its waves: a person may pause it.
    pub fn spare_looks(&self) -> u64 {
        let needed = self.events() + self.looks_at(self.pace_s()) * LOOK;
        LONGEST.saturating_sub(needed) / LOOK
    }

    /// Returns the time between two looks of a pause of so many seconds, if the history has room for so many looks;
    /// `None` if it has no room even for the rarest.
    pub fn pace_within(seconds: u64, room: u64) -> Option<u64> {
        let fits = |pace_s: u64| seconds.div_ceil(pace_s) <= room;
        if fits(EVERY_S) {
            return Some(EVERY_S);
        }
        let pace_s = seconds.div_ceil(room.max(1)).max(SPARED_S);
        (pace_s <= SLOWEST_S).then_some(pace_s)
    }

    /// Returns the time that all waves bake, in seconds.
    fn watched_s(&self) -> u64 {
        self.waves.iter().map(|wave| wave.bake_s).sum()
    }

    /// Returns the longest time between two looks, in seconds: [`EVERY_S`], unless the history has no room for so many;
    /// then [`SPARED_S`] to [`SLOWEST_S`].
    pub fn pace_s(&self) -> u64 {
        let room = LONGEST.saturating_sub(self.events()) / LOOK;
        if self.looks_at(EVERY_S) <= room {
            return EVERY_S;
        }
        // Each wave's last look may come sooner than at its pace.
        let beside = self.count() * (self.spare() + ENDS + 1);
        let looks = room.saturating_sub(beside).max(1);
        self.watched_s().div_ceil(looks).clamp(SPARED_S, SLOWEST_S)
    }

    /// Returns how often a wave that bakes so long may be looked at.
    pub fn looks(&self, bake_s: u64) -> Looks {
        let sooner = self.spare() / 4;
        Looks { baking: bake_s.div_ceil(self.pace_s()) + 1 + sooner, held: self.spare() - sooner }
    }

    /// Estimates the state transitions if every gate passes and nothing is waited for. Each poll of a change that AWS
    /// makes is one more.
    pub fn transitions(&self) -> u64 {
        let pace_s = self.pace_s();
        let wave = |wave: &Wave| {
            let changes = wave.changes.iter();
            let published = |change: &PlannedChange| 2 * u64::from(change.kind.publishes());
            let changes: u64 = changes.map(|change| 2 + published(change)).sum();
            let planned_later = 2 * u64::from(wave.is_planned_later());
            // The Map and the Choice behind it; the Task that judges and its Choice.
            2 + changes + planned_later + 2 + looks(wave.bake_s, pace_s)
        };
        BEGIN_AND_END + self.waves.iter().map(wave).sum::<u64>()
    }

    /// Returns the most seconds that it takes, once it has its turn.
    pub fn seconds(&self) -> u64 {
        let wave = |wave: &Wave| {
            let slowest = wave.changes.iter().map(|change| extent(change, self.components).seconds).max();
            let planned_s = if wave.is_planned_later() { PLANNED_LATER_S } else { 0 };
            WAVE_S + planned_s + slowest.unwrap_or(0) + wave.bake_s + self.hold_s
        };
        BESIDE_S + self.waves.iter().map(wave).sum::<u64>()
    }

    /// Returns the finding if AWS would end the execution before the deployment ends, by its history or by its time. So
    /// many seconds of its time have gone already.
    pub fn too_long(&self, gone_s: u64) -> Option<Finding> {
        let events = self.events() + self.looks_at(SLOWEST_S) * LOOK;
        if events > LONGEST {
            return Some(self.too_many_events(events));
        }
        (self.seconds() + gone_s > LONGEST_S).then(|| self.too_many_seconds(gone_s))
    }

    fn too_many_events(&self, events: u64) -> Finding {
        let changes: usize = self.waves.iter().map(|wave| wave.changes.len()).sum();
        Finding::too_large("components",
            format!(
                "{} in {} make a history of up to {}, and AWS ends an execution at {LONGEST}.",
                count(changes, "change"),
                count(self.waves.len(), "wave"),
                count(events, "event")
            ),
            "Name fewer components in the manifest and release the rest in another one, or give their rollouts fewer steps.",
        )
        .seen(events, LONGEST)
    }

    fn too_many_seconds(&self, gone_s: u64) -> Finding {
        let hours = |s: u64| Span::seconds(s.div_ceil(3600) * 3600);
        Finding::too_large(
            "gates",
            format!(
                "The waves take up to {}, {} have gone since it was asked for, and an execution may take {}.",
                hours(self.seconds()),
                hours(gone_s),
                hours(LONGEST_S)
            ),
            "Deploy it again, so that its time begins anew.",
        )
    }
}

/// Returns the state transitions of all looks of a wave but the last. A look by the Retry of `Judge` is one. The `Bake`
/// between two visits of that state is one more. A look after another time than the Retry's is three: the Choice, the
/// `Bake` and the Task.
fn looks(bake_s: u64, pace_s: u64) -> u64 {
    if pace_s != EVERY_S {
        return 3 * bake_s.div_ceil(pace_s);
    }
    let by_retry = bake_s / EVERY_S;
    let rest = u64::from(!bake_s.is_multiple_of(EVERY_S));
    by_retry + by_retry / u64::from(LOOKS_OF_A_VISIT) + 3 * rest
}

#[cfg(test)]
#[path = "execution_history_tests.rs"]
mod tests;
