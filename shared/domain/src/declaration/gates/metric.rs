//! CloudWatch metrics with a threshold.

use super::series::{MetricSeries, Series, check_period};
use super::sort::in_region;
use super::{At, ResolveGate, Sort};
use crate::declaration::aws_name;
use crate::declaration::scope::{Scope, Text};
use crate::document::shape::{join, unknown_name};
use crate::text::finding::{Finding, FindingName, repeated};
use crate::text::time::Span;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// The most metrics that an expression may have.
const MOST: usize = 10;

/// The longest expression, in characters.
const LONGEST: usize = 1024;

/// A CloudWatch metric with a threshold, namely `at_most`, `at_least` or both. Write either one metric (with
/// `namespace`, `metric` and `statistic`) or an `expression` over several metrics. For example, the following
/// expression is a rate: `{expression: 100 * errors / requests, of: {errors: {…}, requests: {…}}, at_most: 1}`.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Metric {
    /// The namespace, such as `AWS/Lambda`.
    pub namespace: Option<String>,
    /// The metric's name, such as `Errors`.
    pub metric: Option<String>,
    /// The AWS region of the metric, if it differs from the region of the environment. Windlass always reads metrics of
    /// `AWS/CloudFront` and `AWS/Route53` in `us-east-1`.
    pub region: Option<Text>,
    /// The dimensions.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub dimensions: BTreeMap<String, Text>,
    /// `Sum`, `Average`, `Minimum`, `Maximum`, `SampleCount` or a percentile such as `p99`.
    #[schemars(extend("pattern" = r"^(Sum|Average|Minimum|Maximum|SampleCount|p[0-9]{1,2}([.][0-9]{1,2})?)$"))]
    pub statistic: Option<String>,
    /// A CloudWatch metric math expression over the metrics in `of`, such as `100 * errors / requests`. Its result must
    /// be one number for each period. If one of the metrics has no data in a period, the expression has no value for
    /// that period. `FILL(errors, 0)` uses 0 for each period in which the metric `errors` has no data.
    pub expression: Option<String>,
    /// The metrics of the expression, up to ten, each under the name that the expression uses. A name is a small
    /// letter, followed by letters, digits and `_`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub of: BTreeMap<String, Series>,
    /// The time that one point of the metrics covers. It is `60s` or a multiple of `60s`, up to `1h`.
    #[serde(default = "Span::of_seconds::<60>")]
    pub period: Span,
    /// The highest value that is healthy.
    pub at_most: Option<f64>,
    /// The lowest value that is healthy.
    pub at_least: Option<f64>,
}

/// A CloudWatch metric with a threshold.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MetricGate {
    /// The number of a period.
    #[serde(flatten)]
    pub of: Measured,
    /// The region that it is in; the environment's if absent.
    pub region: Option<String>,
    /// The period of a point; 60 s or a multiple.
    pub period: Span,
    /// The highest value that is healthy.
    pub at_most: Option<f64>,
    /// The lowest value that is healthy.
    pub at_least: Option<f64>,
}

/// A number that CloudWatch has of each period.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Measured {
    /// A metric.
    Metric(MetricSeries),
    /// Metric math over several.
    Expression {
        /// The expression, as CloudWatch takes it.
        expression: String,
        /// The metrics by their names in it.
        of: BTreeMap<String, MetricSeries>,
    },
}

impl Measured {
    /// Returns the metric's name, or the expression.
    pub fn short(&self) -> &str {
        match self {
            Self::Metric(series) => &series.metric,
            Self::Expression { expression, .. } => expression,
        }
    }

    /// Returns the metrics that it is made of.
    fn series(&self) -> Vec<&MetricSeries> {
        match self {
            Self::Metric(series) => vec![series],
            Self::Expression { of, .. } => of.values().collect(),
        }
    }
}

/// Writes it such as `AWS/Lambda Errors Sum {FunctionName: shop-api-prod}`.
impl fmt::Display for Measured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Metric(series) => write!(f, "{series}"),
            Self::Expression { expression, of } => {
                let of = of.iter().map(|(name, series)| format!("{name}: {series}"));
                let of: Vec<String> = of.collect();
                write!(f, "{expression} of {}", of.join(", "))
            }
        }
    }
}

