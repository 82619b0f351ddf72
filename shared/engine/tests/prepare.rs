//! `Prepare` over the in-memory world.

#![allow(clippy::unwrap_used)] // helpers of tests

mod stage;

use bytes::Bytes;
use stage::{Stage, TOKEN, app, component, id, prod};
use std::collections::BTreeMap;
use windlass_domain::artifact::Artifact;
use windlass_domain::digest::Digest;
use windlass_domain::environment::{Running, Snapshot};
use windlass_domain::fault::FaultName;
use windlass_domain::finding::FindingName;
use windlass_domain::name::ComponentName;
use windlass_domain::plan::{Outcome, Plan};
use windlass_domain::request::ActionName;
use windlass_domain::step::Step;
use windlass_domain::time::Time;
use windlass_engine::payload::{Answer, Word};
use windlass_engine::ports::Answered;
use windlass_engine::prepare::{Owner, handle};
use windlass_engine::store;
use windlass_world::functions::{LiveAlias, Package, Published};
use windlass_world::mishaps::{Mishap, When};
use windlass_world::run::{run, until_pause};

const DECLARATION: &str = r#"
app: shop
version: 1.0.0
environments:
  prod: {deploy: {branch: main}}
components:
  worker: {kind: lambda, function: shop-worker-prod, alias: live}
  api:
    kind: lambda
    function: shop-api-prod
    alias: live
    after: [worker]
    rollout: {canary: [10], every: 5m}
gates:
  bake: 10m
  between_waves: 1m
  alarms: [shop-prod-5xx]
  probes: [{url: "https://shop.example/health"}]
"#;

const HEALTH: &str = "https://shop.example/health";
const OLD: &[u8] = b"the old code";
const NEW: &[u8] = b"the new code";

/// Both functions run the old code, and everything is healthy.
fn shop(declaration: &str, worker: &'static [u8], api: &'static [u8]) -> Stage {
    let mut stage = Stage::new(declaration, BTreeMap::new());
    for (name, bytes) in [("worker", worker), ("api", api)] {
        function(&stage, name);
        let artifact = upload(&stage, name, bytes);
        stage
            .record
            .release
            .components
            .insert(component(name), artifact);
    }
    stage.write_record();
    stage.deployed_before();
    stage.world.set_alarm("shop-prod-5xx", "OK", &[0.0]);
    stage.world.serve(HEALTH, 200, "fine", 12);
    stage
}

fn new_release() -> Stage {
    shop(DECLARATION, NEW, NEW)
}

fn function(stage: &Stage, component: &str) {
    let mut functions = stage.world.functions();
    let made = functions.make(&format!("shop-{component}-prod"), OLD);
    let published = Published {
        package: Package::Zip(Bytes::from_static(OLD)),
        configuration: made.configuration.clone(),
        description: String::new(),
        pending: 0,
    };
    made.versions.insert(1, published);
    let alias = LiveAlias {
        version: "1".into(),
        weights: vec![],
        revision: 1,
        provisioned: None,
    };
    made.aliases.insert("live".into(), alias);
}

fn upload(stage: &Stage, component: &str, bytes: &'static [u8]) -> Artifact {
    let key = format!("artifacts/shop/{component}/1.4.0.zip");
    let mut objects = stage.world.objects();
    let version = objects.upload("artifacts", &key, bytes);
    Artifact::Object {
        key,
        version_id: version.id.unwrap(),
        sha256: Digest::of(bytes),
        bytes: bytes.len() as u64,
    }
}

fn prepare(stage: &Stage) -> Answered<Answer> {
    run(handle(&stage.world, stage.ask("Prepare", 0)))
}

fn plan(stage: &Stage) -> Plan {
    stage.get(&store::plan(&id())).unwrap()
}

fn step(stage: &Stage, name: &str) -> Option<Step> {
    stage.get(&store::step(&id(), &component(name)))
}

fn named(plan: &Plan) -> Vec<(FindingName, &str)> {
    let findings = plan.findings.iter();
    findings.map(|f| (f.name, f.path.as_str())).collect()
}

fn warned(plan: &Plan) -> Vec<(FindingName, &str)> {
    let warnings = plan.warnings.iter();
    warnings.map(|f| (f.name, f.path.as_str())).collect()
}

fn told(plan: &Plan) -> Vec<(String, u64)> {
    let waves = plan.waves.iter();
    waves
        .map(|wave| (windlass_domain::message::wave_in_words(wave), wave.bake_s))
        .collect()
}

