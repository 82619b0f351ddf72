use crate::metrics::*;
use windlass_domain::release::action::ActionName::{self, Deploy, Rollback};
use windlass_domain::release::ending::Ending::{NeedsOperator, NothingToDo, Rejected, RolledBack, Succeeded};
use windlass_domain::release::identity::DeploymentId;
use windlass_domain::shown::outcome::ChangeOutcome;
use windlass_domain::text::name::{AppName, EnvironmentName};

fn counted() -> EndingMetrics {
    EndingMetrics { stack: "windlass".into(), alarmed: vec!["prod".into(), "production".into()], by_application: true }
}

/// The ending of an action of the shop's after 12 seconds. Its commit is one and a half hours older; it cost a quarter
/// of a dollar.
fn ended(environment: &str, action: ActionName, ending: Ending) -> CountedDeployment {
    let outcome = ChangeOutcome::of(action, ending, false);
    CountedDeployment {
        id: DeploymentId("3f9a".into()),
        app: AppName::new("shop").unwrap(),
        environment: EnvironmentName::new(environment).unwrap(),
        ending,
        outcome,
        seconds: Some(12),
        lead_time_ms: (outcome == ChangeOutcome::Live).then_some(5_400_000),
        dollars: Some(0.25),
    }
}

/// Reads a line as CloudWatch does: each metric with the values of its dimensions, its unit and its value.
fn metrics(line: &Value) -> Vec<String> {
    let mut all = Vec::new();
    let directives = line["_aws"]["CloudWatchMetrics"].as_array().unwrap();
    for directive in directives {
        assert_eq!(directive["Namespace"], NAMESPACE);
        let dimensions = directive["Dimensions"][0].as_array().unwrap().iter();
        let dimensions = dimensions.map(|name| line[name.as_str().unwrap()].as_str().unwrap());
        let dimensions = dimensions.collect::<Vec<_>>().join(" ");
        for metric in directive["Metrics"].as_array().unwrap() {
            let (name, unit) = (metric["Name"].as_str().unwrap(), &metric["Unit"]);
            let value = line[name].as_f64().unwrap();
            let unit = unit.as_str().unwrap();
            all.push(format!("{dimensions}: {name} {value} {unit}"));
        }
    }
    all
}

/// The metrics of an ending, those of the whole stack first.
fn metrics_of(counted: &EndingMetrics, ended: &CountedDeployment) -> Vec<String> {
    let line = counted.line(ended, 1).unwrap();
    assert_eq!(line["deployment"], "3f9a");
    assert_eq!(line["_aws"]["Timestamp"], 1);
    metrics(&line)
}

#[test]
fn an_ending_is_counted_for_the_stack_for_production_or_the_others_and_for_its_environment() {
    assert_eq!(
        metrics_of(&counted(), &ended("prod", Deploy, Succeeded)),
        [
            "windlass: NeedsOperator 0 Count",
            "windlass alarmed: DeploymentSeconds 12 Seconds",
            "windlass alarmed: Changes 1 Count",
            "windlass alarmed: ChangesFailed 0 Count",
            "windlass shop prod: DeploymentSeconds 12 Seconds",
            "windlass shop prod: Changes 1 Count",
            "windlass shop prod: ChangesFailed 0 Count",
            "windlass shop prod: LeadTimeSeconds 5400 Seconds",
            "windlass shop prod: DeploymentDollars 0.25 None",
        ]
    );
}

#[test]
fn an_ending_shows_whether_it_was_a_change_and_whether_one_failed() {
    // Whether it needs an operator; changes and failed ones, or `None` where it is counted as neither.
    for (action, ending, needs_operator, changes) in [
        (Deploy, Succeeded, 0, Some((1, 0))),
        (Deploy, NothingToDo, 0, None),
        (Deploy, RolledBack, 0, Some((1, 1))),
        (Deploy, NeedsOperator, 1, Some((1, 1))),
        (Rollback, Succeeded, 0, Some((0, 1))),
        (Rollback, RolledBack, 0, None),
        (Rollback, NeedsOperator, 1, None),
    ] {
        let got = metrics_of(&counted(), &ended("dev", action, ending));
        let mut wanted = vec![
            format!("windlass: NeedsOperator {needs_operator} Count"),
            "windlass others: DeploymentSeconds 12 Seconds".into(),
        ];
        let of_changes = |whose: &str| {
            let (changes, failed) = changes?;
            Some([format!("{whose}: Changes {changes} Count"), format!("{whose}: ChangesFailed {failed} Count")])
        };
        wanted.extend(of_changes("windlass others").into_iter().flatten());
        wanted.push("windlass shop dev: DeploymentSeconds 12 Seconds".into());
        wanted.extend(of_changes("windlass shop dev").into_iter().flatten());
        if (action, ending) == (Deploy, Succeeded) {
            wanted.push("windlass shop dev: LeadTimeSeconds 5400 Seconds".into());
        }
        wanted.push("windlass shop dev: DeploymentDollars 0.25 None".into());
        assert_eq!(got, wanted, "{action:?} {ending}");
    }
    let refused = ended("dev", Deploy, Rejected);
    assert_eq!(counted().line(&refused, 1), None);
}

#[test]
fn what_is_not_known_has_no_metric() {
    let mut unknown = ended("dev", Deploy, NothingToDo);
    unknown.dollars = None;
    assert_eq!(metrics_of(&counted(), &unknown)[2..], ["windlass shop dev: DeploymentSeconds 12 Seconds"]);
    // A deployment that only waited has no work to report, and no empty list of metrics either.
    unknown.seconds = None;
    assert_eq!(metrics_of(&counted(), &unknown), ["windlass: NeedsOperator 0 Count"]);
    let line = counted().line(&unknown, 1).unwrap();
    assert_eq!(line["_aws"]["CloudWatchMetrics"].as_array().unwrap().len(), 1, "{line}");
}

#[test]
fn how_long_a_failure_lasted_is_counted_for_its_environment() {
    let restored = CountedRestore {
        id: DeploymentId("3f9a".into()),
        app: AppName::new("shop").unwrap(),
        environment: EnvironmentName::new("prod").unwrap(),
        seconds: 720,
    };
    let line = counted().restored_line(&restored, 1).unwrap();
    assert_eq!(metrics(&line), ["windlass shop prod: RestoreSeconds 720 Seconds"]);
    assert_eq!(line["deployment"], "3f9a");
    assert_eq!(line["_aws"]["Timestamp"], 1);
    let off = EndingMetrics { by_application: false, ..counted() };
    assert_eq!(off.restored_line(&restored, 1), None);
}

#[test]
fn applications_are_not_counted_where_that_is_switched_off() {
    let counted = EndingMetrics { by_application: false, ..counted() };
    let got = metrics_of(&counted, &ended("production", Deploy, Succeeded));
    assert_eq!(got.len(), 4, "{got:?}");
    assert!(got.iter().all(|metric| !metric.contains("shop")), "{got:?}");
    assert!(got[1].starts_with("windlass alarmed: "), "{got:?}");
}
