//! Tests of a site in place to which others write as well: before a deployment, during it, before its undo.

use crate::site::in_place::{ONE, TWO, scene};
use crate::site::zips::zip;
use windlass_domain::deployment::step::StepFailure;
use windlass_engine::payload::WorkTransition;

#[test]
fn an_out_of_band_change_since_prepare_stops_it() {
    let mut scene = scene();
    scene.deploy_files(ONE);
    let deployment = scene.publish_files(TWO);
    scene.world.s3().upload("shop-web", "index.html", "other");
    assert_eq!(scene.switch(&deployment), WorkTransition::Failed);
    assert_eq!(scene.text("index.html"), "other");
    let Some(StepFailure::Finding(finding)) = scene.step(&deployment).failure else {
        panic!("it shows no finding");
    };
    insta::assert_snapshot!(finding.written(), @"TargetChangedByOther: components.web: Someone else changed the target of web since it was last seen: from the files of 951f86af8928 to the files that Windlass found. Windlass owns the files of its releases in s3://shop-web/; every other field is yours. Remedy: Find out who changed it (CloudTrail), make sure that nobody else changes what Windlass owns, then deploy again.");
}

#[test]
fn an_out_of_band_change_before_the_undo_is_not_overwritten() {
    let mut scene = scene();
    scene.deploy_files(ONE);
    let deployment = scene.publish_files(TWO);
    scene.switch(&deployment);
    scene.world.s3().upload("shop-web", "logo.svg", "other");
    assert_eq!(scene.undo(&deployment), WorkTransition::Failed);
    assert_eq!(scene.bucket()["logo.svg"], "other");
    let Some(StepFailure::Finding(finding)) = scene.step(&deployment).undo_failure else {
        panic!("it shows no finding");
    };
    insta::assert_snapshot!(finding.written(), @"TargetChangedByOther: logo.svg: 1 file is neither what was there before nor what this deployment wrote: logo.svg. Windlass owns the files of its releases in s3://shop-web/; every other field is yours. Remedy: Find out who wrote them (CloudTrail, the object's versions), put back what should be there, then use `recover` or go on as the next step says.");
}

#[test]
fn drift_is_shown_and_counts_as_the_state_before() {
    let mut scene = scene();
    scene.deploy_files(ONE);
    scene.world.s3().upload("shop-web", "about.html", "other");
    let artifact = scene.upload(zip(TWO));
    let deployment = scene.prepare(Some(&artifact), None);
    let warning = &deployment.prepared.warnings[0];
    insta::assert_snapshot!(warning.written(), @"TargetChangedByOther: components.web: Somebody else changed 1 file since the last deployment: about.html; what is there now counts as the state before. Windlass owns the files of its releases in s3://shop-web/; every other field is yours. Remedy: Let only one deployer write to the bucket.");
    scene.publish(&deployment);
    assert_eq!(scene.switch(&deployment), WorkTransition::Changed);
    assert_eq!(scene.text("about.html"), "about");
    assert_eq!(scene.undo(&deployment), WorkTransition::Changed);
    assert_eq!(scene.text("about.html"), "other");
}

#[test]
fn what_stands_where_a_new_file_must_go_is_not_overwritten() {
    let mut scene = scene();
    scene.deploy_files(ONE);
    let artifact = scene.upload(zip(TWO));
    let deployment = scene.prepare(Some(&artifact), None);
    let asset = "assets/index-bbbb2222.js";
    scene.world.s3().upload("shop-web", asset, "other");
    assert_eq!(scene.publish(&deployment), WorkTransition::Failed);
    assert_eq!(scene.bucket()[asset], "other");
    let Some(StepFailure::Finding(finding)) = scene.step(&deployment).failure else {
        panic!("it shows no finding");
    };
    insta::assert_snapshot!(finding.written(), @"TargetChangedByOther: assets/index-bbbb2222.js: Somebody else wrote another object there since the deployment was prepared. Windlass owns the files of its releases in s3://shop-web/; every other field is yours. Remedy: Find out who wrote it (CloudTrail), delete it, then deploy again.");
}
