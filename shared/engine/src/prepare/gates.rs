//! Whether the gates can be measured, and whether one is red before anything has changed.

use super::Ports;
use super::scene::Scene;
use crate::measurements;
use crate::ports::{Alarm, Answered};
use futures::future::join_all;
use windlass_domain::declaration::resolved::{AlarmGate, MetricGate, ProbeGate};
use windlass_domain::fault::{Fault, FaultName};
use windlass_domain::finding::{Finding, FindingName};
use windlass_domain::gate::Verdict;
use windlass_domain::name::ComponentName;
use windlass_domain::time::{Span, Time};

/// What is wrong with gates.
#[derive(Default)]
pub struct GateProblems {
    pub findings: Vec<Finding>,
    pub warnings: Vec<Finding>,
}

/// A gate's problem, before it is known whether it stops this deployment.
enum Problem {
    /// It cannot be measured.
    NotMeasurable(Finding),
    /// It is red.
    Red(Finding),
    /// It may turn out to be unmeasurable.
    Doubtful(Finding),
}

/// How many periods back a metric is looked at.
const PERIODS: u64 = 5;

/// Checks every gate. A first deployment, a rollback and `accept_red` go on with a warning about
/// what is red; a rollback also with what cannot be measured, because gates do not decide it.
pub async fn check<P: Ports>(ports: &P, scene: &Scene) -> Answered<GateProblems> {
    let place = &scene.loaded.place;
    let gates = &scene.loaded.resolved.gates;
    let metrics = gates.metrics.iter().enumerate();
    let metrics = metrics.map(async |(i, gate)| {
        let there = ports.at(&place.in_region(gate.region.as_deref()));
        metric(&there, i, gate, gates.bake).await
    });
    let regions = measurements::by_region(&gates.alarms).into_iter();
    let regions = regions.map(async |(region, some)| {
        let there = ports.at(&place.in_region(region));
        alarms(&there, &gates.alarms, &some, gates.bake).await
    });
    let wanted = scene.wanted().wanted;
    let concerned = |name: &ComponentName| wanted.iter().any(|wanted| wanted.name == name);
    let probes = gates.probes.iter().enumerate();
    let probes = probes.filter(|(_, gate)| gate.component.as_ref().is_none_or(concerned));
    let probes = probes.map(|(i, gate)| probe(ports, i, gate, awaited(scene, gate)));
    let (alarms, metrics, probes) =
        futures::join!(join_all(regions), join_all(metrics), join_all(probes),);
    let mut found = Vec::new();
    for problems in alarms.into_iter().chain(metrics) {
        found.extend(problems?);
    }
    for problem in probes {
        found.extend(problem?);
    }
    Ok(sorted(scene, found))
}

fn sorted(scene: &Scene, found: Vec<Problem>) -> GateProblems {
    let mut problems = GateProblems::default();
    for problem in found {
        let (finding, stops) = match problem {
            Problem::NotMeasurable(finding) => (finding, !scene.is_rollback()),
            Problem::Red(finding) => (finding, !scene.accepts_red()),
            Problem::Doubtful(finding) => (finding, false),
        };
        if stops {
            problems.findings.push(finding);
        } else {
            problems.warnings.push(finding);
        }
    }
    problems
}

fn not_measurable(path: &str, reason: String, remedy: &str) -> Finding {
    Finding::new(FindingName::GateNotMeasurable, path, reason, remedy)
}

fn red(path: &str, gate: &str, measured: &str, threshold: &str) -> Problem {
    Problem::Red(Finding::new(
        FindingName::GateAlreadyRed,
        path,
        format!(
            "`{gate}` is red before anything has changed: measured {measured}, threshold {threshold}."
        ),
        "Mend what it measures first, or deploy with `accept_red` and a reason.",
    ))
}

fn too_short(path: &str, gate: &str, bake: Span, period: Span) -> Option<Problem> {
    (bake < period).then(|| {
        let reason =
            format!("the bake of {bake} is shorter than the period of `{gate}`, {period}.");
        let remedy = "Watch for at least one period: set `gates.bake` higher.";
        Problem::NotMeasurable(not_measurable(path, reason, remedy))
    })
}

/// A refusal is a finding; everything else goes to the state's Retry.
fn unreadable(path: &str, gate: &str, fault: Fault) -> Answered<Problem> {
    if !matches!(fault.name, FaultName::AccessDenied | FaultName::Refused) {
        return Err(fault.while_doing(format!("checking {path}")));
    }
    Ok(Problem::NotMeasurable(not_measurable(
        path,
        format!("`{gate}` cannot be read: {}.", fault.message),
        "Give the role that reaches the environment permission to read it.",
    )))
}

