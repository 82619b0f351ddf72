//! Tests of a probe, against the in-memory world.

use super::{declared, measured};
use std::collections::BTreeMap;
use windlass_domain::declaration::gate::{Measurement, Verdict};
use windlass_domain::declaration::gates::{ProbeGate, ResolvedGates};
use windlass_domain::text::time::Span;
use windlass_engine::ports::Probed;
use windlass_world::World;

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
    let gates = ResolvedGates { probes, ..ResolvedGates::default() };
    measured(world, &gates)
}

#[test]
fn a_probe_compares_status_latency_and_body() {
    // Status, body, milliseconds, wanted text. Expected: the verdict, and what is measured.
    let table = [
        (200, "fine", 12, None, Verdict::Pass, "status 200 after 12 ms"),
        (200, "fine", 12, Some("fine"), Verdict::Pass, "status 200 after 12 ms"),
        (500, "fine", 12, None, Verdict::Fail, "status 500 after 12 ms"),
        (
            200,
            "broken",
            12,
            Some("fine"),
            Verdict::Fail,
            "status 200 after 12 ms without the text in its first 65536 bytes",
        ),
        (200, "fine", 801, None, Verdict::Fail, "no answer, twice: no complete answer within 800 ms"),
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
    assert_eq!(seen.measured, "not measured: 127.0.0.1 is a loopback address");
    assert_eq!(seen.threshold, "status 200 within 800ms");
}
