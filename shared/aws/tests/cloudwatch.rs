//! CloudWatch: alarms of both types, their history, and points, over all the pages.

#![allow(clippy::expect_used, reason = "a test fails by panicking")]

use crate::replay::{Replay, Reply, reply};
use aws_smithy_cbor::Encoder;
use serde_json::{Value, json};
use windlass_domain::declaration::gates::{Measured, MetricGate, MetricSeries};
use windlass_domain::text::fault::FaultName;
use windlass_domain::text::time::{Span, Time};
use windlass_engine::ports::{Alarm, AlarmChange, CloudWatchApi, MetricPoint};

/// 2026-11-20 14:00:00 UTC, in seconds.
const TWO: u64 = 1_795_183_200;

/// An answer of CloudWatch, which speaks CBOR (Smithy, "RPC v2 CBOR protocol"). A text that begins with `@` stands for
/// a time in seconds.
fn answer(status: u16, body: &Value) -> Reply {
    let mut encoder = Encoder::new(vec![]);
    encode(&mut encoder, body);
    let headers = [("smithy-protocol", "rpc-v2-cbor"), ("content-type", "application/cbor")];
    reply(status, &headers, encoder.into_writer())
}

fn encode(encoder: &mut Encoder, value: &Value) {
    match value {
        Value::Null => drop(encoder.null()),
        Value::Bool(value) => drop(encoder.boolean(*value)),
        Value::Number(value) => match value.as_i64() {
            Some(whole) => drop(encoder.long(whole)),
            None => drop(encoder.double(value.as_f64().expect("a number"))),
        },
        Value::String(value) => match value.strip_prefix('@') {
            Some(seconds) => {
                let seconds = seconds.parse().expect("seconds");
                encoder.timestamp(&aws_smithy_types::DateTime::from_secs(seconds));
            }
            None => drop(encoder.str(value)),
        },
        Value::Array(values) => {
            encoder.array(values.len());
            for value in values {
                encode(encoder, value);
            }
        }
        Value::Object(members) => {
            encoder.map(members.len());
            for (name, value) in members {
                encoder.str(name);
                encode(encoder, value);
            }
        }
    }
}

fn at(minutes: u64) -> String {
    format!("@{}", TWO + 60 * minutes)
}

fn time(minutes: u64) -> Time {
    Time((TWO + 60 * minutes) * 1000)
}

fn errors() -> Value {
    json!({
        "AlarmName": "shop-prod-5xx",
        "StateValue": "ALARM",
        "StateReason": "Threshold Crossed",
        "StateReasonData": json!({
            "recentDatapoints": [1.0],
            "evaluatedDatapoints": [
                {"timestamp": "2026-11-20T14:02:00.000+0000", "value": 7.3},
                {"timestamp": "2026-11-20T14:00:00.000+0000", "value": 6.0},
                {"timestamp": "2026-11-20T14:01:00.000+0000"},
            ],
        }).to_string(),
        "MetricName": "5XXError",
        "Unit": "Count",
        "Period": 60,
        "EvaluationPeriods": 3,
        "DatapointsToAlarm": 2,
        "Threshold": 5.0,
        "StateUpdatedTimestamp": at(9),
        "StateTransitionedTimestamp": at(3),
    })
}

#[tokio::test]
async fn an_alarm_is_read_with_what_it_was_judged_by() {
    let (aws, _) = Replay::new(vec![answer(200, &json!({"MetricAlarms": [errors()]}))]);
    let expected = Alarm {
        name: "shop-prod-5xx".into(),
        state: "ALARM".into(),
        reason: "Threshold Crossed".into(),
        points: vec![6.0, 7.3],
        threshold: Some(5.0),
        metric: "5XXError (Count)".into(),
        period_s: 60,
        points_of: (2, 3),
        since: time(3),
    };
    assert_eq!(aws.alarms(&["shop-prod-5xx".into()]).await, Ok(vec![expected]));
}

#[tokio::test]
async fn what_an_alarm_does_not_say_is_not_made_up() {
    let bare = json!({"AlarmName": "a", "EvaluationPeriods": 3, "StateReasonData": "no JSON"});
    let math = json!({"AlarmName": "m", "Metrics": [
        {"Id": "e", "Expression": "SUM(x)", "ReturnData": false},
        {"Id": "r", "Expression": "e / n"},
    ], "StateReasonData": "{\"recentDatapoints\": [1.0, 2.0]}"});
    let (aws, _) = Replay::new(vec![answer(200, &json!({"MetricAlarms": [bare, math]}))]);
    let alarms = aws.alarms(&["a".into(), "m".into()]).await.expect("read");
    assert_eq!((alarms[0].state.as_str(), alarms[0].threshold), ("", None));
    assert_eq!((alarms[0].points_of, alarms[0].since), ((3, 3), Time(0)));
    assert_eq!(alarms[0].points, [0.0; 0]);
    assert_eq!((alarms[1].metric.as_str(), &alarms[1].points[..]), ("e / n", &[1.0, 2.0][..]));
}

