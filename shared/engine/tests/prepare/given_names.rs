//! Tests of a component whose target has a name that another one gives: known, expected, or never given.

use crate::prepare::scene::{NEW, OLD, bring, function, named, plan, prepare, step, upload, warned};
use crate::stage::{Stage, app, component, id, prod};
use serde_json::Value;
use std::collections::BTreeMap;
use windlass_domain::declaration::plan::Wave;
use windlass_domain::declaration::tenancy::{Claim, HeldClaim, Owner, ResourceClaims};
use windlass_domain::deployment::step::{SEEN_AFTER_MS, Step, StepFailure, StepStatus};
use windlass_domain::text::finding::FindingName;
use windlass_engine::ledger;
use windlass_engine::payload::{Answer, Transition};
use windlass_engine::prepare::handle;
use windlass_world::mishaps::Visitor;
use windlass_world::run::run;

const DECLARATION: &str = r#"
app: shop
version: 1.0.0
environments:
  prod: {deploy: {branch: main}}
components:
  api: {kind: lambda, function: shop-api-prod, alias: live}
  worker: {kind: lambda, function: "shop-f${api.version}-prod", alias: live, after: [api]}
gates:
  bake: 10m
  probes: [{url: "https://${api.version}.shop.example/health"}]
"#;

/// The address of the probe while `api` has its first version.
const FIRST_HEALTH: &str = "https://1.shop.example/health";

/// Makes a stage with a giver that runs the old code, for which the release has these bytes, and two functions that its
/// first two versions name.
fn shop(api: &'static [u8]) -> Stage {
    shop_of(DECLARATION, api)
}

fn shop_of(declaration: &str, api: &'static [u8]) -> Stage {
    let mut stage = Stage::new(declaration, BTreeMap::new());
    bring(&mut stage, "api", api);
    for name in ["f1", "f2"] {
        function(&stage, name);
    }
    let artifact = upload(&stage, "worker", NEW);
    stage.record.release.components.insert(component("worker"), artifact);
    stage.write_record();
    stage.deployed_before();
    stage.world.serve(FIRST_HEALTH, 200, "fine", 12);
    stage
}

/// Lets the first wave have changed: the giver has this version now.
fn changed(stage: &Stage, version: &str) {
    let outputs = BTreeMap::from([("version".to_owned(), version.to_owned())]);
    let api = step(stage, "api").unwrap();
    let api = Step { status: StepStatus::Changed, wave: Some(0), outputs, ..api };
    stage.put(ledger::step(&id(), &component("api")), &api);
}

/// Lets the name never have been given, so that nobody looked at the component.
fn never_given(stage: &Stage) {
    let step = step(stage, "worker").unwrap();
    let (target, before, claims) = (Value::Null, Value::Null, vec![]);
    let step = Step { target, before, claims, ..step };
    stage.put(ledger::step(&id(), &component("worker")), &step);
}

fn plan_wave(stage: &Stage) -> Answer {
    run(handle(&stage.world, stage.prepare(1))).unwrap()
}

fn worker(stage: &Stage) -> Step {
    step(stage, "worker").unwrap()
}

fn is_at(step: &Step, function: &str) -> bool {
    step.target.to_string().contains(function)
}

fn inputs(step: &Step) -> Vec<String> {
    step.inputs.iter().map(|(output, value)| format!("{output} {value}")).collect()
}

fn is_planned(step: &Step) -> bool {
    step.goals.values().all(|goal| !goal.is_null())
}

fn failure(step: &Step) -> FindingName {
    match &step.failure {
        Some(StepFailure::Finding(finding)) => finding.name,
        other => panic!("{other:?}"),
    }
}

/// Returns the owners of the function that the second version names.
fn owners(stage: &Stage, claim: &Claim) -> Vec<Owner> {
    let claims: Option<ResourceClaims> = stage.get(&ledger::target(&claim.resource));
    claims.unwrap_or_default().held.into_iter().map(|held| held.owner).collect()
}

fn owner(name: &str) -> Owner {
    Owner { app: app(), environment: prod(), component: component(name) }
}

#[test]
fn a_name_that_is_given_already_is_filled_in() {
    let stage = shop(OLD);
    assert_eq!(prepare(&stage).unwrap().verdict, Transition::Change);
    let worker = worker(&stage);
    assert!(is_at(&worker, "shop-f1-prod") && is_planned(&worker), "{worker:?}");
    assert_eq!(inputs(&worker), ["api.version 1"]);
    let plan = plan(&stage);
    assert!(!plan.waves.iter().any(Wave::is_planned_later));
    assert_eq!(warned(&plan), []);
}

