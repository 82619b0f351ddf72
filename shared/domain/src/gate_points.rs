//! The values of a gate over the looks at a wave, thinned out evenly so that they stay few. Pure.
//!
//! A watch of a day has 1,440 looks. The points that are kept show its course. These are the first look and the newest,
//! those at which the verdict changed as long as there is room, and some of the others, about as far from each other.

use crate::gate::{Measurement, Verdict, gate_key};
use crate::time::Time;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The most points of a gate.
pub const MOST_OF_A_GATE: usize = 60;

/// The points that are divided among the gates of a wave, but each may have [`FEW`]: they are read and written at each
/// look.
const MOST_OF_A_WAVE: usize = 1_000;

/// The points of a gate that are kept however many gates there are.
const FEW: usize = 4;

/// The points that one answer tells of all waves of a deployment, but [`FEW`] of each gate.
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
        Self { at: measured.at, value: number(&measured.measured), verdict: measured.verdict }
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
        let Some(least) = least_telling(points) else {
            return;
        };
        points.remove(least);
    }
}

/// Finds the point that tells least: its neighbours have its verdict, and are nearest to each other.
fn least_telling(points: &[Point]) -> Option<usize> {
    let inner = points.windows(3).enumerate();
    let inner = inner.filter_map(|(before, three)| match three {
        [former, point, next] => {
            let tells = former.verdict != point.verdict || point.verdict != next.verdict;
            Some(((tells, next.at.ms_since(former.at)), before + 1))
        }
        _ => None,
    });
    inner.min_by_key(|(telling, _)| *telling).map(|(_, at)| at)
}

/// Returns the number that a text begins with: `7.3 errors/min`, `< 5`, `at most 0.5 %`.
pub fn number(text: &str) -> Option<f64> {
    let from = text.find(|c: char| c.is_ascii_digit())?;
    let (before, rest) = text.split_at(from);
    let is_sign = |c: char| c.is_whitespace() || "<>=≤≥-".contains(c);
    if !before.chars().all(is_sign) && !["at most ", "at least ", "below ", "above "].contains(&before) {
        return None;
    }
    let digits = rest.split(|c: char| !(c.is_ascii_digit() || c == '.')).next()?;
    let value: f64 = digits.trim_end_matches('.').parse().ok()?;
    Some(if before.ends_with('-') { -value } else { value })
}

#[cfg(test)]
#[path = "gate_points_tests.rs"]
mod tests;
