//! CloudWatch in memory: alarms whose state tests set (SetAlarmState), their history, and metrics.

use crate::World;
use crate::metric_source::Source;
use std::collections::BTreeMap;
use windlass_domain::declaration::gates::{Measured, MetricGate};
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_domain::text::time::Time;
use windlass_engine::config::Configured;
use windlass_engine::ports::{Alarm, AlarmChange, CloudWatchApi, MetricPoint, Result};

/// The alarms and metrics.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// The alarms by [`World::regional`] name.
    pub alarms: BTreeMap<String, Alarm>,
    /// Changes of alarms' states by [`World::regional`] name, oldest first.
    pub history: BTreeMap<String, Vec<AlarmChange>>,
    /// The points of metrics by [`World::regional`] [`metric_key`], oldest first.
    pub points: BTreeMap<String, Vec<MetricPoint>>,
    /// The sources that add further points as time passes, by [`metric_key`].
    pub sources: BTreeMap<String, Source>,
    /// True if every call is refused, as to a role without permission.
    pub denied: bool,
}

/// Returns the key of one series of points: namespace, name, dimensions and statistic, or an expression over several
/// series.
pub fn metric_key(metric: &MetricGate) -> String {
    metric.of.to_string()
}

/// An alarm over the metric `Errors`, 3 of 3 points of a minute above 5.
fn new_alarm(name: &str, since: Time) -> Alarm {
    Alarm {
        name: name.to_owned(),
        state: "INSUFFICIENT_DATA".to_owned(),
        reason: "Unchecked: Initial alarm creation".to_owned(),
        points: vec![],
        threshold: Some(5.0),
        metric: "Errors".to_owned(),
        period_s: 60,
        points_of: (3, 3),
        since,
    }
}

impl World {
    /// Returns a name as this handle's region has it, since an alarm and a metric are seen in their own region alone.
    /// In the deployer's own region it is the name itself.
    pub fn regional(&self, name: &str) -> String {
        let own = &self.config().region;
        match self.place().region.as_ref().filter(|region| *region != own) {
            Some(region) => format!("{region} {name}"),
            None => name.to_owned(),
        }
    }

    /// Sets an alarm's state, as SetAlarmState does; makes the alarm if there is none.
    pub fn set_alarm(&self, name: &str, state: &str, points: &[f64]) {
        let now = self.true_time();
        let mut alarms = self.cloudwatch();
        let alarm = alarms.alarms.entry(self.regional(name)).or_insert_with(|| new_alarm(name, now));
        alarm.reason = format!("Threshold Crossed: {points:?}");
        alarm.points = points.to_vec();
        if alarm.state == state {
            return;
        }
        state.clone_into(&mut alarm.state);
        alarm.since = now;
        let change = AlarmChange { at: now, to: state.to_owned(), reason: alarm.reason.clone() };
        alarms.history.entry(self.regional(name)).or_default().push(change);
    }

    /// Adds a point to a metric, in the period that begins now.
    pub fn put_metric(&self, metric: &MetricGate, value: f64) {
        let at = self.true_time();
        let mut alarms = self.cloudwatch();
        let points = alarms.points.entry(self.regional(&metric_key(metric))).or_default();
        points.push(MetricPoint { at, value });
    }

    /// Lets a metric's source put this value into every period from now on, or fall silent.
    pub fn emit(&self, metric: &MetricGate, value: Option<f64>) {
        let now = self.true_time();
        let mut alarms = self.cloudwatch();
        let source = alarms.sources.entry(self.regional(&metric_key(metric)));
        let source = source.or_insert_with(|| Source::of(metric.period));
        source.put(now, value);
    }

    fn allowed_alarms(&self, action: &str) -> Result<()> {
        if self.cloudwatch().denied {
            let message = format!("the role is not authorized to perform cloudwatch:{action}");
            return Err(Fault::new(FaultName::AccessDenied, message));
        }
        Ok(())
    }
}

impl CloudWatchApi for World {
    async fn alarms(&self, names: &[String]) -> Result<Vec<Alarm>> {
        let call = self.call("cloudwatch.alarms").await?;
        self.allowed_alarms("DescribeAlarms")?;
        let found = {
            let state = World::cloudwatch(self);
            let known = names.iter().filter_map(|name| state.alarms.get(&self.regional(name)));
            known.cloned().collect()
        };
        call.answer(found).await
    }

    async fn alarm_history(&self, name: &str, from: Time) -> Result<Vec<AlarmChange>> {
        let call = self.call("cloudwatch.alarm_history").await?;
        self.allowed_alarms("DescribeAlarmHistory")?;
        let found = {
            let state = World::cloudwatch(self);
            let all = state.history.get(&self.regional(name)).into_iter().flatten();
            let shown = from..=call.as_of();
            all.filter(|change| shown.contains(&change.at)).cloned().collect()
        };
        call.answer(found).await
    }

    async fn points(&self, metric: &MetricGate, from: Time, to: Time) -> Result<Vec<MetricPoint>> {
        let call = self.call("cloudwatch.points").await?;
        self.allowed_alarms("GetMetricData")?;
        if let Measured::Expression { expression, .. } = &metric.of
            && expression.ends_with(['+', '-', '*', '/'])
        {
            let message = format!("ValidationError: Error in expression 'gate' [{expression}]");
            return Err(Fault::new(FaultName::Refused, message));
        }
        let found = {
            let (state, key) = (World::cloudwatch(self), self.regional(&metric_key(metric)));
            let all = state.points.get(&key).into_iter().flatten();
            // Like GetMetricData: StartTime is inclusive, EndTime exclusive.
            let put = all.filter(|point| point.at >= from && point.at < to);
            let source = state.sources.get(&key);
            let emitted = source.map(|source| source.points((from, to), self.true_time()));
            let mut found: Vec<MetricPoint> = put.copied().chain(emitted.into_iter().flatten()).collect();
            found.sort_by_key(|point| point.at);
            found
        };
        call.answer(found).await
    }
}