/// Checks some of all the alarms, which are in one region.
async fn alarms<P: Ports>(
    there: &P,
    all: &[AlarmGate],
    some: &[&AlarmGate],
    bake: Span,
) -> Answered<Vec<Problem>> {
    let names: Vec<String> = some.iter().map(|gate| gate.name.clone()).collect();
    let answered = there.alarms(&names).await;
    let mut problems = Vec::new();
    for (index, gate) in all
        .iter()
        .enumerate()
        .filter(|(_, gate)| some.contains(gate))
    {
        let path = format!("gates.alarms[{index}]");
        match &answered {
            Ok(found) => {
                let alarm = found.iter().find(|alarm| alarm.name == gate.name);
                problems.extend(alarm_problems(&path, gate, alarm, bake));
            }
            Err(fault) => {
                let name = measurements::alarm_name(gate);
                problems.push(unreadable(&path, &name, fault.clone())?);
            }
        }
    }
    Ok(problems)
}

fn no_alarm(path: &str, gate: &AlarmGate) -> Problem {
    let region = match &gate.region {
        Some(region) => format!("region {region}"),
        None => "region".to_owned(),
    };
    Problem::NotMeasurable(not_measurable(
        path,
        format!(
            "there is no alarm `{}` in the environment's account and {region}.",
            gate.name
        ),
        "Make the alarm first, or correct its name. One of another region is written with it, such as `{name: …, region: us-east-1}` for an alarm of CloudFront.",
    ))
}

fn alarm_problems(path: &str, gate: &AlarmGate, alarm: Option<&Alarm>, bake: Span) -> Vec<Problem> {
    let Some(alarm) = alarm else {
        return vec![no_alarm(path, gate)];
    };
    let name = &measurements::alarm_name(gate);
    let period = Span::seconds(alarm.period_s);
    let mut problems: Vec<Problem> = too_short(path, name, bake, period).into_iter().collect();
    if measurements::alarm_is_red(alarm) {
        let measured = format!("ALARM since {} ({})", alarm.since, alarm.reason);
        problems.push(red(path, name, &measured, "OK"));
    } else if alarm.state != "OK" {
        problems.push(Problem::Doubtful(not_measurable(
            path,
            format!(
                "the alarm `{name}` is in {}: {}.",
                alarm.state, alarm.reason
            ),
            "While it stays so, `gates.unknown` says what it becomes.",
        )));
    }
    problems
}

async fn metric<P: Ports>(
    there: &P,
    index: usize,
    gate: &MetricGate,
    bake: Span,
) -> Answered<Vec<Problem>> {
    let path = format!("gates.metrics[{index}]");
    let name = measurements::metric_name(gate);
    let mut problems: Vec<Problem> = too_short(&path, &name, bake, gate.period)
        .into_iter()
        .collect();
    let now = there.now();
    let from = Time(now.0.saturating_sub(gate.period.as_ms() * PERIODS));
    let points = match there.points(gate, from, now).await {
        Ok(points) => points,
        Err(fault) => {
            problems.push(unreadable(&path, &name, fault)?);
            return Ok(problems);
        }
    };
    let over = |at: Time| at.plus_ms(gate.period.as_ms()) <= now;
    match points.iter().rfind(|point| over(point.at)) {
        Some(last) if measurements::metric_breach(gate, *last, now) => {
            let threshold = measurements::metric_threshold(gate);
            problems.push(red(&path, &name, &last.value.to_string(), &threshold));
        }
        Some(_) => {}
        None => problems.push(Problem::Doubtful(not_measurable(
            &path,
            format!("`{name}` has no data in the last {PERIODS} periods of {}.", gate.period),
            "Check its name, dimensions and region. While it has none, `gates.unknown` says what it becomes.",
        ))),
    }
    Ok(problems)
}

/// Whether this deployment brings the first release of the component that answers a probe: nobody can
/// expect an answer before that.
fn awaited(scene: &Scene, gate: &ProbeGate) -> bool {
    let component = gate.component.as_ref();
    component.is_some_and(|name| !scene.state.marks.contains_key(name))
}

async fn probe<P: Ports>(
    ports: &P,
    index: usize,
    gate: &ProbeGate,
    awaited: bool,
) -> Answered<Option<Problem>> {
    let path = format!("gates.probes[{index}]");
    let seen = match measurements::probe_or_fault(ports, gate).await {
        Ok(seen) => seen,
        Err(fault) => return unreadable(&path, &gate.url, fault).map(Some),
    };
    Ok(match seen.verdict {
        Verdict::Pass => None,
        Verdict::Fail if awaited => None,
        Verdict::Fail => Some(red(&path, &gate.url, &seen.measured, &seen.threshold)),
        Verdict::Unknown => Some(Problem::NotMeasurable(not_measurable(
            &path,
            format!("`{}`: {}.", gate.url, seen.measured),
            "Probe an address that Windlass can reach.",
        ))),
    })
}
