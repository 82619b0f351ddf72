use crate::Aws;
use crate::clock::{count, date_time, time_of};
use crate::error::{OrFault, each_page};
use aws_sdk_cloudwatch::types as cloudwatch;
use aws_sdk_cloudwatch::types::{AlarmType, HistoryItemType, MetricDataQuery, ScanBy};
use serde_json::Value;
use std::collections::BTreeSet;
use windlass_domain::declaration::gates::{Measured, MetricGate, MetricSeries};
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_domain::text::time::{Span, Time};
use windlass_engine::ports::{Alarm, AlarmChange, CloudWatchApi, MetricPoint, POINTS_STATUSES, Result};

/// DescribeAlarms takes 100 names at most.
const NAMES_AT_ONCE: usize = 100;

impl CloudWatchApi for Aws {
    async fn alarms(&self, names: &[String]) -> Result<Vec<Alarm>> {
        let mut alarms = Vec::new();
        for some in names.chunks(NAMES_AT_ONCE) {
            let request = self.clients.cloudwatch().describe_alarms().set_alarm_names(Some(some.to_vec()));
            // Without the types AWS answers metric alarms only.
            let request = request.alarm_types(AlarmType::MetricAlarm).alarm_types(AlarmType::CompositeAlarm);
            each_page!(request, "DescribeAlarms", &some.join(", "), |answer| {
                alarms.extend(answer.metric_alarms.unwrap_or_default().into_iter().map(metric_alarm));
                alarms.extend(answer.composite_alarms.unwrap_or_default().into_iter().map(composite_alarm));
            });
        }
        Ok(alarms)
    }

    async fn alarm_history(&self, name: &str, from: Time) -> Result<Vec<AlarmChange>> {
        let request = self.clients.cloudwatch().describe_alarm_history();
        let request = request
            .alarm_name(name)
            .alarm_types(AlarmType::MetricAlarm)
            .alarm_types(AlarmType::CompositeAlarm)
            .history_item_type(HistoryItemType::StateUpdate)
            .start_date(date_time(from))
            .scan_by(ScanBy::TimestampAscending);
        let mut changes = Vec::new();
        each_page!(request, "DescribeAlarmHistory", name, |answer| {
            for item in answer.alarm_history_items.unwrap_or_default() {
                changes.push(change_of(&item).ok_or_else(|| unreadable_change(name))?);
            }
        });
        // AWS keeps to the start; a server that does not must not add old changes.
        changes.retain(|change: &AlarmChange| change.at >= from);
        changes.sort_by_key(|change| change.at);
        Ok(changes)
    }

    async fn points(&self, metric: &MetricGate, from: Time, to: Time) -> Result<Vec<MetricPoint>> {
        let request = self.clients.cloudwatch().get_metric_data();
        let request = request
            .set_metric_data_queries(Some(queries_of(metric)))
            .start_time(date_time(from))
            .end_time(date_time(to))
            .scan_by(ScanBy::TimestampAscending);
        let named = metric.of.to_string();
        let mut labels = BTreeSet::new();
        let mut points = Vec::new();
        each_page!(request, "GetMetricData", &named, |answer| {
            for result in answer.metric_data_results.unwrap_or_default() {
                if let Some(fault) = without_number(&named, &result) {
                    return Err(fault);
                }
                labels.insert(result.label);
                let times = result.timestamps.unwrap_or_default();
                let values = result.values.unwrap_or_default();
                points.extend(times.iter().zip(values).map(|(at, value)| MetricPoint { at: time_of(at), value }));
            }
            if labels.len() > 1 {
                return Err(several(&named, labels.len()));
            }
        });
        points.sort_by_key(|point: &MetricPoint| point.at);
        Ok(points)
    }
}

/// Returns the fault if CloudWatch has answered without the number. What it answers with a status that this build does
/// not know is to be asked again.
fn without_number(named: &str, result: &cloudwatch::MetricDataResult) -> Option<Fault> {
    let status = result.status_code.as_ref()?.as_str();
    let known = POINTS_STATUSES.iter().find(|(word, _)| *word == status);
    let fault = known.map_or(Some(FaultName::Unavailable), |(_, fault)| *fault)?;
    let said: Vec<&str> = result.messages().iter().filter_map(cloudwatch::MessageData::value).collect();
    let message = format!("GetMetricData {named}: {status} {}", said.join("; "));
    Some(Fault::new(fault, message.trim_end().to_owned()))
}

