//! Tests of pages of a site with a folder per release, before visitors get it.

use crate::site::in_place::{ONE, TWO};
use crate::site::pages::{SITE, gates, measured_in};
use crate::site::scene::{Deployment, Scene};
use crate::site::zips::zip;
use windlass_domain::declaration::gate::Verdict;
use windlass_domain::declaration::kinds::site::SiteMode;
use windlass_engine::deploy;
use windlass_engine::kinds::site;
use windlass_engine::payload::WorkTransition;
use windlass_world::inputs::{deployer_input, publisher_input};
use windlass_world::run::run;

/// Makes a site with a folder per release, and one more distribution that shows the whole bucket.
fn shown() -> Scene {
    let mut scene = Scene::new(SiteMode::Prefix);
    scene.site.is_tried = true;
    scene.world.cloudfront().distribution("E2", "shop-web").root = String::new();
    scene
}

fn change(scene: &Scene, deployment: &Deployment, wave: u32) {
    let step = || Scene::step_ref(deployment);
    let published = run(deploy::publish(&scene.world, publisher_input(step()), site::of)).unwrap();
    assert_eq!(published.verdict, WorkTransition::Changed);
    let reached = run(deploy::handle(&scene.world, deployer_input(step(), Some(wave)), site::of)).unwrap();
    assert_eq!(reached.verdict, WorkTransition::Changed);
}

#[test]
fn a_folder_is_looked_at_before_visitors_get_it_where_an_address_shows_it() {
    let gates = gates(&["/", "/about.html"], Some("https://e2.cloudfront.net"));
    for (files, verdict) in [(TWO, Verdict::Pass), (&TWO[..5], Verdict::Fail)] {
        let mut scene = shown();
        scene.site.elsewhere = vec!["**".into()];
        let artifact = scene.upload(zip(ONE));
        let first = scene.prepare(Some(&artifact), None);
        change(&scene, &first, 0);
        change(&scene, &first, 1);
        assert!(scene.text("").ends_with("one"));

        let artifact = scene.upload(zip(files));
        let second = scene.prepare(Some(&artifact), None);
        let ahead: Vec<bool> = second.prepared.stages.iter().map(|it| it.ahead).collect();
        assert_eq!(ahead, [true, false]);
        change(&scene, &second, 0);
        assert!(scene.text("").ends_with("one"), "nothing is switched");
        scene.world.probe().asked.clear();
        let seen = measured_in(&scene, &second, &gates, 0);
        assert_eq!(seen[0].verdict, verdict, "{seen:?}");
        assert_eq!(seen[1].verdict, Verdict::Pass, "{seen:?}");
        let asked = scene.world.probe().asked.clone();
        assert!(asked.iter().all(|url| url.starts_with("https://e2.cloudfront.net/releases/")), "{asked:?}");
        assert!(asked.iter().any(|url| url.ends_with("/index.html")), "{asked:?}");
        if verdict == Verdict::Fail {
            assert_eq!(scene.undo(&second), WorkTransition::Changed);
            assert!(scene.text("").ends_with("one"));
            continue;
        }

        change(&scene, &second, 1);
        assert!(scene.text("").ends_with("two"));
        scene.world.probe().asked.clear();
        assert_eq!(measured_in(&scene, &second, &gates, 1)[0].verdict, verdict);
        assert_eq!(scene.world.probe().asked[0], SITE);
    }
}

#[test]
fn pages_without_such_an_address_are_not_asked_before_the_switch() {
    let mut scene = shown();
    let artifact = scene.upload(zip(ONE));
    let deployment = scene.prepare(Some(&artifact), None);
    change(&scene, &deployment, 0);
    assert_eq!(measured_in(&scene, &deployment, &gates(&["/"], None), 0), []);
}