#[test]
fn a_name_that_changes_is_expected_to_stay_and_is_asked_again() {
    let stage = shop(NEW);
    assert_eq!(prepare(&stage).unwrap().verdict, Transition::Change);
    let expected = worker(&stage);
    assert!(is_at(&expected, "shop-f1-prod") && !is_planned(&expected), "{expected:?}");
    assert!(!expected.before.is_null() && !expected.claims.is_empty());
    assert_eq!(expected.stands_on, [component("api")].into());
    let later: Vec<bool> = plan(&stage).waves.iter().map(Wave::is_planned_later).collect();
    assert_eq!(later, [false, true]);

    changed(&stage, "1");
    assert_eq!(plan_wave(&stage).verdict, Transition::Change);
    let planned = worker(&stage);
    assert!(is_at(&planned, "shop-f1-prod") && is_planned(&planned), "{planned:?}");
    assert_eq!((planned.before, planned.claims, planned.is_made), (expected.before, expected.claims, false));
    assert_eq!(inputs(&worker(&stage)), ["api.version 1"]);
}

#[test]
fn a_name_that_leads_elsewhere_than_expected_fails() {
    let stage = shop(NEW);
    prepare(&stage).unwrap();
    changed(&stage, "2");
    assert_eq!(plan_wave(&stage).verdict, Transition::Failed);
    let worker = worker(&stage);
    assert_eq!((worker.status, failure(&worker)), (StepStatus::Failed, FindingName::TargetChangedByOther));
}

/// Nobody knows what a giver would give that is refused itself.
#[test]
fn what_has_no_name_yet_is_not_looked_at() {
    let stage = shop(NEW);
    stage.world.lambda().functions.clear();
    prepare(&stage).unwrap();
    let plan = plan(&stage);
    assert_eq!(named(&plan), [(FindingName::TargetMissing, "components.api")]);
    let wanted = [(FindingName::NotLookedAt, "components.worker"), (FindingName::NotLookedAt, "gates.probes[0]")];
    assert_eq!(warned(&plan), wanted);
}

#[test]
fn what_needs_its_target_is_not_made_in_the_same_release() {
    let by_codedeploy = DECLARATION.replace("after: [api]", "after: [api], codedeploy: {application: a, group: b}");
    let stage = shop_of(&by_codedeploy, NEW);
    stage.world.lambda().functions.clear();
    prepare(&stage).unwrap();
    let wanted =
        [(FindingName::TargetMissing, "components.api"), (FindingName::NotSupported, "components.worker.codedeploy")];
    assert_eq!(named(&plan(&stage)), wanted);
}

/// What another component makes in this release is claimed, with its state before, before it is changed.
#[test]
fn what_was_not_looked_at_is_planned_whole_before_its_wave() {
    let stage = shop(NEW);
    prepare(&stage).unwrap();
    never_given(&stage);
    changed(&stage, "2");
    assert_eq!(plan_wave(&stage).verdict, Transition::Change);
    let planned = worker(&stage);
    assert!(is_at(&planned, "shop-f2-prod") && is_planned(&planned), "{planned:?}");
    assert!(!planned.before.is_null() && planned.is_made);
    assert_eq!(inputs(&planned), ["api.version 2"]);
    assert_eq!(owners(&stage, &planned.claims[0]), [owner("worker")]);
    // Asked again, it has nothing left to write.
    assert_eq!(plan_wave(&stage).verdict, Transition::Change);
    assert_eq!(worker(&stage), planned);
}

/// AWS may answer with the state of before the giver made it.
#[test]
fn what_does_not_show_yet_is_looked_at_once_more_before_it_is_refused() {
    for (late_ms, wanted) in [(SEEN_AFTER_MS, Transition::Change), (2 * SEEN_AFTER_MS, Transition::Failed)] {
        let stage = shop(NEW);
        prepare(&stage).unwrap();
        never_given(&stage);
        changed(&stage, "2");
        let made = stage.world.lambda().functions.remove("shop-f2-prod").unwrap();
        let shown = stage.world.true_time().plus_ms(late_ms);
        stage.world.mishaps().visitor = Visitor::new(move |world| {
            if world.true_time() >= shown {
                world.lambda().functions.entry("shop-f2-prod".to_owned()).or_insert_with(|| made.clone());
            }
        });
        assert_eq!(plan_wave(&stage).verdict, wanted, "{late_ms}");
        assert_eq!(is_planned(&worker(&stage)), wanted == Transition::Change, "{late_ms}");
    }
}

#[test]
fn what_was_not_looked_at_and_is_not_ours_is_left_as_it_is() {
    let others = shop(NEW);
    prepare(&others).unwrap();
    never_given(&others);
    changed(&others, "2");
    plan_wave(&others);
    let claim = worker(&others).claims[0].clone();

    let stage = shop(NEW);
    prepare(&stage).unwrap();
    never_given(&stage);
    changed(&stage, "2");
    let held = vec![HeldClaim { owner: owner("api"), claim: claim.clone(), made_by: None }];
    stage.put(ledger::target(&claim.resource), &ResourceClaims { held });
    assert_eq!(plan_wave(&stage).verdict, Transition::Failed);
    let worker = worker(&stage);
    assert_eq!((worker.status, failure(&worker)), (StepStatus::Planned, FindingName::TargetNotOurs));
    assert!(!worker.is_looked_at() && !worker.needs_undo());
    assert_eq!(owners(&stage, &claim), [owner("api")]);
    // Asked again, it does not try again: the undo may have begun.
    assert_eq!(plan_wave(&stage).verdict, Transition::Failed);
}
