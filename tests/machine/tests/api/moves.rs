//! Renames and hand-overs, and questions about them beforehand.

use crate::api::call::{PROD, call, call_with, declare, get, post, program, refused, release};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use windlass_domain::text::digest::Digest;
use windlass_machine::shop::{FUNCTIONS, Shop};

/// Returns the declaration in which `jobs` is called `work`.
fn renamed() -> String {
    let anew = FUNCTIONS.replace("version: 1.0.0", "version: 1.1.0");
    let anew = anew.replace("  jobs: {", "  work: {");
    anew.replace("after: [jobs]", "after: [work]")
}

/// Starts what an address says, and lets it go to its end. Returns the cause that it gives.
fn done(shop: &mut Shop<'_>, address: &str, body: Value) -> String {
    let reply = call(shop, "POST", address, Some(body));
    assert_eq!(reply.status, 202, "{}", reply.body);
    let execution = reply.body["execution"].as_str().unwrap().to_owned();
    shop.region.step();
    shop.region.run();
    let came = get(shop, &format!("/apps/shop/deployments?execution={execution}"));
    came["done"]["cause"].as_str().unwrap().to_owned()
}

/// Releases these components of an application, each with the bytes of a component of the shop, and waits for the end.
fn released(shop: &mut Shop<'_>, app: &str, version: &str, components: &[(&str, &str)]) -> Value {
    let bytes_of: Vec<&str> = components.iter().map(|(_, bytes_of)| *bytes_of).collect();
    shop.release(version, &bytes_of);
    let mut named = Map::new();
    for (component, bytes_of) in components {
        let key = format!("artifacts/shop/prod/{bytes_of}/{version}.zip");
        let own = format!("artifacts/{app}/prod/{component}/{version}.zip");
        let mut objects = shop.world().s3();
        let bytes = objects.bucket("artifacts", true).keys[&key].last().unwrap().bytes.clone();
        let sha256 = Digest::of(&bytes);
        objects.upload("artifacts", &own, bytes);
        let object = json!({"key": own, "sha256": sha256});
        named.insert((*component).to_owned(), object);
    }
    let manifest = json!({"version": version, "components": named});
    let address = format!("/apps/{app}/environments/prod/releases");
    let reply = call(shop, "POST", &address, Some(manifest));
    assert_eq!(reply.status, 202, "{}", reply.body);
    shop.region.run();
    let id = reply.body["id"].as_str().unwrap();
    get(shop, &format!("/apps/{app}/deployments/{id}"))["deployment"]["ending"].clone()
}

/// Goes back, and waits for the end. Each call has a key, because the clock may stand still between two.
fn back(shop: &mut Shop<'_>, app: &str, key: &str, body: Value) {
    let address = format!("/apps/{app}/environments/prod/rollbacks");
    let reply = call_with(shop, Some(key), "POST", &address, Some(body));
    assert_eq!(reply.status, 202, "{}", reply.body);
    shop.region.step();
    shop.region.run();
}

fn drift(shop: &Shop<'_>, app: &str, component: &str) -> Value {
    let observed = get(shop, &format!("/apps/{app}/environments/prod?observe=true"));
    observed["observed"][component]["drift"].clone()
}

#[test]
fn a_component_keeps_its_way_back_by_another_name() {
    let program = program();
    let mut shop = Shop::new(&program, FUNCTIONS);
    for version in ["1.0.0", "1.1.0"] {
        post(&mut shop, version);
        shop.region.run();
    }
    let look = format!("{PROD}/renamable?component=jobs&to_component=work");
    let kept = call(&shop, "GET", &look, None);
    assert_eq!(refused(&kept), (409, vec!["StillDeclared", "UnknownName"]));
    declare(&shop, &renamed());
    let movable = get(&shop, &look);
    let here = &movable["environments"]["prod"];
    assert_eq!(here["components"], json!({"jobs": "work"}));
    assert_eq!(here["targets"].as_array().unwrap().len(), 1, "{movable}");
    assert_eq!(movable["next"], Value::Null);

    let body = json!({"component": "jobs", "to_component": "work", "reason": "it does more"});
    let cause = done(&mut shop, &format!("{PROD}/rename"), body);
    assert!(cause.contains("called work from now on"), "{cause}");
    let environment = get(&shop, PROD);
    assert_eq!(environment["no_longer_declared"], json!({}));
    assert_eq!(environment["running"]["work"]["version"], "1.1.0");
    assert_eq!(drift(&shop, "shop", "work"), "none");
    let again = call(&shop, "GET", &look, None);
    assert_eq!(refused(&again), (409, vec!["UnknownName"]));

    // Earlier snapshots show the component by its new name, and a rollback goes back to each of them, even to what
    // was found.
    let manifest = shop.release("1.2.0", &["api", "work"])["manifest"].take();
    call(&shop, "POST", &format!("{PROD}/releases"), Some(manifest));
    shop.region.run();
    assert_eq!(shop.serves("shop-jobs"), "4");
    let ran: Vec<(&str, &str)> = vec![("1.1.0", "3"), ("1.0.0", "2")];
    for (version, serves) in ran {
        back(&mut shop, "shop", version, json!({"reason": "back"}));
        assert_eq!(shop.serves("shop-jobs"), serves);
        let running = get(&shop, PROD)["running"].clone();
        assert_eq!(running["work"]["version"], version);
        assert_eq!(running["jobs"], Value::Null);
        assert_eq!(drift(&shop, "shop", "work"), "none");
    }
    let first = json!({"reason": "as it was", "snapshot": 1});
    back(&mut shop, "shop", "first", first);
    assert_eq!(shop.serves("shop-jobs"), "1");
}

