//! The files that former releases of a site left, over months.

use crate::scenarios::scene::{ended, program};
use serde_json::json;
use std::io::{Cursor, Write};
use windlass_domain::deployment::drill::DrillDeployment;
use windlass_domain::release::ending::Ending;
use windlass_domain::text::digest::Digest;
use windlass_engine::ports::Clock;
use windlass_machine::shop::{ALL_KINDS, Shop};
use windlass_world::run::run;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

const MONTH_MS: u64 = 31 * 24 * 60 * 60 * 1000;

fn scripts(shop: &Shop<'_>) -> usize {
    let keys = shop.world().s3().texts("shop-web").into_keys();
    keys.filter(|key| key.starts_with("assets/")).count()
}

fn months_later(shop: &mut Shop<'_>, version: &str) {
    run(shop.world().sleep_ms(MONTH_MS));
    let arn = shop.deploy(version, &["web"]);
    shop.region.run();
    assert_eq!(ended(shop, &arn).ending, Ending::Succeeded);
}

/// Safety: deletion: What no rollback needs is deleted, and a rollback finds the rest.
#[test]
fn what_no_rollback_needs_is_deleted_and_a_rollback_finds_the_rest() {
    let program = program();
    let declared = ALL_KINDS.replace("distribution: E1,", "distribution: E1, keep: 2,");
    let mut shop = Shop::new(&program, &declared);
    for (version, expected) in [(1, 1), (2, 2), (3, 3), (4, 4), (5, 4), (6, 4)] {
        months_later(&mut shop, &format!("1.{version}.0"));
        assert_eq!(scripts(&shop), expected, "the snapshots of the last three");
    }
    for version in ["1.5.0", "1.4.0"] {
        let rollback = shop.act("rollback");
        shop.region.run();
        assert_eq!(ended(&shop, &rollback).ending, Ending::Succeeded);
        let running = shop.environment().running;
        assert!(running.values().any(|running| running.version() == version));
        assert_eq!(scripts(&shop), 4, "a rollback deletes nothing");
    }
}

/// Makes the archive of a site with this script, whose page is always the same.
fn site(script: &str) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for name in ["index.html", script] {
        archive.start_file(name, SimpleFileOptions::default()).unwrap();
        archive.write_all(name.as_bytes()).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

/// A drill between two releases whose files all stay has nothing to change, and its record has the reason.
#[test]
fn a_drill_between_releases_that_differ_only_by_files_that_stay_counts_them() {
    let program = program();
    let mut shop = Shop::new(&program, ALL_KINDS);
    for (version, script) in [("1.0.0", "assets/first.js"), ("1.1.0", "assets/second.js")] {
        let mut request = shop.release(version, &["web"]);
        let (web, bytes) = (&mut request["manifest"]["components"]["web"], site(script));
        web["sha256"] = json!(Digest::of(&bytes));
        let key = web["key"].as_str().unwrap().to_owned();
        shop.world().s3().upload("artifacts", &key, bytes);
        let arn = shop.start(&request);
        shop.region.run();
        assert_eq!(ended(&shop, &arn).ending, Ending::Succeeded, "{version}");
    }
    shop.act("drill");
    shop.region.run();
    let drill = shop.ended_drill();
    for way in [Some(&drill.there), drill.back.as_ref()] {
        let ended = way.and_then(|way: &DrillDeployment| way.ended.as_ref()).unwrap();
        assert_eq!((ended.ending, ended.kept_files), (Ending::NothingToDo, Some(2)), "{:?}", ended.cause);
    }
}