#[test]
fn a_release_is_planned_and_its_intent_written() {
    let stage = new_release();
    let answer = prepare(&stage).unwrap();
    assert_eq!((answer.verdict, answer.wave), (Word::Change, 0));
    assert_eq!(answer.items.len(), 1);
    assert_eq!(answer.items[0].component, component("worker"));
    let plan = plan(&stage);
    let new = Digest::of(NEW);
    let words = |text: &str| text.replace("NEW", &format!("sha256:{}", new.short()));
    assert_eq!(
        told(&plan),
        [
            (words("worker alias live to NEW"), 60),
            (words("api alias live to 10 % of NEW"), 300),
            (words("api alias live to NEW"), 600),
        ]
    );
    let api = step(&stage, "api").unwrap();
    assert_eq!(api.goals.keys().copied().collect::<Vec<_>>(), [1, 2]);
    assert_eq!(api.before["observed"]["alias"]["version"], "1");
    let target = "arn:aws:lambda:eu-west-1:111111111111:function:shop-api-prod";
    let owner: Owner = stage.get(&store::target(target)).unwrap();
    assert_eq!(owner.component, component("api"));
}

#[test]
fn only_what_differs_is_changed_and_nothing_needs_no_gates() {
    let stage = shop(DECLARATION, OLD, NEW);
    prepare(&stage).unwrap();
    assert_eq!(plan(&stage).unchanged[0].component, component("worker"));
    assert!(step(&stage, "worker").is_none());

    let stage = shop(DECLARATION, OLD, OLD);
    stage.world.set_alarm("shop-prod-5xx", "ALARM", &[9.0]);
    assert_eq!(prepare(&stage).unwrap().verdict, Word::Settle);
    let plan = plan(&stage);
    assert_eq!((plan.outcome, plan.waves.len()), (Outcome::NothingToDo, 0));
    assert_eq!(plan.unchanged.len(), 2);
}

#[test]
fn every_finding_is_told_at_once_and_nothing_is_claimed() {
    let mut stage = new_release();
    stage.world.functions().functions.remove("shop-worker-prod");
    let api = "shop-api-prod";
    stage.world.functions().named(api).unwrap().tags.clear();
    let gone = Artifact::Object {
        key: "artifacts/shop/api/gone.zip".into(),
        version_id: "gone".into(),
        sha256: Digest::of(NEW),
        bytes: 1,
    };
    let release = &mut stage.record.release.components;
    release.insert(component("api"), gone.clone());
    release.insert(component("web"), gone);
    stage.write_record();
    stage.world.alarms().alarms.clear();
    stage.world.serve(HEALTH, 503, "", 12);
    assert_eq!(prepare(&stage).unwrap().verdict, Word::Settle);
    let plan = plan(&stage);
    assert_eq!(plan.outcome, Outcome::Rejected);
    assert_eq!(
        named(&plan),
        [
            (FindingName::UnknownName, "components.web"),
            (FindingName::ArtifactMissing, "components.api"),
            (FindingName::TargetNotOurs, "components.api.function"),
            (FindingName::TargetMissing, "components.worker"),
            (FindingName::GateNotMeasurable, "gates.alarms[0]"),
            (FindingName::GateAlreadyRed, "gates.probes[0]"),
        ]
    );
    let ledger = stage.world.ledger();
    assert!(!ledger.items.keys().any(|key| key.pk.starts_with("target#")));
    assert!(!ledger.items.keys().any(|key| key.sk.starts_with("step#")));
}

#[test]
fn bytes_that_differ_from_the_pinned_ones_are_refused() {
    let mut stage = new_release();
    let artifact = upload(&stage, "api", b"other bytes");
    let Artifact::Object {
        key, version_id, ..
    } = artifact
    else {
        panic!("an object was uploaded")
    };
    let pinned = Artifact::Object {
        key,
        version_id,
        sha256: Digest::of(NEW),
        bytes: NEW.len() as u64,
    };
    stage
        .record
        .release
        .components
        .insert(component("api"), pinned);
    stage.write_record();
    prepare(&stage).unwrap();
    assert_eq!(
        named(&plan(&stage)),
        [(FindingName::DigestMismatch, "components.api")]
    );
}

