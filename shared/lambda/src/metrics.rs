use serde_json::{Value, json};
use std::time::{SystemTime, UNIX_EPOCH};
use windlass_domain::release::ending::Ending;
use windlass_domain::shown::outcome::{CountedDeployment, CountedRestore};
use windlass_domain::text::fault::FaultName;

/// The namespace of all metrics. Each has a dimension that distinguishes two stacks.
pub(crate) const NAMESPACE: &str = "Windlass";

/// Writes a fault as a line on standard output, which CloudWatch Logs turns into a metric (Amazon CloudWatch User
/// Guide, "Specification: Embedded metric format"). Lambda itself counts the calls of a function and their durations.
pub(crate) fn count_fault(function: &str, fault: FaultName, deployment: Option<&str>) {
    write(Some(fault_line(function, now(), fault, deployment)));
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

/// The settings of the metrics of endings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndingMetrics {
    /// The name of Windlass's stack.
    pub stack: String,
    /// The environments of production: those whose failed and slow deployments raise an alarm.
    pub alarmed: Vec<String>,
    /// True if each application's environment is counted for itself as well. Each has six metrics, which cost money.
    pub by_application: bool,
}

impl EndingMetrics {
    /// Reads the settings as the template gives them: `WINDLASS_STACK`, `WINDLASS_ALARM_ENVIRONMENTS` with commas, and
    /// `WINDLASS_METRICS_BY_APPLICATION`.
    pub fn from_env() -> Self {
        let given = |name| std::env::var(name).unwrap_or_default();
        let alarmed = given("WINDLASS_ALARM_ENVIRONMENTS");
        Self {
            stack: given("WINDLASS_STACK"),
            alarmed: alarmed.split(',').map(|name| name.trim().to_owned()).collect(),
            by_application: given("WINDLASS_METRICS_BY_APPLICATION") == "true",
        }
    }

    /// Writes the metrics of a deployment that ended, which the template's alarms and dashboard look at. A refused
    /// one never began and is not counted.
    pub fn count(&self, ended: &CountedDeployment) {
        write(self.line(ended, now()));
    }

    /// Writes the duration of a failure, for the dashboard.
    pub fn count_restored(&self, restored: &CountedRestore) {
        write(self.restored_line(restored, now()));
    }

    /// Returns the line for an ending, at a time in milliseconds; `None` for a refused deployment.
    ///
    /// It says whether the ending needs an operator, which concerns every environment. It gives the outcome, apart for
    /// production and for the others, because an alarm names each metric of its expression and cannot search for
    /// applications. Where applications are counted, it gives the same for the application's environment, with its lead
    /// time and its cost. A line that is written twice is counted twice.
    pub fn line(&self, ended: &CountedDeployment, timestamp: u64) -> Option<Value> {
        if ended.ending == Ending::Rejected {
            return None;
        }
        let name = ended.environment.as_str();
        let is_production = self.alarmed.iter().any(|alarmed| alarmed == name);
        let everywhere = everywhere(ended);
        let needs_operator = json!(u8::from(ended.ending == Ending::NeedsOperator));
        let of_all = [("NeedsOperator", "Count", needs_operator)];
        let mut directives = vec![directive(&["Stack"], &of_all), directive(&["Stack", "Environments"], &everywhere)];
        let mut all = everywhere;
        if self.by_application {
            all.extend(of_an_application(ended));
            directives.push(directive(OF_AN_APPLICATION, &all));
        }
        // The ending of a deployment that never had a turn may have no metrics there.
        directives.retain(|directive| directive["Metrics"] != json!([]));
        let mut line = json!({
            "deployment": ended.id,
            "Stack": self.stack,
            "Environments": if is_production { "alarmed" } else { "others" },
            "Application": ended.app,
            "Environment": ended.environment,
            "_aws": {"Timestamp": timestamp, "CloudWatchMetrics": directives},
        });
        for (name, _, value) in all.into_iter().chain(of_all) {
            line[name] = value;
        }
        Some(line)
    }

    /// Returns the line for an environment that is well again. It is a line of its own, because that may come long
    /// after the ending, with what an operator does. `None` where applications are not counted.
    pub fn restored_line(&self, restored: &CountedRestore, timestamp: u64) -> Option<Value> {
        let seconds = json!(restored.seconds);
        let directives = [directive(OF_AN_APPLICATION, &[("RestoreSeconds", "Seconds", seconds)])];
        self.by_application.then(|| {
            json!({
                "deployment": restored.id,
                "Stack": self.stack,
                "Application": restored.app,
                "Environment": restored.environment,
                "RestoreSeconds": restored.seconds,
                "_aws": {"Timestamp": timestamp, "CloudWatchMetrics": directives},
            })
        })
    }
}

/// The dimensions of the metrics of an application's environment.
const OF_AN_APPLICATION: &[&str] = &["Stack", "Application", "Environment"];

#[allow(clippy::print_stdout, reason = "the line must stand alone, outside the log's format")]
fn write(line: Option<Value>) {
    if let Some(line) = line {
        println!("{line}");
    }
}

/// A metric's name, its unit and a value.
type Metric = (&'static str, &'static str, Value);

/// Returns the metrics of production, of the others, and of each application's environment. The number of values of
/// `DeploymentSeconds` is the number of deployments that worked. `Changes` and `ChangesFailed` come together, because
/// an expression over two metrics has no value at a time at which one has none.
fn everywhere(ended: &CountedDeployment) -> Vec<Metric> {
    let mut metrics: Vec<Metric> =
        ended.seconds.map(|seconds| ("DeploymentSeconds", "Seconds", json!(seconds))).into_iter().collect();
    let (changes, failed) = (ended.outcome.changes(), ended.outcome.failed());
    if changes + failed > 0 {
        metrics.push(("Changes", "Count", json!(changes)));
        metrics.push(("ChangesFailed", "Count", json!(failed)));
    }
    metrics
}

/// Returns the metrics that say something of one application only, where they are known.
fn of_an_application(ended: &CountedDeployment) -> Vec<Metric> {
    let lead_time = ended.lead_time_ms.map(|ms| ("LeadTimeSeconds", "Seconds", json!(ms / 1000)));
    let dollars = ended.dollars.map(|dollars| json!(dollars));
    let cost = dollars.map(|dollars| ("DeploymentDollars", "None", dollars));
    lead_time.into_iter().chain(cost).collect()
}

fn directive(dimensions: &[&str], metrics: &[Metric]) -> Value {
    let metrics = metrics.iter();
    let metrics = metrics.map(|(name, unit, _)| json!({"Name": name, "Unit": unit}));
    json!({
        "Namespace": NAMESPACE,
        "Dimensions": [dimensions],
        "Metrics": metrics.collect::<Vec<_>>(),
    })
}

#[cfg(test)]
#[path = "ending_metrics_tests.rs"]
mod tests_of_ending_metrics;

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
