//! Tests that the schedule of recoveries serves each deployment, whatever becomes of the others.

use crate::conductor::scene::{DECLARATION, Scene};
use crate::stage::{Stage, app};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use windlass_domain::access::FileVersions;
use windlass_domain::deployment::Deployment;
use windlass_domain::deployment::second_look::SecondLook;
use windlass_domain::environment::{HeldState, Lock, LockHolder, Waiting};
use windlass_domain::release::action::ActionName;
use windlass_domain::release::ending::Ending;
use windlass_domain::release::identity::{DeploymentId, EnvironmentId};
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_domain::text::name::EnvironmentName;
use windlass_domain::text::time::Time;
use windlass_engine::ledger::{self, DueLook as _};
use windlass_engine::ports::{Key, Result};
use windlass_engine::recovery::{self, ScheduleResult};
use windlass_world::mishaps::When;
use windlass_world::run::run;
use windlass_world::stepfunctions::arn_of;

/// The names of the deployments that need a recovery, or another look.
const ALL: [&str; 5] = ["arriving", "dead", "held", "looked", "waiting"];

fn environment(name: &str) -> EnvironmentName {
    EnvironmentName::new(name).unwrap()
}

fn deployment(name: &str) -> DeploymentId {
    DeploymentId(format!("{name:0>16}"))
}

fn record(scene: &Scene, name: &str) -> Deployment {
    Deployment {
        id: deployment(name),
        environment: environment(name),
        executions: vec![arn_of(name)],
        ..scene.stage.record.clone()
    }
}

/// Makes a scene in which nobody has died, and nothing is in the index.
pub fn quiet() -> Scene {
    let scene = Scene { stage: Stage::new(DECLARATION, BTreeMap::new()) };
    scene.stage.pass_seconds(1_000_000);
    scene
}

/// Makes a deployment that holds the lock of an environment of its own, and whose execution has this status.
pub fn holding(scene: &Scene, name: &str, status: &str) {
    scene.execution(name, status);
    let held = LockHolder {
        deployment: deployment(name),
        action: ActionName::Deploy,
        execution: arn_of(name),
        since: Time(0),
        state: HeldState::Running,
        looked: false,
    };
    let lock = Lock { token: 1, held: Some(held), freed: None, failed: None };
    let at = environment(name);
    scene.put_indexed(
        ledger::lock(EnvironmentId::new(&app(), &at)),
        lock,
        ledger::held_index(EnvironmentId::new(&app(), &at)),
    );
}

/// Makes a deployment that waits in an environment of its own, whose lock is free.
pub fn waiting(scene: &Scene, name: &str, status: &str) {
    waiting_for(scene, name, name, status);
}

/// Makes the same in this environment.
pub fn waiting_for(scene: &Scene, at: &str, name: &str, status: &str) {
    scene.execution(name, status);
    scene.stage.world.stepfunctions().tokens.insert(name.into());
    let record = record(scene, name);
    let waiting = Waiting {
        deployment: record.id.clone(),
        components: vec![],
        order: record.order.clone(),
        operator: false,
        first: false,
        through_hold: false,
        asks: false,
        until: None,
        since: Time(0),
        ruled_by: FileVersions::default(),
        task_token: Some(name.into()),
        former_task_tokens: Vec::new(),
    };
    let (at, who) = (environment(at), record.id.clone());
    scene.stage.put(ledger::deployment(&who), &record);
    let index = ledger::waiting_index(EnvironmentId::new(&app(), &at), &who);
    scene.put_indexed(ledger::waiting(EnvironmentId::new(&app(), &at), &who), waiting, index);
}

pub fn arriving(scene: &Scene, name: &str, status: &str) {
    scene.execution(name, status);
    let record = record(scene, name);
    let index = ledger::arriving_index(EnvironmentId::new(&app(), &environment(name)), &record.id);
    scene.put_indexed(ledger::deployment(&record.id.clone()), record, index);
}

/// Makes a deployment that a recovery has ended, and whose second look is due.
pub fn to_look_at(scene: &Scene, name: &str) {
    let look = SecondLook {
        deployment: deployment(name),
        app: app(),
        environment: environment(name),
        version: "1.0.0".into(),
        ending: Ending::RolledBack,
        ended: Time(0),
        due: Time(1),
        tries: 0,
        looked: None,
        hold: None,
        holds: 0,
        held: false,
    };
    let key = ledger::second_look(&look.deployment);
    let index = look.place().unwrap();
    scene.put_indexed(key, look, index);
}

pub fn one_of_each() -> Scene {
    let scene = quiet();
    holding(&scene, "held", "ABORTED");
    waiting(&scene, "waiting", "RUNNING");
    waiting(&scene, "dead", "ABORTED");
    arriving(&scene, "arriving", "TIMED_OUT");
    to_look_at(&scene, "looked");
    scene
}

pub fn scheduled(scene: &Scene) -> Result<ScheduleResult> {
    let event = json!({"detail-type": "Scheduled Event"});
    run(recovery::handle(&scene.stage.world, event)).map(Option::unwrap)
}

