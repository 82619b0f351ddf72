//! Tests that what an undone release brought newly, and that nothing of its own names, goes with the undo.

use crate::site::in_place;
use crate::site::scene::{Deployment, Scene};
use crate::site::zips::{stored, zip};
use windlass_domain::declaration::kinds::site::SiteMode;
use windlass_domain::release::stays_reachable::{StaysReachable, WhyReachable};
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_engine::payload::WorkTransition;
use windlass_engine::ports::Clock;
use windlass_world::mishaps::When;

const ONE: &[(&str, &str)] = &[("index.html", "one"), ("data/prices.csv", "one")];
const TWO: &[(&str, &str)] = &[
    ("index.html", "<script src=assets/index-bbbb2222.js>two"),
    ("assets/index-bbbb2222.js", "import('./lazy-cccc3333.js')"),
    ("assets/lazy-cccc3333.js", "two()"),
    ("data/prices.csv", "two"),
    ("backup/customers.sql", "everybody"),
];

fn scenes() -> [Scene; 2] {
    let prefix = Scene::new(SiteMode::Prefix);
    prefix.world.cloudfront().distribution("E1", "shop-web");
    [in_place::scene(), prefix]
}

/// Returns whether visitors may get a file.
fn is_reachable(scene: &Scene, path: &str) -> bool {
    scene.visit(path).status == 200
}

/// Brings the second release after the first, as far as its switch if that is wanted.
fn brought(scene: &mut Scene, is_switched: bool) -> Deployment {
    scene.deploy_files(ONE);
    let two = scene.publish_files(TWO);
    if is_switched {
        assert_eq!(scene.switch(&two), WorkTransition::Changed);
    }
    assert!(is_reachable(scene, "backup/customers.sql"));
    two
}

fn stays(scene: &Scene, deployment: &Deployment) -> Vec<StaysReachable> {
    scene.step(deployment).stays_reachable
}

/// Safety: deletion: What an undone release brought newly, and nothing of its own names, goes with the undo.
#[test]
fn what_nothing_names_goes_with_the_undo_and_what_pages_name_stays() {
    for is_switched in [true, false] {
        for mut scene in scenes() {
            let two = brought(&mut scene, is_switched);
            assert_eq!(scene.undo(&two), WorkTransition::Changed);
            assert!(!is_reachable(&scene, "backup/customers.sql"));
            assert!(is_reachable(&scene, "assets/lazy-cccc3333.js"));
            assert_eq!(scene.text(""), "one");
            assert_eq!(scene.text("data/prices.csv"), "one");
            let [named] = stays(&scene, &two).try_into().unwrap();
            assert_eq!(named.because, WhyReachable::NamedByUndone);
            let files = ["assets/index-bbbb2222.js", "assets/lazy-cccc3333.js"];
            assert_eq!((named.files, named.first), (2, files.map(str::to_owned).to_vec()));
            let step = scene.step(&two);
            assert_eq!((step.open, step.warnings), (None, vec![]));
            assert_eq!(step.changes.iter().any(|it| it.switching), is_switched);
        }
    }
}

#[test]
fn the_deletion_leaves_the_version_under_a_marker() {
    let mut scene = in_place::scene();
    let two = brought(&mut scene, true);
    scene.undo(&two);
    let versions = scene.world.s3().buckets["shop-web"].keys["backup/customers.sql"].clone();
    assert_eq!(versions.len(), 2);
    let changes = scene.step(&two).changes;
    let wanted = "delete 1 file that it brought and nothing names, first `backup/customers.sql`";
    assert!(changes.iter().any(|change| change.what == wanted), "{changes:?}");
}

/// Safety: deletion: What somebody else put in the place of a file of an undone release stays.
#[test]
fn what_somebody_else_put_in_its_place_stays() {
    let mut scene = in_place::scene();
    let two = brought(&mut scene, false);
    scene.world.s3().upload("shop-web", "backup/customers.sql", "theirs");
    assert_eq!(scene.undo(&two), WorkTransition::Changed);
    assert_eq!(scene.bucket()["backup/customers.sql"], "theirs");
}

#[test]
fn a_site_whose_pages_are_too_many_to_be_searched_keeps_its_files_and_says_so() {
    for mut scene in scenes() {
        scene.deploy_files(ONE);
        let much = vec![b' '; 32 * 1024 * 1024 + 1];
        let two = stored(&[("index.html", much.as_slice()), ("backup.sql", b"two".as_slice())]);
        let two = scene.upload(two);
        let two = scene.prepare(Some(&two), None);
        assert_eq!(scene.publish(&two), WorkTransition::Changed);
        assert_eq!(scene.undo(&two), WorkTransition::Changed);
        assert!(is_reachable(&scene, "backup.sql"));
        let [stays] = stays(&scene, &two).try_into().unwrap();
        assert_eq!(stays.because, WhyReachable::NotSearched);
        assert_eq!(stays.first, ["backup.sql"]);
    }
}

/// What visitors notice is back: that a leftover cannot be deleted needs no operator.
#[test]
fn an_undo_ends_well_although_a_file_cannot_be_taken_away() {
    for mut scene in scenes() {
        let two = brought(&mut scene, false);
        let refused = Fault::new(FaultName::AccessDenied, "s3:DeleteObject");
        scene.world.mishaps().refused.insert("s3.delete", refused);
        assert_eq!(scene.undo(&two), WorkTransition::Changed);
        let warnings = scene.step(&two).warnings;
        assert!(warnings[0].contains("s3:DeleteObject"), "{warnings:?}");
        assert_eq!(scene.step(&two).open, None);
    }
}

/// Returns the number of the call that deletes in an undo.
fn deletion(mut scene: Scene) -> u64 {
    let two = brought(&mut scene, false);
    scene.undo(&two);
    let calls = scene.world.mishaps().calls.clone();
    let numbered = (1..).zip(calls);
    let deletions = numbered.filter(|(_, call)| *call == "s3.delete");
    deletions.last().unwrap().0
}

/// Safety: open calls: A deletion of an undo whose answer was lost is waited for before the undo ends.
#[test]
fn a_deletion_whose_answer_is_lost_is_waited_for() {
    for (rehearsal, mut scene) in scenes().into_iter().zip(scenes()) {
        let call = deletion(rehearsal);
        let two = brought(&mut scene, false);
        let lost = Fault::new(FaultName::Unavailable, "no answer came");
        scene.world.fail_call(call, When::After, lost);
        let before = scene.world.now();
        assert_eq!(scene.undo(&two), WorkTransition::Changed);
        assert!(scene.world.now().ms_since(before) >= 15_000);
        assert!(!is_reachable(&scene, "backup/customers.sql"));
        assert_eq!(scene.step(&two).open, None);
    }
}

#[test]
fn a_release_that_comes_again_after_its_undo_brings_the_file_again() {
    let mut scene = in_place::scene();
    let two = brought(&mut scene, true);
    scene.undo(&two);
    scene.deploy(&scene.upload(zip(TWO)));
    assert_eq!(scene.text("backup/customers.sql"), "everybody");
}
