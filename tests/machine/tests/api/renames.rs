//! Another name for a whole application, and questions about it beforehand.

use crate::api::call::{PROD, call, call_with, declare, get, post, program, refused, release};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::rc::Rc;
use windlass_domain::release::request::ObjectRef;
use windlass_domain::text::digest::Digest;
use windlass_engine::ledger::{self, RepositoryOwner, Stored};
use windlass_engine::ports::{Clock, Item};
use windlass_engine::routes::intake;
use windlass_machine::arrivals::object_created;
use windlass_machine::shop::{FUNCTIONS, SERVICE_AND_FUNCTION, Shop};
use windlass_world::run::run;

const RENAME: &str = "/renames/shop/store";
const STORE: &str = "/apps/store/environments/prod";

/// Returns the shop's declaration by its new name.
fn by_its_new_name(shop: &str) -> String {
    let renamed = shop.replace("app: shop", "app: store\nformerly: shop");
    renamed.replace("version: 1.0.0", "version: 1.1.0")
}

/// Starts the rename, and lets it go to its end. Returns what it answers.
fn renamed(shop: &mut Shop<'_>) -> Value {
    let body = json!({"confirm": "shop", "reason": "it is a store"});
    started(shop, "once", body)
}

fn started(shop: &mut Shop<'_>, key: &str, body: Value) -> Value {
    let reply = call_with(shop, Some(key), "POST", RENAME, Some(body));
    assert_eq!(reply.status, 202, "{}", reply.body);
    let execution = reply.body["execution"].as_str().unwrap().to_owned();
    shop.region.step();
    shop.region.run();
    get(shop, &format!("/apps/shop/deployments?execution={execution}"))
}

/// Releases both functions by the new name. Returns how that ended.
fn released(shop: &mut Shop<'_>, version: &str) -> Value {
    let mut manifest = release(shop, version);
    for component in ["api", "jobs"] {
        let key = format!("artifacts/shop/prod/{component}/{version}.zip");
        let own = format!("artifacts/store/prod/{component}/{version}.zip");
        let mut objects = shop.world().s3();
        let object = objects.bucket("artifacts", true).keys[&key].last().unwrap();
        let bytes = object.bytes.clone();
        let sha256 = Digest::of(&bytes);
        objects.upload("artifacts", &own, bytes);
        manifest["components"][component] = json!({"key": own, "sha256": sha256});
    }
    let reply = call(shop, "POST", &format!("{STORE}/releases"), Some(manifest));
    assert_eq!(reply.status, 202, "{}", reply.body);
    shop.region.run();
    let id = reply.body["id"].as_str().unwrap();
    get(shop, &format!("/apps/store/deployments/{id}"))["deployment"]["ending"].clone()
}

/// Sets the tags as the user's infrastructure code does before the next release.
fn tag_for_the_store(shop: &Shop<'_>) {
    let tags = [("windlass:app", "store"), ("windlass:environment", "prod")];
    let tags: BTreeMap<String, String> = tags.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    let mut functions = shop.world().lambda();
    for function in functions.functions.values_mut() {
        function.tags.clone_from(&tags);
    }
}

/// Safety: moving: A whole application has another name, with its way back and without its former declaration.
#[test]
fn a_whole_application_has_another_name_and_its_way_back() {
    let program = program();
    let mut shop = Shop::new(&program, FUNCTIONS);
    for version in ["1.0.0", "1.1.0"] {
        post(&mut shop, version);
        shop.region.run();
    }
    let look = |shop: &Shop<'_>| call(shop, "GET", RENAME, None);
    let undeclared = look(&shop);
    assert_eq!(refused(&undeclared), (409, vec!["NoDeclaration"]));
    let anew = by_its_new_name(FUNCTIONS);
    declare(&shop, &anew.replace("formerly: shop\n", ""));
    assert_eq!(refused(&look(&shop)), (409, vec!["MissingField"]));
    let elsewhere = anew.replace("version: 1.1.0", "version: 1.2.0");
    declare(&shop, &elsewhere.replace("shop-api", "store-api"));
    assert_eq!(refused(&look(&shop)), (409, vec!["BadValue"]));
    declare(&shop, &anew.replace("version: 1.1.0", "version: 1.3.0"));
    // Before it is renamed, nothing is released by the new name.
    let ending = released(&mut shop, "1.9.0");
    assert_eq!(ending["cause_name"], "TargetNotOurs", "{ending}");
    let movable = get(&shop, RENAME);
    assert_eq!(movable["declaration"], "1.0.0");
    let here = &movable["environments"]["prod"];
    assert_eq!(here["components"], json!({"api": "api", "jobs": "jobs"}), "{movable}");
    assert_eq!(here["targets"].as_array().unwrap().len(), 2, "{movable}");

    let came = renamed(&mut shop);
    let cause = came["done"]["cause"].as_str().unwrap();
    for part in
        ["called store from now on", "shop/prod has handed over api, jobs to store/prod", "`windlass:app=store`"]
    {
        assert!(cause.contains(part), "{cause}");
    }
    assert_eq!(get(&shop, STORE)["running"]["api"]["version"], "1.1.0");
    let known = get(&shop, "/apps");
    let apps = known["apps"].as_array().unwrap().iter();
    let apps: Vec<&Value> = apps.map(|app| &app["app"]).collect();
    assert!(!apps.contains(&&json!("shop")), "{known}");
    assert_eq!(refused(&look(&shop)), (409, vec!["UnknownName"]));
    // This is another call, and not the same one again.
    let body = json!({"confirm": "shop", "reason": "once more"});
    let again = started(&mut shop, "again", body);
    assert_eq!(again["refusal"]["findings"][0]["name"], "UnknownName", "{again}");

    let ending = released(&mut shop, "2.0.0");
    assert_eq!(ending["cause_name"], "TargetNotOurs", "{ending}");
    tag_for_the_store(&shop);
    let ending = released(&mut shop, "2.0.1");
    assert_eq!(ending["ending"], "Succeeded", "{ending}");
    let back = json!({"reason": "back"});
    let rollbacks = format!("{STORE}/rollbacks");
    let reply = call_with(&shop, Some("back"), "POST", &rollbacks, Some(back));
    assert_eq!(reply.status, 202, "{}", reply.body);
    shop.region.step();
    shop.region.run();
    assert_eq!(get(&shop, STORE)["running"]["api"]["version"], "1.1.0");
}

