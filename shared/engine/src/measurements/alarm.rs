//! CloudWatch alarms: each must be OK, and must not have been red since the first change. Where its
//! state has changed since then, its history must show how it became what it is.

use super::{Window, clock_times, unmeasured, unreadable};
use crate::ports::{Alarm, AlarmChange, Alarms};
use futures::future::join_all;
use std::collections::BTreeMap;
use windlass_domain::declaration::resolved::AlarmGate;
use windlass_domain::gate::{Measurement, Verdict};
use windlass_domain::time::Time;

/// By how much the time of a change in the history may differ from the time that the alarm itself
/// tells of it, in milliseconds. That they are the same is not documented.
const SAME_MS: u64 = 1_000;

/// Whether the alarm is red.
pub fn is_red(alarm: &Alarm) -> bool {
    alarm.state == "ALARM"
}

/// The alarms by region, each in the order in which they are declared: one region is asked for all of
/// its alarms at once. Those of the environment's own are under `None`.
pub fn by_region(gates: &[AlarmGate]) -> BTreeMap<Option<&str>, Vec<&AlarmGate>> {
    let mut regions: BTreeMap<Option<&str>, Vec<&AlarmGate>> = BTreeMap::new();
    for gate in gates {
        let region = gate.region.as_deref();
        regions.entry(region).or_default().push(gate);
    }
    regions
}

/// An alarm's name for people, such as `shop-prod-cdn-5xx (us-east-1)`.
pub fn alarm_name(gate: &AlarmGate) -> String {
    match &gate.region {
        Some(region) => format!("{} ({region})", gate.name),
        None => gate.name.clone(),
    }
}

/// Measures alarms of one region, by the ports there.
pub async fn alarms<P: Alarms>(
    ports: &P,
    gates: &[&AlarmGate],
    window: Window,
) -> Vec<Measurement> {
    if gates.is_empty() {
        return vec![];
    }
    let names: Vec<String> = gates.iter().map(|gate| gate.name.clone()).collect();
    let found = match ports.alarms(&names).await {
        Ok(found) => found,
        Err(fault) => {
            let unread = |gate: &&AlarmGate| unreadable(blank(gate, window.now), &fault);
            return gates.iter().map(unread).collect();
        }
    };
    let each = gates.iter().map(|gate| {
        let alarm = found.iter().find(|alarm| alarm.name == gate.name);
        one(ports, gate, alarm, window)
    });
    join_all(each).await
}

fn blank(gate: &AlarmGate, at: Time) -> Measurement {
    let name = alarm_name(gate);
    Measurement {
        threshold: "OK".to_owned(),
        look_at: format!("the CloudWatch alarm {name}"),
        ..unmeasured("alarm", &name, at)
    }
}

async fn one<P: Alarms>(
    ports: &P,
    gate: &AlarmGate,
    alarm: Option<&Alarm>,
    window: Window,
) -> Measurement {
    let blank = blank(gate, window.now);
    let Some(alarm) = alarm else {
        return Measurement {
            measured: "there is no alarm of this name".to_owned(),
            ..blank
        };
    };
    let history = if alarm.state == "OK" && alarm.since >= window.first_change {
        match ports.alarm_history(&gate.name, window.first_change).await {
            Ok(history) => history,
            Err(fault) => return unreadable(blank, &fault),
        }
    } else {
        vec![]
    };
    judged(alarm, &history, window, blank)
}

/// What an alarm comes to. Pure.
fn judged(
    alarm: &Alarm,
    history: &[AlarmChange],
    window: Window,
    blank: Measurement,
) -> Measurement {
    let was_red = history.iter().rev().find(|change| change.to == "ALARM");
    match (alarm.state.as_str(), was_red) {
        ("OK", None) if alarm.since >= window.first_change && !shows(history, alarm) => {
            Measurement {
                measured: format!(
                    "OK since {}, but its history does not show yet what it was before",
                    alarm.since
                ),
                ..blank
            }
        }
        ("OK", None) => Measurement {
            verdict: Verdict::Pass,
            measured: "OK".to_owned(),
            ..blank
        },
        ("OK", Some(change)) => Measurement {
            verdict: Verdict::Fail,
            measured: format!("was in ALARM: {}", change.reason),
            window: clock_times(change.at, alarm.since),
            ..blank
        },
        // It was accepted as red at Prepare, and has had no time to recover: the unknown rule says
        // how long it may take.
        ("ALARM", _) if alarm.since < window.first_change => Measurement {
            measured: format!("in ALARM since {}, before the change", alarm.since),
            ..blank
        },
        ("ALARM", _) => red(alarm, blank),
        (state, _) => Measurement {
            measured: format!("{state}: {}", alarm.reason),
            ..blank
        },
    }
}

/// Whether the history has got as far as the change that the alarm tells of: what came before it is
/// in the history then, too.
fn shows(history: &[AlarmChange], alarm: &Alarm) -> bool {
    history
        .last()
        .is_some_and(|last| last.to == alarm.state && last.at.plus_ms(SAME_MS) >= alarm.since)
}

fn red(alarm: &Alarm, blank: Measurement) -> Measurement {
    let (breaching, points) = alarm.points_of;
    let from = Time(
        alarm
            .since
            .0
            .saturating_sub(u64::from(points) * alarm.period_s * 1000),
    );
    let measured = match alarm.points.last() {
        Some(value) => format!("{value} {} per {} s", alarm.metric, alarm.period_s),
        None => format!("in ALARM: {}", alarm.reason),
    };
    let threshold = alarm
        .threshold
        .map_or(blank.threshold.clone(), |threshold| threshold.to_string());
    Measurement {
        verdict: Verdict::Fail,
        measured,
        threshold,
        window: format!(
            "{breaching} of {points} points, {}",
            clock_times(from, alarm.since)
        ),
        ..blank
    }
}
