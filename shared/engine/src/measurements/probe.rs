//! HTTP probes: status, body, latency.

use super::{shortened, unmeasured, unreadable};
use crate::ports::{Answered, Clock, Probe, ProbeAnswer, Probed};
use windlass_domain::declaration::resolved::ProbeGate;
use windlass_domain::gate::{Measurement, Verdict};
use windlass_domain::time::Time;

/// The longest time a probe may take, in milliseconds: two tries fit in one look.
pub const LONGEST_MS: u64 = 20_000;

/// How much of a body is searched, in bytes.
const BODY_LIMIT: u64 = 64 * 1024;

/// Measures a probe.
pub async fn probe<P: Probe + Clock>(ports: &P, gate: &ProbeGate) -> Measurement {
    let measured = probe_or_fault(ports, gate).await;
    measured.unwrap_or_else(|fault| unreadable(blank(gate, ports.now()), &fault))
}

/// The same, where a call that failed is asked again by whoever asked. No answer at all is tried once more,
/// because one lost connection is not an unhealthy release; a wrong answer is not.
pub async fn probe_or_fault<P: Probe + Clock>(
    ports: &P,
    gate: &ProbeGate,
) -> Answered<Measurement> {
    let blank = blank(gate, ports.now());
    let timeout_ms = gate.within.as_ms().min(LONGEST_MS);
    let mut tries = 0;
    loop {
        tries += 1;
        match ports.probe(&gate.url, timeout_ms, BODY_LIMIT).await? {
            Probed::NoAnswer(_) if tries < 2 => {}
            probed => return Ok(judged(gate, &probed, blank)),
        }
    }
}

fn blank(gate: &ProbeGate, at: Time) -> Measurement {
    Measurement {
        threshold: threshold(gate),
        look_at: format!("{} and the logs behind it", gate.url),
        ..unmeasured("probe", &gate.url, at)
    }
}

fn threshold(gate: &ProbeGate) -> String {
    let body = match &gate.body {
        Some(text) => format!(" with `{}`", shortened(text, 40)),
        None => String::new(),
    };
    format!("status {}{body} within {}", gate.status, gate.within)
}

/// What an answer comes to. Pure.
fn judged(gate: &ProbeGate, probed: &Probed, blank: Measurement) -> Measurement {
    let (verdict, measured) = match probed {
        Probed::Forbidden(why) => (Verdict::Unknown, format!("not measured: {why}")),
        Probed::NoAnswer(what) => (Verdict::Fail, format!("no answer, twice: {what}")),
        Probed::Answer(answer) => answered(gate, answer),
    };
    Measurement {
        verdict,
        measured,
        ..blank
    }
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