impl Sort for MetricGate {
    fn sort(&self) -> &'static str {
        "metric"
    }

    /// Returns a name such as `AWS/Lambda Errors Sum {FunctionName: shop-api-prod}`.
    fn name(&self) -> String {
        format!("{}{}", self.of, in_region(self.region.as_ref()))
    }

    fn threshold(&self) -> String {
        match (self.at_least, self.at_most) {
            (Some(least), Some(most)) => format!("from {least} to {most}"),
            (Some(least), None) => format!("at least {least}"),
            (None, Some(most)) => format!("at most {most}"),
            (None, None) => "none".to_owned(),
        }
    }

    fn limit(&self) -> Option<f64> {
        self.at_least.xor(self.at_most)
    }

    /// A metric has a point a period.
    fn period(&self) -> Span {
        self.period
    }
}

impl ResolveGate for MetricGate {
    type Written = Metric;

    fn resolve(scope: &mut Scope<'_>, at: &At<'_>, metric: &Metric) -> Self {
        let path = &at.path;
        if metric.at_most.is_none() && metric.at_least.is_none() {
            scope.missing_field(
                &join(path, "at_most"),
                "A metric without a threshold decides nothing.",
                "Write `at_most`, `at_least` or both.",
            );
        }
        let is_expression = metric.expression.as_ref().is_some_and(|it| !it.trim().is_empty()) && !metric.of.is_empty();
        let is_written =
            is_expression || [&metric.namespace, &metric.metric, &metric.statistic].iter().all(|one| one.is_some());
        check_period(scope, path, metric.period);
        if let (Some(most), Some(least)) = (metric.at_most, metric.at_least)
            && most < least
        {
            scope.bad_value(
                &join(path, "at_least"),
                format!("No value is at least {least} and at most {most}."),
                "Write an `at_least` that is not above `at_most`.",
            );
        }
        let of = measured(scope, path, metric);
        Self {
            region: metric_region(scope, path, metric, &of),
            of,
            // If a metric is not written in full, nothing else is reported of it.
            period: if is_written { metric.period } else { Span::seconds(60) },
            at_most: metric.at_most,
            at_least: metric.at_least,
        }
    }
}

/// Resolves one metric, or an expression over several, and notes all that is missing or too much.
fn measured(scope: &mut Scope<'_>, path: &str, metric: &Metric) -> Measured {
    let plain = [("namespace", &metric.namespace), ("metric", &metric.metric), ("statistic", &metric.statistic)];
    if let Some(expression) = &metric.expression {
        let written = plain.iter().filter(|(_, value)| value.is_some());
        let dimensions = (!metric.dimensions.is_empty()).then_some("dimensions");
        for name in written.map(|(name, _)| *name).chain(dimensions) {
            scope.bad_value(
                &join(path, name),
                format!("An expression has its metrics in `of`, and no `{name}` beside it."),
                format!("Write `{name}` in a metric of `of`, or remove `expression`."),
            );
        }
        check_expression(scope, path, expression, &metric.of);
        let of = metric.of.iter().map(|(name, series)| {
            let at = format!("{path}.of.{name}");
            (name.clone(), MetricSeries::resolve(scope, &at, series))
        });
        return Measured::Expression { of: of.collect(), expression: expression.clone() };
    }
    for (name, _) in plain.iter().filter(|(_, value)| value.is_none()) {
        scope.missing_field(
            &join(path, name),
            format!("A metric needs `{name}`."),
            "Write `namespace`, `metric` and `statistic`; or `expression` with its metrics in `of`.",
        );
    }
    if !metric.of.is_empty() {
        scope.missing_field(
            &join(path, "expression"),
            "`of` has the metrics of an expression, and there is none.",
            "Write `expression`, such as `100 * errors / requests`, or remove `of`.",
        );
    }
    let written = Series {
        namespace: metric.namespace.clone().unwrap_or_default(),
        metric: metric.metric.clone().unwrap_or_default(),
        dimensions: metric.dimensions.clone(),
        statistic: metric.statistic.clone().unwrap_or_default(),
    };
    Measured::Metric(MetricSeries::resolve(scope, path, &written))
}