/// Returns the names of what was recovered, woken or looked at.
pub fn served(scene: &Scene) -> BTreeSet<String> {
    let executions = scene.stage.world.stepfunctions();
    let recovered = executions.started.iter().map(|(_, _, input)| {
        let name = input["environment"].as_str();
        name.unwrap().to_owned()
    });
    let woken = executions.answered.iter().map(|(token, _)| token.clone());
    let look: Option<SecondLook> = scene.stage.get(&ledger::second_look(&deployment("looked")));
    let looked = look.and_then(|look| look.looked).map(|_| "looked".into());
    recovered.chain(woken).chain(looked).collect()
}

fn all() -> BTreeSet<String> {
    ALL.map(str::to_owned).into()
}

/// Safety: recovery: A call that fails puts off what it was for and nothing else; the run fails and names it.
#[test]
fn a_call_that_fails_puts_off_what_it_was_for_and_nothing_else() {
    let calm = one_of_each();
    let before = calm.stage.world.mishaps().count();
    scheduled(&calm).unwrap();
    assert_eq!(served(&calm), all());
    let calls = calm.stage.world.mishaps().calls.clone();
    for (number, call) in (1..).zip(&calls).skip(usize::try_from(before).unwrap()) {
        let scene = one_of_each();
        let fault = Fault::new(FaultName::Unavailable, "no answer");
        scene.stage.world.fail_call(number, When::Before, fault);
        let error = scheduled(&scene).unwrap_err();
        assert_eq!(error.name, FaultName::Unavailable, "{number} {call}");
        let list = if *call == "dynamodb.query_index" { 2 } else { 1 };
        let put_off = all().difference(&served(&scene)).count();
        assert!(put_off <= list, "{number} {call}: {:?}", served(&scene));
        scheduled(&scene).unwrap();
        scene.stage.pass_seconds(15 * 60);
        scheduled(&scene).unwrap();
        assert_eq!(served(&scene), all(), "{number} {call}");
    }
}

#[test]
fn one_that_cannot_be_woken_keeps_nobody_asleep() {
    for woken in [1, 2, 3] {
        let scene = quiet();
        for name in ["one", "three", "two"] {
            waiting_for(&scene, "dev", name, "RUNNING");
        }
        let calls = || scene.stage.world.mishaps().calls.clone();
        let (calm, before) = (scene.stage.world.copy(), calls().len());
        run(recovery::handle(&calm, json!({"detail-type": "Scheduled Event"}))).unwrap();
        let made = calm.mishaps().calls.clone();
        let wakes = (1..).zip(&made).skip(before);
        let mut wakes = wakes.filter(|(_, call)| **call == "stepfunctions.succeed_task");
        let (number, _) = wakes.nth(woken - 1).unwrap();
        let fault = Fault::new(FaultName::Unavailable, "no answer");
        scene.stage.world.fail_call(number, When::Before, fault);
        let error = scheduled(&scene).unwrap_err();
        assert!(error.message.contains("waking deployment"), "{error}");
        assert_eq!(served(&scene).len(), 2);
        scheduled(&scene).unwrap();
        assert_eq!(served(&scene).len(), 3);
    }
}

#[test]
fn the_first_fault_is_reported_and_names_all() {
    let scene = one_of_each();
    let fault = Fault::new(FaultName::AccessDenied, "not allowed");
    let mut refused = scene.stage.world.mishaps();
    refused.refused.insert("stepfunctions.execution", fault);
    drop(refused);
    let error = scheduled(&scene).unwrap_err();
    assert_eq!(error.name, FaultName::AccessDenied);
    for name in ["held", "waiting", "dead", "arriving"] {
        let name = format!("deployment {}", deployment(name));
        assert!(error.message.contains(&name), "{name}: {error}");
    }
    assert_eq!(served(&scene), BTreeSet::from(["looked".into()]));
}

/// Safety: recovery: What cannot be read hides nothing else from a run.
#[test]
fn what_cannot_be_read_hides_nothing_else() {
    let scene = one_of_each();
    let lists = [ledger::HELD.pk, ledger::WAITING.pk, ledger::ARRIVING.pk, ledger::SECOND_LOOKS.pk];
    for list in lists {
        let key = |pk: &str| Key { pk: pk.into(), sk: "!".into() };
        let nothing = json!({"broken": true});
        let item = ledger::ItemKey::new(format!("broken {list}"), "!");
        scene.put_indexed(item, nothing, key(list));
    }
    let error = scheduled(&scene).unwrap_err();
    assert_eq!(error.name, FaultName::Internal);
    for list in lists {
        let name = format!("reading broken {list} !");
        assert!(error.message.contains(&name), "{name}: {error}");
    }
    assert_eq!(served(&scene), all());
}

#[test]
fn a_lock_at_no_environment_hides_nothing_else() {
    let scene = one_of_each();
    holding(&scene, "lost", "ABORTED");
    let lost = ledger::held_index(EnvironmentId::new(&app(), &environment("lost")));
    let mut lock: Lock = scene.stage.get(&ledger::lock(EnvironmentId::new(&app(), &environment("lost")))).unwrap();
    lock.token += 1;
    let nowhere = ledger::ItemKey::new("env#nowhere".into(), "lock");
    scene.put_indexed(nowhere, lock, lost);
    let error = scheduled(&scene).unwrap_err();
    assert!(error.message.contains("env#nowhere"), "{error}");
    let mut wanted = all();
    wanted.insert("lost".into());
    assert_eq!(served(&scene), wanted);
}
