//! Tests of a site with a folder per release.

use crate::site::in_place::{ONE, TWO};
use crate::site::scene::{Deployment, Scene};
use crate::site::zips::zip;
use windlass_domain::declaration::kinds::site::{CacheRule, SiteMode};
use windlass_domain::deployment::step::StepFailure;
use windlass_domain::text::finding::FindingName;
use windlass_engine::kinds::site::prefix::Prefix;
use windlass_engine::kinds::{Kind, LookContext, Noticed, from_value};
use windlass_engine::payload::WorkTransition;
use windlass_engine::ports::Clock;
use windlass_world::World;
use windlass_world::run::run;

fn scene() -> Scene {
    let scene = Scene::new(SiteMode::Prefix);
    scene.world.cloudfront().distribution("E1", "shop-web").deploy_ms = 90_000;
    scene
}

fn origin_path(scene: &Scene) -> String {
    scene.world.cloudfront().distributions["E1"].origins[0].path.clone()
}

fn goal_path(deployment: &Deployment) -> String {
    let goal = &deployment.prepared.stages[0].goal;
    goal["origin_path"].as_str().unwrap().to_owned()
}

#[test]
fn a_release_is_served_from_a_folder_of_its_own() {
    let mut scene = scene();
    let one = scene.deploy_files(ONE);
    assert_eq!(origin_path(&scene), goal_path(&one));
    assert!(goal_path(&one).starts_with("/releases/"));
    assert!(scene.text("").ends_with("one"));
    scene.deploy_files(TWO);
    assert!(scene.text("").ends_with("two"));
}

#[test]
fn what_a_disabled_distribution_serves_nothing_ran() {
    let mut scene = scene();
    for (disabled, files) in [(false, ONE), (true, TWO)] {
        scene.world.cloudfront().distribution("E1", "shop-web").disabled = disabled;
        let deployment = scene.deploy_files(files);
        assert_eq!(scene.step(&deployment).idle.is_some(), disabled);
    }
}

#[test]
fn what_is_no_document_is_reachable_from_both_folders() {
    let mut scene = scene();
    let one = scene.deploy_files(ONE);
    let two = scene.deploy_files(TWO);
    let bucket = scene.bucket();
    for deployment in [&one, &two] {
        let folder = goal_path(deployment);
        let files = [
            ("assets/index-aaaa1111.js", "one()"),
            ("assets/index-bbbb2222.js", "two()"),
            ("gone.txt", "one"),
            ("new.txt", "two"),
        ];
        for (path, text) in files {
            let key = format!("{}/{path}", folder.trim_start_matches('/'));
            assert_eq!(bucket[&key], text, "{key}");
        }
        let of_other = ["new.html", "gone.html"][usize::from(deployment.id == two.id)];
        let key = format!("{}/{of_other}", folder.trim_start_matches('/'));
        assert!(!bucket.contains_key(&key), "{key}");
    }
}

#[test]
fn assets_that_were_found_stay_reachable_and_can_be_reached_ahead() {
    let mut scene = scene();
    for (key, text) in [("index.html", "found"), ("assets/index-cccc3333.js", "found()")] {
        scene.world.s3().upload("shop-web", key, text);
    }
    let deployment = scene.publish_files(ONE);
    assert_eq!(scene.text("index.html"), "found", "publishing is not noticed");
    assert_eq!(scene.text("assets/index-aaaa1111.js"), "one()");
    assert_eq!(scene.switch(&deployment), WorkTransition::Changed);
    assert_eq!(scene.text("assets/index-cccc3333.js"), "found()");
    assert_eq!(scene.undo(&deployment), WorkTransition::Changed);
    assert_eq!(scene.text("index.html"), "found");
    assert_eq!(origin_path(&scene), "");
}

/// Safety: left open: Cached documents are invalidated once a distribution's switch has reached all edges.
#[test]
fn it_waits_for_the_edges_before_it_invalidates() {
    let mut scene = scene();
    let deployment = scene.deploy_files(ONE);
    let made = scene.world.cloudfront().invalidations.clone();
    assert_eq!(made.len(), 1);
    assert!(made[0].after_deployed);
    assert_eq!(scene.undo(&deployment), WorkTransition::Changed);
    let made = scene.world.cloudfront().invalidations.clone();
    assert_eq!(made.len(), 2);
    assert!(made[1].after_deployed);
    assert!(made[1].reference.ends_with("-back-1"), "{:?}", made[1]);
}

