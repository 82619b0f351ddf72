//! Tests of a component that takes what an earlier wave gives: it is planned when that wave has changed.

use crate::prepare::scene::{HEALTH, NEW, OLD, bring, named, plan, prepare, step, waves_in_words};
use crate::stage::{Stage, component, id};
use serde_json::Value;
use std::collections::BTreeMap;
use windlass_domain::declaration::plan::{PlanOutcome, Wave};
use windlass_domain::deployment::step::{StepFailure, StepStatus};
use windlass_domain::release::artifact::Artifact;
use windlass_domain::text::digest::Digest;
use windlass_domain::text::fault::FaultName;
use windlass_domain::text::finding::FindingName;
use windlass_engine::ledger;
use windlass_engine::payload::{Answer, Transition};
use windlass_engine::ports::Result;
use windlass_engine::prepare::handle;
use windlass_world::run::run;

const DECLARATION: &str = r#"
app: shop
version: 1.0.0
environments:
  prod: {deploy: {branch: main}}
components:
  api: {kind: lambda, function: shop-api-prod, alias: live}
  flags:
    kind: appconfig
    application: shop
    environment: prod
    profile: flags
    strategy: AppConfig.Linear50PercentEvery30Seconds
    after: [api]
    fill: [api.version]
gates:
  bake: 10m
  probes: [{url: "https://shop.example/health"}]
"#;

const DOCUMENT: &str = r#"{"flags": {"api": {"name": "function:${api.version}"}}}"#;

/// Makes a stage with a function that runs the old code, for which the release has these bytes, and flags that name it.
fn shop(api: Option<&'static [u8]>) -> Stage {
    shop_of(DECLARATION, DOCUMENT, api)
}

fn shop_of(declaration: &str, document: &str, api: Option<&'static [u8]>) -> Stage {
    let mut stage = Stage::new(declaration, BTreeMap::new());
    stage.world.appconfig().put("shop", "prod", &["flags"]);
    if let Some(bytes) = api {
        bring(&mut stage, "api", bytes);
    }
    let key = "artifacts/shop/prod/flags/1.4.0.json";
    stage.world.s3().bucket("artifacts", true);
    let version = stage.world.s3().upload("artifacts", key, document.to_owned());
    let artifact = Artifact::Object {
        key: key.into(),
        version_id: version.id.unwrap(),
        sha256: Digest::of(document.as_bytes()),
        bytes: document.len() as u64,
    };
    let components = &mut stage.record.release.components;
    components.insert(component("flags"), artifact);
    stage.write_record();
    stage.deployed_before();
    stage.world.serve(HEALTH, 200, "fine", 12);
    stage
}

/// Lets the first wave have changed: the function has this version now.
fn changed(stage: &Stage, name: &str, version: &str) {
    let mut function = step(stage, name).unwrap();
    function.status = StepStatus::Changed;
    function.wave = Some(0);
    function.outputs = BTreeMap::from([("version".to_owned(), version.to_owned())]);
    stage.put(ledger::step(&id(), &component(name)), &function);
}

/// Returns what others give to the flags, as their step has it.
fn inputs(stage: &Stage) -> Vec<String> {
    let given = step(stage, "flags").unwrap().inputs.into_iter();
    given.map(|(output, value)| format!("{output} {value}")).collect()
}

fn plan_wave(stage: &Stage, wave: u32) -> Result<Answer> {
    run(handle(&stage.world, stage.prepare(wave)))
}

fn filled(stage: &Stage) -> Value {
    let flags = step(stage, "flags").unwrap();
    flags.target["document"]["filled"]["with"].clone()
}

fn is_planned(stage: &Stage) -> bool {
    let goals = step(stage, "flags").unwrap().goals;
    goals.values().all(|goal| !goal.is_null())
}

