//! Declared times that cannot be watched are refused with the largest that can.

#![allow(clippy::unwrap_used)]

use windlass_domain::declaration::Declaration;
use windlass_domain::text::finding::{Finding, FindingName};

/// Returns a shop whose `what` takes so long.
fn shop(what: &str, value: &str) -> String {
    let given = |name: &str, usual: &str| {
        let value = if name == what { value } else { usual };
        value.to_owned()
    };
    let own = match what {
        "own_bake" => format!(", gates: {{bake: {value}}}"),
        _ => String::new(),
    };
    format!(
        "
app: shop
version: 1.0.0
environments:
  prod: {{deploy: {{branch: main}}{own}}}
components:
  agent: {{kind: ecs, cluster: shop, service: agent, container: agent, repository: shop/agent, steady_within: {}}}
  api: {{kind: lambda, function: api, alias: live, after: [agent], rollout: {{canary: [10, 50], every: {}}}}}
gates:
  bake: {}
  between_waves: {}
  alarms: [5xx]
  unknown: {{becomes: {}, for: {}}}
",
        given("steady_within", "15m"),
        given("every", "5m"),
        given("bake", "10m"),
        given("between_waves", "1m"),
        given("becomes", "hold"),
        given("for", "5m"),
    )
}

fn findings(what: &str, value: &str) -> Vec<Finding> {
    Declaration::parse(&shop(what, value)).err().unwrap_or_default()
}

/// Returns the time in a remedy.
fn largest(finding: &Finding) -> u64 {
    let remedy = finding.remedy.written();
    let named = remedy.split('`').nth(1).unwrap();
    let minutes = windlass_domain::text::time::Span::parse(named).unwrap().as_s() / 60;
    assert!(minutes > 0, "{finding:?}");
    minutes
}

#[test]
fn what_cannot_be_watched_is_refused_with_the_largest_that_can() {
    for (what, path) in [
        ("bake", "gates.bake"),
        ("own_bake", "environments.prod.gates.bake"),
        ("between_waves", "gates.between_waves"),
        ("for", "gates.unknown.for"),
        ("every", "components.api.rollout.every"),
        ("steady_within", "components.agent.steady_within"),
    ] {
        let found = findings(what, "400h");
        let [finding] = found.as_slice() else {
            panic!("{what}: {found:?}");
        };
        assert_eq!((finding.name, finding.path.as_str()), (FindingName::TooLarge, path));
        let largest = largest(finding);
        assert_eq!(findings(what, &format!("{largest}m")), [], "{finding:?}");
        let more = findings(what, &format!("{}m", largest + 1));
        assert_eq!(more.len(), 1, "{what}: {}", largest + 1);
    }
}

#[test]
fn an_hour_more_than_aws_ended_before_can_be_watched() {
    // 25,000 events at 9 a look and a look every two minutes were over after 92 hours.
    for hours in [92, 93, 120] {
        assert_eq!(findings("bake", &format!("{hours}h")), [], "{hours} h");
    }
}

/// A probe whose target is not ready yet is held, whatever a gate that is silent becomes.
#[test]
fn a_hold_takes_its_time_whatever_unknown_becomes() {
    for becomes in ["hold", "fail", "pass"] {
        let declared = |hold_for| {
            let held = shop("for", hold_for);
            held.replace("becomes: hold", &format!("becomes: {becomes}"))
        };
        assert!(Declaration::parse(&declared("400h")).is_err(), "{becomes}");
        assert!(Declaration::parse(&declared("1h")).is_ok(), "{becomes}");
    }
}

#[test]
fn no_time_is_advised_where_none_is_enough() {
    let both = shop("bake", "300h").replace("every: 5m", "every: 290h");
    let found = Declaration::parse(&both).unwrap_err();
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].remedy.written().starts_with("Write shorter times"), "{found:?}");
}
