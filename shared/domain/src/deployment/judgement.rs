//! Judges a wave by its measurements and the time. Pure.
//!
//! A wave passes only when its bake is over and everything is healthy. A clear failure ends it at once. A gate that
//! could not be measured is never healthy by itself (rule 7): the declaration says what it becomes, and after how long.

use crate::declaration::execution_history::{EVERY_S, Looks, SLOWEST_S};
pub use crate::declaration::gate::gate_key;
use crate::declaration::gate::{
    self, GatePoints, Measurement, PauseThen, UnknownBecomes, UnknownRule, Verdict, key_of,
};
use crate::deployment::steering::{Paused, Steered, SteeringRecord, steered};
use crate::text::count::is_zero;
use crate::text::name::ComponentName;
use crate::text::time::{Span, Time};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The judgement of one wave, as the ledger keeps it. Each wave has its own, so that the verdict of an earlier wave is
/// never taken for a later one. Only the judge writes it.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Judgement {
    /// The wave, counted from 0.
    pub wave: u32,
    /// The time at which the wave's changes began, as far as the ledger knows. Points before it are not of this wave.
    pub changed: Time,
    /// The time at which its bake began.
    pub started: Time,
    /// The time at which its bake is over.
    pub until: Time,
    /// The longest time between two looks, in seconds: 60, or more if the history has no room.
    #[serde(default = "every_minute")]
    pub pace_s: u64,
    /// The number of looks that it may take; as many as its pace asks for if absent.
    pub looks: Option<Looks>,
    /// The verdict: `unknown` while it is watched.
    pub verdict: Verdict,
    /// True if its gates decide. An operator's rollback only records them.
    pub decides: bool,
    /// The measurements of the last look.
    pub measurements: Vec<Measurement>,
    /// The measurements of each gate at all looks, thinned out, by the gate's source and name (`metric shop-5xx`). A
    /// gate has at most 60 points, and fewer where there are many gates or waves. The first and the newest are always
    /// among them. A judgement that was made before this was kept has none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub trails: GatePoints,
    /// The measurement that failed it.
    pub failed: Option<Measurement>,
    /// The first measurement that would have failed it, if its gates do not decide.
    pub against: Option<Measurement>,
    /// The time until which the wave before it was looked at, if this one goes on with that wave's watch.
    pub known: Option<Time>,
    /// The time since which each gate has been unknown without a break, by the gate's source and name
    /// (`metric shop-5xx`).
    #[serde(default)]
    pub unknown_since: BTreeMap<String, Time>,
    /// The number of looks.
    pub polls: u32,
    /// The number of these looks while it was paused: they have room of their own in the history.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub paused_polls: u32,
    /// The time of the last look.
    pub looked: Time,
    /// The changes by persons at the wheel, as far as the last look knew; absent if nobody touched it.
    pub steered: Option<Steered>,
}

/// The result of a look.
#[derive(Debug, Clone, PartialEq)]
pub enum Judged {
    /// The wave passed.
    Pass,
    /// The wave failed by this measurement.
    Fail(Box<Measurement>),
    /// A pause was over that nobody had ended, and the declaration says that the release is undone then.
    RanOut {
        /// The time at which it was over.
        until: Time,
    },
    /// It is not known yet: look again after so many seconds.
    Bake {
        /// From [`SOONEST_S`] to the judgement's pace.
        seconds: u64,
    },
}

/// The shortest time between two looks, in seconds: a look costs calls and a state transition.
pub const SOONEST_S: u64 = 5;

const fn every_minute() -> u64 {
    EVERY_S
}

impl Judgement {
    /// Makes the judgement of a wave whose bake begins now.
    pub fn begin(wave: u32, changed: Time, now: Time, bake: Span, decides: bool) -> Self {
        Self {
            pace_s: EVERY_S,
            wave,
            changed,
            started: now,
            until: now.plus_ms(bake.as_ms()),
            decides,
            looked: now,
            ..Self::default()
        }
    }

    /// Makes the judgement of a wave that only looks at what an earlier one has begun. Points since then are of this
    /// wave as well, and it does not measure again what was known.
    #[must_use]
    pub fn going_on(self, before: &Self) -> Self {
        Self {
            changed: before.changed,
            known: Some(before.looked),
            unknown_since: before.unknown_since.clone(),
            ..self
        }
    }

    /// Sets the longest time between two looks, in seconds.
    #[must_use]
    pub fn at_pace(self, pace_s: u64) -> Self {
        Self { pace_s, ..self }
    }

    /// Sets the looks that it may take.
    #[must_use]
    pub fn within(self, looks: Looks) -> Self {
        Self { looks: Some(looks), ..self }
    }

