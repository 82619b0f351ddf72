//! Tests of a site whose files are written over the live ones: what a release does, its undo and a rollback.

use crate::site::scene::Scene;
use crate::site::zips::zip;
use windlass_domain::declaration::kinds::site::{CacheRule, ConfigFile, SiteMode};
use windlass_domain::text::finding::FindingName;
use windlass_engine::payload::WorkTransition;

pub const ONE: &[(&str, &str)] = &[
    ("index.html", "<script src=/assets/index-aaaa1111.js></script>one"),
    ("about.html", "about"),
    ("logo.svg", "<svg>one</svg>"),
    ("gone.txt", "one"),
    ("gone.html", "one"),
    ("assets/index-aaaa1111.js", "one()"),
];

pub const TWO: &[(&str, &str)] = &[
    ("index.html", "<script src=/assets/index-bbbb2222.js></script>two"),
    ("about.html", "about"),
    ("logo.svg", "<svg>two</svg>"),
    ("new.txt", "two"),
    ("new.html", "two"),
    ("assets/index-bbbb2222.js", "two()"),
];

pub fn scene() -> Scene {
    Scene::new(SiteMode::InPlace)
}

#[test]
fn a_first_release_is_served_with_types_and_cache_headers() {
    let mut scene = scene();
    scene.site.cache = vec![CacheRule { files: "gone.*".into(), cache_control: "public, max-age=60".into() }];
    scene.deploy_files(ONE);
    assert!(scene.text("").ends_with("one"));
    let objects = scene.world.s3();
    let bucket = &objects.buckets["shop-web"];
    let headers = |key: &str| {
        let version = bucket.current(key).unwrap();
        (version.content_type.clone().unwrap(), version.cache_control.clone().unwrap())
    };
    let table = [
        ("index.html", "text/html; charset=utf-8", "no-cache"),
        ("gone.txt", "text/plain; charset=utf-8", "public, max-age=60"),
        ("assets/index-aaaa1111.js", "text/javascript; charset=utf-8", "public, max-age=31536000, immutable"),
    ];
    for (key, content_type, cache) in table {
        assert_eq!(headers(key), (content_type.to_owned(), cache.to_owned()), "{key}");
    }
}

#[test]
fn publishing_changes_nothing_that_visitors_notice() {
    let mut scene = scene();
    scene.deploy_files(ONE);
    let before = scene.bucket();
    let deployment = scene.publish_files(TWO);
    let mut after = scene.bucket();
    assert_eq!(after.remove("assets/index-bbbb2222.js").unwrap(), "two()");
    assert_eq!(after.remove("new.txt").unwrap(), "two");
    assert_eq!(after, before);
    let progress = scene.step(&deployment).progress.unwrap();
    assert_eq!((progress.files_done, progress.files_total), (6, 6));
    assert_eq!(progress.bytes_done, progress.bytes_total);
}

/// Safety: left open: Of a site in place all is read before its call is recorded, and nothing slow stands between that
/// and the first file.
#[test]
fn nothing_slow_stands_between_the_open_call_and_the_first_file() {
    let mut scene = scene();
    scene.deploy_files(ONE);
    let deployment = scene.publish_files(TWO);
    let published = scene.world.mishaps().calls.len();
    assert_eq!(scene.switch(&deployment), WorkTransition::Changed);
    let calls = scene.world.mishaps().calls[published..].to_vec();
    let put = calls.iter().position(|call| *call == "s3.put").unwrap();
    let before = ["s3.get_range", "dynamodb.transact"];
    assert_eq!(calls[put - 2..put], before, "{calls:?}");
}

/// Safety: limits: Each write of a site's switch is sent once, and those of publishing as often as needed.
#[test]
fn each_write_of_a_switch_is_sent_once_and_those_of_publishing_as_often_as_needed() {
    let mut scene = scene();
    scene.deploy_files(ONE);
    scene.world.s3().sent_once.clear();
    let deployment = scene.publish_files(TWO);
    assert_eq!(scene.sent_once(), []);
    assert_eq!(scene.switch(&deployment), WorkTransition::Changed);
    let switched = ["gone.html", "index.html", "logo.svg", "new.html"];
    assert_eq!(scene.sent_once(), switched.map(|key| (key.into(), 4_000)));
    assert_eq!(scene.undo(&deployment), WorkTransition::Changed);
    // What nothing names goes as well.
    let undone = switched.into_iter().chain(["new.txt"]);
    let undone: Vec<(String, u64)> = undone.map(|key| (key.into(), 4_000)).collect();
    assert_eq!(scene.sent_once(), undone);
}