#[test]
fn a_call_says_what_it_lacks() {
    let program = program();
    let mut shop = Shop::new(&program, FUNCTIONS);
    post(&mut shop, "1.0.0");
    shop.region.run();
    let so = json!({"confirm": "shop", "reason": "so"});
    let table = [
        (RENAME, json!({"reason": "so"}), (400, "MissingField")),
        (RENAME, json!({"confirm": "shop"}), (400, "MissingField")),
        (RENAME, json!({"confirm": "store", "reason": "so"}), (400, "BadValue")),
        (RENAME, json!({"confirm": "shop", "reason": "so", "to_app": "bank"}), (400, "BadValue")),
        ("/renames/shop/shop", so.clone(), (400, "MissingField")),
        ("/renames/shop/A", so.clone(), (404, "UnknownName")),
        ("/renames/shop", so, (404, "UnknownName")),
    ];
    for (address, body, (status, name)) in table {
        let reply = call(&shop, "POST", address, Some(body.clone()));
        assert_eq!(refused(&reply), (status, vec![name]), "{address} {body}");
    }
    // At the console a whole application is renamed, and not handed over.
    let over = json!({"action": "hand_over", "app": "shop", "to_app": "store", "reason": "so"});
    let arn = shop.start(&over);
    shop.region.run();
    let came = get(&shop, &format!("/apps/shop/deployments?execution={arn}"));
    let finding = &came["refusal"]["findings"][0];
    assert_eq!(finding["name"], "MissingField", "{came}");
    let remedy = finding["remedy"].as_str().unwrap();
    assert!(remedy.contains(r#""confirm":"shop""#), "{remedy}");
    assert_eq!(get(&shop, PROD)["running"]["api"]["version"], "1.0.0");
}

fn owner(shop: &Shop<'_>) -> Option<String> {
    let key = ledger::repository("shop/agent");
    let owner: Option<Stored<RepositoryOwner>> = run(ledger::load(shop.world(), &key)).unwrap();
    owner.map(|owner| owner.value.app.to_string())
}

/// Uploads a declaration. Returns the findings beside it.
fn uploaded(shop: &Shop<'_>, app: &str, text: &str) -> Value {
    let key = format!("apps/{app}/app.yaml");
    let version = shop.world().s3().upload("artifacts", &key, text.to_owned());
    let object = ObjectRef { key: key.clone(), version_id: version.id };
    let event = object_created("artifacts", &object, shop.world().now());
    run(intake::handle(shop.world(), event)).unwrap();
    let mut objects = shop.world().s3();
    let beside = format!("{key}.findings.json");
    let newest = objects.bucket("artifacts", true).keys[&beside].last();
    serde_json::from_slice(&newest.unwrap().bytes).unwrap()
}

/// Safety: moving: Image repositories go with their application.
#[test]
fn image_repositories_go_with_their_application() {
    let program = program();
    let mut shop = Shop::new(&program, SERVICE_AND_FUNCTION);
    let own = SERVICE_AND_FUNCTION.replace("version: 1.0.0", "version: 1.0.1");
    uploaded(&shop, "shop", &own);
    assert_eq!(owner(&shop).as_deref(), Some("shop"));
    let anew = by_its_new_name(SERVICE_AND_FUNCTION);
    let refused = uploaded(&shop, "store", &anew.replace("formerly: shop\n", ""));
    let remedy = refused["findings"][0]["remedy"].as_str().unwrap();
    assert!(!remedy.contains("formerly"), "{remedy}");
    let taken = uploaded(&shop, "store", &anew);
    assert_eq!(taken["findings"], json!([]), "{taken}");
    // As long as the application has its former name, pushes are for that one.
    assert_eq!(owner(&shop).as_deref(), Some("shop"));
    renamed(&mut shop);
    assert_eq!(owner(&shop).as_deref(), Some("store"));
}

const BORROWS: &str = "
app: store
formerly: shop
version: 1.0.0
environments:
  prod: {deploy: {branch: main}, sources: [api, console, s3, ecr]}
components:
  agent: {kind: ecs, cluster: store, service: agent, container: agent, repository: shop/agent}
";

/// Safety: arrivals: A declaration that says `formerly` runs no image of the application that it names before the
/// rename.
#[test]
fn images_are_the_owners_until_the_rename_is_done() {
    let program = program();
    let shop = Shop::new(&program, SERVICE_AND_FUNCTION);
    let own = SERVICE_AND_FUNCTION.replace("version: 1.0.0", "version: 1.0.1");
    uploaded(&shop, "shop", &own);
    assert_eq!(uploaded(&shop, "store", BORROWS)["findings"], json!([]));
    shop.world().ecr().push("shop/agent", "private");
    let image = json!({"image": "shop/agent:private"});
    let manifest = json!({"version": "1.0.0", "components": {"agent": image}});
    let release = || {
        let path = format!("{STORE}/releases");
        call(&shop, "POST", &path, Some(manifest.clone()))
    };
    assert_eq!(refused(&release()).1, vec!["TargetNotOurs"]);
    // Nobody's are not the borrower's either: the declaration has claimed nothing.
    let key = ledger::repository("shop/agent");
    shop.world().dynamodb().items.remove(&key);
    assert_eq!(refused(&release()).1, vec!["TargetNotOurs"]);
}

const TWO: &str = "
app: shop
version: 1.0.0
environments:
  prod: {deploy: {branch: main}, sources: [api, console, s3, ecr]}
  dev: {}
components:
  jobs: {kind: lambda, function: {prod: shop-jobs, dev: shop-jobs-dev}, alias: live}
  api: {kind: lambda, function: {prod: shop-api, dev: shop-api-dev}, alias: live, after: [jobs]}
";

#[test]
fn what_two_environments_have_of_one_resource_is_moved_at_once() {
    let program = program();
    let mut shop = Shop::new(&program, TWO);
    post(&mut shop, "1.0.0");
    shop.region.run();
    let claims = |shop: &Shop<'_>| {
        let ledger = shop.world().dynamodb();
        let mut items = ledger.items.values();
        let of_jobs = |item: &&Rc<Item>| item.key.sk == "claims" && item.key.pk.ends_with("shop-jobs");
        Item::clone(items.find(of_jobs).unwrap())
    };
    // A folder of the bucket belongs to another environment, whose release was undone.
    let mut item = claims(&shop);
    let held = item.body["held"].as_array_mut().unwrap();
    let mut beside = held[0].clone();
    beside["environment"] = json!("dev");
    beside["folder"] = json!("dev/");
    held.push(beside);
    item.rev += 1;
    let key = item.key.clone();
    shop.world().dynamodb().items.insert(key, item.into());

    declare(&shop, &by_its_new_name(TWO));
    let movable = get(&shop, RENAME);
    for environment in ["dev", "prod"] {
        let here = &movable["environments"][environment];
        assert!(here.is_object(), "{environment}: {movable}");
    }
    renamed(&mut shop);
    let held = claims(&shop).body["held"].take();
    let owners: Vec<String> = held
        .as_array()
        .unwrap()
        .iter()
        .map(|one| format!("{}/{}", one["app"], one["environment"]).replace('"', ""))
        .collect();
    assert_eq!(owners, ["store/prod", "store/dev"]);
}

#[test]
fn a_resource_that_nobody_claims_any_more_is_left_alone() {
    let program = program();
    let mut shop = Shop::new(&program, FUNCTIONS);
    post(&mut shop, "1.0.0");
    shop.region.run();
    // A step of what runs names the resource still.
    let is_of_jobs = |item: &Rc<Item>| item.key.sk == "claims" && item.key.pk.ends_with("shop-jobs");
    let claims = shop.world().dynamodb().items.values().find(|item| is_of_jobs(item)).unwrap().key.clone();
    shop.world().dynamodb().items.remove(&claims);
    declare(&shop, &by_its_new_name(FUNCTIONS));
    renamed(&mut shop);
    assert_eq!(get(&shop, STORE)["running"]["jobs"]["version"], "1.0.0");
    assert!(!shop.world().dynamodb().items.values().any(is_of_jobs));
}
