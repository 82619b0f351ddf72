//! Tests of comparing the new version with the former one, against the in-memory world.

use std::collections::BTreeMap;
use windlass_domain::declaration::gate::{Measurement, Verdict};
use windlass_domain::declaration::gates::{
    ComparisonGate, DeclaredGate, Measured, MetricGate, MetricSeries, ResolvedGates,
};
use windlass_domain::declaration::plan::KindName;
use windlass_domain::declaration::resolved::Place;
use windlass_domain::deployment::judgement::Judgement;
use windlass_domain::deployment::step::Step;
use windlass_domain::release::identity::DeploymentId;
use windlass_domain::text::name::{AppName, ComponentName, EnvironmentName};
use windlass_domain::text::time::Span;
use windlass_engine::measurements::{Judging, measure};
use windlass_engine::ports::Clock;
use windlass_world::World;
use windlass_world::run::run as block_on;

fn count(metric: &str) -> MetricSeries {
    MetricSeries {
        namespace: "AWS/Lambda".into(),
        metric: metric.into(),
        dimensions: BTreeMap::from([("Resource".into(), "shop-api:live".into())]),
        statistic: "Sum".into(),
    }
}

fn gate() -> ComparisonGate {
    ComparisonGate {
        samples: 100,
        failed: count("Errors"),
        all: count("Invocations"),
        version: "ExecutedVersion".into(),
        balancer: None,
        region: None,
        period: Span::seconds(60),
    }
}

/// Puts the failures and the number of calls of a version into the period that begins now.
fn put(world: &World, version: &str, (failed, all): (f64, f64)) {
    for (metric, value) in [("Errors", failed), ("Invocations", all)] {
        let series = count(metric).with("ExecutedVersion", version);
        let metric = MetricGate {
            of: Measured::Metric(series),
            region: None,
            period: Span::seconds(60),
            at_most: None,
            at_least: None,
        };
        world.put_metric(&metric, value);
    }
}

fn pass_seconds(world: &World, seconds: u64) {
    let mut clock = world.clock();
    clock.now = clock.now.plus_s(seconds);
}

/// Makes a step whose callers get these versions.
fn step(outputs: &[(&str, &str)]) -> Step {
    let mut step = Step::planned(
        DeploymentId("0123456789abcdef".into()),
        AppName::new("shop").expect("a name"),
        EnvironmentName::new("prod").expect("a name"),
        ComponentName::new("api").expect("a name"),
        KindName::Lambda,
    );
    let outputs = outputs.iter();
    step.outputs = outputs.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    step.goals.insert(0, serde_json::Value::Null);
    step
}

const BOTH: &[(&str, &str)] = &[("version", "8"), ("former", "7")];

fn measured(world: &World, outputs: &[(&str, &str)]) -> Vec<Measurement> {
    measured_by(gate(), world, outputs)
}

fn measured_by(gate: ComparisonGate, world: &World, outputs: &[(&str, &str)]) -> Vec<Measurement> {
    let begun = World::default().now();
    let gates = ResolvedGates {
        comparisons: vec![DeclaredGate {
            path: "components.api.gates.comparisons[0]".into(),
            component: Some(ComponentName::new("api").expect("a name")),
            gate,
        }],
        ..ResolvedGates::default()
    };
    let judging = Judging {
        gates: &gates,
        place: &Place::default(),
        waves: &[],
        steps: &[step(outputs)],
        judgement: &Judgement::begin(0, begun, begun, Span::ZERO, true),
        first_change: begun,
        now: world.now(),
    };
    block_on(measure(world, &judging))
}

/// Returns the result of a look a minute after these calls.
fn look(new: (f64, f64), former: (f64, f64)) -> Measurement {
    let world = World::default();
    put(&world, "8", new);
    put(&world, "7", former);
    pass_seconds(&world, 60);
    measured(&world, BOTH).remove(0)
}

