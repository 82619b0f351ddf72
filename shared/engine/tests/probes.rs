//! Tests of probes with headers, and of probes of test traffic, which decide while a component waits with that alone.

use std::collections::BTreeSet;
use windlass_domain::declaration::gate::Verdict;
use windlass_domain::declaration::gates::{DeclaredGate, ProbeGate, ResolvedGates};
use windlass_domain::declaration::plan::{KindName, PlannedChange, Wave};
use windlass_domain::declaration::resolved::Place;
use windlass_domain::deployment::judgement::Judgement;
use windlass_domain::deployment::step::Step;
use windlass_domain::release::identity::DeploymentId;
use windlass_domain::text::name::{AppName, ComponentName, EnvironmentName};
use windlass_domain::text::time::Span;
use windlass_engine::measurements::{ChangeableComponent, GateProblem, Judging, Preparing, check, measure};
use windlass_engine::ports::{Clock, Probed};
use windlass_world::World;
use windlass_world::run::run as block_on;

const TEST: &str = "https://test.shop.example/health";

fn agent() -> ComponentName {
    ComponentName::new("agent").unwrap()
}

/// Returns a probe of the service's test traffic, or of its callers' own.
fn probes(value: &str, before_traffic: bool) -> ResolvedGates {
    let gate = ProbeGate {
        url: TEST.into(),
        status: 200,
        within: Span::millis(800),
        body: None,
        headers: [("x-shop-test".to_owned(), value.to_owned())].into(),
        before_traffic,
    };
    let declared = DeclaredGate { path: "components.agent.gates.probes[0]".into(), component: Some(agent()), gate };
    ResolvedGates { probes: vec![declared], ..ResolvedGates::default() }
}

/// Makes a listener whose rule looks for a header.
fn listener(status: u16) -> World {
    let world = World::default();
    world.serve(TEST, status, "fine", 12);
    let rule = ("x-shop-test".to_owned(), "new".to_owned());
    world.probe().rules.insert(TEST.into(), rule);
    world
}

/// Returns the result of the probe in each of four waves: the service waits with the test traffic, another component is
/// looked at meanwhile, the service shifts, and it is over.
fn verdicts(world: &World, gates: &ResolvedGates) -> Vec<Option<Verdict>> {
    let change = |component: &str, tested| PlannedChange {
        component: ComponentName::new(component).unwrap(),
        kind: KindName::Ecs,
        what: String::new(),
        later: BTreeSet::new(),
        tested,
        closing: false,
        timing: None,
        details: Vec::new(),
        details_left: 0,
    };
    let wave = |change, look| Wave { changes: vec![change], bake_s: 0, ahead: false, look };
    let waves = [
        wave(change("agent", true), false),
        wave(change("mail", false), true),
        wave(change("agent", false), false),
        wave(change("agent", false), false),
    ];
    let step = Step {
        goals: [0, 2, 3].map(|wave| (wave, serde_json::Value::Null)).into(),
        ..Step::planned(
            DeploymentId("0123456789abcdef".into()),
            AppName::new("shop").unwrap(),
            EnvironmentName::new("prod").unwrap(),
            agent(),
            KindName::Ecs,
        )
    };
    let now = world.now();
    let each = (0..4).map(|number| {
        let judging = Judging {
            gates,
            place: &Place::default(),
            waves: &waves,
            steps: std::slice::from_ref(&step),
            judgement: &Judgement::begin(number, now, now, Span::ZERO, true),
            first_change: now,
            now,
        };
        let measured = block_on(measure(world, &judging));
        measured.first().map(|measured| measured.verdict)
    });
    each.collect()
}

#[test]
fn a_probe_of_test_traffic_decides_while_that_alone_is_there() {
    use Verdict::{Fail, Pass};
    let table = [
        (200, "new", true, [Some(Pass), Some(Pass), None, None]),
        (500, "new", true, [Some(Fail), Some(Fail), None, None]),
        (200, "new", false, [Some(Pass); 4]),
        // The listener's rule does not know it.
        (200, "old", true, [Some(Fail), Some(Fail), None, None]),
        (200, "old", false, [Some(Fail); 4]),
    ];
    for (status, value, before_traffic, wanted) in table {
        let found = verdicts(&listener(status), &probes(value, before_traffic));
        assert_eq!(found, wanted, "{status} {value} {before_traffic}");
    }
}

#[test]
fn before_the_release_it_is_only_looked_whether_it_may_be_asked() {
    let forbidden = Probed::Forbidden("10.0.0.7 is a private address".into());
    let table = [
        (None, true, "nothing"),
        (None, false, "red"),
        (Some(&forbidden), true, "not measurable"),
        (Some(&forbidden), false, "not measurable"),
    ];
    for (answer, before_traffic, wanted) in table {
        let world = listener(500);
        if let Some(answer) = answer {
            world.probe().answers.insert(TEST.into(), answer.clone());
        }
        let name = agent();
        let component = ChangeableComponent { name: &name, is_first: false, target: &serde_json::Value::Null };
        let preparing =
            Preparing { gates: &probes("new", before_traffic), place: &Place::default(), components: &[component] };
        let found = block_on(check(&world, &preparing)).unwrap();
        let [looked] = found.as_slice() else {
            panic!("{found:?}");
        };
        let problem = match looked.problems.as_slice() {
            [] => "nothing",
            [GateProblem::Red(_)] => "red",
            [GateProblem::NotMeasurable(_)] => "not measurable",
            _ => "more",
        };
        assert_eq!(problem, wanted, "{answer:?} {before_traffic}");
    }
}
