use crate::Aws;
use crate::clock::{date_time, time_of};
use crate::error::OrFault;
use aws_sdk_cloudwatch::types as cloudwatch;
use aws_sdk_cloudwatch::types::{AlarmType, HistoryItemType, MetricDataQuery, ScanBy};
use serde_json::Value;
use windlass_domain::declaration::gates::MetricGate;
use windlass_domain::fault::{Fault, FaultName};
use windlass_domain::time::Time;
use windlass_engine::ports::{Alarm, AlarmChange, Alarms, Answered, Point};

/// DescribeAlarms takes 100 names at most.
const NAMES_AT_ONCE: usize = 100;

impl Alarms for Aws {
    async fn alarms(&self, names: &[String]) -> Answered<Vec<Alarm>> {
        let mut alarms = Vec::new();
        for some in names.chunks(NAMES_AT_ONCE) {
            let mut next = None;
            loop {
                let request = self.clients.cloudwatch().describe_alarms();
                let sent = request
                    .set_alarm_names(Some(some.to_vec()))
                    // Without the types only metric alarms are answered.
                    .alarm_types(AlarmType::MetricAlarm)
                    .alarm_types(AlarmType::CompositeAlarm)
                    .set_next_token(next)
                    .send()
                    .await;
                let told = sent.or_fault("DescribeAlarms", &some.join(", "))?;
                alarms.extend(
                    told.metric_alarms
                        .unwrap_or_default()
                        .into_iter()
                        .map(metric_alarm),
                );
                let composite = told.composite_alarms.unwrap_or_default();
                alarms.extend(composite.into_iter().map(composite_alarm));
                next = told.next_token;
                if next.is_none() {
                    break;
                }
            }
        }
        Ok(alarms)
    }

    async fn alarm_history(&self, name: &str, from: Time) -> Answered<Vec<AlarmChange>> {
        let mut changes = Vec::new();
        let mut next = None;
        loop {
            let request = self.clients.cloudwatch().describe_alarm_history();
            let sent = request
                .alarm_name(name)
                .alarm_types(AlarmType::MetricAlarm)
                .alarm_types(AlarmType::CompositeAlarm)
                .history_item_type(HistoryItemType::StateUpdate)
                .start_date(date_time(from))
                .scan_by(ScanBy::TimestampAscending)
                .set_next_token(next)
                .send()
                .await;
            let told = sent.or_fault("DescribeAlarmHistory", name)?;
            for item in told.alarm_history_items.unwrap_or_default() {
                changes.push(change_of(&item).ok_or_else(|| unreadable_change(name))?);
            }
            next = told.next_token;
            if next.is_none() {
                // The start is AWS's to keep; a server that does not must not add old changes.
                changes.retain(|change: &AlarmChange| change.at >= from);
                changes.sort_by_key(|change| change.at);
                return Ok(changes);
            }
        }
    }

    async fn points(&self, metric: &MetricGate, from: Time, to: Time) -> Answered<Vec<Point>> {
        let query = query_of(metric);
        let mut points = Vec::new();
        let mut next = None;
        loop {
            let request = self.clients.cloudwatch().get_metric_data();
            let sent = request
                .metric_data_queries(query.clone())
                .start_time(date_time(from))
                .end_time(date_time(to))
                .scan_by(ScanBy::TimestampAscending)
                .set_next_token(next)
                .send()
                .await;
            let named = format!("{} {}", metric.namespace, metric.metric);
            let told = sent.or_fault("GetMetricData", &named)?;
            for result in told.metric_data_results.unwrap_or_default() {
                let times = result.timestamps.unwrap_or_default();
                let values = result.values.unwrap_or_default();
                let pairs = times.iter().zip(values);
                points.extend(pairs.map(|(at, value)| Point {
                    at: time_of(at),
                    value,
                }));
            }
            next = told.next_token;
            if next.is_none() {
                points.sort_by_key(|point| point.at);
                return Ok(points);
            }
        }
    }
}

fn query_of(metric: &MetricGate) -> MetricDataQuery {
    let dimensions = metric.dimensions.iter().map(|(name, value)| {
        cloudwatch::Dimension::builder()
            .name(name)
            .value(value)
            .build()
    });
    let series = cloudwatch::Metric::builder()
        .namespace(&metric.namespace)
        .metric_name(&metric.metric)
        .set_dimensions(Some(dimensions.collect()))
        .build();
    let stat = cloudwatch::MetricStat::builder()
        .metric(series)
        .period(i32::try_from(metric.period.as_s()).unwrap_or(i32::MAX))
        .stat(&metric.statistic)
        .build();
    MetricDataQuery::builder()
        .id("gate")
        .metric_stat(stat)
        .return_data(true)
        .build()
}

