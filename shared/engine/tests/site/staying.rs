//! Tests that a deployment says which files stay reachable that are no longer part of the site.

use crate::site::in_place;
use crate::site::scene::{Deployment, Scene};
use crate::site::zips::zip;
use windlass_domain::declaration::kinds::site::SiteMode;
use windlass_domain::release::stays_reachable::WhyReachable;

const ONE: &[(&str, &str)] =
    &[("index.html", "one"), ("old.html", "one"), ("assets/index-aaaa1111.js", "one"), ("notes.txt", "one")];
const TWO: &[(&str, &str)] = &[("index.html", "two"), ("assets/index-bbbb2222.js", "two")];

fn scenes() -> [Scene; 2] {
    let prefix = Scene::new(SiteMode::Prefix);
    prefix.world.cloudfront().distribution("E1", "shop-web");
    [in_place::scene(), prefix]
}

/// Returns the files that stay, and the releases after which one takes them away.
fn stays(deployment: &Deployment) -> Option<(Vec<String>, Option<u32>)> {
    let stays = deployment.prepared.stays_reachable.clone()?;
    assert_eq!(stays.because, WhyReachable::OpenPages);
    assert_eq!((stays.files, stays.days), (stays.first.len(), 30));
    Some((stays.first, stays.releases))
}

#[test]
fn a_release_and_a_rollback_say_which_files_stay_reachable() {
    for mut scene in scenes() {
        let releases = (scene.site.mode == SiteMode::InPlace).then_some(11);
        let one = scene.deploy_files(ONE);
        assert_eq!(stays(&one), None);
        let before = scene.running.clone().unwrap().state;
        let two = scene.deploy_files(TWO);
        // Documents are not there any more.
        let left = ["assets/index-aaaa1111.js", "notes.txt"].map(str::to_owned);
        assert_eq!(stays(&two), Some((left.to_vec(), releases)));
        let back = scene.prepare(None, Some(&before));
        let left = vec!["assets/index-bbbb2222.js".to_owned()];
        assert_eq!(stays(&back), Some((left, releases)));
    }
}

#[test]
fn what_was_said_before_is_not_said_again() {
    for mut scene in scenes() {
        scene.deploy_files(ONE);
        scene.deploy_files(TWO);
        let again = scene.upload(zip(TWO));
        assert_eq!(stays(&scene.prepare(Some(&again), None)), None);
        let three = scene.deploy_files(&[("index.html", "three")]);
        let left = vec!["assets/index-bbbb2222.js".to_owned()];
        assert_eq!(stays(&three).unwrap().0, left);
    }
}
