//! Gates with every value final.

use super::gates::{Alarm, Gates as Written, Metric, Probe};
use super::resolved::{AlarmGate, Gates, MetricGate, ProbeGate};
use super::scope::Scope;
use super::text::Text;
use super::{aws_name, probe_url};
use crate::finding::{FindingName, repeated};
use crate::shape::join;
use crate::time::Span;

/// The longest time that a probe may take: it runs within one call of the judge.
const LONGEST_PROBE: Span = Span::seconds(20);

/// The longest period of a metric's point.
const LONGEST_PERIOD: Span = Span::seconds(3600);

/// The gates of the environment: each member that it writes itself replaces the global one.
pub(super) fn gates(scope: &mut Scope<'_>) -> Gates {
    let written = Both {
        own: scope.environment.gates.as_ref(),
        common: &scope.document.gates,
        own_path: format!("environments.{}.gates", scope.name),
    };
    let metrics = written.list("metrics", |gates| gates.metrics.as_ref());
    let metrics: Vec<MetricGate> = metrics
        .map(|(path, metric)| metric_gate(scope, &path, metric))
        .collect();
    let probes = written.list("probes", |gates| gates.probes.as_ref());
    let probes = probes
        .map(|(path, probe)| probe_gate(scope, &path, probe))
        .collect();
    let alarms = alarms(scope, &written);
    let unknown = written.member("unknown", |gates| gates.unknown.as_ref());
    let longest = metrics.iter().map(|metric| metric.period).max();
    Gates {
        bake: bake(scope, &written, longest),
        between_waves: between_waves(scope, &written, longest),
        alarms,
        metrics,
        probes,
        unknown: unknown.map(|(_, rule)| rule.clone()).unwrap_or_default(),
    }
}

/// What an environment writes itself, and what all share.
struct Both<'w> {
    own: Option<&'w Written>,
    common: &'w Written,
    own_path: String,
}

