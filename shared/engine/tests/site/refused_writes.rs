//! Tests of a switch of many writes of which AWS refuses some: what was made is undone, and a refusal is no out-of-band
//! change.

use crate::site::in_place::{ONE, TWO, scene};
use crate::site::scene::Scene;
use windlass_domain::deployment::step::StepFailure;
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_engine::payload::WorkTransition;
use windlass_world::mishaps::When;

/// Safety: open calls: A change of many writes of which AWS refuses the rest keeps its record, and is undone.
#[test]
fn what_is_written_in_part_is_undone_although_aws_refuses_the_rest() {
    let mut scene = scene();
    scene.deploy_files(ONE);
    let before = scene.bucket();
    let deployment = scene.publish_files(TWO);
    // A policy of the bucket, or the role of the environment, allows no deletions.
    let refused = Fault::new(FaultName::AccessDenied, "s3:DeleteObject");
    scene.world.mishaps().refused.insert("s3.delete", refused);
    assert_eq!(scene.switch(&deployment), WorkTransition::Failed);
    assert!(scene.text("").ends_with("two"), "what precedes the deletions is live");
    let step = scene.step(&deployment);
    assert!(step.has_switched());
    let Some(StepFailure::Fault(fault)) = step.failure else {
        panic!("it shows no fault");
    };
    assert_eq!(fault.name, FaultName::AccessDenied);
    scene.world.mishaps().refused.clear();
    assert_eq!(scene.undo(&deployment), WorkTransition::Changed);
    assert!(scene.text("").ends_with("one"));
    for (key, text) in before {
        assert_eq!(scene.bucket()[&key], text, "{key}");
    }
}

#[test]
fn one_write_of_many_that_is_refused_is_no_out_of_band_change() {
    let mut rehearsal = scene();
    let calls = switched(&mut rehearsal, None);
    let puts = (1..).zip(calls).filter(|(_, call)| *call == "s3.put");
    let puts: Vec<u64> = puts.map(|(number, _)| number).collect();
    assert!(puts.len() > 2);
    for put in puts {
        let mut scene = scene();
        switched(&mut scene, Some(put));
        assert!(scene.text("").ends_with("two"), "call {put}");
    }
}

/// Brings the second release, and lets one call find that its condition does not hold. Returns the calls of the switch.
fn switched(scene: &mut Scene, conflict_at: Option<u64>) -> Vec<&'static str> {
    scene.deploy_files(ONE);
    let deployment = scene.publish_files(TWO);
    scene.world.mishaps().calls.clear();
    if let Some(call) = conflict_at {
        let conflict = Fault::new(FaultName::Conflict, "the condition does not hold");
        scene.world.fail_call(call, When::Before, conflict);
    }
    assert_eq!(
        scene.switch(&deployment),
        WorkTransition::Changed,
        "{conflict_at:?}: {:?}",
        scene.step(&deployment).failure
    );
    scene.world.mishaps().calls.clone()
}
