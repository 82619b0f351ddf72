//! Approval over the API: people approve the plan that was drawn, and what moves until its turn is asked for anew.

use crate::api::call::{PROD, RELEASES, begun, get, program, release};
use serde_json::{Value, json};
use std::cell::Cell;
use windlass_domain::access::AccessItem;
use windlass_domain::release::ending::Ending;
use windlass_domain::release::identity::DeploymentId;
use windlass_domain::release::request::ObjectRef;
use windlass_domain::shown::planned::{Becomes, Planned};
use windlass_domain::text::digest::Digest;
use windlass_domain::text::name::AppName;
use windlass_domain::text::time::Time;
use windlass_engine::ledger;
use windlass_engine::ports::Item;
use windlass_engine::routes::api::{ApiCall, Reply, handle};
use windlass_machine::shop::{FUNCTIONS, Shop};
use windlass_machine::shop_world::put_access;
use windlass_machine::state_paths::{BOTH, live_with};
use windlass_world::mishaps::Visitor;
use windlass_world::run::run;

const ANN: &str = "arn:aws:iam::111111111111:user/ann";
const LEAD: &str = "arn:aws:iam::111111111111:user/lead";

/// Puts an access file in force, with the rules of `prod`.
fn rules(shop: &Shop<'_>, prod: &str) {
    let people = format!("people: {{ann: {{aws: ['{ANN}']}}, lead: {{aws: ['{LEAD}']}}}}");
    let text = format!("app: shop\nversion: 1\n{people}\nenvironments:\n  prod: {{{prod}}}\n");
    let (digest, object) =
        (Digest::of(text.as_bytes()), ObjectRef { key: "access/apps/shop.yaml".into(), version_id: None });
    let item = AccessItem { text, version: 1, digest, accepted: Time(0), object };
    let key = ledger::access(&AppName::new("shop").unwrap());
    let body = ledger::to_body(&item).unwrap();
    let item = Item { key: key.clone().into(), rev: 1, body, index: None, expires: None };
    shop.world().dynamodb().items.insert(key.into(), item.into());
}

fn post(shop: &Shop<'_>, caller: &str, path: &str, body: &Value) -> Reply {
    let (path, body) = (path.to_owned(), Some(body.to_string()));
    let call = ApiCall { method: "POST".into(), path, body, caller: Some(caller.into()), ..ApiCall::default() };
    run(handle(shop.world(), call))
}

/// Runs until the plan of an execution's deployment is drawn, and it waits. Returns the plan's hash.
fn drawn(shop: &mut Shop<'_>, execution: &str) -> Digest {
    assert!(shop.region.run_until(execution, "AwaitTurn"), "{execution}");
    loop {
        if let Some(hash) = shop.deployment(execution).approval.and_then(|approval| approval.hash) {
            return hash;
        }
        assert!(shop.region.step());
    }
}

fn approve(shop: &Shop<'_>, execution: &str, hash: &Digest) {
    let body =
        json!({"deployment": shop.deployment(execution).id, "hash": hash.beginning(), "reason": "I have read it"});
    let reply = post(shop, LEAD, &format!("{PROD}/approve"), &body);
    assert_eq!(reply.status, 202, "{}", reply.body);
}

#[test]
fn what_is_approved_goes_and_what_is_cancelled_does_not() {
    let program = program();
    for approves in [true, false] {
        let mut shop = Shop::new(&program, FUNCTIONS);
        rules(&shop, "release: [ann], roll_back: [ann], approve: {by: [lead]}");
        let body = release(&mut shop, "1.4.0");
        let (id, execution) = begun(&post(&shop, ANN, RELEASES, &body));
        shop.region.step();
        let hash = drawn(&mut shop, &execution);
        assert!(shop.serves("shop-api") == "1", "nothing is changed before");
        if approves {
            approve(&shop, &execution, &hash);
        } else {
            let cancel = format!("{PROD}/deployments/{id}/cancel");
            assert_eq!(post(&shop, ANN, &cancel, &json!({"reason": "not now"})).status, 202);
        }
        shop.region.run();
        let record = shop.deployment(&execution);
        let wanted = if approves { Ending::Succeeded } else { Ending::Rejected };
        assert_eq!(record.ending.map(|ended| ended.ending), Some(wanted));
        assert_eq!(record.approval.map(|approval| approval.given.len()), Some(usize::from(approves)));
        let path = shop.path(&execution);
        assert!(path.starts_with("Admit Admitted Plan Drawn AwaitTurn"), "{path}");
        assert_eq!(path.contains("AwaitTurn Admit Admitted Prepare Prepared Change"), approves, "{path}");
        assert!(!shop.has("waiting#"));
        let shown = get(&shop, &format!("/apps/shop/deployments/{id}"));
        let cause = shown["deployment"]["ending"]["cause"].as_str().unwrap();
        let by = "(ann; allowed by environments.prod.roll_back of access/apps/shop.yaml, version 1): \"not now\"";
        assert_eq!(cause.contains(by), !approves, "{cause}");
    }
}

