use serde_json::{Value, json};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use windlass_domain::fault::FaultName;

/// Writes the metrics of one invocation as a line on standard output, which CloudWatch Logs turns
/// into metrics (Amazon CloudWatch User Guide, "Specification: Embedded metric format").
#[allow(
    clippy::print_stdout,
    reason = "the line must stand alone, outside the log's format"
)]
pub(crate) fn write(function: &str, took: Duration, fault: Option<FaultName>) {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let timestamp = u64::try_from(now.as_millis()).unwrap_or(u64::MAX);
    let ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    println!("{}", line(function, timestamp, ms, fault));
}

/// Invocations and milliseconds by function, and faults by function and name.
fn line(function: &str, timestamp: u64, ms: u64, fault: Option<FaultName>) -> Value {
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
            let line = line("judge", 1_795_183_200_000, 12, fault);
            for name in named_members(&line) {
                assert!(!line[&name].is_null(), "{name} has no value in {line}");
            }
        }
    }

    #[test]
    fn a_fault_is_counted_by_its_name() {
        let line = line("judge", 1, 12, Some(FaultName::Throttled));
        assert_eq!(line["Fault"], "Throttled");
        assert_eq!(line["Faults"], 1);
        assert_eq!(line["Milliseconds"], 12);
    }
}