/// Checks the form that CloudWatch gives to expressions and to the names in them (Amazon CloudWatch API Reference,
/// MetricDataQuery). Only CloudWatch knows whether an expression is valid: it is asked before anything is changed.
fn check_expression(scope: &mut Scope<'_>, path: &str, expression: &str, of: &BTreeMap<String, Series>) {
    if expression.trim().is_empty() || expression.chars().count() > LONGEST {
        scope.bad_value(
            &join(path, "expression"),
            format!("An expression has 1 to {LONGEST} characters."),
            "Write metric math such as `100 * errors / requests`.",
        );
    }
    if of.is_empty() || of.len() > MOST {
        let reason = format!("An expression has 1 to {MOST} metrics in `of`, and this one has {}.", of.len());
        let remedy = "Write each metric by its name in the expression, such as `of: {errors: {namespace: AWS/Lambda, \
                      metric: Errors, statistic: Sum}}`.";
        let finding = Finding::bad_value(join(path, "of"), reason, remedy);
        scope.note(finding.seen(of.len(), format!("1 to {MOST}")));
    }
    let (open, close) = (expression.matches('(').count(), expression.matches(')').count());
    if open != close {
        scope.bad_value(
            &join(path, "expression"),
            format!("It has {open} `(` and {close} `)`."),
            "Write each bracket with its other one.",
        );
    }
    let unknown = ids(expression).filter(|id| is_name(id) && !of.contains_key(*id));
    let unknown: BTreeSet<&str> = unknown.collect();
    for id in &unknown {
        let otherwise = if of.is_empty() { "Write it in `of`." } else { "" };
        let reason = format!("`{id}` is not in `of`.");
        scope.note(unknown_name(join(path, "expression"), reason, id, of.keys(), otherwise));
    }
    for name in of.keys() {
        let at = format!("{path}.of.{name}");
        if !is_id(name) {
            scope.bad_value(
                &at,
                format!("`{}` is no name of a metric in an expression.", repeated(name)),
                "Write a small letter, then letters, digits and `_`, such as `errors`; not `gate`.",
            );
        } else if unknown.is_empty() && !ids(expression).any(|id| id == name) {
            scope.bad_value(
                &at,
                format!("The expression does not have `{name}`."),
                "Remove it from `of`, or write it in the expression.",
            );
        }
    }
}

/// Returns whether CloudWatch takes it as an id; `gate` is the expression's own.
fn is_id(name: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    name != "gate" && name.len() <= 255 && is_name(name) && name.chars().all(is_part)
}

/// Returns whether a word of an expression is a metric's name: the functions and operators are in capitals.
fn is_name(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_lowercase())
}

/// Returns the words of an expression, except those in quotes.
fn ids(expression: &str) -> impl Iterator<Item = &str> {
    expression
        .split(['"', '\''])
        .step_by(2)
        .flat_map(|part| part.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')))
}

/// The namespaces whose metrics are in one region alone (Amazon CloudFront Developer Guide, "View
/// CloudFront and edge function metrics"; Amazon Route 53 Developer Guide, "Monitoring health checks
/// using CloudWatch").
const GLOBAL: [&str; 2] = ["AWS/CloudFront", "AWS/Route53"];

/// Their region, but in the partition of China.
const GLOBAL_REGION: &str = "us-east-1";

/// Returns the region of a metric: the written one, or else the only one that its namespace is in.
fn metric_region(scope: &mut Scope<'_>, path: &str, metric: &Metric, measured: &Measured) -> Option<String> {
    let path = join(path, "region");
    let before = scope.findings.len();
    let written = scope.maybe(&path, metric.region.as_ref(), &aws_name::REGION);
    let is_well = before == scope.findings.len();
    let of = written.as_ref().or(scope.region);
    let in_china = of.is_some_and(|region| region.starts_with("cn-"));
    let mut global = measured
        .series()
        .into_iter()
        .map(|series| &series.namespace)
        .filter(|namespace| GLOBAL.contains(&namespace.as_str()));
    let Some(namespace) = global.next().filter(|_| !in_china) else { return written };
    if is_well && let Some(region) = written.filter(|region| region != GLOBAL_REGION) {
        scope.find(
            FindingName::GateNotMeasurable,
            &path,
            format!("Metrics of `{namespace}` are in {GLOBAL_REGION} alone, and not in {region}."),
            format!("Write `region: {GLOBAL_REGION}`, or leave it out."),
        );
    }
    Some(GLOBAL_REGION.to_owned())
}
