use serde_json::{Value, json};
use std::time::{SystemTime, UNIX_EPOCH};
use windlass_domain::ending::Ending;
use windlass_domain::fault::FaultName;
use windlass_domain::identity::DeploymentId;
use windlass_domain::name::EnvironmentName;

/// The namespace of all metrics. Each has a dimension that tells two stacks apart.
const NAMESPACE: &str = "Windlass";

/// Writes a fault as a line on standard output, which CloudWatch Logs turns into a metric (Amazon
/// CloudWatch User Guide, "Specification: Embedded metric format"). How often a function is called and
/// for how long Lambda counts itself.
#[allow(
    clippy::print_stdout,
    reason = "the line must stand alone, outside the log's format"
)]
pub(crate) fn count_fault(function: &str, fault: FaultName, deployment: Option<&str>) {
    println!("{}", fault_line(function, now(), fault, deployment));
}

/// What endings are counted under.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counted {
    /// The name of Windlass's stack.
    pub stack: String,
    /// The environments whose failed and slow deployments raise an alarm.
    pub alarmed: Vec<String>,
}

impl Counted {
    /// As the template gives it: `WINDLASS_STACK`, and `WINDLASS_ALARM_ENVIRONMENTS` with commas.
    pub fn from_env() -> Self {
        let given = |name| std::env::var(name).unwrap_or_default();
        let alarmed = given("WINDLASS_ALARM_ENVIRONMENTS");
        Self {
            stack: given("WINDLASS_STACK"),
            alarmed: alarmed
                .split(',')
                .map(|name| name.trim().to_owned())
                .collect(),
        }
    }

    /// Writes the metrics of a deployment that ended, which the template's alarms look at. A refused
    /// one never began and is not counted.
    #[allow(
        clippy::print_stdout,
        reason = "the line must stand alone, outside the log's format"
    )]
    pub fn count(
        &self,
        deployment: &DeploymentId,
        environment: &EnvironmentName,
        ending: Ending,
        seconds: u64,
    ) {
        if let Some(line) = self.line(deployment, environment, (ending, seconds), now()) {
            println!("{line}");
        }
    }

    /// The line for an ending after so many seconds of work, at a time in milliseconds: whether it
    /// failed (0 or 1, so that the average is the rate of failures) and how many seconds it worked, apart
    /// for the environments that raise an alarm and for others; and whether it needs an operator, which
    /// concerns every environment.
    pub fn line(
        &self,
        deployment: &DeploymentId,
        environment: &EnvironmentName,
        (ending, seconds): (Ending, u64),
        timestamp: u64,
    ) -> Option<Value> {
        if ending == Ending::Rejected {
            return None;
        }
        let alarmed = self.alarmed.iter().any(|name| name == environment.as_str());
        let metrics = |names: &[(&str, &str)]| -> Vec<Value> {
            let metrics = names.iter();
            metrics
                .map(|(name, unit)| json!({"Name": name, "Unit": unit}))
                .collect()
        };
        let of_all = metrics(&[("NeedsOperator", "Count")]);
        let apart = metrics(&[
            ("DeploymentFailed", "Count"),
            ("DeploymentSeconds", "Seconds"),
        ]);
        Some(json!({
            "deployment": deployment,
            "environment": environment,
            "Stack": self.stack,
            "Environments": if alarmed { "alarmed" } else { "others" },
            "DeploymentFailed": u8::from(!ending.is_success()),
            "NeedsOperator": u8::from(ending == Ending::NeedsOperator),
            "DeploymentSeconds": seconds,
            "_aws": {
                "Timestamp": timestamp,
                "CloudWatchMetrics": [
                    {"Namespace": NAMESPACE, "Dimensions": [["Stack"]], "Metrics": of_all},
                    {"Namespace": NAMESPACE, "Dimensions": [["Stack", "Environments"]], "Metrics": apart},
                ],
            },
        }))
    }
}

fn now() -> u64 {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    u64::try_from(now.as_millis()).unwrap_or(u64::MAX)
}

/// Faults by function, whose name begins with the stack's, and name. The deployment is a member of the
/// line and no dimension: each would be a metric of its own.
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

    fn line_of(environment: &str, ending: Ending) -> Option<Value> {
        let counted = Counted {
            stack: "windlass".into(),
            alarmed: vec!["prod".into(), "production".into()],
        };
        let environment = EnvironmentName::new(environment).expect("a name");
        counted.line(&DeploymentId("3f9a".into()), &environment, (ending, 12), 1)
    }

    #[test]
    fn every_metric_and_dimension_that_is_named_has_a_value() {
        let lines = [
            fault_line("windlass-judge", 1, FaultName::Throttled, None),
            line_of("prod", Ending::Succeeded).expect("it is counted"),
        ];
        for line in lines {
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
            let line = line_of("prod", ending).expect("it is counted");
            assert_eq!(line["deployment"], "3f9a");
            assert_eq!(line["DeploymentFailed"], failed, "{ending}");
            assert_eq!(line["NeedsOperator"], needs_operator, "{ending}");
        }
        assert_eq!(line_of("prod", Ending::Rejected), None);
    }

    #[test]
    fn the_environments_that_raise_an_alarm_are_counted_apart() {
        for (environment, wanted) in [
            ("prod", "alarmed"),
            ("production", "alarmed"),
            ("dev", "others"),
        ] {
            let line = line_of(environment, Ending::Succeeded).expect("it is counted");
            assert_eq!(line["Environments"], wanted, "{environment}");
            assert_eq!(line["Stack"], "windlass");
        }
    }

    #[test]
    fn a_fault_is_counted_by_its_name() {
        let line = fault_line("judge", 1, FaultName::Throttled, Some("3f9a"));
        assert_eq!(
            (&line["Fault"], &line["Faults"]),
            (&json!("Throttled"), &json!(1))
        );
        assert_eq!(line["deployment"], "3f9a");
    }
}
