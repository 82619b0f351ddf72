//! All the gates of a wave, measured at the same time.

use super::{Case, Ports, version::version};
use crate::measurements::{self, Invoke, Window, by_region};
use futures::future::join_all;
use windlass_domain::declaration::resolved::{Lambda, ProbeGate, Spec};
use windlass_domain::gate::{Measurement, Verdict};
use windlass_domain::name::ComponentName;
use windlass_domain::step::Step;
use windlass_domain::time::Time;

/// Measures every gate: alarms and metrics where the targets are, probes from here, and the
/// declared invocations of the functions that this deployment has changed so far. In a wave that only
/// publishes, nothing but the invocations tells of the release.
pub async fn measure<P: Ports>(ports: &P, case: &Case) -> Vec<Measurement> {
    let place = &case.loaded.place;
    let there = ports.at(place);
    let gates = &case.loaded.resolved.gates;
    let window = Window {
        first_change: case.first_change,
        changed: case.judgement.value.changed,
        now: ports.now(),
    };
    let metrics = gates.metrics.iter();
    let metrics = metrics.map(async |gate| {
        let there = ports.at(&place.in_region(gate.region.as_deref()));
        measurements::metric(&there, gate, window).await
    });
    let alarms = by_region(&gates.alarms).into_iter();
    let alarms = alarms.map(async |(region, alarms)| {
        let there = ports.at(&place.in_region(region));
        measurements::alarms(&there, &alarms, window).await
    });
    let probes = gates.probes.iter().filter(|gate| decides(case, gate));
    let probes = probes.map(|gate| measurements::probe(ports, gate));
    let functions = changed_functions(case);
    let functions =
        functions.map(|(step, spec)| invocations(&there, (step, case.number), spec, window.now));
    if case.wave.ahead {
        let invoked = join_all(functions).await;
        return invoked.into_iter().flatten().collect();
    }
    let (alarms, metrics, probes, functions) = futures::join!(
        join_all(alarms),
        join_all(metrics),
        join_all(probes),
        join_all(functions),
    );
    let mut all: Vec<Measurement> = alarms.into_iter().flatten().collect();
    all.extend(metrics);
    all.extend(probes);
    all.extend(functions.into_iter().flatten());
    all
}

/// Whether a probe decides this wave: that of a component from the wave on that changes it.
fn decides(case: &Case, gate: &ProbeGate) -> bool {
    let of = |name: &ComponentName| {
        let mut steps = case.steps.iter();
        steps.any(|step| step.component == *name && has_changed(step, case.number))
    };
    gate.component.as_ref().is_none_or(of)
}

fn has_changed(step: &Step, wave: u32) -> bool {
    step.goals.keys().next().is_some_and(|first| *first <= wave)
}

/// The Lambda functions that have changed up to this wave and declare invocations.
fn changed_functions(case: &Case) -> impl Iterator<Item = (&Step, &Lambda)> {
    let changed = case
        .steps
        .iter()
        .filter(|step| has_changed(step, case.number));
    changed.filter_map(|step| {
        let component = case.loaded.resolved.components.get(&step.component)?;
        match &component.spec {
            Spec::Lambda(lambda) if !lambda.invocations.is_empty() => Some((step, lambda)),
            _ => None,
        }
    })
}

/// Invokes the new version with each declared request, one after the other: a function may have
/// little concurrency, and its callers go first.
async fn invocations<P: Ports>(
    there: &P,
    (step, wave): (&Step, u32),
    spec: &Lambda,
    now: Time,
) -> Vec<Measurement> {
    let mut measured = Vec::new();
    let version = version(step, wave);
    for request in &spec.invocations {
        measured.push(match &version {
            Ok(version) => {
                let invoke = Invoke {
                    function: &spec.function,
                    version,
                    request,
                };
                measurements::invocation(there, invoke).await
            }
            Err(why) => no_version(spec, &request.name, why, now),
        });
    }
    measured
}

fn no_version(spec: &Lambda, request: &str, why: &str, at: Time) -> Measurement {
    Measurement {
        gate: format!("{} {request}", spec.function),
        source: "invocation".to_owned(),
        verdict: Verdict::Unknown,
        measured: format!("not measured: {why}"),
        threshold: "an answer of the new version".to_owned(),
        window: String::new(),
        look_at: format!("the versions of the function {}", spec.function),
        not_ready: false,
        at,
    }
}