#[test]
fn a_rollback_switches_back_to_the_recorded_folder() {
    let mut scene = scene();
    let one = scene.deploy_files(ONE);
    let state = scene.running.clone().unwrap().state;
    scene.deploy_files(TWO);
    let rollback = scene.prepare(None, Some(&state));
    assert_eq!(rollback.prepared.findings, []);
    scene.go(rollback);
    assert_eq!(origin_path(&scene), goal_path(&one));
    assert!(scene.text("").ends_with("one"));
}

#[test]
fn a_rollback_to_a_folder_that_is_gone_is_refused() {
    let mut scene = scene();
    let one = scene.deploy_files(ONE);
    let state = scene.running.clone().unwrap().state;
    scene.deploy_files(TWO);
    let key = format!("{}/about.html", goal_path(&one).trim_start_matches('/'));
    let mut objects = scene.world.s3();
    objects.buckets.get_mut("shop-web").unwrap().keys.remove(&key);
    drop(objects);
    let rollback = scene.prepare(None, Some(&state));
    assert_eq!(rollback.prepared.findings[0].name, FindingName::ArtifactMissing);
    assert!(rollback.prepared.findings[0].reason.written().contains("about.html"));
}

#[test]
fn the_same_release_again_changes_nothing() {
    let mut scene = scene();
    let artifact = scene.upload(zip(ONE));
    scene.deploy(&artifact);
    let again = scene.prepare(Some(&artifact), None).prepared;
    assert!(again.stages.is_empty());
    assert!(again.unchanged.is_some());
}

/// Returns the result of a look at the target that is for no deployment.
fn look(scene: &Scene, deployment: &Deployment) -> Noticed {
    let step = scene.step(deployment);
    let target = from_value("target", &step.target).unwrap();
    let kind = Prefix::of(&scene.world, &step).unwrap();
    let seen = run(kind.observe(&target, &LookContext::default())).unwrap();
    Prefix::<World>::view(&target, &seen).noticed
}

/// Spoils a file of the live release, as somebody else might.
fn spoil(scene: &Scene, path: &str, text: Option<&str>) {
    let key = format!("{}/{path}", origin_path(scene).trim_start_matches('/'));
    let mut objects = scene.world.s3();
    match text {
        Some(text) => drop(objects.upload("shop-web", &key, text.to_owned())),
        None => drop(objects.buckets.get_mut("shop-web").unwrap().keys.remove(&key)),
    }
}

#[test]
fn a_live_folder_that_somebody_changed_is_named_and_its_release_published_again() {
    for text in [Some("other"), None] {
        let mut scene = scene();
        let artifact = scene.upload(zip(ONE));
        let one = scene.deploy(&artifact);
        let recorded = scene.running.clone().unwrap().state;
        spoil(&scene, "index.html", text);
        let seen = look(&scene, &one);
        assert_ne!(seen.value, recorded["noticed"]["value"]);
        let wanted = "of which 1 file is not there, or not as it was published: index.html";
        assert!(seen.shown.ends_with(wanted), "{}", seen.shown);

        let rollback = scene.prepare(None, Some(&recorded)).prepared;
        assert_eq!(rollback.findings[0].name, FindingName::ArtifactMissing);

        let again = scene.prepare(Some(&artifact), None);
        let warning = &again.prepared.warnings[0];
        assert_eq!(warning.name, FindingName::TargetChangedByOther);
        assert_ne!(goal_path(&again), goal_path(&one));
        let again = scene.go(again);
        assert!(scene.text("").ends_with("one"));
        assert_eq!(look(&scene, &again).shown.find("of which"), None);
    }
}

#[test]
fn somebody_elses_origin_path_stops_it() {
    let mut scene = scene();
    scene.deploy_files(ONE);
    let deployment = scene.publish_files(TWO);
    let mut cdn = scene.world.cloudfront();
    cdn.distribution("E1", "shop-web").origins[0].path = "/other".into();
    drop(cdn);
    assert_eq!(scene.switch(&deployment), WorkTransition::Failed);
    assert_eq!(origin_path(&scene), "/other");
    let Some(StepFailure::Finding(finding)) = scene.step(&deployment).failure else {
        panic!("it shows no finding");
    };
    insta::assert_snapshot!(finding.written(), @"TargetChangedByOther: components.web: Someone else changed the target of web since it was last seen: from the files of 951f86af8928 at `/releases/391c01b6717f` to the files that Windlass found at `/other`. Windlass owns the path of origin shop-web of distribution E1; every other field is yours. Remedy: Find out who changed it (CloudTrail), make sure that nobody else changes what Windlass owns, then deploy again.");
}

