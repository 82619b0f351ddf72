//! CloudWatch metrics with a threshold: every point since the wave's change began must hold the threshold, and points
//! must go on coming.

use super::measure::{Checking, GateProblem, Measure, MeasuredWindow, Measuring};
use crate::measurements::measure::{already_red, clock_times, not_measurable, unmeasured, unreadable};
use crate::ports::{AssumeRole, Clock, CloudWatchApi, MetricPoint, Result};
use windlass_domain::declaration::gate::{Measurement, Verdict};
use windlass_domain::declaration::gates::{Measured, MetricGate, Sort};
use windlass_domain::declaration::resolved::Place;
use windlass_domain::text::count::count;
use windlass_domain::text::fault::FaultName;
use windlass_domain::text::time::Time;

/// The milliseconds that the next point may take after its period is over. By CloudWatch's documentation two minutes
/// may pass before what was put can be read (Amazon CloudWatch User Guide, "Publish custom metrics"). AWS's own
/// services put theirs some time after the period: that is the third minute.
const DELAY_MS: u64 = 3 * 60 * 1000;

/// The number of periods back to which a metric is read before anything has changed.
const PERIODS: u64 = 5;

/// Metrics, read at the place of the targets, each in its region.
pub(super) struct Metrics;

impl<P: CloudWatchApi + AssumeRole + Clock> Measure<P> for Metrics {
    type Gate = MetricGate;

    async fn check_one(ports: &P, place: &Place, one: &Checking<'_, MetricGate>) -> Result<Vec<GateProblem>> {
        let gate = one.gate;
        let there = ports.at(&place.in_region(gate.region.as_deref()));
        let now = there.now();
        let from = Time(now.0.saturating_sub(gate.period.as_ms() * PERIODS));
        let points = match there.points(gate, from, now).await {
            // CloudWatch would answer the same at each look.
            Err(fault) if fault.name == FaultName::Refused => {
                let why = format!("CloudWatch does not take `{}`: {}.", gate.of.short(), fault.message);
                let remedy = "Mend the expression: it must come to one number a period (Amazon CloudWatch User Guide, \"Using math expressions with CloudWatch metrics\").";
                let found = not_measurable(one.path, why, remedy);
                return Ok(vec![GateProblem::NotMeasurable(found)]);
            }
            points => points?,
        };
        let over = |at: Time| at.plus_ms(gate.period.as_ms()) <= now;
        Ok(match points.iter().rfind(|point| over(point.at)) {
            Some(last) if breach(gate, *last, now) => {
                let measured = last.value.to_string();
                vec![GateProblem::Red(already_red(one.path, gate, &measured))]
            }
            Some(_) => vec![],
            None => vec![GateProblem::Noted(not_measurable(
                one.path,
                format!("`{}` has no data in the last {PERIODS} periods of {}.", gate.name(), gate.period),
                "Check its name, dimensions and region. While it has none, `gates.unknown` says what it becomes.",
            ))],
        })
    }

    async fn measure_one(ports: &P, place: &Place, one: &Measuring<'_, MetricGate>) -> Measurement {
        let (gate, window) = (one.gate, one.window);
        let there = ports.at(&place.in_region(gate.region.as_deref()));
        let look_at = format!("the CloudWatch metric {}", gate.name());
        let blank = unmeasured(gate, look_at, window.now);
        match there.points(gate, window.changed, window.now).await {
            Err(fault) => unreadable(blank, &fault),
            Ok(points) => judged(gate, &points, window, blank),
        }
    }
}

/// Returns whether a point breaches the threshold. A point whose period is not over yet may still grow, so it cannot be
/// too low.
fn breach(gate: &MetricGate, point: MetricPoint, now: Time) -> bool {
    let over = point.at.plus_ms(gate.period.as_ms()) <= now;
    let too_high = gate.at_most.is_some_and(|most| point.value > most);
    let too_low = gate.at_least.is_some_and(|least| point.value < least);
    too_high || (too_low && over)
}

/// Returns whether the newest point is so old that the next one is missing, and not only late. The newest point of a
/// metric that is put in every period is never that old. That of a metric that is silent without traffic may be, and
/// `gates.unknown` says what that becomes.
fn has_ceased(gate: &MetricGate, newest: MetricPoint, now: Time) -> bool {
    let period = gate.period.as_ms();
    newest.at.plus_ms(2 * period + DELAY_MS) < now
}

/// The measurement by the points. Pure.
fn judged(gate: &MetricGate, points: &[MetricPoint], window: MeasuredWindow, blank: Measurement) -> Measurement {
    // A period that began before the change also has values from before the change.
    let counts = |point: &MetricPoint| point.at >= window.changed && !point.value.is_nan();
    let points: Vec<MetricPoint> = points.iter().copied().filter(counts).collect();
    let end = |point: MetricPoint| point.at.plus_ms(gate.period.as_ms());
    let breaching = points.iter().filter(|point| breach(gate, **point, window.now));
    let breaching: Vec<MetricPoint> = breaching.copied().collect();
    let is_whole = |point: &MetricPoint| gate.at_least.is_none() || end(*point) <= window.now;
    let last = points.iter().copied().rfind(is_whole);
    let looked = clock_times(window.changed, window.now);
    let (verdict, point, measured, window) = match (breaching.first(), breaching.last(), last) {
        (Some(first), Some(worst), _) => {
            let red = clock_times(first.at, end(*worst));
            let window = format!("{} of {}, {red}", breaching.len(), count(points.len(), "point"));
            (Verdict::Fail, Some(*worst), value(gate, *worst), window)
        }
        (_, _, None) => (Verdict::Unknown, None, "no data yet".to_owned(), looked),
        (_, _, Some(last)) if has_ceased(gate, last, window.now) => {
            let measured = format!("no data since {}", end(last));
            (Verdict::Unknown, None, measured, looked)
        }
        (_, _, Some(last)) => {
            let window = format!("{}, {looked}", count(points.len(), "point"));
            (Verdict::Pass, Some(last), value(gate, last), window)
        }
    };
    Measurement { verdict, measured, value: point.map(|point| point.value), window, ..blank }
}

fn value(gate: &MetricGate, point: MetricPoint) -> String {
    let of = match &gate.of {
        Measured::Metric(series) => format!(" {}", series.metric),
        Measured::Expression { .. } => String::new(),
    };
    format!("{}{of} per {}", point.value, gate.period)
}
