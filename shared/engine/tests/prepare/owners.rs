//! Tests of a component that makes what others have for their targets: it leaves to them what they own.

use crate::prepare::scene::{HEALTH, NEW, OLD, bring, function, named, plan, prepare, step, upload, warned};
use crate::site::zips::stored;
use crate::stage::{Stage, app, component, id, prod};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use windlass_domain::declaration::tenancy::{Claim, HeldClaim, Owner, ResourceClaims};
use windlass_domain::deployment::step::Step;
use windlass_domain::environment::{EnvironmentState, GivenVersion, Proof, Running, Snapshot};
use windlass_domain::release::action::ActionName;
use windlass_domain::release::artifact::Artifact;
use windlass_domain::release::identity::{DeploymentId, EnvironmentId};
use windlass_domain::text::digest::Digest;
use windlass_domain::text::fault::FaultName;
use windlass_domain::text::finding::FindingName;
use windlass_domain::text::time::Time;
use windlass_engine::ledger::{self, Stored};
use windlass_engine::observe::compare;
use windlass_engine::ports::{Clock as _, Key};
use windlass_world::cloudformation::Wanted;
use windlass_world::run::run;

pub const DECLARATION: &str = r#"
app: shop
version: 1.0.0
environments:
  prod: {deploy: {branch: main}}
components:
  infra: {kind: cloudformation, stack: shop, role: windlass-stack-shop}
  api: {kind: lambda, function: shop-api-prod, alias: live, after: [infra]}
gates:
  bake: 10m
  probes: [{url: "https://shop.example/health"}]
"#;

const FUNCTION: &str = "arn:aws:lambda:eu-west-1:111111111111:function:shop-api-prod";

/// A template with the function of `api`.
pub fn template(code: &str, timeout: u64) -> Value {
    let properties = json!({"FunctionName": "shop-api-prod", "Code": {"ZipFile": code}, "Timeout": timeout});
    json!({
        "Resources": {"Api": {"Type": "AWS::Lambda::Function", "Properties": properties}},
        "Outputs": {"ApiName": {"Value": {"Ref": "Api"}}},
    })
}

/// Makes a stage with a stack that has made the function, and a release of this template for it.
fn shop(next: &Value) -> Stage {
    shop_of(DECLARATION, next)
}

pub fn shop_of(declaration: &str, next: &Value) -> Stage {
    let mut stage = Stage::new(declaration, BTreeMap::new());
    put_stack(&stage, "shop", &template("a", 3));
    function(&stage, "api");
    stage.world.s3().bucket("artifacts", true);
    bring_stack(&mut stage, "infra", next);
    stage.deployed_before();
    stage.world.serve(HEALTH, 200, "fine", 12);
    stage
}

/// Makes or updates a stack as somebody else does.
pub fn put_stack(stage: &Stage, name: &str, template: &Value) {
    let tags = [("windlass:app", "shop"), ("windlass:environment", "prod")];
    let tags = tags.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    let wanted = Wanted { template: template.to_string(), tags, ..Wanted::default() };
    stage.world.put_stack(name, wanted).unwrap();
}

/// Adds a release of this template for a stack.
pub fn bring_stack(stage: &mut Stage, name: &str, next: &Value) {
    let list = json!({"template": "template.json"}).to_string();
    let archive = stored(&[("stack.json", list.as_bytes()), ("template.json", next.to_string().as_bytes())]);
    let (sha256, bytes) = (Digest::of(&archive), archive.len() as u64);
    let key = format!("artifacts/shop/prod/{name}/1.4.0.zip");
    let version = stage.world.s3().upload("artifacts", &key, archive);
    let artifact = Artifact::Object { key, version_id: version.id.unwrap(), sha256, bytes };
    stage.record.release.components.insert(component(name), artifact);
    stage.write_record();
}

