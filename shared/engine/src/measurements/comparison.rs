//! Compares the new version of a function or a service with the former one, by the calls that each got in the same
//! whole periods since the wave's change began.

// Fisher's exact test on the sums of a wave: a quotient of two rates is mostly wrong with few calls. Sums over all
// waves would compare other hours. A look is wrong once in 10,000 times, so all looks of a deployment are wrong of
// one good release in a hundred.

use super::measure::{Checking, GateProblem, Measure, MeasuredWindow, Measuring};
use crate::kinds::{BALANCER, FORMER, VERSION};
use crate::measurements::measure::{clock_times, not_measurable, unmeasured, unreadable};
use crate::ports::{AssumeRole, Clock, CloudWatchApi, MetricPoint, Result};
use windlass_domain::declaration::comparison::{Calls, ComparisonResult, compare};
use windlass_domain::declaration::gate::{Measurement, Verdict};
use windlass_domain::declaration::gates::{ComparisonGate, Measured, MetricGate, MetricSeries, Sort};
use windlass_domain::declaration::resolved::Place;
use windlass_domain::deployment::step::Step;
use windlass_domain::text::time::Time;

/// The number of periods back to which the metrics are read before anything has changed.
const PERIODS: u64 = 5;

/// Comparisons, read at the place of the targets, each in its region.
pub(super) struct Comparisons;

impl<P: CloudWatchApi + AssumeRole + Clock> Measure<P> for Comparisons {
    type Gate = ComparisonGate;

    fn is_later(_gate: &ComparisonGate) -> bool {
        true
    }

    /// While the new version has no callers, or once it has all, there is nothing to compare.
    fn decides(step: Option<&Step>) -> bool {
        versions(step).is_some()
    }

    /// Notes a metric of all calls that has no data. The calls of a version cannot be checked before two versions get
    /// some.
    async fn check_one(ports: &P, place: &Place, one: &Checking<'_, ComparisonGate>) -> Result<Vec<GateProblem>> {
        // The load balancer is not known before ECS has begun.
        if one.gate.balancer.is_some() {
            return Ok(vec![]);
        }
        let there = ports.at(&place.in_region(one.gate.region.as_deref()));
        let now = there.now();
        let from = Time(now.0.saturating_sub(one.gate.period.as_ms() * PERIODS));
        let points = there.points(&number(one.gate, &one.gate.all), from, now).await?;
        Ok(if points.is_empty() {
            vec![GateProblem::Noted(not_measurable(
                one.path,
                format!("`{}` has no data in the last {PERIODS} periods of {}.", one.gate.all, one.gate.period),
                "Check its name, dimensions and region. While there are fewer calls than `samples`, `gates.unknown` says what it becomes.",
            ))]
        } else {
            vec![]
        })
    }

    async fn measure_one(ports: &P, place: &Place, one: &Measuring<'_, ComparisonGate>) -> Measurement {
        let (gate, window) = (one.gate, one.window);
        let there = ports.at(&place.in_region(gate.region.as_deref()));
        let look_at = format!("the CloudWatch metrics {}", gate.name());
        let blank = unmeasured(gate, look_at, window.now);
        let known = versions(one.step).filter(|(new, former)| ![new, former].contains(&&""));
        let Some(((new, former), [failed, all])) = known.zip(series(gate, one.step)) else {
            let measured = "not measured: AWS does not show which two versions get traffic".to_owned();
            return Measurement { measured, ..blank };
        };
        let calls = async |version: &str| {
            let sum = async |series: &MetricSeries| {
                let series = series.with(&gate.version, version);
                let number = number(gate, &series);
                let points = there.points(&number, window.changed, window.now).await;
                points.map(|points| summed(gate, &points, window))
            };
            let (failed, all) = futures::join!(sum(&failed), sum(&all));
            Result::<_>::Ok((failed?, all?))
        };
        match futures::join!(calls(new), calls(former)) {
            (Err(fault), _) | (_, Err(fault)) => unreadable(blank, &fault),
            (Ok(of_new), Ok(of_former)) => {
                let (verdict, measured) = judged(gate, (new, of_new), (former, of_former));
                Measurement { verdict, measured, window: clock_times(window.changed, window.now), ..blank }
            }
        }
    }
}

/// Returns the versions that get traffic: the new one and the former.
fn versions(step: Option<&Step>) -> Option<(&str, &str)> {
    let outputs = &step?.outputs;
    Some((outputs.get(VERSION)?, outputs.get(FORMER)?))
}

/// Returns the metrics of the gate. If they are a load balancer's, it is the one that divides the callers; `None` if it
/// is not known.
fn series(gate: &ComparisonGate, step: Option<&Step>) -> Option<[MetricSeries; 2]> {
    let (failed, all) = (&gate.failed, &gate.all);
    let Some(dimension) = gate.balancer else { return Some([failed.clone(), all.clone()]) };
    let balancer = step?.outputs.get(BALANCER)?;
    Some([failed, all].map(|series| series.with(dimension, balancer)))
}

/// Returns the gate that reads the calls of a metric, one number a period.
fn number(gate: &ComparisonGate, series: &MetricSeries) -> MetricGate {
    MetricGate {
        of: Measured::Metric(series.clone()),
        region: gate.region.clone(),
        period: gate.period,
        at_most: None,
        at_least: None,
    }
}

/// Returns the sum over the periods that began after the change and are over. So both versions are counted over the
/// same time.
fn summed(gate: &ComparisonGate, points: &[MetricPoint], window: MeasuredWindow) -> f64 {
    let is_whole =
        |point: &&MetricPoint| point.at >= window.changed && point.at.plus_ms(gate.period.as_ms()) <= window.now;
    points.iter().filter(is_whole).map(|point| point.value).sum()
}

/// The verdict on the sums, and its words. Pure.
fn judged(
    gate: &ComparisonGate,
    (new, of_new): (&str, (f64, f64)),
    (former, of_former): (&str, (f64, f64)),
) -> (Verdict, String) {
    let (Some(of_new), Some(of_former)) = (calls(of_new), calls(of_former)) else {
        let measured = format!(
            "not measured: version {new} has {} of {}, version {former} {} of {}, which are no numbers of calls",
            of_new.0, of_new.1, of_former.0, of_former.1
        );
        return (Verdict::Unknown, measured);
    };
    let both = format!("failed: {of_new} of version {new}, {of_former} of version {former}");
    match compare(of_new, of_former, gate.samples) {
        Err(error) => (Verdict::Unknown, format!("not measured: {both}: {error}")),
        Ok(ComparisonResult::TooFew) => (Verdict::Unknown, format!("too few calls: {both}")),
        Ok(ComparisonResult::NoWorse(p)) => (Verdict::Pass, format!("{both} (by chance: p = {p:.4})")),
        Ok(ComparisonResult::Worse(p)) => (Verdict::Fail, format!("{both} (not by chance: p = {p:.0e})")),
    }
}

/// Returns the sums as numbers of calls; `None` if they are no such numbers, because each failure is a call.
fn calls((failed, all): (f64, f64)) -> Option<Calls> {
    let whole = |sum: f64| {
        let is_number = sum.fract() == 0.0 && (0.0..=9e15).contains(&sum);
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // just looked at
        is_number.then_some(sum as u64)
    };
    let (failed, all) = (whole(failed)?, whole(all)?);
    (failed <= all).then_some(Calls { failed, all })
}
