//! The same release once more: by each way, after each ending, and by a person.

use crate::scenarios::scene::{
    BOTH, arrive, assert_free, both, ended, failure, live, manifest, pass_minutes, program, release_unheard, serves,
    upload,
};
use serde_json::{Value, json};
use windlass_domain::deployment::Deployment;
use windlass_domain::release::ending::Ending;
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_engine::ledger;
use windlass_engine::routes::api::{ApiCall, handle};
use windlass_machine::shop::{ALARM, Shop};
use windlass_world::run::run;

/// Returns the records of a version's deployments, the first one first.
pub fn records(shop: &Shop<'_>, version: &str) -> Vec<Deployment> {
    let ledger = shop.world().dynamodb();
    let items = ledger.items.values().filter(|item| item.key.sk == "record");
    let records = items.map(|item| ledger::from_item::<Deployment>((**item).clone()));
    let mut of: Vec<Deployment> =
        records.map(|record| record.unwrap().value).filter(|record| record.release.version == version).collect();
    of.sort_by_key(|record| (record.accepted, record.attempt));
    of
}

pub fn endings(shop: &Shop<'_>, version: &str) -> Vec<String> {
    let records = records(shop, version).into_iter();
    records.map(|record| record.ending.unwrap().to_string()).collect()
}

fn last_cause(shop: &Shop<'_>, version: &str) -> String {
    let last = records(shop, version).pop().unwrap();
    last.ending.unwrap().cause.written()
}

/// Uploads a release, as CI does.
fn by_upload(shop: &mut Shop<'_>, version: &str) {
    pass_minutes(shop, 1);
    let manifest = manifest(shop, version);
    upload(shop, &format!("releases/shop/prod/{version}.json"), &manifest);
    shop.region.run();
}

/// Posts the same release without a key, as CI does.
pub fn by_post(shop: &mut Shop<'_>, version: &str) -> String {
    pass_minutes(shop, 1);
    let reply = run(handle(
        shop.world(),
        ApiCall {
            method: "POST".into(),
            path: "/apps/shop/environments/prod/releases".into(),
            body: Some(manifest(shop, version)),
            caller: Some("arn:aws:iam::111111111111:role/ci".into()),
            ..ApiCall::default()
        },
    ));
    assert_eq!(reply.status, 202, "{}", reply.body);
    shop.region.run();
    reply.body["id"].as_str().unwrap().to_owned()
}

pub fn start(shop: &mut Shop<'_>, input: &Value) -> String {
    let arn = shop.start(input);
    shop.region.run();
    arn
}

/// Returns the inputs that a text names to start.
fn inputs(text: &str) -> Vec<Value> {
    let begins = text.match_indices(r#"{"action""#);
    let inputs = begins.map(|(at, _)| {
        let mut inputs = serde_json::Deserializer::from_str(&text[at..]).into_iter();
        inputs.next().unwrap().unwrap()
    });
    inputs.collect()
}

/// Makes the shop after releases of 2.0.0 and 3.0.0, of which an operator went back to 2.0.0 and let deployments go on.
fn rolled_back(program: &windlass_machine::program::Program) -> Shop<'_> {
    let mut shop = live(program);
    by_upload(&mut shop, "2.0.0");
    by_upload(&mut shop, "3.0.0");
    let back = shop.act("rollback");
    shop.region.run();
    assert_eq!(ended(&shop, &back).ending, Ending::Succeeded);
    shop.act("release_hold");
    shop.region.run();
    shop
}

/// Safety: truth: Every way in says what was rolled back, and it comes again only by a person.
#[test]
fn what_was_rolled_back_is_said_by_every_way_and_brought_back_by_a_person_alone() {
    let program = program();
    let mut shop = rolled_back(&program);
    let serving = serves(&shop);
    by_upload(&mut shop, "3.0.0");
    by_post(&mut shop, "3.0.0");
    by_upload(&mut shop, "3.0.0");
    let superseded = "NothingToDo (Superseded)";
    let wanted = ["Succeeded", superseded, superseded, superseded];
    assert_eq!(endings(&shop, "3.0.0"), wanted, "each leaves a line");
    assert_eq!(serves(&shop), serving);
    let cause = last_cause(&shop, "3.0.0");
    let back = records(&shop, "2.0.0").pop().unwrap();
    for part in [
        "3.0.0 was live here and was replaced",
        "api: 2.0.0 since ",
        &format!("by rollback {} of ", back.id),
        "because a test says so",
    ] {
        assert!(cause.contains(part), "{part} is not in {cause}");
    }
    // The input that the cause names brings it.
    let inputs = inputs(&cause);
    let person = start(&mut shop, &inputs[0]);
    assert_eq!(ended(&shop, &person).ending, Ending::Succeeded);
    assert!(shop.environment().running.values().all(|one| one.version() == "3.0.0"));
    // Now an arrival of the same release finds it there.
    by_post(&mut shop, "3.0.0");
    assert_eq!(endings(&shop, "3.0.0").pop().unwrap(), "NothingToDo (AlreadyThere)");
    let id = shop.deployment(&person).id;
    let cause = last_cause(&shop, "3.0.0");
    assert!(cause.contains(&format!("by deployment {id}")), "{cause}");
    assert_free(&shop);
}

