//! Operators' withdrawals: files of a site go now, and do not come back.

use crate::scenarios::scene::{assert_free, ended, failure, program};
use serde_json::json;
use windlass_domain::environment::HeldState;
use windlass_domain::release::ending::Ending;
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_domain::text::name::ComponentName;
use windlass_machine::program::Program;
use windlass_machine::shop::{ALL_KINDS, Shop};

/// Makes a shop with two releases of its site live, one after the other.
fn live(program: &Program) -> Shop<'_> {
    let mut shop = Shop::new(program, ALL_KINDS);
    for version in ["1.0.0", "1.1.0"] {
        let arn = shop.deploy(version, &["api", "web"]);
        shop.region.run();
        assert_eq!(ended(&shop, &arn).ending, Ending::Succeeded, "{version}");
    }
    shop
}

fn withdraw(shop: &mut Shop<'_>, pattern: &str) -> String {
    let arn = shop.start(&json!({
        "action": "withdraw", "app": "shop", "environment": "prod", "component": "web", "pattern": pattern,
        "reason": "nobody was to see it",
    }));
    shop.region.run();
    arn
}

/// Returns the paths of the site's files that are no documents.
fn files(shop: &Shop<'_>) -> Vec<String> {
    let files = shop.world().s3().texts("shop-web").into_keys();
    files.filter(|path| path != "index.html").collect()
}

#[test]
fn a_withdrawal_takes_the_file_away_and_keeps_that() {
    let program = program();
    let mut shop = live(&program);
    let file = files(&shop).remove(0);
    let before = shop.environment();
    let done = withdraw(&mut shop, &file);
    let record = ended(&shop, &done);
    assert_eq!(record.ending, Ending::Succeeded, "{record:?}");
    assert!(record.cause.written().contains(&format!("1 file of web is withdrawn: `{file}`")), "{:?}", record.cause);
    assert!(!files(&shop).contains(&file));
    assert_free(&shop);
    let after = shop.environment();
    let kept: Vec<&str> = after.withdrawn.values().flatten().map(|it| it.path.as_str()).collect();
    assert_eq!(kept, [file.as_str()]);
    let api = ComponentName::new("api").unwrap();
    assert_eq!(after.hold, None);
    assert_eq!(after.running[&api], before.running[&api]);
    // The release that had it is gone back to without it.
    let rollback = shop.act("rollback");
    shop.region.run();
    assert_eq!(ended(&shop, &rollback).ending, Ending::Succeeded);
    assert!(!files(&shop).contains(&file));
}

#[test]
fn what_matches_nothing_is_refused_and_changes_nothing() {
    let program = program();
    let mut shop = live(&program);
    let before = shop.world().s3().texts("shop-web");
    for pattern in ["nothing/**", "*.html"] {
        let refused = withdraw(&mut shop, pattern);
        assert_eq!(failure(&shop, &refused).0, "BadValue", "{pattern}");
    }
    assert_eq!(shop.world().s3().texts("shop-web"), before);
    assert_free(&shop);
}

/// Safety: deletion: A withdrawal that cannot delete leaves the environment locked, and a recovery goes on with it.
#[test]
fn one_that_cannot_delete_needs_an_operator_whose_recovery_withdraws() {
    let program = program();
    let mut shop = live(&program);
    let file = files(&shop).remove(0);
    let denied = Fault::new(FaultName::AccessDenied, "s3:DeleteObject was refused");
    shop.world().mishaps().refused.insert("s3.delete", denied);
    let stuck = withdraw(&mut shop, &file);
    assert_eq!(ended(&shop, &stuck).ending, Ending::NeedsOperator);
    assert_eq!(shop.lock().held.unwrap().state, HeldState::NeedsOperator);
    shop.world().mishaps().refused.clear();
    shop.act("recover");
    shop.region.run();
    assert!(!files(&shop).contains(&file));
    assert_free(&shop);
    assert_eq!(shop.environment().withdrawn.len(), 1);
}
