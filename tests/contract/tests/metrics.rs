//! The template names metrics in alarms and on the dashboard, and the outbox must write each of them. Otherwise an
//! alarm never goes off, and a chart stays empty, without any error.

#![allow(clippy::expect_used, clippy::panic, reason = "a test may panic")]

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use windlass_contract::template;
use windlass_domain::release::ending::Ending;
use windlass_domain::release::identity::DeploymentId;
use windlass_domain::shown::outcome::{ChangeOutcome, CountedDeployment, CountedRestore};
use windlass_domain::text::name::{AppName, EnvironmentName};
use windlass_lambda::EndingMetrics;

/// A metric's name, and its dimensions with the values that the template may name. An empty value stands for any.
type Metric = (String, BTreeMap<String, String>);

/// The dimensions whose values are those of an installation and of its applications.
const ANY: [&str; 3] = ["Stack", "Application", "Environment"];

fn list(value: &Value) -> &Vec<Value> {
    value.as_array().expect("a list")
}

fn text(value: &Value) -> String {
    value.as_str().expect("text").to_owned()
}

fn dimension(name: String, value: String) -> (String, String) {
    let is_any = ANY.contains(&name.as_str());
    let value = if is_any { String::new() } else { value };
    (name, value)
}

/// Returns all metrics of endings about which everything is known, into production and elsewhere, and of a restoring.
fn written() -> BTreeSet<Metric> {
    let counted = EndingMetrics { stack: "windlass".into(), alarmed: vec!["prod".into()], by_application: true };
    let line_of = |environment: &str| {
        let ended = CountedDeployment {
            id: DeploymentId("3f9a".into()),
            app: AppName::new("shop").expect("a name"),
            environment: EnvironmentName::new(environment).expect("a name"),
            ending: Ending::Succeeded,
            outcome: ChangeOutcome::Live,
            seconds: Some(12),
            lead_time_ms: Some(5_000),
            dollars: Some(0.25),
        };
        counted.line(&ended, 1).expect("it is counted")
    };
    let restored = CountedRestore {
        id: DeploymentId("3f9a".into()),
        app: AppName::new("shop").expect("a name"),
        environment: EnvironmentName::new("prod").expect("a name"),
        seconds: 12,
    };
    let restored = counted.restored_line(&restored, 1).expect("it is counted");
    let mut all = BTreeSet::new();
    for line in [line_of("prod"), line_of("dev"), restored] {
        for directive in list(&line["_aws"]["CloudWatchMetrics"]) {
            assert_eq!(directive["Namespace"], "Windlass");
            let names = list(&directive["Dimensions"][0]).iter().map(text);
            let dimensions = names.map(|name| dimension(name.clone(), text(&line[name])));
            let dimensions: BTreeMap<String, String> = dimensions.collect();
            let metrics = list(&directive["Metrics"]).iter();
            all.extend(metrics.map(|metric| (text(&metric["Name"]), dimensions.clone())));
        }
    }
    all
}

/// Returns a metric as `CloudFormation` names it; `None` if AWS itself writes it.
fn of_an_alarm(metric: &Value) -> Option<Metric> {
    let found = list(&metric["Dimensions"]).iter();
    let dimensions = found.map(|found| dimension(text(&found["Name"]), text(&found["Value"])));
    let is_ours = metric["Namespace"] == "Windlass";
    is_ours.then(|| (text(&metric["MetricName"]), dimensions.collect()))
}

fn of_alarms() -> BTreeSet<Metric> {
    let template = template();
    let resources = template["Resources"].as_object().expect("resources");
    let mut all = BTreeSet::new();
    for alarm in resources.values() {
        if alarm["Type"] != "AWS::CloudWatch::Alarm" {
            continue;
        }
        let alarm = &alarm["Properties"];
        match alarm["Metrics"].as_array() {
            None => all.extend(of_an_alarm(alarm)),
            Some(queries) => {
                let stats = queries.iter().map(|query| &query["MetricStat"]["Metric"]);
                all.extend(stats.filter(|found| !found.is_null()).filter_map(of_an_alarm));
            }
        }
    }
    all
}

/// Returns a widget's metrics, written out. `.` repeats the word at the same place of the metric before, and `...`
/// repeats all words that the metric does not name itself (Amazon CloudWatch API Reference, "Dashboard body structure
/// and syntax").
fn written_out(metrics: &Value) -> Vec<Vec<String>> {
    let mut all: Vec<Vec<String>> = Vec::new();
    for metric in list(metrics) {
        let words = list(metric).iter().filter_map(Value::as_str);
        let words: Vec<&str> = words.collect();
        let former = all.last().cloned().unwrap_or_default();
        let words = if let Some((&"...", own)) = words.split_first() {
            let kept = former.len() - own.len();
            let own = own.iter().map(|word| (*word).to_owned());
            former[..kept].iter().cloned().chain(own).collect()
        } else {
            let places = words.iter().enumerate();
            let word = |(place, word): (usize, &&str)| match *word {
                "." => former[place].clone(),
                word => word.to_owned(),
            };
            places.map(word).collect()
        };
        all.push(words);
    }
    all
}

/// Returns the metrics that a search finds: `SEARCH('{Namespace,Dimension,…} Stack="…" MetricName="…"', 'Statistic')`
/// (Amazon CloudWatch User Guide, "CloudWatch search expression syntax").
fn searched(expression: &str) -> Option<Metric> {
    let schema = expression.strip_prefix("SEARCH('{Windlass,")?;
    let (dimensions, terms) = schema.split_once('}').expect("an end of the schema");
    assert!(terms.contains(" Stack=\"${AWS::StackName}\" "), "{expression} finds those of another stack");
    let (_, name) = terms.split_once("MetricName=\"").expect("a metric's name");
    let (name, _) = name.split_once('"').expect("its end");
    let dimensions = dimensions.split(',');
    let dimensions = dimensions.map(|name| dimension(name.to_owned(), String::new()));
    Some((name.to_owned(), dimensions.collect()))
}