    /// Records what persons did at the wheel. A judgement that is final stays.
    pub fn steer(&mut self, turns: &[SteeringRecord]) {
        if self.settled().is_none() {
            self.steered = steered(turns, self.wave, self.until);
        }
    }

    /// Returns whether a gate passed by a measurement at its last look.
    pub fn is_measured(&self) -> bool {
        self.measurements.iter().any(|one| one.verdict == Verdict::Pass)
    }

    /// Returns the time at which its watch is over: its bake, unless a person has moved that.
    pub fn end(&self) -> Time {
        self.steered.map_or(self.until, |steered| steered.until)
    }

    /// Returns the pause that it is in.
    pub fn paused(&self, now: Time) -> Option<Paused> {
        let paused = self.steered.and_then(|steered| steered.paused);
        paused.filter(|paused| now < paused.until)
    }

    /// Returns the time at which a pause was over after which the release is undone.
    fn ran_out(&self, now: Time) -> Option<Time> {
        let paused = self.steered.and_then(|steered| steered.paused)?;
        let is_over = now >= paused.until && paused.then == PauseThen::Undo;
        is_over.then_some(paused.until)
    }

    /// Records a look and returns its result. A judgement that is final stays.
    pub fn look(&mut self, measurements: Vec<Measurement>, rule: &UnknownRule, now: Time) -> Judged {
        if let Some(judged) = self.settled() {
            return judged;
        }
        self.remember_unknown(&measurements, now);
        gate::add(&mut self.trails, &measurements);
        self.measurements = measurements;
        self.polls += 1;
        self.looked = now;
        let paused = self.paused(now);
        self.paused_polls += u32::from(paused.is_some());
        let watch = (self.end(), paused.map_or(self.pace_s, |it| it.pace_s));
        let judged = if self.decides {
            judge(&self.measurements, rule, &self.unknown_since, watch, now)
        } else {
            self.note_against(rule, watch, now);
            wait_or_pass(watch.0, watch.1, now)
        };
        let judged = match (judged, self.ran_out(now)) {
            (Judged::Fail(red), _) => Judged::Fail(red),
            (_, Some(until)) => Judged::RanOut { until },
            (judged, None) if paused.is_some() => judged,
            (judged, None) => self.spared(judged, rule, now),
        };
        match &judged {
            Judged::Pass => self.verdict = Verdict::Pass,
            Judged::Fail(measurement) => {
                self.verdict = Verdict::Fail;
                self.failed = Some((**measurement).clone());
            }
            Judged::RanOut { .. } => self.verdict = Verdict::Fail,
            Judged::Bake { .. } => {}
        }
        judged
    }

    /// Keeps the first measurement that would have failed it, or would still hold it once its bake is over.
    fn note_against(&mut self, rule: &UnknownRule, watch: (Time, u64), now: Time) {
        if self.against.is_some() {
            return;
        }
        let judged = judge(&self.measurements, rule, &self.unknown_since, watch, now);
        self.against = match judged {
            Judged::Fail(red) => Some(*red),
            Judged::Bake { .. } if now >= watch.0 => {
                let mut all = self.measurements.iter();
                all.find(|one| one.is_unknown()).cloned()
            }
            _ => None,
        };
    }

    /// Returns the time until which a gate was known. For a gate that was known at the last look, it is the time of
    /// that look. For a gate that was unknown there, it is at least one pace before it became unknown. Before the first
    /// look it is the last look at the wave before, if this one goes on with that wave's watch. It is never before the
    /// wave's change began.
    pub fn known_until(&self, source: &str, gate: &str) -> Time {
        let key = key_of(source, gate);
        let known = match (self.polls, self.unknown_since.get(&key)) {
            (_, Some(since)) => Time(since.0.saturating_sub(self.pace_s.max(SLOWEST_S) * 1000)),
            (0, None) => self.known.unwrap_or(self.changed),
            (_, None) => self.looked,
        };
        known.max(self.changed)
    }

    /// Returns the result if it is final: a retry of the judge must not turn it around.
    pub fn settled(&self) -> Option<Judged> {
        match (self.verdict, &self.failed) {
            (Verdict::Pass, _) => Some(Judged::Pass),
            (Verdict::Fail, Some(measurement)) => Some(Judged::Fail(Box::new(measurement.clone()))),
            (Verdict::Fail, None) => {
                let Paused { until, .. } = self.steered?.paused?;
                Some(Judged::RanOut { until })
            }
            (Verdict::Unknown, _) => None,
        }
    }

