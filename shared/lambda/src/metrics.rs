use serde_json::{Value, json};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use windlass_domain::ending::Ending;
use windlass_domain::fault::FaultName;
use windlass_domain::identity::DeploymentId;

/// Writes the metrics of one invocation as a line on standard output, which CloudWatch Logs turns
/// into metrics (Amazon CloudWatch User Guide, "Specification: Embedded metric format").
#[allow(
    clippy::print_stdout,
    reason = "the line must stand alone, outside the log's format"
)]
pub(crate) fn write(
    function: &str,
    took: Duration,
    fault: Option<FaultName>,
    deployment: Option<&str>,
) {
    let ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    println!("{}", line(function, now(), ms, fault, deployment));
}

/// Writes the metrics of a deployment that ended, which the template's alarms look at: whether it
/// failed (0 or 1, so that the average is the rate of failures), whether it needs an operator, and
/// how many seconds it took. A refused one never began and is not counted.
#[allow(
    clippy::print_stdout,
    reason = "the line must stand alone, outside the log's format"
)]
pub fn count_ending(deployment: &DeploymentId, ending: Ending, seconds: u64) {
    if ending != Ending::Rejected {
        println!("{}", ending_line(deployment, ending, now(), seconds));
    }
}

fn ending_line(deployment: &DeploymentId, ending: Ending, timestamp: u64, seconds: u64) -> Value {
    let names = [
        ("DeploymentFailed", "Count"),
        ("NeedsOperator", "Count"),
        ("DeploymentSeconds", "Seconds"),
    ];
    let metrics = names.map(|(name, unit)| json!({"Name": name, "Unit": unit}));
    json!({
        "deployment": deployment,
        "DeploymentFailed": u8::from(!ending.is_success()),
        "NeedsOperator": u8::from(ending == Ending::NeedsOperator),
        "DeploymentSeconds": seconds,
        "_aws": {
            "Timestamp": timestamp,
            "CloudWatchMetrics": [{"Namespace": "Windlass", "Dimensions": [[]], "Metrics": metrics}],
        },
    })
}

fn now() -> u64 {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    u64::try_from(now.as_millis()).unwrap_or(u64::MAX)
}

/// Invocations and milliseconds by function, and faults by function and name. The deployment is a
/// member of the line and no dimension: each would be a metric of its own.
fn line(
    function: &str,
    timestamp: u64,
    ms: u64,
    fault: Option<FaultName>,
    deployment: Option<&str>,
) -> Value {
    let mut metrics = vec![json!({
        "Namespace": "Windlass",
        "Dimensions": [["Function"]],
        "Metrics": [
            {"Name": "Invocations", "Unit": "Count"},
            {"Name": "Milliseconds", "Unit": "Milliseconds"},
        ],
    })];
    let mut line = json!({"Function": function, "Invocations": 1, "Milliseconds": ms});
    if let Some(fault) = fault {
        metrics.push(json!({
            "Namespace": "Windlass",
            "Dimensions": [["Function", "Fault"]],
            "Metrics": [{"Name": "Faults", "Unit": "Count"}],
        }));
        line["Fault"] = json!(fault.to_string());
        line["Faults"] = json!(1);
    }
    if let Some(deployment) = deployment {
        line["deployment"] = json!(deployment);
    }
    line["_aws"] = json!({"Timestamp": timestamp, "CloudWatchMetrics": metrics});
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named_members(line: &Value) -> Vec<String> {
        let directives = line["_aws"]["CloudWatchMetrics"]
            .as_array()
            .expect("a list");
        let mut names = Vec::new();
        for directive in directives {
            for dimension in directive["Dimensions"][0].as_array().expect("a list") {
                names.push(dimension.as_str().expect("text").to_owned());
            }
            for metric in directive["Metrics"].as_array().expect("a list") {
                names.push(metric["Name"].as_str().expect("text").to_owned());
            }
        }
        names
    }

    #[test]
    fn every_metric_and_dimension_that_is_named_has_a_value() {
        for fault in [None, Some(FaultName::Throttled)] {
            let line = line("judge", 1_795_183_200_000, 12, fault, None);
            for name in named_members(&line) {
                assert!(!line[&name].is_null(), "{name} has no value in {line}");
            }
        }
    }

    #[test]
    fn the_average_of_failed_endings_is_the_rate_of_failures() {
        for (ending, failed, needs_operator) in [
            (Ending::Succeeded, 0, 0),
            (Ending::NothingToDo, 0, 0),
            (Ending::RolledBack, 1, 0),
            (Ending::NeedsOperator, 1, 1),
        ] {
            let line = ending_line(&DeploymentId("3f9a".into()), ending, 1, 12);
            assert_eq!(line["deployment"], "3f9a");
            assert_eq!(line["DeploymentFailed"], failed, "{ending}");
            assert_eq!(line["NeedsOperator"], needs_operator, "{ending}");
            assert!(
                named_members(&line)
                    .iter()
                    .all(|name| !line[name].is_null())
            );
        }
    }

    #[test]
    fn a_fault_is_counted_by_its_name() {
        let line = line("judge", 1, 12, Some(FaultName::Throttled), None);
        assert_eq!(line["Fault"], "Throttled");
        assert_eq!(line["Faults"], 1);
        assert_eq!(line["Milliseconds"], 12);
    }
}
