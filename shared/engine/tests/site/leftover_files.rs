//! Tests that later releases delete what former ones left in a site in place, and nothing that anybody needs.

use crate::site::in_place;
use crate::site::pruning::settle;
use crate::site::scene::{Deployment, Scene};
use crate::site::zips::zip;
use windlass_domain::declaration::kinds::site::SiteMode;
use windlass_domain::deployment::step::StepFailure;
use windlass_engine::kinds::site::RecordedSite;
use windlass_engine::payload::WorkTransition;
use windlass_engine::ports::Clock;
use windlass_world::run::run;

const DAY: u64 = 24 * 60 * 60 * 1000;

/// The time after which no document is open any more, in milliseconds.
const LONG: u64 = 31 * DAY;

/// Makes a site whose rollbacks go one back.
fn scene() -> Scene {
    let mut scene = in_place::scene();
    scene.site.keep = 1;
    scene
}

fn asset(number: u64) -> String {
    format!("assets/index-{number}bbb1111.js")
}

/// Prepares a release, so many milliseconds later.
fn prepared(scene: &mut Scene, number: u64, later: u64) -> Deployment {
    run(scene.world.sleep_ms(later));
    let (script, text) = (asset(number), number.to_string());
    let names = format!("<script src=/{script}>");
    let files = [("index.html", text.as_str()), ("app.html", names.as_str()), (script.as_str(), text.as_str())];
    let artifact = scene.upload(zip(&files));
    let deployment = scene.prepare(Some(&artifact), None);
    assert_eq!(deployment.prepared.findings, []);
    deployment
}

fn deployed(scene: &mut Scene, number: u64, later: u64) -> Deployment {
    let deployment = prepared(scene, number, later);
    let deployment = scene.go(deployment);
    settle(scene, number, number - 1);
    deployment
}

/// Deploys releases 1 to 3, of which a rollback needs the second.
fn three() -> Scene {
    let mut scene = scene();
    for number in 1..=3 {
        deployed(&mut scene, number, DAY);
    }
    scene
}

/// Returns the numbers of the assets that are there.
fn assets(scene: &Scene) -> Vec<u64> {
    let keys = scene.keys();
    (1..=9).filter(|it| keys.contains(&asset(*it))).collect()
}

/// Safety: deletion: A file in place is deleted when no kept snapshot names it and its release was replaced more than
/// 30 days ago.
#[test]
fn what_neither_a_rollback_nor_an_open_document_needs_is_deleted() {
    let mut scene = three();
    let other = "assets/index-0123456789.js";
    scene.world.s3().upload("shop-web", other, "x");
    deployed(&mut scene, 4, DAY);
    assert_eq!(assets(&scene), [1, 2, 3, 4], "documents may be open");
    let fifth = deployed(&mut scene, 5, LONG);
    assert_eq!(assets(&scene), [3, 4, 5], "snapshots 4 and 3 were kept");
    assert!(scene.keys().contains(&other.to_owned()));
    let versions = scene.world.s3().buckets["shop-web"].keys[&asset(1)].clone();
    assert_eq!(versions.len(), 2, "its version is left, under a marker");
    let changes = scene.step(&fifth).changes;
    let lines: Vec<&str> = changes.iter().map(|change| change.what.as_str()).collect();
    assert!(lines.iter().any(|it| it.contains("delete 2 files")), "{lines:?}");
}

/// Safety: deletion: A rollback to what is kept finds all its files, and needs no others.
#[test]
fn a_rollback_to_what_is_kept_finds_everything_and_needs_nothing_else() {
    let mut scene = scene();
    deployed(&mut scene, 1, DAY);
    deployed(&mut scene, 2, DAY);
    let two = scene.running.clone().unwrap().state;
    deployed(&mut scene, 3, LONG);
    assert_eq!(assets(&scene), [1, 2, 3], "a rollback needs the first");
    deployed(&mut scene, 4, 0);
    assert_eq!(assets(&scene), [2, 3, 4]);
    // The bucket's rule ends the version as well: what was at the keys of the second had it.
    let mut objects = scene.world.s3();
    let keys = &mut objects.buckets.get_mut("shop-web").unwrap().keys;
    keys.remove(&asset(1)).unwrap();
    drop(objects);
    let back = scene.prepare(None, Some(&two));
    assert_eq!(back.prepared.findings, []);
    scene.go(back);
    assert_eq!((scene.text("").as_str(), scene.text(&asset(2)).as_str()), ("2", "2"));
    assert_eq!(assets(&scene), [2, 3, 4], "nothing that was only left there");
}

/// A way that would only leave files, or find those that were left, changes nothing, and says by how many both differ.
#[test]
fn what_differs_only_by_files_that_stay_is_counted() {
    let mut scene = scene();
    let (page, script, style) = (("index.html", "1"), asset(1), asset(2));
    scene.deploy_files(&[page, (&script, "1")]);
    let first = scene.running.clone().unwrap().state;
    run(scene.world.sleep_ms(DAY));
    scene.deploy_files(&[page, (&style, "2")]);
    let second = scene.running.clone().unwrap().state;
    for (goal, wanted) in [(&first, Some(2)), (&second, None)] {
        let back = scene.prepare(None, Some(goal)).prepared;
        assert_eq!((back.findings.len(), back.stages.len(), back.kept_files), (0, 0, wanted), "{:?}", back.unchanged);
    }
}

