//! Measurements: what gates measure, one sort per file, and the one list of the sorts, which `Prepare` and `Judge` go
//! through. Measuring never fails. If something could not be measured, the verdict is `unknown`, with the reason as the
//! measured value (rule 7).

mod alarm;
mod comparison;
mod invocation;
mod logs;
mod measure;
mod metric;
mod one_sort;
mod pages;
mod probe;
mod websocket;

use crate::config::Configured;
use crate::ports::{AssumeRole, Clock, CloudWatchApi, JsonServices, LambdaApi, ProbeApi, Result};
pub use measure::{Checking, GateProblem, Measure, MeasuredWindow, Measuring};
pub use one_sort::{ChangeableComponent, CheckedGate, Judging, Preparing};
pub use probe::LONGEST_MS as LONGEST_PROBE_MS;
use windlass_domain::declaration::gate::Measurement;

/// The ports that measurements read.
pub trait Ports: Clock + AssumeRole + CloudWatchApi + LambdaApi + JsonServices + ProbeApi + Configured {}
impl<P: Clock + AssumeRole + CloudWatchApi + LambdaApi + JsonServices + ProbeApi + Configured> Ports for P {}

/// Makes, from the list of sorts, the two functions that `Prepare` and `Judge` call.
macro_rules! sorts {
    ($($list:ident: $module:ident::$sort:ident),* $(,)?) => {
        /// Looks, before anything has changed, which gates can be measured, and which are red already.
        pub async fn check<P: Ports>(ports: &P, preparing: &Preparing<'_>) -> Result<Vec<CheckedGate>> {
            let ($($module,)*) = futures::join!(
                $(one_sort::check::<P, $module::$sort>(ports, preparing, &preparing.gates.$list),)*
            );
            Ok([$($module?,)*].concat())
        }

        /// Measures every gate that shows something of the wave.
        pub async fn measure<P: Ports>(ports: &P, judging: &Judging<'_>) -> Vec<Measurement> {
            let ($($module,)*) = futures::join!(
                $(one_sort::measure::<P, $module::$sort>(ports, judging, &judging.gates.$list),)*
            );
            [$($module,)*].concat()
        }
    };
}

sorts![
    alarms: alarm::Alarms,
    metrics: metric::Metrics,
    comparisons: comparison::Comparisons,
    probes: probe::Probes,
    websockets: websocket::Websockets,
    pages: pages::Pages,
    logs: logs::LogCounts,
    invocations: invocation::Invocations,
];
