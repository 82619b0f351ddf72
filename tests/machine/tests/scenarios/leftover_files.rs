//! The files that former releases of a site left, over months.

use crate::scenarios::scene::{ended, program};
use windlass_domain::release::ending::Ending;
use windlass_engine::ports::Clock;
use windlass_machine::shop::{ALL_KINDS, Shop};
use windlass_world::run::run;

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