#[test]
fn a_call_says_what_it_lacks() {
    let program = program();
    let mut shop = Shop::new(&program, FUNCTIONS);
    release(&mut shop, "1.0.0");
    let rename = format!("{PROD}/rename");
    let over = "/hand-overs/shop/prod/bank/prod";
    let table = [
        (&*rename, json!({"to_component": "work", "reason": "so"}), (400, vec!["MissingField"])),
        (&*rename, json!({"component": "jobs", "reason": "so"}), (400, vec!["MissingField"])),
        (&*rename, json!({"component": "jobs", "to_component": "work"}), (400, vec!["MissingField"])),
        (
            &*rename,
            json!({"component": "jobs", "to_component": "work", "to_environment": "dev", "reason": "so"}),
            (400, vec!["UnknownField"]),
        ),
        (over, json!({"component": "jobs"}), (400, vec!["MissingField"])),
        (over, json!({"to_app": "bank", "reason": "so"}), (400, vec!["BadValue"])),
        (over, json!({"to_component": "work", "reason": "so"}), (400, vec!["UnknownField"])),
        ("/hand-overs/shop/prod/shop/prod", json!({"reason": "so"}), (400, vec!["MissingField"])),
        ("/hand-overs/shop/gone/shop/prod", json!({"reason": "so"}), (404, vec!["UnknownName"])),
        ("/hand-overs/shop/prod/bank", json!({"reason": "so"}), (404, vec!["UnknownName"])),
    ];
    for (address, body, wanted) in table {
        let reply = call(&shop, "POST", address, Some(body.clone()));
        assert_eq!(refused(&reply), wanted, "{address} {body}");
    }
    let bad = call(&shop, "GET", &format!("{over}?component=A%20B"), None);
    assert_eq!(refused(&bad), (400, vec!["BadValue"]));
    let nobody = call(&shop, "GET", &format!("{over}?component=jobs"), None);
    assert_eq!(refused(&nobody).0, 409);
}

const BANK: &str = "
app: bank
version: 1.0.0
environments:
  prod: {deploy: {branch: main}, sources: [api, console, s3, ecr]}
components:
  page: {kind: static_site, bucket: shop-web, distribution: E1, mode: in_place}
";

const SITE: &str = "
app: shop
version: 1.0.0
environments:
  prod: {deploy: {branch: main}, sources: [api, console, s3, ecr]}
components:
  api: {kind: lambda, function: shop-api, alias: live}
  web: {kind: static_site, bucket: shop-web, distribution: E1, mode: in_place}
";

/// Sets the tags as the user's infrastructure code does before the new owner's next release.
fn tag_for_the_bank(shop: &Shop<'_>) {
    let tags = [("windlass:app", "bank"), ("windlass:environment", "prod")];
    let tags: BTreeMap<String, String> = tags.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    let world = shop.world();
    world.s3().bucket("shop-web", true).tags = tags.clone();
    world.cloudfront().distribution("E1", "shop-web").tags = tags;
}

/// Safety: moving: Another application takes over what runs, with the way back.
#[test]
fn another_application_takes_over_what_runs_and_the_way_back() {
    let program = program();
    let mut shop = Shop::new(&program, SITE);
    for version in ["1.0.0", "1.1.0"] {
        let ending = released(&mut shop, "shop", version, &[("api", "api"), ("web", "web")]);
        assert_eq!(ending["ending"], "Succeeded", "{ending}");
    }
    let over = "/hand-overs/shop/prod/bank/prod";
    let look = format!("{over}?component=web&to_component=page");
    let undeclared = call(&shop, "GET", &look, None);
    assert_eq!(refused(&undeclared), (409, vec!["StillDeclared", "NoDeclaration"]));
    declare(&shop, BANK);
    let lines: Vec<&str> = SITE.lines().filter(|line| !line.contains("  web:")).collect();
    let without = lines.join("\n").replace("version: 1.0.0", "version: 1.1.0");
    declare(&shop, &without);
    let movable = get(&shop, &look);
    assert_eq!(movable["environments"]["prod"]["components"], json!({"web": "page"}));
    assert!(movable["next"].as_str().unwrap().contains("windlass:app=bank"));

    let body = json!({"component": "web", "to_component": "page", "reason": "it is the bank's"});
    let cause = done(&mut shop, over, body);
    assert!(cause.contains("web (called page from now on) to bank/prod"), "{cause}");
    let bank = "/apps/bank/environments/prod";
    assert_eq!(get(&shop, bank)["running"]["page"]["version"], "1.1.0");
    assert_eq!(get(&shop, PROD)["running"]["web"], Value::Null);
    assert_eq!(drift(&shop, "bank", "page"), "none");
    // Only its new owner has the target, and the tags are checked as ever.
    let refused = released(&mut shop, "bank", "2.0.0", &[("page", "web")]);
    assert_eq!(refused["cause_name"], "TargetNotOurs", "{refused}");

    tag_for_the_bank(&shop);
    let ending = released(&mut shop, "bank", "2.0.1", &[("page", "web")]);
    assert_eq!(ending["ending"], "Succeeded", "{ending}");
    assert!(shop.page().contains("2.0.1"));
    for (body, page) in [(json!({"reason": "back"}), "1.1.0"), (json!({"reason": "as it was", "snapshot": 1}), "")] {
        back(&mut shop, "bank", &format!("to {page}"), body);
        let title = shop.page();
        assert_eq!(title.is_empty(), page.is_empty(), "{title}");
        assert!(title.contains(page), "{title}");
    }
    // A rollback of the former owner leaves it alone.
    back(&mut shop, "shop", "last", json!({"reason": "back"}));
    assert_eq!(shop.serves("shop-api"), "2");
    assert_eq!(shop.page(), "");
}

