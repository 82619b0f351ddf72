//! CloudWatch alarms: each must be OK, and must not have been red since the first change. If its state has changed
//! since then, its history must show how it came to its present state.

use super::measure::{Checking, GateProblem, Measure, MeasuredWindow, Measuring};
use crate::measurements::measure::{already_red, clock_times, not_measurable, unmeasured, unreadable};
use crate::measurements::one_sort::too_short;
use crate::ports::{self, Alarm, AlarmChange, AlarmSays, AssumeRole, Result};
use futures::future::join_all;
use std::collections::BTreeMap;
use windlass_domain::declaration::gate::{Measurement, Verdict};
use windlass_domain::declaration::gates::{AlarmGate, Sort};
use windlass_domain::declaration::resolved::Place;
use windlass_domain::text::count::count;
use windlass_domain::text::fault::Fault;
use windlass_domain::text::time::{Span, Time};

/// The milliseconds by which the time of a change in the history may differ from the time of the change that the alarm
/// itself shows. It is not documented that they are the same.
const SAME_MS: u64 = 1_000;

/// Alarms, read in the region of the targets or their own. Each region is asked for all of its alarms at once.
pub(super) struct Alarms;

impl<P: ports::CloudWatchApi + AssumeRole> Measure<P> for Alarms {
    type Gate = AlarmGate;

    async fn check(ports: &P, place: &Place, gates: &[Checking<'_, AlarmGate>]) -> Vec<Result<Vec<GateProblem>>> {
        let named: Vec<&AlarmGate> = gates.iter().map(|one| one.gate).collect();
        let found = AlarmsByRegion::read(ports, place, &named).await;
        let answer = |one: &Checking<'_, AlarmGate>| Ok(problems(one, found.alarm(one.gate)?));
        gates.iter().map(answer).collect()
    }

    async fn measure(ports: &P, place: &Place, gates: &[Measuring<'_, AlarmGate>]) -> Vec<Measurement> {
        let named: Vec<&AlarmGate> = gates.iter().map(|one| one.gate).collect();
        let found = AlarmsByRegion::read(ports, place, &named).await;
        let each = gates.iter().map(async |one| {
            let there = ports.at(&place.in_region(one.gate.region.as_deref()));
            measured(&there, one, found.alarm(one.gate)).await
        });
        join_all(each).await
    }
}

/// The alarms of each region, or the fault with which they could not be read. The alarms of the environment's own
/// region are under `None`.
struct AlarmsByRegion(BTreeMap<Option<String>, Result<Vec<Alarm>>>);

impl AlarmsByRegion {
    async fn read(ports: &(impl ports::CloudWatchApi + AssumeRole), place: &Place, gates: &[&AlarmGate]) -> Self {
        let mut regions: BTreeMap<Option<String>, Vec<String>> = BTreeMap::new();
        for gate in gates {
            let names = regions.entry(gate.region.clone()).or_default();
            if !names.contains(&gate.name) {
                names.push(gate.name.clone());
            }
        }
        let read = regions.into_iter().map(async |(region, names)| {
            let there = ports.at(&place.in_region(region.as_deref()));
            (region, there.alarms(&names).await)
        });
        Self(join_all(read).await.into_iter().collect())
    }

    fn alarm<'s>(&'s self, gate: &AlarmGate) -> Result<Option<&'s Alarm>> {
        match self.0.get(&gate.region) {
            Some(Ok(found)) => Ok(found.iter().find(|alarm| alarm.name == gate.name)),
            Some(Err(fault)) => Err(fault.clone()),
            None => Ok(None),
        }
    }
}

fn no_alarm(one: &Checking<'_, AlarmGate>) -> GateProblem {
    let region = match &one.gate.region {
        Some(region) => format!("region {region}"),
        None => "region".to_owned(),
    };
    GateProblem::Missing(not_measurable(
        one.path,
        format!("there is no alarm `{}` in the environment's account and {region}.", one.gate.name),
        "Make the alarm first, or correct its name. One of another region is written with it, such as `{name: …, region: us-east-1}` for an alarm of CloudFront.",
    ))
}

