//! Tests of `rollback`: the snapshot to which it goes back, and the hold that it sets.

use crate::conductor::inputs::{input, order, step, with};
use crate::conductor::scene::{Scene, in_short};
use crate::stage::{app, component, id, prod, zip};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use windlass_domain::deployment::step::{ChangeRecord, StepStatus};
use windlass_domain::deployment::{Deployment, Status};
use windlass_domain::environment::kept::{Irreversible, IrreversibleRun};
use windlass_domain::environment::{EnvironmentState, GivenVersion, HeldState, Proof, Running, Snapshot};
use windlass_domain::release::action::ActionName;
use windlass_domain::release::ending::Ending;
use windlass_domain::release::identity::EnvironmentId;
use windlass_domain::release::request::Route;
use windlass_domain::text::digest::Digest;
use windlass_domain::text::finding::Finding;
use windlass_domain::text::time::Time;
use windlass_engine::ledger::{self, ExecutionDeployment};
use windlass_engine::payload::{Answer, Transition};
use windlass_world::stepfunctions::arn_of;

fn running(number: u64, is_ours: bool) -> Running {
    Running::new(
        is_ours.then(|| zip("api", &number.to_be_bytes())),
        GivenVersion {
            version: format!("1.{number}.0"),
            deployment: id(),
            since: Time(0),
            git: None,
            released_by: None,
        },
        Value::Null,
    )
}

/// Puts a snapshot of `api`, and of `jobs` as it was found.
fn put_snapshot(scene: &Scene, number: u64, replaced: u64, release: Option<Digest>) {
    let components = [("api", true), ("jobs", false)];
    let components = components.map(|(name, ours)| (component(name), running(number, ours)));
    let snapshot = Snapshot {
        number,
        version: format!("1.{number}.0"),
        release,
        deployment: id(),
        made: Time(0),
        replaced,
        components: components.into(),
        irreversible: [].into(),
        proof: Proof::default(),
        partly: None,
    };
    scene.stage.put(ledger::snapshot(EnvironmentId::new(&app(), &prod()), number), &snapshot);
}

fn release(number: u64) -> Digest {
    Digest::of(&number.to_be_bytes())
}

/// Makes a scene with so many snapshots. Number 1 was found, each later one replaced the one before, and the last one
/// runs.
fn scene(last: u64) -> Scene {
    let scene = Scene::free();
    for number in 1..=last {
        put_snapshot(&scene, number, number - 1, (number > 1).then(|| release(number)));
    }
    let state = EnvironmentState { snapshot: last, last_snapshot: last, ..EnvironmentState::default() };
    scene.stage.put(ledger::state(EnvironmentId::new(&app(), &prod())), &state);
    scene
}

fn veto(scene: &Scene, number: u64) {
    scene.vetoes(release(number));
}

/// Presses the button, and returns the answer and the record.
fn press(scene: &Scene, more: Value) -> (Answer, Option<Deployment>) {
    press_as(scene, "press", more)
}

fn press_as(scene: &Scene, name: &str, more: Value) -> (Answer, Option<Deployment>) {
    let answer = scene.admit(name, with(input("rollback"), more)).unwrap();
    let record = scene.stage.get(&ledger::deployment(&answer.deployment));
    (answer, record)
}

