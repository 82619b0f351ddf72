//! Uploads whose events come late, twice, or in vain.

use crate::scenarios::scene::{
    arrive, arrive_in_vain, assert_free, both, executions, live, look, manifest, pass_minutes, program,
    release_unheard, serves, upload, upload_unheard,
};
use windlass_domain::deployment::Deployment;
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_engine::ledger;
use windlass_machine::shop::{FUNCTIONS, Shop};
use windlass_world::mishaps::When;

/// Returns the endings of a version's deployments.
fn endings(shop: &Shop<'_>, version: &str) -> Vec<String> {
    let ledger = shop.world().dynamodb();
    let items = ledger.items.values().filter(|item| item.key.sk == "record");
    let records = items.map(|item| {
        let item = ledger::from_item::<Deployment>((**item).clone());
        item.unwrap().value
    });
    let of = records.filter(|record| record.release.version == version);
    of.map(|record| record.ending.unwrap().to_string()).collect()
}

/// Safety: arrivals: An upload is ordered by when it arrived, however late its event comes.
#[test]
fn an_upload_whose_event_is_late_does_not_go_over_a_newer_one() {
    let program = program();
    let mut shop = live(&program);
    let late = release_unheard(&shop, "1.1.0");
    pass_minutes(&shop, 1);
    let newer = manifest(&shop, "1.2.0");
    upload(&shop, "releases/shop/prod/1.2.0.json", &newer);
    shop.region.run();
    let serving = serves(&shop);
    pass_minutes(&shop, 1);
    arrive(&shop, late);
    shop.region.run();
    assert_eq!(endings(&shop, "1.1.0"), ["NothingToDo (Superseded)"]);
    assert_eq!(serves(&shop), serving);
    assert_free(&shop);
}

/// Safety: arrivals: Of two uploads within a second the one that comes later is newer.
#[test]
fn of_two_uploads_within_a_second_the_one_that_comes_later_is_newer() {
    let program = program();
    let mut shop = live(&program);
    // Many, because their ids are in no order.
    for number in 1..9 {
        let (first, second) = (&format!("{number}.1.0"), &format!("{number}.2.0"));
        let [one, other] = [first, second].map(|version| release_unheard(&shop, version));
        assert_eq!(one["time"], other["time"]);
        arrive(&shop, one);
        shop.region.step();
        let now = shop.world().true_time();
        shop.world().clock().now = now.plus_ms(10);
        arrive(&shop, other);
        shop.region.run();
        assert_eq!(endings(&shop, first), ["Succeeded"]);
        assert_eq!(endings(&shop, second), ["Succeeded"]);
    }
}

/// Safety: arrivals: An upload whose execution died before it was a deployment is served again.
#[test]
fn an_upload_whose_execution_died_before_it_was_a_deployment_is_served_again() {
    let program = program();
    let mut shop = live(&program);
    look(&shop);
    let before = executions(&mut shop);
    arrive(&shop, release_unheard(&shop, "1.1.0"));
    let throttled = Fault::new(FaultName::Throttled, "slow down");
    shop.world().mishaps().refused.insert("dynamodb.get", throttled);
    assert_eq!(executions(&mut shop), before + 1);
    assert_eq!(endings(&shop, "1.1.0"), [""; 0], "it died in vain");
    // Intake works again, and nothing else does, for two hours.
    let throttled = Fault::new(FaultName::Throttled, "slow down");
    for turn in 2..10 {
        shop.world().mishaps().refused.clear();
        pass_minutes(&shop, 15);
        look(&shop);
        let refused = ("dynamodb.get", throttled.clone());
        shop.world().mishaps().refused.extend([refused]);
        assert_eq!(executions(&mut shop), before + turn);
    }
    shop.world().mishaps().refused.clear();
    for _ in 0..3 {
        pass_minutes(&shop, 15);
        look(&shop);
        shop.region.run();
    }
    assert_eq!(executions(&mut shop), before + 10);
    assert_eq!(endings(&shop, "1.1.0"), ["Succeeded"]);
    assert_eq!(serves(&shop), both("3"));
    assert_free(&shop);
}

