//! Tests of each measurement against the in-memory world.

mod alarm;
mod metric;
mod probe;

use windlass_domain::declaration::gate::Measurement;
use windlass_domain::declaration::gates::{DeclaredGate, ResolvedGates};
use windlass_domain::declaration::resolved::Place;
use windlass_domain::deployment::judgement::Judgement;
use windlass_domain::text::time::Span;
use windlass_engine::measurements::{Judging, measure};
use windlass_engine::ports::Clock;
use windlass_world::World;
use windlass_world::run::run as block_on;

fn declared<G>(gate: G) -> DeclaredGate<G> {
    DeclaredGate { path: "gates".into(), component: None, gate }
}

/// Returns the result of the only gate. The world's clock begins at 14:00:00; the change began then.
fn measured(world: &World, gates: &ResolvedGates) -> Measurement {
    let begun = World::default().now();
    let judging = Judging {
        gates,
        place: &Place::default(),
        waves: &[],
        steps: &[],
        judgement: &Judgement::begin(0, begun, begun, Span::ZERO, true),
        first_change: begun,
        now: world.now(),
    };
    block_on(measure(world, &judging)).remove(0)
}

fn pass_seconds(world: &World, seconds: u64) {
    let mut clock = world.clock();
    clock.now = clock.now.plus_s(seconds);
}
