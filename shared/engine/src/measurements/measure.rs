//! The trait that every sort of measurement implements, with a check before anything has changed and a measurement
//! afterwards, and the words that all of them use.

use crate::ports::Result;
use futures::future::join_all;
use serde_json::Value;
use windlass_domain::declaration::gate::{Measurement, Verdict};
use windlass_domain::declaration::gates::Sort;
use windlass_domain::declaration::resolved::Place;
use windlass_domain::deployment::step::Step;
use windlass_domain::prose;
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_domain::text::next_step::{NextStep, Wish};
use windlass_domain::text::prose::Prose;
use windlass_domain::text::time::{Span, Time};

/// One sort of measurement. Its implementation asks for the ports that it reads.
pub trait Measure<P> {
    /// The gate as it is declared.
    type Gate: Sort + Clone;
    /// True for a gate that also measures a release that is only published, and that nobody has got yet.
    fn is_ahead(_gate: &Self::Gate) -> bool {
        false
    }

    /// True for a gate that asks what test traffic gets. It decides while test traffic alone gets a component's
    /// release, and at no other time.
    fn is_tested(_gate: &Self::Gate) -> bool {
        false
    }

    /// True for a gate that only the release itself can be measured by: before it nothing is known of it.
    fn is_later(_gate: &Self::Gate) -> bool {
        false
    }

    /// False for a component's gate that can show nothing of a wave, by the component's step. Then it does not decide
    /// that wave.
    fn decides(_step: Option<&Step>) -> bool {
        true
    }

    /// Looks, before anything has changed, whether a gate can be measured, and whether it is red already. A refused
    /// call is reported as a gate that cannot be measured. After other faults the Retry of `Prepare` calls again. A
    /// sort of which nothing can be said before leaves this out.
    async fn check_one(_ports: &P, _place: &Place, _one: &Checking<'_, Self::Gate>) -> Result<Vec<GateProblem>> {
        Ok(vec![])
    }

    /// Measures a gate. A sort that measures several at once leaves this out. A gate that nobody measures is unknown,
    /// so it never passes (rule 7).
    async fn measure_one(_ports: &P, _place: &Place, one: &Measuring<'_, Self::Gate>) -> Measurement {
        unmeasured(one.gate, String::new(), one.window.now)
    }

    /// Checks all gates: each by itself, unless a sort reads something once for several. Returns an answer for each
    /// gate, in their order.
    async fn check(ports: &P, place: &Place, gates: &[Checking<'_, Self::Gate>]) -> Vec<Result<Vec<GateProblem>>> {
        join_all(gates.iter().map(|one| Self::check_one(ports, place, one))).await
    }

    /// Measures all gates, in the same way. Returns a measurement for each, in their order.
    async fn measure(ports: &P, place: &Place, gates: &[Measuring<'_, Self::Gate>]) -> Vec<Measurement> {
        join_all(gates.iter().map(|one| Self::measure_one(ports, place, one))).await
    }
}

/// A gate before anything has changed.
#[derive(Debug)]
pub struct Checking<'a, G> {
    /// The gate.
    pub gate: &'a G,
    /// Its path in the declaration.
    pub path: &'a str,
    /// The time for which the last wave is watched.
    pub bake: Span,
    /// The target of the component to which it belongs, as its kind wrote it; `None` if that is not known.
    pub target: Option<&'a Value>,
    /// True if this deployment brings the first release of the component to which it belongs. Nobody can expect of the
    /// component what it does not do yet, so the gate is not red.
    pub awaited: bool,
}

/// A gate that is to be measured.
#[derive(Debug)]
pub struct Measuring<'a, G> {
    /// The gate.
    pub gate: &'a G,
    /// The time that it looks at.
    pub window: MeasuredWindow,
    /// The step that changes the component to which it belongs.
    pub step: Option<&'a Step>,
    /// True if the wave only publishes: nobody has got yet what is measured.
    pub ahead: bool,
}

/// A gate's problem, before it is known whether it stops the deployment.
#[derive(Debug, Clone, PartialEq)]
pub enum GateProblem {
    /// It cannot be measured.
    NotMeasurable(Finding),
    /// It cannot be measured, because what it looks at is not there.
    Missing(Finding),
    /// It is red.
    Red(Finding),
    /// Something to know about it, such as that it may turn out to be unmeasurable. It stops nothing.
    Noted(Finding),
}

/// The time that a measurement looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MeasuredWindow {
    /// The time at which the first change began: the deployment's, or that of the component to which the gate belongs.
    /// An alarm must not have been red since.
    pub first_change: Time,
    /// The time at which the wave's change began. Points of metrics before it are not of this wave.
    pub changed: Time,
    /// The time until which the gate is known in this wave. Nothing later has been looked at yet.
    pub known: Time,
    /// The present time.
    pub now: Time,
}

/// A measurement of a gate that has not been made yet. `look_at` is where a person looks next.
pub(super) fn unmeasured(gate: &impl Sort, look_at: String, at: Time) -> Measurement {
    Measurement {
        gate: gate.name(),
        source: gate.sort().to_owned(),
        component: None,
        verdict: Verdict::Unknown,
        measured: String::new(),
        value: None,
        threshold: gate.threshold(),
        limit: gate.limit(),
        window: String::new(),
        look_at,
        not_ready: false,
        counts_later: false,
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
pub(super) fn not_measurable(path: &str, reason: impl Into<Prose>, remedy: &str) -> Finding {
    Finding::new(FindingName::GateNotMeasurable, path, reason, remedy)
}

/// The problem, if any, that what was measured before anything has changed is.
pub(super) fn problem(one: &Checking<'_, impl Sort>, seen: &Measurement, remedy: &str) -> Option<GateProblem> {
    match seen.verdict {
        Verdict::Pass => None,
        Verdict::Fail => Some(GateProblem::Red(already_red(one.path, one.gate, &seen.measured))),
        Verdict::Unknown => Some(GateProblem::NotMeasurable(not_measurable(
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
        prose!("Mend what it measures first, or deploy with {} and a reason.", NextStep::With(Wish::AcceptRed)),
    )
    .seen(measured, gate.threshold())
}

/// Returns the hours and minutes from one time to another, such as `14:02-14:05 UTC`.
pub(super) fn clock_times(from: Time, to: Time) -> String {
    format!("{}-{} UTC", from.clock(), to.clock())
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt;

    #[derive(Clone)]
    struct Gate;

    impl Sort for Gate {
        fn sort(&self) -> &'static str {
            "sort"
        }

        fn name(&self) -> String {
            "gate".to_owned()
        }

        fn threshold(&self) -> String {
            "at most 5".to_owned()
        }
    }

    struct Silent;

    impl Measure<()> for Silent {
        type Gate = Gate;
    }

    #[test]
    fn a_gate_that_nobody_measures_is_unknown_and_has_no_problem() {
        let (place, now) = (Place::default(), Time(0));
        let window = MeasuredWindow { first_change: now, changed: now, known: now, now };
        let gates = [Measuring { gate: &Gate, window, step: None, ahead: false }];
        let measured = Silent::measure(&(), &place, &gates).now_or_never().unwrap();
        assert_eq!(measured.iter().map(|one| one.verdict).collect::<Vec<_>>(), [Verdict::Unknown]);
        let gates = [Checking { gate: &Gate, path: "gates", bake: Span::ZERO, target: None, awaited: false }];
        assert_eq!(Silent::check(&(), &place, &gates).now_or_never().unwrap(), [Ok(vec![])]);
    }
}