#[test]
fn it_goes_to_the_newest_good_one_that_the_present_one_replaced() {
    let none: &[u64] = &[];
    let many: Vec<u64> = (3..=502).collect();
    // The last snapshot, the vetoed ones, the named one. Expected: where the rollback goes.
    let table = [
        (4, none, None, Some(3)),
        (4, &[3], None, Some(2)),
        (4, &[4, 2], None, Some(3)),
        (4, &[3, 2], None, None),
        (2, none, None, None),
        (1, none, None, None),
        (0, none, None, None),
        (4, none, Some(1), Some(1)),
        (4, &[2], Some(2), Some(2)),
        (4, none, Some(9), None),
        (503, &many, None, Some(2)),
    ];
    for (last, vetoed, named, wanted) in table {
        let scene = scene(last);
        for number in vetoed {
            veto(&scene, *number);
        }
        let more = named.map_or(json!({}), |number| json!({"snapshot": number}));
        let (answer, record) = press(&scene, more);
        let row = format!("{last} {vetoed:?} {named:?}");
        let record = record.unwrap();
        let Some(wanted) = wanted else {
            assert_eq!(answer.error, "NothingToGoBackTo", "{row}");
            let reason = match named {
                Some(number) => format!("There is no snapshot {number}."),
                None => "The present snapshot replaced no other release".to_owned(),
            };
            assert!(answer.cause.contains(&reason), "{}", answer.cause);
            // The answer says what a person may start instead, and that automatic deployments are held.
            let next = if named.is_some() { 3 } else { 1 };
            let next =
                format!(r#"{{"action":"rollback","app":"shop","environment":"prod","reason":"…","snapshot":{next}}}"#);
            assert_eq!(answer.cause.contains(&next), last > 0, "{}", answer.cause);
            // A number that does not exist is a slip of the pen, and holds nothing.
            assert_eq!(scene.state().hold.is_some(), named.is_none(), "{row}");
            assert_eq!(answer.cause.starts_with(HELD), named.is_none(), "{row}");
            continue;
        };
        assert_eq!((answer.verdict, record.snapshot), (Transition::Go, Some(wanted)), "{row}");
        assert_eq!(record.release.version, format!("1.{wanted}.0"));
        let ours = running(wanted, true).artifact.unwrap();
        assert_eq!(record.release.components, BTreeMap::from([(component("api"), ours)]));
    }
}

/// The good snapshots are named as the next step if the present one replaced none that is good.
#[test]
fn after_a_rollback_to_what_was_before_windlass_the_good_snapshots_are_named() {
    let scene = scene(4);
    put_snapshot(&scene, 5, 0, None);
    let state = EnvironmentState { snapshot: 5, last_snapshot: 5, ..EnvironmentState::default() };
    scene.stage.put(ledger::state(EnvironmentId::new(&app(), &prod())), &state);
    veto(&scene, 3);
    prove(&scene, 2, "api jobs");
    let (answer, _) = press(&scene, json!({}));
    let reason = "The present snapshot replaced no other release that passed and is not vetoed. A rollback that names \
        none goes only to what the present one replaced. Remedy: ";
    let good = "Passed, and not what runs: 4 (1.4.0, not verified good), 2 (1.2.0). To go to snapshot 2, start ";
    assert_eq!(answer.error, "NothingToGoBackTo");
    for part in [reason, good] {
        assert!(answer.cause.contains(part), "{}", answer.cause);
    }
}

/// The step that is named is not refused in its turn: it goes where nothing irreversible is on the way, or names that.
#[test]
fn the_step_to_a_good_one_names_what_is_irreversible_on_its_way() {
    for (is_known, goes) in [(true, json!({"snapshot": 4})), (false, json!({"snapshot": 2, "across": ["jobs"]}))] {
        let scene = scene(4);
        put_snapshot(&scene, 5, 0, None);
        prove(&scene, 2, "api jobs");
        let ran = IrreversibleRun { deployment: order(1, "contract").id, version: "1.4.0".into(), at: Time(0) };
        let irreversible: Irreversible = [(component("jobs"), ran)].into();
        if is_known {
            let key = ledger::snapshot(EnvironmentId::new(&app(), &prod()), 4);
            let mut snapshot: Snapshot = scene.stage.get(&key).unwrap();
            snapshot.irreversible.clone_from(&irreversible);
            scene.stage.put(key, &snapshot);
        }
        let state = EnvironmentState { snapshot: 5, last_snapshot: 5, irreversible, ..EnvironmentState::default() };
        scene.stage.put(ledger::state(EnvironmentId::new(&app(), &prod())), &state);
        let (answer, record) = press(&scene, json!({}));
        assert_eq!(answer.error, "NothingToGoBackTo", "{is_known}");
        let findings = record.unwrap().ending.unwrap().findings;
        let steps = findings.iter().flat_map(Finding::steps).map(|step| serde_json::to_value(step).unwrap());
        let steps: Vec<Value> = steps.collect();
        let start = json!({"action": "rollback", "app": "shop", "environment": "prod", "reason": "…"});
        assert!(steps.contains(&json!({"start": with(start, goes.clone())})), "{is_known}: {steps:?}");
        assert_eq!(press_as(&scene, "as-named", goes).0.verdict, Transition::Go, "{is_known}");
    }
}

/// Records that gates have measured these components of a snapshot.
fn prove(scene: &Scene, number: u64, measured: &str) {
    let key = ledger::snapshot(EnvironmentId::new(&app(), &prod()), number);
    let mut snapshot: Snapshot = scene.stage.get(&key).unwrap();
    snapshot.proof.measured = measured.split_whitespace().map(component).collect();
    scene.stage.put(key, &snapshot);
}

/// A row: what was measured of some snapshots, those that are vetoed, whether `jobs` runs as in all of them, and where a
/// rollback from snapshot 5 goes.
type Measured = (&'static [(u64, &'static str)], &'static [u64], bool, u64);