fn of_the_dashboard() -> BTreeSet<Metric> {
    let body = &template()["Resources"]["Dashboard"]["Properties"]["DashboardBody"];
    let body: Value = serde_json::from_str(&text(body)).expect("JSON");
    let mut all = BTreeSet::new();
    for widget in list(&body["widgets"]) {
        let metrics = &widget["properties"]["metrics"];
        if metrics.is_null() {
            continue;
        }
        for metric in list(metrics) {
            let expression = metric[0]["expression"].as_str();
            all.extend(expression.and_then(searched));
        }
        for words in written_out(metrics) {
            let Some(("Windlass", named)) = words.split_first().map(|(it, more)| (it.as_str(), more)) else {
                continue;
            };
            let dimensions = named[1..].chunks(2);
            let dimensions = dimensions.map(|of| dimension(of[0].clone(), of[1].clone()));
            all.insert((named[0].clone(), dimensions.collect()));
        }
    }
    all
}

#[test]
fn what_alarms_and_dashboard_name_is_written() {
    let written = written();
    for (whose, named) in [("alarms", of_alarms()), ("dashboard", of_the_dashboard())] {
        assert!(!named.is_empty(), "{whose}");
        for metric in named {
            assert!(written.contains(&metric), "{whose} of template.yaml: nobody writes {metric:?}, but {written:#?}");
        }
    }
}

/// A new metric of applications must be added to the dashboard, too.
#[test]
fn every_metric_of_an_application_is_on_the_dashboard() {
    let shown = of_the_dashboard();
    let written = written();
    let of_applications = written.iter().filter(|(_, of)| of.contains_key("Application"));
    let of_applications: Vec<&Metric> = of_applications.collect();
    assert_eq!(of_applications.len(), 6, "the template and docs/metrics.md say six");
    for metric in of_applications {
        assert!(shown.contains(metric), "the dashboard has no {metric:?}");
    }
}

/// The dashboard shows the figures of the command line's table: each of its columns is a chart.
#[test]
fn the_dashboard_shows_each_figure() {
    let shown = of_the_dashboard();
    for (figure, metric) in [
        ("how often", "Changes"),
        ("lead time", "LeadTimeSeconds"),
        ("failed", "ChangesFailed"),
        ("time to restore", "RestoreSeconds"),
        ("cost", "DeploymentDollars"),
    ] {
        let is_shown = |(name, of): &Metric| name == metric && of.contains_key("Application");
        assert!(shown.iter().any(is_shown), "{figure}: {metric}");
    }
    for whose in ["alarmed", "others"] {
        assert!(rates().contains(whose), "no rate of failures of {whose}: {:?}", rates());
    }
}

/// Returns the `Environments` whose rate of failures the dashboard shows, by an expression that divides the failed
/// changes by all.
fn rates() -> BTreeSet<String> {
    let body = &template()["Resources"]["Dashboard"]["Properties"]["DashboardBody"];
    let body: Value = serde_json::from_str(&text(body)).expect("JSON");
    let mut whose = BTreeSet::new();
    for widget in list(&body["widgets"]) {
        let metrics = &widget["properties"]["metrics"];
        if metrics.is_null() {
            continue;
        }
        // The metric behind each id, in the order in which both are written.
        let ids = list(metrics).iter().map(|metric| {
            let options = list(metric).last().expect("a metric");
            options["id"].as_str().map(str::to_owned)
        });
        let named: BTreeMap<String, Vec<String>> =
            ids.zip(written_out(metrics)).filter_map(|(id, words)| Some((id?, words))).collect();
        for metric in list(metrics) {
            let expression = metric[0]["expression"].as_str().unwrap_or_default();
            let parts = expression.strip_prefix("100 * ");
            let Some((failed, changes)) = parts.and_then(|it| it.split_once(" / ")) else {
                continue;
            };
            let of = |id: &str| named.get(id).unwrap_or_else(|| panic!("no metric {id}"));
            let (failed, changes) = (of(failed), of(changes));
            assert_eq!((&*failed[1], &*changes[1]), ("ChangesFailed", "Changes"));
            assert_eq!(failed[2..], changes[2..], "a part of another whole");
            assert_eq!(widget["properties"]["stat"], "Sum");
            whose.extend(failed.last().cloned());
        }
    }
    whose
}

/// Charts by day show days. Without this setting the console chooses the period by the time that is looked at.
#[test]
fn the_dashboard_obeys_the_periods_of_its_charts() {
    let body = &template()["Resources"]["Dashboard"]["Properties"]["DashboardBody"];
    let body: Value = serde_json::from_str(&text(body)).expect("JSON");
    assert_eq!(body["periodOverride"], "inherit");
    let start = text(&body["start"]);
    let days = start.strip_prefix("-P").and_then(|it| it.strip_suffix('D'));
    let days: u64 = days.and_then(|it| it.parse().ok()).expect("days");
    for widget in list(&body["widgets"]) {
        let period = widget["properties"]["period"].as_u64().unwrap_or(0);
        let title = &widget["properties"]["title"];
        assert!(period * 2 <= days * 86_400, "{title}: one point is no chart");
    }
}
