//! Tests of what is refused, and of what belongs to somebody else.

use crate::prepare::scene::{DECLARATION, HEALTH, NEW, named, new_release, plan, prepare, step, upload};
use crate::site::zips::zip;
use crate::stage::{app, component, prod};
use serde_json::json;
use windlass_domain::declaration::Declared;
use windlass_domain::declaration::kinds::KindName;
use windlass_domain::declaration::plan::PlanOutcome;
use windlass_domain::declaration::tenancy::{Claim, HeldClaim, Owner, ResourceClaims};
use windlass_domain::deployment::step::Step;
use windlass_domain::environment::{EnvironmentState, GivenVersion, Running};
use windlass_domain::release::artifact::Artifact;
use windlass_domain::release::identity::{DeploymentId, EnvironmentId};
use windlass_domain::text::digest::Digest;
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_domain::text::finding::FindingName;
use windlass_domain::text::time::Time;
use windlass_engine::ledger;
use windlass_engine::payload::Transition;
use windlass_engine::ports::Key;
use windlass_world::ecr::HOST;

#[test]
fn every_finding_is_listed_at_once_and_nothing_is_claimed() {
    let mut stage = new_release();
    stage.world.lambda().functions.remove("shop-worker-prod");
    let api = "shop-api-prod";
    stage.world.lambda().named(api).unwrap().tags.clear();
    let gone = Artifact::Object {
        key: "artifacts/shop/prod/api/gone.zip".into(),
        version_id: "gone".into(),
        sha256: Digest::of(NEW),
        bytes: 1,
    };
    let release = &mut stage.record.release.components;
    release.insert(component("api"), gone.clone());
    release.insert(component("web"), gone);
    stage.write_record();
    stage.world.cloudwatch().alarms.clear();
    stage.world.serve(HEALTH, 503, "", 12);
    assert_eq!(prepare(&stage).unwrap().verdict, Transition::Settle);
    let plan = plan(&stage);
    assert_eq!(plan.outcome, PlanOutcome::Rejected);
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
    let ledger = stage.world.dynamodb();
    assert!(!ledger.items.keys().any(|key| key.pk.starts_with("target#")));
    assert!(!ledger.items.keys().any(|key| key.sk.starts_with("step#")));
}

/// A release whose bytes are wrong is refused with a step to a new version: this version keeps its bytes.
#[test]
fn a_file_that_is_refused_needs_another_version() {
    let mut stage = new_release();
    let artifact = upload(&stage, "api", zip(&[("bootstrap", "x"), (".env", "x")]).leak());
    stage.record.release.components.insert(component("api"), artifact);
    stage.write_record();
    assert_eq!(prepare(&stage).unwrap().verdict, Transition::Settle);
    let [refused] = plan(&stage).findings.try_into().unwrap();
    assert_eq!(refused.name, FindingName::FileRefused);
    let remedy = refused.remedy.written();
    assert!(remedy.ends_with("so release the new ones under a new version"), "{remedy}");
}

/// Safety: tenancy: An application's tags on a part of an installation make it nobody's target at `Prepare`.
#[test]
fn a_part_of_an_installation_is_refused_whatever_tags_it_carries() {
    let stage = new_release();
    let (api, tag) = ("shop-api-prod", "windlass:installation");
    let mut lambda = stage.world.lambda();
    let tags = &mut lambda.named(api).unwrap().tags;
    tags.insert(tag.to_owned(), "other".to_owned());
    drop(lambda);
    assert_eq!(prepare(&stage).unwrap().verdict, Transition::Settle);
    let plan = plan(&stage);
    assert_eq!(plan.outcome, PlanOutcome::Rejected);
    let found = (FindingName::PartOfWindlass, "components.api.function");
    assert!(named(&plan).contains(&found), "{:?}", named(&plan));
}

#[test]
fn an_application_that_was_let_go_of_meanwhile_claims_nothing() {
    let stage = new_release();
    let in_force = ledger::declaration_in_force(&app());
    stage.world.dynamodb().items.remove(&in_force);
    assert_eq!(prepare(&stage).unwrap().verdict, Transition::Settle);
    let plan = plan(&stage);
    assert_eq!(plan.outcome, PlanOutcome::Rejected);
    assert_eq!(named(&plan), [(FindingName::NoDeclaration, "app")]);
    let ledger = stage.world.dynamodb();
    assert!(!ledger.items.keys().any(|key| key.pk.starts_with("target#")));
}

/// Safety: bytes: Bytes that differ from the pinned ones are refused before anything changes.
#[test]
fn bytes_that_differ_from_the_pinned_ones_are_refused() {
    let mut stage = new_release();
    let artifact = upload(&stage, "api", b"other bytes");
    let Artifact::Object { key, version_id, .. } = artifact else { panic!("an object was uploaded") };
    let pinned = Artifact::Object { key, version_id, sha256: Digest::of(NEW), bytes: NEW.len() as u64 };
    stage.record.release.components.insert(component("api"), pinned);
    stage.write_record();
    prepare(&stage).unwrap();
    assert_eq!(named(&plan(&stage)), [(FindingName::DigestMismatch, "components.api")]);
}

/// Safety: bytes: An image of another registry is refused, although ours has one with its digest.
#[test]
fn an_image_of_another_registry_is_refused() {
    for (host, refused) in [(HOST, false), ("elsewhere.example", true)] {
        let mut stage = new_release();
        let digest = stage.world.ecr().push("shop/api", "1.4.0");
        let repository = format!("{host}/shop/api");
        let image = Artifact::Image { repository, digest };
        let components = &mut stage.record.release.components;
        components.insert(component("api"), image);
        stage.write_record();
        prepare(&stage).unwrap();
        let missing = (FindingName::ArtifactMissing, "components.api");
        assert_eq!(named(&plan(&stage)).contains(&missing), refused, "{host}");
    }
}

