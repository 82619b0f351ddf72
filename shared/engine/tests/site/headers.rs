//! Tests of the headers with which files are served: by their names, by their bytes, by what is declared.

use crate::site::scene::Scene;
use crate::site::zips::stored;
use windlass_domain::declaration::kinds::site::SiteMode;
use windlass_engine::payload::WorkTransition;

/// A page in ISO-8859-1 that says so.
const LATIN: &[u8] = b"<!doctype html><meta charset=iso-8859-1><p>caf\xe9";

/// The header of a file that is kept for a year.
const FOREVER: &str = "public, max-age=31536000, immutable";

/// Returns the content type and the cache header that visitors get.
fn headers(scene: &Scene, path: &str) -> (String, String) {
    let answer = scene.visit(path);
    (answer.content_type.unwrap_or_default(), answer.cache_control.unwrap_or_default())
}

#[test]
fn no_word_is_taken_for_a_hash() {
    let mut scene = Scene::new(SiteMode::InPlace);
    scene.deploy_files(&[("index.html", "one"), ("Prices-Summer25.pdf", "one"), ("assets/app-B3xQ9zLk.js", "one()")]);
    assert_ne!(headers(&scene, "Prices-Summer25.pdf").1, FOREVER);
    assert_eq!(headers(&scene, "assets/app-B3xQ9zLk.js").1, FOREVER);
}

#[test]
fn a_page_in_another_character_set_keeps_it_and_is_told() {
    for mode in [SiteMode::InPlace, SiteMode::Prefix] {
        let mut scene = Scene::new(mode);
        for release in ["one", "two"] {
            let artifact = scene.upload(stored(&[
                ("index.html", release.as_bytes()),
                ("latin.html", LATIN),
                ("apple-app-site-association", b"{}"),
            ]));
            let deployment = scene.deploy(&artifact);
            assert_eq!(headers(&scene, "latin.html").0, "text/html", "{mode:?} {release}");
            assert_eq!(headers(&scene, "index.html").0, "text/html; charset=utf-8", "{mode:?} {release}");
            let of_apple = headers(&scene, "apple-app-site-association").0;
            assert_eq!(of_apple, "application/json; charset=utf-8", "{mode:?} {release}");
            let warnings = scene.step(&deployment).warnings;
            let told = warnings.iter().filter(|it| it.contains("`latin.html`")).count();
            assert_eq!(told, 1, "{mode:?} {release}: {warnings:?}");
        }
    }
}

#[test]
fn the_whole_of_a_large_file_says_whether_it_is_utf_8() {
    let mut scene = Scene::new(SiteMode::InPlace);
    let mut latin = vec![b'a'; 9 * 1024 * 1024];
    latin.push(0xe9);
    // A character of two bytes lies across the pieces in which it is read.
    let mut utf8 = vec![b'a'; 8 * 1024 * 1024 - 1];
    utf8.extend("é, and more".as_bytes());
    let artifact = scene.upload(stored(&[("index.html", b"one"), ("latin.txt", &latin), ("utf-8.txt", &utf8)]));
    let deployment = scene.prepare(Some(&artifact), None);
    assert_eq!(scene.publish(&deployment), WorkTransition::Changed);
    assert_eq!(scene.switch(&deployment), WorkTransition::Changed);
    assert_eq!(headers(&scene, "latin.txt").0, "text/plain");
    assert_eq!(headers(&scene, "utf-8.txt").0, "text/plain; charset=utf-8");
}
