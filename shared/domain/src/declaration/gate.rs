//! Gates, measurements and verdicts, and the values of a gate over the looks at a wave, thinned out evenly so that they
//! stay few. Pure.
//!
//! A watch of a day has 1,440 looks. The points that are kept show its course. These are the first look and the newest,
//! those at which the verdict changed as long as there is room, and some of the others, about as far from each other.

// Points are thinned out so that no gap grows much longer than another: an average is another number than the one
// judged, and every n-th look may skip the one that was red. CloudWatch's series would need a right of the reader.

use crate::text::foreign;
use crate::text::name::ComponentName;
use crate::text::time::{Span, Time};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The verdict of a gate.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Healthy.
    Pass,
    /// Unhealthy.
    Fail,
    /// It could not be measured. It is never healthy (rule 7).
    #[default]
    Unknown,
}

crate::text::name::displayed!(Verdict, Serialize::serialize);

/// One measurement, with its threshold.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Measurement {
    /// The gate: an alarm's name, a metric's name, a probe's URL, a function and request.
    #[serde(deserialize_with = "foreign::one")]
    pub gate: String,
    /// The sort of the gate, such as `alarm`, as `declaration/gates` has it.
    pub source: String,
    /// The component that the gate is declared of; absent if it is of the whole release.
    pub component: Option<ComponentName>,
    /// The verdict.
    pub verdict: Verdict,
    /// The measured value with its unit, such as `7.3 errors/min` or `status 500 after 12 ms`.
    #[serde(deserialize_with = "foreign::one")]
    pub measured: String,
    /// The measured value as a number; absent if it is none, as in `status 500 after 12 ms`.
    pub value: Option<f64>,
    /// The threshold, such as `5` or `status 200 within 800 ms`.
    #[serde(deserialize_with = "foreign::one")]
    pub threshold: String,
    /// The threshold as a number; absent if it is none, or if there are two.
    pub limit: Option<f64>,
    /// The window of the measurement, such as `3 of 3 points, 14:02-14:05 UTC`; empty if none.
    #[serde(default, deserialize_with = "foreign::one")]
    pub window: String,
    /// The place where a person looks next, such as a log group or the alarm's name.
    #[serde(default, deserialize_with = "foreign::one")]
    pub look_at: String,
    /// True if the target of the gate has said that it is not ready to be measured yet. Then the wave is held, as long
    /// as the rule for unknown gates says, whatever else that rule says. This is neither a failure nor a gate that is
    /// silent.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub not_ready: bool,
    /// True if the gate was not there yet when the release was planned. It counts once all of the release has changed,
    /// and before that it decides nothing.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub counts_later: bool,
    /// The time of the measurement.
    pub at: Time,
}

impl Measurement {
    /// Returns whether the gate should be known and is not, so that the rule for unknown gates decides.
    pub fn is_unknown(&self) -> bool {
        self.verdict == Verdict::Unknown && !self.counts_later
    }
}

/// Returns the key that distinguishes one gate of a wave from another.
pub fn gate_key(measurement: &Measurement) -> String {
    key_of(&measurement.source, &measurement.gate)
}

/// Returns the same key of a gate that was not measured.
pub(crate) fn key_of(source: &str, gate: &str) -> String {
    format!("{source} {gate}")
}

/// The rule for an unknown measurement, for example of a metric without data. The rule sets whether Windlass waits for
/// a known value, and for how long.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UnknownRule {
    /// The treatment of an unknown measurement at first.
    #[serde(default)]
    pub becomes: UnknownBecomes,
    /// With `hold`, the time after which an unknown measurement counts as a failure.
    #[serde(default = "Span::of_seconds::<300>", rename = "for")]
    pub hold_for: Span,
}

impl Default for UnknownRule {
    fn default() -> Self {
        Self { becomes: UnknownBecomes::Hold, hold_for: Span::seconds(300) }
    }
}

/// The way in which Windlass treats an unknown measurement.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum UnknownBecomes {
    /// Windlass waits until the measurement is known, at most for the time in `for`. After that, the unknown
    /// measurement counts as a failure.
    #[default]
    Hold,
    /// The unknown measurement counts as a failure at once.
    Fail,
    /// The unknown measurement counts as healthy. Write this only for gates that have no data while there is no
    /// traffic.
    Pass,
}

/// The rule for a pause that a person requests. It sets the longest time of the pause, and what happens to the release
/// if nobody ends the pause within that time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PauseRule {
    /// The longest time of a pause, unless the person requests another time.
    #[serde(default = "Span::of_seconds::<86400>", rename = "for")]
    pub lasts: Span,
    /// The step that Windlass takes after this time.
    #[serde(default)]
    pub then: PauseThen,
}

impl Default for PauseRule {
    fn default() -> Self {
        Self { lasts: Span::seconds(24 * 3600), then: PauseThen::Continue }
    }
}

/// The step that Windlass takes if a pause has lasted for its longest time and nobody has ended it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PauseThen {
    /// The release goes on.
    #[default]
    Continue,
    /// Windlass undoes the release. It does not veto the release, because nothing is known to be wrong with that
    /// release.
    Undo,
}

/// The most points of a gate.
pub const MOST_OF_A_GATE: usize = 60;

/// The points that are divided among the gates of a wave, but each may have [`FEW`]: they are read and written at each
/// look.
const MOST_OF_A_WAVE: usize = 1_000;

/// The points of a gate that are kept however many gates there are.
const FEW: usize = 4;

/// The points that one answer gives of all waves of a deployment, but [`FEW`] of each gate.
const MOST_OF_A_DEPLOYMENT: usize = 6_000;

/// One look at a gate.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Point {
    /// The time of the look.
    pub at: Time,
    /// The number that was measured; absent if there was none, as in `status 500 after 12 ms`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<f64>,
    /// The verdict.
    pub verdict: Verdict,
}

/// The points of each gate, by [`gate_key`], oldest first.
pub type GatePoints = BTreeMap<String, Vec<Point>>;

impl Point {
    /// Makes the point of a measurement.
    pub fn of(measured: &Measurement) -> Self {
        Self { at: measured.at, value: measured.value, verdict: measured.verdict }
    }
}

/// Adds a look.
pub fn add(trails: &mut GatePoints, look: &[Measurement]) {
    let most = (MOST_OF_A_WAVE / look.len().max(1)).clamp(FEW, MOST_OF_A_GATE);
    for measured in look {
        let points = trails.entry(gate_key(measured)).or_default();
        points.push(Point::of(measured));
        thin(points, most);
    }
}

/// Returns how many points of each gate fit into the answer about a deployment whose waves have so many trails.
pub fn most_of_each(trails: usize) -> usize {
    (MOST_OF_A_DEPLOYMENT / trails.max(1)).clamp(FEW, MOST_OF_A_GATE)
}

/// Leaves out points until there are at most so many. The first and the newest stay.
pub fn thin(points: &mut Vec<Point>, most: usize) {
    while points.len() > most.max(2) {
        let Some(least) = least_needed(points) else { return };
        points.remove(least);
    }
}

/// Finds the point that is needed least: its neighbours have its verdict, and are nearest to each other.
fn least_needed(points: &[Point]) -> Option<usize> {
    let inner = points.windows(3).enumerate().filter_map(|(before, three)| match three {
        [former, point, next] => {
            let differs = former.verdict != point.verdict || point.verdict != next.verdict;
            Some(((differs, next.at.ms_since(former.at)), before + 1))
        }
        _ => None,
    });
    inner.min_by_key(|(need, _)| *need).map(|(_, at)| at)
}

#[cfg(test)]
#[path = "gate_points_tests.rs"]
mod tests;
