//! Tests of the headers with which files are served: by their names, by their bytes, by what is declared.

use crate::site::scene::Scene;
use crate::site::zips::stored;
use windlass_domain::declaration::kinds::site::{ContentEncoding, HeaderRule, SiteMode};
use windlass_engine::payload::WorkTransition;

/// A page in ISO-8859-1 that says so.
const LATIN: &[u8] = b"<!doctype html><meta charset=iso-8859-1><p>caf\xe9";

/// Bytes that begin as a file of gzip does.
const GZIP: &[u8] = b"\x1f\x8b\x08 packed";

/// Returns the content type and the packing of the object at a key.
fn content(scene: &Scene, key: &str) -> (String, Option<String>) {
    let objects = scene.world.s3();
    let version = objects.buckets["shop-web"].current(key).unwrap();
    (version.content_type.clone().unwrap_or_default(), version.content_encoding.clone())
}

/// Returns the number of times that the object at a key was written.
fn writes(scene: &Scene, key: &str) -> usize {
    scene.world.s3().buckets["shop-web"].keys[key].len()
}

/// Returns the content type and the cache header that visitors get.
fn headers(scene: &Scene, path: &str) -> (String, String) {
    let answer = scene.visit(path);
    (answer.content_type.unwrap_or_default(), answer.cache_control.unwrap_or_default())
}

#[test]
fn a_page_in_another_character_set_keeps_it_and_is_reported() {
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
            let named = warnings.iter().filter(|it| it.contains("`latin.html`")).count();
            assert_eq!(named, 1, "{mode:?} {release}: {warnings:?}");
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

#[test]
fn packed_files_of_a_build_are_unpacked_by_browsers_and_downloads_are_not() {
    let mut scene = Scene::new(SiteMode::InPlace);
    let mut data = GZIP.to_vec();
    data.resize(9 * 1024 * 1024, 7);
    for page in ["one", "two"] {
        let artifact = scene.upload(stored(&[
            ("index.html", page.as_bytes()),
            ("Build/game.data.gz", &data),
            ("Build/game.framework.js.gz", GZIP),
            ("Build/game.wasm.br", b"packed"),
            ("_framework/app.wasm", b"plain"),
            ("_framework/app.wasm.br", b"packed"),
            ("backup.tar.gz", GZIP),
        ]));
        scene.deploy(&artifact);
        let table = [
            ("Build/game.data.gz", "application/octet-stream", Some("gzip")),
            ("Build/game.framework.js.gz", "text/javascript", Some("gzip")),
            ("Build/game.wasm.br", "application/wasm", Some("br")),
            ("_framework/app.wasm", "application/wasm", None),
            ("_framework/app.wasm.br", "application/octet-stream", None),
            ("backup.tar.gz", "application/gzip", None),
        ];
        for (key, kind, encoding) in table {
            assert_eq!(content(&scene, key), (kind.to_owned(), encoding.map(str::to_owned)), "{page}: {key}");
            assert_eq!(writes(&scene, key), 1, "{page}: {key}");
        }
    }
}

#[test]
fn a_declared_rule_goes_before_what_shows_and_reaches_files_that_are_there() {
    let mut scene = Scene::new(SiteMode::InPlace);
    let artifact = scene.upload(stored(&[("index.html", b"one"), ("app.js", b"app()"), ("app.js.gz", GZIP)]));
    scene.deploy(&artifact);
    assert_eq!(content(&scene, "app.js.gz"), ("application/gzip".to_owned(), None));
    scene.site.headers = vec![HeaderRule {
        files: "*.js.gz".into(),
        content_type: Some("text/javascript; charset=utf-8".into()),
        content_encoding: Some(ContentEncoding::Gzip),
        cache_control: Some("no-store".into()),
    }];
    scene.deploy(&artifact);
    let declared = ("text/javascript; charset=utf-8".to_owned(), Some("gzip".to_owned()));
    assert_eq!(content(&scene, "app.js.gz"), declared);
    assert_eq!(headers(&scene, "app.js.gz").1, "no-store");
    assert_eq!(writes(&scene, "app.js"), 1);
    // The rule goes, and with it what it said.
    scene.site.headers.clear();
    scene.deploy(&artifact);
    assert_eq!(content(&scene, "app.js.gz"), ("application/gzip".to_owned(), None));
}