fn metric_alarm(alarm: cloudwatch::MetricAlarm) -> Alarm {
    let evaluated = count(alarm.evaluation_periods);
    let data = alarm.state_reason_data.as_deref().unwrap_or_default();
    let name = alarm
        .metric_name
        .unwrap_or_else(|| expression(alarm.metrics.as_deref()));
    let unit = alarm.unit.map(|unit| format!(" ({})", unit.as_str()));
    Alarm {
        name: alarm.alarm_name.unwrap_or_default(),
        state: alarm
            .state_value
            .map(|state| state.as_str().to_owned())
            .unwrap_or_default(),
        reason: alarm.state_reason.unwrap_or_default(),
        points: judged_points(data),
        threshold: alarm.threshold,
        metric: format!("{name}{}", unit.unwrap_or_default()),
        period_s: u64::from(count(alarm.period)),
        points_of: (
            alarm
                .datapoints_to_alarm
                .map_or(evaluated, |n| count(Some(n))),
            evaluated,
        ),
        since: since(
            alarm.state_transitioned_timestamp,
            alarm.state_updated_timestamp,
        ),
    }
}

fn composite_alarm(alarm: cloudwatch::CompositeAlarm) -> Alarm {
    Alarm {
        name: alarm.alarm_name.unwrap_or_default(),
        state: alarm
            .state_value
            .map(|state| state.as_str().to_owned())
            .unwrap_or_default(),
        reason: alarm.state_reason.unwrap_or_default(),
        points: vec![],
        threshold: None,
        metric: alarm.alarm_rule.unwrap_or_default(),
        period_s: 0,
        points_of: (0, 0),
        since: since(
            alarm.state_transitioned_timestamp,
            alarm.state_updated_timestamp,
        ),
    }
}

fn count(count: Option<i32>) -> u32 {
    count
        .and_then(|count| u32::try_from(count).ok())
        .unwrap_or(0)
}

fn since(
    transitioned: Option<aws_smithy_types::DateTime>,
    updated: Option<aws_smithy_types::DateTime>,
) -> Time {
    transitioned.or(updated).as_ref().map_or(Time(0), time_of)
}

/// The expression that an alarm over metric math returns.
fn expression(queries: Option<&[MetricDataQuery]>) -> String {
    let mut queries = queries.unwrap_or_default().iter();
    let returned = queries.find(|query| query.return_data != Some(false));
    returned
        .and_then(MetricDataQuery::expression)
        .unwrap_or_default()
        .to_owned()
}

/// The points that the state was judged by, oldest first: `evaluatedDatapoints` with their times
/// where the document has them, else `recentDatapoints`, which are oldest first already.
fn judged_points(reason_data: &str) -> Vec<f64> {
    let data: Value = serde_json::from_str(reason_data).unwrap_or_default();
    let evaluated = data["evaluatedDatapoints"].as_array().into_iter().flatten();
    let mut timed: Vec<(&str, f64)> = evaluated
        .filter_map(|point| Some((point["timestamp"].as_str()?, point["value"].as_f64()?)))
        .collect();
    timed.sort_by_key(|(at, _)| *at);
    if timed.is_empty() {
        let recent = data["recentDatapoints"].as_array().into_iter().flatten();
        return recent.filter_map(Value::as_f64).collect();
    }
    timed.into_iter().map(|(_, value)| value).collect()
}

/// A change that was left out could be the one to ALARM.
fn unreadable_change(name: &str) -> Fault {
    let message = format!("a change in the history of the alarm {name} cannot be read");
    Fault::new(FaultName::Refused, message)
}

fn change_of(item: &cloudwatch::AlarmHistoryItem) -> Option<AlarmChange> {
    let data: Value = serde_json::from_str(item.history_data()?).ok()?;
    let state = &data["newState"];
    Some(AlarmChange {
        at: time_of(item.timestamp()?),
        to: state["stateValue"].as_str()?.to_owned(),
        reason: state["stateReason"].as_str().unwrap_or_default().to_owned(),
    })
}
