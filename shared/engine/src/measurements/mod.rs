//! Measurements: what gates measure, one sort per file, and the one list of them, which `Prepare` and
//! `Judge` go through. Measuring never fails: what could not be measured is the verdict `unknown`, with
//! the reason as the measured value (rule 7).

mod alarm;
mod check;
mod comparison;
mod invocation;
mod judge;
mod logs;
mod metric;
mod pages;
mod probe;
mod websocket;
mod words;

pub use check::{Component, Looked, Preparing, Problem};
pub use judge::Judging;
pub use probe::LONGEST_MS as LONGEST_PROBE_MS;

use crate::ports::{Alarms, Answered, Clock, Functions, JsonServices, Probe, Reach};
use serde_json::Value;
use windlass_domain::declaration::gates::{Declared, Resolved, Sort};
use windlass_domain::gate::Measurement;
use windlass_domain::place::Place;
use windlass_domain::step::Step;
use windlass_domain::time::{Span, Time};

/// The ports that measurements read.
pub trait Ports: Clock + Reach + Alarms + Functions + JsonServices + Probe {}
impl<P: Clock + Reach + Alarms + Functions + JsonServices + Probe> Ports for P {}

/// One sort of measurement. What it reads are the ports that its implementation asks for.
pub trait Measure<P> {
    /// The gate as it is declared.
    type Gate: Sort;
    /// True for a gate that tells something of what is only published, too: nobody has got that yet.
    fn is_ahead(_gate: &Self::Gate) -> bool {
        false
    }

    /// True for a gate that asks what test traffic gets: it decides while a component's release has that alone, and at no
    /// other time.
    fn is_tested(_gate: &Self::Gate) -> bool {
        false
    }

    /// True for a gate that can only be measured of the release itself: before it nothing is known of it.
    fn is_later(_gate: &Self::Gate) -> bool {
        false
    }

    /// False for a component's gate that tells nothing of how the component stands in a wave, by its step: it does not
    /// decide that wave.
    fn decides(_step: Option<&Step>) -> bool {
        true
    }

    /// All gates of this sort.
    fn declared(gates: &Resolved) -> &[Declared<Self::Gate>];

    /// Looks whether each can be measured and is red already, before anything has changed: an answer for
    /// each gate, in their order. A refused call is told as a gate that cannot be measured; other faults of
    /// calls are asked again, by the Retry of `Prepare`.
    async fn check(
        ports: &P,
        place: &Place,
        gates: &[Checking<'_, Self::Gate>],
    ) -> Vec<Answered<Vec<Problem>>>;

    /// Measures each: a measurement for each gate, in their order.
    async fn measure(
        ports: &P,
        place: &Place,
        gates: &[Measuring<'_, Self::Gate>],
    ) -> Vec<Measurement>;
}

/// A gate before anything has changed.
#[derive(Debug)]
pub struct Checking<'a, G> {
    /// The gate.
    pub gate: &'a G,
    /// Its path in the declaration.
    pub path: &'a str,
    /// How long the last wave is watched.
    pub bake: Span,
    /// The target of the component that it belongs to, as its kind wrote it; nothing where that is not known.
    pub target: Option<&'a Value>,
    /// True where this deployment brings the first release of the component that it belongs to: nobody can
    /// expect of it what it does not do yet, so it is not red.
    pub awaited: bool,
}

/// A gate that is to be measured.
#[derive(Debug)]
pub struct Measuring<'a, G> {
    /// The gate.
    pub gate: &'a G,
    /// The time that it looks at.
    pub window: Window,
    /// How the component that it belongs to is changed.
    pub step: Option<&'a Step>,
    /// True where the wave only publishes: nobody has got yet what is measured.
    pub ahead: bool,
}

/// The time that a measurement looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// When the first change began: the deployment's, or that of the component which the gate belongs to.
    /// An alarm must not have been red since.
    pub first_change: Time,
    /// When the wave's change began: points of metrics before it are not of this wave.
    pub changed: Time,
    /// Until when the gate is known in this wave: what came later has not been looked at yet.
    pub known: Time,
    /// Now.
    pub now: Time,
}

/// Makes of the list of sorts what `Prepare` and `Judge` ask for.
macro_rules! sorts {
    ($($module:ident::$sort:ident),* $(,)?) => {
        /// Looks whether the gates can be measured, and which are red before anything has changed.
        pub async fn check<P: Ports>(ports: &P, preparing: &Preparing<'_>) -> Answered<Vec<Looked>> {
            let ($($module,)*) = futures::join!(
                $(check::sort::<P, $module::$sort>(ports, preparing),)*
            );
            Ok([$($module?,)*].concat())
        }

        /// Measures every gate that tells something of the wave.
        pub async fn measure<P: Ports>(ports: &P, judging: &Judging<'_>) -> Vec<Measurement> {
            let ($($module,)*) = futures::join!(
                $(judge::sort::<P, $module::$sort>(ports, judging),)*
            );
            [$($module,)*].concat()
        }
    };
}

sorts![
    alarm::Alarms,
    metric::Metrics,
    comparison::Comparisons,
    probe::Probes,
    websocket::Websockets,
    pages::Pages,
    logs::Logs,
    invocation::Invocations,
];
