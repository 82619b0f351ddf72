//! The new version of a function beside the former one, while both get traffic.

use super::series::{MetricSeries, check_period};
use super::sort::in_region;
use super::{At, ResolveGate, Sort};
use crate::declaration::aws_name;
use crate::declaration::comparison::WRONG_AT_MOST;
use crate::declaration::kinds::Split;
use crate::declaration::name_text::NameText;
use crate::declaration::scope::{Scope, Text};
use crate::document::shape::join;
use crate::text::count::count;
use crate::text::finding::{Finding, FindingName};
use crate::text::time::Span;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The dimension by which a load balancer distinguishes the target groups of a service (User Guide for Application
/// Load Balancers, "CloudWatch metrics for your Application Load Balancer").
const TARGET_GROUP: &str = "TargetGroup";

/// The dimension that goes with it: no metric of a load balancer has the target group alone (the same page).
const LOAD_BALANCER: &str = "LoadBalancer";

/// The dimension by which Lambda distinguishes the versions of an alias (AWS Lambda Developer Guide, "Viewing metrics
/// for Lambda functions").
const EXECUTED_VERSION: &str = "ExecutedVersion";

/// A comparison of the new version with the former version over the same time. The comparison fails if the share of
/// failed calls is larger for the new version, and chance does not explain the difference. The comparison counts only
/// in those steps of a `rollout` in which both versions get traffic. Write both `failed` and `all`, or neither. Without
/// them, Windlass uses metrics of AWS. For a `lambda` component, the share is Lambda's `Errors` divided by
/// `Invocations`, for each version of the alias. For an `ecs` component whose `rollout` is `canary` or `linear`, the
/// share is the load balancer's `HTTPCode_Target_5XX_Count` divided by `RequestCount`, for each target group.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Comparison {
    /// The version with which Windlass compares the new version; `previous` is the only value.
    pub compare: Baseline,
    /// The number of calls that each version must get before Windlass compares the versions; at least 10. Until then
    /// the result of the gate is unknown. The gate notices a doubled error rate after about 100 failures of the former
    /// version. If one call in a hundred fails, these 100 failures take 10000 calls.
    #[schemars(range(min = 10, max = 1_000_000_000))]
    pub samples: u64,
    /// The metric that counts failed calls. If absent, it is `Errors` of the alias, or `HTTPCode_Target_5XX_Count` for
    /// an `ecs` component.
    pub failed: Option<Count>,
    /// The metric that counts all calls. If absent, it is `Invocations` of the alias, or `RequestCount` for an `ecs`
    /// component.
    pub all: Option<Count>,
    /// The name of the dimension by which both metrics distinguish the versions. If absent, it is `ExecutedVersion` for
    /// a `lambda` component, and `TargetGroup` for an `ecs` component. The value of this dimension must be the number
    /// of the version for a `lambda` component, and the name of the target group for an `ecs` component.
    pub version: Option<String>,
    /// The AWS region of the metrics, if it differs from the environment's region.
    pub region: Option<Text>,
    /// The time that one point of the metrics covers. It is `60s` or a multiple of `60s`, up to `1h`.
    #[serde(default = "Span::of_seconds::<60>")]
    pub period: Span,
}

/// The version with which Windlass compares a new version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Baseline {
    /// The former version, which gets the rest of the traffic.
    Previous,
}

/// A metric whose points Windlass adds up.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Count {
    /// The namespace, such as `Shop`.
    pub namespace: String,
    /// The metric's name, such as `OrdersFailed`.
    pub metric: String,
    /// The dimensions of the metric, except the dimension that distinguishes the versions.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub dimensions: BTreeMap<String, Text>,
}

/// A comparison of two versions with every value final.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ComparisonGate {
    /// The number of calls that each version must have got.
    pub samples: u64,
    /// The calls that failed, of all versions.
    pub failed: MetricSeries,
    /// All calls, of all versions.
    pub all: MetricSeries,
    /// The dimension that has the version's number, or its target group.
    pub version: String,
    /// The dimension that has the load balancer of the target groups, if that is to be filled in.
    pub balancer: Option<&'static str>,
    /// The region that the metrics are in; the environment's if absent.
    pub region: Option<String>,
    /// The period of a point.
    pub period: Span,
}

impl Sort for ComparisonGate {
    fn sort(&self) -> &'static str {
        "comparison"
    }

    /// Returns a name such as `Errors of Invocations {FunctionName: shop-api, Resource: shop-api:live} by
    /// ExecutedVersion`.
    fn name(&self) -> String {
        let region = in_region(self.region.as_ref());
        format!("{} beside {} by {}{region}", self.failed, self.all, self.version)
    }

    fn names_mut(&mut self) -> Vec<NameText<'_>> {
        let dimensions = self.failed.dimensions.values_mut().chain(self.all.dimensions.values_mut());
        dimensions.map(|value| NameText::new("function", value, &aws_name::ANY)).collect()
    }

    fn threshold(&self) -> String {
        format!(
            "no worse than the former version, of which it would look so bad once in {:.0} times by chance; {} of each",
            1.0 / WRONG_AT_MOST,
            count(self.samples, "call")
        )
    }
}

