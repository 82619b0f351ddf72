//! The cost of a run of a schedule, in calls of ports. It grows with what is new, not with history.

use crate::scenarios::scene::{
    BOTH, arrive_in_vain, assert_free, declare, ended, executions, live, look, pass_minutes, program, release_unheard,
    upload_unheard,
};
use std::collections::BTreeMap;
use windlass_domain::release::ending::Ending;
use windlass_domain::text::digest::Digest;
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_engine::ledger::{self, ServedArrival, Stored};
use windlass_engine::ports::{Clock, DynamoDbApi, Image};
use windlass_machine::arrivals::scheduled;
use windlass_machine::shop::{SERVICE_AND_FUNCTION, Shop};
use windlass_world::ecr::HOST;
use windlass_world::run::run;

const REPOSITORY: &str = "shop/agent";

/// Returns the calls that this makes, by name.
fn calls(shop: &mut Shop<'_>, of: impl FnOnce(&mut Shop<'_>)) -> BTreeMap<&'static str, usize> {
    let before = shop.world().mishaps().calls.len();
    of(shop);
    let mut made = BTreeMap::new();
    for name in shop.world().mishaps().calls.iter().skip(before) {
        *made.entry(*name).or_default() += 1;
    }
    made
}

/// Makes a release that is recovered after a stop and looked at again, and another release.
fn grow_older(shop: &mut Shop<'_>, number: usize) {
    let stopped = shop.deploy(&format!("2.{number}.0"), &BOTH);
    assert!(shop.region.run_until(&stopped, "Bake"));
    shop.region.stop(&stopped);
    shop.region.run();
    assert_eq!(ended(shop, &stopped).ending, Ending::RolledBack);
    pass_minutes(shop, 15);
    shop.region.scheduled();
    let whole = shop.deploy(&format!("2.{number}.1"), &BOTH);
    shop.region.run();
    assert_eq!(ended(shop, &whole).ending, Ending::Succeeded);
    assert_free(shop);
    pass_minutes(shop, 15);
}

/// Lets the schedule run until the hourly look has been made, and the next one is not due yet.
fn between_looks(shop: &mut Shop<'_>) {
    for _ in 0..14 {
        pass_minutes(shop, 5);
        shop.region.scheduled();
    }
}

/// Safety: recovery: A run of the schedule makes the same calls however long the history is.
#[test]
fn the_schedule_of_recoveries_makes_the_same_calls_whatever_was() {
    let program = program();
    let mut shop = live(&program);
    between_looks(&mut shop);
    let fresh = calls(&mut shop, |shop| shop.region.scheduled());
    assert_eq!(fresh, BTreeMap::from([("dynamodb.query_index", 8)]));
    for number in 0..30 {
        grow_older(&mut shop, number);
    }
    assert!(shop.environment().snapshot > 30);
    between_looks(&mut shop);
    let old = calls(&mut shop, |shop| shop.region.scheduled());
    assert_eq!(old, fresh);
}

/// Makes two looks of intake, after which there are rounds.
fn rounds_begin(shop: &Shop<'_>) {
    for _ in 0..2 {
        look(shop);
        pass_minutes(shop, 15);
    }
}

/// Safety: arrivals: A look at the bucket costs the same however much lies there.
#[test]
fn a_look_at_the_bucket_costs_the_same_however_much_lies_there() {
    let program = program();
    let mut shop = live(&program);
    for number in 0..2_000 {
        upload_unheard(&shop, &format!("releases/old/prod/{number:05}.json"), "{}");
        upload_unheard(&shop, &format!("windlass/{number:05}"), "{}");
    }
    pass_minutes(&shop, 15);
    rounds_begin(&shop);
    let executions_before = executions(&mut shop);
    release_unheard(&shop, "1.1.0");
    pass_minutes(&shop, 15);
    // The last run of a round comes to what is new.
    let mut pages = 0;
    while executions(&mut shop) == executions_before {
        let made = calls(&mut shop, |shop| look(shop));
        pages += made["s3.list"];
        assert!(made["s3.list"] <= 3 && pages <= 12, "{made:?}");
        pass_minutes(&shop, 15);
    }
    // The rounds overlap, so the next ones come to it as well, and leave it.
    for _ in 0..8 {
        look(&shop);
        pass_minutes(&shop, 15);
    }
    // The calls are for the place where the round is, and for the repositories.
    for _ in 0..4 {
        let mut made = calls(&mut shop, |shop| look(shop));
        assert!(made.remove("s3.list").unwrap() <= 3);
        let wanted = [("dynamodb.get", 1), ("dynamodb.query_index", 1), ("dynamodb.transact", 1)];
        assert_eq!(made, BTreeMap::from(wanted));
        pass_minutes(&shop, 15);
    }
}

