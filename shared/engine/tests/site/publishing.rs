//! Tests of publishing: over several invocations, and within its rights.

use crate::site::in_place::{ONE, TWO};
use crate::site::scene::{Deployment, Scene};
use crate::site::zips::zip;
use std::pin::pin;
use windlass_domain::declaration::kinds::site::SiteMode;
use windlass_domain::deployment::step::Progress;
use windlass_domain::text::fault::FaultName;
use windlass_engine::deploy;
use windlass_engine::kinds::{Checkpoint, PastReleases, Publication, Publishes, site};
use windlass_engine::payload::WorkTransition;
use windlass_engine::ports::Result;
use windlass_world::inputs::publisher_input;
use windlass_world::mishaps::{Mishap, When};
use windlass_world::run::{run, until_pause};

/// Makes a site whose publish takes three batches.
fn three_batches(scene: &mut Scene) -> Deployment {
    let names: Vec<String> = (0..1200).map(|number| format!("{number}.txt")).collect();
    let files: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "x")).collect();
    scene.site.root = Some("none".into());
    let artifact = scene.upload(zip(&files));
    scene.prepare(Some(&artifact), None)
}

fn puts(scene: &Scene) -> Vec<u64> {
    let calls = scene.world.mishaps().calls.clone();
    let numbered = (1..).zip(calls);
    let puts = numbered.filter(|(_, call)| *call == "s3.put");
    puts.map(|(number, _)| number).collect()
}

#[test]
fn it_goes_on_where_it_was_killed() {
    let mut rehearsal = Scene::new(SiteMode::InPlace);
    let deployment = three_batches(&mut rehearsal);
    rehearsal.publish(&deployment);
    let in_second_batch = puts(&rehearsal)[700];

    let mut scene = Scene::new(SiteMode::InPlace);
    let deployment = three_batches(&mut scene);
    scene.world.plan_mishap(in_second_batch, When::Before, Mishap::Pause);
    {
        let input = publisher_input(Scene::step_ref(&deployment));
        let mut killed = pin!(deploy::publish(&scene.world, input, site::of));
        assert!(until_pause(killed.as_mut()).is_none());
    }
    let before = puts(&scene).len();
    assert_eq!(scene.publish(&deployment), WorkTransition::Changed);
    assert!(puts(&scene).len() - before < 800, "the first batch again");
    assert_eq!(scene.keys().len(), 1200);
    let objects = scene.world.s3();
    let mut keys = objects.buckets["shop-web"].keys.values();
    assert!(keys.all(|versions| versions.len() == 1), "written twice");
    drop(objects);
    let progress = scene.step(&deployment).progress.unwrap();
    assert_eq!((progress.files_done, progress.files_total), (1200, 1200));
}

/// A fence that leaves time for so many batches.
struct Batches(u32);

impl Checkpoint for Batches {
    async fn pass(&mut self, _progress: Progress) -> Result<()> {
        self.0 = self.0.saturating_sub(1);
        Ok(())
    }

    async fn past(&self, _back: u32) -> Result<PastReleases> {
        Ok(PastReleases::default())
    }

    fn has_time(&self) -> bool {
        self.0 > 0
    }
}

#[test]
fn it_goes_on_in_a_further_invocation() {
    let mut scene = Scene::new(SiteMode::InPlace);
    let deployment = three_batches(&mut scene);
    let step = scene.step(&deployment);
    let site = run(site::of(&scene.world, &step)).unwrap();
    let end = run(site.publish(&step, &mut Batches(2)));
    assert_eq!(end, Ok(Publication::Part));
    assert_eq!(scene.keys().len(), 1024);
    let end = run(site.publish(&step, &mut Batches(2)));
    assert_eq!(end, Ok(Publication::Whole(vec![])));
    assert_eq!(scene.keys().len(), 1200);
}

#[test]
fn a_stale_owner_uploads_nothing() {
    let mut scene = Scene::new(SiteMode::InPlace);
    let artifact = scene.upload(zip(ONE));
    let deployment = scene.prepare(Some(&artifact), None);
    scene.set_token(&deployment.id, 2);
    let fault = scene.publish_once(&deployment).unwrap_err();
    assert_eq!(fault.name, FaultName::StaleToken);
    assert_eq!(scene.keys(), [""; 0]);
}

#[test]
fn a_finished_publish_says_that_all_is_done() {
    for mode in [SiteMode::InPlace, SiteMode::Prefix] {
        let mut scene = Scene::new(mode);
        scene.deploy_files(ONE);
        let second = scene.deploy_files(TWO);
        let progress = scene.step(&second).progress.unwrap();
        assert_eq!(progress.files_done, progress.files_total, "{mode:?}");
        assert_eq!(progress.left_s, Some(0), "{mode:?}");
    }
}

#[test]
fn many_small_files_are_brought_in_batches() {
    let mut scene = Scene::new(SiteMode::InPlace);
    scene.site.root = Some("page0.html".into());
    let files: Vec<(String, String)> =
        (0..1500).map(|number| (format!("page{number}.html"), format!("page {number}"))).collect();
    let files: Vec<(&str, &str)> = files.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
    scene.deploy_files(&files);
    assert_eq!(scene.text("page1499.html"), "page 1499");
    assert_eq!(scene.keys().len(), 1500);
}