#[test]
fn a_second_release_changes_only_what_differs_and_deletes_documents_alone() {
    let mut scene = scene();
    scene.deploy_files(ONE);
    let writes = scene.world.s3().writes;
    scene.deploy_files(TWO);
    assert_eq!(
        scene.keys(),
        [
            "about.html",
            "assets/index-aaaa1111.js",
            "assets/index-bbbb2222.js",
            "gone.txt",
            "index.html",
            "logo.svg",
            "new.html",
            "new.txt"
        ]
    );
    assert!(scene.text("index.html").ends_with("two"));
    let objects = scene.world.s3();
    let versions = |key: &str| objects.buckets["shop-web"].keys[key].len();
    assert_eq!(versions("about.html"), 1, "it did not differ");
    assert_eq!(versions("index.html"), 2);
    assert_eq!(versions("gone.html"), 2, "its version remains under a delete marker");
    assert!(objects.writes > writes);
}

#[test]
fn documents_are_written_after_what_they_name_and_deletions_come_last() {
    let mut scene = scene();
    scene.deploy_files(ONE);
    scene.deploy_files(TWO);
    let objects = scene.world.s3();
    let order = |key: &str| {
        let versions = &objects.buckets["shop-web"].keys[key];
        versions.last().unwrap().id.clone().unwrap()
    };
    let in_order = ["assets/index-bbbb2222.js", "logo.svg", "index.html", "gone.html"];
    for pair in in_order.windows(2) {
        assert!(order(pair[0]) < order(pair[1]), "{pair:?}");
    }
}

/// Safety: deletion: An undo brings back the documents that the switch deleted.
#[test]
fn undo_restores_what_was_there() {
    let mut scene = scene();
    scene.deploy_files(ONE);
    let before = scene.bucket();
    let deployment = scene.publish_files(TWO);
    assert_eq!(scene.switch(&deployment), WorkTransition::Changed);
    assert_eq!(scene.undo(&deployment), WorkTransition::Changed);
    let mut after = scene.bucket();
    assert_eq!(after.remove("assets/index-bbbb2222.js").unwrap(), "two()");
    // Nothing names `new.txt`: it went.
    assert_eq!(after, before);
}

#[test]
fn a_first_deployment_into_a_live_bucket_returns_to_what_was_found() {
    let mut scene = scene();
    for (key, text) in [("index.html", "found"), ("old.html", "old"), ("logo.svg", "x")] {
        scene.world.s3().upload("shop-web", key, text);
    }
    let before = scene.bucket();
    let deployment = scene.publish_files(ONE);
    assert_eq!(scene.switch(&deployment), WorkTransition::Changed);
    assert!(scene.text("").ends_with("one"));
    assert_eq!(scene.text("old.html"), "old", "what is not ours is left alone");
    assert_eq!(scene.undo(&deployment), WorkTransition::Changed);
    let mut after = scene.bucket();
    after.remove("assets/index-aaaa1111.js").unwrap();
    assert_eq!(after, before);
}

#[test]
fn a_rollback_restores_recorded_versions_and_can_be_undone() {
    let mut scene = scene();
    scene.deploy_files(ONE);
    let one = scene.running.clone().unwrap().state;
    let live_one = scene.bucket();
    scene.deploy_files(TWO);
    let live_two = scene.bucket();
    let rollback = scene.prepare(None, Some(&one));
    assert_eq!(rollback.prepared.findings, []);
    let rollback = scene.go(rollback);
    let left = [("assets/index-bbbb2222.js", "two()"), ("new.txt", "two")];
    let mut wanted = live_one;
    wanted.extend(left.map(|(path, text)| (path.to_owned(), text.to_owned())));
    assert_eq!(scene.bucket(), wanted);
    assert_eq!(scene.undo(&rollback), WorkTransition::Changed);
    assert_eq!(scene.bucket(), live_two);
}

