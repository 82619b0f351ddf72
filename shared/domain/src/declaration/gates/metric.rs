//! CloudWatch metrics with a threshold.

use super::{At, Resolve, Sort};
use crate::declaration::aws_name;
use crate::declaration::scope::Scope;
use crate::declaration::text::Text;
use crate::finding::FindingName;
use crate::shape::join;
use crate::time::Span;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The longest period of a metric's point.
const LONGEST_PERIOD: Span = Span::seconds(3600);

/// A CloudWatch metric with a threshold: `at_most`, `at_least` or both.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Metric {
    /// The namespace, such as `AWS/Lambda`.
    pub namespace: String,
    /// The metric's name, such as `Errors`.
    pub metric: String,
    /// The AWS region that it is in, where that is another than the environment's; metrics of
    /// `AWS/CloudFront` and `AWS/Route53` are always read in `us-east-1`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<Text>,
    /// The dimensions.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub dimensions: BTreeMap<String, Text>,
    /// `Sum`, `Average`, `Minimum`, `Maximum`, `SampleCount` or a percentile such as `p99`.
    #[schemars(extend("pattern" = r"^(Sum|Average|Minimum|Maximum|SampleCount|p[0-9]{1,2}([.][0-9]{1,2})?)$"))]
    pub statistic: String,
    /// The period of a point: `60s` or a multiple, up to `1h`.
    #[serde(default = "one_minute")]
    pub period: Span,
    /// The highest value that is healthy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_most: Option<f64>,
    /// The lowest value that is healthy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least: Option<f64>,
}

/// A CloudWatch metric with a threshold.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MetricGate {
    /// The namespace, such as `AWS/Lambda`.
    pub namespace: String,
    /// The metric's name, such as `Errors`.
    pub metric: String,
    /// The region that it is in; the environment's if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// The dimensions.
    pub dimensions: BTreeMap<String, String>,
    /// `Sum`, `Average`, `Minimum`, `Maximum`, `SampleCount` or a percentile such as `p99`.
    pub statistic: String,
    /// The period of a point; 60 s or a multiple.
    pub period: Span,
    /// The highest value that is healthy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_most: Option<f64>,
    /// The lowest value that is healthy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_least: Option<f64>,
}

const fn one_minute() -> Span {
    Span::seconds(60)
}

impl Sort for MetricGate {
    fn sort(&self) -> &'static str {
        "metric"
    }

    /// Such as `AWS/Lambda Errors Sum {FunctionName: shop-api-prod}`.
    fn name(&self) -> String {
        let dimensions: Vec<String> = self
            .dimensions
            .iter()
            .map(|(name, value)| format!("{name}: {value}"))
            .collect();
        let dimensions = if dimensions.is_empty() {
            String::new()
        } else {
            format!(" {{{}}}", dimensions.join(", "))
        };
        let region = self.region.as_ref();
        let region = region.map_or_else(String::new, |region| format!(" ({region})"));
        format!(
            "{} {} {}{dimensions}{region}",
            self.namespace, self.metric, self.statistic
        )
    }

    fn threshold(&self) -> String {
        match (self.at_least, self.at_most) {
            (Some(least), Some(most)) => format!("from {least} to {most}"),
            (Some(least), None) => format!("at least {least}"),
            (None, Some(most)) => format!("at most {most}"),
            (None, None) => "none".to_owned(),
        }
    }

    /// A metric has a point a period.
    fn period(&self) -> Span {
        self.period
    }
}

impl Resolve for MetricGate {
    type Written = Metric;

    fn resolve(scope: &mut Scope<'_>, at: &At<'_>, metric: &Metric) -> Self {
        let path = &at.path;
        if metric.at_most.is_none() && metric.at_least.is_none() {
            scope.find(
                FindingName::MissingField,
                &join(path, "at_most"),
                "A metric without a threshold decides nothing.",
                "Write `at_most`, `at_least` or both.",
            );
        }
        let whole = metric.period.as_ms() > 0 && metric.period.as_ms().is_multiple_of(60_000);
        if !whole || metric.period > LONGEST_PERIOD {
            scope.find(
                FindingName::BadValue,
                &join(path, "period"),
                format!(
                    "`{}` is not a period of whole minutes up to 1h.",
                    metric.period
                ),
                "Write `60s` or a multiple, up to `1h`.",
            );
        }
        let region = metric_region(scope, path, metric);
        let dimensions = metric.dimensions.iter().map(|(name, text)| {
            let at = format!("{path}.dimensions.{name}");
            (name.clone(), scope.text(&at, text, &aws_name::ANY))
        });
        Self {
            dimensions: dimensions.collect(),
            namespace: metric.namespace.clone(),
            metric: metric.metric.clone(),
            region,
            statistic: metric.statistic.clone(),
            period: metric.period,
            at_most: metric.at_most,
            at_least: metric.at_least,
        }
    }
}

/// The namespaces whose metrics are in one region alone (Amazon CloudFront Developer Guide, "View
/// CloudFront and edge function metrics"; Amazon Route 53 Developer Guide, "Monitoring health checks
/// using CloudWatch").
const GLOBAL: [&str; 2] = ["AWS/CloudFront", "AWS/Route53"];

/// Their region, but in the partition of China.
const GLOBAL_REGION: &str = "us-east-1";

/// The region of a metric: what is written, else the one that its namespace is in alone.
fn metric_region(scope: &mut Scope<'_>, path: &str, metric: &Metric) -> Option<String> {
    let path = join(path, "region");
    let before = scope.findings.len();
    let written = scope.maybe(&path, metric.region.as_ref(), &aws_name::REGION);
    let is_well = before == scope.findings.len();
    let of = written.as_ref().or(scope.environment.region.as_ref());
    let in_china = of.is_some_and(|region| region.starts_with("cn-"));
    if in_china || !GLOBAL.contains(&metric.namespace.as_str()) {
        return written;
    }
    if is_well && let Some(region) = written.filter(|region| region != GLOBAL_REGION) {
        scope.find(
            FindingName::GateNotMeasurable,
            &path,
            format!(
                "Metrics of `{}` are in {GLOBAL_REGION} alone, and not in {region}.",
                metric.namespace
            ),
            format!("Write `region: {GLOBAL_REGION}`, or leave it out."),
        );
    }
    Some(GLOBAL_REGION.to_owned())
}