    /// Lengthens a bake, if necessary, so that the remaining looks last for the remaining time.
    fn spared(&self, judged: Judged, rule: &UnknownRule, now: Time) -> Judged {
        let (Judged::Bake { seconds }, Some(looks)) = (&judged, self.looks) else { return judged };
        let taken = u64::from(self.polls - self.paused_polls);
        let (end, left) = if now < self.end() {
            (self.end(), looks.baking.saturating_sub(taken))
        } else {
            let most = looks.baking + looks.held;
            (held_at_most(self.end(), rule), most.saturating_sub(taken))
        };
        let left_s = end.ms_since(now).div_ceil(1000);
        Judged::Bake { seconds: (*seconds).max(left_s.div_ceil(left.max(1))) }
    }

    fn remember_unknown(&mut self, measurements: &[Measurement], now: Time) {
        let before = std::mem::take(&mut self.unknown_since);
        for measurement in measurements {
            if measurement.is_unknown() {
                let key = gate_key(measurement);
                let since = before.get(&key).copied().unwrap_or(now);
                self.unknown_since.insert(key, since);
            }
        }
    }
}

/// Returns the components of which a gate passed by a measurement, out of those that a deployment brought. The last
/// measurement of each gate counts: one that is unknown then has measured nothing, whatever the declaration lets it
/// become. A gate of the whole release counts for all that was brought.
pub fn measured<'a>(
    judgements: &[Judgement],
    brought: impl Iterator<Item = &'a ComponentName>,
) -> BTreeSet<ComponentName> {
    let mut waves: Vec<&Judgement> = judgements.iter().collect();
    waves.sort_by_key(|judgement| judgement.wave);
    let mut last = BTreeMap::new();
    for one in waves.iter().flat_map(|judgement| &judgement.measurements) {
        last.insert((&one.component, gate_key(one)), one.verdict);
    }
    let passed = last.into_iter().filter(|(_, verdict)| *verdict == Verdict::Pass);
    let passed: BTreeSet<Option<ComponentName>> = passed.map(|((of, _), _)| of.clone()).collect();
    let is_measured = |name: &&ComponentName| passed.contains(&None) || passed.contains(&Some((*name).clone()));
    brought.filter(is_measured).cloned().collect()
}

/// Returns the result of these measurements. `unknown_since` has the unknown ones by [`gate_key`]; `until` is the end
/// of the bake, and `pace_s` the longest time between two looks.
pub fn judge(
    measurements: &[Measurement],
    rule: &UnknownRule,
    unknown_since: &BTreeMap<String, Time>,
    (until, pace_s): (Time, u64),
    now: Time,
) -> Judged {
    let mut held_until = None;
    if let Some(failed) = measurements.iter().find(|m| m.verdict == Verdict::Fail) {
        return Judged::Fail(Box::new(failed.clone()));
    }
    for unknown in measurements.iter().filter(|one| one.is_unknown()) {
        let since = unknown_since.get(&gate_key(unknown)).copied().unwrap_or(now);
        let becomes = if unknown.not_ready { UnknownBecomes::Hold } else { rule.becomes };
        match becomes {
            UnknownBecomes::Pass => {}
            UnknownBecomes::Fail => return Judged::Fail(Box::new(unknown.clone())),
            UnknownBecomes::Hold => {
                let end = since.plus_ms(rule.hold_for.as_ms());
                if now >= end || now >= held_at_most(until, rule) {
                    return Judged::Fail(Box::new(held_too_long(unknown, since)));
                }
                held_until = Some(held_until.map_or(end, |other: Time| other.min(end)));
            }
        }
    }
    match held_until {
        // An unknown gate may become known any moment, also after the bake: look again soon.
        Some(end) => bake(end.min(until.max(now.plus_s(SOONEST_S))), pace_s, now),
        None => wait_or_pass(until, pace_s, now),
    }
}

/// Returns the time until which a wave is held at most: gates that are unknown by turns would hold it for ever.
fn held_at_most(until: Time, rule: &UnknownRule) -> Time {
    until.plus_ms(rule.hold_for.as_ms())
}

fn held_too_long(unknown: &Measurement, since: Time) -> Measurement {
    Measurement { measured: format!("unknown since {since}: {}", unknown.measured), ..unknown.clone() }
}

fn wait_or_pass(until: Time, pace_s: u64, now: Time) -> Judged {
    if now >= until { Judged::Pass } else { bake(until, pace_s, now) }
}

fn bake(until: Time, pace_s: u64, now: Time) -> Judged {
    let seconds = until.ms_since(now).div_ceil(1000);
    Judged::Bake { seconds: seconds.clamp(SOONEST_S, pace_s.max(SOONEST_S)) }
}

#[cfg(test)]
#[path = "judgement_tests.rs"]
mod tests;