/// Safety: deletion: An undo brings back the files that its deployment deleted.
#[test]
fn an_undo_brings_back_what_was_deleted() {
    let mut scene = three();
    let before = scene.bucket();
    let fourth = prepared(&mut scene, 4, LONG);
    assert_eq!(scene.publish(&fourth), WorkTransition::Changed);
    assert_eq!(assets(&scene), [1, 2, 3, 4], "not before the switch");
    assert_eq!(scene.switch(&fourth), WorkTransition::Changed);
    assert_eq!(assets(&scene), [2, 3, 4]);
    assert_eq!(scene.undo(&fourth), WorkTransition::Changed);
    let mut after = scene.bucket();
    after.remove(&asset(4)).unwrap();
    assert_eq!(after, before);
}

/// Safety: deletion: What somebody else wrote in the place of one of our files stays.
#[test]
fn what_somebody_else_put_in_its_place_stays() {
    let mut scene = three();
    scene.world.s3().upload("shop-web", &asset(1), "other");
    deployed(&mut scene, 4, LONG);
    assert_eq!(scene.bucket()[&asset(1)], "other");
    deployed(&mut scene, 5, LONG);
    assert_eq!(scene.bucket()[&asset(1)], "other");
    assert_eq!(assets(&scene), [1, 3, 4, 5]);
}

#[test]
fn a_name_that_comes_back_is_left_anew() {
    let mut scene = three();
    // The first release comes again: its asset is named once more.
    run(scene.world.sleep_ms(LONG));
    let artifact = scene.upload(zip(&[("index.html", "again"), (&asset(1), "1")]));
    scene.deploy(&artifact);
    settle(&scene, 4, 3);
    assert_eq!(assets(&scene), [1, 2, 3]);
    deployed(&mut scene, 5, DAY);
    deployed(&mut scene, 6, DAY);
    deployed(&mut scene, 7, DAY);
    assert!(assets(&scene).contains(&1), "documents may be open");
    deployed(&mut scene, 8, LONG);
    assert!(!assets(&scene).contains(&1));
}

#[test]
fn what_an_undone_deployment_wrote_is_left_by_it() {
    let mut scene = scene();
    deployed(&mut scene, 1, DAY);
    let undone = prepared(&mut scene, 9, DAY);
    assert_eq!(scene.publish(&undone), WorkTransition::Changed);
    assert_eq!(scene.switch(&undone), WorkTransition::Changed);
    assert_eq!(scene.undo(&undone), WorkTransition::Changed);
    // A deployment that never got so far does not make it forgotten.
    let stopped = prepared(&mut scene, 8, DAY);
    assert_eq!(scene.publish(&stopped), WorkTransition::Changed);
    for number in 2..=3 {
        deployed(&mut scene, number, DAY);
    }
    assert_eq!(assets(&scene), [1, 2, 3, 8, 9], "documents may be open");
    deployed(&mut scene, 4, LONG);
    assert_eq!(assets(&scene), [2, 3, 4]);
}

#[test]
fn the_same_release_again_deletes_nothing() {
    let mut scene = three();
    let third = prepared(&mut scene, 3, LONG);
    assert!(third.prepared.stages.is_empty());
}

/// Safety: deletion: Lists of a site that nothing kept names any more are deleted.
#[test]
fn lists_that_nobody_reads_any_more_are_deleted() {
    let mut scene = three();
    for number in 4..=5 {
        deployed(&mut scene, number, DAY);
    }
    let lists = scene.world.s3().texts("artifacts");
    let count = |kind: &str| lists.keys().filter(|key| key.contains(kind)).count();
    // While the fifth was published, snapshots 4 and 3 were kept.
    // Of each state a list of what is at each key and one of what is left.
    assert_eq!((count("/release-"), count("/kept/")), (3, 6));
    let state: RecordedSite = serde_json::from_value(scene.running.unwrap().state["goal"].take()).unwrap();
    let RecordedSite::InPlace(state) = state else {
        panic!("it is a folder");
    };
    for named in [state.objects, state.left, state.release] {
        assert_eq!(count(named.unwrap().as_str()), 1);
    }
}

#[test]
fn a_site_that_has_changed_its_mode_leaves_no_lists_of_the_other() {
    let mut scene = three();
    scene.site.mode = SiteMode::Prefix;
    scene.site.prefix = "releases/".into();
    let count = |scene: &Scene, kind: &str| {
        let lists = scene.world.s3().texts("artifacts");
        lists.keys().filter(|key| key.contains(kind)).count()
    };
    deployed(&mut scene, 4, DAY);
    assert_ne!(count(&scene, "/kept/"), 0, "a rollback needs them");
    for number in 5..=7 {
        deployed(&mut scene, number, DAY);
    }
    assert_eq!((count(&scene, "/release-"), count(&scene, "/kept/")), (3, 0));
}

#[test]
fn a_switch_without_the_list_of_its_files_changes_nothing() {
    let mut scene = three();
    let before = scene.bucket();
    let fourth = prepared(&mut scene, 4, DAY);
    assert_eq!(scene.publish(&fourth), WorkTransition::Changed);
    let mut objects = scene.world.s3();
    let keys = &mut objects.buckets.get_mut("artifacts").unwrap().keys;
    keys.retain(|key, _| !key.contains("/release-"));
    drop(objects);
    assert_eq!(scene.switch(&fourth), WorkTransition::Failed);
    let Some(StepFailure::Fault(fault)) = scene.step(&fourth).failure else {
        panic!("it shows no fault");
    };
    assert!(fault.message.contains("is not there any more"), "{fault}");
    let mut after = scene.bucket();
    after.remove(&asset(4)).unwrap();
    assert_eq!(after, before);
}
