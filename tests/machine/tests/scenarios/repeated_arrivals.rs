//! The same release arrives once more, by each way, and makes no second deployment.

use crate::scenarios::repeated_releases::{by_post, endings, records};
use crate::scenarios::scene::{arrive, executions, live, look, manifest, pass_minutes, program, release_unheard};
use serde_json::json;
use std::collections::BTreeMap;
use windlass_engine::routes::api::{ApiCall, handle};
use windlass_world::run::run;

#[test]
fn an_event_that_comes_again_is_no_arrival() {
    let program = program();
    let mut shop = live(&program);
    look(&shop);
    pass_minutes(&shop, 1);
    let first = release_unheard(&shop, "1.1.0");
    arrive(&shop, first.clone());
    shop.region.run();
    pass_minutes(&shop, 1);
    let second = release_unheard(&shop, "1.1.0");
    arrive(&shop, second.clone());
    shop.region.run();
    let wanted = ["Succeeded", "NothingToDo (AlreadyThere)"];
    assert_eq!(endings(&shop, "1.1.0"), wanted);
    let before = executions(&mut shop);
    // This holds even if nobody noted that they were served.
    for forget in [false, true] {
        for event in [&first, &second] {
            if forget {
                let mut ledger = shop.world().dynamodb();
                ledger.items.retain(|key, _| !key.pk.starts_with("arrival#"));
            }
            pass_minutes(&shop, 1);
            arrive(&shop, event.clone());
            shop.region.run();
        }
    }
    for _ in 0..12 {
        pass_minutes(&shop, 15);
        look(&shop);
        shop.region.run();
    }
    assert_eq!(executions(&mut shop), before);
    assert_eq!(endings(&shop, "1.1.0"), wanted);
}

#[test]
fn while_it_waits_or_runs_the_same_arrival_is_one_deployment_whatever_its_way() {
    let program = program();
    let mut shop = live(&program);
    pass_minutes(&shop, 1);
    let event = release_unheard(&shop, "1.1.0");
    arrive(&shop, event);
    let arn = shop.world().stepfunctions().started.last().unwrap().0.clone();
    shop.region.step();
    assert!(shop.region.run_until(&arn, "Bake"));
    // The clock of the running deployment stands still, so nothing of it ends in between.
    let body = manifest(&shop, "1.1.0");
    let reply = run(handle(
        shop.world(),
        ApiCall {
            method: "POST".into(),
            path: "/apps/shop/environments/prod/releases".into(),
            body: Some(body.clone()),
            ..ApiCall::default()
        },
    ));
    assert_eq!(reply.body["execution"], arn);
    let mut request = json!({"action": "deploy", "app": "shop", "requester": {"route": "s3"}});
    request["manifest"] = serde_json::from_str(&body).unwrap();
    let same = shop.start(&request);
    shop.region.run();
    assert_eq!(shop.path(&same), "Admit Admitted NothingToDo");
    assert_eq!(endings(&shop, "1.1.0"), ["Succeeded"]);
}

#[test]
fn an_arrival_that_came_many_times_is_found_in_few_reads() {
    let program = program();
    let mut shop = live(&program);
    let mut reads = BTreeMap::new();
    for attempt in 1..=20 {
        let before = shop.world().mishaps().count();
        by_post(&mut shop, "1.1.0");
        reads.insert(attempt, shop.world().mishaps().count() - before);
    }
    let records = records(&shop, "1.1.0");
    let attempts: Vec<u32> = records.iter().map(|record| record.attempt).collect();
    assert_eq!(attempts, (1..=20).collect::<Vec<u32>>());
    let order = |n: usize| (records[n].order.accepted, records[n].order.recorded);
    assert_eq!(order(19), order(0), "it is no newer for coming again");
    // There are two reads for each, by the API and by `Admit`.
    assert!(reads[&20] <= reads[&2] + 2 * 8, "{reads:?}");
}