impl<'w> Both<'w> {
    /// The environment's own member where it has one, else the global one, with its path.
    fn member<T>(
        &self,
        field: &str,
        of: impl Fn(&'w Written) -> Option<&'w T>,
    ) -> Option<(String, &'w T)> {
        if let Some(value) = self.own.and_then(&of) {
            return Some((join(&self.own_path, field), value));
        }
        of(self.common).map(|value| (join("gates", field), value))
    }

    /// The members of a list, each with its path.
    fn list<T: 'w>(
        &self,
        field: &str,
        of: impl Fn(&'w Written) -> Option<&'w Vec<T>>,
    ) -> impl Iterator<Item = (String, &'w T)> {
        let list = self.member(field, of);
        list.into_iter().flat_map(|(path, items)| {
            let items = items.iter().enumerate();
            items.map(move |(i, item)| (format!("{path}[{i}]"), item))
        })
    }
}

/// How long the last wave is watched.
fn bake(scope: &mut Scope<'_>, written: &Both<'_>, longest: Option<Span>) -> Span {
    let (path, bake) = match written.member("bake", |gates| gates.bake.as_ref()) {
        Some((path, bake)) => (path, *bake),
        None => ("gates.bake".to_owned(), Span::ZERO),
    };
    check_watch(scope, &path, bake, longest);
    bake
}

/// How long each earlier wave is watched: at least until each metric has a point of it.
fn between_waves(scope: &mut Scope<'_>, written: &Both<'_>, longest: Option<Span>) -> Span {
    let between = written.member("between_waves", |gates| gates.between_waves.as_ref());
    let Some((path, between)) = between else {
        return longest.unwrap_or_default();
    };
    check_watch(scope, &path, *between, longest);
    *between
}

fn check_watch(scope: &mut Scope<'_>, path: &str, watch: Span, longest: Option<Span>) {
    if let Some(period) = longest.filter(|period| watch < *period) {
        scope.find(
            FindingName::GateNotMeasurable,
            path,
            format!("It is watched for {watch}, and a metric has a point only every {period}."),
            format!("Write at least `{period}`, or give the metric a shorter period."),
        );
    }
}

fn alarms(scope: &mut Scope<'_>, written: &Both<'_>) -> Vec<AlarmGate> {
    let mut alarms = Vec::new();
    for (path, alarm) in written.list("alarms", |gates| gates.alarms.as_ref()) {
        let alarm = alarm_gate(scope, &path, alarm);
        if !alarm.name.is_empty() && alarms.contains(&alarm) {
            let reason = format!("The alarm `{}` is named twice.", alarm.name);
            scope.find(FindingName::Duplicate, &path, reason, "Remove one of them.");
        }
        alarms.push(alarm);
    }
    alarms
}

fn alarm_gate(scope: &mut Scope<'_>, path: &str, alarm: &Alarm) -> AlarmGate {
    match alarm {
        Alarm::InRegion(alarm) => AlarmGate {
            name: scope.text(&join(path, "name"), &alarm.name, &aws_name::ALARM),
            region: Some(scope.text(&join(path, "region"), &alarm.region, &aws_name::REGION)),
        },
        Alarm::Here(text) if is_half_an_alarm(scope, text) => {
            scope.find(
                FindingName::BadValue,
                path,
                "An alarm of another region has the members `name` and `region`, and no others.",
                "Write such as `{name: shop-prod-cdn-5xx, region: us-east-1}`.",
            );
            AlarmGate {
                name: String::new(),
                region: None,
            }
        }
        Alarm::Here(text) => AlarmGate {
            name: scope.text(path, text, &aws_name::ALARM),
            region: None,
        },
    }
}

/// A map with one of the members, of which the other is missing or misspelt, reads as one text for each
/// environment.
fn is_half_an_alarm(scope: &Scope<'_>, text: &Text) -> bool {
    let Text::PerEnvironment(texts) = text else {
        return false;
    };
    let environments = &scope.document.environments;
    let mut unknown = texts.keys().filter(|name| !environments.contains_key(name));
    unknown.any(|name| ["name", "region"].contains(&name.as_str()))
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

fn metric_gate(scope: &mut Scope<'_>, path: &str, metric: &Metric) -> MetricGate {
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
    MetricGate {
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

fn probe_gate(scope: &mut Scope<'_>, path: &str, probe: &Probe) -> ProbeGate {
    let before = scope.findings.len();
    let url = scope.text(&join(path, "url"), &probe.url, &aws_name::ANY);
    if before == scope.findings.len() {
        check_url(scope, &join(path, "url"), &url);
    }
    if probe.within == Span::ZERO || probe.within > LONGEST_PROBE {
        scope.find(
            FindingName::BadValue,
            &join(path, "within"),
            format!("`{}` is not between 1ms and {LONGEST_PROBE}.", probe.within),
            "Write a time such as `800ms`, at most `20s`.",
        );
    }
    check_component(scope, path, probe);
    ProbeGate {
        url,
        status: probe.status,
        within: probe.within,
        body: probe.body.clone(),
        component: probe.component.clone(),
    }
}

fn check_component(scope: &mut Scope<'_>, path: &str, probe: &Probe) {
    let declared = &scope.document.components;
    let Some(name) = probe
        .component
        .as_ref()
        .filter(|name| !declared.contains_key(*name))
    else {
        return;
    };
    let names: Vec<String> = declared.keys().map(|name| format!("`{name}`")).collect();
    scope.find(
        FindingName::UnknownName,
        &join(path, "component"),
        format!("There is no component `{name}`."),
        format!("Write one of {}.", names.join(", ")),
    );
}

/// Notes an address that may not be fetched.
pub(super) fn check_url(scope: &mut Scope<'_>, path: &str, url: &str) {
    let allowed = scope.exceptions.probe_origin.as_deref();
    if let Some(objection) = probe_url::objection(url, allowed) {
        scope.find(
            FindingName::BadValue,
            path,
            format!("`{}` {objection}.", repeated(&without_user(url))),
            "Write a public http or https address without user name, such as \
             `https://shop.example/health`.",
        );
    }
}

/// The address without what stands before `@`, which may be a password.
fn without_user(url: &str) -> String {
    match (url.find("://"), url.rfind('@')) {
        (Some(scheme), Some(at)) if scheme < at => {
            format!("{}{}", &url[..scheme + 3], &url[at + 1..])
        }
        _ => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_before_an_at_sign_is_not_repeated() {
        for (url, told) in [
            ("https://me:hunter2@shop.example/", "https://shop.example/"),
            ("ftp://a@b@shop.example", "ftp://shop.example"),
            ("https://shop.example/", "https://shop.example/"),
            ("me@shop.example://", "me@shop.example://"),
            ("me@shop.example", "me@shop.example"),
        ] {
            assert_eq!(without_user(url), told);
        }
    }
}
