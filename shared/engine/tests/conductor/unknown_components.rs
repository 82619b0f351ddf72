//! Tests of requests that name a component which is not there: the refusal has the one that was probably meant.

use crate::conductor::inputs::{input, with};
use crate::conductor::scene::Scene;
use crate::stage::{app, component, id, prod, zip};
use serde_json::{Value, json};
use windlass_domain::declaration::version_name::RecordedRelease;
use windlass_domain::deployment::{Deployment, Refusal};
use windlass_domain::environment::{EnvironmentState, GivenVersion, Running};
use windlass_domain::release::Release;
use windlass_domain::release::identity::EnvironmentId;
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_domain::text::time::Time;
use windlass_engine::ledger;
use windlass_engine::payload::Transition;
use windlass_world::stepfunctions::arn_of;

/// Makes a scene in which release 1.4.0 of `api` and `jobs` runs, and `migrate` was run once.
fn scene() -> Scene {
    let scene = Scene::free();
    let given =
        GivenVersion { version: "1.4.0".into(), deployment: id(), since: Time(0), git: None, released_by: None };
    let ran = |name: &str| (component(name), Running::new(Some(zip(name, b"new")), given.clone(), Value::Null));
    let (migrate, once) = ran("migrate");
    let once = Running { once: true, ..once };
    let running = [ran("api"), ran("jobs"), (migrate, once)].into();
    let state = EnvironmentState { snapshot: 2, last_snapshot: 2, running, ..EnvironmentState::default() };
    scene.stage.put(ledger::state(EnvironmentId::new(&app(), &prod())), &state);
    let components = ["api", "jobs"].map(|name| (component(name), zip(name, b"new"))).into();
    let release =
        Release { app: app(), version: "1.4.0".into(), git: None, sequence: None, components, image_push: false };
    let recorded = RecordedRelease { release, environment: None, by: None, added_by: Vec::new(), tried: None };
    scene.stage.put(ledger::release(&app(), "1.4.0"), &recorded);
    scene
}

/// Asks for an action, and returns why it is refused: at once, or when it has its turn.
fn refused(action: &str, more: Value) -> Vec<Finding> {
    let scene = scene();
    let answer = scene.admit(action, with(input(action), more)).unwrap();
    assert_eq!(answer.verdict, Transition::Rejected, "{action}");
    let refusal: Option<Refusal> = scene.stage.get(&ledger::refusal(&app(), &arn_of(action)));
    if let Some(refusal) = refusal {
        return refusal.findings;
    }
    let record: Deployment = scene.stage.get(&ledger::deployment(&answer.deployment)).unwrap();
    record.ending.unwrap().findings
}

#[test]
fn a_component_that_is_not_there_is_answered_with_the_one_that_was_meant() {
    let all = &["api", "jobs", "migrate"][..];
    let both = &all[..2];
    for (action, more, path, expected) in [
        ("rollback", json!({}), "component", both),
        ("restore", json!({}), "component", both),
        ("withdraw", json!({"pattern": "*.html"}), "component", both),
        ("deploy", json!({"version": "1.4.0"}), "component", both),
        ("remove", json!({}), "components.jbos", all),
        ("rename", json!({"to_component": "work"}), "components.jbos", all),
    ] {
        let found = refused(action, with(json!({"component": "jbos"}), more));
        let [one] = found.as_slice() else { panic!("{action}: {found:?}") };
        assert_eq!((one.name, one.path.as_str()), (FindingName::UnknownName, path), "{action}");
        assert_eq!(one.meant.as_deref(), Some("jobs"), "{action}");
        let seen = one.seen.as_ref().unwrap();
        assert_eq!(seen.found.as_deref(), Some("jbos"), "{action}");
        assert_eq!(seen.one_of, expected, "{action}");
    }
}
