//! What is refused, and what belongs to somebody else.

use crate::scene::{
    DECLARATION, HEALTH, NEW, named, new_release, plan, prepare, shop, upload, warned,
};
use crate::stage::{Stage, app, component, prod};
use windlass_domain::artifact::Artifact;
use windlass_domain::digest::Digest;
use windlass_domain::finding::FindingName;
use windlass_domain::plan::Outcome;
use windlass_engine::payload::Word;
use windlass_engine::prepare::Owner;
use windlass_engine::store;

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
