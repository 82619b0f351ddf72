//! A gate that counts lines, and the looks at it.

use windlass_domain::declaration::gate::Measurement;
use windlass_domain::declaration::gates::{DeclaredGate, LogsGate, ResolvedGates};
use windlass_domain::declaration::resolved::Place;
use windlass_domain::deployment::judgement::Judgement;
use windlass_domain::text::name::{AppName, ComponentName, EnvironmentName};
use windlass_domain::text::time::{Span, Time};
use windlass_engine::measurements::{Judging, measure};
use windlass_engine::ports::Clock;
use windlass_world::World;
use windlass_world::run::run;

pub const GROUP: &str = "/aws/lambda/shop-api";

pub fn gate() -> LogsGate {
    LogsGate {
        groups: vec![GROUP.into()],
        filter: "@message like /ERROR|FATAL/".into(),
        window: Span::seconds(300),
        at_most: 2,
        region: None,
        app: AppName::new("shop").unwrap(),
        environment: EnvironmentName::new("prod").unwrap(),
    }
}

/// Declares the gate for the whole release.
pub fn whole(gate: LogsGate) -> ResolvedGates {
    let logs = vec![DeclaredGate { path: "gates.logs[0]".into(), component: None, gate }];
    ResolvedGates { bake: Span::seconds(600), logs, ..ResolvedGates::default() }
}

/// Declares the gate for a component.
pub fn of(component: &ComponentName, gate: LogsGate) -> ResolvedGates {
    let mut gates = whole(gate);
    gates.logs[0].component = Some(component.clone());
    gates
}

/// Returns a judgement whose wave's change began now.
pub fn begin(world: &World) -> Judgement {
    let now = world.now();
    Judgement::begin(0, now, now, Span::seconds(600), true)
}

pub fn look(world: &World, gates: &ResolvedGates, judgement: &mut Judgement) -> Measurement {
    let now = world.now();
    let judging = Judging {
        gates,
        place: &Place::default(),
        waves: &[],
        steps: &[],
        judgement,
        first_change: judgement.changed,
        now,
    };
    let measured = run(measure(world, &judging));
    let rule = &gates.unknown;
    judgement.look(measured.clone(), rule, now);
    measured.into_iter().next().unwrap()
}

pub fn one_look(world: &World) -> Measurement {
    let begun = Time(world.now().0 - 240_000);
    let mut judgement = Judgement::begin(0, begun, begun, Span::seconds(600), true);
    look(world, &whole(gate()), &mut judgement)
}

pub fn pass_seconds(world: &World, seconds: u64) {
    let mut clock = world.clock();
    clock.now = clock.now.plus_s(seconds);
}

pub fn calls(world: &World, name: &str) -> usize {
    let mishaps = world.mishaps();
    mishaps.calls.iter().filter(|call| call.ends_with(name)).count()
}