/// Lets a component have claimed the function before.
fn claimed(stage: &Stage, name: &str) {
    let owner = Owner { app: app(), environment: prod(), component: component(name) };
    let held = vec![HeldClaim { owner, claim: Claim::whole(FUNCTION), made_by: None }];
    let claims = Stored::new(ledger::target(FUNCTION), ResourceClaims { held });
    let put = claims.put_indexed(Some(ledger::claims_index(&claims.key))).unwrap();
    assert!(run(ledger::commit(&stage.world, vec![put])).unwrap());
}

/// Prepares it as the machine does, until the change set is made.
pub fn planned(stage: &Stage) {
    for _ in 0..20 {
        match prepare(stage) {
            Err(fault) if fault.name == FaultName::StillInProgress => run(stage.world.sleep_ms(30_000)),
            answer => return drop(answer.unwrap()),
        }
    }
    panic!("it is never planned");
}

#[test]
fn the_code_of_a_function_is_changed_by_its_own_component_alone() {
    // The template to come, who has claimed the function, and whether that is refused, or the function is touched.
    let table = [
        (template("b", 3), Some("api"), true, false),
        (template("b", 3), None, false, false),
        // Nobody declares that one any more.
        (template("b", 3), Some("former"), false, false),
        (template("b", 3), Some("infra"), false, false),
        (template("a", 5), Some("api"), false, true),
        (template("a", 5), None, false, false),
    ];
    for (next, by, is_refused, is_touched) in table {
        let stage = shop(&next);
        if let Some(by) = by {
            claimed(&stage, by);
        }
        planned(&stage);
        let plan = plan(&stage);
        let refused = [(FindingName::OwnedElsewhere, "components.infra.stack.Api")];
        assert_eq!(named(&plan), if is_refused { &refused[..] } else { &[] }, "{next} {by:?}");
        let touches = step(&stage, "infra").map(|step| step.touches).unwrap_or_default();
        assert_eq!(touches.contains(FUNCTION), is_touched, "{next} {by:?}");
    }
}

/// Nothing in the ledger says yet that the function is the other's.
#[test]
fn what_a_component_of_the_same_release_owns_is_refused_as_well() {
    let mut stage = shop(&template("b", 3));
    bring_api(&mut stage, NEW);
    planned(&stage);
    assert_eq!(named(&plan(&stage)), [(FindingName::OwnedElsewhere, "components.infra.stack.Api")]);
}

/// Adds a release of the function.
pub fn bring_api(stage: &mut Stage, bytes: &'static [u8]) {
    let artifact = upload(stage, "api", bytes);
    stage.record.release.components.insert(component("api"), artifact);
    stage.write_record();
}

/// CloudFormation may write the alias anew, with whatever else it changes.
#[test]
fn whose_target_is_touched_is_looked_at_behind_that() {
    let mut stage = shop(&template("a", 5));
    bring_api(&mut stage, OLD);
    planned(&stage);
    let api = step(&stage, "api").unwrap();
    assert_eq!(api.touched_by, [component("infra")].into());
    assert!(api.touched_first);
    assert_eq!(api.goals.len(), 1);
    assert_eq!(api.goals.get(&1), Some(&api.before["goal"]), "nothing of it changes");

    let stage = shop(&template("a", 5));
    claimed(&stage, "api");
    planned(&stage);
    assert_eq!(step(&stage, "api"), None);
    assert!(warned(&plan(&stage)).contains(&(FindingName::NotLookedAt, "components.api")));
}

/// The function changes before the stack, or nothing of it changes.
#[test]
fn what_touches_a_target_after_its_own_change_is_followed_by_another_look() {
    let declaration = DECLARATION
        .replace("windlass-stack-shop}", "windlass-stack-shop, after: [api]}")
        .replace("alias: live, after: [infra]", "alias: live");
    for (bytes, waves) in [(OLD, vec![1]), (NEW, vec![0, 2])] {
        let mut stage = shop_of(&declaration, &template("a", 5));
        bring_api(&mut stage, bytes);
        planned(&stage);
        is_looked_at_behind(&stage, &waves);
    }
}