#[test]
fn a_rollback_whose_versions_are_gone_is_refused() {
    let mut scene = scene();
    scene.deploy_files(ONE);
    let one = scene.running.clone().unwrap().state;
    scene.deploy_files(TWO);
    let keys = &mut scene.world.s3().buckets.get_mut("shop-web").unwrap().keys.clone();
    keys.get_mut("index.html").unwrap().remove(0);
    scene.world.s3().buckets.get_mut("shop-web").unwrap().keys = keys.clone();
    let rollback = scene.prepare(None, Some(&one));
    assert_eq!(rollback.prepared.findings[0].name, FindingName::ArtifactMissing);
    assert!(rollback.prepared.findings[0].reason.written().contains("index.html"));
}

#[test]
fn the_same_release_again_changes_nothing() {
    let mut scene = scene();
    let artifact = scene.upload(zip(ONE));
    scene.deploy(&artifact);
    let again = scene.prepare(Some(&artifact), None).prepared;
    assert!(again.stages.is_empty());
    assert!(again.unchanged.unwrap().contains("already"));
}

#[test]
fn the_configuration_file_comes_from_the_declaration() {
    let mut scene = scene();
    scene.site.config = Some(ConfigFile {
        path: "config.js".into(),
        global: Some("window.config".into()),
        values: [("api".to_owned(), "https://prod.example".to_owned())].into(),
    });
    scene.deploy_files(&[("index.html", "x"), ("config.js", "window.config = {}")]);
    assert!(scene.text("config.js").contains("https://prod.example"));
    let artifact = scene.upload(zip(&[("index.html", "x"), ("config.js", "window.config = {}")]));
    scene.site.config.as_mut().unwrap().values = [("api".to_owned(), "b".to_owned())].into();
    let changed = scene.prepare(Some(&artifact), None);
    assert!(changed.prepared.unchanged.is_none(), "a changed value is a change");
    scene.go(changed);
    assert_eq!(scene.text("config.js"), "window.config = {\n  \"api\": \"b\"\n};\n");
}

#[test]
fn a_bucket_whose_etags_say_nothing_works_as_well() {
    let mut scene = scene();
    scene.world.s3().buckets.get_mut("shop-web").unwrap().kms = true;
    scene.deploy_files(ONE);
    let before = scene.bucket();
    let one = scene.running.clone().unwrap().state;
    let deployment = scene.publish_files(TWO);
    assert_eq!(scene.switch(&deployment), WorkTransition::Changed);
    assert_eq!(scene.undo(&deployment), WorkTransition::Changed);
    let mut after = scene.bucket();
    after.remove("assets/index-bbbb2222.js").unwrap();
    assert_eq!(after, before);
    scene.deploy_files(TWO);
    let rollback = scene.prepare(None, Some(&one));
    scene.go(rollback);
    assert!(scene.text("index.html").ends_with("one"));
}

#[test]
fn changed_documents_are_invalidated_after_they_were_written() {
    let mut scene = scene();
    scene.world.cloudfront().invalidation_ms = 40_000;
    let deployment = scene.deploy_files(ONE);
    let made = scene.world.cloudfront().invalidations.clone();
    assert_eq!(made.len(), 1, "asking again made no second one");
    assert_eq!(made[0].paths, ["/*"]);
    assert_eq!(made[0].reference, format!("{}-forward-1", deployment.id));
}

/// Safety: left open: An invalidation that CloudFront refuses is a warning in the end.
#[test]
fn an_invalidation_that_is_refused_is_a_warning_in_the_end() {
    let mut scene = scene();
    scene.world.cloudfront().refuses_invalidations = true;
    let deployment = scene.deploy_files(ONE);
    let warnings = scene.step(&deployment).warnings;
    assert_eq!(warnings.len(), 1);
    assert!(warnings[0].contains("TooManyInvalidationsInProgress"), "{warnings:?}");
}

#[test]
fn pages_of_a_listing_are_all_read() {
    let mut scene = scene();
    scene.world.s3().page = 2;
    scene.deploy_files(ONE);
    scene.deploy_files(TWO);
    assert!(scene.text("index.html").ends_with("two"));
    assert!(!scene.keys().contains(&"gone.html".to_owned()));
}
