//! Tests of a first deployment over somebody else's objects, whose copies S3 gives other ETags. Nothing is known of
//! them but what was seen.

use crate::site::in_place::ONE;
use crate::site::scene::{Deployment, Scene};
use std::collections::BTreeMap;
use windlass_domain::declaration::kinds::site::SiteMode;
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_engine::payload::WorkTransition;
use windlass_world::mishaps::When;

/// A bucket that others filled: encrypted with a key of KMS, or from uploads in parts.
#[derive(Debug, Clone, Copy)]
enum Found {
    Encrypted,
    InParts,
}

const BOTH: [Found; 2] = [Found::Encrypted, Found::InParts];

fn found(how: Found) -> Scene {
    let scene = Scene::new(SiteMode::InPlace);
    let mut objects = scene.world.s3();
    objects.bucket("shop-web", true).kms = matches!(how, Found::Encrypted);
    for (key, text) in [("index.html", "found"), ("old.html", "old"), ("logo.svg", "x")] {
        let version = objects.upload("shop-web", key, text);
        if matches!(how, Found::InParts) {
            let versions = objects.bucket("shop-web", true).keys.get_mut(key).unwrap();
            versions[0].etag = format!("{}-2\"", version.etag.trim_end_matches('"'));
            versions[0].parts = 2;
        }
    }
    drop(objects);
    scene
}

fn deployed(how: Found) -> (Scene, Deployment, BTreeMap<String, String>) {
    let mut scene = found(how);
    let before = scene.bucket();
    let deployment = scene.publish_files(ONE);
    assert_eq!(scene.switch(&deployment), WorkTransition::Changed);
    assert!(scene.text("").ends_with("one"));
    (scene, deployment, before)
}

fn returned(scene: &Scene, before: &BTreeMap<String, String>) {
    let mut after = scene.bucket();
    after.remove("assets/index-aaaa1111.js").unwrap();
    assert_eq!(after, *before);
}

#[test]
fn its_undo_returns_to_what_was_found() {
    for how in BOTH {
        let (scene, deployment, before) = deployed(how);
        assert_eq!(scene.undo(&deployment), WorkTransition::Changed, "{how:?}");
        returned(&scene, &before);
        assert_eq!(scene.undo(&deployment), WorkTransition::Changed, "undo twice is once");
        returned(&scene, &before);
    }
}

#[test]
fn a_copy_whose_answer_is_lost_is_known_by_its_bytes() {
    for how in BOTH {
        let (rehearsal, deployment, _) = deployed(how);
        rehearsal.undo(&deployment);
        let calls = rehearsal.world.mishaps().calls.clone();
        let numbered = (1..).zip(calls);
        let copies = numbered.filter(|(_, call)| *call == "s3.copy");
        let copies: Vec<u64> = copies.map(|(number, _)| number).collect();
        assert_eq!(copies.len(), 2);
        for copy in copies {
            let (scene, deployment, before) = deployed(how);
            let lost = Fault::new(FaultName::Unavailable, "lost");
            scene.world.fail_call(copy, When::After, lost);
            assert_eq!(scene.undo(&deployment), WorkTransition::Changed, "{how:?}");
            returned(&scene, &before);
            let objects = scene.world.s3();
            let versions = objects.buckets["shop-web"].keys["index.html"].len();
            assert_eq!(versions, 3, "copied once");
        }
    }
}

#[test]
fn what_only_has_the_same_size_is_not_taken_for_a_copy() {
    for how in BOTH {
        let (scene, deployment, _) = deployed(how);
        scene.world.s3().upload("shop-web", "index.html", "other");
        assert_eq!(scene.undo(&deployment), WorkTransition::Failed, "{how:?}");
        assert_eq!(scene.text("index.html"), "other");
    }
}
