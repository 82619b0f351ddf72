//! Tests of `Settle`: what was found in place, and is not what the deployment before left.

use crate::conductor::inputs::step;
use crate::conductor::scene::{Scene, in_short};
use crate::conductor::settling::{former, judged_after_others, new, snapshot};
use crate::stage::{component, id, zip};
use serde_json::json;
use windlass_domain::declaration::plan::PlanOutcome;
use windlass_domain::deployment::step::StepStatus;
use windlass_domain::environment::GivenVersion;
use windlass_domain::release::artifact::Artifact;
use windlass_domain::text::digest::Digest;
use windlass_engine::ledger;
use windlass_engine::payload::Transition;

/// Returns the name that a deployment gives now.
pub fn named_now(scene: &Scene) -> GivenVersion {
    GivenVersion {
        version: scene.record().release.version,
        deployment: id(),
        since: scene.now(),
        git: None,
        released_by: None,
    }
}

/// Hands a component on that was found in place, as `Prepare` does.
pub fn found_in_place(scene: &Scene, name: &str) {
    let mut step = step(name, StepStatus::Planned);
    step.seen = Some(step.before.clone());
    scene.stage.put(ledger::seen(&id(), &step.component), &step);
}

/// If a release names a component whose bytes it found in place, the record becomes the release's own. It has what was
/// seen if that is new.
#[test]
fn what_a_release_names_and_ran_already_is_the_releases() {
    let mut scene = judged_after_others();
    let names = ["jobs", "more"].map(component);
    let again = Artifact::Object {
        key: "artifacts/shop/dev/jobs/again.zip".into(),
        version_id: "v2".into(),
        sha256: Digest::of(b"old"),
        bytes: 3,
    };
    scene.change_record(|record| {
        let components = &mut record.release.components;
        components.insert(names[0].clone(), again.clone());
        components.insert(names[1].clone(), zip("more", b"there"));
    });
    found_in_place(&scene, "more");
    scene.asks("Settle").unwrap();
    let state = scene.state();
    let mut known = former("jobs", b"old");
    known.artifact = Some(again);
    known.names.now = named_now(&scene);
    assert_eq!(state.running[&names[0]], known, "the same bytes, since then, by another name since now");
    let taken_in = &state.running[&names[1]];
    assert_eq!(taken_in.artifact, Some(zip("more", b"there")));
    assert_eq!(
        (taken_in.version(), &taken_in.state, taken_in.names.now.since),
        ("1.4.0", &json!("as before"), scene.now())
    );
    assert!(state.marks.contains_key(&names[1].clone().into()));
    assert_eq!(state.found[&names[1]].state, json!("as before"));
    assert!(!state.found.contains_key(&names[0]), "it was changed before");
    assert_eq!(snapshot(&scene, 6).unwrap().components, state.running);
}

/// Somebody had brought by hand what is then released. What runs is recorded, and a rollback goes back to the former
/// snapshot. Nobody has judged it.
#[test]
fn what_was_found_in_place_and_is_new_makes_a_snapshot() {
    let mut scene = judged_after_others();
    scene.plan(PlanOutcome::NothingToDo, 0);
    scene.stage.world.dynamodb().items.remove(&ledger::step(&id(), &component("api")));
    found_in_place(&scene, "api");
    let answer = scene.asks("Settle");
    assert_eq!(in_short(&answer), (Transition::NothingToDo, "AlreadyThere"));
    let running = &scene.state().running[&component("api")];
    assert_eq!(running.artifact, Some(new()));
    assert_eq!((running.version(), &running.names.now.deployment), ("1.4.0", &id()));
    assert_eq!(running.state, json!("as before"));
    let made = snapshot(&scene, 6).unwrap();
    assert_eq!((made.release, made.replaced), (None, 3));
    assert_eq!(scene.state().snapshot, 6);

    // The same bytes under the recorded name are nothing new.
    scene = judged_after_others();
    scene.plan(PlanOutcome::NothingToDo, 0);
    scene.change_record(|record| {
        record.release.version = "1.3.0".into();
        record.release.components = [(component("api"), zip("api", b"old"))].into();
    });
    let state = scene.state();
    scene.asks("Settle").unwrap();
    assert_eq!((snapshot(&scene, 6), scene.state().snapshot), (None, 3));
    assert_eq!(scene.state().running, state.running);
}