#[test]
fn red_gates_stop_all_but_first_deployments_rollbacks_and_accept_red() {
    type Make = fn(&mut Stage);
    let table: [(&str, Make, bool); 3] = [
        ("a plain release", |_| {}, true),
        ("accept_red", |stage| stage.record.accept_red = true, false),
        (
            "a first deployment",
            |stage| {
                let key = store::state(&app(), &prod());
                stage.world.ledger().items.remove(&key);
            },
            false,
        ),
    ];
    for (case, make, stops) in table {
        let mut stage = new_release();
        stage.world.set_alarm("shop-prod-5xx", "ALARM", &[9.0]);
        make(&mut stage);
        stage.write_record();
        prepare(&stage).unwrap();
        let plan = plan(&stage);
        let red = [(FindingName::GateAlreadyRed, "gates.alarms[0]")];
        if stops {
            assert_eq!(named(&plan), red, "{case}");
        } else {
            assert_eq!(plan.outcome, Outcome::Change, "{case}");
            assert_eq!(warned(&plan), red, "{case}");
        }
    }
}

#[test]
fn what_cannot_be_measured_stops_also_a_first_deployment() {
    let stage = new_release();
    stage
        .world
        .ledger()
        .items
        .remove(&store::state(&app(), &prod()));
    stage.world.alarms().denied = true;
    prepare(&stage).unwrap();
    let gate = [(FindingName::GateNotMeasurable, "gates.alarms[0]")];
    assert_eq!(named(&plan(&stage)), gate);

    let short = DECLARATION.replace("bake: 10m", "bake: 30s");
    let stage = shop(&short, NEW, NEW);
    prepare(&stage).unwrap();
    assert_eq!(named(&plan(&stage)), gate);
    assert_eq!(
        plan(&stage).findings[0].reason,
        "the bake of 30s is shorter than the period of `shop-prod-5xx`, 1m."
    );
}

fn owner(component_name: &str, environment: &str) -> Owner {
    Owner {
        app: app(),
        environment: windlass_domain::name::EnvironmentName::new(environment).unwrap(),
        component: component(component_name),
    }
}

#[test]
fn a_target_belongs_to_one_component() {
    let target = store::target("arn:aws:lambda:eu-west-1:111111111111:function:shop-api-prod");
    let stage = new_release();
    stage.put(target.clone(), &owner("api", "staging"));
    prepare(&stage).unwrap();
    let ours = [(FindingName::TargetNotOurs, "components.api")];
    assert_eq!(named(&plan(&stage)), ours);

    // A component that was renamed gives its target up.
    let stage = new_release();
    stage.put(target.clone(), &owner("old-api", "prod"));
    assert_eq!(prepare(&stage).unwrap().verdict, Word::Change);
    assert_eq!(stage.get::<Owner>(&target), Some(owner("api", "prod")));
}

fn rollback() -> Stage {
    let mut stage = new_release();
    let rehearsal = new_release();
    prepare(&rehearsal).unwrap();
    // The snapshot has what ran before the new code: version 1.
    let running = |name: &str| -> (ComponentName, Running) {
        let running = Running {
            artifact: None,
            version: "1.3.0".into(),
            deployment: id(),
            since: Time(0),
            state: step(&rehearsal, name).unwrap().before,
        };
        (component(name), running)
    };
    let snapshot = Snapshot {
        number: 4,
        version: "1.3.0".into(),
        release: None,
        deployment: id(),
        made: Time(0),
        replaced: 0,
        components: [running("worker"), running("api")].into(),
    };
    stage.put(store::snapshot(&app(), &prod(), 4), &snapshot);
    for name in ["shop-worker-prod", "shop-api-prod"] {
        let mut functions = stage.world.functions();
        let made = functions.named(name).unwrap();
        let published = Published {
            package: Package::Zip(Bytes::from_static(NEW)),
            ..made.versions[&1].clone()
        };
        made.versions.insert(2, published);
        made.aliases.get_mut("live").unwrap().version = "2".into();
    }
    stage.record.action = ActionName::Rollback;
    stage.record.snapshot = Some(4);
    stage.write_record();
    stage
}

#[test]
fn a_rollback_goes_back_in_reverse_order_whatever_the_gates_say() {
    let stage = rollback();
    stage.world.alarms().denied = true;
    stage.world.serve(HEALTH, 503, "", 12);
    let answer = prepare(&stage).unwrap();
    assert_eq!(answer.verdict, Word::Change);
    let plan = plan(&stage);
    let waves: Vec<(&ComponentName, u64)> = plan
        .waves
        .iter()
        .map(|wave| (&wave.changes[0].component, wave.bake_s))
        .collect();
    assert_eq!(waves, [(&component("api"), 0), (&component("worker"), 0)]);
    assert_eq!(plan.warnings.len(), 2);
}