/// Safety: truth: What runs after a rollback is not superseded by what does not run.
#[test]
fn what_runs_after_a_rollback_is_not_superseded_by_what_does_not() {
    let program = program();
    let mut shop = rolled_back(&program);
    by_upload(&mut shop, "2.0.0");
    assert_eq!(endings(&shop, "2.0.0").pop().unwrap(), "NothingToDo (AlreadyThere)");
    // The newer release stays the newest that was here: nothing older comes by itself.
    by_upload(&mut shop, "3.0.0");
    assert_eq!(endings(&shop, "3.0.0").pop().unwrap(), "NothingToDo (Superseded)");
    by_post(&mut shop, "1.0.0");
    assert_eq!(endings(&shop, "1.0.0").pop().unwrap(), "Succeeded", "with a commit it is another release");
}

#[test]
fn a_person_deploys_what_they_say_and_each_time_is_a_request_of_its_own() {
    let program = program();
    let mut shop = live(&program);
    let request = shop.release("1.1.0", &BOTH);
    let first = start(&mut shop, &request);
    let back = shop.act("rollback");
    shop.region.run();
    assert_eq!(ended(&shop, &back).ending, Ending::Succeeded);
    shop.act("release_hold");
    shop.region.run();
    let again = start(&mut shop, &request);
    let there = start(&mut shop, &request);
    let endings: Vec<String> = [&first, &again, &there].map(|arn| ended(&shop, arn).to_string()).into();
    assert_eq!(endings, ["Succeeded", "Succeeded", "NothingToDo (AlreadyThere)"]);
    let ids: Vec<_> = [&first, &again, &there].map(|arn| shop.deployment(arn).id).into();
    assert!(ids[0] != ids[1] && ids[1] != ids[2]);
    let cause = ended(&shop, &there).cause;
    assert!(cause.written().contains(&format!("by deployment {}", ids[1])), "{cause:?}");
    assert_free(&shop);
}

#[test]
fn after_superseded_a_person_reads_older_with_its_remedy() {
    let program = program();
    let mut shop = live(&program);
    let numbered = |shop: &Shop<'_>, version: &str, sequence: u64| {
        let mut request = shop.release(version, &BOTH);
        request["manifest"]["sequence"] = json!(sequence);
        request
    };
    let newer = numbered(&shop, "1.2.0", 20);
    start(&mut shop, &newer);
    let older = numbered(&shop, "1.1.0", 10);
    let mut arrival = older.clone();
    arrival["requester"] = json!({"route": "s3"});
    for _ in 0..2 {
        let arn = start(&mut shop, &arrival);
        assert_eq!(ended(&shop, &arn).to_string(), "NothingToDo (Superseded)");
    }
    let person = start(&mut shop, &older);
    let (name, cause) = failure(&shop, &person);
    assert_eq!(name, "Older");
    let inputs = inputs(&cause);
    assert_eq!(inputs[0]["action"], "rollback");
    assert_eq!(inputs[1]["allow_older"], true);
}

#[test]
fn what_its_target_failed_is_brought_by_its_next_arrival() {
    let program = program();
    let mut shop = live(&program);
    let refused = Fault::new(FaultName::AccessDenied, "lambda:UpdateFunctionCode was refused");
    let call = "lambda.update_code";
    shop.world().mishaps().refused.insert(call, refused);
    by_upload(&mut shop, "1.1.0");
    assert_eq!(endings(&shop, "1.1.0"), ["RolledBack (AccessDenied)"]);
    let cause = last_cause(&shop, "1.1.0");
    assert!(cause.contains("is not vetoed"), "{cause}");
    assert!(!shop.has("veto#"));
    shop.world().mishaps().refused.clear();
    by_upload(&mut shop, "1.1.0");
    assert_eq!(endings(&shop, "1.1.0"), ["RolledBack (AccessDenied)", "Succeeded"]);
    assert_eq!(serves(&shop).0, "3");
    assert_free(&shop);
}