#[test]
fn what_takes_what_an_earlier_wave_gives_is_planned_once_that_has_changed() {
    let stage = shop(Some(NEW));
    let answer = prepare(&stage).unwrap();
    assert_eq!((answer.verdict, answer.wave), (Transition::Change, 0));
    let waves = plan(&stage);
    let what = waves_in_words(&waves).into_iter().map(|(what, _)| what);
    let what: Vec<String> = what.map(|what| what.replace(&Digest::of(NEW).short().to_string(), "NEW")).collect();
    insta::assert_snapshot!(what.join("\n"), @"
    api alias live to sha256:NEW
    flags shop/prod/flags to the document with api.version (known once that has changed) by AppConfig.Linear50PercentEvery30Seconds (1 min and 1 min of watching alarms)
    flags shop/prod/flags to the document with api.version (known once that has changed), complete
    ");
    let later: Vec<bool> = waves.waves.iter().map(Wave::is_planned_later).collect();
    assert_eq!(later, [false, true, false]);
    let flags = step(&stage, "flags").unwrap();
    assert_eq!(flags.goals, [(1, Value::Null), (2, Value::Null)].into());
    assert_eq!(flags.before["goal"]["live"], Value::Null);

    changed(&stage, "api", "2");
    let answer = plan_wave(&stage, 1).unwrap();
    assert_eq!((answer.verdict, answer.wave), (Transition::Change, 1));
    assert_eq!(answer.items[0].component, component("flags"));
    assert!(is_planned(&stage));
    assert_eq!(filled(&stage), serde_json::json!({"api.version": "2"}));
    let planned = step(&stage, "flags").unwrap();
    assert_eq!(planned.before, flags.before);
    // Asked again, it has nothing left to write.
    assert_eq!(plan_wave(&stage, 1).unwrap(), answer);
    assert_eq!(step(&stage, "flags").unwrap(), planned);
}

#[test]
fn what_is_given_already_is_planned_at_once() {
    let stage = shop(Some(OLD));
    assert_eq!(prepare(&stage).unwrap().verdict, Transition::Change);
    assert!(is_planned(&stage));
    assert_eq!(filled(&stage), serde_json::json!({"api.version": "1"}));
}

/// The first of the two given values is in place, and no deployment has brought it. The second one changes.
#[test]
fn what_was_given_at_first_is_known_later_as_well() {
    let two = DECLARATION
        .replace("[api]", "[api, worker]")
        .replace("fill: [api.version]", "fill: [api.version, worker.version]");
    let worker = "  worker: {kind: lambda, function: shop-worker-prod, alias: live}\n  flags:";
    let document = DOCUMENT.replace("}}}", "}}, \"more\": \"${worker.version}\"}");
    let mut stage = shop_of(&two.replace("  flags:", worker), &document, Some(OLD));
    bring(&mut stage, "worker", NEW);
    stage.write_record();
    assert_eq!(prepare(&stage).unwrap().verdict, Transition::Change);
    assert_eq!(inputs(&stage), ["api.version 1"]);
    changed(&stage, "worker", "2");
    assert_eq!(plan_wave(&stage, 1).unwrap().verdict, Transition::Change);
    assert_eq!(inputs(&stage), ["api.version 1", "worker.version 2"]);
}

#[test]
fn who_takes_of_what_is_refused_is_not_blamed_for_it() {
    let stage = shop(Some(NEW));
    stage.world.lambda().functions.clear();
    prepare(&stage).unwrap();
    assert_eq!(named(&plan(&stage)), [(FindingName::TargetMissing, "components.api")]);
}

#[test]
fn what_nobody_gives_is_refused_before_anything_changes() {
    let stage = shop(None);
    prepare(&stage).unwrap();
    let plan = plan(&stage);
    assert_eq!(plan.outcome, PlanOutcome::Rejected);
    assert_eq!(named(&plan), [(FindingName::OutputUnknown, "components.flags.fill")]);
}

#[test]
fn what_is_not_given_any_more_fails_and_says_why() {
    let stage = shop(Some(NEW));
    prepare(&stage).unwrap();
    changed(&stage, "api", "2");
    let mut function = step(&stage, "api").unwrap();
    function.outputs.clear();
    stage.put(ledger::step(&id(), &component("api")), &function);
    assert_eq!(plan_wave(&stage, 1).unwrap().verdict, Transition::Failed);
    let Some(StepFailure::Finding(finding)) = step(&stage, "flags").unwrap().failure else {
        panic!("the step does not say why");
    };
    assert_eq!((finding.name, finding.path.as_str()), (FindingName::OutputUnknown, "components.flags.fill"));
}

#[test]
fn what_cannot_be_planned_any_more_fails_and_says_why() {
    let stage = shop(Some(NEW));
    prepare(&stage).unwrap();
    changed(&stage, "api", "2");
    stage.world.appconfig().applications[0].profiles.clear();
    let answer = plan_wave(&stage, 1).unwrap();
    assert_eq!((answer.verdict, answer.wave), (Transition::Failed, 1));
    let flags = step(&stage, "flags").unwrap();
    assert_eq!((flags.status, is_planned(&stage)), (StepStatus::Failed, false));
    let Some(StepFailure::Finding(finding)) = &flags.failure else {
        panic!("{:?}", flags.failure);
    };
    assert_eq!(finding.name, FindingName::TargetMissing);
    // Asked again, it does not try again: the undo may have begun.
    assert_eq!(plan_wave(&stage, 1).unwrap().verdict, Transition::Failed);
    assert_eq!(step(&stage, "flags").unwrap(), flags);
}

#[test]
fn a_planning_that_comes_after_the_undo_has_begun_writes_nothing() {
    let stage = shop(Some(NEW));
    prepare(&stage).unwrap();
    changed(&stage, "api", "2");
    for status in [StepStatus::Undoing, StepStatus::Undone, StepStatus::UndoFailed] {
        let mut flags = step(&stage, "flags").unwrap();
        flags.status = status;
        stage.put(ledger::step(&id(), &component("flags")), &flags);
        let fault = plan_wave(&stage, 1).unwrap_err();
        assert_eq!(fault.name, FaultName::AttemptSuperseded);
        assert_eq!(step(&stage, "flags").unwrap(), flags);
    }
}

#[test]
fn a_planning_for_an_execution_that_was_taken_over_writes_nothing() {
    let stage = shop(Some(NEW));
    prepare(&stage).unwrap();
    changed(&stage, "api", "2");
    stage.hold_lock(crate::stage::TOKEN + 1);
    let fault = plan_wave(&stage, 1).unwrap_err();
    assert_eq!(fault.name, FaultName::StaleToken);
    assert!(!is_planned(&stage));
}