impl ResolveGate for ComparisonGate {
    type Written = Comparison;

    fn resolve(scope: &mut Scope<'_>, at: &At<'_>, written: &Comparison) -> Self {
        let path = &at.path;
        let split = at.component.and_then(|(name, it)| Some((name, it.split()?)));
        if split.is_none() {
            let reason = "Two versions get traffic at the same time only of a `lambda` with `alias` and `rollout`, and \
                          of an `ecs` whose `rollout` is `canary` or `linear`.";
            let remedy = "Give the component such a `rollout`; or measure it with `metrics`.";
            let finding = Finding::not_supported(path, reason, remedy);
            scope.note(finding.resting_on(at.members(&["alias", "rollout"])));
        }
        // It decides the steps of this rollout and no other wave, so no other watch must be as long.
        if let Some((name, Split::Alias { rollout, .. })) = &split
            && rollout.every < written.period
        {
            let (every, period) = (rollout.every, written.period);
            let path = format!("components.{name}.rollout.every");
            let reason =
                format!("A step is watched for {every}, which is shorter than the period of its comparison, {period}.");
            let remedy = format!("Write at least `{period}`, or give the comparison a shorter period.");
            let finding = Finding::new(FindingName::GateNotMeasurable, path, reason, remedy);
            scope.note(finding.seen(every, period));
        }
        check_period(scope, path, written.period);
        for (name, is_there, other) in
            [("failed", written.failed.is_some(), "all"), ("all", written.all.is_some(), "failed")]
        {
            let other_is = if name == "failed" { written.all.is_some() } else { written.failed.is_some() };
            if !is_there && other_is {
                scope.missing_field(
                    &join(path, name),
                    format!("`{other}` alone cannot be compared: the two belong together."),
                    format!("Write `{name}`, or leave `{other}` out too, which compares the errors that AWS counts."),
                );
            }
        }
        let is_balanced = matches!(split, Some((_, Split::TargetGroups)));
        let (errors, calls, dimension) = if is_balanced {
            ("HTTPCode_Target_5XX_Count", "RequestCount", TARGET_GROUP)
        } else {
            ("Errors", "Invocations", EXECUTED_VERSION)
        };
        let count = |scope: &mut Scope<'_>, member: &str, own: Option<&Count>, usual: &str| match (own, &split) {
            (Some(count), _) => counted(scope, &join(path, member), count),
            (None, Some((name, Split::Alias { function, alias, .. }))) => {
                of_alias(scope, &format!("components.{name}"), (function, alias), usual)
            }
            (None, Some((_, Split::TargetGroups)) | None) => {
                MetricSeries::sum("AWS/ApplicationELB", usual, BTreeMap::new())
            }
        };
        let failed = count(scope, "failed", written.failed.as_ref(), errors);
        let all = count(scope, "all", written.all.as_ref(), calls);
        let version = written.version.clone().unwrap_or_else(|| dimension.to_owned());
        for (member, series) in [("failed", &failed), ("all", &all)] {
            if series.dimensions.contains_key(&version) {
                scope.bad_value(
                    &format!("{path}.{member}.dimensions.{version}"),
                    format!("`{version}` is the dimension of the version, which Windlass fills in."),
                    format!("Remove `{version}` from the dimensions, or write another `version`."),
                );
            }
        }
        Self {
            samples: written.samples,
            failed,
            all,
            version,
            balancer: (is_balanced && written.all.is_none()).then_some(LOAD_BALANCER),
            region: scope.maybe(&join(path, "region"), written.region.as_ref(), &aws_name::REGION),
            period: written.period,
        }
    }
}

/// Resolves a metric as it is written.
fn counted(scope: &mut Scope<'_>, path: &str, count: &Count) -> MetricSeries {
    let dimensions = count.dimensions.iter().map(|(name, text)| {
        let at = format!("{path}.dimensions.{name}");
        (name.clone(), scope.text(&at, text, &aws_name::ANY))
    });
    let dimensions = dimensions.collect();
    MetricSeries::sum(&count.namespace, &count.metric, dimensions)
}

/// Makes a metric that Lambda itself has of an alias.
fn of_alias(scope: &mut Scope<'_>, path: &str, (function, alias): (&Text, &Text), metric: &str) -> MetricSeries {
    let function = scope.text_taking(&join(path, "function"), function, &aws_name::FUNCTION);
    let alias = scope.text(&join(path, "alias"), alias, &aws_name::ALIAS);
    let resource = format!("{function}:{alias}");
    let dimensions = [("FunctionName", function), ("Resource", resource)];
    let dimensions = dimensions.map(|(name, value)| (name.to_owned(), value));
    MetricSeries::sum("AWS/Lambda", metric, dimensions.into())
}