/// Nobody else wakes it: whoever looked for those that wait has looked before it waited.
#[test]
fn a_file_that_drops_the_approval_while_it_begins_to_wait_lets_it_go() {
    let program = program();
    let mut shop = Shop::new(&program, FUNCTIONS);
    rules(&shop, "release: [ann], approve: {by: [lead]}");
    let body = release(&mut shop, "1.4.0");
    let dropped = Cell::new(false);
    shop.world().mishaps().visitor = Visitor::new(move |world| {
        let waits = format!("{:?}", world.dynamodb().items).contains("task-token");
        if waits && !dropped.replace(true) {
            let people = format!("people: {{ann: {{aws: ['{ANN}']}}}}");
            let file = format!("app: shop\nversion: 2\n{people}\nenvironments:\n  prod: {{release: [ann]}}\n");
            put_access(world, "shop", &file);
        }
    });
    let (_, execution) = begun(&post(&shop, ANN, RELEASES, &body));
    shop.region.run();
    let path = shop.path(&execution);
    assert!(path.starts_with("Admit Admitted Plan Drawn AwaitTurn Admit Admitted Prepare"), "{path}");
    let record = shop.deployment(&execution);
    let waited_ms = record.started.map(|started| started.ms_since(record.accepted));
    assert!(waited_ms.is_some_and(|ms| ms < 60_000), "{waited_ms:?}");
    assert_eq!(record.ending.map(|ended| ended.ending), Some(Ending::Succeeded));
}

#[test]
fn a_plan_says_that_it_would_first_be_approved_or_that_nobody_knows_who_asks() {
    let program = program();
    for (more, becomes) in [("", Becomes::Refused), (", not_requester: false", Becomes::Waits)] {
        let mut shop = Shop::new(&program, FUNCTIONS);
        rules(&shop, &format!("release: [console], approve: {{by: [lead]{more}}}"));
        let mut request = shop.release("1.4.0", &BOTH);
        request["plan"] = true.into();
        let arn = shop.start(&request);
        shop.region.run();
        let key = ledger::planned(&DeploymentId::planned(&arn));
        let planned = run(ledger::require(shop.world(), &key)).unwrap().value;
        assert_eq!((planned.turn.becomes, planned.deployment.approval), (becomes, None), "{more}");
    }
}

/// The ledger and the words of the plan are the same, and callers get something else.
#[test]
fn what_somebody_changes_by_hand_after_the_approval_is_asked_for_anew() {
    let program = program();
    let mut shop = live_with(&program, &["1.0.0", "1.1.0"]);
    rules(&shop, "release: [console], approve: {by: [lead], not_requester: false}");
    let asks = shop.deploy("1.2.0", &BOTH);
    let hash = drawn(&mut shop, &asks);
    shop.world().lambda().named("shop-api").unwrap().aliases.get_mut("live").unwrap().version = "2".into();
    approve(&shop, &asks, &hash);
    assert!(shop.region.run_until(&asks, "GiveBack"), "{:?}", shop.deployment(&asks).ending);
    assert_ne!(drawn(&mut shop, &asks), hash);
    let key = ledger::planned(&shop.deployment(&asks).id);
    let Planned { before, drawn, .. } = run(ledger::load(shop.world(), &key)).unwrap().unwrap().value;
    assert_eq!(before.unwrap().moved_parts(&drawn.unwrap()), ["what callers get of api, or its target"]);
}

#[test]
fn what_asks_is_shown_with_those_who_have_approved_and_the_number_that_the_rule_in_force_wants() {
    let program = program();
    let mut shop = Shop::new(&program, FUNCTIONS);
    rules(&shop, "release: [ann], approve: {by: [lead, ann], count: 2, not_requester: false}");
    let body = release(&mut shop, "1.4.0");
    let (id, execution) = begun(&post(&shop, ANN, RELEASES, &body));
    shop.region.step();
    let hash = drawn(&mut shop, &execution);
    approve(&shop, &execution, &hash);
    while shop.deployment(&execution).approval.is_none_or(|approval| approval.given.is_empty()) {
        assert!(shop.region.step(), "nobody has approved");
    }
    let shown = |shop: &Shop<'_>| {
        let (here, record) = (get(shop, PROD), get(shop, &format!("/apps/shop/deployments/{id}")));
        let approval = here["deployments"][&id]["approval"].clone();
        assert_eq!(approval, record["deployment"]["approval"]);
        assert_eq!(here["waiting"][0]["needs"], record["needs"]);
        (approval["given"][0]["person"].clone(), record["needs"].clone())
    };
    assert_eq!(shown(&shop), (json!("lead"), json!(2)));
    rules(&shop, "release: [ann], approve: {by: [lead, ann], count: 3, not_requester: false}");
    assert_eq!(shown(&shop), (json!("lead"), json!(3)), "the file in force says it, and not that of the day");
}

#[test]
fn a_plan_that_moves_between_approval_and_turn_is_asked_for_anew() {
    let program = program();
    let mut shop = live_with(&program, &["1.0.0", "1.1.0"]);
    rules(&shop, "release: [console], approve: {by: [lead], not_requester: false}");
    let asks = shop.deploy("1.2.0", &BOTH);
    let hash = drawn(&mut shop, &asks);
    // A rollback needs no approval, and does not wait for one.
    let rollback = shop.act("rollback");
    shop.region.run_to_end(&rollback);
    assert_eq!(shop.deployment(&rollback).ending.map(|ended| ended.ending), Some(Ending::Succeeded));
    assert_eq!(shop.deployment(&asks).approval.and_then(|approval| approval.hash), Some(hash.clone()));
    approve(&shop, &asks, &hash);
    assert!(shop.region.run_until(&asks, "GiveBack"), "{:?}", shop.deployment(&asks).ending);
    assert!(shop.region.run_until(&asks, "Plan"));
    assert_eq!((shop.lock().held, shop.deployment(&asks).approval.unwrap().given), (None, vec![]));
    let again = drawn(&mut shop, &asks);
    assert_ne!(again, hash);
    approve(&shop, &asks, &again);
    shop.region.run();
    let ended = shop.deployment(&asks).ending.unwrap();
    assert_eq!(ended.ending, Ending::Succeeded, "{ended:?} {}", shop.path(&asks));
    let path = shop.path(&asks);
    assert!(path.contains("Prepare Prepared GiveBack Plan Drawn AwaitTurn Admit Admitted"), "{path}");
}
