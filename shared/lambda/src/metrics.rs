use serde_json::{Value, json};
use std::time::{SystemTime, UNIX_EPOCH};
use windlass_domain::fault::FaultName;

/// The namespace of all metrics. Each has a dimension that tells two stacks apart.
pub(crate) const NAMESPACE: &str = "Windlass";

/// Writes a fault as a line on standard output, which CloudWatch Logs turns into a metric (Amazon CloudWatch User
/// Guide, "Specification: Embedded metric format"). Lambda itself counts the calls of a function and their durations.
#[allow(clippy::print_stdout, reason = "the line must stand alone, outside the log's format")]
pub(crate) fn count_fault(function: &str, fault: FaultName, deployment: Option<&str>) {
    println!("{}", fault_line(function, now(), fault, deployment));
}

/// Returns the milliseconds since 1970.
pub(crate) fn now() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(now.as_millis()).unwrap_or(u64::MAX)
}

/// Returns the line that counts a fault, by function, whose name begins with the stack's, and by the fault's name. The
/// deployment is a member of the line and no dimension, because each would be a metric of its own.
fn fault_line(function: &str, timestamp: u64, fault: FaultName, deployment: Option<&str>) -> Value {
    let mut line = json!({
        "Function": function,
        "Fault": fault.to_string(),
        "Faults": 1,
        "_aws": {
            "Timestamp": timestamp,
            "CloudWatchMetrics": [{
                "Namespace": NAMESPACE,
                "Dimensions": [["Function", "Fault"]],
                "Metrics": [{"Name": "Faults", "Unit": "Count"}],
            }],
        },
    });
    if let Some(deployment) = deployment {
        line["deployment"] = json!(deployment);
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_counted_by_its_name() {
        let line = fault_line("judge", 1, FaultName::Throttled, Some("3f9a"));
        assert_eq!((&line["Fault"], &line["Faults"]), (&json!("Throttled"), &json!(1)));
        assert_eq!((&line["Function"], &line["deployment"]), (&json!("judge"), &json!("3f9a")));
    }
}
