//! Tests of what a rollback needs and plans.

use crate::prepare::scene::{HEALTH, NEW, new_release, plan, prepare, step};
use crate::stage::{Stage, app, component, id, prod, zip};
use bytes::Bytes;
use windlass_domain::declaration::plan::PlanOutcome;
use windlass_domain::environment::{EnvironmentState, GivenVersion, Proof, Running, Snapshot};
use windlass_domain::release::action::ActionName;
use windlass_domain::release::identity::EnvironmentId;
use windlass_domain::text::digest::Digest;
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_domain::text::finding::FindingName;
use windlass_domain::text::name::ComponentName;
use windlass_domain::text::time::Time;
use windlass_engine::ledger;
use windlass_engine::payload::Transition;
use windlass_world::lambda::{Package, Published};

fn rollback() -> Stage {
    let mut stage = new_release();
    let rehearsal = new_release();
    prepare(&rehearsal).unwrap();
    // The snapshot has what ran before the new code: version 1.
    let running = |name: &str| -> (ComponentName, Running) {
        let running = Running::new(
            None,
            GivenVersion { version: "1.3.0".into(), deployment: id(), since: Time(0), git: None, released_by: None },
            step(&rehearsal, name).unwrap().before,
        );
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
        irreversible: [].into(),
        proof: Proof::default(),
        partly: None,
    };
    stage.put(ledger::snapshot(EnvironmentId::new(&app(), &prod()), 4), &snapshot);
    for name in ["shop-worker-prod", "shop-api-prod"] {
        let mut functions = stage.world.lambda();
        let made = functions.named(name).unwrap();
        let published = Published { package: Package::Zip(Bytes::from_static(NEW)), ..made.versions[&1].clone() };
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
    stage.world.cloudwatch().denied = true;
    stage.world.serve(HEALTH, 503, "", 12);
    let answer = prepare(&stage).unwrap();
    assert_eq!(answer.verdict, Transition::Change);
    let plan = plan(&stage);
    let waves: Vec<(&ComponentName, u64)> =
        plan.waves.iter().map(|wave| (&wave.changes[0].component, wave.bake_s)).collect();
    assert_eq!(waves, [(&component("api"), 0), (&component("worker"), 0)]);
    assert_eq!(plan.warnings.len(), 2);
}

#[test]
fn a_rollback_loses_no_data_of_what_is_unknown_or_has_none() {
    for (resource, name) in [("agent.Messages", FindingName::UnknownName), ("api.Messages", FindingName::BadValue)] {
        let mut stage = rollback();
        stage.record.may_lose = [resource.parse().unwrap()].into();
        stage.write_record();
        prepare(&stage).unwrap();
        let findings = plan(&stage).findings;
        assert!(findings.iter().any(|it| it.name == name && it.path == "may_lose"), "{findings:?}");
    }
}

/// Safety: undo: A rollback whose version is gone is rejected before anything changes.
#[test]
fn a_rollback_whose_version_is_gone_is_rejected() {
    let stage = rollback();
    let mut functions = stage.world.lambda();
    functions.named("shop-api-prod").unwrap().versions.remove(&1);
    drop(functions);
    assert_eq!(prepare(&stage).unwrap().verdict, Transition::Settle);
    assert_eq!(plan(&stage).outcome, PlanOutcome::Rejected);
}

/// A rollback waits for no gate.
#[test]
fn a_rollback_does_not_wait_for_a_gate_that_cannot_be_asked() {
    for name in [FaultName::Unavailable, FaultName::Throttled] {
        let stage = rollback();
        let fault = Fault::new(name, "CloudWatch is away");
        stage.world.mishaps().refused.insert("cloudwatch.alarms", fault);
        prepare(&stage).unwrap();
        let plan = plan(&stage);
        assert_eq!(plan.outcome, PlanOutcome::Change, "{name}");
        let is_warned = plan.warnings.iter().any(|it| it.reason.written().contains("CloudWatch is away"));
        assert!(is_warned, "{:?}", plan.warnings);
    }
}

#[test]
fn a_rollback_to_what_is_not_verified_good_says_so() {
    let nothing = "Snapshot 4 (1.3.0) passed; nothing was measured of api, so that it is not verified good.";
    let table = [(true, "worker", Some(nothing)), (true, "api worker", None), (false, "", None)];
    for (passed, measured, wanted) in table {
        let stage = rollback();
        let key = ledger::snapshot(EnvironmentId::new(&app(), &prod()), 4);
        let mut snapshot: Snapshot = stage.get(&key).unwrap();
        snapshot.release = passed.then(|| Digest::of(b"1.3.0"));
        snapshot.proof.measured = measured.split_whitespace().map(component).collect();
        let mut running = snapshot.components.clone();
        for ran in running.values_mut() {
            ran.artifact = Some(zip("new", b"new"));
        }
        let runs = EnvironmentState { running, snapshot: 5, last_snapshot: 5, ..EnvironmentState::default() };
        stage.put(key, &snapshot);
        stage.put(ledger::state(EnvironmentId::new(&app(), &prod())), &runs);
        prepare(&stage).unwrap();
        let warnings = plan(&stage).warnings;
        let found = warnings.iter().find(|it| it.name == FindingName::NothingMeasured);
        assert_eq!(found.map(|it| it.reason.written()).as_deref(), wanted, "{passed} {measured}");
    }
}