#[test]
fn a_look_says_what_became_of_the_calls_of_both() {
    for (new, former, verdict, words) in [
        (
            (0.0, 100.0),
            (0.0, 900.0),
            Verdict::Pass,
            "failed: 0 of 100 of version 8, 0 of 900 of version 7 (by chance: p = 1.0000)",
        ),
        ((2.0, 100.0), (9.0, 900.0), Verdict::Pass, "(by chance: p = 0.3"),
        (
            (20.0, 100.0),
            (9.0, 900.0),
            Verdict::Fail,
            "failed: 20 of 100 of version 8, 9 of 900 of version 7 (not by chance: p = ",
        ),
        ((0.0, 100.0), (90.0, 900.0), Verdict::Pass, "(by chance: p = 1.0000)"),
        ((99.0, 99.0), (0.0, 900.0), Verdict::Unknown, "too few calls: failed: 99 of 99 of version 8"),
        ((99.0, 900.0), (0.0, 99.0), Verdict::Unknown, "too few calls: "),
        ((101.0, 100.0), (0.0, 900.0), Verdict::Unknown, "which are no numbers of calls"),
        ((0.5, 100.0), (0.0, 900.0), Verdict::Unknown, "which are no numbers of calls"),
        ((-1.0, 100.0), (0.0, 900.0), Verdict::Unknown, "which are no numbers of calls"),
        ((f64::NAN, 100.0), (0.0, 900.0), Verdict::Unknown, "which are no numbers of calls"),
    ] {
        let seen = look(new, former);
        assert_eq!(seen.verdict, verdict, "{new:?} {former:?}: {}", seen.measured);
        assert!(seen.measured.contains(words), "{}", seen.measured);
    }
}

#[test]
fn a_period_counts_when_it_is_over() {
    let world = World::default();
    put(&world, "8", (100.0, 100.0));
    put(&world, "7", (0.0, 900.0));
    pass_seconds(&world, 59);
    assert_eq!(measured(&world, BOTH)[0].verdict, Verdict::Unknown);
    pass_seconds(&world, 1);
    assert_eq!(measured(&world, BOTH)[0].verdict, Verdict::Fail);
}

#[test]
fn calls_before_the_change_are_not_of_this_wave() {
    let world = World::default();
    let begun = world.now();
    world.clock().now = windlass_domain::text::time::Time(begun.0 - 30_000);
    put(&world, "8", (100.0, 100.0));
    put(&world, "7", (0.0, 900.0));
    world.clock().now = begun.plus_s(60);
    assert_eq!(measured(&world, BOTH)[0].verdict, Verdict::Unknown);
}

#[test]
fn nothing_is_compared_while_one_version_has_all_callers() {
    let world = World::default();
    for outputs in [&[("version", "8")][..], &[]] {
        assert!(measured(&world, outputs).is_empty());
    }
}

#[test]
fn what_may_not_be_read_is_unknown() {
    let world = World::default();
    world.cloudwatch().denied = true;
    let seen = measured(&world, BOTH).remove(0);
    assert_eq!(seen.verdict, Verdict::Unknown);
    assert!(seen.measured.starts_with("not measured: AccessDenied"), "{}", seen.measured);
}

#[test]
fn target_groups_are_compared_at_the_load_balancer_that_is_before_them() {
    let world = World::default();
    let of_balancer = |metric: &str| {
        let mut series = count(metric);
        series.dimensions.clear();
        series
    };
    let gate = ComparisonGate {
        failed: of_balancer("HTTPCode_Target_5XX_Count"),
        all: of_balancer("RequestCount"),
        version: "TargetGroup".into(),
        balancer: Some("LoadBalancer"),
        ..gate()
    };
    for (group, failed) in [("green", 20.0), ("blue", 9.0)] {
        for (series, value) in [(&gate.failed, failed), (&gate.all, 900.0)] {
            let series = series.with("LoadBalancer", "app/shop/1");
            let metric = MetricGate {
                of: Measured::Metric(series.with("TargetGroup", group)),
                region: None,
                period: Span::seconds(60),
                at_most: None,
                at_least: None,
            };
            world.put_metric(&metric, value);
        }
    }
    pass_seconds(&world, 60);
    let both = [("version", "green"), ("former", "blue")];
    let empty = [("version", ""), ("former", ""), ("balancer", "")];
    for outputs in [&both[..], &empty] {
        let seen = measured_by(gate.clone(), &world, outputs).remove(0);
        assert_eq!(seen.verdict, Verdict::Unknown, "{}", seen.measured);
    }
    let known = [both[0], both[1], ("balancer", "app/shop/1")];
    let seen = measured_by(gate, &world, &known).remove(0);
    assert!(
        seen.measured.starts_with("failed: 20 of 900 of version green, 9 of 900 of version blue"),
        "{}",
        seen.measured
    );
}
