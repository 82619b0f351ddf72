//! The schedule finds uploads and images of which no event came.

use crate::scenarios::scene::{
    BOTH, assert_free, both, declare, ended, executions, live, look, manifest, pass_minutes, program, release_unheard,
    serves, upload, upload_unheard,
};
use windlass_domain::release::ending::Ending;
use windlass_engine::ports::{Key, ObjectId, S3Api};
use windlass_machine::shop::FUNCTIONS;
use windlass_world::run::run;

/// Safety: arrivals: A manifest whose event was lost is released once, when its event has had its time.
#[test]
fn a_manifest_whose_event_was_lost_is_released_once() {
    let program = program();
    let mut shop = live(&program);
    look(&shop);
    let before = executions(&mut shop);
    release_unheard(&shop, "1.1.0");
    look(&shop);
    assert_eq!(executions(&mut shop), before, "its event may still come");
    for _ in 0..3 {
        pass_minutes(&shop, 15);
        look(&shop);
    }
    assert_eq!(executions(&mut shop), before + 1);
    assert_eq!(serves(&shop), both("3"));
    assert_free(&shop);
}

#[test]
fn what_was_there_before_the_first_look_is_left() {
    let program = program();
    let mut shop = live(&program);
    let before = executions(&mut shop);
    release_unheard(&shop, "1.1.0");
    pass_minutes(&shop, 15);
    for _ in 0..3 {
        look(&shop);
        pass_minutes(&shop, 15);
    }
    assert_eq!(executions(&mut shop), before);
}

/// Safety: arrivals: A refused upload is not asked for again by looking.
#[test]
fn a_refused_upload_is_not_asked_for_again() {
    let program = program();
    let mut shop = live(&program);
    look(&shop);
    let before = executions(&mut shop);
    let text = manifest(&shop, "1.1.0").replace("refs/heads/main", "refs/heads/other");
    upload(&shop, "releases/shop/prod/1.1.0.json", &text);
    assert_eq!(executions(&mut shop), before + 1);
    let changed = FUNCTIONS.replace("version: 1.0.0", "version: 1.1.0");
    declare(&shop, &changed.replace("branch: main", "branch: other"));
    for _ in 0..3 {
        pass_minutes(&shop, 15);
        look(&shop);
    }
    assert_eq!(executions(&mut shop), before + 1);
}

/// Safety: arrivals: What was missed is no newer than what was accepted since.
#[test]
fn what_was_missed_is_no_newer_than_what_was_accepted_since() {
    let program = program();
    let mut shop = live(&program);
    look(&shop);
    release_unheard(&shop, "1.1.0");
    pass_minutes(&shop, 1);
    let newer = shop.deploy("1.2.0", &BOTH);
    shop.region.run();
    assert_eq!(ended(&shop, &newer).ending, Ending::Succeeded);
    let serving = serves(&shop);
    let before = executions(&mut shop);
    for _ in 0..2 {
        pass_minutes(&shop, 15);
        look(&shop);
    }
    assert_eq!(executions(&mut shop), before + 1, "it is served");
    assert_eq!(serves(&shop), serving);
    assert_free(&shop);
}

#[test]
fn a_long_outage_is_worked_off_in_bounded_parts() {
    let program = program();
    let mut shop = live(&program);
    look(&shop);
    let before = executions(&mut shop);
    for number in 0..150 {
        upload_unheard(&shop, &format!("releases/shop/prod/2.0.{number}.json"), "{");
    }
    pass_minutes(&shop, 15);
    look(&shop);
    assert_eq!(executions(&mut shop), before + 100);
    look(&shop);
    assert_eq!(executions(&mut shop), before + 150);
}

#[test]
fn a_declaration_whose_event_was_lost_is_put_in_force() {
    let program = program();
    let shop = live(&program);
    look(&shop);
    let changed = FUNCTIONS.replace("version: 1.0.0", "version: 1.1.0");
    upload_unheard(&shop, "apps/shop/app.yaml", &changed);
    pass_minutes(&shop, 15);
    look(&shop);
    let declared = |key: &Key| key.pk == "app#shop" && key.sk == "declaration#1.1.0";
    assert!(shop.world().dynamodb().items.keys().any(declared));
    let beside =
        ObjectId { bucket: "artifacts".into(), key: "apps/shop/app.yaml.findings.json".into(), version_id: None };
    let found = run(S3Api::head(shop.world(), &beside));
    assert!(found.unwrap().is_some());
}

/// That of all applications comes first by its key, so that the other one may name its groups.
#[test]
fn access_files_whose_events_were_lost_are_put_in_force() {
    let program = program();
    let shop = live(&program);
    look(&shop);
    upload_unheard(&shop, "access/all.yaml", "version: 1\nwho: {ci: ['arn:aws:iam::111111111111:role/shop-ci']}\n");
    upload_unheard(&shop, "access/apps/shop.yaml", "app: shop\nversion: 1\nenvironments: {prod: {release: [ci]}}\n");
    upload_unheard(&shop, "access/shop.yaml", "app: shop\n");
    let in_force = |key: &str| shop.world().dynamodb().items.keys().any(|item| item.pk == key && item.sk == "file");
    pass_minutes(&shop, 15);
    look(&shop);
    assert!(in_force("access#") && in_force("access#shop"));
    for key in ["access/all.yaml", "access/apps/shop.yaml", "access/shop.yaml"] {
        assert!(shop.world().s3().texts("artifacts").contains_key(&format!("{key}.findings.json")), "{key}");
    }
}
