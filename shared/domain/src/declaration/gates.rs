//! Gates as people write them.

use super::text::Text;
use crate::gate::UnknownRule;
use crate::name::ComponentName;
use crate::time::Span;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What decides whether a release is healthy.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Gates {
    /// How long the last wave is watched; not at all if absent, then it is judged once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bake: Option<Span>,
    /// How long each earlier wave is watched, unless its rollout says so itself; the longest period
    /// among the metrics if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub between_waves: Option<Span>,
    /// CloudWatch alarms; each must be OK. An alarm's name, or `{name: …, region: us-east-1}` where it
    /// is in another region than the environment, as those of CloudFront are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("maxItems" = 100))]
    pub alarms: Option<Vec<Alarm>>,
    /// CloudWatch metrics with a threshold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("maxItems" = 100))]
    pub metrics: Option<Vec<Metric>>,
    /// HTTP probes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("maxItems" = 20))]
    pub probes: Option<Vec<Probe>>,
    /// What an unknown measurement becomes, such as `{becomes: hold, for: 5m}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unknown: Option<UnknownRule>,
}

/// A CloudWatch alarm: its name, or its name and region.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Alarm {
    /// An alarm of the region that is named.
    InRegion(AlarmInRegion),
    /// An alarm of the environment's region.
    Here(Text),
}

/// A CloudWatch alarm of a region.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AlarmInRegion {
    /// The alarm's name.
    pub name: Text,
    /// The AWS region that it is in; `us-east-1` for one of a metric of CloudFront.
    pub region: Text,
}

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

/// An HTTP probe.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Probe {
    /// The address, such as `https://{environment}.shop.example/health`.
    pub url: Text,
    /// The status that is healthy.
    #[serde(default = "ok")]
    #[schemars(range(min = 100, max = 599))]
    pub status: u16,
    /// The time within which the answer must be complete, such as `800ms`; at most `20s`.
    #[serde(default = "ten_seconds")]
    pub within: Span,
    /// A text that the body must contain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// The component that answers, such as `web`: the probe decides from the wave on in which that
    /// component is changed, and not at all where a deployment leaves it as it is. Without it the probe
    /// decides in every wave, so that it must be healthy before the first release too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub component: Option<ComponentName>,
}

const fn one_minute() -> Span {
    Span::seconds(60)
}

const fn ok() -> u16 {
    200
}

const fn ten_seconds() -> Span {
    Span::seconds(10)
}
