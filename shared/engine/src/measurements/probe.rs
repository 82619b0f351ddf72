//! HTTP probes: status, body, latency.

use super::measure::{Checking, GateProblem, Measure, Measuring};
use crate::measurements::measure::{problem, unmeasured, unreadable};
use crate::ports::{Clock, Get, ProbeAnswer, ProbeApi, Probed, Result};
use windlass_domain::declaration::gate::{Measurement, Verdict};
use windlass_domain::declaration::gates::ProbeGate;
use windlass_domain::declaration::resolved::Place;
use windlass_domain::text::time::Time;

/// The longest time that a probe may take, in milliseconds. Two tries fit in one look.
pub const LONGEST_MS: u64 = 20_000;

/// The bytes of a body that are searched.
const BODY_LIMIT: u64 = 64 * 1024;

/// The remedy if an address cannot be asked.
const REACHABLE: &str = "Probe an address that Windlass can reach.";

/// Probes, made from here, wherever the targets are.
pub(super) struct Probes;

impl<P: ProbeApi + Clock> Measure<P> for Probes {
    type Gate = ProbeGate;

    fn is_tested(gate: &ProbeGate) -> bool {
        gate.before_traffic
    }

    fn is_later(gate: &ProbeGate) -> bool {
        gate.before_traffic
    }

    /// The answer of a test listener before the release shows nothing of the release. So for such a gate it is only
    /// checked whether the listener may be asked.
    async fn check_one(ports: &P, _: &Place, one: &Checking<'_, ProbeGate>) -> Result<Vec<GateProblem>> {
        let seen = probe(ports, one.gate).await?;
        let found = problem(one, &seen, REACHABLE).into_iter();
        let counts = |it: &GateProblem| !one.gate.before_traffic || matches!(it, GateProblem::NotMeasurable(_));
        Ok(found.filter(counts).collect())
    }

    async fn measure_one(ports: &P, _: &Place, one: &Measuring<'_, ProbeGate>) -> Measurement {
        probe(ports, one.gate).await.unwrap_or_else(|fault| unreadable(blank(one.gate, ports.now()), &fault))
    }
}

/// Measures a probe. No answer at all is tried once more, because one lost connection is not an unhealthy
/// release; a wrong answer is not.
async fn probe(ports: &(impl ProbeApi + Clock), gate: &ProbeGate) -> Result<Measurement> {
    let blank = blank(gate, ports.now());
    let timeout_ms = gate.within.as_ms().min(LONGEST_MS);
    let mut tries = 0;
    loop {
        tries += 1;
        let get = Get { url: &gate.url, headers: &gate.headers, timeout_ms, limit: BODY_LIMIT };
        match ports.probe(&get).await? {
            Probed::NoAnswer(_) if tries < 2 => {}
            probed => return Ok(judged(gate, &probed, blank)),
        }
    }
}

fn blank(gate: &ProbeGate, at: Time) -> Measurement {
    let look_at = format!("{} and the logs behind it", gate.url);
    unmeasured(gate, look_at, at)
}

/// The measurement of an answer. Pure.
fn judged(gate: &ProbeGate, probed: &Probed, blank: Measurement) -> Measurement {
    let (verdict, measured) = match probed {
        Probed::Forbidden(why) => (Verdict::Unknown, format!("not measured: {why}")),
        Probed::NoAnswer(what) => (Verdict::Fail, format!("no answer, twice: {what}")),
        Probed::Answer(answer) => answered(gate, answer),
    };
    Measurement { verdict, measured, ..blank }
}

fn answered(gate: &ProbeGate, answer: &ProbeAnswer) -> (Verdict, String) {
    let seen = format!("status {} after {} ms", answer.status, answer.ms);
    if answer.status != gate.status || answer.ms > gate.within.as_ms() {
        return (Verdict::Fail, seen);
    }
    let body = String::from_utf8_lossy(&answer.body);
    match &gate.body {
        Some(text) if !body.contains(text.as_str()) => {
            let seen = format!("{seen} without the text in its first {BODY_LIMIT} bytes");
            (Verdict::Fail, seen)
        }
        _ => (Verdict::Pass, seen),
    }
}