#[test]
fn a_rollback_whose_version_is_gone_is_rejected() {
    let stage = rollback();
    let mut functions = stage.world.functions();
    functions
        .named("shop-api-prod")
        .unwrap()
        .versions
        .remove(&1);
    drop(functions);
    assert_eq!(prepare(&stage).unwrap().verdict, Word::Settle);
    assert_eq!(plan(&stage).outcome, Outcome::Rejected);
}

#[test]
fn asked_twice_it_answers_from_the_plan() {
    let stage = new_release();
    let first = prepare(&stage).unwrap();
    let written = stage.world.ledger().items.clone();
    stage.world.functions().functions.clear();
    assert_eq!(prepare(&stage).unwrap(), first);
    assert_eq!(stage.world.ledger().items, written);
}

#[test]
fn killed_at_any_call_it_plans_anew() {
    let whole = new_release();
    let wanted = prepare(&whole).unwrap();
    let calls = whole.world.mishaps().count();
    for call in 1..=calls {
        for when in [When::Before, When::After] {
            let stage = new_release();
            stage.world.plan_mishap(call, when, Mishap::Pause);
            {
                let mut killed = std::pin::pin!(handle(&stage.world, stage.ask("Prepare", 0)));
                assert!(until_pause(killed.as_mut()).is_none(), "{call} {when:?}");
            }
            assert_eq!(prepare(&stage).unwrap(), wanted, "{call} {when:?}");
            assert_eq!(plan(&stage), plan(&whole), "{call} {when:?}");
            assert_eq!(step(&stage, "api"), step(&whole, "api"), "{call} {when:?}");
        }
    }
}

#[test]
fn a_step_of_a_killed_invocation_that_is_not_needed_any_more_is_removed() {
    let stage = shop(DECLARATION, OLD, NEW);
    let whole = new_release();
    prepare(&whole).unwrap();
    let left = step(&whole, "worker").unwrap();
    stage.put(store::step(&id(), &component("worker")), &left);
    prepare(&stage).unwrap();
    assert!(step(&stage, "worker").is_none());
    assert!(step(&stage, "api").is_some());
}

#[test]
fn a_slow_twin_does_not_overwrite_the_steps_of_a_plan() {
    let rehearsal = new_release();
    prepare(&rehearsal).unwrap();
    let calls = rehearsal.world.mishaps().calls.clone();
    let write = calls.iter().position(|call| *call == "ledger.transact");
    let write = write.unwrap() as u64 + 1;
    let stage = new_release();
    stage.world.plan_mishap(write, When::Before, Mishap::Pause);
    let mut slow = std::pin::pin!(handle(&stage.world, stage.ask("Prepare", 0)));
    assert!(until_pause(slow.as_mut()).is_none());
    let quick = prepare(&stage).unwrap();
    let written = stage.world.ledger().items.clone();
    assert_eq!(run(slow).unwrap(), quick);
    assert_eq!(stage.world.ledger().items, written);
}

#[test]
fn a_stale_token_writes_nothing() {
    let stage = new_release();
    stage.hold_lock(TOKEN + 1);
    let written = stage.world.ledger().items.clone();
    assert_eq!(prepare(&stage).unwrap_err().name, FaultName::StaleToken);
    assert_eq!(stage.world.ledger().items, written);
}

#[test]
fn many_components_are_written_in_several_transactions() {
    let mut declaration = DECLARATION.to_owned();
    let mut more = String::new();
    let names: Vec<String> = (0..60).map(|number| format!("f{number}")).collect();
    for name in &names {
        more.push_str(&format!(
            "  {name}: {{kind: lambda, function: shop-{name}-prod, alias: live}}\n"
        ));
    }
    declaration = declaration.replace("components:\n", &format!("components:\n{more}"));
    let mut stage = shop(&declaration, NEW, NEW);
    for name in &names {
        function(&stage, name);
        let artifact = upload(&stage, name, NEW);
        stage
            .record
            .release
            .components
            .insert(component(name), artifact);
    }
    stage.write_record();
    assert_eq!(prepare(&stage).unwrap().items.len(), 61);
    let calls = stage.world.mishaps().calls.clone();
    let writes = calls.iter().filter(|call| **call == "ledger.transact");
    assert_eq!(writes.count(), 3);
}