/// Returns the fault that an expression has several series, as `SEARCH` may: nobody knows which of them the threshold
/// means.
fn several(named: &str, count: usize) -> Fault {
    let message = format!("`{named}` comes to {count} series, and a gate measures one");
    Fault::new(FaultName::Refused, message)
}

fn queries_of(metric: &MetricGate) -> Vec<MetricDataQuery> {
    let query = MetricDataQuery::builder().id("gate").return_data(true);
    match &metric.of {
        Measured::Metric(series) => {
            let query = query.metric_stat(stat_of(series, metric.period)).build();
            vec![query]
        }
        Measured::Expression { expression, of } => {
            let named = of.iter().map(|(name, series)| {
                MetricDataQuery::builder()
                    .id(name)
                    .return_data(false)
                    .metric_stat(stat_of(series, metric.period))
                    .build()
            });
            let expression = query.expression(expression).build();
            named.chain([expression]).collect()
        }
    }
}

fn stat_of(series: &MetricSeries, period: Span) -> cloudwatch::MetricStat {
    let dimensions =
        series.dimensions.iter().map(|(name, value)| cloudwatch::Dimension::builder().name(name).value(value).build());
    let metric = cloudwatch::Metric::builder()
        .namespace(&series.namespace)
        .metric_name(&series.metric)
        .set_dimensions(Some(dimensions.collect()))
        .build();
    cloudwatch::MetricStat::builder()
        .metric(metric)
        .period(i32::try_from(period.as_s()).unwrap_or(i32::MAX))
        .stat(&series.statistic)
        .build()
}

fn metric_alarm(alarm: cloudwatch::MetricAlarm) -> Alarm {
    let evaluated = alarm.evaluation_periods.map_or(0, count);
    let data = alarm.state_reason_data.as_deref().unwrap_or_default();
    let name = alarm.metric_name.unwrap_or_else(|| expression(alarm.metrics.as_deref()));
    let unit = alarm.unit.map(|unit| format!(" ({})", unit.as_str()));
    Alarm {
        name: alarm.alarm_name.unwrap_or_default(),
        state: alarm.state_value.map(|state| state.as_str().to_owned()).unwrap_or_default(),
        reason: alarm.state_reason.unwrap_or_default(),
        points: judged_points(data),
        threshold: alarm.threshold,
        metric: format!("{name}{}", unit.unwrap_or_default()),
        period_s: alarm.period.map_or(0, count),
        points_of: (alarm.datapoints_to_alarm.map_or(evaluated, count), evaluated),
        since: since(alarm.state_transitioned_timestamp, alarm.state_updated_timestamp),
    }
}

fn composite_alarm(alarm: cloudwatch::CompositeAlarm) -> Alarm {
    Alarm {
        name: alarm.alarm_name.unwrap_or_default(),
        state: alarm.state_value.map(|state| state.as_str().to_owned()).unwrap_or_default(),
        reason: alarm.state_reason.unwrap_or_default(),
        points: vec![],
        threshold: None,
        metric: alarm.alarm_rule.unwrap_or_default(),
        period_s: 0,
        points_of: (0, 0),
        since: since(alarm.state_transitioned_timestamp, alarm.state_updated_timestamp),
    }
}

fn since(transitioned: Option<aws_smithy_types::DateTime>, updated: Option<aws_smithy_types::DateTime>) -> Time {
    transitioned.or(updated).as_ref().map_or(Time(0), time_of)
}

/// Returns the expression that an alarm over metric math returns.
fn expression(queries: Option<&[MetricDataQuery]>) -> String {
    let mut queries = queries.unwrap_or_default().iter();
    queries
        .find(|query| query.return_data != Some(false))
        .and_then(MetricDataQuery::expression)
        .unwrap_or_default()
        .to_owned()
}

/// Returns the points that the state was judged by, oldest first: `evaluatedDatapoints` with their times where the
/// document has them, else `recentDatapoints`, which are oldest first already.
fn judged_points(reason_data: &str) -> Vec<f64> {
    let data: Value = serde_json::from_str(reason_data).unwrap_or_default();
    let evaluated = data["evaluatedDatapoints"].as_array().into_iter().flatten();
    let mut timed: Vec<(&str, f64)> =
        evaluated.filter_map(|point| Some((point["timestamp"].as_str()?, point["value"].as_f64()?))).collect();
    timed.sort_by_key(|(at, _)| *at);
    if timed.is_empty() {
        return data["recentDatapoints"].as_array().into_iter().flatten().filter_map(Value::as_f64).collect();
    }
    timed.into_iter().map(|(_, value)| value).collect()
}

/// Returns the fault that a change cannot be read. If it were left out, it could be the one to ALARM.
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