#[test]
fn an_origin_path_that_somebody_else_changed_before_the_publish_stops_the_switch() {
    let mut scene = scene();
    scene.deploy_files(ONE);
    let artifact = scene.upload(zip(TWO));
    let deployment = scene.prepare(Some(&artifact), None);
    let mut cdn = scene.world.cloudfront();
    cdn.distribution("E1", "shop-web").origins[0].path = "/other".into();
    drop(cdn);
    assert_eq!(scene.publish(&deployment), WorkTransition::Changed);
    assert_eq!(scene.switch(&deployment), WorkTransition::Failed);
    assert_eq!(origin_path(&scene), "/other");
    let Some(StepFailure::Finding(finding)) = scene.step(&deployment).failure else {
        panic!("it shows no finding");
    };
    assert_eq!(finding.name, FindingName::TargetChangedByOther, "{finding:?}");
    let whose = "Windlass owns the path of origin shop-web of distribution E1";
    assert!(finding.reason.written().contains(whose), "{finding:?}");
}

#[test]
fn somebody_elses_object_in_the_folder_stops_it() {
    let mut scene = scene();
    let artifact = scene.upload(zip(ONE));
    let deployment = scene.prepare(Some(&artifact), None);
    let key = format!("{}/index.html", goal_path(&deployment).trim_start_matches('/'));
    scene.world.s3().upload("shop-web", &key, "other");
    assert_eq!(scene.publish(&deployment), WorkTransition::Failed);
    assert_eq!(origin_path(&scene), "");
}

#[test]
fn a_change_of_other_fields_in_between_is_not_lost() {
    let mut scene = scene();
    let deployment = scene.publish_files(ONE);
    // Somebody changes another field: the ETag moves, the origin path does not.
    scene.world.cloudfront().distribution("E1", "shop-web").changes += 1;
    run(scene.world.sleep_ms(1));
    assert_eq!(scene.switch(&deployment), WorkTransition::Changed);
    assert_eq!(scene.world.cloudfront().distributions["E1"].changes, 2);
}

fn calls(scene: &Scene, name: &str) -> usize {
    let mishaps = scene.world.mishaps();
    mishaps.calls.iter().filter(|call| **call == name).count()
}

#[test]
fn what_did_not_change_is_copied_within_s3() {
    let mut scene = scene();
    let one = scene.deploy_files(ONE);
    let two: Vec<(&str, &str)> = ONE.iter().copied().chain([("new.txt", "two")]).collect();
    let copies = calls(&scene, "s3.copy");
    let deployment = scene.deploy_files(&two);
    // The file that is new is copied back as well.
    assert_eq!(calls(&scene, "s3.copy") - copies, ONE.len() + 1);
    let folder = goal_path(&deployment);
    let objects = scene.world.s3();
    for (path, text) in two {
        let key = format!("{}/{path}", folder.trim_start_matches('/'));
        let file = objects.buckets["shop-web"].current(&key).unwrap();
        assert_eq!(file.bytes, text, "{path}");
        let brought_by = &file.metadata["windlass-deployment"];
        let uploaded = path == "new.txt";
        assert_eq!(*brought_by == deployment.id.to_string(), uploaded, "{path}");
        assert_eq!(*brought_by == one.id.to_string(), !uploaded, "{path}");
    }
}

#[test]
fn what_somebody_else_wrote_into_the_folder_of_before_is_not_copied() {
    let mut scene = scene();
    let one = scene.deploy_files(ONE);
    let key = format!("{}/about.html", goal_path(&one).trim_start_matches('/'));
    scene.world.s3().upload("shop-web", &key, "other");
    let two: Vec<(&str, &str)> = ONE.iter().copied().chain([("new.txt", "two")]).collect();
    scene.deploy_files(&two);
    assert_eq!(scene.text("about.html"), "about");
}

#[test]
fn a_header_that_is_to_change_is_written_and_not_copied() {
    let mut scene = scene();
    scene.deploy_files(ONE);
    scene.site.cache = vec![CacheRule { files: "about.html".into(), cache_control: "public, max-age=60".into() }];
    let artifact = scene.upload(zip(ONE));
    let copies = calls(&scene, "s3.copy");
    scene.deploy(&artifact);
    assert_eq!(calls(&scene, "s3.copy") - copies, ONE.len() - 1);
    let folder = origin_path(&scene);
    let objects = scene.world.s3();
    let key = format!("{}/about.html", folder.trim_start_matches('/'));
    let written = objects.buckets["shop-web"].current(&key).unwrap();
    assert_eq!(written.cache_control.as_deref(), Some("public, max-age=60"));
}