/// Checks that the function has these waves, the last one behind the stack, with the goal of the one before.
fn is_looked_at_behind(stage: &Stage, waves: &[u32]) {
    let plan = plan(stage);
    assert_eq!(named(&plan), []);
    assert!(warned(&plan).iter().all(|(name, _)| *name != FindingName::NotLookedAt), "{:?}", plan.warnings);
    let api = step(stage, "api").unwrap();
    assert_eq!(api.touched_by, [component("infra")].into());
    assert_eq!(api.goals.keys().copied().collect::<Vec<_>>(), waves);
    assert_eq!(api.behind, waves.last().copied());
    assert!(!api.touched_first);
    let goals: Vec<&Value> = api.goals.values().collect();
    assert!(goals.iter().all(|goal| *goal == goals[0] && !goal.is_null()), "{goals:?}");
}

/// A rollback goes the other way round, and the stack's way back may put back what the function's own has brought.
#[test]
fn a_rollback_looks_once_more_at_what_the_way_back_of_a_stack_touches() {
    for (is_moved, waves) in [(false, vec![1]), (true, vec![0, 2])] {
        let mut stage = shop(&template("a", 5));
        bring_api(&mut stage, OLD);
        planned(&stage);
        let ran = ["infra", "api"].map(|name| (component(name), runs(&step(&stage, name).unwrap())));
        let snapshot = Snapshot {
            number: 4,
            version: "1.3.0".into(),
            release: None,
            deployment: id(),
            made: Time(0),
            replaced: 0,
            components: ran.into(),
            irreversible: [].into(),
            proof: Proof::default(),
            partly: None,
        };
        stage.put(ledger::snapshot(EnvironmentId::new(&app(), &prod()), 4), &snapshot);
        put_stack(&stage, "shop", &template("a", 5));
        if is_moved {
            stage.world.lambda().named("shop-api-prod").unwrap().publish_as("live", "by a release");
        }
        stage.record.action = ActionName::Rollback;
        stage.record.snapshot = Some(4);
        stage.write_record();
        stage.forget_plan();
        planned(&stage);
        is_looked_at_behind(&stage, &waves);
    }
}

/// A drift detection lists what a component has brought to its target as well. A look that cannot read all claims shows
/// the drift that CloudFormation has found.
#[test]
fn drift_of_code_is_listed_apart_if_a_component_claims_the_function() {
    for (by, is_readable) in [(None, true), (Some("api"), true), (Some("api"), false)] {
        let stage = shop(&template("a", 5));
        if let Some(by) = by {
            claimed(&stage, by);
        }
        planned(&stage);
        if let Ok(stack) = stage.world.cloudformation().named("shop") {
            stack.drift = Some(("DRIFTED".into(), Some(Time(0))));
            let places = ["/Code/ZipFile".to_owned()].into();
            stack.resources.get_mut("Api").unwrap().drift = Some(("MODIFIED".into(), places));
        }
        if !is_readable {
            let broken = Stored::new(ledger::ItemKey::new("broken".into(), "!"), json!({"held": 1}));
            let index = Key { pk: ledger::CLAIMS.pk.into(), sk: "!".into() };
            assert!(run(ledger::commit(&stage.world, vec![broken.put_indexed(Some(index)).unwrap()])).unwrap());
        }
        let running = BTreeMap::from([(component("infra"), runs(&step(&stage, "infra").unwrap()))]);
        let looks = run(compare(&stage.world, &running));
        let seen = looks[&component("infra")].as_ref().unwrap().both.seen.clone().unwrap();
        let is_apart = by.is_some() && is_readable;
        let wanted = if is_apart { "found no drift" } else { "found drift of Api" };
        assert!(seen.contains(wanted) && seen.contains("beside Api") == is_apart, "{seen}");
    }
}

