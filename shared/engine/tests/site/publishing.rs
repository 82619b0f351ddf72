//! Publishing: over several invocations, within its rights, and seen through the distribution.

use crate::in_place::{ONE, TWO};
use crate::scene::{Deployment, Scene};
use crate::zips::zip;
use std::pin::pin;
use windlass_domain::declaration::resolved::SiteMode;
use windlass_domain::fault::FaultName;
use windlass_domain::finding::FindingName;
use windlass_domain::step::{Failure, Progress};
use windlass_engine::deploy::publish;
use windlass_engine::kinds::site::publish::{Fence, Published, Publisher};
use windlass_engine::kinds::site::{Target, load};
use windlass_engine::payload::Word;
use windlass_engine::ports::{Answered, ErrorPage, Probed};
use windlass_world::mishaps::{Mishap, When};
use windlass_world::run::{run, until_pause};

/// A site whose publish takes three batches.
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
    let puts = numbered.filter(|(_, call)| *call == "objects.put");
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
    scene
        .world
        .plan_mishap(in_second_batch, When::Before, Mishap::Pause);
    {
        let work = Scene::work(&deployment, Some(0));
        let mut killed = pin!(publish::handle(&scene.world, work));
        assert!(until_pause(killed.as_mut()).is_none());
    }
    let before = puts(&scene).len();
    assert_eq!(scene.publish(&deployment), Word::Changed);
    assert!(puts(&scene).len() - before < 800, "the first batch again");
    assert_eq!(scene.keys().len(), 1200);
    let objects = scene.world.objects();
    let mut keys = objects.buckets["shop-web"].keys.values();
    assert!(keys.all(|versions| versions.len() == 1), "written twice");
    drop(objects);
    let progress = scene.step(&deployment).progress.unwrap();
    assert_eq!((progress.files_done, progress.files_total), (1200, 1200));
}

/// Time for so many batches.
struct Batches(u32);

impl Fence for Batches {
    async fn pass(&mut self, _progress: Progress) -> Answered<()> {
        self.0 = self.0.saturating_sub(1);
        Ok(())
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
    let target: Target = serde_json::from_value(step.target.clone()).unwrap();
    let known = run(load(&scene.world, &step)).unwrap();
    let publisher = Publisher::new(&scene.world, &scene.world, &target, &known, &deployment.id);
    let end = run(publisher.publish(&mut Batches(2)));
    assert_eq!(end, Ok(Published::Some));
    assert_eq!(scene.keys().len(), 1024);
    let end = run(publisher.publish(&mut Batches(2)));
    assert_eq!(end, Ok(Published::All));
    assert_eq!(scene.keys().len(), 1200);
}

#[test]
fn a_stale_owner_uploads_nothing() {
    let mut scene = Scene::new(SiteMode::InPlace);
    let artifact = scene.upload(zip(ONE));
    let deployment = scene.prepare(Some(&artifact), None);
    scene.set_token(2);
    let fault = scene.publish_once(&deployment).unwrap_err();
    assert_eq!(fault.name, FaultName::StaleToken);
    assert_eq!(scene.keys(), [""; 0]);
}

#[test]
fn a_single_page_fallback_that_answers_scripts_with_html_is_found() {
    for mode in [SiteMode::InPlace, SiteMode::Prefix] {
        let mut scene = Scene::new(mode);
        scene.deploy_files(ONE);
        let mut cdn = scene.world.cdn();
        cdn.distribution("E1", "").error_pages.push(ErrorPage {
            status: 403,
            answered: Some(200),
            path: Some("/index.html".into()),
        });
        drop(cdn);
        let artifact = scene.upload(zip(&[
            (
                "index.html",
                "<script src=/assets/forgotten-dddd4444.js></script>",
            ),
            ("404.html", "x"),
        ]));
        let deployment = scene.prepare(Some(&artifact), None);
        assert_eq!(scene.publish(&deployment), Word::Failed);
        let Some(Failure::Finding(finding)) = scene.step(&deployment).failure else {
            panic!("it tells no finding");
        };
        assert_eq!(finding.name, FindingName::ChangeFailed);
        assert!(finding.reason.contains("text/html"), "{finding}");
        assert!(scene.text("").ends_with("one"), "nothing was switched");
    }
}

#[test]
fn a_distribution_that_does_not_serve_the_assets_is_found() {
    let mut scene = Scene::new(SiteMode::InPlace);
    scene.deploy_files(ONE);
    let url = "https://e1.cloudfront.net/assets/index-bbbb2222.js";
    scene.world.serve(url, 200, "<html>fallback", 10);
    let artifact = scene.upload(zip(TWO));
    let deployment = scene.prepare(Some(&artifact), None);
    assert_eq!(scene.publish(&deployment), Word::Failed);
    let failure = format!("{:?}", scene.step(&deployment).failure);
    assert!(failure.contains("index-bbbb2222.js"), "{failure}");
}

#[test]
fn what_cannot_be_fetched_is_a_warning() {
    let mut scene = Scene::new(SiteMode::InPlace);
    scene.site.url = Some("http://localhost:4566".into());
    let url = "http://localhost:4566/assets/index-aaaa1111.js".to_owned();
    let forbidden = Probed::Forbidden("loopback".into());
    scene.world.probe().answers.insert(url, forbidden);
    let deployment = scene.deploy_files(ONE);
    let warnings = scene.step(&deployment).warnings;
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].contains("loopback"));
}

