//! Gates, measurements and verdicts.

use crate::foreign;
use crate::time::{Span, Time};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The verdict of a gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Healthy.
    Pass,
    /// Unhealthy.
    Fail,
    /// It could not be measured. It is never healthy (rule 7).
    Unknown,
}

/// One measurement, with its threshold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Measurement {
    /// The gate: an alarm's name, a metric's name, a probe's URL, a function and request.
    #[serde(deserialize_with = "foreign::one")]
    pub gate: String,
    /// The sort of the gate, such as `alarm`, as `declaration/gates` has it.
    pub source: String,
    /// The verdict.
    pub verdict: Verdict,
    /// The measured value with its unit, such as `7.3 errors/min` or `status 500 after 12 ms`.
    #[serde(deserialize_with = "foreign::one")]
    pub measured: String,
    /// The threshold, such as `5` or `status 200 within 800 ms`.
    #[serde(deserialize_with = "foreign::one")]
    pub threshold: String,
    /// The window of the measurement, such as `3 of 3 points, 14:02-14:05 UTC`; empty if none.
    #[serde(default)]
    #[serde(deserialize_with = "foreign::one")]
    pub window: String,
    /// The place where a person looks next, such as a log group or the alarm's name.
    #[serde(default)]
    #[serde(deserialize_with = "foreign::one")]
    pub look_at: String,
    /// True if the target of the gate has said that it is not ready to be measured yet. Then the wave is held, as long
    /// as the rule for unknown gates says, whatever else that rule says. This is neither a failure nor a gate that is
    /// silent.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub not_ready: bool,
    /// The time of the measurement.
    pub at: Time,
}

/// Returns the key that tells one gate of a wave from another.
pub fn gate_key(measurement: &Measurement) -> String {
    key_of(&measurement.source, &measurement.gate)
}

/// Returns the same key of a gate that was not measured.
pub(crate) fn key_of(source: &str, gate: &str) -> String {
    format!("{source} {gate}")
}

/// The rule for an unknown measurement: what it becomes, and after how long (rule 7).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UnknownRule {
    /// The first consequence.
    #[serde(default)]
    pub becomes: UnknownBecomes,
    /// The time for which `hold` holds before it becomes a failure.
    #[serde(default = "five_minutes", rename = "for")]
    pub hold_for: Span,
}

const fn five_minutes() -> Span {
    Span::seconds(300)
}

impl Default for UnknownRule {
    fn default() -> Self {
        Self { becomes: UnknownBecomes::Hold, hold_for: five_minutes() }
    }
}

/// The consequence of an unknown measurement.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum UnknownBecomes {
    /// Wait for it to become known, for the rule's time; then it is a failure.
    #[default]
    Hold,
    /// A failure at once.
    Fail,
    /// Healthy. Only for gates that are known to be silent while there is no traffic.
    Pass,
}

/// The rule for a pause that a person asks for: its longest time, and what becomes of the release when nobody has ended
/// it by then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PauseRule {
    /// The longest time of a pause, unless the person says another.
    #[serde(default = "a_day", rename = "for")]
    pub lasts: Span,
    /// The consequence when the pause is over.
    #[serde(default)]
    pub then: PauseThen,
}

const fn a_day() -> Span {
    Span::seconds(24 * 3600)
}

impl Default for PauseRule {
    fn default() -> Self {
        Self { lasts: a_day(), then: PauseThen::Continue }
    }
}

/// The consequence when a pause is over that nobody has ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PauseThen {
    /// The release goes on.
    #[default]
    Continue,
    /// The release is undone. It is not vetoed, because nothing is known to be wrong with it.
    Undo,
}
