//! CloudWatch metrics with a threshold: every point since the wave's change began must hold it, and
//! points must go on coming.

use super::{Window, clock_times, unmeasured, unreadable};
use crate::ports::{Alarms, Point};
use windlass_domain::declaration::resolved::MetricGate;
use windlass_domain::gate::{Measurement, Verdict};
use windlass_domain::time::Time;

/// How long the next point may take after its period is over, in milliseconds. CloudWatch tells of
/// two minutes before what was put can be read (Amazon CloudWatch User Guide, "Publish custom
/// metrics"), and AWS's own services put theirs some time after the period; a minute is for that.
const DELAY_MS: u64 = 3 * 60 * 1000;

/// A metric's name for people, such as `AWS/Lambda Errors Sum {FunctionName: shop-api-prod}`.
pub fn metric_name(gate: &MetricGate) -> String {
    let dimensions: Vec<String> = gate
        .dimensions
        .iter()
        .map(|(name, value)| format!("{name}: {value}"))
        .collect();
    let dimensions = if dimensions.is_empty() {
        String::new()
    } else {
        format!(" {{{}}}", dimensions.join(", "))
    };
    let region = gate.region.as_ref();
    let region = region.map_or_else(String::new, |region| format!(" ({region})"));
    format!(
        "{} {} {}{dimensions}{region}",
        gate.namespace, gate.metric, gate.statistic
    )
}

/// The threshold in words, such as `at most 5`.
pub fn threshold(gate: &MetricGate) -> String {
    match (gate.at_least, gate.at_most) {
        (Some(least), Some(most)) => format!("from {least} to {most}"),
        (Some(least), None) => format!("at least {least}"),
        (None, Some(most)) => format!("at most {most}"),
        (None, None) => "none".to_owned(),
    }
}

/// Whether a point breaches the threshold. A point whose period is not over yet may still grow, so
/// it cannot be too low.
pub fn breach(gate: &MetricGate, point: Point, now: Time) -> bool {
    let over = point.at.plus_ms(gate.period.as_ms()) <= now;
    let too_high = gate.at_most.is_some_and(|most| point.value > most);
    let too_low = gate.at_least.is_some_and(|least| point.value < least);
    too_high || (too_low && over)
}

/// Whether the newest point is so old that the next one is missing, and not only late. A metric that
/// is put in every period is never that old while it is put; one that is silent without traffic is,
/// and `gates.unknown` says what that becomes.
fn has_ceased(gate: &MetricGate, newest: Point, now: Time) -> bool {
    let period = gate.period.as_ms();
    newest.at.plus_ms(2 * period + DELAY_MS) < now
}

/// Measures a metric.
pub async fn metric<P: Alarms>(ports: &P, gate: &MetricGate, window: Window) -> Measurement {
    let name = metric_name(gate);
    let blank = Measurement {
        threshold: threshold(gate),
        look_at: format!("the CloudWatch metric {name}"),
        ..unmeasured("metric", &name, window.now)
    };
    match ports.points(gate, window.changed, window.now).await {
        Err(fault) => unreadable(blank, &fault),
        Ok(points) => judged(gate, &points, window, blank),
    }
}

/// What points come to. Pure.
fn judged(gate: &MetricGate, points: &[Point], window: Window, blank: Measurement) -> Measurement {
    // A period that began before the change also has what was before it.
    let is_told = |point: &Point| point.at >= window.changed && !point.value.is_nan();
    let points: Vec<Point> = points.iter().copied().filter(is_told).collect();
    let end = |point: Point| point.at.plus_ms(gate.period.as_ms());
    let breaching = points
        .iter()
        .filter(|point| breach(gate, **point, window.now));
    let breaching: Vec<Point> = breaching.copied().collect();
    let is_whole = |point: &Point| gate.at_least.is_none() || end(*point) <= window.now;
    let last = points.iter().copied().rfind(is_whole);
    let looked = clock_times(window.changed, window.now);
    let (verdict, measured, window) = match (breaching.first(), breaching.last(), last) {
        (Some(first), Some(worst), _) => {
            let red = clock_times(first.at, end(*worst));
            let window = format!("{} of {} points, {red}", breaching.len(), points.len());
            (Verdict::Fail, value(gate, *worst), window)
        }
        (_, _, None) => (Verdict::Unknown, "no data yet".to_owned(), looked),
        (_, _, Some(last)) if has_ceased(gate, last, window.now) => {
            let measured = format!("no data since {}", end(last));
            (Verdict::Unknown, measured, looked)
        }
        (_, _, Some(last)) => {
            let window = format!("{} points, {looked}", points.len());
            (Verdict::Pass, value(gate, last), window)
        }
    };
    Measurement {
        verdict,
        measured,
        window,
        ..blank
    }
}

fn value(gate: &MetricGate, point: Point) -> String {
    format!("{} {} per {}", point.value, gate.metric, gate.period)
}