#[tokio::test]
async fn composite_alarms_are_asked_for_and_every_page_is_read() {
    let composite =
        json!({"AlarmName": "all", "StateValue": "OK", "AlarmRule": "ALARM(a)", "StateUpdatedTimestamp": at(1)});
    let (aws, replay) = Replay::new(vec![
        answer(200, &json!({"MetricAlarms": [errors()], "NextToken": "page-two"})),
        answer(200, &json!({"CompositeAlarms": [composite]})),
    ]);
    let alarms = aws.alarms(&["shop-prod-5xx".into(), "all".into()]).await.expect("read");
    let names: Vec<&str> = alarms.iter().map(|alarm| alarm.name.as_str()).collect();
    assert_eq!(names, ["shop-prod-5xx", "all"]);
    assert_eq!((alarms[1].state.as_str(), alarms[1].metric.as_str()), ("OK", "ALARM(a)"));
    assert_eq!(alarms[1].since, time(1));
    let sent = replay.sent();
    assert!(sent[0].uri.ends_with("/operation/DescribeAlarms"), "{}", sent[0].uri);
    for word in ["MetricAlarm", "CompositeAlarm", "shop-prod-5xx"] {
        assert!(sent[0].body.contains(word), "{word}: {}", sent[0].body);
    }
    assert!(sent[1].body.contains("page-two"), "{}", sent[1].body);
}

#[tokio::test]
async fn a_hundred_names_are_asked_at_once_and_no_more() {
    let none = || answer(200, &json!({}));
    let (aws, replay) = Replay::new(vec![none(), none()]);
    let names: Vec<String> = (0..101).map(|n| format!("alarm-{n:03}")).collect();
    assert_eq!(aws.alarms(&names).await, Ok(vec![]));
    let sent = replay.sent();
    assert_eq!(sent.len(), 2);
    assert!(sent[0].body.contains("alarm-099") && !sent[0].body.contains("alarm-100"));
    assert!(sent[1].body.contains("alarm-100"));
}

#[tokio::test]
async fn the_history_is_of_states_since_a_time_oldest_first() {
    let changed = |minutes: u64, to: &str| {
        let data = json!({"newState": {"stateValue": to, "stateReason": "because"}});
        json!({"AlarmName": "a", "Timestamp": at(minutes), "HistoryData": data.to_string()})
    };
    let (aws, replay) = Replay::new(vec![
        answer(200, &json!({"AlarmHistoryItems": [changed(9, "OK"), changed(2, "OK")], "NextToken": "more"})),
        answer(200, &json!({"AlarmHistoryItems": [changed(5, "ALARM")]})),
    ]);
    let change = |minutes: u64, to: &str| AlarmChange { at: time(minutes), to: to.into(), reason: "because".into() };
    let history = aws.alarm_history("a", time(3)).await;
    assert_eq!(history, Ok(vec![change(5, "ALARM"), change(9, "OK")]));
    let sent = replay.sent();
    for word in ["StateUpdate", "TimestampAscending", "CompositeAlarm"] {
        assert!(sent[0].body.contains(word), "{word}: {}", sent[0].body);
    }
    assert!(sent[1].body.contains("more"), "{}", sent[1].body);
}

#[tokio::test]
async fn a_change_that_cannot_be_read_is_a_fault_and_not_left_out() {
    for data in ["{}", "no document", r#"{"newState": {"stateValue": 1}}"#] {
        let item = json!({"AlarmName": "a", "Timestamp": at(6), "HistoryData": data});
        let (aws, _) = Replay::new(vec![answer(200, &json!({"AlarmHistoryItems": [item]}))]);
        let fault = aws.alarm_history("a", time(3)).await.expect_err(data);
        assert_eq!(fault.name, FaultName::Refused, "{fault}");
    }
}

#[tokio::test]
async fn points_come_oldest_first_from_every_page() {
    let page = |times: &[u64], values: Value, next: Value| {
        let times: Vec<String> = times.iter().copied().map(at).collect();
        let result = json!({"Id": "gate", "Timestamps": times, "Values": values});
        answer(200, &json!({"MetricDataResults": [result], "NextToken": next}))
    };
    let (aws, replay) =
        Replay::new(vec![page(&[3, 1], json!([3.5, 1.5]), json!("more")), page(&[2], json!([2.5]), Value::Null)]);
    let metric = gate(Measured::Metric(series("Errors", "p99")));
    let points = aws.points(&metric, time(0), time(5)).await.expect("read");
    let point = |minutes: u64, value: f64| MetricPoint { at: time(minutes), value };
    assert_eq!(points, [point(1, 1.5), point(2, 2.5), point(3, 3.5)]);
    let body = &replay.sent()[0].body;
    for word in ["AWS/Lambda", "Errors", "FunctionName", "shop-api", "p99"] {
        assert!(body.contains(word), "{word}: {body}");
    }
}