#[test]
fn what_cannot_be_fetched_is_told_once_for_all() {
    let mut scene = Scene::new(SiteMode::InPlace);
    scene.site.url = Some("http://nowhere.example".into());
    let names: Vec<String> = (0..9).map(|n| format!("assets/{n}-aaaa1111.js")).collect();
    let scripts: Vec<String> = names
        .iter()
        .map(|name| format!("<script src=/{name}></script>"))
        .collect();
    let page = scripts.concat();
    let mut files = vec![("index.html", page.as_str())];
    files.extend(names.iter().map(|name| (name.as_str(), "x()")));
    for name in &names {
        let url = format!("http://nowhere.example/{name}");
        let no_answer = Probed::NoAnswer("the name is not known".into());
        scene.world.probe().answers.insert(url, no_answer);
    }
    let deployment = scene.deploy_files(&files);
    let warnings = scene.step(&deployment).warnings;
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].ends_with("the name is not known; the same or like it for 8 more"));
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
    let files: Vec<(String, String)> = (0..1500)
        .map(|number| (format!("page{number}.html"), format!("page {number}")))
        .collect();
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|(a, b)| (a.as_str(), b.as_str()))
        .collect();
    scene.deploy_files(&files);
    assert_eq!(scene.text("page1499.html"), "page 1499");
    assert_eq!(scene.keys().len(), 1500);
}

/// A site whose script has no hash in its name, behind a distribution that sends scripts elsewhere.
fn unhashed(scene: &Scene, content_type: &str) -> Vec<u8> {
    let url = "https://e1.cloudfront.net/app.js";
    scene.world.serve(url, 200, "<html>fallback", 10);
    let mut probe = scene.world.probe();
    if let Some(Probed::Answer(answer)) = probe.answers.get_mut(url) {
        answer.content_type = Some(content_type.to_owned());
    }
    let page = "<script src=/app.js></script>two";
    zip(&[("index.html", page), ("app.js", "two()")])
}

#[test]
fn what_only_the_new_folder_has_is_fetched_after_the_switch_and_undone_if_wrong() {
    let mut scene = Scene::new(SiteMode::Prefix);
    scene.deploy_files(ONE);
    let archive = unhashed(&scene, "text/html; charset=utf-8");
    let artifact = scene.upload(archive);
    let deployment = scene.prepare(Some(&artifact), None);
    assert_eq!(scene.publish(&deployment), Word::Changed);
    assert_eq!(scene.switch(&deployment), Word::Failed);
    let Some(Failure::Finding(finding)) = scene.step(&deployment).failure else {
        panic!("it tells no finding");
    };
    assert_eq!(finding.name, FindingName::ChangeFailed);
    assert_eq!(finding.path, "https://e1.cloudfront.net/app.js");
    assert_eq!(scene.switch(&deployment), Word::Failed, "asked again");
    assert_eq!(scene.undo(&deployment), Word::Changed);
    assert!(scene.text("").ends_with("one"));
}

#[test]
fn what_only_the_new_folder_has_is_right_after_the_switch() {
    let mut scene = Scene::new(SiteMode::Prefix);
    scene.deploy_files(ONE);
    let archive = unhashed(&scene, "text/javascript");
    let artifact = scene.upload(archive);
    scene.deploy(&artifact);
    let asked = scene.world.probe().asked.clone();
    assert_eq!(asked.last().unwrap(), "https://e1.cloudfront.net/app.js");
    assert!(scene.text("").ends_with("two"));
}