/// Returns what runs of a component, as the deployment of this step found it.
fn runs(step: &Step) -> Running {
    let deployment = step.deployment.clone();
    let given = GivenVersion { version: "1.3.0".into(), deployment, since: Time(0), git: None, released_by: None };
    Running::new(None, given, step.before.clone()).of_kind(step.kind)
}

/// Lets the function have been brought by an earlier deployment, which the release does not name. Returns its step.
pub fn api_runs(stage: &Stage) -> Step {
    let mut rehearsal = shop(&template("a", 5));
    bring_api(&mut rehearsal, OLD);
    planned(&rehearsal);
    let brought = DeploymentId("fedcba9876543210".into());
    let ran = Step { deployment: brought.clone(), ..step(&rehearsal, "api").unwrap() };
    claimed(stage, "api");
    stage.put(ledger::step(&brought, &component("api")), &ran);
    let recorded = EnvironmentState {
        snapshot: 1,
        last_snapshot: 1,
        running: [(component("api"), runs(&ran))].into(),
        ..EnvironmentState::default()
    };
    stage.put(ledger::state(EnvironmentId::new(&app(), &prod())), &recorded);
    ran
}

/// The release does not name it, and nothing of what is recorded of it changes.
#[test]
fn what_runs_and_is_touched_is_brought_back_to_what_is_recorded() {
    let stage = shop(&template("a", 5));
    let ran = api_runs(&stage);
    planned(&stage);
    assert_eq!(named(&plan(&stage)), []);
    let api = step(&stage, "api").unwrap();
    assert_eq!(api.touched_by, [component("infra")].into());
    assert_eq!(api.goals.values().collect::<Vec<_>>(), [&ran.before["goal"]]);
    assert!(plan(&stage).unchanged.is_empty(), "it has a wave");
}

/// Nobody knows yet what it changes: any of its resources may be touched.
#[test]
fn all_of_a_stack_that_is_planned_late_may_be_touched() {
    let declaration = DECLARATION
        .replace(
            "windlass-stack-shop",
            "windlass-stack-shop, parameters: {Size: \"${worker.version}\"}, after: [worker]",
        )
        .replace("components:", "components:\n  worker: {kind: lambda, function: shop-worker-prod, alias: live}");
    let mut next = template("a", 5);
    next["Parameters"] = json!({"Size": {"Type": "String", "Default": "1"}});
    let mut stage = shop_of(&declaration, &next);
    bring(&mut stage, "worker", NEW);
    stage.write_record();
    let ran = api_runs(&stage);
    planned(&stage);
    assert_eq!(named(&plan(&stage)), []);
    assert!(warned(&plan(&stage)).contains(&(FindingName::NotLookedAt, "components.infra")));
    let (infra, api) = (step(&stage, "infra").unwrap(), step(&stage, "api").unwrap());
    assert_eq!(infra.touches, [FUNCTION.to_owned()].into());
    assert_eq!(api.touched_by, [component("infra")].into());
    assert_eq!(api.goals.values().collect::<Vec<_>>(), [&ran.before["goal"]]);
}

#[test]
fn what_is_missing_may_be_made_by_another_component() {
    for (outputs, form) in [("", "`${infra.<output>}`"), (", outputs: {api: ApiName}", "`${infra.api}`")] {
        let declaration = DECLARATION.replace("windlass-stack-shop", &format!("windlass-stack-shop{outputs}"));
        let mut stage = shop_of(&declaration, &template("a", 5));
        bring_api(&mut stage, NEW);
        stage.world.lambda().functions.clear();
        planned(&stage);
        let plan = plan(&stage);
        assert_eq!(named(&plan), [(FindingName::TargetMissing, "components.api")]);
        let remedy = plan.findings[0].remedy.written();
        assert!(remedy.contains(form), "{remedy}");
    }
}