fn problems(one: &Checking<'_, AlarmGate>, alarm: Option<&Alarm>) -> Vec<GateProblem> {
    let Some(alarm) = alarm else { return vec![no_alarm(one)] };
    let period = Span::seconds(alarm.period_s);
    let mut problems: Vec<GateProblem> = too_short(one, period).into_iter().collect();
    let says = AlarmSays::of(&alarm.state);
    if says == AlarmSays::Red {
        let measured = format!("ALARM since {} ({})", alarm.since, alarm.reason);
        problems.push(GateProblem::Red(already_red(one.path, one.gate, &measured)));
    } else if says != AlarmSays::Well {
        problems.push(GateProblem::Noted(not_measurable(
            one.path,
            format!(
                "the alarm `{}` is in {}: {}.",
                one.gate.name(),
                alarm.state,
                alarm.reason
            ),
            "See that its metric gets data, or have the alarm take none for healthy (`TreatMissingData: notBreaching`). While it stays so, `gates.unknown` says what it becomes.",
        )));
    }
    problems
}

async fn measured(
    there: &impl ports::CloudWatchApi,
    one: &Measuring<'_, AlarmGate>,
    alarm: Result<Option<&Alarm>, Fault>,
) -> Measurement {
    let (gate, window) = (one.gate, one.window);
    let look_at = format!("the CloudWatch alarm {}", gate.name());
    let blank = unmeasured(gate, look_at, window.now);
    let alarm = match alarm {
        Ok(Some(alarm)) => alarm,
        Ok(None) => return Measurement { measured: "there is no alarm of this name".to_owned(), ..blank },
        Err(fault) => return unreadable(blank, &fault),
    };
    let history = if AlarmSays::of(&alarm.state) == AlarmSays::Well && alarm.since >= window.first_change {
        match there.alarm_history(&gate.name, window.first_change).await {
            Ok(history) => history,
            Err(fault) => return unreadable(blank, &fault),
        }
    } else {
        vec![]
    };
    judged(alarm, &history, window, blank)
}

/// The measurement of an alarm. Pure.
fn judged(alarm: &Alarm, history: &[AlarmChange], window: MeasuredWindow, blank: Measurement) -> Measurement {
    let was_red = history.iter().rev().find(|change| AlarmSays::of(&change.to) == AlarmSays::Red);
    match (AlarmSays::of(&alarm.state), was_red) {
        (AlarmSays::Well, None) if alarm.since >= window.first_change && !shows(history, alarm) => Measurement {
            measured: format!("OK since {}, but its history does not show yet what it was before", alarm.since),
            ..blank
        },
        (AlarmSays::Well, None) => Measurement { verdict: Verdict::Pass, measured: "OK".to_owned(), ..blank },
        (AlarmSays::Well, Some(change)) => Measurement {
            verdict: Verdict::Fail,
            measured: format!("was in ALARM: {}", change.reason),
            window: clock_times(change.at, alarm.since),
            ..blank
        },
        // The alarm was accepted as red at Prepare, and has had no time to recover. The unknown rule says how long that
        // may take.
        (AlarmSays::Red, _) if alarm.since < window.first_change => {
            Measurement { measured: format!("in ALARM since {}, before the change", alarm.since), ..blank }
        }
        (AlarmSays::Red, _) => red(alarm, blank),
        (AlarmSays::Nothing, _) => Measurement { measured: format!("{}: {}", alarm.state, alarm.reason), ..blank },
    }
}

/// Returns whether the history has got as far as the change that the alarm names. Then it also has what came before
/// that change.
fn shows(history: &[AlarmChange], alarm: &Alarm) -> bool {
    history.last().is_some_and(|last| last.to == alarm.state && last.at.plus_ms(SAME_MS) >= alarm.since)
}

fn red(alarm: &Alarm, blank: Measurement) -> Measurement {
    let (breaching, points) = alarm.points_of;
    let from = Time(alarm.since.0.saturating_sub(u64::from(points) * alarm.period_s * 1000));
    let measured = match alarm.points.last() {
        Some(value) => format!("{value} {} per {} s", alarm.metric, alarm.period_s),
        None => format!("in ALARM: {}", alarm.reason),
    };
    let threshold = alarm.threshold.map_or(blank.threshold.clone(), |threshold| threshold.to_string());
    Measurement {
        verdict: Verdict::Fail,
        measured,
        value: alarm.points.last().copied(),
        threshold,
        limit: alarm.threshold,
        window: format!("{breaching} of {}, {}", count(points, "point"), clock_times(from, alarm.since)),
        ..blank
    }
}
