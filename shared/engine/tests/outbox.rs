//! What a change of the ledger makes the outbox send.

#![allow(clippy::unwrap_used)] // helpers of tests

mod stage;

use serde::Serialize;
use serde_json::json;
use stage::{Stage, app, id, prod};
use std::collections::BTreeMap;
use windlass_domain::deployment::{Deployment, Ended, Status};
use windlass_domain::ending::Ending;
use windlass_domain::environment::{EnvironmentState, Hold, Lock, Waiting};
use windlass_domain::fault::FaultName;
use windlass_domain::time::Time;
use windlass_engine::outbox::{Change, EndedDeployment, endings, handle};
use windlass_engine::ports::{Item, Key};
use windlass_engine::store;
use windlass_world::run::run;

const DECLARATION: &str = "
app: shop
version: 1.0.0
environments: {prod: {}}
components: {web: {kind: static_site, bucket: shop-web}}
";

fn stage() -> Stage {
    Stage::new(DECLARATION, BTreeMap::new())
}

fn item<T: Serialize>(key: Key, value: &T) -> Item {
    Item {
        key,
        rev: 1,
        body: store::to_body(value).unwrap(),
        index: None,
        expires: None,
    }
}

fn record(stage: &Stage, change: impl FnOnce(&mut Deployment)) -> Item {
    let mut record = stage.record.clone();
    change(&mut record);
    item(store::deployment(&id()), &record)
}

fn ends(ending: Ending, at_s: u64) -> impl FnOnce(&mut Deployment) {
    move |record| {
        record.status = Status::Ended;
        record.ending = Some(Ended {
            ending,
            cause_name: "GateFailed".into(),
            cause: "a gate failed.".into(),
            findings: vec![],
            at: Time(at_s * 1000),
            resolved: None,
            cost: None,
        });
    }
}

fn change(before: Option<Item>, after: Option<Item>) -> Change {
    Change { before, after }
}

fn sent(stage: &Stage) -> Vec<String> {
    let events = stage.world.events();
    events.put.iter().map(|(name, _)| name.clone()).collect()
}

#[test]
fn an_ending_is_counted_once_from_its_start_else_from_its_acceptance() {
    let stage = stage();
    let running = || record(&stage, |_| ());
    let ended = |at_s| record(&stage, ends(Ending::RolledBack, at_s));
    let started = record(&stage, |record| {
        ends(Ending::Succeeded, 90)(record);
        record.started = Some(Time(30_000));
    });
    let of = |ending, seconds| EndedDeployment {
        id: id(),
        ending,
        seconds,
    };
    let other = item(store::lock(&app(), &prod()), &Lock::default());
    let changes = [
        change(Some(running()), Some(ended(60))),
        change(None, Some(ended(61))),
        change(Some(running()), Some(started)),
        change(Some(ended(60)), Some(ended(60))),
        change(None, Some(running())),
        change(Some(ended(60)), None),
        change(None, Some(other)),
    ];
    let wanted = [
        of(Ending::RolledBack, 60),
        of(Ending::RolledBack, 61),
        of(Ending::Succeeded, 60),
    ];
    assert_eq!(endings(&changes).unwrap(), wanted);
}

#[test]
fn an_item_that_cannot_be_read_is_told_by_its_key() {
    let stage = stage();
    let broken = item(store::deployment(&id()), &json!({"id": 7}));
    let changes = [change(None, Some(broken))];
    let name = format!("deployment#{} record", id());
    for fault in [
        endings(&changes).unwrap_err(),
        run(handle(&stage.world, &changes)).unwrap_err(),
    ] {
        assert_eq!(fault.name, FaultName::Internal);
        assert!(fault.message.contains(&name), "{fault}");
    }
}

#[test]
fn a_record_tells_its_way_and_its_ending_also_to_people() {
    let stage = stage();
    let waiting = || record(&stage, |record| record.status = Status::Waiting);
    let running = || record(&stage, |_| ());
    let ended = || record(&stage, ends(Ending::RolledBack, 60));
    let changes = [
        change(None, Some(waiting())),
        change(Some(waiting()), Some(running())),
        change(Some(running()), Some(ended())),
        change(Some(ended()), Some(ended())),
        change(Some(ended()), None),
    ];
    run(handle(&stage.world, &changes)).unwrap();
    let wanted = ["DeploymentAccepted", "DeploymentStarted", "DeploymentEnded"];
    assert_eq!(sent(&stage), wanted);
    let published = stage.world.notifications().published.clone();
    let told = (
        "[windlass] shop prod 1.4.0 RolledBack".into(),
        "a gate failed.".into(),
    );
    assert_eq!(published, [told]);
}

#[test]
fn a_hold_is_told_where_the_environment_can_be_read() {
    let stage = stage();
    let free = EnvironmentState::default();
    let held = EnvironmentState {
        hold: Some(Hold {
            since: Time(0),
            reason: "bad prices".into(),
            by: "eva".into(),
        }),
        ..free.clone()
    };
    let key = store::state(&app(), &prod());
    let nobodys = Key {
        pk: "env#Shop".into(),
        ..key.clone()
    };
    let changes = [
        change(Some(item(key.clone(), &free)), Some(item(key, &held))),
        change(None, Some(item(nobodys, &held))),
    ];
    run(handle(&stage.world, &changes)).unwrap();
    assert_eq!(sent(&stage), ["HoldSet"]);
}

#[test]
fn a_lock_that_was_freed_wakes_who_waits_for_it() {
    let key = store::lock(&app(), &prod());
    let elsewhere = Key {
        pk: "env#Shop".into(),
        ..key.clone()
    };
    let free = Lock::default();
    // before, after, the key: how many are woken
    for (before, after, key, woken) in [
        (true, false, &key, 1),
        (true, true, &key, 0),
        (false, false, &key, 0),
        (true, false, &elsewhere, 0),
    ] {
        let stage = stage();
        let held: Lock = stage.get(&store::lock(&app(), &prod())).unwrap();
        let waiting = Waiting {
            deployment: id(),
            components: vec![],
            order: stage.record.order.clone(),
            operator: false,
            since: Time(0),
            task_token: Some("token".into()),
        };
        stage.put(store::waiting(&app(), &prod(), &id()), &waiting);
        stage.world.executions().tokens.insert("token".into());
        let lock = |is_held| item(key.clone(), if is_held { &held } else { &free });
        let changes = [change(Some(lock(before)), Some(lock(after)))];
        run(handle(&stage.world, &changes)).unwrap();
        let answered = stage.world.executions().answered.len();
        assert_eq!(answered, woken, "{before} {after}");
    }
}
