//! Plays weeks of endings against the alarms of the template, as the outbox counts the endings. A good week raises no
//! alarm, even if gates are watched for hours, dev fails, and another stack counts beside it. A bad week raises the
//! alarm that is meant for it.

#![allow(clippy::expect_used, clippy::panic, reason = "a test may panic")]

use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::LazyLock;
use windlass_domain::release::action::ActionName;
use windlass_domain::release::ending::Ending;
use windlass_domain::release::identity::DeploymentId;
use windlass_domain::shown::outcome::{ChangeOutcome, CountedDeployment};
use windlass_domain::text::name::{AppName, EnvironmentName};
use windlass_lambda::EndingMetrics;

static TEMPLATE: LazyLock<Value> = LazyLock::new(windlass_contract::template);

const HOUR_S: u64 = 3600;
const DAY_S: u64 = 24 * HOUR_S;
const STACK: &str = "windlass";

/// An ending: the second of the week, the environment, the ending, and the seconds that the deployment worked. The
/// seconds are 0 for a deployment that never had a turn.
type Ended = (u64, &'static str, Ending, u64);

/// A metric with its dimensions, and its values with their seconds.
type Metrics = BTreeMap<String, Vec<(u64, f64)>>;

fn metric_name(namespace: &str, name: &str, dimensions: &BTreeMap<String, String>) -> String {
    format!("{namespace} {name} {dimensions:?}")
}

/// Counts the metrics that CloudWatch extracts from the lines of the outbox (Amazon CloudWatch User Guide,
/// "Specification: Embedded metric format").
fn count(metrics: &mut Metrics, stack: &str, week: &[Ended]) {
    let alarmed = default_of("AlarmEnvironments");
    let counted = EndingMetrics {
        stack: stack.into(),
        alarmed: alarmed.split(',').map(str::to_owned).collect(),
        by_application: true,
    };
    for (at_s, environment, ending, worked_s) in week {
        let ended = CountedDeployment {
            id: DeploymentId("3f9a".into()),
            app: AppName::new("shop").expect("a name"),
            environment: EnvironmentName::new(*environment).expect("a name"),
            ending: *ending,
            outcome: ChangeOutcome::of(ActionName::Deploy, *ending, false),
            seconds: (*worked_s > 0).then_some(*worked_s),
            lead_time_ms: None,
            dollars: Some(0.01),
        };
        let Some(line) = counted.line(&ended, at_s * 1000) else {
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

/// Returns a parameter's default, as text.
fn default_of(parameter: &str) -> String {
    let default = &TEMPLATE["Parameters"][parameter]["Default"];
    default.as_str().map_or_else(|| default.to_string(), str::to_owned)
}

/// Returns a text in which each `${parameter}` is replaced by its default.
fn with_defaults(text: &str) -> String {
    let mut parts = text.split("${");
    let mut whole = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (parameter, rest) = part.split_once('}').expect("an end of the name");
        whole += &(default_of(parameter) + rest);
    }
    whole
}

/// Returns a value of an alarm. A reference to a parameter becomes the parameter's default, and a reference to the
/// stack's name becomes [`STACK`].
fn resolved(value: &Value) -> String {
    match value.as_str() {
        Some("AWS::StackName") => STACK.to_owned(),
        Some(name) if TEMPLATE["Parameters"].get(name).is_some() => default_of(name),
        Some(name) => name.to_owned(),
        None => value.to_string(),
    }
}

/// Returns the values of a metric over a period, by the end of the period. There is one at each time at which a value
/// comes into the period or leaves it, because the window of an alarm slides (Amazon CloudWatch User Guide, "Alarm
/// evaluation window").
fn over(metric: &Value, period: &Value, statistic: &Value, metrics: &Metrics) -> BTreeMap<u64, f64> {
    let dimensions = metric["Dimensions"].as_array().cloned().unwrap_or_default();
    let dimensions = dimensions.iter().map(|found| (resolved(&found["Name"]), resolved(&found["Value"]))).collect();
    let key = metric_name(&text(&metric["Namespace"]), &text(&metric["MetricName"]), &dimensions);
    let none = Vec::new();
    let values = metrics.get(&key).unwrap_or(&none);
    let period = period.as_u64().expect("a period");
    let mut all = BTreeMap::new();
    let ends = values.iter().flat_map(|(at, _)| [at + 1, at + period + 1]);
    for end in ends {
        let within = |at: u64| at < end && at + period >= end;
        let within = values.iter().filter(|(at, _)| within(*at));
        let points: Vec<f64> = within.map(|(_, value)| *value).collect();
        if !points.is_empty() {
            all.insert(end, value_of(statistic, &points));
        }
    }
    all
}

/// Returns the values of an expression over the metrics of its alarm. Only one form is known here: a rate that counts
/// from a least number on, `IF(<how many> >= ${<parameter>}, <rate>, 0)`. The rate is a metric, or a percentage of two.
fn expressed(queries: &[Value], metrics: &Metrics) -> BTreeMap<u64, f64> {
    let with_id = |id: &str| {
        let query = queries.iter().find(|query| query["Id"] == id);
        let stat = &query.expect("the expression names it")["MetricStat"];
        over(&stat["Metric"], &stat["Period"], &stat["Stat"], metrics)
    };
    let returned: Vec<&Value> = queries.iter().filter(|it| it["ReturnData"] == true).collect();
    let [returned] = returned[..] else {
        panic!("an alarm watches one of {queries:?}");
    };
    let expression = text(&returned["Expression"]);
    let parts = expression.strip_prefix("IF(").and_then(|it| it.strip_suffix(", 0)"));
    let (condition, rate) = parts.and_then(|it| it.split_once(", ")).expect("a rate");
    let (how_many, least) = condition.split_once(" >= ").expect("how many it needs");
    let least: f64 = with_defaults(least).parse().expect("a number");
    let rate = match rate.strip_prefix("100 * ") {
        None => with_id(rate),
        Some(parts) => {
            let (part, whole) = parts.split_once(" / ").expect("a part of a whole");
            let (part, whole) = (with_id(part), with_id(whole));
            let percent = |(end, whole): (u64, f64)| Some((end, 100.0 * part.get(&end)? / whole));
            whole.into_iter().filter_map(percent).collect()
        }
    };
    let value = |(end, known): (u64, f64)| {
        let is_enough = known >= least;
        Some((end, if is_enough { *rate.get(&end)? } else { 0.0 }))
    };
    with_id(how_many).into_iter().filter_map(value).collect()
}

/// Returns whether an alarm goes off, because some period breaches its threshold.
fn goes_off(alarm: &Value, metrics: &Metrics) -> bool {
    assert_eq!(alarm["ComparisonOperator"], "GreaterThanThreshold");
    assert_eq!(alarm["TreatMissingData"], "notBreaching");
    assert_eq!(alarm["EvaluationPeriods"], 1);
    let threshold: f64 = resolved(&alarm["Threshold"]).parse().expect("a number");
    let values = match alarm["Metrics"].as_array() {
        Some(queries) => expressed(queries, metrics),
        None => over(alarm, &alarm["Period"], &alarm["Statistic"], metrics),
    };
    values.values().any(|value| *value > threshold)
}

fn value_of(statistic: &Value, points: &[f64]) -> f64 {
    let how_many = |some: usize| f64::from(u32::try_from(some).expect("few"));
    let statistic = with_defaults(&text(statistic));
    match statistic.as_str() {
        "Sum" => points.iter().sum(),
        "Maximum" => points.iter().copied().fold(f64::MIN, f64::max),
        "SampleCount" => how_many(points.len()),
        // The percentage of values above the one bound, up to the other ("CloudWatch statistics definitions").
        rank => {
            let bounds = rank.strip_prefix("PR(").and_then(|it| it.strip_suffix(')'));
            let (above, up_to) = bounds
                .and_then(|it| it.split_once(':'))
                .unwrap_or_else(|| panic!("the statistic {rank} is not known here"));
            let bound = |text: &str| text.parse::<f64>().expect("a number");
            let (above, up_to) = (bound(above), bound(up_to));
            let within = points.iter().filter(|it| **it > above && **it <= up_to);
            100.0 * how_many(within.count()) / how_many(points.len())
        }
    }
}

/// Returns the alarms of the template that go off in a week of this stack, beside a bad week of another stack.
fn raised(week: &[Ended]) -> Vec<String> {
    let mut metrics = Metrics::new();
    count(&mut metrics, STACK, week);
    count(&mut metrics, "another", &bad_of_every_sort());
    let resources = TEMPLATE["Resources"].as_object().expect("resources");
    let alarms = resources.iter().filter(|(_, found)| found["Type"] == "AWS::CloudWatch::Alarm");
    let raised = alarms.filter(|(_, alarm)| goes_off(&alarm["Properties"], &metrics));
    raised.map(|(name, _)| name.clone()).collect()
}

/// A good week: three releases a day into production, each worked on for up to 20 minutes, and many into dev, of which
/// some fail and one is slow.
fn good() -> Vec<Ended> {
    let mut week = Vec::new();
    for day in 0..7_u64 {
        let at = |hour: u64| (day * 24 + hour) * HOUR_S;
        week.push((at(9), "prod", Ending::Succeeded, 1_200));
        week.push((at(13), "prod", Ending::NothingToDo, 1));
        week.push((at(16), "production", Ending::Succeeded, 400));
        week.push((at(17), "prod", Ending::Rejected, 3));
        // It waited until a newer one superseded it.
        week.push((at(17), "prod", Ending::NothingToDo, 0));
        for hour in 8..18 {
            week.push((at(hour), "dev", Ending::Succeeded, 90));
        }
        week.push((at(11), "dev", Ending::RolledBack, 200));
        week.push((at(12), "dev", Ending::Succeeded, 4_000));
    }
    week
}

fn bad_of_every_sort() -> Vec<Ended> {
    vec![(HOUR_S, "prod", Ending::RolledBack, 4_000), (2 * HOUR_S, "prod", Ending::NeedsOperator, 4_000)]
}

#[test]
fn a_good_week_raises_none() {
    assert_eq!(raised(&good()), [""; 0]);
}

#[test]
fn what_is_bad_raises_what_is_meant_and_nothing_else() {
    // A third of a good week's changes into production, and more; each at an hour of its own.
    let failures = |ending| (0..6).map(move |day| (day * DAY_S + HOUR_S, "prod", ending, 300));
    let rest = |environment, ending| (0..60).map(move |at| (at * HOUR_S, environment, ending, 300));
    let one = |of: Ended| vec![of];
    let slow = |number, environment| {
        let hours = 0..number;
        let slow = hours.map(|at| (at * HOUR_S, environment, Ending::Succeeded, 1_801));
        slow.collect::<Vec<Ended>>()
    };
    for (what, bad, wanted) in [
        ("too many", failures(Ending::RolledBack).collect(), vec!["FailureRateAlarm"]),
        ("one of many", one((30 * HOUR_S, "prod", Ending::RolledBack, 300)), vec![]),
        ("elsewhere", rest("dev", Ending::RolledBack).collect(), vec![]),
        ("one is slow", slow(1, "prod"), vec![]),
        ("many are slow", slow(8, "prod"), vec!["SlowAlarm"]),
        ("slow elsewhere", slow(60, "dev"), vec![]),
        ("stuck", one((30 * HOUR_S, "dev", Ending::NeedsOperator, 300)), vec!["NeedsOperatorAlarm"]),
    ] {
        let mut week = good();
        week.extend::<Vec<Ended>>(bad);
        assert_eq!(raised(&week), wanted, "{what}");
    }
}

/// With few changes or deployments there is no rate. The cases say how many there are, in how many days, and how many
/// of the first ones fail or are slow.
#[test]
fn a_rate_needs_enough_of_a_week() {
    let fails: fn(bool) -> (Ending, u64) = |is_bad| {
        let ending = if is_bad { Ending::RolledBack } else { Ending::Succeeded };
        (ending, 300)
    };
    let is_slow: fn(bool) -> (Ending, u64) = |is_bad| (Ending::Succeeded, if is_bad { 1_801 } else { 1_800 });
    for (alarm, least, of) in
        [("FailureRateAlarm", "FailureRateChanges", fails), ("SlowAlarm", "SlowRateDeployments", is_slow)]
    {
        let least: u64 = default_of(least).parse().expect("a number");
        for (all, days, bad, is_raised) in [
            (least - 1, 1, least - 1, false),
            (least, 1, 1, false),
            (least, 1, 2, true),
            (least, 6, 2, true),
            (2 * least, 13, 2 * least, true),
            // A week has fewer than it needs, two have enough.
            (least, 13, least, false),
        ] {
            let at = |number| number * days * DAY_S / all;
            let numbers = 0..all;
            let ended = numbers.map(|number| {
                let (ending, worked_s) = of(number < bad);
                (at(number), "prod", ending, worked_s)
            });
            let week: Vec<Ended> = ended.collect();
            let wanted: &[&str] = if is_raised { &[alarm] } else { &[] };
            assert_eq!(raised(&week), wanted, "{alarm}: {bad} of {all} in {days} days");
        }
    }
}

/// Deployments that only waited in the queue until they were superseded do not count in a rate: neither as slow ones,
/// nor among the number that the rate needs.
#[test]
fn who_only_waited_is_not_counted_as_work() {
    let waited = (0..20).map(|at| (at * HOUR_S, "prod", Ending::NothingToDo, 0));
    let mut week: Vec<Ended> = waited.collect();
    for at in 0..4 {
        week.push((at * HOUR_S, "prod", Ending::Succeeded, 1_801));
    }
    assert_eq!(raised(&week), [""; 0], "four are not enough");
    week.push((5 * HOUR_S, "prod", Ending::Succeeded, 1_801));
    assert_eq!(raised(&week), ["SlowAlarm"]);
}
