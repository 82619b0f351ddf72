//! Tests of a metric, and of an expression over several, against the in-memory world.

use super::{declared, measured, pass_seconds};
use std::collections::BTreeMap;
use windlass_domain::declaration::gate::{Measurement, Verdict};
use windlass_domain::declaration::gates::{Measured, MetricGate, MetricSeries, ResolvedGates};
use windlass_domain::text::time::{Span, Time};
use windlass_engine::ports::Clock;
use windlass_world::World;

fn errors(at_most: Option<f64>, at_least: Option<f64>) -> MetricGate {
    MetricGate {
        of: Measured::Metric(MetricSeries {
            namespace: "AWS/Lambda".into(),
            metric: "Errors".into(),
            dimensions: BTreeMap::from([("FunctionName".into(), "api".into())]),
            statistic: "Sum".into(),
        }),
        region: None,
        period: Span::seconds(60),
        at_most,
        at_least,
    }
}

fn measure_metric(world: &World, gate: &MetricGate) -> Measurement {
    let metrics = vec![declared(gate.clone())];
    let gates = ResolvedGates { metrics, ..ResolvedGates::default() };
    measured(world, &gates)
}

#[test]
fn a_metric_without_data_since_the_change_is_unknown() {
    let gate = errors(Some(5.0), None);
    let world = World::default();
    world.clock().now = Time(world.now().0 - 30_000);
    world.put_metric(&gate, 100.0);
    pass_seconds(&world, 60);
    let seen = measure_metric(&world, &gate);
    assert_eq!(seen.verdict, Verdict::Unknown);
    assert_eq!((seen.measured.as_str(), seen.value, seen.limit), ("no data yet", None, Some(5.0)));
}

#[test]
fn a_metric_passes_until_a_point_breaches() {
    let gate = errors(Some(5.0), None);
    let world = World::default();
    world.put_metric(&gate, 5.0);
    pass_seconds(&world, 60);
    let seen = measure_metric(&world, &gate);
    assert_eq!(seen.verdict, Verdict::Pass);
    assert_eq!(seen.measured, "5 Errors per 1m");
    assert_eq!(seen.threshold, "at most 5");
    world.put_metric(&gate, 7.3);
    pass_seconds(&world, 60);
    world.put_metric(&gate, 0.0);
    pass_seconds(&world, 60);
    let seen = measure_metric(&world, &gate);
    assert_eq!(seen.verdict, Verdict::Fail);
    assert_eq!((seen.measured.as_str(), seen.value, seen.limit), ("7.3 Errors per 1m", Some(7.3), Some(5.0)));
    assert_eq!(seen.window, "1 of 3 points, 14:01-14:02 UTC");
    assert_eq!(seen.gate, "AWS/Lambda Errors Sum {FunctionName: api}".to_owned());
}

/// Safety: unknown: A metric that has ceased is unknown until it is seen again.
#[test]
fn a_metric_that_has_ceased_is_unknown_until_it_is_seen_again() {
    for gate in [errors(None, Some(10.0)), errors(Some(20.0), None)] {
        let world = World::default();
        world.put_metric(&gate, 15.0);
        // The value's period, the next one, and three minutes that CloudWatch may take to show it.
        pass_seconds(&world, 300);
        assert_eq!(measure_metric(&world, &gate).verdict, Verdict::Pass);
        pass_seconds(&world, 1);
        let seen = measure_metric(&world, &gate);
        assert_eq!(seen.verdict, Verdict::Unknown);
        assert_eq!(seen.measured, "no data since 2026-11-20T14:01:00Z");
        assert_eq!(seen.window, "14:00-14:05 UTC");
        world.put_metric(&gate, 15.0);
        pass_seconds(&world, 60);
        assert_eq!(measure_metric(&world, &gate).verdict, Verdict::Pass);
    }
}

#[test]
fn a_metric_with_a_longer_period_has_longer_to_be_seen() {
    let gate = MetricGate { period: Span::seconds(3600), ..errors(None, Some(10.0)) };
    let world = World::default();
    world.put_metric(&gate, 15.0);
    pass_seconds(&world, 2 * 3600 + 180);
    assert_eq!(measure_metric(&world, &gate).verdict, Verdict::Pass);
    pass_seconds(&world, 1);
    assert_eq!(measure_metric(&world, &gate).verdict, Verdict::Unknown);
}

#[test]
fn a_period_that_is_not_over_cannot_be_too_low() {
    let gate = errors(None, Some(10.0));
    let world = World::default();
    world.put_metric(&gate, 2.0);
    pass_seconds(&world, 30);
    assert_eq!(measure_metric(&world, &gate).verdict, Verdict::Unknown);
    pass_seconds(&world, 30);
    assert_eq!(measure_metric(&world, &gate).verdict, Verdict::Fail);
}

#[test]
fn an_expression_is_measured_as_a_metric_is() {
    let errors = MetricSeries {
        namespace: "AWS/Lambda".into(),
        metric: "Errors".into(),
        dimensions: BTreeMap::new(),
        statistic: "Sum".into(),
    };
    let requests = MetricSeries { metric: "Invocations".into(), ..errors.clone() };
    let gate = MetricGate {
        of: Measured::Expression {
            expression: "100 * errors / requests".into(),
            of: [("errors".to_owned(), errors), ("requests".to_owned(), requests)].into(),
        },
        ..self::errors(Some(1.0), None)
    };
    let world = World::default();
    world.put_metric(&gate, 0.5);
    pass_seconds(&world, 60);
    assert_eq!(measure_metric(&world, &gate).verdict, Verdict::Pass);
    world.put_metric(&gate, 2.5);
    pass_seconds(&world, 60);
    let seen = measure_metric(&world, &gate);
    assert_eq!(seen.verdict, Verdict::Fail);
    assert_eq!(seen.measured, "2.5 per 1m");
    assert_eq!(
        seen.gate,
        "100 * errors / requests of errors: AWS/Lambda Errors Sum, requests: AWS/Lambda Invocations Sum"
    );
}

#[test]
fn a_metric_that_may_not_be_read_is_unknown() {
    let world = World::default();
    world.cloudwatch().denied = true;
    let seen = measure_metric(&world, &errors(Some(5.0), None));
    assert_eq!(seen.verdict, Verdict::Unknown);
}