#[test]
fn what_a_gate_failed_is_reported_again_each_time() {
    let program = program();
    let mut shop = live(&program);
    pass_minutes(&shop, 1);
    let event = release_unheard(&shop, "1.1.0");
    arrive(&shop, event);
    let first = shop.world().stepfunctions().started.last().unwrap().0.clone();
    shop.region.step();
    assert!(shop.region.run_until(&first, "Bake"));
    shop.world().set_alarm(ALARM, "ALARM", &[9.0]);
    shop.region.run();
    shop.world().set_alarm(ALARM, "OK", &[0.0]);
    for _ in 0..2 {
        by_upload(&mut shop, "1.1.0");
        assert_eq!(endings(&shop, "1.1.0").pop().unwrap(), "Rejected (Vetoed)");
    }
    let person = shop.release("1.1.0", &BOTH);
    let mut person = person["manifest"].clone();
    person["git"] = json!({"ref": "refs/heads/main", "commit": "0123456"});
    let request = json!({"action": "deploy", "app": "shop", "environment": "prod", "manifest": person});
    let refused = start(&mut shop, &request);
    let (name, cause) = failure(&shop, &refused);
    assert_eq!(name, "Vetoed");
    let again = start(&mut shop, &inputs(&cause)[0]);
    assert_eq!(ended(&shop, &again).ending, Ending::Succeeded);
    assert_free(&shop);
}

#[test]
fn what_a_person_stopped_comes_by_a_person_alone() {
    let program = program();
    let mut shop = live(&program);
    by_stopped(&mut shop, "1.1.0");
    by_upload(&mut shop, "1.1.0");
    by_post(&mut shop, "1.1.0");
    assert_eq!(endings(&shop, "1.1.0")[1..], ["Rejected (Stopped)", "Rejected (Stopped)"]);
    assert_eq!(serves(&shop), both("2"));
    let input = inputs(&last_cause(&shop, "1.1.0")).remove(0);
    let person = start(&mut shop, &input);
    assert_eq!(ended(&shop, &person).ending, Ending::Succeeded);
    by_upload(&mut shop, "1.1.0");
    assert_eq!(endings(&shop, "1.1.0").pop().unwrap(), "NothingToDo (AlreadyThere)");
    assert_free(&shop);
}

/// Lets a release arrive, and stops it in the middle.
fn by_stopped(shop: &mut Shop<'_>, version: &str) {
    pass_minutes(shop, 1);
    let event = release_unheard(shop, version);
    arrive(shop, event);
    let arn = shop.world().stepfunctions().started.last().unwrap().0.clone();
    shop.region.step();
    assert!(shop.region.run_until(&arn, "Bake"));
    shop.region.stop(&arn);
    shop.region.run();
    assert_eq!(endings(shop, version), ["RolledBack (Stopped)"]);
}

/// Returns the request that deploys the bytes of one version under another one.
fn under(shop: &Shop<'_>, version: &str, bytes_of: &str) -> Value {
    let mut request = shop.release(bytes_of, &BOTH);
    request["manifest"]["version"] = version.into();
    request
}

/// Safety: bytes: A version is taken by a release that waits or changes something, and given back by one that was
/// refused before.
#[test]
fn a_version_that_was_refused_at_once_may_have_other_bytes_and_one_that_waited_may_not() {
    for waits in [false, true] {
        let program = program();
        let mut shop = live(&program);
        if waits {
            let before = shop.deploy("1.0.1", &BOTH);
            assert!(shop.region.run_until(&before, "Bake"));
        }
        let request = under(&shop, "1.1.0", "1.1.0");
        let first = shop.start(&request);
        assert!(!waits || shop.region.run_until(&first, "AwaitTurn"));
        assert!(shop.region.run_until(&first, "Prepare"));
        let tags = std::mem::take(&mut shop.world().lambda().named("shop-api").unwrap().tags);
        shop.region.run();
        assert_eq!(ended(&shop, &first).ending, Ending::Rejected, "waits: {waits}");
        shop.world().lambda().named("shop-api").unwrap().tags = tags;

        let request = under(&shop, "1.1.0", "1.1.1");
        let other = start(&mut shop, &request);
        if waits {
            assert_eq!(failure(&shop, &other).0, "VersionReused");
            continue;
        }
        assert_eq!(ended(&shop, &other).ending, Ending::Succeeded);
        let request = under(&shop, "1.1.0", "1.1.0");
        let again = start(&mut shop, &request);
        assert_eq!(failure(&shop, &again).0, "VersionReused");
    }
}

/// The input that the ending of a held release names brings the bytes that it had.
#[test]
fn a_version_that_a_hold_refused_keeps_its_bytes_for_whoever_starts_it() {
    let program = program();
    let mut shop = live(&program);
    shop.act("hold");
    let request = under(&shop, "1.1.0", "1.1.0");
    let held = start(&mut shop, &request);
    let (name, cause) = failure(&shop, &held);
    assert_eq!(name, "Held");
    let request = under(&shop, "1.1.0", "1.1.1");
    let other = start(&mut shop, &request);
    assert_eq!(failure(&shop, &other).0, "VersionReused");
    let started = start(&mut shop, &inputs(&cause)[0]);
    assert_eq!(ended(&shop, &started).ending, Ending::Succeeded);
    assert_eq!(shop.deployment(&started).release.bytes(), shop.deployment(&held).release.bytes());
    assert_free(&shop);
}
