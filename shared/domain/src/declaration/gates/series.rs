//! A metric of CloudWatch: one number a period.

use crate::declaration::aws_name;
use crate::declaration::scope::{Scope, Text};
use crate::document::shape::join;
use crate::text::time::Span;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// A metric that an expression uses.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Series {
    /// The namespace, such as `AWS/Lambda`.
    pub namespace: String,
    /// The metric's name, such as `Errors`.
    pub metric: String,
    /// The dimensions.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub dimensions: BTreeMap<String, Text>,
    /// `Sum`, `Average`, `Minimum`, `Maximum`, `SampleCount` or a percentile such as `p99`.
    #[schemars(extend("pattern" = r"^(Sum|Average|Minimum|Maximum|SampleCount|p[0-9]{1,2}([.][0-9]{1,2})?)$"))]
    pub statistic: String,
}

/// A metric with every value final.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MetricSeries {
    /// The namespace, such as `AWS/Lambda`.
    pub namespace: String,
    /// The metric's name, such as `Errors`.
    pub metric: String,
    /// The dimensions.
    pub dimensions: BTreeMap<String, String>,
    /// `Sum`, `Average`, `Minimum`, `Maximum`, `SampleCount` or a percentile such as `p99`.
    pub statistic: String,
}

/// The longest period of a metric's point.
const LONGEST_PERIOD: Span = Span::seconds(3600);

/// Notes a period that no metric has.
pub(super) fn check_period(scope: &mut Scope<'_>, path: &str, period: Span) {
    let whole = period.as_ms() > 0 && period.as_ms().is_multiple_of(60_000);
    if !whole || period > LONGEST_PERIOD {
        let reason = format!("`{period}` is not a period of whole minutes up to 1h.");
        scope.bad_value(&join(path, "period"), reason, "Write `60s` or a multiple, up to `1h`.");
    }
}

impl MetricSeries {
    /// Makes a metric whose points are added up.
    pub(super) fn sum(namespace: &str, metric: &str, dimensions: BTreeMap<String, String>) -> Self {
        Self { namespace: namespace.to_owned(), metric: metric.to_owned(), dimensions, statistic: "Sum".to_owned() }
    }

    /// Returns the same metric with one more dimension.
    #[must_use]
    pub fn with(&self, dimension: &str, value: &str) -> Self {
        let mut with = self.clone();
        let (dimension, value) = (dimension.to_owned(), value.to_owned());
        with.dimensions.insert(dimension, value);
        with
    }

    /// Resolves a metric as it is written at `path`, with its dimensions filled in.
    pub(super) fn resolve(scope: &mut Scope<'_>, path: &str, written: &Series) -> Self {
        let dimensions = written.dimensions.iter().map(|(name, text)| {
            let at = format!("{path}.dimensions.{name}");
            (name.clone(), scope.text(&at, text, &aws_name::ANY))
        });
        Self {
            dimensions: dimensions.collect(),
            namespace: written.namespace.clone(),
            metric: written.metric.clone(),
            statistic: written.statistic.clone(),
        }
    }
}

/// Writes it such as `AWS/Lambda Errors Sum {FunctionName: shop-api-prod}`.
impl fmt::Display for MetricSeries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { namespace, metric, dimensions, statistic } = self;
        write!(f, "{namespace} {metric} {statistic}")?;
        if dimensions.is_empty() {
            return Ok(());
        }
        let dimensions = dimensions.iter();
        let dimensions: Vec<String> = dimensions.map(|(name, value)| format!("{name}: {value}")).collect();
        write!(f, " {{{}}}", dimensions.join(", "))
    }
}
