//! Each measurement against the in-memory world.

use std::collections::BTreeMap;
use windlass_domain::declaration::gates::{
    AlarmGate, Declared, Measured, MetricGate, MetricSeries, ProbeGate, Resolved,
};
use windlass_domain::gate::{Measurement, Verdict};
use windlass_domain::judgement::Judgement;
use windlass_domain::place::Place;
use windlass_domain::time::{Span, Time};
use windlass_engine::measurements::{Judging, measure};
use windlass_engine::ports::{Clock, Probed};
use windlass_world::World;
use windlass_world::run::run as block_on;

fn declared<G>(gate: G) -> Declared<G> {
    Declared {
        path: "gates".into(),
        component: None,
        gate,
    }
}

/// What the only gate comes to. The world's clock begins at 14:00:00; the change began then.
fn measured(world: &World, gates: &Resolved) -> Measurement {
    let begun = World::default().now();
    let judging = Judging {
        gates,
        place: &Place::default(),
        waves: &[],
        steps: &[],
        judgement: &Judgement::begin(0, begun, begun, Span::ZERO, true),
        first_change: begun,
        now: world.now(),
    };
    block_on(measure(world, &judging)).remove(0)
}

fn pass_seconds(world: &World, seconds: u64) {
    let mut clock = world.clock();
    clock.now = clock.now.plus_s(seconds);
}

fn alarm_gate(region: Option<&str>) -> AlarmGate {
    AlarmGate {
        name: "5xx".into(),
        region: region.map(str::to_owned),
    }
}

fn measure_alarm(world: &World) -> Measurement {
    let alarms = vec![declared(alarm_gate(None))];
    let gates = Resolved {
        alarms,
        ..Resolved::default()
    };
    measured(world, &gates)
}

/// A world in which the alarm has been in this state for ten minutes before the change.
fn with_alarm(state: &str) -> World {
    let world = World::default();
    let begun = world.now();
    world.clock().now = Time(begun.0 - 600_000);
    world.set_alarm("5xx", state, &[]);
    world.clock().now = begun;
    pass_seconds(&world, 60);
    world
}

#[test]
fn an_alarm_that_is_and_was_ok_passes() {
    assert_eq!(measure_alarm(&with_alarm("OK")).verdict, Verdict::Pass);
}

#[test]
fn an_alarm_that_turned_red_fails_with_points_threshold_and_window() {
    let world = with_alarm("OK");
    pass_seconds(&world, 240);
    world.set_alarm("5xx", "ALARM", &[6.0, 6.5, 7.3]);
    let seen = measure_alarm(&world);
    assert_eq!(seen.verdict, Verdict::Fail);
    assert_eq!(seen.measured, "7.3 Errors per 60 s");
    assert_eq!(seen.threshold, "5");
    assert_eq!(seen.window, "3 of 3 points, 14:02-14:05 UTC");
    assert_eq!(seen.look_at, "the CloudWatch alarm 5xx");
}

#[test]
fn an_alarm_that_was_red_between_two_looks_fails() {
    let world = with_alarm("OK");
    world.set_alarm("5xx", "ALARM", &[7.3]);
    pass_seconds(&world, 60);
    world.set_alarm("5xx", "OK", &[0.0]);
    let seen = measure_alarm(&world);
    assert_eq!(seen.verdict, Verdict::Fail);
    assert_eq!(seen.measured, "was in ALARM: Threshold Crossed: [7.3]");
    assert_eq!(seen.window, "14:01-14:02 UTC");
}

#[test]
fn an_alarm_whose_history_does_not_show_yet_how_it_became_ok_is_unknown() {
    let world = with_alarm("INSUFFICIENT_DATA");
    world.set_alarm("5xx", "OK", &[0.0]);
    pass_seconds(&world, 60);
    world.set_alarm("5xx", "ALARM", &[7.3]);
    pass_seconds(&world, 60);
    world.set_alarm("5xx", "OK", &[0.0]);
    let whole = world.alarms().history["5xx"].clone();
    // The history may lag behind the alarm.
    for told in [0, 1, 2] {
        let from = whole.len() - 3;
        world
            .alarms()
            .history
            .insert("5xx".into(), whole[from..from + told].to_vec());
        let seen = measure_alarm(&world);
        assert_ne!(seen.verdict, Verdict::Pass, "{told}: {}", seen.measured);
        let unknown =
            "OK since 2026-11-20T14:03:00Z, but its history does not show yet what it was before";
        assert_eq!(
            told < 2,
            seen.measured == unknown,
            "{told}: {}",
            seen.measured
        );
    }
    world.alarms().history.insert("5xx".into(), whole);
    assert_eq!(measure_alarm(&world).verdict, Verdict::Fail);
}

