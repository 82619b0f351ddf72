//! Tests of an alarm, against the in-memory world.

use super::{declared, measured, pass_seconds};
use windlass_domain::declaration::gate::{Measurement, Verdict};
use windlass_domain::declaration::gates::{AlarmGate, ResolvedGates};
use windlass_domain::text::time::Time;
use windlass_engine::ports::Clock;
use windlass_world::World;

fn alarm_gate(region: Option<&str>) -> AlarmGate {
    AlarmGate { name: "5xx".into(), region: region.map(str::to_owned) }
}

fn measure_alarm(world: &World) -> Measurement {
    let alarms = vec![declared(alarm_gate(None))];
    let gates = ResolvedGates { alarms, ..ResolvedGates::default() };
    measured(world, &gates)
}

/// Makes a world in which the alarm has been in this state for ten minutes before the change.
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
    assert_eq!((seen.measured.as_str(), seen.value), ("7.3 Errors per 60 s", Some(7.3)));
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

/// Safety: unknown: An alarm whose history does not show yet how it became OK is unknown.
#[test]
fn an_alarm_whose_history_does_not_show_yet_how_it_became_ok_is_unknown() {
    let world = with_alarm("INSUFFICIENT_DATA");
    world.set_alarm("5xx", "OK", &[0.0]);
    pass_seconds(&world, 60);
    world.set_alarm("5xx", "ALARM", &[7.3]);
    pass_seconds(&world, 60);
    world.set_alarm("5xx", "OK", &[0.0]);
    let whole = world.cloudwatch().history["5xx"].clone();
    // The history may lag behind the alarm.
    for shown in [0, 1, 2] {
        let from = whole.len() - 3;
        world.cloudwatch().history.insert("5xx".into(), whole[from..from + shown].to_vec());
        let seen = measure_alarm(&world);
        assert_ne!(seen.verdict, Verdict::Pass, "{shown}: {}", seen.measured);
        let unknown = "OK since 2026-11-20T14:03:00Z, but its history does not show yet what it was before";
        assert_eq!(shown < 2, seen.measured == unknown, "{shown}: {}", seen.measured);
    }
    world.cloudwatch().history.insert("5xx".into(), whole);
    assert_eq!(measure_alarm(&world).verdict, Verdict::Fail);
}

#[test]
fn an_alarm_that_was_red_before_the_change_is_unknown_until_it_is_ok() {
    let world = with_alarm("ALARM");
    let seen = measure_alarm(&world);
    assert_eq!(seen.verdict, Verdict::Unknown);
    assert_eq!(seen.measured, "in ALARM since 2026-11-20T13:50:00Z, before the change");
    world.set_alarm("5xx", "OK", &[0.0]);
    assert_eq!(measure_alarm(&world).verdict, Verdict::Pass);
}

/// Safety: unknown: An alarm without data, one that is missing and one that cannot be read are unknown.
#[test]
fn an_alarm_without_data_missing_or_unreadable_is_unknown() {
    let world = with_alarm("INSUFFICIENT_DATA");
    assert_eq!(measure_alarm(&world).verdict, Verdict::Unknown);
    world.set_alarm("5xx", "OK", &[0.0]);
    assert_eq!(measure_alarm(&world).verdict, Verdict::Pass);
    world.cloudwatch().denied = true;
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