/// Safety: undo: A rollback goes by itself to what only passed only where nothing that was measured is there.
#[test]
fn it_goes_to_what_was_measured_before_what_only_passed() {
    let table: [Measured; 8] = [
        (&[(2, "api jobs"), (4, "api jobs")], &[], false, 4),
        (&[(2, "api jobs")], &[], false, 2),
        (&[], &[], false, 4),
        (&[(2, "api jobs")], &[2], false, 4),
        (&[(3, "api jobs")], &[4], false, 3),
        // A part of what it would bring was not measured.
        (&[(3, "api")], &[], false, 4),
        // What stays as it is is no reason for another one.
        (&[(3, "api")], &[], true, 3),
        (&[(4, "api"), (3, "api jobs")], &[], true, 4),
    ];
    for (measured, vetoed, stays, wanted) in table {
        let scene = scene(5);
        for (number, components) in measured {
            prove(&scene, *number, components);
        }
        for number in vetoed {
            veto(&scene, *number);
        }
        let mut state = scene.state();
        state.running = [(component("api"), running(9, true)), (component("jobs"), running(9, !stays))].into();
        scene.stage.put(ledger::state(EnvironmentId::new(&app(), &prod())), &state);
        let record = press(&scene, json!({})).1.unwrap();
        assert_eq!(record.snapshot, Some(wanted), "{measured:?} {vetoed:?} {stays}");
    }
    // What was measured counts behind any number of others; what nothing ran was not, whatever its gates say.
    for (last, is_idle, wanted) in [(600, false, 2), (4, true, 3)] {
        let scene = scene(last);
        let mut state = scene.state();
        state.running.insert(component("api"), running(last + 5, true));
        scene.stage.put(ledger::state(EnvironmentId::new(&app(), &prod())), &state);
        prove(&scene, 2, "api jobs");
        let key = ledger::snapshot(EnvironmentId::new(&app(), &prod()), 2);
        let mut snapshot: Snapshot = scene.stage.get(&key).unwrap();
        snapshot.proof.idle.extend(is_idle.then(|| (component("api"), "it wants nothing".to_owned())));
        scene.stage.put(key, &snapshot);
        assert_eq!(press(&scene, json!({})).1.unwrap().snapshot, Some(wanted), "{last}");
    }
}

#[test]
fn a_chain_that_is_broken_leads_nowhere() {
    let scene = scene(4);
    veto(&scene, 3);
    scene.stage.world.dynamodb().items.remove(&ledger::snapshot(EnvironmentId::new(&app(), &prod()), 2));
    assert_eq!(press(&scene, json!({})).0.error, "NothingToGoBackTo");
}

#[test]
fn a_press_is_a_deployment_of_its_own_by_who_pressed() {
    let scene = scene(4);
    let (answer, record) = press(&scene, json!({}));
    let record = record.unwrap();
    assert_eq!(record.action, ActionName::Rollback);
    assert_eq!((record.requester.route, record.attempt), (Route::Console, 1));
    assert_eq!(record.requester.principal, Some(arn_of("press")));
    assert_eq!(record.reason.as_deref(), Some("a test"));
    assert!(record.allow_older && record.accept_red && record.by_person && !record.again);
    assert_eq!((record.accepted, record.order.accepted), (scene.now(), scene.now()));
    assert_eq!(record.order.id, record.id);
    assert_eq!(record.executions, [arn_of("press")]);
    assert_eq!(record.status, Status::Running);
    let known: ExecutionDeployment = scene.stage.get(&ledger::execution(&arn_of("press"))).unwrap();
    assert_eq!(known.deployment, answer.deployment);
    let other = scene.admit("press-2", input("rollback")).unwrap();
    assert_ne!(other.deployment, answer.deployment);
}

/// The text that every ending of a rollback has while its hold is set.
const HELD: &str = "automatic deployments are held since";

/// A component that came later goes back to what was found of it, from whatever snapshot.
#[test]
fn what_was_found_of_a_component_belongs_to_the_snapshots_before_its_first_change() {
    let scene = scene(4);
    let mut state = scene.state();
    let mut found = running(9, true);
    found.names.now.version = "before-windlass".into();
    state.found = [("later", true), ("api", true)].map(|(name, _)| (component(name), found.clone())).into();
    scene.stage.put(ledger::state(EnvironmentId::new(&app(), &prod())), &state);
    let components = press(&scene, json!({})).1.unwrap().release.components;
    assert_eq!(components.get(&component("later")), found.artifact.as_ref());
    let then = running(3, true).artifact;
    assert_eq!(components.get(&component("api")), then.as_ref());
}

