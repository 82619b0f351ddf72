//! The gates that a declaration begins with: what can be measured of each component without knowing more of it. Pure.

use super::application::{Application, Balancer, Component, Target, Text};
use super::declaration::{list, text};

/// The time for which a release is watched where calls are counted: the first whole minute of a metric begins up to a
/// minute after the change, and its point comes about a minute after its end.
const WITH_COUNTS: &str = "3m";

/// The time where none are.
const WITHOUT: &str = "2m";

/// Returns the lines of the gates of the whole release.
pub fn of_the_release(application: &Application) -> Vec<String> {
    let mut components = application.components.iter();
    let has_counts = components.any(|it| is_counted(it, application));
    let bake = if has_counts { WITH_COUNTS } else { WITHOUT };
    let mut lines = vec!["gates:".to_owned(), format!("  bake: {bake}")];
    if has_counts {
        lines.push("  # Who is not called has no failed calls to count, and passes. Where calls never cease, leave this out: then a".to_owned());
        lines.push("  # release waits for the first counts, and without any it is undone.".to_owned());
        lines.push("  unknown: {becomes: pass}".to_owned());
    }
    lines.push("  # A release that makes one of these ring is undone:".to_owned());
    let alarms = &application.carried.alarms;
    lines.push(if alarms.is_empty() {
        format!("  # alarms: [\"{}-{{environment}}-5xx\"]", application.app)
    } else {
        format!("  alarms: {}", list(alarms))
    });
    lines
}

/// Returns whether failed calls of a component are counted: not where alarms are carried over, which measure every
/// release.
fn is_counted(component: &Component, application: &Application) -> bool {
    let has_counts = match &component.target {
        Target::Function { .. } => true,
        Target::Service { balancer, .. } => balancer.is_some(),
        Target::Site { .. } => false,
    };
    has_counts && application.carried.alarms.is_empty()
}

/// Returns the lines of a component's own gates.
pub fn of_a_component(component: &Component, application: &Application) -> Vec<String> {
    let is_measured = !application.carried.alarms.is_empty();
    match &component.target {
        Target::Site { distribution: None, url: None, .. } => Vec::new(),
        Target::Site { .. } => of_a_site(),
        Target::Function { .. } | Target::Service { .. } if is_measured => Vec::new(),
        Target::Function { function, alias, .. } => of_a_function(function, alias),
        Target::Service { balancer, .. } => balancer.as_ref().map_or_else(of_a_service_without, of_a_service),
    }
}

fn of_a_site() -> Vec<String> {
    vec![
        "    # Fetched as visitors get it, with the scripts and style sheets that it names.".to_owned(),
        "    gates: {pages: [{path: /}]}".to_owned(),
    ]
}

fn of_a_function(function: &Text, alias: &str) -> Vec<String> {
    let of = |function: &String| format!("{function}:{alias}");
    let resource = match function {
        Text::One(function) => Text::One(of(function)),
        Text::Each(each) => {
            let each = each.iter().map(|(name, it)| (name.clone(), of(it)));
            Text::Each(each.collect())
        }
    };
    let mut lines = counted(("AWS/Lambda", "Errors"), [("FunctionName", function), ("Resource", &resource)]);
    lines.push(
        "      # Each new version is invoked with this before callers get it. Write a payload that changes nothing:"
            .to_owned(),
    );
    lines.push("      # invocations: [{name: health, payload: {}}]".to_owned());
    lines
}

fn of_a_service(balancer: &Balancer) -> Vec<String> {
    let Balancer { load_balancer, target_group } = balancer;
    counted(
        ("AWS/ApplicationELB", "HTTPCode_Target_5XX_Count"),
        [("LoadBalancer", load_balancer), ("TargetGroup", target_group)],
    )
}

fn of_a_service_without() -> Vec<String> {
    vec![
        "    # Nothing is measured of it yet. If an address tells whether it is well:".to_owned(),
        "    # gates: {probes: [{url: \"https://example.com/health\"}]}".to_owned(),
    ]
}

/// Returns the lines of a gate on the failed calls of a minute.
fn counted((namespace, metric): (&str, &str), dimensions: [(&str, &Text); 2]) -> Vec<String> {
    let dimensions = dimensions.map(|(name, value)| format!("{name}: {}", text(value)));
    vec![
        "    gates:".to_owned(),
        "      # More failed calls a minute than this undo a release. Where some are usual, say how many.".to_owned(),
        "      metrics:".to_owned(),
        format!("        - namespace: {namespace}"),
        format!("          metric: {metric}"),
        format!("          dimensions: {{{}}}", dimensions.join(", ")),
        "          statistic: Sum".to_owned(),
        "          at_most: 0".to_owned(),
    ]
}
