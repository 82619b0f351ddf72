//! Gates with every value final.

use super::gates::{Gates as Written, Metric, Probe};
use super::resolved::{Gates, MetricGate, ProbeGate};
use super::scope::Scope;
use super::{aws_name, probe_url};
use crate::finding::FindingName;
use crate::shape::join;
use crate::time::Span;

/// The longest time that a probe may take: it runs within one call of the judge.
const LONGEST_PROBE: Span = Span::seconds(20);

/// The longest period of a metric's point.
const LONGEST_PERIOD: Span = Span::seconds(3600);

/// The gates of the environment: each member that it writes itself replaces the global one.
pub(super) fn gates(scope: &mut Scope<'_>) -> Gates {
    let common = &scope.document.gates;
    let own = scope.environment.gates.as_ref();
    let own_path = format!("environments.{}.gates", scope.name);
    let bake = chosen(own, common, &own_path, "bake", |gates| gates.bake.as_ref());
    let between = chosen(own, common, &own_path, "between_waves", |gates| {
        gates.between_waves.as_ref()
    });
    let unknown = chosen(own, common, &own_path, "unknown", |gates| {
        gates.unknown.as_ref()
    });
    let metrics = match chosen(own, common, &own_path, "metrics", |gates| {
        gates.metrics.as_ref()
    }) {
        Some((path, metrics)) => metrics
            .iter()
            .enumerate()
            .map(|(i, metric)| metric_gate(scope, &format!("{path}[{i}]"), metric))
            .collect(),
        None => Vec::new(),
    };
    let probes = match chosen(own, common, &own_path, "probes", |gates| {
        gates.probes.as_ref()
    }) {
        Some((path, probes)) => probes
            .iter()
            .enumerate()
            .map(|(i, probe)| probe_gate(scope, &format!("{path}[{i}]"), probe))
            .collect(),
        None => Vec::new(),
    };
    let gates = Gates {
        bake: bake.as_ref().map(|(_, span)| **span).unwrap_or_default(),
        between_waves: between.map(|(_, span)| *span).unwrap_or_default(),
        alarms: alarms(scope, own, common, &own_path),
        metrics,
        probes,
        unknown: unknown.map(|(_, rule)| rule.clone()).unwrap_or_default(),
    };
    let bake_path = bake.map_or_else(|| "gates.bake".to_owned(), |(path, _)| path);
    check_bake(scope, &bake_path, &gates);
    gates
}

/// The environment's own member where it has one, else the global one, with its path.
fn chosen<'w, T>(
    own: Option<&'w Written>,
    common: &'w Written,
    own_path: &str,
    field: &str,
    member: impl Fn(&'w Written) -> Option<&'w T>,
) -> Option<(String, &'w T)> {
    if let Some(value) = own.and_then(&member) {
        return Some((join(own_path, field), value));
    }
    member(common).map(|value| (join("gates", field), value))
}

fn alarms(
    scope: &mut Scope<'_>,
    own: Option<&Written>,
    common: &Written,
    own_path: &str,
) -> Vec<String> {
    let chosen = chosen(own, common, own_path, "alarms", |gates| {
        gates.alarms.as_ref()
    });
    let mut names = Vec::new();
    if let Some((path, texts)) = chosen {
        for (i, text) in texts.iter().enumerate() {
            let path = format!("{path}[{i}]");
            let name = scope.text(&path, text, &aws_name::ALARM);
            if !name.is_empty() && names.contains(&name) {
                let reason = format!("The alarm `{name}` is named twice.");
                scope.find(FindingName::Duplicate, &path, reason, "Remove one of them.");
            }
            names.push(name);
        }
    }
    names
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
    let dimensions = metric.dimensions.iter().map(|(name, text)| {
        let at = format!("{path}.dimensions.{name}");
        (name.clone(), scope.text(&at, text, &aws_name::ANY))
    });
    MetricGate {
        dimensions: dimensions.collect(),
        namespace: metric.namespace.clone(),
        metric: metric.metric.clone(),
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
    ProbeGate {
        url,
        status: probe.status,
        within: probe.within,
        body: probe.body.clone(),
    }
}

/// Notes an address that may not be fetched.
pub(super) fn check_url(scope: &mut Scope<'_>, path: &str, url: &str) {
    let allowed = scope.exceptions.probe_origin.as_deref();
    if let Some(objection) = probe_url::objection(url, allowed) {
        scope.find(
            FindingName::BadValue,
            path,
            format!("`{}` {objection}.", without_user(url)),
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

fn check_bake(scope: &mut Scope<'_>, path: &str, gates: &Gates) {
    let longest = gates.metrics.iter().map(|metric| metric.period).max();
    if let Some(period) = longest.filter(|period| gates.bake < *period) {
        scope.find(
            FindingName::GateNotMeasurable,
            path,
            format!(
                "The bake lasts {}, and a metric has a point only every {period}.",
                gates.bake
            ),
            format!("Write at least `{period}`, or give the metric a shorter period."),
        );
    }
}
