//! Tests of a component that makes what others have for their targets: it leaves to them what they own.

use crate::prepare::scene::{HEALTH, NEW, OLD, function, named, plan, prepare, step, upload, warned};
use crate::site::zips::stored;
use crate::stage::{Stage, app, component, id, prod};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use windlass_domain::declaration::tenancy::{Claim, Claims, HeldClaim, Owner};
use windlass_domain::deployment::step::{Step, StepFailure, StepStatus};
use windlass_domain::environment::{EnvironmentState, GivenVersion, Running};
use windlass_domain::release::artifact::Artifact;
use windlass_domain::release::identity::{DeploymentId, EnvironmentId};
use windlass_domain::text::digest::Digest;
use windlass_domain::text::fault::FaultName;
use windlass_domain::text::finding::FindingName;
use windlass_domain::text::time::Time;
use windlass_engine::ledger::{self, Stored};
use windlass_engine::payload::Transition;
use windlass_engine::ports::Clock as _;
use windlass_engine::prepare::handle;
use windlass_world::cloudformation::Wanted;
use windlass_world::run::run;

const DECLARATION: &str = r#"
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
fn template(code: &str, timeout: u64) -> Value {
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

fn shop_of(declaration: &str, next: &Value) -> Stage {
    let mut stage = Stage::new(declaration, BTreeMap::new());
    let tags = [("windlass:app", "shop"), ("windlass:environment", "prod")];
    let tags = tags.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    let wanted = Wanted { template: template("a", 3).to_string(), tags, ..Wanted::default() };
    stage.world.put_stack("shop", wanted).unwrap();
    function(&stage, "api");
    let list = json!({"template": "template.json"}).to_string();
    let archive = stored(&[("stack.json", list.as_bytes()), ("template.json", next.to_string().as_bytes())]);
    let (sha256, bytes) = (Digest::of(&archive), archive.len() as u64);
    let key = "artifacts/shop/prod/infra/1.4.0.zip";
    stage.world.s3().bucket("artifacts", true);
    let version = stage.world.s3().upload("artifacts", key, archive);
    let artifact = Artifact::Object { key: key.into(), version_id: version.id.unwrap(), sha256, bytes };
    stage.record.release.components.insert(component("infra"), artifact);
    stage.write_record();
    stage.deployed_before();
    stage.world.serve(HEALTH, 200, "fine", 12);
    stage
}

/// Lets a component have claimed the function before.
fn claimed(stage: &Stage, name: &str) {
    let owner = Owner { app: app(), environment: prod(), component: component(name) };
    let held = vec![HeldClaim { owner, claim: Claim::whole(FUNCTION) }];
    let claims = Stored::new(ledger::target(FUNCTION), Claims { held });
    let put = claims.put_indexed(Some(ledger::claims_index(&claims.key))).unwrap();
    assert!(run(ledger::commit(&stage.world, vec![put])).unwrap());
}

/// Prepares it as the machine does, until the change set is made.
fn planned(stage: &Stage) {
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
fn bring_api(stage: &mut Stage, bytes: &'static [u8]) {
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
    assert_eq!(api.goals.len(), 1);
    assert_eq!(api.goals.get(&1), Some(&api.before["goal"]), "nothing of it changes");

    let stage = shop(&template("a", 5));
    claimed(&stage, "api");
    planned(&stage);
    assert_eq!(step(&stage, "api"), None);
    assert!(warned(&plan(&stage)).contains(&(FindingName::NotLookedAt, "components.api")));
}

/// The release does not name it, and nothing of what is recorded of it changes.
#[test]
fn what_runs_and_is_touched_is_brought_back_to_what_is_recorded() {
    let mut stage = shop(&template("a", 5));
    bring_api(&mut stage, OLD);
    planned(&stage);
    let brought = DeploymentId("fedcba9876543210".into());
    let ran = Step { deployment: brought.clone(), ..step(&stage, "api").unwrap() };

    let stage = shop(&template("a", 5));
    claimed(&stage, "api");
    stage.put(ledger::step(&brought, &component("api")), &ran);
    let given =
        GivenVersion { version: "1.3.0".into(), deployment: brought, since: Time(0), git: None, released_by: None };
    let running = Running::new(None, given, ran.before.clone()).of_kind(ran.kind);
    let recorded = EnvironmentState {
        snapshot: 1,
        last_snapshot: 1,
        running: [(component("api"), running)].into(),
        ..EnvironmentState::default()
    };
    stage.put(ledger::state(EnvironmentId::new(&app(), &prod())), &recorded);
    planned(&stage);
    assert_eq!(named(&plan(&stage)), []);
    let api = step(&stage, "api").unwrap();
    assert_eq!(api.touched_by, [component("infra")].into());
    assert_eq!(api.goals.values().collect::<Vec<_>>(), [&ran.before["goal"]]);
    assert!(plan(&stage).unchanged.is_empty(), "it has a wave");
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

/// A stage that has planned to change the stack, and then the function that the stack names.
fn giving() -> Stage {
    let declaration = DECLARATION
        .replace("windlass-stack-shop", "windlass-stack-shop, outputs: {api: ApiName}")
        .replace("function: shop-api-prod", "function: \"${infra.api}\"");
    let mut stage = shop_of(&declaration, &template("a", 5));
    function(&stage, "other");
    bring_api(&mut stage, NEW);
    planned(&stage);
    stage
}

#[test]
fn a_target_that_a_stack_names_is_one_of_its_resources() {
    for (given, failure) in [("shop-api-prod", None), ("shop-other-prod", Some(FindingName::TargetNotOurs))] {
        let stage = giving();
        let outputs = BTreeMap::from([("api".to_owned(), given.to_owned())]);
        let infra = step(&stage, "infra").unwrap();
        let infra = Step { status: StepStatus::Changed, wave: Some(0), outputs, ..infra };
        stage.put(ledger::step(&id(), &component("infra")), &infra);
        // Nobody had given the name before, so that nobody looked at it.
        let api = step(&stage, "api").unwrap();
        let api = Step { target: Value::Null, before: Value::Null, claims: vec![], ..api };
        stage.put(ledger::step(&id(), &component("api")), &api);

        let answer = run(handle(&stage.world, stage.prepare(1))).unwrap();
        let api = step(&stage, "api").unwrap();
        let found = match api.failure {
            Some(StepFailure::Finding(finding)) => Some(finding.name),
            _ => None,
        };
        assert_eq!(found, failure, "{given}");
        assert_eq!(answer.verdict == Transition::Change, failure.is_none(), "{given}");
        assert_eq!(api.target.is_null(), failure.is_some(), "{given}");
    }
}