/// Returns the claim by which a component has the function `shop-api-prod`.
fn held(component_name: &str, environment: &str) -> (Key, ResourceClaims) {
    let function = "arn:aws:lambda:eu-west-1:111111111111:function:shop-api-prod";
    let owner = Owner {
        app: app(),
        environment: windlass_domain::text::name::EnvironmentName::new(environment).unwrap(),
        component: component(component_name),
    };
    let claim = Claim::whole(function);
    let held = vec![HeldClaim { owner, claim, made_by: None }];
    (ledger::target(function).into(), ResourceClaims { held })
}

/// Safety: tenancy: A target belongs to one component of one environment of one application.
#[test]
fn a_target_belongs_to_one_component() {
    let stage = new_release();
    let (target, staging) = held("api", "staging");
    stage.put(target.clone(), &staging);
    prepare(&stage).unwrap();
    let ours = [(FindingName::TargetNotOurs, "components.api")];
    assert_eq!(named(&plan(&stage)), ours);

    // One that left before anything of it ran gives its target up.
    let stage = new_release();
    stage.put(target.clone(), &held("old-api", "prod").1);
    assert_eq!(prepare(&stage).unwrap().verdict, Transition::Change);
    let mut taken = held("api", "prod").1;
    taken.held[0].made_by = Some(DeploymentId("0123456789abcdef".into()));
    assert_eq!(stage.get::<ResourceClaims>(&target), Some(taken));
}

/// A new component does not take the target of one that runs and is no longer declared.
#[test]
fn what_runs_by_a_former_name_is_renamed_before_it_is_released() {
    let planned = new_release();
    prepare(&planned).unwrap();
    let like = step(&planned, "api").unwrap();
    let other = Some(KindName::Task);
    // A component of another kind cannot be renamed: it is let go of.
    for (runs, kind, is_refused, is_renamed) in [
        (&["old-api"][..], None, true, true),
        (&["old-api"], Some(KindName::Lambda), true, true),
        (&["old-api"], other, true, false),
        (&["old-api", "api"], other, false, false),
        (&["other"], other, false, false),
    ] {
        let stage = new_release();
        if let Some(kind) = kind {
            let (deployment, name) = (ran().names.brought.deployment, component("old-api"));
            let key = ledger::step(&deployment, &name);
            stage.put(key, &Step { deployment, component: name, kind, ..like.clone() });
        }
        let (target, former) = held("old-api", "prod");
        stage.put(target.clone(), &former);
        let running = runs.iter().map(|name| (component(name), ran()));
        let before = EnvironmentState {
            snapshot: 1,
            last_snapshot: 1,
            running: running.collect(),
            ..EnvironmentState::default()
        };
        stage.put(ledger::state(EnvironmentId::new(&app(), &prod())), &before);
        prepare(&stage).unwrap();
        let plan = plan(&stage);
        let ours = (FindingName::TargetNotOurs, "components.api");
        assert_eq!(named(&plan).contains(&ours), is_refused, "{runs:?} {kind:?}: {:?}", named(&plan));
        if is_refused {
            let remedy = plan.findings[0].remedy.written();
            assert!(remedy.contains(r#""action":"remove""#), "{remedy}");
            assert_eq!(remedy.contains(r#""action":"rename""#), is_renamed, "{remedy}");
            assert_eq!(remedy.contains(r#""to_component":"api""#), is_renamed, "{remedy}");
            assert_eq!(stage.get::<ResourceClaims>(&target), Some(former));
        }
    }
}

/// Returns the record of a component that an earlier deployment brought.
fn ran() -> Running {
    let now = GivenVersion {
        version: "1.2.0".into(),
        deployment: DeploymentId("fedcba9876543210".into()),
        since: Time(0),
        git: None,
        released_by: None,
    };
    Running::new(None, now, json!(null))
}

#[test]
fn two_components_have_no_target_together() {
    let stage = new_release();
    // The names are such that no declaration can show them to be of one function, for example its name and its ARN.
    let key = ledger::declaration(&app(), &stage.record.declaration);
    let mut declared: Declared = stage.get(&key).unwrap();
    declared.text = DECLARATION.replace("shop-worker-prod", "shop-api-prod");
    stage.put(key, &declared);
    prepare(&stage).unwrap();
    let finding = plan(&stage).findings.remove(0);
    assert_eq!((finding.name, finding.path.as_str()), (FindingName::TargetNotOurs, "components.worker"));
}

#[test]
fn an_artifact_that_may_not_be_read_is_named_and_other_faults_are_asked_again() {
    let stage = new_release();
    let fault = Fault::new(FaultName::AccessDenied, "no");
    stage.world.mishaps().refused.insert("s3.head", fault);
    prepare(&stage).unwrap();
    let plan = plan(&stage);
    let found = named(&plan);
    let denied = (FindingName::NoPermission, "components.api");
    assert!(found.contains(&denied), "{found:?}");
    let stage = new_release();
    let fault = Fault::new(FaultName::Throttled, "slowly");
    stage.world.mishaps().refused.insert("s3.head", fault);
    assert_eq!(prepare(&stage).unwrap_err().name, FaultName::Throttled);
}
