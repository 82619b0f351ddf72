//! The alarms of the template over weeks of endings, as the outbox counts them: a good week raises none of them, also where gates are
//! watched for hours, dev fails and another stack counts beside it; what is bad raises the one that is meant.

#![allow(clippy::expect_used, clippy::panic, reason = "a test may panic")]

use serde_json::Value;
use std::collections::BTreeMap;
use windlass_contract::template;
use windlass_domain::ending::Ending;
use windlass_domain::identity::DeploymentId;
use windlass_domain::name::EnvironmentName;
use windlass_lambda::Counted;

const HOUR_S: u64 = 3600;
const WEEK_S: u64 = 7 * 24 * HOUR_S;
const STACK: &str = "windlass";

/// An ending: when, in seconds of the week, where, how, and how many seconds it worked.
type Ended = (u64, &'static str, Ending, u64);

/// A metric with its dimensions, and its values with their seconds.
type Metrics = BTreeMap<String, Vec<(u64, f64)>>;

fn metric_name(namespace: &str, name: &str, dimensions: &BTreeMap<String, String>) -> String {
    format!("{namespace} {name} {dimensions:?}")
}

/// What CloudWatch makes of the lines that the outbox writes (Amazon CloudWatch User Guide, "Specification: Embedded metric format").
fn count(metrics: &mut Metrics, stack: &str, week: &[Ended]) {
    let alarmed = default_of("AlarmEnvironments");
    let counted = Counted {
        stack: stack.into(),
        alarmed: alarmed.split(',').map(str::to_owned).collect(),
    };
    for (at_s, environment, ending, worked_s) in week {
        let environment = EnvironmentName::new(*environment).expect("a name");
        let id = DeploymentId("3f9a".into());
        let Some(line) = counted.line(&id, &environment, (*ending, *worked_s), at_s * 1000) else {
            continue;
        };
        for directive in list(&line["_aws"]["CloudWatchMetrics"]) {
            let dimensions = list(&directive["Dimensions"][0]).iter();
            let dimensions = dimensions.map(|name| (text(name), text(&line[text(name)])));
            let dimensions: BTreeMap<String, String> = dimensions.collect();
            for metric in list(&directive["Metrics"]) {
                let name = text(&metric["Name"]);
                let value = line[&name].as_f64().expect("a number");
                let key = metric_name(&text(&directive["Namespace"]), &name, &dimensions);
                metrics.entry(key).or_default().push((*at_s, value));
            }
        }
    }
}

fn list(value: &Value) -> &Vec<Value> {
    value.as_array().expect("a list")
}

fn text(value: &Value) -> String {
    value.as_str().expect("text").to_owned()
}

/// A parameter's default, as text.
fn default_of(parameter: &str) -> String {
    let default = &template()["Parameters"][parameter]["Default"];
    default
        .as_str()
        .map_or_else(|| default.to_string(), str::to_owned)
}

/// A value of an alarm, where a reference stands for its parameter's default, and the stack's name for itself.
fn resolved(value: &Value) -> String {
    match value.as_str() {
        Some("AWS::StackName") => STACK.to_owned(),
        Some(name) if template()["Parameters"].get(name).is_some() => default_of(name),
        Some(name) => name.to_owned(),
        None => value.to_string(),
    }
}

/// Whether an alarm goes off within the week: `EvaluationPeriods` periods in a row that breach its threshold.
fn goes_off(alarm: &Value, metrics: &Metrics) -> bool {
    let dimensions = alarm["Dimensions"].as_array().cloned().unwrap_or_default();
    let dimensions = dimensions
        .iter()
        .map(|found| (resolved(&found["Name"]), resolved(&found["Value"])))
        .collect();
    let key = metric_name(
        &text(&alarm["Namespace"]),
        &text(&alarm["MetricName"]),
        &dimensions,
    );
    let none = Vec::new();
    let values = metrics.get(&key).unwrap_or(&none);
    let period = alarm["Period"].as_u64().expect("a period");
    let wanted = alarm["EvaluationPeriods"].as_u64().expect("a number");
    let threshold: f64 = resolved(&alarm["Threshold"]).parse().expect("a number");
    assert_eq!(alarm["ComparisonOperator"], "GreaterThanThreshold");
    assert_eq!(alarm["TreatMissingData"], "notBreaching");
    let mut in_a_row = 0;
    for begin in (0..WEEK_S).step_by(usize::try_from(period).expect("it fits")) {
        let within = |at: u64| at >= begin && at < begin + period;
        let points: Vec<f64> = values
            .iter()
            .filter(|(at, _)| within(*at))
            .map(|(_, value)| *value)
            .collect();
        let breaches = !points.is_empty() && statistic(alarm, &points) > threshold;
        in_a_row = if breaches { in_a_row + 1 } else { 0 };
        if in_a_row >= wanted {
            return true;
        }
    }
    false
}

fn statistic(alarm: &Value, points: &[f64]) -> f64 {
    let sum: f64 = points.iter().sum();
    match alarm["Statistic"].as_str() {
        Some("Sum") => sum,
        // A week has few endings.
        #[allow(clippy::cast_precision_loss)]
        Some("Average") => sum / points.len() as f64,
        Some("Maximum") => points.iter().copied().fold(f64::MIN, f64::max),
        other => panic!("the statistic {other:?} is not known here"),
    }
}

/// The alarms of the template that go off in a week of this stack, beside a bad week of another one.
fn raised(week: &[Ended]) -> Vec<String> {
    let mut metrics = Metrics::new();
    count(&mut metrics, STACK, week);
    count(&mut metrics, "another", &bad_of_every_sort());
    let template = template();
    let resources = template["Resources"].as_object().expect("resources");
    let alarms = resources
        .iter()
        .filter(|(_, found)| found["Type"] == "AWS::CloudWatch::Alarm");
    let raised = alarms.filter(|(_, alarm)| goes_off(&alarm["Properties"], &metrics));
    raised.map(|(name, _)| name.clone()).collect()
}

/// Three releases a day into production, each worked on for up to 20 minutes, and many into dev, of which some fail and one is slow.
fn good() -> Vec<Ended> {
    let mut week = Vec::new();
    for day in 0..7_u64 {
        let at = |hour: u64| (day * 24 + hour) * HOUR_S;
        week.push((at(9), "prod", Ending::Succeeded, 1_200));
        week.push((at(13), "prod", Ending::NothingToDo, 1));
        week.push((at(16), "production", Ending::Succeeded, 400));
        week.push((at(17), "prod", Ending::Rejected, 3));
        for hour in 8..18 {
            week.push((at(hour), "dev", Ending::Succeeded, 90));
        }
        week.push((at(11), "dev", Ending::RolledBack, 200));
        week.push((at(12), "dev", Ending::Succeeded, 4_000));
    }
    week
}

fn bad_of_every_sort() -> Vec<Ended> {
    vec![
        (HOUR_S, "prod", Ending::RolledBack, 4_000),
        (2 * HOUR_S, "prod", Ending::NeedsOperator, 4_000),
    ]
}

#[test]
fn a_good_week_raises_none() {
    assert_eq!(raised(&good()), [""; 0]);
}

#[test]
fn what_is_bad_raises_what_is_meant_and_nothing_else() {
    for (bad, wanted) in [
        (
            (30 * HOUR_S, "prod", Ending::RolledBack, 300),
            ["FailureRateAlarm"],
        ),
        (
            (30 * HOUR_S, "prod", Ending::Succeeded, 1_801),
            ["SlowAlarm"],
        ),
        (
            (30 * HOUR_S, "dev", Ending::NeedsOperator, 300),
            ["NeedsOperatorAlarm"],
        ),
    ] {
        let mut week = good();
        week.push(bad);
        assert_eq!(raised(&week), wanted, "{bad:?}");
    }
}
