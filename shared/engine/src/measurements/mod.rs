//! Measurements: what gates measure, one source per file. Measuring never fails: what could not be
//! measured is the verdict `unknown`, with the reason as the measured value (rule 7).

mod alarm;
mod invocation;
mod metric;
mod probe;

pub use alarm::{alarm_name, alarms, by_region, is_red as alarm_is_red};
pub use invocation::{Invoke, invocation};
pub use metric::{breach as metric_breach, metric, metric_name, threshold as metric_threshold};
pub use probe::{LONGEST_MS as LONGEST_PROBE_MS, probe, probe_or_fault};

use windlass_domain::fault::{Fault, FaultName};
use windlass_domain::gate::{Measurement, Verdict};
use windlass_domain::time::Time;

/// What measurements look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// When the deployment's first change began: an alarm must not have been red since.
    pub first_change: Time,
    /// When the wave's change began: points of metrics before it are not of this wave.
    pub changed: Time,
    /// Now.
    pub now: Time,
}

/// A measurement that has not been made yet.
fn unmeasured(source: &str, gate: &str, at: Time) -> Measurement {
    Measurement {
        gate: gate.to_owned(),
        source: source.to_owned(),
        verdict: Verdict::Unknown,
        measured: String::new(),
        threshold: String::new(),
        window: String::new(),
        look_at: String::new(),
        not_ready: false,
        at,
    }
}

/// A measurement that could not be made because a call failed.
fn unreadable(measurement: Measurement, fault: &Fault) -> Measurement {
    Measurement {
        verdict: Verdict::Unknown,
        measured: format!("not measured: {fault}"),
        not_ready: fault.name == FaultName::StillInProgress,
        ..measurement
    }
}

/// Hours and minutes from one time to another, such as `14:02-14:05 UTC`.
fn clock_times(from: Time, to: Time) -> String {
    format!("{}-{} UTC", from.clock(), to.clock())
}

/// At most `longest` characters of a text, for a message.
fn shortened(text: &str, longest: usize) -> String {
    if text.chars().count() <= longest {
        return text.to_owned();
    }
    let kept: String = text.chars().take(longest).collect();
    format!("{kept}…")
}