/// Safety: arrivals: An upload whose refusal died is refused after all.
#[test]
fn an_upload_whose_refusal_died_is_refused_after_all() {
    let program = program();
    let mut shop = live(&program);
    look(&shop);
    arrive(&shop, upload_unheard(&shop, "releases/shop/prod/1.1.0.json", "{"));
    let throttled = Fault::new(FaultName::Throttled, "slow down");
    shop.world().mishaps().refused.insert("dynamodb.get", throttled);
    shop.region.run();
    shop.world().mishaps().refused.clear();
    assert!(!is_refused(&shop));
    let before = executions(&mut shop);
    for _ in 0..3 {
        pass_minutes(&shop, 15);
        look(&shop);
    }
    assert_eq!(executions(&mut shop), before + 1);
    assert!(is_refused(&shop));
}

fn is_refused(shop: &Shop<'_>) -> bool {
    let ledger = shop.world().dynamodb();
    let mut keys = ledger.items.keys();
    keys.any(|key| key.pk == "app#shop" && key.sk.starts_with("refusal#"))
}

/// Safety: arrivals: A declaration whose event comes twice is not refused beside a newer one.
#[test]
fn a_declaration_whose_event_comes_twice_is_not_refused_beside_a_newer_one() {
    let program = program();
    let shop = live(&program);
    let declare = |version: &str| {
        let text = FUNCTIONS.replace("version: 1.0.0", version).replace("2m", "3m");
        let event = upload_unheard(&shop, "apps/shop/app.yaml", &text);
        arrive(&shop, event.clone());
        event
    };
    let first = declare("version: 1.1.0");
    declare("version: 1.2.0 # once more");
    arrive(&shop, first);
    assert!(!is_refused(&shop));
}

/// Safety: arrivals: What a person stopped before it was a deployment is not served again.
#[test]
fn what_a_person_stopped_before_it_was_a_deployment_is_not_served_again() {
    let program = program();
    let mut shop = live(&program);
    look(&shop);
    arrive(&shop, release_unheard(&shop, "1.1.0"));
    let started = shop.world().stepfunctions().started.clone();
    shop.region.stop(&started[0].0);
    let before = executions(&mut shop);
    for _ in 0..3 {
        pass_minutes(&shop, 15);
        look(&shop);
    }
    assert_eq!(executions(&mut shop), before);
}

/// Safety: arrivals: An event that comes twice asks once, also where the release was rejected meanwhile.
#[test]
fn what_was_rejected_is_not_asked_for_again_by_its_own_event() {
    let program = program();
    let mut shop = live(&program);
    shop.act("hold");
    shop.region.run();
    let event = release_unheard(&shop, "1.1.0");
    // The answer to the note that it was served is lost, so the message comes again.
    let calls = shop.world().mishaps().count();
    arrive(&shop, event.clone());
    let noted = shop.world().mishaps().count() - calls;
    shop.region.run();
    assert_eq!(endings(&shop, "1.1.0"), ["Rejected (Held)"]);
    arrive(&shop, event);
    assert_eq!(executions(&mut shop), 3, "it came twice");

    let event = release_unheard(&shop, "1.2.0");
    let calls = shop.world().mishaps().count();
    let fault = Fault::new(FaultName::Throttled, "slow down");
    shop.world().fail_call(calls + noted, When::Before, fault);
    arrive_in_vain(&shop, event.clone());
    shop.region.run();
    shop.act("release_hold");
    shop.region.run();
    pass_minutes(&shop, 6);
    arrive(&shop, event);
    shop.region.run();
    assert_eq!(endings(&shop, "1.2.0"), ["Rejected (Held)"]);

    // To upload it once more is to ask for it again.
    pass_minutes(&shop, 1);
    let again = manifest(&shop, "1.2.0");
    upload(&shop, "releases/shop/prod/1.2.0.json", &again);
    shop.region.run();
    let mut endings = endings(&shop, "1.2.0");
    endings.sort();
    assert_eq!(endings, ["Rejected (Held)", "Succeeded"]);
    assert_free(&shop);
}