#[test]
fn an_alarm_that_was_red_before_the_change_is_unknown_until_it_is_ok() {
    let world = with_alarm("ALARM");
    let seen = measure_alarm(&world);
    assert_eq!(seen.verdict, Verdict::Unknown);
    assert_eq!(
        seen.measured,
        "in ALARM since 2026-11-20T13:50:00Z, before the change"
    );
    world.set_alarm("5xx", "OK", &[0.0]);
    assert_eq!(measure_alarm(&world).verdict, Verdict::Pass);
}

#[test]
fn an_alarm_without_data_missing_or_unreadable_is_unknown() {
    let world = with_alarm("INSUFFICIENT_DATA");
    assert_eq!(measure_alarm(&world).verdict, Verdict::Unknown);
    world.set_alarm("5xx", "OK", &[0.0]);
    assert_eq!(measure_alarm(&world).verdict, Verdict::Pass);
    world.alarms().denied = true;
    let seen = measure_alarm(&world);
    assert_eq!(seen.verdict, Verdict::Unknown);
    assert_eq!(
        seen.measured,
        "not measured: AccessDenied: the role is not authorized to perform cloudwatch:DescribeAlarms"
    );
    let seen = measure_alarm(&World::default());
    assert_eq!(seen.verdict, Verdict::Unknown);
    assert_eq!(seen.measured, "there is no alarm of this name");
}

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
    let gates = Resolved {
        metrics,
        ..Resolved::default()
    };
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
    assert_eq!(seen.measured, "no data yet");
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
    assert_eq!(seen.measured, "7.3 Errors per 1m");
    assert_eq!(seen.window, "1 of 3 points, 14:01-14:02 UTC");
    assert_eq!(
        seen.gate,
        "AWS/Lambda Errors Sum {FunctionName: api}".to_owned()
    );
}

#[test]
fn a_metric_that_has_ceased_is_unknown_until_it_is_told_again() {
    for gate in [errors(None, Some(10.0)), errors(Some(20.0), None)] {
        let world = World::default();
        world.put_metric(&gate, 15.0);
        // Its period, the next one, and three minutes that CloudWatch may take to tell it.
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
fn a_metric_with_a_longer_period_has_longer_to_be_told() {
    let gate = MetricGate {
        period: Span::seconds(3600),
        ..errors(None, Some(10.0))
    };
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
    let requests = MetricSeries {
        metric: "Invocations".into(),
        ..errors.clone()
    };
    let gate = MetricGate {
        of: Measured::Expression {
            expression: "100 * errors / requests".into(),
            of: [
                ("errors".to_owned(), errors),
                ("requests".to_owned(), requests),
            ]
            .into(),
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
    world.alarms().denied = true;
    let seen = measure_metric(&world, &errors(Some(5.0), None));
    assert_eq!(seen.verdict, Verdict::Unknown);
}

const HEALTH: &str = "https://shop.example/health";

fn health(body: Option<&str>) -> ProbeGate {
    ProbeGate {
        url: HEALTH.into(),
        status: 200,
        within: Span::millis(800),
        body: body.map(str::to_owned),
        headers: BTreeMap::new(),
        before_traffic: false,
    }
}

fn measure_probe(world: &World, body: Option<&str>) -> Measurement {
    let probes = vec![declared(health(body))];
    let gates = Resolved {
        probes,
        ..Resolved::default()
    };
    measured(world, &gates)
}

#[test]
fn a_probe_compares_status_latency_and_body() {
    // status, body, ms; wanted text; verdict, measured
    let table = [
        (
            200,
            "fine",
            12,
            None,
            Verdict::Pass,
            "status 200 after 12 ms",
        ),
        (
            200,
            "fine",
            12,
            Some("fine"),
            Verdict::Pass,
            "status 200 after 12 ms",
        ),
        (
            500,
            "fine",
            12,
            None,
            Verdict::Fail,
            "status 500 after 12 ms",
        ),
        (
            200,
            "broken",
            12,
            Some("fine"),
            Verdict::Fail,
            "status 200 after 12 ms without the text in its first 65536 bytes",
        ),
        (
            200,
            "fine",
            801,
            None,
            Verdict::Fail,
            "no answer, twice: no complete answer within 800 ms",
        ),
    ];
    for (status, body, ms, text, verdict, measured) in table {
        let world = World::default();
        world.serve(HEALTH, status, body, ms);
        let seen = measure_probe(&world, text);
        assert_eq!((seen.verdict, seen.measured.as_str()), (verdict, measured));
    }
}

#[test]
fn a_probe_without_answer_fails_and_a_forbidden_one_is_unknown() {
    let world = World::default();
    assert_eq!(measure_probe(&world, None).verdict, Verdict::Fail);
    let forbidden = Probed::Forbidden("127.0.0.1 is a loopback address".into());
    world.probe().answers.insert(HEALTH.into(), forbidden);
    let seen = measure_probe(&world, None);
    assert_eq!(seen.verdict, Verdict::Unknown);
    assert_eq!(
        seen.measured,
        "not measured: 127.0.0.1 is a loopback address"
    );
    assert_eq!(seen.threshold, "status 200 within 800ms");
}
