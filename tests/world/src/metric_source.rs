//! A source of a metric in memory, such as a service of AWS: it puts a value into every period.

use windlass_domain::text::time::{Span, Time};
use windlass_engine::ports::MetricPoint;

/// The time from the beginning of its period until a point is returned at the earliest, in milliseconds: a point that
/// was put is not there at once (Amazon CloudWatch User Guide, "Publish custom metrics").
const SHOWN_AFTER_MS: u64 = 30_000;

/// A source that puts a value into every period, or falls silent.
#[derive(Debug, Clone)]
pub struct Source {
    period: Span,
    /// The values that it puts, each with the time since when, oldest first; `None` while it is silent.
    values: Vec<(Time, Option<f64>)>,
}

impl Source {
    /// Makes a source of points of this period, which is silent.
    pub fn of(period: Span) -> Self {
        Self { period, values: Vec::new() }
    }

    /// Puts this value from now on, or nothing.
    pub fn put(&mut self, now: Time, value: Option<f64>) {
        self.values.push((now, value));
    }

    /// Returns its points that can be read now. Like GetMetricData: the beginning is rounded down to the period's, a
    /// point has its period's beginning as its time, and the end is exclusive (Amazon CloudWatch API Reference,
    /// GetMetricData).
    pub fn points(&self, (from, to): (Time, Time), now: Time) -> Vec<MetricPoint> {
        let period = self.period.as_ms().max(1);
        let first = from.0 / period;
        let starts = (first..).map(|n| Time(n * period));
        starts
            .take_while(|at| *at < to && at.plus_ms(SHOWN_AFTER_MS) <= now)
            .filter_map(|at| {
                let value = self.highest(at, at.plus_ms(period).min(now))?;
                Some(MetricPoint { at, value })
            })
            .collect()
    }

    /// Returns the highest value that was put within a time.
    fn highest(&self, from: Time, to: Time) -> Option<f64> {
        let ends = self.values.iter().skip(1).map(|(since, _)| *since);
        let ends = ends.chain([Time(u64::MAX)]);
        let within = self.values.iter().zip(ends);
        within
            .filter(|((since, _), end)| *since < to && *end > from)
            .filter_map(|((_, value), _)| *value)
            .reduce(f64::max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: u64 = 60_000;

    fn listed(source: &Source, from: u64, to: u64, now: u64) -> Vec<(u64, f64)> {
        let points = source.points((Time(from), Time(to)), Time(now));
        let points = points.into_iter().map(|point| (point.at.0, point.value));
        points.collect()
    }

    #[test]
    fn there_is_a_point_in_every_period_while_it_is_put() {
        let mut source = Source::of(Span::seconds(60));
        source.put(Time(MINUTE), Some(1.0));
        source.put(Time(3 * MINUTE + 5), Some(4.0));
        source.put(Time(4 * MINUTE), None);
        let now = 9 * MINUTE;
        let all = [(MINUTE, 1.0), (2 * MINUTE, 1.0), (3 * MINUTE, 4.0)];
        assert_eq!(listed(&source, 0, now, now), all);
        assert_eq!(listed(&source, 2 * MINUTE + 9, now, now), all[1..], "rounded");
        assert_eq!(listed(&source, 0, 3 * MINUTE, now), all[..2], "exclusive");
        assert_eq!(listed(&source, 0, now, 3 * MINUTE), all[..2], "shown late");
    }
}
