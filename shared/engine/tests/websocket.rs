//! Tests of conversations over a WebSocket, against the in-memory world.

use windlass_domain::declaration::gate::{Measurement, Verdict};
use windlass_domain::declaration::gates::{DeclaredGate, ResolvedGates, WebsocketGate};
use windlass_domain::declaration::resolved::Place;
use windlass_domain::deployment::judgement::Judgement;
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_domain::text::time::Span;
use windlass_engine::measurements::{Judging, measure};
use windlass_engine::ports::Clock;
use windlass_world::World;
use windlass_world::run::run as block_on;

const SOCKET: &str = "wss://shop.example/";

fn measured(world: &World, expect: Option<&str>) -> Measurement {
    let gates = ResolvedGates {
        websockets: vec![DeclaredGate {
            path: "gates.websockets[0]".into(),
            component: None,
            gate: WebsocketGate {
                url: SOCKET.into(),
                send: Some("ping".into()),
                expect: expect.map(str::to_owned),
                within: Span::seconds(2),
            },
        }],
        ..ResolvedGates::default()
    };
    let now = world.now();
    let judging = Judging {
        gates: &gates,
        place: &Place::default(),
        waves: &[],
        steps: &[],
        judgement: &Judgement::begin(0, now, now, Span::ZERO, true),
        first_change: now,
        now,
    };
    block_on(measure(world, &judging)).remove(0)
}

#[test]
fn what_is_heard_decides() {
    for (answer, expect, verdict, wanted) in [
        (Some("pong"), Some("pong"), Verdict::Pass, "heard after 7 ms"),
        (Some("pong"), None, Verdict::Pass, "open after 7 ms"),
        (Some("no table"), Some("pong"), Verdict::Fail, "not heard: 1 other message, and none with it, within 2000 ms"),
        (None, Some("pong"), Verdict::Fail, "no connection, twice: the name does not resolve"),
    ] {
        let world = World::default();
        if let Some(answer) = answer {
            world.listen(SOCKET, answer);
        }
        let seen = measured(&world, expect);
        assert_eq!((seen.verdict, seen.measured.as_str()), (verdict, wanted));
        assert_eq!(seen.gate, "wss://shop.example/ ping");
        // A lost connection does not mean an unhealthy release: it is tried once more. A wrong answer is not.
        let tries = if answer.is_some() { 1 } else { 2 };
        assert_eq!(world.probe().asked.len(), tries, "{wanted}");
    }
}

#[test]
fn what_cannot_be_asked_is_unknown() {
    let world = World::default();
    let fault = Fault::new(FaultName::Unavailable, "no network");
    world.mishaps().refused.insert("probe.converse", fault);
    let seen = measured(&world, None);
    assert_eq!(seen.verdict, Verdict::Unknown);
    assert!(seen.measured.starts_with("not measured: "), "{}", seen.measured);
}