/// Safety: tasks: A rollback that would go back past an irreversible run is refused, and its hold stays.
#[test]
fn a_rollback_that_is_refused_across_a_run_leaves_its_hold() {
    for is_busy in [false, true] {
        let scene = scene(4);
        let mut state = scene.state();
        let ran = IrreversibleRun { deployment: order(1, "contract").id, version: "1.4.0".into(), at: Time(0) };
        state.irreversible.insert(component("jobs"), ran);
        scene.stage.put(ledger::state(EnvironmentId::new(&app(), &prod())), &state);
        if is_busy {
            scene.other_holds(ActionName::Deploy, HeldState::Running);
        }
        let (answer, _) = press(&scene, json!({"snapshot": 3}));
        assert_eq!(answer.error, "Irreversible", "{is_busy}");
        // The hold is all that it has changed, so it comes first, with what ends it.
        let first = answer.cause.lines().next().unwrap();
        let is_whole = first.starts_with(HELD) && first.contains(r#"{"action":"release_hold","#);
        assert!(is_whole, "{is_busy}: {}", answer.cause);
        assert!(scene.state().hold.is_some(), "{is_busy}");
    }
}

/// Nothing is stopped for a snapshot that does not exist.
#[test]
fn a_number_of_no_snapshot_is_refused_while_another_deployment_runs() {
    let scene = scene(4);
    scene.other_holds(ActionName::Deploy, HeldState::Running);
    let (answer, record) = press(&scene, json!({"snapshot": 9}));
    assert_eq!(answer.error, "NothingToGoBackTo");
    assert_eq!(record.unwrap().stops, None);
    let (answer, record) = press_as(&scene, "other-press", json!({"snapshot": 3}));
    assert_eq!(answer.verdict, Transition::Preempt);
    assert_eq!(record.unwrap().stops, Some(order(1, "other").id));
}

/// The rollback has stopped the first release. That is undone, and nothing else is to be done.
#[test]
fn who_stopped_the_first_release_has_succeeded_once_it_is_undone() {
    for (ending, undone) in [(Ending::RolledBack, true), (Ending::Rejected, false)] {
        let mut scene = Scene::free();
        let stopped = order(1, "other").id;
        let mut other = scene.record();
        other.id = stopped.clone();
        scene.stage.put(ledger::deployment(&stopped), &other);
        scene.end(ending);
        let ended = scene.record().ending;
        other.ending = ended;
        scene.stage.put(ledger::deployment(&stopped), &other);
        let mut step = step("api", StepStatus::Undone);
        step.changes.push(ChangeRecord {
            at: Time(0),
            change: Value::Null,
            made: None,
            what: "alias live 2 → 1".into(),
            answered: true,
            answered_at: None,
            wave: None,
            undo: true,
            switching: true,
            token: 1,
        });
        scene.stage.put(ledger::step(&stopped, &step.component), &step);
        scene.other_holds(ActionName::Deploy, HeldState::Running);
        let (answer, record) = press(&scene, json!({}));
        assert_eq!(answer.verdict, Transition::Preempt);
        assert_eq!(record.unwrap().stops, Some(stopped));
        scene.hold(None);
        let (answer, record) = press(&scene, json!({}));
        let ended = record.unwrap().ending.unwrap();
        assert_eq!(ended.cause.written(), answer.cause);
        if undone {
            assert_eq!((answer.verdict, answer.error.as_str()), (Transition::Succeeded, ""));
            let wanted = "shop prod is as it was found before the first release: deployment other of 1.4.0, which \
                        this rollback stopped, ended RolledBack (Because), and its changes were \
                        undone: api (alias live 2 → 1).";
            assert!(answer.cause.starts_with(wanted), "{}", answer.cause);
        } else {
            assert_eq!(answer.error, "NothingToGoBackTo");
        }
        assert!(answer.cause.contains(HELD), "{}", answer.cause);
        assert_eq!(answer.cause.starts_with(HELD), !undone, "{}", answer.cause);
    }
}

#[test]
fn it_holds_automatic_deployments_and_a_hold_that_is_set_stays() {
    let scene = scene(4);
    press(&scene, json!({}));
    let hold = scene.state().hold.unwrap();
    assert_eq!((hold.since, hold.reason.as_str()), (scene.now(), "a test"));
    assert_eq!(hold.by, arn_of("press"));
    scene.stage.pass_seconds(60);
    scene.admit("press-2", input("rollback")).unwrap();
    assert_eq!(scene.state().hold, Some(hold.clone()), "the same reason");
    let request = with(input("rollback"), json!({"reason": "another"}));
    scene.admit("press-3", request).unwrap();
    let both = scene.state().hold.unwrap();
    assert_eq!((both.since, &both.by), (hold.since, &hold.by));
    let (now, who) = (scene.now(), arn_of("press-3"));
    let [also] = both.also.as_slice() else { panic!("{both:?}") };
    assert_eq!((also.reason.as_str(), also.since, &also.by), ("another", now, &who));
}

#[test]
fn one_that_was_recorded_by_an_invocation_whose_answer_was_lost_takes_its_turn() {
    let scene = scene(4);
    let (answer, _) = press(&scene, json!({}));
    let key = ledger::execution(&arn_of("press"));
    scene.stage.world.dynamodb().items.remove(&key);
    let again = scene.admit("press", input("rollback"));
    assert_eq!(in_short(&again), (Transition::Go, ""));
    assert_eq!(again.unwrap().deployment, answer.deployment);
}
