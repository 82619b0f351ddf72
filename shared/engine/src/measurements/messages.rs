//! Words that all measurements use.

use super::measure::{Checking, Problem};
use windlass_domain::declaration::gates::Sort;
use windlass_domain::fault::{Fault, FaultName};
use windlass_domain::finding::{Finding, FindingName};
use windlass_domain::gate::{Measurement, Verdict};
use windlass_domain::time::Time;

/// A measurement of a gate that has not been made yet. `look_at` is where a person looks next.
pub(super) fn unmeasured(gate: &impl Sort, look_at: String, at: Time) -> Measurement {
    Measurement {
        gate: gate.name(),
        source: gate.sort().to_owned(),
        verdict: Verdict::Unknown,
        measured: String::new(),
        threshold: gate.threshold(),
        window: String::new(),
        look_at,
        not_ready: false,
        at,
    }
}

/// A measurement that could not be made because a call failed.
pub(super) fn unreadable(measurement: Measurement, fault: &Fault) -> Measurement {
    Measurement {
        verdict: Verdict::Unknown,
        measured: format!("not measured: {fault}"),
        not_ready: fault.name == FaultName::StillInProgress,
        ..measurement
    }
}

/// The finding for a gate that cannot be measured.
pub(super) fn not_measurable(path: &str, reason: impl Into<String>, remedy: &str) -> Finding {
    Finding::new(FindingName::GateNotMeasurable, path, reason, remedy)
}

/// The problem, if any, that what was measured before anything has changed is.
pub(super) fn problem(one: &Checking<'_, impl Sort>, seen: &Measurement, remedy: &str) -> Option<Problem> {
    match seen.verdict {
        Verdict::Pass => None,
        Verdict::Fail => Some(Problem::Red(already_red(one.path, one.gate, &seen.measured))),
        Verdict::Unknown => Some(Problem::NotMeasurable(not_measurable(
            one.path,
            format!("`{}`: {}.", one.gate.name(), seen.measured),
            remedy,
        ))),
    }
}

/// The finding for a gate that is red before anything has changed.
pub(super) fn already_red(path: &str, gate: &impl Sort, measured: &str) -> Finding {
    Finding::new(
        FindingName::GateAlreadyRed,
        path,
        format!(
            "`{}` is red before anything has changed: measured {measured}, threshold {}.",
            gate.name(),
            gate.threshold()
        ),
        "Mend what it measures first, or deploy with `accept_red` and a reason.",
    )
}

/// Returns the hours and minutes from one time to another, such as `14:02-14:05 UTC`.
pub(super) fn clock_times(from: Time, to: Time) -> String {
    format!("{}-{} UTC", from.clock(), to.clock())
}