#[test]
fn what_cannot_be_served_is_tried_in_bounded_parts_and_keeps_nothing_from_its_turn() {
    let program = program();
    let mut shop = Shop::new(&program, SERVICE_AND_FUNCTION);
    declare(&shop, &SERVICE_AND_FUNCTION.replace("1.0.0", "1.0.1"));
    rounds_begin(&shop);
    for number in 0..250 {
        let tag = format!("main-{number}");
        shop.world().ecr().push(REPOSITORY, &tag);
    }
    let denied = Fault::new(FaultName::AccessDenied, "not allowed");
    let mut mishaps = shop.world().mishaps();
    mishaps.refused.insert("stepfunctions.start", denied);
    drop(mishaps);
    pass_minutes(&shop, 15);
    let mut tried = vec![];
    for _ in 0..3 {
        let made = calls(&mut shop, |shop| {
            arrive_in_vain(shop, scheduled(shop.world().now()));
        });
        tried.push(made["stepfunctions.start"]);
        pass_minutes(&shop, 15);
    }
    assert_eq!(tried, [100, 100, 50]);
}

#[test]
fn a_run_asks_the_ledger_about_a_thousand_pushes_at_most() {
    let program = program();
    let mut shop = Shop::new(&program, SERVICE_AND_FUNCTION);
    declare(&shop, &SERVICE_AND_FUNCTION.replace("1.0.0", "1.0.1"));
    rounds_begin(&shop);
    for number in 0..2_050 {
        let tag = format!("main-{number:04}");
        let digest = shop.world().ecr().push(REPOSITORY, &tag);
        // All events have come but the last one.
        if number < 2_049 {
            let key = ledger::arrival(&format!("{REPOSITORY} {digest} {tag}"));
            let served = ServedArrival { at: shop.world().now(), started: None };
            let noted = Stored::new(key, served);
            run(shop.world().transact(vec![noted.put().unwrap()])).unwrap();
        }
    }
    pass_minutes(&shop, 15);
    let mut gets = vec![];
    for _ in 0..3 {
        assert_eq!(shop.region.all_ended().len(), 0);
        let made = calls(&mut shop, |shop| look(shop));
        gets.push(made["dynamodb.get"] / 100);
        pass_minutes(&shop, 15);
        shop.region.run();
    }
    assert_eq!(gets, [10, 10, 0]);
    assert_eq!(shop.region.all_ended().len(), 1);
}

/// Safety: arrivals: A large repository is looked through over several runs, each of which reads twenty pages.
#[test]
fn a_repository_is_looked_through_over_several_runs_each_of_which_reads_twenty_pages() {
    let program = program();
    let mut shop = Shop::new(&program, SERVICE_AND_FUNCTION);
    declare(&shop, &SERVICE_AND_FUNCTION.replace("1.0.0", "1.0.1"));
    rounds_begin(&shop);
    let mut registry = shop.world().ecr();
    let old = (0..20_500).map(|number| Image {
        repository_uri: format!("{HOST}/{REPOSITORY}"),
        digest: Digest::of(format!("{number}").as_bytes()),
        tags: vec![format!("main-old-{number}")],
        media_type: "application/vnd.oci.image.manifest.v1+json".into(),
        platforms: vec![],
    });
    registry.images.extend(old);
    registry.push(REPOSITORY, "main-42");
    drop(registry);
    pass_minutes(&shop, 15);
    let mut pages = vec![];
    for _ in 0..2 {
        let made = calls(&mut shop, |shop| look(shop));
        pages.push(made["ecr.tagged"]);
        pass_minutes(&shop, 15);
    }
    assert_eq!(pages, [20, 1]);
    shop.region.run();
    assert_eq!(shop.runs(), "agent:2", "it was the last of all");
    assert_eq!(shop.region.all_ended().len(), 1);
}
