//! Removals, and questions about them beforehand.

use crate::api::call::{PROD, call, declare, get, post, program, refused};
use serde_json::json;
use windlass_machine::shop::{FUNCTIONS, Shop};

#[test]
fn what_is_not_declared_any_more_is_listed_and_let_go_of() {
    let program = program();
    let mut shop = Shop::new(&program, FUNCTIONS);
    post(&mut shop, "1.0.0");
    shop.region.run();
    let of_jobs = format!("{PROD}/removable?component=jobs");
    let kept = call(&shop, "GET", &of_jobs, None);
    assert_eq!(refused(&kept), (409, vec!["StillDeclared"]));
    let all = call(&shop, "GET", &format!("{PROD}/removable"), None);
    assert_eq!(refused(&all), (409, vec!["StillDeclared"]));
    let bad = call(&shop, "GET", &format!("{PROD}/removable?component=A%20B"), None);
    assert_eq!(refused(&bad), (400, vec!["BadValue"]));

    let line = |line: &&str| !line.trim_start().starts_with("jobs:");
    let without: Vec<&str> = FUNCTIONS.lines().filter(line).collect();
    let without = without.join("\n").replace("version: 1.0.0", "version: 1.1.0");
    declare(&shop, &without.replace(", after: [jobs]", ""));
    let removable = get(&shop, &of_jobs);
    let here = &removable["environments"]["prod"];
    assert_eq!(here["components"], json!(["jobs"]));
    assert_eq!(here["frees"].as_array().unwrap().len(), 1, "{removable}");
    assert!(removable["leaves"].as_str().unwrap().contains("stays as it is"));

    let body = json!({"component": "jobs", "reason": "nobody needs it"});
    let reply = call(&shop, "POST", &format!("{PROD}/remove"), Some(body));
    assert_eq!(reply.status, 202, "{}", reply.body);
    shop.region.step();
    shop.region.run();
    let environment = get(&shop, PROD);
    assert_eq!(environment["no_longer_declared"], json!({}));
    // Nothing is kept of a resource in which nobody has a claim.
    let ledger = shop.world().dynamodb();
    let claimed = ledger.items.keys().filter(|key| key.sk == "claims");
    let claimed: Vec<&str> = claimed.map(|key| key.pk.as_str()).collect();
    assert_eq!(claimed.len(), 1, "{claimed:?}");
    assert!(claimed[0].ends_with("shop-api"), "{claimed:?}");
    drop(ledger);
    let gone = call(&shop, "GET", &of_jobs, None);
    assert_eq!(refused(&gone), (409, vec!["UnknownName"]));
}

/// Removes the whole application; returns what its execution answered.
fn removed(shop: &mut Shop<'_>) -> String {
    let body = json!({"confirm": "shop", "reason": "it is closed"});
    let reply = call(shop, "POST", "/apps/shop/remove", Some(body));
    assert_eq!(reply.status, 202, "{}", reply.body);
    let execution = reply.body["execution"].as_str().unwrap().to_owned();
    shop.region.step();
    shop.region.run();
    let came = get(shop, &format!("/apps/shop/deployments?execution={execution}"));
    came["done"]["cause"].as_str().unwrap().to_owned()
}

#[test]
fn a_hold_where_nothing_was_released_is_said_to_stay() {
    let program = program();
    let mut shop = Shop::new(&program, FUNCTIONS);
    let why = json!({"reason": "a quiet weekend"});
    call(&shop, "PUT", &format!("{PROD}/hold"), Some(why));
    shop.region.step();
    shop.region.run();
    let stays = "The hold of shop/prod stays until it is released.";
    let removable = get(&shop, "/apps/shop/removable");
    let leaves = removable["leaves"].as_str().unwrap();
    assert!(leaves.contains(stays), "{leaves}");
    let answer = removed(&mut shop);
    assert!(answer.contains(stays), "{answer}");
}

#[test]
fn a_whole_application_is_let_go_of_and_declared_anew() {
    let program = program();
    let mut shop = Shop::new(&program, FUNCTIONS);
    post(&mut shop, "1.0.0");
    shop.region.run();
    let hold = format!("{PROD}/hold");
    let why = |reason: &str| Some(json!({"reason": reason}));
    call(&shop, "PUT", &hold, why("a quiet weekend"));
    shop.region.step();
    shop.region.run();
    let outlasts = "The hold of shop/prod stays until it is released.";
    let removable = get(&shop, "/apps/shop/removable");
    let leaves = removable["leaves"].as_str().unwrap();
    assert!(leaves.contains(outlasts), "{leaves}");
    assert_eq!(removable["declaration"], "1.0.0");
    let here = &removable["environments"]["prod"];
    assert_eq!(here["components"], json!(["api", "jobs"]), "{removable}");

    for (body, name) in [
        (json!({"reason": "it is closed"}), "MissingField"),
        (json!({"confirm": "bank", "reason": "it is closed"}), "BadValue"),
        (json!({"confirm": "shop"}), "MissingField"),
    ] {
        let reply = call(&shop, "POST", "/apps/shop/remove", Some(body));
        assert_eq!(refused(&reply), (400, vec![name]));
    }
    let answer = removed(&mut shop);
    for part in ["declaration 1.0.0 of shop", "shop/prod has let go of api, jobs", outlasts, "stays as it is"] {
        assert!(answer.contains(part), "{answer}");
    }
    let gone = call(&shop, "GET", "/apps/shop/removable", None);
    assert_eq!(refused(&gone), (409, vec!["UnknownName"]));
    assert_eq!(get(&shop, "/apps")["apps"], json!([]));

    // The text of an earlier version may be another one now.
    declare(&shop, &FUNCTIONS.replace(", after: [jobs]", ""));
    assert_eq!(get(&shop, PROD)["hold"]["reason"], "a quiet weekend");
    call(&shop, "DELETE", &hold, why("it is open again"));
    shop.region.step();
    shop.region.run();
    post(&mut shop, "2.0.0");
    shop.region.run();
    assert_eq!(get(&shop, PROD)["running"]["api"]["version"], "2.0.0");
}

#[test]
fn a_place_that_a_component_has_left_is_let_go_of() {
    let program = program();
    let mut shop = Shop::new(&program, FUNCTIONS);
    post(&mut shop, "1.0.0");
    shop.region.run();
    let moved =
        FUNCTIONS.replace("version: 1.0.0", "version: 1.1.0").replace("function: shop-jobs", "function: shop-other");
    assert_ne!(moved, FUNCTIONS);
    shop.make_function("shop-other");
    declare(&shop, &moved);
    post(&mut shop, "1.1.0");
    shop.region.run();
    let of_jobs = format!("{PROD}/removable?component=jobs");
    let removable = get(&shop, &of_jobs);
    let here = &removable["environments"]["prod"];
    assert_eq!(here["components"], json!([]), "{removable}");
    let frees = here["frees"].as_array().unwrap();
    assert_eq!(frees.len(), 1, "{removable}");
    assert!(frees[0].as_str().unwrap().ends_with("shop-jobs"), "{removable}");

    let body = json!({"component": "jobs", "reason": "it has moved"});
    call(&shop, "POST", &format!("{PROD}/remove"), Some(body));
    shop.region.step();
    shop.region.run();
    let kept = call(&shop, "GET", &of_jobs, None);
    assert_eq!(refused(&kept), (409, vec!["StillDeclared"]));
    assert_eq!(get(&shop, PROD)["running"]["jobs"]["version"], "1.1.0");
}