#[tokio::test]
async fn an_alarm_that_may_not_be_read_is_a_fault_and_not_an_absent_one() {
    let denied = json!({"__type": "com.amazonaws.cloudwatch#AccessDeniedException", "message": "no"});
    let (aws, _) = Replay::new(vec![answer(403, &denied)]);
    let fault = aws.alarms(&["a".into()]).await.expect_err("denied");
    assert_eq!(fault.name, FaultName::AccessDenied, "{fault}");
    assert!(fault.message.starts_with("DescribeAlarms a: "), "{fault}");
}

fn series(metric: &str, statistic: &str) -> MetricSeries {
    MetricSeries {
        namespace: "AWS/Lambda".into(),
        metric: metric.into(),
        dimensions: [("FunctionName".to_owned(), "shop-api".to_owned())].into(),
        statistic: statistic.into(),
    }
}

fn gate(of: Measured) -> MetricGate {
    MetricGate { of, region: None, period: Span::seconds(60), at_most: Some(1.0), at_least: None }
}

/// A metric gate on the error rate of a function.
fn rate() -> MetricGate {
    let of = [("errors", "Errors"), ("requests", "Invocations")];
    gate(Measured::Expression {
        expression: "100 * errors / requests".into(),
        of: of.map(|(name, metric)| (name.to_owned(), series(metric, "Sum"))).into(),
    })
}

#[tokio::test]
async fn an_expression_is_computed_by_cloudwatch_and_its_metrics_are_not_returned() {
    let result = json!({"Id": "gate", "Label": "gate", "Timestamps": [at(1)], "Values": [2.5]});
    let (aws, replay) = Replay::new(vec![answer(200, &json!({"MetricDataResults": [result]}))]);
    let points = aws.points(&rate(), time(0), time(5)).await.expect("read");
    assert_eq!(points.len(), 1);
    // In the body, which is CBOR, names stand before their values: each query by its id, the expression last.
    let body = &replay.sent()[0].body;
    let words = ["errors", "Errors", "requests", "Invocations", "100 * errors / requests"];
    let mut rest = body.as_str();
    for word in words {
        let at = rest.find(word);
        let at = at.unwrap_or_else(|| panic!("{word} is not behind the one before: {body}"));
        rest = &rest[at + word.len()..];
    }
    assert_eq!(body.matches("ReturnData").count(), 3);
}

#[tokio::test]
async fn an_expression_that_comes_to_several_series_is_refused() {
    let result = |label: &str| json!({"Id": "gate", "Label": label, "Timestamps": [at(1)], "Values": [1.0]});
    let results = json!({"MetricDataResults": [result("a"), result("b")]});
    let (aws, _) = Replay::new(vec![answer(200, &results)]);
    let fault = aws.points(&rate(), time(0), time(5)).await.expect_err("several");
    assert_eq!(fault.name, FaultName::Refused);
    assert!(fault.message.ends_with("comes to 2 series, and a gate measures one"), "{fault}");
}

#[tokio::test]
async fn an_expression_that_cloudwatch_does_not_take_is_refused() {
    let refusal =
        json!({"__type": "com.amazonaws.cloudwatch#ValidationError", "message": "Error in expression 'gate'"});
    let (aws, _) = Replay::new(vec![answer(400, &refusal)]);
    let fault = aws.points(&rate(), time(0), time(5)).await.expect_err("invalid");
    assert_eq!(fault.name, FaultName::Refused, "{fault}");
}

#[tokio::test]
async fn a_number_that_cloudwatch_does_not_give_is_asked_for_again_or_forbidden() {
    for (status, name) in [
        ("InternalError", FaultName::Unavailable),
        ("Forbidden", FaultName::AccessDenied),
        ("Whatever", FaultName::Unavailable),
    ] {
        let messages = json!([{"Code": "Busy", "Value": "later"}]);
        let result = json!({"Id": "gate", "StatusCode": status, "Messages": messages});
        let (aws, _) = Replay::new(vec![answer(200, &json!({"MetricDataResults": [result]}))]);
        let fault = aws.points(&rate(), time(0), time(5)).await.expect_err("no number");
        assert_eq!(fault.name, name);
        assert!(fault.message.ends_with(&format!("{status} later")), "{fault}");
    }
}