const STAGING: &str = "
app: shop
version: 1.1.0
environments:
  live: {deploy: {branch: main}, sources: [api, console, s3, ecr]}
components:
  jobs: {kind: lambda, function: shop-jobs, alias: live}
  api: {kind: lambda, function: shop-api, alias: live, after: [jobs], rollout: {canary: [50], every: 1m}}
";

#[test]
fn an_environment_has_another_name() {
    let program = program();
    let mut shop = Shop::new(&program, FUNCTIONS);
    post(&mut shop, "1.0.0");
    shop.region.run();
    call(&shop, "PUT", &format!("{PROD}/hold"), Some(json!({"reason": "wait"})));
    shop.region.step();
    shop.region.run();
    declare(&shop, STAGING);
    let request = json!({
        "action": "rename", "app": "shop", "environment": "prod", "to_environment": "live", "reason": "it is live"
    });
    let arn = shop.start(&request);
    shop.region.run();
    assert!(shop.path(&arn).ends_with("Succeeded"), "{}", shop.path(&arn));
    let live = get(&shop, "/apps/shop/environments/live");
    assert_eq!(live["running"]["jobs"]["version"], "1.0.0");
    assert_eq!(live["running"]["api"]["version"], "1.0.0");
    assert_eq!(live["hold"]["reason"], "wait");
    assert_eq!(live["snapshot"], 2);
    let snapshots = get(&shop, "/apps/shop/environments/live/snapshots");
    let listed: Vec<(&Value, &Value)> =
        snapshots["snapshots"].as_array().unwrap().iter().map(|one| (&one["version"], &one["verified_good"])).collect();
    assert_eq!(listed, [(&json!("1.0.0"), &json!(true)), (&json!("before-windlass"), &json!(false))]);
    assert_eq!(get(&shop, PROD)["running"], json!({}));
}

/// Between the two ways of a drill nobody has the lock, and the drill goes back to what the record says. What it proved
/// is recorded of the environment in which it did so.
#[test]
fn nothing_is_moved_or_let_go_of_before_a_drill_has_come_back() {
    let program = program();
    let mut shop = Shop::new(&program, FUNCTIONS);
    for version in ["1.0.0", "1.1.0"] {
        post(&mut shop, version);
        shop.region.run();
    }
    let drilled = |shop: &mut Shop<'_>| {
        let body = json!({"reason": "to know the way back"});
        let reply = call(shop, "POST", &format!("{PROD}/drills"), Some(body));
        assert_eq!(reply.status, 202, "{}", reply.body);
        shop.region.step();
        reply.body["execution"].as_str().unwrap().to_owned()
    };
    let drill = drilled(&mut shop);
    assert!(shop.region.run_until(&drill, "Ended"));
    assert!(shop.drills().awaits_back().is_some(), "{:?}", shop.drills());
    assert_eq!(shop.lock().held, None);
    // A newer declaration does not take the component out of the drill: it comes back by the declaration by which it
    // went.
    declare(&shop, &renamed());
    let rename = format!("{PROD}/renamable?component=jobs&to_component=work");
    for look in [rename.clone(), format!("{PROD}/removable?component=jobs")] {
        assert_eq!(refused(&call(&shop, "GET", &look, None)), (409, vec!["StillBusy"]));
    }
    shop.region.run();
    let proved = shop.drills().proved.unwrap();

    let body = json!({"component": "jobs", "to_component": "work", "reason": "it does more"});
    done(&mut shop, &format!("{PROD}/rename"), body);
    assert_eq!(shop.drills().proved, Some(proved.clone()));
    drilled(&mut shop);
    shop.region.run();
    let again = shop.drills();
    assert_ne!(again.proved.as_ref(), Some(&proved));
    assert_eq!(again.proved, again.last, "by the other name as well");
    assert_eq!(shop.serves("shop-jobs"), "3");
}
